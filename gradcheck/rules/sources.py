"""Where a claim stands, and what the functions of a user's rule say of themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.domains import Interval

__all__ = ["Source", "described", "sources"]


@dataclass(frozen=True)
class Source:
    """Where a claim stands: document, section, lines, and whether the formula survives there."""

    document: str
    section: str
    lines: str
    status: str = "printed"


_PLACE = re.compile(
    r"^(?:(?P<doc>\d{3})\s+)?(?:§(?P<section>[\d.]+)\s+)?(?P<lines>L[\dL ,–\-]+)\s*(?P<note>\(.*\))?"
)


def sources(text: str, *, ours: bool = False) -> tuple[Source, ...]:
    """Parse the catalogue's notation ``"000 §1 L13; 004 L96 (lost)"``.

    A place marked "lost" is ``reconstructed``; ``ours`` marks every place as
    ``named``: the documents name the function and the formula is ours.

    Examples
    --------
    >>> [source.status for source in sources("000 §1 L13; 004 L96 (lost)")]
    ['printed', 'reconstructed']
    """
    found = []
    document = ""
    for part in text.split(";"):
        match = _PLACE.match(part.strip())
        if match is None:
            continue
        document = match["doc"] or document
        note = match["note"] or ""
        status = "named, formula ours" if ours else "reconstructed" if "lost" in note else "printed"
        found.append(Source(document, match["section"] or "", match["lines"].strip(" ,"), status))
    return tuple(found)


def described(
    claim: Callable[..., Any], f: Callable[..., Any], intervals: Mapping[str, Interval]
) -> dict[str, Any]:
    """Return what the functions of a user's rule say of themselves: first lines, domain, place."""
    domains = [f"{name}: {one}" for name, one in intervals.items() if one != Interval()]
    code = getattr(inspect.unwrap(claim), "__code__", None)
    found: dict[str, Any] = {
        "formula": _first_line(claim),
        "function_text": _first_line(f) or _name(f),
        "domain_text": "; ".join(domains) or "all real",
    }
    if code is not None:
        # The file's own name says enough, and is the same on every machine.
        place = code.co_filename.replace("\\", "/").rpartition("/")[2]
        found["sources"] = (Source(place, "", f"L{code.co_firstlineno}", ""),)
    return found


def _first_line(function: Callable[..., Any]) -> str:
    # Of an object that is called, the text tells about its class.
    return (inspect.getdoc(function) or "").partition("\n")[0] if inspect.isfunction(function) else ""


def _name(function: Callable[..., Any]) -> str:
    name = str(getattr(function, "__name__", ""))
    return "" if name == "<lambda>" else name
