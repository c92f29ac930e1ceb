"""How much rounding noise the values of ``f`` carry near ``x``, measured from second differences.

``S = f(x+h) + f(x-h) - 2 f(x)`` does not enter a central quotient, and tells what rounding does to it: noise
makes ``S`` independent of ``h``, curvature makes it grow as ``h**2``.  (R. W. Hamming's difference table, as
used by Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33, 2011.)

The model, H5 in full: a value carries an error of at most ``level``, which is

1. never less than one rounding of the value itself and of the argument inside ``f``;
2. what the finest steps see, where their odd and even parts see the same, here and as a rule in the other
   directions that move the output; and all moves of ``f`` that are whole multiples of one number carry that
   number (:mod:`gradcheck.estimators.differences.lattice`);
3. what is measured at the distance of the answer's own steps, by ``S`` there against what coarser steps
   foretell.

Noise is as loud near x as far from it.  Where ``S`` is loud at the answer's steps and quiet at finer ones, it
is no noise but structure narrower than the steps, and its slope at x may be whatever the coarsest of the
quiet steps leaves open: the bar grows by that.

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

__all__ = ["TOOTH", "Noise", "distant_noise", "measured_noise", "unit_roundoff"]

#: Teeth above this share of f are no rounding, hardly float32's: the function's own.
TOOTH = 2.0**-16
#: The largest share of f that the noise of a coarse format inside it may be: a little over float32's.
_SHARE = 2.0**-20
#: Smallest subnormal double: what underflow can hide.
_TINY = 2.0**-1074
#: A second difference this many times the finest one is structure, not noise.
_STRUCTURE = 32.0
#: An odd deviation this many times the even one is no noise.
_ODD = 8.0
#: Rungs within so many octaves see the same odd deviation, noise or not.
_NEIGHBOURS = 4
#: Noise this many times the rounding of the result is worth a rung of its own.
_NOISY = 16.0
#: Rounding of x inside ``f`` (``sin(1e4 * x)``), in roundoffs of x: a quarter is its root mean square.
_ARGUMENT_ROUNDING = 0.25
#: Share of its last correction by which a foretold second difference may be off.
_DOUBT = 4.0
#: One loud second difference stands for noise this many times as large.
_SAMPLES = 4.0
#: So many columns tell what is usual of an output.
_COLUMNS = 4
#: Rungs are quiet below this part of the loudest.
_QUIET = 8.0


class Noise(NamedTuple):
    """``level`` (R, n, m): bound on the error of the values at each rung, units of f.

    ``probe`` (n, m): exponent of a rung that would tell noise from structure, or ``NO_RUNG``.
    """

    level: Array
    probe: Array


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
    fine = np.fmax(fine, _of_others(fine, moves=(rise != 0) | (fall != 0)))
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
    return Noise(level, probe)


def _fine_noise(ladder: Ladder, rise: Array, fall: Array, floor: Array) -> tuple[Array, Array]:
    """Return the noise seen at the finest rungs, and whether to look closer; ``(n, m)`` each.

    ``floor`` is what rounding alone would make.  Noise shows in the even and in the odd part alike: an odd
    deviation without an even one is a slope that coarser steps missed, or a tooth's.
    """
    second = rise - fall
    used = min(6, second.shape[0])
    if used < 3:
        seen = np.nan_to_num(np.abs(second[:1]).max(axis=0, initial=0.0))
        return seen, np.zeros(seen.shape, dtype=bool)
    octaves = (ladder.exponents[1:used] - ladder.exponents[: used - 1]).astype(np.float64)
    ratio = np.exp2(-octaves)[..., None]
    even = np.abs(second[: used - 1] - second[1:used] * ratio**2)
    # Only rungs finer than the third of the first ladder: that one sees too much curvature.
    even[1:] = np.where((ladder.exponents[1 : used - 1] < ladder.third_finest)[..., None], even[1:], 0.0)
    odd = np.abs(0.5 * (rise + fall)[0] - 0.5 * (rise + fall)[1] * ratio[0])
    is_noise = (odd <= _ODD * np.fmax(even[0], floor)) | (octaves[0] <= _NEIGHBOURS)[:, None]
    finest = np.fmax(even[0], np.where(is_noise, odd, 0.0))
    common = even[1:] <= _STRUCTURE * np.fmax(finest, floor)
    noise = np.fmax(finest, np.where(common, even[1:], 0.0).max(axis=0))
    return np.nan_to_num(noise), ~is_noise | (np.fmax(noise, odd) > _NOISY * floor)


def _of_others(fine: Array, moves: Array) -> Array:
    """Return the upper quartile over the columns of what their fine rungs see, where f moves; ``(n, m)``.

    Few second differences are small by chance now and then.  An output is as noisy in one direction as in
    another where all of it is computed anew, as by the decomposition of a matrix.
    """
    moving = moves.any(axis=0)
    if fine.shape[0] < _COLUMNS:
        return np.zeros(fine.shape)
    seen = np.sort(np.where(moving, fine, np.inf), axis=0)
    count = moving.sum(axis=0)
    quartile = np.take_along_axis(seen, (3 * count // 4).clip(max=fine.shape[0] - 1)[None], axis=0)
    found: Array = np.where(moving & (count >= _COLUMNS), quartile, 0.0)
    return found


def _between(ladder: Ladder, asked: Array) -> Array:
    """Return the rung halfway between the finest two where one is ``asked`` for, ``(n, m)``."""
    rows = min(2, ladder.exponents.shape[0]) - 1
    fine, coarse = ladder.exponents[0], ladder.exponents[rows]
    gap = np.where(coarse == NO_RUNG, 0, coarse - fine)
    probe: Array = np.where(asked & (gap > _NEIGHBOURS)[:, None], (fine + gap // 2)[:, None], NO_RUNG)
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


def distant_noise(ladder: Ladder, quotients: Array, best: Best, level: Array) -> Array:
    """Return what noise at the distance of the answer's steps adds to its bar, ``(n, m)``.

    Parameters
    ----------
    quotients
        ``(R, n, m)``: central ones.
    best
        The answer; central is its first.
    level
        ``(R, n, m)``: the noise as known so far.
    """
    finest, value = best.rung[0], best.value[0]
    even = _foretold(ladder, finest, best.coarsest[0])
    loudest = even.max(axis=0)
    step = 0.5 * (ladder.step_plus + ladder.step_minus)[..., None] + np.zeros(level.shape)
    here = _at(level, finest)
    heard = np.isfinite(best.bar[0]) & (loudest > here)
    if not heard.any():
        return np.zeros(heard.shape)
    extra = _SAMPLES * (loudest - here) / _at(step, finest)
    gap = np.abs(quotients - value)
    quiet = leading(_QUIET * np.fmax(np.fmax(even, gap * step), level) <= loudest)
    last = (np.fmin(quiet, finest) - 1).clip(min=0)
    structure = heard & (quiet > 0) & (finest > 0)
    extra = np.where(structure, np.fmax(extra, _at(gap + 2.0 * level / step, last)), extra)
    found: Array = np.where(heard, extra, 0.0)
    return found


def _foretold(ladder: Ladder, finest: Array, coarsest: Array) -> Array:
    """Return by how much the second difference of each rung is off what coarser ones foretell, ``(R, n, m)``.

    Told for rungs up to ``finest`` (n, m), by the three that follow, up to ``coarsest`` (n, m), or by two.
    """
    second = (ladder.plus - ladder.f0) - (ladder.f0 - ladder.minus)
    rungs = second.shape[0]
    noise = np.zeros(second.shape)
    if rungs < 3:
        return noise
    octaves = np.where(ladder.exponents == NO_RUNG, np.nan, ladder.exponents)
    square = np.exp2(2.0 * (octaves - np.fmax.reduce(octaves, axis=0)))[..., None]
    bend = second / square
    u, u1, u2 = (square[k : rungs - 2 + k] for k in range(3))
    near = bend[1:-1] + (bend[1:-1] - bend[2:]) * (u1 - u) / (u2 - u1)
    change = near - bend[1:-1]
    u3 = square[3:]
    far = bend[2:-1] + (bend[2:-1] - bend[3:]) * (u2[:-1] - u[:-1]) / (u3 - u2[:-1])
    third = (near[:-1] - far) * (u1[:-1] - u[:-1]) / (u3 - u1[:-1])
    row = np.arange(rungs - 2)[:, None, None]
    three = row[:-1] + 3 <= coarsest
    change[:-1] = np.where(three, third, change[:-1])
    near[:-1] += np.where(three, third, 0.0)
    off = np.abs(second[:-2] - near * u) - _DOUBT * np.abs(change) * u
    told = (row + 2 <= coarsest) & (row <= finest)
    noise[:-2] = 0.5 * np.where(told & (off > 0), off, 0.0)
    # Curvature that finer rungs see too, for only coarser ones jump over it, is no noise.
    ratio = square[1:] / square[:-1]
    noise[1:] = np.fmin(noise[1:], 0.5 * np.abs(second[1:] - second[:-1] * ratio))
    return np.nan_to_num(noise, nan=0.0, posinf=0.0)


def _at(values: Array, row: Array) -> Array:
    found: Array = np.take_along_axis(values, row[None], axis=0)[0]
    return found
