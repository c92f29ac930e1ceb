"""The reference at other points than the one judged, in some columns only: all are seldom needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import central, complex_step
from gradcheck.results import Status

__all__ = ["AT_FIRST", "Elsewhere", "among_all", "worst_columns"]

AT_FIRST = 8
"""Columns looked at before all others: a mistake that the worst ones show needs no look at the rest."""


class Elsewhere:
    """The reference of ``problem`` by one witness, wherever it is asked for.

    Parameters
    ----------
    problem
        The function and its point.
    method
        ``"complex-step"`` or ``"central"``.
    bounds
        Flat, or None: f is never evaluated outside.

    """

    def __init__(self, problem: Problem, method: str, bounds: Any) -> None:
        self.problem, self.method, self.bounds = problem, method, bounds
        self.nfev = 0

    def at(self, x: Array, columns: Array) -> tuple[Array, Array] | None:
        """Return value and bar at flat ``x``, ``(m, k)``, of the columns ``columns``, ascending.

        None where f cannot be evaluated.
        """
        found = self.estimate(x, columns)
        return None if found is None else (found.value, found.error)

    def estimate(self, x: Array, columns: Array) -> FlatEstimate | None:
        """Return the witness's answer in the columns ``columns``; None where f cannot be evaluated."""
        if self.bounds is not None and not np.all((x >= self.bounds[0]) & (x <= self.bounds[1])):
            return None
        whole = len(columns) == x.size
        primal = Primal(self.problem, [x]) if whole else self._restricted(x, columns)
        try:
            if self.method == "complex-step":
                return complex_step(primal, self._limits(columns))
            found = central(primal, self._limits(columns), None)
            return found if whole else self.problem.widened(found)
        except Exception:
            # Whatever f raises there: it was asked for at another point by nobody but us.
            return None
        finally:
            self.nfev += primal.nfev

    def _restricted(self, x: Array, columns: Array) -> Primal:
        """Return f as a function of the coordinates ``columns`` alone; a continued one stays continued."""
        kept = np.delete(np.arange(x.size), columns)
        # Joined and put in order: sums with 0 would add roundings that the whole does not have.
        order = np.argsort(np.concatenate([columns, kept]))
        return Primal(lambda some: self.problem(np.concatenate([some, x[kept]])[order]), [x[columns]])

    def _limits(self, columns: Array) -> Any:
        if self.bounds is None:
            return None
        return tuple(np.broadcast_to(limit, self.problem.x.shape)[columns] for limit in self.bounds)


def among_all(found: FlatEstimate, columns: Array, count: int) -> FlatEstimate:
    """Return an estimate of some of ``count`` columns as one of all, the others without an answer."""
    shape = (found.value.shape[0], count)
    value, error = np.full(shape, np.nan), np.full(shape, np.inf)
    codes = np.full(shape, Status.NO_USABLE_STEP.code, dtype=np.uint8)
    value[:, columns], error[:, columns], codes[:, columns] = found.value, found.error, found.codes
    return FlatEstimate(value, error, codes, found.nfev, found.status, found.message, notes=found.notes)


def worst_columns(ratio: Array, wrong: Array) -> list[Array]:
    """Return the columns with a wrong entry: the few worst, which mostly decide, and the rest.

    Examples
    --------
    >>> ratio = np.array([[5.0, 0.5, 9.0]])
    >>> [columns.tolist() for columns in worst_columns(ratio, ratio > 1)]
    [[0, 2]]
    """
    size = np.where(wrong, np.nan_to_num(ratio, nan=0.0), 0.0).max(axis=0, initial=0.0)
    order = np.argsort(-size, kind="stable")
    order = order[np.asarray(wrong.any(axis=0))[order]]
    return [np.sort(part) for part in (order[:AT_FIRST], order[AT_FIRST:]) if part.size]
