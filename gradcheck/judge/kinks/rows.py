"""Rows of a derivative where the function is not differentiable: along the axes, and between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.complex_step import complex_step_slope
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.judge.kinks.between import Known, deviating, kinked_along, rays
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Status

__all__ = ["Look", "beside_kink", "hidden_kinks", "kinked_rows"]

_DIRECTIONS = 2
"""Rays looked at closely for a row that is about to be called wrong, whatever a few evaluations say."""
_TURNS, _ROUNDED = 2, 2.0**-51
"""Neighbours to either side, two roundings of the argument away, at which the branch is asked."""
_OF_GAP = 1e-3
"""Of what the sides of a kink differ by, so much may lie between one of them and what an exact run gave."""


@dataclass(frozen=True)
class Look:
    """How closely to look between the axes: along so many rays, drawn by ``rng``, inside flat ``bounds``."""

    rays: int
    rng: np.random.Generator
    bounds: Any


def kinked_rows(estimates: Mapping[str, FlatEstimate], count: int) -> Array:
    """Return which of ``count`` rows an estimate found kinked, bool."""
    rows = np.zeros(count, dtype=bool)
    for one in estimates.values():
        if one.status is Status.KINK or (one.codes == Status.KINK.code).any():
            rows |= (one.codes == Status.KINK.code).any(axis=1)
    return rows


def beside_kink(
    problem: Problem, estimates: Mapping[str, FlatEstimate], rng: np.random.Generator
) -> tuple[Array, int]:
    """Return the rows beside a kink, nearer than differences can step, bool ``(m,)``, and evaluations spent.

    A continued run took its branch there although every operation was moved by up to two roundings, and so
    it does when the argument is: rounding does not decide it.  What it gave is one side in each entry.
    """
    exact, seen = estimates.get("complex-step"), estimates.get("central")
    rows: Array = np.zeros(problem.output.size, dtype=bool)
    if exact is None or seen is None or exact.doubted is None or seen.left is None or seen.right is None:
        return rows, 0
    value, error = exact.doubted
    kinked = seen.codes == Status.KINK.code
    with np.errstate(invalid="ignore"):
        bar = _OF_GAP * np.abs(seen.right - seen.left) + error
        on_left, on_right = np.abs(value - seen.left) <= bar, np.abs(value - seen.right) <= bar
        smooth = np.abs(value - seen.value) <= seen.error + error
    rows = kinked.any(axis=1) & np.where(kinked, on_left | on_right, smooth).all(axis=1)
    primal = problem.primal()
    primal(primal.x)
    direction = rng.uniform(0.5, 1.0, primal.n)
    for signs in rng.choice([-1.0, 1.0], (_TURNS, primal.n)):
        for moved in (_ROUNDED * signs, -_ROUNDED * signs) if rows.any() else ():
            there = complex_step_slope(primal, primal.x * (1.0 + moved), direction)
            if there is None:
                return np.zeros(len(rows), dtype=bool), primal.nfev
            gap = np.abs(value - np.where(on_left, seen.right, seen.left))
            least = np.min(np.where(kinked, gap * direction, np.inf), axis=1, initial=np.inf)
            rows &= np.abs(there[0] - value @ direction) <= _OF_GAP * least + there[1]
    return rows, primal.nfev


def hidden_kinks(
    problem: Problem, known: Known | None, wanted: Array, doubtful: Array, look: Look
) -> tuple[Array, int]:
    """Return which rows are kinked between the axes, and the evaluations spent.

    Along every axis ``min(|x|, |y|)`` is smooth at 0, and its partial derivatives alone say nothing of
    the members of Clarke's set.  A few evaluations tell where to look closely.

    Parameters
    ----------
    problem
        The function, evaluated at its point.
    known
        What is known of its derivative; None where only a kink along a ray itself counts.
    wanted, doubtful
        Rows asked about, and rows whose claim is about to be called wrong, bool ``(m,)``.
    look
        How closely.
    """
    directions = list(rays(problem.x, look.rng, look.rays, look.bounds))
    suspected, spent = np.zeros((len(directions), problem.output.size), dtype=bool), 0
    if known is not None:
        suspected, spent = deviating(problem, known, directions, wanted, look.bounds)
    rows = np.zeros(problem.output.size, dtype=bool)
    closely = 0
    while directions:
        left = (suspected | (doubtful & (closely < _DIRECTIONS))) & ~rows
        best = int(np.argmax(left.sum(axis=1)))
        if not left[best].any():
            break
        found, cost = kinked_along(problem, directions.pop(best), known, look.bounds)
        suspected = np.delete(suspected, best, axis=0)
        rows |= found & (wanted | doubtful)
        spent += cost
        closely += 1
    return rows, spent
