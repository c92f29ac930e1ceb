"""Ripples narrower than the steps: what the values far from x say that those next to it do not.

A ripple, or noise, puts the values at each step off what coarser steps foretell, in the even part (second
differences) and in the odd one (quotients).  Noise is as loud near x as far from it.  Where ``f`` is loud at
some steps and quiet at two finer ones, it is no noise but structure, and its slope at x may be whatever the
quiet steps leave open: the bar grows by that.  (An even function is loud at all steps longer than it is
narrow, and its quotients are right at all of them.)  Where one rung alone is quiet, it may be so
by chance, and a rung beside it is asked for.

What no step tells of a ripple of height ``a`` and frequency ``w`` is told nowhere: below some eight roundings
of ``f`` it is lost in them, and the slope ``a w`` with it.
"""

from __future__ import annotations

import itertools

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.extrapolation import Best
from gradcheck.estimators.differences.ladder import NO_RUNG, Ladder, leading
from gradcheck.estimators.differences.noise import NEIGHBOURS

__all__ = ["distant_noise"]

#: Share of a quotient's deviation that may be of another power than the second.
_BENT = 0.1
#: Rungs that foretell a finer one, at most, and how many of them the answer is made of.
_FORETELLING, _OWN = 4, 3
#: A finer quotient contradicts an answer that is off by this many of its roundings.
_EDGE = 4.0
#: One loud rung stands for noise this many times as large.
_SAMPLES = 4.0
#: A rung is loud above this many times its rounding, and above this many times the loudest of the quiet ones,
_LOUD = 2.5
#: ... which are so by chance with this probability at most.
_CHANCE = 1e-3
#: A bar of this part of the value is narrow.
_MILD = 1e-6
#: Steps of this part of the largest other input may leave what is computed of all of them where it is.
_SWALLOWED = 2.0**-38


def distant_noise(
    ladder: Ladder, quotients: Array, best: Best, level: Array, floor: Array
) -> tuple[Array, Array]:
    """Return what noise at the distance of the answer's steps adds to its bar, ``(n, m)``, and a rung to ask.

    Parameters
    ----------
    quotients
        ``(R, n, m)``: central ones.
    best
        The answer; central is its first.
    level, floor
        ``(R, n, m)``: the noise as known so far, and the part of it that is no sample.
    """
    finest, value = best.rung[0], best.value[0]
    step = 0.5 * (ladder.step_plus + ladder.step_minus)[..., None] + np.zeros(level.shape)
    heard = _heard(ladder, quotients, step, best)
    loudest = heard.max(axis=0)
    here, alone = _at(level, finest), _at(floor, finest)
    contradicted = _contradicted(ladder, quotients, level / step, best)
    loud = np.isfinite(best.bar[0]) & (loudest > np.fmin(here, _LOUD * alone))
    if not loud.any():
        return contradicted, np.full(loud.shape, NO_RUNG)
    extra = np.where(loudest > here, _SAMPLES * (loudest - here) / _at(step, finest), 0.0)
    gap = np.abs(quotients - value)
    swallowed = (step <= _SWALLOWED * _beside(ladder)[:, None]).sum(axis=0)
    quiet, doubtful = _quiet(np.fmax(heard, gap * step), loudest, floor, finest, swallowed)
    last = np.fmax(quiet, doubtful).clip(min=1) - 1
    # Where f does not move at all nothing is heard, be it smooth or not.
    moves = _at(ladder.plus, last) != ladder.f0
    # Undecided: a rung where the loud ones begin would tell, or one more among the quiet ones.
    exponents = ladder.exponents[..., None] + np.zeros_like(finest)
    coarser = _at(exponents, np.fmin(last + 1, len(exponents) - 1))
    finer, before = _at(exponents, last), _at(exponents, np.fmax(last - 1, 0))
    among = (coarser - finer <= NEIGHBOURS) | (coarser == NO_RUNG)
    finer, coarser = np.where(among, before, finer), np.where(among, finer, coarser)
    asked = (quiet == 0) & (doubtful > 0) & moves & (coarser - finer > NEIGHBOURS)
    structure = moves & ((quiet > 0) | asked & (ladder.room >= 2)) & (loudest > _LOUD * alone)
    doubt = gap + 2.0 * level / step
    within = np.arange(len(heard))[:, None, None] < quiet
    left_open = np.where(within, doubt + heard / step, np.inf).min(axis=0)
    left_open = np.where(quiet > 0, left_open, _at(doubt, last))
    # What noise as loud would do is granted all the same where nobody knows better, or it costs little.
    granted = (quiet == 0) | (extra <= _MILD * np.abs(value))
    extra = np.where(structure, np.fmax(left_open, np.where(granted, extra, 0.0)), extra)
    # Two rungs below what is loud are enough where the bar that they leave is narrow all the same.
    below = leading(np.fmax(heard, gap * step) <= _LOUD * floor)
    mild = _at(doubt, (np.fmin(below, finest) - 1).clip(min=0))
    narrow = (below > 1) & (finest > 0) & (loudest > _LOUD * alone) & (mild <= _MILD * np.abs(value))
    extra = np.where(narrow, np.fmax(extra, mild), extra)
    probe = np.where(asked & structure & loud, finer + (coarser - finer) // 2, NO_RUNG)
    return np.fmax(np.where(loud, extra, 0.0), contradicted), probe


def _beside(ladder: Ladder) -> Array:
    """Return the largest of the other inputs of each column, ``(n,)``."""
    size = np.abs(ladder.primal.x)
    if size.size < 2:
        return np.zeros(ladder.columns.size)
    largest = int(np.argmax(size))
    next_largest = np.delete(size, largest).max()
    return np.asarray(np.where(ladder.columns == largest, next_largest, size[largest]))


def _quiet(
    heard: Array, loudest: Array, floor: Array, finest: Array, swallowed: Array
) -> tuple[Array, Array]:
    """Return how many rungs are quiet beyond chance, and how many are so perhaps by chance, ``(n, m)`` each.

    Of noise as loud as the loudest rung, a rung has both parts below a share ``q`` of it with the probability
    ``q**2``, and ``k`` rungs with ``q**(2 k)``.  Nothing is quieter than half a rounding.  The first
    ``swallowed`` rungs say nothing: what makes the noise may not have moved there at all.
    """
    quiet, doubtful = np.zeros(loudest.shape, dtype=np.int64), np.zeros(loudest.shape, dtype=np.int64)
    share = np.zeros(loudest.shape)
    for row, (here, rounding) in enumerate(zip(heard, floor, strict=True)):
        share = np.fmax(share, np.fmax(here, 0.5 * rounding) / loudest)
        still = (row < finest) & (share <= 1.0 / _LOUD)
        doubtful = np.where(still, row + 1, doubtful)
        heeded = np.fmax(row + 1 - swallowed, 0)
        quiet = np.where(still & (share ** (2 * heeded) <= _CHANCE), row + 1, quiet)
    return quiet, doubtful


def _contradicted(ladder: Ladder, quotients: Array, rounding: Array, best: Best) -> Array:
    """Return by how much a bar is too narrow to hold what finer rungs say, ``(n, m)``.

    An answer is believed where its bar meets theirs; where it holds no more than the edge of theirs, by
    accident, it is widened to their middle, and by their rounding.
    """
    off = _off_answer(quotients, _square(ladder), best)
    finer = np.arange(len(off))[:, None, None] < best.rung[0]
    short = np.where(finer & (off > _EDGE * rounding), off + 2.0 * rounding - best.bar[0], 0.0)
    short = np.where(np.isfinite(short), short, 0.0).max(axis=0)
    return np.asarray(short.clip(min=0.0))


def _heard(ladder: Ladder, quotients: Array, step: Array, best: Best) -> Array:
    """Return by how much the values at each rung are off what coarser ones foretell, ``(R, n, m)``.

    In the odd part and in the even one: each hears a ripple at the phases at which the other is deaf to it.
    """
    finest, coarsest = best.rung[0], best.coarsest[0]
    second = (ladder.plus - ladder.f0) - (ladder.f0 - ladder.minus)
    rungs = second.shape[0]
    heard = np.zeros(second.shape)
    if rungs < 3:
        return heard
    square = _square(ladder)
    bend = second / square
    even = 0.5 * _off(bend, square, finest, coarsest) * square
    off = np.fmax(
        _off(quotients, square, finest, coarsest), _off_answer(quotients, square, best) - best.bar[0]
    )
    odd = off * step
    # What finer rungs see too, for only coarser ones jump over it, is no noise.
    even[1:] = np.fmin(even[1:], 0.5 * np.abs(bend[1:] - bend[:-1]) * square[1:])
    # The bar knows by how much the answer's own finest quotient is off.
    odd = np.where(np.arange(rungs)[:, None, None] < finest, odd, 0.0)
    odd[1:] = np.fmin(odd[1:], np.abs(quotients[1:] - quotients[:-1]) * step[1:])
    return np.nan_to_num(np.fmax(even, odd), nan=0.0, posinf=0.0)


def _off(values: Array, square: Array, finest: Array, coarsest: Array) -> Array:
    """Return by how much polynomials in ``square`` are off what coarser rungs foretell, ``(R, n, m)``.

    Told for rungs up to ``finest`` (n, m), by two or three of those that follow, up to ``coarsest`` (n, m),
    and by the one behind them.
    """
    row = np.arange(len(values))[:, None, None]
    near, change = values[1:].copy(), np.full(values[1:].shape, np.inf)
    # Neville's scheme at each rung: of the rungs behind it, one polynomial for each to begin with.
    behind = [values[j:] for j in range(1, min(_FORETELLING, len(values) - 1) + 1)]
    for level in range(1, len(behind)):
        before, behind = behind[0], _next_level(behind, square, level)
        rows = len(behind[0])
        # The rung next to the answer's coarsest may tell, too, by how much it moves what the others foretell.
        known = row[:rows] + min(level + 1, _OWN) <= coarsest
        near[:rows] = np.where(known, behind[0], near[:rows])
        change[:rows] = np.where(known, behind[0] - before[:rows], change[:rows])
    off = np.abs(values[:-1] - near) - np.abs(change)
    found = np.zeros(values.shape)
    found[:-1] = np.where((row[:-1] <= finest) & (off > 0), off, 0.0)
    return found


def _next_level(behind: list[Array], square: Array, level: int) -> list[Array]:
    """Return polynomials one degree higher, at each rung: the first of ``behind`` begin behind it."""
    higher = []
    for j, (finer, coarser) in enumerate(itertools.pairwise(behind), 1):
        rows = len(coarser)
        here, first, last = square[:rows], square[j : j + rows], square[j + level :]
        higher.append(finer[:rows] + (finer[:rows] - coarser) * (first - here) / (last - first))
    return higher


def _square(ladder: Ladder) -> Array:
    """Return the squares of the steps by that of the coarsest, ``(R, n, 1)``; NaN without a rung."""
    octaves = np.where(ladder.exponents == NO_RUNG, np.nan, ladder.exponents)
    return np.asarray(np.exp2(2.0 * (octaves - np.fmax.reduce(octaves, axis=0)))[..., None])


def _off_answer(quotients: Array, square: Array, best: Best) -> Array:
    """Return by how much quotients are off the parabola of the answer and its finest one, ``(R, n, m)``."""
    value, finest = best.value[0], best.rung[0]
    share = square / _at(square + np.zeros(quotients.shape), finest)
    bend = (_at(quotients, finest) - value) * share
    off: Array = np.abs(quotients - value - bend) - _BENT * np.abs(bend)
    return off


def _at(values: Array, row: Array) -> Array:
    found: Array = np.take_along_axis(values, row[None], axis=0)[0]
    return found
