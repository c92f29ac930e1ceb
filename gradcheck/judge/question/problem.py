"""A function at its point: the caller's nested arguments on one side, one flat vector on the other."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import InconsistentOutput, Primal
from gradcheck.judge.question.changes import changed_argument
from gradcheck.judge.question.directions import Directions, Varying
from gradcheck.pytree import Structure, as_numpy, described, flatten, is_array

__all__ = ["Problem", "copied", "flat_output", "no_numbers"]


def copied(value: Any) -> Any:
    """Return an independent copy of an argument: whatever the function does, the caller's stays as it was."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (int, float, np.generic, str, bytes, type(None))) or callable(value):
        return value
    return copy.deepcopy(value)


def argument_names(f: Callable[..., Any], count: int) -> tuple[str, ...]:
    """Return the names of the first ``count`` arguments as ``f`` declares them, else ``x0, x1, …``."""
    fallback = ("x",) if count == 1 else tuple(f"x{k}" for k in range(count))
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return fallback
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    declared = [one.name for one in parameters if one.kind in plain]
    return tuple(declared[:count]) if len(declared) >= count else fallback


class Problem:
    """``f(*args, **kwargs)`` as a map of the flat vector of ``args[argnums]`` to a flat output.

    Parameters
    ----------
    f
        The function under test.
    args, kwargs
        Its arguments; never changed.
    argnums
        Which arguments vary: an index, or a tuple of indices.
    varying
        What of them varies, all by default: together, or some entries alone.

    Attributes
    ----------
    x, inp
        The point, float64 ``(n,)``, and the structure of what varies.
    space
        The structure of the varying arguments whole, as claims and directions have it.
    directions
        Which entries of ``space`` the parameters move; None where each moves its own.
    out
        The structure of the output, after :meth:`evaluate`.
    value
        The flat output at the point, after :meth:`evaluate`.
    changes
        Which argument the call changed in place, by its path, after :meth:`evaluate`; empty for none.

    Raises
    ------
    InvalidArgument
        If an argument, ``argnums`` or ``f`` cannot be used; given, expected and fix are named.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | tuple[int, ...] = 0,
        kwargs: Mapping[str, Any] | None = None,
        varying: Varying | None = None,
    ) -> None:
        if not callable(f):
            raise InvalidArgument.of("f", f, "a callable", "pass the function itself")
        self.f, self.args, self.kwargs = f, tuple(args), dict(kwargs or {})
        self.single = not isinstance(argnums, (tuple, list))
        self.argnums = _checked_argnums(argnums, len(self.args))
        self.names = names = argument_names(f, len(self.args))
        chosen = tuple(self.args[k] for k in self.argnums)
        if self.single:
            self.x, self.inp = flatten(chosen[0], names[self.argnums[0]])
        else:
            self.x, self.inp = flatten(chosen, tuple(names[k] for k in self.argnums))
        if not self.inp.leaves:
            raise no_numbers(self.inp.name or "args", chosen[0])
        self.space = self.inp
        self.directions = None if varying is None else varying.directions(self.x, self.space, names)
        if self.directions is not None:
            self._reparametrise(self.directions)
        self.out: Structure | None = None
        self.value: Array = np.zeros(0)
        self.changes = ""

    def _reparametrise(self, directions: Directions) -> None:
        """Let the parameters vary in place of the entries."""
        if not np.array_equal(self.x, directions.origin, equal_nan=True):
            self.args = tuple(self._placed(directions.origin, None))
        self.x, self.inp = directions.start, directions.named(self.space)

    @property
    def output(self) -> Structure:
        """The structure of the output; ``ValueError`` before :meth:`evaluate`."""
        if self.out is None:
            raise ValueError("the function has not been evaluated yet")
        return self.out

    def arguments(self, x: Any, dtype: Any = np.float64) -> list[Any]:
        """Return fresh arguments with ``x`` (flat, NumPy or continued) in the varying places."""
        return self._placed(self.whole(x), dtype)

    def whole(self, x: Any) -> Any:
        """Return all entries of the varying arguments, flat, for flat ``x``."""
        return x if self.directions is None else self.directions.placed(x)

    def direction(self, v: Array, dtype: Any) -> Any:
        """Return the direction ``v`` of what varies, ``(n,)``, shaped as the varying arguments."""
        whole = v if self.directions is None else self.directions.spanned(v)
        return self.space.unflatten(whole, dtype=dtype)

    def gathered(self, claim: ClaimMatrix) -> ClaimMatrix:
        """Return a claim ``(m, N)`` on all entries of the arguments as one on what varies, ``(m, n)``."""
        return claim if self.directions is None else self.directions.gathered(claim)

    def _placed(self, whole: Any, dtype: Any) -> list[Any]:
        args = [copied(value) for value in self.args]
        varied = self.space.unflatten(whole, dtype=dtype)
        for place, value in zip(self.argnums, (varied,) if self.single else varied, strict=True):
            args[place] = value
        return args

    def own_arguments(self) -> list[Any]:
        """Return copies of the caller's arguments, in the caller's own types and dtypes."""
        return [copied(value) for value in self.args]

    def keywords(self) -> dict[str, Any]:
        """Return copies of the keyword arguments."""
        return {name: copied(value) for name, value in self.kwargs.items()}

    def changed(self, args: Sequence[Any], keywords: Mapping[str, Any]) -> str:
        """Return the path of what a call changed in copies of the caller's arguments; empty for nothing."""
        return self._changed(self.args, args, keywords)

    def _changed(self, before: Sequence[Any], args: Sequence[Any], keywords: Mapping[str, Any]) -> str:
        placed = zip(self.names, before, args, strict=True)
        named = ((name, self.kwargs[name], value) for name, value in keywords.items())
        return changed_argument(chain(placed, named))

    def unknown_inputs(self) -> list[str]:
        """Return a note that names the first entry of the point that is not finite."""
        bad = np.flatnonzero(~np.isfinite(self.x))[:1]
        return [f"the point itself is not finite: {self.inp.name_of(int(k))} is {self.x[k]}" for k in bad]

    def converted(self) -> str:
        """Return which argument came as another kind of array than ``f`` is given; empty for none."""
        for place in self.argnums:
            value = self.args[place]
            if is_array(value) and not isinstance(value, (np.ndarray, np.generic)):
                return f"f is called with NumPy arrays, and {self.names[place]} came as {described(value)}"
        return ""

    def of_all(self, varying: Varying | None) -> Problem:
        """Return the evaluated function of all its parameters, where this one varies some alone."""
        whole = Problem(
            self.f, self.args, self.argnums[0] if self.single else self.argnums, self.kwargs, varying
        )
        whole.out, whole.value = self.out, self.value
        return whole

    @property
    def inner(self) -> Problem:
        """The function whose parameters are the columns of its first derivative: itself."""
        return self

    def evaluate(self) -> Array:
        """Return the flat output at the point; sets ``out`` and ``changes``; raises what ``f`` raises."""
        args = self.arguments(self.x)
        before = self.arguments(self.x)
        keywords = self.keywords()
        with np.errstate(all="ignore"):
            result = self.f(*args, **keywords)
        self.changes = self._changed(before, args, keywords)
        value, self.out = flat_output(result, "f")
        if not self.out.leaves:
            raise no_numbers("f", result)
        self.value = np.array(value, dtype=np.float64)
        return value

    def __call__(self, x: Any) -> Any:
        """Return the flat output at flat ``x``, in the output's own dtype where it has one."""
        with np.errstate(all="ignore"):
            result = self.f(*self.arguments(x), **self.keywords())
        if self.output.is_leaf:
            return self._leaf(result)
        parts = [_raveled(part) for part in self.output.leaves_in(result)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _leaf(self, result: Any) -> Any:
        shape = self.output.leaves[0].shape
        found = getattr(result, "shape", ())
        if tuple(found) != shape and np.shape(result) != shape:
            raise InconsistentOutput(f"shape {tuple(found)} after shape {shape} at the first call")
        return _raveled(result)

    def spread(self, limit: Any) -> Array:
        """Return a bound as a flat vector: one number, numbers shaped as the argument, or its structure.

        Raises
        ------
        InvalidArgument
            If ``limit`` does not fit the argument.
        """
        whole = self._spread(limit)
        return whole if self.directions is None else whole[self.directions.leads]

    def _spread(self, limit: Any) -> Array:
        if not self.space.is_leaf and not np.isscalar(limit):
            return self.space.vector_of(limit, "bounds")
        shape = self.space.leaves[0].shape if self.space.is_leaf else (self.space.size,)
        try:
            return np.broadcast_to(np.asarray(limit, dtype=np.float64), shape).reshape(-1)
        except (TypeError, ValueError) as cause:
            expected = f"a number or an array that broadcasts to {shape}, lower and upper each"
            raise InvalidArgument.of(
                "bounds", limit, expected, "not a pair for each variable: pass (lowers, uppers)"
            ) from cause

    @staticmethod
    def is_bad_argument(raised: BaseException) -> bool:
        """Whether ``raised`` says that ``f`` returned something other than real numbers."""
        return isinstance(raised, InvalidArgument)

    def widened(self, estimate: FlatEstimate) -> FlatEstimate:
        """Return a central estimate with what is known beyond it of the errors in ``f``: here, nothing."""
        return estimate

    def primal(self) -> Primal:
        """Return the flat map at the point, counted and watched, for the estimators."""
        return Primal(self, [self.x])


def _raveled(part: Any) -> Any:
    """Return one leaf flat: a continued number stays one, anything else becomes a NumPy array."""
    # A numpy.matrix is an array of two axes, whatever its shape is asked to be.
    if hasattr(part, "__array_function__") and not isinstance(part, np.matrix):
        return part.reshape(-1)
    return as_numpy(part).reshape(-1)


def flat_output(result: Any, name: str) -> tuple[Array, Structure]:
    """Return what a function returned as a flat vector and its structure.

    Raises
    ------
    InvalidArgument
        If it is no real numbers; the fix is one for whoever returns it, not for who passes an argument.

    Examples
    --------
    >>> flat_output({"w": 2.0}, "f")[0]
    array([2.])
    """
    try:
        return flatten(result, name)
    except InvalidArgument as error:
        said = str(error).rpartition("; ")[0]
        parts = "return real and imaginary parts as two real arrays"
        fix = parts if "expected real numbers" in said else "return numbers"
        raise InvalidArgument(f"{said}; {fix}") from error.__cause__


def no_numbers(name: str, value: Any) -> InvalidArgument:
    """Return the error for a nested value without a single array or number."""
    fix = "pass or return at least one array"
    return InvalidArgument(f"`{name}`: given {described(value)}, expected numbers in it; {fix}")


def _is_index(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _checked_argnums(argnums: int | tuple[int, ...], count: int) -> tuple[int, ...]:
    given: Any = argnums
    wanted = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    fits = all(_is_index(k) and -count <= k < count for k in wanted)
    if not wanted or not fits or len({k % count for k in wanted}) != len(wanted):
        raise InvalidArgument.of(
            "argnums", argnums, f"an index into {count} argument(s), or a tuple of them", "count from 0"
        )
    return tuple(int(k) % count for k in wanted)
