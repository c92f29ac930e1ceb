"""What is granted to a claim at each entry: for its format, its own arithmetic, and by the caller."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.compare import Comparison, compare
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.precision import beneath_rounding, granted, unrounded
from gradcheck.judge.outcome.power import eps_of_outputs, power_of, row_scale, smallest_shown
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.rounding.assumed import granted_rounding, left_open
from gradcheck.judge.rounding.extended import digits_note, lost_in_float64
from gradcheck.judge.rounding.nearby import Nearby, foreseen
from gradcheck.judge.rounding.zeros import last_digits, zeros_of
from gradcheck.results import CheckResult, Power, Verdict
from gradcheck.tolerance import HIDDEN_DIGITS, LAST_DIGITS

__all__ = ["Margin"]

_ORDER = "claim and reference differ in the last three digits: another order of operations"
_CANCELLED = "where the derivative is 0 the claim leaves a last digit of what cancels there"
_NOISY = 2.0**10
"""Roundings of f by which its values are off where a row in which nothing is seen is no row of zeros: what is
not seen there is hidden by noise."""
_NOT_FORESEEN = (
    "what the claim's own rounding could hide is not counted in `detectable`: it takes evaluations of f that "
    "max_nfev does not leave"
)


class Margin:
    """The error granted to one claim, which grows only where a disagreement is shown to be rounding.

    Parameters
    ----------
    claim, claimed
        The claim, and its numbers at the point.
    rtol
        What the caller allows beyond what is measured, relative; None for nothing.
    idle
        Rows whose derivative is 0 and that need no claim, bool ``(m,)``.
    base
        ``f`` at the point, ``(m,)``.

    Attributes
    ----------
    error
        What is granted so far, ``(m, n)``, units of f per unit of x.
    latest
        The reference compared with last; None before the first comparison.
    notes
        What was granted, in words.
    """

    def __init__(
        self, claim: Claim, claimed: ClaimMatrix, rtol: float | None, idle: Array, base: Array
    ) -> None:
        self.claim, self.claimed, self.rtol, self.base = claim, claimed, rtol or 0.0, base
        self.claimed.value[idle] = 0.0
        self._unrounded = unrounded(claim, claimed)
        self.error = self._format_error = granted(claim, claimed, self._unrounded)
        self._hidden: Array = np.zeros(claimed.value.shape)  # from a mistake larger than any that is there
        self.latest: Reference | None = None
        self.notes = list(claimed.notes)
        if not claim.movable:
            self.notes.append("claim's rounding assumed: pass a callable to have it measured")

    def compare(self, reference: Reference, claim_error: Array | None = None) -> Comparison:
        """Return where claim and reference disagree, with ``claim_error`` in place of what is granted."""
        error = self.loosened(reference, claim_error)
        self.latest = reference
        found = compare(self.claimed.value, error, reference.value, reference.error)
        if self.claimed.dtype != "float64":
            return self._beneath(found, error, reference)
        if not found.wrong.any():
            return found
        last = LAST_DIGITS * np.abs(reference.value)
        zero = zeros_of(self.claim.problem, reference, self.base).left
        last = np.fmax(last, zero)
        close = found.wrong & (found.difference <= last)
        if not close.any():
            return found
        if (close & (zero == 0)).any():
            self.notes.append(_ORDER)
        if (close & (zero > 0)).any():
            self.notes.append(_CANCELLED)
        self.error = np.where(close, last, self.error)
        return compare(self.claimed.value, np.where(close, last, error), reference.value, reference.error)

    def compare_wider(self, reference: Reference) -> Comparison:
        """Compare, granting what the claim loses in float64 where it agrees in a wider format."""
        compared = self.compare(reference)
        lost = lost_in_float64(self.claim, self.claimed, reference, compared)
        return self._granting(lost, reference, compared)

    def compare_conditioned(self, reference: Reference, compared: Comparison, nearby: Nearby) -> Comparison:
        """Compare again, granting what a rounding of the arguments makes of the claim at the point."""
        return self._granting(nearby.of_arguments(), reference, compared)

    def compare_measured(self, reference: Reference, compared: Comparison, nearby: Nearby) -> Comparison:
        """Measure the claim's own rounding where it disagrees, and compare again.

        Of a claim given as numbers it is assumed.
        """
        if not self.claim.movable:
            return self._compare_assumed(reference, compared)
        widened = nearby.widened(self.error, lambda error: self.compare(reference, error).wrong)
        if widened is None:
            return compared
        self.notes.append(digits_note(self.claim.problem, widened, compared, reference))
        before, self.error = self.error, widened
        found = self.compare(reference)
        if found.verdict is not Verdict.FAIL:
            self._hidden = np.fmax(self._hidden, nearby.thorough(before))
        return found

    def _compare_assumed(self, reference: Reference, compared: Comparison) -> Comparison:
        granted = granted_rounding(self.claim.problem, self.claimed, reference, self.base)
        widened = self.error + np.where(compared.wrong, granted, 0.0)
        found = self.compare(reference, widened)
        if found.verdict is Verdict.FAIL:
            return compared
        self.error = widened
        return found

    def left_open(self, reference: Reference, compared: Comparison) -> CheckResult | None:
        """Return INCONCLUSIVE where numbers are off by no more than their argument's rounding explains."""
        if self.claim.movable or compared.verdict is not Verdict.FAIL:
            return None
        return left_open(self.claim.problem, self.claimed, reference, compared)

    def loosened(self, reference: Reference, claim_error: Array | None = None) -> Array:
        """Return ``claim_error``, or what is granted, and what the caller allows beyond."""
        error = self.error if claim_error is None else claim_error
        return error + self.rtol * np.nan_to_num(np.abs(reference.value))

    def power(self, reference: Reference, kinked: Array, rng: Callable[[], np.random.Generator]) -> Power:
        """Return what the comparison with ``reference`` would have caught.

        Parameters
        ----------
        kinked
            Rows judged by membership, bool ``(m,)``: they are not counted.
        rng
            Gives a generator, the same each time.
        """
        error = self.loosened(reference)
        if kinked.any():
            reference = reference.filled(kinked, self.claimed.value[kinked], 0.0)
        problem, base = self.claim.problem, self.base
        if not self.claim.movable:
            self._hidden = self._format_error + granted_rounding(problem, self.claimed, reference, base)
        elif not self._hidden.any():
            known = foreseen(self.claim, self.claimed, reference.value, rng())
            if known is None:
                self.notes.append(_NOT_FORESEEN)
            else:
                self._hidden = known
        if self.claimed.dtype == "float64":
            # What would be granted to an entry that differs is granted to any mistake in it.
            error = np.fmax(error, HIDDEN_DIGITS * np.abs(reference.value))
        error = np.fmax(error, self.loosened(reference, self._hidden))
        shown = smallest_shown(problem, base, reference.value, self.claimed.dtype)
        zeros = zeros_of(problem, reference, base)
        shown = np.fmax(shown, zeros.left)
        # Where f is 0 but for rounding, its value is nothing to measure by.
        scale = np.where(zeros.rows, 0.0, row_scale(problem, base))
        numbers = problem, self.claimed.value, error, reference, scale
        noisy = _noisy(reference, base, eps_of_outputs(problem))
        return power_of(*numbers, self._unrounded, shown, kinked, self.rtol, self._meant, noisy)

    def _meant(self, at: Array) -> Array:
        return at & ~last_digits(self.claim, self.claimed.value, at)

    def _granting(self, lost: Array | None, reference: Reference, compared: Comparison) -> Comparison:
        if lost is None:
            return compared
        self.notes.append(digits_note(self.claim.problem, lost, compared, reference))
        self.error = self.error + lost
        return self.compare(reference)

    def _beneath(self, found: Comparison, error: Array, reference: Reference) -> Comparison:
        """Show the entries that are wrong in float64 too, where the claim's own rounding hides it."""
        known = reference.value, reference.error
        with np.errstate(invalid="ignore"):
            more = np.nan_to_num(error - self._format_error, nan=0.0)
        hidden, bar = beneath_rounding(self.claimed, self._unrounded, more, *known)
        hidden &= ~found.wrong
        if not hidden.any():
            return found
        self.notes.append(
            f"evaluated in float64 the claim is off by more than its rounding to {self.claimed.dtype}"
        )
        self.claimed.value[hidden] = self._unrounded[hidden]
        self.error = np.where(hidden, bar, self.error)
        return compare(self.claimed.value, np.where(hidden, bar, error), *known)


def _noisy(reference: Reference, base: Array, eps: Array) -> Array:
    """Return the rows in which central differences met noise far above a rounding of f, bool ``(m,)``."""
    central = reference.estimates.get("central")
    level = None if central is None or central.curves is None else central.curves.noise()
    if level is None or level.shape != base.shape:
        return np.zeros(base.shape, dtype=bool)
    return np.asarray((base != 0) & (level > _NOISY * eps * np.abs(base)))
