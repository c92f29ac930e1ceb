"""Two small matrices side by side, the wrong entries marked: the same marks in every view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradcheck.reporting.wording import bar_text, figure

__all__ = ["Cell", "Comparison", "comparison"]

SHOWN = 8
"""Rows and columns of a matrix that are shown; a larger one is cut and says so."""


@dataclass(frozen=True)
class Cell:
    """One entry as text; ``wrong`` when it is beyond the bars."""

    text: str
    wrong: bool


@dataclass(frozen=True)
class Comparison:
    """Claimed and reference matrices, with the bars, ready to be set in a table.

    Attributes
    ----------
    claimed, reference, bars
        Rows of cells, at most ``SHOWN`` by ``SHOWN``; empty when the record has none.
    shapes
        ``"2×3"`` of claim and reference; "none" when absent.
    cut
        True when rows or columns are left out.
    same_shape
        False when claim and reference differ in shape.
    claimed_bars, reference_bars
        The error bar of each side, ``± 2e-15``; empty when the record has none.
    rows, columns
        What each shown row and column is called in the whole matrix.
    """

    claimed: tuple[tuple[Cell, ...], ...]
    reference: tuple[tuple[Cell, ...], ...]
    bars: tuple[tuple[Cell, ...], ...]
    shapes: tuple[str, str]
    cut: bool
    same_shape: bool
    claimed_bars: tuple[tuple[Cell, ...], ...] = ()
    reference_bars: tuple[tuple[Cell, ...], ...] = ()
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()


def comparison(failure: Mapping[str, Any]) -> Comparison:
    """Return the matrices of ``failure`` as text, with enough digits to tell wrong entries apart."""
    claimed, reference = failure["claimed"], failure["reference"]
    shapes = (_shape(claimed), _shape(reference))
    # Where the shapes differ no entry has a counterpart: the shape is what is wrong.
    wrong = {(i, j) for i, j in failure["wrong"]} if shapes[0] == shapes[1] else set()
    telling = partial(figure, digits=_telling_digits(claimed, reference, wrong))
    block = failure.get("block")
    if block:
        shapes = ("×".join(map(str, block["shape"])),) * 2
    matrices = [matrix for matrix in (claimed, reference) if matrix]
    window = _window(matrices, failure["index"])
    first = (block["row"], block["column"]) if block else (0, 0)
    return Comparison(
        claimed=_cells(claimed, wrong, telling, window),
        reference=_cells(reference, wrong, telling, window),
        bars=_cells(failure["error"], wrong, bar_text, window),
        shapes=shapes,
        cut=bool(block) or any(len(m) > SHOWN or any(len(row) > SHOWN for row in m) for m in matrices),
        same_shape=shapes[0] == shapes[1],
        claimed_bars=_cells(failure.get("claimed_error"), wrong, bar_text, window),
        reference_bars=_cells(failure.get("reference_error"), wrong, bar_text, window),
        rows=tuple(first[0] + place for place in window[0]),
        columns=tuple(first[1] + place for place in window[1]),
    )


def _window(matrices: list[list[list[Any]]], index: Any) -> tuple[range, range]:
    """Return which rows and columns are shown: the first ones, moved as far as the worst entry asks."""
    high = max(map(len, matrices), default=0)
    wide = max((len(row) for matrix in matrices for row in matrix), default=0)
    row, column = index or (0, 0)
    return _around(row, high), _around(column, wide)


def _around(place: int, length: int) -> range:
    start = 0 if place < SHOWN else max(0, min(place - SHOWN // 2, length - SHOWN))
    return range(start, min(start + SHOWN, length))


def _shape(matrix: list[list[Any]] | None) -> str:
    if matrix is None:
        return "none"
    return f"{len(matrix)}×{len(matrix[0]) if matrix else 0}"


def _cells(
    matrix: list[list[Any]] | None,
    wrong: set[tuple[int, int]],
    text: Callable[[Any], str],
    window: tuple[range, range],
) -> tuple[tuple[Cell, ...], ...]:
    if not matrix:
        return ()
    rows, columns = window
    return tuple(
        tuple(Cell(text(matrix[i][j]), (i, j) in wrong) for j in columns if j < len(matrix[i]))
        for i in rows
        if i < len(matrix)
    )


def _telling_digits(claimed: Any, reference: Any, wrong: set[tuple[int, int]]) -> int:
    pairs = [
        (claimed[i][j], reference[i][j])
        for i, j in wrong
        if _has(claimed, i, j) and _has(reference, i, j) and claimed[i][j] != reference[i][j]
    ]
    for digits in (6, 9, 12):
        if all(figure(a, digits) != figure(b, digits) for a, b in pairs):
            return digits
    return 17


def _has(matrix: Any, i: int, j: int) -> bool:
    return matrix is not None and i < len(matrix) and j < len(matrix[i])
