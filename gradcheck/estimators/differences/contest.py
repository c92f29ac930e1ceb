"""Which of two answers is right: that of fine steps, or one of coarse steps that contradicts it.

Fine steps tell the slope at x, unless ``f`` moves there only because something inside it was rounded: an
intermediate result rounded more coarsely than the output (``1 - (1 - x)``, ``(1 - cos x) / x**2``, float32
inside float64, a decomposition that takes tiny entries for 0) makes ``f`` a row of teeth, and steps within
one tooth agree to the last bit on the tooth's own slope.  Coarse steps tell the slope over a distance, unless
``f`` varies faster.  Both may look certain.  What decides is how ``f`` leaves the parabola of the fine one:

- smoothly, on one side at least: a deviation ``d`` at one step is of the order ``d r**3`` at one ``r`` times
  longer (``d r**4`` is granted).  ``f`` varies faster than the coarse steps, and the fine answer is right.
  So it is where only one side leaves it: a kink or a jump near by.
- abruptly on both sides: a tooth, as high as the jump, which is noise to any other answer; unless ``f`` is
  smooth beyond (a dead zone), of which one evaluation there is the proof.
- at steps or by moves that rounding beside the largest input or output swallows: the coarse answer is right.
- not to be told, for no rung lies where the deviation begins: a rung there is asked for, and as long as there
  is none, the bar holds both answers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.extrapolation import Best
from gradcheck.estimators.differences.ladder import NO_RUNG, Ladder
from gradcheck.estimators.differences.noise import TOOTH
from gradcheck.estimators.differences.steps import LEAP, TINY_X

__all__ = ["Contest", "contested"]

#: A rung is off the fine answer where it deviates by this share of the distance of the two answers.
_OFF = 0.1
#: Doubt granted to a deviation, in roundings, and to the growth of one that is seen.
_SAFETY = 4.0
#: The highest power of the step by which a smooth deviation is granted to grow.
_POWER = 4.0
#: The power by which one grows that is not seen yet.
_OWN = 3.0
#: Octaves within which a smooth function shows at the finer step what it does at the coarser one ...
_NEAR = 4
#: ... and those over which a deviation goes on growing that does not show at the second ...
_GOES_ON = 8
#: ... and those beyond which a deviation seen is carried on by its own power, 2 relative to the slope.
_AHEAD = 6
#: A slope beside a step beyond the tooth, off by this share of the tooth's slope there, is a tooth's too.
_BESIDE = 0.5
#: Rounding moves f by a unit of what is rounded, and f itself is one at least: a jump that is higher ...
_HIGH = 1.5
#: ... and, where f is what cancellation leaves, than that part of what may cancel ...
_UNITS = 2.0**-32
#: ... at steps longer than this part of x is the function's own.
_FAR = 2.0**-12
#: Moves of so many roundings of the largest output are rounding, whatever lies beyond ...
_ROUNDINGS = 8.0
#: ... and so are those at steps of so many roundings of the largest input: a sum with it swallows them.
_SWALLOWED = 64.0


class Contest(NamedTuple):
    """``height`` (n, m): by how much one tooth differs from the next, units of f; 0 without teeth.

    ``bar`` (n, m): the distance to be granted where nothing tells which answer is right; 0 elsewhere.
    ``probe`` (n, m): exponent of the rung that would tell, or ``NO_RUNG``.
    """

    height: Array
    bar: Array
    probe: Array


class _Exit(NamedTuple):
    """Where one side leaves the parabola: between the rungs ``last`` and ``row``, by ``height``; ``(n, m)``.

    ``leaves``: it does; ``smooth``: as a smooth function would.
    """

    leaves: Array
    smooth: Array
    height: Array
    last: Array
    row: Array


class _Parabola(NamedTuple):
    """The fine answer carried on: residuals of both sides ``(2, R, n, m)``, and what it is uncertain of.

    ``rounding`` (R, n, m): that of ``f``; ``bent``, ``drift`` (R, n, m): what its curvature and its slope are
    uncertain by, carried on; ``step``, ``rungs`` (R, n, m); ``start`` (n, m): the finest rung of the answer;
    ``wakes`` (R, n, m): where it has ended for certain.
    """

    residual: Array
    rounding: Array
    bent: Array
    drift: Array
    step: Array
    rungs: Array
    start: Array
    wakes: Array


def contested(ladder: Ladder, best: Best, floor: Array, eps: float, smooth: Array) -> Contest:
    """Return what becomes of the central answers ``best[0]`` that coarser rungs contradict.

    Parameters
    ----------
    floor
        ``(R, n, m)``: the rounding of the values of ``f``.
    eps
        Unit roundoff of the output.
    smooth
        ``(n, m)``: where ``f`` has no kink at x itself.
    """
    shape = best.value.shape[1:]
    nothing = Contest(np.zeros(shape), np.zeros(shape), np.full(shape, NO_RUNG))
    if floor.shape[0] < 3:
        return nothing
    parabola = _carried_on(ladder, best, floor)
    teeth, dead = _teeth(ladder, parabola, smooth & np.isfinite(best.bar[0]))
    rivals = _rivals(ladder, best, parabola, eps, smooth, dead)
    height = np.fmax(teeth.height, rivals.height)
    return Contest(
        height,
        np.where(height > 0, 0.0, np.fmax(teeth.bar, rivals.bar)),
        np.where(teeth.probe == NO_RUNG, rivals.probe, teeth.probe),
    )


def _at(values: Array, row: Array) -> Array:
    found: Array = np.take_along_axis(values, row[None], axis=0)[0]
    return found


def _carried_on(ladder: Ladder, best: Best, floor: Array) -> _Parabola:
    """Return the parabola with the curvature of the last rung but one before either side leaves it."""
    rise, fall = ladder.plus - ladder.f0, ladder.f0 - ladder.minus
    step = 0.5 * (ladder.step_plus + ladder.step_minus)[..., None] + np.zeros(floor.shape)
    rungs = np.broadcast_to(ladder.exponents[..., None], step.shape)
    slope, bar, start = best.value[0], best.bar[0], best.rung[0]
    odd, even = 0.5 * (rise + fall) - slope * step, 0.5 * (rise - fall)
    ratio = step[1:] / step[:-1]
    left_over = np.zeros_like(even)
    left_over[1:] = even[1:] - even[:-1] * ratio**2
    # What rounding makes of a finer even part, carried over many octaves, is not there where f is even less.
    left_over = np.fmin(np.abs(left_over), np.abs(even) + floor)
    size = np.abs(odd) + left_over
    known = floor.copy()
    known[1:] += floor[:-1] * ratio**2
    jumps = np.zeros(step.shape, dtype=bool)
    jumps[1:] = size[1:] > _SAFETY * (known[1:] + bar * step[1:] + size[:-1] * ratio**_POWER)
    granted = _SAFETY * known
    granted[1:] += _SAFETY * np.fmax(size[:-1] - granted[:-1], 0.0) * ratio**_OWN
    wakes = _wakes(ladder, best, step, odd, even, left_over, granted)
    jumps |= wakes
    jumps[1:] &= np.arange(len(ratio))[:, None, None] >= start
    held = np.where(jumps.any(axis=0), np.argmax(jumps, axis=0) - 1, step.shape[0] - 1)
    before = np.fmax(held - 1, 0)
    shows = _at(left_over, held) > _SAFETY * _at(known, held)
    row = np.where(shows & (_at(rungs, held) - _at(rungs, before) <= _NEAR), before, held)
    row = np.fmin(row, start + 3)
    square = (step / _at(step, row)) ** 2
    bend, doubt = _at(even, row) * square, _at(floor, row) * square
    sides = np.abs(np.stack([rise - slope * step - bend, fall - slope * step + bend]))
    # The parabola goes through that rung: what it is off there is what it is off the finer one's.
    through = np.arange(len(step))[:, None, None] == row
    sides = np.where(through & (left_over > _SAFETY * known), np.fmax(sides, left_over), sides)
    return _Parabola(sides, floor, doubt, bar * step, step, rungs, start, wakes)


def _tiny(ladder: Ladder) -> Array:
    return np.asarray((np.abs(ladder.x) < TINY_X) & (ladder.x != 0))


def _wakes(
    ladder: Ladder, best: Best, step: Array, odd: Array, even: Array, off: Array, granted: Array
) -> Array:
    """Return where a leap beyond a tiny x shows f more bent than the steps before foretell, ``(R, n, m)``.

    Of ``1 + x**2`` nothing is left where x is tiny, and nothing of ``exp(x)`` but 1: all steps in proportion
    to it find it asleep, and agree.  The even part tells, for the odd one may follow any higher power: it is
    ``off`` by more than is ``granted``, for rounding and for what shows already, both ``(R, n, m)``, and by
    more than a function bends that varies on a scale of one.  So does another slope of the same order.
    """
    fine, coarse = ladder.exponents[:-1], ladder.exponents[1:]
    leap = ((coarse >= LEAP) & (fine < LEAP - _NEAR) & _tiny(ladder))[..., None]
    leap = leap & (np.arange(1, len(step))[:, None, None] > best.rung[0]) & (ladder.plus[:-1] != ladder.f0)
    wakes = np.zeros(step.shape, dtype=bool)
    climb, bent = np.abs(best.value[0] * step[1:]), step[1:] * np.abs(even[1:])
    another = (np.abs(odd[1:]) > _OFF * climb) & (np.abs(odd[1:]) < climb / _OFF)
    another &= np.abs(odd[:-1]) < _OFF * np.abs(best.value[0] * step[:-1])
    wakes[1:] = leap & (another | (off[1:] > granted[1:] + bent))
    return wakes


def _shown(parabola: _Parabola, residual: Array) -> Array:
    """Return by how much one side is off at each rung, as that or the one before shows, ``(R, n, m)``.

    An oscillation's residual crosses 0 at a rung now and then; what the rung before shows goes on growing.
    """
    doubt = _SAFETY * (parabola.rounding + parabola.bent + parabola.drift)
    shown = np.fmax(residual - doubt, 0.0)
    growth = (parabola.step[1:] / parabola.step[:-1]) ** _OWN
    near = parabola.rungs[1:] - parabola.rungs[:-1] <= _GOES_ON
    shown[1:] = np.fmax(shown[1:], np.where(near, shown[:-1] * growth, 0.0))
    return shown


def _first_jump(parabola: _Parabola, residual: Array) -> _Exit:
    """Return the first rung at which one side is off by more than the rung before can explain."""
    ratio = parabola.step[1:] / parabola.step[:-1]
    rounding, drift = parabola.rounding, parabola.bent + parabola.drift
    far = parabola.rungs[1:] - parabola.rungs[:-1] > _NEAR
    growth = ratio ** np.where(far, _OWN, _POWER)
    seen = np.fmax(residual, _shown(parabola, residual))[:-1]
    granted = np.fmax(seen, rounding[:-1]) * growth + rounding[1:] + drift[1:]
    jumps = (residual[1:] > _SAFETY * granted) | parabola.wakes[1:]
    # Far away f may follow a higher power: a jump is sure only where nothing is seen before it.
    jumps &= ~far | (residual[:-1] <= drift[:-1] + _SAFETY * rounding[:-1])
    jumps &= np.arange(len(ratio))[:, None, None] >= parabola.start
    last = np.argmax(jumps, axis=0)
    leaves: Array = jumps.any(axis=0)
    height = np.where(leaves, _at(residual, last + 1), np.inf)
    return _Exit(leaves, ~leaves, height, last, last + 1)


def _departure(parabola: _Parabola, residual: Array, off: Array) -> _Exit:
    """Return how one side leaves where it is first off by more than ``off`` times the step."""
    behind = np.arange(residual.shape[0])[:, None, None] <= parabola.start
    away = ~behind & (residual > off * parabola.step)
    leaves = np.asarray(away.any(axis=0))
    row = np.where(leaves, np.argmax(away, axis=0), 1)
    last = row - 1
    here = _at(parabola.step, last)
    growth = (_at(parabola.step, row) / here) ** _POWER
    seen = _at(_shown(parabola, residual), last)
    height = _at(residual, row)
    near = _at(parabola.rungs, row) - _at(parabola.rungs, last) <= _NEAR
    ahead = seen * 4.0**_AHEAD >= off * here
    smooth: Array = np.logical_and(leaves & (height <= _SAFETY * seen * growth), near | ahead)
    return _Exit(leaves, smooth, np.where(leaves, height, np.inf), last, row)


def _teeth(ladder: Ladder, parabola: _Parabola, asked: Array) -> tuple[Contest, Array]:
    """Return the teeth: jumps on both sides within a few octaves; and where f is smooth beyond them, none."""
    right, left = (_first_jump(parabola, residual) for residual in parabola.residual)
    found = asked & right.leaves & left.leaves
    height = np.fmin(right.height, left.height)
    last, row = np.fmin(right.last, left.last), np.fmin(right.row, left.row)
    fine, coarse = _at(parabola.rungs, last), _at(parabola.rungs, row)
    seen = found & (coarse - fine <= _NEAR)
    dead = seen & (_at(parabola.rungs, right.row) - _at(parabola.rungs, right.last) <= _NEAR)
    if dead.any():
        dead &= _smooth_beyond(ladder, parabola.step, right, dead)
    dead |= seen & _its_own(ladder, height, last, _at(parabola.step, last))
    probe = np.where(found & ~dead & (coarse - fine >= 2), (fine + coarse) // 2, NO_RUNG)
    open_ = found & ~seen
    # A step of almost two teeth may meet one jump: the mean slope is then twice as far as its quotient.
    bar = np.where(open_, 2.0 * height / _at(parabola.step, row), 0.0)
    return Contest(np.where(seen & ~dead, height, 0.0), bar, probe), dead


def _its_own(ladder: Ladder, height: Array, last: Array, width: Array) -> Array:
    """Return where jumps beyond the rungs ``last`` are the function's own, ``(n, m)``.

    They are higher than f itself and far away, and before them f is no tread.  So the eigenvectors of a
    matrix jump to their opposites.
    """
    far = width > _FAR * np.abs(ladder.x)[:, None]
    high = height > _HIGH * np.fmax(np.abs(_at(ladder.plus, last)), np.abs(ladder.f0))
    # 1 + x**2 rounds by more than x**2 is: a unit of one, or of what is known to be larger, is no jump.
    f0 = np.nan_to_num(np.abs(ladder.f0), posinf=0.0)
    known = max(1.0, np.abs(ladder.primal.x).max(initial=0.0), f0.max(initial=0.0))
    largest = np.fmax.reduce(np.fmax(np.abs(ladder.plus), np.abs(ladder.minus)), axis=0)
    high &= (height > _UNITS * known) | (height > TOOTH * largest)
    moves = (_at(ladder.plus, last) != ladder.f0) & (_at(ladder.minus, last) != ladder.f0)
    own: Array = far & high & moves
    return own


def _rivals(
    ladder: Ladder, best: Best, parabola: _Parabola, eps: float, smooth: Array, dead: Array
) -> Contest:
    """Return what the rival takes for rounding where it is right, and the distance where nothing tells."""
    bar, other = best.bar[0], best.rival_bar[0]
    distance = np.abs(best.rival[0] - best.value[0])
    asked = smooth & np.isfinite(bar) & np.isfinite(other) & (distance > other)
    if not asked.any():
        return Contest(np.zeros(bar.shape), np.zeros(bar.shape), np.full(bar.shape, NO_RUNG))
    right, left = (_departure(parabola, residual, _OFF * distance) for residual in parabola.residual)
    asked &= right.leaves & left.leaves & ~right.smooth & ~left.smooth
    last, row = _wider(parabola, right, left)
    # What the rival has to take for rounding, at least: the moves at the steps that speak against it.
    step = _at(parabola.step, last)
    swallowed = step <= _SWALLOWED * 2.0**-52 * np.abs(ladder.primal.x).max(initial=0.0)
    lost = distance * step <= _ROUNDINGS * eps * np.abs(ladder.f0).max(initial=0.0)
    wins = asked & (swallowed | lost)
    unsure = asked & ~wins & ~dead & (distance > bar + other)
    fine, coarse = _at(parabola.rungs, last), _at(parabola.rungs, row)
    probe = np.where(unsure & (coarse - fine >= 2), (fine + coarse) // 2, NO_RUNG)
    # The teeth that the rival would have to pass over make it uncertain too, by less than what shows.
    both = (1.0 + _OFF) * distance + other
    return Contest(np.where(wins, distance * step, 0.0), np.where(unsure, both, 0.0), probe)


def _wider(parabola: _Parabola, right: _Exit, left: _Exit) -> tuple[Array, Array]:
    """Return the rungs between which the side leaves of which less is known, ``(n, m)`` each."""
    gaps = [_at(parabola.rungs, side.row) - _at(parabola.rungs, side.last) for side in (right, left)]
    first = gaps[0] >= gaps[1]
    return np.where(first, right.last, left.last), np.where(first, right.row, left.row)


def _smooth_beyond(ladder: Ladder, step: Array, right: _Exit, asked: Array) -> Array:
    """Return where the slope of ``f`` just beyond the tooth is that of the rungs there, ``(n, m)``.

    It has to differ from the tooth's own: a slope that comes back is that of the next tooth.
    """
    rise = ladder.plus - ladder.f0
    beside, rung = ladder.slope_beyond(asked, right.last)
    row = np.argmax(ladder.exponents[..., None] == rung, axis=0).clip(max=step.shape[0] - 2)
    row = row + np.zeros_like(right.last)
    climb = _at(rise, row + 1) - _at(rise, row)
    slope = climb / (_at(step, row + 1) - _at(step, row))
    tooth = _at(rise / step, right.last)
    another = np.abs(beside - tooth) > _OFF * right.height / _at(step, right.row)
    same = np.abs(beside - slope) < _BESIDE * np.abs(tooth - slope)
    # Where no rung lies beyond, the slope beside it has to be enough for the climb to it.
    last = right.row == step.shape[0] - 1
    climbs = right.height <= np.abs(beside - tooth) * (_at(step, right.row) - _at(step, right.last))
    smooth: Array = another & np.where(last, climbs, same)
    return smooth
