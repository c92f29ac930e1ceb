"""Array functions that only move entries about: continued by moving positions instead of values.

``f`` applied to the array of positions says where every entry goes, so that
one handler serves ``concatenate`` and ``triu`` alike.  Position 0 is a
constant zero, which is what ``triu``, ``diag`` and ``pad`` fill with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import FUNCTIONS, lift
from gradcheck.estimators.continuation.trace import refuse

__all__ = ["register"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def register(*functions: Any) -> Callable[[_Function], _Function]:
    """Return a decorator that makes its function the handler of NumPy's ``functions``."""

    def decorate(handler: _Function) -> _Function:
        FUNCTIONS.update(dict.fromkeys(functions, handler))
        return handler

    return decorate


class _Pool:
    """The entries of several arrays behind one constant zero, and their positions."""

    def __init__(self) -> None:
        self.primals: list[Array] = [np.zeros((1, 1))]
        self.tangents: list[Array] = [np.zeros((1, 1))]
        self.size = 1
        self.run: Any = None

    def positions(self, value: Any, name: str) -> Array:
        """Add an array or a constant; return its positions, shaped like it."""
        value = lift(value, name)
        shape = np.shape(value) if not isinstance(value, Continuation) else value.shape
        count = int(np.prod(shape))
        if isinstance(value, Continuation):
            self.run = value.run
            self.primals.append(value.primals.reshape(value.run.copies, count))
            self.tangents.append(value.tangents.reshape(value.run.copies, count))
        else:
            self.primals.append(np.reshape(value, (1, count)))
            self.tangents.append(np.zeros((1, count)))
        self.size += count
        return np.arange(self.size - count, self.size).reshape(shape)

    def gather(self, found: Any, *, writable: bool) -> Any:
        """Return the entries at ``found``: an array of positions, or a list or tuple of them."""
        if isinstance(found, (list, tuple)):
            return type(found)(self.gather(part, writable=writable) for part in found)
        primals = self._copied(self.primals)[:, found]
        tangents = self._copied(self.tangents)[:, found]
        # NumPy gives a view here: writing through it would change the original, which a copy cannot imitate.
        primals.flags.writeable = tangents.flags.writeable = writable
        return Continuation(primals, tangents, self.run)

    def _copied(self, parts: list[Array]) -> Array:
        """Return the parts side by side, a constant the same in every copy."""
        rows = [np.broadcast_to(part, (self.run.copies, part.shape[1])) for part in parts]
        return np.concatenate(rows, axis=1, dtype=np.float64)


def _moved(func: Any, *, writable: bool) -> Callable[..., Any]:
    """Continue a function of one array."""
    name = f"numpy.{func.__name__}"

    def handler(array: Any, *args: Any, **kwargs: Any) -> Any:
        pool = _Pool()
        positions = pool.positions(array, name)
        if any(isinstance(value, Continuation) for value in (*args, *kwargs.values())):
            refuse(name, "an argument other than the first is continued")
        if pool.run is None:
            return func(array, *args, **kwargs)
        return pool.gather(func(positions, *args, **kwargs), writable=writable)

    return handler


_func: Any
for _func in (
    *(
        np.repeat,
        np.tile,
        np.roll,
        np.take,
        np.take_along_axis,
        np.compress,
        np.extract,
        np.delete,
        np.trim_zeros,
    ),
    *(np.triu, np.tril, np.diagflat, np.resize),
):
    FUNCTIONS[_func] = _moved(_func, writable=True)
for _func in (
    *(np.moveaxis, np.rollaxis, np.squeeze, np.expand_dims, np.broadcast_to, np.flip, np.fliplr, np.flipud),
    *(
        np.rot90,
        np.diagonal,
        np.diag,
        np.split,
        np.array_split,
        np.vsplit,
        np.hsplit,
        np.dsplit,
    ),
    np.matrix_transpose,
):
    FUNCTIONS[_func] = _moved(_func, writable=False)


@register(np.extract)
def _extract(condition: Any, array: Any) -> Any:
    return np.ravel(array)[np.flatnonzero(condition)]


@register(np.compress)
def _compress(condition: Any, array: Any, axis: int | None = None) -> Any:
    return np.take(array, np.flatnonzero(condition), axis=axis)


@register(np.trim_zeros)
def _trim_zeros(array: Any, trim: str = "fb") -> Any:
    kept = np.flatnonzero(array != 0.0)
    first = kept[0] if "f" in trim and kept.size else 0
    last = kept[-1] + 1 if "b" in trim and kept.size else (len(array) if kept.size else 0)
    return array[first:last]


def _joined(func: Any) -> Callable[..., Any]:
    """Continue a function of a sequence of arrays."""
    name = f"numpy.{func.__name__}"

    def handler(arrays: Any, *args: Any, **kwargs: Any) -> Any:
        _only_float64(name, kwargs)
        pool = _Pool()
        return pool.gather(func([pool.positions(a, name) for a in arrays], *args, **kwargs), writable=True)

    return handler


def _only_float64(name: str, kwargs: dict[str, Any]) -> None:
    """Refuse a dtype other than float64, and drop it: positions are integers."""
    dtype = kwargs.pop("dtype", None)
    if dtype is not None and np.dtype(dtype) != np.dtype(np.float64):
        refuse(
            name, f"a result of dtype {np.dtype(dtype)} cannot hold the infinitesimal part", "keep float64"
        )


for _func in (np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack):
    FUNCTIONS[_func] = _joined(_func)


@register(np.block)
def _block(arrays: Any) -> Any:
    pool = _Pool()

    def inner(part: Any) -> Any:
        return (
            [inner(each) for each in part] if isinstance(part, list) else pool.positions(part, "numpy.block")
        )

    return pool.gather(np.block(inner(arrays)), writable=True)


@register(np.append)
def _append(array: Any, values: Any, axis: int | None = None) -> Any:
    pool = _Pool()
    found = np.append(
        pool.positions(array, "numpy.append"), pool.positions(values, "numpy.append"), axis=axis
    )
    return pool.gather(found, writable=True)


@register(np.insert)
def _insert(array: Any, index: Any, values: Any, axis: int | None = None) -> Any:
    pool = _Pool()
    into, new = pool.positions(array, "numpy.insert"), pool.positions(values, "numpy.insert")
    return pool.gather(np.insert(into, index, new, axis=axis), writable=True)


@register(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    condition = _truth(condition, "numpy.where")
    if not choices:
        return np.where(condition)
    pool = _Pool()
    a, b = (pool.positions(choice, "numpy.where") for choice in choices)
    if pool.run is None:
        return np.where(condition, *choices)
    return pool.gather(np.where(condition, a, b), writable=True)


@register(np.select)
def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    pool = _Pool()
    plain = [_truth(condition, "numpy.select") for condition in conditions]
    options = [pool.positions(choice, "numpy.select") for choice in choices]
    return pool.gather(np.select(plain, options, pool.positions(default, "numpy.select")), writable=True)


@register(np.choose)
def _choose(index: Any, choices: Any, mode: str = "raise") -> Any:
    pool = _Pool()
    if isinstance(index, Continuation):
        refuse("numpy.choose", "a continued array cannot be an index")
    return pool.gather(
        np.choose(index, [pool.positions(c, "numpy.choose") for c in choices], mode=mode),  # type: ignore[call-overload]
        writable=True,
    )


def _truth(condition: Any, name: str) -> Any:
    """Return a plain condition; a continued one holds where it is not zero; a zero that moves is a tie."""
    del name
    return condition != 0.0 if isinstance(condition, Continuation) else condition


@register(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    if mode in ("mean", "linear_ramp", "median", "maximum", "minimum") or callable(mode):
        refuse("numpy.pad", f"mode={mode!r} is not continued")
    if (
        np.any(np.asarray(kwargs.get("constant_values", 0)) != 0)
        or kwargs.get("reflect_type", "even") != "even"
    ):
        refuse("numpy.pad", "only zeros and even reflections are continued")
    pool = _Pool()
    positions = pool.positions(array, "numpy.pad")
    return pool.gather(np.pad(positions, pad_width, mode=mode, **kwargs), writable=True)  # type: ignore[call-overload]


@register(np.reshape)
def _reshape(
    array: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None
) -> Any:
    return array.reshape(newshape if shape is None else shape, order=order, copy=copy)


@register(np.ravel)
def _ravel(array: Any, order: str = "C") -> Any:
    return array.reshape(-1, order="C" if order == "K" else order)


@register(np.transpose, np.permute_dims)
def _transpose(array: Any, axes: Any = None) -> Any:
    return array.transpose(*(() if axes is None else (axes,)))


@register(np.swapaxes)
def _swapaxes(array: Any, axis1: int, axis2: int) -> Any:
    return array.swapaxes(axis1, axis2)


@register(np.copy)
def _copy(array: Any, order: str = "K", subok: bool = False) -> Any:
    del order, subok
    return array.copy()


@register(np.real, np.conj)
def _real(array: Any) -> Any:
    return array


@register(np.imag)
def _imag(array: Any) -> Any:
    return array.imag


def _at_least(ndim: int, func: Any) -> Callable[..., Any]:
    def handler(*arrays: Any) -> Any:
        raised = [
            lift(array, func.__name__) if np.ndim(array) >= ndim else _moved(func, writable=False)(array)
            for array in arrays
        ]
        return raised[0] if len(raised) == 1 else tuple(raised)

    return handler


FUNCTIONS[np.atleast_1d] = _at_least(1, np.atleast_1d)
FUNCTIONS[np.atleast_2d] = _at_least(2, np.atleast_2d)
FUNCTIONS[np.atleast_3d] = _at_least(3, np.atleast_3d)


@register(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Any, subok: bool = False) -> Any:
    del subok
    shape = np.broadcast_shapes(*(np.shape(array) for array in arrays))
    return tuple(np.broadcast_to(array, shape) for array in arrays)


@register(np.meshgrid)
def _meshgrid(*arrays: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    del copy
    pool = _Pool()
    found = np.meshgrid(
        *(pool.positions(array, "numpy.meshgrid") for array in arrays), sparse=sparse, indexing=indexing
    )
    return pool.gather(tuple(found), writable=True)


def _filled(value: float | None) -> Callable[..., Any]:
    """Make a buffer of our type, so that ``y = np.empty_like(x); y[0] = x[0]`` loses nothing."""

    def handler(array: Any, *args: Any, dtype: Any = None, shape: Any = None, **kwargs: Any) -> Any:
        fill = value if value is not None else (args[0] if args else kwargs["fill_value"])
        extents = array.shape if shape is None else shape
        if dtype is not None and np.dtype(dtype) not in (np.dtype(np.float64), np.dtype(object)):
            if np.dtype(dtype).kind in "biu" and not isinstance(fill, Continuation):
                return np.full(extents, fill, dtype=dtype)
            refuse(
                "numpy.*_like",
                f"a buffer of dtype {np.dtype(dtype)} drops the infinitesimal part",
                "keep float64",
            )
        made = Continuation.seed(np.zeros(extents), np.zeros(extents), array.run)
        made[...] = fill
        return made

    return handler


FUNCTIONS[np.zeros_like] = _filled(0.0)
FUNCTIONS[np.empty_like] = _filled(0.0)
FUNCTIONS[np.ones_like] = _filled(1.0)
FUNCTIONS[np.full_like] = _filled(None)


@register(np.shape)
def _shape(array: Any) -> tuple[int, ...]:
    return tuple(array.shape)


@register(np.ndim)
def _ndim(array: Any) -> int:
    return int(array.ndim)


@register(np.size)
def _size(array: Any, axis: int | None = None) -> int:
    return int(array.size if axis is None else array.shape[axis])


@register(np.result_type, np.can_cast, np.common_type)
def _result_type(*operands: Any) -> Any:
    return np.result_type(*(np.float64 if isinstance(each, Continuation) else each for each in operands))


@register(np.iscomplexobj)
def _iscomplexobj(array: Any) -> bool:
    del array
    return False


@register(np.isrealobj)
def _isrealobj(array: Any) -> bool:
    del array
    return True


@register(np.isreal)
def _isreal(array: Any) -> Any:
    return np.ones(array.shape, dtype=bool)


@register(np.real_if_close)
def _real_if_close(array: Any, tol: float = 100) -> Any:
    del tol
    return array
