"""Two nested values side by side: whether they have the same containers, and where they first differ."""

from __future__ import annotations

from typing import Any

from gradcheck.pytree.containers import Node, Parts, step, taken_apart
from gradcheck.pytree.leaves import described, refusal

__all__ = ["first_difference", "match", "regular_shape"]

_FAMILY = {"list": "sequence", "tuple": "sequence", "named tuple": "sequence"}


def regular_shape(node: Node) -> tuple[int, ...] | None:
    """Return the shape that NumPy would give nested lists or tuples of numbers; None if irregular."""
    if node.kind == "leaf":
        return ()
    if node.kind not in ("list", "tuple") or not node.children:
        return None
    shapes = {regular_shape(child) for child in node.children}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(node.children), *inner)


def match(node: Node, tree: Any, path: str, found: list[tuple[str, Any]]) -> None:
    """Append to ``found`` what ``tree`` holds at each leaf of ``node``, with its path."""
    if node.kind == "leaf":
        found.append((path, tree))
        return
    if node.kind == "nothing":
        if tree is not None:
            raise refusal(path, described(tree), "None", "keep the structure")
        return
    parts = None if tree is None else taken_apart(tree, path)
    if parts is None or not _alike(node, parts):
        raise refusal(path, described(tree), node.wanted(), "keep the structure")
    by_key = dict(zip(parts.keys, parts.children, strict=True)) if node.kind == "dict" else {}
    for position, (key, child) in enumerate(zip(node.keys, node.children, strict=True)):
        value = by_key[key] if node.kind == "dict" else parts.children[position]
        match(child, value, path + step(parts.kind, key), found)


def _alike(node: Node, parts: Parts) -> bool:
    """Whether a container has the children that ``node`` asks for."""
    if _FAMILY.get(node.kind, node.kind) != _FAMILY.get(parts.kind, parts.kind):
        return False
    if node.kind == "dict":
        return set(node.keys) == set(parts.keys)
    named = node.kind == parts.kind and node.kind in ("named tuple", "dataclass")
    return node.keys == parts.keys if named else len(node.keys) == len(parts.keys)


def first_difference(mine: Node, theirs: Node, path: str) -> str:
    """Return in words where the containers of ``theirs`` first differ; empty when they do not."""
    same = (mine.kind, mine.type, mine.keys) == (theirs.kind, theirs.type, theirs.keys)
    if not same:
        return f"`{path}`: given {theirs.wanted()}, expected {mine.wanted()}"
    for key, a, b in zip(mine.keys, mine.children, theirs.children, strict=True):
        found = first_difference(a, b, path + step(mine.kind, key))
        if found:
            return found
    return ""
