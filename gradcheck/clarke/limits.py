"""The limit of a Jacobian along a ray: one cell of the pieces that meet at a kink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cell", "Fault", "Probe", "limit_along"]

JacobianAt = Callable[[Array], tuple[Any, Any]]
ValueAt = Callable[[Array], Any]

# Distances along the ray, in units of the scale.  Estimates blur near the wall they step across, so that
# the first three levels, far from it, should do.
_RATIO = 4.0
_LEVELS = tuple(2.0**-power for power in (8, 10, 12, 14, 16, 18, 20))
# From level to level a smooth Jacobian changes a quarter as much, one Hölder continuous of order 1/2 half.
_SETTLING = 0.6
_SMOOTH = 1.0 / 3.0
# Worst case of the rest when the change shrinks by _SETTLING: 0.78 / 0.67 of the last change, rounded up.
_REST = 1.5
# A limit known this well, relative to its row, needs no nearer look.
_SHARP = 1e-6
# Where a jump is confirmed: as near as the scale's own rounding allows without drowning in it.
_NEAREST = 2.0**-36
_VALUE_NOISE = 1e-9
_FEW_ULPS = 64 * 2.0**-52


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
    largest: Array | None = None
    farthest: Array | None = None

    def jacobian_at(self, step: Array) -> tuple[Array, Array]:
        """Return the Jacobian and its error at ``point + step``; NaN and inf where it has none."""
        self.left -= 1
        value, error = self.jacobian(self.point + step)
        return np.asarray(value, float), np.asarray(error, float)

    def value_at(self, step: Array) -> Array:
        """Return the function's values at ``point + step``, as a vector."""
        assert self.value is not None
        self.left -= 1
        found = np.asarray(self.value(self.point + step), float).reshape(-1)
        self.largest = np.abs(found) if self.largest is None else np.fmax(self.largest, np.abs(found))
        return found

    def floor(self) -> Array | None:
        """Return the slopes that take each value to 0 over the largest step, ``(m, n)``, or None."""
        if self.largest is None:
            return None
        slopes: Array = np.nan_to_num(self.largest)[:, None] / (_LEVELS[0] * self.scale)[None, :]
        return slopes


def limit_along(probe: Probe, direction: Array) -> Cell | Fault:
    """Return the limit of the Jacobian at ``point + t * scale * direction`` as ``t`` falls to 0.

    Two levels that agree within their bars show it; otherwise the change must
    shrink from level to level, and the limit is extrapolated.  Of the levels
    visited, those with the narrowest bar count: nearer is not always sharper.
    """
    ray = probe.scale * direction
    if probe.value is not None:
        fault = _value_fault(probe, ray)
        if fault is not None:
            return fault
    met: list[tuple[Array, Array]] = []
    best: tuple[Array, Array] | None = None
    for level in _LEVELS:
        if probe.left <= 0:
            return Fault.SPENT
        value, error = probe.jacobian_at(level * ray)
        if not (np.isfinite(value).all() and np.isfinite(error).all()):
            continue
        met.append((value, error))
        found = _settled(met)
        if found is not None and (best is None or _width(*found) < _width(*best)):
            best = found
        if best is not None and _width(*best) <= max(_SHARP, _width(value, error)):
            break
    if best is not None:
        return Cell(*best, direction)
    return Fault.UNKNOWN if len(met) < 2 else Fault.UNSETTLED


def _width(value: Array, error: Array) -> float:
    """Return the widest bar relative to its row's largest entry."""
    rows = np.abs(value).max(axis=1, initial=0.0, keepdims=True)
    return float(np.max(error / np.where(rows > 0, rows, 1.0), initial=0.0))


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
    if not np.all(change <= np.maximum(_SETTLING * earlier, noise)):
        return None
    limit = _extrapolated(before, last)
    bar = _REST * change
    # A change that shrinks as the distance does is of first order: successive extrapolants bound the rest.
    regular = change <= _SMOOTH * earlier
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
        for level in (_LEVELS[0], _LEVELS[4], _NEAREST):
            yield np.abs(probe.value_at(level * ray) - at_point)

    far, near, nearest = distances()
    if not (np.isfinite(far).all() and np.isfinite(near).all()):
        return Fault.OUTSIDE
    stays = (near > far / 4.0 + noise) & (nearest > near / 2.0 + noise)
    if not stays.any():
        probe.farthest = np.fmax(far, 0.0 if probe.farthest is None else probe.farthest)
        return None
    # A kink that rounding puts a little beside the point keeps a distance too: that of a step of a few ulps.
    across = np.nan_to_num(np.abs(probe.value_at(-_LEVELS[0] * ray) - at_point), posinf=0.0)
    probe.farthest = np.maximum(np.maximum(far, across), 0.0 if probe.farthest is None else probe.farthest)
    stays &= nearest > _FEW_ULPS / _LEVELS[0] * probe.farthest
    return Fault.JUMP if bool(stays.any()) else None
