"""How many evaluations a check takes: a promise, counted."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gradcheck

FUNCTIONS = {
    "sine": (np.sin, lambda x: np.diag(np.cos(x))),
    "sum of squares": (lambda x: np.sum(x * x), lambda x: 2 * x),
    "linear": (lambda x: 3 * x, lambda x: 3 * np.eye(x.size)),
    "exponential": (np.exp, lambda x: np.diag(np.exp(x))),
    "root": (np.sqrt, lambda x: np.diag(0.5 / np.sqrt(x))),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "two scales": (lambda x: np.sin(x) + 1e8, lambda x: np.diag(np.cos(x))),
}


class Counted:
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, x):
        self.calls += 1
        return self.f(x)


@pytest.mark.parametrize("n", [1, 2, 10, 40])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_certified_takes_n_and_12_else_at_most_20_n_and_20(name, n):
    f, jac = FUNCTIONS[name]
    x = np.linspace(0.3, 2.0, n)
    for method, limit in (("auto", n + 12), ("central", 20 * n + 20)):
        counted = Counted(f)
        result = gradcheck.check(counted, jac, x, method=method)
        assert str(result.verdict) == "pass", str(result)
        assert counted.calls == result.nfev <= limit


@pytest.mark.parametrize("n", [1, 2, 10, 40])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_refused_complex_step_keeps_to_20_n_and_20(name, n):
    f, jac = FUNCTIONS[name]
    x = np.linspace(0.3, 2.0, n)
    counted = Counted(lambda x: f(np.asarray(x, float)))
    result = gradcheck.check(counted, jac, x)
    assert result.method == "central"
    assert str(result.verdict) == "pass", str(result)
    assert counted.calls == result.nfev <= 20 * n + 20


def test_a_disagreement_costs_more():
    x = np.linspace(0.3, 2.0, 3)
    assert gradcheck.check(np.sin, lambda x: 2 * np.diag(np.cos(x)), x).nfev > 3 + 12


@pytest.mark.parametrize("n", [1, 10])
def test_a_smooth_mistake_is_refuted_by_the_references_at_the_point(n):
    counted = Counted(np.sin)
    result = gradcheck.check(counted, lambda x: 2 * np.diag(np.cos(x)), np.linspace(0.3, 2.0, n))
    assert str(result.verdict) == "fail"
    assert counted.calls <= (n + 12) + (20 * n + 20)


def test_a_claim_that_loses_its_digits_is_compared_at_other_points():
    counted = Counted(lambda x: 1 / (1 + np.exp(-x)))
    result = gradcheck.check(counted, lambda x: (s := 1 / (1 + math.exp(-x))) * (1 - s), 25.0)
    assert str(result.verdict) != "fail"
    assert counted.calls > 100


@pytest.mark.parametrize("refused", [False, True])
def test_other_jacobians_are_taken_only_where_one_product_leaves_them_possible(refused):
    def f(x):
        return np.sin(np.asarray(x, float) if refused else x)

    def wrong(x):
        value = np.diag(np.cos(x))
        value[3, 3] *= 1.01
        return value

    def at_another_point(x):
        return np.diag(np.cos(x + 1.0))

    x = np.linspace(0.3, 2.0, 10)
    counted, other = Counted(f), Counted(f)
    result = gradcheck.check(counted, wrong, x)
    assert "only one entry is wrong" in result.diagnosis
    assert counted.calls == result.nfev <= (10 + 12) + (20 * 10 + 20) + 60
    result = gradcheck.check(other, at_another_point, x)
    assert "at another point: x + 1" in result.diagnosis
    assert other.calls == result.nfev > counted.calls + 10
