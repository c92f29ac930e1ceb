"""Rounding that every step along an input ignores: the factors of a determinant above its last row."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from gradcheck import Verdict, check
from gradcheck.estimators.differences import one_sided
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal


def near_ones(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return 1 + 10.0 ** rng.uniform(-5, -1) * rng.normal(size=(3, 3))


def cofactors(matrix: Any) -> Any:
    """Exact, rounded once."""
    a = [[Fraction(float(v)) for v in row] for row in matrix]

    def minor(i: int, j: int) -> Fraction:
        (p, q), (r, s) = ([row[k] for k in range(3) if k != j] for n, row in enumerate(a) if n != i)
        return (-1) ** (i + j) * (p * s - q * r)

    return np.array([[float(minor(i, j)) for j in range(3)] for i in range(3)])


def missed(points: list[Any]) -> int:
    count = 0
    for matrix in points:
        found = central_jacobian(Primal(scipy.linalg.det, [matrix]))
        off = np.abs(found.value - cofactors(matrix).ravel())
        count += bool((off > found.error).any())
    return count


def test_bars_hold_cofactors(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [near_ones(seed) for seed in range(12)]
    assert missed(points) == 0
    monkeypatch.setattr(one_sided, "rerolled_noise", lambda ladder, *_: np.zeros((9, 1)))
    assert missed(points) > 3


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_cofactors_do_not_fail_and_wrong_ones_do(seed: int) -> None:
    matrix = near_ones(seed)
    right = check(scipy.linalg.det, cofactors, matrix)
    assert right.verdict is Verdict.PASS
    assert right.detectable < 1e-5
    wrong = np.ones((3, 3))
    for at in ((0, 0), (2, 2)):
        wrong[at] = 1 + 3 * right.detectable
        result = check(scipy.linalg.det, lambda a: wrong * cofactors(a), matrix)
        assert result.verdict is Verdict.FAIL
        wrong[at] = 1.0


def test_what_does_not_cancel_takes_no_more_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> Any:
        raise AssertionError("asked")

    monkeypatch.setattr(one_sided, "rerolled_noise", refused)
    for f in (np.sin, lambda x: np.tanh(x @ x), lambda x: np.outer(x, x)):
        central_jacobian(Primal(f, [np.array([0.3, -0.7, 1.9])]))
