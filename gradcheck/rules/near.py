"""What a user may have meant: ids, globs and file names near to one that means nothing."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence

__all__ = ["near_globs", "near_names"]


def near_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return names near to ``name``: those that differ in case alone, else the most alike, the nearest first.

    Examples
    --------
    >>> near_names("mul/wrt-W", ["mul/wrt-x", "mul/wrt-w"])
    ['mul/wrt-w']
    """
    names = list(dict.fromkeys(known))
    same = [one for one in names if one.lower() == name.lower()]
    if same:
        return same[:most]
    lowered: dict[str, str] = {}
    for one in names:
        lowered.setdefault(one.lower(), one)
    return [lowered[one] for one in difflib.get_close_matches(name.lower(), list(lowered), n=most)]


def near_globs(pattern: str, known: Iterable[str]) -> list[str]:
    """Return a glob near to ``pattern`` that matches something, each part of it in its nearest spelling.

    Examples
    --------
    >>> near_globs("elementwize/*", ["elementwise/mul/wrt-w"])
    ['elementwise/*']
    """
    ids = list(known)
    parts: list[str] = []
    for place, part in enumerate(pattern.split("/")):
        here = _parts_at(place, parts, ids)
        if any(fnmatch.fnmatchcase(one, part) for one in here):
            parts.append(part)
            continue
        near = near_names(part, here, most=1)
        if not near:
            break
        parts += near
    if not parts:
        return []
    for candidate in ("/".join(parts), f"{'/'.join(parts)}/*"):
        if candidate != pattern and any(fnmatch.fnmatchcase(one, candidate) for one in ids):
            return [candidate]
    return []


def _parts_at(place: int, before: Sequence[str], ids: Iterable[str]) -> list[str]:
    """Return the parts that ids have at this place, after parts that match those ``before``."""
    split = [one.split("/") for one in ids]
    fitting = [
        parts
        for parts in split
        if len(parts) > place and all(map(fnmatch.fnmatchcase, parts[:place], before))
    ]
    return list(dict.fromkeys(parts[place] for parts in fitting))
