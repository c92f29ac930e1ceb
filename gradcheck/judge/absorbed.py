"""A claim whose arithmetic loses, in the last digit of larger numbers, a derivative that is not 0.

``1 - tanh(x)**2`` is 0 from 19 on, where the derivative is 1e-16 and less, and just before it has one digit.
A claim that leaves the entry out is 0 there too, so that nothing can be told at that point; but nearer to 0,
where the derivative is large, the one is right and the other still 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["absorbed"]

Array = np.ndarray[Any, np.dtype[Any]]

_LAST_DIGIT = 4.0 * 2.0**-52
"""A few roundings of the largest derivative met nearer to 0: what subtracting two such numbers leaves."""
_NEARER = tuple(2.0**-power for power in range(1, 8))
_CLOSE = 1e-3
"""How well the claim must agree nearer to 0: it has lost digits there too."""


def absorbed(
    x: Array,
    deviation: Array,
    wrong: Array,
    pair_at: Callable[[Array], tuple[Array, Array] | None],
) -> bool:
    """Return whether every wrong entry is off by no more than a last digit of what it is nearer to 0.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    deviation, wrong
        ``claim - reference`` there, and which entries are wrong, ``(m, n)``.
    pair_at
        ``(claim, reference)``, ``(m, n)`` each, at another point, or None.

    Examples
    --------
    >>> def pair_at(x):
    ...     return 1 - np.tanh(x)[:, None] ** 2, 1 / np.cosh(x)[:, None] ** 2
    >>> claim, slope = pair_at(np.array([30.0]))
    >>> absorbed(np.array([30.0]), claim - slope, claim != slope, pair_at)
    True
    """
    largest, agrees = np.zeros(deviation.shape), np.zeros(deviation.shape, dtype=bool)
    for share in _NEARER if wrong.any() else ():
        found = pair_at(share * x)
        if found is None:
            continue
        claim, near = found
        with np.errstate(invalid="ignore"):
            # A claim that has just come back from 0 may keep one digit; a nearer point decides.
            agrees |= (claim != 0) & (np.abs(claim - near) <= _CLOSE * np.abs(near))
        largest = np.fmax(largest, np.abs(near))
        if (agrees & (np.abs(deviation) <= _LAST_DIGIT * largest))[wrong].all():
            return True
    return False
