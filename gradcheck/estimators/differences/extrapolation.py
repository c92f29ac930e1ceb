"""Richardson extrapolation of a whole ladder at once, each candidate with an error bar.

Neville's scheme (Stoer and Bulirsch, *Introduction to Numerical Analysis*, 3rd ed.,
eq. 3.5.8) over every window of neighbouring rungs.  A candidate's bar is the
disagreement of the two extrapolants it is made of, in the worse direction, plus
its rounding.  Which candidates may be believed is Lepski's rule (O. Lepski, Theory
Probab. Appl. 35, 1991): a coarse answer has to agree with every finer rung within
that rung's own uncertainty.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array

__all__ = ["Best", "best_window"]


#: Longest window: seven rungs, order 14 for central differences; more only amplifies rounding.
MAX_LEVEL = 6
#: Rounding enters a bar twice as large as it was measured: few samples underestimate.
ROUNDING_SAFETY = 2.0
#: Rounding allowed to a rung that may veto: only a gross disagreement shall cost precision.
VETO_SAFETY = 8.0
#: One level cannot gain more than four digits: guards against a disagreement that is small by accident.
LEVEL_GAIN = 2.0**-14
#: Two rungs alone have nothing to confirm their disagreement by.
_PAIR_SAFETY = 2.0
#: A level that shrinks the disagreement by less than this no longer converges.
STALL = 0.5
#: Candidates held at once: more fall out of a core's cache, and take twice as long.
_AT_ONCE = 2**17


class Best(NamedTuple):
    """The candidate with the smallest believable bar, arrays ``(s, n, m)``.

    ``value``; ``bar`` (inf when no candidate is believable), of which ``truncation`` is
    the part that finer steps would shrink and ``rounding`` the part that coarser ones would;
    ``rung`` and ``coarsest``, the finest and the coarsest of those it is made of.  ``rival``: of the
    candidates of coarser rungs, which finer ones contradict, that with the smallest bar, ``rival_bar``; inf
    where there is none.
    """

    value: Array
    bar: Array
    truncation: Array
    rounding: Array
    rung: Array
    coarsest: Array
    rival: Array
    rival_bar: Array


@functools.lru_cache(maxsize=64)
def _windows(rungs: int) -> tuple[Array, Array, tuple[slice, ...]]:
    """Return the finest and the coarsest rung of every window of 2 to 7 rungs, and each level's slice."""
    levels = range(1, min(MAX_LEVEL, rungs - 1) + 1)
    finest = np.concatenate([np.arange(rungs - level) for level in levels])
    coarsest = np.concatenate([np.arange(level, rungs) for level in levels])
    ends = np.cumsum([0] + [rungs - level for level in levels]).tolist()
    return finest, coarsest, tuple(slice(a, b) for a, b in itertools.pairwise(ends))


def _weights(exponents: Array, finest: Array, coarsest: Array, orders: Sequence[int]) -> Array:
    """Return Neville's ``1 / (ratio**p - 1)`` of each window, ``(s, W, n, 1)``; ``p`` from ``orders``."""
    ratio = np.exp2((exponents[coarsest] - exponents[finest]).astype(np.float64))
    by_order = {1: 1.0 / (ratio - 1.0), 2: 1.0 / (ratio * ratio - 1.0)}
    return np.stack([by_order[order] for order in orders])[..., None]


def _possible(quotients: Array, noise: Array, weights: Array) -> tuple[Array, Array]:
    """Return what the rungs up to each one leave possible: ``(low, high)``, shapes ``(s, R, n, m)``.

    ``weights`` of neighbouring rungs.  The truncation of a rung is judged from its coarser neighbour.
    """
    width = VETO_SAFETY * noise
    width[:, :-1] += 2.0 * np.abs(quotients[:, 1:] - quotients[:, :-1]) * weights
    return np.fmax.accumulate(quotients - width, axis=1), np.fmin.accumulate(quotients + width, axis=1)


def best_window(
    quotients: Array,
    noise: Array,
    exponents: Array,
    orders: Sequence[int] = (2, 1, 1),
) -> Best:
    """Return the best believable extrapolant of central, right and left difference quotients.

    Parameters
    ----------
    quotients, noise
        ``(s, R, n, m)``: difference quotients, finest first, and the rounding of each,
        units of f per unit of x.  NaN quotients are rungs without values.
    exponents
        ``(R, n)``: binary logarithms of the steps.
    orders
        ``(s,)``: power of the step, 2 or 1, in the leading error of each kind of quotient.
    """
    kinds, rungs, n, m = quotients.shape
    if rungs < 2:
        nothing = np.full((kinds, n, m), np.nan)
        no_rung = np.zeros(nothing.shape, dtype=np.int64)
        wide = np.full_like(nothing, np.inf)
        return Best(nothing, wide, nothing, nothing, no_rung, no_rung, nothing, wide)
    entries = _AT_ONCE // (kinds * _windows(rungs)[0].size)
    if n * m <= entries:
        return _best(quotients, noise, exponents, orders)
    columns, rows = min(n, entries), max(1, entries // n)
    dtypes = (*[np.float64] * 4, np.int64, np.int64, np.float64, np.float64)
    best = Best(*(np.empty((kinds, n, m), dtype) for dtype in dtypes))
    for j, i in itertools.product(range(0, n, columns), range(0, m, rows)):
        block = (..., slice(j, j + columns), slice(i, i + rows))
        part = _best(quotients[block], noise[block], exponents[:, block[1]], orders)
        for kept, found in zip(best, part, strict=True):
            kept[block] = found
    return best


def _best(quotients: Array, noise: Array, exponents: Array, orders: Sequence[int]) -> Best:
    finest, coarsest, levels = _windows(quotients.shape[1])
    weights = _weights(exponents, finest, coarsest, orders)
    value, truncation, rounding, stalled = _neville(quotients, noise, weights, levels)
    stalled[:, levels[0]] |= _unsettled(quotients, noise, exponents, orders)
    truncation[:, levels[0]] *= _PAIR_SAFETY
    stalled |= stalled[:, levels[0]][:, finest]
    bar = truncation + rounding
    low, high = _possible(quotients, noise, weights[:, levels[0]])
    later = np.flatnonzero(finest)
    before = finest[later] - 1
    v, b = value[:, later], bar[:, later]
    vetoed = np.zeros(bar.shape, dtype=bool)
    vetoed[:, later] = ~((v - b <= high[:, before]) & (v + b >= low[:, before]))
    bar[stalled | ~np.isfinite(value) | np.isnan(bar)] = np.inf
    chosen = np.argmin(np.where(vetoed, np.inf, bar), axis=1)
    against = vetoed & (finest[:, None, None] > finest[chosen][:, None])
    rival = np.argmin(np.where(against, bar, np.inf), axis=1)
    kinds, columns, rows = np.indices(chosen.shape, sparse=True)
    at, other = (kinds, chosen, columns, rows), (kinds, rival, columns, rows)
    return Best(
        value[at],
        np.where(vetoed[at], np.inf, bar[at]),
        truncation[at],
        rounding[at],
        finest[chosen],
        coarsest[chosen],
        value[other],
        np.where(against[other], bar[other], np.inf),
    )


def _neville(
    quotients: Array, noise: Array, weights: Array, levels: tuple[slice, ...]
) -> tuple[Array, Array, Array, Array]:
    """Return value, truncation, rounding and whether convergence stalled, each ``(s, W, n, m)``."""
    shape = (len(quotients), levels[-1].stop, *quotients.shape[2:])
    values, truncations, roundings = np.empty(shape), np.empty(shape), np.empty(shape)
    stalled = np.zeros(shape, dtype=bool)
    value, rounding = quotients, ROUNDING_SAFETY * noise
    spread = truncation = value[:, :0]
    for window in levels:
        weight = weights[:, window]
        difference = value[:, :-1] - value[:, 1:]
        correction = weight * difference
        value = value[:, :-1] + correction
        rounding = rounding[:, :-1] + weight * (rounding[:, :-1] + rounding[:, 1:])
        before, spread, moved = spread, np.abs(difference), np.abs(correction)
        earlier, truncation = truncation, spread + moved
        if window.start:
            guard = np.maximum(earlier[:, :-1], earlier[:, 1:])
            truncation = np.maximum(truncation, LEVEL_GAIN * guard)
            slow = spread > STALL * np.maximum(before[:, :-1], before[:, 1:])
            stalled[:, window] = slow & (moved > 4.0 * rounding)
        values[:, window], truncations[:, window], roundings[:, window] = value, truncation, rounding
    return values, truncations, roundings, stalled


def _unsettled(quotients: Array, noise: Array, exponents: Array, orders: Sequence[int]) -> Array:
    """Return which pairs of neighbouring quotients do not settle, ``(s, R - 1, n, m)``.

    Those of ``x log x`` go on by the same amount from octave to octave.  Central ones are asked at the finest
    pair alone: no finer rung confirms it.  At an edge of the domain every pair is asked, and one that is too
    noisy to tell is as its coarser neighbour.
    """
    spread = np.abs(quotients[:, :-1] - quotients[:, 1:])
    unsettled = np.zeros(spread.shape, dtype=bool)
    if spread.shape[1] < 2:
        return unsettled
    octaves = (exponents[1:] - exponents[:-1])[..., None]
    pace = spread / octaves
    doubt = 4.0 * (noise[:, :-2] + noise[:, 1:-1])
    unsettled[:, :-1] = (pace[:, :-1] > STALL * pace[:, 1:]) & (spread[:, :-1] > doubt)
    central = np.array(orders) == 2
    unsettled[central, 1:] = False
    blind = (doubt > STALL * pace[:, 1:] * octaves[:-1]) & ~central[:, None, None, None]
    for pair in range(spread.shape[1] - 3, -1, -1):
        unsettled[:, pair] |= blind[:, pair] & unsettled[:, pair + 1]
    return unsettled
