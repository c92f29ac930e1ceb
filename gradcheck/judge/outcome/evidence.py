"""The numbers behind a verdict, put together for whoever listens: matrices, curve, histogram, secants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import Comparison, ratio_histogram
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.flat import Curves, FlatEstimate
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem, argument_names
from gradcheck.judge.references.sharpest import Reference
from gradcheck.pytree import flatten
from gradcheck.results import Curve, Evidence, Verdict

__all__ = ["curve_of", "evidence_of", "inputs_of", "secants"]

_ABOVE_NOISE = 10.0
"""A quotient's error is its truncation when it exceeds its rounding this many times."""


def evidence_of(
    problem: Problem,
    claimed: Array,
    claim_error: Array,
    reference: Reference,
    compared: Comparison,
    verdict: Verdict,
) -> Evidence:
    """Return what stands behind ``verdict``: after a PASS the histogram alone, which costs next to nothing.

    Parameters
    ----------
    problem
        The function at its point.
    claimed, claim_error
        ``(m, n)``, units of f per unit of x.
    reference
        What they were compared with.
    compared
        The comparison that decided.
    verdict
        PASS keeps no matrices alive.
    """
    histogram = ratio_histogram([compared.ratio])
    if verdict is Verdict.PASS:
        return Evidence(histogram)
    index = None if compared.index is None else (int(compared.index[0]), int(compared.index[1]))
    central = reference.estimates.get("central")
    left, right = secants(central)
    curve = None
    if index is not None and central is not None and central.curves is not None:
        curve = curve_of(central.curves, index, float(reference.value[index]), entry_of(problem, index))
    return Evidence(
        histogram,
        claimed,
        reference.value,
        claim_error,
        reference.error,
        compared.allowed,
        compared.wrong,
        index,
        inputs_of(problem),
        left,
        right,
        curve,
    )


def secants(central: FlatEstimate | None) -> tuple[Array | None, Array | None]:
    """Return the one-sided derivatives that central differences met at a kink, None where there is none."""
    return (None, None) if central is None else (central.left, central.right)


def inputs_of(problem: Problem) -> Mapping[str, Any]:
    """Return every numeric argument by name, nested ones by path: float64 arrays and numbers."""
    found: dict[str, Any] = {}
    names = argument_names(problem.f, len(problem.args))
    for name, value in [*zip(names, problem.args, strict=True), *problem.kwargs.items()]:
        try:
            vector, structure = flatten(value, name)
        except InvalidArgument:
            continue
        for leaf in structure.leaves:
            found[leaf.path] = vector[leaf.start : leaf.stop].reshape(leaf.shape)
    return found


def curve_of(curves: Curves, index: tuple[int, int], reference: float, entry: str) -> Curve | None:
    """Return the error of plain central differences against the step, for one entry; None without rungs.

    Coarse steps err by truncation, as ``step**2``; fine ones by the rounding of f, as ``1 / step``.

    Parameters
    ----------
    curves
        The ladder of central differences.
    index
        ``(row, column)``.
    reference
        What the quotients are measured against, units of f per unit of x.
    entry
        The entry's name.

    Examples
    --------
    >>> h = np.array([[0.01], [0.1]])
    >>> found = curve_of(Curves(h, (np.sin(h) / h)[:, None]), (0, 0), 1.0, "d sin / d x")
    >>> found.steps, [f"{error:.1e}" for error in found.truncation]
    ((0.01, 0.1), ['1.7e-05', '1.7e-03'])
    """
    row, column = index
    steps = curves.steps[:, column]
    with np.errstate(invalid="ignore"):
        errors = np.abs(curves.quotients[:, row, column] - reference)
    noise = np.zeros_like(steps) if curves.rounding is None else curves.rounding[:, row, column]
    usable = (steps > 0) & np.isfinite(errors) & np.isfinite(noise)
    order = np.flatnonzero(usable)[np.argsort(steps[usable])]
    if not order.size:
        return None
    steps, errors, noise = steps[order], errors[order], noise[order]
    chosen = 0.0 if curves.chosen is None else float(curves.chosen[index])
    law = _truncation(steps, errors, noise)
    return Curve(entry, _plain(steps), _plain(errors), _plain(noise), _plain(law), chosen)


def _truncation(steps: Array, errors: Array, noise: Array) -> Array:
    """Return ``c * steps**2`` through the finest error that is not rounding, empty where all of them are."""
    coarse = np.flatnonzero((errors > _ABOVE_NOISE * noise) & (np.arange(steps.size) >= np.argmin(errors)))
    if not coarse.size:
        return np.empty(0)
    first = coarse[0]
    law: Array = errors[first] * (steps / steps[first]) ** 2
    return law


def _plain(values: Array) -> tuple[float, ...]:
    return tuple(values.tolist())
