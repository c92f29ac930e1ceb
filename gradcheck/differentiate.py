"""The public :func:`jacobian`: one derivative with its error bar, by the method asked for."""

from __future__ import annotations

import difflib
import functools
import inspect
import operator
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, InvalidArgument
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.differences.blocks import central_in_blocks
from gradcheck.estimators.flat import FlatEstimate, gravest
from gradcheck.estimators.primal import Primal
from gradcheck.results import Estimate, Status

__all__ = ["METHODS", "jacobian"]

P = ParamSpec("P")
R = TypeVar("R")

METHODS = ("auto", "central", "complex-step", "jax")
#: Autodiff has no bar of its own: a few roundings of each entry beside the gap between its two modes.
_AUTODIFF_ROUNDING = 16.0


def _known_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Say of an unknown keyword which is the nearest, as the checks do."""
    parameters = inspect.signature(function).parameters.values()
    known = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]

    @functools.wraps(function)
    def called(*args: P.args, **keywords: P.kwargs) -> R:
        for name in keywords:
            if name not in known and name != "f":
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
                hint = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(known)}"
                fix = "" if near else f"; what the function takes goes into kwargs={{{name!r}: …}}"
                raise InvalidArgument(f"`{name}`: no keyword of {function.__name__}; {hint}{fix}")
        return function(*args, **keywords)

    return called


@_known_keywords
def jacobian(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] = 0,
    method: str = "auto",
    bounds: tuple[Any, Any] | Sequence[tuple[Any, Any] | None] | None = None,
    kwargs: dict[str, Any] | None = None,
    max_nfev: int | None = None,
) -> Estimate:
    r"""Return :math:`\partial f / \partial x` with an error bar for each entry.

    Parameters
    ----------
    f
        The function, called as ``f(*args, **kwargs)``; returns real numbers of any shape.
    *args
        The point.  Arguments that vary are real arrays or numbers of any shape; float32 and half
        precision are up-cast, so that ``f`` is seen in float64 where it is generic in dtype.
    argnums
        Which argument varies, or several of them.
    method
        ``"central"``, extrapolated differences; ``"complex-step"``, exact to rounding, where
        ``f`` can be continued analytically (otherwise the status is ``REFUSED``); ``"jax"``,
        automatic differentiation; ``"auto"``, the complex step where it is certified and
        central differences otherwise.
    bounds
        ``(lower, upper)`` of the varying argument, units of x: central differences never
        evaluate ``f`` outside.  With several ``argnums``, one such pair (or None) for each.
    kwargs
        Passed on to ``f``.
    max_nfev
        Most evaluations that central differences may use for each argument; ``20 n + 20`` by default.

    Returns
    -------
    Estimate
        ``value`` of shape ``f(x).shape + x.shape``, units of f per unit of x, and ``error`` of
        the same shape, with ``|value - truth| <= error``.  Tuples of such when ``argnums`` is a sequence.

    Raises
    ------
    InvalidArgument
        Unknown ``method``, bad ``argnums``, arguments or results that are not real numbers.
    MissingExtra
        ``method="jax"`` and JAX is not installed.
    Exception
        Whatever ``f`` raises at the point itself, with a note naming the point.

    Examples
    --------
    >>> found = jacobian(np.sin, np.array([0.0, 1.0]), method="central")
    >>> found.value.shape, str(found.status), bool(found.error.max() < 1e-9)
    ((2, 2), 'ok', True)
    """
    if method not in METHODS:
        raise InvalidArgument.of("method", method, f"one of {METHODS}", "pass 'auto'")
    chosen, single = _argnums(argnums, len(args))
    limits = _bounds_of(bounds, len(chosen), single)
    found = [
        _one(f, args, index, method, limit, kwargs, max_nfev)
        for index, limit in zip(chosen, limits, strict=True)
    ]
    return found[0] if single else _joined(found)


def _argnums(argnums: int | Sequence[int], count: int) -> tuple[list[int], bool]:
    single = not isinstance(argnums, (tuple, list))
    listed: list[Any] = [argnums] if single else list(argnums)  # type: ignore[arg-type]
    try:
        chosen = [operator.index(k) for k in listed]
    except TypeError:
        raise InvalidArgument.of(
            "argnums", argnums, "an index, or a tuple of indices", "count from 0"
        ) from None
    inside = all(
        -count <= k < count and not isinstance(given, bool) for k, given in zip(chosen, listed, strict=True)
    )
    chosen = [k % count for k in chosen] if inside and count else []
    if not chosen or len(set(chosen)) < len(chosen):
        raise InvalidArgument.of(
            "argnums", argnums, f"different indices into {count} argument(s)", "count from 0"
        )
    return chosen, single


def _bounds_of(bounds: Any, count: int, single: bool) -> list[Any]:
    if bounds is None:
        return [None] * count
    if single:
        return [bounds]
    if len(bounds) != count:
        raise InvalidArgument.of(
            "bounds", bounds, f"{count} pairs, one for each of `argnums`", "use None for none"
        )
    return list(bounds)


def _one(
    f: Callable[..., Any],
    args: Sequence[Any],
    argnum: int,
    method: str,
    bounds: Any,
    kwargs: dict[str, Any] | None,
    max_nfev: int | None,
) -> Estimate:
    """Return the derivative by one argument."""
    primal = Primal(f, args, argnum, kwargs)
    try:
        if method == "jax":
            return _by_jax(primal)
        if method == "complex-step":
            return _public(_by_complex_step(primal), primal, method)
        notes: tuple[str, ...] = ()
        if method == "auto":
            exact = _by_complex_step(primal)
            if exact.status is Status.OK:
                return _public(exact, primal, "complex-step")
            notes = (f"complex step not used: {exact.message}",)
        found = central_in_blocks(primal, bounds, max_nfev)
        return _public(found, primal, "central", notes)
    except GradcheckError:
        raise
    except Exception as error:
        error.add_note(f"gradcheck: f raised at its point, argument {argnum} = {args[argnum]!r}")
        raise


def _by_complex_step(primal: Primal) -> FlatEstimate:
    found = complex_step_jacobian(primal)
    if found.status is Status.RAISED:
        primal(primal.x)
    return found


def _by_jax(primal: Primal) -> Estimate:
    from gradcheck.autodiff.jax import JaxWitness

    f = functools.partial(primal.f, **primal.kwargs) if primal.kwargs else primal.f
    both = JaxWitness().derivatives_of(f, primal.args, primal.argnum, dtype="float64")
    value = np.asarray(both.forward, dtype=np.float64)
    gap = np.abs(value - both.reverse)
    error = gap + _AUTODIFF_ROUNDING * np.finfo(np.float64).eps * np.abs(value)
    finite = np.isfinite(value) & np.isfinite(error)
    codes = np.where(finite, Status.OK.code, Status.OUTSIDE_DOMAIN.code).astype(np.uint8)
    return Estimate(
        value=np.where(finite, value, np.nan),
        error=np.where(finite, error, np.inf),
        nfev=2,
        method="jax",
        status=gravest(codes),
        codes=codes,
        message="" if finite.all() else "the derivative is not finite",
        notes=("the bar is the gap between forward and reverse mode, and rounding assumed",),
    )


def _public(found: FlatEstimate, primal: Primal, method: str, notes: tuple[str, ...] = ()) -> Estimate:
    """Return ``found`` with arrays of shape ``f(x).shape + x.shape``."""
    shape = (primal.f_shape or ()) + primal.x_shape

    def shaped(array: Array | None) -> Array | None:
        return None if array is None else np.ascontiguousarray(array).reshape(shape)

    return Estimate(
        value=shaped(found.value),
        error=shaped(found.error),
        nfev=primal.nfev,
        method=method,
        status=found.status,
        codes=shaped(found.codes),
        message=found.message,
        left=shaped(found.left),
        right=shaped(found.right),
        notes=notes + found.notes,
    )


def _joined(found: list[Estimate]) -> Estimate:
    """Return one estimate of tuples, one member for each argument."""
    statuses = np.array([each.status.code for each in found], dtype=np.uint8)
    kinked = any(each.left is not None for each in found)
    return Estimate(
        value=tuple(each.value for each in found),
        error=tuple(each.error for each in found),
        nfev=sum(each.nfev for each in found),
        method="+".join(dict.fromkeys(each.method for each in found)),
        status=gravest(statuses),
        codes=tuple(each.codes for each in found),
        message="; ".join(dict.fromkeys(each.message for each in found if each.message)),
        left=tuple(each.left for each in found) if kinked else None,
        right=tuple(each.right for each in found) if kinked else None,
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
    )
