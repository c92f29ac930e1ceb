"""Wrong derivatives that other checkers are known to accept: each must fail, its right twin pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from trap import Trap, spring

import gradcheck

X5 = np.linspace(0.3, 1.7, 5)
Y4 = np.array([0.1, 0.7, -0.4, 1.2])
X500 = np.linspace(-2.0, 2.0, 60)
A = np.arange(12.0).reshape(4, 3) / 7.0


def scaled_square(factor):
    return lambda x: factor * np.sum(x**2), lambda x: 2 * factor * x


def zeros(x):
    return np.zeros_like(x)


def one_wrong(jac, index, shift):
    def wrong(x):
        found = np.array(jac(x), dtype=float)
        found[index] += shift
        return found

    return wrong


def fill_negative_roots(x):
    with np.errstate(invalid="ignore"):
        return np.diag(0.5 / np.sqrt(x))


def tall(x):
    return np.array([1e6 * x[0], np.sin(x[1])])


def tall_jac(x):
    return np.array([[1e6, 0.0], [0.0, np.cos(x[1])]])


def coupled(x):
    return np.array([x[0] + 5 * x[1], x[1], x[0] + x[1]])


COUPLED = np.array([[1.0, 5.0], [0.0, 1.0], [1.0, 1.0]])
COUPLED_MISSING = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def sqrt_with_a_hole(x):
    return np.sqrt(x)


def rms(x):
    return np.mean(x**2)


F32 = np.linspace(-2.0, 2.0, 50, dtype=np.float32)

MUST_FAIL = [
    Trap("A1 tiny scale, zero claim", scaled_square(1e-6)[0], zeros, (X5,), "fail", "disagrees"),
    Trap("A1 1e-7 scale, zero claim", scaled_square(1e-7)[0], zeros, (X5,), "fail", "disagrees"),
    Trap("A1 1e-5 scale, zero claim", scaled_square(1e-5)[0], zeros, (X5,), "fail", "disagrees"),
    Trap(
        "A1 float32 1e-3 scale, zero claim",
        scaled_square(np.float32(1e-3))[0],
        zeros,
        (X5.astype(np.float32),),
        "fail",
        "disagrees",
    ),
    Trap(
        "A1 float32 sum of sines",
        lambda x: np.float32(1e-4) * np.sum(np.sin(x)),
        zeros,
        (F32,),
        "fail",
        "disagrees",
    ),
    Trap("A1 quartic 1e-8, zero gradient", lambda x: 1e-8 * np.sum(x**4), zeros, (X5,), "fail", "disagrees"),
    Trap("A1 mean of squares, zero gradient", rms, zeros, (np.linspace(-1, 1, 100),), "fail", "disagrees"),
    Trap("A2 float32 sine, zero claim", np.sin, lambda x: np.zeros((50, 50), np.float32), (F32,), "fail"),
    Trap("A2 float32 sine, sign flipped", np.sin, lambda x: -np.diag(np.cos(x)), (F32,), "fail"),
    Trap(
        "A3 one entry off by 20",
        lambda x: x**2,
        one_wrong(lambda x: np.diag(2 * x), (3, 7), 20.0),
        (X500,),
        "fail",
        "disagrees",
        "d f[3] / d x[7]",
    ),
    Trap(
        "A3 one entry off by 0.23",
        lambda x: x**2,
        one_wrong(lambda x: np.diag(2 * x), (3, 7), 0.23),
        (X500,),
        "fail",
        "disagrees",
        "d f[3] / d x[7]",
    ),
    Trap(
        "A4 float16 sine, zero claim",
        np.sin,
        lambda x: np.zeros((3, 3), np.float16),
        (np.array([0.1, 0.5, 1.0], np.float16),),
        "fail",
    ),
    Trap("A4 3x at 1e12, zero claim", lambda x: 3 * x, lambda x: 0.0, (1e12,), "fail", "disagrees"),
    Trap("A4 3x at 1e10, zero claim", lambda x: 3 * x, lambda x: 0.0, (1e10,), "fail", "disagrees"),
    Trap(
        "A4 float32 3x at 1e4, zero claim",
        lambda x: 3 * x,
        lambda x: np.float32(0.0),
        (np.float32(1e4),),
        "fail",
        "disagrees",
    ),
    Trap(
        "A5 seven times sqrt beside a NaN",
        np.sqrt,
        lambda x: 7 * fill_negative_roots(x),
        (np.array([-1.0, 4.0, 9.0, 16.0]),),
        "fail",
        "disagrees",
    ),
    Trap(
        "A6 the sine dropped beside 1e6",
        tall,
        lambda x: np.array([[1e6, 0.0], [0.0, 0.0]]),
        (np.array([1.0, 0.4]),),
        "fail",
        "disagrees",
        "d f[1] / d x[1]",
    ),
    Trap(
        "A6 1e4 x0^2 + x1, the second entry doubled",
        lambda x: 1e4 * x[0] ** 2 + x[1],
        lambda x: np.array([2e4 * x[0], 2.0]),
        (np.array([1.0, 0.4]),),
        "fail",
        "disagrees",
        "d f / d x[1]",
    ),
    Trap(
        "A6 the sign of the small entry beside 1e10",
        lambda x: np.array([1e10 * x[0], x[1]]),
        np.array([[1e10, 0.0], [0.0, -1.0]]),
        (np.array([1.0, 0.4]),),
        "fail",
        "disagrees",
    ),
    Trap(
        "A6 the small entry dropped in one row",
        lambda x: 1e3 * x[0] + x[1],
        np.array([1e3, 0.0]),
        (np.array([1.0, 0.4]),),
        "fail",
        "disagrees",
    ),
    Trap(
        "A7 second output claimed constant",
        lambda x: (x**2, x**3),
        lambda x: (np.diag(2 * x), np.zeros((2, 2))),
        (np.array([1.0, 2.0]),),
        "fail",
        "disagrees",
        "f[1]",
    ),
    Trap(
        "A7 first output wrong, second not claimed",
        lambda x: (x**2, x**3),
        lambda x: (np.diag(3 * x), None),
        (np.array([1.0, 2.0]),),
        "fail",
        "disagrees",
        "output 1 not checked",
    ),
    Trap("A8 nine parts in ten thousand", np.sin, lambda x: np.cos(x) * (1 + 9e-4), (0.7,), "fail"),
    Trap("A8 two parts in ten thousand", np.sin, lambda x: np.cos(x) * 1.00019, (0.7,), "fail"),
    Trap("A8 one part in ten thousand", np.sin, lambda x: np.cos(x) * 1.0001, (0.7,), "fail"),
    Trap("A8 one part in ten million", np.sin, lambda x: np.cos(x) * (1 + 1e-7), (0.7,), "fail"),
    Trap("A9 NaN claimed", np.sin, lambda x: np.nan, (0.7,), "fail", "not finite"),
    Trap(
        "A9 one NaN among right entries",
        lambda x: x**2,
        one_wrong(lambda x: np.diag(2 * x), (2, 2), np.nan),
        (X5,),
        "fail",
        "not finite",
    ),
    Trap("A9 infinity claimed", np.sin, lambda x: np.inf, (0.7,), "fail", "not finite"),
    Trap(
        "A10 sparse claim without an entry",
        coupled,
        lambda x: sparse.csr_matrix(COUPLED_MISSING),
        (np.array([0.5, 2.0]),),
        "fail",
        "disagrees",
        "d f[0] / d x[1]",
    ),
    Trap(
        "A11 raw abs, zero claim",
        lambda x: np.abs(x - 3),
        lambda x: np.zeros((5, 5)),
        (X5,),
        "fail",
        "disagrees",
    ),
    Trap(
        "A11 real part, zero claim",
        lambda x: x.real**2,
        lambda x: np.zeros((5, 5)),
        (X5,),
        "fail",
        "disagrees",
    ),
    Trap(
        "A12 wrong only across the first axis",
        lambda x: x[0] ** 2 + x[1] ** 2,
        lambda x: np.array([2 * x[0], 99.0]),
        (np.array([1.0, 2.0]),),
        "fail",
        "disagrees",
        "d f / d x[1]",
    ),
]

MUST_PASS = [
    Trap("A1 tiny scale", *scaled_square(1e-6), (X5,), "pass"),
    Trap("A1 1e-7 scale", *scaled_square(1e-7), (X5,), "pass"),
    Trap("A1 1e-5 scale", *scaled_square(1e-5), (X5,), "pass"),
    Trap("A1 float32 1e-3 scale", *scaled_square(np.float32(1e-3)), (X5.astype(np.float32),), "pass"),
    Trap(
        "A1 float32 sum of sines",
        lambda x: np.float32(1e-4) * np.sum(np.sin(x)),
        lambda x: np.float32(1e-4) * np.cos(x),
        (F32,),
        "pass",
    ),
    Trap("A1 quartic 1e-8", lambda x: 1e-8 * np.sum(x**4), lambda x: 4e-8 * x**3, (X5,), "pass"),
    Trap("A1 mean of squares", rms, lambda x: 2 * x / x.size, (np.linspace(-1, 1, 100),), "pass"),
    Trap("A2 float32 sine", np.sin, lambda x: np.diag(np.cos(x)), (F32,), "pass"),
    Trap("A3 squares", lambda x: x**2, lambda x: np.diag(2 * x), (X500,), "pass"),
    Trap(
        "A4 float16 sine",
        np.sin,
        lambda x: np.diag(np.cos(x)),
        (np.array([0.1, 0.5, 1.0], np.float16),),
        "pass",
    ),
    Trap("A4 3x at 1e12", lambda x: 3 * x, lambda x: 3.0, (1e12,), "pass"),
    Trap("A4 3x at 1e10", lambda x: 3 * x, lambda x: 3.0, (1e10,), "pass"),
    Trap("A4 float32 3x at 1e4", lambda x: 3 * x, lambda x: np.float32(3.0), (np.float32(1e4),), "pass"),
    Trap("A6 1e6 beside a sine", tall, tall_jac, (np.array([1.0, 0.4]),), "pass"),
    Trap(
        "A6 1e4 x0^2 + x1",
        lambda x: 1e4 * x[0] ** 2 + x[1],
        lambda x: np.array([2e4 * x[0], 1.0]),
        (np.array([1.0, 0.4]),),
        "pass",
    ),
    Trap(
        "A6 1e10 beside 1",
        lambda x: np.array([1e10 * x[0], x[1]]),
        lambda x: np.diag([1e10, 1.0]),
        (np.array([1.0, 0.4]),),
        "pass",
    ),
    Trap(
        "A6 1e3 beside 1 in one row",
        lambda x: 1e3 * x[0] + x[1],
        lambda x: np.array([1e3, 1.0]),
        (np.array([1.0, 0.4]),),
        "pass",
    ),
    Trap(
        "A7 both outputs",
        lambda x: (x**2, x**3),
        lambda x: (np.diag(2 * x), np.diag(3 * x**2)),
        (np.array([1.0, 2.0]),),
        "pass",
    ),
    Trap("A8 sine", np.sin, np.cos, (0.7,), "pass"),
    Trap(
        "A10 sparse, complete", coupled, lambda x: sparse.csr_matrix(COUPLED), (np.array([0.5, 2.0]),), "pass"
    ),
    Trap("A11 raw abs", lambda x: np.abs(x - 3), lambda x: np.diag(np.sign(x - 3)), (X5,), "pass"),
    Trap("A11 real part", lambda x: x.real**2, lambda x: np.diag(2 * x), (X5,), "pass"),
    Trap(
        "A13 a column minus a row",
        lambda p: np.mean((p - Y4) ** 2),
        lambda p: 2 * np.sum(p - Y4, axis=1, keepdims=True) / 16,
        (Y4[:, None] + 0.5,),
        "pass",
        "agrees",
        "shapes (4, 1) and (4,) broadcast to (4, 4) inside f",
    ),
    Trap(
        "A12 both entries",
        lambda x: x[0] ** 2 + x[1] ** 2,
        lambda x: 2 * x,
        (np.array([1.0, 2.0]),),
        "pass",
    ),
]

UNDECIDED = [
    Trap(
        "A5 right sqrt beside a NaN",
        np.sqrt,
        fill_negative_roots,
        (np.array([-1.0, 4.0, 9.0, 16.0]),),
        "inconclusive",
        "outside the domain",
        "the others agree",
    ),
    Trap(
        "A7 second output None",
        lambda x: (x**2, x**3),
        lambda x: (np.diag(2 * x), None),
        (np.array([1.0, 2.0]),),
        "inconclusive",
        "an output not claimed",
        "output 1 not checked",
    ),
    Trap(
        "A7 second output missing",
        lambda x: (x**2, x**3),
        lambda x: (np.diag(2 * x),),
        (np.array([1.0, 2.0]),),
        "inconclusive",
        "an output not claimed",
        "output 1 not checked",
    ),
    Trap(
        "A7 a key missing",
        lambda x: {"loss": x @ x, "aux": x**3},
        lambda x: {"loss": 2 * x},
        (np.array([1.0, 2.0]),),
        "inconclusive",
        "an output not claimed",
        'output 1 not checked: f["aux"]',
    ),
]


@pytest.mark.parametrize("trap", MUST_FAIL, ids=str)
def test_a_wrong_derivative_fails(trap):
    spring(trap)


@pytest.mark.parametrize("trap", MUST_PASS, ids=str)
def test_its_right_twin_passes(trap):
    spring(trap)


def test_a13_shapes_that_fit_are_not_remarked_upon():
    for y in (Y4[:, None], 2.0, Y4[:1]):
        result = gradcheck.check(
            lambda p, y=y: np.mean((p - y) ** 2), lambda p, y=y: 2 * (p - y) / 4, Y4[:, None] + 0.5
        )
        assert str(result.verdict) == "pass", str(result)
        assert not [note for note in result.notes if "broadcast" in note]


def test_a13_the_wrong_gradient_of_the_wrong_function_fails():
    def gradient_as_meant(p):
        return 2 * (p - Y4[:, None]) / 4

    result = gradcheck.check(
        lambda p: np.mean((p - Y4) ** 2), gradient_as_meant, Y4[:, None] + Y4[:, None] ** 2
    )
    assert str(result.verdict) == "fail"


@pytest.mark.parametrize("trap", UNDECIDED, ids=str)
def test_what_cannot_be_told_is_inconclusive(trap):
    spring(trap)
