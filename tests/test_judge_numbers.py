"""Claims given as numbers: their rounding is assumed, and what is granted for it is stated."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal

CASES = {
    "far from 0": (lambda x: (x - 1e8) ** 2, lambda x: 2 * (x - 1e8), 1e8 + 0.1),
    "many periods": (np.sin, np.cos, 1e8),
    "logit": (lambda p: np.log(p / (1 - p)), lambda p: 1 / (p * (1 - p)), 1 - 1e-9),
    "log near 1": (lambda x: np.log(x) ** 2, lambda x: 2 * np.log(x) / x, 1 + 1e-7),
    "near a pole": (np.tan, lambda x: 1 / np.cos(x) ** 2, np.pi / 2 - 1e-6),
    "two inputs": (
        lambda x: (x[0] - x[1]) ** 2,
        lambda x: 2 * (x[0] - x[1]) * np.array([1.0, -1.0]),
        np.array([1e8 + 0.1, 1e8]),
    ),
    "by another input": (
        lambda x: x[0] * np.sin(1e6 * x[1]),
        lambda x: np.array([np.sin(1e6 * x[1]), 1e6 * x[0] * np.cos(1e6 * x[1])]),
        np.array([1.5, 0.7]),
    ),
    "one row of two": (
        lambda x: np.array([(x[0] - 1e8) ** 2 + np.sin(x[1]), x[1] * x[2]]),
        lambda x: np.array([[2 * (x[0] - 1e8), np.cos(x[1]), 0], [0, x[2], x[1]]]),
        np.array([1e8 + 0.1, 0.4, 2.0]),
    ),
    "well conditioned": (np.exp, np.exp, 1.3),
}


def continued(f, method):
    """Give ``f`` what the method can read: differences take plain floats alone."""
    return f if method == "complex-step" else lambda x: f(np.asarray(x, float))


@pytest.mark.parametrize("method", ["complex-step", "central"])
@pytest.mark.parametrize("name", CASES)
def test_nothing_at_or_above_it_passes(name, method):
    f, jac, x = CASES[name]
    f, claim = continued(f, method), np.array(jac(x), dtype=float)
    right = gradcheck.check(f, claim, x)
    assert str(right.verdict) == "pass", str(right)
    assert right.method == method
    at = np.unravel_index(np.argmin(np.where(claim == 0, np.inf, np.abs(claim))), claim.shape)
    for share in (1.01, -1.01, 2.0, -10.0, 1e3, 1e5):
        wrong = claim.copy()
        wrong[at] *= 1 + share * right.detectable
        assert str(gradcheck.check(f, wrong, x).verdict) != "pass", share


@pytest.mark.parametrize("method", ["complex-step", "central"])
@pytest.mark.parametrize("name", CASES)
def test_it_takes_no_more_evaluations_than_a_callable(name, method):
    f, jac, x = CASES[name]
    calls = []

    def counted(x):
        calls.append(1)
        return continued(f, method)(x)

    right = gradcheck.check(counted, np.asarray(jac(x)), x)
    limit = np.size(x) + 12 if method == "complex-step" else 20 * np.size(x) + 20
    # Fast or cancelling functions need more rungs of the direction that confirms the complex step; by central
    # differences, six a column where f cancels tell of rounding that the column ignores.
    anew = 6 * np.size(x) if method == "central" and name == "by another input" else 0
    assert len(calls) == right.nfev <= limit + 4 + anew


@pytest.mark.parametrize("method", ["complex-step", "central"])
def test_a_claim_made_from_a_rounded_argument_passes(method):
    f, jac, x = CASES["far from 0"]
    for rounded in (np.nextafter(x, 0), np.nextafter(x, 2 * x)):
        result = gradcheck.check(continued(f, method), jac(rounded), x)
        assert str(result.verdict) == "pass", str(result)
        assert abs(jac(rounded) / jac(x) - 1) < result.detectable


def test_single_precision_numbers_are_granted_a_rounding_of_their_own():
    x = np.float32(300.25)
    exact = np.cos(np.float64(x))
    result = gradcheck.check(np.sin, np.float32(exact), x)
    assert str(result.verdict) == "pass"
    assert 300 * 2.0**-23 * abs(np.tan(300.25)) / 2 < result.detectable < 1e-3
    one_off = np.float32(exact * (1 + 1.05 * result.detectable))
    assert str(gradcheck.check(np.sin, one_off, x).verdict) != "pass"


def test_where_a_rounding_moves_the_derivative_too_far_only_agreement_passes():
    x = 1e13
    right = gradcheck.check(np.sin, np.cos(x), x)
    assert str(right.verdict) == "pass"
    assert right.detectable <= 1e-3
    beside = gradcheck.check(np.sin, np.cos(np.nextafter(x, 2 * x)), x)
    assert beside.reason.name == "TOO_WEAK", str(beside)
    assert "no more than a rounding of the argument" in " ".join(str(beside).split())
    assert str(gradcheck.check(np.sin, 1.1 * np.cos(x), x).verdict) == "fail"


def test_a_callable_is_granted_nothing_of_it():
    f, jac, x = CASES["far from 0"]
    result = gradcheck.check(f, jac, x)
    assert result.detectable < 1e-12
    assert str(gradcheck.check(f, lambda x: jac(x) * (1 + 1e-8), x).verdict) == "fail"


def test_a_tolerance_of_the_callers_comes_on_top():
    f, jac, x = CASES["far from 0"]
    right = gradcheck.check(f, jac(x), x, rtol=1e-7)
    for share in (1.01, -1.01):
        wrong = jac(x) * (1 + share * right.detectable)
        assert str(gradcheck.check(f, wrong, x, rtol=1e-7).verdict) != "pass"


@pytest.mark.parametrize("bounds", [None, (1e8 + 0.1, np.inf), (-np.inf, 1e8 + 0.1)])
def test_points_beside_stay_inside_the_bounds(bounds):
    f, jac, x = CASES["far from 0"]
    met = []

    def watched(x):
        met.append(float(x))
        return f(x)

    result = gradcheck.check(continued(watched, "central"), jac(x), x, bounds=bounds)
    assert str(result.verdict) == "pass", str(result)
    assert result.detectable > 1e-8
    if bounds is not None:
        assert bounds[0] <= min(met)
        assert max(met) <= bounds[1]


def moved_by(f, x, method):
    beside = np.stack([x * (1 + 2.0**-52 * np.array(signs)) for signs in ([1, 1], [1, -1], [-1, -1])])
    if method == "complex-step":
        return complex_step_jacobian(Primal(f, [x]), beside=beside).moved
    return central_jacobian(Primal(f, [x]), beside=beside).moved


@pytest.mark.parametrize("method", ["complex-step", "central"])
def test_the_reference_tells_how_far_it_moves(method):
    x = np.array([0.7, 1.9])
    a = np.array([[3.0, 40.0], [500.0, 6000.0]])
    moved = moved_by(lambda x: np.sin(a @ x), x, method)
    # d/dx_k of the entries of J, each coordinate moved by its ulp.
    second = -np.sin(a @ x)[:, None, None] * a[:, :, None] * a[:, None, :]
    largest = 2.0**-52 * (np.abs(second) @ x)
    rounding = 16 * 2.0**-52 * np.abs(np.cos(a @ x)[:, None] * a)
    assert np.all(moved <= 2.5 * largest + rounding)
    assert np.all(moved >= 0.3 * largest - rounding)


@pytest.mark.parametrize("method", ["complex-step", "central"])
def test_nothing_moves_at_zero(method):
    assert not moved_by(lambda x: np.exp(x), np.zeros(2), method).any()
