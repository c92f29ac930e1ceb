"""Every entry of a claimed first derivative, compared with an independent reference.

Data flows one way: contract -> claim and reference -> comparison -> verdict.  What costs more (the
claim's own rounding, kinks, the diagnosis) is examined only where an entry disagrees.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.compare import Comparison
from gradcheck.judge.claimed.broadcasts import suspicious_broadcasts
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.partial import unclaimed_rows
from gradcheck.judge.claimed.precision import limit_of, precision_notes
from gradcheck.judge.contract import first_value, require_same_shapes
from gradcheck.judge.kinks.at_kink import judged_at_kink
from gradcheck.judge.kinks.between import Known, not_additive
from gradcheck.judge.kinks.jumps import jumps_at_tie, of_another_branch
from gradcheck.judge.kinks.rows import Look, beside_kink, hidden_kinks, kinked_rows
from gradcheck.judge.mistakes.explain import diagnosed
from gradcheck.judge.mistakes.stored import in_layout, truncated
from gradcheck.judge.mistakes.suspects import Suspects
from gradcheck.judge.outcome.entries import entry_of, worst_entry
from gradcheck.judge.outcome.evidence import evidence_of
from gradcheck.judge.outcome.power import power_notes
from gradcheck.judge.outcome.undecided import misbehaved, missed, undecided
from gradcheck.judge.question.budget import BudgetSpent, counter_of
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.elsewhere import worst_columns
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.references.witnesses import Witnesses
from gradcheck.judge.rounding.alone import unexplained
from gradcheck.judge.rounding.extended import digitless
from gradcheck.judge.rounding.margin import Margin
from gradcheck.judge.rounding.nearby import Nearby
from gradcheck.judge.rounding.normwise import beneath_largest
from gradcheck.judge.unreadable import unreadable
from gradcheck.results import CheckResult, Reason, Verdict, listening

__all__ = ["judge_dense"]

_SEVERAL = 2
"""Inputs from which on there is a direction between the axes."""
_RAYS, _RAYS_CLOSE = 2, 4
"""Directions between the axes that are tried: of a claim that agrees, and where a kink is suspected."""
_TOGETHER = "a kink of several inputs together"
_BESIDE = (
    "f has a kink beside the point, nearer than differences can step: the derivative is that of the side"
    " on which the point lies"
)
_LEFT_BEHIND = "the argument as the claim leaves it, which changes it in place"


def judge_dense(
    problem: Problem, claim: Claim, options: Options, surrogate: Problem | None = None
) -> CheckResult:
    """Return the verdict on ``claim``, a first derivative; with a ``surrogate``, of that.

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
    claimed = claim.here()
    if isinstance(claimed, ClaimProblem):
        return unreadable(problem, claim, claimed, options)
    return _Dense(problem, claim, claimed, options, base).verdict()


class _Dense:
    """One comparison in progress: witnesses, what is granted to the claim, and what was met on the way."""

    def __init__(
        self, problem: Problem, claim: Claim, claimed: ClaimMatrix, options: Options, base: Array
    ) -> None:
        self.problem, self.claim, self.claimed = problem, claim, claimed
        self.options, self.base = options, base
        self.unclaimed = unclaimed_rows(claimed)
        # An integer or boolean output is piecewise constant: without a claim nothing is lost.
        self.idle = self.unclaimed & problem.output.discrete
        self.first = claimed.value.copy()
        rounded = 0.0 if claim.movable else float(np.max(claimed.eps, initial=0.0))
        self.witnesses = Witnesses(problem, options, self.unclaimed, self.idle, rounded)
        self.margin = Margin(claim, claimed, options.rtol, self.idle, base)
        self.kinked: Array = np.zeros(len(base), dtype=bool)
        self.kinks_known = problem.space.size < _SEVERAL  # one input has no neighbours among the axes
        self.method = ""
        self.nearby: Nearby | None = None
        self.decisive: tuple[Reference, Comparison] | None = None
        self.notes: list[str] = []
        self.nfev = 2

    def verdict(self) -> CheckResult:
        """Compare, and look closer where an entry disagrees, as long as evaluations are left."""
        try:
            return self._judged()
        except BudgetSpent:
            return self._cut_short()

    def _judged(self) -> CheckResult:
        reference = self.witnesses.first()
        broken = misbehaved(reference)
        if broken is not None:
            return self._finished(broken)
        compared = self.margin.compare_wider(reference)
        if compared.verdict is Verdict.FAIL:
            further = self.witnesses.second_opinion(worst_columns(compared.ratio, compared.wrong)[0])
            if further is not None:
                reference, compared = further, self.margin.compare_wider(further)
        if compared.verdict is Verdict.FAIL and self.claim.unsteady():
            text = "the claim gives two answers at the same point"
            return self._finished(CheckResult(Verdict.INCONCLUSIVE, Reason.NONDETERMINISTIC, text))
        if self.witnesses.tied and type(self.problem) is Problem:
            reference, compared = self._without_jumps(reference, compared)
        beside, spent = beside_kink(self.problem, self.witnesses.estimates, self.options.generator())
        self.nfev += spent
        if beside.any():
            reference = self.witnesses.believed(beside)
            compared = self.margin.compare_wider(reference)
            self.notes.append(_BESIDE)
        kinked = self._kinked(compared, reference, beside)
        smooth = reference.without(kinked)
        compared = self.margin.compare(smooth)
        if compared.verdict is Verdict.FAIL:
            smooth = self._on_one_branch(smooth, compared)
            compared = self.margin.compare(smooth)
        if compared.verdict is Verdict.FAIL:
            compared, lost = self._examined(smooth, compared)
            if lost is not None:
                return self._finished(lost)
        result = self._concluded(smooth, compared, kinked)
        if kinked.any() and result.verdict is not Verdict.FAIL:
            result = self._at_kink(kinked, smooth, result)
        if result.verdict is Verdict.PASS or result.reason is Reason.TOO_WEAK:
            self.notes += precision_notes(self.problem, self.claimed, reference.value, reference.error)
        if result.verdict is Verdict.PASS and not self._stays():
            text = "the claim's answer at the point changes between its first and its last call"
            result = CheckResult(Verdict.INCONCLUSIVE, Reason.KEEPS_STATE, text, entries=result.entries)
        if result.verdict is Verdict.PASS:
            self.notes += suspicious_broadcasts(self.problem)
            self.nfev += 1
        return self._finished(result)

    def _stays(self) -> bool:
        """Whether the claim, asked for the point once more at the end, gives its first answer."""
        if not self.claim.movable or counter_of(self.claim.given) is not None:
            return True
        try:
            last = self.claim.here()
        except BudgetSpent:
            # It calls f by a way of its own, and none is left.
            return True
        if not isinstance(last, ClaimMatrix):
            return False
        return np.array_equal(last.value[~self.idle], self.first[~self.idle], equal_nan=True)

    def _examined(self, smooth: Reference, compared: Comparison) -> tuple[Comparison, CheckResult | None]:
        """Measure the claim's rounding where it disagrees; a result where nothing can be told of it."""
        nearby = self._nearby(smooth, compared)
        compared = self.margin.compare_conditioned(smooth, compared, nearby)
        self.nfev += nearby.nfev
        lost = None
        if compared.verdict is Verdict.FAIL:
            nearby = self.nearby = self._nearby(smooth, compared)
            compared = self.margin.compare_measured(smooth, compared, nearby)
            lost = self.margin.left_open(smooth, compared)
            if lost is None and compared.verdict is Verdict.FAIL:
                absorbed = partial(nearby.absorbed, self.base)
                lost = digitless(self.problem, self.claimed, smooth, compared, absorbed)
                if lost is None and not self.witnesses.certified:
                    # A decomposition has no complex step: what is certified knows every entry by itself.
                    lost = beneath_largest(self.problem, smooth, self.base, compared)
            self.nfev += nearby.nfev
        if self.claim.unsteady():
            text = "the claim's answer at the point changes with the points that it was asked for before"
            return compared, CheckResult(Verdict.INCONCLUSIVE, Reason.KEEPS_STATE, text)
        return compared, None if lost is None else replace(lost, entries=self._count(compared))

    def _on_one_branch(self, reference: Reference, compared: Comparison) -> Reference:
        """Return the reference without the entries that disagree only because f jumps at the point."""
        jumping = self.witnesses.jumping
        if not self.claim.movable or not (jumping & compared.wrong.any(axis=0)).any():
            return reference
        beside = self.witnesses.elsewhere()
        numbers = compared.wrong, compared.difference, jumping
        open_ = of_another_branch(self.problem.x, *numbers, self.claim.at, beside.at)
        self.nfev += beside.nfev
        if open_.any():
            row, column = (int(k) for k in np.argwhere(open_)[0])
            first = entry_of(self.problem, (row, column))
            self.notes.append(
                f"f jumps at the point along {self.problem.inp.name_of(column)}: {first} is right on either "
                "side of it, which says nothing of the point itself"
            )
        return reference.without_entries(open_)

    def _cut_short(self) -> CheckResult:
        """Say what is known when no evaluation is left."""
        if self.margin.latest is None:
            return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, "no evaluation is left for a reference")
        kinked = self.kinked | (kinked_rows(self.witnesses.estimates, len(self.base)) & ~self.unclaimed)
        smooth = self.margin.latest.without(kinked)
        try:
            compared = self.margin.compare_wider(smooth)
        except BudgetSpent:
            # The claim calls f itself: it is compared as it is.
            compared = self.margin.compare(smooth)
        doubt = "" if self.kinks_known or self.witnesses.certified else _TOGETHER
        index = compared.index or (0, 0)
        if compared.verdict is Verdict.FAIL:
            doubt = (
                unexplained(self.claim, compared, smooth.value, self.base, self.options.generator()) or doubt
            )
        elif kinked.any():
            doubt, index = "a kink", (int(np.flatnonzero(kinked)[0]), 0)
        if not doubt:
            return self._annotated(self._concluded(smooth, compared, kinked))
        count = self._count(compared)
        if compared.verdict is not Verdict.FAIL and not kinked.any():
            text = f"no evaluation is left to look for {doubt}"
            return self._annotated(CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, entries=count))
        first = entry_of(self.problem, (int(index[0]), int(index[1])))
        kink = f" in {self.problem.output.name_of(int(index[0]))}"
        worst = f", worst {first}" if compared.verdict is Verdict.FAIL else kink
        text = f"no evaluation is left to tell a mistake from {doubt}{worst}"
        return self._annotated(CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, entries=count))

    def _count(self, compared: Comparison) -> int:
        return int(compared.decided[~self.idle].sum())

    def _without_jumps(self, reference: Reference, compared: Comparison) -> tuple[Reference, Comparison]:
        """Return both without what f jumps along, by too little for differences to see it."""
        about = self.options.generator(), self.witnesses.bounds()
        jumping, spent = jumps_at_tie(self.problem, reference.value, *about)
        self.nfev += spent
        if not jumping.any():
            return reference, compared
        reference = self.witnesses.without_jumps(jumping)
        return reference, self.margin.compare_wider(reference)

    def _kinked(self, compared: Comparison, reference: Reference, beside: Array) -> Array:
        """Return which rows are kinked; a certified complex step took no branch at a tie, so none is."""
        if self.witnesses.certified:
            return self.kinked
        self.kinked = kinked_rows(self.witnesses.estimates, len(self.base)) & ~(self.unclaimed | beside)
        if self.problem.x.size >= _SEVERAL or self.options.columns is not None:
            self._look_between(compared.wrong.any(axis=1) & ~self.kinked & ~beside, reference, beside)
        self.kinks_known = True
        return self.kinked

    def _look_between(self, doubtful: Array, reference: Reference, beside: Array) -> None:
        """Look for kinks between the axes: closely where a branch met a tie, or a claim is about to fail."""
        first = type(self.problem) is Problem
        known = Known.of(reference.value, reference.error, self.witnesses.estimates.get("central"))
        wanted = ~self.kinked & ~self.unclaimed & ~beside
        if first and self.options.columns is not None:
            # What the inputs left out do together with those examined, no derivative by these tells.
            whole = self.problem.of_all(self.options.varying_together)
            about = known.noise, self.options.generator(), self.witnesses.bounds(whole)
            found, spent = not_additive(whole, *about)
        else:
            count = _RAYS_CLOSE if doubtful.any() or self.witnesses.tied else _RAYS
            look = Look(count, self.options.generator(), self.witnesses.bounds())
            found, spent = hidden_kinks(self.problem, known if first else None, wanted, doubtful, look)
        self.kinked |= found & wanted
        self.nfev += spent

    def _at_kink(self, rows: Array, smooth: Reference, rest: CheckResult) -> CheckResult:
        """Judge the kinked rows by membership; ``rest`` is the result on the others."""
        claim = self.claimed.value, self.margin.error
        about = self.options, self.witnesses.bounds()
        found = judged_at_kink(self.problem, rows, claim, smooth, rest, *about)
        self.nfev += found.nfev
        self.method = "one-sided differences"
        if found.near is None:
            return found.result
        if found.result.verdict is not Verdict.PASS:
            self.decisive = found.near, self.margin.compare(found.near)
            return found.result
        return replace(found.result, power=rest.power, detectable=rest.detectable)

    def _nearby(self, found: Reference, compared: Comparison) -> Nearby:
        bounds = self.witnesses.bounds()
        return Nearby(self.claim, self.claimed, found, compared, bounds, self.options.generator)

    def _diagnosed(self, reference: Reference, compared: Comparison) -> tuple[str, str]:
        """Return the finding in words, and the likely mistake, at the cost that the caller allows."""
        error = self.margin.error
        numbers = (self.problem, self.claimed.value, error, reference, compared)
        others = dict(self.options.others or {})
        # Under a limit no other point is looked at, and the claim may call f itself.
        left = self.claim.left_behind() if counter_of(self.problem.f) is None else None
        if left is not None:
            others = {_LEFT_BEHIND: left, **others}
        suspects = Suspects(self.problem, self.options.method, self.witnesses.bounds(), others)
        nearby = self.nearby
        if nearby is None or not nearby.holds_for(reference, compared):
            nearby = self._nearby(reference, compared)
        before = nearby.nfev
        text, mistake = diagnosed(*numbers, suspects, lambda: nearby.for_diagnosis(error))
        self.nfev += suspects.nfev + nearby.nfev - before
        return text, truncated(self.claimed, reference) or in_layout(mistake, self.options.layout)

    def _concluded(self, reference: Reference, compared: Comparison, kinked: Array) -> CheckResult:
        self.decisive = reference, compared
        common: dict[str, Any] = {"entries": self._count(compared)}
        if compared.index is not None:
            index = int(compared.index[0]), int(compared.index[1])
            numbers = self.claimed.value, self.margin.error, reference, compared
            common["worst"] = worst_entry(self.problem, index, *numbers)
        if compared.verdict is Verdict.FAIL:
            text, diagnosis = self._diagnosed(reference, compared)
            return CheckResult(Verdict.FAIL, compared.reason, text, diagnosis=diagnosis, **common)
        if not reference.decided[~kinked].all():
            return undecided(self.problem, reference, kinked, self.claimed, common)
        power = self.margin.power(reference, kinked, self.options.generator)
        common |= {"power": power, "detectable": power.worst}
        limit = limit_of(self.claimed, self.problem.output, self.options.rtol)
        if not (power.worst <= limit or power.numberless):
            return CheckResult(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, missed(power, limit), **common)
        return CheckResult(Verdict.PASS, Reason.AGREES, "", **common)

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
        notes = self.margin.notes + self.notes + power_notes(result.power) + self.witnesses.notes
        notes += self.problem.unknown_inputs()
        if self.options.rtol is not None:
            notes.append(f"loosened by the caller: rtol={self.options.rtol:g}")
        more: dict[str, Any] = {}
        if self.decisive is not None and listening():
            found = (self.problem, self.claimed.value, self.margin.error, *self.decisive, result.verdict)
            more["evidence"] = evidence_of(*found)
        return replace(
            result,
            nfev=self.nfev + self.witnesses.nfev,
            notes=tuple(dict.fromkeys(notes)),
            method=self.witnesses.method or self.method,
            **more,
        )
