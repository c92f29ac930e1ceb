"""The matrix of checks and witnesses: what each witness says of a claim, in one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Mark", "marks_of", "witness_columns"]

_CLAIM = "closed form"


@dataclass(frozen=True)
class Mark:
    """One cell: a sign with its class, the number beside it, and the same in words."""

    kind: str
    sign: str
    count: int
    text: str


_SILENT = Mark("none", "–", 0, "no answer")
_UNASKED = Mark("unasked", "", 0, "not asked")


def witness_columns(record: Mapping[str, Any]) -> list[str]:
    """Return the witnesses that a claim is compared with, in the record's order."""
    return [one["name"] for one in record["witnesses"] if one["name"] != _CLAIM]


def marks_of(check: Mapping[str, Any], names: Sequence[str]) -> list[Mark]:
    """Return a mark for each witness: it agrees, disagrees, is undecided, says something else, or nothing."""
    pairs = {
        next(name for name in pair["witnesses"] if name != _CLAIM): pair
        for pair in check["pairs"]
        if _CLAIM in pair["witnesses"] and set(pair["witnesses"]) != {_CLAIM}
    }
    return [_mark(pairs.get(name), check["witnesses"].get(name)) for name in names]


def _mark(pair: Mapping[str, Any] | None, answers: Mapping[str, Any] | None) -> Mark:
    if pair is not None and pair["disagree"]:
        return Mark("fail", "✗", pair["disagree"], f"{pair['disagree']} disagree, {pair['agree']} agree")
    if pair is not None and pair["agree"]:
        return Mark("pass", "✓", pair["agree"], f"{pair['agree']} agree, {pair['undecided']} undecided")
    if pair is not None and pair["undecided"]:
        return Mark("inconclusive", "?", pair["undecided"], f"{pair['undecided']} undecided")
    if answers is None:
        return _UNASKED
    if answers["answered"]:
        return Mark(
            "none", "•", answers["answered"], f"{answers['answered']} answered, compared at kinks alone"
        )
    return _SILENT
