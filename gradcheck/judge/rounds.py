"""A check within ``max_nfev``: some inputs at a time, until all are examined or nothing is left to spend."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.central import EACH_COLUMN
from gradcheck.judge.asked import Asked, Attempt
from gradcheck.judge.outcome.power import gravity
from gradcheck.judge.question.budget import BudgetSpent, Counter
from gradcheck.judge.references.sharpest import complex_step
from gradcheck.pytree import Structure
from gradcheck.results import CheckResult, Reason, Status, Verdict

__all__ = ["within_budget"]

_AROUND = 4
"""Evaluations of a check beside its reference's: the same value twice, once at the end, for broadcasting."""
_EXACT = 12
"""Evaluations of a check by complex step beyond one for each column."""
_CONFIRMED = 1
"""Columns fewer, so that with what the others leave of theirs a kink between the inputs can be looked for."""
_SECOND = 12
"""Jacobians, of ``n + 12`` evaluations or what was measured, that a column of a second derivative takes."""
_NAMED = 5
"""Inputs left out that are named one by one."""
_OF_ENTRIES: Final = (
    Reason.NO_USABLE_STEP,
    Reason.NOISY_REFERENCE,
    Reason.TOO_WEAK,
    Reason.NOT_DIFFERENTIABLE,
)
"""Reasons that concern the inputs examined; with any other there is no use in examining more."""


def within_budget(attempt: Attempt, cost: str = "columns") -> Attempt:
    """Return ``attempt`` kept to ``max_nfev``.

    Parameters
    ----------
    attempt
        What is done at a point.
    cost
        ``"columns"``: by columns, which a complex step may give; ``"differences"``: by columns, central
        differences alone; ``"pairs"``: by pairs of inputs, a second derivative.
    """

    def judged(asked: Asked) -> CheckResult:
        limit = asked.options.max_nfev
        if limit is None:
            return attempt(asked)
        counter = Counter(limit)
        surrogate = None if asked.surrogate is None else counter.watch(asked.surrogate)
        options = replace(asked.options, max_nfev=None)
        watched = replace(asked, f=counter.watch(asked.f), surrogate=surrogate, options=options)
        whole = options.stochastic or options.method == "contract"
        return _Rounds(attempt, watched, counter, "whole" if whole else cost).result()

    return judged


@dataclass
class _Rounds:
    """Inputs examined so far, and what was found.

    Attributes
    ----------
    cost
        As for :func:`within_budget`, or ``"whole"``: everything at once.
    by
        The reference's method from now on; ``"auto"`` as long as it is not known which one has an answer.
    last
        What was said where nothing could be compared.
    first
        Evaluations of the first round; of a second derivative that is one input, the last one taken by.
    exact
        Of a second derivative: whether the first one is taken by complex step.
    between
        Of a second derivative: that those between the inputs examined alone could be afforded.
    """

    attempt: Attempt
    asked: Asked
    counter: Counter
    cost: str
    found: list[CheckResult] = field(default_factory=list)
    by: str = "auto"
    last: str = ""
    first: int = 0
    between: bool = False
    exact: bool = False

    def result(self) -> CheckResult:
        """Examine input after input, and say what was found of all."""
        inp = self.asked.problem(self.asked.f).inp
        self.by = self.asked.options.method
        bounded = self.asked.options.bounds is not None and self.cost == "pairs"
        if self.by == "auto" and (self.cost == "differences" or bounded):
            self.by = "central"
        if self.cost == "pairs":
            self.exact = self._continues()
        open_ = np.arange(inp.size)
        while open_.size or not self.found:
            chosen = _spread(open_, self._count(open_.size))
            before, spent = self.by, self.counter.spent
            one = None
            if chosen.size or not inp.size:
                one = self._examined(chosen, whole=chosen.size == inp.size)
            if one is None and self.cost == "pairs":
                break
            if one is None:
                self.by = "central"
                if before == "central" or self.counter.left <= _AROUND:
                    break
                continue
            self.found.append(one)
            open_ = np.setdiff1d(open_, chosen)
            if one.verdict is Verdict.FAIL or not _goes_on(one) or self.between:
                break
            self.first = self.first or self.counter.spent - spent
        return self._settled(inp, open_)

    def _count(self, n: int) -> int:
        """Return how many of ``n`` inputs may be examined now; 0 where not even one."""
        left = self.counter.left
        if self.cost == "whole":
            return n
        if self.cost == "pairs":
            return self._count_second(n, left)
        if self.by == "central":
            count = (left - EACH_COLUMN - _AROUND) // EACH_COLUMN
            if count < n:
                # Some are left out in any case: a mistake among the others must still be told from a kink.
                count = max(count - _CONFIRMED, min(count, 1))
            return min(n, max(count, int(left > _AROUND and not self.found), 0))
        return max(0, min(n, left - _EXACT))

    def _count_second(self, n: int, left: int) -> int:
        """Return how many inputs to differentiate by last; of few, where one is too many, all pairs."""
        if self.found:
            # Of the Jacobians of the first round three are taken once a round, the others for each input.
            once = self.first * 3 // (_SECOND + 2)
            return min(n, max(0, left - once) // max(1, self.first - once))

        def taken(count: int, inputs: int) -> int:
            each = inputs + _EXACT if self.exact else EACH_COLUMN * inputs + EACH_COLUMN
            return (_SECOND * count + 2) * each

        if taken(n, n) <= left:
            return n
        if taken(1, n) <= left:
            return 1
        self.between = True
        # Of several inputs a mistake must still be told from a kink, along lines between them.
        kinks = 2 * EACH_COLUMN // _SECOND
        return next((one for one in range(n, 1, -1) if taken(one + kinks, one) <= left), 1)

    def _continues(self) -> bool:
        """Whether the first derivative may be had by complex step, so that a second one is cheap."""
        if self.by not in ("auto", "complex-step"):
            return False
        try:
            problem = self.asked.problem(self.asked.surrogate or self.asked.f)
            problem.evaluate()
            return complex_step(problem.primal()).status is Status.OK
        except (BudgetSpent, Exception):
            # What is wrong with f is said where it is judged.
            return False

    def _examined(self, chosen: Array, *, whole: bool) -> CheckResult | None:
        """Return what is found of the chosen inputs; None where nothing could be compared.

        Where the complex step alone is affordable it is asked alone, and central differences take over
        with what is left if it has no answer.
        """
        options = replace(self.asked.options, columns=None if whole else chosen)
        options = replace(options, whole_rows=self.cost == "pairs" and not (whole or self.between))
        affordable = EACH_COLUMN * chosen.size + EACH_COLUMN + _EXACT + chosen.size <= self.counter.left
        alone = self.by == "auto" and self.cost == "columns" and not affordable
        if self.cost == "columns":
            options = replace(options, method="complex-step" if alone else self.by)
        try:
            one = self.attempt(replace(self.asked, options=options))
        except BudgetSpent:
            one = CheckResult(Verdict.INCONCLUSIVE, Reason.BUDGET, "")
        if alone and one.verdict is Verdict.INCONCLUSIVE and one.reason in (*_OF_ENTRIES, Reason.BUDGET):
            return None
        if one.reason is Reason.BUDGET and not one.entries:
            self.last = one.message
            return None
        return one

    def _settled(self, inp: Structure, open_: Array) -> CheckResult:
        spent = self.counter.spent
        if not self.found:
            text = f"max_nfev={self.counter.limit} leaves no entry to compare"
            text += f": {self.last}" if self.last else ""
            text += f"; left out: {_names(inp, open_)}"
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
        those = f"{inp.size - open_.size} of {inp.size} inputs"
        if self.cost == "pairs":
            those = f"second derivatives {'between' if self.between else 'by'} {those}"
        text = f"max_nfev={self.counter.limit}: {those} examined"
        text += f"; {result.message}" if result.verdict is Verdict.INCONCLUSIVE else ", and they agree"
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
    worst = max(found, key=gravity)
    if len(found) == 1:
        return worst
    powers = [one.power for one in found if one.power is not None]
    power = worst.power
    if powers and power is not None:
        power = replace(
            power,
            median=float(np.median([one.median for one in powers])),
            apart=sum(one.apart for one in powers),
            unseen=sum(one.unseen for one in powers),
            at_kinks=sum(one.at_kinks for one in powers),
        )
    notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
    return replace(worst, entries=sum(one.entries for one in found), power=power, notes=notes)


def _names(inp: Structure, open_: Array) -> str:
    shown = ", ".join(inp.name_of(int(k)) for k in open_[:_NAMED])
    return shown if open_.size <= _NAMED else f"{shown} and {open_.size - _NAMED} more"
