"""A derivative lost in the last digit of what cancels: told from one that is left out or off by a factor."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.judge.rounding.absorbed import absorbed

X = np.array([30.0])


def slope(x):
    return 1 / np.cosh(x)[:, None] ** 2


def claim(x):
    return 1 - np.tanh(x)[:, None] ** 2


def asked(given):
    return absorbed(X, given(X), slope(X), given(X) != slope(X), given, slope)


def test_what_has_lost_all_digits_at_the_point_and_agrees_nearer_to_0_is_absorbed():
    assert claim(X) == 0 < slope(X)
    assert asked(claim)


@pytest.mark.parametrize(
    "given",
    [
        lambda x: 0 * claim(x),
        lambda x: 2 * claim(x),
        lambda x: 1.01 * claim(x),
        lambda x: claim(x) + 1e-6,
        lambda x: claim(x) + 64 * 2.0**-52,
    ],
    ids=["left out", "twice", "one in a hundred", "a number added", "64 roundings added"],
)
def test_what_is_wrong_nearer_to_0_or_off_by_more_than_a_last_digit_is_not(given):
    assert not asked(given)


def test_one_entry_that_is_not_makes_the_whole_a_mistake():
    two = np.array([30.0, 30.0])
    reference, right = slope(two), claim(two)
    wrong = np.ones((2, 1), dtype=bool)
    assert absorbed(two, right, reference, wrong, claim, slope)
    left_out = lambda x: claim(x) * np.array([[1.0], [0.0]])
    assert not absorbed(two, left_out(two), reference, wrong, left_out, slope)
