"""How much rounding noise the values of ``f`` carry near ``x``, measured from second differences.

``S = f(x+h) + f(x-h) - 2 f(x)`` does not enter a central quotient, and tells what rounding does to it: noise
makes ``S`` independent of ``h``, curvature makes it grow as ``h**2``.  (R. W. Hamming's difference table, as
used by Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33, 2011.)

The model, H5 in full: a value carries an error of at most ``level``, which is

1. never less than one rounding of the value itself and of the argument inside ``f``;
2. what the two finest steps see, where their odd and even parts see the same; and all moves of ``f`` that are
   whole multiples of one number carry that number (:mod:`gradcheck.estimators.differences.lattice`);
3. what is measured at the distance of the answer's own steps, by what coarser steps foretell
   (:mod:`gradcheck.estimators.differences.ripples`).

What rounding the steps along an input do not move adds to its slope is told by the others: by how far f is
off there (`frozen_noise`), and by the slope itself where that rounding is another
(:mod:`gradcheck.estimators.differences.rerolled`).

Steps are no powers of two (:class:`~gradcheck.estimators.differences.ladder.Ladder`): at those, products and
sums inside ``f`` round alike at all steps, or not at all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.extrapolation import Best
from gradcheck.estimators.differences.ladder import NO_RUNG, Ladder, leading
from gradcheck.estimators.differences.lattice import multiples
from gradcheck.estimators.differences.steps import LEAP, TINY_X, UNIT

__all__ = ["NEIGHBOURS", "TOOTH", "Noise", "frozen_noise", "measured_noise", "unit_roundoff"]

#: Teeth above this share of f are no rounding, hardly float32's: the function's own.
TOOTH = 2.0**-16
#: The largest share of f that the noise of a coarse format inside it may be: a little over float32's.
_SHARE = 2.0**-20
#: Smallest subnormal double: what underflow can hide.
_TINY = 2.0**-1074
#: An odd deviation this many times the even one is no noise.
_ODD = 8.0
#: Rungs whose noise is told from their odd part; what does not grow behind them is noise from more than what
#: rounding of the result makes of a second difference up to so many roundings.
_SEEN, _OF_RESULT, _ROUNDING_LIKE = 2, 4.0, 2.0**10
#: Rungs within so many octaves see the same odd deviation, noise or not.
NEIGHBOURS = 4
#: Rounding of x inside ``f`` (``sin(1e4 * x)``), in roundoffs of x: a quarter is its root mean square.
_ARGUMENT_ROUNDING = 0.25
#: Outputs share their noise among this many inputs or more.
_POOL = 4
#: Rounding of f of so many units is that of something inside which cancels; it stands still along an input
#: that shows so much less of it.
_LOUD, _STILL = 64.0, 8.0
#: What f is off by at the point is one draw more.
_FROZEN = 16.0
#: Of teeth along another input that are at most this share of f, its value at the point is off by so many.
_TOOTH_ALONG, _TEETH = 2.0**-5, 8.0
#: Octaves below the third finest rung from which on only rounding tells a slope from that rung's.
_FAR = 8
#: Beside a bar that is a larger part of it a slope is no slope.
_CLEAR = 0.25


class Noise(NamedTuple):
    """``level`` (R, n, m): bound on the error of the values at each rung, units of f.

    ``probe`` (n, m): exponent of a rung that would tell noise from structure, or ``NO_RUNG``.
    ``floor`` (R, n, m): the part of ``level`` that is no sample: rounding of the result, and teeth.
    """

    level: Array
    probe: Array
    floor: Array


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
    per_step = np.exp2(-ladder.exponents[..., None].astype(np.float64))
    slope = 0.5 * np.abs(rise + fall)[:1] * per_step[:1] + np.abs(rise - fall) * per_step
    argument = _ARGUMENT_ROUNDING * eps * np.abs(ladder.x)[:, None] * slope
    floor = np.fmax(eps * size, np.fmax(argument, _TINY))
    fine, doubtful = _fine_noise(ladder, rise, fall, floor[0])
    fine, floor = _pooled(fine, floor, (np.nan_to_num(rise) != 0).any(axis=0))
    height = multiples(ladder, rise, fall, floor)
    level = np.fmax(floor, np.fmax(fine, height))
    level = np.where(height > TOOTH * np.fmax.reduce(size, axis=0), np.inf, level)
    # A coarser format inside f shows near x as a share of f, and far from a tiny x it is that share again.
    share = np.nan_to_num(level[0] / size[0], nan=0.0, posinf=0.0).clip(max=_SHARE)
    distant = (ladder.exponents >= LEAP) & (np.abs(ladder.x) < TINY_X)
    level = np.where(distant[..., None], np.fmax(level, share * size), level)
    probe = _between(ladder, doubtful | (height > 0))
    if (np.abs(ladder.x) < TINY_X).any():
        probe = np.where(_still(ladder, rise, fall), UNIT, probe)
    return Noise(level, probe, np.fmax(floor, height))


def _fine_noise(ladder: Ladder, rise: Array, fall: Array, floor: Array) -> tuple[Array, Array]:
    """Return the noise seen at the two finest rungs, and whether to look closer; ``(n, m)`` each.

    ``floor`` is what rounding alone would make.  Noise shows in the even and in the odd part alike: an odd
    deviation without an even one is a slope that coarser steps missed, or a tooth's.
    """
    second = rise - fall
    if second.shape[0] < 3:
        seen = np.nan_to_num(np.abs(second[:1]).max(axis=0, initial=0.0))
        return seen, np.zeros(seen.shape, dtype=bool)
    octaves = ladder.exponents[1] - ladder.exponents[0]
    ratio = np.exp2(-octaves.astype(np.float64))[:, None]
    even = np.abs(second[0] - second[1] * ratio**2)
    odd = 0.5 * np.abs((rise + fall)[0] - (rise + fall)[1] * ratio)
    is_noise = (odd <= _ODD * np.fmax(even, floor)) | (octaves <= NEIGHBOURS)[:, None]
    seen = np.fmax(even, np.where(is_noise, odd, 0.0))
    most = np.fmin(_ROUNDING_LIKE * floor, TOOTH * np.fmax(np.abs(ladder.f0), np.abs(ladder.plus[0])))
    return np.nan_to_num(np.fmax(seen, _not_growing(np.abs(second), floor, most))), ~is_noise


def _not_growing(second: Array, floor: Array, most: Array) -> Array:
    """Return second differences of the next two rungs that a longer step does not exceed, ``(n, m)``.

    The finest two may see none of the noise by chance.  Curvature grows with the step, even that of a minimum
    narrower than it; what is above ``most``, and may oscillate, the finest would see.
    """
    here, farther = second[_SEEN : _SEEN + 2], second[_SEEN + 1 : _SEEN + 3]
    here = here[: len(farther)]
    noise = (farther <= here) & (here > _OF_RESULT * floor) & (here <= most)
    found: Array = np.where(noise, here, 0.0).max(axis=0, initial=0.0)
    return found


def _pooled(fine: Array, floor: Array, moves: Array) -> tuple[Array, Array]:
    """Return the noise and the floor not less than what most columns of the same output see.

    Noise is a property of the output: a column that saw little of it was lucky, if f ``moves`` along it,
    ``(n, m)``.
    """
    columns = fine.shape[0]
    if columns < _POOL:
        return fine, floor
    half = columns // 2
    common = np.where(moves, np.partition(fine, half, axis=0)[half], 0.0)
    return np.fmax(fine, common), np.fmax(floor, common)


def frozen_noise(
    ladder: Ladder, quotients: Array, best: Best, near: Array, eps: float
) -> tuple[Array, Array]:
    """Return what rounding that shows along other inputs adds to the bar of one that it ignores, ``(n, m)``.

    And where there is such rounding at all.

    In ``x a(t)`` the rounding of ``a`` does not change with ``x``: along ``x`` all is smooth, and the slope
    is off by that rounding.  What an output is off by at the point, its derivative by ``x`` may be off by
    over ``x``.

    Parameters
    ----------
    quotients
        ``(R, n, m)``: central ones.
    best
        The answer; central is its first.
    near
        ``(n, m)``: the noise next to x.
    eps
        Unit roundoff of the output.
    """
    if near.shape[0] < 2:
        return np.zeros(near.shape), np.zeros(near.shape, dtype=bool)
    # What f is off its slope by at the finest steps is rounding.  Without an answer the third finest rung
    # stands for it: its truncation is nothing over steps so much finer.
    third = (ladder.fine_rungs() - 1).clip(min=0)
    middle = np.take_along_axis(quotients, third[None, :, None], axis=0)[0]
    decided = best.bar[0] <= _CLEAR * np.abs(best.value[0])
    slope, bar = np.where(decided, best.value[0], middle), np.where(decided, best.bar[0], 0.0)
    finest = (ladder.exponents <= ladder.third_finest - _FAR)[..., None]
    step = 0.5 * (ladder.step_plus + ladder.step_minus)[..., None] + np.zeros(quotients.shape)
    # A slope beside which f varies is off at its own finest rung already, at finer ones by the square less.
    at = best.rung[0][None]
    bent = np.abs(np.take_along_axis(quotients, at, axis=0) - slope)
    bent = np.where(decided, bent * (step / np.take_along_axis(step, at, axis=0)) ** 2, 0.0)
    off = np.where(finest, (np.abs(quotients - slope) - bar - 2.0 * bent) * step, 0.0)
    seen = np.nan_to_num(off, posinf=0.0).max(axis=0, initial=0.0)
    # What a rounding of x would make is granted to noise and no sample of it: x is what it is.
    own = eps * np.abs(ladder.x)[:, None] * np.abs(slope)
    seen = np.fmax(seen, np.where(np.isfinite(near) & (near > own), near, 0.0))
    loudest = seen.max(axis=0)
    loud = (loudest > _LOUD * eps * np.abs(ladder.f0)) & (np.nan_to_num(quotients) != 0).any(axis=0)
    heard = loud & (loudest > _STILL * seen)
    size = np.abs(ladder.x)[:, None]
    off = np.where(heard, _FROZEN * loudest, 0.0)
    tooth = np.where(np.isinf(near), _tooth(ladder, quotients), 0.0)
    tooth = np.where(tooth <= _TOOTH_ALONG * np.abs(ladder.f0), tooth, 0.0)
    moves = (np.nan_to_num(quotients) != 0).any(axis=0) & np.isfinite(near)
    off = np.where(moves, np.fmax(off, _TEETH * tooth.max(axis=0)), off)
    return np.where(size > 0, off / np.where(size > 0, size, 1.0), 0.0), loud


def _tooth(ladder: Ladder, quotients: Array) -> Array:
    """Return how far f moves up to the first rung at which it has left its tread on either side, ``(n, m)``.

    Rounding or f's own jumps: that cannot be told.  But along an input whose teeth are too high for noise
    there is no answer, so that no check passes, whatever is granted to the others.
    """
    rise, fall = np.abs(ladder.plus - ladder.f0), np.abs(ladder.f0 - ladder.minus)
    swing = np.nan_to_num(np.fmax.accumulate(np.fmax(rise, fall), axis=0))
    steps = np.stack([ladder.step_plus, ladder.step_minus])[..., None]
    tread = quotients[0] * steps
    off = np.abs(np.stack([ladder.plus - ladder.f0, ladder.f0 - ladder.minus]) - tread) > 0.5 * np.abs(tread)
    left = off.any(axis=0)
    first: Array = np.take_along_axis(swing, np.argmax(left, axis=0)[None], axis=0)[0]
    return np.where(left.any(axis=0), first, 0.0)


def _between(ladder: Ladder, asked: Array) -> Array:
    """Return the rung halfway between the finest two where one is ``asked`` for, ``(n, m)``."""
    rows = min(2, ladder.exponents.shape[0]) - 1
    fine, coarse = ladder.exponents[0], ladder.exponents[rows]
    gap = np.where(coarse == NO_RUNG, 0, coarse - fine)
    probe: Array = np.where(asked & (gap > NEIGHBOURS)[:, None], (fine + gap // 2)[:, None], NO_RUNG)
    return probe


def _still(ladder: Ladder, rise: Array, fall: Array) -> Array:
    """Return where f stands still in proportion to a tiny x: a longer step may tell rounding from rest."""
    still = (rise == 0) & (fall == 0)
    fine = leading(still)
    last = ((ladder.exponents != NO_RUNG).sum(axis=0) - 1).clip(min=0)
    coarsest = np.take_along_axis(ladder.exponents, last[None], axis=0)[0]
    at_coarsest = np.take_along_axis(still, last[None, :, None], axis=0)[0]
    leap = (fine >= last[:, None]) & (coarsest == LEAP)[:, None]
    tiny = (np.abs(ladder.x) < TINY_X) & (ladder.x != 0) & (coarsest < UNIT)
    asked: Array = tiny[:, None] & (at_coarsest | leap)
    return asked
