"""Right derivatives that other checkers are known to reject, and functions with which nothing can be told."""

from __future__ import annotations

import numpy as np
import pytest
from trap import Trap, spring

import gradcheck


def relu(x):
    return np.maximum(x, 0.0)


def step_of(x):
    return np.diag((x > 0) * 1.0)


def norm(x):
    return np.sqrt(np.sum(x * x))


def largest(x):
    return np.max(x)


def eigenvalues(a):
    return np.linalg.eigvalsh(0.5 * (a + a.T))


def eigenvalues_jac(a):
    _, v = np.linalg.eigh(0.5 * (a + a.T))
    return np.einsum("ik,jk->kij", v, v)


def cholesky(a):
    return np.linalg.cholesky(0.5 * (a + a.T))


def cholesky_jac(a):
    n = len(a)
    low = np.linalg.cholesky(0.5 * (a + a.T))
    inverse = np.linalg.inv(low)
    found = np.empty((n, n, n, n))
    for i in range(n):
        for j in range(n):
            move = np.zeros((n, n))
            move[i, j] += 0.5
            move[j, i] += 0.5
            inner = inverse @ move @ inverse.T
            found[:, :, i, j] = low @ (np.tril(inner, -1) + 0.5 * np.diag(np.diag(inner)))
    return found


SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])
TIES = np.array([1.0, 1.0, 0.5])


class Dropout:
    """Draws at every call."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, x):
        return x * (self.rng.random(x.shape) < 0.5)


class Noise:
    """Adds 1e-8 of noise at every call."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, x):
        return x**2 + 1e-8 * self.rng.normal(size=x.shape)


def with_mask(x):
    return x**2, x > 0.5


def with_count(x):
    return {"value": x**2, "count": np.sum(x > 0.5)}


X = np.array([-0.7, 0.4, 1.9])

TRAPS = [
    Trap("A16 abs at 0 claimed 0", np.abs, lambda x: 0.0, (0.0,), "pass", "subgradient"),
    Trap("A16 abs at 0 claimed 1", np.abs, lambda x: 1.0, (0.0,), "pass", "subgradient"),
    Trap("A16 abs at 0 claimed 1.5", np.abs, lambda x: 1.5, (0.0,), "fail", "disagrees"),
    Trap("A16 norm at 0 claimed 0", norm, lambda x: np.zeros(3), (np.zeros(3),), "pass", "subgradient"),
    Trap(
        "A16 norm at 0 claimed outside the ball",
        norm,
        lambda x: np.array([3.0, 0.0, 0.0]),
        (np.zeros(3),),
        "fail",
    ),
    Trap(
        "A16 max at a tie shared",
        largest,
        lambda x: np.array([0.5, 0.5, 0.0]),
        (TIES,),
        "pass",
        "subgradient",
    ),
    Trap(
        "A16 max at a tie, both whole",
        largest,
        lambda x: np.array([1.0, 1.0, 0.0]),
        (TIES,),
        "fail",
        "disagrees",
    ),
    Trap(
        "A16 max at a tie, the third",
        largest,
        lambda x: np.array([0.0, 0.5, 0.5]),
        (TIES,),
        "fail",
        "disagrees",
    ),
    Trap("B1 relu at 0", relu, step_of, (np.array([-1.0, 0.0, 2.0]),), "pass", "subgradient"),
    Trap(
        "B1 relu at 0 the other way",
        relu,
        lambda x: np.diag((x >= 0) * 1.0),
        (np.array([-1.0, 0.0, 2.0]),),
        "pass",
        "subgradient",
    ),
    Trap(
        "B1 relu at 0 beyond 1",
        relu,
        lambda x: np.diag(np.where(x == 0, 1.2, x > 0)),
        (np.array([-1.0, 0.0, 2.0]),),
        "fail",
        "disagrees",
    ),
    Trap(
        "B1 relu at 0 a smooth entry wrong",
        relu,
        lambda x: np.diag((x > 0) * 2.0),
        (np.array([-1.0, 0.0, 2.0]),),
        "fail",
        "disagrees",
    ),
    Trap("B1 relu at 5e-7", relu, step_of, (np.array([5e-7]),), "pass"),
    Trap("B1 relu at 5e-7 claimed off", relu, lambda x: np.zeros((1, 1)), (np.array([5e-7]),), "fail"),
    Trap(
        "B1 sort at a tie",
        np.sort,
        lambda x: np.eye(3)[np.argsort(x, kind="stable")],
        (TIES,),
        "pass",
        "subgradient",
    ),
    Trap(
        "B1 sort at a tie, both from one",
        np.sort,
        lambda x: np.array([[0.0, 0, 1], [1, 0, 0], [1, 0, 0]]),
        (TIES,),
        "fail",
        "disagrees",
    ),
    Trap("B2 log at 1e-7", np.log, lambda x: 1 / x, (1e-7,), "pass"),
    Trap("B2 log at 1e-7 wrong", np.log, lambda x: 1.01 / x, (1e-7,), "fail"),
    Trap("B2 reciprocal at 3e-5", lambda x: 1 / x, lambda x: -1 / x**2, (3e-5,), "pass"),
    Trap("B2 reciprocal at 3e-5 wrong", lambda x: 1 / x, lambda x: 1 / x**2, (3e-5,), "fail"),
    Trap("B2 float32 3x at 100", lambda x: 3 * x, lambda x: np.float32(3), (np.float32(100),), "pass"),
    Trap(
        "B2 float32 3x at 100 wrong", lambda x: 3 * x, lambda x: np.float32(3.1), (np.float32(100),), "fail"
    ),
    Trap("B2 sqrt at 1e-8", np.sqrt, lambda x: 0.5 / np.sqrt(x), (1e-8,), "pass"),
    Trap("B2 sqrt at 1e-8 wrong", np.sqrt, lambda x: 0.6 / np.sqrt(x), (1e-8,), "fail"),
    Trap("B2 fast sine", lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), (1.0,), "pass"),
    Trap("B2 fast sine wrong", lambda x: np.sin(1e6 * x), lambda x: -1e6 * np.cos(1e6 * x), (1.0,), "fail"),
    Trap("B2 exp 10x", lambda x: np.exp(10 * x), lambda x: 10 * np.exp(10 * x), (2.0,), "pass"),
    Trap("B2 exp 50x", lambda x: np.exp(50 * x), lambda x: 50 * np.exp(50 * x), (1.5,), "pass"),
    Trap("B2 exp 50x wrong", lambda x: np.exp(50 * x), lambda x: 49.99 * np.exp(50 * x), (1.5,), "fail"),
    Trap("B2 quartic 1e8", lambda x: 1e8 * np.sum(x**4), lambda x: 4e8 * x**3, (X,), "pass"),
    Trap("B2 quartic 1e8 wrong", lambda x: 1e8 * np.sum(x**4), lambda x: 4.001e8 * x**3, (X,), "fail"),
    Trap("B3 float32 sine", np.sin, lambda x: np.diag(np.cos(x)), (X.astype(np.float32),), "pass"),
    Trap(
        "B3 float32 sine wrong",
        np.sin,
        lambda x: np.diag(np.cos(x)) * np.float32(1.001),
        (X.astype(np.float32),),
        "fail",
    ),
    Trap("B3 float16 sine", np.sin, lambda x: np.diag(np.cos(x)), (X.astype(np.float16),), "pass"),
    Trap(
        "B3 float16 sine wrong",
        np.sin,
        lambda x: np.diag(np.cos(x)) * np.float16(1.1),
        (X.astype(np.float16),),
        "fail",
    ),
    Trap("B4 linear functional", lambda x: X @ x, lambda x: X, (X,), "pass"),
    Trap("B4 linear functional wrong", lambda x: X @ x, lambda x: -X, (X,), "fail"),
    Trap("B5 cholesky symmetrised", cholesky, cholesky_jac, (SPD,), "pass"),
    Trap("B5 cholesky transposed", cholesky, lambda a: np.swapaxes(cholesky_jac(a), 0, 1), (SPD,), "fail"),
    Trap("B5 eigenvalues symmetrised", eigenvalues, eigenvalues_jac, (SPD,), "pass"),
    Trap("B5 eigenvalues wrong", eigenvalues, lambda a: eigenvalues_jac(a)[::-1], (SPD,), "fail"),
    Trap("B6 sqrt at 0", np.sqrt, lambda x: 0.0, (0.0,), "inconclusive"),
    Trap(
        "B7 arccosh at one half", np.arccosh, lambda x: np.nan, (0.5,), "inconclusive", "outside the domain"
    ),
    Trap("B7 log at -1", np.log, lambda x: 1 / x, (-1.0,), "inconclusive", "outside the domain"),
    Trap("B8 dropout", Dropout(), lambda x: np.eye(3), (X,), "inconclusive", "nondeterministic"),
    Trap("B8 noise", Noise(), lambda x: np.diag(2 * x), (X,), "inconclusive", "nondeterministic"),
    Trap(
        "B9 boolean output without a claim",
        with_mask,
        lambda x: (np.diag(2 * x), None),
        (X,),
        "pass",
        "agrees",
        "f[1]",
    ),
    Trap(
        "B9 boolean output left out", with_mask, lambda x: (np.diag(2 * x),), (X,), "pass", "agrees", "f[1]"
    ),
    Trap("B9 the one real output alone", with_mask, lambda x: np.diag(2 * x), (X,), "pass", "agrees", "f[1]"),
    Trap(
        "B9 boolean output claimed 0", with_mask, lambda x: (np.diag(2 * x), np.zeros((3, 3))), (X,), "pass"
    ),
    Trap(
        "B9 boolean output claimed 1",
        with_mask,
        lambda x: (np.diag(2 * x), np.eye(3)),
        (X,),
        "fail",
        "disagrees",
    ),
    Trap("B9 the real output wrong", with_mask, lambda x: (np.diag(3 * x), None), (X,), "fail", "disagrees"),
    Trap(
        "B9 integer output without a claim",
        with_count,
        lambda x: {"value": np.diag(2 * x)},
        (X,),
        "pass",
        "agrees",
        'f["count"]',
    ),
    Trap(
        "B9 integer output claimed 1",
        with_count,
        lambda x: {"value": np.diag(2 * x), "count": np.ones(3)},
        (X,),
        "fail",
    ),
    Trap("B10 straight-through", np.round, lambda x: np.eye(3), (X,), "fail"),
    Trap(
        "B10 straight-through declared",
        np.round,
        lambda x: np.eye(3),
        (X,),
        "pass",
        "agrees",
        "surrogate",
        {"surrogate": lambda x: x},
    ),
    Trap(
        "B10 declared and wrong",
        np.round,
        lambda x: 2 * np.eye(3),
        (X,),
        "fail",
        "disagrees",
        "surrogate",
        {"surrogate": lambda x: x},
    ),
]


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_the_verdict_is_right(trap):
    spring(trap)


def test_b6_eigenvalues_at_a_repeated_one_are_never_called_wrong_nor_a_wrong_claim_right():
    point = np.diag([1.0, 1.0, 3.0])
    right = gradcheck.check(eigenvalues, eigenvalues_jac, point)
    wrong = gradcheck.check(eigenvalues, lambda a: 2 * eigenvalues_jac(a), point)
    assert str(right.verdict) != "fail", str(right)
    assert str(wrong.verdict) != "pass", str(wrong)


def singular_values(a):
    return np.linalg.svd(a, compute_uv=False)


@pytest.mark.parametrize(("claim", "verdict"), [(0.5, "pass"), (1.5, "fail")])
def test_b6_the_nuclear_norm_at_0_is_decided_by_membership(claim, verdict):
    result = gradcheck.check(
        lambda a: singular_values(a).sum(), lambda a: claim * np.eye(2), np.zeros((2, 2))
    )
    assert str(result.verdict) == verdict, str(result)


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_b6_a_pseudoinverse_where_the_rank_jumps_is_inconclusive(factor):
    result = gradcheck.check(np.linalg.pinv, lambda a: np.full((2, 2, 2, 2), factor), np.ones((2, 2)))
    assert str(result.verdict) == "inconclusive", str(result)
