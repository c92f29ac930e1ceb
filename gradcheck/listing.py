"""Rules as plain data for the list, and rules explained with numbers."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.errors import InvalidArgument
from gradcheck.rules.catalogue import not_checkable, quotation
from gradcheck.rules.registry import Group, Kind, Rule, Source
from gradcheck.selection import find_rule, load_modules, select

if TYPE_CHECKING:
    from gradcheck.campaign.verdicts import PointVerdict
    from gradcheck.strategies import Point

__all__ = ["explained", "listed", "worked_example"]


def listed(
    arguments: Sequence[str] = (), *, all_installed: bool = False, modules: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return the selected rules as plain data; without ``arguments`` the misprints that no run can check too.

    Each row holds the rule's facts and ``expected``: ``"pass"``, ``"fail"`` (a misprint,
    to be refuted) or ``"not checkable"``.
    """
    rows = [_row(rule) for rule in select(arguments, all_installed=all_installed, modules=modules)]
    return rows if arguments else rows + [_not_checkable(entry) for entry in not_checkable()]


def _row(rule: Rule) -> dict[str, Any]:
    if rule.right is None:
        return rule.facts | {"expected": "pass"}
    return rule.facts | {"expected": "fail", "erratum": rule.misprint}


def _not_checkable(entry: dict[str, Any]) -> dict[str, Any]:
    lines = ", ".join(f"L{line}" for line, _ in entry["loc"])
    source = Source(entry["file"], "", lines)
    return {
        "id": entry["id"],
        "group": str(Group.ERRATUM),
        "kind": "not checkable",
        "section": f"Errata of {entry['file']}, not checkable",
        "function": "",
        "formula": entry["says"],
        "latex": "",
        "domain": "",
        "example": "",
        "notes": "",
        "signature": "",
        "sources": [vars(source)],
        "expected": "not checkable",
        "erratum": {
            "printed": quotation(entry),
            "right": entry["right"],
            "remark": entry["says"],
            "quote": quotation(entry),
            "reading": "",
            "refutes": entry["refutes"],
        },
    }


def explained(arguments: Sequence[str], modules: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield each rule that ``arguments`` mean, with its worked example: ids, globs, modules of rules.

    Parameters
    ----------
    arguments
        As for :func:`gradcheck.selection.select`; misprints that no run can check are found too.
    modules
        Modules of rules to import first, so that their ids can be named.

    Raises
    ------
    InvalidArgument
        If an argument means nothing; what is near is named.
    """
    load_modules(modules)
    for argument in arguments:
        told = [entry["id"] for entry in not_checkable() if fnmatch.fnmatchcase(entry["id"], argument)]
        try:
            ids = [rule.id for rule in select([argument])]
        except InvalidArgument:
            if not told:
                raise
            ids = []
        for rule_id in (*ids, *told):
            yield worked_example(rule_id)


def worked_example(rule_id: str) -> dict[str, Any]:
    """Return the facts of one rule with ``worked``: inputs, the claim and what differences say of it.

    A misprint is worked at a point that refutes it, found by search and shrunk.

    Raises
    ------
    InvalidArgument
        If there is no such rule; near misses are named.
    """
    for entry in not_checkable():
        if entry["id"] == rule_id:
            return _not_checkable(entry)
    rule = find_rule(rule_id)
    return _row(rule) | {"worked": _worked(rule)}


def _worked(rule: Rule) -> dict[str, Any]:
    from gradcheck.campaign.overheard import overhearing
    from gradcheck.campaign.pointwise import judge_point, judge_with
    from gradcheck.campaign.tallies import inputs_to_json
    from gradcheck.campaign.witnesses import CLOSED_FORM
    from gradcheck.results import Verdict

    with overhearing():
        point = _refuting(rule) if rule.right is not None else _typical(rule)
        if point is None:
            return {}
        verdict = judge_point(rule, point)
        shown = inputs_to_json(rule, point)
        worked = {
            "inputs": shown["inputs"],
            "functions": shown["functions"],
            "verdict": str(verdict.verdict),
            "message": verdict.message,
            "counterexample": rule.right is not None and verdict.verdict is Verdict.FAIL,
            "kind": str(rule.kind),
        }
        if rule.wrt is not None and rule.kind is Kind.DERIVATIVE:
            worked["wrt"] = rule.names[rule.wrt]
        worked |= _statements(verdict)
        if rule.right is not None:
            right = judge_with(rule, point, "float64", verdict, rule.right)
            said = next((one for one in right.testimonies if one.witness == CLOSED_FORM), None)
            if said is not None and said.value is not None:
                worked["right"] = said.value.tolist()
        return worked | _value(rule, point)


def _statements(verdict: PointVerdict) -> dict[str, Any]:
    """Return what the closed form and the first witness with an answer say."""
    from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM

    said = {one.witness: one for one in verdict.testimonies if one.value is not None}
    found: dict[str, Any] = {}
    claimed = said.get(CLOSED_FORM)
    if claimed is not None and claimed.value is not None:
        found["claimed"] = claimed.value.tolist()
    usable = [
        one
        for one in said.values()
        if one.witness != CLOSED_FORM and one.error is not None and np.isfinite(one.error).all()
    ]
    reference = min(usable, key=lambda one: one.witness != CENTRAL, default=None)
    if reference is not None and reference.value is not None and reference.error is not None:
        found |= {
            "witness": reference.witness,
            "reference": reference.value.tolist(),
            "error": reference.error.tolist(),
        }
    return found


def _value(rule: Rule, point: Point) -> dict[str, Any]:
    from gradcheck.campaign.witnesses import primal_of

    if rule.kind is not Kind.DERIVATIVE:
        return {}
    primal = primal_of(rule, point)
    try:
        return {"value": primal(primal.x).reshape(primal.f_shape or ()).tolist()}
    except Exception:
        # What is wrong with f stands in the message of the verdict.
        return {}


def _typical(rule: Rule) -> Point | None:
    """Return a smooth point whose numbers show the pattern of a matrix and still fit the screen."""
    from gradcheck.campaign.sampling import Settings, draw_points
    from gradcheck.domains import Stratum

    points = draw_points(rule, Stratum.SMOOTH, 20, Settings(examples=20, sizes=(2, 3)))
    return max(points[:8], key=_variety, default=None)


def _refuting(rule: Rule) -> Point | None:
    """Return the smallest point at which the claim is refuted, with entries to show; else a typical one."""
    from gradcheck.campaign.pointwise import judge_point
    from gradcheck.campaign.sampling import Settings, smallest_point
    from gradcheck.domains import Stratum
    from gradcheck.results import Verdict

    def fails(one: Point) -> bool:
        try:
            verdict = judge_point(rule, one)
        except Exception:
            return False
        return verdict.verdict is Verdict.FAIL and all(map(np.size, one.arguments.values()))

    found = smallest_point(rule, Stratum.SMOOTH, fails, Settings(examples=20), "float64")
    return found or _typical(rule)


def _variety(point: Point) -> int:
    """Count the distinct numbers of a point: an example of zeros and ones shows little."""
    return len({float(entry) for value in point.arguments.values() for entry in value.ravel()})
