"""What each witness says of one rule at one point.

The witnesses share no code: the numerical ones see only ``f``, the closed form
is the rule's, the third is another project's autodiff.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.rationals import exact_value
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point
from gradcheck.tolerance import rounding_floor

__all__ = [
    "AUTODIFF",
    "CENTRAL",
    "CLOSED_FORM",
    "COMPLEX_STEP",
    "EXACT",
    "JAX_FORWARD",
    "JAX_REVERSE",
    "Testimony",
    "autodiff_testimonies",
    "closed_form",
    "numerical",
    "primal_of",
    "remeasured",
    "value_rounding",
]

CLOSED_FORM = "closed form"
CENTRAL = "central"
COMPLEX_STEP = "complex step"
JAX_FORWARD = "jax forward"
JAX_REVERSE = "jax reverse"
EXACT = "exact rational"
AUTODIFF = frozenset({JAX_FORWARD, JAX_REVERSE})

_MEASURED = 4.0
"""Safety on a rounding error that was measured once: the next point's may be this much larger."""


@dataclass(frozen=True)
class Testimony:
    """One witness's statement.

    Attributes
    ----------
    witness
        Its name.
    value, error
        ``(m, n)`` in numerator layout and its error bar; None when there is no statement.
    status
        Why an entry, or everything, is unusable.
    text
        The same in words, or the convention taken at a kink.
    nfev
        Evaluations of ``f``.
    estimate
        The numerical estimate behind it, if any.
    """

    witness: str
    value: Array | None
    error: Array | None
    status: Status = Status.OK
    text: str = ""
    nfev: int = 0
    estimate: FlatEstimate | None = None

    @property
    def statement(self) -> tuple[Array, Array]:
        """``(value, error)``; ``ValueError`` when the witness made no statement."""
        if self.value is None or self.error is None:
            raise ValueError(f"the witness {self.witness!r} made no statement: {self.text}")
        return self.value, self.error


def _in_dtype(point: Point, dtype: Any) -> list[Array]:
    return [np.asarray(value).astype(dtype) for value in point.arguments.values()]


def primal_of(rule: Rule, point: Point) -> Primal:
    """Return ``f`` at ``point`` in float64, the variable of differentiation free."""
    return Primal(rule.f, _in_dtype(point, np.float64), rule.wrt or 0, dict(point.functions))


def _evaluate(claim: Callable[..., Any], point: Point, dtype: Any) -> Array:
    with np.errstate(all="ignore"):
        found = claim(*_in_dtype(point, dtype), **point.functions)
    array = np.asarray(found)
    if array.dtype.kind not in "fiub":
        given = f"a result of type {type(found).__name__} and dtype {array.dtype}"
        raise InvalidArgument.of("the claim", given, "real numbers", "return a float array")
    return array


def _wider(claim: Callable[..., Any], point: Point, dtype: str, shape: tuple[int, ...]) -> Array | None:
    """Return the same formula in a wider format; None when it has no value there."""
    try:
        precise = _evaluate(claim, point, np.float64 if dtype == "float32" else np.longdouble)
    except Exception:
        return None
    return precise if precise.shape == shape else None


def _with_rounding(value: Array, precise: Array | None, dtype: str) -> tuple[Array, Array]:
    """Return value and bar: a few eps, plus the rounding that the wider format shows.

    Where the right number is too large for ``dtype`` none of its numbers is right:
    the bar is infinite there, and the entry decides nothing.
    """
    floor = rounding_floor(value, dtype)
    if precise is None:
        return value, floor
    with np.errstate(all="ignore"):
        own = np.abs(precise - value).astype(np.float64)
        beyond = np.isinf(value) & np.isfinite(precise) & (np.abs(precise) > np.finfo(dtype).max)
        error = floor + np.where(np.isfinite(own), _MEASURED * own, 0.0)
        return np.where(beyond, precise, value).astype(np.float64), np.where(beyond, np.inf, error)


def closed_form(rule: Rule, point: Point, dtype: str, claim: Callable[..., Any] | None = None) -> Testimony:
    """Return the rule's closed form in ``dtype``, its rounding measured; ``claim`` replaces it when given."""
    chosen = claim or rule.claim
    try:
        value = _evaluate(chosen, point, np.dtype(dtype)).astype(np.float64)
    except InvalidArgument as unusable:
        return Testimony(CLOSED_FORM, None, None, Status.RAISED, str(unusable))
    except Exception as raised:
        return Testimony(CLOSED_FORM, None, None, Status.RAISED, f"{type(raised).__name__}: {raised}")
    precise = _wider(chosen, point, dtype, value.shape)
    return Testimony(CLOSED_FORM, *_with_rounding(value, precise, dtype))


def numerical(rule: Rule, point: Point) -> tuple[Testimony, Testimony]:
    """Return what central differences and the complex step say of ``f`` at ``point``."""
    found = []
    for name, estimator in ((CENTRAL, central_jacobian), (COMPLEX_STEP, complex_step_jacobian)):
        try:
            estimate = estimator(primal_of(rule, point))
        except Exception as raised:
            unusable = isinstance(raised, InvalidArgument)
            text = str(raised) if unusable else f"f raised {type(raised).__name__}: {raised}"
            found.append(Testimony(name, None, None, Status.RAISED, text))
            continue
        found.append(
            Testimony(
                name,
                estimate.value,
                estimate.error,
                estimate.status,
                estimate.message,
                estimate.nfev,
                estimate,
            )
        )
    return found[0], found[1]


def autodiff_testimonies(
    rule: Rule, point: Point, dtype: str, system: Autodiff | None, measured: Array | None
) -> tuple[Testimony, ...]:
    """Return JAX's forward and reverse derivative in numerator layout; nothing when it is absent.

    ``measured`` is the derivative's rounding at this point as other witnesses saw
    it; float32 is measured against JAX's own float64 as well.
    """
    if system is None or not system.available().usable:
        return ()
    try:
        found = _autodiff(rule, point, dtype, system)
        precise = found if dtype == "float64" else _autodiff(rule, point, "float64", system)
    except Exception as raised:
        text = f"{type(raised).__name__}: {raised}"
        return tuple(Testimony(name, None, None, Status.RAISED, text) for name in (JAX_FORWARD, JAX_REVERSE))
    said = []
    for name, stated, wider in zip((JAX_FORWARD, JAX_REVERSE), found, precise, strict=True):
        value, error = _with_rounding(stated, wider, dtype)
        if measured is not None and measured.shape == value.shape:
            error = error + np.where(np.isfinite(measured), measured, 0.0)
        said.append(Testimony(name, value, error))
    return tuple(said)


def _autodiff(rule: Rule, point: Point, dtype: str, system: Autodiff) -> tuple[Array, Array]:
    """Return the Jacobian by forward and by reverse mode, each ``(m, n)`` float64."""
    arguments = _in_dtype(point, np.dtype(dtype))
    wrt = rule.wrt or 0
    function: Callable[..., Any] = rule.f
    # Rules that share a function share what was traced for it.
    key: Hashable = rule.f
    if point.functions:
        functions = dict(point.functions)
        key = rule.f, tuple(functions.items())

        def function(*args: Any) -> Any:
            return rule.f(*args, **functions)

    found = system.derivatives_of(function, arguments, wrt, dtype=dtype, key=key)
    m, n = np.asarray(found.value).size, arguments[wrt].size
    forward, reverse = (
        np.asarray(jacobian).astype(np.float64).reshape(m, n) for jacobian in (found.forward, found.reverse)
    )
    return forward, reverse


def remeasured(
    rule: Rule, point: Point, said: Sequence[Testimony], system: Autodiff
) -> tuple[Testimony, ...]:
    """Return ``said`` with autodiff's error bars widened by its rounding, measured at neighbouring points.

    Autodiff's program rounds in its own way: ``1 - tanh(x)**2`` at 10 keeps eight
    digits.  Its deviation from the closed form in a wider format is rounding where
    it changes sign between neighbours; a systematic deviation stays a mistake.
    """
    deviations = [
        found for shift in _NEIGHBOURS if (found := _deviation(rule, point, shift, system)) is not None
    ]
    if not deviations:
        return tuple(said)
    forward, reverse = (_random_part(np.array([pair[mode] for pair in deviations])) for mode in (0, 1))
    extra = {JAX_FORWARD: forward, JAX_REVERSE: reverse}
    return tuple(
        replace(one, error=one.error + extra[one.witness])
        if one.witness in extra and one.error is not None and one.error.shape == extra[one.witness].shape
        else one
        for one in said
    )


_NEIGHBOURS = tuple(sign * 2.0**-power for power in (40, 30, 22, 16, 12, 8, 6, 5) for sign in (1, -1))
"""Relative moves of the input: rounding that a few ulp do not show appears by a few hundredths of x."""


def _deviation(rule: Rule, point: Point, shift: float, system: Autodiff) -> tuple[Array, Array] | None:
    arguments = dict(point.arguments)
    name = rule.names[rule.wrt or 0]
    arguments[name] = np.asarray(arguments[name] * (1 + shift))
    moved = replace(point, arguments=arguments)
    try:
        precise = _evaluate(rule.claim, moved, np.longdouble)
        forward, reverse = _autodiff(rule, moved, "float64", system)
        if precise.shape != forward.shape:
            return None
        return (forward - precise).astype(np.float64), (reverse - precise).astype(np.float64)
    except Exception:
        return None


def _random_part(deviations: Array) -> Array:
    """Return the size of deviations ``(points, m, n)`` that change sign from point to point; 0 elsewhere."""
    with np.errstate(invalid="ignore"):
        changes = (deviations.max(axis=0) > 0) & (deviations.min(axis=0) < 0)
        size = _MEASURED * np.abs(deviations).max(axis=0)
    result: Array = np.where(changes & np.isfinite(size), size, 0.0)
    return result


def value_rounding(rule: Rule, point: Point, dtype: str, neighbours: Sequence[float]) -> Array:
    """Return the rounding of ``f`` itself near ``point``, measured against exact arithmetic, flat.

    ``neighbours`` are relative shifts of every input; a single point could be
    lucky, and an exact zero there must not become a zero tolerance.
    """
    errors = []
    for shift in neighbours:
        moved = {
            name: np.asarray(value * (1 + shift)).astype(dtype) for name, value in point.arguments.items()
        }
        with np.errstate(all="ignore"):
            rounded = np.asarray(rule.f(*moved.values()), dtype=np.float64).reshape(-1)
        truth = [float(entry) for entry in exact_value(rule.f, moved)]
        errors.append(np.abs(rounded - np.array(truth)))
    result: Array = _MEASURED * np.max(errors, axis=0)
    return result
