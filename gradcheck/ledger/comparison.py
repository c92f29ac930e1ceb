"""Two records, the newer against the older, check by check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcheck.ledger.drift import drifts
from gradcheck.ledger.standing import Key, Standing, is_forgiven, key_of, standing_of

__all__ = ["compare"]

_GRAVITY = {"": 0, "pass": 1, "inconclusive": 1, "fail": 2}
"""Of a verdict that is not what its check expects."""


def compare(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed from the record ``old`` to the record ``new``.

    Returns
    -------
    dict
        ``new``: checks that are not as expected and were, or were absent; ``fixed``: as expected now and
        were not; ``worse``: an inconclusive check that now fails, or one that lost entries, points,
        witnesses or a hundredfold of its power; ``vanished``: checks no longer there; ``added``: checks
        that were not there and are as expected.  Each a list of rows ``id``, ``dtype``, ``before``,
        ``after`` (a verdict, or "absent") and ``why``, sorted.  ``unchanged``: how many others there are.

    Examples
    --------
    >>> compare({"checks": []}, {"checks": []})["unchanged"]
    0
    """
    before = {key_of(check): check for check in old["checks"]}
    after = {key_of(check): check for check in new["checks"]}
    found: dict[str, Any] = {"new": [], "fixed": [], "worse": [], "vanished": [], "added": [], "unchanged": 0}
    for key in sorted(before.keys() | after.keys()):
        name, why = _change(before.get(key), after.get(key))
        if name:
            found[name].append(_row(key, before.get(key), after.get(key), why))
        else:
            found["unchanged"] += 1
    return found


def _change(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> tuple[str, str]:
    if now is None:
        return "vanished", "no longer checked"
    after = standing_of(now)
    if was is None:
        return ("new", _said(now)) if after.known else ("added", "was not checked before")
    before = standing_of(was)
    if after.known and not before.known:
        return "new", _said(now)
    if before.known and not after.known and not is_forgiven(now):
        return "fixed", f"before: {_said(was)}"
    if _hardened(before, after):
        return "worse", _said(now)
    lost = drifts(before, after)
    return ("worse", "; ".join(one.text for one in lost)) if lost else ("", "")


def _hardened(before: Standing, after: Standing) -> bool:
    return _GRAVITY[before.known] < _GRAVITY[after.known]


def _said(check: Mapping[str, Any]) -> str:
    """Return the verdict's reason and message."""
    return ": ".join(text for text in (check["reason"], check["message"]) if text) or check["verdict"]


def _row(key: Key, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None, why: str) -> dict[str, Any]:
    identity, dtype = key
    return {
        "id": identity,
        "dtype": dtype,
        "before": "absent" if was is None else was["verdict"],
        "after": "absent" if now is None else now["verdict"],
        "why": why,
    }
