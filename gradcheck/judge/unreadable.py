"""A claim that is no matrix of the right shape: what it holds may still tell which mistake it is."""

from __future__ import annotations

from gradcheck.claims import ClaimProblem
from gradcheck.context import listening
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.contract import refused_claim
from gradcheck.judge.mistakes.explain import diagnosed_shape
from gradcheck.judge.mistakes.suspects import Suspects
from gradcheck.judge.outcome.evidence import inputs_of
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.results import CheckResult, Evidence, Reason

__all__ = ["unreadable"]


def unreadable(problem: Problem, claim: Claim, claimed: ClaimProblem, options: Options) -> CheckResult:
    """Return the FAIL of a claim that is no matrix of the right shape, diagnosed from its numbers."""
    evidence = Evidence(inputs=inputs_of(problem)) if listening() else None
    suspects, mistake = Suspects(problem, options.method, None), ""
    told = (
        "transpose" in claimed.message
        or "returned None" in claimed.message
        or not suspects.affordable
        or options.bounds is not None
    )
    if claimed.reason is Reason.WRONG_SHAPE and not told:
        mistake = diagnosed_shape(problem, claim, suspects)
    return refused_claim(claimed, nfev=2 + suspects.nfev, diagnosis=mistake, evidence=evidence)
