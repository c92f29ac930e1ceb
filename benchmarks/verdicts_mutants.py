"""Derivatives wrong on purpose, from gross faults down to one entry off by 1e-7 of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from verdicts_cases import Case

__all__ = ["MUTANTS", "mutants_of", "size_of"]

VISIBLE = 1e-8
"""A mutant that changes nothing by more than this, of the entry and of its row, is the claim itself."""

Fault = Callable[[Any], Any]
"""A 2-D Jacobian, ``(m, n)``, that it may overwrite, to a wrong one; None where it makes no sense."""


def _at(pick: Callable[[Any], Any], change: Callable[[Any], Any]) -> Fault:
    """Return the fault that changes the one entry with the largest ``pick``."""

    def fault(matrix: Any) -> Any:
        index = np.unravel_index(int(np.argmax(pick(matrix))), matrix.shape)
        matrix[index] = change(matrix[index])
        return matrix

    return fault


def _smallest(matrix: Any) -> Any:
    size = np.abs(matrix)
    return np.where(size > 0, -np.log(np.where(size > 0, size, 1.0)), -np.inf)


def _drawn(matrix: Any) -> Any:
    draw = np.random.default_rng(matrix.shape).uniform(size=matrix.shape)
    return np.where(matrix != 0, draw, 0.0)


def _transposed(matrix: Any) -> Any:
    return matrix.T.copy() if matrix.shape[0] == matrix.shape[1] > 1 else None


def _part(keep: Callable[[Any], Any]) -> Fault:
    return lambda matrix: keep(matrix) if min(matrix.shape) > 1 else None


def _row(change: Callable[[Any], Any]) -> Fault:
    def fault(matrix: Any) -> Any:
        matrix[-1] = change(matrix[-1])
        return matrix if len(matrix) > 1 else None

    return fault


def _column(change: Callable[[Any], Any]) -> Fault:
    def fault(matrix: Any) -> Any:
        matrix[:, -1] = change(matrix[:, -1])
        return matrix if matrix.shape[1] > 1 else None

    return fault


def _spurious(matrix: Any) -> Any:
    """Put a thousandth of the row's largest entry where there must be 0."""
    row, column = np.unravel_index(int(np.argmin(np.abs(matrix))), matrix.shape)
    if matrix[row, column] != 0:
        return None
    matrix[row, column] = 1e-3 * np.abs(matrix[row]).max()
    return matrix


MUTANTS: dict[str, Fault] = {
    "largest entry 1e-7 off": _at(np.abs, lambda v: v * (1 + 1e-7)),
    "one entry 1e-7 off": _at(_drawn, lambda v: v * (1 - 1e-7)),
    "one entry 1e-5 off": _at(_drawn, lambda v: v * (1 + 1e-5)),
    "one entry 1e-3 off": _at(_drawn, lambda v: v * (1 - 1e-3)),
    "smallest entry 10 % off": _at(_smallest, lambda v: v * 1.1),
    "smallest entry 0": _at(_smallest, lambda v: 0.0 * v),
    "sign of one entry": _at(_drawn, lambda v: -v),
    "one entry NaN": _at(_drawn, lambda v: np.nan),
    "not 0 where it must be": _spurious,
    "sign": lambda matrix: -matrix,
    "all 0": lambda matrix: 0.0 * matrix,
    "factor 2": lambda matrix: 2.0 * matrix,
    "factor 1 + 1e-6": lambda matrix: (1 + 1e-6) * matrix,
    "factor 0.99": lambda matrix: 0.99 * matrix,
    "transposed": _transposed,
    "off the diagonal dropped": _part(lambda m: np.where(np.eye(*m.shape, dtype=bool), m, 0.0)),
    "diagonal dropped": _part(lambda m: np.where(np.eye(*m.shape, dtype=bool), 0.0, m)),
    "rows rolled": _part(lambda m: np.roll(m, 1, axis=0)),
    "sign of the last row": _row(lambda v: -v),
    "last row dropped": _row(lambda v: 0.0 * v),
    "last column dropped": _column(lambda v: 0.0 * v),
    "last column doubled": _column(lambda v: 2.0 * v),
}


def size_of(right: Any, wrong: Any) -> float:
    """Return the largest error of an entry, relative to the entry, where that is 0 to the row's largest."""
    row = np.abs(right).max(axis=1, keepdims=True)
    scale = np.where(right != 0, np.abs(right), row)
    error = np.abs(wrong - right)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(error == 0, 0.0, error / scale)
    return float(np.where(np.isfinite(wrong), relative, np.inf).max())


def mutants_of(case: Case) -> Iterator[tuple[Case, float]]:
    """Yield the mutants of a case that differ from it, and the size of their error."""
    right = np.asarray(case.jac(case.x), dtype=np.float64)
    matrix = right.reshape(-1, np.size(case.x))
    for name, fault in MUTANTS.items():
        wrong = fault(matrix.copy())
        if wrong is None or not (size := size_of(matrix, wrong)) > VISIBLE:
            continue
        yield Case(f"{case.name}, {name}", case.f, _mutated(case.jac, fault), case.x), size


def _mutated(jac: Callable[[Any], Any], fault: Fault) -> Callable[[Any], Any]:
    def wrong(x: Any) -> Any:
        right = np.array(jac(x), dtype=np.float64)
        return fault(right.reshape(-1, np.size(x))).reshape(right.shape)

    return wrong
