"""What a check says of a claim at a kink: inside Clarke's set, outside, and by which mistake."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.results import Reason, Verdict

W = np.array([[1.0, 2.0, -3.0], [0.5, -1.0, 2.0], [2.0, 0.25, 1.0]])
AT = np.array([1.0, 1.0, 1.0])
"""W @ AT is 0 in its first row: there relu is kinked."""


def relu(x):
    return np.maximum(W @ x, 0.0)


def side(*gates):
    return np.diag(gates) @ W


RIGHT = side(1.0, 1.0, 1.0)
WRONG = {
    "sign": (side(-1.0, 1.0, 1.0), "row 0 (f[0]) is the negative of the reference: wrong sign"),
    "factor": (side(2.0, 1.0, 1.0), "row 0 (f[0]) is 2 times the reference: factor 2"),
}


def said(f, jac, *args, **options):
    result = gradcheck.check(f, jac, *args, **options)
    assert result.verdict is Verdict.FAIL, str(result)
    return result


@pytest.mark.parametrize("gate", [0.0, 0.5, 1.0])
def test_a_claim_within_the_set_passes(gate):
    result = gradcheck.check(relu, lambda x: side(gate, 1.0, 1.0), AT)
    assert result.reason is Reason.SUBGRADIENT
    assert result.detectable < 1e-9


@pytest.mark.parametrize("name", ["sign", "factor"])
def test_a_mistake_is_named_by_a_one_sided_derivative(name):
    claim, words = WRONG[name]
    result = said(relu, lambda x: claim, AT)
    assert words in result.diagnosis
    assert "at the kink on the side of" in result.diagnosis
    assert result.worst.path.startswith("d f[0] / d x[")


def test_a_mistake_of_every_row_is_named_by_the_smooth_ones():
    assert "rolled by 1" in said(relu, lambda x: np.roll(RIGHT, 1, axis=0), AT).diagnosis
    assert "negative" in said(relu, lambda x: -RIGHT, AT).diagnosis
    assert "transpose" in said(relu, lambda x: RIGHT.T, AT).diagnosis


def test_one_entry_at_a_kink_is_told_and_no_mistake_invented():
    claim = RIGHT.copy()
    claim[0, 1] = 2.7
    result = said(relu, lambda x: claim, AT)
    assert "d f[0] / d x[1] is claimed 2.7, where the one-sided derivatives are 0 and 2" in result.message
    assert result.worst.claimed == 2.7
    assert result.diagnosis == ""


def test_entries_that_are_possible_but_not_together():
    result = said(np.max, lambda x: np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.5]))
    assert "claimed [1, 1], met [0, 1] and [1, 0]" in result.message
    assert "factor 2 (the reference taken at the kink as the mean of its sides)" in result.diagnosis


def test_many_one_sided_derivatives_are_told_as_a_range():
    result = said(lambda x: np.sqrt(np.sum(x * x)), lambda x: np.array([3.0, 0.0, 0.0]), np.zeros(3))
    assert "the one-sided derivatives lie between" in result.message


def test_a_number_from_the_left():
    result = said(np.abs, lambda x: -2.0, 0.0)
    assert "factor 2 (the reference taken at the kink from the left)" in result.diagnosis
    assert result.method == "one-sided differences"


def test_nothing_is_made_of_zeros_by_a_factor_of_zero():
    assert "dropped" not in said(np.abs, lambda x: -np.diag([2.0, 3.7, 1.9]), np.zeros(3)).diagnosis


@pytest.mark.parametrize("seed", range(8))
def test_a_kink_that_rounding_puts_beside_the_point_is_no_jump(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(3, 3))
    at = np.linalg.solve(weights, [0.0, 1.0, -1.0])

    def f(x):
        return np.maximum(weights @ x, 0.0)

    for gate, verdict in ((0.0, "pass"), (1.0, "pass"), (0.5, "pass"), (1.3, "fail"), (-1.0, "fail")):
        claim = np.diag([gate, 1.0, 0.0]) @ weights
        assert str(gradcheck.check(f, lambda x, claim=claim: claim, at).verdict) == verdict
    jump = gradcheck.check(lambda x: f(x) + (x[0] > at[0]), lambda x: np.diag([0.0, 1.0, 0.0]) @ weights, at)
    assert jump.reason is Reason.DISCONTINUITY


@pytest.mark.parametrize("f", [relu, np.max, np.abs])
def test_a_failure_at_a_kink_fits_on_a_screen(f):
    text = str(said(f, lambda x: 7.0 * np.ones((*np.shape(f(x)), 3)), AT if f is relu else np.zeros(3)))
    assert len(text.splitlines()) <= 25
    assert "hull" not in text


LAYER = np.random.default_rng(0).normal(size=(3, 4))
KINKS_OF_SEVERAL = {
    "relu": (lambda x: np.maximum(x, 0), np.diag([1.5, 1.5, 1.5, 1.5]), np.zeros(4)),
    "max": (np.max, np.array([0.3, 0.3, 0.3, 0.3]), np.ones(4)),
    "min of two": (lambda x: np.minimum(np.abs(x[0]), np.abs(x[1])), np.array([1.0, 1.0]), np.zeros(2)),
    "norm": (lambda x: np.sqrt(x @ x), np.array([0.8, 0.8]), np.zeros(2)),
    "sum of layers": (lambda x: np.maximum(LAYER @ x, 0).sum(), 1.1 * LAYER.sum(0), np.zeros(4)),
}


@pytest.mark.parametrize(("method", "most"), [("auto", 4000), ("central", 15000)])
@pytest.mark.parametrize("name", KINKS_OF_SEVERAL)
def test_a_mistake_at_a_kink_of_several_inputs_is_found_at_a_bounded_cost(name, method, most):
    f, wrong, x = KINKS_OF_SEVERAL[name]
    calls = []

    def counted(x):
        calls.append(1)
        return f(x)

    result = gradcheck.check(counted, lambda x: wrong, x, method=method)
    assert str(result.verdict) == "fail", str(result)
    assert result.nfev - 50 <= len(calls) <= most


def walled(x):
    if not np.all(np.abs(x - 2.0) <= 2.0):
        raise ValueError("outside")
    return np.abs(x[0] - 2.0) * (1.0 + x[1])


@pytest.mark.parametrize("second", [1.5, 4.0])
@pytest.mark.parametrize(
    ("claimed", "reason"),
    [
        (np.inf, Reason.NOT_FINITE),
        (1e308, Reason.DISAGREES),
        (-1e308, Reason.DISAGREES),
        (np.nan, Reason.NOT_FINITE),
    ],
)
def test_a_claim_without_measure_at_a_kink_of_a_function_that_raises_fails(claimed, reason, second):
    result = gradcheck.check(walled, lambda x: np.array([claimed, 0.0]), np.array([2.0, second]))
    assert (result.verdict, result.reason) == (Verdict.FAIL, reason)


def test_a_member_passes_where_the_function_raises_beside_the_kink():
    at_edge = np.array([2.0, 4.0])
    assert gradcheck.check(walled, lambda x: np.array([1.0, 0.0]), at_edge).reason is Reason.SUBGRADIENT
    assert gradcheck.check(walled, lambda x: np.array([5.5, 0.0]), at_edge).verdict is Verdict.FAIL


@pytest.mark.parametrize("x", [3e-16, 1e-15])
@pytest.mark.parametrize(("claim", "expected"), [(1.0, "pass"), (1.5, "fail"), (-0.5, "fail"), (3.0, "fail")])
def test_a_branch_that_hangs_on_a_rounding_is_no_wide_bar(x, claim, expected):
    found = gradcheck.check(lambda x: np.maximum(np.exp(x), 1.0), lambda x: claim, x)
    assert str(found.verdict) == expected, str(found)


def test_the_sides_of_a_kink_are_taken_by_complex_step_where_it_has_an_answer():
    exact, differences = (
        gradcheck.check(np.max, lambda x: np.full(4, 0.25), np.ones(4), method=method)
        for method in ("auto", "central")
    )
    assert exact.reason is differences.reason is Reason.SUBGRADIENT
    assert 2 * exact.nfev < differences.nfev


def bent(x):
    return np.abs(x[0] - 1.0) + x[1]


@pytest.mark.parametrize("beside", [1e-15, 1e-14, -1e-14, 1e-12])
def test_beside_a_kink_the_derivative_is_that_of_the_side(beside):
    x, side = np.array([1.0 + beside, 0.7]), np.sign(beside)
    right = gradcheck.check(bent, lambda x: np.array([side, 1.0]), x)
    assert (right.verdict, right.reason) == (Verdict.PASS, Reason.AGREES)
    for wrong in (-side, 0.0):
        assert gradcheck.check(bent, lambda x, wrong=wrong: np.array([wrong, 1.0]), x).verdict is Verdict.FAIL
    assert gradcheck.check(bent, lambda x: np.array([side, 1.1]), x).verdict is Verdict.FAIL


@pytest.mark.parametrize("beside", [0.0, 2.3e-16])
@pytest.mark.parametrize("side", [-1.0, 0.0, 1.0])
def test_at_a_kink_to_rounding_of_the_argument_either_side_will_do(beside, side):
    result = gradcheck.check(bent, lambda x: np.array([side, 1.0]), np.array([1.0 + beside, 0.7]))
    assert (result.verdict, result.reason) == (Verdict.PASS, Reason.SUBGRADIENT)
