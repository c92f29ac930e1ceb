"""Whether a value follows a schema, decided quickly: each part of the schema becomes one function.

``True`` is certain.  ``False`` is not: a value of a rare but legal form, such as a whole number written
``2.0``, is left to :mod:`~gradcheck.journal.conformance`, which also says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["acceptor"]

_Accepts = Callable[[Any], bool]
_Definitions = dict[str, _Accepts]

_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
}
_ANNOTATIONS = ("$schema", "$id", "$defs", "title", "description", "$comment")
_NUMERIC = ("#/$defs/number", "#/$defs/tensor")


def acceptor(schema: Mapping[str, Any], definition: str | None = None) -> _Accepts:
    """Return the function that accepts what ``schema``, or its ``definition``, describes.

    Examples
    --------
    >>> acceptor({"type": "array", "items": {"type": "string"}})(["a", "b"])
    True
    """
    made: _Definitions = {}
    for name, rules in schema.get("$defs", {}).items():
        made[name] = _compiled(rules, made)
    return _compiled(schema, made) if definition is None else made[definition]


def _compiled(rules: Mapping[str, Any], made: _Definitions) -> _Accepts:
    parts = [
        _MAKERS[keyword](expected, made) for keyword, expected in rules.items() if keyword not in _ANNOTATIONS
    ]
    if not parts:
        return lambda value: True
    if len(parts) == 1:
        return parts[0]

    def accepts(value: Any) -> bool:
        return all(part(value) for part in parts)

    return accepts


def _type(expected: str | list[str], made: _Definitions) -> _Accepts:
    names = [expected] if isinstance(expected, str) else expected
    types = frozenset().union(*(_TYPES[name] for name in names))
    return lambda value: type(value) in types


def _enum(expected: list[Any], made: _Definitions) -> _Accepts:
    known = {(type(item), item) for item in expected}
    return lambda value: type(value) in (str, int, bool) and (type(value), value) in known


def _ref(expected: str, made: _Definitions) -> _Accepts:
    name = expected.removeprefix("#/$defs/")
    # Looked up when used: definitions may refer to later ones, and to themselves.
    return lambda value: made[name](value)


def _any_of(expected: list[Mapping[str, Any]], made: _Definitions) -> _Accepts:
    choices = [_compiled(rules, made) for rules in expected]
    return lambda value: any(choice(value) for choice in choices)


def _required(expected: list[str], made: _Definitions) -> _Accepts:
    names = frozenset(expected)
    return lambda value: type(value) is not dict or names <= value.keys()


def _properties(expected: Mapping[str, Any], made: _Definitions) -> _Accepts:
    parts = {name: _compiled(rules, made) for name, rules in expected.items()}

    def accepts(value: Any) -> bool:
        if type(value) is dict:
            for name, item in value.items():
                part = parts.get(name)
                if part is not None and not part(item):
                    return False
        return True

    return accepts


def _additional(expected: Mapping[str, Any], made: _Definitions) -> _Accepts:
    part = _compiled(expected, made)
    return lambda value: type(value) is not dict or all(map(part, value.values()))


def _items(expected: Mapping[str, Any], made: _Definitions) -> _Accepts:
    part = _compiled(expected, made)
    if expected.get("$ref") not in _NUMERIC:
        return lambda value: type(value) is not list or all(map(part, value))
    plain = _TYPES["number"]
    # Plain numbers are nearly all of a record.
    return lambda value: (
        type(value) is not list or plain.issuperset(map(type, value)) or all(map(part, value))
    )


def _at_least(size: Callable[[Any], Any], kinds: tuple[type, ...]) -> Callable[[Any, _Definitions], _Accepts]:
    def make(expected: Any, made: _Definitions) -> _Accepts:
        return lambda value: type(value) not in kinds or bool(size(value) >= expected)

    return make


def _max_items(expected: int, made: _Definitions) -> _Accepts:
    return lambda value: type(value) is not list or len(value) <= expected


_MAKERS: dict[str, Callable[[Any, _Definitions], _Accepts]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _at_least(lambda value: value, (int, float)),
    "minLength": _at_least(len, (str,)),
    "minItems": _at_least(len, (list,)),
    "maxItems": _max_items,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "$ref": _ref,
    "anyOf": _any_of,
}
