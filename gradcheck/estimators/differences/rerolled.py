"""What rounding that a column ignores does to its slope: measured where that rounding is another.

The factors of a determinant are rounded above the last row, and along that row no step tells of it: the
values are smooth, and their slope is off by what the cofactors are.  A last digit of the *other* inputs away,
the rounding is another draw and the slope off by another amount; mathematically it hardly moves.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.ladder import Ladder

__all__ = ["PAIRS", "rerolled_noise"]

_SHIFTS = (1.0, 2.0, 3.0)
"""By so many last digits the other inputs move, each with signs of its own."""
PAIRS = len(_SHIFTS)
"""Pairs of evaluations that a column takes."""
_SAFETY = 4.0
"""The rounding at the point itself may be this much larger than the largest of three differences."""
_SEED = 20250311


def rerolled_noise(ladder: Ladder, rows: Array, columns: Array, lower: Array, upper: Array) -> Array:
    """Return by how much the slopes of ``columns`` scatter where other inputs are rounded anew, ``(n, m)``.

    Parameters
    ----------
    ladder
        The values of ``f`` at its steps.
    rows
        The rung whose quotient is asked again, ``(n,)``.
    columns
        Which columns of the ladder, bool ``(n,)``; the others get 0.
    lower, upper
        Of all inputs, never crossed.
    """
    found = np.zeros((ladder.x.size, ladder.f0.size))
    x, rng = ladder.primal.x, np.random.default_rng(_SEED)
    for column in np.flatnonzero(columns):
        row, index = rows[column], ladder.columns[column]
        steps = ladder.step_plus[row, column], -ladder.step_minus[row, column]
        before = ladder.plus[row, column] - ladder.minus[row, column]
        for shift in _SHIFTS:
            place = x + shift * rng.choice([-1.0, 1.0], x.size) * np.spacing(np.abs(x))
            place = np.where((place >= lower) & (place <= upper), place, x)
            place[index] = x[index]
            after = [ladder.primal.at(_moved(place, index, step)) for step in steps]
            if after[0] is not None and after[1] is not None:
                off = np.abs(after[0] - after[1] - before) / (steps[0] - steps[1])
                found[column] = np.fmax(found[column], np.where(np.isfinite(off), off, 0.0))
    return _SAFETY * found


def _moved(place: Array, index: int, step: float) -> Array:
    point = place.copy()
    point[index] += step
    return point
