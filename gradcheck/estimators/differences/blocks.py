"""Central differences of many columns, so many at a time that what is held at once stays small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.central import EACH_COLUMN, central_jacobian
from gradcheck.estimators.flat import FlatEstimate, gravest, unusable
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status

__all__ = ["HELD", "central_in_blocks", "columns_at_once"]

HELD = 600
"""Arrays of the size of the columns examined together that a full ladder holds, measured at most 412."""
_BLOCK = 2**27
"""Bytes of them held at once, where one column does not take more: larger blocks are no faster."""
_FEW = 64
"""Columns up to which the size of the output is not asked for first."""


def columns_at_once(m: int) -> int:
    """Return how many columns of ``m`` entries are examined together.

    Examples
    --------
    >>> columns_at_once(1000), columns_at_once(10**9)
    (27, 1)
    """
    return max(1, _BLOCK // (8 * HELD * max(m, 1)))


def central_in_blocks(
    primal: Primal,
    bounds: Any = None,
    max_nfev: int | None = None,
    *,
    rows: int | None = None,
    beside: Array | None = None,
) -> FlatEstimate:
    """Return what :func:`central_jacobian` returns, in memory that does not grow with its size.

    Parameters
    ----------
    primal, bounds, max_nfev, beside
        As there; the evaluations are shared out evenly, what one block leaves goes to the next.
    rows
        Entries of the output, where known; otherwise ``f`` is called once for it.
    """
    n = primal.n
    if rows is None and n > _FEW and primal.f_shape is None:
        primal(primal.x)
    width = columns_at_once(primal.m if rows is None else rows)
    if n <= width:
        return central_jacobian(primal, bounds=bounds, max_nfev=max_nfev, beside=beside)
    limit = EACH_COLUMN * (n + 1) if max_nfev is None else max_nfev
    blocks: list[FlatEstimate] = []
    started = primal.nfev
    for start in range(0, n, width):
        columns = np.arange(start, min(start + width, n))
        before = primal.nfev
        allowed = limit * int(columns[-1] + 1) // n - (before - started)
        block = central_jacobian(primal, bounds=bounds, columns=columns, max_nfev=allowed, beside=beside)
        # Its curves are views that would keep the whole ladder.
        blocks.append(replace(block, nfev=primal.nfev - before, curves=None))
        if block.status in (Status.NONDETERMINISTIC, Status.MUTATES_INPUT, Status.INCONSISTENT_OUTPUT):
            spent = sum(one.nfev for one in blocks)
            return unusable(block.value.shape[0], n, block.status, spent, block.message, block.notes)
    return _side_by_side(blocks)


def _side_by_side(blocks: list[FlatEstimate]) -> FlatEstimate:
    codes = np.concatenate([one.codes for one in blocks], axis=1)
    status = gravest(codes)
    first = next(one for one in blocks if one.status is status)

    def joined(name: str) -> Array:
        return np.concatenate([getattr(one, name) for one in blocks], axis=1)

    def sides(name: str) -> Array | None:
        parts = [getattr(one, name) for one in blocks]
        if all(part is None for part in parts):
            return None
        nothing = [np.full(one.value.shape, np.nan) for one in blocks]
        return np.concatenate([b if a is None else a for a, b in zip(parts, nothing, strict=True)], axis=1)

    return FlatEstimate(
        value=joined("value"),
        error=joined("error"),
        codes=codes,
        nfev=sum(one.nfev for one in blocks),
        status=status,
        message=first.message,
        left=sides("left"),
        right=sides("right"),
        notes=tuple(dict.fromkeys(note for one in blocks for note in one.notes)),
        moved=None if any(one.moved is None for one in blocks) else joined("moved"),
    )
