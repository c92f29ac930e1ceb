"""How much rounding noise the values of ``f`` carry near ``x``, measured from second differences.

``S = f(x+h) + f(x-h) - 2 f(x)`` tells what the finest steps see: noise makes ``S``
independent of ``h``, curvature makes it grow as ``h**2``, a kink as ``h``.
(R. W. Hamming's difference table, as used by Moré and Wild, "Estimating
computational noise", SIAM J. Sci. Comput. 33, 2011.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.estimators.ladder import Ladder

__all__ = ["Noise", "measured_noise", "unit_roundoff"]

Array = np.ndarray[Any, np.dtype[Any]]

#: Smallest subnormal double: what underflow can hide.
_TINY = 2.0**-1074
#: A second difference this many times the finest one is curvature or structure, not noise.
_CURVED = 64.0


class Noise(NamedTuple):
    """``level`` (R, n, m): bound on the error of the values at each rung, units of f.

    ``flat`` (R, n, m): neither side moved.  ``staircase`` (n, m): the function moves in treads,
    ``tread`` (n, m) high, so that flat fine rungs say nothing.
    """

    level: Array
    flat: Array
    staircase: Array
    tread: Array


def unit_roundoff(dtype: np.dtype[Any] | None) -> float:
    """Return the spacing of the floats of ``dtype`` at 1; that of float64 for exact kinds.

    Examples
    --------
    >>> unit_roundoff(np.dtype("float32")) == 2.0**-23
    True
    """
    if dtype is None or dtype.kind in "iub":
        return 2.0**-52
    if dtype.name == "bfloat16":
        return 2.0**-7
    return max(float(np.finfo(dtype).eps), 2.0**-52)


def measured_noise(ladder: Ladder, eps: float) -> Noise:
    """Return the noise of the function values on ``ladder``; ``eps`` is the output's unit roundoff."""
    f0, plus, minus = ladder.f0, ladder.plus, ladder.minus
    rise, fall = plus - f0, f0 - minus
    size = np.fmax(np.abs(f0), np.fmax(np.abs(plus), np.abs(minus)))
    level = np.maximum(eps * size, _TINY)
    flat = (rise == 0) & (fall == 0)
    staircase, tread = _staircase(ladder, rise, fall, flat)
    level = np.fmax(level, _fine_noise(ladder, rise, fall, flat))
    level = np.fmax(level, np.where(staircase, tread, 0.0))
    return Noise(level, flat, staircase, tread)


def _fine_noise(ladder: Ladder, rise: Array, fall: Array, flat: Array) -> Array:
    """Return the noise seen at the two finest rungs, curvature removed, shape ``(n, m)``."""
    second = rise - fall
    if second.shape[0] < 3:
        return np.nan_to_num(np.abs(second[:1]).max(axis=0, initial=0.0))
    octaves = (ladder.exponents[1:3] - ladder.exponents[:2]).astype(np.float64)
    ratio = np.exp2(-octaves)[..., None]
    even = np.abs(second[:2] - second[1:3] * ratio**2)
    quotient = 0.5 * (rise + fall)[:2]
    odd = np.abs(quotient[0] - quotient[1] * ratio[0])
    finest = np.fmax(even[0], odd)
    next_counts = (even[1] <= _CURVED * finest) | flat[0]
    return np.nan_to_num(np.fmax(finest, np.where(next_counts, even[1], 0.0)))


def _staircase(ladder: Ladder, rise: Array, fall: Array, flat: Array) -> tuple[Array, Array]:
    """Return where fine rungs are flat though coarser ones climb steadily on both sides, and the tread.

    Only one side climbing is a kink near by, and no steady slope a dead zone: there the flat rungs are right.
    """
    rungs = rise.shape[0]
    run = np.logical_and.accumulate(flat, axis=0).sum(axis=0)
    candidate = (run > 0) & (run + 2 < rungs)
    if not candidate.any():
        return candidate, np.zeros(candidate.shape)
    rows = np.stack([run + 1, run + 2]).clip(max=rungs - 1)
    up, down = np.take_along_axis(rise, rows, axis=0), np.take_along_axis(fall, rows, axis=0)
    steps = np.take_along_axis(ladder.exponents[..., None] + np.zeros_like(run), rows, axis=0)
    slope = (up + down) * np.exp2(-(steps - steps[:1]).astype(np.float64))
    one_way = ((up > 0) & (down > 0)).all(axis=0) | ((up < 0) & (down < 0)).all(axis=0)
    balanced = np.abs(up - down).max(axis=0) <= 0.6 * np.abs(up + down).max(axis=0)
    steady = np.abs(slope[0] - slope[1]) <= 0.3 * np.abs(slope).max(axis=0)
    moved = np.abs(np.concatenate([rise, fall]))
    tread = np.nanmin(np.where(moved > 0, moved, np.inf), axis=0)
    staircase = candidate & one_way & balanced & steady
    return staircase, np.where(staircase, tread, 0.0)
