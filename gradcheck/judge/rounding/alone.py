"""What a claim shows by itself of a disagreement, where the function cannot be evaluated any more."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import Comparison
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.outcome.power import smallest_shown
from gradcheck.judge.question.budget import BudgetSpent
from gradcheck.judge.rounding.scatter import claim_rounding

__all__ = ["unexplained"]

_SMALL = 1e-3
"""A disagreement below this share may be the rounding of a claim that cannot be measured."""
_LOST = 2.0**23
"""Roundings of f over x up to which it may be, too: half the digits of terms that cancel."""


def unexplained(
    claim: Claim, compared: Comparison, reference: Array, base: Array, rng: np.random.Generator
) -> str:
    """Return what may explain every wrong entry without a mistake, in words; empty where nothing does.

    A claim whose values scatter along a line by as much as it is off may be right but for its own rounding
    (see :mod:`gradcheck.judge.rounding.scatter`, which needs the function to tell).  ``base`` is f at the
    point, ``(m,)``.
    """
    wrong, gap = compared.wrong, compared.difference
    if not claim.movable or not np.isfinite(gap[wrong]).all():
        return ""
    shape = reference.shape

    def scattered(x: Array) -> tuple[Array, Array] | None:
        found = claim.at(x)
        return None if found is None or found.shape != shape else (found, np.zeros(shape))

    try:
        measured = claim_rounding(claim.problem.x, scattered, rng, np.full(shape, np.inf))
    except BudgetSpent:
        # The claim calls the function itself.
        shown = smallest_shown(claim.problem, base, reference)
        small = (gap <= np.fmax(_SMALL * np.abs(reference), _LOST * shown))[wrong]
        return "the claim's own rounding, which cannot be measured" if small.all() else ""
    if measured is None or not (gap <= measured + compared.allowed)[wrong].all():
        return ""
    return "the claim's own rounding, which is as large"
