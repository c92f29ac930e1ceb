"""One failure as the page shows it: inputs, matrices, secants, what to paste."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.reporting.matrices import Comparison, comparison
from gradcheck.reporting.wording import as_float, assignments, figure

__all__ = ["Drawings", "Shown", "shown_of"]

Drawings = tuple[Any, Any]
"""The curve and the heat map as markup; None where there is none."""

_SECANTS = 6


@dataclass(frozen=True)
class Shown:
    """One failure, ready to be set.

    Attributes
    ----------
    facts
        The failure as the record has it.
    given
        ``name = value`` of every input and function.
    matrices
        Claimed and reference, with their bars.
    secants
        Rows ``(entry, left, right, claimed)`` at a kink.
    curve, heat
        The figures as markup, or None.
    diagnosis, snippet
        Texts; empty where the record has none.
    """

    facts: Mapping[str, Any]
    given: Sequence[str]
    matrices: Comparison
    secants: Sequence[tuple[str, str, str, str]]
    curve: Any
    heat: Any
    diagnosis: str
    snippet: str


def shown_of(check: Mapping[str, Any], failure: Mapping[str, Any], drawn: Drawings) -> Shown:
    """Return ``failure`` of ``check`` with its ``drawn`` figures."""
    curve, heat = drawn
    return Shown(
        failure,
        _given(failure),
        comparison(failure),
        _secants(failure),
        curve,
        heat,
        failure.get("diagnosis") or check.get("diagnosis") or "",
        failure.get("snippet") or _test_again(check.get("test")),
    )


def _given(failure: Mapping[str, Any]) -> list[str]:
    kept = failure["inputs"]
    texts = assignments(kept, 17)
    for name, shape in failure.get("shapes", {}).items():
        if name not in kept:
            size = "×".join(map(str, shape))
            texts += assignments({name: f"{size} numbers, too many for the record"})
    return texts + assignments(failure["functions"])


def _secants(failure: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    left, right, claimed = failure.get("left"), failure.get("right"), failure["claimed"]
    if not left or not right:
        return []
    block = failure.get("block") or {"row": 0, "column": 0}
    rows: list[tuple[str, str, str, str]] = []
    for i, pair in enumerate(zip(left, right, strict=False)):
        for j, sides in enumerate(zip(*pair, strict=False)):
            if len(rows) < _SECANTS and all(math.isfinite(as_float(side)) for side in sides):
                known = claimed is not None and i < len(claimed) and j < len(claimed[i])
                entry = f"[{block['row'] + i}, {block['column'] + j}]"
                said = figure(claimed[i][j], 6) if known and claimed else "–"
                rows.append((entry, figure(sides[0], 6), figure(sides[1], 6), said))
    return rows


def _test_again(test: Mapping[str, Any] | None) -> str:
    """Return Python that runs the failing test: where the functions have no source of their own."""
    if not test or not test["node"]:
        return ""
    return f"import pytest\n\nraise SystemExit(pytest.main([{test['node']!r}]))\n"
