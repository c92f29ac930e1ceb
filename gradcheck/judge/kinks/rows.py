"""Rows of a derivative where the function is kinked: found, also off the axes, and judged by membership."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import clarke
from gradcheck.arrays import Array
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.kinks.outside import nearest_mix
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import complex_step
from gradcheck.results import Status

__all__ = ["Kink", "hidden_kinks", "kinked_rows", "membership"]

_BUDGET = 40_000
"""Evaluations of f that looking round a kink may take, in all, where one Jacobian takes at most 200."""
_FEWEST, _MOST = 200, 4000
_EACH = 10
"""Evaluations a column, and as many once, that differences beside a kink may take: many Jacobians are met,
and members of Clarke's set are told apart by far more than their last digits."""
_DIRECTIONS = 2
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
    """

    found: clarke.ClarkeVerdict
    nearest: Array | None
    error: Array | None
    nfev: int


def kinked_rows(estimates: Mapping[str, FlatEstimate], count: int) -> Array:
    """Return which of ``count`` rows an estimate found kinked, bool."""
    rows = np.zeros(count, dtype=bool)
    for one in estimates.values():
        if one.status is Status.KINK or (one.codes == Status.KINK.code).any():
            rows |= (one.codes == Status.KINK.code).any(axis=1)
    return rows


def hidden_kinks(problem: Problem, rng: np.random.Generator, bounds: Any) -> tuple[Array, int]:
    """Return which rows are kinked along a direction between the axes, and the evaluations spent.

    ``bounds`` are flat, or None: f is never evaluated outside.

    Along every axis ``min(|x|, |y|)`` is smooth at 0, and its partial derivatives alone say nothing of
    the members of Clarke's set.
    """
    x = problem.x
    scale = np.where(x == 0, 1.0, np.abs(x))
    rows = np.zeros(problem.output.size, dtype=bool)
    spent = 0
    for _ in range(_DIRECTIONS if x.size > 1 else 0):
        ray = scale * rng.choice([-1.0, 1.0], x.size) * rng.uniform(0.5, 1.0, x.size)
        along = Primal(_along(problem, ray), [np.zeros(1)])
        try:
            found = central_jacobian(along, bounds=_along_bounds(x, ray, bounds))
        except Exception:
            return rows, spent + along.nfev
        spent += found.nfev
        rows |= (found.codes == Status.KINK.code).any(axis=1)
    return rows, spent


def _along_bounds(x: Array, ray: Array, bounds: Any) -> Any:
    """Return how far one may go along ``ray``, forth and back, within ``bounds``."""
    if bounds is None:
        return None
    with np.errstate(all="ignore"):
        ends = np.sort([(limit - x) / ray for limit in bounds], axis=0)
    # A point within an ulp of a bound may be moved across it by rounding.
    return np.array([0.999 * np.max(ends[0])]), np.array([0.999 * np.min(ends[1])])


def _along(problem: Problem, ray: Array) -> Any:
    def line(t: Array) -> Any:
        return problem(problem.x + t[0] * ray)

    return line


def membership(
    problem: Problem,
    rows: Array,
    claimed: Array,
    claim_error: Array,
    *,
    bounds: Any,
    rng: np.random.Generator,
    cost: int,
    method: str = "auto",
) -> Kink:
    """Judge the rows ``rows`` of a claim by membership in Clarke's generalised Jacobian.

    Takes at most 40,000 evaluations of f, or ``2000 (n + 1)`` if that is more; measured for kinks of 2 to 10
    inputs: 150 to 3,100 by complex step, 130 to 13,000 by differences.

    Parameters
    ----------
    rows
        ``(m,)`` bool.
    claimed, claim_error
        ``(m, n)``.
    bounds
        Flat, or None: f is never evaluated outside.
    cost
        Evaluations of f that one Jacobian took at the point.
    method
        ``"auto"``: by complex step where it is certified, beside the kink, and by differences elsewhere;
        ``"central"``: by differences alone.
    """
    beside = _Beside(problem, rows, bounds, exact=method != "central")
    values = problem.primal()
    found = clarke.explore(
        beside.jacobian,
        problem.x,
        claimed[rows],
        claim_error[rows],
        rng=rng,
        scale=np.where(problem.x == 0, 1.0, np.abs(problem.x)),
        value=lambda x: values(x)[rows],
        max_nfev=int(np.clip(_BUDGET // max(cost, _EACH * problem.x.size + _EACH), _FEWEST, _MOST)),
    )
    spent = beside.nfev + values.nfev
    mix = nearest_mix(found)
    return Kink(found, None, None, spent) if mix is None else Kink(found, *mix, spent)


class _Beside:
    """The Jacobian of the rows ``rows`` beside a kink, by whichever witness has an answer there.

    A complex step takes a fifth of the evaluations that differences take.  It is not asked again once it
    was refused as often as it may be where f branches at a tie by chance.
    """

    def __init__(self, problem: Problem, rows: Array, bounds: Any, *, exact: bool) -> None:
        self.problem, self.rows, self.bounds = problem, rows, bounds
        self.tries = _TRIES if exact else 0
        self.nfev = 0

    def jacobian(self, x: Array) -> tuple[Array, Array]:
        """Return value and bar at flat ``x``."""
        found = self._exact(x) if self.tries > 0 else None
        if found is None:
            found = central_jacobian(
                Primal(self.problem, [x]), bounds=self.bounds, max_nfev=_EACH * x.size + _EACH
            )
            self.nfev += found.nfev
        return found.value[self.rows], found.error[self.rows]

    def _exact(self, x: Array) -> FlatEstimate | None:
        primal = Primal(self.problem, [x])
        found = complex_step(primal, self.bounds)
        self.nfev += primal.nfev
        if found.status is Status.OK:
            return found
        self.tries -= 1
        return None
