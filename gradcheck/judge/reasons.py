"""Why a check is left open, by what the reference says of an entry."""

from __future__ import annotations

from gradcheck.results import Reason, Status

__all__ = ["REASONS"]

REASONS = {
    Status.NOISY: Reason.NOISY_REFERENCE,
    Status.KINK: Reason.NOT_DIFFERENTIABLE,
    Status.DISCONTINUITY: Reason.DISCONTINUITY,
    Status.OUTSIDE_DOMAIN: Reason.OUTSIDE_DOMAIN,
    Status.NONDETERMINISTIC: Reason.NONDETERMINISTIC,
    Status.MUTATES_INPUT: Reason.MUTATES_INPUT,
    Status.INCONSISTENT_OUTPUT: Reason.INCONSISTENT_OUTPUT,
    Status.RAISED: Reason.FUNCTION_RAISED,
}
