"""Which steps to try: the first ladder, and which rungs would narrow a bar most.

Steps are written as exponents: those of the powers of two that
:data:`~gradcheck.estimators.differences.ladder.MANTISSA` multiplies.  The first ladder is sparse and spans
everything between a quarter of ``|x|`` and the noise floor; refinement then fills in
four or five neighbouring rungs where the function turns out to be smooth.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.ladder import NO_RUNG, leading

__all__ = ["MAX_EXPONENT", "MIN_EXPONENT", "finest_exponent", "first_ladder", "wanted_rungs"]


#: Steps outside 2**±these would leave the normal numbers when halved or squared.
MIN_EXPONENT, MAX_EXPONENT = -1070, 1020
#: Too small to have steps of its own between it and the subnormals: taken as 0.
_NEGLIGIBLE = 2.0**-960
#: Where x is 0 its scale is unknown: from a quarter down to structure 1e-21 wide.
_AT_ZERO = np.array([-2, -4, -6, -14, -28, -46, -70])
#: Below this, steps in proportion to x say little of a function that varies on a scale of one ...
TINY_X = 2.0**-10
#: ... so that a step of this exponent is taken as well.
LEAP = -16
#: The scale of one, an exponent too: how far a slope is carried on to tell the size of ``f`` there.
UNIT = -3
#: Octaves beyond the coarsest rung at a time: the length seen there may be longer than the true one.
_REACH = 2
#: A derivative that deviates by less than this from the extrapolated one is resolved by its step.
_RESOLVED = 0.25
#: Rounding of a rung is carried this many times into the bar of an extrapolation that it begins.
_CARRIED = 4.0


def _exponent(x: Array) -> Array:
    """Return ``floor(log2 |x|)``."""
    return np.frexp(x)[1].astype(np.int64) - 1


def finest_exponent(x: Array) -> Array:
    """Return the exponent of the finest step worth taking at each ``x``: four units in the last place."""
    finest: Array = np.where(
        np.abs(x) < _NEGLIGIBLE, MIN_EXPONENT, np.maximum(_exponent(x) - 50, MIN_EXPONENT)
    )
    return finest


def first_ladder(x: Array, lower: Array, upper: Array, eps: float) -> Array:
    """Return the exponents of the first rungs, shape ``(R, n)``, coarse to fine.

    Coarse rungs extrapolate, fine ones veto and measure noise; how fine follows from ``eps``, the
    unit roundoff of the output.  Within reach of a bound the ladder is moved down so that
    both sides fit, unless the bound is so close that one side has to do.

    Examples
    --------
    >>> first_ladder(np.array([1.0]), np.array([-np.inf]), np.array([np.inf]), 2.0**-52)[:, 0]
    array([ -3,  -5,  -7, -14, -26, -40])
    """
    bits = -np.log2(eps)
    fine = [round(bits * part) for part in (0.27, 0.5, 0.77)]
    coarse = [3, 5, 7] if bits > 30 else [2, 3, 4]
    relative = -np.array(coarse + fine)
    zero = np.abs(x) < _NEGLIGIBLE
    if zero.any():
        relative = np.concatenate([relative, [NO_RUNG] * (_AT_ZERO.size - relative.size)])
    exponents = np.where(relative[:, None] == NO_RUNG, NO_RUNG, _exponent(x) + relative[:, None])
    exponents = np.where(zero, _AT_ZERO[: relative.size, None], exponents)
    placed = np.where(exponents == NO_RUNG, NO_RUNG, _within(exponents, x, lower, upper))
    tiny = (np.abs(x) < TINY_X) & ~zero
    if not tiny.any():
        return placed
    room = np.minimum(x - lower, upper - x)
    leap = np.where(tiny & (room > 2.0**LEAP) & (placed[0] < LEAP), LEAP, NO_RUNG)
    return np.concatenate([placed, leap[None]])


def _within(exponents: Array, x: Array, lower: Array, upper: Array) -> Array:
    near, far = np.minimum(x - lower, upper - x), np.maximum(x - lower, upper - x)
    both_fit = near >= np.ldexp(1.0, (exponents[0] - 8).clip(MIN_EXPONENT, MAX_EXPONENT).astype(np.int32))
    room = np.where(both_fit, near, far)
    top = np.where(np.isfinite(room) & (room > 0), _exponent(np.where(room > 0, room, 1.0)), MAX_EXPONENT)
    shifted = np.minimum(exponents, top - np.arange(exponents.shape[0])[:, None])
    fitting: Array = shifted.clip(MIN_EXPONENT, MAX_EXPONENT)
    return fitting


def wanted_rungs(
    quotients: Array,
    value: Array,
    bar: Array,
    noise: Array,
    exponents: Array,
    x: Array,
    order: Array,
    enough: Array,
) -> Array:
    """Return for each entry the exponents that would narrow its bar, best first, shape ``(q, n, m)``.

    Where the deviation of the coarsest resolved rung from ``value`` shows the length ``L`` on
    which ``f`` varies, five rungs from ``L/2`` down.  Where rounding hides it, coarser
    rungs, unless the coarsest resolved one is as accurate as wanted: then its finer
    neighbours, by which its truncation is removed; where nothing is resolved, finer ones.

    Parameters
    ----------
    quotients, noise
        ``(R, n, m)``, finest first.
    value, bar
        ``(n, m)``: the answer so far.
    exponents
        ``(R, n)``.
    x
        ``(n,)``.
    order
        ``(n, m)``: power of ``h`` in the leading truncation error, 2 or 1.
    enough
        ``(n, m)``: a bar that needs no more evaluations.
    """
    rungs = exponents[..., None] + np.zeros(value.shape, dtype=np.int64)
    deviation = np.abs(quotients - value)
    resolved = deviation <= _RESOLVED * np.abs(value) + 4.0 * noise
    count = leading(resolved)
    coarsest = (count - 1).clip(min=0)[None]
    top_rung = np.take_along_axis(rungs, coarsest, axis=0)[0]
    next_rung = np.take_along_axis(rungs, (coarsest + 1).clip(max=rungs.shape[0] - 1), axis=0)[0]
    next_rung = np.where(coarsest[0] + 1 < rungs.shape[0], next_rung, NO_RUNG)
    seen = np.take_along_axis(deviation, coarsest, axis=0)[0]
    rounding = np.take_along_axis(noise, coarsest, axis=0)[0]
    octaves = np.log2(np.abs(value) / (6.0 * seen)) / order
    length = np.floor(top_rung + np.nan_to_num(octaves, nan=0.0, posinf=60.0, neginf=-60.0)).astype(np.int64)
    hidden = seen <= 2.0 * rounding
    # Never beyond a few |x|, or of order one: f need not make sense there.
    farthest = np.maximum(top_rung, np.maximum(_exponent(x), 0)[:, None] + 1)
    ceiling = np.where(next_rung == NO_RUNG, np.minimum(top_rung + _REACH, farthest), next_rung - 1)
    halfway = np.maximum((top_rung + next_rung + 1) // 2, top_rung + 1)
    tiny = (np.abs(x) < TINY_X)[:, None] & (top_rung < -12)
    leap = np.minimum(np.where(tiny, UNIT, top_rung + 3), farthest)
    start = np.where(hidden, np.where(next_rung == NO_RUNG, leap, halfway), np.minimum(length - 1, ceiling))
    # Coarse enough: neighbours below settle it, and no structure farther away can spoil them.
    start = np.where(_CARRIED * rounding <= enough, top_rung - 1, start)
    ladder = start - np.arange(5)[:, None, None]
    unresolved = (count == 0) | ~np.isfinite(bar) | (count < 2) & (bar > _RESOLVED * np.abs(value))
    ladder = np.where(unresolved, _finer(rungs, x), ladder)
    finest = finest_exponent(x)[:, None]
    return np.where(ladder >= finest, ladder, NO_RUNG)


def _finer(rungs: Array, x: Array) -> Array:
    """Between the two finest rungs, then below the finest."""
    finest, second = rungs[0], rungs[min(1, rungs.shape[0] - 1)]
    second = np.where(second == NO_RUNG, finest, second)
    middle = (finest + second) // 2
    lowest = finest_exponent(x)[:, None]
    below = np.where(
        np.abs(x[:, None]) < _NEGLIGIBLE, finest - 24, np.maximum((finest + lowest) // 2, lowest)
    )
    nothing = np.full_like(finest, NO_RUNG)
    return np.stack(
        [np.where(middle < second, middle, NO_RUNG), below, lowest + 0 * finest, nothing, nothing]
    )
