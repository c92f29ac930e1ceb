"""Each entry put through the wrong thing: absolute value, reciprocal, square, single precision, NaN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["float32_note", "not_finite", "propose", "single_precision"]

Array = np.ndarray[Any, np.dtype[Any]]

_SINGLE = FEW_EPS * eps_of("float32")


def propose(state: State) -> Iterator[Step]:
    """Yield the entry-wise mistakes that the signs and magnitudes allow."""
    claim, reference, error = state.claim, state.reference, state.reference_error
    with np.errstate(all="ignore"):
        if not np.any(claim < 0) and np.any(reference < -error):
            yield Step(Finding(Mistake.ABSOLUTE), state.applied(np.abs(reference), error), 1.0)
        yield Step(
            Finding(Mistake.SQUARED),
            state.applied(reference**2, 2 * np.abs(reference) * error + error**2),
            1.0,
        )
        yield from _reciprocal(state)


def _reciprocal(state: State) -> Iterator[Step]:
    size, error = np.abs(state.claim), state.claim_error
    if not np.all(size > error):
        return
    value = 1.0 / state.claim
    # |1/(c - e) - 1/c| is the larger of the two deviations; 1/inf is an exact zero.
    bar = np.where(np.isinf(size), 0.0, error / (size * (size - error)))
    yield Step(Finding(Mistake.RECIPROCAL), state.undone(value, bar), 1.0)


def not_finite(state: State) -> Iterator[Step]:
    """Yield the entries where the claim is NaN or infinite and the reference is not."""
    bad = state.decided & ~np.isfinite(state.claim)
    if bad.any():
        at = tuple((int(i), int(j)) for i, j in np.argwhere(bad))
        yield Step(Finding(Mistake.NOT_FINITE, parameter=at), state.settled(bad), 0.0, own=np.inf)


def single_precision(state: State) -> Iterator[Step]:
    """Yield float32 as the cause: the claim agrees to a few of its roundings and no better."""
    claim, reference = state.claim, state.reference
    if not _to_single_only(claim, reference, state.wrong, state.decided):
        return
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(claim / reference - 1)[state.wrong & (reference != 0)], initial=0.0))
    after = state.undone(claim, state.claim_error + _SINGLE * np.abs(claim))
    yield Step(Finding(Mistake.FLOAT32, parameter=largest), after, 1.0)


def _to_single_only(claim: Array, reference: Array, wrong: Array, decided: Array) -> bool:
    with np.errstate(all="ignore"):
        close = np.abs(claim - reference) <= _SINGLE * np.abs(reference)
        stored = claim.astype(np.float32).astype(float) == claim
    if not wrong.any() or not np.all(close[wrong]):
        return False
    nonzero = decided & (reference != 0)
    # One entry that is slightly off is a wrong entry; a computation in float32 spoils most of them.
    return bool(np.all(stored[decided])) or 2 * int(wrong.sum()) >= max(int(nonzero.sum()), 3)


def float32_note(claim: Array, reference: Array) -> str | None:
    """Return a sentence when ``claim`` agrees with ``reference`` to single precision only, else None.

    Examples
    --------
    >>> third = np.array([[1.0, 2.0]]) / 3.0
    >>> float32_note(third.astype(np.float32), third)
    'the claim agrees to single precision only (relative difference up to 3e-08): computed in float32'
    >>> float32_note(third, third) is None
    True
    """
    single = claim.dtype == np.float32
    claim, reference = np.asarray(claim, dtype=float), np.asarray(reference, dtype=float)
    if claim.shape != reference.shape:
        return None
    decided = np.isfinite(reference)
    with np.errstate(all="ignore"):
        beyond_double = np.abs(claim - reference) > FEW_EPS * eps_of("float64") * np.abs(reference)
        relative = np.abs(claim / reference - 1)
    wrong = decided & (beyond_double | ~np.isfinite(claim))
    if not _to_single_only(claim, reference, wrong, decided):
        return None
    largest = float(np.max(relative[wrong & (reference != 0)], initial=0.0))
    stored = np.array_equal(claim.astype(np.float32).astype(float), claim, equal_nan=True)
    cause = "computed in float32" if single or stored else "float32 on the way, or a finite difference"
    return f"the claim agrees to single precision only (relative difference up to {largest:.1g}): {cause}"
