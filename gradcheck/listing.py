"""Rules as plain data for the list, and one rule explained with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.rules.catalogue import not_checkable
from gradcheck.rules.registry import Group, Kind, Rule, Source
from gradcheck.selection import find_rule, select

if TYPE_CHECKING:
    from gradcheck.strategies import Point

__all__ = ["listed", "worked_example"]


def listed(arguments: Sequence[str] = (), *, all_installed: bool = False) -> list[dict[str, Any]]:
    """Return the selected rules as plain data; without ``arguments`` the misprints that no run can check too.

    Each row holds the rule's facts and ``expected``: ``"pass"``, ``"fail"`` (a misprint,
    to be refuted) or ``"not checkable"``.
    """
    rows = [_row(rule) for rule in select(arguments, all_installed=all_installed)]
    return rows if arguments else rows + [_not_checkable(entry) for entry in not_checkable()]


def _row(rule: Rule) -> dict[str, Any]:
    misprint = rule.right is not None
    facts = rule.facts | {"expected": "fail" if misprint else "pass"}
    if misprint:
        facts["erratum"] = {
            "printed": rule.printed,
            "right": rule.right_text,
            "reading": rule.reading,
            "refutes": rule.refutes,
        }
    return facts


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
            "printed": entry["says"],
            "right": entry["right"],
            "reading": "",
            "refutes": entry["refutes"],
        },
    }


def worked_example(rule_id: str) -> dict[str, Any]:
    """Return the facts of one rule with ``worked``: inputs, the claim and what differences say of it.

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
    from gradcheck.campaign.pointwise import judge_point
    from gradcheck.campaign.sampling import Settings, draw_points
    from gradcheck.campaign.tallies import inputs_to_json
    from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM, primal_of
    from gradcheck.domains import Stratum

    # Extents of two and three show the pattern of a matrix and still fit the screen.
    points = draw_points(rule, Stratum.SMOOTH, 20, Settings(examples=20, sizes=(2, 3)))
    point = max(points[:8], key=_variety)
    verdict = judge_point(rule, point)
    said = {one.witness: one for one in verdict.testimonies}
    shown = inputs_to_json(rule, point)
    worked = {"inputs": shown["inputs"], "functions": shown["functions"]}
    claimed = said.get(CLOSED_FORM)
    if claimed is not None and claimed.value is not None:
        worked["claimed"] = claimed.value.tolist()
    others = [one for one in verdict.testimonies[1:] if one.value is not None]
    reference = said.get(CENTRAL, others[0] if others else None)
    if reference is not None and reference.value is not None and reference.error is not None:
        worked |= {
            "witness": reference.witness,
            "reference": reference.value.tolist(),
            "error": reference.error.tolist(),
        }
    if rule.kind is Kind.DERIVATIVE:
        primal = primal_of(rule, point)
        worked["value"] = primal(primal.x).reshape(primal.f_shape or ()).tolist()
    return worked


def _variety(point: Point) -> int:
    """Count the distinct numbers of a point: an example of zeros and ones shows little."""
    return len({float(entry) for value in point.arguments.values() for entry in value.ravel()})
