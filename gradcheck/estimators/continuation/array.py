"""A real array with an infinitesimal part, which refuses what it cannot continue.

:class:`Continuation` stands in for a float64 array while ``f`` runs.  It is no
``ndarray`` subclass: whatever NumPy would do with a subclass behind its back
(drop a tangent into a float buffer, take the modulus of a complex number)
comes here instead, through ``__array_ufunc__`` and ``__array_function__``, and
is either continued or refused by name and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.carrier import Carrier, basic_index, plain_index
from gradcheck.estimators.continuation.dispatch import UFUNC_METHODS, apply, dispatch, lift, stored
from gradcheck.estimators.continuation.trace import refuse
from gradcheck.estimators.continuation.ufuncs import UNARY

__all__ = ["Continuation"]

_ALL = slice(None)
_FLOAT64 = (None, float, np.float64, np.dtype(np.float64), "float64", "d")


def _assignable(values: Array, extent: int) -> Array:
    """Give ``values`` as many axes behind the replicas as the target has, so that they broadcast there."""
    missing = extent - (values.ndim - 1)
    if missing < 0:
        return values.reshape(len(values), *values.shape[1 - missing :])
    return values.reshape(len(values), *(1,) * missing, *values.shape[1:])


def _operator(ufunc: np.ufunc, *, reflected: bool = False) -> Callable[[Continuation, Any], Any]:
    def method(self: Continuation, other: Any) -> Any:
        return apply(ufunc, other, self) if reflected else apply(ufunc, self, other)

    return method


def _in_place(ufunc: np.ufunc) -> Callable[[Continuation, Any], Any]:
    def method(self: Continuation, other: Any) -> Any:
        self[...] = apply(ufunc, self, other)
        return self

    return method


def _unary(ufunc: np.ufunc) -> Callable[[Continuation], Any]:
    def method(self: Continuation) -> Any:
        return apply(ufunc, self)

    return method


def _function(name: str) -> Callable[..., Any]:
    def method(self: Continuation, *args: Any, **kwargs: Any) -> Any:
        return dispatch(getattr(np, name), (self, *args), kwargs)

    return method


class Continuation(Carrier):
    """A float64 array whose entries carry an infinitesimal part.

    Behaves as a real array: ``real`` and ``conj`` are the identity, ``imag`` is
    0, comparisons, sorting and rounding look at the real part.

    Examples
    --------
    >>> from gradcheck.estimators.continuation.trace import Trace
    >>> x = Continuation.seed(np.array([3.0]), np.array([1.0]), Trace())
    >>> (x * x).tangents[0]
    array([6.])
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1e6

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value

    def __setitem__(self, key: Any, value: Any) -> None:
        index = basic_index(key)
        value = lift(value, "assignment")
        p: Any = value
        t: Any = 0.0
        if index is None:
            positions = self._positions(plain_index(key))
            targets: tuple[Any, ...] = (_ALL, *np.unravel_index(positions, self.shape))
            extent = positions.ndim
        else:
            targets, extent = index, self.primals[index].ndim - 1
        if isinstance(value, Continuation):
            p, t = _assignable(value.primals, extent), _assignable(value.tangents, extent)
        self.primals[targets] = p
        self.tangents[targets] = t

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def __bool__(self) -> bool:
        return bool(self != 0.0)

    def __repr__(self) -> str:
        return f"Continuation(shape={self.shape})"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __float__(self) -> float:
        refuse(
            "float()",
            "a plain number cannot hold the infinitesimal part",
            "keep the array, use np.* for math.*",
        )

    def __int__(self) -> int:
        refuse("int()", "a plain number cannot hold the infinitesimal part")

    def __complex__(self) -> complex:
        refuse("complex()", "a plain number cannot hold the infinitesimal part")

    def __index__(self) -> int:
        refuse("index", "a continued number cannot be an index")

    def item(self, *args: Any) -> float:
        """Refuse: a plain number cannot hold the infinitesimal part."""
        refuse("item", "a plain number cannot hold the infinitesimal part", "index with [()] or [i]")

    def tolist(self) -> list[Any]:
        """Refuse: plain numbers cannot hold the infinitesimal part."""
        refuse("tolist", "plain numbers cannot hold the infinitesimal part", "iterate over the array")

    def __round__(self, ndigits: int | None = None) -> Any:
        return dispatch(np.round, (self, ndigits or 0), {})

    def __divmod__(self, other: Any) -> Any:
        return apply(np.floor_divide, self, other), apply(np.remainder, self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return apply(np.floor_divide, other, self), apply(np.remainder, other, self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            refuse(
                f"array(dtype={np.dtype(dtype)})",
                "a plain array cannot hold the infinitesimal part",
                "leave the conversion out, or make the buffer with np.empty_like(x)",
            )
        self.run.boxed = True
        self.run.apart |= self.ndim > 0
        boxed = np.empty(self.shape, dtype=object)
        for position in np.ndindex(self.shape):
            boxed[position] = self[position]
        return boxed

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Return NumPy: its functions come here through the array protocols."""
        del api_version
        return np

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if method == "__call__":
            kwargs = {
                name: value
                for name, value in kwargs.items()
                if not ((name == "where" and value is True) or (name == "dtype" and value in _FLOAT64))
            }
            if kwargs:
                refuse(ufunc.__name__, f"the keyword(s) {', '.join(kwargs)} cannot be continued")
            return stored(apply(ufunc, *inputs), out, ufunc.__name__)
        handler = UFUNC_METHODS.get((ufunc, method))
        if handler is None:
            refuse(f"{ufunc.__name__}.{method}", "it is not continued")
        return stored(handler(self.run, *inputs, **kwargs), out, f"{ufunc.__name__}.{method}")

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return dispatch(func, args, kwargs)

    __add__, __radd__, __iadd__ = _operator(np.add), _operator(np.add, reflected=True), _in_place(np.add)
    __sub__, __isub__ = _operator(np.subtract), _in_place(np.subtract)
    __rsub__ = _operator(np.subtract, reflected=True)
    __mul__, __imul__ = _operator(np.multiply), _in_place(np.multiply)
    __rmul__ = _operator(np.multiply, reflected=True)
    __truediv__, __itruediv__ = _operator(np.true_divide), _in_place(np.true_divide)
    __rtruediv__ = _operator(np.true_divide, reflected=True)
    __floordiv__, __rfloordiv__ = _operator(np.floor_divide), _operator(np.floor_divide, reflected=True)
    __mod__, __rmod__ = _operator(np.remainder), _operator(np.remainder, reflected=True)
    __pow__, __ipow__ = _operator(np.power), _in_place(np.power)
    __rpow__ = _operator(np.power, reflected=True)
    __matmul__, __rmatmul__ = _operator(np.matmul), _operator(np.matmul, reflected=True)
    __lt__, __le__ = _operator(np.less), _operator(np.less_equal)
    __gt__, __ge__ = _operator(np.greater), _operator(np.greater_equal)
    __eq__, __ne__ = _operator(np.equal), _operator(np.not_equal)
    __neg__, __pos__, __abs__ = _unary(np.negative), _unary(np.positive), _unary(np.absolute)
    __floor__, __ceil__, __trunc__ = _unary(np.floor), _unary(np.ceil), _unary(np.trunc)


# NumPy's ufuncs on object arrays call the entries' methods of the same name: x.sin(), x.exp().
for _ufunc in (*UNARY, np.floor, np.ceil, np.trunc, np.rint):
    if not hasattr(Continuation, _ufunc.__name__):
        setattr(Continuation, _ufunc.__name__, _unary(_ufunc))
for _ufunc in (np.hypot, np.arctan2, np.logaddexp, np.logaddexp2, np.fmod):
    setattr(Continuation, _ufunc.__name__, _operator(_ufunc))
for _name in (
    *("sum", "prod", "mean", "std", "var", "cumsum", "cumprod", "max", "min", "argmax", "argmin", "argsort"),
    *("any", "all", "dot", "clip", "round", "trace", "diagonal", "squeeze", "ravel", "repeat", "take"),
    *("nonzero", "searchsorted", "compress"),
):
    setattr(Continuation, _name, _function(_name))
