"""Each entry put through the wrong thing: absolute value, reciprocal, square, single precision, NaN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["ROUNDED", "float32_note", "lower_precision", "not_finite", "propose", "within_single"]

ROUNDED = (Mistake.FLOAT32, Mistake.HALF)
"""Mistakes that are undone by wider bars."""

_SINGLE = FEW_EPS * eps_of("float32")
_SINGLE_AT_LEAST = 2.0**-30
"""Numbers rounded to float32 are off by up to 6e-8; where none is off by 1e-9 that was not it."""
_HALF_AT_LEAST = 2.0**-20
"""The same for half precision, whose roundings are up to 5e-4: short numbers that are right fit it too."""
_STORED_BITS = 24.0
"""Bits that an entry says by being stored in half precision: of 52 it leaves more than 40 at 0."""


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


def within_single(state: State) -> bool:
    """Whether the claim is the reference to single precision, so that no further mistake needs to be."""
    with np.errstate(all="ignore"):
        close = np.abs(state.claim - state.reference) <= _SINGLE * np.abs(state.reference)
    return bool(np.all(close[state.wrong]))


def lower_precision(state: State) -> Iterator[Step]:
    """Yield a lower precision as the cause: the claim agrees to a few of its roundings and no better."""
    claim, reference = state.claim, state.reference
    if _to_single_only(claim, reference, state.wrong, state.decided):
        after = state.undone(claim, state.claim_error + _SINGLE * np.abs(claim))
        largest = _largest(claim, reference, state.wrong)
        yield Step(
            Finding(Mistake.FLOAT32, parameter=largest, label=_cause(claim, state.decided)), after, 1.0
        )
        return
    half = _half_of(claim, reference, state.wrong, state.decided)
    if half:
        after = state.undone(claim, state.claim_error + _roundings(half) * np.abs(claim))
        largest = _largest(claim, reference, state.wrong)
        # That every entry fits the format's few bits is the evidence; a bar of a percent leaves none.
        yield Step(
            Finding(Mistake.HALF, parameter=(half, largest)), replace(after, scale=_unlikely(after)), 1.0
        )


def _cause(claim: Array, decided: Array) -> str:
    with np.errstate(over="ignore"):
        stored = bool(np.all((claim.astype(np.float32).astype(float) == claim)[decided]))
    return "float32" if stored else "float32 on the way, or a finite difference"


def _unlikely(state: State) -> Array:
    """Return a scale by which each entry counts in full."""
    return np.where(state.wrong, 0.0, 2.0**_STORED_BITS * state.allowed)


def _largest(claim: Array, reference: Array, wrong: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(claim / reference - 1)[wrong & (reference != 0)], initial=0.0))


def _roundings(name: str) -> float:
    return (FEW_EPS if name == "float16" else 2.0) * eps_of(name)


def _to_single_only(claim: Array, reference: Array, wrong: Array, decided: Array) -> bool:
    with np.errstate(all="ignore"):
        close = np.abs(claim - reference) <= _SINGLE * np.abs(reference)
        stored = claim.astype(np.float32).astype(float) == claim
    if (
        not wrong.any()
        or not np.all(close[wrong])
        or not _largest(claim, reference, wrong) >= _SINGLE_AT_LEAST
    ):
        return False
    nonzero = decided & (reference != 0)
    # One entry that is slightly off is a wrong entry; a computation in float32 spoils most of them.
    return bool(np.all(stored[decided])) or 2 * int(wrong.sum()) >= max(int(nonzero.sum()), 3)


def _half_of(claim: Array, reference: Array, wrong: Array, decided: Array) -> str:
    """Return the half precision in which all of ``claim`` is stored and to which it agrees, or ""."""
    for name, stored in (("float16", _in_float16), ("bfloat16", _in_bfloat16)):
        with np.errstate(all="ignore"):
            close = np.abs(claim - reference) <= _roundings(name) * np.abs(reference)
            fits = stored(claim)[decided].all()
        # A short number such as 0.5 fits any format: it says nothing of where it was computed.
        off = wrong.any() and _largest(claim, reference, wrong) >= _HALF_AT_LEAST
        if off and close[wrong].all() and fits and not _short(claim[wrong]).all():
            return name
    return ""


def _in_float16(value: Array) -> Array:
    return np.asarray(value.astype(np.float16).astype(float) == value)


def _in_bfloat16(value: Array) -> Array:
    """Return which numbers have a float32 whose lower half is 0: what bfloat16 is."""
    single = np.ascontiguousarray(value, dtype=np.float32)
    return np.asarray((single == value) & ((single.view(np.uint32) & 0xFFFF) == 0))


def _short(value: Array) -> Array:
    """Return which numbers have at most four significant bits."""
    mantissa, _ = np.frexp(np.where(np.isfinite(value), value, 0.0))
    return np.asarray(np.round(16.0 * mantissa) == 16.0 * mantissa)


def float32_note(claim: Array, reference: Array, reference_error: Array | float = 0.0) -> str | None:
    """Return a sentence when ``claim`` agrees with ``reference`` to a lower precision only, else None.

    What the reference's own error explains is no sign of it.

    Examples
    --------
    >>> third = np.array([[1.0, 2.0]]) / 3.0
    >>> float32_note(third.astype(np.float32), third)
    'the claim agrees to single precision only (relative difference up to 3e-08): computed in float32'
    >>> float32_note(third.astype(np.float16), third)
    'the claim agrees to half precision only (relative difference up to 0.0002): evaluated in float16'
    >>> float32_note(third, third) is None
    True
    """
    single = claim.dtype == np.float32
    claim, reference = np.asarray(claim, dtype=float), np.asarray(reference, dtype=float)
    if claim.shape != reference.shape:
        return None
    decided = np.isfinite(reference)
    with np.errstate(all="ignore"):
        allowed = FEW_EPS * eps_of("float64") * np.abs(reference) + reference_error
        beyond_double = np.abs(claim - reference) > allowed
    wrong = decided & (beyond_double | ~np.isfinite(claim))
    largest = _largest(claim, reference, wrong)
    if not _to_single_only(claim, reference, wrong, decided):
        half = _half_of(claim, reference, wrong, decided)
        start = f"the claim agrees to half precision only (relative difference up to {largest:.1g})"
        return f"{start}: evaluated in {half}" if half else None
    with np.errstate(over="ignore"):
        stored = np.array_equal(claim.astype(np.float32).astype(float), claim, equal_nan=True)
    cause = "computed in float32" if single or stored else "float32 on the way, or a finite difference"
    return f"the claim agrees to single precision only (relative difference up to {largest:.1g}): {cause}"
