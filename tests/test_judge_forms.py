"""Claims that are no matrices: gradients and products, right ones and their wrong twins."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.errors import InvalidArgument
from gradcheck.judge.adjoint import check_adjoint
from gradcheck.judge.forms import check_gradient, check_jvp, check_vjp
from gradcheck.results import Reason, Verdict, observing

A = np.array([[1.0, 2.0, 0.5], [3.0, -4.0, 1.5]])
X = np.array([0.5, 2.0, -1.25])


def network(p):
    return np.tanh(p["w"] @ np.array([0.3, -0.7, 1.1]) + p["b"])


def network_jvp(p, v):
    inner = np.array([0.3, -0.7, 1.1])
    return (1 - network(p) ** 2) * (v["w"] @ inner + v["b"])


def network_vjp(p, u):
    back = u * (1 - network(p) ** 2)
    return {"w": np.outer(back, [0.3, -0.7, 1.1]), "b": back}


PARAMS = {"w": A, "b": np.array([0.1, -0.2])}


class TestGradient:
    def test_right(self):
        result = check_gradient(lambda x: np.sum(np.exp(x)), np.exp, X)
        assert result.verdict is Verdict.PASS
        assert result.detectable < 1e-12
        assert result.nfev <= X.size + 14

    @pytest.mark.parametrize(
        "wrong",
        [lambda x: -np.exp(x), lambda x: np.exp(x) * [1, 1, 1 + 1e-9], lambda x: 0 * x, lambda x: np.nan * x],
        ids=["sign", "one entry by 1e-9", "zero", "nan"],
    )
    def test_wrong(self, wrong):
        assert check_gradient(lambda x: np.sum(np.exp(x)), wrong, X).verdict is Verdict.FAIL

    def test_output_of_one_entry(self):
        assert (
            check_gradient(lambda x: np.sum(x**2, keepdims=True), lambda x: 2 * x, X).verdict is Verdict.PASS
        )

    def test_another_shape_is_a_failure_that_names_both(self):
        result = check_gradient(lambda x: np.sum(x**2), lambda x: (2 * x)[None], X)
        assert result.reason is Reason.WRONG_SHAPE
        assert "(1, 3)" in result.message
        assert "(3,)" in result.message

    def test_nested_argument(self):
        def f(p):
            return np.sum(p["w"] ** 2) + 3 * np.sum(p["b"])

        right = {"b": np.full(2, 3.0), "w": 2 * A}
        assert check_gradient(f, right, PARAMS).verdict is Verdict.PASS
        result = check_gradient(f, {**right, "b": np.array([3.0, 2.0])}, PARAMS)
        assert result.verdict is Verdict.FAIL
        assert result.worst.path == 'd f / d p["b"][1]'

    def test_more_than_one_number_is_refused(self):
        with pytest.raises(
            InvalidArgument, match=r"`f`: given an output of shape \(3,\), expected one number"
        ):
            check_gradient(np.sin, np.cos, X)

    def test_several_arguments(self):
        def f(a, b):
            return np.sum(a * b)

        def grad(a, b):
            return b, a

        assert check_gradient(f, grad, X, X**2, argnums=(0, 1)).verdict is Verdict.PASS
        assert check_gradient(f, lambda a, b: (a, b), X, X**2, argnums=(0, 1)).verdict is Verdict.FAIL

    def test_emitted_once(self):
        seen = []
        with observing(seen.append):
            result = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, X, name="squares", expect="fail")
        assert seen == [result]
        assert (result.name, result.expect) == ("squares", "fail")

    def test_points(self):
        def grad(x):
            return np.where(x > 1, 2 * x + 1, 2 * x)

        both = [(np.zeros(2),), (np.array([0.5, 2.0]),)]
        result = check_gradient(lambda x: np.sum(x**2), grad, points=both)
        assert result.verdict is Verdict.FAIL
        assert result.notes[0] == "2 points; this is point 1"
        assert check_gradient(lambda x: np.sum(x**2), grad, points=both[:1]).verdict is Verdict.PASS

    def test_without_a_point(self):
        with pytest.raises(InvalidArgument, match="no argument"):
            check_gradient(np.sum, np.ones_like)


class TestJvp:
    def test_right(self):
        result = check_jvp(lambda x: A @ np.sin(x), lambda x, v: A @ (np.cos(x) * v), X)
        assert result.verdict is Verdict.PASS
        assert result.entries == A.size
        assert "3 basis vectors" in result.notes[0]

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda x, v: A @ (np.sin(x) * v),
            lambda x, v: A @ (np.cos(x) * v) * [1, 1 + 1e-9],
            lambda x, v: A @ (np.cos(x) * v.sum()),
        ],
        ids=["factor", "row by 1e-9", "summed"],
    )
    def test_wrong(self, wrong):
        assert check_jvp(lambda x: A @ np.sin(x), wrong, X).verdict is Verdict.FAIL

    @pytest.mark.parametrize(
        "bend",
        [
            np.abs,
            np.square,
            lambda v: v + 1e-6,
            lambda v: np.where(v > 0, v, 0),
            lambda v: v / np.linalg.norm(v),
        ],
        ids=["abs", "square", "offset", "positive part", "normalised"],
    )
    @pytest.mark.parametrize("x", [X, X[:1]], ids=["three entries", "one entry"])
    def test_not_linear(self, bend, x):
        result = check_jvp(np.sin, lambda x, v: np.cos(x) * bend(v), x)
        assert result.verdict is Verdict.FAIL

    def test_not_linear_is_said(self):
        result = check_jvp(np.sin, lambda x, v: np.cos(x) * np.abs(v), X)
        assert "not linear" in result.message

    def test_wrong_shape_names_both(self):
        result = check_jvp(lambda x: A @ x, lambda x, v: v, X)
        assert result.reason is Reason.WRONG_SHAPE
        assert "(3,)" in result.message
        assert "(2,)" in result.message

    def test_raising_claim(self):
        result = check_jvp(np.sin, lambda x, v: v[7], X)
        assert result.reason is Reason.CLAIM_RAISED
        assert "IndexError" in result.message

    def test_nested(self):
        assert check_jvp(network, network_jvp, PARAMS).verdict is Verdict.PASS
        wrong = check_jvp(network, lambda p, v: network_jvp(p, {**v, "b": -v["b"]}), PARAMS)
        assert wrong.verdict is Verdict.FAIL

    def test_several_arguments_have_a_tuple_of_directions(self):
        def jvp(a, b, v):
            return v[0] * b + a * v[1]

        assert check_jvp(np.multiply, jvp, X, X**2, argnums=(0, 1)).verdict is Verdict.PASS
        wrong = check_jvp(np.multiply, lambda a, b, v: v[0] * b, X, X**2, argnums=(0, 1))
        assert wrong.verdict is Verdict.FAIL

    def test_second_of_two_arguments(self):
        assert check_jvp(np.multiply, lambda a, b, v: a * v, X, X**2, argnums=1).verdict is Verdict.PASS

    def test_lower_precision(self):
        x = X.astype(np.float32)
        dtypes = set()

        def jvp(x, v):
            dtypes.add(v.dtype.name)
            return np.cos(x) * v

        assert check_jvp(np.sin, jvp, x).verdict is Verdict.PASS
        assert dtypes == {"float32", "float64"}
        assert check_jvp(np.sin, lambda x, v: np.cos(x) * v * np.float32(1.001), x).verdict is Verdict.FAIL

    def test_a_cancelling_formula_is_rounding(self):
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        x = np.array([12.0])
        result = check_jvp(sigmoid, lambda x, v: sigmoid(x) * (1 - sigmoid(x)) * v, x)
        assert result.verdict is not Verdict.FAIL
        wrong = check_jvp(sigmoid, lambda x, v: sigmoid(x) * (1 - sigmoid(x)) * v * 1.001, x)
        assert wrong.verdict is Verdict.FAIL

    def test_numbers_instead_of_a_callable(self):
        with pytest.raises(InvalidArgument, match="`jvp`: given 'ndarray', expected a callable"):
            check_jvp(np.sin, np.eye(3), X)

    def test_no_numbers(self):
        with pytest.raises(InvalidArgument, match="`jvp`"):
            check_jvp(np.sin, lambda x, v: None, X)

    def test_direction_and_arguments_are_fresh_each_time(self):
        def jvp(x, v):
            v *= np.cos(x)
            x[:] = np.nan
            return v

        assert check_jvp(np.sin, jvp, X).verdict is Verdict.PASS
        assert np.isfinite(X).all()

    def test_solver_inside_is_granted_rtol(self):
        def jvp(x, v):
            return np.cos(x) * v * (1 + 1e-7 * np.sin(1e3 * v))

        loosened = check_jvp(np.sin, jvp, X, rtol=1e-5)
        assert loosened.verdict is Verdict.PASS
        assert any("linear to" in note for note in loosened.notes)
        assert check_jvp(np.sin, jvp, X).verdict is Verdict.FAIL


class TestVjp:
    def test_right(self):
        result = check_vjp(lambda x: A @ np.sin(x), lambda x, u: (u @ A) * np.cos(x), X)
        assert result.verdict is Verdict.PASS
        assert "2 basis vectors" in result.notes[0]

    @pytest.mark.parametrize(
        "wrong",
        [lambda x, u: u @ A, lambda x, u: (u @ A) * np.cos(x) * [1, 1, 1 + 1e-9], lambda x, u: np.abs(u) @ A],
        ids=["no inner", "column by 1e-9", "not linear"],
    )
    def test_wrong(self, wrong):
        assert check_vjp(lambda x: A @ np.sin(x), wrong, X).verdict is Verdict.FAIL

    def test_scalar_output(self):
        assert check_vjp(lambda x: np.sum(x**2), lambda x, u: 2 * x * u, X).verdict is Verdict.PASS
        assert check_vjp(lambda x: np.sum(x**2), lambda x, u: x * u, X).verdict is Verdict.FAIL

    def test_wrong_shape_names_both(self):
        result = check_vjp(lambda x: A @ x, lambda x, u: u, X)
        assert result.reason is Reason.WRONG_SHAPE
        assert "(3,)" in result.message
        assert "(2,)" in result.message

    def test_nested(self):
        assert check_vjp(network, network_vjp, PARAMS).verdict is Verdict.PASS
        wrong = check_vjp(network, lambda p, u: {**network_vjp(p, u), "b": u}, PARAMS)
        assert wrong.verdict is Verdict.FAIL
        assert 'p["b"]' in wrong.worst.path

    def test_nested_output(self):
        def f(x):
            return {"sum": x.sum(), "all": x**2}

        def vjp(x, u):
            return u["sum"] + 2 * x * u["all"]

        assert check_vjp(f, vjp, X).verdict is Verdict.PASS
        assert check_vjp(f, lambda x, u: 2 * x * u["all"], X).verdict is Verdict.FAIL

    def test_lower_precision(self):
        x = X.astype(np.float32)
        assert check_vjp(np.sin, lambda x, u: np.cos(x) * u, x).verdict is Verdict.PASS
        assert check_vjp(np.sin, lambda x, u: np.cos(x) * u * np.float32(1.001), x).verdict is Verdict.FAIL


class TestAdjoint:
    def test_right(self):
        result = check_adjoint(network_jvp, network_vjp, PARAMS)
        assert result.verdict is Verdict.PASS
        assert result.detectable < 1e-13
        assert result.nfev == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda p, u: {**network_vjp(p, u), "b": u},
            lambda p, u: {**network_vjp(p, u), "w": network_vjp(p, u)["w"] * (1 + 1e-10)},
            lambda p, u: network_vjp(p, np.abs(u)),
            lambda p, u: network_vjp(p, u[::-1]),
        ],
        ids=["part", "1e-10", "not linear", "order"],
    )
    def test_wrong(self, wrong):
        assert check_adjoint(network_jvp, wrong, PARAMS).verdict is Verdict.FAIL

    def test_transposed_operator(self):
        b = A[:, :2]
        assert check_adjoint(lambda x, v: b @ v, lambda x, u: b.T @ u, X[:2]).verdict is Verdict.PASS
        result = check_adjoint(lambda x, v: b @ v, lambda x, u: b @ u, X[:2])
        assert result.verdict is Verdict.FAIL
        assert "<u, J v>" in result.message

    def test_a_common_mistake_is_not_seen_without_f(self):
        doubled = check_adjoint(lambda x, v: 2 * A @ v, lambda x, u: 2 * u @ A, X)
        assert doubled.verdict is Verdict.PASS
        assert check_jvp(lambda x: A @ x, lambda x, v: 2 * A @ v, X).verdict is Verdict.FAIL

    def test_wrong_shape(self):
        result = check_adjoint(lambda x, v: A @ v, lambda x, u: u, X)
        assert result.reason is Reason.WRONG_SHAPE

    def test_cancelling_formulas_are_rounding(self):
        def slope(x):
            return (1 - np.cos(x)) / x**2

        def other(x):
            return (1 - np.cos(x) ** 2) / (x**2 * (1 + np.cos(x)))

        x = np.array([3e-3, 1e-2])
        result = check_adjoint(lambda x, v: slope(x) * v, lambda x, u: other(x) * u, x)
        assert result.verdict is Verdict.PASS
        assert any("own rounding" in note for note in result.notes)
        wrong = check_adjoint(lambda x, v: slope(x) * v, lambda x, u: 1.001 * other(x) * u, x)
        assert wrong.verdict is Verdict.FAIL

    def test_a_mistake_that_swings_with_the_derivative_is_no_rounding(self):
        def vjp(x, u):
            return 1.0001 * np.cos(1e5 * x) * u

        assert check_adjoint(lambda x, v: np.cos(1e5 * x) * v, vjp, X).verdict is Verdict.FAIL

    def test_lower_precision(self):
        x = X.astype(np.float32)
        assert (
            check_adjoint(lambda x, v: np.cos(x) * v, lambda x, u: np.cos(x) * u, x).verdict is Verdict.PASS
        )
        wrong = check_adjoint(lambda x, v: np.cos(x) * v, lambda x, u: np.cos(x) * u * np.float32(1.01), x)
        assert wrong.verdict is Verdict.FAIL

    def test_raising(self):
        result = check_adjoint(lambda x, v: 1 / 0, lambda x, u: u, X)
        assert result.reason is Reason.CLAIM_RAISED

    def test_not_finite(self):
        result = check_adjoint(lambda x, v: np.nan * v, lambda x, u: u, X)
        assert result.verdict is Verdict.FAIL


class TestAdjointOfTransforms:
    """An FFT is right to a rounding of the largest number of its output, and nothing of that scatters."""

    @pytest.mark.parametrize("n", [5, 8, 12])
    @pytest.mark.parametrize(
        "kernel", [[0.1, 0.5, 0.2], np.exp(-(np.linspace(-5, 5, 5) ** 2))], ids=["few", "gauss"]
    )
    def test_convolutions(self, n, kernel):
        spectrum = np.fft.rfft(kernel, n)
        push = lambda x, v: np.fft.irfft(np.fft.rfft(v) * spectrum, n)
        pull = lambda x, u: np.fft.irfft(np.fft.rfft(u) * np.conj(spectrum), n)
        x = np.random.default_rng(0).normal(size=n)
        assert str(check_adjoint(push, pull, x).verdict) == "pass"
        assert str(check_adjoint(push, push, x).verdict) == "fail"
        off = lambda x, u: pull(x, u) + 1e-12 * np.roll(u, 1)
        assert str(check_adjoint(push, off, x).verdict) == "fail"

    def test_rows_of_different_scale_hide_no_mistake(self):
        small = np.array([[1e8, 2e8], [1e-9, 2e-9]])
        off = small * [[1.0, 1.0], [1.0, 1.1]]
        found = check_adjoint(lambda x, v: small @ v, lambda x, u: off.T @ u, np.ones(2))
        assert str(found.verdict) == "fail"
