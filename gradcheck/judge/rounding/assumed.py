"""The rounding of a claim given as numbers, which nobody can evaluate again: assumed, never measured.

Its formula may have rounded the argument once.  What that does to the derivative the reference tells, whose
own runs follow it to points a rounding away (`Reference.moved`); how a formula loses more than that only a
callable can show.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.compare import Comparison
from gradcheck.judge.claimed.precision import limit_of
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.outcome.power import smallest_shown
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["assumed_rounding", "granted_rounding", "left_open"]

_ASSUMED = 2.0
"""Further eps of each entry, for the last operation."""
_SHARE = 0.25
"""Of the largest error that a PASS may miss: what is granted counts twice in it, and is not all there is."""


def assumed_rounding(claimed: ClaimMatrix, reference: Reference) -> Array:
    """Return what one eps of the claim's format, in the arguments, does to the derivative, ``(m, n)``.

    How far the reference moves with its argument, and a few eps of the entries.
    """
    eps = float(np.max(claimed.eps, initial=0.0))
    moved = np.zeros(claimed.value.shape) if reference.moved is None else reference.moved
    size = np.where(np.isfinite(claimed.value), np.abs(claimed.value), 0.0)
    result: Array = moved + _ASSUMED * eps * size
    return result


def granted_rounding(problem: Problem, claimed: ClaimMatrix, reference: Reference, base: Array) -> Array:
    """Return how much of it a PASS may grant, ``(m, n)``: as much as leaves the check its power.

    Beyond, where rounding the argument changes the derivative by more than a PASS may miss, a disagreement
    is left open: see :func:`left_open`.  ``base`` is ``f`` at the point, ``(m,)``.
    """
    size = np.nan_to_num(np.abs(reference.value), nan=0.0)
    shown = smallest_shown(problem, base, reference.value, claimed.dtype)
    row = np.max(size, axis=1, keepdims=True, initial=0.0)
    most = _SHARE * limit_of(claimed, problem.output) * np.where(size > shown, size, row)
    result: Array = np.fmin(assumed_rounding(claimed, reference), most)
    return result


def left_open(
    problem: Problem, claimed: ClaimMatrix, reference: Reference, compared: Comparison
) -> CheckResult | None:
    """Return INCONCLUSIVE where a rounding of the argument may explain every wrong entry, None where not."""
    explained = compared.allowed + assumed_rounding(claimed, reference)
    if not (compared.difference <= explained)[compared.wrong].all():
        return None
    row, column = compared.index or (0, 0)
    text = (
        f"the claim is off at {entry_of(problem, (int(row), int(column)))} by no more than a rounding of the "
        "argument moves the derivative; pass a callable to have its own rounding measured"
    )
    return CheckResult(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text)
