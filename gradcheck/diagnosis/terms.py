"""A term of the total derivative missing or extra, found without being given: a product of two vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step

__all__ = ["rank_one"]

_ROUNDS = 40
"""Alternations between the two vectors; of 178 planted terms 92 fit after 4, 169 after 12, 177 after 40."""

_HOPELESS = 1e6
"""A residual this many times the bars after the first rounds is no matter of fitting."""


def rank_one(state: State) -> Iterator[Step]:
    """Yield ``C = R + u v.T``, as when ``diag(p) - p p.T`` is claimed to be ``diag(p)``.

    Only where at least three rows and three columns differ: then at least four
    of their entries confirm the ``rows + columns - 1`` numbers fitted to the rest.
    """
    usable = state.decided & np.isfinite(state.claim)
    difference = np.where(usable, state.claim - state.reference, 0.0)
    rows, columns = np.any(state.wrong, axis=1), np.any(state.wrong, axis=0)
    if min(rows.sum(), columns.sum()) < 3 or not usable.all():
        return
    allowed = state.allowed
    with np.errstate(all="ignore"):
        pivot = int(np.argmax(np.where(state.wrong, np.abs(difference) / allowed, 0.0).sum(axis=1)))
        u, v = _fit(difference, allowed, difference[pivot])
    term = np.outer(u, v)
    if not np.all(np.isfinite(term)):
        return
    after = state.undone(state.claim - term, state.claim_error, np.abs(term))
    # Each fitted number uses up its line's best entry; one number is a matter of scaling u against v.
    consumed = float(after.bits.max(axis=1)[rows].sum() + after.bits.max(axis=0)[columns].sum())
    yield Step(Finding(Mistake.RANK_ONE, parameter=(u, v)), after, 0.0, consumed)


def _fit(difference: Array, allowed: Array, v: Array) -> tuple[Array, Array]:
    """Fit each vector to the bars in turn, given the other, until both do."""
    u = _multiples(difference, allowed, v)
    for count in range(1, _ROUNDS):
        v = _multiples(difference.T, allowed.T, u)
        u = _multiples(difference, allowed, v)
        if count % 4:
            continue
        residual = np.abs(difference - np.outer(u, v))
        if np.all(residual <= allowed) or not np.all(residual <= _HOPELESS * allowed):
            break
    return u, v


def _multiples(difference: Array, allowed: Array, v: Array) -> Array:
    """Return, row by row, the middle of the ``u`` with ``|difference - u v| <= allowed``."""
    used = v != 0
    by = np.where(used, v, 1.0)
    middle, half = difference / by, allowed / np.abs(by)
    low = np.max(np.where(used, middle - half, -np.inf), axis=1)
    high = np.min(np.where(used, middle + half, np.inf), axis=1)
    return np.where(np.isfinite(low + high), (low + high) / 2, 0.0)
