"""Lay text out in a terminal's columns: cut, padded, in tables, painted when asked."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

from gradcheck.reporting.matrices import Cell

__all__ = ["columns", "fit", "grid", "labelled", "pad", "paint", "table"]

_READABLE = 28
_STYLES = {"right": "32", "wrong": "31;1", "doubt": "33", "dim": "2", "strong": "1"}


def paint(text: str, style: str, colour: bool) -> str:
    """Return ``text`` in the ANSI ``style`` when ``colour``, else as it is."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and text else text


def columns(text: str) -> int:
    """Return how many columns a terminal gives ``text``: combining marks 0, wide signs 2."""
    return sum(
        0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


def fit(text: str, width: int) -> str:
    """Return ``text`` on one line of at most ``width`` columns, "…" where it is cut."""
    line = " ".join(text.split())
    if columns(line) <= width:
        return line
    while line and columns(line) > width - 1:
        line = line[:-1]
    return f"{line}…"


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` filled with blanks to ``width`` columns, on the left when ``right``."""
    gap = " " * max(0, width - columns(text))
    return gap + text if right else text + gap


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return lines: the first column takes what the others leave; columns that do not fit are dropped."""
    widths = [max(map(columns, cells)) for cells in zip(head, *rows, strict=True)]
    # The last columns are of use only beside a first one that can be read.
    least = min(widths[0], _READABLE) if widths else 0
    while len(widths) > 3 and least + sum(widths[1:]) + 2 * (len(widths) - 1) > width:
        widths.pop()
    taken = sum(widths[1:]) + 2 * (len(widths) - 1)
    widths[0] = max(12, min(widths[0], width - taken))
    return [
        "  ".join(
            pad(fit(cell, w) if i == 0 else cell, w, right=i > 0)
            for i, (cell, w) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in (head, *rows)
    ]


def labelled(label: str, text: str, width: int) -> list[str]:
    """Return ``text`` in the second column, wrapped to the width; words that are too long are cut."""
    lines = textwrap.wrap(text, width - 12, break_on_hyphens=False, break_long_words=False) or [""]
    return [f"{'' if k else label:<11} {fit(line, width - 12)}".rstrip() for k, line in enumerate(lines)]


def grid(rows: tuple[tuple[Cell, ...], ...]) -> list[str]:
    """Return a line for each row of a matrix, entries aligned, ``*`` after a wrong one."""
    texts = [[f"{cell.text}{'*' if cell.wrong else ' '}" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*texts, fillvalue="")]
    return [" ".join(pad(text, w, right=True) for text, w in zip(row, widths, strict=False)) for row in texts]
