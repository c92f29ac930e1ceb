"""What a comparison would have caught, and what of it nobody can see: entries beneath f's own rounding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck import tolerance
from gradcheck.arrays import Array
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import CheckResult, Power
from gradcheck.tolerance import COARSE_FORMATS, FEW_EPS, detectable, eps_of

__all__ = [
    "eps_of_outputs",
    "gravity",
    "numberless",
    "power_notes",
    "power_of",
    "row_scale",
    "smallest_shown",
]

_COARSEST = 2.0**-3
"""Relative to x, or alone where x is 0: the coarsest step with which central differences begin."""


def power_of(
    problem: Problem,
    claimed: Array,
    claim_error: Array,
    reference: Reference,
    row_scale: Array,
    unrounded: Array | None = None,
    shown: Array | None = None,
    at_kinks: Array | None = None,
    loosened: float = 0.0,
    meant: Callable[[Array], Array] = lambda at: at,
    noisy: Array | None = None,
) -> Power:
    """Return what the comparison would have caught, at its median and its weakest entry.

    Parameters
    ----------
    claimed, claim_error
        Shape ``(m, n)``.
    row_scale
        What a row of zeros is measured by, shape ``(m,)``.
    unrounded, shown
        As for :func:`gradcheck.tolerance.detectable`.
    at_kinks
        Rows judged by membership, shape ``(m,)``: any member of a set passes there, so that they are not
        counted.
    loosened
        What the caller allows, relative: it is in ``claim_error`` already.
    meant
        Returns which of some entries, bool ``(m, n)``, are numbers that the claim means, and no rounding of
        its own.  Asked only where nothing else is seen.
    noisy
        Rows, bool ``(m,)``, in which the values of f are off by far more than their rounding: where no entry
        of such a row is seen, the size of f says nothing of what was missed.
    """
    found = detectable(claimed, claim_error, reference.value, reference.error, row_scale, unrounded, shown)
    left = np.zeros(len(claimed), dtype=bool) if at_kinks is None else at_kinks
    found.relative[left] = np.nan
    apart = found.apart & ~left[:, None]
    unseen = np.zeros_like(apart)
    if shown is not None:
        unseen = apart & _not_zero(claimed, reference.value) & ~(np.abs(claimed) > shown)
    first = np.argwhere(unseen)
    if noisy is not None:
        found.relative[noisy & ~left & found.apart.all(axis=1)] = np.inf
    claims = unseen & (np.abs(claimed) > claim_error)
    if claims.any() and not (~found.apart & ~left[:, None]).any():
        # Of all that is claimed nothing is seen: the scale of f would pass for a size that was checked.
        found.relative[meant(claims)] = np.inf
    relative = found.relative[~np.isnan(found.relative)]
    index = found.worst_index()
    path = "" if index is None else entry_of(problem, (index[0], index[1]))
    # Where all that could have a number is at a kink no ceiling is met: 0 would meet every one.
    none = np.inf if left.any() else 0.0
    median = float(np.median(relative)) if relative.size else none
    return Power(
        median,
        found.worst() if relative.size else none,
        path,
        int(apart.sum()),
        int(unseen.sum()),
        float(np.max(found.absolute, where=unseen, initial=0.0)),
        entry_of(problem, (int(first[0][0]), int(first[0][1]))) if len(first) else "",
        int(left.sum()) * claimed.shape[1],
        loosened,
    )


def gravity(result: CheckResult) -> tuple[int, bool, float]:
    """Return the key by which the gravest of several results stands for all of them.

    One without a number, every entry of it at a kink, says nothing of what the others would have caught.
    """
    return result.verdict.severity, not numberless(result), result.detectable


def numberless(result: CheckResult) -> bool:
    """Return whether every entry compared is at a kink."""
    return result.power is not None and result.power.numberless


def _not_zero(claimed: Array, reference: Array) -> Array:
    """Return which entries somebody says are not zero, by more than the rounding of their row."""
    size = np.fmax(np.abs(claimed), np.abs(reference))
    largest = np.max(np.nan_to_num(size, nan=0.0), axis=1, keepdims=True, initial=0.0)
    found: Array = size > FEW_EPS * eps_of("float64") * largest
    return found


def power_notes(power: Power | None) -> list[str]:
    """Return what the number leaves out, in words.

    Examples
    --------
    >>> power_notes(Power(1e-9, 1e-8, "d f / d x[1]", 1, 1, 3.5e-3, "d f / d x[0]"))[0][:44]
    '1 entry cannot be told from 0, at d f / d x['
    """
    notes = []
    if power is not None and power.unseen:
        count, where = ("1 entry", "at") if power.unseen == 1 else (f"{power.unseen} entries", "first")
        notes.append(
            f"{count} cannot be told from 0, {where} {power.unseen_path}: a mistake up to "
            f"{power.unseen_bar:.2g} passes there; `detectable` measures it by its row's scale, not by itself"
        )
    if power is not None and power.at_kinks:
        notes.append(
            f"entries at a kink are judged by membership: {power.at_kinks} not counted in `detectable`"
        )
    return notes


def smallest_shown(problem: Problem, base: Array, reference: Array, dtype: str = "float64") -> Array:
    """Return the smallest derivative that values of f can show, ``(m, n)``: f's rounding over x.

    A claim of ``dtype`` that cancels leaves such a number where the derivative is 0.
    """
    eps = np.fmax(eps_of_outputs(problem), eps_of(dtype))
    return tolerance.smallest_shown(problem.x, base, reference, eps)


def eps_of_outputs(problem: Problem) -> Array:
    """Return the spacing at 1 of the format that each output comes in, ``(m,)``."""
    eps = np.full(problem.output.size, eps_of("float64"))
    for leaf in problem.output.leaves:
        if leaf.dtype in COARSE_FORMATS:
            eps[leaf.start : leaf.stop] = eps_of(leaf.dtype)
    return eps


def row_scale(problem: Problem, base: Array) -> Array:
    """Return what a row that is zero throughout is measured by: ``max |f_i|`` over the largest step."""
    largest = _COARSEST * float(np.max(np.abs(problem.x), initial=0.0)) or _COARSEST
    return np.where(np.isfinite(base), np.abs(base), 0.0) / largest
