"""The evidence of a check -> fields of its entry in the record, cut to a size that can be shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gradcheck.journal.encoding import encode, number_text, to_json
from gradcheck.results import Verdict

if TYPE_CHECKING:
    from gradcheck.results import CheckResult, Curve, Evidence, Histogram

__all__ = ["curve_field", "evidence_fields", "histogram_field", "histogram_text"]

_MOST_ENTRIES = 400
_SIDE = 20
_MOST_INPUT = 2000
"""Numbers of one input that are kept; of a larger one the shape alone."""


def evidence_fields(result: CheckResult) -> dict[str, Any]:
    """Return ``histogram`` and ``failures`` of ``result``, plain data; empty ones where it has no evidence.

    A matrix of more than 400 entries is cut to a block of 20 by 20 around the worst one; ``block`` then says
    where the block stands, and ``wrong`` and ``index`` count from its corner.

    Examples
    --------
    >>> from gradcheck.results import CheckResult, Reason, Verdict
    >>> evidence_fields(CheckResult(Verdict.PASS, Reason.AGREES, ""))
    {'histogram': None, 'failures': []}
    """
    evidence = result.evidence
    if evidence is None:
        return {"histogram": None, "failures": []}
    histogram = histogram_field(evidence.histogram)
    if result.verdict is Verdict.PASS:
        return {"histogram": histogram, "failures": []}
    return {"histogram": histogram, "failures": [encode(_failure(result, evidence))]}


def histogram_field(histogram: Histogram | None) -> dict[str, Any] | None:
    """Return a histogram as the record's field."""
    if histogram is None:
        return None
    edges = [edge if math.isfinite(edge) else number_text(edge) for edge in histogram.edges]
    return {"edges": edges, "counts": list(histogram.counts)}


def histogram_text(histogram: Histogram | None) -> str:
    """Return :func:`histogram_field` as JSON.

    Examples
    --------
    >>> from gradcheck.results import Histogram
    >>> histogram_text(Histogram((0.0, 1.0, float("inf")), (4, 0)))
    '{"edges":[0.0,1.0,"inf"],"counts":[4, 0]}'
    """
    if histogram is None:
        return "null"
    # Whole numbers alone: Python writes such a list as JSON does.
    return f'{{"edges":{_edges(histogram.edges)},"counts":{[*histogram.counts]}}}'


@lru_cache(maxsize=8)
def _edges(edges: tuple[float, ...]) -> str:
    """Return edges as JSON: every check has the same."""
    return to_json([edge if math.isfinite(edge) else number_text(edge) for edge in edges])


def curve_field(curve: Curve | None) -> dict[str, Any] | None:
    """Return a curve of error against step as the record's field."""
    if curve is None:
        return None
    return {
        "entry": curve.entry,
        "steps": list(curve.steps),
        "errors": list(curve.errors),
        "rounding": list(curve.rounding),
        "truncation": list(curve.truncation),
        "chosen": curve.chosen,
    }


def _failure(result: CheckResult, evidence: Evidence) -> dict[str, Any]:
    block = _Block(evidence)
    curve = curve_field(evidence.curve)
    optional = {
        "claimed_error": block.matrix(evidence.claimed_error),
        "reference_error": block.matrix(evidence.reference_error),
        "left": block.matrix(evidence.left),
        "right": block.matrix(evidence.right),
        "block": block.field,
        "curve": curve,
        "diagnosis": result.diagnosis,
        "snippet": evidence.snippet,
    }
    return {
        "point": result.name,
        "stratum": "given",
        "inputs": {name: value for name, value in evidence.inputs.items() if _size(value) <= _MOST_INPUT},
        "functions": {},
        "shapes": {name: list(value.shape) for name, value in evidence.inputs.items()},
        "pair": ["claim", result.method or "reference"],
        "claimed": block.matrix(evidence.claimed),
        "reference": block.matrix(evidence.reference),
        "error": block.matrix(evidence.allowed),
        "wrong": block.wrong(),
        "index": block.index(),
        "message": result.message,
        "replay": "",
    } | {name: value for name, value in optional.items() if value}


def _size(value: Any) -> int:
    size: int = value.size
    return size


class _Block:
    """The part of the matrices that is kept: all of a small one, else 20 by 20 around the worst entry."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        m, n = (0, 0) if evidence.claimed is None else evidence.claimed.shape
        row, column = evidence.index or (0, 0)
        self.top = self.left = 0
        self.bottom, self.right = m, n
        self.field: Mapping[str, Any] | None = None
        if m * n > _MOST_ENTRIES:
            # A long thin matrix keeps its short side whole.
            high = min(m, max(_SIDE, _MOST_ENTRIES // max(n, 1)))
            wide = min(n, max(_SIDE, _MOST_ENTRIES // max(m, 1)))
            self.top, self.left = _start(row, high, m), _start(column, wide, n)
            self.bottom, self.right = self.top + high, self.left + wide
            self.field = {"row": self.top, "column": self.left, "shape": [m, n]}

    def matrix(self, values: Any) -> Any:
        """Return the block of one matrix as lists, None where there is none."""
        return None if values is None else values[self.top : self.bottom, self.left : self.right].tolist()

    def wrong(self) -> list[list[int]]:
        """Return the wrong entries inside the block, counted from its corner."""
        rows = self.matrix(self.evidence.wrong) or []
        return [[i, j] for i, row in enumerate(rows) for j, bad in enumerate(row) if bad]

    def index(self) -> list[int] | None:
        """Return the worst entry, counted from the block's corner."""
        worst = self.evidence.index
        return None if worst is None else [worst[0] - self.top, worst[1] - self.left]


def _start(centre: int, kept: int, length: int) -> int:
    return max(0, min(centre - kept // 2, length - kept))
