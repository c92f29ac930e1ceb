"""Functions and claims that draw random numbers: judged by their spread, right and wrong, never by luck."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.context import observing
from gradcheck.errors import InvalidArgument
from gradcheck.judge.stochastic.replicates import LEVEL, Slopes, mean_error, quantile
from gradcheck.results import Reason, Verdict

X = np.array([0.5, 1.2, -2.0])


def jac(x):
    return np.array([np.cos(x), 2 * x])


def noisy(scale, seed=0, draw=None):
    rng = np.random.default_rng(seed)
    draws = draw or (lambda: rng.normal(size=2))

    def f(x):
        return np.array([np.sum(np.sin(x)), np.sum(x**2)]) + scale * draws()

    return f


def judged(f, claim, x=X, **keywords):
    return gradcheck.check(f, claim, x, stochastic=True, **keywords)


@pytest.mark.parametrize("scale", [1e-14, 1e-11, 1e-8, 1e-6])
def test_small_noise_is_no_obstacle(scale):
    result = judged(noisy(scale), jac)
    assert result.verdict is Verdict.PASS
    assert result.detectable <= 1e-3
    assert "judged by the spread of 16 replicates" in str(result)
    # Without the keyword it is no function at all.
    assert gradcheck.check(noisy(scale), jac, X).reason is Reason.NONDETERMINISTIC


@pytest.mark.parametrize("scale", [1e-8, 1e-5, 1e-3])
@pytest.mark.parametrize("error", [0.05, 1.0, -2.0])
def test_a_mistake_beyond_the_spread_fails(scale, error):
    wrong = judged(noisy(scale), lambda x: jac(x) * [1, 1 + error, 1])
    assert wrong.verdict is Verdict.FAIL
    assert "x[1]" in wrong.message


@pytest.mark.parametrize("wrong", [lambda x: 0 * jac(x), lambda x: np.nan * jac(x), lambda x: -jac(x)],
                         ids=["zero", "nan", "sign"])  # fmt: skip
def test_gross_mistakes(wrong):
    assert judged(noisy(1e-6), wrong).verdict is Verdict.FAIL


@pytest.mark.parametrize(("error", "verdict"), [(0.0, Verdict.PASS), (1e-4, Verdict.FAIL)])
def test_numbers_in_float32_are_granted_their_own_rounding(error, verdict):
    claim = ((1 + error) * jac(X)).astype(np.float32)
    assert judged(noisy(1e-12), claim).verdict is verdict
    # The rounding of float32 is not granted to float64.
    assert judged(noisy(1e-12), claim.astype(np.float64)).verdict is Verdict.FAIL


def test_a_mistake_within_the_spread_is_undecided_and_never_passes():
    for error in (0.0, 1e-5, 1e-4):
        result = judged(noisy(1e-3), lambda x, error=error: jac(x) * (1 + error))
        assert result.verdict is Verdict.INCONCLUSIVE
        assert result.reason in (Reason.TOO_WEAK, Reason.NOISY_REFERENCE)
        assert "raise `max_nfev`" in str(result)


def test_a_loud_function_is_a_noisy_reference():
    for claim in (jac, lambda x: 1.5 * jac(x)):
        assert judged(noisy(5.0), claim).reason is Reason.NOISY_REFERENCE


def test_rtol_says_what_may_be_missed():
    assert judged(noisy(1e-3), jac, rtol=0.05).verdict is Verdict.PASS
    assert judged(noisy(1e-3), lambda x: 1.3 * jac(x), rtol=0.05).verdict is Verdict.FAIL


def test_rtol_does_not_pass_a_row_in_which_nothing_is_seen():
    rng = np.random.default_rng(3)

    def dropout(x):
        return np.sum(x**2 * 2 * (rng.random(3) < 0.5))

    for factor in (2, 4, 0):
        assert judged(dropout, lambda x, k=factor: k * x, rtol=0.1).verdict is Verdict.INCONCLUSIVE


def test_more_evaluations_see_more():
    def weakest(**keywords):
        rng = np.random.default_rng(4)
        f = lambda x: np.sin(x) + 1e-3 * rng.normal()
        return judged(f, np.cos, 0.5, **keywords).detectable

    assert weakest(max_nfev=20_000) < 0.6 * weakest()


class TestRandomClaims:
    def test_of_a_random_function(self):
        rng = np.random.default_rng(5)
        result = judged(noisy(1e-7), lambda x: jac(x) + 1e-5 * rng.normal(size=(2, 3)))
        assert result.verdict is Verdict.PASS
        assert "of the claim too" in str(result)
        wrong = judged(noisy(1e-7), lambda x: 1.01 * jac(x) + 1e-5 * rng.normal(size=(2, 3)))
        assert wrong.verdict is Verdict.FAIL

    def test_of_a_function_that_repeats_itself(self):
        rng = np.random.default_rng(6)

        def f(x):
            return np.sum(x**2)

        assert judged(f, lambda x: 2 * x + 1e-5 * rng.normal(size=3)).verdict is Verdict.PASS
        assert judged(f, lambda x: 2.02 * x + 1e-5 * rng.normal(size=3)).verdict is Verdict.FAIL

    def test_products(self):
        rng = np.random.default_rng(7)

        def push(x, v):
            return jac(x) @ v + 1e-7 * rng.normal(size=2)

        assert gradcheck.check_jvp(noisy(1e-7), push, X, stochastic=True).verdict is Verdict.PASS
        wrong = gradcheck.check_jvp(noisy(1e-7), lambda x, v: 1.1 * push(x, v), X, stochastic=True)
        assert wrong.verdict is Verdict.FAIL
        pulled = gradcheck.check_vjp(noisy(1e-7), lambda x, u: u @ jac(x), X, stochastic=True)
        assert pulled.verdict is Verdict.PASS


def test_right_claims_are_not_rejected_whatever_the_noise():
    draws = {
        "normal": lambda rng: rng.normal(size=2),
        "heavy": lambda rng: rng.standard_t(3, size=2),
        "skewed": lambda rng: np.exp(rng.normal(size=2)),
        "rare": lambda rng: (rng.random(2) < 0.02) * 1.0,
        "no variance": lambda rng: rng.standard_cauchy(2),
    }
    for name, draw in draws.items():
        for seed in range(4):
            rng = np.random.default_rng(seed)
            f = noisy(10.0 ** -(2 * seed), draw=lambda draw=draw, rng=rng: draw(rng))
            assert judged(f, jac).verdict is not Verdict.FAIL, (name, seed)


def test_common_random_numbers_are_an_ordinary_function():
    def f(x, seed=0):
        return np.mean((x[0] + x[1] * np.random.default_rng(seed).normal(size=100)) ** 2)

    def pathwise(x, seed=0):
        z = np.random.default_rng(seed).normal(size=100)
        inner = x[0] + x[1] * z
        return np.array([np.mean(2 * inner), np.mean(2 * inner * z)])

    result = judged(f, pathwise, X[:2])
    assert result.verdict is Verdict.PASS
    assert result.detectable < 1e-10
    assert "nothing random was seen" in str(result)
    assert judged(f, lambda x: 1.001 * pathwise(x), X[:2]).verdict is Verdict.FAIL


def test_outputs_without_a_claim():
    rng = np.random.default_rng(2)

    def f(x):
        return x**2 + 1e-9 * rng.normal(size=3), x**3 + 1e-9 * rng.normal(size=3), bool(x[0] > 0)

    square, cube = np.diag(2 * X), np.diag(3 * X**2)
    assert judged(f, lambda x: (square, cube, None)).verdict is Verdict.PASS
    part = judged(f, lambda x: (square, None, None))
    assert part.reason is Reason.NOT_CLAIMED
    assert part.entries == 9
    assert judged(f, lambda x: (square, 2 * cube, None)).verdict is Verdict.FAIL
    assert judged(f, lambda x: (2 * square, None, None)).verdict is Verdict.FAIL


def test_the_numbers_behind_a_verdict_are_handed_to_who_listens():
    seen = []
    with observing(seen.append):
        judged(noisy(1e-6), lambda x: 2 * jac(x))
    assert seen[0].evidence is not None


def test_a_kink_is_not_differentiable():
    rng = np.random.default_rng(8)

    def f(x):
        return np.maximum(x, 0) + 1e-7 * rng.normal(size=3)

    def claim(x):
        return np.diag((x > 0) * 1.0)

    assert judged(f, claim, np.array([0.0, 1.0, -1.0])).reason is Reason.NOT_DIFFERENTIABLE
    assert judged(f, claim, np.array([0.5, 1.0, 2.0])).verdict is Verdict.PASS


def test_near_the_edge_of_the_domain():
    rng = np.random.default_rng(9)

    def f(x):
        if x <= 0:
            raise ValueError("negative")
        return np.log(x) + 1e-7 * rng.normal()

    assert judged(f, lambda x: 1 / x, 1e-3).verdict is Verdict.PASS
    assert judged(f, lambda x: 1.01 / x, 1e-3).verdict is Verdict.FAIL
    assert judged(f, lambda x: 1 / x, 1e-3, bounds=(0, None)).verdict is Verdict.PASS
    assert judged(f, lambda x: 1 / x, -1.0).reason is Reason.FUNCTION_RAISED


def test_evaluations_are_limited_and_counted():
    calls = []
    f = noisy(1e-6)

    def counted(x):
        calls.append(0)
        return f(x)

    for limit in (2, 50, 300, 2000):
        calls.clear()
        result = judged(counted, jac, max_nfev=limit)
        assert len(calls) <= limit
        assert result.nfev == len(calls)
        assert (result.verdict is Verdict.PASS) == (limit == 2000)


def test_shapes_and_exceptions_come_first():
    assert judged(noisy(1e-6), lambda x: jac(x).T).reason is Reason.WRONG_SHAPE
    assert judged(noisy(1e-6), lambda x: 1 / 0).reason is Reason.CLAIM_RAISED
    with pytest.raises(InvalidArgument, match="`method`: given 'complex-step'"):
        judged(noisy(1e-6), jac, method="complex-step")
    with pytest.raises(InvalidArgument, match="check the Hessian as the derivative of the gradient"):
        gradcheck.check_hessian(noisy(1e-6), jac, X, stochastic=True)
    with pytest.raises(InvalidArgument, match=r"`stochastic`: given True with 'jax'.*hand the key over"):
        gradcheck.check(noisy(1e-6), "jax", X, stochastic=True)
    with pytest.raises(InvalidArgument, match=r"`method`: given 'contract' with 'jax'.*leave it out"):
        gradcheck.check(noisy(1e-6), "jax", X, method="contract")


def test_a_random_hessian_is_checked_as_the_derivative_of_the_gradient():
    rng = np.random.default_rng(5)

    def grad(x):
        return 4 * x**3 + 1e-6 * rng.normal(size=x.shape)

    def hess(x):
        return np.diag(12 * x**2)

    assert str(gradcheck.check(grad, hess, X, stochastic=True).verdict) == "pass"
    assert str(gradcheck.check(grad, lambda x: 1.02 * hess(x), X, stochastic=True).verdict) == "fail"


class TestNumbers:
    def test_quantiles_are_honest_for_few_replicates(self):
        # Student's table: two-sided 5% at 1, 5 and 30 degrees of freedom.
        assert quantile(0.05, np.array([1.0, 5.0, 30.0])) == pytest.approx([12.706, 2.571, 2.042], abs=1e-3)

    def test_bars_contain_the_mean_as_often_as_they_say(self):
        rng = np.random.default_rng(0)
        inside = 0
        for _ in range(2000):
            mean, bar = mean_error(rng.normal(size=(4, 1)), 0.05)
            inside += bool(abs(mean[0]) <= bar[0])
        assert 0.93 <= inside / 2000 <= 0.97

    @pytest.mark.parametrize("x", [0.7, 1e-4, 300.0])
    def test_bars_contain_the_slope(self, x):
        rng = np.random.default_rng(1)
        column = Slopes(lambda x: np.log(x) + 1e-5 * rng.normal(size=1), np.array([x]), 0, 0.0, np.inf)
        column.replicate(np.arange(len(column.steps)), 4)
        for _ in range(3):
            column.replicate(column.followed(LEVEL), 8)
        value, bar, kinked = column.estimate(LEVEL)
        assert abs(value[0] - 1 / x) <= bar[0]
        assert bar[0] <= 1e-2 / x
        assert not kinked.any()


def test_an_entry_beneath_the_spread_is_named():
    def f(x):
        return 1e3 * x[0] + 1e-6 * np.sin(x[1]) + 1e-7 * draw.normal()

    for claimed, named in ((1e-6 * np.cos(1.2), True), (0.0, False)):
        draw = np.random.default_rng(3)
        result = judged(f, lambda x, c=claimed: np.array([1e3, c]), np.array([0.5, 1.2]))
        assert result.verdict is Verdict.PASS
        notes = [note for note in result.notes if "cannot be told from 0, at d f / d x[1]" in note]
        assert bool(notes) == named, result.notes


@pytest.mark.parametrize("factor", [1.0, -3.0, 0.0])
def test_an_offset_is_no_scale_of_a_gradient_beneath_the_spread(factor):
    rng = np.random.default_rng(0)
    f = lambda x: 1e8 + np.sum(np.sin(x)) + 10 * rng.normal()
    found = gradcheck.check(f, lambda x: factor * np.cos(x), np.array([0.7, 1.3]), stochastic=True)
    assert str(found.verdict) == "inconclusive", str(found)
