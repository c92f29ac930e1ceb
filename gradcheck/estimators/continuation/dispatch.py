"""Which rule continues an operation: ufuncs, comparisons, piecewise constants and array functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.estimators.continuation.carrier import Carrier
from gradcheck.estimators.continuation.trace import Trace, refuse
from gradcheck.estimators.continuation.ufuncs import BINARY, COMPARISONS, JUMPS, TESTS, UNARY, special_rule

__all__ = ["FUNCTIONS", "UFUNC_METHODS", "apply", "dispatch", "lift", "stored"]

# numpy function -> handler(*args, **kwargs); filled by `structure`, `reductions` and `linalg`.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
# (ufunc, method) -> handler(trace, *inputs, **kwargs), such as (np.add, "reduce").
UFUNC_METHODS: dict[tuple[Any, str], Callable[..., Any]] = {}

_PLAIN = (float, int, bool, np.floating, np.integer, np.bool_)
_LIFTED = (Carrier, *_PLAIN)


def lift(value: Any, operation: str) -> Any:
    """Return a Continuation or a plain real scalar or array; gather an object array of continued scalars."""
    if isinstance(value, _LIFTED):
        return value
    array = np.asarray(value)
    if array.dtype == object:
        return _gathered(array, operation)
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        refuse(operation, f"an operand of dtype {array.dtype} is not real")
    return array if array.dtype.itemsize <= 8 else array.astype(np.float64)


def _gathered(boxed: np.ndarray[Any, Any], operation: str) -> Any:
    """Return the continued array whose entries are the objects of ``boxed``; plain numbers are constants."""
    kind: Any = None
    trace = None
    copies = next((entry.run.copies for entry in boxed.flat if isinstance(entry, Carrier)), 1)
    primals, tangents = np.empty((copies, boxed.size)), np.zeros((copies, boxed.size))
    for position, entry in enumerate(boxed.reshape(-1)):
        if isinstance(entry, Carrier) and entry.size == 1:
            kind, trace = type(entry), entry.run
            primals[:, position] = entry.primals.reshape(copies)
            tangents[:, position] = entry.tangents.reshape(copies)
        elif isinstance(entry, _PLAIN):
            primals[:, position] = entry
        else:
            refuse(operation, f"an object array holds a {type(entry).__name__}", "use float arrays")
    if trace is None:
        return primals[0].reshape(boxed.shape)
    shape = (copies, *boxed.shape)
    return kind(primals.reshape(shape), tangents.reshape(shape), trace)


def _aligned(value: Any, ndim: int) -> tuple[Any, Any]:
    """Return primal and tangent (None for a constant) with ``ndim`` axes behind the replicas."""
    if not isinstance(value, Carrier):
        return value, None
    p, t = value.primals, value.tangents
    if p.ndim - 1 < ndim:
        shape = (len(p), *(1,) * (ndim - p.ndim + 1), *p.shape[1:])
        return p.reshape(shape), t.reshape(shape)
    return p, t


def apply(ufunc: np.ufunc, *inputs: Any) -> Any:
    """Return ``ufunc(*inputs)`` continued: a Continuation, or plain truth values or jumps."""
    rule: Any = UNARY.get(ufunc)
    if rule is not None:
        x = lift(inputs[0], ufunc.__name__)
        return type(x).paired(rule(x.run, x.primals, x.tangents), x.run)
    name = ufunc.__name__
    lifted = [lift(value, name) for value in inputs]
    rule = BINARY.get(ufunc)
    if rule is not None:
        return _binary(ufunc, rule, *lifted)
    continued = [value for value in lifted if isinstance(value, Carrier)]
    if not continued:
        return ufunc(*lifted)
    trace, kind = continued[0].run, type(continued[0])
    if ufunc in COMPARISONS:
        return _compared(trace, ufunc, *lifted)
    return _plain_or_special(trace, kind, ufunc, lifted)


def _binary(ufunc: np.ufunc, rule: Any, a: Any, b: Any) -> Any:
    """Return ``ufunc(a, b)`` by its rule; numbers met one by one make this the most frequent call of all."""
    if isinstance(a, Carrier):
        leading = a
    elif isinstance(b, Carrier):
        leading = b
    else:
        return ufunc(a, b)
    if ufunc is np.power and isinstance(b, (int, float)) and b == 2:
        return apply(np.square, a)
    ndim = max(getattr(a, "ndim", 0), getattr(b, "ndim", 0))
    pair = rule(leading.run, *_aligned(a, ndim), *_aligned(b, ndim))
    return type(leading).paired(pair, leading.run)


def _plain_or_special(trace: Trace, kind: Any, ufunc: np.ufunc, lifted: list[Any]) -> Any:
    name = ufunc.__name__
    reals = [value.primals[0] if isinstance(value, Carrier) else value for value in lifted]
    if ufunc in TESTS:
        return ufunc(*reals)
    if ufunc in JUMPS:
        return _jump(trace, ufunc, reals)
    if ufunc is np.divmod:
        return apply(np.floor_divide, *lifted), apply(np.remainder, *lifted)
    if ufunc is np.modf:
        return apply(np.fmod, lifted[0], 1.0), apply(np.trunc, lifted[0])
    handler = UFUNC_METHODS.get((ufunc, "__call__"))
    if handler is not None:
        return handler(trace, *lifted)
    rule: Any = None if getattr(np, name, None) is ufunc else special_rule(ufunc)
    if rule is None:
        refuse(name, "it has no continuation")
    if len(lifted) == 1:
        return kind.paired(rule(trace, lifted[0].primals, lifted[0].tangents), trace)
    ndim = max(np.ndim(value) for value in lifted)
    pairs = [part for value in lifted for part in _aligned(value, ndim)]
    return kind.paired(rule(trace, *pairs), trace)


def _jump(trace: Trace, ufunc: np.ufunc, reals: list[Any]) -> Any:
    """Return the piecewise constant real result; a tie where the argument sits on the jump."""
    result = ufunc(*reals)
    ratio = np.true_divide(*reals) if ufunc is np.floor_divide else reals[0]
    kind = JUMPS[ufunc]
    if kind != "zero":
        # A sign is constant on either side of 0; the steps of a staircase may be narrower than any h.
        trace.jump(ufunc.__name__)
    edge = {
        "zero": lambda: np.equal(ratio, 0.0),
        "whole": lambda: np.equal(ratio, np.floor(ratio)),
        "half": lambda: np.equal(np.abs(ratio - np.trunc(ratio)), 0.5),
    }[kind]()
    trace.tie(ufunc.__name__, edge)
    return result


def _compared(trace: Trace, ufunc: np.ufunc, a: Any, b: Any) -> Any:
    """Compare real parts; a tie where they are equal, or where rounding decides.

    Equal real parts that do not move apart are a tie too: ``where(x * x > 0, x, 2 * x)``.
    """
    ndim = max(np.ndim(a), np.ndim(b))
    pa, pb = _aligned(a, ndim)[0], _aligned(b, ndim)[0]
    outcome = ufunc(pa, pb)
    undecided = np.equal(pa, pb)[0] | (outcome != outcome[0]).any(axis=0)
    if a is not b and undecided.any():
        trace.tie(ufunc.__name__, undecided)
    return outcome[0]


def stored(result: Any, out: Any, name: str) -> Any:
    """Write ``result`` into ``out``; refuse a plain buffer, which would drop the infinitesimal part."""
    if out is None:
        return result
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if isinstance(target, Carrier):
        target[...] = result  # type: ignore[index]
        return target
    if isinstance(result, Carrier):
        refuse(
            f"{name}(out=)",
            "a plain buffer cannot hold the infinitesimal part",
            "make it with np.empty_like(x)",
        )
    np.copyto(target, result)
    return target


def dispatch(func: Any, args: Any, kwargs: Any) -> Any:
    """Return ``func(*args, **kwargs)`` by its handler; refuse a function without one."""
    handler = FUNCTIONS.get(func)
    module = getattr(func, "__module__", "numpy") or "numpy"
    name = f"{module}.{getattr(func, '__name__', func)}"
    if handler is None:
        refuse(name, "it has no continuation")
    out = kwargs.pop("out", None) if "out" in kwargs else None
    return stored(handler(*args, **kwargs), out, name)
