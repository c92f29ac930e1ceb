"""Which nearby points to visit, so that every piece that meets at a kink is met."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.clarke.hull import Membership, membership
from gradcheck.clarke.limits import Cell, Fault, Probe, limit_along

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradcheck.clarke.limits import Array

__all__ = ["Search"]

# Coordinate planes are where kinks like to be: a tilt keeps coordinate directions off them.
_TILT = 0.2
_FIRST_COORDINATES = 4
_BATCH = 16
_RETRIES = 2


@dataclass
class Search:
    """The cells met so far and how to meet more."""

    probe: Probe
    claim: Array
    claim_error: Array
    rng: np.random.Generator
    max_cells: int
    cells: list[Cell] = field(default_factory=list)
    unresolved: int = 0
    spent: bool = False
    jump: Array | None = None

    def visit(self, direction: Array) -> bool:
        """Take the limit along ``direction`` and return whether it is a new cell."""
        size = float(np.max(np.abs(direction), initial=0.0))
        if size == 0 or self.exhausted:
            return False
        direction = direction / size
        found = limit_along(self.probe, direction)
        for attempt in range(_RETRIES):
            if not isinstance(found, Fault) or found not in (Fault.UNKNOWN, Fault.UNSETTLED):
                break
            nudged = direction * (0.7 - 0.2 * attempt)
            if direction.size > 1:
                nudged = nudged + 0.05 * self.rng.uniform(-1, 1, direction.size)
            found = limit_along(self.probe, nudged)
        if isinstance(found, Cell):
            return self._add(found)
        self.unresolved += found in (Fault.UNKNOWN, Fault.UNSETTLED)
        self.spent |= found is Fault.SPENT
        if found is Fault.JUMP:
            self.jump = direction
        return False

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be visited."""
        return (
            self.jump is not None or self.spent or self.probe.left <= 0 or len(self.cells) >= self.max_cells
        )

    def _add(self, found: Cell) -> bool:
        for position, known in enumerate(self.cells):
            if np.all(np.abs(found.value - known.value) <= found.error + known.error):
                # The same cell seen twice: the sharper sight is kept, so that a wide bar hides no other cell.
                if found.error.sum() < known.error.sum():
                    self.cells[position] = found
                return False
        self.cells.append(found)
        return True

    def ask(self) -> Membership:
        """Ask whether the claim lies in the hull of the cells met so far."""
        return membership(self.claim, self.claim_error, [(cell.value, cell.error) for cell in self.cells])

    def first_directions(self) -> Iterator[Array]:
        """Yield enough directions to tell a kink from a smooth point."""
        count = self.probe.point.size
        yield from self._coordinates(range(min(count, _FIRST_COORDINATES)))
        if count > 1:
            yield from self.rng.standard_normal((_FIRST_COORDINATES, count))

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
            row = row / np.max(np.abs(row))
            for signs in self._signs(count):
                # A zero of the separating row is a coordinate about which it has no wish.
                loose = np.where(row == 0, _TILT * self.rng.uniform(-1, 1, count), row)
                yield signs * loose
        best = sorted(self.cells, key=lambda cell: -float(np.sum(separating * cell.value)))[:2]
        for cell, width in itertools.product(best, (0.3, 1.0, 3.0)):
            yield cell.direction + width * self.rng.standard_normal(count)

    def _signs(self, count: int) -> Iterator[Array]:
        if count <= 3:
            yield from (np.array(signs) for signs in itertools.product((1.0, -1.0), repeat=count))
            return
        yield np.ones(count)
        yield -np.ones(count)
        yield from self.rng.choice((1.0, -1.0), (6, count))
