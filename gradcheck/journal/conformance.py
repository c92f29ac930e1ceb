"""Whether a record follows the published schema, without a third-party validator.

Each part of the schema becomes one function, once, which looks at a value and returns what is wrong with it.
Only the keywords that the schemas use are known here; any other is an error, so that
a schema cannot promise what is not examined.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["SCHEMA_VERSION", "schema", "violation"]

SCHEMA_VERSION = 1

_Fault = tuple[str, str]
"""Where below the value, and what is wrong there."""
_Examiner = Callable[[Any], _Fault | None]
_Definitions = dict[str, _Examiner]

_ANNOTATIONS = ("$schema", "$id", "$defs", "title", "description", "$comment")
_NUMERIC = ("#/$defs/number", "#/$defs/tensor")
_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
}


@cache
def schema(document: str = "record") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the ``"record"`` or the ``"baseline"``."""
    file = resources.files("gradcheck").joinpath("schema", f"{document}-{SCHEMA_VERSION}.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


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
    found = _examiners(document)[definition or ""](value)
    return None if found is None else f"{found[0].removeprefix('.') or 'the whole'}: {found[1]}"


@cache
def _examiners(document: str) -> _Definitions:
    """Return an examiner for each definition, and for the whole under the empty name."""
    whole = schema(document)
    made: _Definitions = {}
    for name, rules in whole.get("$defs", {}).items():
        made[name] = _compiled(rules, made)
    made[""] = _compiled(whole, made)
    return made


def _compiled(rules: Mapping[str, Any], made: _Definitions) -> _Examiner:
    parts = [
        _MAKERS[keyword](expected, made) for keyword, expected in rules.items() if keyword not in _ANNOTATIONS
    ]
    if len(parts) == 1:
        return parts[0]

    def examine(value: Any) -> _Fault | None:
        for part in parts:
            found = part(value)
            if found is not None:
                return found
        return None

    return examine


def _given(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _type(expected: str | list[str], _: _Definitions) -> _Examiner:
    names = [expected] if isinstance(expected, str) else expected
    types = frozenset().union(*(_TYPES[name] for name in names))
    whole = "integer" in names

    def examine(value: Any) -> _Fault | None:
        # A whole number may be written 2.0.
        if type(value) in types or (whole and type(value) is float and value.is_integer()):
            return None
        return "", f"given {_given(value)}, expected {' or '.join(names)}"

    return examine


def _enum(expected: list[Any], _: _Definitions) -> _Examiner:
    words = ", ".join(map(repr, expected))

    def examine(value: Any) -> _Fault | None:
        # True == 1, and is another value in JSON.
        if any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in expected):
            return None
        return "", f"given {_given(value)}, expected {'one of ' if expected[1:] else ''}{words}"

    return examine


def _limit(
    kinds: frozenset[type], holds: Callable[[Any, Any], bool], text: str
) -> Callable[[Any, _Definitions], _Examiner]:
    """Return the maker of a limit on values of ``kinds``; ``text`` may name given, count and expected."""

    def make(expected: Any, _: _Definitions) -> _Examiner:
        def examine(value: Any) -> _Fault | None:
            if type(value) not in kinds or holds(value, expected):
                return None
            count = len(value) if isinstance(value, list) else 0
            return "", text.format(given=_given(value), count=count, expected=expected)

        return examine

    return make


def _as_long(value: str | list[Any], least: int) -> bool:
    return len(value) >= least


def _required(expected: list[str], _: _Definitions) -> _Examiner:
    names = frozenset(expected)

    def examine(value: Any) -> _Fault | None:
        if type(value) is not dict or names <= value.keys():
            return None
        missing = next(name for name in expected if name not in value)
        return "", f"the field `{missing}` is missing"

    return examine


def _properties(expected: Mapping[str, Any], made: _Definitions) -> _Examiner:
    parts = {name: _compiled(rules, made) for name, rules in expected.items()}

    def examine(value: Any) -> _Fault | None:
        if type(value) is dict:
            for name, item in value.items():
                part = parts.get(name)
                found = None if part is None else part(item)
                if found is not None:
                    return f".{name}{found[0]}", found[1]
        return None

    return examine


def _additional(expected: Mapping[str, Any], made: _Definitions) -> _Examiner:
    part = _compiled(expected, made)

    def examine(value: Any) -> _Fault | None:
        if type(value) is dict:
            for name, item in value.items():
                found = part(item)
                if found is not None:
                    return f".{name}{found[0]}", found[1]
        return None

    return examine


def _items(expected: Mapping[str, Any], made: _Definitions) -> _Examiner:
    part = _compiled(expected, made)
    plain = _TYPES["number"] if expected.get("$ref") in _NUMERIC else frozenset()

    def examine(value: Any) -> _Fault | None:
        # Plain numbers are nearly all of a record: they are decided without a call for each.
        if type(value) is not list or plain.issuperset(map(type, value)):
            return None
        for place, item in enumerate(value):
            found = part(item)
            if found is not None:
                return f"[{place}]{found[0]}", found[1]
        return None

    return examine


def _ref(expected: str, made: _Definitions) -> _Examiner:
    name = expected.removeprefix("#/$defs/")
    # Looked up when used: definitions may refer to later ones, and to themselves.
    return lambda value: made[name](value)


def _any_of(expected: list[Mapping[str, Any]], made: _Definitions) -> _Examiner:
    choices = [_compiled(rules, made) for rules in expected]

    def examine(value: Any) -> _Fault | None:
        faults = []
        for choice in choices:
            found = choice(value)
            if found is None:
                return None
            faults.append(found)
        # The alternative that was followed deepest is the one that was meant.
        return max(faults, key=lambda fault: len(fault[0]))

    return examine


_MAKERS: dict[str, Callable[[Any, _Definitions], _Examiner]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _limit(_TYPES["number"], operator.ge, "given {given}, expected at least {expected}"),
    "minLength": _limit(_TYPES["string"], _as_long, "given {given}, expected at least {expected} characters"),
    "minItems": _limit(_TYPES["array"], _as_long, "given {count} items, expected at least {expected}"),
    "maxItems": _limit(
        _TYPES["array"],
        lambda value, most: len(value) <= most,
        "given {count} items, expected at most {expected}",
    ),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "$ref": _ref,
    "anyOf": _any_of,
}
