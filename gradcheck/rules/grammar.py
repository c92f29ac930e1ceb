"""A grammar of safe expression trees: every tree it can build is smooth, finite and tame for ``|x| <= 1e3``.

Safety is a matter of sorts, not of rejection: ``exp`` takes operands of size at
most 1, ``ln``, roots, real powers and denominators take operands of at least
1/e, the sine takes operands that grow no faster than ``|x|`` plus a constant,
and nothing grows faster than the fourth power.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from gradcheck.errors import InvalidArgument
from gradcheck.rules.primitives import Expression

if TYPE_CHECKING:
    from gradcheck.domains import Chooser

__all__ = ["Sort", "grow"]


class Sort(Enum):
    """What is known of a subtree's values when every variable is at most 1e3 in size."""

    ANY = "grows at most like x^4"
    LINEAR = "grows at most linearly"
    MILD = "grows at most like |x| plus a constant, slope near 1"
    UNIT = "between -1 and 1"
    POSITIVE = "at least 1/e"
    ABOVE_ONE = "at least 1"
    SQUARE = "at least 0"


@dataclass(frozen=True)
class _Production:
    operation: str
    operands: tuple[Sort, ...]
    parameters: tuple[float, ...] = ()


def _row(operation: str, *operands: Sort, p: tuple[float, ...] = ()) -> _Production:
    return _Production(operation, operands, p)


# Exactly representable in every binary format, so that a float32 tree is the float64 tree.
_FACTORS = (2.0, 3.0, 0.5)
_SHIFTS = (1.0, 2.0, 0.5)

_UNIT = (
    _row("sin", Sort.MILD),
    _row("cos", Sort.MILD),
    _row("tanh", Sort.MILD),
    _row("neg", Sort.UNIT),
    _row("mul", Sort.UNIT, Sort.UNIT),
    _row("square", Sort.UNIT),
    _row("power", Sort.UNIT, p=(3, 4)),
    _row("div", Sort.UNIT, Sort.ABOVE_ONE),
)
_BOUNDED = (
    _row("arctan", Sort.LINEAR),
    _row("exp", Sort.UNIT),
    _row("ln", Sort.POSITIVE),
    _row("power", Sort.POSITIVE, p=(-0.5, -1.5, -2)),
)
_ABOVE_ONE = (_row("shift", Sort.SQUARE, p=(1.0, 2.0)), _row("shift", Sort.UNIT, p=(2.0, 3.0)))
_LINEAR = (
    _row("add", Sort.LINEAR, Sort.LINEAR),
    _row("sub", Sort.LINEAR, Sort.LINEAR),
    _row("neg", Sort.LINEAR),
    _row("scale", Sort.LINEAR, p=_FACTORS),
    _row("shift", Sort.LINEAR, p=_SHIFTS),
    _row("mul", Sort.LINEAR, Sort.UNIT),
    _row("div", Sort.LINEAR, Sort.POSITIVE),
    _row("sqrt", Sort.POSITIVE),
)

_PRODUCTIONS: dict[Sort, tuple[_Production, ...]] = {
    Sort.LINEAR: _LINEAR + _UNIT[:3] + _BOUNDED,
    Sort.ANY: (
        *_LINEAR,
        _row("add", Sort.ANY, Sort.ANY),
        _row("sub", Sort.ANY, Sort.ANY),
        _row("mul", Sort.LINEAR, Sort.LINEAR),
        _row("square", Sort.LINEAR),
        _row("power", Sort.MILD, p=(3, 4)),
        _row("power", Sort.POSITIVE, p=(1.5, 0.25)),
        *_UNIT[:3],
        *_BOUNDED,
    ),
    Sort.MILD: (
        _row("add", Sort.MILD, Sort.UNIT),
        _row("sub", Sort.MILD, Sort.UNIT),
        _row("neg", Sort.MILD),
        _row("shift", Sort.MILD, p=_SHIFTS),
        _row("scale", Sort.UNIT, p=_FACTORS),
        *_UNIT,
        *_BOUNDED,
    ),
    Sort.UNIT: _UNIT,
    Sort.ABOVE_ONE: _ABOVE_ONE,
    Sort.POSITIVE: (*_ABOVE_ONE, _row("exp", Sort.UNIT)),
    Sort.SQUARE: (_row("square", Sort.LINEAR), _row("square", Sort.UNIT)),
}
"""Simplest first: the first choice is where a failing example shrinks to."""

_LEAVES = frozenset({Sort.ANY, Sort.LINEAR, Sort.MILD})


@cache
def _shallowest(sort: Sort) -> int:
    """Return the least depth of a tree of this sort."""
    if sort in _LEAVES:
        return 0
    return {Sort.UNIT: 1, Sort.SQUARE: 1, Sort.ABOVE_ONE: 2, Sort.POSITIVE: 2}[sort]


@cache
def _feasible(sort: Sort, depth: int) -> tuple[_Production, ...]:
    return tuple(
        row for row in _PRODUCTIONS[sort] if all(_shallowest(operand) < depth for operand in row.operands)
    )


def grow(choose: Chooser, variables: tuple[int, ...], depth: int, sort: Sort = Sort.ANY) -> Expression:
    """Build a tree of exactly this ``depth`` whose leaves are among ``variables``.

    Raises
    ------
    InvalidArgument
        If no tree of this sort is that shallow.

    Examples
    --------
    >>> class First:
    ...     def integer(self, low, high): return low
    ...     def number(self, low, high): return low
    >>> str(grow(First(), (0,), 2))
    'x + x + x'
    """
    if depth < _shallowest(sort):
        expected = f"at least {_shallowest(sort)} for {sort.name}"
        raise InvalidArgument.of("depth", depth, expected, "ask for a deeper tree")
    if depth == 0:
        return Expression.variable(variables[choose.integer(0, len(variables) - 1)])
    rows = _feasible(sort, depth)
    row = rows[choose.integer(0, len(rows) - 1)]
    parameter = row.parameters[choose.integer(0, len(row.parameters) - 1)] if row.parameters else None
    # One operand carries the depth; the others stay shallow so that trees remain readable.
    spine = choose.integer(0, len(row.operands) - 1) if len(row.operands) > 1 else 0
    operands = []
    for place, operand in enumerate(row.operands):
        least = _shallowest(operand)
        below = depth - 1 if place == spine else choose.integer(least, max(least, min(depth - 1, 2)))
        operands.append(grow(choose, variables, below, operand))
    return Expression(row.operation, tuple(operands), parameter)
