"""A single check in the record: the schema's shape, what gates, and hostile texts."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from gradcheck import check
from gradcheck.journal import encode, violation
from gradcheck.journal.checks import check_entry, gate_reason
from gradcheck.results import CheckResult, Entry, Power, Reason, Verdict


def found(verdict=Verdict.PASS, reason=Reason.AGREES, **facts):
    return CheckResult(verdict, reason, "", **facts)


RESULTS = {
    "pass": check(np.sin, np.cos, 0.5),
    "fail": check(np.sin, lambda x: 2 * np.cos(x), 0.5),
    "wrong shape": check(lambda x: x * x, lambda x: x, np.ones(2)),
    "raised": check(lambda x: 1 / 0, lambda x: x, 1.0),
    "nothing compared": found(Verdict.INCONCLUSIVE, Reason.NOTHING_COMPARED),
    "not finite": found(
        Verdict.FAIL,
        Reason.NOT_FINITE,
        worst=Entry((0, 1), "d f / d x", math.nan, math.inf, 0.0, -math.inf, 0.0),
        power=Power(math.inf, math.inf, "", 2),
        name="name \ud800 <script>",
        text="long " * 10_000,
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_an_entry_follows_the_schema_and_is_plain_from_the_start(name):
    test = {"node": "t.py::t", "file": "t.py", "line": 3, "outcome": "passed"}
    entry = check_entry(RESULTS[name], identity="t.py::t::f", test=test)
    assert violation(entry, "check") is None
    assert encode(entry) == entry
    json.dumps(entry, allow_nan=False).encode()
    assert len(json.dumps(entry)) < 20_000


def test_long_identities_are_cut_and_stay_apart():
    names = ["n" * 9000, "n" * 9001, "n" * 8999 + "m", "short", ""]
    cut = [check_entry(RESULTS["pass"], identity=name)["id"] for name in names]
    assert len(set(cut)) == len(names)
    assert all(0 < len(name) < 2100 for name in cut)
    assert cut[3] == "short"


def test_the_schema_refuses_a_test_without_a_node():
    entry = check_entry(RESULTS["pass"], identity="f", test={"file": "t.py", "line": 3, "outcome": "passed"})
    assert violation(entry, "check") == "test: the field `node` is missing"


@pytest.mark.parametrize(
    ("result", "options", "gates"),
    [
        (found(), {}, ""),
        (found(detectable=1e-9), {"max_detectable": 1e-9}, ""),
        (found(detectable=1e-8), {"max_detectable": 1e-9}, "too weak: an error of 1e-08 would pass"),
        (found(detectable=math.nan), {"max_detectable": 1.0}, "too weak"),
        (
            found(detectable=math.inf, power=Power(math.inf, math.inf, "", 0, at_kinks=1)),
            {"max_detectable": 1e9},
            "too weak: every entry is at a kink",
        ),
        (found(Verdict.FAIL, Reason.DISAGREES), {"allow_inconclusive": True}, "wrong: disagrees"),
        (found(Verdict.FAIL, Reason.DISAGREES, expect="fail"), {}, ""),
        (found(expect="fail"), {"allow_inconclusive": True}, "expected to fail, but pass: agrees"),
        (
            found(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, expect="fail"),
            {"allow_inconclusive": True},
            "expected",
        ),
        (found(Verdict.INCONCLUSIVE, Reason.TOO_WEAK), {}, "inconclusive: too weak"),
        (found(Verdict.INCONCLUSIVE, Reason.TOO_WEAK), {"allow_inconclusive": True}, ""),
        (found(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, allow_inconclusive=True), {}, ""),
        (found(Verdict.FAIL, Reason.DISAGREES, allow_inconclusive=True), {}, "wrong"),
    ],
)
def test_what_gates(result, options, gates):
    reason = gate_reason(result, **options)
    assert reason.startswith(gates)
    assert bool(reason) == bool(gates)
    entry = check_entry(result, identity="f", **options)
    assert entry["gates"] == bool(gates)
    assert entry["as_expected"] == (not gates or gates.startswith("too weak"))


def test_an_entry_keeps_every_digit_of_a_claim_and_enough_of_a_bar():
    third, bar = 1 / 3, 1e-13 / 3
    worst = Entry((1, 2), "d f[1] / d x[2]", third, -third, bar, bar, 2 * bar)
    result = found(Verdict.FAIL, Reason.DISAGREES, worst=worst, power=Power(bar, 3.0, "d f", 1))
    entry = check_entry(result, identity="f")
    assert (entry["worst"]["claimed"], entry["worst"]["reference"]) == (third, -third)
    assert entry["worst"]["budget"] == entry["largest"]["bar"] == pytest.approx(2 * bar, rel=1e-11)
    assert entry["largest"]["index"] == [1, 2]
    assert entry["power"]["worst"] == entry["detectable"]["worst"] == 3.0


def test_numbers_of_arrays_are_plain_in_an_entry():
    worst = Entry((np.int64(0), np.int64(1)), "d f", np.float64(0.1), np.float32(0.5), *np.ones(3))
    result = found(worst=worst, entries=np.int64(4), nfev=np.int64(9), power=Power(np.float64(0.1), 1, "", 0))
    entry = check_entry(result, identity="f")
    assert violation(entry, "check") is None
    assert (entry["worst"]["claimed"], entry["largest"]["index"], entry["entries"]) == (0.1, [0, 1], 4)
