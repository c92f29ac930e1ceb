"""The claim's own rounding, measured where it disagrees: what scatters when the smooth part is taken away.

A formula that cancels (``s * (1 - s)`` at 30) is off by far more than a few eps, and moving the input
by a few ulp does not show it.  Claim and reference are therefore compared along a line through the point,
on scales from ulps to ``1e-3``: a deviation that scatters is the claim's rounding, one that is smooth, or
the same wherever it is not gone, is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.arrays import Array

__all__ = ["COARSE", "FINE", "MOST_VISITED", "around", "claim_rounding", "foreseen_rounding", "scatter"]

_POINTS = np.array([-4.0, -2.83, -2.17, -0.91, 1.0, 1.62, 3.14, 3.77])
"""Unevenly spaced: the roundings of evenly spaced numbers may lie on a straight line."""
FINE = (2.0**-51, 2.0**-32, 2.0**-22)
"""Relative distance between neighbours, from a few ulp: within 1e-6 a smooth function is a parabola."""
COARSE = (2.0**-12,)
"""The same up to 2.4e-4, so that the farthest is 1e-3 away: the finest that shows a rounding shows it best,
for there the derivative itself is smoothest."""
MOST_VISITED = 2 * len(_POINTS)
"""Points at which a claim is evaluated to foresee its rounding, at most."""
_DEGREE = 2
"""Of the smooth part: over the distances visited the third power is below a rounding."""
_CALM = 4.0
"""Scatter counts as the claim's rounding only this far above the reference's own along the same points."""
_SAFETY = 4.0
"""A point's own rounding may exceed the largest of eight by this much."""
_AGAIN = 4.0
"""The largest of eight at other places may be this much larger."""
_GONE, _THERE = 1.0, 100.0
"""Multiples of what is granted anyway: a deviation below the first is none, beyond the second clear."""
_ALIKE = 0.5
"""Clear deviations this near to the largest are one and the same mistake, made at some points."""


def claim_rounding(
    x: Array,
    deviation_at: Callable[[Array], tuple[Array, Array] | None],
    rng: np.random.Generator,
    granted: Array,
    enough: Array | None = None,
    scales: Sequence[float] = (*FINE, *COARSE),
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
    granted
        The deviation allowed anyway, ``(m, n)``.
    enough
        What there is to explain, ``(m, n)``: coarser scales are visited only where it is not reached.
    scales
        Distances to visit, from fine to coarse.

    Examples
    --------
    >>> def off_by_a_thousandth(x):
    ...     return 1e-3 * x[:, None], x[:, None]
    >>> bool(claim_rounding(np.ones(1), off_by_a_thousandth, np.random.default_rng(0), np.zeros(1)) < 1e-12)
    True
    """
    signs = rng.choice([-1.0, 1.0], size=x.shape)
    found = None
    for scale in scales:
        visited = [deviation_at(x * (1.0 + scale * step * signs)) for step in _POINTS]
        kept = [(step, one) for step, one in zip(_POINTS, visited, strict=True) if one is not None]
        if len(kept) < _DEGREE + 3:
            continue
        steps = np.array([step for step, _ in kept])
        deviations = np.array([one for _, (one, _) in kept])
        own = scatter(steps, deviations)
        # Where the derivative itself swings from point to point, a mistake swings with it.
        swing = scatter(steps, np.array([one for _, (_, one) in kept]))
        own = np.where((own > _CALM * swing) & ~_comes_and_goes(deviations, granted), own, 0.0)
        found = own if found is None else np.fmax(found, own)
        if enough is not None and (found > enough).all():
            break
    return found


def foreseen_rounding(
    x: Array, claim_at: Callable[[Array], Array | None], rng: np.random.Generator, granted: Array
) -> Array | None:
    """Return what a disagreement would be granted for the claim's rounding, ``(m, n)``; None if unknown.

    Of the claim alone: what scatters about a parabola at two distances 1,000 times apart is rounding, for
    what is smooth, however fast, is smoother nearer by.  The second is visited only where the first one
    shows more than is granted anyway.

    Examples
    --------
    >>> rng, none = np.random.default_rng(0), np.zeros((1, 1))
    >>> bool(foreseen_rounding(np.ones(1), lambda x: np.sin(1e6 * x)[:, None], rng, none + 1e-13) < 1e-8)
    True
    >>> bool(foreseen_rounding(np.ones(1), lambda x: x[:, None] + 1e6 - 1e6, rng, none + 1e-13) > 1e-11)
    True
    """
    signs = rng.choice([-1.0, 1.0], size=x.shape)
    smallest = np.full(granted.shape, np.inf)
    for scale in FINE[:0:-1]:
        visited = [claim_at(x * (1.0 + scale * step * signs)) for step in _POINTS]
        known = [one for one in visited if one is not None and one.shape == granted.shape]
        if len(known) < len(visited):
            return None
        smallest = np.fmin(smallest, scatter(_POINTS, np.array(known)))
        if not (smallest > granted).any():
            break
    return np.where(smallest > granted, _AGAIN * smallest, 0.0)


def _comes_and_goes(deviations: Array, granted: Array) -> Array:
    """Return where one mistake is made at some of the points and not at others, bool ``(m, n)``.

    Rounding is as often small as large, and to either side; the entry that a claim doubles where it is
    the largest one is not.
    """
    size = np.abs(deviations)
    largest = size.max(axis=0)
    gone = size <= _GONE * granted
    alike = (size >= _ALIKE * largest) & (np.sign(deviations) == np.sign(deviations.sum(axis=0)))
    clear = largest > _THERE * granted
    return np.asarray(clear & (gone | alike).all(axis=0) & gone.any(axis=0))


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
    # Of a few points and any number of entries: the fit as a product, a tenth of the time of a solver.
    fitted, _ = np.linalg.qr(basis)
    residual = np.abs(scaled - fitted @ (fitted.T @ scaled)).max(axis=0) * size
    # What a least-squares fit of smooth numbers leaves behind is its own rounding.
    residual[residual <= 1e-13 * size] = 0.0
    return np.where(finite, _SAFETY * residual, 0.0).reshape(deviations.shape[1:])


def around(x: Array, shares: Sequence[float]) -> Iterator[Array]:
    """Yield points on a line through ``x``, that far away relative to its coordinates, to the largest of a 0.

    No two coordinates move by the same share: what is looked at may depend on their ratio alone.

    Examples
    --------
    >>> [float(one[0]) for one in around(np.array([0.0]), (0.5,))]
    [0.2701511529340699]
    """
    size = np.where(x == 0, float(np.max(np.abs(x), initial=0.0)) or 1.0, np.abs(x))
    line = size * np.cos(1.0 + np.arange(x.size))
    for share in shares:
        yield x + share * line
