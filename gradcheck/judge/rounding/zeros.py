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
    and a mistake in such an entry is measured by that entry anyway.  In a row that is 0 throughout (the sum
    of a centred vector) the other rows of the same array stand in: their largest entry, or their largest
    ``|J_ik x_k|``, over ``x_j``.

    Parameters
    ----------
    base
        ``f`` at the point, ``(m,)``.
    """
    value = np.nan_to_num(np.abs(reference.value))
    zero: Array = np.asarray(value <= reference.error)
    size = np.where(zero, 0.0, value)
    largest = np.max(size, axis=1, keepdims=True, initial=0.0)
    apart = np.abs(problem.x)
    moved = np.where(apart > 0, apart, float(np.max(apart, initial=0.0)) or 1.0)
    terms, array = np.zeros(len(value)), np.zeros(len(value))
    for leaf in problem.output.leaves:
        rows = slice(leaf.start, leaf.stop)
        array[rows] = np.max(size[rows], initial=0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            terms[rows] = np.max(size[rows] * moved, initial=0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        beside = _FEW * np.fmax(array[:, None], terms[:, None] / moved)
    # Beyond the largest number nothing is known of what cancels.
    beside = np.where(np.isfinite(beside), beside, 0.0)
    # An entry without an answer says nothing of the others of its row.
    sharp: Array = np.asarray((reference.error <= _KNOWN * beside) | ~reference.decided)
    empty: Array = np.asarray((zero & sharp).all(axis=1))
    still: Array = np.asarray(empty & (terms > 0) & (np.abs(base) <= _FEW * terms))
    left = np.where(zero, _FEW * largest, 0.0)
    return Zeros(np.where(empty[:, None], beside, left), still)
