"""A gate's outcome as workflow commands: annotations on the lines of a pull request on GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.reporting.wording import inert, plural, printable

__all__ = ["gate_annotations"]

_MOST = 10
"""GitHub shows this many annotations of a level for each step, and drops the rest without a word."""


def gate_annotations(outcome: Mapping[str, Any]) -> str:
    """Return an ``::error`` for each finding that closes the gate, a ``::warning`` for each known failure.

    The worst come first; past ten of a level, which is what GitHub shows, a ``::notice`` says how many
    there are.  Every text is data: none can start a command of its own.

    Parameters
    ----------
    outcome
        As :func:`gradcheck.ledger.gate` returns it.

    References
    ----------
    GitHub Docs, "Workflow commands for GitHub Actions"; the escapes are those of
    ``actions/toolkit``, ``packages/core/src/command.ts``.
    """
    closing = [found for found in outcome["findings"] if found["closes"]]
    known = [found for found in outcome["findings"] if found["kind"] in ("known", "forgiven", "allowed")]
    lines = [*_annotations("error", closing), *_annotations("warning", known)]
    return "\n".join([*lines, inert(printable(outcome["headline"]))]) + "\n"


def _annotations(level: str, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [_annotation(level, found) for found in findings[:_MOST]]
    cut = len(findings) - _MOST
    if cut > 0:
        text = f"{plural(cut, level)} more: GitHub shows {_MOST} for each step, these are the worst"
        lines.append(f"::notice title=gradcheck::{_data(text)}")
    return lines


def _annotation(level: str, found: Mapping[str, Any]) -> str:
    properties = {"title": f"gradcheck: {found['title']}"}
    if found["file"]:
        properties = {"file": found["file"], "line": str(max(found["line"], 1)), **properties}
    dtype = f" [{found['dtype']}]" if found["dtype"] else ""
    name = f"{printable(found['id'], 300)}{printable(dtype, 30)}: " if found["id"] else ""
    remedy = f" To do: {printable(found['remedy'], 200)}." if found["closes"] else ""
    listed = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    return f"::{level} {listed}::{_data(name + printable(found['text'], 1000) + remedy)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")


def _property(text: str) -> str:
    return _data(printable(text, 300)).replace(":", "%3A").replace(",", "%2C")
