"""Nested input or output <-> one real vector, with the names of the leaves."""

from __future__ import annotations

from gradcheck.pytree.leaves import Leaf, as_numpy, as_real_array, described, is_array
from gradcheck.pytree.structure import Structure, flatten

__all__ = ["Leaf", "Structure", "as_numpy", "as_real_array", "described", "flatten", "is_array"]
