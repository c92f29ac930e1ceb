"""What is said where some entries have no reference, and all that have one agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.estimators.flat import gravest
from gradcheck.judge.claimed.partial import left_open, unclaimed_rows
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import CheckResult, Power, Reason, Status, Verdict

__all__ = ["misbehaved", "missed", "undecided"]


def undecided(
    problem: Problem,
    reference: Reference,
    kinked: Array,
    claimed: ClaimMatrix,
    common: dict[str, Any],
) -> CheckResult:
    """Return INCONCLUSIVE with the gravest reason among the entries without a reference.

    Parameters
    ----------
    kinked
        ``(m,)`` bool: rows judged elsewhere.
    claimed
        The claim, which may leave rows out.
    common
        What else the result carries.
    """
    last = list(reference.estimates.values())[-1]
    open_ = ~reference.decided & ~(kinked | unclaimed_rows(claimed))[:, None]
    if not open_.any():
        return CheckResult(Verdict.INCONCLUSIVE, Reason.NOT_CLAIMED, left_open(claimed), **common)
    status = gravest(np.where(open_, last.codes, 0))
    row, column = (int(k) for k in np.argwhere(open_)[0])
    first = entry_of(problem, (row, column))
    text = f"{status}: {int(open_.sum())} of {open_.size} entries undecided, first {first}"
    if common["entries"]:
        text += "; the others agree"
    return CheckResult(Verdict.INCONCLUSIVE, status.reason, text, **common)


def misbehaved(reference: Reference) -> CheckResult | None:
    """Return the result for a function that misbehaved while it was differentiated: it has no reference."""
    for one in reference.estimates.values():
        if one.status in (Status.NONDETERMINISTIC, Status.INCONSISTENT_OUTPUT, Status.MUTATES_INPUT):
            # It was the same twice at the start: what changed it is the calls themselves.
            changed = one.status is Status.NONDETERMINISTIC
            reason = Reason.KEEPS_STATE if changed else one.status.reason
            return CheckResult(Verdict.INCONCLUSIVE, reason, one.message)
    return None


def missed(power: Power, limit: float) -> str:
    """Return in words that a relative error above ``limit`` could have been missed.

    Examples
    --------
    >>> missed(Power(1e-3, 0.5, "d f / d x", 0), 1e-6)
    'an error of 0.5 relative at d f / d x could have been missed; the limit is 1e-06'
    >>> missed(Power(1e-3, 9.7e16, "d f / d x", 0), 1e-6)
    'the derivative cannot be told from 0 at d f / d x; the limit is 1e-06, relative'
    """
    if power.worst > 1:
        return f"the derivative cannot be told from 0 at {power.path}; the limit is {limit:g}, relative"
    size = f"{power.worst:.2g} relative at {power.path}"
    return f"an error of {size} could have been missed; the limit is {limit:g}"
