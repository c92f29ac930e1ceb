"""Central differences on an adaptive ladder, extrapolated, with an honest error bar.

The model and its hypotheses: H1 deterministic, H2 leaves its inputs alone, H3 finite on
the points used, H4 smooth on the interval used, H5 noise near x is what was measured there.
Each is tested here: H1 and H2 by repeating the call at x, H3 rung by rung, H4 by the veto of
finer rungs and by one-sided ladders, H5 by second differences.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.differences.ladder import NO_RUNG, Ladder
from gradcheck.estimators.differences.moved import moved_slopes
from gradcheck.estimators.differences.noise import measured_noise, unit_roundoff
from gradcheck.estimators.differences.one_sided import (
    LEFT,
    RIGHT,
    Answer,
    answer_from,
    of_side,
    with_frozen_noise,
)
from gradcheck.estimators.differences.steps import UNIT, first_ladder, wanted_rungs
from gradcheck.estimators.flat import Curves, FlatEstimate, gravest, unusable
from gradcheck.estimators.primal import InconsistentOutput, Primal
from gradcheck.results import Status

__all__ = ["EACH_COLUMN", "central_jacobian"]


#: A relative bar that needs no more evaluations, in float64; lower precisions stop at `ROUNDINGS`.
TARGET = 1e-10
#: Evaluations of f by default, for each column and as many once.
EACH_COLUMN = 20
#: Pairs that one column may use when it alone is difficult.
MAX_PAIRS = 14
#: Rungs added to a column at a time.
RUNGS_A_ROUND = 2
#: Within three digits of what is wanted (a factor of e**7) one rung at a time will do ...
CLOSE = 7.0
#: ... and the second one without effect is the last; farther away the third.
PATIENCE = 3
#: f swings alike where this many rungs of the first ladder, so many octaves apart, move it by that part of
#: its whole swing.
MOST_RUNGS, APART, ALIKE = 4, 10, 0.02
#: No step resolves f where the neighbours of x move it by this part of its swing, far beyond rounding.
CHAOS = 0.05
#: Smallest subnormal double: no bar is narrower, be the value as exact as it may.
_TINY = 2.0**-1074
#: A bar of this many roundings of f over a step of |x|, or over the longest one, is as good as any ...
ROUNDINGS = 60.0
#: ... unless it is wider than this part of the value, or of the row's largest where the value is lost in it.
WORTH = 1e-4


def central_jacobian(
    primal: Primal,
    *,
    bounds: tuple[Any, Any] | None = None,
    max_nfev: int | None = None,
    columns: Any = None,
    beside: Array | None = None,
) -> FlatEstimate:
    r"""Return :math:`\partial f_i / \partial x_j` by extrapolated central differences with error bars.

    Parameters
    ----------
    primal
        The function at its point; ``primal.x`` has shape ``(n,)``, its output ``(m,)``.
    bounds
        ``(lower, upper)``, each a number or broadcastable to ``x``'s shape, units of x: ``f`` is
        never evaluated outside.
    max_nfev
        Most evaluations of ``f`` to use; the default is ``20 n + 20``.
    columns
        Indices of the columns wanted, in the order wanted; all by default.
    beside
        Points a rounding away, ``(k, n)``: ``len(columns) + 1`` of the evaluations are kept to tell how far
        the derivative moves to the first of them, the estimate's ``moved``.

    Returns
    -------
    FlatEstimate
        ``value`` and ``error`` of shape ``(m, len(columns))``, units of f per unit of x.

    Raises
    ------
    InvalidArgument
        ``x`` lies outside ``bounds``, or a column does not exist.
    Exception
        Whatever ``f`` raises at ``x`` itself.

    References
    ----------
    C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75, for extrapolated differences with a bar; the bar
    here differs as :mod:`gradcheck.estimators.differences.extrapolation` tells.

    Examples
    --------
    >>> from gradcheck.estimators.primal import Primal
    >>> found = central_jacobian(Primal(np.sin, [np.array([0.0, 1.0])]))
    >>> bool((abs(found.value - np.diag([1.0, np.cos(1.0)])) <= found.error).all())
    True
    """
    wanted = _columns(columns, primal.n)
    lower, upper = _limits(bounds, primal)
    f0 = primal(primal.x)
    ladder = Ladder(primal, f0, wanted, lower[wanted], upper[wanted])
    eps = unit_roundoff(primal.f_dtype)
    limit = EACH_COLUMN * (wanted.size + 1) if max_nfev is None else max_nfev
    limit -= 0 if beside is None else wanted.size + 1
    moved: Array | None = None
    try:
        with np.errstate(all="ignore"):
            answer = _search(ladder, eps, limit, (lower, upper)) if ladder.x.size and f0.size else None
            if beside is not None and answer is not None:
                moved = moved_slopes(ladder, _finest(ladder, answer), beside[0] - primal.x, lower, upper)
        repeated = primal(primal.x)
    except InconsistentOutput as cause:
        return unusable(f0.size, wanted.size, Status.INCONSISTENT_OUTPUT, primal.nfev, str(cause))
    if primal.mutates:
        return unusable(
            f0.size, wanted.size, Status.MUTATES_INPUT, primal.nfev, "a call changed its argument in place"
        )
    if not np.array_equal(f0, repeated, equal_nan=True):
        gap = float(np.nanmax(np.abs(f0 - repeated), initial=0.0))
        return unusable(
            f0.size, wanted.size, Status.NONDETERMINISTIC, primal.nfev, f"two calls at x differ by {gap:.2g}"
        )
    return replace(_estimate(ladder, answer), moved=moved)


def _columns(columns: Any, n: int) -> Array:
    if columns is None:
        return np.arange(n)
    wanted = np.asarray(columns, dtype=np.int64).reshape(-1)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= n):
        raise InvalidArgument.of("columns", columns, f"indices below {n}", "count from 0")
    return wanted


def _limits(bounds: tuple[Any, Any] | None, primal: Primal) -> tuple[Array, Array]:
    if bounds is None:
        return np.full(primal.n, -np.inf), np.full(primal.n, np.inf)
    try:
        low, high = (
            np.broadcast_to(np.asarray(b, dtype=np.float64), primal.x_shape).reshape(-1) for b in bounds
        )
    except (TypeError, ValueError) as cause:
        raise InvalidArgument.of(
            "bounds",
            bounds,
            f"(lower, upper) that broadcast to {primal.x_shape}",
            "pass two numbers or arrays",
        ) from cause
    crossed = low > high
    if crossed.any():
        at = int(np.argmax(crossed))
        expected = f"lower <= upper at x[{at}]"
        fix = "bounds is (lower, upper): swap the two"
        raise InvalidArgument.of("bounds", (float(low[at]), float(high[at])), expected, fix)
    outside = ~((low <= primal.x) & (primal.x <= high))
    if outside.any():
        at = int(np.argmax(outside))
        raise InvalidArgument.of(
            "bounds",
            (float(low[at]), float(high[at])),
            f"an interval that holds x[{at}] = {float(primal.x[at])!r}",
            "move x or the bound; it is one (lower, upper), not a pair for each variable",
        )
    return low, high


def _search(ladder: Ladder, eps: float, limit: int, limits: tuple[Array, Array]) -> Answer | None:
    """Climb the first ladder, then add rungs where bars are widest; None if one pair is too many."""
    n, m = ladder.x.size, ladder.f0.size
    start = first_ladder(ladder.x, ladder.lower, ladder.upper, eps)
    pairs = (limit - 2) // 2
    if pairs < n:
        return None
    ladder.add(start[_thinned(start.shape[0], pairs // n)])
    pairs -= int((ladder.exponents != NO_RUNG).sum())
    chaos, asked = _unresolved(ladder, pairs)
    answer, pairs = _answer(ladder, eps, pairs - asked)
    target = max(TARGET, ROUNDINGS * eps)
    stuck = np.zeros((n, m), dtype=np.int64)
    while pairs > 0:
        enough = _enough(ladder, answer, target)
        need = np.where(chaos, 0.0, _need(ladder, answer, enough, stuck))
        if not need.any():
            break
        rungs = _chosen(ladder, answer, need, enough, pairs)
        added = int((rungs != NO_RUNG).sum())
        if not added:
            break
        ladder.add(rungs)
        before = answer.bar
        answer, pairs = _answer(ladder, eps, pairs - added)
        without_effect = ~(answer.bar < 0.5 * before) & (need > 0)
        stuck += np.where(without_effect, (rungs != NO_RUNG).sum(axis=0)[:, None], 0)
    if pairs > 0 and (answer.probe[0] != NO_RUNG).any():
        # Nobody will tell any more what a rung that was asked for would have told.
        answer, _ = _answer(ladder, eps, 0)
    answer = with_frozen_noise(ladder, answer, eps, pairs, limits)
    hidden = chaos & (answer.codes == Status.OK.code)
    return answer._replace(codes=np.where(hidden, np.uint8(Status.NO_USABLE_STEP.code), answer.codes))


def _answer(ladder: Ladder, eps: float, pairs: int) -> tuple[Answer, int]:
    """Return the answer so far, and the pairs left: single evaluations are asked for on the way to it."""
    ladder.room = 2 * pairs
    answer = answer_from(ladder, measured_noise(ladder, eps), eps)
    return answer, ladder.room // 2


def _unresolved(ladder: Ladder, pairs: int) -> tuple[Array, int]:
    """Return where the neighbours of x move f as much as long steps do, ``(n, m)``, and the pairs spent.

    Nothing else tells a fast oscillation from one that is too fast for floats: ``sin`` at 1e33 may even look
    straight from step to doubled step.  Asked only where f swings alike at most steps, one pair a column.
    """
    moved = np.fmax(np.abs(ladder.plus - ladder.f0), np.abs(ladder.f0 - ladder.minus))
    swing = np.fmax.reduce(moved, axis=0)
    rungs = np.where(moved > ALIKE * swing, ladder.exponents[..., None], NO_RUNG)
    coarsest = np.where(ladder.exponents == NO_RUNG, -NO_RUNG, ladder.exponents).max(axis=0)
    alike = ((rungs != NO_RUNG).sum(axis=0) >= MOST_RUNGS) & (rungs.min(axis=0) <= coarsest[:, None] - APART)
    beyond = 2.0**-20 * np.abs(ladder.f0)
    spacing = np.frexp(np.spacing(np.abs(ladder.x)))[1] - 1
    asked = (alike & (swing > beyond)).any(axis=1) & (ladder.x != 0)
    if not 0 < asked.sum() <= pairs:
        return np.zeros(swing.shape, dtype=bool), 0
    near = Ladder(ladder.primal, ladder.f0, ladder.columns, ladder.lower, ladder.upper)
    near.add(np.where(asked, spacing, NO_RUNG)[None])
    jitter = np.fmax(np.abs(near.plus[0] - ladder.f0), np.abs(ladder.f0 - near.minus[0]))
    return (jitter > beyond) & (jitter > CHAOS * swing), int(asked.sum())


def _thinned(rungs: int, allowed: int) -> Array:
    """Return which of the first rungs to keep when only ``allowed`` pairs a column may be spent."""
    if allowed >= rungs:
        return np.arange(rungs)
    return np.unique(np.linspace(0, rungs - 1, max(allowed, 0)).astype(np.int64))


def _enough(ladder: Ladder, answer: Answer, target: float) -> Array:
    """Return the bar of each entry that is as narrow as wanted, or as measured rounding will have it."""
    # A value lost in its bar is measured against max |f| per unit of x, or per largest step if that
    # is longer: near 0 the size of x says nothing of the scale on which f varies.
    zero = answer.scale * np.minimum(1.0, 8.0 * answer.reach)
    size = np.abs(answer.value)
    lost = ~(size > 4 * answer.bar)
    largest = np.fmax.reduce(np.where(lost, 0.0, size), axis=0)
    row = np.where(largest > 0, np.fmin(zero, largest), zero)
    scale = np.maximum(np.abs(ladder.x)[:, None], np.minimum(answer.reach, 2.0**UNIT))
    attainable = ROUNDINGS * answer.near / scale
    wanted = np.fmax(target * np.where(lost, zero, size), attainable)
    return np.fmin(wanted, WORTH * np.where(lost, row, size))


def _need(ladder: Ladder, answer: Answer, enough: Array, stuck: Array) -> Array:
    """Return by how many powers of e each entry's bar exceeds ``enough``; 0 where nothing helps."""
    relative = np.where(np.isfinite(answer.bar), answer.bar, 1e300) / enough
    need = np.nan_to_num(np.log(relative), nan=0.0, posinf=700.0).clip(min=0.0)
    asked = (answer.probe != NO_RUNG).any(axis=0) & ~(np.abs(answer.value) > 4 * answer.bar)
    need = np.where(asked, np.fmax(need, 1.0), need)
    still = (answer.scale == 0) & (answer.value == 0) & ~asked
    patience = np.where(need < CLOSE, PATIENCE - 1, PATIENCE)
    hopeless = still | (stuck >= patience) | ~np.isfinite(ladder.f0)
    hopeless |= answer.codes == Status.DISCONTINUITY.code
    hopeless |= answer.codes == Status.KINK.code
    pairs = (ladder.exponents != NO_RUNG).sum(axis=0)
    hopeless |= (pairs >= MAX_PAIRS)[:, None]
    return np.where(hopeless, 0.0, need)


def _chosen(ladder: Ladder, answer: Answer, need: Array, enough: Array, pairs: int) -> Array:
    """Return the rungs to add, ``(1 or RUNGS_A_ROUND, n)``: each column serves its neediest entry."""
    quotients, noise = of_side(answer.quotients, answer.side), of_side(answer.noise, answer.side)
    order = np.where(answer.side == 0, 2, 1)
    wanted = wanted_rungs(
        quotients, answer.value, answer.bar, noise, ladder.exponents, ladder.x, order, enough
    )
    wanted = np.concatenate([answer.probe, wanted])
    neediest = np.argmax(need, axis=1)
    listed = np.take_along_axis(wanted, neediest[None, :, None], axis=2)[..., 0]
    known = (listed[:, None] == ladder.exponents[None]).any(axis=1)
    known |= np.array([(listed[:k] == rung).any(axis=0) for k, rung in enumerate(listed)])
    fresh = (listed != NO_RUNG) & ~known & (need.max(axis=1) > 0)
    fresh &= np.cumsum(fresh, axis=0) <= np.where(need.max(axis=1) < CLOSE, 1, RUNGS_A_ROUND)
    order_of_need = np.argsort(-need.max(axis=1), kind="stable")
    spent = np.cumsum(fresh.sum(axis=0)[order_of_need])
    allowed = np.zeros(ladder.x.size, dtype=bool)
    allowed[order_of_need] = spent <= pairs
    chosen = np.where(fresh & allowed, listed, NO_RUNG)
    chosen = np.sort(chosen, axis=0)[:RUNGS_A_ROUND]
    some: Array = chosen[(chosen != NO_RUNG).any(axis=1)]
    return some


def _estimate(ladder: Ladder, answer: Answer | None) -> FlatEstimate:
    m, n, nfev = ladder.f0.size, ladder.x.size, ladder.primal.nfev
    if answer is None:
        message = f"{Status.NO_USABLE_STEP.text}: `max_nfev` leaves no pair of evaluations for a column"
        status = Status.NO_USABLE_STEP if m * n else Status.OK
        return unusable(m, n, status, nfev, message if m * n else "")
    codes = np.where(np.isfinite(ladder.f0), answer.codes, Status.OUTSIDE_DOMAIN.code).astype(np.uint8)
    usable = codes == Status.OK.code
    value = np.where(usable, answer.value, np.nan)
    error = np.where(usable, np.fmax(answer.bar, _TINY), np.inf)
    kink = codes == Status.KINK.code
    left = right = None
    if kink.any():
        left = np.where(kink, answer.sides.value[LEFT], np.nan).T
        right = np.where(kink, answer.sides.value[RIGHT], np.nan).T
    status = gravest(codes)
    return FlatEstimate(
        value=value.T,
        error=error.T,
        codes=codes.T,
        nfev=nfev,
        status=status,
        message=_message(codes, status, ladder),
        left=left,
        right=right,
        curves=_curves(ladder, answer, usable),
    )


def _curves(ladder: Ladder, answer: Answer, usable: Array) -> Curves:
    """Return what was seen on the way: views, so that nobody pays who does not look."""
    steps = np.where(ladder.exponents == NO_RUNG, 0.0, 0.5 * (ladder.step_plus + ladder.step_minus))
    rung = of_side(answer.sides.rung, answer.side)
    chosen = np.where(usable, np.take_along_axis(steps, rung.T, axis=0).T, 0.0)
    quotients, rounding = (one[0].transpose(0, 2, 1) for one in (answer.quotients, answer.noise))
    return Curves(steps, quotients, rounding, chosen.T)


def _finest(ladder: Ladder, answer: Answer) -> Array:
    """Return the row of the finest rung that an answer of the column is made of, ``(n,)``."""
    rung = np.where(answer.codes == Status.OK.code, of_side(answer.sides.rung, answer.side), -1)
    last = ladder.exponents.shape[0]
    found = np.where(rung < 0, last, rung).min(axis=1, initial=last)
    return np.where(found < last, found, 0)


def _message(codes: Array, status: Status, ladder: Ladder) -> str:
    if status is Status.OK:
        return ""
    column, row = (int(k[0]) for k in np.nonzero(codes == status.code))
    count = int((codes != Status.OK.code).sum())
    at = int(ladder.columns[column])
    return (
        f"{status.text}: {count} of {codes.size} entries unusable, "
        f"first at output {row}, input {at} (x[{at}] = {float(ladder.x[column])!r})"
    )
