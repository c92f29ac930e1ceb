"""A diagnosis in words for a person."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.context import Context, Leaf
from gradcheck.diagnosis.mistakes import Explanation, Finding, Mistake, Where
from gradcheck.diagnosis.state import State

__all__ = ["SCALED", "place", "summary", "tell"]

SCALED = (Mistake.ROW_SCALING, Mistake.COLUMN_SCALING)
_LISTED = 6
_BESIDE = 3
"""Explanations by one mistake that are shown beside the first, where that is one mistake too."""
_AXES = ("rows", "columns")


def summary(named: Sequence[Explanation], state: State, *, complete: bool) -> str:
    """Return the sentence for a whole diagnosis of the claim that ``state`` starts with."""
    if not named:
        return _unnamed(state, complete=complete)
    first, *others = named
    others = [one for one in others if not _as_much(first, one)]
    # A pair is an exercise to read: one more beside it will do, and none beside a single mistake.
    single = [one for one in others if len(one.findings) == 1]
    shown = single[:_BESIDE] if len(first.findings) == 1 else (single or others)[:1]
    text = first.text
    if shown:
        text += f" (the same for this matrix: {' or: '.join(other.text for other in shown)})"
    return text


def _as_much(first: Explanation, other: Explanation) -> bool:
    """Whether both name one factor, of the rows and of the columns of a diagonal."""
    a, b = first.findings[0], other.findings[0]
    return bool(a.label) and a.label == b.label and a.mistake in SCALED and b.mistake in SCALED


def _unnamed(state: State, *, complete: bool) -> str:
    """Return that no mistake was found, and how large it is."""
    text = "no known mistake explains it"
    if not state.comparable:
        text += f": the claim has shape {state.claim.shape}, expected {state.reference.shape}"
    else:
        size = _size(state)
        text += f": {size}" if size else ""
    return text if complete else f"{text} (combinations of two were not searched at this size)"


def _size(state: State) -> str:
    """Return how far the wrong entries are off, relative to the reference where that is not 0."""
    claim, reference = state.claim[state.wrong], state.reference[state.wrong]
    zero = reference == 0
    with np.errstate(all="ignore"):
        share = np.abs((claim - reference) / reference)[~zero]
        size = np.abs(claim[zero])
    share, size = share[np.isfinite(share)], size[np.isfinite(size)]
    parts = []
    if share.size:
        parts.append(f"off by {_range(share)} of the reference")
    if size.size:
        parts.append(f"{_range(size)} where the reference is 0")
    return ", and ".join(parts)


def _range(values: Array) -> str:
    low, high = f"{values.min():.2g}", f"{values.max():.2g}"
    return low if low == high else f"{low} to {high}"


def tell(findings: tuple[Finding, ...], context: Context) -> str:
    """Return the sentence for one explanation."""
    sentences = [_sentence(finding, context) for finding in findings]
    if len(sentences) == 1:
        return sentences[0]
    return f"two mistakes: {sentences[0]}; that undone, {sentences[1]}"


def place(where: Where, context: Context) -> str:
    """Return ``row 3 (y[3])``, ``columns 1 and 4``, ``block w`` or ``entry [2, 3]``.

    Examples
    --------
    >>> place(Where(columns=(1, 2)), Context(columns=(Leaf("w", (2,), 1), Leaf("b", (), 3))))
    'block w'
    """
    if where.everywhere:
        return "the claim"
    rows, row_leaf = _run("row", where.rows, context.rows)
    columns, column_leaf = _run("column", where.columns, context.columns)
    if row_leaf or column_leaf:
        both = [name for name in (row_leaf or rows, column_leaf or columns) if name]
        return f"block {both[0]}" if len(both) == 1 else f"block ({', '.join(both)})"
    if where.rows is not None and where.columns is not None:
        if len(where.rows) == len(where.columns) == 1:
            return entry(where.rows[0], where.columns[0], context)
        return f"the block of {rows} and {columns}"
    return rows or columns


def entry(i: int, j: int, context: Context) -> str:
    """Return ``entry [2, 3]`` with the names of the leaves where they are known."""
    names = [name for name in (_leaf_entry(i, context.rows), _leaf_entry(j, context.columns)) if name]
    gloss = f" ({' by '.join(names)})" if names else ""
    return f"entry [{i}, {j}]{gloss}"


def _leaf_entry(index: int, leaves: Sequence[Leaf]) -> str:
    return next((leaf.entry(index) for leaf in leaves if index in leaf.indices), "")


def _run(word: str, indices: tuple[int, ...] | None, leaves: Sequence[Leaf]) -> tuple[str, str]:
    """Return the indices in words, and the leaf that they are exactly, if there is one."""
    if indices is None:
        return "", ""
    if len(leaves) > 1:
        leaf = next((leaf.name for leaf in leaves if tuple(leaf.indices) == indices), "")
        if leaf and len(indices) > 1:
            return "", leaf
    if len(indices) == 1:
        name = _leaf_entry(indices[0], leaves)
        return f"{word} {indices[0]}" + (f" ({name})" if name else ""), ""
    return f"{word}s {_listing(indices)}", ""


def _listing(indices: Sequence[Any]) -> str:
    shown = [str(k) for k in indices[:_LISTED]]
    if len(indices) > _LISTED:
        return f"{', '.join(shown)} and {len(indices) - _LISTED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _number(value: float) -> str:
    return f"{value:.6g}"


def _apart(value: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them from each other, six at least.

    Examples
    --------
    >>> _apart(2.0, 3.0), _apart(0.51198852499251568, 0.51198852498586678)
    (('2', '3'), ('0.511988524993', '0.511988524986'))
    """
    for digits in range(6, 18):
        shown = f"{value:.{digits}g}", f"{other:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def _factor_text(finding: Finding) -> str:
    times = _apart(finding.parameter, math.copysign(1.0, finding.parameter))[0]
    return f"{times} times the reference: factor {finding.label or times}"


def _diagonal_text(finding: Finding, side: str) -> str:
    label = finding.label
    if label.startswith("1/"):
        return f"each {side} lacks its entry of {label[2:]}: missing diagonal factor"
    if label:
        return f"each {side} is multiplied by its entry of {label}: a diagonal factor too many"
    shown = _listing([_number(value) for value in finding.parameter])
    return f"each {side} is scaled by its own factor ({shown}): missing (or extra) diagonal factor"


def _moved(axis: int, how: str) -> str:
    return f"the {_AXES[axis]} of the claim are {how}"


def _permutation(finding: Finding) -> str:
    if finding.label:
        return f"the claim {finding.label}"
    axis, order = finding.parameter
    moved = [k for k, source in enumerate(order) if source != k]
    if len(moved) == 2:
        return f"{_AXES[axis]} {moved[0]} and {moved[1]} are swapped"
    return _moved(axis, f"in another order: they are {_AXES[axis]} {_listing(order)} of the reference")


def _rolled(finding: Finding) -> str:
    axis, shift = finding.parameter
    return _moved(axis, f"rolled by {shift}")


def _wrong_entries(finding: Finding, context: Context) -> str:
    told = []
    for i, j, claimed, reference in finding.parameter:
        shown = _apart(claimed, reference)
        told.append(f"{entry(i, j, context)}: claimed {shown[0]}, reference {shown[1]}")
    head = "only one entry is wrong" if len(told) == 1 else f"only {len(told)} entries are wrong"
    return f"{head}, {'; '.join(told)}"


def _not_finite(finding: Finding, context: Context) -> str:
    at = finding.parameter
    if len(at) == 1:
        return f"{entry(at[0][0], at[0][1], context)} is NaN or infinite; every other entry agrees"
    shown = ", ".join(f"[{i}, {j}]" for i, j in at[:_LISTED])
    return f"{len(at)} entries are NaN or infinite ({shown}{', …' if len(at) > _LISTED else ''})"


def _taken(finding: Finding) -> str:
    axis, chosen = finding.parameter
    word = _AXES[axis] if len(chosen) > 1 else _AXES[axis][:-1]
    if finding.mistake is Mistake.WHOLE:
        return (
            f"the claim is the whole where a part was asked: the reference is its {word} {_listing(chosen)}"
        )
    return f"the claim holds only {word} {_listing(chosen)} of the reference"


def _reduction(finding: Finding) -> str:
    axis, name = finding.parameter[:2]
    if finding.mistake is Mistake.REDUCED:
        return f"the claim is the {name} over the {_AXES[axis]} of the reference: a {name} too many"
    return (
        f"the {name} of the claim over axis {axis} of {finding.parameter[2]} is the reference: missing {name}"
    )


def _terms(finding: Finding) -> str:
    names = " and ".join(finding.parameter)
    if finding.mistake is Mistake.MISSING_TERM:
        return f"a term of the total derivative is missing: the path through {names}"
    return f"a term of the total derivative is counted twice: the path through {names}"


def _subject(finding: Finding, context: Context) -> tuple[str, str]:
    text = place(finding.where, context)
    plural = text.startswith(("rows ", "columns "))
    return text, "are" if plural else "is"


_PLACED: Mapping[Mistake, Callable[[Finding], str]] = {
    Mistake.TRANSPOSE: lambda _: "the transpose of the reference: denominator layout",
    Mistake.SIGN: lambda _: "the negative of the reference: wrong sign",
    Mistake.FACTOR: _factor_text,
    Mistake.OFFSET: lambda f: f"the reference plus a constant: {_number(f.parameter)} added to every entry",
    Mistake.ZERO: lambda _: "zero: dropped",
    Mistake.MEMORY_ORDER: lambda _: "flattened in the other memory order (column-major for row-major)",
    Mistake.ABSOLUTE: lambda _: "the absolute value of the reference: signs lost",
    Mistake.RECIPROCAL: lambda _: "the reciprocal of the reference",
    Mistake.SQUARED: lambda _: "the square of the reference",
    Mistake.DIAGONAL_ONLY: lambda _: "the diagonal of the reference: treated as element-wise",
    Mistake.SYMMETRY: lambda f: f"made from the reference J by symmetry: {f.parameter}",
    Mistake.WRONG_ARGUMENT: lambda f: f"the derivative with respect to {f.parameter}: wrong argument",
    Mistake.WRONG_POINT: lambda f: f"the derivative at another point: {f.parameter}",
    Mistake.OTHER_SIDE: lambda f: f"the derivative from the {f.parameter}: the other side of a kink",
    Mistake.ONE_SAMPLE: lambda f: f"the share of sample {f.parameter} alone: missing sum over the batch",
    Mistake.SHAPE: lambda f: f"right in its numbers but of shape {f.parameter}",
}

_FREE: Mapping[Mistake, Callable[[Finding], str]] = {
    Mistake.ROW_SCALING: lambda f: _diagonal_text(f, "row"),
    Mistake.COLUMN_SCALING: lambda f: _diagonal_text(f, "column"),
    Mistake.ROLLED: _rolled,
    Mistake.REVERSED: lambda f: _moved(f.parameter, "in reverse order"),
    Mistake.PERMUTED: _permutation,
    Mistake.OFF_DIAGONAL: lambda _: (
        "the reference is diagonal; the claim agrees there and has more beside it"
    ),
    Mistake.FLOAT32: lambda f: (
        f"the claim agrees to single precision only (relative difference up to {f.parameter:.1g}): {f.label}"
    ),
    Mistake.HALF: lambda f: (
        f"the claim agrees to half precision only (relative difference up to {f.parameter[1]:.1g}): "
        f"evaluated in {f.parameter[0]}"
    ),
    Mistake.RANK_ONE: lambda _: (
        "the claim differs from the reference by a product of two vectors: "
        "a term of the total derivative is missing or extra"
    ),
    Mistake.MISSING_TERM: _terms,
    Mistake.DOUBLED_TERM: _terms,
    Mistake.UNREDUCED: _reduction,
    Mistake.REDUCED: _reduction,
    Mistake.WHOLE: _taken,
    Mistake.PART: _taken,
}


def _sentence(finding: Finding, context: Context) -> str:
    if finding.mistake is Mistake.ENTRIES:
        return _wrong_entries(finding, context)
    if finding.mistake is Mistake.NOT_FINITE:
        return _not_finite(finding, context)
    if finding.mistake is Mistake.WRONG_BLOCK:
        return f"only {place(finding.where, context)} disagrees, in no known way; the rest agrees"
    if finding.mistake in _FREE:
        return _FREE[finding.mistake](finding)
    subject, verb = _subject(finding, context)
    return f"{subject} {verb} {_PLACED[finding.mistake](finding)}"
