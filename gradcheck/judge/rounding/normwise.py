"""What a decomposition leaves in its small outputs: a rounding of the largest, the same at all steps.

The algorithms of linear algebra are right to a rounding of the largest number of a matrix, not of each
(Higham 2002, Accuracy and Stability, section 7.2).  The values of ``solve_sylvester`` at a matrix whose first
row is 2,000 times the others are off by a thousand roundings of their own, and alike over all steps, so that
every difference agrees on a slope that is off by as much.  No evaluation of f tells that from a mistake as
small.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import Comparison
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import CheckResult, Reason, Verdict
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["beneath_largest"]

_SLIGHT = 2.0**-36
"""Share of the row's largest derivative that is left open, at most."""
_SHARED = 2
"""Inputs that an output has in common with the largest one where both come from one decomposition."""


def beneath_largest(
    problem: Problem, reference: Reference, base: Array, compared: Comparison
) -> CheckResult | None:
    """Return INCONCLUSIVE where a rounding of the largest output explains every wrong entry, else None.

    Each is off by at most ``8 eps max |f| / |x_j|``, the largest of the outputs of the same array that share
    inputs with its own, and by no more than 1e-11 of its row's largest entry.

    Parameters
    ----------
    base
        ``f`` at the point, ``(m,)``.
    """
    rows, columns = np.nonzero(compared.wrong)
    if problem.x.size < _SHARED or not np.isfinite(compared.difference[rows, columns]).all():
        return None
    size = np.nan_to_num(np.abs(reference.value))
    depends = size > np.nan_to_num(reference.error, posinf=np.inf)
    largest = _largest_beside(problem, np.nan_to_num(np.abs(base)), depends, np.unique(rows))
    slight = _SLIGHT * size.max(axis=1)
    # An input of 0 has no rounding of its own: it is of the size of the largest.
    apart = np.abs(problem.x)
    moved = np.where(apart > 0, apart, float(np.max(apart)))[columns]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rounding = np.where(moved > 0, FEW_EPS * eps_of("float64") * largest[rows] / moved, 0.0)
    off = compared.difference[rows, columns] - compared.allowed[rows, columns]
    if not (off <= np.minimum(rounding, slight[rows])).all():
        return None
    row, column = compared.index or (0, 0)
    text = (
        f"the claim is off at {entry_of(problem, (int(row), int(column)))} by no more than a rounding of the "
        "largest output, over the input; a decomposition may be off by that at all steps alike"
    )
    return CheckResult(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text)


def _largest_beside(problem: Problem, base: Array, depends: Array, rows: Array) -> Array:
    """Return the largest output that shares inputs with each of ``rows``, ``(m,)``; 0 for the other rows."""
    found = np.zeros(base.size)
    for leaf in problem.output.leaves:
        array = slice(leaf.start, leaf.stop)
        for row in rows[(rows >= leaf.start) & (rows < leaf.stop)]:
            shared = (depends[array] & depends[row]).sum(axis=1) >= _SHARED
            found[row] = np.max(np.where(shared, base[array], 0.0), initial=0.0)
    return found
