"""Entries of a comparison by their names, with the numbers that belong to them."""

from __future__ import annotations

from gradcheck.arrays import Array
from gradcheck.compare import Comparison
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import Entry

__all__ = ["entry_of", "worst_entry"]


def entry_of(problem: Problem, index: tuple[int, int]) -> str:
    """Return the entry by name, ``d f[2] / d params["w"][3, 1]``."""
    row, column = index
    return f"d {problem.output.name_of(row)} / d {problem.inp.name_of(column)}"


def worst_entry(
    problem: Problem,
    index: tuple[int, int],
    claimed: Array,
    claim_error: Array,
    reference: Reference,
    compared: Comparison,
) -> Entry:
    """Return the facts of one entry."""
    return Entry(
        index,
        entry_of(problem, index),
        float(claimed[index]),
        float(reference.value[index]),
        float(claim_error[index]),
        float(reference.error[index]),
        float(compared.allowed[index]),
    )
