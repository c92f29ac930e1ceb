"""The limit of a Jacobian along a ray: one cell of the pieces that meet at a kink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cell", "Fault", "Probe", "limit_along", "width"]

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
_FAR, _NEAR = _LEVELS[0], _LEVELS[4]
# The step over which a slope near the point is taken, small beside the distance from it.
_ASIDE = 2.0**-22
# A slope along the ray that differs by this from the Jacobian's, and is no nearer to it nearer to the point.
_CONTRADICTED = 1e-3
# A known Jacobian is recognised by the slope along a ray it was not met on: another one has this slope
# with about this probability.
_RECOGNISED = 1e-5


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


@dataclass(frozen=True)
class Course:
    """How much the values change along a ray, ``(m,)``, far and near, and the rounding of that.

    ``taken`` are the rays as they were taken, far and near: the point moved is rounded.
    """

    ray: Array
    taken: tuple[Array, Array]
    far: Array
    near: Array
    rounding: Array

    def _missed(self, cell: Cell) -> tuple[Array, Array, Array, Array]:
        """Return by how much the slopes, far and near, miss the cell's, what bars allow, and their size."""
        with np.errstate(all="ignore"):
            bar = cell.error @ np.abs(self.ray)
            far = self.far / _FAR - cell.value @ self.taken[0]
            near = self.near / _NEAR - cell.value @ self.taken[1]
            size = np.maximum(np.abs(cell.value) @ np.abs(self.ray), np.abs(self.near / _NEAR))
        return far, near, bar, size

    def contradicts(self, cell: Cell) -> bool:
        """Whether the slope along the ray, far and near alike, is another than the cell's."""
        far, near, bar, size = self._missed(cell)
        least = np.minimum(np.abs(far), np.abs(near))
        alike = np.abs(far - near) <= 0.5 * np.abs(far)
        return bool(np.any(alike & (least > bar + _CONTRADICTED * size + self.rounding / _FAR)))

    def shown(self, known: Sequence[Cell]) -> list[Cell]:
        """Return the cells whose slope along the ray is the one seen, as closely as a coincidence is not."""
        # The largest of all: where one of the pieces is constant, its own slope is 0.
        size = np.max([self._missed(cell)[3] for cell in known], axis=0) if known else self.near
        return [cell for cell in known if self.shows(cell, size)]

    def shows(self, cell: Cell, size: Array) -> bool:
        """Whether the slope along the ray is the cell's, as closely as ``size``, ``(m,)``, allows to tell."""
        far, near, bar, _ = self._missed(cell)
        shrinks = np.abs(near) <= bar + self.rounding / _NEAR + np.abs(far) / 64.0
        # What is curved along the ray shrinks as the distance does, and is known from the two.
        rest = near - (far - near) / (_FAR / _NEAR - 1.0)
        return bool(np.all(shrinks & (np.abs(rest) + bar <= _RECOGNISED * size)))


@dataclass
class Probe:
    """The function near a point, and how many evaluations are left.

    ``jacobian(x)`` returns ``(m, n)`` value and error, ``value(x)`` the function's
    values; each call of either counts one, unless ``counted`` tells what they took.
    """

    jacobian: JacobianAt
    value: ValueAt | None
    point: Array
    scale: Array
    budget: int
    counted: Callable[[], int] | None = None
    calls: int = 0
    at_point: Array | None = None
    largest: Array | None = None
    farthest: Array | None = None

    @property
    def spent(self) -> int:
        """Evaluations so far."""
        return self.calls if self.counted is None else self.counted()

    @property
    def left(self) -> int:
        """Evaluations that may still be made."""
        return self.budget - self.spent

    def jacobian_at(self, step: Array) -> tuple[Array, Array]:
        """Return the Jacobian and its error at ``point + step``; NaN and inf where it has none."""
        self.calls += 1
        value, error = self.jacobian(self.point + step)
        return np.asarray(value, float), np.asarray(error, float)

    def value_at(self, step: Array) -> Array:
        """Return the function's values at ``point + step``, as a vector."""
        assert self.value is not None
        self.calls += 1
        found = np.asarray(self.value(self.point + step), float).reshape(-1)
        self.largest = np.abs(found) if self.largest is None else np.fmax(self.largest, np.abs(found))
        return found

    def slope_of(self, matrix: Array, direction: Array) -> float:
        """Return ``<matrix, J>`` near the point in ``direction``: two values a row, or one Jacobian."""
        at = _LEVELS[2] * self.scale * direction / np.max(np.abs(direction))
        if self.value is None:
            return float(np.nan_to_num(np.sum(matrix * self.jacobian_at(at)[0]), nan=-np.inf))
        total = 0.0
        for row in np.flatnonzero(np.any(matrix != 0, axis=1)):
            step = _ASIDE * self.scale * matrix[row] * self.scale
            size = float(np.max(np.abs(matrix[row] * self.scale)))
            ahead, behind = (self.value_at(at + sign * step / size)[row] for sign in (1.0, -1.0))
            total += float(ahead - behind) / (2.0 * _ASIDE) * size
        return total if np.isfinite(total) else -np.inf

    def course_along(self, ray: Array) -> Course | None:
        """Return how the values change along ``ray``, far and near; None without ``value``."""
        if self.value is None:
            return None
        if self.at_point is None:
            self.at_point = self.value_at(np.zeros_like(ray))
        far, near = (self.value_at(level * ray) - self.at_point for level in (_FAR, _NEAR))
        away = [((self.point + level * ray) - self.point) / level for level in (_FAR, _NEAR)]
        return Course(ray, (away[0], away[1]), far, near, _FEW_ULPS * np.abs(self.at_point))

    def floor(self) -> Array | None:
        """Return the slopes that take each value to 0 over the largest step, ``(m, n)``, or None."""
        if self.largest is None:
            return None
        slopes: Array = np.nan_to_num(self.largest)[:, None] / (_LEVELS[0] * self.scale)[None, :]
        return slopes


def limit_along(probe: Probe, direction: Array, known: Sequence[Cell] = ()) -> Cell | Fault:
    """Return the limit of the Jacobian at ``point + t * scale * direction`` as ``t`` falls to 0.

    One of ``known`` that alone has the slope along the ray is taken for it, at a few evaluations; a limit
    that has another slope is none.

    Two levels that agree within their bars show it; otherwise the change must
    shrink from level to level, and the limit is extrapolated.  Of the levels
    visited, those with the narrowest bar count: nearer is not always sharper.
    """
    ray = probe.scale * direction
    course = probe.course_along(ray)
    if course is not None:
        fault = _value_fault(probe, course)
        if fault is not None:
            return fault
        shown = course.shown(known)
        if len(shown) == 1:
            return replace(shown[0], direction=direction)
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
        if found is not None and (best is None or width(*found) < width(*best)):
            best = found
        if best is not None and width(*best) <= max(_SHARP, width(value, error)):
            break
    if best is not None:
        cell = Cell(*best, direction)
        return Fault.UNSETTLED if course is not None and course.contradicts(cell) else cell
    return Fault.UNKNOWN if len(met) < 2 else Fault.UNSETTLED


def width(value: Array, error: Array) -> float:
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


def _value_fault(probe: Probe, course: Course) -> Fault | None:
    """Return JUMP when the values stay away from the value at the point however near the ray comes."""
    assert probe.at_point is not None
    at_point, ray = probe.at_point, course.ray
    noise = _VALUE_NOISE * np.abs(at_point)
    far, near = np.abs(course.far), np.abs(course.near)
    nearest = np.abs(probe.value_at(_NEAREST * ray) - at_point)
    if not (np.isfinite(far).all() and np.isfinite(near).all()):
        return Fault.OUTSIDE
    stays = (near > far / 4.0 + noise) & (nearest > near / 2.0 + noise)
    if not stays.any():
        probe.farthest = np.fmax(far, 0.0 if probe.farthest is None else probe.farthest)
        return None
    # A kink that rounding puts a little beside the point keeps a distance too: that of a step of a few ulps.
    across = np.nan_to_num(np.abs(probe.value_at(-_FAR * ray) - at_point), posinf=0.0)
    probe.farthest = np.maximum(np.maximum(far, across), 0.0 if probe.farthest is None else probe.farthest)
    stays &= nearest > _FEW_ULPS / _FAR * probe.farthest
    return Fault.JUMP if bool(stays.any()) else None
