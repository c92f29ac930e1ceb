"""What the numerical witnesses say of a problem, and the sharpest answer of each entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.differences.blocks import central_in_blocks
from gradcheck.estimators.differences.central import EACH_COLUMN
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.question.budget import counter_of
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Status

__all__ = ["Reference", "central", "complex_step", "sharpest"]


@dataclass(frozen=True)
class Reference:
    """A derivative with its error bars, and by which witnesses.

    Attributes
    ----------
    value, error
        ``(m, n)``, units of f per unit of x; NaN with an infinite bar where there is no answer.
    estimates
        What the witnesses said, by name.
    moved
        ``(m, n)``: how far it moves when its argument is rounded; None where nobody asked.
    """

    value: Array
    error: Array
    estimates: dict[str, FlatEstimate]
    moved: Array | None = None

    @property
    def decided(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which entries have an answer."""
        known: np.ndarray[Any, np.dtype[np.bool_]] = np.isfinite(self.value) & np.isfinite(self.error)
        return known

    def filled(self, rows: Array, values: Any, errors: Any) -> Reference:
        """Return it with other values and bars in the rows ``rows``, bool."""
        value, error = self.value.copy(), self.error.copy()
        value[rows], error[rows] = values, errors
        return replace(self, value=value, error=error)

    def without(self, rows: Array) -> Reference:
        """Return it with no answer in the rows ``rows``, bool."""
        return self.filled(rows, np.nan, np.inf)

    def without_entries(self, entries: Array) -> Reference:
        """Return it with no answer at ``entries``, bool ``(m, n)``."""
        value, error = np.where(entries, np.nan, self.value), np.where(entries, np.inf, self.error)
        return replace(self, value=value, error=error)

    @property
    def method(self) -> str:
        """The witnesses with an answer, by name."""
        used = [
            name for name, one in self.estimates.items() if np.isfinite(one.value).any() or not one.value.size
        ]
        return " and ".join(used)


class _Inside:
    """A function that is not evaluated outside its bounds, and says so; counts what it did not do."""

    def __init__(self, f: Callable[[Any], Any], bounds: Any) -> None:
        self.f, self.bounds = f, bounds
        self.refused = 0

    def __call__(self, x: Any) -> Any:
        # On continued numbers the real part is the point itself.
        if isinstance(x, np.ndarray) and not np.all((x >= self.bounds[0]) & (x <= self.bounds[1])):
            self.refused += 1
            raise ValueError("outside the bounds")
        return self.f(x)


def complex_step(primal: Primal, bounds: Any = None, beside: Array | None = None) -> FlatEstimate:
    """Return the certified complex step of ``primal``; its one central difference is taken inside ``bounds``.

    Without room for that on either side there is no certificate.  ``beside`` are points a rounding away, to
    which the derivative is followed.
    """
    if bounds is None:
        return complex_step_jacobian(primal, beside=beside)
    if not np.all((primal.x >= bounds[0]) & (primal.x <= bounds[1])):
        # The point itself is out of bounds: refused in words by whoever takes differences.
        return central(primal, bounds, None, beside)
    inside = _Inside(primal.f, bounds)
    kept = Primal(inside, [primal.x])
    found = complex_step_jacobian(kept, beside=beside)
    primal.nfev += kept.nfev - inside.refused
    return replace(found, nfev=found.nfev - inside.refused)


def central(primal: Primal, bounds: Any, max_nfev: int | None, beside: Array | None = None) -> FlatEstimate:
    """Return central differences of ``primal``, inside ``bounds``; with no more evaluations than are left.

    ``beside`` are points a rounding away, to which the derivative is followed.
    """
    counter = counter_of(primal.f.f) if isinstance(primal.f, Problem) else None
    if counter is not None:
        wanted = EACH_COLUMN * (primal.n + 1) if max_nfev is None else max_nfev
        max_nfev = counter.allowed(wanted)
    rows = primal.f.output.size if isinstance(primal.f, Problem) else None
    found = central_in_blocks(primal, bounds, max_nfev, rows=rows, beside=beside)
    return primal.f.widened(found) if isinstance(primal.f, Problem) else found


def sharpest(estimates: dict[str, FlatEstimate]) -> Reference:
    """Return at each entry the answer with the smallest bar among the trusted ones."""
    first = next(iter(estimates.values()))
    value, error = np.full(first.value.shape, np.nan), np.full(first.value.shape, np.inf)
    for one in estimates.values():
        if one.status is Status.REFUSED and not np.isfinite(one.value).any():
            continue
        better = np.isfinite(one.value) & (one.error < error)
        value, error = np.where(better, one.value, value), np.where(better, one.error, error)
    moved = next((one.moved for one in estimates.values() if one.moved is not None), None)
    return Reference(value, error, estimates, moved)
