"""Large matrices are worked through in blocks, and one-sided only where needed: to the same numbers."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy import special

import gradcheck
from gradcheck.estimators.differences import blocks, extrapolation, noise, one_sided
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status

_A = np.random.default_rng(3).normal(size=(9, 6))
FUNCTIONS = {
    "smooth": lambda x: np.tanh(_A @ x),
    "kinks": lambda x: np.concatenate([np.abs(x), np.maximum(_A @ x, 0.0), np.sort(x)]),
    "kinks and curvature": lambda x: np.exp(_A @ x) * np.abs(x[0]) + np.sum(np.abs(x - 0.5)),
    "edge": lambda x: np.sqrt(x) + np.log(np.where(x > 0, x, np.nan)) * x[1],
    "jump": lambda x: np.where(x > 0.5, 1.0 + x, x),
    "rounded": lambda x: np.round(np.sin(_A @ x), 7),
}
POINTS = {
    "zero": np.zeros(6),
    "some at a kink": np.array([0.0, 0.5, -0.5, 1e-12, 1.0, 0.5]),
    "generic": np.array([0.31, 1.7, 0.02, 5.0, 0.9, 0.5]),
}


def estimate(f, x, **options):
    return central_jacobian(Primal(f, [x]), **options)


def differences(one, other):
    arrays = ("value", "error", "codes", "left", "right")
    return [
        name
        for name in arrays
        if not np.array_equal(
            np.array(getattr(one, name), float), np.array(getattr(other, name), float), equal_nan=True
        )
    ] + [name for name in ("nfev", "message") if getattr(one, name) != getattr(other, name)]


@pytest.fixture
def as_if_large(monkeypatch):
    monkeypatch.setattr(one_sided, "_FEW_ENTRIES", 0)
    monkeypatch.setattr(extrapolation, "_AT_ONCE", 1000)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_blocks_and_the_choice_of_sides_change_no_bit(name, point):
    f, x = FUNCTIONS[name], POINTS[point]
    for options in ({}, {"bounds": (x, x + 3.0)}):
        whole = estimate(f, x, **options)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(one_sided, "_FEW_ENTRIES", 0)
            patch.setattr(extrapolation, "_AT_ONCE", 1000)
            parts = estimate(f, x, **options)
        assert not differences(whole, parts)


@pytest.mark.usefixtures("as_if_large")
def test_a_kink_is_seen_only_where_the_sides_are_asked(monkeypatch):
    f, x = FUNCTIONS["kinks"], POINTS["some at a kink"]
    kink = Status.KINK.code
    assert (estimate(f, x).codes == kink).sum() >= 3
    monkeypatch.setattr(
        one_sided, "_may_be_kinked", lambda quotients, noise: np.zeros(quotients.shape[2:], bool)
    )
    assert not (estimate(f, x).codes == kink).any()


@pytest.mark.usefixtures("as_if_large")
def test_a_smooth_function_needs_one_side_seldom_and_a_kinked_one_where_it_is(monkeypatch):
    answers, judged = [], one_sided._may_be_kinked

    def spied(quotients, noise):
        answers.append(judged(quotients, noise))
        return answers[-1]

    monkeypatch.setattr(one_sided, "_may_be_kinked", spied)
    estimate(FUNCTIONS["smooth"], POINTS["generic"])
    assert np.mean([one.mean() for one in answers]) < 0.1
    answers.clear()
    estimate(np.abs, POINTS["zero"])
    assert all(np.diag(one).all() for one in answers)


HARD = {
    "teeth": lambda x: np.round(np.exp(_A @ x) * 1e6) / 1e6 + 1e-3 * np.abs(x[0] - 0.5),
    "many scales": lambda x: np.concatenate([np.exp(_A @ x), np.sin(50 * (_A @ x)), (_A @ x) ** 9]),
}


@pytest.mark.parametrize("width", [1, 2, 6])
@pytest.mark.parametrize("name", [*FUNCTIONS, *HARD])
def test_no_division_into_blocks_takes_more_evaluations_than_promised(name, width, monkeypatch):
    f, x = (FUNCTIONS | HARD)[name], POINTS["generic"]
    monkeypatch.setattr(blocks, "columns_at_once", lambda m: width)
    for limit in (None, 60, 90, 200):
        calls = []
        found = blocks.central_in_blocks(
            Primal(lambda x, calls=calls: calls.append(1) or f(x), [x]), None, limit
        )
        assert len(calls) == found.nfev <= (20 * 6 + 20 if limit is None else limit)


def test_a_large_jacobian_takes_the_memory_of_a_few_columns(monkeypatch):
    x = np.linspace(0.1, 2.0, 80)

    def peak():
        tracemalloc.start()
        found = gradcheck.jacobian(lambda x: np.sin(np.outer(x, x)).ravel()[:800], x, method="central")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used, found

    monkeypatch.setattr(blocks, "_BLOCK", 2**24)
    small, parts = peak()
    monkeypatch.setattr(blocks, "_BLOCK", 2**30)
    large, whole = peak()
    assert 2 * small < large
    assert small < 2**24 + 30 * whole.value.nbytes
    np.testing.assert_allclose(parts.value, whole.value, atol=1e-8)


def test_the_noise_of_an_output_is_common_to_its_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One column of eight saw a hundredth of the noise, by luck; one along which f stands still has none."""
    seen, floor = np.full((8, 1), 1e-15), np.full((2, 8, 1), 1e-17)
    seen[3] = 1e-17
    moves = np.ones((8, 1), dtype=bool)
    assert noise._pooled(seen, floor, moves)[0][3, 0] == pytest.approx(1e-15)
    moves[3] = False
    assert noise._pooled(seen, floor, moves)[0][3, 0] == pytest.approx(1e-17)
    monkeypatch.setattr(noise, "_POOL", 10**9)
    assert noise._pooled(seen, floor, ~moves)[0][3, 0] == pytest.approx(1e-17)


def test_an_input_whose_steps_saw_no_rounding_is_held_to_what_the_others_saw() -> None:
    """Black and Scholes' price at the money without interest: two steps beside 0 are quiet by chance."""

    def price(p: Any) -> Any:
        s, k, sigma, r, t = np.array(p, float)
        d = (np.log(s / k) + (r + sigma * sigma / 2) * t) / (sigma * np.sqrt(t))
        return s * special.ndtr(d) - k * np.exp(-r * t) * special.ndtr(d - sigma * np.sqrt(t))

    found = central_jacobian(Primal(price, [np.array([100.0, 100.0, 0.05, 0.0, 0.01])]))
    truth = special.ndtr(-0.0025)
    assert abs(found.value[0, 3] - truth) <= found.error[0, 3] < 1e-9
    assert not abs(found.value[0, 3] - truth * (1 + 1e-8)) <= found.error[0, 3]
