"""What a gate finds: its kinds, from the gravest down, and what to do about each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gradcheck.ledger.standing import Standing, is_doubt

__all__ = ["KINDS", "Finding", "Kind", "finding", "of_check", "of_row", "sort_key"]

_UPDATE = "if that is meant, say so with --update-baseline"


@dataclass(frozen=True)
class Kind:
    """One kind of finding.

    Attributes
    ----------
    slug
        Its name, stable, for machines.
    title
        What it is, for people.
    remedy
        What to do about it.
    closes
        Whether it closes the gate.
    """

    slug: str
    title: str
    remedy: str
    closes: bool = True


_LISTED = (
    Kind("failure", "A derivative is wrong", "mend it"),
    Kind("missed", "A derivative wrong on purpose was not refuted", "look at its message"),
    Kind("run", "The run itself is not all right", "see the message of the run"),
    Kind("inconclusive", "Nothing can be told of a derivative", "see why, or pass --allow-inconclusive"),
    Kind("vanished", "A check has vanished", f"bring it back; {_UPDATE}"),
    Kind("shrank", "A check compares less than it did", f"find out what is left out; {_UPDATE}"),
    Kind("witness", "A witness no longer answers", f"install or mend it; {_UPDATE}"),
    Kind("detectable", "A check would catch too little", f"find out why its reference is worse; {_UPDATE}"),
    Kind("weak", "A check would catch too little", "sharpen its reference, or raise --max-detectable"),
    Kind("fixed", "A known failure is fixed", "take it off the baseline: --update-baseline"),
    Kind("nothing", "Nothing was checked", "see which checks were selected, and whether they ran"),
    Kind("known", "A known failure", "mend it; the baseline lists it", closes=False),
    Kind(
        "forgiven", "A known failure, in a test marked xfail", "mend it, and take off the mark", closes=False
    ),
    Kind("allowed", "Inconclusive, as allowed", "see why", closes=False),
    Kind("added", "A check that the baseline does not list", "add it with --update-baseline", closes=False),
)
KINDS = {kind.slug: kind for kind in _LISTED}
"""Every kind by its slug, the gravest first."""
_RANK = {slug: rank for rank, slug in enumerate(KINDS)}


@dataclass(frozen=True)
class Finding:
    """One thing found, of a check or, with an empty ``id``, of the whole.

    ``size`` orders findings of one kind: the error over its bar where there is one.
    """

    kind: str
    id: str
    dtype: str
    text: str
    file: str = ""
    line: int = 0
    replay: str = ""
    note: str = ""
    size: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """Return the finding as plain data, with its kind's title, remedy and whether it closes the gate."""
        kind = KINDS[self.kind]
        data = asdict(self) | {"title": kind.title, "remedy": kind.remedy, "closes": kind.closes}
        del data["size"]
        return data


def sort_key(found: Finding) -> tuple[Any, ...]:
    """Return a key that sorts findings worst first, and the same way every time."""
    unknown = math.isnan(found.size)
    return _RANK[found.kind], not unknown, 0.0 if unknown else -found.size, found.id, found.dtype, found.text


def finding(kind: str, text: str) -> Finding:
    """Return a finding of the whole."""
    return Finding(kind, "", "", text)


def of_row(kind: str, row: Standing, text: str) -> Finding:
    """Return a finding of a check that only the baseline holds."""
    return Finding(kind, row.id, row.dtype, text)


def of_check(kind: str, check: Mapping[str, Any], text: str = "", note: str = "") -> Finding:
    """Return a finding of ``check``; its own reason and message where ``text`` is empty."""
    test = check.get("test") or {}
    return Finding(
        kind=kind,
        id=check["id"],
        dtype=check["dtype"],
        text=text or _said(check),
        file=test.get("file", ""),
        line=test.get("line", 0),
        replay="" if is_doubt(check) or check["as_expected"] else _replay(check),
        note=note,
        size=float((check["largest"] or {}).get("ratio", 0.0)),
    )


def _said(check: Mapping[str, Any]) -> str:
    words = check["verdict"].upper()
    if check["expected"] == "fail":
        words += ", expected to fail"
    # A check that passes and closes says why in a field of its own.
    reason = check["reason"] if check["verdict"] != "pass" else check.get("gate_reason") or check["reason"]
    said = ": ".join(text for text in (words, reason, check["message"]) if text)
    mistake = _mistake(check) if check["verdict"] == "fail" else ""
    return f"{said}; likely mistake: {mistake}" if mistake else said


def _mistake(check: Mapping[str, Any]) -> str:
    """Return the likely mistake: of a test's check, or of the first failure of a rule that names one."""
    found = (check.get("diagnosis"), *(failure.get("diagnosis") for failure in check["failures"]))
    return next((text for text in found if text), "")


def _replay(check: Mapping[str, Any]) -> str:
    failures = (*check["failures"], check["counterexample"])
    return next((failure["replay"] for failure in failures if failure), "")
