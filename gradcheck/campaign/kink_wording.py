"""Why a claim at a kink is no legitimate convention, in words for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.campaign.witnesses import CLOSED_FORM, Testimony
from gradcheck.clarke import Cell
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point

__all__ = ["outside_text"]

_SHOWN = 3
_SMALL = 12
_NOTHING = 1e-9


def outside_text(rule: Rule, point: Point, one: Testimony, cells: Sequence[Cell]) -> str:
    """Return where the kink is, what is claimed there, and what the pieces that meet would allow.

    A scalar derivative has an interval of legitimate values.  Of a matrix, the entry
    farthest outside the range of the pieces is named; where every entry lies within,
    the whole matrix is no mixture of theirs, and it is shown beside them.
    """
    value, error = one.statement
    sides = _rounded(np.array([np.asarray(cell.value, dtype=float) for cell in cells]))
    bars = np.array([np.asarray(cell.error, dtype=float) for cell in cells])
    low, high = sides.min(axis=0), sides.max(axis=0)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(low - value, value - high)
    beyond = np.where(np.isfinite(value), beyond, np.inf)
    flat = int(np.argmax(beyond))
    where = tuple(int(k) for k in np.unravel_index(flat, value.shape))
    head = f"{_place(point)} {_speaker(one)}"
    if value.size == 1:
        return f"{head} {_number(value[where])}; {_allowed(sides[:, 0, 0])}"
    if not beyond[where] > error[where] + bars.max(axis=0)[where]:
        return f"{head} {_matrix(value)}; {_no_mixture(sides)}"
    entry = f"{_number(value[where])} at {_entry(rule, point, where)}"
    return f"{head} {entry}; {_allowed(sides.reshape(len(sides), -1)[:, flat])}"


def _speaker(one: Testimony) -> str:
    return "the claim is" if one.witness == CLOSED_FORM else f"{one.witness} says"


def _place(point: Point) -> str:
    """Return ``at x = 0`` where the numbers are few, else ``at a kink``."""
    given = point.arguments
    if len(given) > _SHOWN or sum(np.size(value) for value in given.values()) > _SHOWN:
        return "at a kink"
    return "at " + ", ".join(f"{name} = {_matrix(np.asarray(value))}" for name, value in given.items())


def _entry(rule: Rule, point: Point, where: Sequence[Any]) -> str:
    """Return ``entry [0, 2] (by w[2])``, counted from 0 as in Python."""
    name = rule.names[rule.wrt or 0]
    shape = np.shape(point.arguments[name])
    column = "".join(f"[{k}]" for k in np.unravel_index(int(where[1]), shape)) if shape else ""
    return f"entry [{where[0]}, {where[1]}] (by {name}{column})"


def _allowed(sides: Array) -> str:
    low, high = float(sides.min()), float(sides.max())
    if _number(low) == _number(high):
        return f"the derivative on every side is {_number(low)}"
    between = f"[{_number(low)}, {_number(high)}]"
    if len(sides) == 2:
        both = f"{_number(low)} and {_number(high)}"
        return f"the one-sided derivatives are {both}, so only {between} is legitimate"
    return f"the derivatives on the {len(sides)} sides met span {between}, and only those are legitimate"


def _no_mixture(sides: Array) -> str:
    shown = " and ".join(_matrix(side) for side in sides[:_SHOWN])
    more = f" and {len(sides) - _SHOWN} more" if len(sides) > _SHOWN else ""
    return f"only mixtures of the Jacobians beside the kink are legitimate: {shown}{more}"


def _matrix(value: Array) -> str:
    if not value.shape:
        return _number(float(value))
    if value.size > _SMALL:
        return f"a matrix {'x'.join(map(str, value.shape))}"
    rows = ["[" + ", ".join(_number(entry) for entry in row) + "]" for row in np.atleast_2d(value)]
    return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"


def _rounded(sides: Array) -> Array:
    # Sides are known by differences: what is far below the largest of them is rounding.
    kept: Array = np.where(np.abs(sides) <= _NOTHING * np.abs(sides).max(initial=0.0), 0.0, sides)
    return kept


def _number(value: float) -> str:
    # Adding 0 turns -0 into 0.
    return f"{value + 0.0:.6g}"
