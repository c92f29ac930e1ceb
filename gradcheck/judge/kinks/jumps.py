"""Entries that cannot be judged because f jumps on the way from the point to its neighbours.

LAPACK's QR factors of a diagonal matrix have other signs than those of any matrix beside it.  Differences
then see the slope of the neighbours' branch in every output, the ones that stay continuous included, and a
claim that is right on either branch disagrees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.arrays import Array

__all__ = ["of_another_branch"]

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
