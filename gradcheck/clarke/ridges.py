"""Kinks that add up: ``f = smooth + sum_k u_k |w_k . d|`` near the point, one jump for each wall.

Sums of absolute values, a layer of ReLUs, hinge losses and total variation are of this kind.  Their pieces
are as many as there are patterns of signs, so that no visit to each of them ends; the walls are few.  They
are learnt from a few Jacobians, the model is tried on the values of f in other directions, and membership is
a question of one share in [-1, 1] for each wall: of a zonotope (Ziegler 1995, Lectures on Polytopes, 7.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from gradcheck.arrays import Array
from gradcheck.clarke.arrangement import same
from gradcheck.clarke.limits import Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradcheck.clarke.search import Search

__all__ = ["Ridges", "ridges_of"]

_SIGHTS = 14
# Directions in which the model must foretell the slopes of all outputs.
_TRIED = 8
# A line of which so many sights show no single wall is not one of walls.
_LOST, _AWALL = 14, 6
# One that shows this many walls and is lost in the end has met two too near to each other: another may not.
_LINES, _SOME = 3, 3
_NARROWEST = 1e-6
_INSIDE = 0.1
_BESIDE = 0.01
_PARALLEL = 1e-6
_RANK_ONE = 1e-6


@dataclass(frozen=True)
class Ridges:
    """``J = middle + sum_k s_k jumps_k``, ``s_k`` the sign of ``normals_k . d``; units of f per unit of x.

    Attributes
    ----------
    middle, error
        ``(m, n)``: the Jacobian with every kink taken in the middle, and a bound on the error of all sides.
    jumps
        ``(K, m, n)``: half of what crossing a wall adds.
    normals
        ``(K, n)``: in directions measured by the scale.
    """

    middle: Array
    error: Array
    jumps: Array
    normals: Array

    def at(self, direction: Array) -> Cell:
        """Return the cell in a direction."""
        signs = np.sign(self.normals @ direction)
        return Cell(self.middle + np.tensordot(signs, self.jumps, 1), self.error, direction)

    @property
    def reach(self) -> tuple[Array, Array]:
        """The least and the largest of each entry, ``(m, n)`` each."""
        size = np.abs(self.jumps).sum(axis=0)
        return self.middle - size, self.middle + size

    @property
    def independent(self) -> bool:
        """Whether every pattern of signs is one of a side: then all shares are members together."""
        return bool(np.linalg.matrix_rank(self.normals, tol=_PARALLEL) == len(self.normals))

    def alike(self, row: int) -> bool:
        """Whether all kinks of a row bend the same way, or every pattern of theirs is one of a side."""
        own = self.jumps[:, row]
        bent = np.einsum("kn,kn->k", own, self.normals * np.abs(own).max(axis=1, keepdims=True))
        used = np.abs(own).max(axis=1, initial=0.0) > 0
        rank = np.linalg.matrix_rank(self.normals[used], tol=_PARALLEL) if used.any() else 0
        return bool((bent[used] > 0).all() or (bent[used] < 0).all() or rank == used.sum())

    def attained(self, shares: Array) -> bool:
        """Whether shares of one size are a side and its opposite mixed: ``relu'(0)`` the same everywhere."""
        size = float(np.abs(shares).max(initial=0.0))
        if size <= _PARALLEL:
            return True
        if np.abs(np.abs(shares) - size).max() > _PARALLEL:
            return False
        walls = np.sign(shares)[:, None] * self.normals
        free = [(None, None)] * walls.shape[1]
        found = linprog(np.zeros(walls.shape[1]), A_ub=-walls, b_ub=-np.ones(len(walls)), bounds=free)
        return bool(found.status == 0)


def ridges_of(search: Search) -> Ridges | None:
    """Return the model of the kinks that ``search`` has begun to see; None where they do not add up so."""
    while len(search.sights) < _SIGHTS and not search.exhausted:
        # Unseen directions fail, and are not to be waited for.
        if search.look(search.rng.standard_normal(search.probe.point.size)) is None:
            return None
    if search.probe.value is None or search.exhausted or len(search.sights) < _SIGHTS:
        return None
    for learnt in (_by_rows, _by_columns):
        found = learnt(search)
        if found is not None and _foretells(found, search):
            return found
    for _ in range(_LINES):
        found, walls = _along_a_line(search)
        if found is not None and _foretells(found, search):
            return found
        if walls < _SOME:
            break
    return None


def _foretells(model: Ridges, search: Search) -> bool:
    """Whether the model tells every sight, and the slopes of f in directions that it was not learnt from."""
    if not all(same(model.at(seen.direction), seen) for seen in search.sights):
        return False
    for direction in search.rng.standard_normal((_TRIED, search.probe.point.size)):
        if not _shows(search, direction, model.at(direction)):
            return False
    return True


def _shows(search: Search, direction: Array, cell: Cell) -> bool:
    """Whether the values of f in a direction show the slope of ``cell``."""
    course = None if search.exhausted else search.probe.course_along(search.probe.scale * direction)
    if course is None:
        return False
    size = np.max([np.abs(seen.value) for seen in search.sights], axis=0) @ np.abs(course.ray)
    return course.shows(cell, size)


def _model(seen: Cell, jumps: Array, normals: Array, error: Array) -> Ridges:
    """Return the model whose side in the direction of ``seen`` is ``seen``; walls that are one are merged."""
    kept: list[Array] = []
    merged: list[Array] = []
    for normal, jump in zip(normals, jumps, strict=True):
        products = np.array(kept) @ normal if kept else np.zeros(0)
        known = int(np.argmax(np.abs(products))) if kept else -1
        if kept and abs(products[known]) > 1.0 - _PARALLEL:
            merged[known] = merged[known] + np.sign(products[known]) * jump
        else:
            kept.append(normal)
            merged.append(jump)
    walls, halves = np.array(kept), np.array(merged)
    signs = np.sign(walls @ seen.direction)
    return Ridges(seen.value - np.tensordot(signs, halves, 1), 2.0 * (seen.error + error), halves, walls)


def _split(values: Array, errors: Array) -> Array | None:
    """Return which of ``(T, k)`` values are as the first, bool; None where the others are not one value."""
    first: Array = (np.abs(values - values[0]) <= errors + errors[0]).all(axis=1)
    if first.all():
        return first
    other = int(np.argmin(first))
    second = (np.abs(values - values[other]) <= errors + errors[other]).all(axis=1)
    return first if bool((first ^ second).all()) else None


def _by_rows(search: Search) -> Ridges | None:
    """Each output has one wall, which its jump is normal to."""
    return _by_parts(search, lambda array: array, lambda jump: jump)


def _by_columns(search: Search) -> Ridges | None:
    """Each input has one wall, where it changes its sign."""
    return _by_parts(search, lambda array: array.swapaxes(1, 2), None)


def _by_parts(
    search: Search, parts: Callable[[Array], Array], normal_of: Callable[[Array], Array] | None
) -> Ridges | None:
    seen, scale = search.sights, search.probe.scale
    ways = np.array([one.direction for one in seen])
    values, errors = (
        parts(np.array([one.value for one in seen])),
        parts(np.array([one.error for one in seen])),
    )
    jumps, normals = [], []
    for part in range(values.shape[1]):
        first = _split(values[:, part], errors[:, part])
        if first is None:
            return None
        if first.all():
            continue
        jump = 0.5 * (values[int(np.argmin(first)), part] - values[0, part])
        normal = np.eye(len(scale))[part] if normal_of is None else normal_of(jump) * scale
        normal = normal / np.linalg.norm(normal)
        sides = ways @ normal > 0
        if not ((sides == first).all() or (sides != first).all()):
            return None
        whole = np.zeros_like(values[0])
        whole[part] = jump if sides[int(np.argmin(first))] else -jump
        jumps.append(np.asarray(parts(whole[None])[0]))
        normals.append(normal)
    if not normals:
        return None
    error = np.max([one.error for one in seen], axis=0)
    return _model(seen[0], np.array(jumps), np.array(normals), error)


def _along_a_line(search: Search) -> tuple[Ridges | None, int]:
    """Isolate every wall on the way from a direction to its opposite, where each is crossed once.

    Return the model, None where there is none, and how many walls were met.
    """
    start, aside = search.rng.standard_normal((2, search.probe.point.size))

    def way(angle: float) -> Array:
        return np.asarray(np.cos(angle) * start + np.sin(angle) * aside)

    ends = search.look(way(0.0)), search.look(way(np.pi))
    if ends[0] is None or ends[1] is None:
        return None, 0
    open_ = [(0.0, ends[0], np.pi, ends[1])]
    jumps: list[Array] = []
    normals: list[Array] = []
    looks, error = 0, ends[0].error + ends[1].error
    while open_:
        low, before, high, after = open_.pop()
        if same(before, after):
            continue
        wall = _single(search, before, after, (low, high), way)
        if isinstance(wall, np.ndarray):
            normals.append(wall)
            sign = np.sign(wall @ way(high))
            jumps.append(0.5 * sign * (after.value - before.value))
            error = error + 0.5 * (before.error + after.error)
            continue
        looks += 1
        found = search.look(way(wall)) if high - low > _NARROWEST else None
        if found is None or looks > _LOST + _AWALL * len(normals):
            return None, len(normals)
        open_ += [(wall, found, high, after), (low, before, wall, found)]
    if not normals:
        return None, 0
    return _model(ends[0], np.array(jumps), np.array(normals), error), len(normals)


def _single(
    search: Search, before: Cell, after: Cell, between: tuple[float, float], way: Callable[[float], Array]
) -> Array | float:
    """Return the normal of the one wall between two directions; of several, an angle that parts them."""
    low, high = between
    middle = 0.5 * (low + high)
    jump = (after.value - before.value) * search.probe.scale
    strongest = jump[int(np.argmax(np.abs(jump).max(axis=1)))]
    normal = strongest / np.linalg.norm(strongest)
    crossed = float(np.arctan2(-(normal @ way(0.0)), normal @ way(0.5 * np.pi)) % np.pi)
    if not low < crossed < high:
        return middle
    off = jump - np.outer(jump @ normal, normal)
    # Up to the wall one slope is that of f, and from it on the other: near to it, and farther away.
    places = [
        (crossed + share * (end - crossed), cell)
        for share in (_BESIDE, 0.5)
        for end, cell in ((low, before), (high, after))
    ]
    one = np.abs(off).max() <= _RANK_ONE * np.abs(jump).max()
    if one and all(_shows(search, way(angle), cell) for angle, cell in places):
        return np.asarray(normal)
    # Where the two slopes are equal lies between the walls where all bend alike; on one nothing is seen.
    aside = crossed + 1e-3 * (high - low) * search.rng.uniform(-1.0, 1.0)
    inside = _INSIDE * (high - low)
    return aside if low + inside < aside < high - inside else middle
