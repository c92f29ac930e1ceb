"""Shape claims: what shape a Jacobian has, found by differentiating."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import Declared, at, trial

from gradcheck.campaign.pointwise import judge_point, judge_with
from gradcheck.campaign.shapes import claimed_shapes, judge_against, judge_shapes
from gradcheck.results import Reason, Verdict
from gradcheck.rules.registry import Kind

POINT = at(x=[1.0, 2.0, 3.0])


def shapes(claim, f=lambda x: x[:2] * x[1:], factors=None):
    return trial("t/shape", f, claim, kind=Kind.SHAPE, factors=factors)


def two_factors(x):
    return [(lambda u: u[0] * u, x[:2]), (lambda u: u[:2] * u[1:], x)]


def test_the_shape_of_a_jacobian_is_rows_of_functions_and_columns_of_variables():
    found = judge_shapes(shapes(lambda x: ((2, 3),)), POINT, None)
    assert (found.verdict, found.entries) == (Verdict.PASS, 1)
    assert found.nfev > 0


@pytest.mark.parametrize(
    "claim",
    [((3, 2),), ((2, 2),), ((2,),), ((6,),), ((2, 3, 1),), ((1, 2, 3),), ((2, 3), (2, 3)), (), ((2, -1),)],
    ids=str,
)
def test_another_shape_fails(claim):
    found = judge_shapes(shapes(lambda x: claim), POINT, None)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)
    assert found.failing is not None


def test_both_shapes_are_named():
    found = judge_shapes(shapes(lambda x: ((3, 2),)), POINT, None)
    assert found.message == "claimed shapes 3x2, central found 2x3"


def test_every_factor_must_have_its_shape_in_order():
    right = shapes(lambda x: ((2, 2), (2, 3)), factors=two_factors)
    assert judge_shapes(right, POINT, None).verdict is Verdict.PASS
    swapped = shapes(lambda x: ((2, 3), (2, 2)), factors=two_factors)
    assert judge_shapes(swapped, POINT, None).verdict is Verdict.FAIL


def test_a_scalar_counts_as_one_row_or_one_column():
    row = shapes(lambda x: ((1, 3),), f=lambda x: x.sum())
    assert judge_shapes(row, POINT, None).verdict is Verdict.PASS
    column = trial("t/column", lambda x: x * np.ones(2), lambda x: ((2, 1),), "()->(n)", kind=Kind.SHAPE)
    assert judge_shapes(column, at(x=3.0), None).verdict is Verdict.PASS


def test_autodiff_is_asked_in_both_modes():
    rule = shapes(lambda x: ((2, 3),))
    agreeing = judge_shapes(rule, POINT, Declared(np.zeros((2, 3))))
    assert (agreeing.verdict, len(agreeing.testimonies)) == (Verdict.PASS, 4)
    dissenting = judge_shapes(rule, POINT, Declared(np.zeros((2, 3)), np.zeros((3, 3))))
    assert dissenting.verdict is Verdict.FAIL
    assert len(judge_shapes(rule, POINT, Declared(usable=False)).testimonies) == 2


@pytest.mark.parametrize(
    ("claim", "words"),
    [(lambda x: 1 / 0, "ZeroDivisionError"), (lambda x: None, "TypeError"), (lambda x: ((2.5, 3),), "float")],
    ids=["raises", "none", "fraction"],
)
def test_a_claim_that_names_no_shape_fails(claim, words):
    found = judge_shapes(shapes(claim), POINT, None)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.CLAIM_RAISED)
    assert words in found.message
    assert found.entries == 1


def test_numpy_integers_are_extents():
    assert claimed_shapes(shapes(lambda x: ((np.int64(2), x.size),)), POINT) == ((2, 3),)


def test_shapes_found_once_judge_any_claim():
    found = judge_shapes(shapes(lambda x: ((2, 3),)), POINT, None).testimonies[1:]
    assert judge_against(((2, 3),), found).verdict is Verdict.PASS
    assert judge_against(((3, 2),), found).verdict is Verdict.FAIL


def test_another_claim_is_judged_at_the_same_point():
    rule = shapes(lambda x: ((3, 2),))
    earlier = judge_point(rule, POINT)
    assert earlier.verdict is Verdict.FAIL
    assert judge_with(rule, POINT, "float64", earlier, lambda x: ((2, 3),)).verdict is Verdict.PASS
