"""The claim's own rounding, measured where it disagrees: what scatters when the smooth part is taken away.

A formula that cancels (``s * (1 - s)`` at 30) is off by far more than a few eps, and moving the input
by a few ulp does not show it.  Claim and reference are therefore compared along a line through the point,
on scales from ulps to ``1e-3``: a deviation that scatters is the claim's rounding, one that is
smooth is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["claim_rounding", "scatter"]

Array = np.ndarray[Any, np.dtype[Any]]

_POINTS = np.array([-4.0, -2.83, -2.17, -0.91, 1.0, 1.62, 3.14, 3.77])
"""Unevenly spaced: the roundings of evenly spaced numbers may lie on a straight line."""
_SCALES = (2.0**-51, 2.0**-32, 2.0**-22, 2.0**-12)
"""Relative distance between neighbours, from a few ulp to 2.4e-4, so that the farthest is 1e-3 away: the
finest that shows a rounding shows it best, for there the derivative itself is smoothest."""
_DEGREE = 2
_CALM = 4.0
"""Scatter counts as the claim's rounding only this far above the reference's own along the same points."""
_SAFETY = 4.0
"""A point's own rounding may exceed the largest of eight by this much."""


def claim_rounding(
    x: Array,
    deviation_at: Callable[[Array], tuple[Array, Array] | None],
    rng: np.random.Generator,
) -> Array | None:
    """Return a bound on the claim's rounding at ``x``, shape ``(m, n)``; None when it cannot be measured.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    deviation_at
        ``claim - reference`` and ``reference`` at another point, ``(m, n)`` each; NaN where the reference
        has no answer, None when either cannot be evaluated.
    rng
        For the signs with which the coordinates move together.

    Examples
    --------
    >>> def off_by_a_thousandth(x):
    ...     return 1e-3 * x[:, None], x[:, None]
    >>> bool(claim_rounding(np.ones(1), off_by_a_thousandth, np.random.default_rng(0)) < 1e-12)
    True
    """
    signs = rng.choice([-1.0, 1.0], size=x.shape)
    found = None
    for scale in _SCALES:
        deviations = [deviation_at(x * (1.0 + scale * step * signs)) for step in _POINTS]
        kept = [(step, one) for step, one in zip(_POINTS, deviations, strict=True) if one is not None]
        if len(kept) < _DEGREE + 3:
            continue
        steps = np.array([step for step, _ in kept])
        own = scatter(steps, np.array([one for _, (one, _) in kept]))
        # Where the derivative itself swings from point to point, a mistake swings with it.
        swing = scatter(steps, np.array([one for _, (_, one) in kept]))
        own = np.where(own > _CALM * swing, own, 0.0)
        found = own if found is None else np.fmax(found, own)
    return found


def scatter(steps: Array, deviations: Array) -> Array:
    """Return the largest residual of a parabola through ``deviations`` ``(points, m, n)``, made safe."""
    basis = np.vander(steps / np.abs(steps).max(), _DEGREE + 1)
    flat = deviations.reshape(len(steps), -1)
    finite = np.isfinite(flat).all(axis=0)
    usable = np.where(finite, flat, 0.0)
    # Scaled column by column, so that a deviation of 1e-300 keeps its digits beside one of 1e300.
    size = np.abs(usable).max(axis=0)
    size[size == 0] = 1.0
    scaled = usable / size
    coefficients, *_ = np.linalg.lstsq(basis, scaled, rcond=None)
    residual = np.abs(scaled - basis @ coefficients).max(axis=0) * size
    # What a least-squares fit of smooth numbers leaves behind is its own rounding.
    residual[residual <= 1e-13 * size] = 0.0
    return np.where(finite, _SAFETY * residual, 0.0).reshape(deviations.shape[1:])
