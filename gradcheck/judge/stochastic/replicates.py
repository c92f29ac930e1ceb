r"""Slopes of the mean of a random function, with their statistical error.

Differences are taken over a ladder of steps, each several times with fresh draws.  A bar has three parts:
the spread of the mean of the extrapolated quotients, by Student's t at a level shared by all entries and
looks; the disagreement of neighbouring extrapolants; and what a finer one disagrees beyond its own spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import stdtrit

from gradcheck.arrays import Array

__all__ = ["LEVEL", "Slopes", "mean_error", "quantile"]

LEVEL = 1e-6
"""Probability with which one check may call a right derivative wrong, all entries and looks together."""
_TOP = 0.5
"""Largest step, relative to the input or to 1, whichever is larger."""
_FINEST = 2.0**-10
"""Smallest step, relative to the input or to 1, whichever is smaller."""
_MOST_RUNGS = 40
"""Rungs down to 1e-12 of the largest: finer ones would hold nothing but rounding."""
_ROUNDING = 8.0 * 2.0**-52
"""Rounding of one value of f that repeats itself, so that no spread shows it: a few eps."""
_SOFT = 6.0
"""Student's t with which steps are compared of which four replicates are known: at the level of a verdict it
would be hundreds, and the noisiest step the best."""
_FOLLOWED = 3
"""Neighbouring rungs that are replicated further: two extrapolants, and their disagreement."""


def quantile(level: float, df: Array) -> Array:
    """Return Student's t that a two-sided test at ``level`` with ``df`` degrees of freedom compares with.

    Examples
    --------
    >>> round(float(quantile(0.05, np.array(10.0))), 3)
    2.228
    """
    found: Array = -stdtrit(np.maximum(df, 1.0), 0.5 * level)
    return found


def mean_error(samples: Array, level: float) -> tuple[Array, Array]:
    """Return the mean of ``samples`` ``(R, …)`` and its error bar at ``level``, R at least 2.

    Examples
    --------
    >>> mean, bar = mean_error(np.array([[1.0], [3.0], [2.0]]), 0.05)
    >>> mean, bar.round(3)
    (array([2.]), array([2.484]))
    """
    count = len(samples)
    with np.errstate(all="ignore"):
        spread = np.sqrt(samples.var(axis=0, ddof=1) / count)
        return samples.mean(axis=0), quantile(level, np.array(count - 1.0)) * spread


def _ladder(x: float, lower: float, upper: float) -> Array:
    """Return steps, finest first, each twice the one before, that stay inside the bounds on both sides."""
    top = _TOP * max(abs(x), 1.0)
    finest = _FINEST * min(abs(x) or 1.0, 1.0)
    count = min(_MOST_RUNGS, int(np.ceil(np.log2(top / finest))) + 1)
    steps = top * 2.0 ** -np.arange(count)[::-1]
    return steps[(x - steps >= lower) & (x + steps <= upper) & (x + steps > x)]


@dataclass
class Slopes:
    """One column of the Jacobian of a mean: quotients for each step, gathered so far.

    Parameters
    ----------
    evaluate
        ``f`` at a flat point, ``(m,)``; NaN where it cannot be evaluated.
    x, column
        The point, and which of its entries moves.
    lower, upper
        Limits of that entry.
    """

    evaluate: Callable[[Array], Array]
    x: Array
    column: int
    lower: float
    upper: float
    steps: Array = field(init=False)
    slopes: list[list[Array]] = field(init=False)
    bends: list[list[Array]] = field(init=False)
    size: Array | float = 0.0

    def __post_init__(self) -> None:
        self.steps = _ladder(float(self.x[self.column]), self.lower, self.upper)
        self.slopes = [[] for _ in self.steps]
        self.bends = [[] for _ in self.steps]

    def replicate(self, rungs: Array, times: int, *, bent: bool = True) -> None:
        """Evaluate ``f`` on both sides at ``rungs``, ``times`` more times; neighbours in time form a pair.

        With ``bent`` at the point itself too, which tells a kink.
        """
        for _ in range(times):
            for k in rungs:
                plus, minus = self.x.copy(), self.x.copy()
                plus[self.column] += self.steps[k]
                minus[self.column] -= self.steps[k]
                above, below = self.evaluate(plus), self.evaluate(minus)
                width = plus[self.column] - minus[self.column]
                with np.errstate(all="ignore"):
                    self.slopes[k].append((above - below) / width)
                    self.size = np.fmax(self.size, np.fmin(np.abs(above), np.abs(below)))
                    if bent:
                        here = self.evaluate(self.x)
                        self.bends[k].append((above + below - 2.0 * here) / (0.5 * width))

    def followed(self, level: float) -> Array:
        """Return the neighbouring rungs from which most is to be expected of more replicates."""
        if len(self.steps) < _FOLLOWED:
            return np.arange(len(self.steps))
        _, bars, _ = self._extrapolants(level, softened=True)
        with np.errstate(all="ignore"):
            score = np.where(np.isfinite(bars), np.log(bars + 1e-300), np.inf)
            total = np.where(
                np.isfinite(score).any(axis=1), np.nanmean(np.minimum(score, 700.0), axis=1), np.inf
            )
        best = int(np.argmin(total))
        return np.arange(best, best + _FOLLOWED)

    def estimate(self, level: float, since: int = 0) -> tuple[Array, Array, Array]:
        """Return value, bar and whether it is kinked, ``(m,)`` each; from the replicates ``since`` one on.

        NaN with an infinite bar where no step is usable.
        """
        rows = np.shape(self.size)
        if len(self.steps) < _FOLLOWED or not self.slopes[0]:
            return np.full(rows, np.nan), np.full(rows, np.inf), np.zeros(rows, dtype=bool)
        values, bars, kinked = self._extrapolants(level, since=since)
        usable = np.where(np.isfinite(bars), bars, np.inf)
        best = np.argmin(usable, axis=0)[None]
        bar = np.take_along_axis(usable, best, axis=0)[0]
        value = np.take_along_axis(values, best, axis=0)[0]
        kink = np.take_along_axis(kinked, best, axis=0)[0]
        return np.where(np.isfinite(bar), value, np.nan), bar, kink & np.isfinite(bar)

    def _extrapolants(
        self, level: float, *, softened: bool = False, since: int = 0
    ) -> tuple[Array, Array, Array]:
        """Return values, bars and kinks ``(rungs - 2, m)`` of the extrapolants, finest step first."""
        mean, variance, df = _moments(self.slopes, since)
        with np.errstate(all="ignore"):
            variance = variance + (_ROUNDING * self.size / self.steps[:, None]) ** 2
            value, spread, freedom = _combined(mean, variance, df, (4.0 / 3.0, -1.0 / 3.0))
            t = np.full(freedom.shape, _SOFT) if softened else quantile(level, freedom)
            noise = t * spread
            gap = np.abs(value[:-1] - value[1:])
            veto = np.zeros(gap.shape)
            for k in range(1, len(gap)):
                apart = np.abs(value[:k] - value[k])
                beyond = apart - t[:k] * np.sqrt(spread[:k] ** 2 + spread[k] ** 2)
                veto[k] = np.nan_to_num(np.max(beyond, axis=0), nan=0.0).clip(min=0.0)
            bars = noise[:-1] + gap + veto
            kinked = self._kinked(level, since)[: len(bars)]
        return value[:-1], bars, kinked

    def _kinked(self, level: float, since: int) -> Array:
        """Return whether slopes differ on the two sides by more than their spread, however small the step."""
        mean, variance, df = _moments(self.bends, since)
        if mean.ndim < np.ndim(self.size) + 1:
            return np.zeros((len(self.steps), *np.shape(self.size)), dtype=bool)
        variance = variance + (2.0 * _ROUNDING * self.size / self.steps[:, None]) ** 2
        bend, spread, freedom = _combined(mean, variance, df, (2.0, -1.0))
        # The bend of a smooth function halves with its step: what is left at step 0 is a kink's.
        left = np.abs(bend) > quantile(level, freedom) * spread + np.abs(mean[:-1] - bend)
        found: Array = left
        return found


def _moments(samples: list[list[Array]], since: int) -> tuple[Array, Array, Array]:
    """Return mean and variance of the mean ``(rungs, m)``, and degrees of freedom ``(rungs, 1)``."""
    kept = [rung[since:] if since else rung for rung in samples]
    rows = next((np.shape(rung[0]) for rung in samples if rung), ())
    mean, variance = np.full((len(kept), *rows), np.nan), np.full((len(kept), *rows), np.nan)
    df = np.ones((len(kept), 1))
    for k, rung in enumerate(kept):
        if len(rung) >= 2:
            stack = np.array(rung)
            mean[k], variance[k] = stack.mean(axis=0), stack.var(axis=0, ddof=1) / len(rung)
            df[k] = len(rung) - 1.0
    return mean, variance, df


def _combined(
    mean: Array, variance: Array, df: Array, weights: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Return a weighted sum of neighbours, its standard error, and Welch's degrees of freedom."""
    one, two = weights
    value = one * mean[:-1] + two * mean[1:]
    parts = one**2 * variance[:-1], two**2 * variance[1:]
    total = parts[0] + parts[1]
    with np.errstate(all="ignore"):
        freedom = total**2 / (parts[0] ** 2 / df[:-1] + parts[1] ** 2 / df[1:])
    return value, np.sqrt(total), np.where(np.isfinite(freedom), freedom, np.minimum(df[:-1], df[1:]))
