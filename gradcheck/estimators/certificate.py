"""One central-difference direction that must agree with a Jacobian obtained otherwise.

The whole vector moves along one random direction, at rungs of a ladder that
spans the scales on which ``f`` may be smooth.  What is looked at is the
residual ``r(h) = (f(x + h v) - f(x - h v)) / 2h - J v``: for the right ``J`` it
is ``O(h**2)`` plus rounding, for a wrong one it tends to the mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.primal import Primal

__all__ = ["Confirmation", "confirm"]

_EPS = float(np.finfo(np.float64).eps)

# Relative steps 2**-k.  The three of the first group settle a function that is smooth on the scale of x; the
# others serve fast oscillation (sin(x**2) at 1e4) and points close to the edge of the domain.
_RUNGS = (9, 18, 27, 36, 44)
_FIRST = 3

# Share of the leading error term that is still granted after one extrapolation: rungs are 2**9 apart,
# so that the term itself shrinks by 2**18 and the next one by 2**36.
_GRANTED = 64.0

# Share of a residual that shrinks with the step itself which is granted.
_KINKED = 2.0

# Share of a row's scale by which two rungs may differ and still lie on the same parabola.
_BEYOND = 0.05

# A row counts as settled when the bar of the comparison is below this share of the row's own scale.
_SETTLED = 1e-3

# Changes of f below this share of |f| for a change of x by its own size are taken as none: a constant row.
_NEGLIGIBLE = 1e-6

_SEED = 20240311


@dataclass(frozen=True)
class Confirmation:
    """What the direction says: rows that disagree, are left unsettled, or step at large ``h``.

    ``wrong`` and ``weak`` and ``rough`` are Boolean of shape ``(m,)``; ``bar`` is the bound on
    ``|residual|`` that was applied, in units of ``f`` per unit of ``h``.
    """

    wrong: Array
    weak: Array
    rough: Array
    residual: Array
    bar: Array
    rungs: int


def _direction(x: Array) -> Array:
    """Return a random direction in which every entry moves by half to all of its own size."""
    rng = np.random.default_rng(_SEED)
    size = np.abs(x)
    typical = float(size.max(initial=0.0)) or 1.0
    scale = np.where(size > 0.0, size, typical)
    return np.asarray(scale * rng.uniform(0.5, 1.0, x.shape) * rng.choice((-1.0, 1.0), x.shape))


class _Ladder:
    """The rungs taken so far: residuals, bars of their own, and scales."""

    def __init__(self, primal: Primal, value: Array, jacobian: Array, spread: Array) -> None:
        self.primal = primal
        self.value = value
        self.jacobian = np.where(np.isfinite(jacobian), jacobian, 0.0)
        self.v = _direction(primal.x)
        self.spread = spread
        self.steps: list[float] = []
        self.residuals: list[Array] = []
        self.noise: list[Array] = []
        self.swings: list[Array] = []
        self.scale: Array = np.zeros(primal.m)

    def climb(self, exponent: int) -> None:
        """Take one pair of evaluations; nothing is kept where ``f`` raises."""
        h = 2.0**-exponent
        x = self.primal.x
        forward, backward = x + h * self.v, x - h * self.v
        ahead, behind = self.primal.at(forward), self.primal.at(backward)
        if ahead is None or behind is None:
            return
        moved = forward - backward
        with np.errstate(all="ignore"):
            predicted, size = self.jacobian @ moved, np.abs(self.jacobian) @ np.abs(moved)
            residual = (ahead - behind - predicted) / (2.0 * h)
            rounding = self._rounding(ahead, behind)
            swing = (np.abs(ahead - self.value) + np.abs(behind - self.value)) / (2.0 * h)
            level = size / (2.0 * h) + _NEGLIGIBLE * (np.abs(ahead) + np.abs(behind))
        # A rung whose points fall out of the domain says nothing about that row.
        self.residuals.append(residual)
        self.noise.append(rounding / (2.0 * h))
        self.swings.append(np.where(np.isfinite(swing), swing, 0.0))
        self.steps.append(h)
        self.scale = np.fmax(self.scale, np.where(np.isfinite(level), level, 0.0))

    def _rounding(self, ahead: Array, behind: Array) -> Array:
        """Return what rounding may do to ``ahead - behind``."""
        size = np.abs(ahead) + np.abs(behind)
        # Where f all but vanishes at the point it is rounded more coarsely beside it: for u**2 at u = 0 the
        # spread there is d**2 and beside it 2 u d, the geometric mean of d**2 and u**2.
        grown = np.where(size > 8.0 * np.abs(self.value), np.sqrt(self.spread * size), 0.0)
        return np.asarray(16.0 * (self.spread + grown) + 2.0 * _EPS * size)

    def verdict(self) -> Confirmation:
        """Judge every row by the narrowest rung that no finer one vetoes."""
        m = self.primal.m
        count = len(self.steps)
        if count == 0:
            nothing = np.full(m, np.inf)
            return Confirmation(np.ones(m, bool), np.ones(m, bool), np.zeros(m, bool), nothing, nothing, 0)
        raw = np.array(self.residuals)
        noise = np.array(self.noise)
        with np.errstate(all="ignore"):
            value, bar = self._extrapolated(raw, noise)
            best, best_bar = self._best(value, bar)
            weak = ~(best_bar <= 0.1 * self.scale) & ~((best == 0.0) & (self.scale == 0.0))
            wrong = ~(np.abs(best) <= best_bar)
            rough = ~(np.abs(raw[0]) <= 0.01 * self.scale + noise[0])
        return Confirmation(wrong, weak, rough, best, best_bar, count)

    def _extrapolated(self, raw: Array, noise: Array) -> tuple[Array, Array]:
        """Return each rung's residual, its ``h**2`` term removed by the next coarser rung, and its bar."""
        value, bar = raw.copy(), noise.copy()
        for k in range(len(self.steps)):
            usable = np.isfinite(raw[:k]) if k else np.zeros((0, self.primal.m), bool)
            alone = ~usable.any(axis=0)
            # At a stationary point f moves by its curvature alone, and so may what is left of it here.
            bar[k] += np.where(alone, 0.01 * np.fmax(self.scale, self.swings[k]), 0.0)
            if k == 0:
                continue
            ratio = (self.steps[k - 1] / self.steps[k]) ** 2
            drop = np.where(np.isfinite(raw[k - 1]), raw[k] - raw[k - 1], 0.0)
            value[k] += drop / (ratio - 1.0)
            bar[k] += _GRANTED * np.abs(drop) / ratio
            # Beside a kink of the first derivative the residual shrinks as the step does, and no faster.
            bar[k] += np.where(np.isfinite(raw[k - 1]), _KINKED * np.abs(raw[k - 1]) / np.sqrt(ratio), 0.0)
            # A coarser rung that misses by this much lies beyond the scale on which f is smooth: its distance
            # says nothing about the error left at this rung.
            bar[k] += np.where(np.abs(drop) > _BEYOND * self.scale, _BEYOND * self.scale, 0.0)
        return value, np.where(np.isfinite(value), bar, np.inf)

    def _best(self, value: Array, bar: Array) -> tuple[Array, Array]:
        count, m = value.shape
        best, best_bar = np.full(m, np.nan), np.full(m, np.inf)
        # From fine to coarse: a coarser rung counts only if every finer one agrees with it within both bars.
        valid = np.ones((count, m), bool)
        for k in range(count - 1, -1, -1):
            for finer in range(k + 1, count):
                close = np.abs(value[k] - value[finer]) <= bar[k] + bar[finer]
                valid[k] &= close | ~np.isfinite(value[finer])
            better = valid[k] & np.isfinite(value[k]) & (bar[k] < best_bar)
            best, best_bar = np.where(better, value[k], best), np.where(better, bar[k], best_bar)
        return best, best_bar


def confirm(primal: Primal, value: Array, jacobian: Array, spread: Array) -> Confirmation:
    """Compare ``J v`` with an extrapolated central difference along one random ``v``, row by row.

    Parameters
    ----------
    primal
        The function, already called once.
    value
        ``(m,)``: ``f`` at the point.
    jacobian
        ``(m, n)``.
    spread
        ``(m,)``: one standard deviation of the rounding of ``f`` at the point.

    Returns
    -------
    Confirmation
        At most ten evaluations; six where three rungs settle every row.

    Examples
    --------
    >>> primal = Primal(np.sin, [np.array([0.5])])
    >>> value = primal(primal.x)
    >>> bool(confirm(primal, value, np.array([[1.0]]), np.zeros(1)).wrong[0])
    True
    """
    ladder = _Ladder(primal, value, jacobian, spread)
    verdict = ladder.verdict()
    for taken, exponent in enumerate(_RUNGS, start=1):
        ladder.climb(exponent)
        if taken < _FIRST:
            continue
        verdict = ladder.verdict()
        settled = ~verdict.wrong & (verdict.bar <= _SETTLED * ladder.scale)
        if bool(np.all(settled | ((verdict.residual == 0.0) & ~verdict.wrong))):
            break
    return verdict
