"""Part of the matrix missing, doubled or mirrored: diagonal, triangles, zeroed rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.mistakes import Finding, Mistake, Where
from gradcheck.diagnosis.state import State, Step, ways

__all__ = ["FORMS", "propose"]


def _diagonal(a: Array) -> Array:
    return np.diag(np.diag(a))


FORMS: Mapping[str, Callable[[Array], Array]] = {
    "(J + J.T)/2": lambda a: (a + a.T) / 2,
    "J + J.T": lambda a: a + a.T,
    "J + J.T - diag(J)": lambda a: a + a.T - _diagonal(a),
    "upper triangle": np.triu,
    "lower triangle": np.tril,
    "strict upper triangle": lambda a: np.triu(a, 1),
    "strict lower triangle": lambda a: np.tril(a, -1),
    "upper triangle mirrored": lambda a: np.triu(a) + np.triu(a, 1).T,
    "lower triangle mirrored": lambda a: np.tril(a) + np.tril(a, -1).T,
    "upper triangle, off-diagonal twice": lambda a: np.triu(a) + np.triu(a, 1),
    "lower triangle, off-diagonal twice": lambda a: np.tril(a) + np.tril(a, -1),
    "off-diagonal twice": lambda a: 2 * a - _diagonal(a),
    "diagonal twice": lambda a: a + _diagonal(a),
    "off-diagonal halved": lambda a: (a + _diagonal(a)) / 2,
    "off-diagonal only": lambda a: a - _diagonal(a),
}
"""What is done to a square Jacobian by mistake; linear with non-negative parts, so bars go through too."""


_ON_DIAGONAL = frozenset(
    {"J + J.T", "strict upper triangle", "strict lower triangle", "diagonal twice", "off-diagonal only"}
)
_ON_DIAGONAL_ALONE = frozenset({"diagonal twice", "off-diagonal only"})
"""Forms that change the diagonal, and those that change nothing else."""


def propose(state: State, *, robust: bool) -> Iterator[Step]:
    """Yield the parts that the zeros and the symmetry of the claim allow; else those that may undo all."""
    yield from _zeroed(state)
    m, n = state.reference.shape
    if min(m, n) > 1:
        yield from _diagonal_only(state)
    if m == n and n > 1:
        yield from _forms(state, robust=robust)


def _zeroed(state: State) -> Iterator[Step]:
    zero = state.claim == 0
    lost = zero & state.decided & (np.abs(state.reference) > state.reference_error)
    if not lost.any():
        return
    m, n = zero.shape
    if zero.all():
        places = [(Where(), zero, 0.0)]
    else:
        rows, columns = zero.all(axis=1) & lost.any(axis=1), zero.all(axis=0) & lost.any(axis=0)
        by_row = np.broadcast_to(rows[:, None], zero.shape)
        by_column = np.broadcast_to(columns, zero.shape)
        places = [
            (Where(rows=tuple(np.flatnonzero(rows).tolist())), by_row, ways(m)),
            (Where(columns=tuple(np.flatnonzero(columns).tolist())), by_column, ways(n)),
        ]
    for where, mask, place in places:
        if mask.any():
            # A dropped entry keeps its bar: what it says is how far from zero it is known to be.
            after = state.applied(np.where(mask, 0.0, state.reference), state.reference_error, state.scale)
            yield Step(Finding(Mistake.ZERO, where), after, 1.0, place=place)


def _diagonal_only(state: State) -> Iterator[Step]:
    on = np.eye(*state.reference.shape, dtype=np.bool_)
    off_lost = np.abs(state.reference) > state.reference_error
    if np.all(state.claim[~on] == 0) and np.any(off_lost[~on]):
        after = state.applied(np.where(on, state.reference, 0.0), state.reference_error, state.scale)
        yield Step(Finding(Mistake.DIAGONAL_ONLY), after, 1.0)
    square = on.shape[0] == on.shape[1]
    diagonal_reference = square and not np.any(off_lost[~on])
    if diagonal_reference and np.count_nonzero(state.wrong[~on]) * 2 > np.count_nonzero(~on):
        after = state.settled(~on)
        yield Step(Finding(Mistake.OFF_DIAGONAL), after, 1.0, own=float(after.bits.sum()) - 1.0)


def _forms(state: State, *, robust: bool) -> Iterator[Step]:
    claim = state.claim
    on_wrong = not robust and bool(np.diag(state.wrong).any())
    off_wrong = not robust and np.count_nonzero(state.wrong) > np.count_nonzero(np.diag(state.wrong))
    zeros = {"upper": not np.tril(claim, -1).any(), "lower": not np.triu(claim, 1).any()}
    with np.errstate(invalid="ignore"):
        symmetric = bool(np.all(np.abs(claim - claim.T) <= state.claim_error + state.claim_error.T))
    hollow = not np.diag(claim).any()
    choice = 2.0 + ways(len(FORMS))
    for name, form in FORMS.items():
        if not _possible(name, zeros, symmetric=symmetric, hollow=hollow):
            continue
        if (on_wrong and name not in _ON_DIAGONAL) or (off_wrong and name in _ON_DIAGONAL_ALONE):
            continue
        value = form(state.reference)
        if not np.any(np.abs(value - state.reference) > state.reference_error):
            continue
        error = np.where(value == 0, state.reference_error, form(state.reference_error))
        after = state.applied(value, error, state.scale)
        yield Step(Finding(Mistake.SYMMETRY, parameter=name), after, choice)


def _possible(name: str, zeros: Mapping[str, bool], *, symmetric: bool, hollow: bool) -> bool:
    if "mirrored" in name or "J" in name:
        return symmetric
    if "triangle" in name:
        return zeros["upper" if "upper" in name else "lower"] and ("strict" not in name or hollow)
    return hollow if name == "off-diagonal only" else True
