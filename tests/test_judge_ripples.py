"""Second derivatives that are hard to know: ripples, kinks of the first derivative, extreme scales."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from gradcheck import check, check_hessian
from gradcheck.judge.curvature import JacobianProblem
from gradcheck.judge.question.options import Options
from gradcheck.results import Reason, Verdict

X = np.array([0.5, 2.0, -1.25])


def rippled(height, frequency):
    """A parabola with a ripple whose curvature is as large as its own."""

    def f(x):
        return x**2 + height * np.sin(frequency * x)

    def second(x):
        return 2 - height * frequency**2 * np.sin(frequency * x)

    return f, second


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("x", [25.0, 3.7, -1.2, 100.3])
@pytest.mark.parametrize(("height", "frequency"), [(1e-8, 1e4), (1e-6, 1e3), (1e-9, 1e4)])
class TestRipples:
    def test_a_claim_without_the_ripple_never_passes(self, height, frequency, x, method):
        f, second = rippled(height, frequency)
        assert abs(second(x) - 2) > 1e-3
        assert check(f, lambda x: 2.0 + 0 * x, x, order=2, method=method).verdict is not Verdict.PASS

    def test_the_right_one_never_fails(self, height, frequency, x, method):
        f, second = rippled(height, frequency)
        assert check(f, second, x, order=2, method=method).verdict is not Verdict.FAIL


class TestNoRipples:
    @pytest.mark.parametrize("method", ["auto", "central"])
    @pytest.mark.parametrize("x", [0.31, 3.7, 25.0])
    def test_smooth_functions_have_none(self, x, method):
        for f in (np.sin, np.exp, lambda x: 1 / (1 + 25 * x * x), lambda x: np.sin(40 * x)):
            problem = JacobianProblem(f, (x,), 0, None, Options(method=method))
            assert problem.started() is None
            assert not problem.ripples

    @pytest.mark.parametrize("off", [0.0, 1e-8, 1e-3])
    def test_a_minimum_has_none(self, off):
        def f(x):
            return float(np.sum((np.asarray(x, dtype=np.float64) - 1) ** 2))

        result = check_hessian(f, lambda x: 2 * np.eye(2), np.array([1 + off, 1 - off]))
        assert result.verdict is Verdict.PASS
        assert check_hessian(f, lambda x: 2.01 * np.eye(2), np.ones(2)).verdict is Verdict.FAIL

    def test_a_ripple_is_told(self):
        result = check(rippled(1e-8, 1e4)[0], lambda x: 2.0 + 0 * x, 25.0, order=2)
        assert result.verdict is Verdict.INCONCLUSIVE
        assert any("varies faster than the steps" in note for note in result.notes)


class TestKinks:
    @pytest.mark.parametrize(("claimed", "verdict"), [(0.0, Verdict.PASS), (5.0, Verdict.FAIL)])
    def test_kink_of_the_first_derivative(self, claimed, verdict):
        result = check(lambda x: x * np.abs(x), lambda x: claimed + 0 * x, 0.0, order=2)
        assert result.verdict is verdict
        if verdict is Verdict.PASS:
            assert result.reason is Reason.SUBGRADIENT

    @pytest.mark.parametrize(("claimed", "verdict"), [(2.0, Verdict.PASS), (-2.0, Verdict.FAIL)])
    def test_beside_it(self, claimed, verdict):
        assert check(lambda x: x * np.abs(x), lambda x: claimed + 0 * x, 0.3, order=2).verdict is verdict

    def test_a_right_entry_beside_a_kink_does_not_hide_a_wrong_one(self):
        def f(x):
            return np.sum(np.maximum(x, 0) ** 2)

        x = np.array([0.0, 1.0, -1.0])
        assert check_hessian(f, lambda x: np.diag(3.0 * (x > 0)), x).verdict is Verdict.FAIL


@pytest.mark.parametrize("scale", [1e-150, 1e-60, 1e60, 1e140])
class TestScales:
    def test_of_the_argument(self, scale):
        x = np.array([1.0, -0.5]) * scale
        assert check_hessian(lambda x: np.sum(x**2), lambda x: 2 * np.eye(2), x).verdict is Verdict.PASS
        assert check_hessian(lambda x: np.sum(x**2), lambda x: 2.2 * np.eye(2), x).verdict is Verdict.FAIL

    def test_of_the_function(self, scale):
        def f(x):
            return scale * np.sum(np.sin(x))

        x = X[:2]
        assert check_hessian(f, lambda x: -scale * np.diag(np.sin(x)), x).verdict is Verdict.PASS
        assert check_hessian(f, lambda x: -1.1 * scale * np.diag(np.sin(x)), x).verdict is Verdict.FAIL


class TestClaims:
    def test_asymmetry_is_told(self):
        def f(x):
            return np.sin(x[0] * x[1]) + x[2] ** 3

        def second(x):
            p, s = x[0] * x[1], np.sin(x[0] * x[1])
            mixed = np.cos(p) - p * s
            return np.array([[-(x[1] ** 2) * s, mixed, 0], [mixed, -(x[0] ** 2) * s, 0], [0, 0, 6 * x[2]]])

        def wrong(x):
            return second(x) + np.array([[0, 0, 0], [0, 0, 0], [0.5, 0, 0]])

        assert check_hessian(f, second, X).verdict is Verdict.PASS
        result = check_hessian(f, wrong, X)
        assert result.verdict is Verdict.FAIL
        assert "not symmetric: d (d f / d x[0]) / d x[2] is 0, d (d f / d x[2]) / d x[0] is 0.5" in (
            result.diagnosis
        )
        assert "not symmetric" not in check_hessian(f, lambda x: 2 * second(x), X).diagnosis

    def test_sparse(self):
        def f(x):
            return np.sum(x**3) + x[0] * x[1]

        def second(x):
            return sp.csr_array(np.diag(6 * x) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]]))

        assert check_hessian(f, second, X).verdict is Verdict.PASS
        left_out = check_hessian(f, lambda x: sp.diags_array(6 * x).tocsr(), X)
        assert left_out.verdict is Verdict.FAIL

    def test_nested_and_several_arguments(self):
        def f(p, b):
            return np.sum(p["w"] ** 2) * b

        def second(p, b, mixed=2.0):
            return (
                {"w": ({"w": 2 * b * np.eye(3)}, 2 * p["w"])},
                ({"w": mixed * p["w"]}, 0.0),
            )

        point = {"w": X}, 1.5
        assert check_hessian(f, second, *point, argnums=(0, 1)).verdict is Verdict.PASS
        wrong = check_hessian(f, lambda p, b: second(p, b, mixed=1.0), *point, argnums=(0, 1))
        assert wrong.verdict is Verdict.FAIL
        assert wrong.worst.path.startswith("d (d f / d b) / d p")

    def test_a_budget_that_is_too_small_is_told(self):
        result = check_hessian(lambda x: np.sum(x**3), lambda x: np.diag(6 * x), X, max_nfev=30)
        assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.BUDGET)
        assert result.nfev <= 30
