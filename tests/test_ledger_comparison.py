"""Two records compared: what is new, fixed, worse, gone."""

from __future__ import annotations

import copy

import pytest
from sample_checks import check, stratum
from sample_record import record

from gradcheck.ledger import compare

FAILS = {"verdict": "fail", "as_expected": False, "reason": "mismatch", "message": "a factor 2"}
DOUBT = {"verdict": "inconclusive", "as_expected": False, "reason": "too weak", "message": ""}
FIXED = {"strata": [], "entries": 6}


def both(before, after):
    return compare(record([after]), record([before]))


def only(found, name):
    """The one row, which stands under ``name`` and nowhere else."""
    lists = {key: rows for key, rows in found.items() if isinstance(rows, list)}
    assert [key for key, rows in lists.items() if rows] == [name]
    (row,) = lists[name]
    return row


def test_equal_records_differ_in_nothing():
    whole = record()
    found = compare(whole, copy.deepcopy(whole))
    assert found.pop("unchanged") == len(whole["checks"])
    assert not any(found.values())


def test_a_new_failure():
    row = only(both(check(), check(**FAILS)), "new")
    assert row == {
        "id": "elementwise/mul/wrt-w",
        "dtype": "float64",
        "before": "pass",
        "after": "fail",
        "why": "mismatch: a factor 2",
    }


def test_a_failure_that_is_gone_is_fixed():
    row = only(both(check(**FAILS), check()), "fixed")
    assert row["before"] == "fail"
    assert row["why"] == "before: mismatch: a factor 2"


def test_a_doubt_that_becomes_a_failure_is_worse_and_the_other_way_is_not():
    assert only(both(check(**DOUBT), check(**FAILS)), "worse")["after"] == "fail"
    assert both(check(**FAILS), check(**DOUBT))["unchanged"] == 1


def test_a_check_that_is_gone_and_one_that_is_added():
    assert only(compare(record([check("a")]), record([check("a"), check("b")])), "vanished")["id"] == "b"
    assert (
        only(compare(record([check("a"), check("b")]), record([check("a")])), "added")["before"] == "absent"
    )


def test_a_failing_check_that_was_absent_is_new():
    assert only(compare(record([check(**FAILS)]), record([])), "new")["before"] == "absent"


def test_a_misprint_refuted_as_before_is_unchanged_and_one_that_stands_is_new():
    refuted = check(group="erratum", verdict="fail", expected="fail")
    assert both(refuted, refuted)["unchanged"] == 1
    stands = refuted | {"verdict": "pass", "as_expected": False}
    assert only(both(refuted, stands), "new")["after"] == "pass"


def test_dtypes_are_checks_of_their_own():
    found = compare(record([check()]), record([check(), check(dtype="float32")]))
    assert only(found, "vanished")["dtype"] == "float32"


def test_a_fixed_check_shrinks_by_its_entries():
    row = only(both(check(**FIXED), check(strata=[], entries=4)), "worse")
    assert row["why"] == "compares 4 entries, was 6"
    assert both(check(**FIXED), check(strata=[], entries=7))["unchanged"] == 1


def test_a_generated_check_shrinks_by_its_points_and_not_by_entries():
    before = check(strata=[stratum("smooth", passed=30), stratum("kink", passed=5)])
    row = only(both(before, check(strata=[stratum("smooth", passed=29)])), "worse")
    assert row["why"] == "visits 0 kink points, was 5; visits 29 smooth points, was 30"
    assert both(before, before | {"entries": 3})["unchanged"] == 1
    assert only(both(before, before | {"entries": 0}), "worse")["why"].startswith("compares no entry")


def test_a_witness_that_falls_silent():
    before, after = check(), check()
    after["witnesses"]["complex step"]["answered"] = 0
    assert only(both(before, after), "worse")["why"] == "the witness complex step answers no longer"
    after["witnesses"]["complex step"]["answered"] = 1
    assert both(before, after)["unchanged"] == 1
    # One that answered now and then is no promise.
    before["witnesses"]["complex step"] |= {"answered": 3, "unanswered": 47}
    after["witnesses"]["complex step"] |= {"answered": 0, "unanswered": 50}
    assert both(before, after)["unchanged"] == 1


def power(median, worst):
    return {"median": median, "worst": worst, "index": [0, 0], "point": ""}


@pytest.mark.parametrize(("now", "worse"), [(0.99e-8, False), (1.01e-8, True), ("nan", True), ("inf", True)])
def test_power_may_not_fall_a_hundredfold(now, worse):
    before = check(**FIXED, detectable=power(1e-12, 1e-10))
    found = both(before, check(**FIXED, detectable=power(1e-12, now)))
    assert bool(found["worse"]) is worse


def test_the_power_of_a_generated_check_is_that_of_its_median_entry():
    before = check(detectable=power(1e-12, 1e-12))
    assert both(before, check(detectable=power(1e-12, 1e-4)))["unchanged"] == 1
    assert only(both(before, check(detectable=power(2e-10, 2e-10))), "worse")


def test_power_below_rounding_is_not_compared():
    before = check(**FIXED, detectable=power(1e-311, 1e-311))
    assert both(before, check(**FIXED, detectable=power(1e-300, 1e-289)))["unchanged"] == 1
    row = only(both(before, check(**FIXED, detectable=power(1e-13, 1e-13))), "worse")
    assert row["why"] == "would catch an error of 1e-13, was 2.2e-16"


def test_a_check_that_no_longer_says_what_it_detects_is_worse():
    before = check(**FIXED, detectable=power(1e-12, 1e-12))
    assert "no longer says" in only(both(before, check(**FIXED, detectable=None)), "worse")["why"]
