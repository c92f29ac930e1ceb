"""A single check as an entry of the record: what the plugin and a user's own script write down.

Standard library only.  An entry holds plain data from the start: it is written without being examined again,
because a check takes less than a millisecond.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from gradcheck.journal.encoding import encode
from gradcheck.journal.evidence import evidence_fields
from gradcheck.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradcheck.results import CheckResult, Power

__all__ = ["check_entry", "gate_reason"]

_LONGEST = 4000
"""Characters kept of a text that a function under test may have written, such as that of an exception."""


def gate_reason(
    result: CheckResult, *, allow_inconclusive: bool = False, max_detectable: float | None = None
) -> str:
    """Return why ``result`` must stop a build, in a few words; empty where it need not.

    Parameters
    ----------
    result
        What the check found.
    allow_inconclusive
        Whether INCONCLUSIVE is good enough, whoever made the check.
    max_detectable
        The largest relative error of a single entry that a PASS may have missed.

    Examples
    --------
    >>> from gradcheck.results import CheckResult, Reason
    >>> gate_reason(CheckResult(Verdict.FAIL, Reason.DISAGREES, ""))
    'wrong: disagrees'
    >>> gate_reason(CheckResult(Verdict.FAIL, Reason.DISAGREES, "", expect="fail"))
    ''
    """
    if result.expect == "fail":
        if result.verdict is Verdict.FAIL:
            return ""
        return f"expected to fail, but {result.verdict}: {result.reason}"
    if result.verdict is Verdict.FAIL:
        return f"wrong: {result.reason}"
    if result.verdict is Verdict.INCONCLUSIVE:
        return "" if allow_inconclusive or result.allow_inconclusive else f"inconclusive: {result.reason}"
    if max_detectable is not None and not result.detectable <= max_detectable:
        return f"too weak: an error of {result.detectable:.2g} would pass, at most {max_detectable:.2g} may"
    return ""


def check_entry(
    result: CheckResult,
    *,
    identity: str,
    test: Mapping[str, Any] | None = None,
    allow_inconclusive: bool = False,
    max_detectable: float | None = None,
) -> dict[str, Any]:
    """Return the entry of ``result`` in the record (``#/$defs/check`` of the schema).

    Parameters
    ----------
    result
        What the check found.
    identity
        What tells it from every other check of the run, and is the same in the next run.
    test
        ``node``, ``file``, ``line`` and ``outcome`` of the test that made it, plain; None outside a test.
    allow_inconclusive, max_detectable
        As for :func:`gate_reason`.

    Examples
    --------
    >>> from gradcheck.results import CheckResult, Reason
    >>> entry = check_entry(CheckResult(Verdict.PASS, Reason.AGREES, "", name="wave"), identity="wave")
    >>> entry["verdict"], entry["gates"], entry["as_expected"]
    ('pass', False, True)
    """
    gate = gate_reason(result, allow_inconclusive=allow_inconclusive, max_detectable=max_detectable)
    inconclusive = result.verdict is Verdict.INCONCLUSIVE
    wanted = Verdict.FAIL if result.expect == "fail" else Verdict.PASS
    return _blank(identity) | {
        "verdict": result.verdict.value,
        "reason": result.reason.slug,
        "message": _text(result.message),
        "expected": result.expect,
        "as_expected": result.verdict is wanted or (inconclusive and not gate),
        "gates": bool(gate),
        "gate_reason": gate,
        "function": _text(result.name),
        "notes": _text("\n".join(result.notes)),
        "entries": int(result.entries),
        "nfev": int(result.nfev),
        "largest": _largest(result),
        "detectable": _detectable(result),
        "strata": _strata(result),
        "test": test,
        "diagnosis": _text(result.diagnosis),
        "convention": _text(result.convention),
        "method": result.method,
        "strategy": result.strategy,
        "text": "" if result.verdict is Verdict.PASS else _text(str(result)),
        "worst": _worst(result),
        "power": _power(result),
        **evidence_fields(result),
    }


def _blank(identity: str) -> dict[str, Any]:
    """Return the fields that every check has, neutral where only a rule has them."""
    return {
        "id": _identity(identity),
        "dtype": "",
        "group": "check",
        "kind": "derivative",
        "section": "",
        "formula": "",
        "latex": "",
        "domain": "",
        "example": "",
        "signature": "",
        "sources": [],
        "erratum": None,
        "witnesses": {},
        "pairs": [],
        "conventions": [],
        "points": [],
        "failures": [],
        "counterexample": None,
        "self_test": None,
    }


def _identity(identity: str) -> str:
    """Return ``identity``, a long one cut without becoming another's."""
    if len(identity) <= _LONGEST:
        return _text(identity) or "check"
    mark = hashlib.sha256(identity.encode(errors="replace")).hexdigest()[:16]
    return f"{_text(identity[: _LONGEST // 2])}…{mark}"


def _text(text: str) -> str:
    kept = str(text) if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    # Nearly all is ASCII, which needs no look for lone surrogates.
    return kept if kept.isascii() else str(encode(kept))


def _strata(result: CheckResult) -> list[dict[str, Any]]:
    return [
        {
            "stratum": drawn.stratum,
            "expected": [result.expect],
            "points": drawn.points,
            "pass": drawn.passed,
            "fail": drawn.failed,
            "inconclusive": drawn.inconclusive,
            "unexpected": drawn.failed if result.expect == "pass" else 0,
        }
        for drawn in result.drawn
    ]


def _number(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(encode(float(value)))


def _largest(result: CheckResult) -> dict[str, Any] | None:
    worst = result.worst
    if worst is None:
        return None
    error = abs(worst.claimed - worst.reference)
    ratio = error / worst.budget if worst.budget > 0 else math.inf if error > 0 else 0.0
    return {
        "ratio": _number(ratio),
        "error": _number(error),
        "bar": _number(worst.budget),
        "pair": ["claim", result.method or "reference"],
        "index": [int(worst.index[0]), int(worst.index[1])],
        "point": "",
    }


def _worst(result: CheckResult) -> dict[str, Any] | None:
    worst = result.worst
    if worst is None:
        return None
    return {
        "path": _text(worst.path),
        "claimed": _number(worst.claimed),
        "reference": _number(worst.reference),
        "claimed_error": _number(worst.claimed_error),
        "reference_error": _number(worst.reference_error),
        "budget": _number(worst.budget),
    }


def _detectable(result: CheckResult) -> dict[str, Any] | None:
    power = result.power
    return None if power is None else _caught(power) | {"index": None, "point": ""}


def _power(result: CheckResult) -> dict[str, Any] | None:
    power = result.power
    return None if power is None else _caught(power) | {"path": _text(power.path), "apart": int(power.apart)}


def _caught(power: Power) -> dict[str, Any]:
    return {"median": _number(power.median), "worst": _number(power.worst)}
