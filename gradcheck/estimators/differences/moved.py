"""How far a derivative moves when its argument does, from mixed differences at the steps that answered."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.ladder import Ladder

__all__ = ["moved_slopes"]

_FARTHEST = 2.0**-12
"""Relative: no coordinate moves by more of itself, whatever the steps of the others."""
_WEIGHTS = (0.5, 1.0)
"""Coordinates move unevenly, so that what two of them do to a derivative does not cancel ..."""
_SAFETY = 2.0
"""... and those that move by half are made up for."""
_SEED = 20240508


def moved_slopes(ladder: Ladder, rows: Array, shift: Array, lower: Array, upper: Array) -> Array:
    """Return how far ``df_i/dx_j`` moves over ``shift``, shape ``(m, len(columns))``; 0 where unknown.

    ``d/dt (df/dx_j)(x + t shift)`` from ``f(x + t shift + h e_j) - f(x + t shift) - f(x + h e_j) + f(x)``
    over ``t h``: one evaluation a column, and one more.  ``t`` is as large as the steps allow, so that
    the rounding of ``f`` does to it what it does to ``f``, and no more.

    Parameters
    ----------
    ladder
        The values of ``f`` at its steps.
    rows
        The rung whose step each column takes, ``(len(columns),)``.
    shift
        What the argument moves by, ``(n,)``, units of x.
    lower, upper
        ``(n,)``: never crossed.
    """
    moved = np.zeros((ladder.f0.size, ladder.x.size))
    x, (step, ahead) = ladder.primal.x, _taken(ladder, rows)
    shift = shift * np.random.default_rng(_SEED).uniform(*_WEIGHTS, shift.size)
    if not shift.any():
        return moved
    times = _times(ladder, np.abs(step), np.abs(shift))
    place = _inside(x, times * shift, lower, upper)
    centre = ladder.primal.at(place)
    if centre is None:
        return moved
    slope = (ahead - ladder.f0) / step[:, None]
    for column, index in enumerate(ladder.columns):
        point = place.copy()
        point[index] += step[column]
        found = ladder.primal.at(point) if lower[index] <= point[index] <= upper[index] else None
        if found is not None:
            moved[:, column] = (found - centre) / (point[index] - place[index]) - slope[column]
    moved = _SAFETY * np.abs(moved) / times
    return np.where(np.isfinite(moved), moved, 0.0)


def _taken(ladder: Ladder, rows: Array) -> tuple[Array, Array]:
    """Return the step of each column, ``(n,)``, and ``f`` there, ``(n, m)``: ahead, or behind a limit."""
    ahead, behind = (
        np.take_along_axis(one, rows[None, :, None], axis=0)[0] for one in (ladder.plus, ladder.minus)
    )
    forth, back = (
        np.take_along_axis(one, rows[None], axis=0)[0] for one in (ladder.step_plus, ladder.step_minus)
    )
    closed = np.isnan(ahead).all(axis=1)
    return np.where(closed, -back, forth), np.where(closed[:, None], behind, ahead)


def _times(ladder: Ladder, step: Array, size: Array) -> float:
    """Return how many times a shift of ``size`` may be taken: no coordinate beyond its own step."""
    farthest = _FARTHEST * np.abs(ladder.primal.x)
    farthest[ladder.columns] = np.fmin(farthest[ladder.columns], step)
    moves = size > 0
    return max(1.0, float(np.min(farthest[moves] / size[moves])))


def _inside(x: Array, shift: Array, lower: Array, upper: Array) -> Array:
    """Return the point shifted, each coordinate the other way where it would cross a limit, or not at all."""
    for way in (shift, -shift):
        place = x + way
        shift = np.where((place >= lower) & (place <= upper), way, shift)
    place = x + shift
    return np.asarray(np.where((place >= lower) & (place <= upper), place, x))
