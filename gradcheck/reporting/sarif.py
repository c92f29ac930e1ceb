"""A gate's outcome as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from gradcheck.reporting.wording import plural, printable

__all__ = ["gate_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST = 5000
"""GitHub shows no more results of a run."""
_TEXT = 4000


def gate_sarif(outcome: Mapping[str, Any], *, version: str, anchor: str = "") -> str:
    """Return a log of one run: a result for each finding, a rule for each of their kinds.

    A known failure is a suppressed result.  Fingerprints hold over time, so that an alert is not raised
    twice.

    Parameters
    ----------
    outcome
        As :func:`gradcheck.ledger.gate` returns it.
    version
        Of gradcheck.
    anchor
        The file that a finding without a place of its own is shown at, such as the baseline; relative to
        the root of the sources.

    References
    ----------
    OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 2020; GitHub Docs, "SARIF
    support for code scanning".
    """
    findings = [found for found in outcome["findings"] if found["kind"] != "added"]
    kinds = list({found["kind"]: found for found in findings}.values())
    places = {found["kind"]: place for place, found in enumerate(kinds)}
    driver = {"name": "gradcheck", "version": version, "rules": [_rule(found) for found in kinds]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome, len(findings))],
        "results": [_result(found, places, anchor) for found in findings[:_MOST]],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"gradcheck/{found['kind']}",
        "name": found["kind"].capitalize(),
        "shortDescription": {"text": found["title"]},
        "help": {"text": f"To do: {found['remedy']}."},
        "defaultConfiguration": {"level": _level(found)},
    }


def _level(found: Mapping[str, Any]) -> str:
    return "error" if found["closes"] else "note"


def _invocation(outcome: Mapping[str, Any], count: int) -> dict[str, Any]:
    texts = [printable(outcome["headline"])]
    if count > _MOST:
        texts.append(f"{plural(count - _MOST, 'result')} more than the {_MOST} shown, the worst, were cut")
    return {
        "executionSuccessful": True,
        "exitCode": outcome["exit_code"],
        "toolExecutionNotifications": [{"level": "note", "message": {"text": text}} for text in texts],
    }


def _result(found: Mapping[str, Any], places: Mapping[str, int], anchor: str) -> dict[str, Any]:
    text = printable(found["text"], _TEXT)
    name = printable(f"{found['id']} [{found['dtype']}]" if found["dtype"] else found["id"], 500)
    result: dict[str, Any] = {
        "ruleId": f"gradcheck/{found['kind']}",
        "ruleIndex": places[found["kind"]],
        "level": _level(found),
        "message": {"text": f"{name}: {text}" if name else text},
        "partialFingerprints": {"gradcheck/v1": _fingerprint(found)},
    }
    place = _location(found, anchor)
    if place:
        result["locations"] = [place]
    if found["kind"] in _WHY:
        note = printable(found["note"] or _WHY[found["kind"]], 400)
        result["suppressions"] = [{"kind": "external", "justification": note}]
    return result


_WHY = {"known": "listed in the baseline", "forgiven": "its test is marked xfail"}
"""Kinds of finding that are known, and who says so."""


def _fingerprint(found: Mapping[str, Any]) -> str:
    parts: Sequence[str] = (found["kind"], found["id"], found["dtype"])
    return hashlib.sha256("\0".join(parts).encode("utf-8", errors="replace")).hexdigest()


def _location(found: Mapping[str, Any], anchor: str) -> dict[str, Any]:
    location: dict[str, Any] = {}
    file = found["file"] or anchor
    if file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
        if found["file"] and found["line"] >= 1:
            physical["region"] = {"startLine": found["line"]}
        location["physicalLocation"] = physical
    if found["id"]:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(found["id"], 500)}]
    return location


def _uri(file: str) -> str:
    path = PurePath(printable(file, 1000))
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), safe="/")
