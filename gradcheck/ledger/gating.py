"""The gate: a merged record, held against a baseline and a ceiling, is let through or not, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.ledger.baseline import standings
from gradcheck.ledger.drift import drifts
from gradcheck.ledger.findings import KINDS, Finding, finding, of_check, of_row, sort_key
from gradcheck.ledger.standing import (
    Key,
    Standing,
    closes,
    detects,
    is_doubt,
    is_forgiven,
    key_of,
    standing_of,
)

__all__ = ["gate"]

GATE_VERSION = 1


@dataclass(frozen=True)
class _Rules:
    """What the gate is asked to accept."""

    max_detectable: float | None
    allow_inconclusive: bool


def gate(
    record: Mapping[str, Any],
    *,
    baseline: Mapping[str, Any] | None = None,
    max_detectable: float | None = None,
    allow_inconclusive: bool = False,
) -> dict[str, Any]:
    """Return whether ``record`` passes the gate, with everything that was found, worst first.

    Parameters
    ----------
    record
        A complete record, merged where there are several.
    baseline
        As :func:`~gradcheck.ledger.baseline.baseline_of` returns it.  Its known failures do not close the
        gate; a check that it lists and that is gone, compares less, lost a witness or a hundredfold of its
        power does, and so does a known failure that is fixed.
    max_detectable
        The largest error, relative to its entry, that a passing check may leave undetected.
    allow_inconclusive
        Whether a check of which nothing can be told is let through.

    Returns
    -------
    dict
        ``open``; ``exit_code`` 0, 1 or, where nothing was checked, 5; ``headline``; ``counts``;
        ``findings``: ``kind``, ``closes``, ``id``, ``dtype``, ``title``, ``text``, ``remedy``, ``file``,
        ``line``, ``replay``, ``note``.
    """
    rules = _Rules(max_detectable, allow_inconclusive)
    current = {key_of(check): check for check in record["checks"]}
    listed = None if baseline is None else standings(baseline)
    notes = {(row["id"], row["dtype"]): row.get("note", "") for row in (baseline or {"checks": ()})["checks"]}
    found = list(_run_faults(record))
    for key, check in current.items():
        found += _judge(check, None if listed is None else listed.get(key), listed is None, rules, notes)
    for key, row in (listed or {}).items():
        if key not in current:
            found.append(of_row("vanished", row, "the baseline lists it, no record holds it"))
    entries = sum(check["entries"] for check in current.values())
    if not entries:
        found.append(finding("nothing", "no entry of any derivative was compared"))
    return _outcome(current, entries, sorted(found, key=sort_key))


def _run_faults(record: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what closes a run beside its checks: a planted fault not caught, a required witness absent."""
    summary = record["summary"]
    survivors = (record["self_test"] or {}).get("survivors", [])
    for one in survivors:
        yield finding("run", f"the self-test's planted fault was not caught: {one['mutant']} in {one['id']}")
    faults = summary.get("other_faults", [])
    for text in faults:
        yield finding("run", text)
    explained = survivors or faults or any(closes(check) for check in record["checks"])
    if summary["exit_code"] not in (0, 5) and not explained:
        texts = "; ".join(summary["messages"]) or "no message"
        yield finding("run", f"the run ended with exit code {summary['exit_code']}: {texts}")


def _judge(
    check: Mapping[str, Any],
    row: Standing | None,
    free: bool,
    rules: _Rules,
    notes: Mapping[Key, str],
) -> Iterator[Finding]:
    """Yield what is to be said of one check; ``free``: there is no baseline."""
    note = notes.get(key_of(check), "")
    known = row.known if row else ""
    lenient = rules.allow_inconclusive and (is_doubt(check) or known == "inconclusive")
    if closes(check):
        kind = _kind_of(check)
        if rules.allow_inconclusive and is_doubt(check):
            yield of_check("allowed", check, note=note)
        elif known and (known == "fail" or kind != "failure"):
            yield of_check("known", check, note=note)
        else:
            yield of_check(kind, check, note=note)
    elif is_forgiven(check):
        yield of_check("forgiven", check, note=note)
    elif known and not lenient:
        yield of_check("fixed", check, f"the baseline lists it as {known}, and it is as expected", note)
    if row is not None:
        lost: dict[str, list[str]] = {}
        for one in drifts(row, standing_of(check)):
            lost.setdefault(one.kind, []).append(one.text)
        for kind, texts in lost.items():
            yield of_check(kind, check, "; ".join(texts), note)
    elif not free and not closes(check):
        yield of_check("added", check, "as expected")
    yield from _weakness(check, rules.max_detectable)


def _kind_of(check: Mapping[str, Any]) -> str:
    if check["expected"] == "fail":
        return "missed"
    return {"pass": "weak", "inconclusive": "inconclusive", "fail": "failure"}[check["verdict"]]


def _weakness(check: Mapping[str, Any], ceiling: float | None) -> Iterator[Finding]:
    power = detects(check)
    passed = check["verdict"] == "pass" and not closes(check) and not is_forgiven(check)
    if ceiling is None or power is None or power["worst"] is None or not passed:
        return
    worst = float(power["worst"])
    if not worst <= ceiling:
        text = f"would catch an error of {worst:.2g} of an entry, the ceiling is {ceiling:.2g}"
        if worst == math.inf:
            text = f"has no entry that is sure to show an error (a kink), the ceiling is {ceiling:.2g}"
        yield of_check("weak", check, text)


def _outcome(current: Mapping[Key, Mapping[str, Any]], entries: int, found: list[Finding]) -> dict[str, Any]:
    kinds = [one.kind for one in found]
    closing = [one for one in found if KINDS[one.kind].closes]
    wrong = any(one.kind in ("failure", "missed") for one in found)
    # A claim of the wrong shape is wrong even where there is nothing to compare.
    code = (5 if not entries and not wrong else 1) if closing else 0
    counts = {
        "checks": len(current),
        "as_expected": sum(not closes(check) for check in current.values()),
        "entries": entries,
        "points": sum(stratum["points"] for check in current.values() for stratum in check["strata"]),
        "closing": len(closing),
    }
    return {
        "schema_version": GATE_VERSION,
        "tool": "gradcheck gate",
        "open": code == 0,
        "exit_code": code,
        "headline": _headline(code, counts, kinds),
        "counts": counts | {kind: kinds.count(kind) for kind in KINDS if kind in kinds},
        "findings": [one.as_data() for one in found],
    }


def _headline(code: int, counts: Mapping[str, int], kinds: list[str]) -> str:
    if code == 5:
        return "Gate closed: nothing was checked"
    checks = f"{counts['checks']} check{'' if counts['checks'] == 1 else 's'}"
    if code == 0:
        known = kinds.count("known")
        rest = f", {known} of them known to fail" if known else ""
        forgiven = kinds.count("forgiven")
        rest += f", {forgiven} forgiven by xfail" if forgiven else ""
        return f"Gate open: {checks}, {counts['entries']} entries compared{rest}"
    reasons = [_counted(kinds.count(kind), kind) for kind in KINDS if KINDS[kind].closes and kind in kinds]
    return f"Gate closed: {', '.join(reasons)}; {checks}"


def _counted(count: int, kind: str) -> str:
    """Return ``2 failures``, ``2 vanished``: most kinds are no nouns."""
    many = {"failure": "failures", "witness": "witnesses", "run": "runs"}
    return f"{count} {kind if count == 1 else many.get(kind, kind)}"
