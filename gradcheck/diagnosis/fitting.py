"""Numbers that undo a mistake: the values that the most error bars admit, and constants with a name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array

__all__ = ["Fit", "NamedNumber", "common", "deepest", "multiplier_intervals", "named_factors", "settle"]


class Fit(NamedTuple):
    """An interval of values, and how many of the given intervals hold it."""

    low: float
    high: float
    depth: int

    @property
    def usable(self) -> bool:
        """Whether there is such a value."""
        return self.depth > 0 and self.low <= self.high and math.isfinite(self.low + self.high)


class NamedNumber(NamedTuple):
    """A factor that people forget, and what it is."""

    value: float
    label: str


def common(low: Array, high: Array) -> Fit:
    """Return what all intervals have in common."""
    if not low.size:
        return Fit(math.inf, -math.inf, 0)
    return Fit(float(low.max()), float(high.min()), low.size)


def deepest(low: Array, high: Array) -> Fit:
    """Return the values that lie in the most intervals ``[low, high]``, by one sweep over the ends.

    Unlike a least-squares fit it is exact for bars, and a minority of wrong entries does not move it.

    Examples
    --------
    >>> deepest(np.array([0.0, 1.0, 7.0]), np.array([2.0, 3.0, 8.0]))
    Fit(low=1.0, high=2.0, depth=2)
    """
    if not low.size:
        return Fit(math.inf, -math.inf, 0)
    ends = np.concatenate([low, high])
    closing = np.repeat([0, 1], low.size)
    order = np.lexsort((closing, ends))
    depth = np.cumsum(1 - 2 * closing[order])
    best = int(np.argmax(depth))
    return Fit(float(ends[order[best]]), float(ends[order[best + 1]]), int(depth[best]))


def multiplier_intervals(
    claim: Array, claim_error: Array, reference: Array, reference_error: Array
) -> tuple[Array, Array]:
    """Return, entry by entry, the ``g`` with ``|g claim - reference| <= |g| claim_error + reference_error``.

    For informative entries only: both sides larger than their bars.
    """
    size, target = np.abs(claim), np.abs(reference)
    low = (target - reference_error) / (size + claim_error)
    high = (target + reference_error) / (size - claim_error)
    same = (claim > 0) == (reference > 0)
    return np.where(same, low, -high), np.where(same, high, -low)


_CONSTANTS = (
    NamedNumber(-1.0, "-1"),
    NamedNumber(2.0, "2"),
    NamedNumber(0.5, "1/2"),
    NamedNumber(-2.0, "-2"),
    NamedNumber(-0.5, "-1/2"),
    NamedNumber(3.0, "3"),
    NamedNumber(1 / 3, "1/3"),
    NamedNumber(4.0, "4"),
    NamedNumber(0.25, "1/4"),
    NamedNumber(10.0, "10"),
    NamedNumber(0.1, "1/10"),
    NamedNumber(100.0, "100, per cent"),
    NamedNumber(0.01, "1/100, per cent"),
    NamedNumber(math.pi / 180, "pi/180, degrees for radians"),
    NamedNumber(180 / math.pi, "180/pi, radians for degrees"),
    NamedNumber(math.log(10), "ln 10, a logarithm's base"),
    NamedNumber(1 / math.log(10), "1/ln 10, a logarithm's base"),
    NamedNumber(math.log(2), "ln 2, a logarithm's base"),
    NamedNumber(1 / math.log(2), "1/ln 2, a logarithm's base"),
)


_PARTS = (1, 2, -1, -2)
"""Over a size: a mean, the mean of squares, and both with the sign of a residual the other way round."""


def named_factors(shape: tuple[int, int], extents: Mapping[str, int]) -> tuple[NamedNumber, ...]:
    """Return the factors with a name for a Jacobian of ``shape``: sizes first, then constants."""
    sizes = {**extents, "m, the number of rows": shape[0], "n, the number of columns": shape[1]}
    found = []
    for name, size in sizes.items():
        if size > 1:
            symbol, _, gloss = name.partition(",")
            meaning = f",{gloss}" if gloss else ""
            found.append(NamedNumber(float(size), f"{size} = {symbol}{meaning}"))
            found += [
                NamedNumber(part / size, f"{part}/{size} = {part}/{symbol}{meaning}") for part in _PARTS
            ]
    # A small number needs no size to account for it: 2 is two, whatever n is.
    return (*_CONSTANTS[:5], *found, *_CONSTANTS[5:])


def settle(fit: Fit, names: tuple[NamedNumber, ...]) -> tuple[float, str]:
    """Return ``1/g`` for a ``g`` in ``fit``: a number with a name if one fits, else the shortest decimal."""
    for number in names:
        if fit.low <= 1.0 / number.value <= fit.high:
            return number.value, number.label
    middle = 2.0 / (fit.low + fit.high)
    for digits in range(5):
        rounded = float(f"{middle:.{digits}e}")
        if fit.low <= 1.0 / rounded <= fit.high:
            return rounded, ""
    return middle, ""
