"""Kinks that hide along every axis: each partial derivative exists, and the function has no derivative."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.kinks.between import Known, deviating, rays
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Reason, Verdict

E = np.eye(6)


def cast(f):
    """``f`` as the complex step cannot follow it: nothing says that a branch met a tie."""
    return lambda x: f(np.asarray(x, float))


def clipped(x):
    return np.clip(x[0], min(x[1], x[2]), max(x[1], x[2]))


def lowest_up(x):
    return np.maximum(0.0, np.minimum(x[0], -x[1]))


def homogeneous(x):
    return x[0] ** 3 / (x @ x) if x @ x > 0 else 0.0


def middle_of_identity(a):
    return np.linalg.eigvalsh(a)[1]


INSIDE = {
    "median, one of them": (np.median, np.ones(3), E[0, :3]),
    "median, shared": (np.median, np.ones(3), np.full(3, 1 / 3)),
    "median of five": (np.median, np.full(5, 3.0), E[2, :5]),
    "median of four zeros": (np.median, np.zeros(4), np.array([0.0, 0.5, 0.5, 0.0])),
    "median behind a cast": (cast(np.median), np.ones(3), E[0, :3]),
    "sort": (np.sort, np.ones(3), np.eye(3)),
    "sort of six": (np.sort, np.ones(6), np.eye(6)),
    "sort with one apart": (np.sort, np.array([2.0, 1.0, 2.0, 2.0]), np.eye(4)[[1, 0, 2, 3]]),
    "clip": (clipped, np.ones(3), E[1, :3]),
    "partition": (lambda x: np.partition(x, 1)[1], np.ones(3), E[2, :3]),
    "trimmed mean": (lambda x: np.sort(x)[1:-1].mean(), np.zeros(5), np.array([1, 1, 1, 0, 0]) / 3),
    "relu of a minimum": (lowest_up, np.zeros(2), np.array([0.5, -0.5])),
    "relu of a minimum, off": (lowest_up, np.zeros(2), np.zeros(2)),
    "middle eigenvalue": (middle_of_identity, np.eye(3), np.eye(3) / 3),
    # Linear along every ray, so that the slope alone tells: it is not that of the partial derivatives.
    "homogeneous": (homogeneous, np.zeros(2), np.array([1.0, -0.5])),
}
OUTSIDE = {
    "median": (np.median, np.ones(3), np.zeros(3)),
    "median of five": (np.median, np.full(5, 3.0), np.zeros(5)),
    "median of four zeros": (np.median, np.zeros(4), np.zeros(4)),
    "median behind a cast": (cast(np.median), np.ones(3), np.zeros(3)),
    "median beside a large term": (lambda x: 1e3 * x[0] + np.median(x), np.ones(3), 1e3 * E[0, :3]),
    "sort": (np.sort, np.ones(3), np.zeros((3, 3))),
    "sort, one twice": (np.sort, np.ones(3), np.eye(3)[[0, 0, 1]]),
    "sort with one apart": (np.sort, np.array([2.0, 1.0, 2.0, 2.0]), np.eye(4)),
    "clip": (clipped, np.ones(3), np.zeros(3)),
    "trimmed mean": (lambda x: np.sort(x)[1:-1].mean(), np.zeros(5), np.zeros(5)),
    "relu of a minimum": (lowest_up, np.zeros(2), np.array([1.0, 1.0])),
    "homogeneous": (homogeneous, np.zeros(2), np.array([0.0, 3.0])),
}


def judged(f, claim, x, **options):
    inputs = {0: gradcheck.symmetric()} if np.ndim(x) == 2 else None
    return gradcheck.check(f, lambda x: claim, x, inputs=inputs, **options)


@pytest.mark.parametrize("name", INSIDE)
def test_a_member_passes_as_a_subgradient(name):
    f, x, claim = INSIDE[name]
    result = judged(f, claim, x)
    assert result.reason is Reason.SUBGRADIENT, str(result)


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_partial_derivatives_alone_do_not_make_a_claim_right(name):
    f, x, claim = OUTSIDE[name]
    result = judged(f, claim, x)
    assert result.verdict is Verdict.FAIL, str(result)


@pytest.mark.parametrize("f", [np.median, cast(np.median)])
@pytest.mark.parametrize("limit", [20, 40, 60, 120, 200])
def test_no_limit_lets_the_partial_derivatives_pass(f, limit):
    for claim in (np.zeros(5), E[2, :5]):
        result = judged(f, claim, np.ones(5), max_nfev=limit)
        assert result.reason is Reason.BUDGET, str(result)
        assert result.nfev <= limit


def test_what_bends_is_no_kink_and_costs_no_closer_look():
    x = np.array([0.5, 2.0, 1.0])
    bent = cast(lambda x: np.exp(x[0] * x[1]) * np.sin(3 * x[2]))
    problem = Problem(bent, [x])
    problem.evaluate()
    e, s, c = np.exp(x[0] * x[1]), np.sin(3 * x[2]), np.cos(3 * x[2])
    slope = np.array([[x[1] * e * s, x[0] * e * s, 3 * e * c]])
    directions = list(rays(x, np.random.default_rng(0), 4))
    for share, expected in ((1.0, False), (1.01, True)):
        known = Known(share * slope, 1e-12 * np.abs(slope), np.zeros(1), np.full(3, np.inf))
        found, spent = deviating(problem, known, directions, np.ones(1, dtype=bool), None)
        assert found.any() == expected
        assert spent <= 4 * len(directions)


def test_a_limit_that_suffices_lets_a_smooth_function_pass():
    x = np.linspace(0.3, 2.0, 5)
    smooth = cast(lambda x: np.sum(np.sin(x)))
    assert judged(smooth, np.cos(x), x, max_nfev=160).verdict is Verdict.PASS
    wrong = np.cos(x) * [1, 1, 1, 1, 1.01]
    assert judged(smooth, wrong, x, max_nfev=160).verdict is Verdict.FAIL


def projectors(n):
    vectors = np.linalg.eigh(np.eye(n))[1]
    return np.einsum("ai,bi->iab", vectors, vectors)


@pytest.mark.parametrize("seed", range(3))
def test_a_member_at_the_rim_of_a_set_that_turns_never_fails(seed):
    result = judged(homogeneous, np.zeros(2), np.zeros(2), rng=seed)
    assert result.verdict is not Verdict.FAIL, str(result)


def test_an_eigenvector_at_a_double_eigenvalue_never_fails():
    result = judged(np.linalg.eigvalsh, projectors(2), np.eye(2))
    assert result.verdict is not Verdict.FAIL, str(result)
    assert judged(np.linalg.eigvalsh, np.zeros((2, 2, 2)), np.eye(2)).verdict is not Verdict.PASS


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("n", [2, 3, 10])
def test_ties_that_leave_no_kink_cost_what_is_promised(n, refused):
    def total(x):
        return np.sum(np.sort(x) ** 2)

    f = cast(total) if refused else total
    result = judged(f, 2 * np.ones(n), np.ones(n))
    assert result.reason is Reason.AGREES, str(result)
    assert result.nfev <= 20 * n + 20
    assert judged(f, 2.001 * np.ones(n), np.ones(n)).verdict is Verdict.FAIL


def test_from_a_bound_one_looks_inside_only():
    outside = []

    def f(x):
        outside.extend(x[x < 0])
        return np.median(x) + np.sum(x)

    for claim, verdict in ((np.ones(3), Verdict.FAIL), (np.ones(3) + E[0, :3], Verdict.PASS)):
        result = judged(cast(f), claim, np.zeros(3), bounds=(0, None))
        assert result.verdict in (verdict, Verdict.INCONCLUSIVE), str(result)
        assert result.reason is not Reason.AGREES
    assert not outside


def test_a_jump_between_the_axes_is_seen():
    def quadrant(x):
        return float(x[0] > 0 and x[1] > 0)

    result = judged(quadrant, np.zeros(2), np.zeros(2))
    assert result.verdict is Verdict.INCONCLUSIVE, str(result)


def test_a_direction_along_which_f_is_only_rounded_does_not_hide_another():
    def f(x):
        return np.abs(x[0] + x[1]) - np.abs(x[0]) - np.abs(x[1])

    result = gradcheck.check(f, lambda x: np.zeros(2), np.zeros(2))
    assert (str(result.verdict), str(result.reason)) == ("pass", "subgradient")
