"""Memory that a dense check needs, known before anything of the size is allocated."""

from __future__ import annotations

import functools
import os

from gradcheck.estimators.differences.blocks import HELD, columns_at_once
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["over_memory"]

_DENSE = 120
"""Arrays of the Jacobian's size alive at once outside the ladder, measured at 300 x 300: 105."""
_CLAIM = 6
"""Arrays of the claim's size alive at once where nothing else is, measured at 1500 x 1500: 4.1."""
_FALLBACK = 2**32
"""Bytes allowed where the machine does not say what it has."""


@functools.cache
def _default_limit() -> float:
    """Return half of the machine's memory, in bytes."""
    try:
        return 0.5 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return float(_FALLBACK)


def over_memory(problem: Problem, options: Options, *, claim_alone: bool = False) -> CheckResult | None:
    """Return the refusal of a check that would need more than ``max_memory``; None where it does not.

    ``problem`` has been evaluated, so that both sizes are known.  With ``claim_alone`` nothing but the claim
    is made dense.
    """
    m, n, entries = problem.output.size, problem.inp.size, problem.space.size
    need = 8.0 * _CLAIM * m * entries
    if not claim_alone:
        need = 8.0 * (_DENSE * m * n + n * n + 4.0 * m * entries + HELD * m * min(n, columns_at_once(m)))
    limit = _default_limit() if options.max_memory is None else float(options.max_memory)
    if need <= limit:
        return None
    said = "max_memory" if options.max_memory is not None else "half of this machine's memory"
    text = f"a dense check of {m} outputs by {n} inputs needs about {need:.2g} bytes, {said} is {limit:.2g}"
    return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, nfev=2)
