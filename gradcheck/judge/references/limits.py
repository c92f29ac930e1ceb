"""The first derivative where ``f`` takes a branch at a tie: the limit of certified ones around the point.

A complex step refuses the tie at 0 of ``max(x, 0)**2``, whose first derivative is continuous all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.results import Status

__all__ = ["limit_at_tie"]

_AWAY = 2.0**-40
"""Relative to the point: far enough that rounding makes no tie of it, and near enough for a limit."""
_BENT = 4.0
"""Of the square root, whose limit is off by 2.4 times what two extrapolations differ by, this is enough."""
_UNEVEN = 2.0**-10
"""Steps of ``_AWAY`` are rounded to this part of themselves."""
_SEED = 20241121


def limit_at_tie(estimate: Callable[[Array], FlatEstimate], x: Array) -> FlatEstimate | None:
    """Return the Jacobian at ``x`` from those at three points on either side; None where one has none.

    Each side is extrapolated to the point.  The bar is what the two differ by, so that it is wide where the
    derivative jumps, with what is left of a derivative that is no straight line up to the point.

    Parameters
    ----------
    estimate
        The certified Jacobian at a point.
    x
        ``(n,)``.

    Examples
    --------
    >>> from gradcheck.estimators.complex_step import complex_step_jacobian
    >>> from gradcheck.estimators.primal import Primal
    >>> def at(x):
    ...     return complex_step_jacobian(Primal(lambda x: np.maximum(x, 0.0) ** 2, [x]))
    >>> at(np.zeros(1)).status.name, bool(limit_at_tie(at, np.zeros(1)).error < 1e-11)
    ('REFUSED', True)
    """
    rng = np.random.default_rng(_SEED)
    away = np.where(x == 0, 1.0, np.abs(x)) * rng.choice([-1.0, 1.0], x.size) * rng.uniform(0.5, 1.0, x.size)
    step = (x + _AWAY * away) - x
    found = [estimate(x + k * step) for k in (1.0, 2.0, 4.0, -1.0, -2.0, -4.0)]
    nfev = sum(one.nfev for one in found)
    if any(one.status is not Status.OK for one in found):
        return None
    rounding = 4.0 * np.max([one.error for one in found], axis=0)
    sides = [_extrapolated(*(one.value for one in side)) for side in (found[:3], found[3:])]
    (right, unsure), (left, doubt) = sides
    error = np.abs(right - left) + unsure + doubt + rounding
    return replace(found[0], value=0.5 * (right + left), error=error, nfev=nfev)


def _extrapolated(near: Array, middle: Array, far: Array) -> tuple[Array, Array]:
    """Return the limit of values at one, two and four steps, and how unsure it is: none may exist."""
    limit = 2.0 * near - middle
    bent = np.abs(limit - (2.0 * middle - far))
    return limit, _BENT * bent + _UNEVEN * np.abs(middle - near)
