"""What arithmetic leaves where a derivative is 0: a last digit of the numbers that cancelled there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.rounding.scatter import around
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["Zeros", "last_digits", "zeros_of"]

_FEW = FEW_EPS * eps_of("float64")
_KNOWN = 64.0
"""A row counts as 0 throughout only where its bars are at most this many times what may be left there."""
_PLACES = (2.0**-40, -(2.0**-40), 2.0**-43, -(2.0**-43))
"""How far away, relative, a last digit is looked for again: its terms have moved by some ulp."""
_STEADY = 0.5
"""A number that stays within this share of itself at all of them is meant."""


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


def last_digits(claim: Claim, value: Array, asked: Array) -> Array:
    """Return which entries ``asked`` for are no numbers but last digits, that come and go, bool ``(m, n)``.

    Of a claim given as numbers nothing comes and goes: any may be what is left of terms that cancel.
    """
    changed: Array = np.array(asked) if not claim.movable else np.zeros(value.shape, dtype=bool)
    for x in around(claim.problem.x, _PLACES):
        if changed[asked].all():
            break
        found = claim.at(x)
        if found is not None and found.shape == value.shape:
            changed |= np.abs(found - value) > _STEADY * np.abs(value)
    return asked & changed
