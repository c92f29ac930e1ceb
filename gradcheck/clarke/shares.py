"""Membership where kinks add up: one share in [-1, 1] for every wall, each between its two sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gradcheck.arrays import Array
from gradcheck.clarke.ridges import Ridges

__all__ = ["Shares", "shares_of"]

# HiGHS accepts no finer feasibility tolerance; every row is scaled to about 1.
_RESOLUTION = 1e-10
# The walls and their jumps are measured beside the point: their bars add up to the truth only so closely.
_BLURRED = 1e-6
# Numbers in a programme that takes about a second.
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Shares:
    """``shares`` ``(K,)`` nearest to the claim; ``gap``: how far beyond all bars, relative, or 0.

    ``nearest`` is the Jacobian that they make, ``(m, n)``.
    """

    shares: Array
    gap: float
    nearest: Array


def shares_of(model: Ridges, claim: Array, claim_error: Array) -> Shares | None:
    """Return the shares of the kinks that make ``claim``, or come nearest; None where that takes too long.

    The worst entry's violation is least, each entry measured by what it can be.

    Parameters
    ----------
    claim, claim_error
        ``(m, n)``: the claimed Jacobian and a bound on its own error, finite.
    """
    jumps = model.jumps.reshape(len(model.jumps), -1)
    off, bar = (claim - model.middle).reshape(-1), (claim_error + model.error).reshape(-1)
    size = np.abs(jumps).sum(axis=0) + np.abs(model.middle).reshape(-1) + bar
    size = np.where(size > 0, size, 1.0)
    numbers = off / size, bar / size, jumps / size
    shares = _alone(*numbers) if ((jumps != 0).sum(axis=0) <= 1).all() else _together(*numbers)
    if shares is None:
        return None
    missed = np.abs(numbers[0] - shares @ numbers[2]) - numbers[1]
    gap = float(np.max(missed, initial=0.0))
    nearest = model.middle + np.tensordot(shares, model.jumps, 1)
    return Shares(shares, gap if gap > _BLURRED else 0.0, nearest)


def _alone(off: Array, bar: Array, jumps: Array) -> Array:
    """Return the shares where no entry has two kinks: each in the middle of what its entries leave."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, width = off / jumps, bar / np.abs(jumps)
        least = np.where(jumps != 0, centre - width, -np.inf).max(axis=1)
        most = np.where(jumps != 0, centre + width, np.inf).min(axis=1)
    return np.asarray(np.clip(0.5 * (least + most), -1.0, 1.0))


def _together(off: Array, bar: Array, jumps: Array) -> Array | None:
    """Return the shares by a linear programme of which the largest violation is the last variable."""
    # An entry that all shares leave within its bar, or that none moves, decides nothing among them.
    moved = np.abs(jumps).sum(axis=0)
    used = (moved > 0) & (np.abs(off) + moved > bar)
    count = len(jumps)
    if used.sum() * count > _LARGEST:
        return None
    columns = jumps[:, used].T
    over = np.vstack([-columns, columns])
    found = linprog(
        c=np.append(np.zeros(count), 1.0),
        A_ub=np.hstack([over, -np.ones((len(over), 1))]),
        b_ub=np.concatenate([bar[used] - off[used], bar[used] + off[used]]),
        bounds=[(-1.0, 1.0)] * count + [(0.0, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": _RESOLUTION, "dual_feasibility_tolerance": _RESOLUTION},
    )
    return None if found.x is None else np.clip(found.x[:count], -1.0, 1.0)
