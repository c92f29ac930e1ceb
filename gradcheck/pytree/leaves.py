"""One leaf of a nested argument: what counts as a real array, and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument

__all__ = ["Leaf", "as_numpy", "as_real_array", "described", "is_array", "refusal"]

_FLOAT64 = np.dtype(np.float64)
_SHOWN_KEYS = 6
_LONGEST_INTEGER = 10_000
"""Bits of the largest integer that is written out: Python refuses to convert one of 4,300 digits."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array or number inside a nested value, and its place in the flat vector.

    Attributes
    ----------
    path
        Where it is, as Python would reach it: ``params["dense"]["w"]``.  Not part of equality.
    shape
        Shape of the leaf; ``()`` for numbers.
    dtype
        Name of its dtype, such as ``"float32"`` or ``"int64"``.
    kind
        ``"array"``, ``"scalar"`` (of NumPy) or ``"number"`` (of Python).
    start, stop
        It fills ``vector[start:stop]``, in C order.
    discrete
        Integers and booleans: as an output they are piecewise constant.
    """

    path: str = field(compare=False)
    shape: tuple[int, ...]
    dtype: str
    kind: str
    start: int
    stop: int
    discrete: bool = False

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.stop - self.start

    @property
    def working_dtype(self) -> np.dtype[Any]:
        """The dtype in which the leaf is rebuilt: its own float format, float64 for integers.

        bfloat16 needs the format to be loaded (by ``ml_dtypes`` or JAX); without
        it float32 stands in, which holds every such number.
        """
        if self.discrete:
            return _FLOAT64
        try:
            return np.dtype(self.dtype)
        except TypeError:
            return np.dtype(np.float32)

    def name_of(self, position: int) -> str:
        """Return the entry at flat ``position`` of the leaf by name, such as ``w[3, 1]``."""
        if not self.shape:
            return self.path
        index = np.unravel_index(position, self.shape)
        return f"{self.path}[{', '.join(str(int(k)) for k in index)}]"


def refusal(path: str, given: str, expected: str, fix: str) -> InvalidArgument:
    """Return an error in the package's form, with ``given`` in words instead of a ``repr``."""
    return InvalidArgument(f"`{path}`: given {given}, expected {expected}; {fix}")


def is_array(value: Any) -> bool:
    """Whether ``value`` is an array of NumPy or can become one (JAX, Torch, a NumPy scalar).

    Examples
    --------
    >>> is_array(np.float32(1)), is_array([1.0])
    (True, False)
    """
    return isinstance(value, np.ndarray) or hasattr(type(value), "__array__")


def described(value: Any) -> str:
    """Return in a few words what ``value`` is: its type, and its shape or keys.

    Examples
    --------
    >>> described(np.zeros((2, 3))), described({"w": 1.0}), described(None)
    ('an array of shape (2, 3) and dtype float64', 'a dict with keys "w"', 'None')
    """
    if value is None:
        return "None"
    if is_array(value):
        what = "an array" if isinstance(value, np.ndarray) else _with_article(type(value).__name__)
        return f"{what} of shape {tuple(getattr(value, 'shape', ()))} and dtype {_dtype_name(value)}"
    if isinstance(value, Mapping):
        return f"{_with_article(type(value).__name__)} with keys {keys_text(tuple(value))}"
    if isinstance(value, (list, tuple)):
        return f"{_with_article(type(value).__name__)} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER:
        return "a huge integer"
    if isinstance(value, (str, bytes, int, float, complex)):
        text = repr(value)
        return text if len(text) <= 40 else f"{text[:36]} ..."
    return f"{_with_article(type(value).__name__)}"


def keys_text(keys: tuple[Any, ...]) -> str:
    """Return the first few keys as text; ``(none)`` for no keys."""
    shown = [f'"{key}"' if isinstance(key, str) else repr(key) for key in keys[:_SHOWN_KEYS]]
    return ", ".join([*shown, "..."] if len(keys) > _SHOWN_KEYS else shown) or "(none)"


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _dtype_name(value: Any) -> str:
    """Return ``bfloat16`` for NumPy's, JAX's and Torch's dtypes of that name alike."""
    return str(getattr(value, "dtype", "unknown")).rpartition(".")[2]


def as_numpy(value: Any) -> Array:
    """Return ``value`` as NumPy sees it; tensors detached, on the host, widened if need be.

    Examples
    --------
    >>> as_numpy([1.0, 2.0])
    array([1., 2.])
    """
    try:
        return np.asarray(value)
    except (TypeError, RuntimeError):
        if not hasattr(value, "detach"):
            raise
    tensor = value.detach().cpu()
    return np.asarray(tensor.float() if _dtype_name(tensor) == "bfloat16" else tensor)


def as_real_array(value: Any, path: str) -> tuple[Array, str]:
    """Return the numbers of one leaf and the name of the dtype in which they were given.

    Parameters
    ----------
    value
        A number, an array, or anything with ``__array__``.  Sequences are read as NumPy reads them.
    path
        The leaf's name, for errors.

    Returns
    -------
    array
        Real, in a dtype that converts to float64; may share memory with ``value``.
    dtype
        ``"float32"``, ``"bfloat16"``, ``"int64"``, ``"bool"``, ...

    Raises
    ------
    InvalidArgument
        For None, strings, objects, complex or masked entries, sequences of unequal length, and types
        that are no array; the message names ``path``.

    Examples
    --------
    >>> as_real_array(np.float32([1.5]), "x")
    (array([1.5], dtype=float32), 'float32')
    """
    if value is None or isinstance(value, (str, bytes, Mapping)):
        fix = "give numbers there, zeros where nothing varies"
        raise refusal(path, described(value), "a real number or array", fix)
    try:
        array = as_numpy(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as cause:
        text = f"{described(value)}, which is no regular array ({_first_line(cause)})"
        fix = "convert it to a NumPy array of floats"
        raise refusal(path, text, "a real number or array", fix) from cause
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        count = int(np.ma.getmaskarray(value).sum())
        fix = "give every entry a value with .filled(...)"
        raise refusal(
            path, f"an array with masked entries ({count} of {value.size})", "a value at every entry", fix
        )
    name = _dtype_name(value) if hasattr(value, "detach") else array.dtype.name
    if array.dtype.kind in "fiub" or name == "bfloat16":
        return array, name
    if array.dtype.kind == "c":
        fix = "pass real and imaginary parts as two real arrays"
        raise refusal(path, described(value), "real numbers (a derivative here is real)", fix)
    raise refusal(path, described(value), "a real number or array", "convert it to an array of floats")


def _first_line(cause: Exception) -> str:
    return str(cause).partition("\n")[0]


def number(value: float, path: str) -> float:
    """Return a Python number as a float; ``InvalidArgument`` for an integer beyond float64's range."""
    try:
        return float(value)
    except OverflowError:
        text = f"an integer of {math.ceil(int(value).bit_length() * math.log10(2))} digits"
        raise refusal(path, text, "a number within float64's range", "scale it") from None
