"""Two derivatives, each with its error bar, compared entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.results import Histogram, Reason, Verdict
from gradcheck.tolerance import budget

__all__ = ["Comparison", "compare", "ratio_histogram"]


# Two bins a decade, the same for every check, so that histograms add up; 1 is an edge.
_EDGES = (0.0, *(10.0 ** (half / 2) for half in range(-6, 5)), float("inf"))
_INNER = np.array(_EDGES[1:-1])


@dataclass(frozen=True)
class Comparison:
    """Outcome of :func:`compare`.

    Attributes
    ----------
    verdict, reason
        FAIL when an entry differs beyond both bars, has the wrong shape or is not
        finite; INCONCLUSIVE when an entry could not be decided; else PASS.
    ratio
        ``|a - b| / budget`` entry by entry, shape of the reference; NaN where undecided.
    difference, allowed
        Numerator and denominator of ``ratio``, in units of f per unit of x.
    wrong
        Entries that disagree.
    decided
        Entries where both sides have a usable answer.
    index
        Where ``ratio`` is largest; None when nothing was decided.
    message
        What differs, in words; empty on PASS.
    """

    verdict: Verdict
    reason: Reason
    ratio: Array
    difference: Array
    allowed: Array
    wrong: Array
    decided: Array
    index: tuple[int, ...] | None
    message: str = ""

    @property
    def largest_ratio(self) -> float:
        """The ratio at ``index``; 0 when nothing was decided."""
        return 0.0 if self.index is None else float(self.ratio[self.index])


def _shape_mismatch(claim: Array, reference: Array) -> Comparison:
    nothing = np.full(reference.shape, np.nan)
    everywhere = np.ones(reference.shape, dtype=bool)
    text = f"claimed shape {claim.shape}, expected {reference.shape}"
    return Comparison(
        Verdict.FAIL, Reason.WRONG_SHAPE, nothing, nothing, nothing, everywhere, everywhere, None, text
    )


def compare(claim: Array, claim_error: Array, reference: Array, reference_error: Array) -> Comparison:
    """Compare ``claim`` with ``reference`` entry by entry: ``|claim - reference| <= both bars``.

    An entry whose reference is NaN, or whose bar is infinite, is undecided.  A
    claim that is not finite where the reference is counts as wrong, whatever its
    bar.  Shapes are never broadcast.

    Parameters
    ----------
    claim, reference
        Shape ``(m, n)``, units of f per unit of x.
    claim_error, reference_error
        Bounds on their errors, same shapes.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> str(compare(1.1 * one, 0.01 * one, one, 0.01 * one).verdict)
    'fail'
    """
    if claim.shape != reference.shape:
        return _shape_mismatch(claim, reference)
    finite = np.isfinite(claim)
    decided = np.isfinite(reference) & np.isfinite(reference_error) & ~(finite & np.isposinf(claim_error))
    with np.errstate(all="ignore"):
        difference = np.abs(claim - reference)
        allowed = budget(claim_error, reference_error)
        agrees = finite & (difference <= allowed)
        ratio = np.where(difference == 0, 0.0, difference / allowed)
    wrong = decided & ~agrees
    ratio = np.where(decided, np.where(wrong & ~np.isfinite(ratio), np.inf, ratio), np.nan)
    index = _worst(ratio)
    if wrong.any():
        not_finite = wrong & ~finite
        reason = Reason.NOT_FINITE if not_finite.any() else Reason.DISAGREES
        verdict = Verdict.FAIL
        index = _worst(np.where(wrong, ratio, np.nan)) or index
    elif not decided.all():
        verdict, reason = Verdict.INCONCLUSIVE, Reason.NO_USABLE_STEP
    else:
        verdict, reason = Verdict.PASS, Reason.AGREES
    message = _describe(verdict, claim, reference, allowed, index, int(wrong.sum()))
    return Comparison(verdict, reason, ratio, difference, allowed, wrong, decided, index, message)


def _worst(ratio: Array) -> tuple[int, ...] | None:
    if not np.any(~np.isnan(ratio)):
        return None
    flat = int(np.nanargmax(ratio))
    return tuple(int(k) for k in np.unravel_index(flat, ratio.shape))


def ratio_histogram(ratios: Sequence[Array]) -> Histogram | None:
    """Return how ``|a - b| / budget`` is spread over all entries; None when no entry was decided.

    Honest bars show as a mass below 1; a ratio of exactly 1 agrees and counts below it.

    Examples
    --------
    >>> ratio_histogram([np.array([0.0, 0.5, 1.0, np.inf])]).counts
    (1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1)
    """
    flat = ratios[0].ravel() if len(ratios) == 1 else np.concatenate([np.empty(0), *map(np.ravel, ratios)])
    known = flat[flat == flat]
    if not known.size:
        return None
    bins = _INNER.searchsorted(known, side="left")
    return Histogram(_EDGES, tuple(np.bincount(bins, minlength=len(_EDGES) - 1).tolist()))


def _describe(
    verdict: Verdict,
    claim: Array,
    reference: Array,
    allowed: Array,
    index: tuple[int, ...] | None,
    count: int,
) -> str:
    if verdict is not Verdict.FAIL or index is None:
        return ""
    where = ", ".join(str(k) for k in index)
    return (
        f"{count} of {claim.size} entries differ; worst at [{where}]: claimed {claim[index]:.17g}, "
        f"reference {reference[index]:.17g}, allowed difference {allowed[index]:.3g}"
    )
