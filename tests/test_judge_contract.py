"""Where no difference can be taken: shapes, finiteness, jvp against vjp; a breach fails, nothing passes."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import InvalidArgument
from gradcheck.journal import violation
from gradcheck.journal.checks import check_entry
from gradcheck.results import Reason, Verdict, observing

A = np.array([[1.0, 2.0, 0.5], [3.0, -4.0, 1.5]])
X = np.array([0.5, 2.0, -1.25])


def f(x):
    return A @ np.sin(x)


def jac(x):
    return A * np.cos(x)


def jvp(x, v):
    return A @ (np.cos(x) * v)


def vjp(x, u):
    return (u @ A) * np.cos(x)


def contract(claim, function=f, x=X, **keywords):
    return gradcheck.check(function, claim, x, method="contract", **keywords)


class TestJacobian:
    def test_what_keeps_to_it_is_never_a_pass(self):
        for claim in (jac, lambda x: 0 * jac(x), jac(X)):
            result = contract(claim)
            assert result.verdict is Verdict.INCONCLUSIVE
            assert result.reason is Reason.CONTRACT_ONLY
            assert result.nfev == 1
        assert "the claim has the right shape (2 x 3 as a matrix), and is float64 and finite" in str(result)

    @pytest.mark.parametrize(
        ("claim", "reason"),
        [
            (lambda x: jac(x).T, Reason.WRONG_SHAPE),
            (lambda x: jac(x)[0], Reason.WRONG_SHAPE),
            (lambda x: jac(x) * [1, 1, np.nan], Reason.NOT_FINITE),
            (lambda x: jac(x) / [1, 1, 0.0], Reason.NOT_FINITE),
            (lambda x: x[9], Reason.CLAIM_RAISED),
        ],
        ids=["transpose", "row", "nan", "infinite", "raises"],
    )
    def test_a_breach_fails(self, claim, reason):
        result = contract(claim)
        assert result.verdict is Verdict.FAIL
        assert result.reason is reason

    def test_an_infinite_derivative_where_f_is_not_finite_is_no_breach(self):
        def root(x):
            return np.sqrt(x)

        claim = np.diag([1.0, np.nan])
        result = contract(claim, root, np.array([1.0, -1.0]))
        assert result.reason is Reason.CONTRACT_ONLY
        assert "1 rows where f is not finite" in result.message

    def test_f_is_called_once_even_if_it_changes_every_time(self):
        calls = []

        def counting(x):
            calls.append(0)
            return f(x) + len(calls)

        assert contract(jac, counting).reason is Reason.CONTRACT_ONLY
        assert len(calls) == 1

    def test_f_that_raises(self):
        assert contract(jac, lambda x: 1 / 0).reason is Reason.FUNCTION_RAISED

    def test_no_numbers(self):
        with pytest.raises(InvalidArgument, match="expected real numbers"):
            contract(lambda x: 1j * jac(x))

    def test_a_surrogate_and_a_budget_change_nothing(self):
        assert contract(jac, surrogate=f).reason is Reason.CONTRACT_ONLY
        assert contract(jac, max_nfev=1).reason is Reason.CONTRACT_ONLY

    def test_jax_is_no_claim_to_look_at(self):
        with pytest.raises(InvalidArgument, match="given 'contract' with 'jax'"):
            contract("jax")


class TestOtherForms:
    def test_gradient(self):
        def square(x):
            return x @ x

        right = gradcheck.check_gradient(square, lambda x: x, X, method="contract")
        assert right.reason is Reason.CONTRACT_ONLY
        wrong = gradcheck.check_gradient(square, lambda x: x[:2], X, method="contract")
        assert wrong.reason is Reason.WRONG_SHAPE
        with pytest.raises(InvalidArgument, match="expected one number"):
            gradcheck.check_gradient(np.sin, np.cos, X, method="contract")

    def test_hessian(self):
        def square(x):
            return x @ x

        right = gradcheck.check_hessian(square, np.eye(3), X, method="contract")
        assert right.reason is Reason.CONTRACT_ONLY
        wrong = gradcheck.check_hessian(square, np.ones(3), X, method="contract")
        assert wrong.reason is Reason.WRONG_SHAPE
        bad = gradcheck.check_hvp(square, lambda x, v: v * np.nan, X, method="contract")
        assert bad.verdict is Verdict.FAIL

    def test_products_must_be_linear(self):
        right = gradcheck.check_jvp(f, lambda x, v: 2 * jvp(x, v), X, method="contract")
        assert right.reason is Reason.CONTRACT_ONLY
        bent = gradcheck.check_jvp(f, lambda x, v: jvp(x, np.abs(v)), X, method="contract")
        assert bent.verdict is Verdict.FAIL


class TestPartner:
    def test_both_against_each_other_without_a_difference(self):
        result = gradcheck.check_jvp(f, jvp, X, vjp=vjp, method="contract")
        assert result.reason is Reason.CONTRACT_ONLY
        assert "jvp and vjp are of one matrix" in result.notes
        wrong = gradcheck.check_jvp(f, jvp, X, vjp=lambda x, u: 1.001 * vjp(x, u), method="contract")
        assert wrong.verdict is Verdict.FAIL
        assert "<u, J v>" in wrong.message
        other = gradcheck.check_vjp(f, vjp, X, jvp=lambda x, v: A @ v, method="contract")
        assert other.verdict is Verdict.FAIL

    def test_beside_differences(self):
        assert gradcheck.check_jvp(f, jvp, X, vjp=vjp).verdict is Verdict.PASS
        assert gradcheck.check_vjp(f, vjp, X, jvp=jvp).verdict is Verdict.PASS
        wrong = gradcheck.check_jvp(f, jvp, X, vjp=lambda x, u: vjp(x, -u))
        assert wrong.verdict is Verdict.FAIL
        assert wrong.nfev > 0
        assert gradcheck.check_jvp(f, lambda x, v: -jvp(x, v), X, vjp=vjp).verdict is Verdict.FAIL

    def test_it_must_be_a_callable(self):
        with pytest.raises(InvalidArgument, match="`vjp`: given 'ndarray', expected a callable"):
            gradcheck.check_jvp(f, jvp, X, vjp=A)


class TestAdjoint:
    def test_an_operator_that_is_zero(self):
        def nothing(x, v):
            return 0.0 * v

        assert gradcheck.check_adjoint(nothing, nothing, X).verdict is Verdict.PASS
        assert gradcheck.check_adjoint(nothing, lambda x, u: 1e-300 * u, X).verdict is Verdict.FAIL
        assert gradcheck.check_adjoint(lambda x, v: 1e-300 * v, nothing, X).verdict is Verdict.FAIL

    @pytest.mark.parametrize("scale", [1e-200, 1e-8, 1e8, 1e200])
    def test_any_scale(self, scale):
        rows = np.array([[1e-6], [1e6]])

        def push(x, v):
            return scale * (rows * A) @ v

        def pull(x, u):
            return scale * u @ (rows * A)

        def off(x, u):
            return scale * u @ (rows * A * [[1, 1 + 1e-9, 1], [1, 1, 1]])

        right = gradcheck.check_adjoint(push, pull, X)
        assert right.verdict is Verdict.PASS
        assert right.detectable < 1e-13
        assert gradcheck.check_adjoint(push, off, X).verdict is Verdict.FAIL

    def test_two_answers_are_nondeterministic(self):
        rng = np.random.default_rng(0)
        result = gradcheck.check_adjoint(jvp, lambda x, u: vjp(x, u) * rng.normal(), X)
        assert result.verdict is Verdict.INCONCLUSIVE
        assert result.reason is Reason.NONDETERMINISTIC

    def test_complex_numbers_are_refused(self):
        with pytest.raises(InvalidArgument, match=r"`vjp`: .* expected real numbers"):
            gradcheck.check_adjoint(jvp, lambda x, u: 1j * vjp(x, u), X)

    def test_memory(self):
        result = gradcheck.check_adjoint(lambda x, v: v, lambda x, u: u, np.zeros(1_000_000))
        assert result.reason is Reason.BUDGET


class TestEvidence:
    def seen(self, call):
        found = []
        with observing(found.append):
            call()
        return found[0]

    def test_a_claim_that_is_not_finite_hands_over_where(self):
        result = self.seen(lambda: contract(lambda x: jac(x) * [1, 1, np.nan]))
        assert result.worst.index == result.evidence.index == (0, 2)
        assert result.worst.path == "d f[0] / d x[2]"
        assert np.isnan(result.evidence.claimed[0, 2])
        assert result.evidence.wrong.tolist() == [[False, False, True]] * 2
        assert violation(check_entry(result, identity="f"), "check") is None

    def test_two_products_that_differ_hand_over_both_values(self):
        def bent(x, u):
            return vjp(x, u) * [1.0, 1.001, 1.0]

        result = self.seen(lambda: gradcheck.check_jvp(f, jvp, X, vjp=bent, method="contract"))
        i, j = result.evidence.index
        assert (i, j) == result.worst.index
        assert j == 1
        assert result.evidence.claimed[i, j] == pytest.approx(jac(X)[i, j])
        assert result.evidence.reference[i, j] == pytest.approx(1.001 * jac(X)[i, j])
        assert (result.worst.claimed, result.worst.reference) == (
            result.evidence.claimed[i, j],
            result.evidence.reference[i, j],
        )


@pytest.mark.parametrize(
    "call",
    [
        lambda **more: contract(lambda x: np.eye(400), lambda x: x, np.ones(400), **more),
        lambda **more: gradcheck.check_jvp(
            lambda x: x, lambda x, v: v, np.ones(400), method="contract", **more
        ),
        lambda **more: gradcheck.check_hessian(
            lambda x: x @ x, lambda x: 2 * np.eye(400), np.ones(400), method="contract", **more
        ),
    ],
    ids=["check", "jvp", "hessian"],
)
def test_memory_is_limited_here_too(call):
    assert call().reason is Reason.CONTRACT_ONLY
    result = call(max_memory=1e6)
    assert result.reason is Reason.BUDGET
    assert "max_memory is 1e+06" in result.message
