"""A single check as an entry of the record: what the plugin and a user's own script write down.

Standard library only.  An entry is text from the start: a small check takes a millisecond, and to build its
tree and walk it again takes a tenth of that.  One long string is also nothing to Python's garbage collector,
which would visit the trees of all checks again and again.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gradcheck.journal.encoding import encode, to_json
from gradcheck.journal.evidence import evidence_fields, histogram_text
from gradcheck.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradcheck.results import CheckResult, Entry, Power

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
        The largest relative error of a single entry that a PASS may have missed.  A check with every entry at
        a kink meets none: membership decides there, and no size of error is sure to be caught.

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
        return f"too weak: {_would_pass(result)}, at most {max_detectable:.2g} may"
    return ""


def _would_pass(result: CheckResult) -> str:
    """Return what a PASS may have missed, in words."""
    power = result.power
    if power is not None and power.numberless:
        return "every entry is at a kink, where no error is sure to be caught"
    loosened = f" loosened by rtol={power.loosened:g}" if power is not None and power.loosened else ""
    return f"an error of {result.detectable:.2g} would pass{loosened}"


_NEUTRAL = to_json(
    {
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
        "counterexample": None,
        "self_test": None,
    }
)[1:-1]
"""The fields that every check has, neutral where only a rule has them."""


def as_expected(result: CheckResult, gate: str) -> bool:
    """Return whether ``result`` is what its check expects, or allowed; ``gate`` is its :func:`gate_reason`.

    Examples
    --------
    >>> from gradcheck.results import CheckResult, Reason
    >>> as_expected(CheckResult(Verdict.FAIL, Reason.DISAGREES, "", expect="fail"), "")
    True
    """
    if result.verdict is Verdict.INCONCLUSIVE:
        return not gate
    return result.verdict is (Verdict.FAIL if result.expect == "fail" else Verdict.PASS)


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
    end = ending(gate, to_json(test), expected=as_expected(result, gate))
    entry: dict[str, Any] = json.loads(unended(result, identified(identity)) + end)
    return entry


def unended(result: CheckResult, identity: str) -> str:
    """Return the entry of ``result`` as one line of JSON, but for what is known when its test has ended.

    Parameters
    ----------
    result
        What the check found.
    identity
        As :func:`identified` returns it.

    Returns
    -------
    str
        What makes a whole line with :func:`ending` behind it.
    """
    passed = result.verdict is Verdict.PASS
    return (
        f'{{"id":{to_json(identity)},{_NEUTRAL},"verdict":{_word(result.verdict.value)},'
        f'"reason":{_word(result.reason.slug)},"message":{_text(result.message)},'
        f'"expected":{_word(result.expect)},'
        f'"function":{_text(result.name)},"notes":{_text(chr(10).join(result.notes))},'
        f'"entries":{int(result.entries)},"nfev":{int(result.nfev)},'
        f'"diagnosis":{_text(result.diagnosis)},"convention":{_text(result.convention)},'
        f'"method":{_word(result.method)},"strategy":{_word(result.strategy)},'
        f'"text":{_EMPTY if passed else _text(str(result))},"strata":{_strata(result)},'
        f"{_worst(result.worst, result.method)},{_power(result.power)},{_evidence(result)}"
    )


def ending(gate: str, test: str, *, expected: bool, forgiven: bool = False) -> str:
    """Return the end of an entry: what is known when its test has ended.

    Parameters
    ----------
    gate
        Why it gates, as :func:`gate_reason` returns it.
    test
        The test that made it, as JSON.
    expected
        As :func:`as_expected` returns it.
    forgiven
        Whether it would gate, and its test is marked as known to fail: then it is as expected.

    Examples
    --------
    >>> ending("", "null", expected=True)
    ',"as_expected":true,"gates":false,"gate_reason":"","test":null}'
    >>> ending("wrong: disagrees", "null", expected=False, forgiven=True)
    ',"as_expected":true,"forgiven":true,"gates":false,"gate_reason":"wrong: disagrees","test":null}'
    """
    said = f'"as_expected":{_BOOLEAN[expected or forgiven]}' + (',"forgiven":true' if forgiven else "")
    return (
        f',{said},"gates":{_BOOLEAN[bool(gate) and not forgiven]},"gate_reason":{_text(gate)},"test":{test}}}'
    )


_BOOLEAN = ("false", "true")


_EMPTY = '""'
_word = lru_cache(maxsize=256)(to_json)
"""The JSON of one of the few words that stand in every entry."""


def identified(identity: str) -> str:
    """Return ``identity`` as the record holds it: plain, and a long one cut without becoming another's.

    Examples
    --------
    >>> identified("test_it.py::test_one::wave")
    'test_it.py::test_one::wave'
    """
    if len(identity) <= _LONGEST:
        return _plain(identity) or "check"
    mark = hashlib.sha256(identity.encode(errors="replace")).hexdigest()[:16]
    return f"{_plain(identity[: _LONGEST // 2])}…{mark}"


def _plain(text: str) -> str:
    kept = str(text) if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    # Nearly all is ASCII, which needs no look for lone surrogates.
    return kept if kept.isascii() else str(encode(kept))


def _text(text: str) -> str:
    return to_json(_plain(text)) if text else _EMPTY


def _strata(result: CheckResult) -> str:
    if not result.drawn:
        return "[]"
    return to_json(
        [
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
    )


def _number(value: float) -> str:
    # As `json` writes it; an array's scalar has a `repr` of its own.
    return float.__repr__(float(value)) if math.isfinite(value) else to_json(encode(float(value)))


def _size(value: float) -> str:
    """Return an error or a bar: more digits than mean anything, in a third of the time of all of them."""
    return f"{value:.12g}" if math.isfinite(value) else to_json(encode(float(value)))


def _worst(worst: Entry | None, method: str) -> str:
    if worst is None:
        return '"largest":null,"worst":null'
    error = abs(worst.claimed - worst.reference)
    ratio = error / worst.budget if worst.budget > 0 else math.inf if error > 0 else 0.0
    budget, (row, column) = _size(worst.budget), worst.index
    return (
        f'"largest":{{"ratio":{_size(ratio)},"error":{_size(error)},"bar":{budget},'
        f'"pair":["claim",{_word(method or "reference")}],"index":[{int(row)},{int(column)}],"point":""}},'
        f'"worst":{{"path":{_text(worst.path)},"claimed":{_number(worst.claimed)},'
        f'"reference":{_number(worst.reference)},"claimed_error":{_size(worst.claimed_error)},'
        f'"reference_error":{_size(worst.reference_error)},"budget":{budget}}}'
    )


def _power(power: Power | None) -> str:
    if power is None:
        return '"detectable":null,"power":null'
    sizes = f'"median":{_size(power.median)},"worst":{_size(power.worst)}'
    return (
        f'"detectable":{{{sizes},"index":null,"point":""}},'
        f'"power":{{{sizes},"path":{_text(power.path)},"apart":{int(power.apart)}}}'
    )


def _evidence(result: CheckResult) -> str:
    evidence = result.evidence
    if evidence is None:
        return '"histogram":null,"failures":[]'
    if result.verdict is Verdict.PASS:
        return f'"histogram":{histogram_text(evidence.histogram)},"failures":[]'
    return to_json(evidence_fields(result))[1:-1]
