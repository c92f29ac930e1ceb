"""Small outputs of a decomposition are off by a rounding of the largest, alike at all steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_sylvester

from gradcheck import Verdict, check

_UNEQUAL = np.array([2e3, 0.3, -0.4, 0.7, 1.5, 0.2, -0.4, 0.2, 1.1e-3])


def solved(x):
    """``X = (A + 0.7 I)^-1``, by a Schur decomposition."""
    return solve_sylvester(np.array(x, dtype=np.float64).reshape(3, 3), 0.7 * np.eye(3), np.eye(3)).ravel()


def slope(x):
    inverse = np.linalg.inv(np.reshape(x, (3, 3)) + 0.7 * np.eye(3))
    return -np.einsum("ia,bj->ijab", inverse, inverse).reshape(9, 9)


def times(factor, at):
    def claim(x):
        matrix = slope(x)
        matrix[at] *= factor
        return matrix

    return claim


class TestSylvester:
    def test_the_exact_derivative_never_fails(self):
        rng = np.random.default_rng(2)
        points = [_UNEQUAL, *(np.array([2e3, *rng.normal(size=8)]) for _ in range(6))]
        assert all(check(solved, slope, x).verdict is not Verdict.FAIL for x in points)

    def test_what_is_left_open_says_why(self):
        result = check(solved, slope, _UNEQUAL)
        assert result.verdict is Verdict.INCONCLUSIVE
        assert "largest output" in result.message

    @pytest.mark.parametrize("at", [(3, 3), (4, 4), (8, 8), (0, 0)])
    def test_a_wrong_entry_fails(self, at):
        assert check(solved, times(1 + 1e-9, at), _UNEQUAL).verdict is Verdict.FAIL


class TestOthers:
    def test_outputs_that_share_nothing_with_the_largest_fail_as_before(self):
        x = np.array([30.0, -2.0])
        wrong = np.array([1.0, 1 + 5e-12])
        f = lambda x: np.exp(np.array(x, dtype=np.float64))
        assert check(f, lambda x: np.diag(np.exp(x)), x).verdict is Verdict.PASS
        assert check(f, lambda x: np.diag(wrong * np.exp(x)), x).verdict is Verdict.FAIL

    def test_outputs_as_large_as_each_other_fail_as_before(self):
        weights = np.random.default_rng(3).normal(size=(3, 3))
        x = np.array([0.3, -0.7, 1.1])
        wrong = np.ones((3, 3))
        wrong[0, 0] += 1e-10
        f = lambda x: weights @ np.sin(np.array(x, dtype=np.float64))
        assert check(f, lambda x: weights * np.cos(x), x).verdict is Verdict.PASS
        assert check(f, lambda x: wrong * weights * np.cos(x), x).verdict is Verdict.FAIL


@pytest.mark.parametrize("share", [-1.0, 0.0, 2.0])
def test_an_input_of_0_explains_nothing_by_itself(share):
    f = lambda x: np.stack([1e-12 * x[0] + x[1], 3.0 * x[1]])
    opaque = lambda x: f(np.array(x, dtype=float))
    slope = np.array([[1e-12, 1.0], [0.0, 3.0]])
    assert str(check(opaque, lambda x: slope, np.zeros(2)).verdict) == "pass"
    off = slope * [[share, 1.0], [1.0, 1.0]]
    assert str(check(opaque, lambda x: off, np.zeros(2)).verdict) == "fail"


@pytest.mark.parametrize("share", [0.0, 2.0])
def test_an_input_of_0_beside_a_large_output_explains_no_small_entry(share):
    c = 1e-12
    opaque = lambda x: (lambda x: np.array([c * x[0] + x[1], x[0] + x[1] + 5.0]))(np.array(x, dtype=float))
    slope = np.array([[c, 1.0], [1.0, 1.0]])
    off = slope * [[share, 1.0], [1.0, 1.0]]
    assert str(check(opaque, lambda x: slope, np.zeros(2)).verdict) == "pass"
    assert str(check(opaque, lambda x: off, np.zeros(2)).verdict) == "fail"
