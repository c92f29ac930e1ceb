"""The search: one mistake, then two, accepted only when undoing them satisfies the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import compare
from gradcheck.diagnosis import (
    localise,
    named_orderings,
    orderings,
    parts,
    pointwise,
    scalings,
    shapes,
    terms,
)
from gradcheck.diagnosis.context import Context
from gradcheck.diagnosis.mistakes import Diagnosis, Explanation, Finding, Mistake
from gradcheck.diagnosis.references import Library
from gradcheck.diagnosis.state import REQUIRED_BITS, State, Step
from gradcheck.diagnosis.wording import SCALED, summary, tell
from gradcheck.errors import InvalidArgument

__all__ = ["diagnose"]

MISTAKE_BITS = 5.0
"""Choosing the kind of mistake: there are about 2**5."""

SLACK_BITS = 12.0
"""Explanations this much longer than the shortest still count as equally simple."""

MOST_NAMED = 4
_IN_PLACE = (Mistake.SIGN, Mistake.FACTOR, Mistake.ROW_SCALING, Mistake.COLUMN_SCALING, Mistake.OFFSET)
"""Mistakes that change numbers and leave each where it is."""
LARGEST_FOR_PAIRS = 10_000
"""Entries up to which two mistakes are searched: some 10**3 comparisons of the whole matrix."""


def diagnose(
    claim: Array,
    reference: Array,
    claim_error: Array | float,
    reference_error: Array | float,
    *,
    context: Context | None = None,
    pairs: bool = True,
) -> Diagnosis:
    """Name the known mistake that turns ``reference`` into ``claim``: ``C = M(R)`` for a known ``M``.

    A mistake is named only if undoing it satisfies the same comparison that
    judges a derivative, and if the agreement is more than its free numbers and
    the size of the search account for (see :mod:`gradcheck.diagnosis.state`).

    Parameters
    ----------
    claim
        The claimed Jacobian, ``(m, n)`` or of any other shape, units of f per unit of x.
    reference
        Shape ``(m, n)``, numerator layout; NaN where unknown.
    claim_error, reference_error
        Bounds on their errors, same shapes or one number each.
    context
        Names, and other Jacobians that may have been taken for this one.
    pairs
        Whether two mistakes are searched where one explains nothing.

    Raises
    ------
    InvalidArgument
        If ``reference`` is not 2-D, or an error has another shape than its value.

    Examples
    --------
    >>> J = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> print(diagnose(J.T, J, 1e-12, 1e-12))
    the claim is the transpose of the reference: denominator layout
    """
    context = Context() if context is None else context
    state = _start(claim, reference, claim_error, reference_error)
    if state.comparable and not state.wrong.any():
        return Diagnosis((), "the claim agrees with the reference: there is nothing to explain")
    if not state.claim.size or not state.reference.size:
        return Diagnosis((), summary((), state, complete=True))
    search = _Search(context, Library(context))
    pairs = pairs and max(state.claim.size, state.reference.size) <= LARGEST_FOR_PAIRS
    named, complete = search.run(state, pairs=pairs)
    return Diagnosis(named, summary(named, state, complete=complete), complete)


def _start(claim: Any, reference: Any, claim_error: Any, reference_error: Any) -> State:
    claim, reference = np.asarray(claim, dtype=float), np.asarray(reference, dtype=float)
    if reference.ndim != 2:
        raise InvalidArgument.of("reference", reference.shape, "shape (m, n)", "use numerator layout")
    errors = []
    for name, error, value in (
        ("claim_error", claim_error, claim),
        ("reference_error", reference_error, reference),
    ):
        error = np.asarray(error, dtype=float)
        if error.shape not in ((), value.shape):
            raise InvalidArgument.of(name, error.shape, f"shape {value.shape}", "give one bound an entry")
        errors.append(np.broadcast_to(error, value.shape))
    return State.of(claim, errors[0], reference, errors[1])


class _Search:
    def __init__(self, context: Context, library: Library) -> None:
        self.context = context
        self.library = library

    def run(self, state: State, *, pairs: bool) -> tuple[tuple[Explanation, ...], bool]:
        """Return the simplest explanations: one mistake, else two, else a place where all is wrong.

        And whether all was searched that might say more.
        """
        with np.errstate(all="ignore"):
            # Kept only where they may be followed by a second: each holds matrices.
            first = list(self._first(state)) if pairs else self._first(state)
            term = terms.rank_one(state) if state.comparable else ()
            found = _accepted(state, ((step,) for step in chain(first, self._last(state, 1), term)))
            complete = pairs or (bool(found) and not _repetitive(found[0]))
            if pairs and (not found or _repetitive(found[0])):
                found = _accepted(state, [*found, *self._pairs(state, first)])
            if not found and state.comparable:
                found = _accepted(state, ((step,) for step in localise.wrong_blocks(state, self.context)))
            return self._told(state, found), complete

    def _first(self, state: State) -> Iterator[Step]:
        """Yield mistakes of the whole matrix; each may be the first of two to be undone."""
        yield from self._whole(state, robust=True)
        if state.comparable:
            yield from self.library.propose(state)

    def _whole(self, state: State, *, robust: bool) -> Iterator[Step]:
        if not state.comparable:
            yield from shapes.propose(state)
            return
        yield from pointwise.not_finite(state)
        yield from scalings.propose(state, self.context, robust=robust)
        yield from named_orderings.propose(state, self.context)
        yield from orderings.propose(state, robust=robust)
        yield from parts.propose(state, robust=robust)
        yield from pointwise.propose(state)
        yield from pointwise.lower_precision(state)

    def _last(self, state: State, most_entries: int) -> Iterator[Step]:
        """Yield mistakes of a part that explain all that is wrong."""
        if state.comparable:
            yield from localise.local_mistakes(state, self.context)
            yield from localise.entries(state, most_entries)

    def _pairs(self, state: State, first: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
        # Another mistake of that size, forgiven again by single precision, explains nothing.
        close = state.comparable and pointwise.within_single(state)
        opening = [one for one in first if not (close and one.finding.mistake in pointwise.ROUNDED)]
        if state.comparable:
            opening += localise.single_lines(state, self.context)
            yield from ((step,) for step in localise.entries(state, 3))
        for one in opening:
            if not one.state.comparable:
                continue
            for two in (*self._whole(one.state, robust=False), *self._last(one.state, 1)):
                if not (close and two.finding.mistake in pointwise.ROUNDED):
                    yield one, two

    def _told(self, start: State, found: list[tuple[Step, ...]]) -> tuple[Explanation, ...]:
        told = []
        for steps in found[:MOST_NAMED]:
            made = _in_order(start, steps)
            findings = tuple(_as_claimed(start, one, (two for two in made if two is not one)) for one in made)
            residual = _judge(steps[-1].state)
            assert residual is not None
            told.append(Explanation(findings, residual, tell(findings, self.context), _length(steps)))
        return tuple(told)


def _accepted(start: State, candidates: Iterable[tuple[Step, ...]]) -> list[tuple[Step, ...]]:
    """Return the candidates that satisfy the judge on enough evidence, shortest first, without repeats."""
    good = [steps for steps in candidates if steps[-1].state.agrees and _enough(start, steps)]
    good = [steps for steps in good if _judge(steps[-1].state) is not None]
    good.sort(key=_length)
    kept: list[tuple[Step, ...]] = []
    for steps in good:
        if _length(steps) > _length(good[0]) + SLACK_BITS:
            break
        if not any(_says_as_much(other, steps) for other in kept):
            kept.append(steps)
    return kept


def _says_as_much(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether ``one`` makes the mistakes of ``other``, in any order, on at least as large a part."""
    if _same_order(one, other):
        return True
    return len(one) == len(other) and any(
        all(_covers(a.finding, b.finding) for a, b in zip(one, order, strict=True))
        for order in (other, other[::-1])
    )


def _same_order(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether both put the same entries in the same places, the first by name."""
    named = any(a.finding.label and a.finding.mistake is Mistake.PERMUTED for a in one)
    if not named or len(one) != len(other):
        return False
    if not any(b.finding.mistake in named_orderings.ORDERINGS for b in other):
        return False
    first, second = one[-1].state, other[-1].state
    return np.array_equal(first.claim, second.claim) and np.array_equal(first.reference, second.reference)


def _covers(a: Finding, b: Finding) -> bool:
    if a.mistake is not b.mistake or not _alike(a.parameter, b.parameter):
        return False
    parts = ((a.where.rows, b.where.rows), (a.where.columns, b.where.columns))
    return all(large is None or (small is not None and set(small) <= set(large)) for large, small in parts)


def _repetitive(steps: tuple[Step, ...]) -> bool:
    """Whether factors of rows or columns recur: one factor for all and another for a few may be meant."""
    factors = steps[0].finding.parameter
    scaled = steps[0].finding.mistake in SCALED
    return scaled and not steps[0].finding.label and np.unique(np.abs(factors)).size < factors.size


def _in_order(start: State, steps: tuple[Step, ...]) -> tuple[Finding, ...]:
    """Return the findings, the mistake made last first."""
    findings = tuple(step.finding for step in steps)
    # A first step that changed the reference was made first, whatever was undone on the claim afterwards.
    changed = steps[0].state.reference
    same = changed is start.reference or np.array_equal(changed, start.reference, equal_nan=True)
    return findings if same else findings[::-1]


def _as_claimed(start: State, finding: Finding, others: Iterable[Finding]) -> Finding:
    """Return wrong entries as they were claimed, not as they are when a factor has been undone."""
    if finding.mistake is not Mistake.ENTRIES or any(one.mistake not in _IN_PLACE for one in others):
        return finding
    listed = tuple((i, j, float(start.claim[i, j]), r) for i, j, _, r in finding.parameter)
    return replace(finding, parameter=listed)


def _alike(a: Any, b: Any) -> bool:
    # Two fits of one number differ in digits that the bars leave open.
    numbers = (float, np.ndarray)
    if isinstance(a, numbers) and isinstance(b, numbers):
        return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-6, atol=0.0))
    return repr(a) == repr(b)


def _length(steps: tuple[Step, ...]) -> float:
    return sum(step.length + MISTAKE_BITS for step in steps)


def _enough(start: State, steps: tuple[Step, ...]) -> bool:
    """Whether the agreement exceeds what fitting and searching account for, as a whole and part by part."""
    if any(step.own is not None and not step.own >= MISTAKE_BITS + REQUIRED_BITS for step in steps):
        return False
    if all(step.finding.mistake is Mistake.NOT_FINITE for step in steps):
        return True
    evidence = float(_bits(start, steps).sum())
    spent = sum(step.choice + step.consumed + MISTAKE_BITS for step in steps)
    # What a part of its own proves about itself proves nothing about the rest.
    elsewhere = sum(step.own for step in steps[1:] if step.own is not None and np.isfinite(step.own))
    return evidence - spent - elsewhere >= REQUIRED_BITS


def _bits(start: State, steps: tuple[Step, ...]) -> Array:
    """Return the evidence entry by entry; of a wrong one no more than how far it was off.

    What turns a claim by less than it forgives afterwards, such as a sign that is taken back, says nothing.
    """
    bits = steps[-1].state.bits
    if not start.comparable or bits.shape != start.wrong.shape:
        return bits
    if len(steps) == 1 and steps[0].finding.mistake in pointwise.ROUNDED:
        return bits
    with np.errstate(all="ignore"):
        moved = np.log2(np.abs(start.claim - start.reference) / steps[-1].state.allowed)
    return np.where(start.wrong & np.isfinite(moved), np.clip(moved, 0.0, bits), bits)


def _judge(state: State) -> float | None:
    """Return the largest ratio of difference to budget, or None when the comparison finds anything wrong."""
    outcome = compare(state.claim, state.claim_error, state.reference, state.reference_error)
    if outcome.wrong.any() or not outcome.decided.any():
        return None
    return outcome.largest_ratio
