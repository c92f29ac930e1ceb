"""A check within ``max_nfev``: some inputs at a time, until all are examined or nothing is left to spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from gradcheck.judge.asked import Asked, Attempt
from gradcheck.judge.budget import BudgetSpent, Counter
from gradcheck.pytree import Structure
from gradcheck.results import CheckResult, Power, Reason, Verdict

__all__ = ["within_budget"]

Array = np.ndarray[Any, np.dtype[Any]]

_AROUND = 5
"""Evaluations of a check beside its reference's: the same value twice, once at the end, broadcasting."""
_EXACT = 12
"""Evaluations of a certified complex step beyond one for each column."""
_EACH = 20
"""Evaluations of central differences for a column, and as many once."""
_NAMED = 5
"""Inputs left out that are named one by one."""
_OF_ENTRIES: Final = (
    Reason.NO_USABLE_STEP,
    Reason.NOISY_REFERENCE,
    Reason.TOO_WEAK,
    Reason.NOT_DIFFERENTIABLE,
)
"""Reasons that concern the inputs examined; with any other there is no use in examining more."""


def within_budget(attempt: Attempt, *, second: bool = False) -> Attempt:
    """Return ``attempt`` kept to ``max_nfev``; ``second`` for a derivative by pairs of inputs."""

    def judged(asked: Asked) -> CheckResult:
        limit = asked.options.max_nfev
        if limit is None:
            return attempt(asked)
        counter = Counter(limit)
        surrogate = None if asked.surrogate is None else counter.watch(asked.surrogate)
        options = replace(asked.options, max_nfev=None)
        watched = replace(asked, f=counter.watch(asked.f), surrogate=surrogate, options=options)
        if options.stochastic or options.method == "contract":
            return _Rounds(attempt, watched, counter, _all).result()
        return _Rounds(attempt, watched, counter, _pairs if second else _columns).result()

    return judged


def _all(left: int, n: int, exact: bool | None) -> int:
    del left, exact
    return n


def _columns(left: int, n: int, exact: bool | None) -> int:
    """Return how many of ``n`` inputs may be examined; ``exact`` tells whether by complex step, if known."""
    usable = left - _AROUND
    if exact:
        return min(n, usable - _EXACT)
    # As long as it is not known, a refused complex step may be lost.
    lost = _AROUND if exact is None else 0
    return min(n, (usable - _EACH - lost) // _EACH)


def _pairs(left: int, n: int, exact: bool | None) -> int:
    """Return for how many inputs all second derivatives may be examined, by complex step; none twice."""
    if exact is not None:
        return 0
    for count in range(n, 0, -1):
        if _EXACT * count * (count + _EXACT) + _AROUND * _EXACT <= left:
            return count
    return 1


@dataclass
class _Rounds:
    """Inputs examined so far, and what was found.

    Attributes
    ----------
    affordable
        How many inputs may be examined, from evaluations left, inputs left, and whether the reference is a
        complex step.
    """

    attempt: Attempt
    asked: Asked
    counter: Counter
    affordable: Callable[[int, int, bool | None], int]
    found: list[CheckResult] = field(default_factory=list)

    def result(self) -> CheckResult:
        """Examine input after input, and say what was found of all."""
        inp = self.asked.problem(self.asked.f).inp
        open_ = np.arange(inp.size)
        exact: bool | None = None
        while open_.size or not self.found:
            count = self.affordable(self.counter.left, open_.size, exact)
            if count < 1 and (self.found or self.counter.left < _AROUND) and inp.size:
                break
            chosen = _spread(open_, max(count, 1))
            one = self._examined(chosen, whole=chosen.size == inp.size, exact=exact)
            if one is None:
                break
            self.found.append(one)
            open_ = np.setdiff1d(open_, chosen)
            exact = one.method.endswith("complex-step")
            if one.verdict is Verdict.FAIL or not _goes_on(one):
                break
        return self._settled(inp, open_)

    def _examined(self, chosen: Array, *, whole: bool, exact: bool | None) -> CheckResult | None:
        """Return what is found of the chosen inputs; None where nothing could be compared any more."""
        options = replace(self.asked.options, columns=None if whole else chosen)
        if exact is False and options.method == "auto":
            options = replace(options, method="central")
        try:
            one = self.attempt(replace(self.asked, options=options))
        except BudgetSpent:
            return None
        if one.reason is Reason.BUDGET and not one.entries:
            return None
        return one

    def _settled(self, inp: Structure, open_: Array) -> CheckResult:
        spent = self.counter.spent
        if not self.found:
            text = f"max_nfev={self.counter.limit} leaves no entry to compare; left out: {_names(inp, open_)}"
            return CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, text, nfev=spent)
        result = replace(_joined(self.found), nfev=spent)
        left_out = f"left out: {_names(inp, open_)}" if open_.size else ""
        if result.verdict is Verdict.FAIL or not _goes_on(result):
            return replace(result, notes=(*result.notes, left_out)) if left_out else result
        if result.verdict is Verdict.INCONCLUSIVE and not (self.counter.pinched or open_.size):
            return result
        if result.verdict is Verdict.PASS and not open_.size:
            return result
        return self._left_open(result, inp, open_, left_out)

    def _left_open(self, result: CheckResult, inp: Structure, open_: Array, left_out: str) -> CheckResult:
        examined = inp.size - open_.size
        text = f"max_nfev={self.counter.limit}: {examined} of {inp.size} inputs examined, and they agree"
        if result.verdict is Verdict.INCONCLUSIVE:
            text = (
                f"max_nfev={self.counter.limit}: {examined} of {inp.size} inputs examined; {result.message}"
            )
        text += f"; {left_out}" if left_out else ""
        return replace(result, verdict=Verdict.INCONCLUSIVE, reason=Reason.BUDGET, message=text)


def _goes_on(one: CheckResult) -> bool:
    """Whether what was found says nothing of the other inputs."""
    return one.verdict is Verdict.PASS or one.reason in _OF_ENTRIES or one.reason is Reason.BUDGET


def _spread(open_: Array, count: int) -> Array:
    """Return ``count`` of the open inputs, evenly spread, so that every argument has its share."""
    places = np.linspace(0, open_.size - 1, min(count, open_.size)).round().astype(np.int64)
    return open_[np.unique(places)]


def _joined(found: list[CheckResult]) -> CheckResult:
    """Return the gravest of several results, with what all compared."""
    worst = max(found, key=lambda one: (one.verdict.severity, one.detectable))
    if len(found) == 1:
        return worst
    powers = [one.power for one in found if one.power is not None]
    power = worst.power
    if powers and power is not None:
        power = Power(
            float(np.median([one.median for one in powers])),
            power.worst,
            power.path,
            sum(one.apart for one in powers),
        )
    notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
    return replace(worst, entries=sum(one.entries for one in found), power=power, notes=notes)


def _names(inp: Structure, open_: Array) -> str:
    shown = ", ".join(inp.name_of(int(k)) for k in open_[:_NAMED])
    return shown if open_.size <= _NAMED else f"{shown} and {open_.size - _NAMED} more"
