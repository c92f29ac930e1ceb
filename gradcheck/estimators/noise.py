"""How much rounding noise the values of ``f`` carry near ``x``, measured from second differences.

``S = f(x+h) + f(x-h) - 2 f(x)`` tells what the finest steps see: noise makes ``S``
independent of ``h``, curvature makes it grow as ``h**2``, a kink as ``h``.
(R. W. Hamming's difference table, as used by Moré and Wild, "Estimating
computational noise", SIAM J. Sci. Comput. 33, 2011.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.estimators.ladder import NO_RUNG, Ladder
from gradcheck.estimators.steps import LEAP, TINY_X, UNIT

__all__ = ["Noise", "measured_noise", "unit_roundoff"]

Array = np.ndarray[Any, np.dtype[Any]]

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
#: Octaves within which a slope seen by the finer rung alone is noise too: structure as narrow as that.
_NEIGHBOURS = 4
#: Noise this many times the rounding of the result is worth a rung of its own.
_NOISY = 16.0
#: Where f vanishes at x its size near by says little: noise grows no more than this.
_GROWTH = 2.0**10
#: The largest share of f that the noise of a coarse format inside it may be: a little over float32's.
_SHARE = 2.0**-20
#: A difference below this part of the largest one may be a matter of rounding, float32's included.
_GRAIN = 1e-6
#: Rungs at which a lattice is looked for, and how near a whole number of its spacing a difference is.
_FINE, _WHOLE = 3, 1e-6
#: So is one of this many roundings of the result.
_COARSE_GRAIN = 256.0
#: Roundoffs of the largest value seen, by which slopes near and far may differ and still be one.
_AFAR = 8.0
#: Treads above this share of f are no rounding, not even float32's.
_STAIR = 2.0**-20
#: Rounding of x inside ``f`` (``sin(1e4 * x)``), in roundoffs of x: a quarter is its root mean square.
_ARGUMENT_ROUNDING = 0.25


class Noise(NamedTuple):
    """``level`` (R, n, m): bound on the error of the values at each rung, units of f.

    ``silent`` (R, n, m): flat rungs between the treads of a staircase, which say nothing of the slope.
    ``probe`` (2, n, m): exponents of the rungs that would tell noise from structure, or ``NO_RUNG``.
    ``veil`` (n, m): from this rung on, structure narrower than the step hides the slope at x.
    """

    level: Array
    silent: Array
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
    flat = (rise == 0) & (fall == 0)
    run = np.logical_and.accumulate(flat, axis=0).sum(axis=0)
    tread = _tread(ladder, rise, fall, run, floor)
    veil = np.where(tread > 0, size.shape[0], veil)
    # Noise beyond rounding usually goes with the size of f: larger where f is larger than near x.
    near = np.take_along_axis(size, ladder.fine_rungs()[None, :, None] - 1, axis=0)
    growth = np.nan_to_num(size / near, nan=1.0, posinf=_GROWTH).clip(1.0, _GROWTH)
    # Treads far above any rounding are a step function's: its derivative is none of the slopes of the stairs.
    stairs = tread > _STAIR * np.fmax.reduce(size, axis=0)
    level = np.where(stairs, np.inf, np.fmax(floor, np.fmax(fine, tread) * growth))
    still = np.logical_and.accumulate((rise == 0) | (fall == 0), axis=0).sum(axis=0)
    grain = _grain(ladder, rise, fall, floor, still)
    level = np.fmax(level, np.fmax(grain, _hidden(ladder, rise, fall, size, eps)))
    # A coarser format inside f shows near x as a share of f, and far from a tiny x it is that share again.
    share = np.nan_to_num(level[0] / near[0], nan=0.0, posinf=0.0).clip(max=_SHARE)
    distant = (ladder.exponents >= LEAP) & (np.abs(ladder.x) < TINY_X)
    level = np.where(distant[..., None], np.fmax(level, share * size), level)
    silent = flat & (np.fmax(tread, grain) > 0)
    probe = _probe(ladder, run, tread, doubtful)
    # Flat in proportion to a tiny x, moving beyond: what moves there may be rounding or the function.
    lonely: Array = (run == rise.shape[0] - 1) & (ladder.exponents[-1] == LEAP)[:, None]
    probe[0] = np.where(lonely, UNIT, probe[0])
    return Noise(level, silent, probe, veil)


def _grain(ladder: Ladder, rise: Array, fall: Array, floor: Array, run: Array) -> Array:
    """Return the smallest difference that the values near x show, 0 where it says nothing, ``(n, m)``.

    Rounding of an intermediate value (``1 - (1 - x)`` near 0) is a lattice on which ``f`` stands still
    at fine steps, though ``f`` itself is so small that its own rounding would be far finer: nothing below
    the smallest difference seen was resolved, be it on one side only (``exp(x) - 1`` for x <= 0, else
    ``x``).  ``run`` counts the finest rungs at which a side stands still.
    A lattice shows by standing still, or by fine slopes that
    differ by more than the rounding of ``f`` while all differences are multiples of the smallest.  Where
    one side alone moves, or where even the smallest move is no matter of rounding, the flat rungs are a
    dead zone, and right.
    """
    dtype = ladder.primal.f_dtype
    if rise.shape[0] < 2 or (dtype is not None and dtype.kind in "iub"):
        return np.zeros(rise.shape[1:])
    moves = np.abs(np.concatenate([rise, fall]))
    lowest = np.fmin.reduce(np.where(moves > 0, moves, np.inf), axis=0)
    both = ((rise != 0) & (fall != 0) & np.isfinite(rise) & np.isfinite(fall)).any(axis=0)
    largest = np.fmax(_GRAIN * np.fmax.reduce(moves, axis=0), _COARSE_GRAIN * floor[0])
    stands = (run > 0) & ~_expected_flat(ladder, rise, fall, floor, run)
    told: Array = both & (lowest <= largest) & (stands | _on_lattice(ladder, rise, fall, floor, lowest, run))
    return np.where(told, lowest, 0.0)


def _expected_flat(ladder: Ladder, rise: Array, fall: Array, floor: Array, run: Array) -> Array:
    """Return where ``f`` stands still at its finest rungs for want of a slope: ``cos`` at 0, ``(n, m)``.

    The two finest rungs at which it moves tell the power with which it does; carried on to the widest
    flat rung, the move is below the rounding of ``f`` itself.
    """
    rungs = rise.shape[0]
    rows = np.stack([run - 1, run, run + 1]).clip(min=0, max=rungs - 1)
    height = np.fmax(np.abs(rise), np.abs(fall))
    near, far = np.take_along_axis(height, rows[1:], axis=0)
    exponents = np.take_along_axis(ladder.exponents[..., None] + np.zeros_like(run), rows, axis=0)
    gaps = (exponents[1:] - exponents[:-1]).astype(np.float64)
    power = np.nan_to_num(np.log2(far / near) / gaps[1], nan=1.0, posinf=1.0).clip(1.0, 8.0)
    carried = near * np.exp2(-power * gaps[0])
    explained: Array = (run + 1 < rungs) & (carried <= floor[0])
    return explained


def _on_lattice(ladder: Ladder, rise: Array, fall: Array, floor: Array, lowest: Array, run: Array) -> Array:
    """Return where slopes scatter beyond rounding though all differences are multiples of ``lowest``.

    Seen at the three finest rungs at which ``f`` moves, ``(n, m)``.
    """
    rungs = rise.shape[0]
    if rungs < _FINE:
        return np.zeros(rise.shape[1:], dtype=bool)
    rows = (run + np.arange(_FINE)[:, None, None]).clip(max=rungs - 1)

    def finest(values: Array) -> Array:
        return np.take_along_axis(values, rows, axis=0)

    step = np.exp2(finest(ladder.exponents[..., None] + np.zeros_like(run)).astype(np.float64))
    up, down, rounding = finest(rise), finest(fall), finest(floor)
    slope = 0.5 * (up + down) / step
    scatter = np.abs(slope[:-1] - slope[-1:]) * step[:-1]
    multiples = np.concatenate([up, down]) / lowest
    whole = np.abs(multiples - np.round(multiples)) <= _WHOLE
    found: Array = np.logical_and((scatter > 2.0 * rounding[:-1]).any(axis=0), whole.all(axis=0))
    return found


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
    is_noise = (odd <= _ODD * np.fmax(even[0], floor)) | (octaves[0] <= _NEIGHBOURS)[:, None]
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


def _tread(ladder: Ladder, rise: Array, fall: Array, run: Array, floor: Array) -> Array:
    """Return the height of the steps of a staircase, 0 elsewhere, shape ``(n, m)``.

    Fine rungs (``run`` of them) flat, a coarse one climbing alike on both sides: a staircase if ``f``
    stands still or leaps elsewhere too, otherwise a dead zone around x, where the flat rungs are
    right.  (Only one side climbing is a kink near by: the flat rungs are right again.)  Integers are
    meant to be piecewise constant.
    """
    nothing = np.zeros(run.shape)
    dtype = ladder.primal.f_dtype
    if not run.any() or rise.shape[0] < 3 or (dtype is not None and dtype.kind in "iub"):
        return nothing
    ascent = 0.5 * (rise + fall)
    slope = np.abs(ascent) * np.exp2(-ladder.exponents[..., None].astype(np.float64))
    even_sided = (rise * fall > 0) & (np.abs(rise - fall) <= 1.2 * np.abs(ascent))
    rungs = ladder.exponents[..., None] + np.zeros_like(run)
    widest = np.take_along_axis(rungs, (run - 1).clip(min=0)[None], axis=0)[0]
    beyond_noise = slope * np.exp2(widest.astype(np.float64)) > 4 * floor[0]
    beyond_run = np.arange(rise.shape[0])[:, None, None] > run
    climbing = (even_sided & beyond_noise & beyond_run & (run > 0)).any(axis=0)
    if not climbing.any():
        return nothing
    moved = np.abs(np.concatenate([rise, fall]))
    lowest = np.fmin.reduce(np.where(moved > 0, moved, np.inf), axis=0)
    change = np.abs(ladder.beside_coarsest(climbing, widest - 3))
    staircase = climbing & ((change == 0) | (change >= 0.5 * lowest))
    return np.where(staircase, lowest, nothing)


def _probe(ladder: Ladder, run: Array, tread: Array, doubtful: Array) -> Array:
    """Return rungs between the finest two where noise is in doubt, and at the first tread of a staircase."""
    rungs = ladder.exponents.shape[0]
    rows = np.stack([run - 1, run]).clip(min=0, max=rungs - 1)
    rows = np.where(tread > 0, rows, np.array([0, min(1, rungs - 1)])[:, None, None])
    fine, coarse = np.take_along_axis(ladder.exponents[..., None] + np.zeros_like(run), rows, axis=0)
    gap = np.where(coarse == NO_RUNG, 0, coarse - fine)
    halved = (tread > 0) & (gap >= _NEIGHBOURS) | doubtful & (gap > _NEIGHBOURS)
    middle = np.where(halved, fine + gap // 2, NO_RUNG)
    lower = np.where((tread > 0) & (gap >= 6), fine + gap // 4, NO_RUNG)
    return np.stack([middle, lower])
