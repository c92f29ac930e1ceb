"""``max_nfev`` and ``max_memory``: never exceeded; a mistake in what was examined found, the rest named."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.estimators.differences import blocks as blocks_of_columns
from gradcheck.judge.question.budget import BudgetSpent, Counter, counter_of
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Reason, Status, Verdict

N = 20
X = np.linspace(0.1, 3.0, N)


class Counted:
    """A function that knows how often it was called."""

    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.f(x)


def smooth(x):
    return np.array([np.sum(np.sin(x)), np.prod(np.cos(0.1 * x))])


def smooth_jac(x):
    return np.array([np.cos(x), -0.1 * np.tan(0.1 * x) * np.prod(np.cos(0.1 * x))])


def off_at(column):
    return lambda x: smooth_jac(x) * np.where(np.arange(N) == column, 1.001, 1.0)


@pytest.mark.parametrize("method", ["auto", "central", "complex-step"])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9, 13, 20, 33, 60, 150, 430, 1000])
def test_the_number_is_never_exceeded(limit, method):
    for claim in (smooth_jac, off_at(0), lambda x: np.zeros((2, N)), lambda x: np.full((2, N), np.nan)):
        f = Counted(smooth)
        result = gradcheck.check(f, claim, X, method=method, max_nfev=limit)
        assert f.calls <= limit
        assert result.nfev == f.calls


@pytest.mark.parametrize("limit", [20, 60, 430, 1000])
@pytest.mark.parametrize(
    "f", [np.abs, lambda x: np.maximum(x, x[::-1]), lambda x: np.round(x, 3)], ids=["abs", "max", "round"]
)
def test_neither_at_kinks_nor_where_it_is_noisy(f, limit):
    counted = Counted(f)
    x = np.array([0.0, 1.0, 0.0, -2.0])
    for claim in (np.diag(np.sign(x)), np.eye(4) * 3):
        counted.calls = 0
        gradcheck.check(counted, lambda x, claim=claim: claim, x, max_nfev=limit)
        assert counted.calls <= limit


def test_what_a_certified_check_costs_suffices():
    assert gradcheck.check(smooth, smooth_jac, X, max_nfev=N + 12).verdict is Verdict.PASS
    # Less may do, where one evaluation carries several columns, but no less than the certificate takes.
    short = gradcheck.check(smooth, smooth_jac, X, max_nfev=14)
    assert short.reason is Reason.BUDGET
    assert "left out: x[" in short.message


def test_inputs_left_out_are_named_and_counted():
    result = gradcheck.check(smooth, smooth_jac, X, max_nfev=28)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason is Reason.BUDGET
    assert result.message == "max_nfev=28: 18 of 20 inputs examined, and they agree; left out: x[7], x[12]"
    assert result.entries == 2 * 18
    few = gradcheck.check(smooth, smooth_jac, X, max_nfev=14)
    assert few.message.endswith("left out: x[1], x[2], x[3], x[4], x[5] and 13 more")


@pytest.mark.parametrize(("method", "limit"), [("auto", 20), ("complex-step", 20), ("central", 110)])
def test_a_mistake_among_what_is_examined_fails(method, limit):
    assert gradcheck.check(smooth, off_at(N - 1), X, method=method, max_nfev=limit).verdict is Verdict.FAIL
    unseen = gradcheck.check(smooth, off_at(7), X, method=method, max_nfev=limit)
    assert unseen.reason is Reason.BUDGET


def test_a_right_claim_that_cancels_is_not_called_wrong():
    def logistic(x):
        return 1 / (1 + np.exp(-x))

    def slope(x):
        # In float64 alone: in a wider format it would show at once that it is right.
        return float(logistic(float(x))) * (1 - float(logistic(float(x))))

    for limit in (20, 60, 100, 200):
        result = gradcheck.check(logistic, slope, 12.0, max_nfev=limit)
        assert result.reason in (Reason.BUDGET, Reason.AGREES)
        assert limit > 60 or result.reason is Reason.BUDGET
        # The twin is off by more than any scatter of the claim.
        assert gradcheck.check(logistic, lambda x: 2 * slope(x), 12.0, max_nfev=60).verdict is Verdict.FAIL


def test_central_differences_go_on_with_the_inputs_left():
    f = Counted(lambda x: smooth(np.asarray(x, dtype=float)))
    result = gradcheck.check(f, smooth_jac, X, max_nfev=25 * N)
    assert result.verdict is Verdict.PASS
    assert result.entries == 2 * N
    assert f.calls <= 25 * N


@pytest.mark.parametrize("limit", [20, 100, 300, 700])
def test_second_derivatives(limit):
    def f(x):
        return np.sum(np.sin(x) * x)

    def hessian(x):
        return np.diag(2 * np.cos(x) - x * np.sin(x))

    counted = Counted(f)
    right = gradcheck.check_hessian(counted, hessian, X[:6], max_nfev=limit)
    assert counted.calls <= limit
    assert right.reason is Reason.BUDGET
    wrong = gradcheck.check_hessian(f, lambda x: 1.01 * hessian(x), X[:6], max_nfev=limit)
    assert (wrong.verdict is Verdict.FAIL) == (limit >= 300)


def test_other_forms_and_nested_arguments():
    params = {"w": X, "b": np.array(0.5)}

    def f(p):
        return np.sum(np.tanh(p["w"])) + p["b"] ** 2

    def grad(p):
        return {"w": 1 / np.cosh(p["w"]) ** 2, "b": 2 * p["b"]}

    result = gradcheck.check_gradient(f, grad, params, max_nfev=20)
    assert result.reason is Reason.BUDGET
    assert 'left out: p["w"][' in result.message
    wrong = gradcheck.check_gradient(f, lambda p: {**grad(p), "b": p["b"]}, params, max_nfev=20)
    assert wrong.verdict is Verdict.FAIL
    pushed = gradcheck.check_jvp(np.sin, lambda x, v: np.cos(x) * v, X, max_nfev=25)
    assert pushed.reason is Reason.BUDGET
    assert gradcheck.check_vjp(np.sin, lambda x, u: u * np.sin(x), X, max_nfev=25).verdict is Verdict.FAIL


def test_a_function_of_value_and_derivative_is_counted_whole():
    whole = Counted(lambda x: (np.sum(x**3), 3 * x**2))
    result = gradcheck.check(whole, True, X, max_nfev=N + 15)
    assert result.verdict is Verdict.PASS
    assert whole.calls <= N + 15


@pytest.mark.parametrize("limit", [1, 2, 3, 40, 64, 97, 200])
def test_several_points_share_it(limit):
    f = Counted(smooth)
    result = gradcheck.check(f, smooth_jac, points=[(X,), (2 * X,), (0.5 * X,)], max_nfev=limit)
    assert f.calls <= limit
    assert result.nfev == f.calls
    assert (result.verdict is Verdict.PASS) == (limit >= 3 * (N + 12))
    assert result.verdict is Verdict.PASS or result.reason is Reason.BUDGET


@pytest.mark.parametrize("limit", [3, 15, 19, 31, 60])
def test_both_triangles_share_it(limit):
    f = Counted(lambda A: np.sum(A @ A))
    x = np.array([[2.0, 0.5], [0.5, 1.0]])
    inputs = {0: gradcheck.symmetric("free")}

    def claim(A):
        G = np.ones((2, 2)) @ A.T + A.T @ np.ones((2, 2))
        return G + G.T - np.diag(np.diag(G))

    result = gradcheck.check(f, claim, x, inputs=inputs, max_nfev=limit)
    assert f.calls <= limit
    assert (result.verdict is Verdict.PASS) == (limit >= 2 * 15)


def test_a_reason_of_the_function_itself_stays():
    def jump(x):
        raise ZeroDivisionError

    assert gradcheck.check(jump, np.eye(N), X, max_nfev=50).reason is Reason.FUNCTION_RAISED


class TestMemory:
    def test_refused_before_anything_is_allocated(self):
        result = gradcheck.check(lambda x: 2 * x, lambda x: 1 / 0, np.zeros(1_000_000))
        assert result.reason is Reason.BUDGET
        assert "1000000 outputs by 1000000 inputs needs about" in result.message

    def test_random_functions_are_refused_too(self):
        rng = np.random.default_rng(0)
        x = np.zeros(1_000_000)
        result = gradcheck.check(lambda x: x + rng.normal(), lambda x: 1 / 0, x, stochastic=True)
        assert result.reason is Reason.BUDGET

    def test_a_limit_of_the_callers(self):
        args = (lambda x: 2 * x, lambda x: 2 * np.eye(40), np.zeros(40))
        assert gradcheck.check(*args, max_memory=1e6).reason is Reason.BUDGET
        assert gradcheck.check(*args, max_memory=1e9).verdict is Verdict.PASS

    def test_blocks_of_columns_say_the_same(self, monkeypatch):
        x = np.append(X, 0.0)
        problem = Problem(lambda x: np.array([np.sum(np.abs(x)), np.sum(x**2)]), (x,))
        problem.evaluate()
        whole = blocks_of_columns.central_in_blocks(problem.primal(), None, None)
        monkeypatch.setattr(blocks_of_columns, "_BLOCK", 8 * blocks_of_columns.HELD * 2 * 4)
        blocks = blocks_of_columns.central_in_blocks(problem.primal(), None, None)
        assert blocks.status is whole.status is Status.KINK
        np.testing.assert_array_equal(blocks.codes, whole.codes)
        np.testing.assert_allclose(blocks.value, whole.value, rtol=1e-6)
        np.testing.assert_allclose(blocks.left, whole.left, rtol=1e-6)
        assert blocks.nfev > whole.nfev


def test_the_counter_stops_a_call_too_many():
    counter = Counter(1)
    f = counter.watch(abs)
    assert counter_of(f) is counter
    assert counter_of(abs) is None
    f(1)
    with pytest.raises(BudgetSpent):
        f(1)
    assert counter.spent == 1


def lower(x):
    return np.minimum(np.abs(x[0]), np.abs(x[1]))


def tie(x):
    return np.max(x)


BUDGETS = (12, 20, 30, 60, 100, 200, 400, 1000)


@pytest.mark.parametrize("limit", BUDGETS)
@pytest.mark.parametrize(
    ("f", "claim", "x"),
    [
        (lower, [0.5, 0.25], np.zeros(2)),
        (tie, [0.3, 0.7], np.ones(2)),
        (tie, [0.3, 0.7, 0.0], np.ones(3)),
        (np.abs, 0.5, 0.0),
    ],
)
def test_a_right_claim_at_a_kink_fails_under_no_limit(f, claim, x, limit):
    result = gradcheck.check(f, lambda x: np.array(claim), x, max_nfev=limit)
    assert result.verdict is Verdict.PASS or result.reason is Reason.BUDGET, str(result)
    assert result.nfev <= limit


@pytest.mark.parametrize("limit", BUDGETS)
@pytest.mark.parametrize(("f", "claim"), [(lower, [0.8, 0.8]), (tie, [1.0, 1.0])])
def test_entries_that_are_possible_one_by_one_do_not_pass_one_by_one(f, claim, limit):
    x = np.zeros(2)
    result = gradcheck.check(f, lambda x: np.array(claim), x, max_nfev=limit)
    assert result.verdict is Verdict.FAIL if limit >= 1000 else result.verdict is not Verdict.PASS
    assert gradcheck.check(f, lambda x: np.array(claim), x).verdict is Verdict.FAIL


def test_beside_a_kink_a_smooth_row_that_is_wrong_fails_and_the_kink_is_named_where_it_is_all():
    def relu(x):
        return np.maximum(x, 0.0)

    x = np.array([-1.0, 0.0, 2.0])
    wrong = gradcheck.check(relu, lambda x: np.diag([0.0, 0.5, 2.0]), x, max_nfev=100)
    assert wrong.verdict is Verdict.FAIL
    assert wrong.worst.path == "d f[2] / d x[2]"
    open_ = gradcheck.check(relu, lambda x: np.diag([0.0, 0.5, 1.0]), x, max_nfev=100)
    assert open_.message == "no evaluation is left to tell a mistake from a kink in f[1]"


def test_looking_for_kinks_keeps_the_bounds():
    seen = []

    def f(x):
        seen.append(np.array(x, float))
        return np.sum(np.asarray(x, float) ** 2)

    x = np.array([0.2, 0.3])
    result = gradcheck.check(f, lambda x: 3.0 * x, x, bounds=(0.1, 0.35))
    assert result.verdict is Verdict.FAIL
    assert np.min(seen) >= 0.1
    assert np.max(seen) <= 0.35


def form(x):
    return np.sum(np.sin(x)) * np.sum(x**2)


def form_hessian(x):
    s, c = np.sum(np.sin(x)), np.cos(x)
    return np.diag(2 * s - np.sin(x) * np.sum(x**2)) + 2 * np.outer(c, x) + 2 * np.outer(x, c)


LINE = np.linspace(0.1, 1.0, 6)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (300, "by 1 of 6 inputs examined, and they agree; left out: x[1], x[2], x[3], x[4], x[5]"),
        (800, "by 4 of 6 inputs examined, and they agree; left out: x[2], x[4]"),
        (200, "second derivatives between 1 of 6 inputs examined, and they agree"),
    ],
)
def test_second_derivatives_as_far_as_the_limit_reaches(limit, said):
    result = gradcheck.check_hessian(form, form_hessian, LINE, max_nfev=limit)
    assert result.reason is Reason.BUDGET
    assert said in result.message
    assert result.nfev <= limit
    product = gradcheck.check_hvp(form, lambda x, v: form_hessian(x) @ v, LINE, max_nfev=limit)
    assert said in product.message


def test_second_derivatives_that_the_limit_suffices_for_pass():
    assert gradcheck.check_hessian(form, form_hessian, LINE, max_nfev=1400).verdict is Verdict.PASS


@pytest.mark.parametrize("row", [0, 3, 5])
def test_every_row_of_an_examined_column_is_judged(row):
    def claim(x):
        found = form_hessian(x)
        found[row, 0] *= 1.01
        return found

    result = gradcheck.check_hessian(form, claim, LINE, max_nfev=400)
    assert result.verdict is Verdict.FAIL
    assert result.worst.path == f"d (d f / d x[{row}]) / d x[0]"


@pytest.mark.parametrize("limit", range(61, 250, 9))
def test_more_evaluations_do_not_unsay_a_mistake(limit):
    x = np.linspace(0.1, 1, 10)

    def wrong(x):
        return 2 * (np.diag(np.cos(x) * x.sum()) + np.sin(x)[:, None])

    result = gradcheck.check(lambda x: np.sin(x) * np.sum(x), wrong, x, max_nfev=limit, method="central")
    assert result.verdict is Verdict.FAIL, str(result)
    assert result.nfev <= limit


@pytest.mark.parametrize("limit", [300, 400, 900])
def test_more_evaluations_do_not_unsay_a_mistake_of_a_second_derivative(limit):
    def bent(x):
        return np.sum((1 - x) ** 2) + np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2)

    def wrong(x):
        d = 2 + np.r_[1200 * x[:-1] ** 2 - 400 * x[1:], 0] + np.r_[0, np.full(x.size - 1, 200)]
        return 2 * (np.diag(d) - np.diag(400 * x[:-1], 1) - np.diag(400 * x[:-1], -1))

    result = gradcheck.check_hessian(bent, wrong, np.full(20, 0.5), max_nfev=limit)
    assert result.verdict is Verdict.FAIL, str(result)
    assert result.nfev <= limit


@pytest.mark.parametrize("limit", [17, 22, 30, 100])
def test_where_f_returns_its_derivative_a_mistake_fails_though_no_call_is_left_to_measure_the_claim(limit):
    def together(share):
        return lambda x: (np.sum(np.sin(x)), share * np.cos(x))

    x = np.linspace(0.3, 2.0, 5)
    for share, verdict in ((1.0, Verdict.PASS), (2.0, Verdict.FAIL), (1.01, Verdict.FAIL)):
        f = Counted(together(share))
        result = gradcheck.check(f, True, x, max_nfev=limit)
        assert result.verdict is verdict, (share, str(result))
        assert f.calls == result.nfev <= limit


@pytest.mark.parametrize("limit", range(10, 40, 3))
@pytest.mark.parametrize("x", [17.0, 18.5, 30.0])
def test_what_may_be_lost_digits_of_f_that_returns_its_derivative_fails_under_no_limit(limit, x):
    tanh = lambda x: (np.tanh(x), 1 - np.tanh(x) ** 2)
    assert gradcheck.check(tanh, True, x, max_nfev=limit).verdict is not Verdict.FAIL
