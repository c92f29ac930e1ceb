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

from gradcheck.estimators.continuation_trace import REPLICAS, Array, Trace, refuse
from gradcheck.estimators.continuation_ufuncs import BINARY, COMPARISONS, JUMPS, TESTS, UNARY, special_rule

__all__ = ["FUNCTIONS", "UFUNC_METHODS", "Continuation", "lift"]

# numpy function -> handler(trace, *args, **kwargs); filled by continuation_structure and its siblings.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
# (ufunc, method) -> handler(trace, *inputs, **kwargs), such as (np.add, "reduce").
UFUNC_METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}

_PLAIN = (float, int, bool, np.floating, np.integer, np.bool_)
_ALL = slice(None)


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


class Continuation:
    """A float64 array whose entries carry an infinitesimal part.

    Behaves as a real array: ``real`` and ``conj`` are the identity, ``imag`` is
    0, comparisons, sorting and rounding look at the real part.

    Attributes
    ----------
    primals
        The real parts, shape ``(REPLICAS,) + shape``; the first is exact, the others
        are moved by rounding-sized noise to measure what rounding does.
    tangents
        The infinitesimal parts, same shape, in units of the infinitesimal.
    run
        What the run has met so far.

    Examples
    --------
    >>> x = Continuation.seed(np.array([3.0]), np.array([1.0]), Trace())
    >>> (x * x).tangents[0]
    array([6.])
    """

    __slots__ = ("primals", "run", "tangents")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1e6

    def __init__(self, primals: Array, tangents: Array, trace: Trace) -> None:
        self.primals = primals
        self.tangents = tangents
        self.run = trace

    @classmethod
    def seed(cls, point: Array, direction: Array, trace: Trace) -> Continuation:
        """Return the array at ``point`` moving in ``direction``, both of the same shape."""
        shape = (REPLICAS, *np.shape(point))
        primals, tangents = np.empty(shape), np.empty(shape)
        primals[...] = point
        tangents[...] = direction
        return cls(primals, tangents, trace)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape as the function sees it."""
        return self.primals.shape[1:]

    @property
    def ndim(self) -> int:
        """Number of axes as the function sees it."""
        return self.primals.ndim - 1

    @property
    def size(self) -> int:
        """Number of entries as the function sees it."""
        return self.primals.size // REPLICAS

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always float64."""
        return np.dtype(np.float64)

    @property
    def itemsize(self) -> int:
        """Bytes of one float64."""
        return 8

    @property
    def nbytes(self) -> int:
        """Bytes of the float64 array that this one stands for."""
        return 8 * self.size

    @property
    def T(self) -> Continuation:
        """The array with its axes reversed (a view)."""
        return self.transpose()

    @property
    def mT(self) -> Continuation:
        """The array with its last two axes swapped (a view)."""
        return Continuation(self.primals.swapaxes(-1, -2), self.tangents.swapaxes(-1, -2), self.run)

    @property
    def real(self) -> Continuation:
        """The array itself: it represents real numbers."""
        return self

    @property
    def imag(self) -> Array:
        """Zero: the infinitesimal part is not the imaginary part of a result."""
        return np.zeros(self.shape)

    @property
    def flat(self) -> Iterator[Any]:
        """Iterate over the entries in C order."""
        return iter(self.reshape(-1))

    def conj(self) -> Continuation:
        """Return a copy: the conjugate of a real number is itself."""
        return self.copy()

    conjugate = conj

    def copy(self, order: str = "C") -> Continuation:
        """Return a copy that shares nothing."""
        del order
        return Continuation(self.primals.copy(), self.tangents.copy(), self.run)

    def __copy__(self) -> Continuation:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Continuation:
        return self.copy()

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Continuation:
        """Return a copy for float64 or object; any other dtype would drop the infinitesimal part or round."""
        if np.dtype(dtype) not in (np.dtype(np.float64), np.dtype(object)):
            refuse("astype", f"a cast to {np.dtype(dtype)} drops the infinitesimal part", "keep float64")
        return self.copy()

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Continuation:
        """Return the entries in another shape (a view where NumPy gives one)."""
        del copy
        if order != "C":
            refuse("reshape", f"order={order!r} is not supported", "use order='C'")
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
        extents = (REPLICAS, *(wanted if isinstance(wanted, (tuple, list)) else (wanted,)))
        if self.size == 0 and -1 in extents:
            extents = (REPLICAS, *np.empty(self.shape).reshape(extents[1:]).shape)
        return Continuation(self.primals.reshape(extents), self.tangents.reshape(extents), self.run)

    def transpose(self, *axes: Any) -> Continuation:
        """Return the array with its axes permuted (a view)."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)) else axes
        order = tuple(range(self.ndim))[::-1] if not order else tuple(int(axis) % self.ndim for axis in order)
        moved = (0, *(axis + 1 for axis in order))
        return Continuation(self.primals.transpose(moved), self.tangents.transpose(moved), self.run)

    def swapaxes(self, first: int, second: int) -> Continuation:
        """Return the array with two axes swapped (a view)."""
        a, b = first % self.ndim + 1, second % self.ndim + 1
        return Continuation(self.primals.swapaxes(a, b), self.tangents.swapaxes(a, b), self.run)

    def flatten(self, order: str = "C") -> Continuation:
        """Return a copy of the entries on one axis."""
        return self.reshape(-1, order=order).copy()

    def view(self, *args: Any) -> Continuation:
        """Return a view as float64; refuse any other."""
        if args and np.dtype(args[0]) != np.dtype(np.float64):
            refuse("view", "the bytes of a continued number cannot be reinterpreted")
        return Continuation(self.primals.view(), self.tangents.view(), self.run)

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value

    def _positions(self, key: Any) -> Array:
        """Return the flat positions that ``key`` selects: the same for every replica."""
        return np.arange(self.size).reshape(self.shape)[key]

    def __getitem__(self, key: Any) -> Continuation:
        index = _basic(key)
        if index is not None:
            return Continuation(self.primals[index], self.tangents[index], self.run)
        found = self._positions(_unlifted(key))
        flat = (REPLICAS, self.size)
        return Continuation(
            self.primals.reshape(flat)[:, found], self.tangents.reshape(flat)[:, found], self.run
        )

    def __setitem__(self, key: Any, value: Any) -> None:
        index = _basic(key)
        value = lift(value, "assignment")
        p, t = (value.primals, value.tangents) if isinstance(value, Continuation) else (value, 0.0)
        if index is None:
            positions = self._positions(_unlifted(key))
            targets: tuple[Any, ...] = (_ALL, *np.unravel_index(positions, self.shape))
            extent = positions.ndim
        else:
            targets, extent = index, self.primals[index].ndim - 1
        if isinstance(value, Continuation):
            p, t = _assignable(p, extent), _assignable(t, extent)
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
        refuse("float()", "a plain number cannot hold the infinitesimal part", "keep the array, use np.* for math.*")

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
            return _stored(apply(ufunc, *inputs), out, ufunc.__name__)
        handler = UFUNC_METHODS.get((ufunc, method))
        if handler is None:
            refuse(f"{ufunc.__name__}.{method}", "it is not continued")
        return _stored(handler(self.run, *inputs, **kwargs), out, f"{ufunc.__name__}.{method}")

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
    __eq__, __ne__ = _operator(np.equal), _operator(np.not_equal)  # type: ignore[assignment]
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

_FLOAT64 = (None, float, np.float64, np.dtype(np.float64), "float64", "d")


def _basic(key: Any) -> tuple[Any, ...] | None:
    """Return the index behind the replica axis for integers, slices, None and Ellipsis; None otherwise."""
    if isinstance(key, (int, slice)) and not isinstance(key, bool):
        return (_ALL, key)
    if isinstance(key, tuple):
        for part in key:
            if isinstance(part, bool) or not (part is None or part is Ellipsis or isinstance(part, _BASIC)):
                return None
        return (_ALL, *key)
    return (_ALL, key) if key is None or key is Ellipsis else None


_BASIC = (int, np.integer, slice)


def _unlifted(key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, Continuation) for part in parts):
        refuse("index", "a continued array cannot be an index")
    return key


def _assignable(values: Array, extent: int) -> Array:
    """Give ``values`` as many axes behind the replicas as the target has, so that they broadcast there."""
    missing = extent - (values.ndim - 1)
    if missing < 0:
        return values.reshape(REPLICAS, *values.shape[1 - missing :])
    return values.reshape(REPLICAS, *(1,) * missing, *values.shape[1:])


def lift(value: Any, operation: str) -> Any:
    """Return a Continuation or a plain real scalar or array; gather an object array of continued scalars."""
    if isinstance(value, (Continuation, *_PLAIN)):
        return value
    array = np.asarray(value)
    if array.dtype == object:
        return _gathered(array, operation)
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        refuse(operation, f"an operand of dtype {array.dtype} is not real")
    return array if array.dtype.itemsize <= 8 else array.astype(np.float64)


def _gathered(boxed: np.ndarray[Any, Any], operation: str) -> Any:
    """Return the Continuation whose entries are the objects of ``boxed``: continued scalars and plain numbers."""
    trace = None
    primals, tangents = np.empty((REPLICAS, boxed.size)), np.zeros((REPLICAS, boxed.size))
    for position, entry in enumerate(boxed.reshape(-1)):
        if isinstance(entry, Continuation) and entry.size == 1:
            trace = entry.run
            primals[:, position] = entry.primals.reshape(REPLICAS)
            tangents[:, position] = entry.tangents.reshape(REPLICAS)
        elif isinstance(entry, _PLAIN):
            primals[:, position] = entry
        else:
            refuse(operation, f"an object array holds a {type(entry).__name__}", "use float arrays")
    if trace is None:
        return primals[0].reshape(boxed.shape)
    shape = (REPLICAS, *boxed.shape)
    return Continuation(primals.reshape(shape), tangents.reshape(shape), trace)


def _aligned(value: Any, ndim: int) -> tuple[Any, Any]:
    """Return primal and tangent (None for a constant) with ``ndim`` axes behind the replicas."""
    if not isinstance(value, Continuation):
        return value, None
    p, t = value.primals, value.tangents
    if p.ndim - 1 < ndim:
        shape = (REPLICAS, *(1,) * (ndim - p.ndim + 1), *p.shape[1:])
        return p.reshape(shape), t.reshape(shape)
    return p, t


def apply(ufunc: np.ufunc, *inputs: Any) -> Any:
    """Return ``ufunc(*inputs)`` continued: a Continuation, or plain truth values or jumps."""
    rule: Any = UNARY.get(ufunc)
    if rule is not None:
        x = lift(inputs[0], ufunc.__name__)
        return Continuation(*rule(x.run, x.primals, x.tangents), x.run)
    name = ufunc.__name__
    lifted = [lift(value, name) for value in inputs]
    continued = [value for value in lifted if isinstance(value, Continuation)]
    if not continued:
        return ufunc(*lifted)
    trace = continued[0].run
    rule = BINARY.get(ufunc)
    if rule is not None:
        a, b = lifted
        if ufunc is np.power and isinstance(b, (int, float)) and b == 2:
            return apply(np.square, a)
        ndim = max(value.ndim if hasattr(value, "ndim") else 0 for value in lifted)
        return Continuation(*rule(trace, *_aligned(a, ndim), *_aligned(b, ndim)), trace)
    if ufunc in COMPARISONS:
        return _compared(trace, ufunc, *lifted)
    return _plain_or_special(trace, ufunc, lifted)


def _plain_or_special(trace: Trace, ufunc: np.ufunc, lifted: list[Any]) -> Any:
    name = ufunc.__name__
    reals = [value.primals[0] if isinstance(value, Continuation) else value for value in lifted]
    if ufunc in TESTS:
        return ufunc(*reals)
    if ufunc in JUMPS:
        return _jump(trace, ufunc, lifted, reals)
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
        return Continuation(*rule(trace, lifted[0].primals, lifted[0].tangents), trace)
    ndim = max(np.ndim(value) for value in lifted)
    pairs = [part for value in lifted for part in _aligned(value, ndim)]
    return Continuation(*rule(trace, *pairs), trace)


def _jump(trace: Trace, ufunc: np.ufunc, lifted: list[Any], reals: list[Any]) -> Any:
    """Return the piecewise constant real result; a tie where the argument sits on the jump and moves."""
    trace.jump(ufunc.__name__)
    result = ufunc(*reals)
    ratio = np.true_divide(*reals) if ufunc is np.floor_divide else reals[0]
    moving = np.zeros((), dtype=bool)
    for value in lifted:
        if isinstance(value, Continuation):
            moving = moving | (value.tangents[0] != 0.0)
    if ufunc in (np.sign, np.heaviside):
        edge = np.equal(ratio, 0.0)
    elif JUMPS[ufunc]:
        edge = np.equal(ratio, np.floor(ratio))
    else:
        edge = np.equal(np.abs(ratio - np.trunc(ratio)), 0.5)
    trace.tie(ufunc.__name__, edge & moving)
    return result


def _compared(trace: Trace, ufunc: np.ufunc, a: Any, b: Any) -> Any:
    """Compare real parts; a tie where they are equal but move apart, or where rounding decides."""
    ndim = max(np.ndim(a), np.ndim(b))
    (pa, ta), (pb, tb) = _aligned(a, ndim), _aligned(b, ndim)
    outcome = ufunc(pa, pb)
    moved = np.not_equal(0.0 if ta is None else ta, 0.0 if tb is None else tb)
    undecided = (outcome != outcome[0]).any(axis=0) | np.equal(pa, pb)[0]
    if undecided.any():
        trace.tie(ufunc.__name__, undecided & moved.any(axis=0))
    return outcome[0]


def _stored(result: Any, out: Any, name: str) -> Any:
    """Write ``result`` into ``out``; refuse a plain buffer, which would drop the infinitesimal part."""
    if out is None:
        return result
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if isinstance(target, Continuation):
        target[...] = result
        return target
    if isinstance(result, Continuation):
        refuse(f"{name}(out=)", "a plain buffer cannot hold the infinitesimal part", "make it with np.empty_like(x)")
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
    return _stored(handler(*args, **kwargs), out, name)
