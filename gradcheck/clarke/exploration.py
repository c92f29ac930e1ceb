"""Visit the pieces that meet at a kink until the claim is inside their hull, or provably outside.

The cells met are always a subset of those that exist, so that inside is certain
as soon as it is found, while outside is believed only when looking along the
separating direction meets no further cell.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.clarke.limits import Fault, Probe
from gradcheck.clarke.ridges import Ridges, ridges_of
from gradcheck.clarke.search import Search
from gradcheck.clarke.shares import shares_of
from gradcheck.errors import InvalidArgument
from gradcheck.results import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradcheck.clarke.hull import Membership
    from gradcheck.clarke.limits import Cell, JacobianAt, ValueAt

__all__ = ["ClarkeVerdict", "explore"]

# A bar wider than this share of its entry would let a mistake of that size pass as a convention.
_WEAKEST = 1e-3
_AGREE = 1e-9
# Where the Jacobian turns continuously there are always new cells: those that matter shrink the gap.
_STEADY = 0.95
_LEAST_SCALE = 2.0**-12
# There, of the members at the rim only some are met: outside is certain at this distance of the entries.
_CLEAR = 1e-3
_ROUNDS = 8
# Of so many kinks every cone between them is visited, where their shares alone do not decide.
_COUNTED = 8


@dataclass(frozen=True)
class ClarkeVerdict:
    """What :func:`explore` found.

    Attributes
    ----------
    verdict, reason
        PASS: SUBGRADIENT (several cells) or AGREES (one).  FAIL: DISAGREES or
        NOT_FINITE.  INCONCLUSIVE: NOT_DIFFERENTIABLE, DISCONTINUITY or TOO_WEAK.
    cells
        The Jacobians met, ``(m, n)`` each with its error bar.
    message
        The finding in words.
    gap
        By how much the claim lies outside, beyond both error bars, relative to
        the entries' sizes; 0 inside, NaN undecided.
    convention
        Which member of the hull the claim is; empty outside.
    nfev
        Evaluations, counted as :func:`explore` was asked to.
    nearest, nearest_error
        The convex combination of the cells nearest to the claim, ``(m, n)``, and its error bar; None where
        nothing was asked.
    """

    verdict: Verdict
    reason: Reason
    cells: tuple[Cell, ...]
    message: str
    gap: float
    convention: str
    nfev: int
    nearest: Array | None = None
    nearest_error: Array | None = None
    reach: tuple[Array, Array] | None = None


def explore(
    jacobian: JacobianAt,
    x: Array,
    claim: Array,
    claim_error: Array,
    *,
    rng: np.random.Generator | int,
    scale: float | Array = 1.0,
    value: ValueAt | None = None,
    max_cells: int = 256,
    max_nfev: int = 4000,
    counted: Callable[[], int] | None = None,
    patience: int = 2,
) -> ClarkeVerdict:
    """Judge a claimed Jacobian of ``f: R^n -> R^m`` at a point where ``f`` may be kinked.

    Parameters
    ----------
    jacobian
        ``jacobian(x) -> (value, error)``, both ``(m, n)``, at smooth points near
        ``x``; NaN where there is none.  Units of f per unit of x.
    x
        ``(n,)``.
    claim, claim_error
        ``(m, n)``: the claim and a bound on its own rounding.
    rng
        A generator or a seed.
    scale
        Typical size of each entry of ``x``, positive; points up to 4e-3 of it away
        are visited.  Raised to ``2**-12 |x|`` where it is smaller.
    value
        ``value(x) -> (m,)``; given, a jump is told from a kink.
    max_cells, max_nfev
        Bounds on the cells kept and on the evaluations.
    counted
        Tells how many evaluations were made so far; without it each call of either function is one.
    patience
        How many rounds along the separating direction must leave the gap as it is
        before FAIL, where the Jacobian turns continuously; where walls part the
        pieces, every cone between them is visited.

    Raises
    ------
    InvalidArgument
        If shapes do not fit together or ``scale`` is not positive.

    References
    ----------
    Clarke (1983), Optimization and Nonsmooth Analysis, definition 2.6.1.

    Examples
    --------
    >>> def slope(x):  # of |x|
    ...     return np.sign(x)[None, :], np.zeros((1, 1))
    >>> bar = np.zeros((1, 1))
    >>> str(explore(slope, np.zeros(1), np.array([[0.3]]), bar, rng=0).verdict)
    'pass'
    >>> str(explore(slope, np.zeros(1), np.array([[1.1]]), bar, rng=0).verdict)
    'fail'
    """
    point, claim, claim_error = np.asarray(x, float), np.asarray(claim, float), np.asarray(claim_error, float)
    scales = np.broadcast_to(np.asarray(scale, float), point.shape)
    if point.ndim != 1 or claim.ndim != 2 or claim.shape[1] != point.size or claim_error.shape != claim.shape:
        raise InvalidArgument.of(
            "claim", (claim.shape, claim_error.shape, point.shape), "(m, n), (m, n) and (n,)", "reshape them"
        )
    if not np.all((scales > 0) & np.isfinite(scales)):
        raise InvalidArgument.of("scale", scale, "positive numbers", "pass the typical size of each entry")
    # Nearer than this, the points visited would round to the point itself.
    scales = np.maximum(scales, _LEAST_SCALE * np.abs(point))
    probe = Probe(jacobian, value, point, scales, max_nfev, counted)
    search = Search(probe, claim, claim_error, np.random.default_rng(rng), max_cells)
    if claim.size == 0:
        return _verdict(search, Verdict.INCONCLUSIVE, Reason.NOTHING_COMPARED, "there is no entry to compare")
    found = _added_up(search)
    if found is not None:
        return found
    answer = _visited(search, patience)
    nearest, error = _nearest(search, answer)
    return replace(_judged(search, answer), nearest=nearest, nearest_error=error)


def _nearest(search: Search, answer: Membership | None) -> tuple[Array | None, Array | None]:
    weights = np.zeros(0) if answer is None else np.asarray(answer.weights, float)
    if len(weights) != len(search.cells) or not np.isfinite(weights).all() or not weights.any():
        return None, None
    values, errors = ([getattr(cell, name) for cell in search.cells] for name in ("value", "error"))
    return np.tensordot(weights, np.array(values), 1), np.tensordot(weights, np.array(errors), 1)


def _added_up(search: Search) -> ClarkeVerdict | None:
    """Return the verdict where kinks add up, and few walls tell of sides without number; else None."""
    for direction in search.first_directions():
        search.visit(direction)
    if search.jump is not None or len(search.cells) <= 1 or not np.all(np.isfinite(search.claim)):
        return None
    several = search.probe.point.size > 1 and np.all(np.isfinite(search.claim_error))
    if not several or search.ask().inside:
        return None
    model = ridges_of(search)
    found = None if model is None else shares_of(model, search.claim, search.claim_error)
    if model is None or found is None:
        return None
    bar = search.claim_error + model.error
    sizes = np.abs(model.middle) + np.abs(model.jumps).sum(axis=0)
    if np.any(bar > _WEAKEST * np.maximum(sizes, sizes.max(axis=1, keepdims=True))):
        return None
    about: dict[str, Any] = {"nearest": found.nearest, "nearest_error": model.error, "reach": model.reach}
    count = f"the {len(model.normals)} kinks of f that meet here"
    if found.gap > 0:
        text = f"no shares between the sides of {count} make the claim: off by {found.gap:.2e} of an entry"
        failed = _verdict(search, Verdict.FAIL, Reason.DISAGREES, text, found.gap)
        return replace(failed, **about)
    middle = bool(np.all(np.abs(search.claim - model.middle) <= bar))
    told = "" if middle else _shared(model, found.shares)
    if told is None and len(model.normals) <= _COUNTED:
        return None
    if told is None:
        text = f"the claim lies between the sides of {count}; they are too many to tell whether a mix has it"
        return replace(_verdict(search, Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE, text), **about)
    convention = f"{_between(search.claim, found.shares)}{told}"
    text = f"the claim lies between the sides of {count}: {convention}"
    passed = _verdict(search, Verdict.PASS, Reason.SUBGRADIENT, text, 0.0, convention)
    return replace(passed, **about)


def _shared(model: Ridges, shares: Array) -> str | None:
    """Return what is to be said of a claim of these shares; None where it may be no member.

    Without a word it is one of Clarke's set. Of several outputs, each is a member by itself at least.
    """
    if model.independent or model.attained(shares):
        return ""
    rows = model.middle.shape[0]
    if not all(model.alike(row) for row in range(rows)):
        return None
    return "" if rows == 1 else "; each output by itself, for no side need have all of them together"


def _between(claim: Array, shares: Array) -> str:
    if not np.any(claim):
        return "zero, as if the kinked terms were switched off"
    if np.all(np.abs(shares) <= _AGREE):
        return "the mean of both sides of each"
    if np.all(np.abs(np.abs(shares) - 1.0) <= _AGREE):
        return "one side of each"
    return "a share of both sides of each"


def _visited(search: Search, patience: int) -> Membership | None:
    """Visit cells until the claim is inside, every cone was visited, or looking on no longer helps."""
    if not search.cells:
        return None
    answer = search.ask()
    if not np.all(np.isfinite(search.claim)):
        return answer
    # A line has two sides, and both were visited.
    search.complete = search.probe.point.size == 1
    quiet = 0
    for _ in range(_ROUNDS):
        if answer.inside or search.complete or search.exhausted or quiet >= patience:
            break
        gap = answer.gap
        search.learn_walls()
        if search.walls.turning:
            directions = search.ascend(answer.separating)
        else:
            directions = itertools.chain(search.towards(answer.separating), search.further_directions())
        for direction in directions:
            search.visit(direction)
        answer = search.enumerate_cones()
        if search.programmes < 0 and not (answer.inside or search.exhausted):
            search.complete = search.sample()
            answer = search.ask()
            if not search.complete:
                search.open = "there are more pieces than can be visited"
                break
        quiet = quiet + 1 if answer.gap > _STEADY * gap else 0
    else:
        search.open = "the Jacobian turns on and on towards it"
    if search.unresolved and not answer.inside:
        search.revisit()
        answer = search.ask()
    return answer


def _judged(search: Search, answer: Membership | None) -> ClarkeVerdict:
    """Turn the programme's answer and how the search ended into a verdict."""
    if search.jump is not None:
        text = f"{Fault.JUMP.value}, in the direction {_text(search.jump)}"
        return _verdict(search, Verdict.INCONCLUSIVE, Reason.DISCONTINUITY, text)
    if answer is None:
        text = "no direction gave a usable Jacobian near the point"
        return _verdict(search, Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE, text)
    met = f"{len(search.cells)} Jacobian{'s' * (len(search.cells) != 1)} met at nearby smooth points"
    if answer.inside and answer.slack > _WEAKEST:
        text = (
            f"the error bars are {answer.slack:.1e} of an entry, too wide to tell a convention from a mistake"
        )
        return _verdict(search, Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text)
    if answer.inside:
        reason = Reason.SUBGRADIENT if len(search.cells) > 1 else Reason.AGREES
        convention = _convention(search, answer)
        text = f"the claim lies in the convex hull of the {met}: {convention}"
        return _verdict(search, Verdict.PASS, reason, text, 0.0, convention)
    if not np.all(np.isfinite(search.claim)):
        text = f"the claim is not finite, the {met} are"
        return _verdict(search, Verdict.FAIL, Reason.NOT_FINITE, text, np.inf)
    why = _undecided(search, answer)
    if why:
        text = f"the claim lies outside the hull of the {met}, but {why}"
        return _verdict(search, Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE, text, answer.gap)
    reach = max(float(np.sum(answer.separating * cell.value)) for cell in search.cells)
    own = float(np.sum(answer.separating * search.claim))
    text = (
        f"the claim lies outside the convex hull of the {met}: along {_text(answer.separating)} it gives "
        f"{own:.6g}, no cell more than {reach:.6g}; beyond both error bars by {answer.gap:.2e} of the entries"
    )
    return _verdict(search, Verdict.FAIL, Reason.DISAGREES, text, answer.gap)


def _undecided(search: Search, answer: Membership) -> str:
    """Return why a claim outside the hull cannot be called wrong; empty when it can."""
    if not answer.gap > 0:
        return "no direction separates it beyond the error bars"
    if search.open:
        return search.open
    least = _CLEAR if search.walls.turning else _CLEAR / 10.0
    if not (search.complete or answer.gap > least):
        return "near it: the Jacobian turns continuously, and its rim was not reached"
    if search.exhausted:
        return "the budget ended before every cell was looked for"
    if search.unresolved:
        return f"in {len(search.unresolved)} directions the Jacobian has no usable limit"
    return ""


def _verdict(
    search: Search,
    verdict: Verdict,
    reason: Reason,
    message: str,
    gap: float = float("nan"),
    convention: str = "",
) -> ClarkeVerdict:
    spent = search.probe.spent
    return ClarkeVerdict(verdict, reason, tuple(search.cells), message, gap, convention, spent)


def _convention(search: Search, answer: Membership) -> str:
    """Name the member of the hull that the claim is."""
    values = np.array([cell.value for cell in search.cells])
    for cell in search.cells:
        if np.all(
            np.abs(search.claim - cell.value) <= search.claim_error + cell.error + _AGREE * np.abs(cell.value)
        ):
            if len(search.cells) == 1:
                return "the one Jacobian there is"
            return f"the Jacobian on the side of {_text(cell.direction)}"
    if not np.any(search.claim):
        return "zero, as if the kinked term were switched off"
    if np.allclose(search.claim, values.mean(axis=0), rtol=1e-6, atol=0.0):
        return f"the mean of the {len(values)} sides, as a tie shared equally"
    shown = ", ".join(f"{weight:.3g}" for weight in answer.weights if weight > 0)
    return f"a combination of the sides with weights {shown}"


def _text(array: Any) -> str:
    return np.array2string(np.asarray(array), precision=3, threshold=12, separator=", ").replace("\n", "")
