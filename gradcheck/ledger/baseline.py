"""The baseline: what is checked today and which failures are known, small enough to commit and to review."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gradcheck.ledger.standing import Standing, standing_of

__all__ = ["BASELINE_VERSION", "baseline_of", "standings"]

BASELINE_VERSION = 1
_TOOL = "gradcheck baseline"
_SAME_POWER = 2.0
"""Between machines the detectable error moves by less; it is no change worth a line of a diff."""


def baseline_of(
    record: Mapping[str, Any], previous: Mapping[str, Any] | None = None, *, allow_inconclusive: bool = False
) -> dict[str, Any]:
    """Return the baseline of ``record``: a row for each check, sorted by ``id`` and ``dtype``.

    Parameters
    ----------
    record
        A whole record, merged where there are several.
    previous
        The baseline that it replaces: its ``note`` of a check is kept, and so is a detectable error that
        has moved by less than a factor 2.
    allow_inconclusive
        Then an inconclusive check is not a known failure.
    """
    before = {} if previous is None else {(row["id"], row["dtype"]): row for row in previous["checks"]}
    standing = sorted((standing_of(check) for check in record["checks"]), key=lambda one: one.key)
    rows = [_row(one, before.get(one.key, {}), allow_inconclusive) for one in standing]
    return {"schema_version": BASELINE_VERSION, "tool": _TOOL, "checks": rows}


def _row(one: Standing, before: Mapping[str, Any], allow_inconclusive: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.id, "dtype": one.dtype}
    if one.known and not (allow_inconclusive and one.known == "inconclusive"):
        row["known"] = one.known
    if "note" in before:
        row["note"] = before["note"]
    # How many entries drawn shapes have is chance, and would be noise in a diff.
    row |= {"points": dict(sorted(one.points.items()))} if one.points else {"entries": one.entries}
    if one.chance:
        row["chance"] = True
    if one.detectable is not None and not one.known:
        row["detectable"] = _kept(one.detectable, before.get("detectable"))
    if one.witnesses:
        row["witnesses"] = list(one.witnesses)
    return row


def _kept(now: float, before: Any) -> Any:
    was = math.nan if before is None else float(before)
    if was > 0 and was / _SAME_POWER <= now <= was * _SAME_POWER:
        return before
    return float(f"{now:.1e}") if math.isfinite(now) else str(now)


def standings(baseline: Mapping[str, Any]) -> dict[tuple[str, str], Standing]:
    """Return where each check of ``baseline`` stood, by its id and dtype.

    Examples
    --------
    >>> rows = [{"id": "cube", "dtype": "float64", "entries": 4, "known": "fail"}]
    >>> standings({"checks": rows})["cube", "float64"].known
    'fail'
    """
    found = (
        Standing(
            id=row["id"],
            dtype=row["dtype"],
            known=row.get("known", ""),
            entries=row.get("entries", 0),
            points=row.get("points", {}),
            chance=row.get("chance", False),
            detectable=float(row["detectable"]) if "detectable" in row else None,
            witnesses=tuple(row.get("witnesses", ())),
        )
        for row in baseline["checks"]
    )
    return {one.key: one for one in found}
