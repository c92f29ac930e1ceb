"""Misprints examined: refuted as printed, confirmed as corrected, and never by chance."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import broken, cube, cube_slope, examined, trial

from gradcheck.campaign.sampling import Settings
from gradcheck.rules.registry import Group


def misprint(claim, right_form, **facts):
    return trial(
        "t/misprint", cube, claim, right=right_form, group=Group.ERRATUM, printed="as printed", **facts
    )


def test_a_misprint_is_refuted_by_a_shrunk_counterexample_and_the_right_form_passes():
    row = examined(misprint(lambda x: -cube_slope(x), cube_slope))
    assert (row["verdict"], row["expected"], row["as_expected"]) == ("fail", "fail", True)
    assert row["erratum"]["right_verdict"] == "pass"
    assert row["counterexample"]["inputs"] == {"x": [1.0]}
    assert row["failures"] == []
    assert row["self_test"] is None


def test_a_misprint_that_holds_is_not_as_expected():
    row = examined(misprint(cube_slope, cube_slope))
    assert (row["verdict"], row["as_expected"]) == ("pass", False)
    assert row["counterexample"] is None


@pytest.mark.parametrize(
    "right_form",
    [lambda x: 2 * cube_slope(x), lambda x: None, lambda x: 1 // 0],
    ids=["off", "none", "raises"],
)
def test_a_correction_that_does_not_hold_is_not_as_expected(right_form):
    row = examined(misprint(lambda x: -cube_slope(x), right_form))
    assert (row["verdict"], row["as_expected"]) == ("fail", False)
    assert row["erratum"]["right_verdict"] == "fail"
    assert row["message"].startswith("the right form does not pass: ")


def test_a_misprint_that_holds_at_the_first_point_is_refuted_all_the_same():
    row = examined(misprint(lambda x: cube_slope(np.minimum(x, 5.0)), cube_slope), Settings(examples=1))
    assert (row["verdict"], row["as_expected"]) == ("fail", True)


def test_a_misprint_that_cannot_be_examined_is_not_refuted():
    row = examined(misprint(lambda x: -cube_slope(x), cube_slope, arrange=broken))
    assert (row["verdict"], row["expected"], row["as_expected"]) == ("inconclusive", "fail", False)
    assert row["erratum"]["right_verdict"] == "inconclusive"
