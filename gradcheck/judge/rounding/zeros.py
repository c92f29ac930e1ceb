"""What arithmetic leaves where a derivative is 0: a last digit of the numbers that cancelled there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["Zeros", "zeros_of"]

_FEW = FEW_EPS * eps_of("float64")
_KNOWN = 64.0
"""A row counts as 0 throughout only where its bars are at most this many times what may be left there."""


class Zeros(NamedTuple):
    """``left`` ``(m, n)``: what a claim may leave where the derivative is 0, units of f per unit of x.

    ``rows`` bool ``(m,)``: outputs that are themselves no more than such a rounding, and do not move.
    """

    left: Array
    rows: Array


def zeros_of(problem: Problem, reference: Reference, base: Array) -> Zeros:
    """Return what a claim may leave where the reference is 0 within its bar; 0 where it is not.

    A few roundings of the row's largest entry: of a product of matrices that cancels more cannot be asked,
    and a mistake in such an entry is measured by that entry anyway.  Where a row is 0 throughout and f itself
    is no more there than a rounding of the other rows of its array (the sum of a centred vector), these stand
    in: their largest entry by the same input, and of an input that none depends on, their largest at all.
    An output that does not cancel, a constant of 3, has no rounding but its own.

    Parameters
    ----------
    base
        ``f`` at the point, ``(m,)``.
    """
    value = np.nan_to_num(np.abs(reference.value))
    zero: Array = np.asarray(value <= reference.error)
    size = np.where(zero, 0.0, value)
    left = np.where(zero, _FEW * np.max(size, axis=1, keepdims=True, initial=0.0), 0.0)
    beside, still = np.zeros(value.shape), np.zeros(len(value), dtype=bool)
    for leaf in problem.output.leaves:
        rows = slice(leaf.start, leaf.stop)
        cancelled, beside[rows] = _cancelled(size[rows], problem.x)
        still[rows] = (cancelled > 0) & (np.abs(base[rows]) <= cancelled)
    # An entry without an answer says nothing of the others of its row.
    sharp: Array = np.asarray((reference.error <= _KNOWN * beside) | ~reference.decided)
    still &= (zero & sharp).all(axis=1)
    return Zeros(np.where(still[:, None], beside, left), still)


def _cancelled(size: Array, x: Array) -> tuple[float, Array]:
    """Return roundings of an array's largest term ``|J_ij x_j|``, and of its entries by each input."""
    with np.errstate(over="ignore", invalid="ignore"):
        terms = _FEW * float(np.max(size * np.abs(x), initial=0.0))
        column = _FEW * np.max(size, axis=0, initial=0.0)
    beside = np.where(column > 0, column, float(np.max(column, initial=0.0)))
    # Beyond the largest number nothing is known of what cancels.
    return (terms, beside) if np.isfinite(terms) else (0.0, np.zeros(len(x)))
