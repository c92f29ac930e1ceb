"""What is asked at one point, and how a claim of a first derivative is attempted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.contract import judge_contract
from gradcheck.judge.dense import judge_dense
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.stochastic.judged import judge_stochastic
from gradcheck.results import CheckResult

__all__ = ["Asked", "Attempt", "first_order"]


@dataclass(frozen=True)
class Asked:
    """What is asked at one point.

    Attributes
    ----------
    f, args
        The function and its point.
    options
        The keywords.
    surrogate
        The function whose derivative is claimed in place of ``f``'s, or None.
    """

    f: Callable[..., Any]
    args: tuple[Any, ...]
    options: Options
    surrogate: Callable[..., Any] | None = None

    def problem(self, f: Callable[..., Any]) -> Problem:
        """Return ``f`` at the point."""
        options = self.options
        return Problem(f, self.args, options.argnums, options.kwargs, options.varying)


Attempt = Callable[[Asked], CheckResult]


def first_order(claim_of: Callable[[Problem], Claim]) -> Attempt:
    """Return the attempt that judges the claim ``claim_of(problem)`` of a first derivative."""

    def attempt(asked: Asked) -> CheckResult:
        problem = asked.problem(asked.f)
        instead = None if asked.surrogate is None else asked.problem(asked.surrogate)
        claim = claim_of(instead or problem)
        if asked.options.method == "contract":
            return judge_contract(instead or problem, claim, asked.options)
        if asked.options.stochastic:
            return judge_stochastic(instead or problem, claim, asked.options)
        return judge_dense(problem, claim, asked.options, instead)

    return attempt
