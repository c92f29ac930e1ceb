"""Rows of a derivative where the function is not differentiable: along the axes, and between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.judge.kinks.between import Known, deviating, kinked_along, rays
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Status

__all__ = ["Look", "hidden_kinks", "kinked_rows"]

_DIRECTIONS = 2
"""Rays looked at closely for a row that is about to be called wrong, whatever a few evaluations say."""


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
