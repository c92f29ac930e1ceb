"""Fragment identifiers of the page: harmless characters, each handed out once."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["RESERVED", "Anchors"]

_UNSAFE = re.compile(r"[^A-Za-z0-9/_.:@-]+")
RESERVED = (
    "top",
    "main",
    "compared",
    "not-as-expected",
    "rules",
    "errata",
    "rejected",
    "not-checkable",
    "self-test",
    "run",
    "filters",
    "query",
    "verdict",
    "order",
    "unfold",
    "count",
)


class Anchors:
    """Makes an identifier of a text that nobody else has.

    Parameters
    ----------
    taken
        Identifiers that are in use already.

    Examples
    --------
    >>> anchors = Anchors(["run"])
    >>> anchors("run"), anchors("a <b>"), anchors("a <b>")
    ('run.2', 'a-b', 'a-b.2')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """Return an identifier made of ``text``."""
        base = _UNSAFE.sub("-", text[:160]).strip("-") or "part"
        number = self._next.get(base, 1)
        anchor = base if number == 1 else f"{base}.{number}"
        while self._taken & {anchor, f"{anchor}.title"}:
            number += 1
            anchor = f"{base}.{number}"
        self._next[base] = number + 1
        # The heading of a part has the part's anchor with this ending.
        self._taken |= {anchor, f"{anchor}.title"}
        return anchor
