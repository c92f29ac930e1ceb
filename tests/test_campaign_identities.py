"""Value claims: equal as rational numbers, in value and in shape, and by autodiff's value too."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import Declared, at, trial

from gradcheck.campaign.identities import judge_identity
from gradcheck.campaign.pointwise import judge_point, judge_with
from gradcheck.campaign.witnesses import CLOSED_FORM, EXACT, JAX_FORWARD
from gradcheck.results import Reason, Verdict
from gradcheck.rules.registry import Kind

POINT = at(w=[0.1, 1e8, -3.3], x=[1.3, 3e-7, 1.7])


def identity(f, claim, signature="(n),(n)->(n)", rule_id="t/identity"):
    return trial(rule_id, f, claim, signature, names="w x", wrt=None, kind=Kind.VALUE)


def judged(f, claim, point=POINT, system=None, dtype="float64"):
    rule = identity(f, claim)
    return judge_identity(rule, point, dtype, system, rule.claim)


def distributed(w, x):
    return w * x + w


def factored(w, x):
    return w * (x + 1)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_identity_holds_exactly_although_floating_point_disagrees(dtype):
    w, x = (value.astype(dtype) for value in POINT.arguments.values())
    assert np.any(distributed(w, x) != factored(w, x))
    found = judged(distributed, factored, dtype=dtype)
    assert (found.verdict, found.entries) == (Verdict.PASS, 3)
    assert [one.witness for one in found.testimonies] == [CLOSED_FORM, EXACT]


@pytest.mark.parametrize(
    "claim",
    [
        lambda w, x: w * (x - 1),
        lambda w, x: w * (x + 1) * (1 + 2.0**-40),
        lambda w, x: (w * (x + 1))[::-1],
        lambda w, x: [w[0] * (x[0] + 1), w[1] * (x[1] + 1), 0],
    ],
    ids=["sign", "factor", "reversed", "one entry"],
)
def test_a_wrong_value_fails_and_its_worst_entry_is_named(claim):
    found = judged(distributed, claim)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.DISAGREES)
    assert found.failing.names == (CLOSED_FORM, EXACT)
    assert found.failing.comparison.index is not None


@pytest.mark.parametrize(
    "claim",
    [
        lambda w, x: factored(w, x).reshape(3, 1),
        lambda w, x: factored(w, x).reshape(1, 3),
        lambda w, x: factored(w, x)[:2],
        lambda w, x: factored(w, x)[0],
    ],
    ids=["column", "row", "fewer", "scalar"],
)
def test_a_value_of_another_shape_fails_and_is_never_broadcast(claim):
    found = judged(distributed, claim)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)
    assert "expected (3,)" in found.message
    assert found.entries == 3


def test_one_value_is_not_three_equal_ones():
    found = judged(lambda w, x: 0 * w + 2, lambda w, x: 2)
    assert found.reason is Reason.WRONG_SHAPE


def test_a_transposed_matrix_with_the_same_numbers_fails():
    rule = identity(lambda w, x: w[:, None] * w[None, :1], lambda w, x: (w[:, None] * w[None, :1]).T)
    assert judge_point(rule, POINT).reason is Reason.WRONG_SHAPE


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda w, x: None, "TypeError"),
        (lambda w, x: ["1", "2", "3"], "InvalidArgument"),
        (lambda w, x: [float("nan")] * 3, "NaN"),
        (lambda w, x: [float("inf")] * 3, "Overflow"),
        (lambda w, x: w / 0, "ZeroDivisionError"),
        (lambda w, x: np.sin(w), "sin"),
    ],
    ids=["none", "text", "nan", "inf", "zero division", "irrational"],
)
def test_a_claim_without_a_rational_value_fails_by_name(claim, words):
    found = judged(distributed, claim)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.CLAIM_RAISED)
    assert words in found.message
    assert found.entries == 3


def test_a_function_without_a_rational_value_is_undecided():
    found = judged(lambda w, x: np.sin(w), lambda w, x: np.sin(w))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.FUNCTION_RAISED)
    assert found.entries == 0


def test_autodiff_value_is_a_witness_of_its_own():
    right, off = Declared(), Declared(value=lambda w, x: distributed(w, x) * (1 + 1e-9))
    assert judged(distributed, factored, system=right).verdict is Verdict.PASS
    found = judged(distributed, factored, system=off)
    assert found.verdict is Verdict.FAIL
    assert JAX_FORWARD in found.failing.names
    assert judged(distributed, factored, system=Declared(usable=False)).verdict is Verdict.PASS


def test_autodiff_may_round_and_no_more():
    rounded = Declared(value=lambda w, x: distributed(w, x) * (1 + 2.0**-51))
    assert judged(distributed, factored, system=rounded).verdict is Verdict.PASS
    nan = Declared(value=lambda w, x: np.nan * w)
    assert judged(distributed, factored, system=nan).verdict is Verdict.FAIL


def test_no_entry_is_an_identity_without_evidence():
    found = judged(distributed, factored, at(w=[], x=[]))
    assert (found.verdict, found.entries) == (Verdict.PASS, 0)


def test_another_claim_is_judged_at_the_same_point():
    rule = identity(distributed, factored)
    earlier = judge_point(rule, POINT)
    assert judge_with(rule, POINT, "float64", earlier, factored).verdict is Verdict.PASS
    assert judge_with(rule, POINT, "float64", earlier, lambda w, x: w).verdict is Verdict.FAIL
