"""The gate: each reason that closes it, and beside it the twin that does not."""

from __future__ import annotations

import pytest
from sample_checks import check, erratum_check, stratum
from sample_record import record

from gradcheck.journal import violation
from gradcheck.ledger import KINDS, baseline_of, gate

FAIL = {"verdict": "fail", "as_expected": False, "reason": "mismatch", "message": "a factor 2"}
DOUBT = {"verdict": "inconclusive", "as_expected": False, "reason": "too weak", "message": ""}
FIXED = {"strata": [], "entries": 6}


def green(*checks, **facts):
    """A record of a run that found no fault of its own."""
    whole = record(list(checks), self_test=None, **facts)
    odd = any(not found["as_expected"] for found in checks)
    whole["summary"] |= {"exit_code": int(odd), "messages": []}
    return whole


def kinds(outcome, closes=True):
    return [found["kind"] for found in outcome["findings"] if found["closes"] is closes]


def against(before, after, **rules):
    baseline = baseline_of(green(*before))
    assert violation(baseline, document="baseline") is None
    return gate(green(*after), baseline=baseline, **rules)


def assert_open(outcome):
    assert (outcome["open"], outcome["exit_code"], kinds(outcome)) == (True, 0, [])
    assert outcome["headline"].startswith("Gate open")


def assert_closed(outcome, *reasons, code=1):
    assert (outcome["open"], outcome["exit_code"]) == (False, code)
    assert kinds(outcome) == list(reasons)
    assert outcome["headline"].startswith("Gate closed")


def test_a_right_derivative_opens_and_a_wrong_one_closes():
    assert_open(gate(green(check())))
    outcome = gate(green(check(), check("b", **FAIL)))
    assert_closed(outcome, "failure")
    (found,) = outcome["findings"]
    assert (found["id"], found["text"]) == ("b", "FAIL: mismatch: a factor 2")
    assert "1 failure" in outcome["headline"]


def test_an_inconclusive_check_closes_unless_allowed():
    assert_closed(gate(green(check(**DOUBT))), "inconclusive")
    outcome = gate(green(check(**DOUBT)), allow_inconclusive=True)
    assert_open(outcome)
    assert kinds(outcome, closes=False) == ["allowed"]
    assert_closed(gate(green(check(**FAIL)), allow_inconclusive=True), "failure")


def test_a_refuted_misprint_is_no_failure_and_one_that_stands_is():
    assert_open(gate(green(check(), erratum_check())))
    stands = erratum_check() | {"verdict": "pass", "as_expected": False}
    assert_closed(gate(green(check(), stands)), "missed")


def test_a_twin_that_is_not_refuted_is_not_excused_as_inconclusive():
    twin = check(expected="fail", verdict="inconclusive", as_expected=False)
    assert_closed(gate(green(twin), allow_inconclusive=True), "missed")


def test_a_check_that_its_test_gates_closes_although_it_passes():
    weak = check() | {"gates": True, "gate_reason": "too weak: an error of 1e-4 would pass, at most 1e-6 may"}
    outcome = gate(green(weak))
    assert_closed(outcome, "weak")
    assert "at most 1e-6 may" in outcome["findings"][0]["text"]
    assert_open(gate(green(check() | {"gates": False})))


@pytest.mark.parametrize(
    ("worst", "closes"), [(1e-9, False), (1e-6, False), (1.1e-6, True), ("nan", True), ("inf", True)]
)
def test_the_ceiling_on_what_may_stay_undetected(worst, closes):
    passing = check(detectable={"median": 1e-12, "worst": worst, "index": [0, 0], "point": ""})
    outcome = gate(green(passing), max_detectable=1e-6)
    assert kinds(outcome) == (["weak"] if closes else [])
    assert_open(gate(green(passing)))


def test_the_power_of_a_check_that_is_no_rule_counts_too():
    passing = check(detectable=None) | {"power": {"median": 1e-9, "worst": 1e-3, "path": "x", "apart": 0}}
    assert_closed(gate(green(passing), max_detectable=1e-6), "weak")


def test_the_ceiling_is_of_checks_that_pass():
    known = gate(green(check(**FAIL)), baseline=baseline_of(green(check(**FAIL))), max_detectable=1e-30)
    assert kinds(known) == []


def test_nothing_checked_is_never_green():
    assert_closed(gate(green()), "nothing", code=5)
    assert_closed(gate(green(check(entries=0))), "nothing", code=5)
    # Also where it is a baseline's checks that are gone.
    assert_closed(against([check()], []), "vanished", "nothing", code=5)


def test_a_wrong_shape_is_wrong_although_no_entry_was_compared():
    assert_closed(gate(green(check(entries=0, **FAIL))), "failure", "nothing", code=1)


def test_a_run_that_closed_for_reasons_of_its_own_closes_the_gate():
    assert_closed(gate(record([check()]) | {"summary": green()["summary"]}), "run")  # a survivor
    faulty = green(check())
    faulty["summary"] |= {"exit_code": 1, "messages": ["required witness absent: jax"]}
    assert "required witness absent" in gate(faulty)["findings"][0]["text"]
    assert_closed(gate(faulty), "run")


def test_a_known_failure_does_not_hide_an_absent_witness():
    faulty = green(check(**FAIL))
    faulty["summary"]["other_faults"] = ["required witness absent: jax"]
    assert_closed(gate(faulty, baseline=baseline_of(green(check(**FAIL)))), "run")


def test_a_known_failure_is_let_through_until_it_is_fixed():
    outcome = against([check(**FAIL)], [check(**FAIL)])
    assert_open(outcome)
    assert kinds(outcome, closes=False) == ["known"]
    assert "1 of them known to fail" in outcome["headline"]
    assert_closed(against([check(**FAIL)], [check()]), "fixed")


def test_a_new_failure_beside_a_known_one():
    outcome = against([check("a", **FAIL), check("b")], [check("a", **FAIL), check("b", **FAIL)])
    assert_closed(outcome, "failure")
    assert outcome["findings"][0]["id"] == "b"


def test_a_known_doubt_that_becomes_a_failure_closes():
    assert_closed(against([check(**DOUBT)], [check(**FAIL)]), "failure")
    assert_open(against([check(**FAIL)], [check(**DOUBT)]))


def test_a_doubt_that_is_allowed_is_not_kept_as_known():
    baseline = baseline_of(green(check(**DOUBT)), allow_inconclusive=True)
    assert "known" not in baseline["checks"][0]
    assert_open(gate(green(check()), baseline=baseline, allow_inconclusive=True))
    assert_closed(gate(green(check(**FAIL)), baseline=baseline, allow_inconclusive=True), "failure")


def test_a_check_that_vanished_closes_and_one_that_is_new_does_not():
    outcome = against([check("a"), check("b")], [check("a")])
    assert_closed(outcome, "vanished")
    outcome = against([check("a")], [check("a"), check("b")])
    assert_open(outcome)
    assert kinds(outcome, closes=False) == ["added"]


def test_a_new_check_that_fails_is_a_new_failure():
    assert_closed(against([check("a")], [check("a"), check("b", **FAIL)]), "failure")


def test_an_output_skipped_closes():
    assert_closed(against([check(**FIXED)], [check(strata=[], entries=4)]), "shrank")
    assert_open(against([check(**FIXED)], [check(**FIXED)]))


def test_fewer_points_close_and_other_entries_of_drawn_shapes_do_not():
    drawn = {"strata": [stratum("smooth", passed=30), stratum("kink", passed=5)]}
    assert_open(against([check(**drawn, entries=100)], [check(**drawn, entries=60)]))
    fewer = {"strata": [stratum("smooth", passed=35)]}
    assert_closed(against([check(**drawn)], [check(**fewer)]), "shrank")


def drawn(**points):
    """A property test, whose points are others in every run."""
    return check(strata=[stratum(name, passed=count) for name, count in points.items()]) | {"group": "check"}


@pytest.mark.parametrize("now", [{"smooth": 70, "edge": 30}, {"smooth": 93}, {"smooth": 99, "edge": 1}])
def test_the_points_of_a_property_test_are_chance(now):
    assert_open(against([drawn(smooth=80, edge=20)], [drawn(**now)]))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"smooth": 100}, {"smooth": 89}),
        ({"smooth": 60, "edge": 40}, {"smooth": 100}),
        ({"smooth": 80, "edge": 20}, {"smooth": 20, "edge": 70}),
    ],
)
def test_fewer_points_of_a_property_test_than_chance_explains(before, now):
    assert_closed(against([drawn(**before)], [drawn(**now)]), "shrank")


@pytest.mark.parametrize("before", [{}, FAIL])
def test_a_property_test_that_fails_stops_early_and_has_not_shrunk(before):
    failing = drawn(smooth=12, edge=4) | FAIL
    outcome = against([drawn(smooth=60, edge=40) | before], [failing])
    assert [found["kind"] for found in outcome["findings"]] == ["known" if before else "failure"]
    # Its twin, which passes on as few points, has.
    shrunk = against([drawn(smooth=60, edge=40)], [drawn(smooth=12, edge=4)])
    assert "shrank" in kinds(shrunk)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "Gate closed: 1 failure; 1 check"), (2, "Gate closed: 2 failures; 2 checks")]
)
def test_the_headline_counts_in_words(count, words):
    assert gate(green(*(check(f"wrong/{place}", **FAIL) for place in range(count))))["headline"] == words


def test_a_failure_names_the_likely_mistake():
    named = gate(green(check(**FAIL) | {"diagnosis": "factor 1/2"}))["findings"][0]
    assert named["text"] == "FAIL: mismatch: a factor 2; likely mistake: factor 1/2"
    assert "likely mistake" not in gate(green(check(**FAIL)))["findings"][0]["text"]
    doubt = gate(green(check(**DOUBT) | {"diagnosis": "factor 1/2"}))["findings"][0]
    assert "likely mistake" not in doubt["text"]


def test_what_a_property_test_detects_is_chance_until_it_is_too_weak():
    weaker = drawn(smooth=100) | {"detectable": {"median": 1e-4, "worst": 1e-3, "index": [0, 0], "point": ""}}
    assert_open(against([drawn(smooth=100)], [weaker]))
    assert_closed(against([drawn(smooth=100)], [weaker], max_detectable=1e-6), "weak")


def test_what_a_twin_would_have_caught_is_not_compared():
    twin = {"expected": "fail", "verdict": "fail", **FIXED}
    weak = {"median": 1e-4, "worst": "nan", "index": [0, 0], "point": ""}
    assert_open(against([check(**twin)], [check(**twin, detectable=weak)]))


def test_a_check_that_is_no_longer_drawn_has_shrunk():
    assert_closed(against([check()], [check(**FIXED)]), "shrank")


def test_a_silent_witness_closes():
    silent = check()
    silent["witnesses"]["complex step"]["answered"] = 0
    assert_closed(against([check()], [silent]), "witness")


@pytest.mark.parametrize(("worst", "closes"), [(0.9e-8, False), (1.2e-8, True), ("nan", True)])
def test_a_hundredfold_loss_of_power_closes(worst, closes):
    def power(worst):
        return {"median": 1e-13, "worst": worst, "index": [0, 0], "point": ""}

    outcome = against([check(**FIXED, detectable=power(1e-10))], [check(**FIXED, detectable=power(worst))])
    assert kinds(outcome) == (["detectable"] if closes else [])


def test_findings_come_worst_first_and_the_larger_error_first():
    def failing(name, ratio):
        return check(name, **FAIL, largest=check()["largest"] | {"ratio": ratio})

    record_ = green(
        failing("small", 10.0), check("doubt", **DOUBT), failing("large", 1e9), failing("nan", "nan")
    )
    outcome = gate(record_)
    assert [found["id"] for found in outcome["findings"]] == ["nan", "large", "small", "doubt"]


def test_every_kind_has_a_title_and_a_remedy():
    assert all(kind.title and kind.remedy for kind in KINDS.values())


def test_the_test_that_made_a_check_is_named():
    test = {"node": "tests/t.py::f", "file": "tests/t.py", "line": 7, "outcome": "passed"}
    (found,) = gate(green(check(**FAIL) | {"test": test}))["findings"]
    assert (found["file"], found["line"]) == ("tests/t.py", 7)


def test_a_baseline_has_a_sorted_row_for_each_check():
    rows = baseline_of(green(check("b"), check("a"), check("a", dtype="float32")))["checks"]
    assert [(row["id"], row["dtype"]) for row in rows] == [
        ("a", "float32"),
        ("a", "float64"),
        ("b", "float64"),
    ]
    assert set(rows[0]) == {"id", "dtype", "points", "detectable", "witnesses"}


def test_an_update_keeps_notes_and_power_that_hardly_moved():
    def single(worst):
        return green(
            check(**FIXED, detectable={"median": 1e-13, "worst": worst, "index": [0, 0], "point": ""})
        )

    first = baseline_of(single(1.23456e-10))
    assert first["checks"][0]["detectable"] == 1.2e-10
    first["checks"][0]["note"] = "see the tracker"
    second = baseline_of(single(2.3e-10), first)
    assert second == first
    third = baseline_of(single(2.5e-10), first)["checks"][0]
    assert (third["detectable"], third["note"]) == (2.5e-10, "see the tracker")


def test_the_note_of_a_known_failure_is_shown():
    baseline = baseline_of(green(check(**FAIL)))
    baseline["checks"][0]["note"] = "see the tracker"
    (found,) = gate(green(check(**FAIL)), baseline=baseline)["findings"]
    assert found["note"] == "see the tracker"


def test_a_failure_that_its_test_forgives_is_counted_apart_and_closes_nothing():
    forgiven = check(**FAIL) | {"as_expected": True, "forgiven": True, "gates": False}
    assert_open(gate(green(forgiven)))
    outcome = gate(green(forgiven), max_detectable=1e-30)
    assert kinds(outcome, closes=False) == ["forgiven"]
    assert outcome["headline"].endswith(", 1 forgiven by xfail")
    # Without the mark it is a failure, and a baseline that lists it does not call it fixed.
    assert_closed(gate(green(check(**FAIL))), "failure")
    assert kinds(against([check(**FAIL)], [forgiven]), closes=False) == ["forgiven"]
    assert kinds(against([forgiven], [check(**FAIL)])) == ["failure"]
    assert_open(against([check()], [forgiven]))
