"""Slopes from difference quotients of a function whose errors are known, and not only seen.

A Jacobian taken numerically is smooth over tiny steps in its errors too, so that the finest quotients agree
with each other and are wrong.  Its error bar ``e`` says how wrong: a quotient over ``h`` is off by ``e / h``.
"""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array

__all__ = ["slopes"]

_CLOSEST, _FARTHEST = 1.5, 4096.0
"""Ratio of neighbouring steps from which a quotient of theirs is extrapolated."""

_SMOOTH = 2.0
"""Times the share that an error of order ``h**2`` leaves, up to which terms of higher order explain it."""
_GOES_ON = 0.9
"""Of a change that shrinks no faster from octave to octave than this there is no end: ``log h`` has none."""


def slopes(steps: Array, quotients: Array, noise: Array) -> tuple[Array, Array]:
    """Return the slopes and their error bars, ``(m, n)``; NaN and inf where no three quotients hold together.

    Three neighbouring steps give two extrapolations to step 0 (Richardson 1911); their disagreement, which is
    the error of the coarser, and what the noise does to both are the bar of the finer.  A finer quotient that
    contradicts it beyond its own noise vetoes it.  Quotients that come nearer to each other more slowly than
    those of a smooth function have their way still to go in the bar; where they come no nearer at all, as
    those of ``|x|**0.5`` at 0, there is no slope.

    Parameters
    ----------
    steps
        ``(rungs, n)``, units of x; 0 where a column has no such rung.
    quotients
        ``(rungs, m, n)``: central differences over those steps; NaN where unusable.
    noise
        ``(rungs, m, n)``: a bound on the error of the function's values, at these steps and at shorter ones.

    Examples
    --------
    >>> h = np.array([[0.1], [0.05], [0.025]])
    >>> value, error = slopes(h, np.sin(h)[:, None] / h[:, None], np.zeros((3, 1, 1)))
    >>> bool(abs(value - 1) <= error), bool(error < 1e-6)
    (True, True)
    """
    _, m, n = quotients.shape
    value, error = np.full((m, n), np.nan), np.full((m, n), np.inf)
    for column in range(n):
        used = np.flatnonzero(steps[:, column] > 0)
        order = used[np.argsort(steps[used, column])]
        value[:, column], error[:, column] = _column(
            steps[order, column], quotients[order, :, column], noise[order, :, column]
        )
    return value, error


def _column(h: Array, q: Array, noise: Array) -> tuple[Array, Array]:
    """Return the slopes of one column, ``h`` ascending ``(rungs,)``, ``q`` and ``noise`` ``(rungs, m)``."""
    value, error = np.full(q.shape[1], np.nan), np.full(q.shape[1], np.inf)
    doubt = noise / h[:, None]
    for first in range(len(h)):
        second = _next(h, first)
        third = _next(h, second)
        if third is None or second is None:
            continue
        fine, fine_doubt = _extrapolated(h, q, doubt, first, second)
        coarse, coarse_doubt = _extrapolated(h, q, doubt, second, third)
        bar = np.abs(fine - coarse) + fine_doubt + coarse_doubt
        bar = bar + _way_to_go(h, q, doubt, (first, second, third))
        # A finer quotient is off by its own share of the quadratic term too.
        bend = 2.0 * np.abs(q[first] - fine) * (h[:first, None] / h[first]) ** 2
        contradicted = (np.abs(q[:first] - fine) > bar + doubt[:first] + bend).any(axis=0)
        better = np.isfinite(fine) & (bar < error) & ~contradicted
        value, error = np.where(better, fine, value), np.where(better, bar, error)
    return value, error


def _way_to_go(h: Array, q: Array, doubt: Array, rungs: tuple[int, int, int]) -> Array:
    """Return how far the quotients may still go by the pace of their last changes, ``(m,)``; inf: for ever.

    0 where they change as a smooth function's do, whose extrapolation knows the rest.
    """
    first, second, third = rungs
    near, far = np.abs(q[first] - q[second]), np.abs(q[second] - q[third])
    near = np.where(near > doubt[first] + doubt[second], near, 0.0)
    far = far + doubt[second] + doubt[third]
    square = (h[[second, third]] ** 2 - h[[first, second]] ** 2).astype(np.float64)
    octaves = np.log2(h[[second, third]] / h[[first, second]])
    with np.errstate(all="ignore"):
        smooth = near <= _SMOOTH * far * square[0] / square[1]
        slowed = (near / octaves[0]) / (far / octaves[1])
        # What a change over all octaves between the middles of the two is, over those of the first.
        decay = slowed ** (2.0 * octaves[0] / octaves.sum())
        rest = np.where(decay < _GOES_ON, near * decay / (1.0 - decay), np.inf)
    return np.where(smooth | (near == 0), 0.0, rest)


def _next(h: Array, rung: int | None) -> int | None:
    """Return the next coarser rung that is far enough from ``rung``, and not too far."""
    if rung is None:
        return None
    fit = (h >= _CLOSEST * h[rung]) & (h <= _FARTHEST * h[rung])
    return int(np.argmax(fit)) if fit.any() else None


def _extrapolated(h: Array, q: Array, doubt: Array, fine: int, coarse: int) -> tuple[Array, Array]:
    """Return the quotient at step 0 through two, error of order ``h**4``, and what their noise does to it."""
    square = (h[coarse] / h[fine]) ** 2
    # A quotient of two equal numbers is off by half an ulp of it at least.
    rounding = 4.0 * np.finfo(np.float64).eps * np.abs(q[fine])
    value = q[fine] + (q[fine] - q[coarse]) / (square - 1.0)
    return value, (square * doubt[fine] + doubt[coarse]) / (square - 1.0) + rounding
