"""Strict JSON: what a record or a baseline may hold, and nothing that a view would trip over later."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NoReturn

__all__ = ["DEPTH", "parse"]

DEPTH = 100
"""Levels of nesting; a record of gradcheck has under 40, and views walk it by recursion."""
_DIGITS = 300
"""Digits of an integer: more do not fit a float64."""
_SUSPICIOUS = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
"""Only where this occurs can a number overflow; each number is then examined, which takes twice as long."""
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def parse(text: str) -> Any:
    r"""Return what the JSON ``text`` holds.

    Refused beyond what JSON itself refuses: the words NaN and Infinity, numbers that overflow float64, a
    key twice in one object, more than :data:`DEPTH` levels.  A lone surrogate, which UTF-8 cannot hold,
    becomes U+FFFD.

    Raises
    ------
    ValueError
        If ``text`` is not such JSON (``json.JSONDecodeError`` where it is not JSON at all).

    Examples
    --------
    >>> parse('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    ValueError: the key 'a' stands twice in one object
    """
    try:
        if _SUSPICIOUS.search(text):
            found = json.loads(
                text,
                parse_constant=_constant,
                parse_float=_float,
                parse_int=_int,
                object_pairs_hook=_object,
            )
        else:
            found = json.loads(text, parse_constant=_constant, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if _brackets_depth(text) > DEPTH and _depth(found) > DEPTH:
        raise ValueError(_TOO_DEEP)
    return _mended(found) if _ESCAPED_SURROGATE.search(text) else found


_TOO_DEEP = f"it nests more than {DEPTH} levels"


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} overflows float64")
    return number


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"the number {text[:40]}… overflows float64")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


def _brackets_depth(text: str) -> int:
    """Return a bound on the depth, quickly: brackets inside of strings are counted as well."""
    brackets = text.encode("utf-8", errors="replace").translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _depth(found: Any) -> int:
    depth, level = 0, [found]
    while level:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return depth


def _inside(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        yield from found.values()
    elif isinstance(found, list):
        yield from found


def _mended(found: Any) -> Any:
    if isinstance(found, str):
        return _SURROGATE.sub("\ufffd", found)
    if isinstance(found, list):
        return [_mended(item) for item in found]
    if isinstance(found, dict):
        return _object([(_mended(name), _mended(item)) for name, item in found.items()])
    return found
