"""A gate's outcome as text for a terminal or a build's log."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.reporting.columns import paint
from gradcheck.reporting.wording import inert, plural, printable

__all__ = ["gate_text"]

_SHOWN = 40
_INDENT = "      "


def gate_text(outcome: Mapping[str, Any], *, colour: bool = False, width: int = 100) -> str:
    """Return what a gate found, the worst first, its outcome on the last line.

    Parameters
    ----------
    outcome
        As :func:`gradcheck.ledger.gate` returns it.
    colour, width
        As for :func:`gradcheck.reporting.terminal.summary_table`.
    """
    width = max(width, 40)
    closing = [found for found in outcome["findings"] if found["closes"]]
    others = [found for found in outcome["findings"] if not found["closes"] and found["kind"] != "added"]
    lines: list[str] = []
    parts = (("Closes the gate", closing, "wrong", _SHOWN), ("Let through", others, "doubt", _SHOWN // 4))
    for title, findings, style, most in parts:
        if findings:
            lines += [paint(f"{title} ({len(findings)}):", "strong", colour)]
            lines += _lines(findings, most, style, colour, width)
            lines.append("")
    added = sum(found["kind"] == "added" for found in outcome["findings"])
    if added:
        lines += [f"{plural(added, 'check')} not in the baseline yet: add with --update-baseline", ""]
    style = "right" if outcome["open"] else "wrong"
    lines.append(paint(printable(outcome["headline"]), style, colour))
    return "\n".join(map(inert, lines)) + "\n"


def _lines(
    findings: Sequence[Mapping[str, Any]], most: int, style: str, colour: bool, width: int
) -> list[str]:
    lines = []
    for found in findings[:most]:
        place = f" ({printable(found['file'], 200)}:{found['line']})" if found["file"] else ""
        lines.append(f"  {paint(found['kind'], style, colour)}  {_name(found)}{place}".rstrip())
        texts = [printable(found["text"], 600)]
        if found["note"]:
            texts.append(f"note: {printable(found['note'], 200)}")
        if found["closes"]:
            texts.append(f"to do: {printable(found['remedy'], 200)}")
        lines += [line for text in texts for line in _wrapped(text, width)]
        if found["replay"]:
            # A command is never wrapped: a cut one could not be pasted.
            lines.append(_INDENT + printable(found["replay"], 400))
    if len(findings) > most:
        lines.append(f"  … and {len(findings) - most} more: --format json has them all")
    return lines


def _name(found: Mapping[str, Any]) -> str:
    if not found["id"]:
        return printable(found["title"], 200)
    dtype = f" [{printable(found['dtype'], 20)}]" if found["dtype"] else ""
    return printable(found["id"], 300) + dtype


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
