"""Second derivatives at a kink of the first: members of its hull pass, others fail, the words are true."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_hessian
from gradcheck.estimators.certificate import confirm
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.judge.references.limits import limit_at_tie
from gradcheck.results import Reason, Status, Verdict

POINT = np.array([0.0, 1.5])


def squared_relu(x):
    return np.sum(np.maximum(x, 0.0) ** 2)


def huber(x):
    return np.sum(np.where(np.abs(x) < 1.0, 0.5 * x * x, np.abs(x) - 0.5))


def claimed(curvature, other):
    return lambda x: np.diag([curvature, other])


@pytest.mark.parametrize("curvature", [0.0, 1.0, 2.0])
def test_a_member_passes(curvature):
    result = check_hessian(squared_relu, claimed(curvature, 2.0), POINT)
    assert (result.verdict, result.reason) == (Verdict.PASS, Reason.SUBGRADIENT)


@pytest.mark.parametrize("curvature", [3.0])
def test_another_number_fails(curvature):
    result = check_hessian(squared_relu, claimed(curvature, 2.0), POINT)
    assert result.verdict is Verdict.FAIL
    assert "where the one-sided derivatives are 0 and 2" in result.message


def test_a_kink_away_from_zero_beside_a_tie():
    x = np.array([1.0, 0.0])
    assert check_hessian(huber, claimed(0.5, 1.0), x).reason is Reason.SUBGRADIENT


def test_a_wrong_entry_beside_the_kink_fails():
    assert check_hessian(squared_relu, claimed(0.0, 2.1), POINT).verdict is Verdict.FAIL


def test_a_kink_of_f_itself_is_not_one_of_its_first_derivative():
    result = check_hessian(lambda x: np.sum(np.abs(x)), lambda x: np.zeros((2, 2)), POINT)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)
    assert "first derivative has no certain value" in result.message


def test_differences_alone_do_not_claim_to_have_met_ripples():
    result = check_hessian(squared_relu, claimed(3.0, 2.0), POINT, method="central")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert any("or that jumps at the point" in note for note in result.notes)


def certified(f):
    return lambda x: complex_step_jacobian(Primal(f, [x]))


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (squared_relu, [0.0, 3.0]),
        (lambda x: np.abs(x[0]) ** 3 + x[0] + x[1], [1.0, 1.0]),
        (
            lambda x: np.abs(x[0]) * x[0] / 2.0 + np.maximum(x[1], 1.5) ** 2 - 3.0 * np.maximum(x[1], 1.5),
            [0, 0],
        ),
    ],
    ids=["square", "cube", "both"],
)
def test_the_limit_at_a_tie_holds_the_derivative(f, slope):
    assert certified(f)(POINT).tied
    found = limit_at_tie(certified(f), POINT)
    assert found is not None
    assert (np.abs(found.value - slope) <= found.error).all()
    assert (found.error < 1e-13).all()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.abs(x[0]) + x[1],
        lambda x: np.abs(x[0]) ** 1.5 + x[1],
        lambda x: np.abs(x[0]) ** 0.5 * x[0] + x[1],
    ],
    ids=["jump", "odd root", "even root"],
)
def test_its_bar_is_wide_where_there_is_none_or_it_bends(f):
    found = limit_at_tie(certified(f), np.array([0.0, 1.0]))
    # The slope at 0 is 0 in all of them, or anything between -1 and 1.
    assert found is not None
    assert np.abs(found.value[0, 0]) <= found.error[0, 0]
    assert found.error[0, 0] > 1e-7


def test_without_an_answer_beside_there_is_no_limit():
    assert limit_at_tie(certified(lambda x: np.linalg.cholesky(np.diag(x)).sum()), np.ones(2)) is None
    assert not certified(lambda x: np.linalg.cholesky(np.diag(x)).sum())(np.ones(2)).tied


def test_the_certificate_is_given_beside_a_kink_of_the_first_derivative():
    x = np.array([1.0 + 1e-12, 0.3])
    assert certified(huber)(x).status is Status.OK
    primal = Primal(huber, [x])
    value = primal(x)
    right = np.array([[1.0, 0.3]])
    assert not confirm(primal, value, right, np.full(1, 1e-16)).wrong.any()
    assert confirm(primal, value, right * [[1.0 + 1e-4, 1.0]], np.full(1, 1e-16)).wrong.any()


def power(exponent):
    return lambda x: np.sum(np.abs(x) ** exponent)


def constant(curvature):
    return lambda x: np.array([[curvature]])


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("curvature", [0.0, 1.0, 1e10])
@pytest.mark.parametrize("exponent", [1.1, 1.2, 1.5, 1.9])
def test_an_infinite_second_derivative_is_no_number(exponent, curvature, method):
    result = check_hessian(power(exponent), constant(curvature), np.zeros(1), method=method)
    assert result.verdict is Verdict.INCONCLUSIVE


def test_an_infinite_second_derivative_leaves_the_others_to_judge():
    x = np.array([0.0, 1.0])
    right, wrong = np.diag([0.0, 0.75]), np.diag([0.0, 0.76])
    assert check_hessian(power(1.5), lambda x: right, x).verdict is Verdict.INCONCLUSIVE
    result = check_hessian(power(1.5), lambda x: wrong, x)
    assert (result.verdict, result.worst.path) == (Verdict.FAIL, "d (d f / d x[1]) / d x[1]")


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("exponent", [2.5, 3.0, 4.0])
def test_a_second_derivative_that_ends_at_zero_is_zero(exponent, method):
    assert check_hessian(power(exponent), constant(0.0), np.zeros(1), method=method).verdict is Verdict.PASS
    result = check_hessian(power(exponent), constant(1e-3), np.zeros(1), method=method)
    assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize("curvature", [0.0, 1.0])
def test_a_first_derivative_known_as_a_limit_alone_does_not_jump(curvature):
    def steep(x):
        return np.sum(np.maximum(x, 0.0) ** 1.5)

    result = check_hessian(steep, constant(curvature), np.zeros(1))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.NO_USABLE_STEP)
