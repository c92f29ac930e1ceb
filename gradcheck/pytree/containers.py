"""The containers of a nested value: how to take them apart, name their children and build them again."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gradcheck.errors import GradcheckError
from gradcheck.pytree.leaves import described, is_array, keys_text, refusal

__all__ = ["LEAF", "NOTHING", "Node", "Parts", "rebuilt", "step", "taken_apart"]

_PLURAL = {"list": "items", "tuple": "items"}


@dataclass(frozen=True, slots=True)
class Node:
    """The shape of a nested value without its numbers.

    Attributes
    ----------
    kind
        ``"leaf"``, ``"nothing"`` (None), ``"dict"``, ``"list"``, ``"tuple"``, ``"named tuple"`` or
        ``"dataclass"``.
    type
        The container's own type.
    keys
        Keys of a dict, names of fields, positions in a sequence.
    children
        One for each key.
    extra
        What is carried along without being varied: a default factory, static fields.
    """

    kind: str
    type: type | None = None
    keys: tuple[Any, ...] = ()
    children: tuple[Node, ...] = ()
    extra: Any = field(default=None, compare=False)

    def wanted(self) -> str:
        """Return in words what a matching value would be."""
        if self.kind in ("leaf", "nothing"):
            return {"leaf": "a number or array", "nothing": "None"}[self.kind]
        name = self.kind if self.type is None else self.type.__name__
        if self.kind in _PLURAL:
            return f"a {self.kind} of {len(self.keys)} {_PLURAL[self.kind]}"
        word = "keys" if self.kind == "dict" else "fields"
        return f"a {name} with {word} {keys_text(self.keys)}"


LEAF = Node("leaf")
NOTHING = Node("nothing")


class Parts(NamedTuple):
    """A container taken apart."""

    kind: str
    keys: tuple[Any, ...]
    children: tuple[Any, ...]
    extra: Any = None


def taken_apart(value: Any, path: str) -> Parts | None:
    """Return the children of a container, or None when ``value`` is an array or a number.

    A dataclass's fields count when its constructor takes them, unless their metadata says ``static``
    or ``pytree_node=False``: those are carried along unchanged.

    Raises
    ------
    InvalidArgument
        For a type that is neither a container nor an array.

    Examples
    --------
    >>> taken_apart({"w": 1.0, "b": 2.0}, "x").keys
    ('w', 'b')
    """
    if is_array(value) or isinstance(value, (int, float, complex)):
        return None
    if isinstance(value, Mapping):
        factory = value.default_factory if isinstance(value, defaultdict) else None
        return Parts("dict", tuple(value), tuple(value.values()), factory)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return Parts("named tuple", tuple(value._fields), tuple(value))
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return Parts(kind, tuple(range(len(value))), tuple(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    containers = "a real number or array, or a dict, list, tuple, named tuple or dataclass of such"
    fix = "leave it out of the argument, or bind it with functools.partial"
    raise refusal(path, described(value), containers, fix)


def _fields(value: Any) -> Parts:
    taken = [each for each in dataclasses.fields(value) if each.init]
    static = {each.name for each in taken if _is_static(each)}
    names = tuple(each.name for each in taken if each.name not in static)
    extra = {name: getattr(value, name) for name in sorted(static)}
    return Parts("dataclass", names, tuple(getattr(value, name) for name in names), extra)


def _is_static(each: dataclasses.Field[Any]) -> bool:
    return bool(each.metadata.get("static", False)) or not each.metadata.get("pytree_node", True)


def step(kind: str, key: Any) -> str:
    """Return how Python reaches a child: ``["w"]``, ``[0]`` or ``.w``.

    Examples
    --------
    >>> step("dict", "w"), step("dict", 3), step("dataclass", "w")
    ('["w"]', '[3]', '.w')
    """
    if kind in ("named tuple", "dataclass"):
        return f".{key}"
    return f"[{json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)}]"


def rebuilt(node: Node, values: Iterator[Any], path: str) -> Any:
    """Return a container like the one that ``node`` describes, its leaves taken from ``values`` in order.

    Raises
    ------
    InvalidArgument
        If the container's type does not accept its own children.
    """
    if node.kind == "leaf":
        return next(values)
    if node.kind == "nothing":
        return None
    children = [
        rebuilt(child, values, path + step(node.kind, key))
        for key, child in zip(node.keys, node.children, strict=True)
    ]
    try:
        return _built(node, children)
    except GradcheckError:
        raise
    except TypeError as cause:
        expected = f"a {node.kind} that its own children can build"
        fix = "use a plain dict, list or tuple"
        text = f"{'' if node.type is None else node.type.__name__}, whose constructor raised: {cause}"
        raise refusal(path, text, expected, fix) from cause


def _built(node: Node, children: list[Any]) -> Any:
    make: Any = node.type
    if node.kind == "dict":
        items = dict(zip(node.keys, children, strict=True))
        if make is dict:
            return items
        return make(node.extra, items) if issubclass(make, defaultdict) else make(items)
    if node.kind == "named tuple":
        return make._make(children) if hasattr(make, "_make") else make(*children)
    if node.kind == "dataclass":
        return make(**dict(zip(node.keys, children, strict=True)), **node.extra)
    return children if make is list else make(children)
