"""Right numbers in wrong places: transposed, rolled, reversed, permuted, flattened in the other order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from gradcheck.arrays import Array
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step, ways

__all__ = ["propose"]

MOST_COMPARISONS = 4_000_000
"""Entries compared when every column is held against every other: 160 x 160 x 160, about 50 MB of work."""


def propose(state: State, *, robust: bool) -> Iterator[Step]:
    """Yield every rearrangement that brings most entries (``robust``) or may bring all to their places."""
    m, n = state.reference.shape
    if m == n and n > 1:
        yield Step(Finding(Mistake.TRANSPOSE), state.undone(state.claim.T, state.claim_error.T), ways(2))
    if m != n and min(m, n) > 1:
        yield Step(
            Finding(Mistake.MEMORY_ORDER),
            state.undone(state.claim.reshape(n, m).T, state.claim_error.reshape(n, m).T),
            ways(4),
        )
    for axis in (0, 1):
        yield from _moved(state, axis, robust=robust)
    if robust and min(m, n) > 1:
        # With the entries of each row sorted, rows are recognised although columns have moved as well.
        yield from _moved(state, 0, robust=True, across=True)


def _columns(array: Array, axis: int) -> Array:
    return array if axis == 1 else array.T


def _moved(state: State, axis: int, *, robust: bool, across: bool = False) -> Iterator[Step]:
    claim, claim_error = _columns(state.claim, axis), _columns(state.claim_error, axis)
    reference, error = _columns(state.reference, axis), _columns(state.reference_error, axis)
    length, width = reference.shape
    if width < 2 or width * width * length > MOST_COMPARISONS:
        return
    if not robust and not _same_values(claim, reference, claim_error + error):
        return
    if across:
        claim, claim_error = _sorted_down(claim, claim_error)
        reference, error = _sorted_down(reference, error)
    agree = _agreement(claim, claim_error, reference, error)
    if not robust and not np.all((agree == length).any(axis=1)):
        return
    found = _arrangement(agree)
    if found is None:
        return
    order, parameter, mistake, choice = found
    back = np.argsort(order)
    after = state.undone(np.take(state.claim, back, axis=axis), np.take(state.claim_error, back, axis=axis))
    yield Step(Finding(mistake, parameter=axis if parameter is None else (axis, parameter)), after, choice)


def _sorted_down(value: Array, error: Array) -> tuple[Array, Array]:
    order = np.argsort(value, axis=0)
    return np.take_along_axis(value, order, axis=0), np.take_along_axis(error, order, axis=0)


def _same_values(claim: Array, reference: Array, allowed: Array) -> bool:
    """Whether each row holds the same numbers in any order; sorting is a cheap necessary test."""
    widest = allowed.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.sort(claim, axis=1) - np.sort(reference, axis=1)) > widest
    return not apart.any()


def _agreement(claim: Array, claim_error: Array, reference: Array, error: Array) -> Array:
    """Count, for claimed column j and reference column k, the entries that agree; undecided ones do."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(claim[:, :, None] - reference[:, None, :])
        close = gap <= claim_error[:, :, None] + error[:, None, :]
    undecided = ~(np.isfinite(reference) & np.isfinite(error))
    counts: Array = np.count_nonzero(close | undecided[:, None, :], axis=0)
    return counts


def _arrangement(agree: Array) -> tuple[Array, Any, Mistake, float] | None:
    """Return the order ``p`` with most agreement (claimed column j is p[j]), simplest first."""
    width = len(agree)
    here = np.arange(width)
    rows, matched = linear_sum_assignment(-agree)
    best = int(agree[rows, matched].sum())
    if int(np.trace(agree)) >= best:
        return None
    if int(agree[here, here[::-1]].sum()) >= best:
        return (
            (here[::-1], 1, Mistake.ROLLED, 1.0) if width == 2 else (here[::-1], None, Mistake.REVERSED, 1.0)
        )
    for shift in range(1, width):
        order = (here - shift) % width
        if int(agree[here, order].sum()) >= best:
            short = shift if 2 * shift <= width else shift - width
            return order, short, Mistake.ROLLED, ways(width)
    # Columns that agree where they are stay there: among equal columns the matching may choose any.
    order = _fewest_moves(agree, best)
    moved = int(np.count_nonzero(order != here))
    choice = (math.lgamma(width + 1) - math.lgamma(width - moved + 1)) / math.log(2)
    return order, tuple(int(k) for k in order), Mistake.PERMUTED, choice


def _fewest_moves(agree: Array, best: int) -> Array:
    width = len(agree)
    favoured = agree * (width + 1) + np.eye(width, dtype=agree.dtype)
    rows, order = linear_sum_assignment(-favoured)
    assert int(agree[rows, order].sum()) == best
    result: Array = order
    return result
