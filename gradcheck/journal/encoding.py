"""Python values -> what JSON can hold, without importing the packages they come from."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from gradcheck.errors import InvalidArgument

__all__ = ["encode", "number_text", "to_json"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_DEPTH = 200
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def number_text(value: float) -> str:
    """Return the record's word for a non-finite ``value``: ``"nan"``, ``"inf"`` or ``"-inf"``.

    Examples
    --------
    >>> number_text(float("-inf"))
    '-inf'
    """
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def encode(value: Any, _where: str = "record", _depth: int = 0) -> Any:
    """Return ``value`` as dicts, lists, strings, finite numbers, booleans and None.

    Non-finite floats become ``"nan"``, ``"inf"``, ``"-inf"``; members of an enum
    their ``str``; arrays and array scalars what their ``tolist()`` holds; a lone
    surrogate, which UTF-8 cannot hold, U+FFFD.

    Raises
    ------
    InvalidArgument
        If something in ``value`` has no such form; the message says where it stands.

    Examples
    --------
    >>> encode({"ratio": float("inf"), "index": (0, 1)})
    {'ratio': 'inf', 'index': [0, 1]}
    """
    if _depth > _DEPTH:
        raise InvalidArgument.of(
            _where, type(value).__name__, f"at most {_DEPTH} levels", "remove the reference to itself"
        )
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return encode(str(value), _where, _depth + 1)
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else number_text(value)
    if isinstance(value, os.PathLike):
        return encode(os.fspath(value), _where, _depth + 1)
    return _encode_composite(value, _where, _depth + 1)


def _encode_composite(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, Mapping):
        return _encode_mapping(value, where, depth)
    if isinstance(value, (list, tuple)):
        return [encode(item, f"{where}[{i}]", depth) for i, item in enumerate(value)]
    convert = getattr(value, "tolist", None)
    if callable(convert):
        plain = convert()
        # Extended-precision scalars return themselves from `tolist`.
        return encode(float(plain) if type(plain) is type(value) else plain, where, depth)
    raise InvalidArgument.of(
        where, value, "a number, text, list, mapping, enum or array", "convert it before recording it"
    )


def _encode_mapping(value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
    encoded: dict[str, Any] = {}
    for key, item in value.items():
        name = encode(str(key), where, depth)
        if name in encoded:
            raise InvalidArgument.of(where, key, "keys that differ as text", f"rename a key {name!r}")
        encoded[name] = encode(item, f"{where}.{name}", depth)
    return encoded


def to_json(value: Any) -> str:
    """Return encoded ``value`` as one line of strict JSON (no bare NaN)."""
    return _ENCODER.encode(value)
