"""A random function, and perhaps a random claim, judged by their measured spread.

What is compared are means: of the claim over its replicates, and the slope of the mean of ``f``.  A right
claim is called wrong with probability at most :data:`~gradcheck.judge.stochastic.replicates.LEVEL`, as far as
replicates are independent and their spread shows in a sample; FAIL is confirmed by draws that had no part in
the suspicion.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.compare import Comparison, compare
from gradcheck.context import listening
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.partial import left_open, unclaimed_rows
from gradcheck.judge.claimed.precision import granted, limit_of, loosest
from gradcheck.judge.contract import function_raised, refused_claim
from gradcheck.judge.dense import judge_dense
from gradcheck.judge.mistakes.explain import diagnosed
from gradcheck.judge.outcome.entries import entry_of, worst_entry
from gradcheck.judge.outcome.evidence import evidence_of
from gradcheck.judge.outcome.power import power_notes, power_of
from gradcheck.judge.question.budget import BudgetSpent, Counter, counter_of
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.stochastic.replicates import LEVEL, Slopes, mean_error
from gradcheck.results import CheckResult, Reason, Verdict
from gradcheck.tolerance import detectable

__all__ = ["judge_stochastic"]

_FIRST = 4
"""Replicates of every step before the best are chosen."""
_LOOKS: Final = (16, 32, 64, 128)
"""Replicates of the chosen steps at which a verdict is asked for; each look doubles what was drawn."""
_CONFIRMED_FROM = 1
"""Number of the look from which FAIL may be said: its newer half alone must then say the same."""
_CALLS = 3
"""Calls at the point by which a function that is not random after all is recognised."""


def judge_stochastic(problem: Problem, claim: Claim, options: Options) -> CheckResult:
    """Return the verdict on a claim where ``problem``, or the claim, draws random numbers.

    Costs about 200 evaluations of f a column, and up to 1,200 where the spread asks for it, unless
    ``max_nfev`` allows more or less; the claim is called up to 128 times.

    Raises
    ------
    InvalidArgument
        If the function, its output or the claim cannot be used.
    """
    own = counter_of(problem.f) or Counter(2**62)
    if counter_of(problem.f) is None:
        problem.f = own.watch(problem.f)
    try:
        base = problem.evaluate()
    except Exception as raised:
        return function_raised(problem, "f", raised)
    if problem.changes:
        text = f"a call changed its argument {problem.changes} in place"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.MUTATES_INPUT, text, nfev=1)
    refused = over_memory(problem, options)
    if refused is not None:
        return refused
    first = claim.drawn()
    if isinstance(first, ClaimProblem):
        return refused_claim(first, nfev=own.spent)
    settled = _if_not_random(problem, claim, first, base, options)
    if settled is not None:
        return settled
    return _Sampled(problem, claim, first, options, own).verdict()


def _if_not_random(
    problem: Problem, claim: Claim, first: ClaimMatrix, base: Array, options: Options
) -> CheckResult | None:
    """Return the ordinary verdict where neither changes from call to call, None where one does."""
    again = claim.drawn()
    same = isinstance(again, ClaimMatrix) and np.array_equal(again.value, first.value, equal_nan=True)
    for _ in range(_CALLS - 1):
        same = same and np.array_equal(np.asarray(problem(problem.x), dtype=float), base, equal_nan=True)
    if not same:
        return None
    result = judge_dense(problem, claim, options)
    if result.reason in (Reason.NONDETERMINISTIC, Reason.KEEPS_STATE):
        return None
    note = f"nothing random was seen in {_CALLS} calls: judged as a function that is not"
    return replace(result, notes=(*result.notes, note))


@dataclass
class _Sampled:
    """Replicates of a function and of a claim, and what they say together so far."""

    problem: Problem
    claim: Claim
    first: ClaimMatrix
    options: Options
    counter: Counter
    claims: list[Array] = field(default_factory=list)
    columns: list[Slopes] = field(default_factory=list)
    raised: str = ""
    unclaimed: Array = field(init=False)
    idle: Array = field(init=False)
    decisive: tuple[Any, ...] = ()

    def verdict(self) -> CheckResult:
        """Look again and again, with twice the draws, until a verdict stands or nothing is left to spend."""
        self.unclaimed = unclaimed_rows(self.first)
        self.idle = self.unclaimed & self.problem.output.discrete
        self.first.value[self.idle] = 0.0
        self.claims = [self.first.value]
        self.columns = [self._column(k) for k in range(self.problem.inp.size)]
        result: CheckResult | None = None
        looks = self._looks()
        try:
            for column in self.columns:
                column.replicate(np.arange(len(column.steps)), _FIRST, bent=False)
            for number, count in enumerate(looks):
                self._draw(count)
                found = self._looked(len(looks))
                if found.verdict is Verdict.FAIL and not self._confirmed(number, count, len(looks)):
                    found = self._unconfirmed(found)
                result = found
                if found.verdict is not Verdict.INCONCLUSIVE or found.reason is Reason.NOT_DIFFERENTIABLE:
                    break
        except BudgetSpent:
            self.counter.pinched = True
        if result is None:
            text = "no evaluation is left before the spread is known"
            return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, nfev=self.counter.spent)
        return self._finished(result)

    def _looks(self) -> tuple[int, ...]:
        """Return the numbers of replicates to look at: more of them where the caller allows more."""
        looks = list(_LOOKS)
        each = 3 * 3 * max(1, self.problem.inp.size)
        while self.counter.limit < 2**60 and 2 * looks[-1] * each < self.counter.left:
            looks.append(2 * looks[-1])
        return tuple(looks)

    def _column(self, k: int) -> Slopes:
        limits = self.options.limits
        low, high = (-np.inf, np.inf)
        if limits is not None:
            low, high = (float(self.problem.spread(limit)[k]) for limit in limits)
        return Slopes(self._value, self.problem.x, k, low, high)

    def _value(self, x: Array) -> Array:
        try:
            return np.array(self.problem(x), dtype=np.float64)
        except Exception as raised:
            self.raised = f"{type(raised).__name__}: {raised}"
            return np.full(self.problem.output.size, np.nan)

    def _draw(self, count: int) -> None:
        """Draw until every followed step, and the claim, has ``count`` replicates."""
        for column in self.columns:
            rungs = column.followed(LEVEL)
            for k in rungs:
                column.replicate(np.array([k]), max(0, count - len(column.slopes[k])))
        if self._steady():
            return
        while len(self.claims) < count:
            one = self.claim.drawn()
            value = one.value if isinstance(one, ClaimMatrix) else np.full(self.first.value.shape, np.nan)
            value[self.idle] = 0.0
            self.claims.append(value)

    def _steady(self) -> bool:
        if len(self.claims) == 1:
            again = self.claim.drawn()
            if isinstance(again, ClaimMatrix):
                again.value[self.idle] = 0.0
                self.claims.append(again.value)
        return all(np.array_equal(self.claims[0], one, equal_nan=True) for one in self.claims[:2])

    def _claimed(self, level: float, since: int = 0) -> tuple[Array, Array]:
        """Return the mean claim and its error."""
        error = granted(self.claim, self.first)
        if self._steady():
            return self.first.value, error
        mean, bar = mean_error(np.array(self.claims[since:]), level)
        return mean, bar + np.where(np.isfinite(error), error, 0.0)

    def _level(self, looks: int) -> float:
        return LEVEL / (2.0 * looks * max(1, self.first.value.size))

    def _reference(self, level: float, since: int = 0) -> tuple[Reference, Array]:
        parts = [column.estimate(level, since) for column in self.columns]
        shape = self.first.value.shape
        if not parts:
            return Reference(np.zeros(shape), np.zeros(shape), {}), np.zeros(shape, dtype=bool)
        value, bar, kinked = (np.stack(each, axis=1) for each in zip(*parts, strict=True))
        # A row without a claim is left open, but for an integer or boolean output, whose derivative is 0.
        open_ = kinked | self.unclaimed[:, None]
        value, bar = np.where(open_, np.nan, value), np.where(open_, np.inf, bar)
        value[self.idle], bar[self.idle], kinked[self.idle] = 0.0, 0.0, False
        return Reference(value, bar, {}), kinked & ~self.unclaimed[:, None]

    def _compared(self, level: float, since: int = 0) -> tuple[Comparison, Reference, Array, Array, Array]:
        reference, kinked = self._reference(level, since)
        claimed, error = self._claimed(level, since)
        if self.options.rtol is not None:
            error = error + self.options.rtol * np.nan_to_num(np.abs(reference.value))
        return compare(claimed, error, reference.value, reference.error), reference, claimed, error, kinked

    def _confirmed(self, number: int, count: int, looks: int) -> bool:
        """Whether the newer half of the draws, by itself, finds an entry wrong that all of them do."""
        if number < _CONFIRMED_FROM:
            return False
        level = self._level(looks)
        every = self._compared(level)[0]
        newer = self._compared(level, count // 2)[0]
        both = every.wrong & newer.wrong
        return bool(both.any())

    def _unconfirmed(self, found: CheckResult) -> CheckResult:
        text = f"{found.message}, which fresh draws have not confirmed"
        return replace(
            found, verdict=Verdict.INCONCLUSIVE, reason=Reason.NOISY_REFERENCE, message=text, diagnosis=""
        )

    def _looked(self, looks: int) -> CheckResult:
        compared, reference, claimed, error, kinked = self._compared(self._level(looks))
        self.decisive = claimed, error, reference, compared
        common: dict[str, Any] = {"entries": int(compared.decided[~self.idle].sum())}
        if compared.index is not None:
            index = int(compared.index[0]), int(compared.index[1])
            common["worst"] = worst_entry(self.problem, index, claimed, error, reference, compared)
        if compared.verdict is Verdict.FAIL:
            text, diagnosis = diagnosed(self.problem, claimed, error, reference, compared)
            return CheckResult(Verdict.FAIL, compared.reason, text, diagnosis=diagnosis, **common)
        if not compared.decided.all():
            return self._undecided(compared, kinked, common)
        return self._weighed(claimed, error, reference, common)

    def _undecided(self, compared: Comparison, kinked: Array, common: dict[str, Any]) -> CheckResult:
        left_out = self.unclaimed & ~self.idle
        if not (~compared.decided & ~left_out[:, None]).any():
            return CheckResult(Verdict.INCONCLUSIVE, Reason.NOT_CLAIMED, left_open(self.first), **common)
        reason = Reason.NOT_DIFFERENTIABLE if kinked.any() else Reason.NO_USABLE_STEP
        row, column = (int(k) for k in np.argwhere(kinked if kinked.any() else ~compared.decided)[0])
        first = entry_of(self.problem, (row, column))
        text = f"{int((~compared.decided).sum())} of {compared.decided.size} entries undecided, first {first}"
        text += f" (f raised {self.raised})" if self.raised and not kinked.any() else ""
        return CheckResult(Verdict.INCONCLUSIVE, reason, text, **common)

    def _weighed(
        self, claimed: Array, error: Array, reference: Reference, common: dict[str, Any]
    ) -> CheckResult:
        """Return PASS where the spread is small enough for the agreement to mean something."""
        scale = self._row_scale()
        loosened = self.options.rtol or 0.0
        # More replicates would show ever smaller entries: one beneath the spread is a zero as far as these
        # could tell, and is named if it is claimed to be another number.
        shown = np.full(claimed.shape, np.inf)
        said = replace(
            reference, value=np.where(np.abs(reference.value) > reference.error, reference.value, 0.0)
        )
        noisy: Array = np.any(reference.error > 0, axis=1)
        power = power_of(
            self.problem, claimed, error, said, scale, shown=shown, loosened=loosened, noisy=noisy
        )
        common |= {"power": power, "detectable": power.worst}
        limit = limit_of(self.first, self.problem.output)
        found = detectable(claimed, error, reference.value, reference.error, scale)
        # A caller's tolerance is a share of a derivative: it says nothing of a row where none was seen.
        seen = ~found.apart.all(axis=1, keepdims=True)
        limits = np.where(seen, loosest(limit, self.options.rtol), limit)
        weak = ~self.idle[:, None] & ~(np.isnan(found.relative) | (found.relative <= limits))
        weak |= ~self.idle[:, None] & ~seen & noisy[:, None]
        if not weak.any():
            return CheckResult(Verdict.PASS, Reason.AGREES, "", **common)
        limit = float(np.broadcast_to(limits, weak.shape)[weak].max())
        with np.errstate(all="ignore"):
            hidden = reference.error >= np.abs(reference.value)
            loud = bool((hidden & (reference.error >= error)).any())
        reason = Reason.NOISY_REFERENCE if loud else Reason.TOO_WEAK
        hides = f"an error of {power.worst:.2g}" if np.isfinite(power.worst) else "the derivative"
        text = f"the spread hides {hides} at {power.path}; the limit is {limit:.2g}"
        return CheckResult(Verdict.INCONCLUSIVE, reason, text, **common)

    def _row_scale(self) -> Array:
        """Return the size of f over the largest input: the scale of a row in which no entry is seen."""
        largest = float(np.max(np.abs(self.problem.x), initial=0.0)) or 1.0
        sizes = [np.broadcast_to(column.size, self.first.value.shape[:1]) for column in self.columns]
        size = np.max(sizes, axis=0) if sizes else np.zeros(self.first.value.shape[0])
        return np.where(np.isfinite(size), size, 0.0) / largest

    def _finished(self, result: CheckResult) -> CheckResult:
        counts = [len(rung) for column in self.columns for rung in column.slopes]
        said = f"judged by the spread of {max(counts, default=0)} replicates"
        said += f", of the claim too ({len(self.claims)})" if not self._steady() else ""
        notes = [*self.first.notes, said, *power_notes(result.power)]
        if result.verdict is Verdict.INCONCLUSIVE and result.reason in (
            Reason.TOO_WEAK,
            Reason.NOISY_REFERENCE,
        ):
            notes.append(
                "raise `max_nfev` for more replicates, or pass `rtol`, or give f and the claim the same seed"
            )
        if self.options.rtol is not None:
            notes.append(f"loosened by the caller: rtol={self.options.rtol:g}")
        if self.decisive and listening():
            found = (self.problem, *self.decisive, result.verdict)
            result = replace(result, evidence=evidence_of(*found))
        return replace(
            result,
            nfev=self.counter.spent,
            notes=tuple(dict.fromkeys(notes)),
            method="replicated differences",
        )
