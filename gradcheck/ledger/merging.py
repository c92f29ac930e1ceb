"""Several records -> one: of a check seen twice, the worse entry stands; points of other seeds add up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradcheck.counts import tally
from gradcheck.errors import InvalidArgument
from gradcheck.ledger.draws import added, as_drawn, drawn_with
from gradcheck.ledger.standing import closes, detects, key_of

__all__ = ["merge"]

_Entry = tuple[Mapping[str, Any], list[Mapping[str, Any]]]
"""An entry as its own run counted it, and what was counted with each seed."""
_BADNESS = {
    "pass": {"pass": 0, "inconclusive": 1, "fail": 2},
    "fail": {"fail": 0, "inconclusive": 1, "pass": 2},
}
_COUNTS = ("rules", "effective", "killed")


def merge(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the records of shards, workers and machines as one.

    A check is one ``id`` and ``dtype``.  Where several records hold it, or one holds it twice, its worst
    entry stands: not as expected before as expected; then the worse verdict; then the one with fewer
    witnesses, points, entries; then the one that would catch less.  At points drawn with several seeds its
    strata, entries, evaluations and witnesses' answers are those of all, each seed counted once; field
    ``draws`` keeps them apart, so that a merged record can be merged again.  The order of the records does
    not matter, but for the order of the checks, which is that of their first appearance.

    The merged record is complete if all are.  Its exit code is the gravest, 2 before 1 before 0; 5 only
    where all say 5.

    Raises
    ------
    InvalidArgument
        If there is no record.

    Examples
    --------
    >>> merge([])
    Traceback (most recent call last):
        ...
    gradcheck.errors.InvalidArgument: `records`: given [], expected at least one record; name a record
    """
    if not records:
        raise InvalidArgument.of("records", [], "at least one record", "name a record")
    merged = dict(records[0]) | (_header(records) if len(records) > 1 else {})
    checks = _worst_of(records, apart=merged["seed"] is None)
    if len(records) == 1 and len(checks) == len(merged["checks"]):
        return merged
    return merged | {"checks": checks, "summary": _summary(records, checks)}


def _worst_of(records: Sequence[Mapping[str, Any]], *, apart: bool) -> list[Mapping[str, Any]]:
    """Return the worst entry of each check; ``apart``: what was drawn with several seeds is added up."""
    found: dict[tuple[str, str], list[_Entry]] = {}
    for record in records:
        for check in record["checks"]:
            entry = (as_drawn(check), drawn_with(check, record["seed"]))
            found.setdefault(key_of(check), []).append(entry)
    return [_worst(entries, apart=apart) for entries in found.values()]


def _worst(entries: Sequence[_Entry], *, apart: bool) -> Mapping[str, Any]:
    check, own = max(entries, key=lambda one: (_badness(one[0]), bool(one[1])))
    # Where its own seed is not known its points may be those of another.
    return added(check, (draw for _, draws in entries for draw in draws)) if apart and own else check


def _badness(check: Mapping[str, Any]) -> tuple[Any, ...]:
    power = detects(check)
    worst = float("nan" if power is None or power["worst"] is None else power["worst"])
    points = sum(stratum["points"] for stratum in check["strata"])
    heard = sum(bool(said["answered"]) for said in check["witnesses"].values())
    return (
        closes(check),
        _BADNESS[check["expected"]][check["verdict"]],
        # Before the power, which moves a little from machine to machine: of one without JAX and one with it
        # the same stands every time.
        (-heard, -points, -check["entries"]),
        # NaN, "not known", is worst.
        (worst != worst, 0.0 if worst != worst else worst),
        # Two that differ in nothing of weight: any choice will do if it is always the same.
        json.dumps(check, sort_keys=True),
    )


def _header(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    seeds = _distinct(record["seed"] for record in records)
    return {
        "complete": all(record["complete"] for record in records),
        "command": "; ".join(_distinct(record["command"] for record in records)),
        "seed": seeds[0] if len(seeds) == 1 else None,
        "examples": max(record["examples"] for record in records),
        "dtypes": sorted({dtype for record in records for dtype in record["dtypes"]}),
        "sizes": sorted({size for record in records for size in record["sizes"]}),
        "witnesses": _witnesses(records),
        "not_checkable": _by_id(row for record in records for row in record["not_checkable"]),
        "self_test": _self_test([record["self_test"] for record in records if record["self_test"]]),
        "environment": _environment([record["environment"] for record in records]),
    }


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _by_id(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({row["id"]: row for row in rows}.values())


def _witnesses(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the witnesses of all records; one is available if it was anywhere."""
    details: dict[str, dict[bool, list[str]]] = {}
    for record in records:
        for witness in record["witnesses"]:
            said = details.setdefault(witness["name"], {True: [], False: []})
            said[witness["available"]].append(witness["detail"])
    return [
        {"name": name, "available": bool(said[True]), "detail": "; ".join(_distinct(said[bool(said[True])]))}
        for name, said in details.items()
    ]


def _self_test(tested: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not tested:
        return None
    return {
        "full": all(one["full"] for one in tested),
        **{name: sum(one[name] for one in tested) for name in _COUNTS},
        "survivors": [survivor for one in tested for survivor in one["survivors"]],
    }


def _environment(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = sorted({name for one in found for name in one["versions"]})
    return {
        "started": min(one["started"] for one in found),
        "duration_seconds": max((one["duration_seconds"] for one in found), key=float),
        "platform": "; ".join(_distinct(one["platform"] for one in found)),
        "python": "; ".join(_distinct(one["python"] for one in found)),
        "versions": {
            name: "; ".join(_distinct(one["versions"][name] for one in found if name in one["versions"]))
            for name in names
        },
    }


def _summary(records: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    summaries = [record["summary"] for record in records]
    codes = [summary["exit_code"] for summary in summaries]
    messages = _distinct(text for summary in summaries for text in summary["messages"])
    other = _distinct(text for summary in summaries for text in summary.get("other_faults", []))
    worst = next((code for code in (2, 1, 0, 5) if code in codes), 2)
    return tally(checks, messages=messages, exit_code=worst) | {"other_faults": other}
