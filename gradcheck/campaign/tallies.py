"""Judged points -> the counts, worst cases and rows of a rule's entry in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.campaign.verdicts import PointVerdict
from gradcheck.domains import Stratum
from gradcheck.results import Status, Verdict
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point

__all__ = [
    "Judged",
    "conventions_of",
    "detectable_of",
    "inputs_to_json",
    "largest_of",
    "pairs_of",
    "point_from_json",
    "point_id",
    "point_row",
    "strata_of",
    "witnesses_of",
]


@dataclass
class Judged:
    """A drawn point with its verdict."""

    number: int
    point: Point
    verdict: PointVerdict
    expected: tuple[Verdict, ...]
    right: PointVerdict | None = None

    @property
    def unexpected(self) -> bool:
        """Whether the verdict differs from what the stratum expects."""
        return self.verdict.verdict not in self.expected


@dataclass
class _Tally:
    points: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"pass": 0, "fail": 0, "inconclusive": 0})
    unexpected: int = 0


def point_id(rule: Rule, dtype: str, number: int) -> str:
    """Return the identity of a point, ``"elementwise/mul/wrt-w@float64#17"``."""
    return f"{rule.id}@{dtype}#{number}"


def inputs_to_json(rule: Rule, one: Point) -> dict[str, Any]:
    """Return ``inputs``, ``functions`` (text) and ``trees`` (to rebuild them) of a point."""
    return {
        "inputs": {
            name: np.asarray(value, dtype=np.float64).tolist() for name, value in one.arguments.items()
        },
        "functions": {name: str(drawn) for name, drawn in one.functions.items()},
        "trees": {name: rule.functions[name].to_json(drawn) for name, drawn in one.functions.items()},
        "shapes": {name: list(np.shape(value)) for name, value in one.arguments.items()},
    }


def point_from_json(rule: Rule, data: Mapping[str, Any], dtype: str) -> Point:
    """Rebuild the point that :func:`inputs_to_json` described."""
    words = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}

    def number(entry: Any) -> Any:
        return [number(inner) for inner in entry] if isinstance(entry, list) else words.get(entry, entry)

    arguments = {
        name: np.asarray(number(value), dtype=np.float64).reshape(data["shapes"][name]).astype(dtype)
        for name, value in data["inputs"].items()
    }
    functions = {name: rule.functions[name].from_json(tree) for name, tree in data["trees"].items()}
    stratum = next(stratum for stratum in Stratum if str(stratum) == data["stratum"])
    return Point(arguments, functions, stratum)


def witnesses_of(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return for each witness how many points it answered, and why not the others."""
    found: dict[str, dict[str, Any]] = {}
    for one in judged:
        for said in one.verdict.testimonies:
            entry = found.setdefault(said.witness, {"answered": 0, "unanswered": 0, "note": ""})
            usable = said.value is not None and said.status is Status.OK
            entry["answered" if usable else "unanswered"] += 1
            if not usable and not entry["note"]:
                entry["note"] = said.text or str(said.status)
    return found


def strata_of(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return for each stratum the verdicts found and expected."""
    tallies: dict[Stratum, _Tally] = {}
    expected: dict[Stratum, list[str]] = {}
    for one in judged:
        tally = tallies.setdefault(one.point.stratum, _Tally())
        expected[one.point.stratum] = [str(verdict) for verdict in one.expected]
        tally.points += 1
        tally.counts[str(one.verdict.verdict)] += 1
        tally.unexpected += one.unexpected
    return [
        {"stratum": str(stratum), "expected": expected[stratum], "points": tally.points}
        | tally.counts
        | {"unexpected": tally.unexpected}
        for stratum, tally in tallies.items()
    ]


def pairs_of(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return for each pair of witnesses how often they agreed, and the largest error against its bar."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in judged:
        for pair in one.verdict.pairs:
            blank = {
                "witnesses": list(pair.names),
                "points": 0,
                "agree": 0,
                "disagree": 0,
                "undecided": 0,
                "largest_ratio": 0.0,
                "largest_error": 0.0,
                "bar": 0.0,
            }
            row = rows.setdefault(pair.names, blank)
            word = {"pass": "agree", "fail": "disagree", "inconclusive": "undecided"}
            row["points"] += 1
            row[word[str(pair.comparison.verdict)]] += 1
            if pair.comparison.index is not None and pair.comparison.largest_ratio >= row["largest_ratio"]:
                row["largest_ratio"] = pair.comparison.largest_ratio
                row["largest_error"] = float(pair.comparison.difference[pair.comparison.index])
                row["bar"] = float(pair.comparison.allowed[pair.comparison.index])
    return list(rows.values())


def largest_of(rule: Rule, dtype: str, judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Return the largest error against its bar over all points and pairs; None when nothing was compared."""
    best: dict[str, Any] | None = None
    for one in judged:
        for pair in one.verdict.pairs:
            where = pair.comparison.index
            if where is None or (best is not None and pair.comparison.largest_ratio <= best["ratio"]):
                continue
            best = {
                "ratio": pair.comparison.largest_ratio,
                "error": float(pair.comparison.difference[where]),
                "bar": float(pair.comparison.allowed[where]),
                "pair": list(pair.names),
                "index": list(where),
                "point": point_id(rule, dtype, one.number),
            }
    return best


def detectable_of(rule: Rule, dtype: str, judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Return the smallest error that the passed points would have caught: median and worst entry."""
    relevant = [
        one
        for one in judged
        if one.verdict.verdict is Verdict.PASS
        and one.verdict.power is not None
        and one.verdict.power.relative.size
    ]
    every = [
        one.verdict.power.relative[~np.isnan(one.verdict.power.relative)]
        for one in relevant
        if one.verdict.power is not None
    ]
    flat = np.concatenate([entries.reshape(-1) for entries in every]) if every else np.empty(0)
    if not flat.size:
        return None
    worst = max(relevant, key=lambda one: 0.0 if one.verdict.power is None else one.verdict.power.worst())
    index = None if worst.verdict.power is None else worst.verdict.power.worst_index()
    return {
        "median": float(np.median(flat)),
        "worst": float(flat.max()),
        "index": list(index or (0, 0)),
        "point": point_id(rule, dtype, worst.number),
    }


def conventions_of(rule: Rule, dtype: str, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Say once for each stratum off the smooth what every witness takes there."""
    texts: list[dict[str, Any]] = []
    seen: set[Stratum] = set()
    for one in judged:
        if one.verdict.conventions and one.point.stratum not in seen:
            seen.add(one.point.stratum)
            identity = point_id(rule, dtype, one.number)
            texts += [
                {"point": identity, "witness": who, "text": text} for who, text in one.verdict.conventions
            ]
    return texts


def point_row(rule: Rule, dtype: str, one: Judged) -> dict[str, Any]:
    """Return a judged point as the record's row."""
    return {
        "id": point_id(rule, dtype, one.number),
        "stratum": str(one.point.stratum),
        "verdict": str(one.verdict.verdict),
        "reason": str(one.verdict.reason),
        **inputs_to_json(rule, one.point),
    }
