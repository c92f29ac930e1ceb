"""One check as a row of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.reporting.anchors import Anchors
from gradcheck.reporting.spread import Spread, spread_of
from gradcheck.reporting.witnessed import Mark, marks_of
from gradcheck.reporting.wording import (
    SAYS_NOTHING,
    assignments,
    detects_text,
    figure,
    numberless,
    severity,
    source_text,
)

__all__ = ["Row", "row_of"]

_SAMPLES = 3
_WIDE = 120
_OPTIONAL: Mapping[str, Any] = {
    **dict.fromkeys(("gate_reason", "diagnosis", "convention", "method", "strategy", "text"), ""),
    "forgiven": False,
    "test": None,
    "power": None,
    "histogram": None,
}
"""Fields that a record may leave out."""
SYMBOLS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}


@dataclass(frozen=True)
class Row:
    """One check in the table of its section.

    Attributes
    ----------
    check
        As in the record.
    anchor
        Its identifier on the page: of its evidence, where it is not as expected.
    place
        The identifier of its row, or of its card among the errata; the same where there is no evidence.
    title
        What it is called: its id, without the file that its section names already.
    symbol
        Of the verdict.
    formula
        Markup, or None.
    wide
        Whether the formula needs room to scroll.
    sources, places
        Where the claim stands, with and without what is usual.
    marks
        One for each witness.
    spread
        The histogram, or None.
    ratio, detects, sort_ratio, sort_detects
        Largest error over its bar, and the smallest error that would have been caught: to read, to sort.
    numberless
        Whether every entry is at a kink, so that there is no such error.
    weakest
        The entry where it is weakest, by name; empty when not known.
    samples
        Some of its points: id, stratum and verdict, inputs.
    """

    check: Mapping[str, Any]
    anchor: str
    place: str
    title: str
    symbol: str
    formula: str | None
    wide: bool
    sources: Sequence[str]
    places: Sequence[str]
    marks: Sequence[Mark]
    spread: Spread | None
    ratio: str
    detects: str
    numberless: bool
    sort_ratio: str
    sort_detects: str
    weakest: str
    samples: Sequence[tuple[str, str, str]]

    @property
    def odd(self) -> bool:
        """Whether the verdict is not the expected one."""
        return not self.check["as_expected"]


def row_of(
    check: Mapping[str, Any],
    anchors: Anchors,
    formula: Mapping[str, str | None],
    witnesses: Sequence[str],
    *,
    lean: bool,
) -> Row:
    """Return ``check`` as a row; a ``lean`` one goes without samples of its points."""
    check = {**_OPTIONAL, **check}
    # "same" refers to the rule before it, which a page that sorts and filters may not show.
    check |= {name: "" for name in ("function", "domain", "example") if check[name] in SAYS_NOTHING}
    largest, detectable = check["largest"], check["detectable"]
    # Two formulas of one line are two sources, and one place.
    sources = list(dict.fromkeys(source_text(source) for source in check["sources"]))
    anchor = anchors(check["id"])
    return Row(
        check=check,
        anchor=anchor,
        place=anchor if check["as_expected"] else anchors(f"row/{anchor}"),
        title=_title(check),
        symbol=SYMBOLS[check["verdict"]],
        formula=formula.get(check["latex"]),
        wide=len(check["latex"] or check["formula"]) > _WIDE,
        sources=sources,
        places=[text.removesuffix(" (printed)") for text in sources],
        marks=marks_of(check, witnesses) if check["witnesses"] else (),
        spread=spread_of(check.get("histogram")),
        ratio=figure(largest["ratio"], 2) if largest else "–",
        detects=_detects(check),
        numberless=numberless(check),
        sort_ratio=_sort_key(largest and largest["ratio"]),
        sort_detects=_sort_key(detectable and detectable["worst"]),
        weakest=_weakest(check),
        samples=() if lean else [_sample(point) for point in check["points"][:_SAMPLES]],
    )


def _title(check: Mapping[str, Any]) -> str:
    test = check.get("test")
    file = test["file"] if test else ""
    return str(check["id"]).removeprefix(f"{file}::") if file else str(check["id"])


def _weakest(check: Mapping[str, Any]) -> str:
    power = check.get("power")
    if power and power["path"]:
        return str(power["path"])
    index = (check["detectable"] or {}).get("index")
    return f"entry [{index[0]}, {index[1]}]" if index else ""


def _sample(point: Mapping[str, Any]) -> tuple[str, str, str]:
    given = assignments(point["inputs"]) + assignments(point["functions"])
    return point["id"], f"{point['stratum']}, {point['verdict']}", "; ".join(given)


def _detects(check: Mapping[str, Any]) -> str:
    if not check["detectable"]:
        return "–"
    return "at a kink" if numberless(check) else detects_text(check["detectable"]["worst"])


def _sort_key(value: Any) -> str:
    """Return a number that a script can sort by: what is not known comes before every number."""
    unknown, number = severity(value)
    return "1e999" if unknown and value is not None else "-1" if value is None else f"{number:.4g}"
