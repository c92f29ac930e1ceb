"""A matrix of differences in units of their bars, as cells of six kinds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.reporting.wording import as_float

__all__ = ["LIMITS", "Heat", "heat_of"]

LIMITS = (1.0, 10.0, 1e3, 1e6)
"""Up to the first an entry agrees; each further limit begins a darker kind."""
_SMALL = 36
_LINE = 40
"""A vector longer than this is broken into lines of it."""


@dataclass(frozen=True)
class Heat:
    """Kinds of cells ``"h0"`` to ``"h4"``, ``"hx"`` where nothing is known, and what stands beside them.

    Attributes
    ----------
    kinds
        Rows of kinds.
    worst
        The cell of the largest ratio.
    row_labels, column_labels
        ``(place, text)``.
    label
        The figure in words.
    """

    kinds: tuple[tuple[str, ...], ...]
    worst: tuple[int, int] | None
    row_labels: tuple[tuple[int, str], ...]
    column_labels: tuple[tuple[int, str], ...]
    label: str

    @property
    def high(self) -> int:
        """Rows."""
        return len(self.kinds)

    @property
    def wide(self) -> int:
        """Columns of the longest row."""
        return max(map(len, self.kinds), default=0)

    def runs(self, kind: str) -> Iterator[tuple[int, int, int]]:
        """Yield ``(row, start, stop)`` of neighbouring cells of one kind: they are drawn as one."""
        for number, row in enumerate(self.kinds):
            start = 0
            while start < len(row):
                stop = start + 1
                while stop < len(row) and row[stop] == row[start]:
                    stop += 1
                if row[start] == kind:
                    yield number, start, stop
                start = stop


def heat_of(failure: Mapping[str, Any]) -> Heat | None:
    """Return the differences of a failure's matrices; None when they are small enough to read, or absent."""
    claimed, reference, bars = failure["claimed"], failure["reference"], failure["error"]
    if not (claimed and reference and bars) or not (len(claimed) == len(reference) == len(bars)):
        return None
    if any(len(a) != len(b) or len(a) != len(c) for a, b, c in zip(claimed, reference, bars, strict=True)):
        return None
    if len(claimed) * len(claimed[0]) <= _SMALL:
        return None
    ratios = [
        [_ratio(*entry) for entry in zip(*rows, strict=True)]
        for rows in zip(claimed, reference, bars, strict=True)
    ]
    block = failure.get("block") or {"row": 0, "column": 0}
    return _vector(ratios, block) if min(len(ratios), len(ratios[0])) == 1 else _matrix(ratios, block)


def _ratio(claimed: Any, reference: Any, bar: Any) -> float:
    known, allowed = as_float(reference), as_float(bar)
    if not math.isfinite(known) or not math.isfinite(allowed):
        return math.nan
    difference = abs(as_float(claimed) - known)
    if math.isnan(difference):
        return math.inf
    return difference / allowed if allowed > 0 else math.inf if difference > 0 else 0.0


def _kind(ratio: float) -> str:
    if math.isnan(ratio):
        return "hx"
    return f"h{sum(not ratio <= limit for limit in LIMITS)}"


def _matrix(ratios: Sequence[Sequence[float]], block: Mapping[str, Any]) -> Heat:
    worst = _largest(ratios)
    rows = _labels(len(ratios), block["row"], worst[0] if worst else None)
    columns = _labels(len(ratios[0]), block["column"], worst[1] if worst else None)
    return Heat(_kinds(ratios), worst, rows, columns, _words(ratios))


def _vector(ratios: Sequence[Sequence[float]], block: Mapping[str, Any]) -> Heat:
    flat = [ratio for row in ratios for ratio in row]
    first = block["column"] if len(ratios) == 1 else block["row"]
    lines = [flat[start : start + _LINE] for start in range(0, len(flat), _LINE)]
    labels = tuple((number, str(first + number * _LINE)) for number in range(len(lines)))
    return Heat(_kinds(lines), _largest(lines), labels, (), _words(lines))


def _kinds(ratios: Sequence[Sequence[float]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(_kind, row)) for row in ratios)


def _largest(ratios: Sequence[Sequence[float]]) -> tuple[int, int] | None:
    known = [(ratio, (i, j)) for i, row in enumerate(ratios) for j, ratio in enumerate(row) if ratio > 1]
    return max(known, key=lambda one: one[0])[1] if known else None


def _labels(length: int, first: int, worst: int | None) -> tuple[tuple[int, str], ...]:
    """Return the first, the last and the worst place, without those that would touch."""
    wanted = [place for place in (worst, 0, length - 1) if place is not None]
    kept: list[int] = []
    for place in wanted:
        if all(abs(place - other) > 2 for other in kept):
            kept.append(place)
    return tuple((place, str(first + place)) for place in sorted(kept))


def _words(ratios: Sequence[Sequence[float]]) -> str:
    flat = [ratio for row in ratios for ratio in row]
    wrong = sum(ratio > 1 for ratio in flat)
    unknown = sum(map(math.isnan, flat))
    text = f"Differences in units of their error bars: {wrong} of {len(flat)} entries beyond 1"
    return f"{text}, {unknown} not known." if unknown else f"{text}."
