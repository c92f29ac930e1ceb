"""What a function must keep to before it is differentiated: the same value twice, inputs left alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgument
from gradcheck.judge.problem import Problem
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["first_value", "require_same_shapes"]

Array = np.ndarray[Any, np.dtype[Any]]


def first_value(problem: Problem, name: str) -> Array | CheckResult:
    """Return the flat value at the point, or the result that says why nothing can be built on it."""
    try:
        base = problem.evaluate()
    except Exception as raised:
        if problem.is_bad_argument(raised):
            raise
        text = f"{name} raised {type(raised).__name__} at the point: {raised}"
        return CheckResult(Verdict.INCONCLUSIVE, Reason.FUNCTION_RAISED, text, nfev=1)
    broken = _contract(problem, base)
    return base if broken is None else broken


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
