"""What a rule's signature says of a point: its extents, and the shape that ``f`` must return there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point

__all__ = ["broken_signature", "extents_of"]


def extents_of(rule: Rule, point: Point) -> dict[str, int]:
    """Return the extent of each symbol of the inputs: ``{"n": 3}`` for ``"(n)->()"`` and three numbers."""
    shapes = [np.shape(value) for value in point.arguments.values()]
    open_ones = [
        (dimension, size)
        for group, shape in zip(rule.parsed.inputs, shapes, strict=True)
        for dimension, size in zip(group, shape, strict=False)
    ]
    found: dict[str, int] = {}
    # A sum such as k+p-1 is solved once all its symbols but one are known.
    for _ in open_ones:
        for dimension, size in open_ones:
            unknown = [symbol for symbol in dimension.symbols if symbol not in found]
            if len(unknown) == 1:
                known = sum(found[symbol] for symbol in dimension.symbols if symbol in found)
                found[unknown[0]] = size - dimension.constant - known
    return found


def broken_signature(rule: Rule, point: Point, shape: tuple[int, ...]) -> str:
    """Return what is wrong when ``f`` returned ``shape`` at ``point``; empty when the signature allows it."""
    outputs = rule.parsed.outputs
    if len(outputs) != 1:
        return ""
    extents = extents_of(rule, point)
    # An extent that no input has, as of a generated function, may be anything.
    wanted = [
        dimension.extent(extents) if extents.keys() >= set(dimension.symbols) else None
        for dimension in outputs[0]
    ]
    fits = len(wanted) == len(shape) and all(
        want in (None, got) for want, got in zip(wanted, shape, strict=True)
    )
    if fits:
        return ""
    known = "".join(f", {symbol} = {size}" for symbol, size in extents.items())
    expected = _shape_text([d if want is None else want for d, want in zip(outputs[0], wanted, strict=True)])
    return (
        f"f returned shape {_shape_text(shape)} where the signature {rule.signature!r} says {expected}"
        f"{f' ({known[2:]})' if known else ''}; mend f or the signature"
    )


def _shape_text(extents: Sequence[object]) -> str:
    parts = [str(extent) for extent in extents]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
