"""Every entry of a claimed first derivative, compared with an independent reference.

Data flows one way: contract -> claim and reference -> comparison -> verdict.  What costs more (the
claim's own rounding, kinks, the diagnosis) is examined only where an entry disagrees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck import clarke
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.compare import Comparison, compare
from gradcheck.estimators.flat import FlatEstimate, gravest
from gradcheck.estimators.primal import Primal
from gradcheck.judge.claim import Claim
from gradcheck.judge.explain import diagnosed, entry_of, power_of, worst_entry
from gradcheck.judge.options import Options
from gradcheck.judge.problem import Problem
from gradcheck.judge.references import Reference, central, complex_step, sharpest
from gradcheck.judge.rounding import claim_rounding
from gradcheck.results import CheckResult, Reason, Status, Verdict
from gradcheck.tolerance import FEW_EPS, max_detectable

__all__ = ["judge_dense"]

Array = np.ndarray[Any, np.dtype[Any]]

_REASONS = {
    Status.NOISY: Reason.NOISY_REFERENCE,
    Status.KINK: Reason.NOT_DIFFERENTIABLE,
    Status.DISCONTINUITY: Reason.DISCONTINUITY,
    Status.OUTSIDE_DOMAIN: Reason.OUTSIDE_DOMAIN,
    Status.NONDETERMINISTIC: Reason.NONDETERMINISTIC,
    Status.MUTATES_INPUT: Reason.MUTATES_INPUT,
    Status.INCONSISTENT_OUTPUT: Reason.INCONSISTENT_OUTPUT,
    Status.RAISED: Reason.FUNCTION_RAISED,
}
_MEASURED = 4.0
"""Safety on a rounding error that was measured once."""


def judge_dense(problem: Problem, given: Any, options: Options) -> CheckResult:
    """Return the verdict on ``given``, a :class:`Claim` or what makes one of ``problem``."""
    try:
        base = problem.evaluate()
    except Exception as raised:
        if problem.is_bad_argument(raised):
            raise
        text = f"f raised {type(raised).__name__} at the point: {raised}"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.FUNCTION_RAISED, text, nfev=1)
    broken = _contract(problem, base)
    if broken is not None:
        return broken
    claim = given if isinstance(given, Claim) else Claim(problem, given, options.layout)
    claimed = claim.here()
    if isinstance(claimed, ClaimProblem):
        if claimed.reason is None:
            raise claimed.error()
        return CheckResult(Verdict.FAIL, claimed.reason, claimed.message, nfev=2)
    return _Dense(problem, claim, claimed, options, base).verdict()


def _contract(problem: Problem, base: Array) -> CheckResult | None:
    """Test H1 and H2 at the point: the same value twice, and arguments left alone."""
    if problem.mutates:
        text = "a call changed one of its arguments in place"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.MUTATES_INPUT, text, nfev=1)
    try:
        again = np.asarray(problem(problem.x), dtype=np.float64)
    except Exception as raised:
        text = f"a second call at the same point raised {type(raised).__name__}: {raised}"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.INCONSISTENT_OUTPUT, text, nfev=2)
    if again.shape != base.shape:
        text = f"{again.size} numbers after {base.size} at the first call"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.INCONSISTENT_OUTPUT, text, nfev=2)
    if not np.array_equal(base, again, equal_nan=True):
        gap = float(np.nanmax(np.abs(base - again), initial=0.0))
        text = f"two calls at the same point differ by {gap:.3g}"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.NONDETERMINISTIC, text, nfev=2)
    return None


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
        self.claim_error = self._claim_error()

    def _claim_error(self) -> Array:
        """A few eps of the claim's own format, and in a coarse format its measured rounding."""
        value = self.claimed.value
        error: Array = FEW_EPS * self.claimed.eps * np.abs(value)
        if not self.claim.movable:
            self.notes.append("claim's rounding assumed: pass a callable to have it measured")
        elif self.claimed.dtype != "float64":
            precise = self.claim.at(self.problem.x)
            if precise is not None and precise.shape == value.shape:
                own = np.abs(precise - value)
                error = error + np.where(np.isfinite(own), _MEASURED * own, 0.0)
        return error

    def verdict(self) -> CheckResult:
        """Compare, and look closer where an entry disagrees."""
        reference = self._reference()
        broken = self._broken(reference)
        if broken is not None:
            return broken
        compared = self._compare(reference)
        if compared.verdict is Verdict.FAIL and "central" not in self.estimates and self._may_use("central"):
            reference = self._with_central()
            compared = self._compare(reference)
        if self._kinked(reference):
            return self._finished(self._at_kink())
        if compared.verdict is Verdict.FAIL:
            compared = self._beyond_rounding(reference, compared)
        return self._finished(self._concluded(reference, compared))

    def _may_use(self, method: str) -> bool:
        return self.options.method in ("auto", method)

    def _reference(self) -> Reference:
        if self._may_use("complex-step") and self.options.bounds is None:
            self.estimates["complex-step"] = self._counted(complex_step(self.primal))
            found = sharpest(self.estimates)
            if found.decided.all() or not self._may_use("central"):
                return found
        return self._with_central()

    def _with_central(self) -> Reference:
        bounds = self._flat_bounds()
        primal = self.problem.primal()
        self.estimates["central"] = self._counted(central(primal, bounds, self.options.max_nfev))
        return sharpest(self.estimates)

    def _flat_bounds(self) -> Any:
        if self.options.bounds is None:
            return None
        return tuple(self.problem.spread(limit) for limit in self.options.bounds)

    def _counted(self, estimate: FlatEstimate) -> FlatEstimate:
        self.nfev += estimate.nfev
        return estimate

    def _broken(self, reference: Reference) -> CheckResult | None:
        """A function that misbehaved while it was being differentiated has no reference."""
        for one in reference.estimates.values():
            if one.status in (Status.NONDETERMINISTIC, Status.INCONSISTENT_OUTPUT, Status.MUTATES_INPUT):
                reason = _REASONS[one.status]
                # It was the same twice at the start: what changed it is the calls themselves.
                if one.status is Status.NONDETERMINISTIC:
                    reason = Reason.KEEPS_STATE
                return self._finished(CheckResult(Verdict.INCONCLUSIVE, reason, one.message))
        return None

    def _compare(self, reference: Reference) -> Comparison:
        error = self.claim_error
        if self.options.rtol is not None:
            error = error + self.options.rtol * np.nan_to_num(np.abs(reference.value))
        return compare(self.claimed.value, error, reference.value, reference.error)

    def _kinked(self, reference: Reference) -> bool:
        return any(one.status is Status.KINK for one in reference.estimates.values())

    def _beyond_rounding(self, reference: Reference, compared: Comparison) -> Comparison:
        """Measure the claim's own rounding where it disagrees, and compare again."""
        if not self.claim.movable or not np.isfinite(self.claimed.value[compared.wrong]).all():
            return compared
        method = "complex-step" if reference.estimates.get("complex-step") is not None else "central"
        if method == "complex-step" and reference.estimates[method].status is not Status.OK:
            method = "central"
        measured = claim_rounding(
            self.problem.x, lambda x: self._deviation(x, method), self.options.generator()
        )
        if measured is None or not (measured[compared.wrong] > 0).all():
            return compared
        widened = np.where(compared.wrong, self.claim_error + measured, self.claim_error)
        again = compare(self.claimed.value, widened, reference.value, reference.error)
        if again.verdict is not Verdict.FAIL:
            lost = float(np.max(widened[compared.wrong] / np.abs(reference.value[compared.wrong])))
            digits = max(1, round(16 + np.log10(lost))) if np.isfinite(lost) and lost > 0 else 16
            row, column = compared.index or (0, 0)
            path = entry_of(self.problem, (row, column))
            self.notes.append(f"the claim loses {digits} digits here to its own rounding, most at {path}")
            self.claim_error = widened
        return again

    def _deviation(self, x: Array, method: str) -> Array | None:
        """Return claim minus reference at another point, NaN where the reference has no answer."""
        claimed = self.claim.at(x)
        if claimed is None:
            return None
        primal = Primal(self.problem, [x])
        try:
            found = (
                complex_step(primal)
                if method == "complex-step"
                else central(primal, self._flat_bounds(), None)
            )
        except Exception:
            return None
        self.nfev += found.nfev
        if found.value.shape != claimed.shape:
            return None
        deviation: Array = claimed - found.value
        # What the reference's own bar explains says nothing of the claim.
        return np.where(np.abs(deviation) > found.error, deviation, 0.0) + 0.0 * found.value

    def _at_kink(self) -> CheckResult:
        primal = self.problem.primal()

        def jacobian(x: Array) -> tuple[Array, Array]:
            found = central(Primal(self.problem, [x]), self._flat_bounds(), None)
            self.nfev += found.nfev
            return found.value, found.error

        x = self.problem.x
        found = clarke.explore(
            jacobian,
            x,
            self.claimed.value,
            self.claim_error,
            rng=self.options.generator(),
            scale=np.where(x == 0, 1.0, np.abs(x)),
            value=primal,
        )
        self.nfev += primal.nfev
        result = CheckResult(
            found.verdict,
            found.reason,
            found.message,
            convention=found.convention,
            entries=self.claimed.value.size,
        )
        if found.verdict is Verdict.PASS:
            errors = np.max([cell.error for cell in found.cells], axis=0)
            near = np.array([cell.value for cell in found.cells])
            distances = np.abs(near - self.claimed.value).reshape(len(near), -1).max(axis=1)
            closest = near[np.argmin(distances)]
            power = power_of(
                self.problem, Reference(closest, errors, {}), self.claim_error, self._row_scale()
            )
            result = replace(result, power=power, detectable=power.worst)
        return result

    def _row_scale(self) -> Array:
        largest = 0.125 * float(np.max(np.abs(self.problem.x), initial=0.0)) or 0.125
        return np.where(np.isfinite(self.base), np.abs(self.base), 0.0) / largest

    def _concluded(self, reference: Reference, compared: Comparison) -> CheckResult:
        index = None if compared.index is None else (int(compared.index[0]), int(compared.index[1]))
        worst = None
        if index is not None:
            worst = worst_entry(
                self.problem, index, self.claimed.value, self.claim_error, reference, compared
            )
        common: dict[str, Any] = {"worst": worst, "entries": int(compared.decided.sum())}
        if compared.verdict is Verdict.FAIL:
            text, diagnosis = diagnosed(
                self.problem, self.claimed.value, self.claim_error, reference, compared
            )
            return CheckResult(Verdict.FAIL, compared.reason, text, diagnosis=diagnosis, **common)
        if compared.verdict is Verdict.INCONCLUSIVE:
            return self._undecided(reference, common)
        power = power_of(self.problem, reference, self._error_used(reference), self._row_scale())
        limit = max_detectable(self.claimed.dtype)
        if not power.worst <= limit and self.options.rtol is None:
            where = f"relative at {power.path}"
            text = f"an error of {power.worst:.2g} {where} could have been missed; the limit is {limit:g}"
            return CheckResult(
                Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text, power=power, detectable=power.worst, **common
            )
        return CheckResult(Verdict.PASS, Reason.AGREES, "", power=power, detectable=power.worst, **common)

    def _error_used(self, reference: Reference) -> Array:
        if self.options.rtol is None:
            return self.claim_error
        return self.claim_error + self.options.rtol * np.nan_to_num(np.abs(reference.value))

    def _undecided(self, reference: Reference, common: dict[str, Any]) -> CheckResult:
        last = list(reference.estimates.values())[-1]
        status = gravest(np.where(reference.decided, 0, last.codes))
        reason = _REASONS.get(status, Reason.NO_USABLE_STEP)
        row, column = (int(k) for k in np.argwhere(~reference.decided)[0])
        count = int((~reference.decided).sum())
        first = entry_of(self.problem, (row, column))
        text = f"{status}: {count} of {reference.value.size} entries undecided, first {first}"
        if common["entries"]:
            text += "; the others agree"
        return CheckResult(Verdict.INCONCLUSIVE, reason, text, **common)

    def _finished(self, result: CheckResult) -> CheckResult:
        """Test once more that the value at the point is the same, and add what the check cost."""
        notes = list(self.notes)
        try:
            last = np.asarray(self.problem(self.problem.x), dtype=np.float64)
            same = np.array_equal(self.base, last, equal_nan=True)
        except Exception:
            same = False
        if not same:
            text = "the value at the point changed between the first and the last call"
            result = CheckResult(Verdict.INCONCLUSIVE, Reason.KEEPS_STATE, text, entries=result.entries)
        for estimate in self.estimates.values():
            notes += estimate.notes
        refused = self.estimates.get("complex-step")
        if refused is not None and refused.status is Status.REFUSED:
            notes.append(f"complex step refused: {refused.message}")
        if self.options.rtol is not None:
            notes.append(f"loosened by the caller: rtol={self.options.rtol:g}")
        method = sharpest(self.estimates).method if self.estimates else ""
        return replace(result, nfev=self.nfev + 1, notes=tuple(dict.fromkeys(notes)), method=method)
