"""Kinks that add up: shares between the sides of hundreds of them pass, others fail, at a bounded cost."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.clarke.ridges import Ridges
from gradcheck.clarke.shares import shares_of
from gradcheck.results import Reason, Verdict

RNG = np.random.default_rng(0)
WIDE, TALL = RNG.normal(size=(10, 20)), RNG.normal(size=(60, 20))
POSITIVE, MIXED = np.abs(RNG.normal(size=60)), RNG.normal(size=60)


def verdict_of(f, claim, x):
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return f(x)

    result = gradcheck.check(counted, lambda x: claim, x)
    assert calls <= 600 * (x.size + 10)
    return result


def relu(z):
    return np.maximum(z, 0.0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("weights", [WIDE, TALL], ids=["wide", "tall"])
def test_a_layer_at_zero_may_take_any_slope_of_its_units(weights, share):
    result = verdict_of(lambda x: relu(weights @ x), share * weights, np.zeros(20))
    assert (result.verdict, result.reason) == (Verdict.PASS, Reason.SUBGRADIENT)


@pytest.mark.parametrize("share", [-0.1, 1.01])
@pytest.mark.parametrize("weights", [WIDE, TALL], ids=["wide", "tall"])
def test_a_layer_at_zero_may_take_no_slope_beyond(weights, share):
    assert verdict_of(lambda x: relu(weights @ x), share * weights, np.zeros(20)).verdict is Verdict.FAIL


def test_one_wrong_weight_among_the_units_fails():
    claim = TALL.copy()
    claim[7, 3] *= 1.001
    assert verdict_of(lambda x: relu(TALL @ x), claim, np.zeros(20)).verdict is Verdict.FAIL


@pytest.mark.parametrize("slopes", [0.0, 1.0, "own", "signs"])
def test_absolute_values_of_many_inputs(slopes):
    drawn = {"own": RNG.uniform(-1.0, 1.0, 30), "signs": RNG.choice([-1.0, 1.0], 30)}
    claim = drawn[slopes] if isinstance(slopes, str) else np.full(30, slopes)
    assert verdict_of(lambda x: np.abs(x).sum(), claim, np.zeros(30)).reason is Reason.SUBGRADIENT
    claim = claim.copy()
    claim[4] = 1.001
    wrong = verdict_of(lambda x: np.abs(x).sum(), claim, np.zeros(30))
    assert wrong.verdict is Verdict.FAIL
    assert "d f / d x[4] is claimed 1.001, where the one-sided derivatives are -1 and 1" in wrong.message


def test_total_variation_of_equal_numbers():
    def f(x):
        return np.exp(np.abs(np.diff(x)).sum()) * x[0]

    shares = RNG.uniform(-1.0, 1.0, 11)
    claim = -np.diff(np.concatenate([[0.0], shares, [0.0]])) + np.eye(12)[0]
    assert verdict_of(f, claim, np.ones(12)).reason is Reason.SUBGRADIENT
    assert verdict_of(f, claim + 0.01, np.ones(12)).verdict is Verdict.FAIL


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_loss_whose_kinks_bend_alike_has_all_shares(share):
    claim = share * (POSITIVE @ TALL)
    result = verdict_of(lambda x: POSITIVE @ relu(TALL @ x), claim, np.zeros(20))
    assert result.reason is Reason.SUBGRADIENT
    claim = 1.4 * (POSITIVE @ TALL)
    assert verdict_of(lambda x: POSITIVE @ relu(TALL @ x), claim, np.zeros(20)).verdict is Verdict.FAIL


def test_kinks_that_bend_both_ways_are_left_open_where_no_mix_is_known():
    result = verdict_of(lambda x: MIXED @ relu(TALL @ x), 0.0 * MIXED @ TALL, np.zeros(20))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)
    assert "too many to tell whether a mix has it" in result.message
    wrong = verdict_of(lambda x: MIXED @ relu(TALL @ x), 3.0 * MIXED @ TALL, np.zeros(20))
    assert wrong.verdict is Verdict.FAIL


def test_units_that_cancel_have_the_one_derivative_there_is():
    def f(x):
        return relu(x).sum() - relu(-x).sum()

    assert verdict_of(f, np.ones(4), np.zeros(4)).verdict is Verdict.PASS
    assert verdict_of(f, np.zeros(4), np.zeros(4)).verdict is Verdict.FAIL


def test_kinks_of_a_small_sum_that_bend_both_ways_are_no_box():
    def f(x):
        return np.abs(x[0] + x[1]) - np.abs(x[0]) - np.abs(x[1])

    assert verdict_of(f, np.zeros(2), np.zeros(2)).reason is Reason.SUBGRADIENT
    assert verdict_of(f, np.array([2.0, 2.0]), np.zeros(2)).verdict is Verdict.FAIL


def crossed(jump=1.0):
    """Return the model of ``|x| + jump |y|``."""
    halves = np.array([[[1.0, 0.0]], [[0.0, jump]]])
    return Ridges(np.zeros((1, 2)), np.full((1, 2), 1e-12), halves, np.eye(2))


def test_shares_are_those_of_the_claim_and_no_more_than_the_sides():
    zero = np.zeros((1, 2))
    inside = shares_of(crossed(), np.array([[0.25, -1.0]]), zero)
    assert inside.gap == 0.0
    assert np.allclose(inside.shares, [0.25, -1.0])
    beyond = shares_of(crossed(), np.array([[0.25, -1.5]]), zero)
    assert beyond.gap > 0.2
    assert np.allclose(beyond.nearest, [[0.25, -1.0]])


def test_what_bends_alike_is_told_from_what_does_not():
    tied = np.array([[1.0, 0.0], [0.0, 1.0], [np.sqrt(0.5), np.sqrt(0.5)]])
    signs = np.array([1.0, 1.0, -1.0])
    same = Ridges(np.zeros((1, 2)), np.zeros((1, 2)), tied[:, None], tied)
    both = Ridges(np.zeros((1, 2)), np.zeros((1, 2)), signs[:, None, None] * tied[:, None], tied)
    assert (same.alike(0), both.alike(0), same.independent) == (True, False, False)
    assert same.attained(np.ones(3))
    assert not same.attained(signs)
