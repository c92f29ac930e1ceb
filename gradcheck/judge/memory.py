"""Memory that a dense check needs, known before anything of the size is allocated; estimates in blocks."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.central import central_jacobian
from gradcheck.estimators.flat import FlatEstimate, gravest, unusable
from gradcheck.estimators.primal import Primal
from gradcheck.judge.options import Options
from gradcheck.judge.problem import Problem
from gradcheck.results import CheckResult, Reason, Status, Verdict

__all__ = ["central_in_blocks", "over_memory"]


_DENSE = 120
"""Arrays of the Jacobian's size alive at once outside the ladder, measured at 300 x 300: 105."""
_LADDER = 2500
"""Arrays of the size of the columns examined together that a full ladder holds, measured at most 2446."""
_BLOCK = 2**28
"""Bytes of ladder held at once, where one column does not take more."""
_FALLBACK = 2**32
"""Bytes allowed where the machine does not say what it has."""


@functools.cache
def _default_limit() -> float:
    """Return half of the machine's memory, in bytes."""
    try:
        return 0.5 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return float(_FALLBACK)


def over_memory(problem: Problem, options: Options) -> CheckResult | None:
    """Return the refusal of a check that would need more than ``max_memory``; None where it does not.

    ``problem`` has been evaluated, so that both sizes are known.
    """
    m, n, entries = problem.output.size, problem.inp.size, problem.space.size
    need = 8.0 * (_DENSE * m * n + n * n + 4.0 * m * entries + _LADDER * m * min(n, _columns_at_once(m)))
    limit = _default_limit() if options.max_memory is None else float(options.max_memory)
    if need <= limit:
        return None
    said = "max_memory" if options.max_memory is not None else "half of this machine's memory"
    text = f"a dense check of {m} outputs by {n} inputs needs about {need:.2g} bytes, {said} is {limit:.2g}"
    return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, nfev=2)


def _columns_at_once(m: int) -> int:
    return max(1, _BLOCK // (8 * _LADDER * max(m, 1)))


def central_in_blocks(primal: Primal, bounds: Any, max_nfev: int | None) -> FlatEstimate:
    """Return central differences of all columns, so many at a time that the ladder stays small."""
    n = primal.n
    rows = primal.f.output.size if isinstance(primal.f, Problem) else primal.m
    width = _columns_at_once(rows)
    if n <= width or max_nfev is not None:
        return central_jacobian(primal, bounds=bounds, max_nfev=max_nfev)
    blocks = []
    for start in range(0, n, width):
        before = primal.nfev
        columns = np.arange(start, min(start + width, n))
        block = central_jacobian(primal, bounds=bounds, columns=columns)
        blocks.append(replace(block, nfev=primal.nfev - before))
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
    )
