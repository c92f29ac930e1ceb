"""Traps of our own in shapes and forms.  Each with its must-fail twin."""

from __future__ import annotations

import numpy as np
import pytest
from own_traps import X
from scipy import sparse
from trap import Trap, spring

import gradcheck

# Shapes.


def product(x):
    return np.array([x[0] * x[1], x[2] ** 2])


PRODUCT = np.array([[X[1], X[0], 0.0], [0.0, 0.0, 2 * X[2]]])
SHAPES = [
    Trap("right", product, lambda x: PRODUCT, (X,), "pass"),
    Trap("transposed", product, lambda x: PRODUCT.T, (X,), "fail", "wrong shape"),
    Trap(
        "denominator layout declared",
        product,
        lambda x: PRODUCT.T,
        (X,),
        "pass",
        "",
        "",
        {"layout": "denominator"},
    ),
    Trap(
        "denominator layout, given the other",
        product,
        lambda x: PRODUCT,
        (X,),
        "fail",
        "wrong shape",
        "",
        {"layout": "denominator"},
    ),
    Trap(
        "square, transposed",
        lambda x: np.array([x[0] * x[1], x[1]]),
        lambda x: np.array([[x[1], 0.0], [x[0], 1.0]]),
        (X[:2],),
        "fail",
        "disagrees",
    ),
    Trap("would broadcast, row", np.sin, lambda x: np.cos(x), (X,), "fail", "wrong shape"),
    Trap("would broadcast, number", lambda x: 2 * x, lambda x: 2.0, (X,), "fail", "wrong shape"),
    Trap("gradient as a row matrix", lambda x: x @ x, lambda x: 2 * x[None], (X,), "fail", "wrong shape"),
    Trap("gradient as a column", lambda x: x @ x, lambda x: 2 * x[:, None], (X,), "fail", "wrong shape"),
    Trap("gradient", lambda x: x @ x, lambda x: 2 * x, (X,), "pass"),
    Trap("one-entry output, row", lambda x: np.array([x @ x]), lambda x: 2 * x[None], (X,), "pass"),
    Trap("one-entry output, flat", lambda x: np.array([x @ x]), lambda x: 2 * x, (X,), "pass"),
    Trap("one-entry output, wrong", lambda x: np.array([x @ x]), lambda x: 3 * x, (X,), "fail", "disagrees"),
    Trap("sparse", product, lambda x: sparse.csr_array(PRODUCT), (X,), "pass"),
    Trap("sparse wrong", product, lambda x: sparse.coo_array(PRODUCT * 1.001), (X,), "fail", "disagrees"),
    Trap("sparse transposed", product, lambda x: sparse.csc_matrix(PRODUCT.T), (X,), "fail", "wrong shape"),
    Trap("numbers given", product, PRODUCT, (X,), "pass"),
    Trap("numbers given, wrong", product, PRODUCT * 1.001, (X,), "fail"),
    Trap("scipy style", lambda x: (x @ x, 2 * x), True, (X,), "pass"),
    Trap("scipy style, wrong", lambda x: (x @ x, 3 * x), True, (X,), "fail"),
    Trap("expected to fail", product, lambda x: 2 * PRODUCT, (X,), "fail", "", "", {"expect": "fail"}),
    Trap("loosened", np.sin, lambda x: 1.00005 * np.cos(x), (0.5,), "pass", "", "loosened", {"rtol": 1e-4}),
    Trap(
        "loosened, still wrong",
        np.sin,
        lambda x: 1.001 * np.cos(x),
        (0.5,),
        "fail",
        "",
        "loosened",
        {"rtol": 1e-4},
    ),
]


@pytest.mark.parametrize("trap", SHAPES, ids=str)
def test_shapes_and_forms(trap):
    spring(trap)


@pytest.mark.parametrize("f", [lambda x: x * 2, lambda x: np.zeros(0), np.sum], ids=["same", "empty", "sum"])
def test_size_zero_compares_nothing_and_raises_nothing(f):
    x = np.zeros(0)
    shape = (*np.shape(f(x)), 0)
    result = gradcheck.check(f, lambda x: np.zeros(shape), x)
    assert result.entries == 0
    assert str(result.verdict) != "fail"
    wrong = gradcheck.check(f, lambda x: np.zeros((*shape, 2)), x)
    assert str(wrong.reason) == "wrong shape"
