"""Richardson extrapolation of a whole ladder at once, each candidate with an error bar.

Neville's scheme (Stoer and Bulirsch, *Introduction to Numerical Analysis*, 3rd ed.,
eq. 3.5.8) over every window of neighbouring rungs.  A candidate's bar is the
disagreement of the two extrapolants it is made of, in the worse direction, plus
its rounding.  Which candidates may be believed is Lepski's rule (O. Lepski, Theory
Probab. Appl. 35, 1991): a coarse answer has to agree with every finer rung within
that rung's own uncertainty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Best", "best_window", "quotient_intervals"]

Array = np.ndarray[Any, np.dtype[Any]]

#: Longest window: seven rungs, order 14 for central differences; more only amplifies rounding.
MAX_LEVEL = 6
#: Rounding enters a bar twice as large as it was measured: few samples underestimate.
ROUNDING_SAFETY = 2.0
#: Rounding allowed to a rung that may veto: only a gross disagreement shall cost precision.
VETO_SAFETY = 8.0
#: One level cannot gain more than three digits: guards against a disagreement that is small by accident.
LEVEL_GAIN = 2.0**-10
#: A level that shrinks the disagreement by less than this no longer converges.
STALL = 0.5


class Best(NamedTuple):
    """The candidate with the smallest believable bar, arrays ``(3, n, m)``.

    ``value``; ``bar`` (inf when no candidate is believable), of which ``truncation`` is
    the part that finer steps would shrink and ``rounding`` the part that coarser ones would.
    """

    value: Array
    bar: Array
    truncation: Array
    rounding: Array


def _weight(exponents: Array, level: int) -> Array:
    """Return Neville's ``1 / (ratio**p - 1)``, shape ``(3, R - level, n, 1)``; p = 2, 1, 1."""
    octaves = (exponents[level:] - exponents[:-level]).astype(np.float64)
    ratio = np.exp2(np.stack([2.0 * octaves, octaves, octaves]))
    return (1.0 / (ratio - 1.0))[..., None]


def quotient_intervals(
    quotients: Array, noise: Array, exponents: Array, silent: Array
) -> tuple[Array, Array]:
    """Return what the rungs up to each one leave possible: ``(low, high)``, shapes ``(3, R, n, m)``.

    ``noise`` is the rounding of each quotient; rungs marked ``silent`` say nothing.
    The truncation of a rung is judged from its coarser neighbour.
    """
    width = VETO_SAFETY * noise
    width[:, :-1] += (
        2.0 * np.abs(quotients[:, 1:] - quotients[:, :-1]).clip(max=1e300) * _weight(exponents, 1)
    )
    width = np.where(silent, np.inf, width)
    low = np.fmax.accumulate(quotients - width, axis=1)
    high = np.fmin.accumulate(quotients + width, axis=1)
    return low, high


def best_window(quotients: Array, noise: Array, exponents: Array, silent: Array) -> Best:
    """Return the best believable extrapolant of central, right and left difference quotients.

    Parameters
    ----------
    quotients, noise
        ``(3, R, n, m)``: difference quotients, finest first, and the rounding of each,
        units of f per unit of x.  NaN quotients are rungs without values.
    exponents
        ``(R, n)``: binary logarithms of the steps.
    silent
        Broadcastable to ``(3, R, n, m)``: rungs that may not veto.
    """
    low, high = quotient_intervals(quotients, noise, exponents, silent)
    value, rounding = quotients, ROUNDING_SAFETY * noise
    spread_before: Array | None = None
    found: list[tuple[Array, Array, Array, Array]] = []
    truncation = np.zeros_like(quotients)
    for level in range(1, min(MAX_LEVEL, quotients.shape[1] - 1) + 1):
        weight = _weight(exponents, level)
        spread = np.abs(value[:, :-1] - value[:, 1:])
        value = value[:, :-1] + weight * (value[:, :-1] - value[:, 1:])
        rounding = (1.0 + weight) * rounding[:, :-1] + weight * rounding[:, 1:]
        guard = LEVEL_GAIN * np.maximum(truncation[:, :-1], truncation[:, 1:])
        truncation = np.maximum((1.0 + weight) * spread, guard)
        bar = truncation + rounding
        if spread_before is not None:
            stalled = spread > STALL * np.maximum(spread_before[:, :-1], spread_before[:, 1:])
            bar = np.where(stalled & (weight * spread > 4.0 * rounding), np.inf, bar)
        spread_before = spread
        inside = (value[:, 1:] - bar[:, 1:] <= high[:, : -level - 1]) & (
            value[:, 1:] + bar[:, 1:] >= low[:, : -level - 1]
        )
        bar[:, 1:] = np.where(inside, bar[:, 1:], np.inf)
        found.append((value, bar, truncation, rounding))
    if not found:
        nothing = np.full((3, *quotients.shape[2:]), np.nan)
        return Best(nothing, np.full_like(nothing, np.inf), nothing, nothing)
    return _smallest(*(np.concatenate(parts, axis=1) for parts in zip(*found, strict=True)))


def _smallest(value: Array, bar: Array, truncation: Array, rounding: Array) -> Best:
    bar = np.where(np.isfinite(value) & np.isfinite(bar), bar, np.inf)
    chosen = np.argmin(bar, axis=1)[:, None]
    return Best(*(np.take_along_axis(a, chosen, axis=1)[:, 0] for a in (value, bar, truncation, rounding)))
