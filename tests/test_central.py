"""Central differences: the bar holds the truth, or there is no number."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from central_cases import deaf, estimate, hashed, holds, relative_bar

from gradcheck.estimators.differences import extrapolation, one_sided
from gradcheck.results import Status


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


SCALES = [s * 10.0**k for k in (-150, -100, -30, -12, -5, 0, 3, 30, 100, 150) for s in (1.0, 7.3)]
SCALED = {
    "x**2": (lambda x: x**2, lambda x: 2 * x),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "log": (np.log, lambda x: 1 / x),
    "3x": (lambda x: 3 * x, lambda _x: 3.0),
}


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("x", SCALES)
def test_bar_is_true_and_narrow_at_every_scale(name: str, x: float) -> None:
    f, slope = SCALED[name]
    found = estimate(f, x)
    # The truth is rounded itself: four units in the last place.
    assert abs(found.value[0, 0] - slope(x)) <= found.error[0, 0] + 1e-15 * abs(slope(x))
    assert relative_bar(found) < 1e-9
    assert found.nfev <= 26


SMOOTH = {
    "narrow bump": (lambda x: np.exp(-1e6 * x * x), 1e-3, -2e3 * math.exp(-1), 1e-9),
    "fast sine": (lambda x: np.sin(1e4 * x), 1.0, 1e4 * math.cos(1e4), 1e-8),
    "faster sine": (lambda x: np.sin(1e6 * x), 1.0, 1e6 * math.cos(1e6), 1e-6),
    "fast sine at 0": (lambda x: np.sin(1e6 * x), 0.0, 1e6, 1e-12),
    "sine far out": (np.sin, 1e4, math.cos(1e4), 1e-8),
    "log close to 0": (np.log, 1e-7, 1e7, 1e-9),
    "reciprocal close to 0": (lambda x: 1 / x, 3e-5, -1 / 9e-10, 1e-9),
    "sqrt close to 0": (np.sqrt, 1e-8, 0.5e4, 1e-9),
    "large quartic": (lambda x: 1e8 * x**4, 1.0, 4e8, 1e-9),
    "steep exponential": (lambda x: np.exp(50 * x), 1.0, 50 * math.exp(50), 1e-9),
    "offset at a tiny point": (lambda x: np.sin(x) + 1, 1e-12, 1.0, 1e-8),
    "offset at a tinier point": (lambda x: 1 + x, 1e-150, 1.0, 1e-8),
    "exponential at 0": (np.exp, 0.0, 1.0, 1e-9),
    "near overflow": (np.exp, 709.0, math.exp(709.0), 1e-8),
    "huge point": (lambda x: x / 2, 1.7e308, 0.5, 1e-9),
    "subnormal point": (lambda x: 3 * x, 5e-324, 3.0, 1e-9),
    "smooth through a second derivative that jumps": (lambda x: x * abs(x), 1e-3, 2e-3, 1e-9),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_awkward_but_smooth(name: str) -> None:
    f, x, truth, narrow = SMOOTH[name]
    found = estimate(f, x)
    assert abs(found.value[0, 0] - truth) <= found.error[0, 0] + 1e-15 * abs(truth)
    assert relative_bar(found) < narrow
    assert found.nfev <= 40
    # The twin: a value off by ten times the width asked for lies outside the bar.
    assert not holds(found, truth * (1 + 10 * narrow))


@pytest.mark.parametrize("x", [0.3, 1.0, 1.7, 2.0, 2.08, 2.9])
def test_tiny_fast_ripple_is_seen(x: float) -> None:
    found = estimate(lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x), x)
    truth = math.cos(x) + 10 * math.cos(1e9 * x)
    assert not np.isfinite(found.value).all() or abs(found.value[0, 0] - truth) <= found.error[0, 0] + 1e-6
    assert not holds(found, math.cos(x))


NOISY: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "noise of 1e-7": (lambda x: np.sin(x) + 1e-7 * hashed(x), 1.0, math.cos(1.0)),
    "huge offset": (lambda x: 1e8 + np.sin(x), 1.0, math.cos(1.0)),
    "cancelled offset": (lambda x: (1e8 + np.sin(x)) - 1e8, 1.0, math.cos(1.0)),
    "rounded to 7 places": (lambda x: np.round(np.sin(x), 7), 1.0, math.cos(1.0)),
    "float32 inside": (lambda x: np.float64(np.sin(np.float32(x))), 1.0, math.cos(1.0)),
    "float32 output": (lambda x: np.sin(np.float32(x)), 1.0, math.cos(1.0)),
}


STAIRS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "rounded to 3 places": (lambda x: np.round(x, 3), 0.5),
    "rounded to 1 place": (lambda x: np.round(x, 1), 77.7),
    "floor": (np.floor, 1000.5),
    "floor far out": (np.floor, 1e5 + 0.5),
    "floor division": (lambda x: x // 1, 1000.5),
    "truncation": (np.trunc, 500.25),
    "int": (lambda x: float(int(x)), 1e5 + 0.5),
    "a grid of 1/64": (lambda x: np.round(x * 64) / 64, 1.23456),
}


@pytest.mark.parametrize("name", STAIRS)
def test_the_slope_of_stairs_is_no_derivative(name: str) -> None:
    f, x = STAIRS[name]
    found = estimate(f, x)
    assert not np.isfinite(found.value[0, 0]) or holds(found, 0.0)
    # The twin: without the steps the same slope is a derivative.
    assert holds(estimate(lambda x: x * 1.0, x), 1.0)


def test_a_formula_that_cancels_has_a_true_bar_or_none() -> None:
    found = estimate(lambda x: sigmoid(x) * (1 - sigmoid(x)), 30.0)
    truth = -math.exp(-30) * (1 - math.exp(-30)) / (1 + math.exp(-30)) ** 3
    assert not np.isfinite(found.value[0, 0]) or holds(found, truth)


@pytest.mark.parametrize("name", NOISY)
def test_noise_widens_the_bar(name: str) -> None:
    f, x, truth = NOISY[name]
    found = estimate(f, x)
    assert holds(found, truth)
    assert found.error[0, 0] > 1e-8 * abs(truth)


def test_noise_of_many_seeds_never_escapes_the_bar() -> None:
    rng = np.random.default_rng(11)
    for _ in range(150):
        level, shift, x = 10 ** rng.uniform(-14, -4), rng.uniform(1, 2), rng.uniform(-3, 3)
        found = estimate(lambda x, a=level, s=shift: np.exp(x) + a * hashed(x * s), x)
        assert np.isnan(found.value[0, 0]) or holds(found, math.exp(x)), (level, shift, x)


def test_pure_noise_is_no_answer() -> None:
    found = estimate(lambda x: 1e-7 * hashed(x), 1.0)
    assert found.status in (Status.NOISY, Status.NO_USABLE_STEP)
    assert np.isnan(found.value[0, 0])
    assert np.isinf(found.error[0, 0])


KINKS: dict[str, tuple[Callable[[Any], Any], float, float, float]] = {
    "abs": (np.abs, 0.0, -1.0, 1.0),
    "relu": (lambda x: np.maximum(x, 0.0), 0.0, 0.0, 1.0),
    "abs away from 0": (lambda x: np.abs(x - 0.5) + np.sin(x), 0.5, math.cos(0.5) - 1, math.cos(0.5) + 1),
    "leaky relu": (lambda x: np.where(x > 0, x, 0.01 * x), 0.0, 0.01, 1.0),
    "abs in noise": (lambda x: np.abs(x - 0.5) + 1e-9 * hashed(x), 0.5, -1.0, 1.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_kink_gives_both_sides_and_no_number(name: str) -> None:
    f, x, left, right = KINKS[name]
    found = estimate(f, x)
    assert found.status is Status.KINK
    assert np.isnan(found.value[0, 0])
    assert found.left is not None
    assert found.right is not None
    assert found.left[0, 0] == pytest.approx(left, abs=1e-4)
    assert found.right[0, 0] == pytest.approx(right, abs=1e-4)


@pytest.mark.parametrize("distance", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("side", [-1, 1])
def test_kink_near_by_is_none(distance: float, side: int) -> None:
    found = estimate(lambda x: np.maximum(x - 0.5, 0) + np.sin(x), 0.5 + side * distance)
    assert found.status is Status.OK
    assert holds(found, math.cos(0.5 + side * distance) + (side > 0))


def test_relu_just_below_zero_believes_the_fine_steps() -> None:
    assert holds(estimate(lambda x: np.maximum(x, 0), -1e-7), 0.0)
    assert holds(estimate(lambda x: np.maximum(x - 0.5, 0), 0.5 - 1e-7), 0.0)


@pytest.mark.parametrize("width", [1e-1, 1e-3, 1e-6])
def test_dead_zone_is_no_staircase(width: float) -> None:
    assert holds(estimate(lambda x: np.sign(x) * np.maximum(np.abs(x) - width, 0), 0.0), 0.0)


def test_max_with_ties() -> None:
    found = estimate(np.max, np.array([1.0, 1.0, 0.0]))
    assert found.codes.tolist() == [[Status.KINK.code, Status.KINK.code, Status.OK.code]]
    assert found.value[0, 2] == 0


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.heaviside(x, 1.0), 0.0),
        (lambda x: np.heaviside(x, 0.5), 0.0),
        (lambda x: np.heaviside(x - 0.5, 0.0) + np.sin(x), 0.5),
        (np.floor, 2.0),
        (lambda x: np.int64(np.floor(x)), 2.0),
    ],
    ids=["step, right", "step, midway", "step and sine", "floor", "integers"],
)
def test_jump_is_a_discontinuity(f: Callable[[Any], Any], x: float) -> None:
    found = estimate(f, x)
    assert found.status is Status.DISCONTINUITY
    assert np.isnan(found.value).all()


@pytest.mark.parametrize(
    "f",
    [lambda x: np.int64(np.floor(x)), lambda x: x > 1, lambda x: np.float64(x > 1)],
    ids=["integers", "booleans", "floats"],
)
def test_piecewise_constant_off_its_jumps(f: Callable[[Any], Any]) -> None:
    found = estimate(f, 2.5)
    assert found.value[0, 0] == 0
    assert found.error[0, 0] < 1e-12


@pytest.mark.parametrize(("f", "x"), [(np.sqrt, 0.0), (np.cbrt, 0.0), (np.arccos, 1.0)])
def test_infinite_slope_gives_no_number(f: Callable[[Any], Any], x: float) -> None:
    found = estimate(f, x)
    assert found.status is Status.NO_USABLE_STEP
    assert np.isnan(found.value).all()


def test_square_that_underflows_is_zero_within_an_absolute_bar() -> None:
    assert holds(estimate(lambda x: x * x, 1e-200), 2e-200)


def test_overflow_at_the_point_is_outside_the_domain() -> None:
    assert estimate(lambda x: x * x, 1e200).status is Status.OUTSIDE_DOMAIN


@pytest.mark.parametrize("x", [1e12, 1e15, 1e17])
def test_sine_lost_in_its_argument_does_not_lie(x: float) -> None:
    found = estimate(np.sin, x)
    assert np.isnan(found.value[0, 0]) or holds(found, math.cos(x))


def test_constant_and_linear() -> None:
    constant = estimate(lambda x: 3.0 + 0 * x, 1.0)
    assert constant.value[0, 0] == 0
    assert 0 < constant.error[0, 0] < 1e-12
    linear = estimate(lambda x: 3 * x + 1, 1.0)
    assert holds(linear, 3.0)
    assert relative_bar(linear) < 1e-12


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_low_precision_output_widens_the_bar(dtype: Any) -> None:
    found = estimate(lambda x: np.sin(x).astype(dtype), np.array([1.0, 2.0]))
    assert holds(found, np.diag(np.cos([1.0, 2.0])))
    assert np.diag(found.error).min() > np.finfo(dtype).eps


def test_a_slope_of_zero_has_a_small_bar() -> None:
    for f, x in ((np.cos, 0.0), (lambda x: x**3, 0.0), (lambda x: (x - 1) ** 2, 1.0)):
        found = estimate(f, x)
        assert holds(found, 0.0)
        assert found.error[0, 0] < 1e-9


def test_finer_rungs_veto_what_coarser_ones_agree_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarse rungs that converge to 1 do not stand against fine ones at 2; without the veto they do."""
    exponents = np.array([-40, -26, -14, -7, -6, -5])[:, None]
    column = np.array([2.0, 2.0, 2.0, 1.0, 1.0, 1.0])
    quotients = np.broadcast_to(column[None, :, None, None], (3, 6, 1, 1)).copy()
    rounding = 1e-16 * np.exp2(-exponents.astype(float))[None, :, :, None] + np.zeros((3, 1, 1, 1))
    assert extrapolation.best_window(quotients, rounding, exponents).value[0, 0, 0] == pytest.approx(2.0)
    monkeypatch.setattr(extrapolation, "VETO_SAFETY", 1e12)
    assert extrapolation.best_window(quotients, rounding, exponents).value[0, 0, 0] == pytest.approx(1.0)


def test_structure_veils_coarser_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ripple as small as 1e4 roundings is not mistaken for noise; without the veil the bars lie."""

    def ripple(x: float) -> float:
        return math.exp(x) + 6.9e-13 * math.sin(3.3e8 * x + 1.0)

    points = np.linspace(-1.5, -0.5, 60)
    slopes = np.exp(points) + 6.9e-13 * 3.3e8 * np.cos(3.3e8 * points + 1.0)

    def lies() -> int:
        found = [estimate(ripple, float(x)) for x in points]
        return sum(
            bool(abs(each.value[0, 0] - slope) > each.error[0, 0] + 1e-10)
            for each, slope in zip(found, slopes, strict=True)
        )

    assert lies() == 0
    monkeypatch.setattr(one_sided, "distant_noise", deaf)
    assert lies() > 10


def test_benchmark_notices_a_liar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness that measures these bars passes them, and fails bars a million times too narrow."""
    pytest.importorskip("mpmath")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    for name in ("estimators", "univariate", "awkward"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    bench = importlib.import_module("estimators")

    def honest(f: Callable[[Any], Any], x: Any) -> Any:
        found = estimate(f, x)
        return SimpleNamespace(value=found.value, bar=found.error, evaluations=found.nfev)

    def liar(f: Callable[[Any], Any], x: Any) -> Any:
        found = honest(f, x)
        found.bar = 1e-6 * found.bar
        return found

    problems = list(bench.problems_of(bench.TUNED, 5, 3))
    told = bench.measure(honest, problems)
    assert bench.share_true(told) >= bench.REQUIRED
    assert told.evaluations <= 20 * told.columns
    assert bench.share_true(bench.measure(liar, problems)) < bench.REQUIRED
