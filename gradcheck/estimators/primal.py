"""The function under test, seen through one flat real argument and one flat real result.

Every call works on fresh copies, so the caller's arrays are never changed; what
the hypotheses H1 (deterministic) and H2 (leaves its inputs alone) need is
noted on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument

__all__ = ["InconsistentOutput", "Primal"]


class InconsistentOutput(Exception):
    """The function returned another shape or dtype than at the first call."""


def _copied(argument: Any) -> Any:
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def real_argument(argument: Any, name: str) -> Array:
    """Return ``argument`` as a float array, integers up-cast; ``InvalidArgument`` otherwise."""
    try:
        array = np.asarray(argument)
    except (ValueError, TypeError) as cause:
        raise InvalidArgument.of(
            name, type(argument).__name__, "a real number or array", "convert it"
        ) from cause
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise InvalidArgument.of(
            name, f"{type(argument).__name__} of dtype {array.dtype}", "real numbers", "pass float64 values"
        )
    return array


class Primal:
    """``f`` as a map of flat float64 ``x`` to flat float64 output, counted and watched.

    Parameters
    ----------
    f
        The function; called as ``f(*args, **kwargs)``.
    args
        Its arguments; ``args[argnum]`` varies.
    argnum
        Which argument varies.
    kwargs
        Passed on unchanged.

    Attributes
    ----------
    x
        The point, flat float64, shape ``(n,)``.
    x_shape, f_shape
        Shapes of argument and output (the output's after the first call).
    nfev
        Calls of ``f`` so far.
    mutates
        True once a call changed one of its arguments.
    f_dtype
        dtype of the output at the first call: float32 output has float32 noise.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: int = 0,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        if not callable(f):
            raise InvalidArgument.of("f", f, "a callable", "pass the function itself")
        if not -len(args) <= argnum < len(args):
            raise InvalidArgument.of(
                "argnums", argnum, f"an index into {len(args)} argument(s)", "count from 0"
            )
        self.f = f
        self.args = list(args)
        self.argnum = argnum % len(args)
        self.kwargs = kwargs or {}
        given = real_argument(args[self.argnum], f"argument {self.argnum}")
        self.x_shape = given.shape
        self.as_scalar = given.shape == () and not isinstance(args[self.argnum], np.ndarray)
        self.x: Array = np.array(given, dtype=np.float64).reshape(-1)
        self.f_shape: tuple[int, ...] | None = None
        self.f_dtype: np.dtype[Any] | None = None
        self.nfev = 0
        self.mutates = False

    @property
    def m(self) -> int:
        """Number of output entries; known after the first call."""
        return math.prod(self.f_shape or ())

    @property
    def n(self) -> int:
        """Number of input entries."""
        return int(self.x.size)

    def moved_to(self, x: Array) -> Primal:
        """Return the same function at another point ``x``, shape ``(n,)``, with a count of its own."""
        args = list(self.args)
        args[self.argnum] = np.array(x, dtype=np.float64).reshape(self.x_shape)
        return Primal(self.f, args, self.argnum, self.kwargs)

    def call(self, argument: Any) -> Any:
        """Call ``f`` with ``argument`` (any array type, already shaped) in the varying place."""
        args = [_copied(other) for other in self.args]
        args[self.argnum] = argument
        self.nfev += 1
        with np.errstate(all="ignore"):
            return self.f(*args, **self.kwargs)

    def __call__(self, x: Array) -> Array:
        """Return ``f`` at flat ``x``, flat float64, shape ``(m,)``.

        Raises whatever ``f`` raises; :class:`InconsistentOutput` when the shape
        changes; ``InvalidArgument`` when the output is not real numbers.
        """
        shaped: Any = np.array(x, dtype=np.float64).reshape(self.x_shape)
        before = shaped.tobytes()
        result = self.call(shaped[()] if self.as_scalar else shaped)
        # Bytes compare NaN with NaN, and ten times faster than arrays of a few entries.
        if not self.mutates and before != shaped.tobytes():
            self.mutates = True
        return self._flat(result)

    def at(self, x: Array) -> Array | None:
        """Return ``f`` at ``x``, or None where it raises: a point outside the domain.

        :class:`InconsistentOutput` and ``KeyboardInterrupt`` pass through.
        """
        try:
            return self(x)
        except InconsistentOutput:
            raise
        except Exception:
            return None

    def _flat(self, result: Any) -> Array:
        try:
            array = np.asarray(result)
        except (ValueError, TypeError):
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
            raise InvalidArgument.of(
                "f",
                f"a result of type {type(result).__name__} and dtype {array.dtype}",
                "real numbers",
                "return a float array",
            )
        if self.f_shape is None:
            self.f_shape = array.shape
            self.f_dtype = array.dtype
        elif array.shape != self.f_shape:
            raise InconsistentOutput(f"shape {array.shape} after shape {self.f_shape} at the first call")
        return np.array(array, dtype=np.float64).reshape(-1)
