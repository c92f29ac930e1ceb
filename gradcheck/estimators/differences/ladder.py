"""The values of ``f`` on a ladder of steps along each coordinate.

A ladder holds, for each column, pairs ``f(x + h e_j)``, ``f(x - h e_j)`` at steps
``h = MANTISSA * 2**k``, finest first.  The mantissa is short, so that ``x + h`` is exact at all but the
finest steps (which enter as they were taken), and no power of two: at those, what ``f`` rounds inside is
rounded alike at all steps, or not at all, and the noise would not show.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.primal import Primal

__all__ = ["FINE_RUNGS", "MANTISSA", "NO_RUNG", "Ladder", "leading"]


#: Exponent that stands for "no rung": sorts behind every real one, like a coarse rung without values.
NO_RUNG = 5000
#: All steps are this times a power of two: twelve bits, and no simple fraction.
MANTISSA = 3917 / 4096
#: Of the six rungs of a first ladder, those that measure noise and veto.
FINE_RUNGS = 3


class Ladder:
    """Function values at ``x ± MANTISSA * 2**k`` for each column, rungs sorted from fine to coarse.

    Parameters
    ----------
    primal
        The function.
    f0
        ``f(x)``, shape ``(m,)``.
    columns
        ``(n,)`` indices of the coordinates to vary.
    lower, upper
        ``(n,)`` limits that are never crossed, units of x.

    Attributes
    ----------
    exponents
        ``(R, n)``; ``NO_RUNG`` where a column has fewer rungs.
    plus, minus
        ``(R, n, m)``; NaN where ``f`` raises, is not finite, or the point lies outside the limits.
    step_plus, step_minus
        ``(R, n)``: the steps as realised in floating point, ``(x + h) - x``.
    room
        Evaluations beside the pairs that may still be made.
    """

    def __init__(self, primal: Primal, f0: Array, columns: Array, lower: Array, upper: Array) -> None:
        self.primal = primal
        self.f0 = f0
        self.columns = columns
        self.x = primal.x[columns]
        self.lower = lower
        self.upper = upper
        n, m = columns.size, f0.size
        self.exponents: Array = np.empty((0, n), dtype=np.int64)
        self.plus: Array = np.empty((0, n, m))
        self.minus: Array = np.empty((0, n, m))
        self.step_plus: Array = np.empty((0, n))
        self.step_minus: Array = np.empty((0, n))
        self.room = n
        self._third_finest: Array = np.full(n, NO_RUNG)
        self._asked: Array = np.full(n, NO_RUNG)
        self._slope: Array = np.full((n, m), np.nan)

    def add(self, exponents: Array) -> None:
        """Evaluate the rungs ``exponents``, shape ``(q, n)``, and sort them in.

        Raises :class:`~gradcheck.estimators.primal.InconsistentOutput` when the
        output changes shape.
        """
        step = np.ldexp(MANTISSA, np.where(exponents == NO_RUNG, 0, exponents).astype(np.int32))
        step[exponents == NO_RUNG] = np.nan
        above, below = self.x + step, self.x - step
        plus = self._sampled(above, above <= self.upper)
        minus = self._sampled(below, below >= self.lower)
        order = np.argsort(np.concatenate([self.exponents, exponents]), axis=0, kind="stable")
        if not self.exponents.shape[0]:
            self._third_finest = np.sort(exponents, axis=0)[:FINE_RUNGS][-1]

        def merged(old: Array, new: Array) -> Array:
            rows = order if old.ndim == 2 else order[:, :, None]
            return np.take_along_axis(np.concatenate([old, new]), rows, axis=0)

        self.exponents = merged(self.exponents, exponents)
        self.plus, self.minus = merged(self.plus, plus), merged(self.minus, minus)
        self.step_plus = merged(self.step_plus, above - self.x)
        self.step_minus = merged(self.step_minus, self.x - below)

    @property
    def third_finest(self) -> Array:
        """Exponent of the third finest rung of the first ladder, shape ``(n,)``: fine ends there."""
        return self._third_finest

    def fine_rungs(self) -> Array:
        """Return how many rungs are at most as coarse as the third finest of the first ladder, ``(n,)``."""
        count: Array = (self.exponents <= self._third_finest).sum(axis=0)
        return count

    def slope_beyond(self, entries: Array, within: Array) -> tuple[Array, Array]:
        """Return the slope of ``f`` over a small step beside a rung beyond ``within``, and that rung.

        One evaluation for each column in which ``entries``, ``(n, m)`` of bool, marks one, beside the rung
        that follows the finest of the marked ``within`` (row numbers, ``(n, m)``); none if asked just before.
        Slope ``(n, m)``; rung, an exponent, ``(n, 1)``.
        """
        last = np.where(entries, within, self.exponents.shape[0] - 2).min(axis=1)
        finer, rung = np.take_along_axis(self.exponents, np.stack([last, last + 1]), axis=0)
        fresh = entries.any(axis=1) & (self._asked != rung)
        fresh &= np.cumsum(fresh) <= self.room
        self.room -= int(fresh.sum())
        if fresh.any():
            far = self.x + np.take_along_axis(self.step_plus, (last + 1)[None], axis=0)[0]
            there = np.take_along_axis(self.plus, (last + 1)[None, :, None], axis=0)[0]
            small = np.ldexp(1.0, (finer - 3).clip(-1070, 1020).astype(np.int32))
            beside = far - np.maximum(small, 16 * np.spacing(np.abs(far)))
            slope = (there - self._sampled(beside[None], fresh[None])[0]) / (far - beside)[:, None]
            self._slope = np.where(fresh[:, None], slope, self._slope)
            self._asked = np.where(fresh, rung, self._asked)
        return self._slope, self._asked[:, None]

    def _sampled(self, points: Array, allowed: Array) -> Array:
        """Return ``f`` at the coordinate values ``points`` (q, n), shape ``(q, n, m)``."""
        values = np.full((*points.shape, self.f0.size), np.nan)
        moved = self.primal.x.copy()
        for rung, column in zip(*np.nonzero(allowed & np.isfinite(points)), strict=True):
            index = self.columns[column]
            kept = moved[index]
            moved[index] = points[rung, column]
            result = self.primal.at(moved)
            moved[index] = kept
            if result is not None:
                values[rung, column] = result
        values[~np.isfinite(values)] = np.nan
        return values


def leading(holds: Array) -> Array:
    """Return for how many rungs, from the finest on, something holds: from ``(R, n, m)`` to ``(n, m)``.

    Rung after rung: a fifth of the time of an accumulation along an axis that is not the last.

    Examples
    --------
    >>> leading(np.array([[[True]], [[True]], [[False]], [[True]]]))
    array([[2]])
    """
    count = np.zeros(holds.shape[1:], dtype=np.int64)
    so_far = np.ones(holds.shape[1:], dtype=bool)
    for one in holds:
        so_far &= one
        count += so_far
    return count
