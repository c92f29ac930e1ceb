"""A refuted rule says which mistake it makes, told from the campaign's points."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import at, cube, cube_slope, trial

from gradcheck.campaign.diagnosing import Case, mistake_of
from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.sampling import Settings
from gradcheck.journal import encode, violation


def affine(A, x):
    return A @ x


def product(w, x):
    return (w * w * x).sum()


def told(f, claim, signature, names="x", wrt="x"):
    """Return the diagnosis that a short campaign writes into the record."""
    rule = trial("t/wrong", f, claim, signature, names=names, wrt=wrt)
    row = encode(check_rule(rule, "float64", Settings(examples=16), None))
    assert violation(row, "check") is None
    assert row["verdict"] == "fail"
    (failure,) = row["failures"]
    return failure.get("diagnosis", "")


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda w, x: (-2 * w * x)[None, :], "wrong sign"),
        (lambda w, x: (4 * w * x)[None, :], "factor 2"),
        (lambda w, x: (w * w)[None, :], "with respect to x: wrong argument"),
        (lambda w, x: (0 * w)[None, :], "zero"),
        (lambda w, x: (2 * w * x)[:, None], "transpose"),
        (lambda w, x: (2 * (w + 1) * x)[None, :], "at another point: x + 1"),
        (lambda w, x: (2 * w * x * len(w))[None, :], "the claim is n times the reference"),
        (lambda w, x: (2 * w * x / len(w))[None, :], "the claim is 1/n times the reference"),
        (lambda w, x: (-2 * w * x * len(w))[None, :], "the claim is -n times the reference"),
    ],
)
def test_a_row_is_diagnosed_with_what_the_rule_knows(claim, words):
    assert words in told(product, claim, "(n),(n)->()", "w x", "w")


def test_a_matrix_is_diagnosed_at_the_points_that_tell_most():
    assert "transpose" in told(affine, lambda A, x: A.T, "(m,n),(n)->(m)", "A x", "x")
    assert "single precision" in told(
        affine, lambda A, x: A.astype(np.float32).astype(float) * (1 + 1e-8), "(m,n),(n)->(m)", "A x", "x"
    )


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda x: np.array([[-3 * x**2]]), "wrong sign"),
        (lambda x: np.array([[9 * x**2]]), "factor 3"),
        (lambda x: np.array([[3 * (x + 1) ** 2]]), "another point: x + 1"),
    ],
)
def test_single_numbers_of_several_points_are_diagnosed_together(claim, words):
    assert words in told(lambda x: x**3, claim, "()->()")


def test_the_other_argument_is_found_among_single_numbers_too():
    assert "with respect to y" in told(
        lambda x, y: x * x * y, lambda x, y: np.array([[x * x]]), "(),()->()", "x y", "x"
    )


def mean(X, w):
    return (X @ w).sum() / max(len(X), 1)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda X, w: X.sum(axis=0)[None, :] / max(X.shape[1], 1), "the claim is N/n times the reference"),
        (lambda X, w: X.sum(axis=0)[None, :], "factor 5 = N"),
        (
            lambda X, w: X.sum(axis=0)[None, :] / max(2 * len(X) ** 2, 1),
            "the claim is 1/(2N) times the reference",
        ),
    ],
)
def test_a_factor_that_follows_the_extents_is_told_by_their_names(claim, words):
    assert words in told(mean, claim, "(N,n),(n)->()", "X w", "w")


def test_a_term_that_is_left_out_is_told_by_its_number():
    rule = trial(
        "t/terms",
        lambda x: (x**2 + x**3).sum(),
        lambda x: (2 * x)[None, :],
        "(n)->()",
        terms=lambda x: [(2 * x)[None, :], (3 * x**2)[None, :]],
    )
    (failure,) = check_rule(rule, "float64", Settings(examples=16), None)["failures"]
    assert "missing: the path through term 2" in failure["diagnosis"]


def test_a_mistake_without_a_name_is_not_given_one():
    assert told(lambda x: x**3, lambda x: np.array([[np.cos(7 * x) + x]]), "()->()") == ""


def test_one_number_at_one_point_proves_no_factor_but_several_do():
    rule = trial("t/wrong", lambda x: x**3, lambda x: np.array([[7.3 * 3 * x**2]]), "()->()")
    points = [at(x=value) for value in (1.5, 2.25, -3.75)]
    cases = [Case(point, judge_point(rule, point)) for point in points]
    assert mistake_of(rule, cases[:1]) == ""
    assert "factor 7.3" in mistake_of(rule, cases)


def test_nothing_is_diagnosed_where_nothing_is_refuted():
    rule = trial("t/right", cube, cube_slope)
    point = at(x=[1.0, 2.0])
    assert mistake_of(rule, [Case(point, judge_point(rule, point))]) == ""
    assert mistake_of(rule, []) == ""
