"""Names, power and diagnosis of a comparison: what turns numbers into something a person can act on."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck import diagnosis
from gradcheck.compare import Comparison
from gradcheck.judge.problem import Problem
from gradcheck.judge.references import Reference
from gradcheck.pytree import Structure
from gradcheck.results import Entry, Power
from gradcheck.tolerance import detectable

__all__ = ["diagnosed", "entry_of", "power_of", "worst_entry"]

Array = np.ndarray[Any, np.dtype[Any]]


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


def power_of(problem: Problem, reference: Reference, claim_error: Array, row_scale: Array) -> Power:
    """Return what the comparison would have caught, at its median and its weakest entry."""
    found = detectable(reference.value, reference.error, claim_error, row_scale)
    relative = found.relative[~np.isnan(found.relative)]
    index = found.worst_index()
    path = "" if index is None else entry_of(problem, (index[0], index[1]))
    median = float(np.median(relative)) if relative.size else 0.0
    return Power(median, found.worst(), path, int(found.apart.sum()))


def diagnosed(
    problem: Problem, claimed: Array, claim_error: Array, reference: Reference, compared: Comparison
) -> tuple[str, str]:
    """Return the finding in words, and the likely mistake."""
    count = int(compared.wrong.sum())
    index = compared.index
    where = "" if index is None else f", worst {entry_of(problem, (index[0], index[1]))}"
    text = f"{count} of {claimed.size} entries differ beyond both error bars{where}"
    context = diagnosis.Context(rows=_leaves(problem.output), columns=_leaves(problem.inp))
    found = diagnosis.diagnose(claimed, reference.value, claim_error, reference.error, context=context)
    return text, found.text


def _leaves(structure: Structure) -> tuple[diagnosis.Leaf, ...]:
    return tuple(diagnosis.Leaf(leaf.path, leaf.shape, leaf.start) for leaf in structure.leaves)
