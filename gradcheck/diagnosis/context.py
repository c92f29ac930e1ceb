"""What a diagnosis may know besides claim and reference: names, and other Jacobians of the same function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.arrays import Array

__all__ = ["Context", "Leaf", "candidate_points"]

Supply = Callable[[], tuple[Array, Array]]
"""Gives a Jacobian and its error bar, both 2-D in numerator layout, when asked."""


@dataclass(frozen=True)
class Leaf:
    """A named run of rows or columns: ``start`` and the ``shape`` that was flattened there.

    Examples
    --------
    >>> Leaf("w", (2, 3), start=4).entry(6)
    'w[0, 2]'
    """

    name: str
    shape: tuple[int, ...]
    start: int = 0

    @property
    def indices(self) -> range:
        """The rows or columns that belong to this leaf."""
        return range(self.start, self.start + math.prod(self.shape))

    def entry(self, index: int) -> str:
        """Return the name of the row or column ``index``, such as ``w[0, 2]``."""
        if not self.shape:
            return self.name
        place = np.unravel_index(index - self.start, self.shape)
        return f"{self.name}[{', '.join(str(int(k)) for k in place)}]"


@dataclass(frozen=True)
class Context:
    """Names and further Jacobians; everything is optional, and a supply is called only when needed.

    Attributes
    ----------
    rows, columns
        Leaves of the output and of the argument, in order, without gaps.
    extents
        Named sizes, such as that of a batch axis, ``{"N": 32}``: candidates for a factor.
    vectors
        Known vectors, such as ``{"w": w, "f'(z)": d}``: candidates for a missing diagonal factor.
    arguments
        Jacobians with respect to the other arguments, by name.
    paths, paths_tried
        Terms of the total derivative, by name, and among how many they were chosen, if more.
    samples
        Shares of the samples whose sum (or mean) is the derivative, shape ``(N, m, n)``, with errors.
    left, right
        One-sided Jacobians at a kink.
    reference_at, points
        The Jacobian at another point, and the points to try, by name (see :func:`candidate_points`).
    max_evaluations
        How many supplies may be called, ``reference_at`` included.
    """

    rows: Sequence[Leaf] = ()
    columns: Sequence[Leaf] = ()
    extents: Mapping[str, int] = field(default_factory=dict)
    vectors: Mapping[str, Array] = field(default_factory=dict)
    arguments: Mapping[str, Supply] = field(default_factory=dict)
    paths: Mapping[str, Supply] = field(default_factory=dict)
    paths_tried: int = 0
    samples: Supply | None = None
    left: Supply | None = None
    right: Supply | None = None
    reference_at: Callable[[Any], tuple[Array, Array]] | None = None
    points: Mapping[str, Any] = field(default_factory=dict)
    max_evaluations: int = 16


def candidate_points(x: Array, previous: Array | None = None) -> dict[str, Array]:
    """Return the points at which a derivative is often taken by mistake instead of at ``x``.

    Zero, ``x + 1``, ``x`` rounded to integers, ``x`` in single precision, ``-x``
    and the ``previous`` point of an iteration; those equal to ``x`` are left out.

    Examples
    --------
    >>> sorted(candidate_points(np.array([1.0, 2.5])))
    ['-x', 'x + 1', 'x rounded', 'zero']
    """
    x = np.asarray(x, dtype=float)
    with np.errstate(over="ignore"):
        single = x.astype(np.float32).astype(float)
    points = {"zero": np.zeros_like(x), "x + 1": x + 1.0, "x rounded": np.round(x), "-x": -x}
    points["x in single precision"] = single
    if previous is not None:
        points["the previous point"] = np.asarray(previous, dtype=float)
    return {name: point for name, point in points.items() if not np.array_equal(point, x)}
