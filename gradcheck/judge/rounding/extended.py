"""What a claim loses in float64, known exactly: the claim in the wider format of longdouble.

``1 / sqrt(1 - x * x)`` beside 1 and ``1 - tanh(x)**2`` at 18 lose most of their digits, smoothly or the same
at every neighbour, so that nothing scatters.  Evaluated with 11 bits more they agree with the reference; a
mistake is as wrong in any format.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.compare import Comparison, compare
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.precision import format_error, out_of_range
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.rounding.scatter import around
from gradcheck.results import CheckResult, Reason, Verdict
from gradcheck.tolerance import LAST_DIGITS

__all__ = ["WIDER", "digitless", "digits_note", "lost_in_float64"]

WIDER = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps
"""Not on every platform: where longdouble is float64, what scatters decides alone."""
_NO_DIGIT = "the arithmetic of the claim or of f leaves no digit of so small a derivative"
_LEFT = 0.125
"""Share of what was lost that the wider format may lose itself: 11 bits more leave 1/2048 of it as a rule,
but a rounding to float64 may be small by chance.  A mistake below that share is hidden, and counted so."""
_PLACES = (2.0**-4, -(2.0**-4), 2.0**-9, -(2.0**-9), 2.0**-14, -(2.0**-14), 2.0**-19, -(2.0**-19))
"""How far away, relative, the loss is looked at again: rounding comes and goes."""
_STEADY = 0.5
"""A loss that changes by no more than this share of itself at all of them is no rounding: of eight that are
at random hardly one in a thousand does.  A smooth mistake, by a power of x, changes by that power's share."""


def lost_in_float64(
    claim: Claim, claimed: ClaimMatrix, reference: Reference, compared: Comparison
) -> Array | None:
    """Return the error that explains wrong entries which are right in a wider format; None without one.

    Parameters
    ----------
    claim, claimed
        The claim, and its numbers at the point.
    reference, compared
        At the point, and where they disagree.

    Returns
    -------
    numpy.ndarray or None
        ``(m, n)``, units of f per unit of x; 0 where a wrong entry is not explained, or nothing is wrong.
    """
    if not (WIDER and claim.movable and claimed.dtype == "float64" and compared.wrong.any()):
        return None
    wider = claim.at(claim.problem.x, np.longdouble)
    if wider is None or wider.shape != claimed.value.shape:
        return None
    with np.errstate(invalid="ignore"):
        own = np.abs(wider - claimed.value)
        bar = format_error(claimed, wider) + LAST_DIGITS * np.abs(reference.value) + _LEFT * own
    # What is 0 in float64 has no digit left of which anything could be said.
    known = np.isfinite(bar) & (own > 0) & (claimed.value != 0)
    outcome = compare(wider, np.where(known, bar, 0.0), reference.value, reference.error)
    explained = compared.wrong & known & ~outcome.wrong
    # Two draws of a claim that draws random numbers, or keeps state, may differ so too.
    if not explained.any() or not _repeated(claim, claimed, explained):
        return None
    explained &= _comes_and_goes(claim, _lost(claimed.value, wider), explained)
    return np.where(explained, own + bar, 0.0) if explained.any() else None


def _lost(value: Array, wider: Array) -> Array:
    """Return the share that ``value`` is off by, signed."""
    with np.errstate(all="ignore"):
        return np.asarray((value - wider) / wider, dtype=np.float64)


def _comes_and_goes(claim: Claim, lost: Array, asked: Array) -> Array:
    """Return where what the claim loses in float64 is another share elsewhere, as rounding is, ``(m, n)``.

    A mistake in the code that float64 takes, and a wider format does not, is the same share everywhere.  One
    place is mostly enough to tell it of the entries ``asked`` for, bool ``(m, n)``.
    """
    changed: Array = np.zeros(lost.shape, dtype=bool)
    for x in around(claim.problem.x, _PLACES):
        if changed[asked].all():
            break
        value, wider = claim.at(x), claim.at(x, np.longdouble)
        if value is None or wider is None or not value.shape == wider.shape == lost.shape:
            continue
        there = _lost(value, wider)
        changed |= np.isfinite(there) & (np.abs(there - lost) > _STEADY * np.abs(lost))
    return changed


def _repeated(claim: Claim, claimed: ClaimMatrix, at: Array) -> bool:
    """Whether the claim, asked twice more, gives the same numbers at these entries as at first."""
    again = (claim.here() for _ in range(2))
    return all(
        isinstance(one, ClaimMatrix) and np.array_equal(one.value[at], claimed.value[at]) for one in again
    )


def digits_note(problem: Problem, error: Array, compared: Comparison, reference: Reference) -> str:
    """Return how many digits a claim loses to its rounding, in words: ``error`` is what it explains."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = float(np.max(error[compared.wrong] / np.abs(reference.value[compared.wrong])))
    digits = min(max(1, round(16 + np.log10(lost))), 16) if np.isfinite(lost) and lost > 0 else 16
    path = _worst(problem, compared)
    return f"the claim loses {digits} digits here to its own rounding, most at {path}"


def digitless(
    problem: Problem,
    claimed: ClaimMatrix,
    reference: Reference,
    compared: Comparison,
    absorbed: Callable[[], bool],
) -> CheckResult | None:
    """Return the verdict where the claim's format or arithmetic leaves nothing to compare, else None."""
    text = out_of_range(problem, claimed, reference.value, compared.wrong)
    if not text and not absorbed():
        return None
    text = f"{text or _NO_DIGIT}, at {_worst(problem, compared)}"
    return CheckResult(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text)


def _worst(problem: Problem, compared: Comparison) -> str:
    row, column = compared.index or (0, 0)
    return entry_of(problem, (int(row), int(column)))
