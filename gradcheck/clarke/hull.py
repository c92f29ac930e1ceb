"""Whether a matrix lies in the convex hull of others, all of them known with error bars.

The hull is of whole matrices: entry by entry, or row by row, it would be a box
that admits ``[1, 1]`` for ``max(x, y)`` at a tie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linprog

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pair = tuple[Array, Array]

__all__ = ["Membership", "membership"]

# HiGHS accepts no finer feasibility tolerance (HighsOptions.h, 1e-10); each row is scaled to about 1.
_RESOLUTION = 1e-10
# Sums of a few thousand products of numbers of size 1 round by less than this.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Membership:
    """The answer of :func:`membership`.

    Attributes
    ----------
    inside
        Whether some convex combination agrees with the claim within both error bars.
    gap
        0 inside; outside, by how much the claim exceeds every cell along
        ``separating``, beyond both error bars, relative to the entries' sizes.
        inf when the claim is not finite; NaN when neither a combination nor a
        separation is certain, as when a bar of the claim is NaN.
    separating
        ``(m, n)``: ``<separating, claim>`` exceeds ``<separating, J>`` for every cell; zero inside.
    weights
        One weight a cell: the nearest convex combination.
    slack
        The widest bar that the answer leaned on, relative to its entry, or to its
        row's largest entry where an entry is no larger than its bar, or to ``floor``
        where the whole row is not.
    """

    inside: bool
    gap: float
    separating: Any
    weights: Any
    slack: float


def membership(
    claim: Array, claim_error: Array, cells: Sequence[Pair], *, floor: Array | None = None
) -> Membership:
    """Decide whether ``claim`` is ``sum_k w_k J_k`` with ``w >= 0``, ``sum w = 1``, within the error bars.

    A linear programme finds the weights with the least worst violation of
    ``|claim - sum w_k J_k| <= claim_error + sum w_k error_k``, every entry measured
    by its own size, so that entries in different units count alike.  Its dual is
    the separating direction, and the gap is computed from that direction, not
    taken from the solver: outside is a proof, whatever the solver's tolerance.

    Parameters
    ----------
    claim, claim_error
        ``(m, n)``: the claimed Jacobian and a bound on its own error.
    cells
        Pairs ``(J, error)`` of ``(m, n)`` matrices; pairs with a NaN are left out.
    floor
        ``(m, n)``: what a bar is measured by where a whole row is no larger than
        its bars, so that a derivative of 0 is not called weak; 0 when absent.

    Raises
    ------
    InvalidArgument
        If shapes differ or no finite cell is left.

    References
    ----------
    Clarke (1983), Optimization and Nonsmooth Analysis, definition 2.6.1.

    Examples
    --------
    >>> one, zero = np.array([[1.0, 0.0]]), np.zeros((1, 2))
    >>> ties = [(one, zero), (one[:, ::-1], zero)]  # max(x, y) at x == y
    >>> [membership(np.array([row]), zero, ties).inside for row in ([0.5, 0.5], [1.0, 1.0])]
    [True, False]
    """
    claim, claim_error = np.asarray(claim, float), np.asarray(claim_error, float)
    values, errors, kept = _stacked(claim, claim_error, cells)
    if not np.all(np.isfinite(claim)):
        return Membership(False, np.inf, np.zeros_like(claim), np.zeros(len(cells)), np.inf)
    if np.any(np.isnan(claim_error)):
        return Membership(False, np.nan, np.zeros_like(claim), np.zeros(len(cells)), np.inf)
    misses = np.abs(claim - values) - claim_error - errors
    # Where every cell agrees with the claim, so does every combination: such an entry decides nothing.
    decisive = np.any(~(misses <= 0), axis=0)
    weights, direction = _programme(claim, claim_error, values, errors, decisive)
    floor = np.zeros_like(claim) if floor is None else np.asarray(floor, float)
    violation, slack = _violation(claim, claim_error, values, errors, weights, floor)
    spread = np.zeros(len(cells))
    spread[kept] = weights
    # One cell needs no programme: the comparison is then exact.
    if not np.any(decisive) or violation <= (_RESOLUTION if len(values) > 1 else 0.0):
        return Membership(True, 0.0, np.zeros_like(claim), spread, slack)
    gap = _separation(claim, claim_error, values, errors, direction)
    return Membership(False, gap, direction, spread, slack)


def _stacked(claim: Array, claim_error: Array, cells: Sequence[Pair]) -> tuple[Array, Array, list[int]]:
    for value, error in [(claim_error, claim_error), *cells]:
        if np.shape(value) != claim.shape or np.shape(error) != claim.shape or claim.ndim != 2:
            raise InvalidArgument.of(
                "cells", (np.shape(value), np.shape(error)), f"shape {claim.shape}", "pass (m, n) matrices"
            )
    finite = [k for k, (value, error) in enumerate(cells) if np.isfinite([value, error]).all()]
    if not finite:
        raise InvalidArgument.of("cells", len(cells), "a cell without NaN", "visit more points")
    values = np.array([cells[k][0] for k in finite], float)
    return values, np.array([cells[k][1] for k in finite], float), finite


def _sizes(claim: Array, claim_error: Array, values: Array, errors: Array) -> Array:
    """Return what each entry's violation is measured by: its largest magnitude, and no less than its bar."""
    sizes = np.maximum(np.abs(values).max(axis=0), np.abs(claim))
    bars = np.where(np.isfinite(claim_error), claim_error, 0.0) + errors.max(axis=0)
    sizes = np.maximum(sizes, bars)
    return np.where(sizes > 0, sizes, 1.0)


def _programme(
    claim: Array, claim_error: Array, values: Array, errors: Array, decisive: Array
) -> tuple[Array, Array]:
    """Return weights ``(K,)`` and separating direction ``(m, n)``; NaN weights when the solver fails."""
    direction = np.zeros_like(claim)
    if len(values) == 1 or not np.any(decisive):
        weights = np.full(len(values), 1.0 / len(values))
        excess = np.abs(claim - values[0]) - claim_error - errors[0]
        if np.any(decisive):
            sizes = _sizes(claim, claim_error, values, errors)
            worst = np.unravel_index(int(np.argmax(excess / sizes)), claim.shape)
            direction[worst] = np.sign(claim[worst] - values[0][worst]) / sizes[worst]
        return weights, direction
    sizes = _sizes(claim, claim_error, values, errors)[decisive]
    target, bar = claim[decisive] / sizes, claim_error[decisive] / sizes
    columns, bars = values[:, decisive].T / sizes[:, None], errors[:, decisive].T / sizes[:, None]
    count = len(values)
    over = np.vstack([-columns - bars, columns - bars])
    limits = np.concatenate([-target + bar, target + bar])
    found = linprog(
        c=np.append(np.zeros(count), 1.0),
        A_ub=np.hstack([over, -np.ones((len(over), 1))]),
        b_ub=limits,
        A_eq=np.append(np.ones(count), 0.0)[None, :],
        b_eq=[1.0],
        bounds=(0, None),
        method="highs-ds",
        options={"primal_feasibility_tolerance": _RESOLUTION, "dual_feasibility_tolerance": _RESOLUTION},
    )
    if found.x is None:
        return np.full(count, np.nan), direction
    weights = np.clip(found.x[:count], 0.0, None)
    below, above = np.split(-found.ineqlin.marginals, 2)
    direction[decisive] = (below - above) / sizes
    return weights / weights.sum(), direction


def _violation(
    claim: Array, claim_error: Array, values: Array, errors: Array, weights: Array, floor: Array
) -> tuple[float, float]:
    """Return the worst violation of the nearest combination, and the widest bar, both relative."""
    if claim.size == 0:
        return 0.0, 0.0
    nearest = np.tensordot(weights, values, axes=1)
    bars = claim_error + np.tensordot(weights, errors, axes=1)
    sizes = _sizes(claim, claim_error, values, errors)
    violation = float(np.max((np.abs(claim - nearest) - bars) / sizes))
    largest = np.maximum(np.abs(values).max(axis=0), np.abs(claim))
    rows = np.broadcast_to(largest.max(axis=1, keepdims=True), claim.shape)
    reference = np.where(largest > bars, largest, np.where(rows > bars, rows, np.maximum(rows, floor)))
    # A row of exact zeros has no size of its own: its bar is absolute and makes nothing weak.
    relative = np.divide(bars, reference, out=np.zeros_like(bars), where=reference > 0)
    return violation, float(np.max(relative))


def _separation(claim: Array, claim_error: Array, values: Array, errors: Array, direction: Array) -> float:
    """Return how far ``direction`` holds the claim from every cell beyond the bars; NaN if it does not."""
    size = np.abs(direction)
    used = size > 0
    if not np.any(used):
        return float("nan")
    sizes = _sizes(claim, claim_error, values, errors)
    bar = size[used] @ claim_error[used]
    reach = values[:, used] @ direction[used] + errors[:, used] @ size[used]
    length = float(size[used] @ sizes[used])
    gap = float((direction[used] @ claim[used] - bar - reach.max()) / length)
    return gap if gap > _ROUNDING else float("nan")
