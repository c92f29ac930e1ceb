"""The data of a continued array, its views and its indexing.

Arrays have a leading axis of replicas (see :mod:`gradcheck.estimators.continuation.trace`)
that the function under test does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.trace import REPLICAS, Trace, refuse

__all__ = ["Carrier", "basic_index", "plain_index"]

_ALL = slice(None)
_BASIC = (int, np.integer, slice)


def basic_index(key: Any) -> tuple[Any, ...] | None:
    """Return the index behind the replica axis for integers, slices, None and Ellipsis; None otherwise."""
    if isinstance(key, (int, slice)) and not isinstance(key, bool):
        return (_ALL, key)
    if isinstance(key, tuple):
        for part in key:
            if isinstance(part, bool) or not (part is None or part is Ellipsis or isinstance(part, _BASIC)):
                return None
        return (_ALL, *key)
    return (_ALL, key) if key is None or key is Ellipsis else None


def plain_index(key: Any) -> Any:
    """Return ``key``; refuse a continued array in it, whose derivative would be lost."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, Carrier) for part in parts):
        refuse("index", "a continued array cannot be an index")
    return key


class Carrier:
    """Primal and tangent of a float64 array, and what is only a matter of where entries lie.

    Attributes
    ----------
    primals
        The real parts, shape ``(run.copies,) + shape``; the first is exact, the next
        are moved by rounding-sized noise to measure what rounding does, any further ones
        come from points beside the first's.
    tangents
        The infinitesimal parts, same shape, in units of the infinitesimal.
    run
        What the run has met so far.
    """

    __slots__ = ("primals", "run", "tangents")

    def __init__(self, primals: Array, tangents: Array, trace: Trace) -> None:
        self.primals = primals
        self.tangents = tangents
        self.run = trace

    @classmethod
    def paired(cls, pair: tuple[Array, Array], run: Trace) -> Self:
        """Return the array of a primal and a tangent."""
        return cls(pair[0], pair[1], run)

    @classmethod
    def seed(cls, point: Array, direction: Array, trace: Trace, beside: Array | None = None) -> Self:
        """Return the array at ``point`` moving in ``direction``: of its shape, or a stack of them.

        ``beside`` holds as many other points as ``trace`` has further copies, one a row.
        """
        shape = np.shape(point)
        each = (trace.directions, trace.copies // trace.directions, *shape)
        primals, tangents = np.empty(each), np.empty(each)
        primals[...] = point
        if beside is not None:
            primals[:, REPLICAS:] = beside
        count = trace.directions if np.ndim(direction) > len(shape) else 1
        tangents[...] = np.reshape(direction, (count, 1, *shape))
        whole = (trace.copies, *shape)
        return cls(primals.reshape(whole), tangents.reshape(whole), trace)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape as the function sees it."""
        return tuple(self.primals.shape[1:])

    @property
    def ndim(self) -> int:
        """Number of axes as the function sees it."""
        return self.primals.ndim - 1

    @property
    def size(self) -> int:
        """Number of entries as the function sees it."""
        return self.primals.size // len(self.primals)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64; object for a number of a run in which ``np.asarray`` has made an array of such numbers.

        NumPy's mean of an object array ends in ``sum.dtype.type(sum / n)``, which float64 would not survive.
        """
        return np.dtype(object) if self.run.boxed and self.ndim == 0 else np.dtype(np.float64)

    @property
    def itemsize(self) -> int:
        """Bytes of one float64."""
        return 8

    @property
    def nbytes(self) -> int:
        """Bytes of the float64 array that this one stands for."""
        return 8 * self.size

    @property
    def T(self) -> Self:
        """The array with its axes reversed (a view)."""
        return self.transpose()

    @property
    def mT(self) -> Self:
        """The array with its last two axes swapped (a view)."""
        return type(self)(self.primals.swapaxes(-1, -2), self.tangents.swapaxes(-1, -2), self.run)

    @property
    def real(self) -> Self:
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

    def conj(self) -> Self:
        """Return a copy: the conjugate of a real number is itself."""
        return self.copy()

    conjugate = conj

    def copy(self, order: str = "C") -> Self:
        """Return a copy that shares nothing."""
        del order
        return type(self)(self.primals.copy(), self.tangents.copy(), self.run)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Self:
        return self.copy()

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Self:
        """Return a copy for float64 or object; any other dtype would drop the infinitesimal part or round."""
        if np.dtype(dtype) not in (np.dtype(np.float64), np.dtype(object)):
            refuse("astype", f"a cast to {np.dtype(dtype)} drops the infinitesimal part", "keep float64")
        return self.copy()

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Self:
        """Return the entries in another shape (a view where NumPy gives one)."""
        del copy
        if order != "C":
            refuse("reshape", f"order={order!r} is not supported", "use order='C'")
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
        extents = (len(self.primals), *(wanted if isinstance(wanted, (tuple, list)) else (wanted,)))
        if self.size == 0 and -1 in extents:
            extents = (len(self.primals), *np.empty(self.shape).reshape(extents[1:]).shape)
        return type(self)(self.primals.reshape(extents), self.tangents.reshape(extents), self.run)

    def transpose(self, *axes: Any) -> Self:
        """Return the array with its axes permuted (a view)."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)) else axes
        order = tuple(range(self.ndim))[::-1] if not order else tuple(int(axis) % self.ndim for axis in order)
        moved = (0, *(axis + 1 for axis in order))
        return type(self)(self.primals.transpose(moved), self.tangents.transpose(moved), self.run)

    def swapaxes(self, first: int, second: int) -> Self:
        """Return the array with two axes swapped (a view)."""
        a, b = first % self.ndim + 1, second % self.ndim + 1
        return type(self)(self.primals.swapaxes(a, b), self.tangents.swapaxes(a, b), self.run)

    def flatten(self, order: str = "C") -> Self:
        """Return a copy of the entries on one axis."""
        return self.reshape(-1, order=order).copy()

    def view(self, *args: Any) -> Self:
        """Return a view as float64; refuse any other."""
        if args and np.dtype(args[0]) != np.dtype(np.float64):
            refuse("view", "the bytes of a continued number cannot be reinterpreted")
        return type(self)(self.primals.view(), self.tangents.view(), self.run)

    def _positions(self, key: Any) -> Array:
        """Return the flat positions that ``key`` selects: the same for every replica."""
        return np.asarray(np.arange(self.size).reshape(self.shape)[key])

    def __getitem__(self, key: Any) -> Self:
        index = basic_index(key)
        if index is not None:
            return type(self)(self.primals[index], self.tangents[index], self.run)
        found = self._positions(plain_index(key))
        flat = (len(self.primals), self.size)
        return type(self)(
            self.primals.reshape(flat)[:, found], self.tangents.reshape(flat)[:, found], self.run
        )
