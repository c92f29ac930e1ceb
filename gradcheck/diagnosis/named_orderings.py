"""Right numbers in wrong places that have a name: an argument transposed, two arguments swapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.context import Context, Leaf
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step, ways

__all__ = ["ORDERINGS", "propose"]

ORDERINGS = (Mistake.PERMUTED, Mistake.ROLLED, Mistake.REVERSED)
_MOST_LEAVES = 12
_WORDS = ("output", "argument")


def propose(state: State, context: Context) -> Iterator[Step]:
    """Yield the rearrangements within a leaf, and between two leaves of one shape, of rows and of columns."""
    for axis, leaves in ((0, context.rows), (1, context.columns)):
        found = list(_orders(leaves, state.reference.shape[axis], _WORDS[axis]))
        for order, label in found:
            # Both kinds are their own inverses.
            after = state.undone(
                np.take(state.claim, order, axis=axis), np.take(state.claim_error, order, axis=axis)
            )
            parameter = axis, tuple(int(k) for k in order)
            yield Step(Finding(Mistake.PERMUTED, parameter=parameter, label=label), after, ways(len(found)))


def _orders(leaves: Sequence[Leaf], extent: int, word: str) -> Iterator[tuple[Array, str]]:
    if len(leaves) > _MOST_LEAVES or sum(len(leaf.indices) for leaf in leaves) != extent:
        return
    square = [leaf for leaf in leaves if _is_square(leaf)]
    for leaf in square:
        text = f"is transposed in its {word} {leaf.name}: its entry at {leaf.name}[i, j] belongs at [j, i]"
        yield _transposed([leaf], extent), text
    if len(square) > 1:
        names = " and ".join(leaf.name for leaf in square)
        yield _transposed(square, extent), f"is transposed in each of its {word}s {names}"
    for one, other in combinations(leaves, 2):
        if one.shape == other.shape:
            order = np.arange(extent)
            order[list(one.indices)], order[list(other.indices)] = other.indices, one.indices
            yield order, f"has {one.name} and {other.name} swapped"


def _is_square(leaf: Leaf) -> bool:
    return len(leaf.shape) > 1 and leaf.shape[-1] == leaf.shape[-2] > 1


def _transposed(leaves: Sequence[Leaf], extent: int) -> Array:
    """Return the order in which the last two axes of ``leaves`` have changed places."""
    order = np.arange(extent)
    for leaf in leaves:
        inside = np.arange(leaf.start, leaf.start + len(leaf.indices)).reshape(leaf.shape)
        order[list(leaf.indices)] = inside.swapaxes(-1, -2).reshape(-1)
    return order
