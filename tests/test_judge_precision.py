"""Lower precision: float32, float16 and bfloat16 judged by the rounding that a claim really has."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.precision import granted
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.elsewhere import Elsewhere, worst_columns
from gradcheck.judge.rounding.scatter import claim_rounding
from gradcheck.results import Reason, Verdict

ml_dtypes = pytest.importorskip("ml_dtypes")

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
try:
    bench = importlib.import_module("precision")
    table = importlib.import_module("precision_cases")
finally:
    sys.path.pop(0)

X = np.array([0.5, 0.7, 1.2])
HALF = X.astype(np.float16)
FORMATS = [np.float32, np.float16, ml_dtypes.bfloat16]
SOME = ("tanh", "softmax", "cosine", "squared error", "layer")
SIZES = [*((name, size) for name in table.CASES for size in (1, 3)), *((name, 30) for name in SOME)]


def diagonal(function, *, like=None):
    return lambda x: np.diag(function(x if like is None else x.astype(like)))


@pytest.mark.parametrize("dtype", FORMATS, ids=lambda one: np.dtype(one).name)
@pytest.mark.parametrize(("name", "size"), [*SIZES, ("norm", 1000), ("sum", 1000)])
class TestTable:
    def test_right(self, name, size, dtype):
        case, x = table.CASES[name], bench.point(size, dtype)
        result = gradcheck.check(case.f, case.jac, x)
        lost = bench.own_rounding(case, x).max()
        assert result.verdict is Verdict.PASS or (lost > 0.03 and result.reason is Reason.TOO_WEAK)

    @pytest.mark.parametrize("kind", ["one entry", "all entries"])
    def test_wrong_by_5_percent(self, name, size, dtype, kind):
        case, x = table.CASES[name], bench.point(size, dtype)
        if not bench.is_wrong(case, kind, x):
            pytest.skip("5% of 0")
        result = gradcheck.check(case.f, bench.CLAIMS[kind](case), x)
        assert result.verdict is not Verdict.PASS
        assert result.verdict is Verdict.FAIL or not bench.must_fail(case, kind, x)


class TestFormats:
    def test_detectable_within_the_limits(self):
        for dtype, limit in zip(FORMATS, (1e-2, 5e-2, 5e-2), strict=True):
            result = gradcheck.check(np.sin, diagonal(np.cos), X.astype(dtype))
            assert 0 < result.detectable <= limit

    def test_function_that_casts_is_named(self):
        def f(x):
            return np.float16(np.sin(x))

        result = gradcheck.check(f, np.cos, 0.7)
        assert result.verdict is Verdict.PASS
        assert 1e-3 < result.detectable < 5e-2
        assert any("f returns float16 from float64 arguments" in note for note in result.notes)
        assert gradcheck.check(f, lambda x: 1.05 * np.cos(x), 0.7).verdict is Verdict.FAIL
        sharp = gradcheck.check(np.sin, np.cos, 0.7)
        assert not any("float16" in note for note in sharp.notes)

    def test_mixed_formats(self):
        def f(a, b):
            return a * b

        point = X.astype(np.float16), X[::-1].copy()
        right = gradcheck.check(f, lambda a, b: (np.diag(b), np.diag(a)), *point, argnums=(0, 1))
        wrong = gradcheck.check(f, lambda a, b: (np.diag(b), 1.05 * np.diag(a)), *point, argnums=(0, 1))
        assert (right.verdict, wrong.verdict) == (Verdict.PASS, Verdict.FAIL)

    def test_numbers_already_evaluated(self):
        for dtype in FORMATS:
            right = np.diag(np.cos(X.astype(dtype)))
            assert gradcheck.check(np.sin, right, X.astype(dtype)).verdict is Verdict.PASS
            assert gradcheck.check(np.sin, right * dtype(1.1), X.astype(dtype)).verdict is Verdict.FAIL

    def test_a_steep_derivative_of_rounded_numbers_is_not_refuted(self):
        f, slope = (lambda x: np.sin(300 * x)), (lambda x: 300 * np.cos(300 * x))
        nearby = slope(0.7 * (1 + 2e-8))
        assert gradcheck.check(f, np.float32(nearby), 0.7).verdict is not Verdict.FAIL
        assert gradcheck.check(f, np.float32(1.1 * slope(0.7)), 0.7).verdict is Verdict.FAIL


class TestRange:
    def test_derivative_beyond_the_largest_number(self):
        result = gradcheck.check(lambda x: x**3, diagonal(lambda x: 3 * x**2), np.array([300, 2], np.float16))
        assert result.reason is Reason.TOO_WEAK
        assert "beyond 65504" in result.message

    def test_function_that_overflows_itself(self):
        result = gradcheck.check(np.exp, diagonal(lambda x: np.exp(x) * np.exp(0 * x)), np.float16([12, 1]))
        assert result.verdict is Verdict.INCONCLUSIVE

    def test_a_claim_that_overflows_alone_fails(self):
        def careless(x):
            return np.diag(1.5 * x * x * x / (x * x * x) * np.sqrt(x))

        result = gradcheck.check(lambda x: x * np.sqrt(x), careless, np.float16([300, 2]))
        assert result.reason is Reason.NOT_FINITE

    def test_underflow_is_no_mistake(self):
        f, slope = (lambda x: np.exp(-x * x)), (lambda x: -2 * x * np.exp(-x * x))
        x = np.float16([4, 1])
        assert gradcheck.check(f, diagonal(slope), x).verdict is not Verdict.FAIL
        assert gradcheck.check(f, diagonal(lambda x: slope(x) / 2), x).verdict is Verdict.FAIL


class TestNotes:
    @pytest.mark.parametrize(
        ("dtype", "text"),
        [
            (np.float32, "computed in float32"),
            (np.float16, "evaluated in float16"),
            (ml_dtypes.bfloat16, "evaluated in bfloat16"),
        ],
    )
    def test_a_claim_coarser_than_its_arguments(self, dtype, text):
        coarse = gradcheck.check(np.sin, diagonal(np.cos, like=dtype), X)
        assert coarse.verdict is Verdict.PASS
        assert any(text in note for note in coarse.notes)
        own = gradcheck.check(np.sin, diagonal(np.cos), X.astype(dtype))
        assert own.verdict is Verdict.PASS
        assert not any(text in note for note in own.notes)

    @pytest.mark.parametrize(("dtype", "text"), [(np.float16, "float16"), (ml_dtypes.bfloat16, "bfloat16")])
    def test_half_precision_hidden_in_float64_does_not_pass(self, dtype, text):
        def hidden(x):
            return np.diag(np.cos(x.astype(dtype))).astype(float)

        result = gradcheck.check(np.sin, hidden, X)
        assert result.verdict is not Verdict.PASS
        assert f"evaluated in {text}" in " ".join([*result.notes, result.diagnosis])
        array = gradcheck.check(np.sin, hidden(X), X)
        assert array.verdict is Verdict.FAIL
        assert array.diagnosis.endswith(f"evaluated in {text}")

    def test_short_numbers_are_not_taken_for_half_precision(self):
        result = gradcheck.check(lambda x: 2.002 * x, lambda x: 2.0 * np.eye(3), X)
        assert result.verdict is Verdict.FAIL
        assert "float16" not in result.diagnosis


class TestGranted:
    def claim(self, jac, x):
        problem = Problem(np.sin, [x])
        problem.evaluate()
        claim = Claim(problem, jac, "numerator")
        return claim, claim.here()

    def test_own_rounding_is_exact(self):
        claim, here = self.claim(diagonal(np.cos), HALF)
        lost = np.abs(np.diag(here.value) - np.cos(HALF.astype(float)))
        error = np.diag(granted(claim, here))
        assert (error >= lost + 8 * 2.0**-10 * np.abs(np.diag(here.value))).all()
        assert (error <= lost + 8 * 2.0**-10 * np.abs(np.diag(here.value)) + 2.0**-24).all()

    def test_float64_is_granted_a_few_eps(self):
        claim, here = self.claim(diagonal(np.cos), X)
        assert np.array_equal(granted(claim, here), 8 * 2.0**-52 * np.abs(here.value))


class TestElsewhere:
    def f(self, x):
        return np.stack([np.sin(x[0]) * x[2], x[1] ** 2 + x[3]])

    @pytest.mark.parametrize("method", ["complex-step", "central"])
    def test_columns_are_those_of_the_whole(self, method):
        x = np.array([0.3, 1.5, -2.0, 4.0])
        problem = Problem(self.f, [x])
        problem.evaluate()
        elsewhere = Elsewhere(problem, method, None)
        whole, _ = elsewhere.at(1.1 * x, np.arange(4))
        some, error = elsewhere.at(1.1 * x, np.array([1, 2]))
        assert np.abs(some - whole[:, 1:3]).max() <= 2 * error.max() + 1e-15
        assert elsewhere.nfev > 0

    def test_a_function_that_raises_has_no_answer(self):
        problem = Problem(np.sin, [X])
        problem.evaluate()
        problem.f = lambda x: 1 / 0
        assert Elsewhere(problem, "central", None).at(X, np.arange(3)) is None

    def test_worst_columns_come_first(self):
        ratio = np.arange(24.0).reshape(2, 12)
        first, rest = worst_columns(ratio, ratio > 1)
        assert first.tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
        assert rest.tolist() == [0, 1, 2, 3]
        assert worst_columns(ratio, ratio > 99) == []


class TestComesAndGoes:
    def measured(self, deviation):
        found = claim_rounding(
            np.ones(1),
            lambda x: (deviation(x)[:, None], np.ones((1, 1))),
            np.random.default_rng(0),
            np.full((1, 1), 1e-9),
        )
        return float(found[0, 0])

    def test_an_entry_doubled_where_it_is_the_largest_is_a_mistake(self):
        assert self.measured(lambda x: np.where(x > 1 + 1e-12, 0.05, 0.0)) == 0.0

    def test_rounding_to_either_side_is_rounding(self):
        rng = np.random.default_rng(1)
        assert self.measured(lambda x: rng.normal(size=1) * 1e-3) > 1e-3

    def test_a_last_digit_that_is_there_or_not_is_rounding(self):
        assert self.measured(lambda x: np.where(x > 1 + 1e-12, 0.05, -0.01)) > 0.01


def test_a_thousand_columns_are_not_all_asked_again():
    x = bench.point(1000, float)
    case = table.CASES["norm"]
    result = gradcheck.check(case.f, bench.spoiled_all(case), x)
    assert result.verdict is Verdict.FAIL
    assert result.nfev < 1500


def test_a_right_claim_with_rounding_of_its_own_passes_at_300():
    x = np.random.default_rng(0).uniform(0.3, 2, 300)
    case = table.CASES["softmax"]
    assert gradcheck.check(case.f, case.jac, x).verdict is Verdict.PASS


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_functions_of_jax(name):
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray(X, name)
    right = jax.jacrev(jax.nn.softmax)

    def wrong(x):
        return right(x).at[0, 0].multiply(x.dtype.type(1.05))

    assert gradcheck.check(jax.nn.softmax, right, x).verdict is Verdict.PASS
    assert gradcheck.check(jax.nn.softmax, wrong, x).verdict is Verdict.FAIL


class TestKnownRounding:
    """In a coarse format the claim's rounding is known with its sign, so a mistake that it hides is too."""

    @pytest.mark.parametrize(
        ("share", "verdict"),
        [(0.0, "pass"), (-0.005, "pass"), (-0.02, "fail"), (0.03, "fail")],
    )
    def test_what_passes_hides_nothing_above_its_detectable(self, share, verdict):
        case, x = table.CASES["tanh"], bench.point(3, ml_dtypes.bfloat16)
        assert 0.02 < bench.own_rounding(case, x)[2, 2] < 0.03

        def claim(x):
            right = np.array(case.jac(x))
            right[2, 2] = (1 + share) * float(right[2, 2])
            return right

        result = gradcheck.check(case.f, claim, x)
        assert str(result.verdict) == verdict, str(result)
        assert verdict == "fail" or abs(share) <= result.detectable
