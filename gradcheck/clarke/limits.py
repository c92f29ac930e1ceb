"""The limit of a Jacobian along a ray: one cell of the pieces that meet at a kink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cell", "Fault", "Probe", "limit_along"]

Array = np.ndarray[Any, Any]
JacobianAt = Callable[[Array], tuple[Any, Any]]
ValueAt = Callable[[Array], Any]

# Distances along the ray, in units of the scale.  A ratio of 16 leaves a first-order
# change a sixteenth of the last one, far from the third that a limit must show.
_RATIO = 16.0
_LEVELS = tuple(2.0**-power for power in (10, 14, 18, 22))
# Where a jump is confirmed: as near as the scale's own rounding allows without drowning in it.
_NEAREST = 2.0**-36
_VALUE_NOISE = 1e-9


@dataclass(frozen=True)
class Cell:
    """A limit of Jacobians: ``(m, n)`` value, a bound on its error, and the direction it was met in."""

    value: Any
    error: Any
    direction: Any


class Fault(Enum):
    """Why a ray has no limit."""

    JUMP = "the function's values do not tend to its value at the point"
    UNSETTLED = "the Jacobian does not tend to a limit"
    UNKNOWN = "the Jacobian has no usable estimate there"
    OUTSIDE = "the function has no finite value there"
    SPENT = "the budget is spent"


@dataclass
class Probe:
    """The function near a point, and how many evaluations are left.

    ``jacobian(x)`` returns ``(m, n)`` value and error, ``value(x)`` the function's
    values; each call of either counts one.
    """

    jacobian: JacobianAt
    value: ValueAt | None
    point: Array
    scale: Array
    left: int
    at_point: Array | None = None

    def jacobian_at(self, step: Array) -> tuple[Array, Array]:
        """Return the Jacobian and its error at ``point + step``; NaN and inf where it has none."""
        self.left -= 1
        value, error = self.jacobian(self.point + step)
        return np.asarray(value, float), np.asarray(error, float)

    def value_at(self, step: Array) -> Array:
        """Return the function's values at ``point + step``, as a vector."""
        assert self.value is not None
        self.left -= 1
        return np.asarray(self.value(self.point + step), float).reshape(-1)


def limit_along(probe: Probe, direction: Array) -> Cell | Fault:
    """Return the limit of the Jacobian at ``point + t * scale * direction`` as ``t`` falls to 0.

    Two levels that agree within their bars end the search; otherwise the change
    must shrink to a third or less from level to level (a Jacobian that is Hölder
    continuous of order 1/2 shrinks to a quarter), and the limit is extrapolated.
    """
    ray = probe.scale * direction
    if probe.value is not None:
        fault = _value_fault(probe, ray)
        if fault is not None:
            return fault
    met: list[tuple[Array, Array]] = []
    for level in _LEVELS:
        if probe.left <= 0:
            return Fault.SPENT
        value, error = probe.jacobian_at(level * ray)
        if not (np.isfinite(value).all() and np.isfinite(error).all()):
            continue
        met.append((value, error))
        found = _settled(met)
        if found is not None:
            return Cell(*found, direction)
    return Fault.UNKNOWN if len(met) < 2 else Fault.UNSETTLED


def _settled(met: list[tuple[Array, Array]]) -> tuple[Array, Array] | None:
    """Return limit and bar from the last levels, or None while they do not show one."""
    if len(met) < 2:
        return None
    (before, before_error), (last, last_error) = met[-2:]
    change, noise = np.abs(last - before), before_error + last_error
    if np.all(change <= noise):
        return last, last_error + change
    if len(met) < 3:
        return None
    first, first_error = met[-3]
    earlier = np.abs(before - first)
    if not np.all(change <= np.maximum(earlier / 3.0, noise)):
        return None
    limit = _extrapolated(before, last)
    bar = change / 3.0
    # A change that shrinks as the distance does is of first order: successive extrapolants bound the rest.
    regular = change <= earlier / 12.0
    bar[regular] = np.abs(limit - _extrapolated(first, before))[regular]
    rounding = _extrapolated_error(before_error, last_error) + regular * first_error / _RATIO
    return limit, bar + rounding


def _extrapolated(before: Array, last: Array) -> Array:
    return last + (last - before) / (_RATIO - 1.0)


def _extrapolated_error(before: Array, last: Array) -> Array:
    return (_RATIO * last + before) / (_RATIO - 1.0)


def _value_fault(probe: Probe, ray: Array) -> Fault | None:
    """Return JUMP when the values stay away from the value at the point however near the ray comes."""
    if probe.at_point is None:
        probe.at_point = probe.value_at(np.zeros_like(ray))
    at_point = probe.at_point
    noise = _VALUE_NOISE * np.abs(at_point)

    def distances() -> Iterator[Array]:
        for level in (_LEVELS[0], _LEVELS[2], _NEAREST):
            yield np.abs(probe.value_at(level * ray) - at_point)

    far, near, nearest = distances()
    if not (np.isfinite(far).all() and np.isfinite(near).all()):
        return Fault.OUTSIDE
    stays = (near > far / 4.0 + noise) & (nearest > near / 2.0 + noise)
    return Fault.JUMP if bool(np.any(stays)) else None
