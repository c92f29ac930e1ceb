"""Whether a record follows the published schema, without a third-party validator.

Only the keywords that ``record-1.json`` uses are known here; any other keyword in
the schema is an error, so that the schema cannot promise what is not examined.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from gradcheck.journal.acceptance import acceptor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["SCHEMA_VERSION", "schema", "violation"]

SCHEMA_VERSION = 1

_Fault = tuple[str, str]
"""Where in the record, and what is wrong there."""

_ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "$comment"}
_NUMERIC = ("#/$defs/number", "#/$defs/tensor")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


@cache
def schema(document: str = "record") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the ``"record"`` or the ``"baseline"``."""
    file = resources.files("gradcheck").joinpath("schema", f"{document}-{SCHEMA_VERSION}.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


@cache
def _acceptor(document: str, definition: str | None) -> Callable[[Any], bool]:
    return acceptor(schema(document), definition)


def violation(value: Any, definition: str | None = None, *, document: str = "record") -> str | None:
    """Return the first way in which ``value`` breaks the schema, or None.

    Parameters
    ----------
    value
        A whole record, or the part that ``definition`` names.
    definition
        A name under ``$defs``, such as ``"check"``; the whole when None.
    document
        ``"record"`` or ``"baseline"``.

    Examples
    --------
    >>> violation({"id": 3, "mutant": "sign"}, "survivor")
    'id: given 3, expected string'
    """
    if _acceptor(document, definition)(value):
        return None
    whole = schema(document)
    rules = whole if definition is None else whole["$defs"][definition]
    found = next(_violations(value, rules, ""), None)
    return None if found is None else f"{found[0].removeprefix('.') or 'the whole'}: {found[1]}"


def _violations(value: Any, rules: Mapping[str, Any], where: str) -> Iterator[_Fault]:
    for keyword, expected in rules.items():
        if keyword not in _ANNOTATIONS:
            yield from _EXAMINERS[keyword](value, expected, where)


def _given(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _is_type(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _type(value: Any, expected: str | list[str], where: str) -> Iterator[_Fault]:
    names = [expected] if isinstance(expected, str) else expected
    if not any(_is_type(value, name) for name in names):
        yield where, f"given {_given(value)}, expected {' or '.join(names)}"


def _enum(value: Any, expected: list[Any], where: str) -> Iterator[_Fault]:
    if not any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in expected):
        words = ", ".join(repr(item) for item in expected)
        yield where, f"given {_given(value)}, expected {'one of ' if expected[1:] else ''}{words}"


def _minimum(value: Any, expected: float, where: str) -> Iterator[_Fault]:
    if _is_type(value, "number") and not value >= expected:
        yield where, f"given {_given(value)}, expected at least {expected}"


def _min_length(value: Any, expected: int, where: str) -> Iterator[_Fault]:
    if isinstance(value, str) and len(value) < expected:
        yield where, f"given {_given(value)}, expected at least {expected} characters"


def _min_items(value: Any, expected: int, where: str) -> Iterator[_Fault]:
    if isinstance(value, list) and len(value) < expected:
        yield where, f"given {len(value)} items, expected at least {expected}"


def _max_items(value: Any, expected: int, where: str) -> Iterator[_Fault]:
    if isinstance(value, list) and len(value) > expected:
        yield where, f"given {len(value)} items, expected at most {expected}"


def _required(value: Any, expected: list[str], where: str) -> Iterator[_Fault]:
    if isinstance(value, dict):
        for name in expected:
            if name not in value:
                yield where, f"the field `{name}` is missing"


def _properties(value: Any, expected: Mapping[str, Any], where: str) -> Iterator[_Fault]:
    if isinstance(value, dict):
        for name, rules in expected.items():
            if name in value:
                yield from _violations(value[name], rules, f"{where}.{name}")


def _additional(value: Any, expected: Mapping[str, Any], where: str) -> Iterator[_Fault]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _violations(item, expected, f"{where}.{name}")


def _items(value: Any, expected: Mapping[str, Any], where: str) -> Iterator[_Fault]:
    if isinstance(value, list):
        # Plain numbers are nearly all of a record: they are decided without descending.
        numeric = expected.get("$ref") in _NUMERIC
        for i, item in enumerate(value):
            if not (numeric and type(item) in (float, int)):
                yield from _violations(item, expected, f"{where}[{i}]")


def _ref(value: Any, expected: str, where: str) -> Iterator[_Fault]:
    yield from _violations(value, schema()["$defs"][expected.removeprefix("#/$defs/")], where)


def _any_of(value: Any, expected: list[Mapping[str, Any]], where: str) -> Iterator[_Fault]:
    faults = []
    for rules in expected:
        found = next(_violations(value, rules, where), None)
        if found is None:
            return
        faults.append(found)
    # The alternative that was followed deepest is the one that was meant.
    yield max(faults, key=lambda fault: len(fault[0]))


_EXAMINERS: dict[str, Callable[[Any, Any, str], Iterator[_Fault]]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _minimum,
    "minLength": _min_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "$ref": _ref,
    "anyOf": _any_of,
}
