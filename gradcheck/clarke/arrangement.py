"""The hyperplanes that part the smooth pieces at a kink, and the cones between them.

A continuous function's Jacobian jumps across a smooth surface by a matrix whose
rows are all normal to that surface.  One jump, isolated by bisection, therefore
names a hyperplane, and the hyperplanes name every cone, however thin, that
random directions would miss.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from gradcheck.arrays import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradcheck.clarke.limits import Cell

__all__ = ["Arrangement", "same"]

Signs = tuple[int, ...]

# Enough to part two walls; the wall itself is read off the jump, not off where it was met.
_HALVINGS = 10
# Just off the middle: between (1, 0) and (-1, 0) the middle would be the point itself.
_CUT = 0.47
# A jump stays when the interval around it shrinks 8 times; a Jacobian that turns continuously shrinks along.
_WATCHED = 3
_STAYS = 0.5
# What is left then of a turn, down to the bars, is no jump.
_VANISHED = 1e-4
_PARALLEL = 1e-6
# A cone thinner than this (the cosine to its nearest wall) could not be visited in float64 anyhow.
_THINNEST = 1e-6


def same(first: Cell, second: Cell) -> bool:
    """Whether two limits agree within both error bars, entry by entry."""
    # Most sights are of cells met before, recognised and not measured again.
    return first.value is second.value or bool(
        np.all(np.abs(first.value - second.value) <= first.error + second.error)
    )


@dataclass
class Arrangement:
    """Hyperplanes through the point, in directions measured by ``scale``: unit normals ``(n,)``.

    ``turning`` once two Jacobians had no jump between them: as at the tip of a cone.
    """

    scale: Array
    normals: list[Array] = field(default_factory=list)
    turning: bool = False

    def signs(self, directions: Sequence[Array]) -> list[Signs]:
        """Return on which side of each hyperplane each of ``directions`` points."""
        if not self.normals or not directions:
            return [()] * len(directions)
        above = np.array(directions) @ np.array(self.normals).T > 0
        return [tuple(row) for row in np.where(above, 1, -1).tolist()]

    def learn(self, first: Cell, second: Cell, look: Callable[[Array], Cell | None]) -> bool:
        """Isolate one jump between two different cells by bisection, and keep its hyperplane.

        False when there is none: the Jacobian turns continuously (a norm at 0).
        """
        sizes = [_distance(first, second)]
        for halving in range(2 * _HALVINGS):
            # Several jumps between the two become one on the way, which may be small: that takes longer.
            if halving >= _HALVINGS and not sizes[-1] < _STAYS * sizes[-1 - _WATCHED]:
                break
            middle = look(first.direction + _CUT * (second.direction - first.direction))
            if middle is None:
                break
            if same(first, middle):
                first = middle
            else:
                second = middle
            sizes.append(_distance(first, second))
        if len(sizes) <= _WATCHED:
            return False
        if sizes[-1] < max(_STAYS * sizes[-1 - _WATCHED], _VANISHED * sizes[0]):
            self.turning = True
            return False
        return self._keep(second.value - first.value, first.direction, second.direction)

    def _keep(self, jump: Array, before: Array, after: Array) -> bool:
        rows = jump * self.scale
        strongest = rows[int(np.argmax(np.abs(rows).max(axis=1)))]
        normal = strongest / np.linalg.norm(strongest)
        width = float(np.linalg.norm(after - before))
        # The wall must run through the point: the direction at the crossing lies in it.
        through = abs(float(normal @ (before + after))) <= 4.0 * width
        known = any(abs(float(normal @ other)) > 1.0 - _PARALLEL for other in self.normals)
        if not through or known:
            return False
        self.normals.append(normal)
        return True

    def direction_in(self, signs: Signs, rng: np.random.Generator) -> Array | None:
        """Return a direction far from the walls of a cone, or None when there is no such cone.

        Not the farthest: that one is symmetric, and there different Jacobians may have equal slopes.
        """
        count = len(self.scale)
        walls = np.array(signs, float)[:, None] * np.array(self.normals)
        found = linprog(
            c=np.append(np.zeros(count), -1.0),
            A_ub=np.hstack([-walls, np.ones((len(walls), 1))]),
            b_ub=np.zeros(len(walls)),
            bounds=[(-1.0, 1.0)] * count + [(None, 1.0)],
            method="highs-ds",
        )
        if found.x is None or found.x[-1] < _THINNEST:
            return None
        # Within half the distance to the nearest wall.
        aside = rng.standard_normal(count)
        inside: Array = found.x[:count] + 0.5 * found.x[-1] * aside / np.linalg.norm(aside)
        return inside


def _distance(first: Cell, second: Cell) -> float:
    return float(np.abs(first.value - second.value).max())
