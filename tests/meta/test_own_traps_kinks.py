"""Traps of our own at kinks and jumps, and in the rounding near them.  Each with its must-fail twin."""

from __future__ import annotations

import numpy as np
import pytest
from own_traps import X, coarse, logistic
from trap import Trap, spring

import gradcheck

# Kinks: at, near, outside Clarke's set in one direction only, several at once.


def two_sided(x):
    return np.abs(x[0]) - np.abs(x[1])


def l1(x):
    return np.sum(np.abs(x))


def biggest(x):
    return np.max(x)


ZERO2 = np.zeros(2)
KINKS = [
    Trap("max tie inside", biggest, lambda x: np.array([0.25, 0.75]), (np.ones(2),), "pass", "subgradient"),
    Trap("max tie in the box only", biggest, lambda x: np.ones(2), (np.ones(2),), "fail"),
    Trap(
        "difference of moduli inside",
        two_sided,
        lambda x: np.array([1.0, 0.5]),
        (ZERO2,),
        "pass",
        "subgradient",
    ),
    Trap("difference of moduli outside", two_sided, lambda x: np.array([1.1, 0.5]), (ZERO2,), "fail"),
    Trap(
        "three kinks inside", l1, lambda x: np.array([0.0, -1.0, 0.3]), (np.zeros(3),), "pass", "subgradient"
    ),
    Trap("three kinks outside in one", l1, lambda x: np.array([0.0, -1.0, 1.3]), (np.zeros(3),), "fail"),
    Trap("three ties inside", biggest, lambda x: np.full(3, 1 / 3), (np.ones(3),), "pass", "subgradient"),
    Trap("three ties, sum not 1", biggest, lambda x: np.full(3, 0.5), (np.ones(3),), "fail"),
    Trap(
        "kink and a huge smooth row inside",
        lambda x: np.array([np.abs(x[0]), 1e6 * x[1]]),
        lambda x: np.diag([0.5, 1e6]),
        (ZERO2,),
        "pass",
        "subgradient",
    ),
    Trap(
        "kink and a smooth row wrong",
        lambda x: np.array([np.abs(x[0]), 1e6 * x[1]]),
        lambda x: np.diag([0.5, 1.1e6]),
        (ZERO2,),
        "fail",
    ),
    Trap(
        "kink and a row outside the domain",
        lambda x: np.array([np.abs(x[0]), np.log(x[1] - 1)]),
        lambda x: np.diag([0.5, -1.0]),
        (ZERO2,),
        "inconclusive",
        "outside the domain",
    ),
    Trap(
        "kink outside and a row outside the domain",
        lambda x: np.array([np.abs(x[0]), np.log(x[1] - 1)]),
        lambda x: np.diag([1.5, -1.0]),
        (ZERO2,),
        "fail",
    ),
    Trap(
        "kink hidden from the axes inside",
        lambda x: np.minimum(np.abs(x[0]), np.abs(x[1])),
        lambda x: np.array([0.5, 0.25]),
        (ZERO2,),
        "pass",
        "subgradient",
    ),
    Trap(
        "kink hidden from the axes outside",
        lambda x: np.minimum(np.abs(x[0]), np.abs(x[1])),
        lambda x: np.array([0.8, 0.8]),
        (ZERO2,),
        "fail",
    ),
    Trap("kink, NaN claimed", np.abs, lambda x: np.nan, (0.0,), "fail"),
    Trap("kink of slope 1e150", lambda x: 1e150 * np.abs(x), lambda x: 5e149, (0.0,), "pass", "subgradient"),
    Trap("kink of slope 1e150 outside", lambda x: 1e150 * np.abs(x), lambda x: 1.5e150, (0.0,), "fail"),
    Trap("jump", lambda x: np.where(x > 0, 1.0 + x, x), lambda x: 1.0, (0.0,), "inconclusive"),
    Trap("jump by sign", np.sign, lambda x: 0.0, (0.0,), "inconclusive"),
    Trap("step away from the jump", np.sign, lambda x: 0.0, (0.7,), "pass"),
    Trap("step away from the jump claimed 1", np.sign, lambda x: 1.0, (0.7,), "fail"),
]


@pytest.mark.parametrize("trap", KINKS, ids=str)
def test_kinks_and_jumps(trap):
    spring(trap)


@pytest.mark.parametrize(("claim", "verdict"), [(1.0, "pass"), (-1.0, "fail"), (0.0, "fail"), (1.3, "fail")])
def test_so_near_a_kink_that_only_the_complex_step_sees_the_side(claim, verdict):
    assert str(gradcheck.check(lambda x: np.abs(x - 1), lambda x: claim, 1 + 1e-13).verdict) == verdict


@pytest.mark.parametrize("x", np.linspace(10.0, 28.0, 40))
def test_the_rounding_of_a_cancelling_claim_is_seen_wherever_it_is(x):
    result = gradcheck.check(logistic, lambda x: logistic(x) * (1 - logistic(x)), float(x))
    assert str(result.verdict) == "pass", str(result)
    assert result.detectable < 1e-3
    wrong = gradcheck.check(logistic, lambda x: 1.01 * logistic(x) * (1 - logistic(x)), float(x))
    assert str(wrong.verdict) == "fail", str(wrong)


def test_a_rounded_function_is_never_a_false_alarm():
    assert str(gradcheck.check(coarse, lambda x: np.diag(np.cos(x)), X).verdict) != "fail"
