"""The words and figures that every view of a record shares."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "SAYS_NOTHING",
    "Outcome",
    "as_float",
    "assignments",
    "bar_text",
    "detects_text",
    "figure",
    "inert",
    "numberless",
    "outcome",
    "plural",
    "printable",
    "severity",
    "source_text",
    "tensor_text",
    "worst_detectable",
    "worst_ratio",
]

SAYS_NOTHING = ("", "—", "as stated", "same", "shape table")
"""What the catalogue says of a rule where its neighbour or its formula says it already."""
_LIMIT = 2000
_TENSOR_LIMIT = 240
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_WORDS = ("nan", "inf", "-inf")
_UNDERFLOW = 1e-290
_ROUNDING = 1e-16


def printable(text: object, limit: int = _LIMIT, *, lines: bool = False) -> str:
    r"""Return ``text`` safe to show: nothing invisible, at most ``limit`` characters.

    Control characters, direction overrides, zero-width characters and lone
    surrogates are shown as ``<U+202E>``, so that they can neither reorder what is
    read nor drive a terminal; a cut is said with the full length.  Line breaks and
    tabs become blanks, unless ``lines`` keeps the breaks.

    Examples
    --------
    >>> printable("a\u202eb\x1b[31m")
    'a<U+202E>b<U+001B>[31m'
    >>> printable("abcdef", limit=3)
    'abc… (cut: 6 characters in all)'
    """
    whole = text if isinstance(text, str) else str(text)
    if len(whole) <= limit and whole.isascii() and whole.isprintable():
        # Nearly every text of a large record: nothing to look for.
        return whole
    kept = whole[:limit].replace("\r\n", "\n").replace("\t", " ")
    shown = "".join(map(_visible, kept if lines else kept.replace("\n", " ")))
    return shown if len(whole) <= limit else f"{shown}… (cut: {len(whole)} characters in all)"


def _visible(character: str) -> str:
    # Control, format (direction, zero width), surrogate, private, unassigned; line and paragraph breaks.
    if character != "\n" and unicodedata.category(character) in _INVISIBLE:
        return f"<U+{ord(character):04X}>"
    return character


def inert(line: str) -> str:
    """Return a printed ``line`` that a build's log cannot take for a command.

    GitHub's runner reads a line that starts with ``::``, blanks left aside, and ``##[`` anywhere.

    Examples
    --------
    >>> inert("  ::error::x"), inert("a ##[error]x"), inert("f::g")
    ('  : :error::x', 'a ## [error]x', 'f::g')
    """
    body = line.lstrip()
    if body.startswith("::"):
        line = f"{line[: len(line) - len(body)]}: {body[1:]}"
    return line.replace("##[", "## [")


def as_float(value: Any) -> float:
    """Return a number of the record as a float; None, "not known", is NaN."""
    return math.nan if value is None else float(value)


def figure(value: Any, digits: int = 4) -> str:
    """Return a number of the record with ``digits`` significant digits; "–" for None.

    Examples
    --------
    >>> figure(1 / 3), figure("inf"), figure(None), figure(3.0)
    ('0.3333', 'inf', '–', '3')
    """
    if value is None:
        return "–"
    if isinstance(value, (bool, int)) or value in _WORDS:
        return str(value)
    if not isinstance(value, float):
        return printable(value, 60)
    return repr(value).removesuffix(".0") if digits >= 17 else f"{value:.{digits}g}"


def bar_text(value: Any) -> str:
    """Return an error bar, or an error that would be caught: what underflows is 0.

    Examples
    --------
    >>> bar_text(3.21e-13), bar_text(5e-312), bar_text(None)
    ('3.2e-13', '0', '–')
    """
    return "0" if isinstance(value, float) and 0 < value < _UNDERFLOW else figure(value, 2)


def detects_text(value: Any) -> str:
    """Return the smallest relative error that would be caught, never less than a rounding.

    Examples
    --------
    >>> detects_text(2.2e-8), detects_text(5e-312)
    ('2.2e-08', '<1e-16')
    """
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "<1e-16" if known and 0 <= value < _ROUNDING else figure(value, 2)


def tensor_text(value: Any, digits: int = 6) -> str:
    """Return a number or nested lists as ``[[1, 2], [3, 4]]``, cut when long."""
    # A slice bounds the work as well as the text: nobody reads the ten-thousandth entry.
    pieces: list[str] = []
    _spell(value, digits, pieces)
    text = "".join(pieces)
    return text if len(text) <= _TENSOR_LIMIT else f"{text[:_TENSOR_LIMIT]}…"


def _spell(value: Any, digits: int, pieces: list[str]) -> None:
    if not isinstance(value, list):
        pieces.append(figure(value, digits))
        return
    pieces.append("[")
    for i, item in enumerate(value):
        if len(pieces) > _TENSOR_LIMIT:
            break
        if i:
            pieces.append(", ")
        _spell(item, digits, pieces)
    pieces.append("]")


def assignments(values: Mapping[str, Any], digits: int = 6) -> list[str]:
    """Return ``name = value`` for inputs (numbers) and functions (text)."""
    texts = (printable(v, 200) if isinstance(v, str) else tensor_text(v, digits) for v in values.values())
    return [f"{printable(name, 60)} = {text}" for name, text in zip(values, texts, strict=True)]


def source_text(source: Mapping[str, str]) -> str:
    """Return where a claim stands, in one line.

    Examples
    --------
    >>> source_text({"document": "004", "section": "", "lines": "L226", "status": "reconstructed"})
    '004 L226 (reconstructed)'
    """
    section = f"§{source['section']}" if source["section"] else ""
    place = " ".join(part for part in (source["document"], section, source["lines"]) if part)
    return printable(f"{place} ({source['status']})" if source["status"] else place, 200)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return ``count`` with its noun: "1 check", "2 checks", "2 witnesses"."""
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def worst_ratio(checks: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the largest error against its bar among ``checks`` that should pass; None without one."""
    ratios = [as_float(found["largest"]["ratio"]) for found in checks if found["largest"]]
    return _largest(ratios)


def worst_detectable(checks: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the largest of the smallest errors that ``checks`` would have caught; None without one."""
    return _largest([as_float(found["detectable"]["worst"]) for found in checks if found["detectable"]])


def numberless(check: Mapping[str, Any]) -> bool:
    """Return whether ``check`` passed with every entry at a kink: no size of error is sure to be caught.

    Examples
    --------
    >>> numberless({"verdict": "pass", "detectable": {"median": "inf", "worst": "inf"}})
    True
    """
    power = check["detectable"]
    return bool(check["verdict"] == "pass" and power and as_float(power["worst"]) == math.inf)


def severity(value: Any) -> tuple[bool, float]:
    """Return a key that sorts NaN above every number: what is not known is worst."""
    number = as_float(value)
    return (True, 0.0) if math.isnan(number) else (False, number)


def _largest(values: Sequence[float]) -> float | None:
    return max(values, key=severity, default=None)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: a ``slug`` for machines, a ``headline`` and a ``sentence`` for people."""

    slug: str
    headline: str
    sentence: str


def outcome(record: Mapping[str, Any]) -> Outcome:
    """Return how the run ended; "all right" only if every part of the record says so."""
    summary = record["summary"]
    checks = plural(len(record["checks"]), "check")
    if not record["complete"]:
        return Outcome("incomplete", "Incomplete", f"The run was cut short: {checks} had ended.")
    if not record["checks"] or summary["exit_code"] == 5 or summary["entries"] == 0:
        return Outcome("empty", "Nothing was checked", "No entry of any derivative was compared.")
    odd = sum(not found["as_expected"] for found in record["checks"])
    if odd or summary["unexpected"]:
        verb = "is" if odd == 1 else "are"
        return Outcome("wrong", "Not all right", f"{odd} of {checks} {verb} not as expected.")
    if summary["exit_code"] == 0:
        every = f"Every one of {checks}" if len(record["checks"]) > 1 else "The check"
        forgiven = sum(found.get("forgiven") is True for found in record["checks"])
        told = f"; {plural(forgiven, 'failure')} forgiven by xfail" if forgiven else ""
        return Outcome("right", "All right", f"{every} is as expected{told}.")
    why = printable("; ".join(summary["messages"]), 400) or f"exit code {summary['exit_code']}"
    return Outcome("wrong", "Not all right", f"Every verdict is as expected, but the gate is closed: {why}.")
