"""Where f jumps at the point the slope of its neighbours' branch says nothing of the point itself."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.kinks.jumps import of_another_branch

DIAGONAL = np.diag([2.0, 2.0, 5.0])


def qr(a):
    return np.linalg.qr(np.asarray(a, dtype=float))


def slopes(a):
    """Return the derivatives of Q and of R, each ``(3, 3, 3, 3)``."""
    q, r = qr(a)
    of_q, of_r = np.zeros((2, 3, 3, 3, 3))
    for i, j in np.ndindex(3, 3):
        moved = np.zeros((3, 3))
        moved[i, j] = 1
        inner = q.T @ moved @ np.linalg.inv(r)
        turn = np.tril(inner, -1) - np.tril(inner, -1).T
        of_q[..., i, j], of_r[..., i, j] = q @ turn, (inner - turn) @ r
    return of_q, of_r


@pytest.mark.parametrize("part", [0, 1])
def test_the_signs_of_qr_jump_at_a_diagonal_matrix(part):
    right = gradcheck.check(lambda a: qr(a)[part], lambda a: slopes(a)[part], DIAGONAL)
    assert (str(right.verdict), str(right.reason)) == ("inconclusive", "discontinuity"), str(right)
    told = " ".join((right.message, *right.notes))
    assert "f jumps at the point along a[1, 0]" in told or "do not tend to its value at the point" in told
    smooth = DIAGONAL + 0.1 * np.arange(9.0).reshape(3, 3)
    assert str(gradcheck.check(lambda a: qr(a)[part], lambda a: slopes(a)[part], smooth).verdict) == "pass"


@pytest.mark.parametrize(("factor", "more"), [(1.01, 0), (-1, 0), (0, 0), (1, 0.01)])
def test_a_mistake_on_the_neighbours_branch_fails_beside_a_jump(factor, more):
    wrong = gradcheck.check(lambda a: qr(a)[1], lambda a: factor * slopes(a)[1] + more, DIAGONAL)
    assert str(wrong.verdict) == "fail", str(wrong)


def test_a_jump_of_one_output_excuses_no_mistake_of_another():
    f = lambda x: np.array([np.floor(x[0]), np.sin(float(x[0]))])
    claim = lambda share: lambda x: np.array([[0.0], [share * np.cos(x[0])]])
    assert str(gradcheck.check(f, claim(1.0), np.ones(1)).verdict) == "inconclusive"
    assert str(gradcheck.check(f, claim(1.001), np.ones(1)).verdict) == "fail"


def test_a_wide_bar_beside_the_jump_excuses_nothing():
    yes = np.ones((1, 1), dtype=bool)
    slope = lambda x: np.where(x == 0, 1.0, -1.0)[None]
    for bar, excused in ((0.0, True), (1.0, False)):
        reference = lambda x, columns, bar=bar: (-np.ones((1, 1)), np.full((1, 1), bar))
        found = of_another_branch(np.zeros(1), yes, 2.0 * yes, yes[0], slope, reference)
        assert found.all() == excused


def stepping(height):
    return lambda x: np.where(x > 1.0, x[0] * x[1], x[0] * x[1] + height)[:1]


@pytest.mark.parametrize("height", [1e-3, 1e-5, 1e-8, 1e-10])
@pytest.mark.parametrize("rtol", [None, 0.3])
def test_a_jump_too_low_for_differences_is_a_jump(height, rtol):
    x, loosened = np.array([1.0, 0.5]), {} if rtol is None else {"rtol": rtol}
    claim = np.array([[0.5, 1.0]])
    result = gradcheck.check(stepping(height), lambda x: claim, x, **loosened)
    assert (str(result.verdict), str(result.reason)) == ("inconclusive", "discontinuity"), str(result)
    beside = gradcheck.check(stepping(height), lambda x: claim, np.array([1.0 + 1e-3, 0.5]), **loosened)
    assert str(beside.reason) != "discontinuity"


@pytest.mark.parametrize("height", [0.0, 1e-13])
def test_formulas_that_meet_to_rounding_do_not_jump(height):
    x = np.array([1.0, 0.5])
    right = gradcheck.check(stepping(height), lambda x: np.array([[0.5, 1.0]]), x)
    assert str(right.verdict) == "pass", str(right)
    wrong = gradcheck.check(stepping(height), lambda x: np.array([[0.5, 1.001]]), x)
    assert str(wrong.verdict) == "fail"


def test_a_mistake_along_an_input_by_which_f_does_not_jump_is_one():
    x = np.array([1.0, 0.5])
    wrong = gradcheck.check(stepping(1e-6), lambda x: np.array([[0.5, 1.1]]), x)
    assert (str(wrong.verdict), wrong.worst.path) == ("fail", "d f[0] / d x[1]")


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_a_steep_or_kinked_function_does_not_jump(power):
    def f(x):
        return np.where(x > 0, np.abs(x) ** power, 0.0)

    assert str(gradcheck.check(f, lambda x: np.array([[0.0]]), np.zeros(1)).reason) != "discontinuity"
