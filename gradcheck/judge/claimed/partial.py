"""A claim that leaves out some of several outputs: what it holds is judged, what it leaves out is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem, as_matrix
from gradcheck.claims.matrix import coarsest
from gradcheck.pytree import Structure, flatten

if TYPE_CHECKING:
    from gradcheck.pytree import Leaf

__all__ = ["PartialClaim", "left_open", "partial_claim", "unclaimed_rows"]

_NOTHING: Final = object()


@dataclass(frozen=True)
class PartialClaim(ClaimMatrix):
    """A claimed derivative of some of the outputs; NaN in the rows of the others.

    Attributes
    ----------
    unclaimed
        ``(m,)``: rows of outputs without a claim.
    left_open
        Which real output has none, in words, the first of several; empty where all have one.
    """

    unclaimed: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))
    left_open: str = ""


def unclaimed_rows(claim: ClaimMatrix) -> Array:
    """Return which rows the claim says nothing of, bool ``(m,)``."""
    if isinstance(claim, PartialClaim):
        return claim.unclaimed
    return np.zeros(claim.value.shape[0], dtype=bool)


def left_open(claim: ClaimMatrix) -> str:
    """Return which real output the claim says nothing of, in words; empty where there is none."""
    return claim.left_open if isinstance(claim, PartialClaim) else ""


def partial_claim(given: Any, out: Structure, inp: Structure) -> PartialClaim | None:
    """Read a claim with None, or nothing at all, in the place of some outputs; None where it is not one.

    For one real output beside integer or boolean ones, the claim may also be that output's alone.

    Examples
    --------
    >>> out = flatten((1.0, 2.0), "f")[1]
    >>> partial_claim((3.0, None), out, flatten(0.5)[1]).unclaimed
    array([False,  True])
    """
    if out.is_leaf:
        return None
    parts = _only_real(given, out) or list(_parts(out.node, given, "jac"))
    if not any(value is _NOTHING for _, value in parts) or all(value is _NOTHING for _, value in parts):
        return None
    blocks = []
    for leaf, (path, value) in zip(out.leaves, parts, strict=True):
        block = None if value is _NOTHING else as_matrix(value, _alone(leaf), inp, name=path)
        if isinstance(block, ClaimProblem):
            return None
        blocks.append(block)
    return _stacked(blocks, out, inp)


def _only_real(given: Any, out: Structure) -> list[tuple[str, Any]] | None:
    """Return the claim in the place of the one real output, where there is one and the claim an array."""
    real = [leaf for leaf in out.leaves if not leaf.discrete]
    if len(real) != 1 or not (hasattr(given, "shape") or isinstance(given, (int, float))):
        return None
    return [("jac", _NOTHING if leaf.discrete else given) for leaf in out.leaves]


def _parts(node: Any, given: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what ``given`` holds for each leaf of an output, in order; ``_NOTHING`` where it has none."""
    if node.kind == "nothing":
        return
    if node.kind == "leaf":
        yield path, _NOTHING if given is None else given
        return
    for position, (key, child) in enumerate(zip(node.keys, node.children, strict=True)):
        inner: Any = None
        if isinstance(given, Mapping):
            inner = given.get(key)
        elif isinstance(given, (list, tuple)):
            inner = given[position] if position < len(given) else None
        elif node.kind == "dataclass":
            inner = getattr(given, str(key), None)
        yield from _parts(child, inner, f"{path}[{key!r}]")


def _alone(leaf: Leaf) -> Structure:
    return flatten(np.zeros(leaf.shape), leaf.path)[1]


def _stacked(blocks: list[ClaimMatrix | None], out: Structure, inp: Structure) -> PartialClaim:
    value = np.full((out.size, inp.size), np.nan)
    eps = np.full(value.shape, 2.0**-52)
    unclaimed = np.ones(out.size, dtype=bool)
    dtypes: set[str] = set()
    notes: list[str] = []
    left_open = ""
    for number, (leaf, block) in enumerate(zip(out.leaves, blocks, strict=True)):
        rows = slice(leaf.start, leaf.stop)
        if block is None:
            kind = f"{leaf.dtype} output, piecewise constant" if leaf.discrete else "real output"
            notes.append(f"output {number} not checked: {leaf.path}, a {kind}, has no claim")
            left_open = left_open or ("" if leaf.discrete else notes[-1])
            continue
        value[rows], eps[rows], unclaimed[rows] = block.value, block.eps, False
        dtypes.add(block.dtype)
        notes += block.notes
    return PartialClaim(value, coarsest(dtypes), eps, tuple(notes), unclaimed, left_open)
