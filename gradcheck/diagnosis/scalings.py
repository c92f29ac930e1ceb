"""Wrong sign, wrong factor, a missing diagonal factor, a constant added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.context import Context
from gradcheck.diagnosis.fitting import (
    Fit,
    common,
    deepest,
    multiplier_intervals,
    named_factors,
    settle,
)
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import MOST_BITS, State, Step, ways

__all__ = ["factor", "known_vectors", "offset", "propose", "row_factors", "shuffled_factors"]

NAMED_BITS = 5.0
"""Choosing among the named factors: there are about 2**5 of them, sizes included."""


def propose(state: State, context: Context, *, robust: bool) -> Iterator[Step]:
    """Yield every scaling that undoes most of the claim (``robust``) or may undo all of it."""
    low, high = state.multipliers
    if robust or low.max() <= high.min():
        yield from factor(state, context, robust=robust)
    if robust or _may_mend(state, low.max(axis=1, keepdims=True), high.min(axis=1, keepdims=True)):
        yield from row_factors(state, robust=robust)
    if robust or _may_mend(state, low.max(axis=0, keepdims=True), high.min(axis=0, keepdims=True)):
        yield from _column_factors(state, robust=robust)
    yield from known_vectors(state, context, robust=robust)
    yield from offset(state, robust=robust)
    if robust:
        yield from shuffled_factors(state, context)


def _may_mend(state: State, low: Array, high: Array) -> bool:
    """Whether a multiplier between ``low`` and ``high`` on each line may mend every wrong entry.

    An entry with a side that is 0 says nothing of the multiplier, and a claim that is not 0 stays so.
    """
    if not np.all(low <= high):
        return False
    with np.errstate(all="ignore"):
        largest = np.fmax(1.0, 1.001 / np.fmin(np.abs(low), np.abs(high)))
        near = np.abs(state.claim) <= state.claim_error + state.reference_error * largest
    return not np.any(state.wrong & ~state.informative & ~near)


def _divided(state: State, divisor: Array | float) -> State:
    undone = state.claim / divisor
    # The surprise of a factor near 1 is how far it moved the entry, not the entry's size.
    scale = np.minimum(state.scale, np.abs(undone - state.claim))
    return state.undone(undone, state.claim_error / np.abs(divisor), scale)


def _factor_finding(value: float, label: str) -> Finding:
    if value == -1.0:
        return Finding(Mistake.SIGN, parameter=-1.0, label=label)
    return Finding(Mistake.FACTOR, parameter=value, label=label)


def factor(state: State, context: Context, *, robust: bool) -> Iterator[Step]:
    """Yield the one factor that undoes the claim."""
    at = state.informative
    if not at.any():
        return
    low, high = multiplier_intervals(
        state.claim[at], state.claim_error[at], state.reference[at], state.reference_error[at]
    )
    fit = deepest(low, high) if robust else common(low, high)
    if not fit.usable or fit.low <= 1.0 <= fit.high:
        return
    m, n = state.reference.shape
    value, label = settle(fit, named_factors((m, n), context.extents))
    if not label and fit.depth < 2:
        # Any one number is another one times something.
        return
    after = _divided(state, value)
    consumed = 0.0 if label else float(after.bits.max(initial=0.0))
    choice = (1.0 if value == -1.0 else NAMED_BITS) if label else 0.0
    yield Step(_factor_finding(value, label), after, choice, consumed)


def shuffled_factors(state: State, context: Context) -> Iterator[Step]:
    """Yield factors, of both signs, that would hold if entries had also changed places: by sorting."""
    at = state.decided & np.isfinite(state.claim)
    claim, reference = np.abs(state.claim[at]), np.abs(state.reference[at])
    by_claim, by_reference = np.argsort(claim), np.argsort(reference)
    claim, claim_error = claim[by_claim], state.claim_error[at][by_claim]
    reference, reference_error = reference[by_reference], state.reference_error[at][by_reference]
    keep = (claim > claim_error) & (reference > reference_error)
    low, high = multiplier_intervals(claim[keep], claim_error[keep], reference[keep], reference_error[keep])
    fit = deepest(low, high)
    if not fit.usable or 2 * fit.depth < keep.sum():
        return
    m, n = state.reference.shape
    names = named_factors((m, n), context.extents)
    for signed in (fit, Fit(-fit.high, -fit.low, fit.depth)):
        if signed.low <= 1.0 <= signed.high:
            continue
        value, label = settle(signed, names)
        yield Step(
            _factor_finding(value, label),
            _divided(state, value),
            1.0 + (NAMED_BITS if label else 0.0),
            0.0 if label else MOST_BITS,
        )


def row_factors(state: State, *, robust: bool) -> Iterator[Step]:
    """Yield one factor for each row: a diagonal factor missing on the left, or one too many."""
    fits = _fits_of_rows(state, robust=robust)
    if fits is None:
        return
    d, groups = _shared(fits)
    changed = d != 1.0
    if changed.sum() < 2 or np.unique(d[state.informative.any(axis=1)]).size < 2:
        return
    alone = sum(np.count_nonzero(state.informative[group]) < 2 for group in groups)
    if 2 * len(groups) > np.count_nonzero(state.informative[changed]) or 2 * alone >= len(groups):
        # Nearly as many numbers as entries describe anything, and any one number is another times something.
        return
    after = _divided(state, d[:, None])
    by_row = after.bits.max(axis=1, initial=0.0)
    consumed = float(sum(by_row[group].max() for group in groups))
    values = 1 + len(groups) + bool(np.any(d < 0))
    choice = (len(d) - len(groups)) * ways(values)
    own = float(after.bits[changed].sum()) - consumed - choice
    # A list of factors takes longer to tell than one factor and where it does not hold.
    told = 2.0 * len(d)
    yield Step(Finding(Mistake.ROW_SCALING, parameter=d), after, choice, consumed, told, own)


def _shared(fits: list[Fit]) -> tuple[Array, list[list[int]]]:
    """Return a divisor for each fit, the same (but for its sign) where bars allow it, and who shares one."""
    d = np.ones(len(fits))
    shared: list[tuple[Fit, list[int]]] = [(Fit(1.0, 1.0, 1), [])]
    for i, fit in enumerate(fits):
        if not fit.usable:
            continue
        size = fit if fit.high > 0 else Fit(-fit.high, -fit.low, fit.depth)
        for k, (group, members) in enumerate(shared):
            both = Fit(max(size.low, group.low), min(size.high, group.high), group.depth)
            if both.usable:
                shared[k] = (both, [*members, i])
                break
        else:
            shared.append((size, [i]))
    for group, members in shared:
        value = settle(group, ())[0]
        for i in members:
            d[i] = value if fits[i].high > 0 else -value
    return d, [members for _, members in shared[1:]]


def _fits_of_rows(state: State, *, robust: bool) -> list[Fit] | None:
    at = state.informative
    low, high = state.multipliers
    if robust:
        return [deepest(low[i, at[i]], high[i, at[i]]) for i in range(at.shape[0])]
    lows = np.max(low, axis=1, initial=-np.inf)
    highs = np.min(high, axis=1, initial=np.inf)
    if not np.all(lows <= highs):
        return None
    return [
        Fit(float(a), float(b), int(k))
        for a, b, k in zip(lows, highs, np.count_nonzero(at, axis=1), strict=True)
    ]


def _turned(state: State) -> State:
    return State(
        state.claim.T, state.claim_error.T, state.reference.T, state.reference_error.T, state.scale.T
    )


def _column_factors(state: State, *, robust: bool) -> Iterator[Step]:
    for step in row_factors(_turned(state), robust=robust):
        finding = Finding(Mistake.COLUMN_SCALING, parameter=step.finding.parameter)
        yield replace(step, finding=finding, state=_turned(step.state))


def known_vectors(state: State, context: Context, *, robust: bool) -> Iterator[Step]:
    """Yield the context's vectors as diagonal factors, missing or extra, on the left or on the right."""
    m, n = state.reference.shape
    # A number is simpler than a vector that happens to be constant where it is looked at.
    choice = NAMED_BITS + ways(4 * len(context.vectors))
    for name, vector in context.vectors.items():
        v = np.asarray(vector, dtype=float).ravel()
        for mistake, length, along in (
            (Mistake.ROW_SCALING, m, (slice(None), None)),
            (Mistake.COLUMN_SCALING, n, (None, slice(None))),
        ):
            if v.size != length or np.all(v == 1.0):
                continue
            by = v[along]
            extra, missing = (True, True) if robust else _at_pivot(state, by)
            if extra:
                after = state.applied(state.reference * by, state.reference_error * np.abs(by))
                yield Step(Finding(mistake, parameter=v, label=name), after, choice)
            # Multiplied by 0 any claim is 0: that undoes nothing.
            if missing and not np.any((by == 0) & (state.claim != 0)):
                with np.errstate(all="ignore"):
                    inverse = 1.0 / v
                after = state.undone(state.claim * by, state.claim_error * np.abs(by))
                yield Step(Finding(mistake, parameter=inverse, label=f"1/{name}"), after, choice)


def _at_pivot(state: State, by: Array) -> tuple[bool, bool]:
    """Return whether the factors ``by`` on the reference, and on the claim, mend the first wrong entry."""
    at = state.pivot
    if at is None:
        return True, True
    factor = float(by[at[0] % by.shape[0], at[1] % by.shape[1]])
    claim, claim_error = float(state.claim[at]), float(state.claim_error[at])
    reference, error = float(state.reference[at]), float(state.reference_error[at])
    extra = abs(claim - reference * factor) <= claim_error + error * abs(factor)
    missing = abs(claim * factor - reference) <= claim_error * abs(factor) + error
    return extra, missing


def offset(state: State, *, robust: bool) -> Iterator[Step]:
    """Yield the one constant that was added to every entry."""
    at = state.decided & np.isfinite(state.claim)
    if not at.any():
        return
    gap, allowed = (state.claim - state.reference)[at], state.allowed[at]
    fit = deepest(gap - allowed, gap + allowed) if robust else common(gap - allowed, gap + allowed)
    if not fit.usable or fit.low <= 0.0 <= fit.high:
        return
    value = _shortest(fit)
    scale = np.full(state.reference.shape, abs(value))
    after = state.undone(state.claim - value, state.claim_error, scale)
    consumed = float(after.bits.max(initial=0.0))
    yield Step(Finding(Mistake.OFFSET, parameter=value), after, 0.0, consumed)


def _shortest(fit: Fit) -> float:
    middle = (fit.low + fit.high) / 2
    for digits in range(5):
        rounded = float(f"{middle:.{digits}e}")
        if fit.low <= rounded <= fit.high:
            return rounded
    return middle
