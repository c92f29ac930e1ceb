"""Where the claim is wrong, and what went wrong there only: an entry, a row, a column, a named block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis import pointwise, scalings
from gradcheck.diagnosis.context import Context, Leaf
from gradcheck.diagnosis.mistakes import Finding, Mistake, Where
from gradcheck.diagnosis.state import MOST_BITS, State, Step, ways

__all__ = ["entries", "local_mistakes", "single_lines", "wrong_blocks"]

Region = tuple[Where, float]


def entries(state: State, most: int) -> Iterator[Step]:
    """Yield "these entries are wrong and the rest agrees" for at most ``most`` of them, a small part."""
    at = np.argwhere(state.wrong)
    m, n = state.reference.shape
    if not 0 < len(at) <= most or 4 * (len(at) - 1) > state.reference.size:
        return
    wrong = state.wrong
    if len(at) > 1 and (wrong[at[0, 0]].sum() == len(at) == n or wrong[:, at[0, 1]].sum() == len(at) == m):
        # A line that is wrong throughout is told as such.
        return
    listed = tuple((int(i), int(j), float(state.claim[i, j]), float(state.reference[i, j])) for i, j in at)
    where = Where((listed[0][0],), (listed[0][1],)) if len(listed) == 1 else Where()
    after = state.settled(state.wrong)
    # The wrong values use up nothing of the evidence: the entries that hold them give none.
    choice, said = len(at) * ways(m * n), len(at) * MOST_BITS
    yield Step(Finding(Mistake.ENTRIES, where, listed), after, choice, place=said)


def local_mistakes(state: State, context: Context) -> Iterator[Step]:
    """Yield a mistake that explains all wrong entries and is made on a part of the matrix only."""
    for where, place in _regions(state.wrong, context):
        yield from _explain(state, where, place, context, robust=False)


def single_lines(state: State, context: Context) -> Iterator[Step]:
    """Yield mistakes of one row or one column each, whatever else is wrong: the first of two mistakes."""
    m, n = state.reference.shape
    for axis, extent in ((0, m), (1, n)):
        counts = state.wrong.sum(axis=1 - axis)
        if extent == 1:
            continue
        for k in np.argsort(-counts, kind="stable")[:4]:
            if counts[k]:
                where = Where(rows=(int(k),)) if axis == 0 else Where(columns=(int(k),))
                yield from _explain(state, where, ways(extent), context, robust=True)


def wrong_blocks(state: State, context: Context) -> Iterator[Step]:
    """Yield "only this row, column or named block is wrong, in no known way"."""
    for where, place in _regions(state.wrong, context):
        one_line = len(where.rows or ()) == 1 or len(where.columns or ()) == 1
        if one_line or _is_named(where, context):
            part = state.block(where)
            settled = part.settled(np.ones(part.reference.shape, dtype=bool))
            yield Step(
                Finding(Mistake.WRONG_BLOCK, where),
                state.with_block(where, settled),
                place,
                place=MOST_BITS * part.reference.size,
            )
            return


def _regions(wrong: Array, context: Context) -> Iterator[Region]:
    """Yield proper parts that hold every wrong entry, with the bits that naming each takes."""
    rows = tuple(np.flatnonzero(wrong.any(axis=1)).tolist())
    columns = tuple(np.flatnonzero(wrong.any(axis=0)).tolist())
    if not rows:
        return
    m, n = wrong.shape
    # A block with a name is told by it, however many its rows or columns are.
    named = dict(_blocks(rows, columns, context))
    if len(rows) < m:
        yield Where(rows=rows), min(len(rows) * ways(m), named.pop(Where(rows=rows), np.inf))
    if len(columns) < n:
        yield Where(columns=columns), min(len(columns) * ways(n), named.pop(Where(columns=columns), np.inf))
    yield from named.items()
    if len(rows) < m and len(columns) < n:
        yield Where(rows, columns), len(rows) * ways(m) + len(columns) * ways(n)


def _blocks(rows: tuple[int, ...], columns: tuple[int, ...], context: Context) -> Iterator[Region]:
    row_leaf, column_leaf = _holding(rows, context.rows), _holding(columns, context.columns)
    if row_leaf is None and column_leaf is None:
        return
    place = ways(len(context.rows)) + ways(len(context.columns))
    where = Where(
        None if row_leaf is None else tuple(row_leaf.indices),
        None if column_leaf is None else tuple(column_leaf.indices),
    )
    yield where, place


def _holding(indices: tuple[int, ...], leaves: Any) -> Leaf | None:
    if len(leaves) < 2:
        return None
    return next((leaf for leaf in leaves if set(indices) <= set(leaf.indices)), None)


def _is_named(where: Where, context: Context) -> bool:
    named = {tuple(leaf.indices) for leaf in (*context.rows, *context.columns)}
    return all(part is None or part in named for part in (where.rows, where.columns))


def _explain(state: State, where: Where, place: float, context: Context, *, robust: bool) -> Iterator[Step]:
    part = state.block(where)
    for step in _of_part(part, context, robust=robust):
        if (step.state.wrong.any() and not robust) or not step.state.decided.any():
            continue
        own = float(step.state.bits.sum()) - step.choice - step.consumed
        finding = Finding(step.finding.mistake, where, step.finding.parameter, step.finding.label)
        after = state.with_block(where, step.state)
        yield Step(finding, after, step.choice, step.consumed, place + 1.0, own)


def _of_part(part: State, context: Context, *, robust: bool) -> Iterator[Step]:
    yield from scalings.factor(part, context, robust=robust)
    lost = (part.claim == 0) & (np.abs(part.reference) > part.reference_error)
    if lost.any() and not part.claim.any():
        after = part.applied(np.zeros_like(part.reference), part.reference_error, part.scale)
        yield Step(Finding(Mistake.ZERO), after, 1.0)
    yield from scalings.offset(part, robust=robust)
    yield from pointwise.propose(part)
