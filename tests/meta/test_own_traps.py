"""Traps of our own: extreme scales, bad functions, bad claims.  Each with its must-fail twin."""

from __future__ import annotations

import numpy as np
import pytest
from own_traps import X, coarse, logistic
from trap import Trap, spring

import gradcheck


def wrong_by(jac, share):
    def wrong(*args, **kwargs):
        return (1 + share) * np.asarray(jac(*args, **kwargs))

    return wrong


def cancelling(x):
    s = logistic(x)
    return np.diag(s * (1 - s))


def ramp_rows(x):
    return np.array([1e-9, 1.0, 1e9]) * np.sin(x)


SMOOTH = {
    "scale 1e-150": (lambda x: 1e-150 * np.sin(x), lambda x: np.diag(1e-150 * np.cos(x)), (X,)),
    "scale 1e150": (lambda x: 1e150 * np.sin(x), lambda x: np.diag(1e150 * np.cos(x)), (X,)),
    "input 1e-12": (lambda x: x**2 + x, lambda x: np.diag(2 * x + 1), (1e-12 * X,)),
    "input 1e8": (lambda x: x**2, lambda x: np.diag(2 * x), (1e8 * X,)),
    "input 1e-150": (lambda x: x * 3.0, lambda x: 3.0 * np.eye(3), (1e-150 * X,)),
    "input 1e150": (lambda x: x * 3.0, lambda x: 3.0 * np.eye(3), (1e150 * X,)),
    "log at 1e-12": (np.log, lambda x: np.diag(1 / x), (np.array([1e-12, 1e-3, 1.0]),)),
    "log at 1e8": (np.log, lambda x: np.diag(1 / x), (np.array([1e8, 1.0]),)),
    "huge offset": (lambda x: 1e8 + np.sin(x), lambda x: np.diag(np.cos(x)), (X,)),
    "rows of different size": (ramp_rows, lambda x: np.diag([1e-9, 1.0, 1e9] * np.cos(x)), (X,)),
    "columns of different size": (
        lambda x: np.sum(np.array([1e-9, 1.0, 1e9]) * x**2),
        lambda x: 2 * np.array([1e-9, 1.0, 1e9]) * x,
        (X,),
    ),
    "integer input": (lambda x: x**2, lambda x: np.diag(2 * x), (np.array([1, 2, 3]),)),
    "integer number": (lambda x: x**3, lambda x: 3 * x**2, (2,)),
    "number": (np.exp, np.exp, (0.3,)),
    "0-d array": (np.exp, np.exp, (np.array(0.3),)),
    "matrix": (lambda a: a @ a, lambda a: matrix_square_jac(a), (np.arange(4.0).reshape(2, 2) + 0.5,)),
    "transposed view": (lambda a: a.T * 2, lambda a: transpose_jac(a), (np.arange(6.0).reshape(2, 3).T,)),
    "drops the imaginary part": (
        lambda x: np.asarray(x, float) ** 2,
        lambda x: np.diag(2 * np.asarray(x, float)),
        (X,),
    ),
    "needs float64": (lambda x: only_float64(x), lambda x: np.diag(2 * x), (X,)),
    "kink near": (np.abs, lambda x: np.diag(np.sign(x)), (np.array([1e-6, -1e-9, 0.5]),)),
    "nested argument": (
        lambda p: p["w"] @ X + p["b"],
        lambda p: {"w": np.array(X), "b": 1.0},
        ({"w": np.ones(3), "b": 0.5},),
    ),
}


def only_float64(x):
    assert np.asarray(x).dtype == np.float64
    return np.asarray(x) ** 2


def matrix_square_jac(a):
    n = len(a)
    eye = np.eye(n)
    return np.einsum("ik,lj->ijkl", eye, a) + np.einsum("ik,jl->ijkl", a, eye)


def transpose_jac(a):
    m, n = a.shape
    return 2 * np.einsum("jk,il->ijkl", np.eye(m), np.eye(n))


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_right_passes_wrong_fails(name):
    f, jac, args = SMOOTH[name]
    kept = [np.array(a, copy=True) if isinstance(a, np.ndarray) else a for a in args]
    spring(Trap(name, f, jac, args, "pass"))
    if name == "nested argument":
        spring(Trap(name, f, lambda p: {"w": X, "b": 1.0 + 1e-7}, args, "fail"))
    else:
        spring(Trap(name, f, wrong_by(jac, 1e-5), args, "fail"))
        spring(Trap(name, f, lambda *a: np.zeros_like(jac(*a), dtype=float), args, "fail"))
    for before, after in zip(kept, args, strict=True):
        if isinstance(before, np.ndarray):
            assert np.array_equal(before, after)


# Functions that misbehave.


def mutating(x):
    x[0] = 0.0
    return x**2


def mutating_keyword(x, *, w):
    w *= 2
    return x * w


def returning_its_input(x):
    return x


class Buffer:
    """Returns a view of one buffer, overwritten at each call."""

    def __init__(self, size):
        self.buffer = np.zeros((2, size))

    def __call__(self, x):
        self.buffer[1] = np.asarray(x) ** 2
        return self.buffer[1]


class Counting:
    """Adds its number of calls from the third one on."""

    def __init__(self, after):
        self.calls, self.after = 0, after

    def __call__(self, x):
        self.calls += 1
        return x**2 + (self.calls > self.after)


class Caching:
    """Gives the first answer forever."""

    def __init__(self):
        self.seen = None

    def __call__(self, x):
        if self.seen is None:
            self.seen = np.asarray(x) ** 2
        return self.seen


class GrowingShape:
    """Returns one more number at each call."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return np.ones(self.calls)


def square(x):
    return x**2


def spoiling(factor):
    def claim(x):
        x *= factor
        return np.diag(x)

    return claim


def picky(x):
    if np.any(np.asarray(x) < 0):
        raise ValueError("negative")
    return np.sqrt(x)


def single(x):
    return np.sin(x).astype(np.float32)


def raising(x):
    raise ZeroDivisionError("no")


BAD = [
    Trap("A14 mutates", mutating, lambda x: np.diag(2 * x), (X,), "inconclusive", "mutates its input"),
    Trap(
        "A14 mutates, wrong claim",
        mutating,
        lambda x: np.diag(5 * x),
        (X,),
        "inconclusive",
        "mutates its input",
    ),
    Trap(
        "A14 mutates a keyword",
        mutating_keyword,
        lambda x, w: np.diag(w),
        (X,),
        "inconclusive",
        "mutates its input",
        "",
        {"kwargs": {"w": np.ones(3)}},
    ),
    Trap("A14 the claim mutates, right", square, spoiling(2.0), (X,), "pass", "agrees"),
    Trap("A14 the claim mutates, wrong", square, spoiling(2.002), (X,), "fail", "disagrees"),
    Trap("A14 keeps state", Counting(5), lambda x: np.diag(2 * x), (X,), "inconclusive", "keeps state"),
    Trap(
        "A14 keeps state from the second call",
        Counting(1),
        lambda x: np.diag(2 * x),
        (X,),
        "inconclusive",
        "nondeterministic",
    ),
    Trap(
        "another shape each time",
        GrowingShape(),
        lambda x: np.zeros((1, 3)),
        (X,),
        "inconclusive",
        "inconsistent output",
    ),
    Trap("returns its input", returning_its_input, lambda x: np.eye(3), (X,), "pass"),
    Trap("returns its input, wrong", returning_its_input, lambda x: 1.001 * np.eye(3), (X,), "fail"),
    Trap("a view of a reused buffer", Buffer(3), lambda x: np.diag(2 * x), (X,), "pass"),
    Trap("a view of a reused buffer, wrong", Buffer(3), lambda x: np.diag(x), (X,), "fail"),
    Trap(
        "raises outside, on the edge",
        picky,
        lambda x: np.diag(0.5 / np.sqrt(x)),
        (np.array([1e-9, 2.0]),),
        "pass",
    ),
    Trap(
        "raises outside, wrong", picky, lambda x: np.diag(0.6 / np.sqrt(x)), (np.array([1e-9, 2.0]),), "fail"
    ),
    Trap("raises at the point", raising, lambda x: 1.0, (0.3,), "inconclusive", "the function raised"),
    Trap("rounds to 1e-7, wrong", coarse, lambda x: np.diag(1.5 * np.cos(x)), (X,), "fail"),
    Trap("returns float32", single, lambda x: np.diag(np.cos(x)).astype(np.float32), (X,), "pass"),
    Trap(
        "returns float32, wrong", single, lambda x: np.diag(1.1 * np.cos(x)).astype(np.float32), (X,), "fail"
    ),
    Trap(
        "f NaN, claim NaN",
        lambda x: x * np.nan,
        lambda x: np.nan,
        (1.0,),
        "inconclusive",
        "outside the domain",
    ),
    Trap("f infinite", lambda x: x + np.inf, lambda x: 1.0, (1.0,), "inconclusive", "outside the domain"),
    Trap("claim infinite", np.sin, lambda x: -np.inf, (1.0,), "fail", "not finite"),
    Trap("claim raises", np.sin, raising, (1.0,), "fail", "the claim raised"),
    Trap(
        "cancelling claim",
        logistic,
        cancelling,
        (np.array([30.0, 1.0]),),
        "inconclusive",
        "too weak",
        "rounding",
    ),
    Trap("mildly cancelling claim", logistic, cancelling, (np.array([20.0, 1.0]),), "pass", "agrees"),
    Trap("cancelling claim doubled", logistic, lambda x: 2 * cancelling(x), (np.array([30.0, 1.0]),), "fail"),
    Trap(
        "cancelling claim, a share off", logistic, wrong_by(cancelling, 0.1), (np.array([20.0, 1.0]),), "fail"
    ),
    Trap("boolean output", lambda x: x > 0, lambda x: np.zeros((3, 3)), (X,), "pass"),
    Trap("boolean output claimed 1", lambda x: x > 0, lambda x: np.eye(3), (X,), "fail"),
]


@pytest.mark.parametrize("trap", BAD, ids=str)
def test_bad_functions_and_claims(trap):
    kept = X.copy()
    spring(trap)
    assert np.array_equal(kept, X)


@pytest.mark.parametrize("size", [1e-1, 1e-5, 1e-9])
def test_a_claim_that_draws_random_numbers_is_not_taken_for_one_with_rounding(size):
    rng = np.random.default_rng(3)
    result = gradcheck.check(np.sin, lambda x: np.cos(x) * (1 + size * rng.normal()), 0.5)
    assert str(result.reason) == "nondeterministic"


def test_a_function_that_gives_its_first_answer_forever_passes_only_as_a_constant():
    assert str(gradcheck.check(Caching(), lambda x: np.diag(2 * x), X).verdict) != "pass"


def test_the_callers_arrays_are_never_changed():
    x, w = X.copy(), np.ones(3)

    def f(x, y, *, w):
        x[:] = 0
        y[:] = 0
        w[:] = 0
        return np.sum(x + y + w)

    def jac(x, y, *, w):
        x[:] = 7
        y[:] = 7
        w[:] = 7
        return np.ones(3)

    y = X.copy()
    gradcheck.check(f, jac, x, y, kwargs={"w": w})
    gradcheck.check(lambda x, y, w: np.sum(x), jac, x, y, kwargs={"w": w})
    assert np.array_equal(x, X)
    assert np.array_equal(y, X)
    assert np.array_equal(w, np.ones(3))


def test_a_read_only_input_can_be_checked():
    x = X.copy()
    x.setflags(write=False)
    assert str(gradcheck.check(np.sin, lambda x: np.diag(np.cos(x)), x).verdict) == "pass"
    assert str(gradcheck.check(np.sin, lambda x: np.diag(np.sin(x)), x).verdict) == "fail"
