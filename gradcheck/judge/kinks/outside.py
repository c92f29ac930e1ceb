"""A claim that no mix of the one-sided derivatives at a kink makes: words, worst entry, mistake."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck import clarke, diagnosis
from gradcheck.arrays import Array
from gradcheck.judge.mistakes.explain import is_vague, sought
from gradcheck.judge.mistakes.suspects import names_alone
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference

__all__ = ["nearest_mix", "outside", "side_mistake"]

_MOST_SIDES = 16
"""One-sided derivatives against which a mistake is looked for: those nearest to the claim."""
_BOTH = 2
_LISTED = 3
"""Different one-sided values of an entry that are listed one by one; of more, the range is told."""
_SHOWN = 6
"""Entries of a row that are shown."""


def nearest_mix(found: clarke.ClarkeVerdict) -> tuple[Array, Array] | None:
    """Return the mix of the one-sided derivatives that is nearest to the claim, and its bars; else None."""
    if not found.cells:
        return None
    if found.nearest is None or found.nearest_error is None:
        return found.cells[0].value, found.cells[0].error
    return found.nearest, found.nearest_error


def outside(
    problem: Problem, rows: Array, claimed: Array, claim_error: Array, found: clarke.ClarkeVerdict
) -> tuple[str, tuple[int, int]]:
    """Return what is wrong with the kinked rows ``rows``, in words, and the entry that shows it best.

    Parameters
    ----------
    rows
        ``(m,)`` bool.
    claimed, claim_error
        ``(m, n)``, units of f per unit of x.
    found
        A FAIL, with the one-sided derivatives met.
    """
    own, bar = claimed[rows], claim_error[rows]
    values = np.array([cell.value for cell in found.cells])
    errors = np.array([cell.error for cell in found.cells])
    least, most = (values - errors).min(axis=0), (values + errors).max(axis=0)
    if found.reach is not None:
        least, most = np.minimum(least, found.reach[0]), np.maximum(most, found.reach[1])
    low, high = least - bar, most + bar
    sizes = _sizes(np.abs(own), np.abs(values).max(axis=0))
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(low - own, own - high) / sizes
    beyond = np.where(np.isfinite(own), beyond, np.inf)
    numbers = np.flatnonzero(rows)
    if (beyond > 0).any():
        row, column = (int(k) for k in np.unravel_index(int(np.argmax(beyond)), beyond.shape))
        index = int(numbers[row]), column
        text = f"f has a kink here, and {entry_of(problem, index)} is claimed {own[row, column]:.6g}, where"
        ends = None if found.reach is None else (found.reach[0][row, column], found.reach[1][row, column])
        return f"{text} {_told(values[:, row, column], errors[:, row, column], ends)}", index
    mix = nearest_mix(found)
    assert mix is not None
    row, column = (int(k) for k in np.unravel_index(int(np.argmax(np.abs(own - mix[0]) / sizes)), own.shape))
    return _together(problem, own, values, errors, (row, int(numbers[row]))), (int(numbers[row]), column)


def _sizes(claimed: Array, met: Array) -> Array:
    largest = np.fmax(claimed, met)
    rows = np.where(np.isfinite(largest), largest, 0.0).max(axis=1, keepdims=True, initial=0.0)
    sizes = np.where(largest > 0, largest, rows)
    return np.where(sizes > 0, sizes, 1.0)


def _told(values: Array, errors: Array, ends: tuple[float, float] | None = None) -> str:
    """Return what the one-sided derivatives of an entry are; ``ends`` where more are known than were met."""
    different = _different(values, errors)
    if ends is not None and len(different) > _BOTH:
        different = [ends[0], *different[1:-1], ends[1]]
    if len(different) == 1:
        return f"the derivative is {different[0]:.6g} on every side"
    if len(different) <= (_LISTED if ends is None else _BOTH):
        shown = ", ".join(f"{value:.6g}" for value in different[:-1])
        return f"the one-sided derivatives are {shown} and {different[-1]:.6g}"
    return f"the one-sided derivatives lie between {different[0]:.6g} and {different[-1]:.6g}"


def _different(values: Array, errors: Array) -> list[float]:
    """Return the values that differ beyond their bars, ascending; whole ones without their rounding."""
    kept: list[float] = []
    order = np.argsort(values)
    before = -np.inf
    for value, error in zip(values[order], errors[order], strict=True):
        if value - error > before:
            whole = round(float(value))
            kept.append(float(whole) if abs(value - whole) <= error else float(value))
        before = max(before, value + error)
    return kept


def _together(problem: Problem, own: Array, values: Array, errors: Array, row: tuple[int, int]) -> str:
    """Return that each entry is possible, but not all of them together."""
    place, number = row
    turning = np.flatnonzero(np.ptp(values[:, place], axis=0) > errors[:, place].max(axis=0))[:_SHOWN]
    head = f"f has a kink here: of the {len(values)} one-sided derivatives met, no mix is the claim"
    if not turning.size:
        return f"{head}, though each entry by itself is possible"
    inputs = ", ".join(problem.inp.name_of(int(k)) for k in turning)
    met = np.unique(np.round(values[:, place][:, turning], 6), axis=0)
    listed = " and ".join(_row(one) for one in met[:_LISTED])
    more = f" and {len(met) - _LISTED} more" if len(met) > _LISTED else ""
    claimed = _row(own[place, turning])
    return f"{head}; {problem.output.name_of(number)} by {inputs}: claimed {claimed}, met {listed}{more}"


def _row(values: Array) -> str:
    return f"[{', '.join(f'{value + 0.0:.6g}' for value in values)}]"


def side_mistake(
    problem: Problem,
    rows: Array,
    claimed: Array,
    claim_error: Array,
    smooth: Reference,
    found: clarke.ClarkeVerdict,
) -> str:
    """Return the known mistake that turns a derivative on one side of the kink into the claim; else empty.

    Undone, it leaves a claim that agrees with that side, and with the reference where f is smooth.
    """
    return sought(lambda: _side_mistake(problem, rows, (claimed, claim_error), smooth, found))


def _side_mistake(
    problem: Problem, rows: Array, claim: tuple[Array, Array], smooth: Reference, found: clarke.ClarkeVerdict
) -> str:
    (claimed, claim_error), names = claim, names_alone(problem)
    best: tuple[float, str] | None = None
    for value, error, side in _members(found, claimed[rows]):
        reference = smooth.filled(rows, value, error)
        named = diagnosis.diagnose(
            claimed, reference.value, claim_error, reference.error, context=names
        ).named
        if named and not _says_nothing(named[0]) and (best is None or named[0].bits < best[0]):
            best = named[0].bits, f"{named[0].text} (the reference taken {side})"
    return "" if best is None else best[1]


def _says_nothing(explanation: diagnosis.Explanation) -> bool:
    """Whether an explanation says no more than the message does, which gives the worst entry."""
    return is_vague(explanation) or explanation.mistake is diagnosis.Mistake.NOT_FINITE


def _members(found: clarke.ClarkeVerdict, claimed: Array) -> Iterator[tuple[Array, Array, str]]:
    """Yield members of Clarke's set that a person writes down: one side each, and the mean of them."""
    values = np.array([cell.value for cell in found.cells])
    with np.errstate(invalid="ignore"):
        distances = np.nan_to_num(np.abs(values - claimed), nan=np.inf).reshape(len(values), -1).max(axis=1)
    for k in np.argsort(distances, kind="stable")[:_MOST_SIDES]:
        cell = found.cells[k]
        yield cell.value, cell.error, f"at the kink {_side(np.asarray(cell.direction, float))}"
    if len(values) > 1:
        error = np.max([cell.error for cell in found.cells], axis=0)
        yield values.mean(axis=0), error, "at the kink as the mean of its sides"


def _side(direction: Array) -> str:
    if direction.size == 1:
        return "from the right" if direction[0] > 0 else "from the left"
    shown = np.array2string(direction, precision=2, threshold=_SHOWN, separator=", ").replace("\n", "")
    return f"on the side of {shown}"
