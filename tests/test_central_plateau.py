"""Central differences where rounding inside ``f`` makes plateaus: a true bar, or no number.

An intermediate ``1 + h`` rounds to 1 long before ``h`` is small beside ``x``: ``f`` then stands still,
exactly, at every fine step, though its value (often near 0) suggests far less rounding than there is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.special import gammaln

import gradcheck
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.rules.expressions import ScalarFunction
from tests.chooser import Seeded

CASES: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("ln exp tanh at 0", lambda x: np.log(np.exp(np.tanh(-x))), 0.0, -1.0),
    ("ln(2 - cos) at -1e-8", lambda x: np.log(2 - np.cos(x)), -1e-8, -1e-8),
    ("ln(1 + x²) + x at 1e-8", lambda x: np.log(1 + x * x) + x, 1e-8, 1 + 2e-8),
    ("1 - cos at 1e-8", lambda x: 1 - np.cos(x), 1e-8, 1e-8),
    ("4(1 - (1 - x)) at 0", lambda x: 4 * (1 - (1 - x)), 0.0, 4.0),
    ("4(1 + x) at 0", lambda x: 4 * (1 + x), 0.0, 4.0),
    ("x - sin x at 0.022", lambda x: x - np.sin(x), 0.022, 1 - np.cos(0.022)),
    (
        "an affine unit with a huge offset",
        lambda w: np.maximum(0, 1.2e10 + w * 0.03 - 1.17601171875e10),
        0.0,
        0.03,
    ),
    (
        "ELU beside its kink",
        lambda w: np.where(1 + w - 1 > 0, 1 + w - 1, np.expm1(1 + w - 1)),
        0.0,
        1.0,
    ),
    (
        "arctan(sin u - u) where u vanishes",
        lambda x: np.arctan(np.sin(np.sin(2 + x) / (1 + x * x)) - np.sin(2 + x) / (1 + x * x)),
        -2.0,
        0.0,
    ),
]


def holds(f: Callable[[Any], Any], x: float, truth: float) -> bool:
    """Whether central differences tell the truth: inside the bar, or without a number."""
    found = central_jacobian(Primal(f, [np.asarray(x)]))
    value, error = float(found.value[0, 0]), float(found.error[0, 0])
    return not np.isfinite(value) or abs(value - truth) <= error


@pytest.mark.parametrize(("f", "x", "truth"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_plateau_of_rounding_is_not_a_derivative_of_zero(
    f: Callable[[Any], Any], x: float, truth: float
) -> None:
    assert holds(f, x, truth)


@pytest.mark.parametrize(("f", "x", "truth"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_twin_with_a_wrong_truth_is_noticed_or_unanswered(
    f: Callable[[Any], Any], x: float, truth: float
) -> None:
    found = central_jacobian(Primal(f, [np.asarray(x)]))
    answered = np.isfinite(found.value[0, 0]) and found.error[0, 0] < 1e-3
    assert not answered or not holds(f, x, truth + 1e-2)


POINTS = (0.0, 1e-8, -1e-8, 1e-12, 1e-4, 0.022, 0.5, -1.0, 2.0, 3.0, 10.0)


def test_generated_functions_never_catch_it_lying() -> None:
    lies = []
    family = ScalarFunction()
    for seed in range(150):
        function = family.draw(Seeded(seed), {})
        x = random.Random(seed).choice(POINTS)
        at = np.asarray(x)
        truth = float(function.jacobian(at)[0, 0])
        if np.isfinite(truth) and not holds(function, x, truth):
            lies.append(f"{function} at {x}")
    assert not lies


def test_noise_that_the_finest_two_rungs_miss_by_chance_is_seen_behind_them() -> None:
    def log_norm(t: float) -> float:
        nu = np.exp(float(t))
        return float(gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi))

    found = gradcheck.jacobian(log_norm, 4.0, method="central")
    with mpmath.workdps(40):
        nu = mpmath.exp(4)
        right = nu / 2 * (mpmath.digamma((nu + 1) / 2) - mpmath.digamma(nu / 2)) - 0.5
    assert abs(float(found.value) - right) <= found.error
    assert found.error < 1e-9
