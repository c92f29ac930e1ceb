"""Rounding inside a function as a lattice of teeth: seen where it is, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from central_cases import deaf

import gradcheck
from gradcheck.estimators.differences import contest, ladder, lattice, one_sided
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.differences.ladder import NO_RUNG
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status

Function = Callable[[Any], Any]


def estimate(f: Function, x: float) -> tuple[float, float]:
    found = central_jacobian(Primal(f, [np.asarray(x)]))
    return float(found.value[0, 0]), float(found.error[0, 0])


def lies(f: Function, slope: Callable[[float], float], points: list[float]) -> int:
    """Count the points whose bar does not hold the truth; no number is no lie."""
    found = [(x, *estimate(f, x)) for x in points]
    return sum(bool(np.isfinite(value) and abs(value - slope(x)) > bar) for x, value, bar in found)


def sloping(x: Any) -> Any:
    return (np.exp(x) - 1) / x


def slope_of_sloping(x: float) -> float:
    return 0.5 + x / 3 + x * x / 8 + x**3 / 30


NOTHING = contest.Contest(np.zeros((1, 1)), np.zeros((1, 1)), np.full((1, 1), NO_RUNG))
TINY = [sign * mantissa * 10.0**k for k in range(-12, -8) for mantissa in (1.2, 3.7, 7.1) for sign in (1, -1)]


def test_teeth_that_slope_are_no_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near 0 the quotient is a saw of slope -1/x, its numerator a lattice; without the model the bars lie."""
    assert lies(sloping, slope_of_sloping, TINY) == 0
    monkeypatch.setattr(one_sided, "contested", lambda *_: NOTHING)
    assert lies(sloping, slope_of_sloping, TINY) > 12


FLAT: dict[str, tuple[Function, float, float]] = {
    "arctan - tanh, 0 on the whole ladder": (lambda x: np.arctan(x) - np.tanh(x), -5.09e-5, 2.24e-18),
    "the same in a sine": (
        lambda x: np.sin(np.arctan(x) - np.tanh(x)) / (1 + x * x),
        -4.4796513919284986e-05,
        1.342e-18,
    ),
    "1 - cos over a square": (lambda x: (1 - np.cos(x)) / x**2, 8.094903155025626e-09, -6.7457e-10),
    "an offset added and taken away": (
        lambda x: (7.8e3 + np.sin(x)) - 7.8e3,
        -1.7517418217e-4,
        0.99999998465,
    ),
    "float32 inside, near 0": (
        lambda x: np.float64(np.sin(np.float32(x))),
        float(np.float32(-1.2243510809639702e-06)),
        1.0,
    ),
    "a weight beside an offset a thousand times larger": (
        lambda w: np.maximum(0, -2000.0 * w + 2.520e17 - 1.2587387714031038e17),
        70.0,
        -2000.0,
    ),
    "two teeth of different length": (
        lambda x: np.sin(np.asarray(x * np.pi, dtype=np.float32)).astype(np.float64),
        0.8047846749285816,
        math.pi * math.cos(math.pi * 0.8047846749285816),
    ),
}


@pytest.mark.parametrize("name", FLAT)
def test_standing_still_is_no_slope_of_zero(name: str) -> None:
    f, x, truth = FLAT[name]
    value, bar = estimate(f, x)
    assert not np.isfinite(value) or abs(value - truth) <= bar
    # The twin: a truth a thousand bars away is noticed, where there is a number at all.
    assert not np.isfinite(value) or not abs(value - (truth + 1e3 * bar)) <= bar


def test_the_smallest_move_is_several_teeth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves of 16, 128 and 2046 teeth: the two finest slopes agree by luck, and are wrong by 1e-3.

    They do so at powers of two, which the steps are not, and a coarse answer contests them.
    """
    points = [float(x) for x in np.random.default_rng(0).normal(size=150)]

    def missed(offset: float) -> int:
        return lies(lambda x: (np.sin(x) + offset) - offset, math.cos, points)

    assert [missed(offset) for offset in (8.0, 100.0, 1000.0)] == [0, 0, 0]
    monkeypatch.setattr(lattice, "_PARTS", 1)
    monkeypatch.setattr(ladder, "MANTISSA", 1.0)
    monkeypatch.setattr(one_sided, "contested", lambda *_: NOTHING)
    monkeypatch.setattr(one_sided, "distant_noise", deaf)
    assert missed(1000.0) > 0


@pytest.mark.parametrize("x", [0.3, 1.0, 1.5506762697133998, 2.0, 2.5])
def test_a_smooth_ripple_is_no_lattice(x: float) -> None:
    value, bar = estimate(lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x), x)
    truth = math.cos(x) + 10 * math.cos(1e9 * x)
    assert abs(value - truth) <= bar + 1e-6
    assert bar < 1e-2


@pytest.mark.parametrize("width", [1e-1, 1e-4, 1e-8])
def test_a_dead_zone_is_no_lattice(width: float) -> None:
    value, bar = estimate(lambda x: np.sign(x) * np.maximum(np.abs(x) - width, 0), 0.0)
    assert value == 0
    assert bar < 1e-6


def test_no_point_is_evaluated_twice_but_x() -> None:
    for f, x in ((np.exp, 1.7), (sloping, 3.7e-10), (lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x), 2.0)):
        seen: list[float] = []

        def recorded(x: Any, f: Function = f, seen: list[float] = seen) -> Any:
            seen.append(float(x))
            return f(x)

        estimate(recorded, x)
        assert len(seen) == len(set(seen)) + 1
        assert seen.count(x) == 2


def test_no_bar_is_exactly_zero() -> None:
    value, bar = estimate(lambda x: 0.0 * x, 1e140)
    assert value == 0
    assert bar > 0


@pytest.mark.parametrize("factor", [1e-290, 1e-150, 1e-30, 1e30, 1e150, 1e290])
@pytest.mark.parametrize("x", [1e-3, 0.7, 12.0])
def test_the_scale_of_f_changes_nothing(factor: float, x: float) -> None:
    value, bar = estimate(lambda x: factor * np.sin(x), x)
    truth = factor * math.cos(x)
    assert abs(value - truth) <= bar + 1e-15 * abs(truth)
    assert bar < 1e-9 * abs(truth)
    # The twin: without the factor the value lies outside.
    assert not abs(value - math.cos(x)) <= bar


def test_quotients_that_never_settle_give_no_number() -> None:
    """The slope of ``-x log x`` at 0 is infinite, and grows by the same amount from rung to rung."""
    value, bar = estimate(lambda x: -x * np.log(x) if x > 0 else (0.0 if x == 0 else np.nan), 0.0)
    assert np.isnan(value)
    assert np.isinf(bar)
    # The twin: x² log x has the slope 0 there, from one side.
    value, bar = estimate(lambda x: x * x * np.log(x) if x > 0 else (0.0 if x == 0 else np.nan), 0.0)
    assert abs(value) <= bar < 1e-6


def test_a_staircase_within_a_product_is_seen() -> None:
    value, bar = estimate(lambda x: x * np.log(1 + x * x), -1e-5)
    assert abs(value - 3e-10) <= bar + 1e-19
    assert bar < 1e-12


@pytest.mark.parametrize("f", [np.sin, np.cos, lambda x: np.tanh(np.sin(x))], ids=["sin", "cos", "tanh sin"])
def test_what_no_float_resolves_gets_no_number(f):
    # At 8.2e33 the powers of two from 2**66 on happen to fall on one straight stretch of the sine.
    for x in (8.217957788744728e33, 1.0290319825478678e52, *10 ** np.linspace(20.0, 140.0, 60)):
        found = central_jacobian(Primal(f, [np.array([x])]))
        assert found.status is not Status.OK
        assert found.nfev <= 40


@pytest.mark.parametrize("x", [1.0, 1e3, 1e5])
def test_a_fast_oscillation_that_floats_resolve_keeps_its_number(x):
    found = central_jacobian(Primal(lambda x: np.sin(1e4 * x), [np.array([x])]))
    assert found.status is Status.OK
    assert abs(found.value[0, 0] - 1e4 * np.cos(1e4 * x)) <= found.error[0, 0] < 1.0


@pytest.mark.parametrize(
    "f",
    [lambda x: np.maximum(np.exp(x) - 1, 0.0), lambda x: np.maximum(0.0, 1 - (1 - x))],
    ids=["exp", "hinge"],
)
def test_a_side_that_never_moves_hides_no_staircase_of_the_other(f):
    found = gradcheck.jacobian(f, 0.0, method="central")
    assert str(found.status) == "one-sided derivatives differ"
    assert abs(found.right - 1.0) < 1e-6
    assert found.left == 0.0
    for claim, expected in ((1.0, "pass"), (0.5, "pass"), (0.0, "pass"), (-0.1, "fail"), (1.1, "fail")):
        assert str(gradcheck.check(f, lambda x, claim=claim: claim, 0.0).verdict) == expected


@pytest.mark.parametrize("x", [1e-5, -1e-5, 1e-7, 1e-4])
@pytest.mark.parametrize(
    "f",
    [np.sign, lambda t: np.sqrt(t * t) / t, lambda t: np.arctan2(t, 2 * t)],
    ids=["sign", "root", "angle"],
)
def test_a_step_of_its_own_beside_the_point_is_no_staircase(f, x):
    opaque = lambda t: float(f(float(t)))
    assert str(gradcheck.check(opaque, lambda t: 0.0, x).verdict) == "pass"
    assert str(gradcheck.check(opaque, lambda t: 1.0, x).verdict) == "fail"
