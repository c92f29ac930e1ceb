"""Entries that cannot be judged because f jumps at the point, or on the way from it to its neighbours.

LAPACK's QR factors of a diagonal matrix have other signs than those of any matrix beside it.  Differences
then see the slope of the neighbours' branch in every output, the ones that stay continuous included, and a
claim that is right on either branch disagrees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.primal import Primal
from gradcheck.judge.kinks.between import rays
from gradcheck.judge.question.problem import Problem

__all__ = ["jumps_at_tie", "of_another_branch"]

_NEAR, _NEARER = 2.0**-30, 2.0**-40
"""Relative steps over which a continuous f moves off its slope by ever less, and one that jumps does not."""
_STAYS = 0.5
_MEETING = 2.0**-40
"""Two formulas that meet at the point may differ there by that share of f, 4096 roundings: it is no jump."""

_AWAY = 2.0**-10
"""How far from the point its neighbours are asked, relative to the coordinate."""
_GONE = 1e-3
"""Share of its disagreement at the point by which a claim that is right beside it may be off there."""
_SHARP = 0.1
"""The same share for the reference's bar there: a wider one says nothing."""


def of_another_branch(
    x: Array,
    wrong: Array,
    difference: Array,
    jumping: Array,
    claim_at: Callable[[Array], Array | None],
    reference_at: Callable[[Array, Array], tuple[Array, Array] | None],
) -> Array:
    """Return which wrong entries are right on both sides of a point at which f jumps, bool ``(m, n)``.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    wrong, difference
        Which entries disagree at the point, and by how much, ``(m, n)``.
    jumping
        Columns along which an output of f jumps at the point, bool ``(n,)``.
    claim_at, reference_at
        The claim at another point, ``(m, n)``; value and bar of the reference in the columns asked for,
        ``(m, k)`` each.  None where there is none.

    Examples
    --------
    >>> slope = lambda x: np.where(x == 0, 1.0, -1.0)[None]
    >>> reference = lambda x, columns: (-np.ones((1, 1)), np.zeros((1, 1)))
    >>> yes = np.ones((1, 1), dtype=bool)
    >>> of_another_branch(np.zeros(1), yes, 2.0 * yes, yes[0], slope, reference)
    array([[ True]])
    >>> of_another_branch(np.zeros(1), yes, 2.0 * yes, yes[0], lambda x: slope(0 * x), reference)
    array([[False]])
    """
    explained = wrong & jumping[None, :]
    largest = float(np.max(np.abs(x), initial=0.0)) or 1.0
    for column in np.flatnonzero(explained.any(axis=0)):
        only = np.array([column])
        for sign in (-1.0, 1.0):
            place = x.copy()
            place[column] += sign * _AWAY * (abs(x[column]) or largest)
            claimed, found = claim_at(place), reference_at(place, only)
            if claimed is None or found is None or claimed.shape != wrong.shape:
                explained[:, column] = False
                break
            off, bar = np.abs(claimed[:, column] - found[0][:, 0]), found[1][:, 0]
            scale = difference[:, column]
            explained[:, column] &= (bar <= _SHARP * scale) & (off <= bar + _GONE * scale)
    return explained


def jumps_at_tie(problem: Problem, value: Array, rng: np.random.Generator, bounds: Any) -> tuple[Array, int]:
    """Return along which inputs f jumps at the point, bool ``(m, n)``, and the evaluations spent.

    Asked where a branch was taken where both sides meet.  A small jump leaves a difference quotient over a
    long step alone: what shows it is that f is as far off its slope at a step a thousand times shorter.

    Parameters
    ----------
    value
        ``(m, n)``: the slope, as differences gave it; rows that are not finite are not asked about.
    bounds
        Flat, or None: f is never evaluated outside.
    """
    primal, x = problem.primal(), problem.x
    scale = np.where(x == 0, 1.0, np.abs(x))
    found: Array = np.zeros(value.shape, dtype=bool)
    together = next(rays(x, rng, 1, bounds), scale)
    rows = _jumping(primal, problem.value, value, together, bounds)
    if rows.any():
        for column in range(x.size):
            found[:, column] = rows & _jumping(
                primal, problem.value, value, scale * (np.arange(x.size) == column), bounds
            )
        found |= (rows & ~found.any(axis=1))[:, None]
    return found, primal.nfev


def _jumping(primal: Primal, base: Array, value: Array, ray: Array, bounds: Any) -> Array:
    """Return which rows are as far off their slope nearer to the point along ``ray``, bool ``(m,)``."""
    found: Array = np.zeros(len(base), dtype=bool)
    for sign in (1.0, -1.0):
        near, nearer = (_off(primal, base, value, sign * step * ray, bounds) for step in (_NEAR, _NEARER))
        with np.errstate(all="ignore"):
            size = np.abs(base) + np.abs(value) @ np.abs(primal.x)
            found |= (nearer > _MEETING * size) & (nearer > _STAYS * near)
    return found


def _off(primal: Primal, base: Array, value: Array, step: Array, bounds: Any) -> Array:
    """Return by how much f over ``step`` is off its slope, ``(m,)``; NaN where it cannot be evaluated."""
    moved = primal.x + step
    inside = bounds is None or bool(np.all((moved >= bounds[0]) & (moved <= bounds[1])))
    there = primal.at(moved) if inside else None
    if there is None:
        return np.full(len(base), np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(there - base - value @ (moved - primal.x)))
