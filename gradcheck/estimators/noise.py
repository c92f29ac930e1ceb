"""How much rounding noise the values of ``f`` carry near ``x``, measured from second differences.

``S = f(x+h) + f(x-h) - 2 f(x)`` tells what the finest steps see: noise makes ``S``
independent of ``h``, curvature makes it grow as ``h**2``, a kink as ``h``.
(R. W. Hamming's difference table, as used by Moré and Wild, "Estimating
computational noise", SIAM J. Sci. Comput. 33, 2011.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.ladder import NO_RUNG, Ladder, leading
from gradcheck.estimators.lattice import NEIGHBOURS, Lattice, measured_lattice
from gradcheck.estimators.steps import LEAP, TINY_X, UNIT

__all__ = ["Noise", "measured_noise", "unit_roundoff"]


#: Smallest subnormal double: what underflow can hide.
_TINY = 2.0**-1074
#: A second difference this many times the finest one is structure, not noise.
_STRUCTURE = 32.0
#: Secants at a kink keep their opening to this relative precision.
_AJAR = 0.2
#: One that keeps less than this part of itself once curvature is removed is a smooth function's.
_UNSTEADY = 0.3
#: An odd deviation this many times the even one is no noise.
_ODD = 8.0
#: Noise this many times the rounding of the result is worth a rung of its own.
_NOISY = 16.0
#: Where f vanishes at x its size near by says little: noise grows no more than this.
_GROWTH = 2.0**10
#: The largest share of f that the noise of a coarse format inside it may be: a little over float32's.
_SHARE = 2.0**-20
#: Roundoffs of the largest value seen, by which slopes near and far may differ and still be one.
_AFAR = 8.0
#: Teeth above this share of f are no rounding, not even float32's.
_TOOTH = 2.0**-20
#: Rounding of x inside ``f`` (``sin(1e4 * x)``), in roundoffs of x: a quarter is its root mean square.
_ARGUMENT_ROUNDING = 0.25


class Noise(NamedTuple):
    """``level`` (R, n, m): bound on the error of the values at each rung, units of f.

    ``probe`` (2, n, m): exponents of the rungs that would tell noise from structure, or ``NO_RUNG``.
    ``veil`` (n, m): from this rung on, structure narrower than the step hides the slope at x.
    """

    level: Array
    probe: Array
    veil: Array


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
    fine, doubtful, veil = _fine_noise(ladder, rise, fall, floor[0])
    lattice = measured_lattice(ladder, rise, fall, floor)
    veil = np.where(lattice.height > 0, size.shape[0], veil)
    # Noise beyond rounding usually goes with the size of f: larger where f is larger than near x.
    near = np.take_along_axis(size, ladder.fine_rungs()[None, :, None] - 1, axis=0)
    growth = np.nan_to_num(size / near, nan=1.0, posinf=_GROWTH).clip(1.0, _GROWTH)
    # Teeth far above any rounding are the function's own: its derivative is none of their slopes.
    teeth = lattice.height > _TOOTH * np.fmax.reduce(size, axis=0)
    level = np.where(teeth | lattice.unsure, np.inf, np.fmax(floor, np.fmax(fine, lattice.height) * growth))
    level = np.fmax(level, _hidden(ladder, rise, fall, size, eps))
    # A coarser format inside f shows near x as a share of f, and far from a tiny x it is that share again.
    share = np.nan_to_num(level[0] / near[0], nan=0.0, posinf=0.0).clip(max=_SHARE)
    distant = (ladder.exponents >= LEAP) & (np.abs(ladder.x) < TINY_X)
    level = np.where(distant[..., None], np.fmax(level, share * size), level)
    probe = _probe(ladder, lattice, doubtful)
    if (np.abs(ladder.x) < TINY_X).any():
        probe[0] = np.where(_still(ladder, rise, fall), UNIT, probe[0])
    return Noise(level, probe, veil)


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


def _hidden(ladder: Ladder, rise: Array, fall: Array, size: Array, eps: float) -> Array:
    """Return the rounding that only steps far beyond a tiny x betray, 0 elsewhere, ``(n, m)``.

    ``ln(1 + x**2) + x`` at 1e-8 is ``x`` to the last bit at every step below 1e-9.  Where the slope seen
    from afar differs from that at every fine rung by no more than rounding at that distance, it is rounding.
    """
    nothing = np.zeros(rise.shape[1:])
    afar = (ladder.exponents == LEAP) & (np.abs(ladder.x) < TINY_X) & (ladder.x != 0)
    if not afar.any():
        return nothing
    step = np.exp2(ladder.exponents[..., None].astype(np.float64))
    slope = 0.5 * (rise + fall) / step
    there = afar[..., None] & np.isfinite(slope)
    far = np.where(there, slope, 0.0).sum(axis=0)
    allowed = _AFAR * eps * np.fmax(np.fmax.reduce(size, axis=0), np.abs(far) * 2.0**UNIT)
    unsure = _AFAR * eps * np.where(there, size / step, 0.0).sum(axis=0)
    near = np.isfinite(slope) & (np.exp2(ladder.exponents.astype(np.float64)) <= np.abs(ladder.x))[..., None]
    gap = np.fmax(np.abs(slope - far) - unsure, 0.0)
    amplitude = np.where(near, gap * step, 0.0).max(axis=0)
    told: Array = there.any(axis=0) & (amplitude <= allowed)
    return np.where(told, amplitude, nothing)


def _fine_noise(ladder: Ladder, rise: Array, fall: Array, floor: Array) -> tuple[Array, Array, Array]:
    """Return the noise seen at the finest rungs, whether to look closer, and the veil; ``(n, m)`` each.

    ``floor`` is what rounding alone would make.  Noise shows in the even and in the odd part alike,
    and at every step: an odd deviation without an even one is a slope that coarser steps missed,
    and an even one that finer steps do not share is structure, which veils what coarser steps see.
    """
    second = rise - fall
    shape, rungs = second.shape[1:], second.shape[0]
    if rungs < 3:
        seen = np.nan_to_num(np.abs(second[:1]).max(axis=0, initial=0.0))
        return seen, np.zeros(shape, dtype=bool), np.full(shape, rungs)
    used = min(6, rungs)
    octaves = (ladder.exponents[1:used] - ladder.exponents[: used - 1]).astype(np.float64)
    ratio = np.exp2(-octaves)[..., None]
    even = np.abs(second[: used - 1] - second[1:used] * ratio**2)
    # Only rungs finer than the third of the first ladder: that one sees too much curvature.
    even[1:] = np.where((ladder.exponents[1 : used - 1] < ladder.third_finest)[..., None], even[1:], 0.0)
    moved = 0.5 * (rise + fall)[:used]
    odds = np.abs(moved[:-1] - moved[1:] * ratio)
    odd = odds[0]
    is_noise = (odd <= _ODD * np.fmax(even[0], floor)) | (octaves[0] <= NEIGHBOURS)[:, None]
    finest = np.fmax(even[0], np.where(is_noise, odd, 0.0))
    common = even[1:] <= _STRUCTURE * np.fmax(finest, floor)
    noise = np.fmax(finest, np.where(common, even[1:], 0.0).max(axis=0))
    veiling = ~common & (even[1:] > _UNSTEADY * np.abs(second[1 : used - 1]))
    # A kink at x opens in proportion to the step: not veiled, but seen by both one-sided ladders.
    opening = second[:used] * np.exp2(-ladder.exponents[:used, :, None].astype(np.float64))
    there = opening[1 : used - 1]
    ajar = _AJAR * np.abs(there)
    veiling &= (np.abs(there - opening[2:]) > ajar) & (np.abs(there - opening[0]) > ajar)
    veil = np.where(veiling.any(axis=0), 1 + np.argmax(veiling, axis=0), rungs)
    doubtful = (np.fmax(noise, odd) > _NOISY * floor) | (veil < rungs)
    if used > 3:
        # The second finest slope is off the third by more than the truncation that the fourth shows.
        explained = 4.0 * odds[2] * ratio[1] * ratio[2] ** 2
        doubtful |= (odds[1] > _STRUCTURE * floor) & (odds[1] > explained)
    return np.nan_to_num(noise), doubtful, veil


def _probe(ladder: Ladder, lattice: Lattice, doubtful: Array) -> Array:
    """Return rungs between the finest two where noise is in doubt, and where the first tooth ends."""
    found = lattice.height > 0
    rows = np.stack([np.where(found, lattice.within, 0), np.where(found, lattice.beyond, 1)])
    rows = rows.clip(max=ladder.exponents.shape[0] - 1)
    fine, coarse = np.take_along_axis(ladder.exponents[..., None] + np.zeros_like(rows[0]), rows, axis=0)
    gap = np.where(coarse == NO_RUNG, 0, coarse - fine)
    halved = found & (gap >= NEIGHBOURS) | doubtful & (gap > NEIGHBOURS)
    middle = np.where(halved, fine + gap // 2, NO_RUNG)
    lower = np.where(found & (gap >= 6), fine + gap // 4, NO_RUNG)
    return np.stack([middle, lower])
