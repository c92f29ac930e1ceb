"""Whether another Jacobian may be the claim, asked along one direction: one evaluation for all columns.

What is ruled out here would not have been named, for the product of a named Jacobian with any vector is the
claim's; what is not ruled out is taken in full, with its certificate and its bars.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.complex_step import complex_step_slope
from gradcheck.estimators.primal import Primal
from gradcheck.judge.question.problem import Problem

__all__ = ["Slope", "Slopes", "alike", "unlike"]

Slope = tuple[Array, Array]

_STEP = 2.0**-17
"""Relative to each coordinate: the cube root of eps, where rounding and truncation balance."""
_ROUGH = 1e-6
"""Share of the sum of a row's products by which a difference over that step may be off, generously."""
_SLACK = 2.0**-40
"""Share of that sum granted beside the bars: whoever resembles is compared in full anyway."""
_SEED = 20260711


class Slopes:
    """Products of Jacobians with one random vector in which each column counts.

    Parameters
    ----------
    like
        A Jacobian of the sizes in question, ``(m, n)``: its small columns are stretched, so that they show.
    continued
        Whether the complex step is asked first.
    bounded
        Whether points may be out of bounds: no differences are taken then.

    Attributes
    ----------
    nfev
        Evaluations of f so far.
    """

    def __init__(self, like: Array, *, continued: bool, bounded: bool) -> None:
        rng = np.random.default_rng(_SEED)
        like = np.where(np.isfinite(like), np.abs(like), 0.0)
        sizes = like.max(axis=0, initial=0.0)
        sizes[~((sizes > 1e-100) & (sizes < 1e100))] = 1.0
        self.v: Array = rng.choice((-1.0, 1.0), sizes.size) * rng.uniform(0.5, 1.0, sizes.size) / sizes
        self._size: Array = like @ np.abs(self.v)
        self._continued, self._bounded = continued, bounded
        self._primals: dict[int, Primal] = {}

    @property
    def nfev(self) -> int:
        """Evaluations of all functions so far."""
        return sum(primal.nfev for primal in self._primals.values())

    def of(self, value: Array, error: Array) -> Slope:
        """Return the product of a known Jacobian, and what its bars make of it."""
        with np.errstate(all="ignore"):
            return value @ self.v, error @ np.abs(self.v) + _SLACK * self._size

    def at(self, problem: Problem, x: Array) -> Slope | None:
        """Return the product of the Jacobian at ``x``, and its bar, both ``(m,)``; None where not known."""
        try:
            primal = self._primals.get(id(problem))
            if primal is None:
                primal = self._primals[id(problem)] = Primal(problem, [x])
                primal(x)
            found = complex_step_slope(primal, x, self.v) if self._continued else None
            return self._difference(primal, x) if found is None else found
        except Exception:
            # Another point may lie outside the domain.
            return None

    def _difference(self, primal: Primal, x: Array) -> Slope | None:
        if self._bounded:
            return None
        step = _STEP * float(np.min(np.where(x == 0, 1.0, np.abs(x)) / np.abs(self.v)))
        ahead, behind = primal(x + step * self.v), primal(x - step * self.v)
        with np.errstate(all="ignore"):
            value = (ahead - behind) / (2.0 * step)
            rounding = 2.0**-48 * (np.abs(ahead) + np.abs(behind)) / step
            return value, rounding + _ROUGH * (np.abs(value) + self._size)


def unlike(one: Slope | None, other: Slope) -> bool:
    """Whether some row is off by more than both bars; what is not known is not.

    Examples
    --------
    >>> here = np.array([1.0]), np.array([0.1])
    >>> unlike((np.array([1.3]), np.array([0.1])), here), unlike(None, here)
    (True, False)
    """
    with np.errstate(all="ignore"):
        return one is not None and bool(np.any(np.abs(one[0] - other[0]) > one[1] + other[1]))


def alike(one: Slope, other: Slope, bars: float) -> bool:
    """Whether every row agrees within so many of both bars; what is not known does not."""
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(one[0] - other[0]) <= bars * (one[1] + other[1])))
