"""Programs run operation by operation: JAX's own numbers, and operations shared among programs."""

from __future__ import annotations

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="needs the extra `jax`")

from gradcheck.autodiff import tape as module  # noqa: E402
from gradcheck.autodiff.tape import Operations, Tape  # noqa: E402

X = np.array([0.5, -2.0, 3.0], dtype=np.float32)


def recorded(f, *args, operations=None):
    operations = operations or Operations(jax, None)
    return Tape(jax.make_jaxpr(f)(*args), operations), operations


def softplus(x):
    return jax.nn.softplus(x) / (1 + jax.numpy.abs(x))


def summed(x):
    return jax.lax.fori_loop(0, 3, lambda _, total: total + x.sum(), 0.0)


def chosen(x):
    return jax.numpy.where(x > 0, jax.numpy.sort(x), -x) @ jax.numpy.ones(3)


@jax.custom_vjp
def clipped(x):
    return jax.numpy.clip(x, -1, 1)


clipped.defvjp(lambda x: (clipped(x), None), lambda _, u: (7 * u,))


@pytest.mark.parametrize(
    "f",
    [
        softplus,
        summed,
        chosen,
        clipped,
        pytest.param(jax.jit(softplus), id="jit"),
        pytest.param(jax.checkpoint(softplus), id="checkpoint"),
    ],
)
def test_a_tape_gives_what_jax_gives(f):
    tape, _ = recorded(f, X)
    np.testing.assert_allclose(tape(X)[0], f(X), rtol=3e-7)
    np.testing.assert_allclose(tape(-X)[0], f(-X), rtol=3e-7)


@pytest.mark.parametrize("f", [softplus, summed, chosen, clipped])
def test_a_tape_of_a_derivative_gives_the_derivative(f):
    def pulled(x, u):
        return jax.vjp(f, x)[1](u)[0]

    u = np.ones(np.shape(f(X)), dtype=np.float32)
    tape, _ = recorded(pulled, X, u)
    np.testing.assert_allclose(tape(X, u)[0], pulled(X, u), rtol=3e-7)
    assert not np.allclose(tape(X, u)[0], tape(X, 2 * u)[0])


def test_programs_share_operations_of_equal_shapes_and_parameters():
    _, operations = recorded(lambda x: jax.numpy.sin(x) * x, X)
    assert len(operations) == 2
    recorded(lambda x: jax.numpy.sin(x * x), X, operations=operations)
    assert len(operations) == 2
    recorded(lambda x: jax.numpy.sin(x * x), X[:2], operations=operations)
    assert len(operations) == 4


def test_parameters_tell_operations_apart():
    square, operations = recorded(lambda x: jax.lax.integer_pow(x, 2), X)
    cube, _ = recorded(lambda x: jax.lax.integer_pow(x, 3), X, operations=operations)
    assert (square(X)[0][2], cube(X)[0][2]) == (9.0, 27.0)


def test_constants_and_outputs_that_are_inputs():
    shift = np.array([10.0, 20.0, 30.0], dtype=np.float32)
    tape, _ = recorded(lambda x: (x, x + shift, 4.0), X)
    assert [np.asarray(each).tolist() for each in tape(X)] == [X.tolist(), (X + shift).tolist(), 4.0]


def test_a_tape_keeps_nothing_between_calls():
    tape, _ = recorded(lambda x: x * x, X)
    first = np.asarray(tape(X)[0]).copy()
    tape(X + 1)
    np.testing.assert_array_equal(tape(X)[0], first)


def test_the_number_of_operations_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 3)
    operations = Operations(jax, None)
    tapes = [recorded(lambda x: x + x, np.ones(n), operations=operations)[0] for n in range(1, 9)]
    assert len(operations) <= 3
    assert [tape(np.ones(n))[0].sum() for n, tape in enumerate(tapes, 1)] == [2.0 * n for n in range(1, 9)]
