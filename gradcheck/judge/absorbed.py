"""A claim of exactly 0 where the derivative is not 0 but lost in the function's last digit.

``1 - tanh(x)**2`` is 0 from 19 on, where the derivative is 1e-16 and less: the subtraction has absorbed
it.  A claim that leaves the entry out is 0 there too, so that nothing can be told at that point; but nearer
to 0 the one is right and the other still 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["absorbed"]

Array = np.ndarray[Any, np.dtype[Any]]

_EPS = 2.0**-52
_NEARER = tuple(2.0**-power for power in range(1, 8))
_CLOSE = 1e-3
"""How well the claim must agree nearer to 0: it has lost digits there too."""


def absorbed(
    x: Array,
    base: Array,
    claimed: Array,
    reference: Array,
    wrong: Array,
    pair_at: Callable[[Array], tuple[Array, Array] | None],
) -> bool:
    """Return whether every wrong entry is a 0 that the claim's own arithmetic made of a tiny derivative.

    Parameters
    ----------
    x, base
        The point ``(n,)`` and the value there ``(m,)``.
    claimed, reference, wrong
        ``(m, n)``.
    pair_at
        ``(claim, reference)``, ``(m, n)`` each, at another point, or None.

    Examples
    --------
    >>> def pair_at(x):
    ...     slope = 1 / np.cosh(x)[:, None] ** 2
    ...     return 1 - np.tanh(x)[:, None] ** 2, slope
    >>> x, lost = np.array([30.0]), np.array([[0.0]])
    >>> absorbed(x, np.tanh(x), lost, pair_at(x)[1], lost == 0, pair_at)
    True
    """
    reach = np.maximum(np.abs(x), 1.0)[None, :]
    tiny = np.abs(reference) * reach <= _EPS * np.abs(base)[:, None]
    if not wrong.any() or not ((claimed == 0) & tiny)[wrong].all():
        return False
    unexplained = wrong.copy()
    for share in _NEARER:
        found = pair_at(share * x)
        if found is None:
            continue
        claim, near = found
        with np.errstate(invalid="ignore"):
            agrees = np.abs(claim - near) <= _CLOSE * np.abs(near)
        # A claim that has just come back from 0 may keep one digit; a nearer point decides.
        unexplained &= ~((claim != 0) & agrees)
        if not unexplained.any():
            return True
    return False
