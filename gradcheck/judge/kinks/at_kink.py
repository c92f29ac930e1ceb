"""The verdict on rows where f is kinked, in the words of a result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import compare
from gradcheck.judge.kinks.members import membership
from gradcheck.judge.kinks.outside import outside, side_mistake
from gradcheck.judge.outcome.entries import worst_entry
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["AtKink", "judged_at_kink"]


@dataclass(frozen=True)
class AtKink:
    """What is said of the kinked rows.

    Attributes
    ----------
    result
        The verdict on all rows.
    near
        The reference with the nearest member of Clarke's set in the kinked rows; None when none was met.
    nfev
        Evaluations of f.
    """

    result: CheckResult
    near: Reference | None = None
    nfev: int = 0


def judged_at_kink(
    problem: Problem,
    rows: Array,
    claim: tuple[Array, Array],
    smooth: Reference,
    rest: CheckResult,
    options: Options,
    bounds: Any,
) -> AtKink:
    """Judge the kinked rows by membership in Clarke's set.

    Parameters
    ----------
    rows
        ``(m,)`` bool.
    claim
        The claimed matrix and its error, ``(m, n)``.
    smooth
        The reference of the other rows, and ``rest`` the result on them.
    bounds
        Flat, or None: f is never evaluated outside.
    """
    if options.columns is not None:
        # What some inputs do at a kink with the others held says nothing of all of them together.
        first = problem.output.name_of(int(np.flatnonzero(rows)[0]))
        text = f"{first} has a kink here, which is judged with all inputs at once, or not at all"
        return AtKink(CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, entries=rest.entries))
    kink = membership(problem, rows, *claim, bounds=bounds, rng=options.generator(), method=options.method)
    found = kink.found
    if found.verdict is Verdict.PASS and rest.verdict is Verdict.INCONCLUSIVE:
        return AtKink(rest, nfev=kink.nfev)
    counted = rest.entries + int(rows.sum()) * claim[0].shape[1]
    result = CheckResult(
        found.verdict, found.reason, found.message, convention=found.convention, entries=counted
    )
    if kink.nearest is None:
        return AtKink(result, nfev=kink.nfev)
    rows = kink.rows
    near = smooth.filled(rows, kink.nearest, kink.error)
    if found.verdict is Verdict.FAIL:
        text, index = outside(problem, rows, *claim, found)
        compared = compare(*claim, near.value, near.error)
        worst = worst_entry(problem, index, *claim, near, compared)
        mistake = side_mistake(problem, rows, *claim, smooth, found)
        result = replace(result, message=text, worst=worst, diagnosis=mistake)
    return AtKink(result, near, kink.nfev)
