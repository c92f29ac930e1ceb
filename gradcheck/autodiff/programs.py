"""What JAX is asked to compute: a function's value, and its derivative by both modes.

JAX comes as an argument: the module that imports it also chooses precision and device.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.arguments import Call, floating
from gradcheck.autodiff.protocol import Derivatives
from gradcheck.autodiff.tape import Operations, Tape
from gradcheck.errors import GradcheckError, InvalidArgument

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["checked", "derivative_program", "eager", "primal_of", "swept", "value_program"]


def primal_of(jax: ModuleType, f: Callable[..., Any], call: Call) -> Callable[..., Any]:
    """Return ``f`` as a map of ``x`` and the other arrays to one JAX array."""
    as_array = jax.numpy.asarray

    def primal(x: Any, arrays: dict[int, Any]) -> Any:
        moved = {index: as_array(array) for index, array in arrays.items()}
        result = call.apply(f, as_array(x), moved)
        if result is None or isinstance(result, (str, bytes, dict, set)):
            raise InvalidArgument.of(
                "f", f"a result of type {type(result).__name__}", "an array", "return an array"
            )
        return as_array(result)

    return primal


def checked(value: Any, call: Call) -> Array:
    """Return the result as a NumPy array; refuse complex results and lost precision."""
    array = np.array(value)
    if array.dtype.kind == "c":
        raise InvalidArgument.of(
            "f", f"a result of dtype {array.dtype}", "real numbers", "return the real part"
        )
    if floating(array.dtype) and array.dtype.itemsize < call.dtype.itemsize:
        message = (
            f"`f`: {call.dtype} was asked for and JAX computed in {array.dtype}; "
            f"remove the cast to {array.dtype} inside `f`, or call jax.config.update('jax_enable_x64', True) "
            "before the constants of `f` are made"
        )
        raise GradcheckError(message)
    return array


def eager(jax: ModuleType, f: Callable[..., Any], call: Call, modes: tuple[str, ...]) -> Derivatives:
    """Run operation by operation, one batch of all basis vectors for each mode."""
    inner = primal_of(jax, f, call)

    def primal(x: Any) -> Any:
        return inner(x, call.arrays)

    x = jax.numpy.asarray(call.x)
    primal_out, pull = jax.vjp(primal, x) if "reverse" in modes else (primal(x), None)
    value = checked(primal_out, call)
    zeros = np.zeros(value.shape + x.shape, call.dtype)
    if zeros.size == 0 or not floating(value.dtype):
        return Derivatives(value, zeros, zeros.copy())
    forward, reverse = zeros, zeros
    if "forward" in modes:
        tangents = jax.numpy.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)

        def push(v: Any) -> Any:
            return jax.jvp(primal, (x,), (v,))[1]

        # A batch of one costs twice what the one costs.
        columns = push(tangents[0]) if x.size == 1 else jax.vmap(push, out_axes=-1)(tangents)
        forward = np.array(columns).reshape(zeros.shape)
    if pull is not None:
        cotangents = jax.numpy.eye(value.size, dtype=value.dtype).reshape(value.size, *value.shape)
        rows = pull(cotangents[0])[0] if value.size == 1 else jax.vmap(lambda u: pull(u)[0])(cotangents)
        reverse = np.array(rows).reshape(zeros.shape)
    return Derivatives(value, forward, reverse)


def _refusals(jax: ModuleType) -> tuple[type[Exception], ...]:
    """Return what JAX raises when a function looks at a number that is not known while compiling."""
    return (jax.errors.JAXTypeError, jax.errors.JAXIndexError)


def value_program(
    jax: ModuleType, options: dict[str, Any] | None, f: Callable[..., Any], call: Call
) -> Callable[..., Any] | None:
    """Compile ``f``; None when it branches on its numbers."""
    program = jax.jit(primal_of(jax, f, call), compiler_options=options)
    try:
        jax.eval_shape(program, call.x, call.arrays)
    except _refusals(jax):
        return None
    return program  # type: ignore[no-any-return]  # jit's result is untyped here


def derivative_program(
    jax: ModuleType, f: Callable[..., Any], call: Call, operations: Operations
) -> Callable[..., Any] | None:
    """Trace ``(x, arrays, v, u) -> f(x), J v, u J``; None when the numbers decide what is computed.

    One pair of directions, rather than all at once: the operations are those of other functions too.
    """
    primal = primal_of(jax, f, call)
    try:
        shape = jax.eval_shape(primal, call.x, call.arrays)
    except _refusals(jax):
        return None
    dtype = np.dtype(shape.dtype)
    if 0 in shape.shape or 0 in call.x.shape or not floating(dtype):
        tape = Tape(jax.make_jaxpr(primal)(call.x, call.arrays), operations)
        return functools.partial(_valued, tape)

    def both(x: Any, arrays: dict[int, Any], v: Any, u: Any) -> tuple[Any, Any, Any]:
        value, pushed = jax.jvp(lambda x: primal(x, arrays), (x,), (v,))
        pull = jax.vjp(lambda x: primal(x, arrays), x)[1]
        return value, pushed, pull(u)[0]

    directions = np.zeros(call.x.shape, call.x.dtype), np.zeros(shape.shape, dtype)
    tape = Tape(jax.make_jaxpr(both)(call.x, call.arrays, *directions), operations)
    return functools.partial(_sweep, tape, shape.shape, dtype)


def _sweep(
    tape: Tape, shape: tuple[int, ...], dtype: np.dtype[Any], x: Array, arrays: dict[int, Array]
) -> Any:
    """Run ``tape`` along every basis vector; return value, columns ``J e_j`` and rows ``e_i J``."""
    m, n = math.prod(shape), x.size
    cotangents = np.eye(m, dtype=dtype).reshape(m, *shape)
    tangents = np.eye(n, dtype=x.dtype).reshape(n, *x.shape)
    others = [arrays[index] for index in sorted(arrays)]
    runs = [tape(x, *others, tangents[k % n], cotangents[k % m]) for k in range(max(m, n))]
    columns = np.stack([np.asarray(run[1]) for run in runs[:n]], axis=-1)
    rows = np.stack([np.asarray(run[2]) for run in runs[:m]])
    return runs[0][0], columns, rows


def _valued(tape: Tape, x: Array, arrays: dict[int, Array]) -> Any:
    """Run ``tape`` where no entry varies: the derivatives are zero, or there are none."""
    value = np.asarray(tape(x, *(arrays[index] for index in sorted(arrays)))[0])
    zeros = np.zeros(value.shape + x.shape, x.dtype)
    return value, zeros, zeros.copy()


def swept(program: Callable[..., Any], call: Call) -> Derivatives:
    """Run what :func:`derivative_program` returned, at the point of ``call``."""
    found, columns, rows = program(call.x, call.arrays)
    value = checked(found, call)
    shape = value.shape + call.x.shape
    return Derivatives(value, columns.reshape(shape), rows.reshape(shape))
