"""Claims whose terms cancel to nothing beside 0: left open, while one that leaves the entry out fails."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import Reason, Verdict, check

_POINTS = [1.0190969469382424e-09, 1.2160712284471833e-09, 2.3596621672706337e-09]


def opaque(f):
    return lambda x: f(np.array(x, dtype=np.float64))


def cancelling(x):
    return np.diag((np.cos(np.pi * x) - np.sinc(x)) / x)


@pytest.mark.parametrize("x", _POINTS)
class TestSinc:
    def test_the_formula_is_left_open(self, x):
        assert cancelling(np.array([x])) == 0
        result = check(opaque(np.sinc), cancelling, np.array([x]))
        assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.TOO_WEAK)
        assert "no digit" in result.message

    def test_an_entry_left_out_fails(self, x):
        assert check(opaque(np.sinc), lambda x: np.zeros((1, 1)), np.array([x])).verdict is Verdict.FAIL

    def test_one_left_out_only_beside_0_fails(self, x):
        def patched(x):
            return np.diag(np.where(np.abs(x) < 1e-5, 0.0, -(np.pi**2) * x / 3))

        assert check(opaque(np.sinc), patched, np.array([x])).verdict is Verdict.FAIL

    def test_a_wrong_factor_fails(self, x):
        def doubled(x):
            return 2 * cancelling(x)

        assert check(opaque(np.sinc), doubled, np.array([x])).verdict is Verdict.FAIL


def test_beside_an_input_that_is_right():
    def claim(x):
        return np.array([[(np.cos(np.pi * x[0]) - np.sinc(x[0])) / x[0], 1.0]])

    f = opaque(lambda x: np.array([np.sinc(x[0]) + x[1]]))
    x = np.array([_POINTS[0], 0.7])
    assert check(f, claim, x).verdict is Verdict.INCONCLUSIVE
    assert check(f, lambda x: claim(x) * [1, 1.01], x).verdict is Verdict.FAIL


def test_the_derivative_of_a_cosine_left_out_fails():
    f = opaque(lambda x: np.array([np.cos(x[0]) + x[1]]))
    assert check(f, lambda x: np.array([[0.0, 1.0]]), np.array([1e-9, 0.7])).verdict is Verdict.FAIL
