"""A claim beside 0 whose terms cancel to nothing there, of a derivative that the values of f hardly show.

``(cos(x) - sin(x) / x) / x`` is 0 up to 1e-8, where the derivative ``-x / 3`` is not: no neighbour differs,
so that nothing scatters.  Farther from 0 the derivative grows and the rounding over ``x`` shrinks, and the
claim is right; one that leaves the entry out stays wrong.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.arrays import Array

__all__ = ["vanished"]

_At = Callable[[Array], Array | None]

_GONE = 0.1
"""Share of the derivative by which a claim without a digit of it is off at least."""
_CLOSE = 1e-3
"""How well the claim must agree farther from 0."""
_MANY = 8
"""Columns that are looked at, at most."""
_FARTHER = tuple(16.0**power for power in range(1, 9))


def vanished(
    x: Array,
    claimed: Array,
    reference: Array,
    wrong: Array,
    shown: Array,
    pair_at: Callable[[Array], tuple[_At, _At]],
) -> bool:
    """Return whether every wrong entry is off by less than f's rounding over ``x``, and right farther out.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    claimed, reference, wrong
        Claim and reference there, and which entries are wrong, ``(m, n)``.
    shown
        The smallest derivative that f's values can show there, ``(m, n)``: its rounding over ``x_j``.
    pair_at
        Gives, for some columns, claim and reference at another point, ``(m, columns)`` each, or None.

    Examples
    --------
    >>> claim = lambda x: ((np.cos(x) - np.sin(x) / x) / x)[:, None]
    >>> slope = lambda x: (x**3 / 30 - x / 3)[:, None]
    >>> x, yes = np.array([1e-9]), np.ones((1, 1), dtype=bool)
    >>> vanished(x, claim(x), slope(x), yes, np.array([[1e-7]]), lambda columns: (claim, slope))
    True
    >>> left_out = lambda x: 0 * slope(x)
    >>> vanished(x, left_out(x), slope(x), yes, np.array([[1e-7]]), lambda columns: (left_out, slope))
    False
    """
    deviation, size = np.abs(claimed - reference), np.abs(reference)
    lost = (deviation >= _GONE * size) & (deviation <= shown) & (size <= shown)
    if not wrong.any() or not lost[wrong].all():
        return False
    columns = np.flatnonzero(wrong.any(axis=0))
    return columns.size <= _MANY and all(
        _comes_back(x, int(j), wrong[:, j], shown[:, j], *pair_at(np.array([j]))) for j in columns
    )


def _comes_back(x: Array, column: int, wrong: Array, shown: Array, claim_at: _At, reference_at: _At) -> bool:
    """Whether the entries ``wrong`` agree farther out, and are nowhere off by more than rounding."""
    open_ = wrong.copy()
    for times in _FARTHER:
        place = x.copy()
        place[column] *= times
        claim, known = claim_at(place), reference_at(place)
        if claim is None or known is None:
            return False
        claim, known = claim[:, 0], known[:, 0]
        off = np.abs(claim - known)
        close = (claim != 0) & (off <= _CLOSE * np.abs(known))
        if not (close | (off <= shown / times))[open_].all():
            return False
        open_ &= ~close
        if not open_.any():
            return True
    return False
