"""Which nearby points to visit, so that every piece that meets at a kink is met."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.arrays import Array
from gradcheck.clarke.arrangement import Arrangement, same
from gradcheck.clarke.hull import Membership, membership
from gradcheck.clarke.limits import Cell, Fault, Probe, limit_along, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradcheck.clarke.arrangement import Signs

__all__ = ["Search"]

# Coordinate planes are where kinks like to be: a tilt keeps coordinate directions off them.
_TILT = 0.2
_FIRST_COORDINATES = 4
_BATCH = 16
_RETRIES = 2
_NUDGE = 0.05
# About a second of linear programmes.
_MOST_PROGRAMMES = 800
# Where there are too many cones to visit, so many random directions must meet nothing new.
_SAMPLES = 400
_STARTS, _CLIMBS = 2, 60
_SIDES = 2
# Wider bars than this are those of a wall stepped across: a little aside they are narrower.
_BLUNT = 1e-5


@dataclass
class Search:
    """The cells met so far and how to meet more."""

    probe: Probe
    claim: Array
    claim_error: Array
    rng: np.random.Generator
    max_cells: int
    cells: list[Cell] = field(default_factory=list)
    unresolved: list[Array] = field(default_factory=list)
    spent: bool = False
    jump: Array | None = None
    sights: list[Cell] = field(default_factory=list)
    programmes: int = _MOST_PROGRAMMES
    curved: bool = False
    complete: bool = False
    open: str = ""

    def __post_init__(self) -> None:
        self.walls = Arrangement(self.probe.scale)

    def visit(self, direction: Array) -> bool:
        """Take the limit along ``direction`` and return whether it is a new cell."""
        found = self.look(direction)
        return found is not None and self._add(found)

    def look(self, direction: Array, *, retries: int = _RETRIES) -> Cell | None:
        """Return the limit along ``direction``, nudged where there is none; None when that fails too."""
        size = float(np.max(np.abs(direction), initial=0.0))
        if size == 0 or self.exhausted:
            return None
        direction = direction / size
        found = limit_along(self.probe, direction, self.cells)
        for attempt in range(retries):
            if not _poor(found):
                break
            nudged = direction * (0.7 - 0.2 * attempt)
            if direction.size > 1:
                nudged = nudged + _NUDGE * self.rng.uniform(-1, 1, direction.size)
            found = _sharper(found, limit_along(self.probe, nudged, self.cells))
        if isinstance(found, Cell):
            self.sights.append(found)
            return found
        # Bisecting comes so near a wall that an estimate may fail there: that hides no cell.
        if retries > 0 and found in (Fault.UNKNOWN, Fault.UNSETTLED):
            self.unresolved.append(direction)
        self.spent |= found is Fault.SPENT
        if found is Fault.JUMP:
            self.jump = direction
        return None

    def revisit(self) -> None:
        """Look again where there was no limit: by now the piece there may be known, and recognised."""
        if self.exhausted:
            return
        before, self.unresolved = self.unresolved, []
        for direction in before:
            self.visit(direction)

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be visited."""
        ended = self.jump is not None or self.spent
        return ended or self.probe.left <= 0 or len(self.cells) >= self.max_cells

    def _add(self, found: Cell) -> bool:
        if any(known.value is found.value for known in self.cells):
            return False
        for position, known in enumerate(self.cells):
            if same(found, known):
                # The same cell seen twice: the sharper sight is kept, so that a wide bar hides no other cell.
                if found.error.sum() < known.error.sum():
                    self.cells[position] = found
                return False
        self.cells.append(found)
        return True

    def learn_walls(self) -> None:
        """Bisect between directions that no known wall parts and that still show different Jacobians."""
        while not self.curved and not self.exhausted:
            first: dict[Signs, Cell] = {}
            signs = self.walls.signs([seen.direction for seen in self.sights])
            pairs = (
                (first.setdefault(cone, seen), seen) for cone, seen in zip(signs, self.sights, strict=True)
            )
            parted = next((pair for pair in pairs if not same(*pair)), None)
            if parted is None:
                return
            self.curved = not self.walls.learn(*parted, partial(self.look, retries=0))
            for seen in self.sights:
                self._add(seen)

    def enumerate_cones(self) -> Membership:
        """Visit every cone between the walls, the most promising neighbours first, until the claim is inside.

        Sets ``complete`` when none is left: cones are connected through their
        walls, so that flipping one sign at a time reaches all of them.
        """
        answer = self.ask()
        done: set[Signs] = set()
        asked: set[Signs] = set()
        while not (self.curved or self.exhausted or answer.inside or self.programmes < 0):
            reach = self._reach(answer.separating)
            waiting = [signs for signs in reach if signs not in done]
            if not waiting:
                self.complete = True
                break
            here = max(waiting, key=lambda signs: (reach[signs], signs))
            done.add(here)
            before, walls = len(self.cells), len(self.walls.normals)
            self._visit_neighbours(here, set(reach) | asked, asked)
            self.learn_walls()
            if len(self.walls.normals) > walls:
                done, asked = set(), set()
            if len(self.cells) > before:
                answer = self.ask()
        return answer

    def _reach(self, separating: Array) -> dict[Signs, float]:
        """Return how far along ``separating`` each cone's Jacobian reaches."""
        signs = self.walls.signs([seen.direction for seen in self.sights])
        reached = np.array([seen.value for seen in self.sights]) * separating
        return dict(zip(signs, reached.sum(axis=(1, 2)).tolist(), strict=True))

    def _visit_neighbours(self, here: Signs, known: set[Signs], asked: set[Signs]) -> None:
        for wall in range(len(here)):
            signs = (*here[:wall], -here[wall], *here[wall + 1 :])
            if signs in known or self.exhausted:
                continue
            asked.add(signs)
            self.programmes -= 1
            if self.programmes < 0:
                return
            direction = self.walls.direction_in(signs, self.rng)
            if direction is not None:
                self.visit(direction)

    def ask(self) -> Membership:
        """Ask whether the claim lies in the hull of the cells met so far."""
        pairs = [(cell.value, cell.error) for cell in self.cells]
        return membership(self.claim, self.claim_error, pairs, floor=self.probe.floor())

    def first_directions(self) -> Iterator[Array]:
        """Yield enough directions to tell a kink from a smooth point."""
        count = self.probe.point.size
        yield from self._coordinates(range(min(count, _FIRST_COORDINATES)))
        if count > 1:
            # All up, all down: random ones meet a minimum of many inputs on one side only.
            yield from np.array([[1.0], [-1.0]]) * self.rng.uniform(0.5, 1.0, (2, count))
            yield from self.rng.standard_normal((_FIRST_COORDINATES, count))
            yield from self._sides_claimed()

    def _sides_claimed(self) -> Iterator[Array]:
        """Yield directions in which the claim may be the derivative: ``J' f'(d)`` for random ``d``.

        For a permutation (of a sort) and a unit vector (of a maximum) that is such a direction.
        """
        own = np.where(np.isfinite(self.claim), self.claim, 0.0)
        # By its own size: a claim may be as large as numbers are.
        own = own / (np.max(np.abs(own), initial=0.0) or 1.0) * self.probe.scale
        for direction in self.rng.standard_normal((_SIDES, own.shape[1])):
            course = None if self.exhausted else self.probe.course_along(self.probe.scale * direction)
            back = None if course is None else np.nan_to_num(course.far) @ own
            if back is not None and np.any(back) and np.all(np.isfinite(back)):
                yield back / np.max(np.abs(back)) + _NUDGE * self.rng.uniform(-1, 1, len(back))

    def sample(self) -> bool:
        """Visit random directions; return whether nothing new was met, a new Jacobian ends it."""
        count = self.probe.point.size
        for number in range(_SAMPLES):
            spread = self.rng.uniform(-1, 1, count) ** (1 + 2 * (number % 3))
            if self.exhausted or self.visit(spread):
                return False
        return True

    def further_directions(self) -> Iterator[Array]:
        """Yield the coordinate directions not yet visited, and random ones."""
        count = self.probe.point.size
        if count > 1:
            yield from self._coordinates(range(_FIRST_COORDINATES, count))
            yield from self.rng.standard_normal((_BATCH, count))

    def _coordinates(self, positions: range) -> Iterator[Array]:
        count = self.probe.point.size
        for position, sign in itertools.product(positions, (1.0, -1.0)):
            direction = _TILT * self.rng.uniform(-1, 1, count)
            direction[position] = sign
            yield direction

    def towards(self, separating: Array) -> Iterator[Array]:
        """Yield directions in which a cell that reaches further along ``separating`` may lie.

        For a convex function the cell met in the direction of the separating row
        reaches furthest along it, for a concave one the opposite cell, for a sum
        of both some change of signs; beyond that, neighbours of the best cells.
        """
        count = self.probe.point.size
        if count < 2:
            return
        rows = separating * self.probe.scale**-1.0
        _, _, right = np.linalg.svd(rows, full_matrices=False)
        for row in (*rows[np.any(rows != 0, axis=1)][:_FIRST_COORDINATES], right[0]):
            for signs in self._signs(count):
                # The separating row may lie in a wall (along (1, 1) max(x, y) is tied): tilt it.
                yield signs * row / np.max(np.abs(row)) + _NUDGE * self.rng.uniform(-1, 1, count)
        best = sorted(self.cells, key=lambda cell: -float(np.sum(separating * cell.value)))[:2]
        for cell, size in itertools.product(best, (0.3, 1.0, 3.0)):
            yield cell.direction + size * self.rng.standard_normal(count)

    def ascend(self, separating: Array) -> Iterator[Array]:
        """Yield directions in which the Jacobian reaches far along ``separating``, found by climbing.

        Where it turns continuously, the member that reaches furthest lies in one direction alone.
        Rechenberg's (1 + 1) evolution strategy, from the best sights and a random one.
        """
        best = sorted(self.sights, key=lambda seen: -float(np.sum(separating * seen.value)))[:_STARTS]
        for start in (*(seen.direction for seen in best), self.rng.standard_normal(self.probe.point.size)):
            here, size = start / np.max(np.abs(start)), 0.5
            height = self.probe.slope_of(separating, here)
            for _ in range(_CLIMBS):
                if self.exhausted:
                    return
                there = here + size * self.rng.standard_normal(len(here))
                reached = self.probe.slope_of(separating, there)
                if reached > height:
                    here, height, size = there / np.max(np.abs(there)), reached, 1.6 * size
                else:
                    size *= 0.85
            yield here

    def _signs(self, count: int) -> Iterator[Array]:
        if count <= 3:
            yield from (np.array(signs) for signs in itertools.product((1.0, -1.0), repeat=count))
            return
        yield np.ones(count)
        yield -np.ones(count)
        yield from self.rng.choice((1.0, -1.0), (6, count))


def _poor(found: Cell | Fault) -> bool:
    if isinstance(found, Cell):
        return not width(found.value, found.error) <= _BLUNT
    return found in (Fault.UNKNOWN, Fault.UNSETTLED)


def _sharper(first: Cell | Fault, second: Cell | Fault) -> Cell | Fault:
    """Return the cell with the narrower bars; without one, the later fault."""
    if isinstance(first, Cell) and isinstance(second, Cell):
        return min(first, second, key=lambda cell: width(cell.value, cell.error))
    return first if isinstance(first, Cell) and second is not Fault.JUMP else second
