"""The derivative by complex step, exact to rounding, with a certificate or not at all.

``f`` runs on :class:`~gradcheck.estimators.continuation.array.Continuation`, once for
each column, with one infinitesimal direction each, or once for many columns where it
takes its numbers one by one (Squire and Trapp 1998,
"Using complex variables to estimate derivatives of real functions", SIAM
Review 40; Martins, Sturdza and Alonso 2003, ACM TOMS 29).  What cannot be
continued is refused.  Three more things are required: the real part is the value
that ``f`` gives, no branch was taken at a tie, and one central-difference
direction agrees.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import gradcheck.estimators.continuation.linalg
import gradcheck.estimators.continuation.reductions  # noqa: F401
from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument, RefusedOperation
from gradcheck.estimators.certificate import Confirmation, confirm
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import lift
from gradcheck.estimators.continuation.trace import REPLICAS, Trace, raised_at
from gradcheck.estimators.flat import FlatEstimate, gravest, unusable
from gradcheck.estimators.primal import InconsistentOutput, Primal
from gradcheck.results import Status

__all__ = ["complex_step_anew", "complex_step_jacobian", "complex_step_slope"]

_EPS = float(np.finfo(np.float64).eps)
# A slope below the smallest subnormal over the step 2**-40 of the complex loops is lost in them.
_TINY = 2.0**-1074 * 2.0**40

# The error is a draw from rounding, a quarter of what moves the copies: it never exceeded 4 times the largest
# of five in 5e6 entries of eleven functions, zeros of the derivative among them (8 times that of three copies
# moved by up to an ulp it exceeds in up to 3 of 10,000).
_FACTOR = 6.0
# Runs from this number on draw from the other half of the pool.
_ANEW = 4096
# Complex loops are off by up to two ulps even where nothing is disturbed.
_FLOOR = 4.0 * _EPS
_TIE = "tie at {}: a branch was taken where both sides meet, the derivative is one-sided"
_Run = tuple[Array, Array, Trace]


@dataclass
class _Columns:
    """The runs: tangents and primals ``(columns, copies, m)``, and what was met."""

    tangents: Array
    primals: Array
    ties: list[str]
    jumps: list[str]


class _Refused(Exception):
    """The complex step has no answer; the message is for the user."""


class _Tied(_Refused):
    """A branch was taken where both sides meet."""


class _Contradicted(_Refused):
    """A central difference says something else."""


def _outcome(result: Any, shape: tuple[int, ...] | None, wanted: tuple[int, ...]) -> tuple[Array, Array]:
    """Return primals and tangents of what ``f`` returned, ``wanted``: ``(directions, copies, m)``."""
    value = lift(result, "the result")
    found = value.shape if isinstance(value, Continuation) else np.shape(value)
    if found != shape:
        raise _Refused(f"the run on continued numbers returned shape {found}, the function itself {shape}")
    if isinstance(value, Continuation):
        return value.primals.reshape(wanted), value.tangents.reshape(wanted)
    plain = np.broadcast_to(np.asarray(value, dtype=np.float64).reshape(wanted[-1]), wanted)
    return plain, np.zeros(wanted)


def _run(primal: Primal, x: Array, directions: Array, number: int, beside: Array) -> _Run:
    count, shape = len(directions), primal.x_shape
    trace = Trace(number, len(beside), count)
    others = beside.reshape(len(beside), *shape)
    argument = Continuation.seed(x.reshape(shape), directions.reshape(count, *shape), trace, others)
    result = primal.call(argument)
    return *_outcome(result, primal.f_shape, (count, trace.copies // count, primal.m)), trace


def _units(n: int) -> Iterator[Array]:
    """Yield the directions of the coordinates, one at a time: together they are an n by n matrix."""
    for j in range(n):
        direction = np.zeros(n)
        direction[j] = 1.0
        yield direction


def _columns(
    primal: Primal,
    x: Array,
    directions: Iterable[Array],
    count: int,
    *,
    first: int = 0,
    beside: Array | None = None,
) -> _Columns:
    others = np.empty((0, x.size)) if beside is None else beside
    shape = count, REPLICAS + len(others), primal.m
    found = _Columns(np.empty(shape), np.empty(shape), [], [])
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            pending, done, together = iter(directions), 0, 1
            while some := list(itertools.islice(pending, together)):
                at = slice(done, done + len(some))
                found.primals[at], found.tangents[at], trace = _run(
                    primal, x, np.array(some), at.start + first, others
                )
                found.ties += trace.ties
                found.jumps += trace.jumps
                done = at.stop
                together = trace.room()
    except _Refused:
        raise
    except Exception as cause:
        raise _Refused(_explained(cause)) from cause
    return found


def _explained(cause: BaseException) -> str:
    """Return the message of the refusal behind ``cause``; NumPy sometimes wraps it in an error of its own."""
    seen: BaseException | None = cause
    while seen is not None:
        if isinstance(seen, RefusedOperation):
            return str(seen)
        seen = seen.__cause__ or seen.__context__
    place = raised_at(cause)
    return f"the function raised {type(cause).__name__} on continued numbers at {place}: {cause}"


def _spread(copies: Array) -> Array:
    """Return the largest distance of the disturbed copies (axis 1) from the first: no square, no overflow."""
    return np.asarray(np.abs(copies[:, 1:REPLICAS] - copies[:, :1]).max(axis=1))


def _same_value(base: Array, primals: Array, spread: Array) -> bool:
    distance = np.abs(primals[:, 0] - base)
    allowed = _FACTOR * spread + 16.0 * _EPS * np.abs(base) + _TINY
    fine = (distance <= allowed) | ~np.isfinite(base) | (primals[:, 0] == base)
    return bool(np.all(fine)) and bool(np.all(np.isfinite(primals[:, 0]) == np.isfinite(base)))


def _disagreement(found: Confirmation, value: Array) -> _Refused:
    """Return the refusal of rows that no central difference confirms."""
    row = int(np.argmax(found.wrong))
    if found.rungs == 0 or not np.isfinite(found.residual[row]):
        text = f"no central difference could be taken to confirm row {row}: the function is not finite nearby"
        return _Refused(text)
    return _Contradicted(
        f"the central difference along one direction disagrees in row {row}: off by "
        f"{found.residual[row]:.3g} with a bar of {found.bar[row]:.3g} "
        f"(largest entry of the row {np.max(np.abs(value[row])):.3g})"
    )


def _certified(primal: Primal, base: Array, runs: _Columns, value: Array) -> tuple[str, ...]:
    """Return notes; raise ``_Refused`` where the certificate fails."""
    finite = np.isfinite(base)
    spread = _spread(runs.primals)
    if not _same_value(base, runs.primals, spread):
        raise _Refused("value differs: the real part of the continued run is not the value of the function")
    if runs.ties:
        raise _Tied(_TIE.format(runs.ties[0]))
    constant = (value == 0.0).all(axis=1) & finite
    if runs.jumps and value.shape[1] and constant.any():
        raise _Refused(f"row {int(np.argmax(constant))} is piecewise constant by {runs.jumps[0]}")
    if value.shape[1] == 0 or value.shape[0] == 0:
        return ()
    found = confirm(primal, base, value, spread.max(axis=0, initial=0.0))
    usable = finite & np.isfinite(value).all(axis=1)
    if (found.wrong & usable).any():
        raise _disagreement(_only(found, usable), value)
    if runs.jumps and (found.rough & usable).any():
        raise _Refused(f"the function steps near the point, by {runs.jumps[0]}")
    weak = np.flatnonzero(found.weak & usable)
    if weak.size:
        return (f"the central direction confirms row {int(weak[0])} only to {found.bar[weak[0]]:.3g}",)
    return ()


def _only(found: Confirmation, usable: Array) -> Confirmation:
    return Confirmation(found.wrong & usable, found.weak, found.rough, found.residual, found.bar, found.rungs)


def _first_value(primal: Primal) -> Array | FlatEstimate:
    """Return ``f(x)``, or the estimate that says why there is none."""
    n = primal.n
    try:
        return primal(primal.x)
    except InvalidArgument:
        raise
    except InconsistentOutput as cause:
        return unusable(primal.m, n, Status.INCONSISTENT_OUTPUT, primal.nfev, str(cause))
    except Exception as cause:
        message = f"the function raised {type(cause).__name__}: {cause}"
        return unusable(primal.m, n, Status.RAISED, primal.nfev, message)


def _last_status(primal: Primal, base: Array) -> tuple[Status, str]:
    """Evaluate once more at the point: H1 and H2."""
    if primal.mutates:
        return Status.MUTATES_INPUT, "the function changes its argument in place"
    try:
        again = primal(primal.x)
    except InconsistentOutput as cause:
        return Status.INCONSISTENT_OUTPUT, str(cause)
    except Exception as cause:
        return Status.NONDETERMINISTIC, f"a later call raised {type(cause).__name__}: {cause}"
    if not np.array_equal(base, again, equal_nan=True):
        return Status.NONDETERMINISTIC, "two calls at the same point differ"
    return Status.OK, ""


def complex_step_jacobian(primal: Primal, *, beside: Array | None = None) -> FlatEstimate:
    """Return ``J[i, j] = Im f_i(x + i h e_j) / h``, shape ``(m, n)``, exact to rounding, or a refusal.

    Costs at most ``n`` runs on continued numbers and 12 plain evaluations: a run after the first carries up
    to 32 columns, as long as the arrays in ``f`` stay small or ``f`` takes its numbers one by one.

    Parameters
    ----------
    primal
        The function and its point.
    beside
        Up to three points a rounding away, ``(k, n)``: the same runs tell how far the derivative moves to
        there, the estimate's ``moved``.

    Returns
    -------
    FlatEstimate
        ``value`` in units of f per unit of x; ``error`` bounds the rounding, measured entry by
        entry from copies of the run whose every operation is disturbed by an ulp (Vignes 1993).
        Status ``REFUSED``, with value NaN, without a certificate: the message names the operation and
        line.  Rows where ``f`` is not finite have the code ``OUTSIDE_DOMAIN``.

    Raises
    ------
    InvalidArgument
        If ``f`` does not return real numbers.

    Notes
    -----
    Constants are taken as exact, those too that ``f`` computes without the argument
    (``np.sqrt(2.0)``): the derivative is that of ``f`` as it is coded.

    Examples
    --------
    >>> complex_step_jacobian(Primal(np.sin, [np.array([0.0])])).value
    array([[1.]])
    >>> complex_step_jacobian(Primal(np.abs, [np.array([0.0])])).status.name
    'REFUSED'
    """
    started = primal.nfev
    base = _first_value(primal)
    if isinstance(base, FlatEstimate):
        return base
    m, n = primal.m, primal.n
    refusal, tied, contradicted = "", False, False
    notes: tuple[str, ...] = ()
    value, error = np.zeros((m, n)), np.zeros((m, n))
    moved: Array | None = None
    try:
        runs = _columns(primal, primal.x, _units(n), n, beside=beside)
        value, error = _estimated(runs)
        moved = None if beside is None else _moved(runs)
        with np.errstate(all="ignore"):
            notes = _certified(primal, base, runs, value)
    except InconsistentOutput as cause:
        return unusable(m, n, Status.INCONSISTENT_OUTPUT, primal.nfev - started, str(cause))
    except _Refused as cause:
        refusal = str(cause)
        tied, contradicted = isinstance(cause, _Tied), isinstance(cause, _Contradicted)
    status, message = _last_status(primal, base)
    nfev = primal.nfev - started
    if status is not Status.OK:
        return unusable(m, n, status, nfev, message)
    if refusal:
        found = unusable(m, n, Status.REFUSED, nfev, refusal)
        doubted = (value, error) if contradicted else None
        return replace(found, tied=tied, contradicted=contradicted, doubted=doubted)
    return replace(_assembled(base, value, error, nfev, notes), moved=moved)


def complex_step_slope(primal: Primal, x: Array, direction: Array) -> tuple[Array, Array] | None:
    """Return ``J(x) @ direction``, ``(m,)``, and its rounding from one run without a certificate.

    To tell Jacobians apart, never to be believed.  None where the run is refused or took a branch at a tie.

    Parameters
    ----------
    primal
        The function; it has been called before, so that the shape of its output is known.
    x, direction
        ``(n,)`` each.

    Examples
    --------
    >>> primal = Primal(np.sin, [np.zeros(2)])
    >>> _ = primal(primal.x)
    >>> complex_step_slope(primal, np.zeros(2), np.array([3.0, 4.0]))[0]
    array([3., 4.])
    """
    try:
        runs = _columns(primal, x, [direction], 1)
    except _Refused:
        return None
    if runs.ties:
        return None
    value, error = _estimated(runs)
    return value[:, 0], error[:, 0]


def complex_step_anew(primal: Primal, found: FlatEstimate, columns: Array) -> FlatEstimate:
    """Return what was ``found`` with some columns' bars not less than other disturbances show.

    All disturbed copies of a run may be near the first by chance, those of two runs hardly.  Where a branch
    is now taken at a tie, the answer is withdrawn: status ``REFUSED``.  As it was where the run is refused.

    Parameters
    ----------
    primal, found
        The function at its point, where it has been called, and what was certified there.
    columns
        ``(k,)`` indices of coordinates.

    Examples
    --------
    >>> primal = Primal(np.sin, [np.zeros(2)])
    >>> found = complex_step_jacobian(primal)
    >>> bool((complex_step_anew(primal, found, np.array([1])).error >= found.error).all())
    True
    """
    started = primal.nfev
    try:
        runs = _columns(primal, primal.x, np.eye(primal.n)[columns], len(columns), first=_ANEW)
    except _Refused:
        return replace(found, nfev=primal.nfev - started)
    if runs.ties:
        refused = unusable(
            primal.m, primal.n, Status.REFUSED, primal.nfev - started, _TIE.format(runs.ties[0])
        )
        return replace(refused, tied=True)
    error = found.error.copy()
    error[:, columns] = np.fmax(error[:, columns], _estimated(runs)[1])
    return replace(found, error=error, nfev=primal.nfev - started)


def _estimated(runs: _Columns) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        value = np.ascontiguousarray(runs.tangents[:, 0].T)
        error = _FACTOR * _spread(runs.tangents).T + _FLOOR * np.abs(value) + _TINY
    return value, error


def _moved(runs: _Columns) -> Array:
    """Return how far the derivative moves to the points beside, ``(m, width)``; 0 where it has none there."""
    with np.errstate(all="ignore"):
        distance = np.abs(runs.tangents[:, REPLICAS:] - runs.tangents[:, :1])
    known = np.where(np.isfinite(distance), distance, 0.0)
    return np.ascontiguousarray(known.max(axis=1, initial=0.0).T)


def _assembled(base: Array, value: Array, error: Array, nfev: int, notes: tuple[str, ...]) -> FlatEstimate:
    codes = np.zeros(value.shape, dtype=np.uint8)
    bad = ~(np.isfinite(value) & np.isfinite(error))
    codes[bad] = Status.REFUSED.code
    codes[~np.isfinite(base)] = Status.OUTSIDE_DOMAIN.code
    bad |= codes != 0
    status = gravest(codes)
    message = ""
    if status is Status.OUTSIDE_DOMAIN:
        message = f"f is not finite at the point in row {int(np.argmax(~np.isfinite(base)))}"
    elif status is Status.REFUSED:
        row = int(np.argwhere(bad)[0, 0])
        message = f"the derivative is not finite in row {row}: an intermediate value overflows"
    return FlatEstimate(
        value=np.where(bad, np.nan, value),
        error=np.where(bad, np.inf, error),
        codes=codes,
        nfev=nfev,
        status=status,
        message=message,
        notes=notes,
    )
