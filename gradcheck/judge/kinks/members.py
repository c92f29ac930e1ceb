"""Membership of a claim in Clarke's set, from the Jacobians met beside the point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import clarke
from gradcheck.arrays import Array
from gradcheck.estimators.differences.central import EACH_COLUMN, central_jacobian
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.kinks.outside import nearest_mix
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import complex_step
from gradcheck.results import Reason, Status, Verdict

__all__ = ["Kink", "membership"]

_BUDGET = 40_000
"""Evaluations of f that looking round a kink may take, in all, of up to 19 inputs."""
_FEWEST = 100
"""Jacobians that it may take at least, of more."""
_TOGETHER = 0.75
"""The share of it that goes to all rows together."""
_ALONE = 3
"""Rows that are judged by themselves."""
_TRIES = 3
"""Refusals after which a complex step is given up."""


@dataclass(frozen=True)
class Kink:
    """What was found at a kink.

    Attributes
    ----------
    found
        The verdict on the kinked rows.
    nearest
        The mix of what was met that is nearest to the claim, ``(rows, n)``; None when nothing was met.
    error
        Its bar.
    nfev
        Evaluations of f.
    rows
        The rows that the verdict is on, bool ``(m,)``: those asked about, or the one that fails by itself.
    """

    found: clarke.ClarkeVerdict
    nearest: Array | None
    error: Array | None
    nfev: int
    rows: Array


def membership(
    problem: Problem,
    rows: Array,
    claimed: Array,
    claim_error: Array,
    *,
    bounds: Any,
    rng: np.random.Generator,
    method: str = "auto",
) -> Kink:
    """Judge the rows ``rows`` of a claim by membership in Clarke's generalised Jacobian.

    Takes ``600 (n + 10)`` evaluations of f at most; what is begun then is ended.  Measured where kinks add up
    (ReLU layers, absolute values, total variation): 350 to 6,000 up to 100 inputs; for kinks of 2 to 10
    inputs between flat pieces 150 to 10,000; of curved sets (eigenvalues) mostly all.

    Parameters
    ----------
    rows
        ``(m,)`` bool.
    claimed, claim_error
        ``(m, n)``.
    bounds
        Flat, or None: f is never evaluated outside.
    method
        ``"auto"``: by complex step where it is certified, beside the kink, and by differences elsewhere;
        ``"central"``: by differences alone.
    """
    several = int(rows.sum()) > 1
    budget = max(_BUDGET, _FEWEST * EACH_COLUMN * (problem.x.size + 1))
    look = _Round(problem, bounds, rng, method != "central", budget)
    found = look.explored(rows, claimed, claim_error, share=_TOGETHER if several else 1.0)
    if several and found.reason is Reason.NOT_DIFFERENTIABLE:
        # One row has far fewer sides than all together, and outside by itself is outside.
        for row in _outermost(rows, claimed, claim_error, found):
            alone = look.explored(row, claimed, claim_error, share=1.0)
            if alone.verdict is Verdict.FAIL:
                found, rows = alone, row
                break
    nearest, error = nearest_mix(found) or (None, None)
    return Kink(found, nearest, error, look.spent, rows)


@dataclass
class _Round:
    """What looking round a kink may spend, and has spent."""

    problem: Problem
    bounds: Any
    rng: np.random.Generator
    exact: bool
    budget: int
    spent: int = 0

    def explored(self, rows: Array, claimed: Array, claim_error: Array, share: float) -> clarke.ClarkeVerdict:
        """Return what is found of the rows ``rows`` with a share of what is left."""
        x = self.problem.x
        beside = _Beside(self.problem, rows, self.bounds, exact=self.exact)
        found = clarke.explore(
            beside.jacobian,
            x,
            claimed[rows],
            claim_error[rows],
            rng=self.rng,
            scale=np.where(x == 0, 1.0, np.abs(x)),
            value=beside.value,
            max_nfev=int(share * (self.budget - self.spent)),
            counted=lambda: beside.spent,
        )
        self.spent += beside.spent
        return found


def _outermost(rows: Array, claimed: Array, claim_error: Array, found: clarke.ClarkeVerdict) -> list[Array]:
    """Return the rows, as masks, whose claim is outside by itself of the sides met, the farthest first."""
    gaps = {}
    for place, row in enumerate(np.flatnonzero(rows) if found.cells else ()):
        sides = [(cell.value[[place]], cell.error[[place]]) for cell in found.cells]
        gap = clarke.membership(claimed[[row]], claim_error[[row]], sides).gap
        if gap > 0:
            gaps[int(row)] = gap
    first = sorted(gaps, key=lambda row: -gaps[row])[:_ALONE]
    return [np.arange(len(rows)) == row for row in first]


class _Beside:
    """Values and Jacobian of the rows ``rows`` beside a kink; NaN outside the bounds and where f raises.

    A complex step takes a fifth of the evaluations that differences take.  It is not asked again once it
    was refused as often as it may be where f branches at a tie by chance.
    """

    def __init__(self, problem: Problem, rows: Array, bounds: Any, *, exact: bool) -> None:
        self.problem, self.rows, self.bounds = problem, rows, bounds
        self.values = problem.primal()
        self.tries = _TRIES if exact else 0
        self.nfev = 0

    @property
    def spent(self) -> int:
        """Evaluations of f so far."""
        return self.nfev + self.values.nfev

    def inside(self, x: Array) -> bool:
        """Whether f may be evaluated at flat ``x``."""
        return self.bounds is None or bool(np.all((x >= self.bounds[0]) & (x <= self.bounds[1])))

    def jacobian(self, x: Array) -> tuple[Array, Array]:
        """Return value and bar at flat ``x``."""
        try:
            found = self._estimate(x) if self.inside(x) else None
        except Exception:
            found = None
        if found is None:
            shape = int(self.rows.sum()), x.size
            return np.full(shape, np.nan), np.full(shape, np.inf)
        return found.value[self.rows], found.error[self.rows]

    def value(self, x: Array) -> Array:
        """Return the values at flat ``x``."""
        found = self.values.at(x) if self.inside(x) else None
        return np.full(int(self.rows.sum()), np.nan) if found is None else found[self.rows]

    def _estimate(self, x: Array) -> FlatEstimate:
        found = self._exact(x) if self.tries > 0 else None
        if found is None:
            primal = Primal(self.problem, [x])
            try:
                found = central_jacobian(primal, bounds=self.bounds)
            finally:
                self.nfev += primal.nfev
        return found

    def _exact(self, x: Array) -> FlatEstimate | None:
        primal = Primal(self.problem, [x])
        found = complex_step(primal, self.bounds)
        self.nfev += primal.nfev
        if found.status is Status.OK:
            return found
        self.tries -= 1
        return None
