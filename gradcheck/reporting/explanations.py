"""One rule explained as text for a terminal: its facts, and an example in numbers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from gradcheck.reporting.columns import columns, grid, pad, paint
from gradcheck.reporting.matrices import Cell
from gradcheck.reporting.wording import (
    SAYS_NOTHING,
    as_float,
    assignments,
    bar_text,
    figure,
    printable,
    severity,
    source_text,
    tensor_text,
)

__all__ = ["explain_text"]

_LABEL = 12
_COUNTED_FROM_1 = re.compile(r"_[1n{i]")
_NAMES = {"central": "central differences", "exact rational": "exact arithmetic"}


def explain_text(facts: Mapping[str, Any], *, colour: bool = False, width: int = 100) -> str:
    """Return one rule explained, with a worked example in numbers.

    Parameters
    ----------
    facts
        ``id`` and, where known, ``section``, ``kind``, ``function``, ``formula``,
        ``signature``, ``domain``, ``example``, ``notes``, ``sources``, ``erratum``, as in
        a check; and ``worked``: ``inputs``, ``functions``, ``value`` of the function,
        ``claimed`` matrix, ``right`` matrix, ``reference`` matrix, ``error`` bars and the
        ``witness`` they come from, each where known.
    colour, width
        As for :func:`gradcheck.reporting.terminal.summary_table`.
    """
    width = max(width, 40)
    lines = [paint(printable(facts["id"], 200), "strong", colour)]
    erratum = facts.get("erratum")
    for label, text in _facts(facts, erratum):
        lines += _wrapped(label, printable(text), width)
    for place, source in enumerate(facts.get("sources", ())):
        lines += _wrapped("" if place else "source", source_text(source).removesuffix(" (printed)"), width)
    return "\n".join([*lines, *_worked_lines(facts, width, colour)]) + "\n"


def _facts(facts: Mapping[str, Any], erratum: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return the labelled facts that say something, each once."""
    if not erratum:
        names = ["section", "kind", "function", "formula", "signature", "domain", "example", "notes"]
        return [(name, facts[name]) for name in names if facts.get(name, "") not in SAYS_NOTHING]
    told = [("section", facts.get("section")), ("printed", erratum["printed"])]
    if erratum.get("quote") and erratum["quote"] != erratum["printed"]:
        told.append(("quoted", erratum["quote"]))
    told += [
        ("right", erratum["right"]),
        ("mistake", erratum.get("remark")),
        ("read as", erratum.get("reading")),
        ("contradicts", erratum.get("refutes")),
        ("signature", facts.get("signature")),
        ("notes", facts.get("notes")),
    ]
    return [(label, text) for label, text in told if text]


def _wrapped(label: str, text: str, width: int) -> list[str]:
    """Return ``text`` in the second column, wrapped; a long label takes a line of its own."""
    blank = " " * (_LABEL + 2)
    head = f"  {label:<{_LABEL}}" if len(label) < _LABEL else f"  {label} "
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=blank, break_on_hyphens=False
    ) or [head.rstrip()]


def _worked_lines(facts: Mapping[str, Any], width: int, colour: bool) -> list[str]:
    worked = facts.get("worked")
    if not worked:
        return []
    title = "Counterexample, found by search" if worked.get("counterexample") else "Worked example"
    lines = ["", f"  {paint(title, 'strong', colour)}"]
    given = [text for name in ("inputs", "functions") for text in assignments(worked.get(name) or {})]
    lines += [line for text in given for line in _indented(text, width)]
    if worked.get("value") is not None:
        lines += _indented(f"value of the function: {tensor_text(worked['value'])}", width)
    lines += ["", *_matrices(worked, width)]
    error = worked.get("error")
    if error is not None and worked.get("kind") != "shape":
        widest = max((as_float(bar) for row in error for bar in row), key=severity, default=0.0)
        lines += _indented(f"error bars of {_name(worked)}: at most {bar_text(widest)}", width)
    label = {"inconclusive": "undecided", "fail": "wrong"}.get(worked.get("verdict", ""))
    if label and not worked.get("counterexample"):
        lines += ["", *_wrapped(label, printable(worked.get("message", ""), 400), width)]
    if _COUNTED_FROM_1.search(f"{facts.get('function', '')} {facts.get('formula', '')}"):
        lines += _indented(
            "(formulas count entries from 1; gradcheck's messages from 0, as Python does)", width
        )
    return lines


def _indented(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")


def _name(worked: Mapping[str, Any]) -> str:
    witness = printable(worked.get("witness") or "the reference", 60)
    return _NAMES.get(witness, witness)


def _matrices(worked: Mapping[str, Any], width: int) -> list[str]:
    """Return the claim, the right form and the reference beside each other, or below where they are broad."""
    if worked.get("claimed") is None and worked.get("reference") is None:
        return []
    misprint = worked.get("right") is not None
    named = [
        ("claimed", "as printed" if misprint else "closed form"),
        ("right", "right form"),
        ("reference", _name(worked)),
    ]
    blocks = [
        (f"{title}, {_shape(worked[name])}", _rows(worked[name]))
        for name, title in named
        if worked.get(name) is not None
    ]
    head = [_subject(worked)]
    widths = [max([columns(title), *map(columns, rows)]) for title, rows in blocks]
    if 4 + sum(widths) + 4 * (len(widths) - 1) <= width:
        columned = zip_longest(*([title, *rows] for title, rows in blocks), fillvalue="")
        return head + [
            "    " + "    ".join(pad(cell, w) for cell, w in zip(cells, widths, strict=True)).rstrip()
            for cells in columned
        ]
    return head + [line for title, rows in blocks for line in (f"    {title}", *(f"      {r}" for r in rows))]


def _subject(worked: Mapping[str, Any]) -> str:
    kind = worked.get("kind", "derivative")
    if kind == "shape":
        return "    shapes, a row a factor (-1: no such extent):"
    if kind == "value":
        return "    both sides of the identity:"
    return f"    derivative by {printable(worked['wrt'], 60)}:" if worked.get("wrt") else "    derivative:"


def _shape(matrix: Any) -> str:
    """Return ``2×3``; of anything but a matrix the shape as Python writes it, such as ``(3,)``."""
    extents = []
    while isinstance(matrix, (list, tuple)):
        extents.append(len(matrix))
        matrix = matrix[0] if matrix else None
    return "×".join(map(str, extents)) if len(extents) == 2 else f"shape {tuple(extents)}"


def _rows(matrix: Any) -> list[str]:
    if not isinstance(matrix, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in matrix):
        return [tensor_text(matrix)]
    cells = tuple(tuple(Cell(figure(value, 6), wrong=False) for value in row) for row in matrix)
    return [line.rstrip() for line in grid(cells)] or ["(no rows)"]
