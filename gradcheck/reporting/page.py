"""What the page shows of a record: grouped, counted, cut to size, with anchors; no markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.reporting.anchors import RESERVED, Anchors
from gradcheck.reporting.rows import Row, row_of
from gradcheck.reporting.shown import Drawings, Shown, shown_of
from gradcheck.reporting.witnessed import witness_columns
from gradcheck.reporting.wording import (
    Outcome,
    as_float,
    detects_text,
    figure,
    outcome,
    severity,
    worst_detectable,
    worst_ratio,
)

__all__ = ["Card", "Change", "Page", "Section", "page", "seconds"]

_FAILURES = 3
_MANY_CARDS = 40
_OPEN_CARDS = 10
_MANY_CHECKS = 1000
"""Beyond this a row is told in short: the page must stay light, and the record holds all."""
_VERDICTS = ("pass", "fail", "inconclusive")
_CHANGES = {
    "new": "Newly not as expected",
    "worse": "Worse than before",
    "fixed": "Fixed",
    "vanished": "No longer checked",
    "added": "Checked for the first time",
}

Draw = Callable[[Mapping[str, Any]], Drawings]


@dataclass(frozen=True)
class Card:
    """One check told in full: a failure, or an erratum with its counterexample."""

    row: Row
    anchor: str
    shown: Sequence[Shown]
    more: int
    open: bool = True


@dataclass(frozen=True)
class Section:
    """The checks of one section of the documents, or of one file of tests, with their counts."""

    title: str
    anchor: str
    rows: Sequence[Row]
    counts: Mapping[str, int]
    expected: int
    points: int
    entries: int
    ratio: str
    detects: str
    witnessed: bool


@dataclass(frozen=True)
class Change:
    """One kind of change between two records, with its rows ``(anchor, row)``."""

    name: str
    title: str
    rows: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Page:
    """Everything the template needs."""

    record: Mapping[str, Any]
    outcome: Outcome
    weakest: Row | None
    kinked: bool
    odd: Sequence[Card]
    witnesses: Sequence[str]
    sections: Sequence[Section]
    errata: Sequence[Card]
    rejected: Sequence[Card]
    standing: int
    twins: int
    lean: bool
    tested: bool
    shares: Sequence[tuple[str, int]]
    changes: Sequence[Change] = field(default=())
    unchanged: int = 0
    compared: bool = False


def _undrawn(_failure: Mapping[str, Any]) -> Drawings:
    return None, None


def page(
    record: Mapping[str, Any],
    formula: Mapping[str, str | None],
    draw: Draw = _undrawn,
    compared: Mapping[str, Any] | None = None,
) -> Page:
    """Arrange ``record`` for the page.

    Parameters
    ----------
    record
        A whole record.
    formula
        Markup for each LaTeX text of the record; None where there is none to be had.
    draw
        Makes the two figures of a failure, as markup.
    compared
        What changed since another record, as :func:`gradcheck.ledger.compare` says; None without one.
    """
    anchors = Anchors(RESERVED)
    checks = record["checks"]
    lean = len(checks) > _MANY_CHECKS
    names = witness_columns(record)
    rows = [row_of(check, anchors, formula, names, lean=lean) for check in checks]
    odd = sorted((row for row in rows if row.odd), key=lambda row: row.check["verdict"] != "fail")
    most = _FAILURES if len(odd) <= _MANY_CARDS else 1
    errata = [_card(row, row.place, 1, draw) for row in rows if row.check["group"] == "erratum"]
    judged = [row for row in rows if row.check["group"] in ("claim", "user", "check")]
    known = {(row.check["id"], row.check["dtype"]): row.anchor for row in rows}
    twins = sum(
        row.check["group"] == "check" and row.check["verdict"] == "fail" and not row.odd for row in rows
    )
    return Page(
        record=record,
        outcome=outcome(record),
        weakest=_weakest(rows),
        kinked=any(row.numberless for row in rows),
        odd=[
            _card(row, row.anchor, most, draw, opened=number < _OPEN_CARDS) for number, row in enumerate(odd)
        ],
        witnesses=names,
        sections=_sections(judged, anchors),
        errata=errata,
        rejected=[_card(row, row.place, 1, draw) for row in rows if row.check["group"] == "rejected"],
        standing=sum(card.row.odd for card in errata),
        twins=twins,
        lean=lean,
        tested=record["self_test"] is not None
        or not rows
        or not all(row.check["group"] == "check" for row in rows),
        shares=_shares(record["summary"], twins),
        changes=[] if compared is None else _changes(compared, known),
        unchanged=0 if compared is None else int(compared.get("unchanged", 0)),
        compared=compared is not None,
    )


def _weakest(rows: Sequence[Row]) -> Row | None:
    """Return the check that passed and would have missed the largest error; None when none is known."""
    good = [row for row in rows if row.check["verdict"] == "pass" and row.check["detectable"]]
    good = [row for row in good if not row.numberless]
    return max(good, key=lambda row: severity(row.check["detectable"]["worst"]), default=None)


def _shares(summary: Mapping[str, Any], twins: int) -> list[tuple[str, int]]:
    """Return the widths of the verdicts in a bar of 1000; what is there at all is at least 6 wide.

    ``twins``, which fail as they should, are as right as what passes: no red in a bar of a good run.
    """
    summary = {**summary, "pass": summary["pass"] + twins, "fail": summary["fail"] - twins}
    total = sum(summary[name] for name in _VERDICTS)
    if not total:
        return []
    widths = {name: max(6, round(1000 * summary[name] / total)) for name in _VERDICTS if summary[name]}
    largest = max(widths, key=lambda name: widths[name])
    widths[largest] -= sum(widths.values()) - 1000
    return list(widths.items())


def _changes(compared: Mapping[str, Any], known: Mapping[tuple[str, str], str]) -> list[Change]:
    found = [
        Change(
            name, title, [(known.get((row["id"], row["dtype"]), ""), row) for row in compared.get(name, ())]
        )
        for name, title in _CHANGES.items()
    ]
    return [change for change in found if change.rows]


def _card(row: Row, anchor: str, most: int, draw: Draw, *, opened: bool = True) -> Card:
    check = row.check
    found = [check["counterexample"]] if check["counterexample"] else list(check["failures"])
    shown = [shown_of(check, item, draw(item)) for item in found[:most]]
    return Card(row, anchor, shown, max(0, len(found) - most), opened)


def _sections(rows: Iterable[Row], anchors: Anchors) -> list[Section]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(_title(row.check), []).append(row)
    return [_section(title, anchors(f"section-{title}"), found) for title, found in grouped.items()]


def _title(check: Mapping[str, Any]) -> str:
    if check["section"]:
        return str(check["section"])
    test = check.get("test")
    if check["group"] == "check":
        return str(test["file"]) if test and test["file"] else "Checks"
    return "Rules of other projects" if check["group"] == "user" else "Others"


def _section(title: str, anchor: str, rows: Sequence[Row]) -> Section:
    checks = [row.check for row in rows]
    verdicts = [check["verdict"] for check in checks]
    return Section(
        title=title,
        anchor=anchor,
        rows=rows,
        counts={word: verdicts.count(word) for word in _VERDICTS},
        expected=sum(check["as_expected"] for check in checks),
        points=sum(part["points"] for check in checks for part in check["strata"]),
        entries=sum(check["entries"] for check in checks),
        ratio=figure(worst_ratio(checks), 2),
        detects=detects_text(worst_detectable(checks)),
        witnessed=any(check["witnesses"] for check in checks),
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
