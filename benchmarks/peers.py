"""The estimators under comparison behind one signature: ``value, bar, evaluations``.

``value`` and ``bar`` have shape ``(m, n)``; ``bar`` is None where the peer gives none.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import mock

import jacobi
import numdifftools
import numpy as np
import scipy.differentiate
from scipy.optimize._numdiff import approx_derivative

from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status

__all__ = ["ESTIMATORS", "Outcome", "Refused"]


class Refused(Exception):
    """The estimator declines this function; the message says why."""


class Outcome(NamedTuple):
    """What an estimator answered, and how many times it evaluated ``f``."""

    value: Any
    bar: Any
    evaluations: int


class _Counted:
    """``f`` as a map (n,) to (m,), evaluated one point at a time and counted."""

    def __init__(self, f: Callable[[Any], Any], scalar: bool) -> None:
        self.f, self.scalar, self.calls = f, scalar, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        x = np.asarray(x, dtype=np.float64)
        return np.atleast_1d(np.asarray(self.f(x.reshape(-1)[0] if self.scalar else x), dtype=np.float64))

    def one(self, x: Any) -> float:
        return float(self(x)[0])

    def elementwise(self, x: Any) -> Any:
        return np.array([self.one(v) for v in np.ravel(x)]).reshape(np.shape(x))

    def columnwise(self, x: Any) -> Any:
        flat = np.reshape(x, (np.shape(x)[0], -1))
        return np.stack([self(v) for v in flat.T], axis=1).reshape(-1, *np.shape(x)[1:])


def _central(f: Callable[[Any], Any], x: Any) -> Outcome:
    found = central_jacobian(Primal(f, [x]))
    return Outcome(found.value, found.error, found.nfev)


def _complex_step(f: Callable[[Any], Any], x: Any) -> Outcome:
    primal = Primal(f, [x])
    found = complex_step_jacobian(primal)
    if found.status is Status.REFUSED:
        raise Refused(found.message)
    return Outcome(found.value, found.error, primal.nfev)


def _three_point(f: Callable[[Any], Any], x: Any) -> Outcome:
    counted = _Counted(f, np.ndim(x) == 0)
    value = approx_derivative(counted, np.atleast_1d(x), method="3-point")
    return Outcome(np.atleast_2d(value), None, counted.calls)


def _scipy_differentiate(f: Callable[[Any], Any], x: Any) -> Outcome:
    counted = _Counted(f, np.ndim(x) == 0)
    if np.ndim(x) == 0:
        found = scipy.differentiate.derivative(counted.elementwise, x)
    else:
        found = scipy.differentiate.jacobian(counted.columnwise, x)
    return Outcome(np.atleast_2d(found.df), np.atleast_2d(found.error), counted.calls)


def _numdifftools(f: Callable[[Any], Any], x: Any) -> Outcome:
    counted = _Counted(f, np.ndim(x) == 0)
    if np.ndim(x) == 0:
        found = numdifftools.Derivative(counted.elementwise, full_output=True)(x)
    else:
        found = numdifftools.Jacobian(counted, full_output=True)(x)
    bar = np.reshape(found.error_estimate, np.shape(found.estimate))
    return Outcome(np.atleast_2d(found.estimate), np.atleast_2d(bar), counted.calls)


def _jacobi(f: Callable[[Any], Any], x: Any) -> Outcome:
    counted = _Counted(f, np.ndim(x) == 0)
    # Handed NaN, LAPACK under polyfit may never return, deaf to signals: no answer instead.
    with mock.patch.object(np, "polyfit", _finite_polyfit):
        value, bar = jacobi.jacobi(counted, x)
    shape = (-1, np.size(x))
    return Outcome(np.reshape(value, shape), np.reshape(bar, shape), counted.calls)


_POLYFIT = np.polyfit


def _finite_polyfit(x: Any, y: Any, degree: int, **options: Any) -> Any:
    # As polyfit scales its columns: x of 1e-100 underflows to a column of 0, then 0/0.
    scales = np.sqrt((np.vander(x, degree + 1) ** 2).sum(axis=0))
    if not (np.isfinite(scales).all() and (scales > 0).all() and np.isfinite(y).all()):
        msg = "values to fit are not finite"
        raise FloatingPointError(msg)
    return _POLYFIT(x, y, degree, **options)


def _quiet(
    estimator: Callable[[Callable[[Any], Any], Any], Outcome],
) -> Callable[[Callable[[Any], Any], Any], Outcome]:
    def silenced(f: Callable[[Any], Any], x: Any) -> Outcome:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return estimator(f, x)

    return silenced


ESTIMATORS: dict[str, Callable[[Callable[[Any], Any], Any], Outcome]] = {
    "gradcheck central": _central,
    "gradcheck complex step": _quiet(_complex_step),
    "scipy 3-point": _quiet(_three_point),
    "scipy.differentiate": _quiet(_scipy_differentiate),
    "numdifftools": _quiet(_numdifftools),
    "jacobi": _quiet(_jacobi),
}
