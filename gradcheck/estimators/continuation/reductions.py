"""Sums, products, extremes and what is built from them, along axes, for continued arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import FUNCTIONS, UFUNC_METHODS, apply, lift
from gradcheck.estimators.continuation.structure import register
from gradcheck.estimators.continuation.trace import refuse

__all__ = ["linear"]

_MISSING: Any = getattr(np, "_NoValue", None)


def _given(value: Any) -> bool:
    return value is not None and value is not _MISSING


def _checked(name: str, dtype: Any = None, where: Any = True, initial: Any = None) -> None:
    """Refuse the keywords of a reduction that change what is summed or in which precision."""
    if _given(dtype) and np.dtype(dtype) != np.dtype(np.float64):
        refuse(name, f"dtype={dtype!r} drops the infinitesimal part", "keep float64")
    if where is not True and _given(where):
        refuse(name, "`where` is not continued", "use np.where on the array")
    if _given(initial):
        refuse(name, "`initial` is not continued", "concatenate the initial value")


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes behind the replica axis."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    chosen = axis if isinstance(axis, tuple) else (axis,)
    for each in chosen:
        if not -ndim <= each < ndim:
            raise np.exceptions.AxisError(each, ndim)
    return tuple(int(each) % ndim + 1 for each in chosen)


def _flat_keepdims(keepdims: Any) -> bool:
    return bool(keepdims) if keepdims is not _MISSING else False


def _reduction(func: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``reduced(a, axis, keepdims)`` as the continuation of ``func``, which takes more than that."""
    name = f"numpy.{func.__name__}"

    def registered(reduced: Callable[..., Any]) -> Callable[..., Any]:
        def handler(
            a: Any,
            axis: Any = None,
            dtype: Any = None,
            keepdims: Any = False,
            initial: Any = _MISSING,
            where: Any = True,
        ) -> Any:
            _checked(name, dtype, where, initial)
            return reduced(a, axis, _flat_keepdims(keepdims))

        FUNCTIONS[func] = handler
        return handler

    return registered


@_reduction(np.sum)
def _sum(a: Any, axis: Any, keep: bool) -> Any:
    axes = _axes(axis, a.ndim)
    # Every term is disturbed, for a sum's rounding is relative to its terms, which may cancel; and the sum
    # is, for it may be so much larger that what moved the terms is rounded away.
    p = np.sum(a.run.disturb(a.primals), axis=axes, keepdims=keep)
    t = np.sum(a.run.disturb(a.tangents), axis=axes, keepdims=keep)
    return Continuation.paired(a.run.rounded(np.asarray(p), np.asarray(t)), a.run)


@register(np.mean)
def _mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    _checked("numpy.mean", dtype, where)
    total = _sum(a, axis, keepdims=keepdims)
    count = (
        a.size // total.size if total.size else int(np.prod([a.shape[i - 1] for i in _axes(axis, a.ndim)]))
    )
    return total / count


@register(np.average)
def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    if returned:
        refuse("numpy.average", "`returned` is not continued")
    if weights is None:
        return _mean(lift(a, "numpy.average"), axis, keepdims=keepdims)
    weights = lift(weights, "numpy.average")
    if np.shape(weights) != np.shape(a):
        extents = [1] * np.ndim(a)
        extents[axis] = -1
        weights = weights.reshape(extents)
    total = np.sum(weights + 0.0 * np.ones(np.shape(a)), axis=axis, keepdims=_flat_keepdims(keepdims))
    return np.sum(a * weights, axis=axis, keepdims=_flat_keepdims(keepdims)) / total


@register(np.var)
def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = _MISSING,
    correction: Any = _MISSING,
) -> Any:
    _checked("numpy.var", dtype, where)
    ddof = correction if _given(correction) else ddof
    centre = mean if _given(mean) else _mean(a, axis, keepdims=True)
    deviation = a - centre
    total = _sum(deviation * deviation, axis, keepdims=keepdims)
    count = int(np.prod([a.shape[i - 1] for i in _axes(axis, a.ndim)], dtype=int))
    return total / (count - ddof)


@register(np.std)
def _std(a: Any, axis: Any = None, **kwargs: Any) -> Any:
    return apply(np.sqrt, _var(a, axis, **kwargs))


def _last(a: Any, axis: Any) -> Any:
    """Return the array with the reduced axes merged into the last one."""
    axes = [each - 1 for each in _axes(axis, a.ndim)]
    kept = [each for each in range(a.ndim) if each not in axes]
    moved = a.transpose(*kept, *axes) if a.ndim else a
    return moved.reshape(
        *(a.shape[each] for each in kept), int(np.prod([a.shape[each] for each in axes], dtype=int))
    )


def _with_dims(reduced: Any, shape: tuple[int, ...], axis: Any, keepdims: Any) -> Any:
    if not _flat_keepdims(keepdims):
        return reduced
    axes = {each - 1 for each in _axes(axis, len(shape))}
    return reduced.reshape(tuple(1 if i in axes else extent for i, extent in enumerate(shape)))


@_reduction(np.prod)
def _prod(a: Any, axis: Any, keep: bool) -> Any:
    rows = _last(a, axis)
    p, t = a.run.disturb(rows.primals), a.run.disturb(rows.tangents)
    ones = np.ones((*p.shape[:-1], 1))
    # The product of all factors but one, from both sides: no division, so that zeros are no trouble.
    before = np.cumprod(np.concatenate([ones, p[..., :-1]], axis=-1), axis=-1)[..., : p.shape[-1]]
    after = np.cumprod(np.concatenate([ones, p[..., :0:-1]], axis=-1), axis=-1)[..., : p.shape[-1]][..., ::-1]
    total = Continuation.paired(
        a.run.rounded(np.prod(p, axis=-1), np.sum(before * after * t, axis=-1)), a.run
    )
    return _with_dims(total, a.shape, axis, keep)


def _extreme(func: Any, index: Any) -> Callable[..., Any]:
    name = f"numpy.{func.__name__}"

    def handler(
        a: Any, axis: Any = None, keepdims: Any = False, initial: Any = _MISSING, where: Any = True
    ) -> Any:
        _checked(name, None, where, initial)
        rows = _last(a, axis)
        if rows.shape[-1] == 0:
            raise ValueError(f"zero-size array to reduction operation {func.__name__} which has no identity")
        found = index(rows.primals[0], axis=-1)[..., None]
        _note_ties(rows, found, name)
        return _with_dims(_along(rows, found)[..., 0], a.shape, axis, keepdims)

    return handler


def _along(a: Any, found: Array) -> Any:
    """Take entries along the last axis, the same for every replica."""
    index = np.broadcast_to(found, (a.run.copies, *found.shape))
    return Continuation(
        np.take_along_axis(a.primals, index, axis=-1), np.take_along_axis(a.tangents, index, axis=-1), a.run
    )


def _note_ties(rows: Any, found: Array, name: str, *, always: bool = False) -> None:
    """A tie: another entry equals the chosen one but moves elsewhere, or another copy has it larger.

    ``always``: even if it moves alike, for what depends on the position and not on the value.
    """
    chosen = _along(rows, found)
    equal = (rows.primals == chosen.primals) | np.isnan(chosen.primals)
    beyond = (rows.primals > chosen.primals) != (rows.primals > chosen.primals)[:1]
    moved = (rows.tangents != chosen.tangents).any(axis=0)
    if always:
        moved = np.arange(rows.shape[-1]) != found
    rows.run.tie(name, (equal[0] | beyond.any(axis=0)) & moved)


_func: Any
_ufunc: Any
for _name in ("max", "amax"):
    FUNCTIONS[getattr(np, _name)] = _extreme(np.max, np.argmax)
for _name in ("min", "amin"):
    FUNCTIONS[getattr(np, _name)] = _extreme(np.min, np.argmin)


@register(np.ptp)
def _ptp(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return np.max(a, axis=axis, keepdims=_flat_keepdims(keepdims)) - np.min(
        a, axis=axis, keepdims=_flat_keepdims(keepdims)
    )


def _position(func: Any) -> Callable[..., Any]:
    name = f"numpy.{func.__name__}"

    def handler(a: Any, axis: int | None = None, keepdims: Any = False) -> Any:
        rows = _last(a, axis)
        _note_ties(rows, func(rows.primals[0], axis=-1)[..., None], name, always=True)
        return func(a.primals[0], axis=axis, keepdims=_flat_keepdims(keepdims))

    return handler


FUNCTIONS[np.argmax] = _position(np.argmax)
FUNCTIONS[np.argmin] = _position(np.argmin)


def _order(a: Any, axis: Any, kind: Any, name: str, *, always: bool = False) -> tuple[Any, Array, int]:
    """Return the array with ``axis`` last, its order there, and the axis; note ties of neighbours."""
    flat = a.reshape(-1) if axis is None else a
    axis = -1 if axis is None else axis
    rows = flat.swapaxes(axis, -1) if flat.ndim > 1 else flat
    order = np.argsort(rows.primals[0], axis=-1, kind=kind or "stable")
    ordered = _along(rows, order)
    p, t = ordered.primals, ordered.tangents
    close = (p[..., 1:] == p[..., :-1])[0] | (p[..., 1:] < p[..., :-1]).any(axis=0)
    rows.run.tie(name, close & (always | (t[..., 1:] != t[..., :-1]).any(axis=0)))
    return ordered, order, axis


@register(np.sort)
def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    del order, stable
    ordered, _, axis = _order(a, axis, kind, "numpy.sort")
    return ordered.swapaxes(axis, -1) if ordered.ndim > 1 else ordered


@register(np.argsort)
def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    del order, stable
    _order(a, axis, kind, "numpy.argsort", always=True)
    return np.argsort(a.primals[0], axis=axis, kind=kind)


@register(np.median)
def _median(a: Any, axis: int | None = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    del overwrite_input
    rows = _sort(_last(a, axis))
    middle = rows.shape[-1] // 2
    upper = rows[..., middle]
    value = upper if rows.shape[-1] % 2 else (rows[..., middle - 1] + upper) / 2.0
    return _with_dims(value, a.shape, axis, keepdims)


def linear(func: Any) -> Callable[..., Any]:
    """Continue a function that is linear in its first argument, copy by copy."""
    name = f"numpy.{func.__name__}"

    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        _checked(name, kwargs.pop("dtype", None))
        if any(isinstance(value, Continuation) for value in (*args, *kwargs.values())):
            refuse(name, "an argument other than the first is continued")
        a = lift(a, name)
        trace = a.run
        # Disturbed before and after: the terms may cancel.
        p, t = trace.disturb(a.primals), trace.disturb(a.tangents)
        primal = np.stack([func(copy, *args, **kwargs) for copy in p])
        tangent = np.stack([func(copy, *args, **kwargs) for copy in t])
        return Continuation.paired(trace.rounded(primal, tangent), trace)

    return handler


for _func in (np.cumsum, np.diff, np.ediff1d, np.trace):
    FUNCTIONS[_func] = linear(_func)


@register(np.cumprod)
def _cumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    _checked("numpy.cumprod", dtype)
    rows = a.reshape(-1) if axis is None else a.swapaxes(axis, -1) if a.ndim > 1 else a
    made = np.empty_like(rows)
    for i in range(rows.shape[-1]):
        made[..., i] = rows[..., i] if i == 0 else made[..., i - 1] * rows[..., i]
    return made if axis is None or a.ndim <= 1 else made.swapaxes(axis, -1)


def _of_truth(func: Any) -> Callable[..., Any]:
    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        return func(a != 0.0, *args, **kwargs)

    return handler


for _func in (np.any, np.all, np.count_nonzero, np.nonzero, np.flatnonzero, np.argwhere):
    FUNCTIONS[_func] = _of_truth(_func)


def _of_reals(func: Any) -> Callable[..., Any]:
    """A plain answer from the real parts: a test with a tolerance has no tie worth noting."""

    def handler(*args: Any, **kwargs: Any) -> Any:
        plain = [each.primals[0] if isinstance(each, Continuation) else each for each in args]
        return func(*plain, **kwargs)

    return handler


for _func in (
    np.isclose,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.isneginf,
    np.isposinf,
    np.array_str,
):
    FUNCTIONS[_func] = _of_reals(_func)


@register(np.searchsorted)
def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    places = lift(a, "numpy.searchsorted") if sorter is None else lift(a, "numpy.searchsorted")[sorter]
    value = lift(v, "numpy.searchsorted")
    # Compared only for the ties: a value on a node counts on one side of it.
    np.equal(np.expand_dims(places, tuple(range(np.ndim(v)))), np.expand_dims(value, -1))
    plain = [each.primals[0] if isinstance(each, Continuation) else each for each in (places, value)]
    return np.searchsorted(plain[0], plain[1], side=side)


@register(np.digitize)
def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    descending = len(bins) > 1 and bins[0] > bins[-1]
    if descending:
        refuse("numpy.digitize", "descending bins are not continued")
    return _searchsorted(bins, x, side="left" if right else "right")


def _reduce(function: Any) -> Callable[..., Any]:
    def handler(
        trace: Any, array: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False, **rest: Any
    ) -> Any:
        del trace
        initial, where = rest.get("initial", _MISSING), rest.get("where", True)
        _checked(f"numpy.{function.__name__}", dtype, where, initial)
        return function(lift(array, function.__name__), axis=axis, keepdims=keepdims)

    return handler


for _ufunc, _func in ((np.add, np.sum), (np.multiply, np.prod), (np.maximum, np.max), (np.minimum, np.min)):
    UFUNC_METHODS[_ufunc, "reduce"] = _reduce(_func)


def _accumulate(function: Any) -> Callable[..., Any]:
    def handler(trace: Any, array: Any, axis: int = 0, dtype: Any = None) -> Any:
        del trace
        return function(lift(array, function.__name__), axis=axis, dtype=dtype)

    return handler


UFUNC_METHODS[np.add, "accumulate"] = _accumulate(np.cumsum)
UFUNC_METHODS[np.multiply, "accumulate"] = _accumulate(np.cumprod)


def _outer_of(ufunc: np.ufunc) -> Callable[..., Any]:
    def handler(trace: Any, a: Any, b: Any) -> Any:
        del trace
        a, b = lift(a, ufunc.__name__), lift(b, ufunc.__name__)
        return apply(ufunc, a.reshape(*a.shape, *(1,) * np.ndim(b)), b)

    return handler


for _ufunc in (np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.minimum, np.power):
    UFUNC_METHODS[_ufunc, "outer"] = _outer_of(_ufunc)
