"""At a kink: a claim must lie in Clarke's generalised Jacobian, and every convention is on record."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import AT_ZERO, JUMP_AT_ZERO, Declared, at, relu, relu_rule, trial

from gradcheck.campaign.kinks import conventions
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM, COMPLEX_STEP, JAX_FORWARD, JAX_REVERSE
from gradcheck.domains import Stratum
from gradcheck.results import Reason, Verdict

KINK = at(Stratum.KINK, x=[0.0])


def slope(value):
    return lambda x: np.full((1, 1), value)


def judged(value, system=None):
    return judge_point(relu_rule(claim=slope(value)), KINK, autodiff=system)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 0.125])
def test_every_slope_between_the_one_sided_ones_is_a_legitimate_convention(value):
    found = judged(value)
    assert (found.verdict, found.reason) == (Verdict.PASS, Reason.SUBGRADIENT)
    assert found.entries == 1


@pytest.mark.parametrize("value", [2.0, -1.0, 1.001, -0.001])
def test_a_slope_outside_fails_and_shows_the_nearest_smooth_one(value):
    found = judged(value)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.DISAGREES)
    assert found.failing.names == (CLOSED_FORM, CENTRAL)
    assert found.failing.claimed.value.item() == value
    assert found.failing.reference.value.item() == pytest.approx(round(min(max(value, 0.0), 1.0)))
    allowed = "the one-sided derivatives are 0 and 1, so only [0, 1] is legitimate"
    assert found.message == f"at x = [0] the claim is {value:g}; {allowed}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_claim_that_is_not_finite_fails_at_a_kink_too(value):
    assert judged(value).verdict is Verdict.FAIL


@pytest.mark.parametrize("shape", [(1,), (), (1, 2), (1, 1, 1)])
def test_a_claim_of_another_shape_fails_at_a_kink_too(shape):
    found = judge_point(relu_rule(claim=lambda x: np.zeros(shape)), KINK)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)


def test_autodiff_is_judged_by_membership_as_well():
    half, outside = Declared(np.full((1, 1), 0.5)), Declared(np.full((1, 1), 2.0))
    assert judged(0.0, half).verdict is Verdict.PASS
    found = judged(0.0, outside)
    assert found.verdict is Verdict.FAIL
    assert found.failing.names[0] == JAX_FORWARD
    assert found.message.startswith("at x = [0] jax forward says 2; ")


def test_the_record_holds_what_every_witness_says():
    found = judged(0.0, Declared(np.full((1, 1), 0.5), np.full((1, 1), 0.25)))
    said = dict(found.conventions)
    assert list(said) == [CLOSED_FORM, CENTRAL, COMPLEX_STEP, JAX_FORWARD, JAX_REVERSE]
    assert said[CLOSED_FORM] == "0"
    assert said[CENTRAL] == "no derivative, one-sided 0 and 1"
    assert said[COMPLEX_STEP].startswith("refused: ")
    assert (said[JAX_FORWARD], said[JAX_REVERSE]) == ("0.5", "0.25")


def test_a_witness_that_broke_says_so_at_a_kink():
    found = judged(0.0, Declared(raises=TypeError("no rule")))
    assert found.verdict is Verdict.PASS
    assert dict(found.conventions)[JAX_FORWARD] == "TypeError: no rule"


def test_a_smooth_entry_beside_a_kink_is_still_judged():
    def claim(x):
        return np.diag(np.where(x > 0, 1.0, 0.0)) + np.array([[0, 0], [0, 1e-3]])

    point = at(Stratum.KINK, x=[0.0, 2.0])
    assert judge_point(relu_rule(), point).verdict is Verdict.PASS
    found = judge_point(relu_rule(claim=claim), point)
    assert found.verdict is Verdict.FAIL
    assert found.message == (
        "at x = [0, 2] the claim is 1.001 at entry [1, 1] (by x[1]); the derivative on every side is 1"
    )


def test_boxes_are_not_enough():
    def largest(w):
        return np.maximum(w[0], w[1])

    def rule(row):
        return trial(
            "t/max", largest, lambda w: np.array([row], float), "(n)->()", names="w", wrt="w", kinks=AT_ZERO
        )

    tie = at(Stratum.KINK, w=[1.0, 1.0])
    for row in ([1, 0], [0, 1], [0.5, 0.5], [0.25, 0.75]):
        assert judge_point(rule(row), tie).verdict is Verdict.PASS
    for row in ([1, 1], [0, 0], [0.5, 0.6]):
        assert judge_point(rule(row), tie).verdict is Verdict.FAIL
    # Each entry alone lies between its sides: the whole matrix is shown beside the others.
    said = judge_point(rule([1, 1]), tie).message
    assert said.startswith(
        "at w = [1, 1] the claim is [1, 1]; only mixtures of the Jacobians beside the kink"
    )
    assert "[0, 1]" in said
    assert "[1, 0]" in said


def test_the_derivative_of_a_smooth_point_is_no_convention():
    smooth = at(x=[2.0])
    found = judge_point(relu_rule(claim=slope(0.5)), smooth)
    assert (found.verdict, found.conventions) == (Verdict.FAIL, ())
    assert judge_point(relu_rule(claim=slope(1.0)), smooth).verdict is Verdict.PASS


def test_a_jump_is_undecided_whatever_is_claimed_and_the_conventions_are_told():
    def step(x):
        return np.where(x >= 0, 1.0, 0.0)

    for claim in (slope(0.0), slope(7.0)):
        rule = trial("t/step", step, claim, kinks=JUMP_AT_ZERO)
        found = judge_point(rule, KINK)
        assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.DISCONTINUITY)
        assert dict(found.conventions)[CENTRAL].startswith("no derivative: ")


def test_verdicts_at_a_kink_are_the_same_each_time():
    one, other = judged(2.0), judged(2.0)
    assert one.message == other.message
    assert one.nfev == other.nfev
    assert conventions(one.testimonies) == one.conventions


def test_the_function_is_not_the_claim():
    assert relu(np.array([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 2.0]
