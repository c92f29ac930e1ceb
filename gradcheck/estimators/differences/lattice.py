"""Rounding inside ``f`` that shows as a lattice: all moves of ``f`` are whole multiples of one number.

An intermediate result that is rounded more coarsely than the output (``1 - (1 - x)``, an offset added and
taken away, float32 inside float64) makes ``f`` a staircase.  Its treads are noise of their own height.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.ladder import Ladder, leading

__all__ = ["multiples"]

#: Rungs at which multiples are looked for, and how near a whole number of the smallest a move is.
_FINE, _WHOLE = 3, 1e-6
#: The smallest move may be that many units, and rounding may move a multiple by that part of a unit.
_PARTS, _WHOLE_AT_MOST = 64, 0.05
#: ... where that move is smaller than this part of the largest: farther apart no rounding joins them.
_ROUNDING_LIKE = 2.0**-20


def multiples(ladder: Ladder, rise: Array, fall: Array, floor: Array) -> Array:
    """Return the unit that f moves in where slopes scatter beyond rounding, ``(n, m)``; 0 elsewhere.

    Seen at the three finest rungs at which ``f`` moves on both sides, or on the only one where it does.
    Integers are meant to be piecewise constant.

    Parameters
    ----------
    rise, fall, floor
        ``(R, n, m)``: the moves of ``f`` ahead and behind, and the rounding of its values.
    """
    dtype = ladder.primal.f_dtype
    if rise.shape[0] < _FINE or (dtype is not None and dtype.kind in "iub"):
        return np.zeros(rise.shape[1:])
    moves = np.stack([rise, fall])
    step = np.exp2(ladder.exponents[..., None].astype(np.float64))
    # A side that never moves, as of max(0, exp(x) - 1) at 0, tells nothing of when the other begins to.
    moving = (moves != 0).any(axis=1, keepdims=True)
    still = leading(((moves == 0) & moving).any(axis=0))
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
        unit = _unit(seen, lowest, rounding.max(axis=0)[asked], np.where(fine, _PARTS, 1))
        # One side alone that makes the same move at every step has left a step of f's own behind it.
        several = moving.all(axis=(0, 1))[asked] | (np.abs(seen).max(axis=0) > lowest)
        height[asked] = np.where(several, unit, 0.0)
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
    near[0] = np.fmax(near[0], _WHOLE)
    whole = (np.abs(multiples - np.round(multiples)) <= near[:, None]).all(axis=1)
    return np.where(whole.any(axis=0), lowest / (1 + np.argmax(whole, axis=0)), 0.0)
