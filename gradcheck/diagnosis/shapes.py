"""Claims of another shape: transposed, flattened, not summed, summed too far, more or fewer rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step, ways

__all__ = ["propose"]

_REDUCTIONS: tuple[tuple[str, Callable[..., Array]], ...] = (("sum", np.sum), ("mean", np.mean))


def propose(state: State) -> Iterator[Step]:
    """Yield every reading of the claim that makes it comparable."""
    m, n = state.reference.shape
    shape = state.claim.shape
    if shape == (n, m):
        yield Step(Finding(Mistake.TRANSPOSE), state.undone(state.claim.T, state.claim_error.T), 1.0)
    elif state.claim.size == m * n:
        after = state.undone(state.claim.reshape(m, n), state.claim_error.reshape(m, n))
        yield Step(Finding(Mistake.SHAPE, parameter=shape), after, 1.0)
    if state.claim.size == m == n:
        yield _diagonal_vector(state)
    yield from _unreduced(state)
    yield from _reduced(state)
    if state.claim.ndim == 2:
        for axis in (0, 1):
            yield from _more_or_fewer(state, axis)
    elif state.claim.ndim == 1:
        for axis, line in ((0, (1, n)), (1, (m, 1))):
            if state.claim.size == math.prod(line):
                one = state.undone(state.claim.reshape(line), state.claim_error.reshape(line))
                yield from _more_or_fewer(one, axis)


def _diagonal_vector(state: State) -> Step:
    claim, error = state.claim.reshape(-1, 1), state.claim_error.reshape(-1, 1)
    diagonal = np.diag(state.reference)[:, None]
    after = State(claim, error, diagonal, np.diag(state.reference_error)[:, None], np.abs(diagonal))
    return Step(Finding(Mistake.DIAGONAL_ONLY, parameter=state.claim.shape), after, 1.0)


def _stackings(shape: tuple[int, ...], m: int, n: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the shapes with one axis more that the claim may have had, and which axis is too many."""
    for axis in range(len(shape)):
        rest = shape[:axis] + shape[axis + 1 :]
        if shape[axis] > 1 and math.prod(rest) == m * n and rest in {(m, n), (n,), (m,), ()}:
            yield shape, axis
    if len(shape) == 2:
        rows, columns = shape
        if columns == n and 1 < m < rows and rows % m == 0:
            yield (rows // m, m, n), 0
            yield (m, rows // m, n), 1
        if rows == m and 1 < n < columns and columns % n == 0:
            yield (m, n, columns // n), 2
            yield (m, columns // n, n), 1


def _unreduced(state: State) -> Iterator[Step]:
    m, n = state.reference.shape
    for stacked, axis in _stackings(state.claim.shape, m, n):
        value, error = state.claim.reshape(stacked), state.claim_error.reshape(stacked)
        for name, reduce in _REDUCTIONS:
            after = state.undone(
                reduce(value, axis=axis).reshape(m, n), reduce(error, axis=axis).reshape(m, n)
            )
            finding = Finding(Mistake.UNREDUCED, parameter=(axis, name, stacked), label=name)
            yield Step(finding, after, 3.0)


def _reduced(state: State) -> Iterator[Step]:
    m, n = state.reference.shape
    for axis, kept in ((0, {(1, n), (n,)}), (1, {(m, 1), (m,)})):
        if state.claim.shape not in kept or (m, n)[axis] == 1:
            continue
        for name, reduce in _REDUCTIONS:
            value = reduce(state.reference, axis=axis, keepdims=True)
            after = State(
                state.claim.reshape(value.shape),
                state.claim_error.reshape(value.shape),
                value,
                reduce(state.reference_error, axis=axis, keepdims=True),
                np.abs(value),
            )
            yield Step(Finding(Mistake.REDUCED, parameter=(axis, name), label=name), after, 2.0)


def _more_or_fewer(state: State, axis: int) -> Iterator[Step]:
    """Yield the rows (axis 0) or columns of the claim that are the reference's, or the other way round."""
    if state.claim.shape[1 - axis] != state.reference.shape[1 - axis]:
        return
    given, wanted = state.claim.shape[axis], state.reference.shape[axis]
    if given == wanted or not min(given, wanted):
        return
    claim, claim_error = np.moveaxis(state.claim, axis, 0), np.moveaxis(state.claim_error, axis, 0)
    reference, error = np.moveaxis(state.reference, axis, 0), np.moveaxis(state.reference_error, axis, 0)
    with np.errstate(invalid="ignore"):
        gap = np.abs(claim[:, None, :] - reference[None, :, :])
        close = (gap <= claim_error[:, None, :] + error[None, :, :]) | ~np.isfinite(reference)
    agree = np.count_nonzero(close, axis=2)
    if given > wanted:
        chosen = tuple(int(k) for k in _in_order(agree.T))
        after = state.undone(
            np.take(state.claim, chosen, axis=axis), np.take(state.claim_error, chosen, axis=axis)
        )
        mistake = Mistake.WHOLE
    else:
        chosen = tuple(int(k) for k in _in_order(agree))
        value = np.take(state.reference, chosen, axis=axis)
        after = State(
            state.claim,
            state.claim_error,
            value,
            np.take(state.reference_error, chosen, axis=axis),
            np.abs(value),
        )
        mistake = Mistake.PART
    count = math.lgamma(max(given, wanted) + 1) - math.lgamma(abs(given - wanted) + 1)
    consecutive = chosen == tuple(range(chosen[0], chosen[0] + len(chosen)))
    choice = ways(max(given, wanted)) if consecutive else count / math.log(2)
    yield Step(Finding(mistake, parameter=(axis, chosen)), after, 1.0 + choice)


def _in_order(agree: Array) -> list[int]:
    """For each row, return the column that agrees most; a run of neighbours where it agrees as well."""
    count, among = agree.shape
    runs = [
        int(agree[np.arange(count), start + np.arange(count)].sum()) for start in range(among - count + 1)
    ]
    best = agree.argmax(axis=1)
    if max(runs) >= int(agree.max(axis=1).sum()):
        start = int(np.argmax(runs))
        return list(range(start, start + count))
    return [int(k) for k in best]
