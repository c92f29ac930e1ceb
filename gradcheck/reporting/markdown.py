"""A gate's outcome as a Markdown fragment, for ``$GITHUB_STEP_SUMMARY`` or a comment."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.reporting.wording import plural, printable

__all__ = ["gate_markdown"]

_LIMIT = 1_000_000
"""Bytes: GitHub refuses a summary above 1 MiB for a step."""
_ROWS = 200
_MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in string.punctuation if sign not in ",-+=/?%;()"})
"""Every sign that Markdown or HTML could read as markup, a mention, an emoji, a formula or a link."""


def gate_markdown(outcome: Mapping[str, Any], *, limit: int = _LIMIT) -> str:
    """Return a heading, the counts and a table of what was found, the worst first.

    Parameters
    ----------
    outcome
        As :func:`gradcheck.ledger.gate` returns it.
    limit
        Bytes; rows that do not fit are left out, and counted.
    """
    closing = [found for found in outcome["findings"] if found["closes"]]
    others = [found for found in outcome["findings"] if not found["closes"] and found["kind"] != "added"]
    counts = outcome["counts"]
    mark = "✅" if outcome["open"] else "❌"
    checks = f"{counts['as_expected']} of {plural(counts['checks'], 'check')} as expected"
    title = f"### {mark} gradcheck: {outcome['headline']}"
    parts = [f"{title}\n\n{checks}, {counts['entries']} entries compared.\n"]
    room = limit - len(parts[0].encode()) - 2000
    for title, findings in (("Closes the gate", closing), ("Let through", others)):
        table = _table(title, findings, room)
        room -= len(table.encode())
        parts.append(table)
    return "".join(parts)


def _table(title: str, findings: Sequence[Mapping[str, Any]], room: int) -> str:
    if not findings:
        return ""
    lines = [f"\n**{title}: {len(findings)}**\n", "| what | check | why |", "|---|---|---|"]
    size, shown = 200, 0
    for found in findings[:_ROWS]:
        row = _row(found)
        size += len(row.encode()) + 1
        if size > room:
            break
        lines.append(row)
        shown += 1
    if shown < len(findings):
        lines.append(f"\n… and {len(findings) - shown} more.")
    return "\n".join(lines) + "\n"


def _row(found: Mapping[str, Any]) -> str:
    place = f"{found['file']}:{found['line']}" if found["file"] else ""
    dtype = f" [{found['dtype']}]" if found["dtype"] else ""
    name = [f"<code>{_plain(found['id'], 300)}{_plain(dtype, 30)}</code>"] if found["id"] else []
    if place:
        name.append(f"<code>{_plain(place, 300)}</code>")
    why = [_plain(found["text"], 600)]
    if found["note"]:
        why.append(f"Note: {_plain(found['note'], 200)}")
    if found["replay"]:
        why.append(f"<code>{_plain(found['replay'], 400)}</code>")
    what = _plain(found["title"])
    if found["closes"]:
        what += f"<br>To do: {_plain(found['remedy'], 200)}"
    return f"| {what} | {'<br>'.join(name)} | {'<br>'.join(why)} |"


def _plain(text: str, limit: int = 2000) -> str:
    return printable(text, limit).translate(_MARKUP)
