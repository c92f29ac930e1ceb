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
from gradcheck.results import Status

__all__ = ["Kink", "hidden_kinks", "kinked_rows", "membership"]

_BUDGET = 40_000
"""Evaluations of f that looking round a kink may take, in all."""
_FEWEST, _MOST = 200, 4000
_DIRECTIONS = 2


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
) -> Kink:
    """Judge the rows ``rows`` of a claim by membership in Clarke's generalised Jacobian.

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
    """
    spent = 0

    def jacobian(x: Array) -> tuple[Array, Array]:
        nonlocal spent
        found = central_jacobian(Primal(problem, [x]), bounds=bounds)
        spent += found.nfev
        return found.value[rows], found.error[rows]

    values = problem.primal()
    found = clarke.explore(
        jacobian,
        problem.x,
        claimed[rows],
        claim_error[rows],
        rng=rng,
        scale=np.where(problem.x == 0, 1.0, np.abs(problem.x)),
        value=lambda x: values(x)[rows],
        max_nfev=int(np.clip(_BUDGET // max(cost, 1), _FEWEST, _MOST)),
    )
    spent += values.nfev
    mix = nearest_mix(found)
    return Kink(found, None, None, spent) if mix is None else Kink(found, *mix, spent)
