"""Every entry of a claimed first derivative, compared with an independent reference.

Data flows one way: contract -> claim and reference -> comparison -> verdict.  What costs more (the
claim's own rounding, kinks, the diagnosis) is examined only where an entry disagrees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.compare import Comparison, compare
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.claimed.broadcasts import suspicious_broadcasts
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.partial import unclaimed_rows
from gradcheck.judge.claimed.precision import (
    beneath_rounding,
    granted,
    limit_of,
    precision_notes,
    unrounded,
)
from gradcheck.judge.contract import first_value, require_same_shapes
from gradcheck.judge.kinks.at_kink import judged_at_kink
from gradcheck.judge.kinks.rows import hidden_kinks, kinked_rows
from gradcheck.judge.mistakes.explain import diagnosed
from gradcheck.judge.mistakes.suspects import Suspects
from gradcheck.judge.outcome.entries import entry_of, worst_entry
from gradcheck.judge.outcome.evidence import evidence_of
from gradcheck.judge.outcome.power import power_notes, power_of, row_scale, smallest_shown
from gradcheck.judge.outcome.undecided import misbehaved, missed, undecided
from gradcheck.judge.question.budget import BudgetSpent
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.elsewhere import Elsewhere, among_all, worst_columns
from gradcheck.judge.references.sharpest import Reference, central, complex_step, sharpest
from gradcheck.judge.rounding.alone import unexplained
from gradcheck.judge.rounding.extended import digitless, digits_note, lost_in_float64
from gradcheck.judge.rounding.nearby import Nearby, foreseen
from gradcheck.judge.unreadable import unreadable
from gradcheck.results import CheckResult, Power, Reason, Status, Verdict, listening
from gradcheck.tolerance import HIDDEN_DIGITS, LAST_DIGITS

__all__ = ["judge_dense"]

_FEW_COLUMNS = 64
"""Up to this many, central differences answer for all columns where the complex step finds one wrong."""
_SEVERAL = 2
_TOGETHER = "a kink of several inputs together"


def judge_dense(
    problem: Problem, given: Any, options: Options, surrogate: Problem | None = None
) -> CheckResult:
    """Return the verdict on ``given``, a :class:`Claim` or what makes one of ``problem``.

    With a ``surrogate``, what is claimed is its derivative.

    Raises
    ------
    InvalidArgument
        If the function, its output or the claim cannot be used, or the surrogate's output differs in shape.
    """
    base = first_value(problem, "f")
    if surrogate is not None and not isinstance(base, CheckResult):
        base = first_value(surrogate, "the surrogate")
        require_same_shapes(problem, surrogate)
        problem = surrogate
    if isinstance(base, CheckResult):
        return base
    refused = over_memory(problem, options)
    if refused is not None:
        return refused
    claim = given if isinstance(given, Claim) else Claim(problem, given, options.layout)
    claimed = claim.here()
    if isinstance(claimed, ClaimProblem):
        return unreadable(problem, claim, claimed, options)
    return _Dense(problem, claim, claimed, options, base).verdict()


class _Dense:
    """One comparison in progress: the estimates so far, the notes, and what they cost."""

    def __init__(
        self, problem: Problem, claim: Claim, claimed: ClaimMatrix, options: Options, base: Array
    ) -> None:
        self.problem, self.claim, self.claimed = problem, claim, claimed
        self.options, self.base = options, base
        self.primal: Primal = problem.primal()
        self.nfev = 2
        self.notes = list(claimed.notes)
        self.estimates: dict[str, FlatEstimate] = {}
        self.unclaimed = unclaimed_rows(claimed)
        # An integer or boolean output is piecewise constant: without a claim nothing is lost.
        self.idle = self.unclaimed & problem.output.discrete
        self.claimed.value[self.idle] = 0.0
        self.unrounded = unrounded(claim, claimed)
        self.claim_error = self.format_error = granted(claim, claimed, self.unrounded)
        if not claim.movable:
            self.notes.append("claim's rounding assumed: pass a callable to have it measured")
        self.decisive: tuple[Reference, Comparison] | None = None
        self.latest: Reference | None = None
        self.kink_visited = False
        self.hidden: Array = np.zeros(claimed.value.shape)  # from a mistake larger than any that is there
        self.kinked: Array = np.zeros(len(base), dtype=bool)
        self.kinks_known = problem.space.size < _SEVERAL  # one input has no neighbours among the axes
        self.nearby: Nearby | None = None

    def verdict(self) -> CheckResult:
        """Compare, and look closer where an entry disagrees, as long as evaluations are left."""
        try:
            return self._judged()
        except BudgetSpent:
            return self._cut_short()

    def _judged(self) -> CheckResult:
        reference = self._reference()
        broken = misbehaved(reference)
        if broken is not None:
            return self._finished(broken)
        compared = self._wider(reference)
        if compared.verdict is Verdict.FAIL and "central" not in self.estimates and self._may_use("central"):
            reference = self._second_opinion(reference, compared)
            compared = self._wider(reference)
        if compared.verdict is Verdict.FAIL and self.claim.unsteady():
            text = "the claim gives two answers at the same point"
            return self._finished(CheckResult(Verdict.INCONCLUSIVE, Reason.NONDETERMINISTIC, text))
        kinked = self._kinked(compared)
        smooth = reference.without(kinked)
        compared = self._compare(smooth)
        if compared.verdict is Verdict.FAIL:
            nearby = self.nearby = self._nearby(smooth, compared)
            compared = self._beyond_rounding(smooth, compared, nearby)
            lost = compared.verdict is Verdict.FAIL and digitless(
                self.problem, self.claimed, smooth, compared, nearby.absorbed
            )
            self.nfev += nearby.nfev
            if lost:
                return self._finished(replace(lost, entries=self._count(compared)))
        result = self._concluded(smooth, compared, kinked)
        if kinked.any() and result.verdict is not Verdict.FAIL:
            result = self._at_kink(kinked, smooth, result)
        if result.verdict is Verdict.PASS or result.reason is Reason.TOO_WEAK:
            self.notes += precision_notes(self.problem, self.claimed, reference.value, reference.error)
        if result.verdict is Verdict.PASS:
            self.notes += suspicious_broadcasts(self.problem)
            self.nfev += 1
        return self._finished(result)

    def _cut_short(self) -> CheckResult:
        """Say what is known when no evaluation is left."""
        if self.latest is None:
            return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, "no evaluation is left for a reference")
        kinked = self.kinked | (kinked_rows(self.estimates, len(self.base)) & ~self.unclaimed)
        smooth = self.latest.without(kinked)
        compared = self._wider(smooth)
        doubt, index = "", compared.index or (0, 0)
        if compared.verdict is Verdict.FAIL:
            doubt = unexplained(self.claim, compared, smooth.value, self.options.generator())
            doubt = doubt or ("" if self.kinks_known or self._certified() else _TOGETHER)
        elif kinked.any():
            doubt, index = "a kink", (int(np.flatnonzero(kinked)[0]), 0)
        if not doubt:
            return self._annotated(self._concluded(smooth, compared, kinked))
        first = entry_of(self.problem, (int(index[0]), int(index[1])))
        kink = f" in {self.problem.output.name_of(int(index[0]))}"
        worst = f", worst {first}" if compared.verdict is Verdict.FAIL else kink
        text = f"no evaluation is left to tell a mistake from {doubt}{worst}"
        count = self._count(compared)
        return self._annotated(CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, entries=count))

    def _may_use(self, method: str) -> bool:
        return self.options.method in ("auto", method)

    def _reference(self) -> Reference:
        if self._may_use("complex-step"):
            self.estimates["complex-step"] = self._counted(complex_step(self.primal, self._flat_bounds()))
            found = self._claimed_only(sharpest(self.estimates))
            if found.decided[~self.unclaimed | self.idle].all() or not self._may_use("central"):
                return found
        return self._with_central()

    def _with_central(self) -> Reference:
        bounds = self._flat_bounds()
        primal = self.problem.primal()
        self.estimates["central"] = self._counted(central(primal, bounds, self.options.max_nfev))
        return self._claimed_only(sharpest(self.estimates))

    def _second_opinion(self, reference: Reference, compared: Comparison) -> Reference:
        """Ask central differences too; of many columns, for the worst ones only."""
        columns = worst_columns(compared.ratio, compared.wrong)[0]
        if self.problem.x.size <= _FEW_COLUMNS:
            return self._with_central()
        found = Elsewhere(self.problem, "central", self._flat_bounds()).estimate(self.problem.x, columns)
        if found is None:
            return reference
        self.estimates["central"] = self._counted(among_all(found, columns, self.problem.x.size))
        return self._claimed_only(sharpest(self.estimates))

    def _claimed_only(self, reference: Reference) -> Reference:
        """Take away the rows without a claim, and leave 0 for those that need none."""
        return reference.without(self.unclaimed).filled(self.idle, 0.0, 0.0)

    def _count(self, compared: Comparison) -> int:
        return int(compared.decided[~self.idle].sum())

    def _flat_bounds(self, problem: Problem | None = None) -> Any:
        if self.options.limits is None:
            return None
        return tuple((problem or self.problem).spread(limit) for limit in self.options.limits)

    def _counted(self, estimate: FlatEstimate) -> FlatEstimate:
        self.nfev += estimate.nfev
        return estimate

    def _compare(self, reference: Reference, claim_error: Array | None = None) -> Comparison:
        error = self._loosened(self.claim_error if claim_error is None else claim_error, reference)
        self.latest = reference
        found = compare(self.claimed.value, error, reference.value, reference.error)
        if self.claimed.dtype != "float64":
            return self._beneath(found, error, reference)
        last = LAST_DIGITS * np.abs(reference.value)
        close = found.wrong & (found.difference <= last)
        if not close.any():
            return found
        self.notes.append("claim and reference differ in the last three digits: another order of operations")
        self.claim_error = np.where(close, last, self.claim_error)
        return compare(self.claimed.value, np.where(close, last, error), reference.value, reference.error)

    def _beneath(self, found: Comparison, error: Array, reference: Reference) -> Comparison:
        """Show the entries that are wrong in float64 too, where the claim's own rounding hides it."""
        known = reference.value, reference.error
        with np.errstate(invalid="ignore"):
            more = np.nan_to_num(error - self.format_error, nan=0.0)
        hidden, bar = beneath_rounding(self.claimed, self.unrounded, more, *known)
        hidden &= ~found.wrong
        if not hidden.any():
            return found
        self.notes.append(
            f"evaluated in float64 the claim is off by more than its rounding to {self.claimed.dtype}"
        )
        self.claimed.value[hidden] = self.unrounded[hidden]
        self.claim_error = np.where(hidden, bar, self.claim_error)
        return compare(self.claimed.value, np.where(hidden, bar, error), *known)

    def _loosened(self, error: Array, reference: Reference) -> Array:
        return error + (self.options.rtol or 0.0) * np.nan_to_num(np.abs(reference.value))

    def _kinked(self, compared: Comparison) -> Array:
        """Return which rows are kinked; a certified complex step took no branch at a tie, so none is."""
        if self._certified():
            return self.kinked
        self.kinked = kinked_rows(self.estimates, len(self.base)) & ~self.unclaimed
        doubtful = compared.wrong.any(axis=1)
        if not self.kinked[doubtful].all():
            whole = self.problem
            if self.options.columns is not None and type(whole) is Problem:
                whole = whole.of_all(self.options.varying_together)
            hidden, spent = hidden_kinks(whole, self.options.generator(), self._flat_bounds(whole))
            self.kinked |= hidden & doubtful
            self.nfev += spent
        self.kinks_known = True
        return self.kinked

    def _certified(self) -> bool:
        exact = self.estimates.get("complex-step")
        return exact is not None and exact.status is Status.OK

    def _beyond_rounding(self, reference: Reference, compared: Comparison, nearby: Nearby) -> Comparison:
        """Measure the claim's own rounding where it disagrees, and compare again."""
        widened = nearby.widened(self.claim_error, lambda error: self._compare(reference, error).wrong)
        if widened is None:
            return compared
        if self.claim.movable:
            self.notes.append(digits_note(self.problem, widened, compared, reference))
        before, self.claim_error = self.claim_error, widened
        found = self._compare(reference)
        if found.verdict is not Verdict.FAIL:
            self.hidden = np.fmax(self.hidden, nearby.thorough(before))
        return found

    def _wider(self, reference: Reference) -> Comparison:
        """Compare, granting what the claim loses in float64 where it agrees in a wider format."""
        compared = self._compare(reference)
        lost = lost_in_float64(self.claim, self.claimed, reference, compared)
        if lost is None:
            return compared
        self.notes.append(digits_note(self.problem, lost, compared, reference))
        self.claim_error = self.claim_error + lost
        return self._compare(reference)

    def _nearby(self, found: Reference, compared: Comparison) -> Nearby:
        return Nearby(self.claim, self.claimed, found, compared, self._flat_bounds(), self.options.generator)

    def _at_kink(self, rows: Array, smooth: Reference, rest: CheckResult) -> CheckResult:
        """Judge the kinked rows by membership; ``rest`` is the result on the others."""
        claim = self.claimed.value, self.claim_error
        cost = self.estimates["central"].nfev if "central" in self.estimates else 1
        about = self.options, self._flat_bounds(), cost
        found = judged_at_kink(self.problem, rows, claim, smooth, rest, *about)
        self.nfev += found.nfev
        self.kink_visited = True
        if found.near is None:
            return found.result
        if found.result.verdict is not Verdict.PASS:
            self.decisive = found.near, self._compare(found.near)
            return found.result
        return replace(found.result, power=rest.power, detectable=rest.detectable)

    def _diagnosed(self, reference: Reference, compared: Comparison) -> tuple[str, str]:
        """Return the finding in words, and the likely mistake, at the cost that the caller allows."""
        numbers = (self.problem, self.claimed.value, self.claim_error, reference, compared)
        suspects = Suspects(self.problem, self.options.method, self._flat_bounds(), self.options.others)
        nearby = self.nearby
        if nearby is None or not nearby.holds_for(reference, compared):
            nearby = self._nearby(reference, compared)
        before = nearby.nfev
        found = diagnosed(*numbers, suspects, lambda: nearby.for_diagnosis(self.claim_error))
        self.nfev += suspects.nfev + nearby.nfev - before
        return found

    def _power(self, error: Array, reference: Reference, kinked: Array) -> Power:
        if self.claimed.dtype == "float64":
            # What would be granted to an entry that differs is granted to any mistake in it.
            error = np.fmax(error, HIDDEN_DIGITS * np.abs(reference.value))
        error = np.fmax(error, self.hidden)
        numbers = self.problem, self.claimed.value, error, reference, row_scale(self.problem, self.base)
        shown = smallest_shown(self.problem, self.base, reference.value, self.claimed.dtype)
        return power_of(*numbers, self.unrounded, shown, kinked)

    def _concluded(self, reference: Reference, compared: Comparison, kinked: Array) -> CheckResult:
        self.decisive = reference, compared
        index = None if compared.index is None else (int(compared.index[0]), int(compared.index[1]))
        worst = None
        if index is not None:
            worst = worst_entry(
                self.problem, index, self.claimed.value, self.claim_error, reference, compared
            )
        common: dict[str, Any] = {"worst": worst, "entries": self._count(compared)}
        if compared.verdict is Verdict.FAIL:
            text, diagnosis = self._diagnosed(reference, compared)
            return CheckResult(Verdict.FAIL, compared.reason, text, diagnosis=diagnosis, **common)
        if not reference.decided[~kinked].all():
            return undecided(self.problem, reference, kinked, self.unclaimed, self.claimed.notes, common)
        error = self._loosened(self.claim_error, reference)
        if kinked.any():
            # Membership judges them: here they count as known exactly, and in the power not at all.
            reference = reference.filled(kinked, self.claimed.value[kinked], 0.0)
        if not self.hidden.any():
            self.hidden = foreseen(self.claim, self.claimed, reference.value, self.options.generator())
        power = self._power(error, reference, kinked)
        limit = limit_of(self.claimed, self.problem.output)
        if not power.worst <= limit and self.options.rtol is None:
            text = missed(power, limit)
            return CheckResult(
                Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text, power=power, detectable=power.worst, **common
            )
        return CheckResult(Verdict.PASS, Reason.AGREES, "", power=power, detectable=power.worst, **common)

    def _finished(self, result: CheckResult) -> CheckResult:
        """Test once more that the value at the point is the same, and add what the check cost."""
        self.nfev += 1
        try:
            last = np.asarray(self.problem(self.problem.x), dtype=np.float64)
            same = np.array_equal(self.base, last, equal_nan=True)
        except Exception:
            same = False
        if not same:
            text = "the value at the point changed between the first and the last call"
            result = CheckResult(Verdict.INCONCLUSIVE, Reason.KEEPS_STATE, text, entries=result.entries)
        return self._annotated(result)

    def _annotated(self, result: CheckResult) -> CheckResult:
        """Add what was noted on the way, and what the check cost."""
        notes = list(self.notes) + power_notes(result.power)
        for estimate in self.estimates.values():
            notes += estimate.notes
        refused = self.estimates.get("complex-step")
        if refused is not None and refused.status is Status.REFUSED:
            notes.append(f"complex step refused: {refused.message}")
        notes += self.problem.unknown_inputs()
        if self.options.rtol is not None:
            notes.append(f"loosened by the caller: rtol={self.options.rtol:g}")
        method = sharpest(self.estimates).method if self.estimates else ""
        if not method and self.kink_visited:
            method = "one-sided differences"
        more: dict[str, Any] = {}
        if self.decisive is not None and listening():
            found = (self.problem, self.claimed.value, self.claim_error, *self.decisive, result.verdict)
            more["evidence"] = evidence_of(*found)
        return replace(result, nfev=self.nfev, notes=tuple(dict.fromkeys(notes)), method=method, **more)
