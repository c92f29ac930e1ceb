"""A right claim that cancels is explained by the same claim in a wider format; a mistake is wrong in both."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck

WIDER = np.finfo(np.longdouble).eps < np.finfo(float).eps
pytestmark = pytest.mark.skipif(not WIDER, reason="longdouble is float64 on this platform")

NEAR = 10.0 ** np.linspace(-8.8, -3, 12)


def logistic(x):
    return 1 / (1 + np.exp(-x))


FAMILIES = {
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 1 - NEAR),
    "arccos": (np.arccos, lambda x: -1 / np.sqrt(1 - x * x), 1 - NEAR),
    "arccosh": (np.arccosh, lambda x: 1 / np.sqrt(x * x - 1), 1 + NEAR),
    "arctanh": (np.arctanh, lambda x: 1 / (1 - x * x), 1 - NEAR),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, np.linspace(12, 20, 17)),
    "logistic": (logistic, lambda x: logistic(x) * (1 - logistic(x)), np.linspace(34.4, 36, 9)),
}
AROUND_ONE = ["arcsin", "arccos", "arccosh", "arctanh"]


@pytest.mark.parametrize("name", FAMILIES)
def test_no_right_claim_fails(name):
    f, slope, points = FAMILIES[name]
    found = [str(gradcheck.check(f, slope, float(x)).verdict) for x in points]
    assert "fail" not in found, found
    if name in AROUND_ONE:
        assert set(found) == {"pass"}


@pytest.mark.parametrize("name", AROUND_ONE)
def test_a_mistake_of_the_size_of_its_detectable_does_not_pass(name):
    f, slope, points = FAMILIES[name]
    for x in points[::3]:
        right = gradcheck.check(f, slope, float(x))
        assert str(right.verdict) == "pass"
        for share in (1.002, -1.3, 3.0):
            off = 1 + share * right.detectable
            wrong = gradcheck.check(f, lambda x, off=off: off * slope(x), float(x))
            assert str(wrong.verdict) != "pass", (x, share, right.detectable)


@pytest.mark.parametrize("name", AROUND_ONE)
@pytest.mark.parametrize("share", [1e-9, -1e-6])
def test_a_constant_share_is_a_mistake(name, share):
    f, slope, points = FAMILIES[name]
    for x in points[2:]:
        found = gradcheck.check(f, lambda x: (1 + share) * slope(x), float(x))
        assert str(found.verdict) == "fail", (x, str(found))


def test_a_row_without_a_digit_does_not_make_a_mistake_of_the_others():
    x = np.array([-30.0, 15, 1e-9, 20])
    right = gradcheck.check(np.tanh, lambda x: np.diag(1 - np.tanh(x) ** 2), x)
    assert str(right.verdict) != "fail", str(right)
    wrong = gradcheck.check(np.tanh, lambda x: np.diag(1 - np.tanh(x) ** 3), x)
    assert str(wrong.verdict) == "fail"


def test_it_costs_few_evaluations():
    assert gradcheck.check(np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 0.999999).nfev < 40


def test_a_claim_that_draws_its_last_digits_is_not_granted_them():
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = gradcheck.check(np.sin, lambda x: np.cos(x) * (1 + 1e-6 * rng.normal()), 0.7)
        assert str(found.verdict) != "pass"


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (lambda x: np.minimum(x, 1.0), lambda x: (x < 1) * 1.0, 1.0),
        (lambda x: np.clip(x, 0, 6), lambda x: ((x > 0) & (x < 6)) * 1.0, 6.0),
        (lambda x: np.clip(x, -1, 2), lambda x: ((x > -1) & (x <= 2)) * 1.0, 2.0),
    ],
)
def test_a_claim_that_jumps_at_a_kink_is_a_subgradient(f, slope, x):
    result = gradcheck.check(f, slope, x)
    assert (str(result.verdict), str(result.reason)) == ("pass", "subgradient"), str(result)
    assert result.detectable == np.inf  # at a kink any mix of the sides is right: there is no number
    assert str(gradcheck.check(f, lambda x: 1.1 + 0 * slope(x), x).verdict) == "fail"


@pytest.mark.parametrize("share", [-5e-8, 5e-8])
def test_a_mistake_smaller_than_what_scatters_in_float64_is_seen_in_the_wider_format(share):
    x = np.array([19.320533007095428, 17.78620723713067])
    wrong = gradcheck.check(
        logistic, lambda x: np.diag(logistic(x) * (1 - logistic(x)) * [1 + share, 1.0]), x
    )
    assert str(wrong.verdict) == "fail", str(wrong)
    right = gradcheck.check(logistic, lambda x: np.diag(logistic(x) * (1 - logistic(x))), x)
    assert str(right.verdict) == "pass", str(right)


def test_a_claim_of_0_is_not_granted_all_of_the_derivative():
    result = gradcheck.check(np.tanh, lambda x: 1 - np.tanh(x) ** 2, 20.0)
    assert str(result.verdict) == "inconclusive", str(result)


@pytest.mark.parametrize("size", [3e-4, 1e-9])
def test_a_mistake_in_what_float64_takes_alone_is_no_rounding(size):
    def slope(x):
        off = size if np.asarray(x).dtype == np.float64 else 0.0  # a fast path of its own
        return np.diag(np.cos(x) * (1 + off))

    x = np.array([0.7, 1.3])
    assert str(gradcheck.check(np.sin, slope, x).verdict) == "fail"
