"""What a function must keep to before it is differentiated: the same value twice, inputs left alone.

And what a claim must keep to where nothing can be differentiated: shapes, formats, finite numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.context import listening
from gradcheck.errors import InvalidArgument
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.partial import unclaimed_rows
from gradcheck.judge.outcome.evidence import inputs_of
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.results import CheckResult, Entry, Evidence, Reason, Verdict

__all__ = [
    "first_value",
    "function_raised",
    "judge_contract",
    "refused_claim",
    "require_same_shapes",
    "without_differences",
]


def first_value(problem: Problem, name: str) -> Array | CheckResult:
    """Return the flat value at the point, or the result that says why nothing can be built on it."""
    try:
        base = problem.evaluate()
    except Exception as raised:
        return function_raised(problem, name, raised)
    broken = _contract(problem, base)
    return base if broken is None else broken


def judge_contract(problem: Problem, claim: Claim, options: Options) -> CheckResult:
    """Test what can be tested without a difference: shapes, formats, finiteness; never PASS.

    For a product, that it is linear too.  Refused where the claim alone takes more than ``max_memory``.

    Raises
    ------
    InvalidArgument
        If the function, its output or the claim cannot be used.
    """
    try:
        base = problem.evaluate()
    except Exception as raised:
        return function_raised(problem, "f", raised)
    refused = over_memory(problem, options, claim_alone=True)
    return without_differences(problem, base, claim) if refused is None else replace(refused, nfev=1)


def without_differences(problem: Problem, base: Array, claim: Claim) -> CheckResult:
    """Test the claim of a problem that has been evaluated once; ``base``, ``(m,)``, is NaN where f is."""
    claimed = claim.here()
    if isinstance(claimed, ClaimProblem):
        return refused_claim(claimed, nfev=1, method="contract")
    return _finite(problem, base, claimed)


def refused_claim(claimed: ClaimProblem, **facts: Any) -> CheckResult:
    """Return the result for a claim that cannot be read; raise where it is no derivative at all.

    Raises
    ------
    InvalidArgument
        If it holds something other than numbers.
    """
    if claimed.reason is None:
        raise claimed.error()
    undecided = claimed.reason is Reason.NONDETERMINISTIC
    verdict = Verdict.INCONCLUSIVE if undecided else Verdict.FAIL
    return CheckResult(verdict, claimed.reason, claimed.message, **facts)


def _finite(problem: Problem, base: Array, claimed: ClaimMatrix) -> CheckResult:
    notes = list(claimed.notes)
    if problem.changes:
        notes.append(f"a call of f changed its argument {problem.changes} in place")
    judged = np.isfinite(base) & ~unclaimed_rows(claimed)
    bad = judged[:, None] & ~np.isfinite(claimed.value)
    common: dict[str, Any] = {"nfev": 1, "method": "contract"}
    if bad.any():
        row, column = (int(k) for k in np.argwhere(bad)[0])
        where = f"d {problem.output.name_of(row)} / d {problem.inp.name_of(column)}"
        text = f"{int(bad.sum())} of {bad.size} entries of the claim are not finite where f is, first {where}"
        value = float(claimed.value[row, column])
        common["worst"] = Entry((row, column), where, value, float("nan"), 0.0, float("inf"), float("inf"))
        if listening():
            common["evidence"] = _evidence(problem, claimed, bad, (row, column))
        return CheckResult(Verdict.FAIL, Reason.NOT_FINITE, text, notes=tuple(notes), **common)
    size = " x ".join(str(k) for k in claimed.value.shape)
    text = f"the claim has the right shape ({size} as a matrix), and is {claimed.dtype} and finite"
    if not judged.all():
        text += f", but for {int((~judged).sum())} rows where f is not finite or nothing is claimed"
    return CheckResult(Verdict.INCONCLUSIVE, Reason.CONTRACT_ONLY, text, notes=tuple(notes), **common)


def _evidence(problem: Problem, claimed: ClaimMatrix, bad: Array, index: tuple[int, int]) -> Evidence:
    """Return what shows that a claim is not finite; there is no reference beside it."""
    unknown, open_ = np.full(bad.shape, np.nan), np.full(bad.shape, np.inf)
    numbers = claimed.value, unknown, np.zeros(bad.shape), open_, open_
    return Evidence(None, *numbers, wrong=bad, index=index, inputs=inputs_of(problem))


def function_raised(problem: Problem, name: str, raised: Exception) -> CheckResult:
    """Return the result for an exception of f at the point; raise one that says f cannot be used."""
    if problem.is_bad_argument(raised):
        raise raised
    text = f"{name} raised {type(raised).__name__} at the point: {raised}"
    notes = tuple(filter(None, (problem.converted(),)))
    return CheckResult(Verdict.INCONCLUSIVE, Reason.FUNCTION_RAISED, text, nfev=1, notes=notes)


def require_same_shapes(problem: Problem, surrogate: Problem) -> None:
    """Raise ``InvalidArgument`` unless the surrogate returns what f returns, leaf by leaf."""
    if surrogate.out is None:
        return
    given, wanted = ([leaf.shape for leaf in one.output.leaves] for one in (surrogate, problem))
    if given != wanted:
        fix = "return what f returns, differentiable"
        raise InvalidArgument.of("surrogate", f"output of shapes {given}", f"those of f, {wanted}", fix)


def _contract(problem: Problem, base: Array) -> CheckResult | None:
    """Test H1 and H2 at the point: the same value twice, and arguments left alone."""
    if problem.changes:
        text = f"a call changed its argument {problem.changes} in place"
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
