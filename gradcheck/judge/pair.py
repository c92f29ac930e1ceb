"""Two products at one point, made dense and compared: whether they belong to the same matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.compare import Comparison, compare
from gradcheck.context import listening
from gradcheck.judge.claimed.precision import loosest
from gradcheck.judge.claimed.products import PullClaim, PushClaim
from gradcheck.judge.contract import refused_claim
from gradcheck.judge.mistakes.explain import diagnosed
from gradcheck.judge.outcome.entries import worst_entry
from gradcheck.judge.outcome.evidence import evidence_of
from gradcheck.judge.outcome.power import power_notes, power_of
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem, flat_output, no_numbers
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.rounding.scatter import scatter
from gradcheck.results import CheckResult, Reason, Verdict
from gradcheck.tolerance import FEW_EPS, max_detectable

__all__ = ["Pair"]

_POINTS = np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])
"""Neighbours, in units of the distances below."""
_SCALES = (2.0**-51, 2.0**-30, 2.0**-12)
"""Relative distances: ulps, what no smooth derivative notices, what a cancelling formula needs."""
_SWING = 16.0
"""A deviation this much smaller than what the products do between the points may be a share of that."""
_LEFT = "the products differ by a rounding of the largest entry of their column or row, as sums may"
_MEASURED = 4.0
"""Safety on a rounding error that was measured once."""


class Pair:
    """Two products at one point, made dense."""

    def __init__(
        self, problem: Problem, jvp: Callable[..., Any], vjp: Callable[..., Any], options: Options
    ) -> None:
        self.problem, self.options = problem, options
        seed, rtol = options.seed, options.rtol or 0.0
        self.push = PushClaim(problem, jvp, "numerator", seed, rtol, "jvp")
        self.pull = PullClaim(problem, vjp, "numerator", seed, rtol, "vjp")

    def verdict(self) -> CheckResult:
        """Make both dense and compare them."""
        raised = self._output()
        if raised is not None:
            return raised
        refused = over_memory(self.problem, self.options)
        if refused is not None:
            return replace(refused, nfev=0)
        found = []
        for claim in (self.push, self.pull):
            one = claim.here()
            if isinstance(one, ClaimProblem):
                return refused_claim(one)
            found.append(one)
        return self._compared(*found)

    def _output(self) -> CheckResult | None:
        """Learn the output's structure from what ``jvp`` returns; a verdict where it raises."""
        direction = self.problem.direction(np.ones(self.problem.inp.size), np.float64)
        try:
            with np.errstate(all="ignore"):
                result = self.push.given(*self.problem.own_arguments(), direction, **self.problem.keywords())
        except Exception as raised:
            text = f"the jvp raised {type(raised).__name__}: {raised}"
            return CheckResult(Verdict.FAIL, Reason.CLAIM_RAISED, text)
        self.problem.out = flat_output(result, "jvp")[1]
        if not self.problem.out.leaves:
            raise no_numbers("jvp", result)
        return None

    def _compared(self, push: ClaimMatrix, pull: ClaimMatrix) -> CheckResult:
        errors = [self._rounding(push, self.push), self._rounding(pull, self.pull)]
        if self.options.rtol is not None:
            errors[1] = errors[1] + self.options.rtol * np.nan_to_num(np.abs(pull.value))
        compared = compare(push.value, errors[0], pull.value, errors[1])
        notes = [*push.notes, *pull.notes]
        left = _left_by_products(push, pull)
        close = compared.wrong & (compared.difference <= left)
        if close.any():
            errors[0] = np.where(close, np.fmax(errors[0], left), errors[0])
            compared = compare(push.value, errors[0], pull.value, errors[1])
            notes.append(_LEFT)
        if compared.verdict is Verdict.FAIL and np.isfinite(push.value[compared.wrong]).all():
            measured = self._scatter()
            widened = errors[0] + np.where(compared.wrong, measured, 0.0)
            again = compare(push.value, widened, pull.value, errors[1])
            if again.verdict is not Verdict.FAIL:
                errors[0], compared = widened, again
                notes.append("the products differ by their own rounding, measured at neighbouring points")
        if self.options.rtol is not None:
            notes.append(f"loosened by the caller: rtol={self.options.rtol:g}")
        reference = Reference(pull.value, errors[1], {})
        # What would be left to an entry that differs is left to any mistake in it.
        result = self._concluded(push, reference, errors[0], np.fmax(errors[0], left), compared)
        if listening():
            found = evidence_of(self.problem, push.value, errors[0], reference, compared, result.verdict)
            result = replace(result, evidence=found)
        notes += power_notes(result.power)
        return replace(result, notes=tuple(dict.fromkeys(notes)), method="jvp and vjp")

    def _rounding(self, found: ClaimMatrix, claim: PushClaim | PullClaim) -> Array:
        """Return a few eps of the claim's own format, and in a coarse format its measured rounding."""
        error: Array = FEW_EPS * found.eps * np.abs(found.value)
        if found.dtype != "float64":
            precise = claim.at(self.problem.x)
            if precise is not None:
                own = np.abs(precise - found.value)
                error = error + np.where(np.isfinite(own), _MEASURED * own, 0.0)
        return error

    def _scatter(self) -> Array:
        """Return how far the two scatter about each other near the point, smooth part removed, ``(m, n)``."""
        x = self.problem.x
        signs = self.options.generator().choice([-1.0, 1.0], size=x.shape)
        largest = np.zeros((self.problem.output.size, x.size))
        for scale in _SCALES:
            pairs = [self._both(x * (1.0 + scale * step * signs)) for step in _POINTS]
            known = [pair for pair in pairs if pair is not None]
            if len(known) < len(pairs):
                continue
            pushed, pulled = np.array([a for a, _ in known]), np.array([b for _, b in known])
            with np.errstate(all="ignore"):
                own, swing = scatter(_POINTS, pushed - pulled), scatter(_POINTS, pulled)
            # Where the derivative itself swings from point to point, a mistake swings with it.
            largest = np.maximum(largest, np.where(_SWING * own >= swing, own, 0.0))
        return largest

    def _both(self, x: Array) -> tuple[Array, Array] | None:
        pushed, pulled = self.push.at(x), self.pull.at(x)
        return None if pushed is None or pulled is None else (pushed, pulled)

    def _concluded(
        self, push: ClaimMatrix, pull: Reference, error: Array, left: Array, compared: Comparison
    ) -> CheckResult:
        common: dict[str, Any] = {"entries": int(compared.decided.sum())}
        index = None if compared.index is None else (int(compared.index[0]), int(compared.index[1]))
        if index is not None:
            common["worst"] = worst_entry(self.problem, index, push.value, error, pull, compared)
        if compared.verdict is Verdict.FAIL:
            text, diagnosis = diagnosed(self.problem, push.value, error, pull, compared)
            text = f"<u, J v> and <J^T u, v> differ: {text} (jvp claimed, vjp as reference)"
            return CheckResult(Verdict.FAIL, compared.reason, text, diagnosis=diagnosis, **common)
        if compared.verdict is Verdict.INCONCLUSIVE:
            text = f"vjp is not finite at {int((~compared.decided).sum())} of {push.value.size} entries"
            return CheckResult(Verdict.INCONCLUSIVE, Reason.NOTHING_COMPARED, text, **common)
        loosened = self.options.rtol or 0.0
        scale = np.zeros(push.value.shape[0])
        # There are no values of f that could show an entry: one beneath the scatter of both products is a
        # zero as far as anybody can tell, and is named if either says another number.
        shown = np.full(push.value.shape, np.inf)
        # An entry that this would hide is measured by its row, and named.
        large = np.abs(pull.value) > left / max_detectable(push.dtype)
        said = replace(pull, value=np.where(large, pull.value, 0.0))
        power = power_of(self.problem, push.value, left, said, scale, shown=shown, loosened=loosened)
        common |= {"power": power, "detectable": power.worst}
        limit = loosest(max_detectable(push.dtype), self.options.rtol)
        if not power.worst <= limit:
            text = f"an error of {power.worst:.2g} at {power.path} could be missed; the limit is {limit:g}"
            return CheckResult(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text, **common)
        return CheckResult(Verdict.PASS, Reason.AGREES, "", **common)


def _left_by_products(push: ClaimMatrix, pull: ClaimMatrix) -> Array:
    """Return what products may leave in any entry: a few roundings of their largest, ``(m, n)``.

    A convolution by FFT is right to a rounding of the largest number of its output, not of each (Higham 2002,
    Accuracy and Stability, section 24.1), and where that is the only difference nothing scatters.  It is the
    smaller of what either product may leave: rows and columns may differ in scale.
    """
    column = np.max(np.abs(np.nan_to_num(push.value)), axis=0, keepdims=True, initial=0.0)
    row = np.max(np.abs(np.nan_to_num(pull.value)), axis=1, keepdims=True, initial=0.0)
    found: Array = FEW_EPS * (push.eps + pull.eps) * np.fmin(column, row)
    return found
