"""Mutants, derivatives wrong on purpose in the standard ways: any check must catch them.

Each mutant takes a right closed form as a 2-D matrix (and what else it needs)
and returns a wrong one, or None where that mistake makes no sense for the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradcheck.arrays import Array

__all__ = ["MUTANTS", "SHAPE_MUTANTS", "Material", "equivalent"]


@dataclass(frozen=True)
class Material:
    """What a mutant may use.

    Attributes
    ----------
    matrix
        The right closed form, shape ``(m, n)``.
    stale
        The closed form at an older iterate of the same shapes, or None.
    terms
        Terms whose sum ``matrix`` is, or None.
    row_scale
        The scale of each row as "Detectable" defines it, shape ``(m,)``: the largest
        entry, else ``max |f_i|`` over the largest step, else 1.
    extents
        The signature's symbols and their sizes.
    """

    matrix: Array
    stale: Array | None
    terms: Sequence[Array] | None
    row_scale: Array
    extents: Mapping[str, int] = field(default_factory=dict)


Mutant = Callable[[Material], Array | None]


def _one_entry(material: Material) -> Array | None:
    if not material.matrix.size:
        return None
    wrong = material.matrix.copy()
    index = np.unravel_index(int(np.argmax(np.abs(wrong))), wrong.shape)
    wrong[index] *= 1 + 1e-6
    return wrong


def _dropped_term(material: Material) -> Array | None:
    if material.terms is not None:
        kept = [np.asarray(term) for term in material.terms][:-1]
        return sum(kept, np.zeros_like(material.matrix))
    if not material.matrix.size:
        return None
    wrong = material.matrix.copy()
    wrong[:, -1] = 0
    return wrong


def _rolled_columns(material: Material) -> Array | None:
    return np.roll(material.matrix, 1, axis=1) if material.matrix.shape[1] > 1 else None


def _unsummed(material: Material) -> Array | None:
    """Leave out the sum over the broadcast axis: a row or a column becomes a diagonal."""
    m, n = material.matrix.shape
    return np.diag(material.matrix.ravel()) if (m == 1) != (n == 1) and m * n > 1 else None


def _wrong_extent(material: Material) -> Array | None:
    """Divide by one extent where another is meant, ``1 / N`` for ``1 / n``; None where all are equal."""
    sizes = [size for size in material.extents.values() if size > 0]
    other = next((size for size in sizes if size != sizes[0]), None)
    return None if other is None else material.matrix * (sizes[0] / other)


def _shifted(sign: float) -> Mutant:
    def mutant(material: Material) -> Array | None:
        if not material.matrix.size:
            return None
        return material.matrix + sign * 0.01 * material.row_scale[:, None]

    return mutant


def _not_a_number(material: Material) -> Array | None:
    if not material.matrix.size:
        return None
    wrong = material.matrix.copy()
    wrong.flat[0] = np.nan
    return wrong


def _extra_column(material: Material) -> Array:
    m = material.matrix.shape[0]
    return np.hstack([material.matrix, np.zeros((m, 1))])


MUTANTS: Mapping[str, Mutant] = {
    "zero": lambda material: np.zeros_like(material.matrix),
    "sign": lambda material: -material.matrix,
    "transpose": lambda material: material.matrix.T,
    "factor 2": lambda material: 2 * material.matrix,
    "one entry by 1e-6": _one_entry,
    "dropped term": _dropped_term,
    "rolled columns": _rolled_columns,
    "NaN": _not_a_number,
    "stale input": lambda material: material.stale,
    "missing sum over a broadcast axis": _unsummed,
    "wrong extent": _wrong_extent,
    "added constant +1%": _shifted(1.0),
    "added constant -1%": _shifted(-1.0),
    "wrong shape": _extra_column,
}
"""The standard mutants by name."""


def equivalent(mutant: Array, original: Array) -> bool:
    """Whether the mutant is numerically the original: same shape and same numbers, zeros of either sign."""
    return mutant.shape == original.shape and bool(np.array_equal(mutant, original))


Shapes = tuple[tuple[int, ...], ...]

SHAPE_MUTANTS: Mapping[str, Callable[[Shapes], Shapes]] = {
    "transposed shapes": lambda shapes: tuple(shape[::-1] for shape in shapes),
    "one row more": lambda shapes: tuple((shape[0] + 1, *shape[1:]) for shape in shapes),
    "one column more": lambda shapes: tuple((*shape[:-1], shape[-1] + 1) for shape in shapes),
    "flattened": lambda shapes: tuple((int(np.prod(shape)),) for shape in shapes),
    "last factor's shape for all": lambda shapes: (shapes[-1][::-1],) * len(shapes),
}
"""Wrong shapes for shape claims, by name."""
