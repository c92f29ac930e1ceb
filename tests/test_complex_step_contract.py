"""What cannot be certified is refused, with its place; bad functions; shapes and scales."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
from complex_cases import S, X, estimate, plain

from gradcheck.errors import InvalidArgument
from gradcheck.estimators import complex_step
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status


def float_buffer(x):
    out = np.zeros(3)
    out[:] = x**2
    return out


REFUSED = {
    "svd": (lambda x: np.linalg.svd(x)[1], S, "numpy.linalg.svd"),
    "eigvalsh": (lambda x: np.linalg.eigvalsh(x + x.T), S, "numpy.linalg.eigvalsh"),
    "float buffer": (float_buffer, X, "`"),
    "out buffer": (lambda x: np.add(x, x, out=np.zeros(3)), X, "add(out=)"),
    "asarray as float": (lambda x: np.asarray(x, float) ** 2, X, "array(dtype=float64)"),
    "float": (lambda x: float(x[0]) * x, X, "float()"),
    "math": (lambda x: math.sin(x[0]) * x, X, "float()"),
    "float32": (lambda x: x.astype(np.float32) * 1.0, X, "astype"),
    "rounded output": (lambda x: np.round(x * 3.3, 3), X, "rint"),
    "finely rounded output": (lambda x: np.round(x * 3.3, 12), X, "rint"),
    "staircase beside a slope": (lambda x: np.round(x, 4) + 1e-3 * x, X, "rint"),
    "abs at 0": (np.abs, [0.0, 1.0], "tie at `absolute`"),
    "tie of max": (np.max, [1.0, 1.0], "tie at `numpy.max`"),
    "norm at 0": (np.linalg.norm, [0.0, 0.0], "tie at `sqrt`"),
    "equality in a branch": (lambda x: x if x[0] > 0.3 else x * x, X, "tie at `greater`"),
    "type check": (lambda x: x * x if isinstance(x, np.ndarray) else np.sin(x), X, "value differs"),
    "constant by type check": (
        lambda x: x * x if isinstance(x, np.ndarray) else np.array(X) ** 2,
        X,
        "disagrees",
    ),
    "shape by type check": (
        lambda x: x * x if isinstance(x, np.ndarray) else x[:1],
        X,
        "returned shape (1,)",
    ),
    "raises on continued numbers": (lambda x: x * {"ndarray": 1.0}[type(x).__name__], X, "KeyError"),
    "text": (lambda x: float(str(x[0])) * x, X, "float"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_certified_is_refused(name):
    f, x, words = REFUSED[name]
    found = estimate(f, x)
    assert found.status is Status.REFUSED
    assert words in found.message
    assert np.isnan(found.value).all()
    assert np.isinf(found.error).all()
    assert set(found.codes.ravel()) == {Status.REFUSED.code}


def test_refusals_name_the_line():
    for name in (
        "svd",
        "float buffer",
        "asarray as float",
        "float",
        "abs at 0",
        "raises on continued numbers",
    ):
        f, x, _ = REFUSED[name]
        first = f.__code__.co_firstlineno if hasattr(f, "__code__") else 0
        message = estimate(f, x).message
        if first:
            assert any(f"{Path(__file__).name}:{line}" in message for line in range(first, first + 4)), (
                message
            )


def test_a_plain_complex_step_says_zero_for_the_float_buffer():
    with pytest.warns(np.exceptions.ComplexWarning):
        assert np.all(plain(float_buffer, X) == 0.0)


def test_a_wrong_continuation_is_caught_by_the_central_direction(monkeypatch):
    right = complex_step._run

    def wrong(*run):
        primals, tangents, trace = right(*run)
        return primals, tangents * factors[-1], trace

    monkeypatch.setattr(complex_step, "_run", wrong)
    factors = []
    for factor in (2.0, -1.0, 0.0, 1.001, 0.99999):
        factors.append(factor)
        found = estimate(lambda x: np.exp(x) * x, X)
        assert found.status is Status.REFUSED
        assert "disagrees" in found.message
    factors.append(1.0)
    assert estimate(lambda x: np.exp(x) * x, X).status is Status.OK


def test_random_numbers_and_state():
    rng = random.Random(3)
    found = estimate(lambda x: x + rng.random(), X)
    assert found.status is Status.NONDETERMINISTIC
    calls = []
    found = estimate(lambda x: calls.append(1) or x * (1.0 if len(calls) < 8 else 1.5), X)
    assert found.status in (Status.NONDETERMINISTIC, Status.REFUSED)


def test_mutation_is_seen():
    def f(x):
        x *= 2
        return x

    assert estimate(f, X).status is Status.MUTATES_INPUT
    assert estimate(lambda x: x * 2, X).status is Status.OK


def test_a_shape_that_changes_is_seen():
    calls = []

    def f(x):
        calls.append(1)
        return x if len(calls) < 6 else x[:2]

    assert estimate(f, X).status is Status.INCONSISTENT_OUTPUT


def test_an_exception_at_the_point_is_a_status():
    def f(x):
        raise ZeroDivisionError("at home")

    found = estimate(f, X)
    assert found.status is Status.RAISED
    assert "at home" in found.message


def test_an_interrupt_passes():
    def f(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        estimate(f, X)


def test_output_that_is_no_number_is_the_callers_mistake():
    with pytest.raises(InvalidArgument, match="real numbers"):
        estimate(lambda x: "text", X)


def test_rows_outside_the_domain():
    found = estimate(np.log, [-1.0, 2.0])
    assert found.status is Status.OUTSIDE_DOMAIN
    assert found.codes.tolist() == [[5, 5], [0, 0]]
    assert np.isnan(found.value[0]).all()
    np.testing.assert_allclose(found.value[1], [0.0, 0.5])
    assert plain(np.log, [-1.0, 2.0])[0, 0] != 0.0  # a number where there is no derivative


def test_an_overflow_on_the_way_has_no_answer_at_its_row():
    found = estimate(lambda x: 1 / (1 + np.exp(-x)), [-800.0, 1.0])
    assert found.status is Status.REFUSED
    assert np.isinf(found.error[0]).all()
    assert np.isfinite(found.value[1]).all()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (), (1,), (2, 2)])
def test_shapes(shape):
    x = np.linspace(0.3, 0.9, int(np.prod(shape))).reshape(shape)
    found = estimate(lambda z: np.sin(z) * 2, x)
    assert found.status is Status.OK
    assert found.value.shape == (x.size, x.size) == found.error.shape == found.codes.shape
    np.testing.assert_allclose(np.diag(found.value), 2 * np.cos(x.reshape(-1)), rtol=1e-15)


def test_a_scalar_argument_and_a_scalar_result():
    found = complex_step_jacobian(Primal(lambda x, k: k * x**2, [0.7, 3.0]))
    np.testing.assert_allclose(found.value, [[4.2]], rtol=1e-15)
    found = complex_step_jacobian(Primal(lambda x, k: k * x**2, [0.7, 3.0], argnum=1))
    np.testing.assert_allclose(found.value, [[0.49]], rtol=1e-15)


def test_no_rows():
    found = estimate(lambda x: x[:0], X)
    assert (found.status, found.value.shape) == (Status.OK, (0, 3))


@pytest.mark.parametrize("exponent", [-150, -60, 0, 60, 150])
def test_scales(exponent):
    x = np.array([1.3, -0.4]) * 10.0**exponent
    found = estimate(lambda z: z * z, x)
    assert found.status is Status.OK, found.message
    np.testing.assert_allclose(found.value, np.diag(2 * x), rtol=1e-15)
    assert np.all(np.diag(found.error) <= 1e-14 * np.abs(np.diag(found.value)))


def test_columns_of_very_different_scale_keep_their_own_bars():
    x = np.array([1e100, 1.0, 1e-100])
    found = estimate(lambda z: z**2 + 0.0 * z.sum(), x)
    assert found.status is Status.OK, found.message
    assert np.all(np.diag(found.error) <= 1e-14 * np.diag(found.value))


def test_the_same_call_gives_the_same_answer():
    first, second = (estimate(lambda x: np.tanh(S @ x), X) for _ in range(2))
    np.testing.assert_array_equal(first.value, second.value)
    np.testing.assert_array_equal(first.error, second.error)


def test_a_constant_row_and_a_flat_point():
    found = estimate(lambda x: np.stack([x[0] ** 3, x[1] * 0 + 5.0, x[2]]), [0.0, 1.0, 2.0])
    assert found.status is Status.OK
    np.testing.assert_array_equal(found.value, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])


def test_structural_zeros_have_no_bar_to_speak_of():
    found = estimate(np.exp, [600.0, -600.0])
    assert found.error[1, 0] < 1e-300
    assert found.error[0, 1] < 1e-300
    assert found.error[1, 1] < 1e-14 * found.value[1, 1]
