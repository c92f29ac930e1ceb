"""Second derivatives: Hessians, products with them, and right first derivatives with wrong second ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcheck.errors import InvalidArgument
from gradcheck.judge.api import check
from gradcheck.judge.curvature import JacobianProblem
from gradcheck.judge.question.options import Options
from gradcheck.judge.references.sharpest import central
from gradcheck.judge.references.slopes import slopes
from gradcheck.judge.second_order import check_hessian, check_hvp
from gradcheck.results import Reason, Verdict, observing

X = np.array([0.5, 2.0, -1.25])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    diagonal = np.zeros_like(x)
    diagonal[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    diagonal[1:] += 200
    beside = -400 * x[:-1]
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


SECONDS = {
    "cube": (lambda x: x**3, lambda x: 6 * x),
    "sin": (np.sin, lambda x: -np.sin(x)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: -1 / x**2),
    "sqrt": (np.sqrt, lambda x: -0.25 * x**-1.5),
    "tanh": (np.tanh, lambda x: -2 * np.tanh(x) / np.cosh(x) ** 2),
    "reciprocal": (lambda x: 1 / x, lambda x: 2 / x**3),
    "line": (lambda x: 3 * x + 1, lambda x: 0.0 * x),
    "fourth": (lambda x: x**4, lambda x: 12 * x**2),
    "fast": (lambda x: np.sin(50 * x), lambda x: -2500 * np.sin(50 * x)),
    "bell": (lambda x: np.exp(-x * x), lambda x: (4 * x * x - 2) * np.exp(-x * x)),
    "x log x": (lambda x: x * np.log(x), lambda x: 1 / x),
    "arctan": (np.arctan, lambda x: -2 * x / (1 + x * x) ** 2),
    "steep": (lambda x: np.exp(10 * x), lambda x: 100 * np.exp(10 * x)),
}


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("x", [0.3, 1.7, 1e-2])
def test_bars_are_honest(name, x, method):
    f, second = SECONDS[name]
    problem = JacobianProblem(f, (x,), 0, None, Options(method=method))
    assert problem.started() is None
    found = central(problem.primal(), None, None)
    # The closed form itself is off by a few roundings.
    closed = second(x)
    assert abs(found.value[0, 0] - closed) <= found.error[0, 0] + 1e-15 * abs(closed)


@pytest.mark.parametrize("name", sorted(set(SECONDS) - {"line"}))
def test_bars_are_sharp(name):
    f, second = SECONDS[name]
    problem = JacobianProblem(f, (1.7,), 0, None, Options())
    problem.started()
    found = central(problem.primal(), None, None)
    assert found.error[0, 0] <= 1e-6 * abs(second(1.7))


class TestSlopes:
    def test_a_finer_quotient_vetoes(self):
        h = np.array([1e-4, 0.1, 0.2, 0.4])[:, None]
        quotients = np.array([5.0, 1.0, 1.0, 1.0])[:, None, None]
        assert slopes(h, quotients, np.zeros_like(quotients))[1] >= 4.0
        assert np.isnan(slopes(h * [[1e-3], [1], [1], [1]], quotients, np.zeros_like(quotients))[0]).all()
        assert slopes(h, quotients, np.full_like(quotients, 1e-3))[0] == pytest.approx(1.0)

    def test_coarse_quotients_that_agree_over_a_ripple_are_vetoed_by_those_within_it(self):
        h = 2.0 ** -np.arange(1, 13)[:, None]
        quotients = ((np.sin(h) + 1e-3 * np.sin(1e3 * h)) / h)[:, None]
        value, error = slopes(h, quotients, np.full_like(quotients, 1e-15))
        assert abs(value - 2.0) <= error < 0.01
        # Over the coarse ones alone the slope is that of the sine.
        value, error = slopes(h[:6], quotients[:6], np.full((6, 1, 1), 1e-15))
        assert not abs(value - 2.0) <= error

    def test_two_quotients_are_not_enough(self):
        h = np.array([[0.1], [0.2]])
        assert np.isinf(slopes(h, np.ones((2, 1, 1)), np.zeros((2, 1, 1)))[1]).all()

    def test_noise_widens(self):
        h = 2.0 ** -np.arange(3, 8)[:, None]
        quotients = np.sin(h)[:, None] / h[:, None]
        quiet, loud = (slopes(h, quotients, np.full_like(quotients, e))[1] for e in (0.0, 1e-6))
        assert loud > 1e-6 > quiet


class TestHessian:
    @pytest.mark.parametrize("method", ["auto", "central", "complex-step"])
    def test_right(self, method):
        result = check_hessian(rosenbrock, rosenbrock_hessian, X, method=method)
        assert result.verdict is Verdict.PASS
        assert result.detectable < 1e-4
        assert result.entries == 9

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda x: -rosenbrock_hessian(x),
            lambda x: np.tril(rosenbrock_hessian(x)),
            lambda x: np.diag(np.diag(rosenbrock_hessian(x))),
            lambda x: rosenbrock_hessian(x) * (1 + 1e-4 * np.eye(3)),
        ],
        ids=["sign", "one triangle", "diagonal", "1e-4"],
    )
    def test_wrong(self, wrong):
        assert check_hessian(rosenbrock, wrong, X).verdict is Verdict.FAIL

    def test_entry_is_named(self):
        def wrong(x):
            hessian = rosenbrock_hessian(x)
            hessian[0, 1] = 7.0
            return hessian

        result = check_hessian(rosenbrock, wrong, X)
        assert result.worst.path == "d (d f / d x[0]) / d x[1]"

    def test_numbers_already_evaluated(self):
        assert check_hessian(rosenbrock, rosenbrock_hessian(X), X).verdict is Verdict.PASS
        assert check_hessian(rosenbrock, rosenbrock_hessian(-X), X).verdict is Verdict.FAIL

    def test_vector_output(self):
        def second(x):
            whole = np.zeros((2, 2, 2))
            whole[0] = np.diag([-math.sin(x[0]), 0])
            whole[1] = [[0, 1], [1, 0]]
            return whole

        def f(x):
            return np.stack([np.sin(x[0]), x[0] * x[1]])

        x = X[:2]
        assert check_hessian(f, second, x).verdict is Verdict.PASS
        assert check_hessian(f, lambda x: second(x)[::-1], x).verdict is Verdict.FAIL

    def test_nested_argument(self):
        def f(p):
            return np.sum(p["a"] ** 2) * p["b"]

        def second(p):
            return {
                "a": {"a": 2 * p["b"] * np.eye(2), "b": 2 * p["a"]},
                "b": {"a": 2 * p["a"], "b": 0.0},
            }

        point = {"a": X[:2], "b": 1.5}
        assert check_hessian(f, second, point).verdict is Verdict.PASS
        wrong = check_hessian(f, lambda p: {**second(p), "b": {"a": p["a"], "b": 0.0}}, point)
        assert wrong.verdict is Verdict.FAIL
        assert wrong.worst.path.startswith('d (d f / d p["b"]) / d p["a"]')

    def test_wrong_shape_names_both(self):
        result = check_hessian(rosenbrock, lambda x: np.ones(3), X)
        assert result.reason is Reason.WRONG_SHAPE
        assert "(3, 3)" in result.message

    def test_function_without_complex_step(self):
        def f(x):
            return float(np.asarray(x, dtype=np.float64)[0]) ** 3 + x[1] ** 2

        result = check_hessian(f, lambda x: np.diag([6 * x[0], 2.0]), X[:2])
        assert result.verdict is Verdict.PASS
        assert result.method == "central of central"
        assert check_hessian(f, lambda x: np.diag([3 * x[0], 2.0]), X[:2]).verdict is Verdict.FAIL

    def test_bounds_are_kept(self):
        seen = []

        def f(x):
            seen.append(np.array(x))
            return np.sum(x**3)

        x = np.array([0.25, 0.75])
        result = check_hessian(f, lambda x: np.diag(6 * x), x, bounds=(0.2, 0.8))
        assert result.verdict is Verdict.PASS
        assert np.min(seen) >= 0.2
        assert np.max(seen) <= 0.8

    def test_kink_is_not_decided(self):
        result = check_hessian(lambda x: np.sum(np.abs(x)), lambda x: np.zeros((2, 2)), np.array([0.0, 1.0]))
        assert result.verdict is Verdict.INCONCLUSIVE
        assert "first derivative" in result.message

    def test_function_that_raises_or_changes(self):
        count = iter(range(10**6))
        assert check_hessian(lambda x: 1 / 0, np.eye(3), X).reason is Reason.FUNCTION_RAISED
        drifting = check_hessian(lambda x: np.sum(x) + next(count), np.zeros((3, 3)), X)
        assert drifting.reason is Reason.NONDETERMINISTIC

    def test_raising_claim(self):
        assert check_hessian(rosenbrock, lambda x: x[9], X).reason is Reason.CLAIM_RAISED

    def test_evaluations_are_counted(self):
        count = 0

        def f(x):
            nonlocal count
            count += 1
            return rosenbrock(x)

        result = check_hessian(f, rosenbrock_hessian, X)
        assert result.nfev <= count <= result.nfev + 4
        assert result.nfev < 20 * 3 * 15 + 200

    def test_a_mistake_of_the_second_derivative_alone(self):
        x = np.array(1.3)
        right, wrong = (lambda x: 6 * x), (lambda x: 3 * x)
        assert check(lambda x: x**3, lambda x: 3 * x**2, x).verdict is Verdict.PASS
        assert check(lambda x: x**3, right, x, order=2).verdict is Verdict.PASS
        assert check(lambda x: x**3, wrong, x, order=2).verdict is Verdict.FAIL

    def test_order_with_a_surrogate(self):
        def stepped(x):
            return np.round(x)

        assert check(stepped, lambda x: 6 * x, 1.3, order=2, surrogate=lambda x: x**3).verdict is Verdict.PASS
        assert check(stepped, lambda x: 0 * x, 1.3, order=2, surrogate=lambda x: x**3).verdict is Verdict.FAIL

    @pytest.mark.parametrize("order", [0, 3, None])
    def test_other_orders_are_refused(self, order):
        with pytest.raises(InvalidArgument, match="`order`"):
            check(np.sin, np.cos, 0.5, order=order)

    def test_layout_is_refused(self):
        with pytest.raises(InvalidArgument, match="`layout`"):
            check(np.sin, lambda x: -np.sin(x), 0.5, order=2, layout="denominator")

    def test_emitted_once(self):
        seen = []
        with observing(seen.append):
            result = check_hessian(rosenbrock, rosenbrock_hessian, X)
        assert seen == [result]
        assert result.name == "rosenbrock"


class TestHvp:
    def test_right(self):
        result = check_hvp(rosenbrock, lambda x, v: rosenbrock_hessian(x) @ v, X)
        assert result.verdict is Verdict.PASS

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda x, v: 2 * rosenbrock_hessian(x) @ v,
            lambda x, v: rosenbrock_hessian(x) @ np.abs(v),
            lambda x, v: rosenbrock_hessian(v) @ v,
            lambda x, v: np.tril(rosenbrock_hessian(x)) @ v,
        ],
        ids=["factor", "not linear", "at the direction", "one triangle"],
    )
    def test_wrong(self, wrong):
        assert check_hvp(rosenbrock, wrong, X).verdict is Verdict.FAIL

    def test_nested(self):
        def f(p):
            return np.sum(p["a"] ** 3) + p["b"] ** 2

        point = {"a": X, "b": 2.0}
        result = check_hvp(f, lambda p, v: {"a": 6 * p["a"] * v["a"], "b": 2 * v["b"]}, point)
        assert result.verdict is Verdict.PASS
        wrong = check_hvp(f, lambda p, v: {"a": 6 * p["a"] * v["a"], "b": v["b"]}, point)
        assert wrong.verdict is Verdict.FAIL

    def test_wrong_shape(self):
        result = check_hvp(rosenbrock, lambda x, v: v[:2], X)
        assert result.reason is Reason.WRONG_SHAPE

    def test_more_than_one_number_is_refused(self):
        with pytest.raises(InvalidArgument, match="expected one number"):
            check_hvp(np.sin, lambda x, v: -np.sin(x) * v, X)

    def test_numbers_instead_of_a_callable(self):
        with pytest.raises(InvalidArgument, match="`hvp`"):
            check_hvp(rosenbrock, np.eye(3), X)
