"""The continued array: every operation is right, as a reference of its own decides, or refused by name."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import scipy.special as sp
from continuation_cases import RIGHT, A, P, V, moved

import gradcheck.estimators.continuation.linalg
import gradcheck.estimators.continuation.reductions  # noqa: F401
from gradcheck.errors import RefusedOperation
from gradcheck.estimators.continuation.trace import Trace


def reference(f, x, direction):
    """Return the derivative along ``direction`` by three extrapolated central differences."""
    rows = [
        (np.asarray(f(x + h * direction), float) - np.asarray(f(x - h * direction), float)) / (2 * h)
        for h in (2.0**-9, 2.0**-10, 2.0**-11)
    ]
    once = [(4 * rows[1] - rows[0]) / 3, (4 * rows[2] - rows[1]) / 3]
    return (16 * once[1] - once[0]) / 15


@pytest.mark.parametrize("name", RIGHT)
def test_value_is_the_functions_own_and_tangent_is_the_derivative(name):
    f, x = RIGHT[name]
    direction = np.random.default_rng(5).uniform(0.5, 1.0, x.shape)
    trace = Trace()
    with np.errstate(all="ignore"):
        value, tangent = moved(f, x, direction, trace)
        expected = np.asarray(f(x), dtype=float)
        slope = reference(f, x, direction)
    assert value.shape == expected.shape
    np.testing.assert_allclose(value, expected, rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(tangent, slope, rtol=2e-8, atol=2e-9)
    assert trace.ties == []


def test_the_reference_can_tell_a_wrong_derivative():
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(2.0 * np.cos(V), reference(np.sin, V, np.ones(3)), rtol=2e-8)


def wrote_into_zeros(x):
    y = np.zeros(3)
    y[0] = x[0]
    return y


def wrote_slice(x):
    y = np.zeros(3)
    y[:] = x
    return y


REFUSED = {
    "float()": (lambda x: float(x[0]) * x, V),
    "float() by math.sin": (lambda x: math.sin(x[0]) * x, V),
    "int()": (lambda x: int(x[0]), V),
    "complex()": (lambda x: complex(x[0]), V),
    "item": (lambda x: x[0].item(), V),
    "tolist": (lambda x: x.tolist(), V),
    "array(dtype=float64)": (lambda x: np.asarray(x, float), V),
    "astype": (lambda x: x.astype(np.float32), V),
    "add(out=)": (lambda x: np.add(x, x, out=np.zeros(3)), V),
    "numpy.sum(out=)": (lambda x: np.sum(x, out=np.zeros(())), V),
    "multiply": (lambda x: 1j * x, V),
    "index": (lambda x: x[x], V),
    "an index": (lambda x: [1, 2, 3][x[0]], V),
    "view": (lambda x: x.view(np.complex128), V),
    "numpy.linalg.svd": (lambda x: np.linalg.svd(x), A),
    "numpy.linalg.eigvalsh": (lambda x: np.linalg.eigvalsh(x), A),
    "numpy.linalg.eigh": (lambda x: np.linalg.eigh(x), A),
    "numpy.linalg.eigvals": (lambda x: np.linalg.eigvals(x), A),
    "numpy.linalg.cholesky": (lambda x: np.linalg.cholesky(x @ x.T), A),
    "numpy.linalg.pinv": (lambda x: np.linalg.pinv(x), A),
    "numpy.linalg.qr": (lambda x: np.linalg.qr(x), A),
    "numpy.linalg.lstsq": (lambda x: np.linalg.lstsq(x, V), A),
    "numpy.linalg.norm": (lambda x: np.linalg.norm(x, 2), A),
    "numpy.linspace": (lambda x: np.linspace(x[0], x[1], 5), V),
    "numpy.copyto": (lambda x: np.copyto(np.zeros(3), x), V),
    "numpy.fft.fft": (lambda x: np.fft.fft(x), V),
    "add.at": (lambda x: np.add.at(np.zeros(3), [0], x), V),
    "add": (lambda x: np.add(x, x, where=np.array([True, False, True])), V),
    "sum": (lambda x: x.sum(dtype=np.float32), V),
    "j0": (lambda x: sp.j0(x), V),
    "gammaln": (lambda x: sp.gammaln(x), -P),
    "nextafter": (lambda x: np.nextafter(x, 1.0), V),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_names_the_operation_and_the_line(name):
    f, x = REFUSED[name]
    line = f.__code__.co_firstlineno
    with pytest.raises(RefusedOperation) as caught:
        moved(f, x, np.ones(x.shape))
    assert name.split(" ")[-1 if name.startswith("an ") else 0] in str(caught.value)
    assert f"{Path(__file__).name}:{line}" in str(caught.value)


@pytest.mark.parametrize("f", [wrote_into_zeros, wrote_slice])
def test_a_float_buffer_is_refused(f):
    with pytest.raises((RefusedOperation, ValueError)) as caught:
        moved(f, V, np.ones(3))
    chain = (caught.value, caught.value.__cause__, caught.value.__context__)
    assert any(
        isinstance(each, RefusedOperation) and f"{Path(__file__).name}:" in str(each) for each in chain
    )


@pytest.mark.parametrize(
    "f",
    [lambda x: scipy.linalg.expm(x), lambda x: scipy.linalg.solve(x, V), lambda x: sp.erf(np.asarray(x))],
    ids=["expm", "solve", "erf of objects"],
)
def test_scipy_beyond_its_ufuncs_is_never_plain(f):
    with pytest.raises((RefusedOperation, TypeError, ValueError)):
        moved(f, A, np.ones(A.shape))
