"""The arguments of one call to an autodiff system, in the precision asked for.

The system takes arrays; everything else (an integer axis, a string, None)
reaches the function as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Call", "floating"]

_PRECISIONS = ("float64", "float32", "float16", "bfloat16")


def floating(dtype: np.dtype[Any]) -> bool:
    """Whether ``dtype`` is a real floating-point format, bfloat16 included."""
    return dtype.kind == "f" or dtype.name == "bfloat16"


@dataclass(frozen=True)
class Call:
    """The arguments of one call: arrays in the wanted precision, everything else as it came.

    ``arrays`` and ``fixed`` go by position; the varied argument ``x`` is in neither.
    """

    x: Array
    argnum: int
    count: int
    arrays: dict[int, Array]
    fixed: dict[int, Any]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, args: Sequence[Any], argnum: int, dtype: DTypeLike | None) -> Call:
        """Sort ``args``; ``InvalidArgument`` when ``args[argnum]`` does not exist or is not real."""
        if not -len(args) <= argnum < len(args):
            raise InvalidArgument.of(
                "argnum", argnum, f"an index into {len(args)} argument(s)", "count from 0"
            )
        argnum %= len(args)
        given = np.asarray(args[argnum])
        if not (floating(given.dtype) or given.dtype.kind in "iub"):
            raise InvalidArgument.of(
                f"argument {argnum}", f"dtype {given.dtype}", "real numbers", "pass a float array"
            )
        precision = _asked(dtype, given.dtype)
        others = {index: other for index, other in enumerate(args) if index != argnum}
        arrays = {
            index: _cast(other, precision)
            for index, other in others.items()
            if isinstance(other, (np.ndarray, np.generic, float))
        }
        fixed = {index: other for index, other in others.items() if index not in arrays}
        with np.errstate(all="ignore"):
            return cls(given.astype(precision), argnum, len(args), arrays, fixed, precision)

    def apply(self, f: Callable[..., Any], x: Any, arrays: dict[int, Any]) -> Any:
        """Call ``f`` with ``x`` in the varied place and ``arrays`` in theirs."""
        given = {self.argnum: x} | arrays | self.fixed
        return f(*(given[index] for index in range(self.count)))

    def key(self, key: Hashable) -> Hashable | None:
        """Return what a compiled program depends on, or None when something cannot be hashed."""
        shapes = tuple((index, array.shape, array.dtype.name) for index, array in self.arrays.items())
        fixed = tuple((index, type(value), value) for index, value in self.fixed.items())
        whole = (key, self.argnum, self.x.shape, self.dtype.name, shapes, fixed)
        try:
            hash(whole)
        except TypeError:
            return None
        return whole


def _asked(dtype: DTypeLike | None, given: np.dtype[Any]) -> np.dtype[Any]:
    """Return the precision of the computation; integers are differentiated in float64."""
    if dtype is None:
        dtype = given if given.name in _PRECISIONS else np.float64
    precision = np.dtype(dtype)
    if precision.name not in _PRECISIONS:
        raise InvalidArgument.of("dtype", precision.name, f"one of {_PRECISIONS}", "pass numpy.float64")
    return precision


def _cast(other: Any, precision: np.dtype[Any]) -> Array:
    """Return an argument that does not vary: floats in the wanted precision, integers as they are."""
    array = np.asarray(other)
    with np.errstate(all="ignore"):
        return array.astype(precision) if floating(array.dtype) else array
