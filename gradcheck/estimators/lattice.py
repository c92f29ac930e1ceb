"""Rounding inside ``f`` that shows as a lattice: teeth with jumps between them, seen from their ends.

An intermediate result that is rounded more coarsely than the output (``1 - (1 - x)``, ``(exp(x) - 1) / x``,
``round(x, 3)``, float32 inside float64) makes ``f`` a staircase, or a saw where what follows the rounding
still moves with x.  Steps within one tooth agree to the last bit on the tooth's own slope, 0 for a staircase,
which is no derivative of ``f``.  A tooth ends abruptly: a smooth function that has left its tangent by ``d``
at one step has left it by ``d / r**p`` at one ``r`` times finer, ``p`` its order; a jump has not shown there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.ladder import Ladder, leading

__all__ = ["NEIGHBOURS", "Lattice", "measured_lattice"]


#: Octaves within which a smooth function shows at the finer step what it does at the coarser one ...
NEIGHBOURS = 4
#: ... by this power of the ratio of the steps; farther apart by the power seen there, from 2 on.
_POWER = 4.0
#: Octaves beyond which a step says nothing of the scale of those within.
_FAR = 16
#: Doubt granted to a deviation, in roundings.
_DOUBT = 4.0
#: A slope beside a step beyond the tooth, off by this share of the tooth's slope there, is a tooth's too.
_BESIDE = 0.5
#: Rungs at which multiples are looked for, and how near a whole number of the smallest a move is.
_FINE, _WHOLE = 3, 1e-6
#: The smallest move may be that many units, and rounding may move a multiple by that part of a unit.
_PARTS, _WHOLE_AT_MOST = 64, 0.05
#: ... where that move is smaller than this part of the largest: farther apart no rounding joins them.
_ROUNDING_LIKE = 2.0**-20
#: One-sided slopes that differ by this share of the larger disagree; by less than half of it, they agree.
_AJAR = 0.5


class Lattice(NamedTuple):
    """``height`` (n, m): by how much one tooth differs from the next, units of f; 0 without a lattice.

    ``within``, ``beyond`` (n, m): the rungs between which the first tooth ends; equal where none is seen.
    ``unsure`` (n, m): these are so far apart that a smooth function may still do the same.
    """

    height: Array
    within: Array
    beyond: Array
    unsure: Array


def measured_lattice(ladder: Ladder, rise: Array, fall: Array, floor: Array) -> Lattice:
    """Return the lattice that the moves ``rise`` and ``fall`` of shape ``(R, n, m)`` lie on.

    ``floor`` (R, n, m) is the rounding of ``f`` itself.  One side alone that ends a tooth is a kink or a jump
    near by, and the slope at x is right.  So it is where both do and ``f`` is smooth beyond (a dead zone),
    of which one evaluation there is the proof.  Integers are meant to be piecewise constant.
    """
    shape, rungs = rise.shape[1:], rise.shape[0]
    nothing = np.zeros(shape, dtype=np.int64)
    dtype = ladder.primal.f_dtype
    if rungs < _FINE or (dtype is not None and dtype.kind in "iub"):
        return Lattice(np.zeros(shape), nothing, nothing, nothing > 0)
    moves = np.stack([rise, fall])
    step = np.exp2(ladder.exponents[..., None].astype(np.float64))
    height = _multiples(moves, step, floor)
    ends, off = _ends(moves, step, floor)
    first = np.argmax(ends, axis=1)
    ended = np.take_along_axis(ends, first[:, None], axis=1)[:, 0]
    if not ended.any():
        return Lattice(height, nothing, nothing, nothing > 0)
    both: Array = np.all(ended, axis=0)
    suspect = both | ended.any(axis=0) & _one_sided(moves, first, ended)
    if not suspect.any():
        return Lattice(height, nothing, nothing, nothing > 0)
    jump = np.where(ended, np.take_along_axis(off, first[:, None], axis=1)[:, 0], np.inf).min(axis=0)
    within = np.where(ended, first, rungs).min(axis=0).clip(max=rungs - 2)
    found = suspect & ~(both & _smooth_beyond(ladder, moves[0], step, within, both))
    rows = np.stack([within, within + 1])
    fine, coarse = np.take_along_axis(ladder.exponents[..., None] + nothing, rows, axis=0)
    flat = (np.take_along_axis(moves, np.stack([rows[:1], rows[:1]]), axis=1) == 0).all(axis=(0, 1))
    return Lattice(
        np.where(found, jump, height),
        np.where(found, within, 0),
        np.where(found, within + 1, 0),
        found & ~flat & (coarse - fine >= NEIGHBOURS),
    )


def _ends(moves: Array, step: Array, floor: Array) -> tuple[Array, Array]:
    """Return after which rungs a tooth ends, and how far the next rung is off it, ``(2, R - 1, n, m)``."""
    ratio = step[1:] / step[:-1]
    off = np.abs(moves[:, 1:] - moves[:, :-1] * ratio)
    bend = np.empty_like(off)
    bend[:, 1:] = off[:, :-1]
    # At the finest rung nothing is known of the bend, unless f stands still there.
    bend[:, 0] = np.where(moves[:, 0] == 0, 0.0, off[:, 0] / ratio[0])
    # No bend is larger than the move itself, but for an accident.
    doubt = floor[:-1] + np.zeros_like(off)
    doubt[:, 1:] += np.fmin(floor[:-2] * ratio[:-1], np.abs(moves[:, 1:-1]))
    # Where f stands still it may have had a slope to show.
    least = np.where(moves[:, :-1] == 0, 1.0, 2.0)
    needed = _DOUBT * (bend + doubt)
    # No power is below the least: few entries are left to find it for.
    ends = off > needed * np.where(least > 1, ratio * ratio, ratio) * (1.0 - 1e-12)
    octaves = np.log2(ratio)
    # Far away f may follow another power: only a tooth without any bend counts there.
    ends &= (octaves <= _FAR) | (bend <= doubt)
    _, rung, column, _ = at = np.nonzero(ends)
    if rung.size:
        power = _power(off, bend, doubt, octaves, at)
        power = np.clip(np.nan_to_num(power, nan=2.0), least[at], 8.0)
        power = np.where((octaves[rung, column, 0] <= NEIGHBOURS) & (least[at] > 1), _POWER, power)
        ends[at] = off[at] * ratio[rung, column, 0] ** -power > needed[at]
    return ends, off


def _power(off: Array, bend: Array, doubt: Array, octaves: Array, at: tuple[Array, ...]) -> Array:
    """Return with which power of the step f leaves its tangent, as neighbouring rungs show it at ``at``."""
    side, rung, column, row = at
    after, before = np.minimum(rung + 1, off.shape[1] - 1), np.maximum(rung - 1, 0)
    power = np.log2(off[side, after, column, row] / off[at]) / octaves[after, column, 0]
    power = np.where(rung < off.shape[1] - 1, power, 2.0)
    finer = bend[side, before, column, row] + doubt[side, before, column, row]
    seen = np.log2(bend[at] / finer) / octaves[before, column, 0]
    bent = (rung > 0) & (bend[at] > _DOUBT * doubt[at])
    return np.where(rung > 0, np.fmax(power, np.where(bent, seen, 0.0)), power)


def _one_sided(moves: Array, first: Array, ended: Array) -> Array:
    """Return where the sides disagree in the slope at x and agree far from it: a lattice on one side."""
    near = np.where(ended, first, 0).max(axis=0)
    far = (np.isfinite(moves).all(axis=0).sum(axis=0) - 1).clip(min=0)

    def gap(row: Array) -> Array:
        up, down = np.take_along_axis(moves, np.stack([row, row])[:, None], axis=1)[:, 0]
        relative: Array = np.abs(up - down) / np.fmax(np.abs(up), np.abs(down))
        return relative

    found: Array = (gap(near) > _AJAR) & (gap(far) < 0.5 * _AJAR)
    return found


def _smooth_beyond(ladder: Ladder, rise: Array, step: Array, within: Array, asked: Array) -> Array:
    """Return where the slope of ``f`` just beyond the tooth is that of the rungs there, ``(n, m)``."""
    exponents = ladder.exponents[..., None] + np.zeros_like(within)
    beside, rung = ladder.slope_beyond(asked, within)
    row = np.argmax(exponents == rung, axis=0).clip(max=rise.shape[0] - 2)[None]
    rows = np.concatenate([row, row + 1])
    climb = np.diff(np.take_along_axis(rise, rows, axis=0), axis=0)[0]
    beyond = climb / np.diff(np.take_along_axis(step + np.zeros_like(rise), rows, axis=0), axis=0)[0]
    tooth = np.take_along_axis(rise / step, within[None], axis=0)[0]
    smooth: Array = np.abs(beside - beyond) < _BESIDE * np.abs(tooth - beyond)
    return smooth


def _multiples(moves: Array, step: Array, floor: Array) -> Array:
    """Return the unit that f moves in where slopes scatter beyond rounding, ``(n, m)``; 0 elsewhere.

    Seen at the three finest rungs at which ``f`` moves on both sides.
    """
    still = leading((moves == 0).any(axis=0))
    rows = (still + np.arange(_FINE)[:, None, None]).clip(max=floor.shape[0] - 1)
    up, down = np.take_along_axis(moves, np.stack([rows, rows]), axis=1)
    rounding = np.take_along_axis(floor, rows, axis=0)
    width = np.take_along_axis(step + np.zeros_like(floor), rows, axis=0)
    slope = 0.5 * (up + down) / width
    scatter = np.abs(slope[:-1] - slope[-1:]) * width[:-1]
    height: Array = np.zeros(floor.shape[1:])
    asked = (scatter > 2.0 * rounding[:-1]).any(axis=0)
    if asked.any():
        sizes = np.abs(moves).reshape(-1, *floor.shape[1:])[:, asked]
        lowest = np.fmin.reduce(np.where(sizes > 0, sizes, np.inf), axis=0)
        seen = np.concatenate([up, down])[:, asked]
        fine = lowest <= _ROUNDING_LIKE * np.fmax.reduce(sizes, axis=0)
        height[asked] = _unit(seen, lowest, rounding.max(axis=0)[asked], np.where(fine, _PARTS, 1))
    return height


def _unit(moves: Array, lowest: Array, rounding: Array, most: Array) -> Array:
    """Return the largest ``lowest / k``, ``k`` up to ``most``, that all ``moves`` are multiples of, else 0.

    The finest moves may be 16, 128 and 2046 units: their smallest is then none.
    """
    parts = np.arange(1.0, _PARTS + 1)[:, None]
    multiples = moves * (parts / lowest)[:, None]
    doubt = 2.0 * rounding * parts / lowest
    # Rounding moves a multiple, and a unit little above it has multiples everywhere.
    near = np.where((doubt <= _WHOLE_AT_MOST) & (parts <= most), np.fmax(doubt, _WHOLE), -1.0)
    whole = (np.abs(multiples - np.round(multiples)) <= near[:, None]).all(axis=1)
    return np.where(whole.any(axis=0), lowest / (1 + np.argmax(whole, axis=0)), 0.0)
