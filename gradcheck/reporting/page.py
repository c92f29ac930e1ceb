"""What the page shows of a record: grouped, counted, cut to size, with anchors; no markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.reporting.matrices import Comparison, comparison
from gradcheck.reporting.wording import (
    Outcome,
    as_float,
    assignments,
    figure,
    outcome,
    severity,
    source_text,
    worst_detectable,
    worst_ratio,
)

__all__ = ["Card", "Page", "Row", "Section", "Shown", "page"]

_SAMPLES = 3
_FAILURES = 3
_MANY_CARDS = 40
_UNSAFE_IN_ANCHOR = re.compile(r"[^A-Za-z0-9/_.@-]+")
_RESERVED = [
    "top",
    "main",
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
]
_SYMBOLS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}


@dataclass(frozen=True)
class Shown:
    """One failure, ready to be set: text and matrices."""

    facts: Mapping[str, Any]
    given: Sequence[str]
    matrices: Comparison


@dataclass(frozen=True)
class Row:
    """One check in the table of its section."""

    check: Mapping[str, Any]
    anchor: str
    symbol: str
    formula: str | None
    wide: bool
    sources: Sequence[str]
    places: Sequence[str]
    ratio: str
    detects: str
    sort_ratio: str
    sort_detects: str
    answered: int
    samples: Sequence[tuple[str, str, str]]

    @property
    def odd(self) -> bool:
        """Whether the verdict is not the expected one."""
        return not self.check["as_expected"]


@dataclass(frozen=True)
class Card:
    """One check told in full: a failure, or an erratum with its counterexample."""

    row: Row
    anchor: str
    shown: Sequence[Shown]
    more: int


@dataclass(frozen=True)
class Section:
    """The checks of one section of the documents, with their counts."""

    title: str
    anchor: str
    rows: Sequence[Row]
    counts: Mapping[str, int]
    expected: int
    points: int
    ratio: str
    detects: str


@dataclass(frozen=True)
class Page:
    """Everything the template needs."""

    record: Mapping[str, Any]
    outcome: Outcome
    odd: Sequence[Card]
    sections: Sequence[Section]
    errata: Sequence[Card]
    rejected: Sequence[Card]
    standing: int


class _Anchors:
    """Hands out fragment identifiers, each once, of harmless characters."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def __call__(self, text: str) -> str:
        base = _UNSAFE_IN_ANCHOR.sub("-", text[:120]).strip("-") or "part"
        anchor, number = base, 2
        while self._taken & {anchor, f"{anchor}.title"}:
            anchor, number = f"{base}.{number}", number + 1
        # The heading of a part has the part's anchor with this ending.
        self._taken |= {anchor, f"{anchor}.title"}
        return anchor


def page(record: Mapping[str, Any], formula: Mapping[str, str | None]) -> Page:
    """Arrange ``record`` for the page.

    Parameters
    ----------
    record
        A whole record.
    formula
        Markup for each LaTeX text of the record; None where there is none to be had.
    """
    anchors = _Anchors(_RESERVED)
    checks = record["checks"]
    rows = [_row(check, anchors, formula) for check in checks]
    odd = sorted((row for row in rows if row.odd), key=lambda row: row.check["verdict"] != "fail")
    most = _FAILURES if len(odd) <= _MANY_CARDS else 1
    errata = [_card(row, row.anchor, 1) for row in rows if row.check["group"] == "erratum"]
    return Page(
        record=record,
        outcome=outcome(record),
        odd=[_card(row, anchors(f"odd/{row.anchor}"), most) for row in odd],
        sections=_sections([row for row in rows if row.check["group"] in ("claim", "user")], anchors),
        errata=errata,
        rejected=[_card(row, row.anchor, 1) for row in rows if row.check["group"] == "rejected"],
        standing=sum(card.row.odd for card in errata),
    )


def _row(check: Mapping[str, Any], anchors: _Anchors, formula: Mapping[str, str | None]) -> Row:
    largest, detectable = check["largest"], check["detectable"]
    sources = [source_text(source) for source in check["sources"]]
    return Row(
        check=check,
        anchor=anchors(check["id"]),
        symbol=_SYMBOLS[check["verdict"]],
        formula=formula.get(check["latex"]),
        wide=len(check["latex"] or check["formula"]) > 120,
        sources=sources,
        places=[text.removesuffix(" (printed)") for text in sources],
        ratio=figure(largest["ratio"], 2) if largest else "–",
        detects=figure(detectable["worst"], 2) if detectable else "–",
        sort_ratio=_sort_key(largest and largest["ratio"]),
        sort_detects=_sort_key(detectable and detectable["worst"]),
        answered=sum(answers["answered"] > 0 for answers in check["witnesses"].values()),
        samples=[
            (point["id"], f"{point['stratum']}, {point['verdict']}", "; ".join(_given(point)))
            for point in check["points"][:_SAMPLES]
        ],
    )


def _sort_key(value: Any) -> str:
    """Return a number that a script can sort by: what is not known comes before every number."""
    unknown, number = severity(value)
    return "1e999" if unknown and value is not None else "-1" if value is None else repr(number)


def _given(failure: Mapping[str, Any]) -> list[str]:
    return assignments(failure["inputs"]) + assignments(failure["functions"])


def _card(row: Row, anchor: str, most: int) -> Card:
    check = row.check
    found = [check["counterexample"]] if check["counterexample"] else list(check["failures"])
    shown = [Shown(item, _given(item), comparison(item)) for item in found[:most]]
    return Card(row, anchor, shown, max(0, len(found) - most))


def _sections(rows: Iterable[Row], anchors: _Anchors) -> list[Section]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        other = "Rules of other projects" if row.check["group"] == "user" else "Others"
        title = row.check["section"] or other
        grouped.setdefault(title, []).append(row)
    return [_section(title, anchors(f"section-{title}"), found) for title, found in grouped.items()]


def _section(title: str, anchor: str, rows: Sequence[Row]) -> Section:
    checks = [row.check for row in rows]
    verdicts = [check["verdict"] for check in checks]
    return Section(
        title=title,
        anchor=anchor,
        rows=rows,
        counts={word: verdicts.count(word) for word in _SYMBOLS},
        expected=sum(check["as_expected"] for check in checks),
        points=sum(part["points"] for check in checks for part in check["strata"]),
        ratio=figure(worst_ratio(checks), 2),
        detects=figure(worst_detectable(checks), 2),
    )


def seconds(value: Any) -> str:
    """Return a duration for people.

    Examples
    --------
    >>> seconds(3.21), seconds(754.0), seconds("nan")
    ('3.2 s', '12 min 34 s', 'nan')
    """
    duration = as_float(value)
    if not 0 <= duration < 1e9:
        return figure(value)
    return f"{duration:.1f} s" if duration < 60 else f"{int(duration) // 60} min {int(duration) % 60} s"
