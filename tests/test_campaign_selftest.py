"""Faults injected on purpose: every one that shows must be caught, and what escapes is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trial_rules import at, blurred_rule, cube, cube_slope, right, trial

from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.sampling import Settings
from gradcheck.campaign.selftest import Examined, examine_mutants, examine_rule
from gradcheck.mutants import MUTANTS, SHAPE_MUTANTS
from gradcheck.results import Verdict
from gradcheck.rules.registry import Kind

FEW = Settings(examples=8, sizes=(1, 2, 3))


def examined(rule, *points):
    return [Examined(one, judge_point(rule, one)) for one in points]


def test_every_fault_in_a_right_rule_is_caught():
    found = examine_rule(right(), FEW)
    assert found["id"] == "trial/right"
    assert found["message"] == ""
    assert found["survivors"] == []
    assert found["effective"] == found["killed"] == len(MUTANTS) - 3
    # A diagonal is its own transpose, no sum was left out of it, and there is one extent.
    assert found["equivalent"] == ["transpose", "missing sum over a broadcast axis", "wrong extent"]


@pytest.mark.parametrize("name", list(MUTANTS))
def test_effective_survivors_and_equivalent_add_up(name):
    found = examine_mutants(right(), "float64", examined(right(), at(x=[2.0, 3.0])))
    assert found["effective"] + len(found["equivalent"]) == len(MUTANTS)
    assert found["killed"] + len(found["survivors"]) == found["effective"]
    assert name not in found["survivors"]


def test_a_check_that_is_too_weak_lets_a_fault_survive():
    found = examine_rule(blurred_rule(), FEW)
    assert found["survivors"] == ["one entry by 1e-6"]
    assert found["killed"] == found["effective"] - 1


def test_one_sharp_point_is_enough_to_catch_a_fault():
    rule = right()
    dull, sharp = examined(rule, at(x=[0.0]), at(x=[2.0]))
    assert examine_mutants(rule, "float64", [dull])["effective"] < 6
    both = examine_mutants(rule, "float64", [dull, sharp])
    assert both["survivors"] == []
    assert both["effective"] > 6


def test_a_fault_within_the_rounding_of_the_claim_is_no_fault():
    rule = trial("t/lossy", lambda x: x, lambda x: np.diag(10 * ((x * 1.7e11 + 0.1) - x * 1.7e11)))
    found = examine_mutants(rule, "float64", examined(rule, at(x=[0.3])))
    assert "one entry by 1e-6" in found["equivalent"]
    sharp = trial("t/sharp", lambda x: x, lambda x: np.diag(x / x))
    assert (
        "one entry by 1e-6"
        not in examine_mutants(sharp, "float64", examined(sharp, at(x=[0.3])))["equivalent"]
    )


def test_a_fault_that_leaves_the_check_undecided_is_not_caught():
    rule = right()
    (one,) = examined(rule, at(x=[2.0, 3.0]))
    claimed, central, *_ = one.verdict.testimonies
    open_entry = np.where(np.eye(2) > 0, np.nan, central.value)
    unsure = replace(central, value=open_entry, error=np.where(np.isnan(open_entry), np.inf, central.error))
    found = examine_mutants(
        rule, "float64", [Examined(one.point, replace(one.verdict, testimonies=(claimed, unsure)))]
    )
    assert "factor 2" in found["survivors"]
    assert "wrong shape" not in found["survivors"]


def test_nothing_examined_is_nothing_effective():
    found = examine_mutants(right(), "float64", [])
    assert (found["effective"], found["killed"], found["survivors"]) == (0, 0, [])


def test_points_where_the_claim_does_not_pass_prove_nothing():
    rule = trial("t/off", cube, lambda x: cube_slope(x) + np.ones((1, 1)))
    assert examine_rule(rule, FEW)["effective"] == 0


@pytest.mark.parametrize("broken", ["f", "claim", "arrange"])
def test_a_broken_rule_is_reported_and_not_raised(broken):
    def fails(*_):
        raise RuntimeError("broken on purpose")

    parts = {"f": cube, "claim": cube_slope, "arrange": None} | {broken: fails}
    rule = trial("t/broken", parts["f"], parts["claim"], arrange=parts["arrange"])
    found = examine_rule(rule, FEW)
    assert found["effective"] == 0
    assert ("broken on purpose" in found["message"]) == (broken == "arrange")


def test_a_claim_that_fails_only_at_an_older_iterate_has_no_stale_input():
    def fussy(x):
        if np.any(x != np.round(x)):
            raise ValueError("whole numbers only")
        return cube_slope(x)

    rule = trial("t/fussy", cube, fussy)
    assert "stale input" in examine_mutants(rule, "float64", examined(rule, at(x=[2.0])))["equivalent"]
    for odd in (None, "text", [[1], [2, 3]]):
        rule = trial("t/odd", cube, lambda x, odd=odd: cube_slope(x) if np.all(x == 2) else odd)
        assert "stale input" in examine_mutants(rule, "float64", examined(rule, at(x=[2.0])))["equivalent"]


def test_terms_of_another_shape_are_not_the_terms_of_the_claim():
    def last_column_zero(x):
        return np.array([[3.0, 0.0]])

    def f(x):
        return 3 * x[0]

    for terms, effective in ((None, False), (lambda x: [np.ones((1, 2)), np.array([[2.0, -1.0]])], True)):
        rule = trial("t/terms", f, last_column_zero, "(n)->()", terms=terms)
        found = examine_mutants(rule, "float64", examined(rule, at(x=[2.0, 5.0])))
        assert ("dropped term" not in found["equivalent"]) is effective
    rule = trial("t/terms", f, last_column_zero, "(n)->()", terms=lambda x: [np.ones(2), np.ones(2)])
    assert "dropped term" in examine_mutants(rule, "float64", examined(rule, at(x=[2.0, 5.0])))["equivalent"]


def test_terms_see_copies():
    point = at(x=[2.0, 3.0])

    def greedy(x):
        x *= 0
        return [np.diag(x), np.diag(x)]

    rule = trial("t/greedy", cube, cube_slope, terms=greedy)
    examine_mutants(rule, "float64", examined(rule, point))
    assert point.arguments["x"].tolist() == [2.0, 3.0]


def test_wrong_shapes_are_injected_into_shape_claims():
    rule = trial("t/shape", lambda x: x[:2] * x[1:], lambda x: ((2, 3),), kind=Kind.SHAPE)
    found = examine_mutants(rule, "float64", examined(rule, at(x=[1.0, 2.0, 3.0])))
    assert found == {
        "effective": len(SHAPE_MUTANTS),
        "killed": len(SHAPE_MUTANTS),
        "equivalent": [],
        "survivors": [],
    }


def test_faults_are_injected_into_value_claims():
    rule = trial("t/value", lambda x: x + x, lambda x: 2 * x, wrt=None, kind=Kind.VALUE)
    found = examine_mutants(rule, "float64", examined(rule, at(x=[1.0, 2.5])))
    assert found["survivors"] == []
    assert found["effective"] >= 8


def test_a_fault_is_judged_against_all_that_was_said():
    rule = right()
    (one,) = examined(rule, at(x=[2.0, 3.0]))
    assert one.verdict.verdict is Verdict.PASS
    alone = Examined(one.point, one.verdict)
    assert examine_mutants(rule, "float64", [alone])["killed"] == 11
