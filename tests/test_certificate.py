"""The confirming direction: a right Jacobian is settled, a wrong one is not."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.estimators.certificate import confirm
from gradcheck.estimators.primal import Primal


def confirmed(f, x, jacobian, spread=0.0):
    primal = Primal(f, [np.array(x, dtype=float)])
    value = primal(primal.x)
    before = primal.nfev
    found = confirm(primal, value, np.atleast_2d(jacobian), np.full(value.shape, spread))
    return found, primal.nfev - before


CASES = {
    "exp": (np.exp, [0.7], [[np.exp(0.7)]], 1e-16),
    "sin x^2 at 1e4": (lambda x: np.sin(x**2), [1e4], [[2e4 * np.cos(1e8)]], 1e-8),
    "sin x^2 at 4.6e4": (
        lambda x: np.sin(x**2),
        [46484.59529226],
        [[2 * 46484.59529226 * np.cos(46484.59529226**2)]],
        3e-7,
    ),
    "narrow bump": (
        lambda x: np.exp(-1e6 * x**2),
        [1e-3],
        [[-2e3 * np.exp(-1.0)]],
        1e-16,
    ),
    "fast ripple": (
        lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x),
        [1.0],
        [[np.cos(1.0) + 10 * np.cos(1e9)]],
        1e-15,
    ),
    "flat": (lambda x: x**3, [0.0], [[0.0]], 0.0),
    "edge of the domain": (np.arcsin, [1 - 1e-9], [[1 / np.sqrt(1 - (1 - 1e-9) ** 2)]], 1e-16),
    "constant": (lambda x: 0 * x + 5.0, [1.0], [[0.0]], 0.0),
    "huge": (lambda x: x * x, [1e150], [[2e150]], 1e284),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_jacobian_is_confirmed(name):
    f, x, jacobian, spread = CASES[name]
    with np.errstate(all="ignore"):
        found, cost = confirmed(f, x, jacobian, spread)
    assert not found.wrong.any()
    assert cost <= 10


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mistake", ["twice", "negated", "lost"])
def test_a_wrong_jacobian_is_not(name, mistake):
    f, x, jacobian, spread = CASES[name]
    wrong = {"twice": 2.0, "negated": -1.0, "lost": 0.0}[mistake] * np.array(jacobian)
    if not np.any(jacobian):
        wrong = np.array([[1e-3]])
    with np.errstate(all="ignore"):
        found, _ = confirmed(f, x, wrong, spread)
    assert found.wrong.all()


def test_each_row_is_judged_for_itself():
    found, _ = confirmed(lambda x: np.array([np.sin(x[0]), 1e12 * x[0]]), [0.5], [[1.0], [1e12]], 1e-16)
    assert found.wrong.tolist() == [True, False]


def test_nothing_to_look_at_is_not_agreement():
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError
        return x

    found, _ = confirmed(f, [1.0], [[1.0]])
    assert found.wrong.all()
    assert found.rungs == 0


def test_a_loss_without_error_is_rounded_more_coarsely_beside_its_minimum():
    weights, data = np.full(5, -2.0), np.array([-4.0, 0.5, -7.0, 2.5, 1.5])

    def loss(w):
        return (data @ w * 1.1 - 14.3) ** 2

    found, _ = confirmed(loss, weights, np.zeros((1, 5)), 1e-29)
    assert not found.wrong.any()
    found, _ = confirmed(loss, weights, 1e-3 * data[None], 1e-29)
    assert found.wrong.all()


def test_noise_makes_a_row_weak_and_not_wrong():
    found, _ = confirmed(lambda x: 1e16 + 1e3 * x, [1.0], [[1e3]], 2.0)
    assert not found.wrong.any()
    assert found.bar[0] > 1e2


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda t: np.sum(t - np.log(t) - 1), np.ones(3)),
        (lambda t: 0.5 * (np.exp(t[1]) + t[0] ** 2 - 1 - t[1]), np.zeros(2)),
    ],
    ids=["Itakura-Saito", "KL of Gaussians"],
)
def test_a_stationary_point_at_which_f_is_0_is_certified(f, x):
    assert str(gradcheck.jacobian(f, x, method="complex-step").status) == "ok"
    hessian = gradcheck.check_hessian(f, lambda t: np.diag(_second(f, t)), x)
    assert str(hessian.verdict) == "pass", str(hessian)
    wrong = gradcheck.check_hessian(f, lambda t: np.diag(1.0001 * _second(f, t)), x)
    assert str(wrong.verdict) == "fail", str(wrong)


def _second(f, t):
    return 1 / t**2 if len(t) == 3 else np.array([1.0, 0.5 * np.exp(t[1])])
