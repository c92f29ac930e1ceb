"""Central, right and left derivatives put together: kinks, jumps, and edges of the domain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.contest import contested
from gradcheck.estimators.differences.extrapolation import Best, best_window
from gradcheck.estimators.differences.ladder import FINE_RUNGS, Ladder
from gradcheck.estimators.differences.noise import TOOTH, Noise, frozen_noise
from gradcheck.estimators.differences.rerolled import PAIRS, rerolled_noise
from gradcheck.estimators.differences.ripples import distant_noise
from gradcheck.results import Status

__all__ = ["CENTRAL", "LEFT", "RIGHT", "Answer", "answer_from", "of_side", "with_frozen_noise"]

CENTRAL, RIGHT, LEFT = 0, 1, 2
#: Times that an answer is looked for, with the teeth of the one before as noise.
_ROUNDS = 3
#: One-sided derivatives differ for good when the gap is this many times both bars.
_KINK_MARGIN = 3.0
#: A wider relative bar is no answer.
_WIDEST = 0.25
#: Around zero a bar this small against ``max |f| / largest step`` still says something; half precision less.
_WEAK = 1e-3
#: A jump keeps its height, to this relative precision, while the step shrinks a million times.
_STEADY = 1e-2
#: A rung tells of a gap this many times its uncertainty ...
_TELLING = 10.0
#: ... and confirms it when its opening is that part of the gap at least and at most; the bounds a little
#: wider than those of `_kinked`, so that no rounding decides.
_NARROWER, _WIDER = 0.499, 1.501
#: One direction is closed at most rungs where central quotients are this part of the others at most.
_SHARE = 0.7
#: Up to this many entries all is computed sooner than it is found out what is needed.
_FEW_ENTRIES = 200


class Answer(NamedTuple):
    """What one look at the ladder says; arrays ``(n, m)`` unless noted.

    ``near`` is the noise of f next to x; ``side`` is where ``value`` comes from;
    ``quotients`` and ``noise`` (3, R, n, m) are what it was computed from;
    ``sides`` holds the best of each side.
    """

    value: Array
    bar: Array
    codes: Array
    side: Array
    sides: Best
    quotients: Array
    noise: Array
    scale: Array
    reach: Array
    probe: Array
    near: Array


def answer_from(ladder: Ladder, noise: Noise, eps: float) -> Answer:
    """Return value, bar and status of each entry from the ladder's values and their noise."""
    rise, fall = ladder.plus - ladder.f0, ladder.f0 - ladder.minus
    ahead, behind = ladder.step_plus[..., None], ladder.step_minus[..., None]
    quotients = np.stack([(ladder.plus - ladder.minus) / (ahead + behind), rise / ahead, fall / behind])
    quotients[~np.isfinite(quotients)] = np.nan
    lopsided = 0.5 * np.abs(ahead - behind) * np.abs(rise - fall) / (ahead * behind)
    lopsided = np.where(np.isfinite(lopsided), lopsided, 0.0)
    size = np.fmax(np.abs(ladder.f0), np.fmax(np.abs(ladder.plus), np.abs(ladder.minus))).max(axis=0)
    level, floor = noise.level, noise.floor
    for _ in range(_ROUNDS):
        rounding = np.stack([level / (0.5 * (ahead + behind)), 2 * level / ahead, 2 * level / behind])
        rounding[CENTRAL] += lopsided
        sides = _best_sides(quotients, rounding, ladder.exponents)
        kinked = _kinked(quotients, rounding, sides)
        contest = contested(ladder, sides, level, eps, ~kinked)
        if not (contest.height > 0).any():
            break
        teeth = np.where(contest.height > TOOTH * size, np.inf, contest.height)
        level, floor = level + teeth, floor + teeth
    # Before noise widens the central bar, for what is heard there is in the one-sided ones too.
    side = _side(quotients, sides)
    extra, beside = distant_noise(ladder, quotients[CENTRAL], sides, level, floor)
    sides.bar[CENTRAL] = np.fmax(sides.bar[CENTRAL] + np.where(kinked, 0.0, extra), contest.bar)
    value = of_side(sides.value, side)
    bar = of_side(sides.bar, side)
    scale, reach = _scale(ladder)
    limited = of_side(sides.truncation, side) <= of_side(sides.rounding, side)
    codes = _codes(value, bar, max(_WEAK, 32 * eps) * scale, limited)
    codes = np.where(kinked, Status.KINK.code, codes)
    codes = np.where(_jumps(ladder, rise, fall), Status.DISCONTINUITY.code, codes)
    return Answer(
        value,
        bar,
        codes.astype(np.uint8),
        side,
        sides,
        quotients,
        rounding,
        scale,
        reach,
        np.stack([beside, contest.probe, noise.probe]),
        level[0],
    )


def with_frozen_noise(
    ladder: Ladder, answer: Answer, eps: float, pairs: int, limits: tuple[Array, Array]
) -> Answer:
    """Return the last answer with the rounding in its bars that only other inputs show.

    No step along an input tells of it, so that none is asked for: it is added at the end.  Where as many
    ``pairs`` are left, it is measured too; ``limits`` are those of all inputs.
    """
    frozen, loud = frozen_noise(ladder, answer.quotients[CENTRAL], answer.sides, answer.near, eps)
    asked = loud & (answer.codes == Status.OK.code) & (answer.side == CENTRAL)
    columns = asked.any(axis=1)
    columns &= np.cumsum(columns) * PAIRS <= pairs
    if columns.any():
        finest = np.where(asked, answer.sides.rung[CENTRAL], len(ladder.exponents) - 1).min(axis=1)
        again = rerolled_noise(ladder, finest, columns, *limits)
        frozen = np.where(asked, np.fmax(frozen, again), frozen)
    bar = answer.bar + frozen
    found = _codes(answer.value, bar, max(_WEAK, 32 * eps) * answer.scale, frozen > 0)
    codes = np.where((frozen > 0) & (answer.codes == Status.OK.code), found, answer.codes)
    return answer._replace(bar=bar, codes=codes.astype(np.uint8))


def _best_sides(quotients: Array, noise: Array, exponents: Array) -> Best:
    """Return the best of each side; of the one-sided ones only where they may be asked for.

    They are two thirds of the work, and say something only beside a closed side or at a kink.
    """
    _, _, n, m = quotients.shape
    if n * m <= _FEW_ENTRIES:
        return best_window(quotients, noise, exponents)
    central = best_window(quotients[:1], noise[:1], exponents, (2,))
    nothing = (np.nan, np.inf, np.nan, np.nan, 0, 0, np.nan, np.inf)
    sides = Best(*(np.full((3, n, m), v, one.dtype) for v, one in zip(nothing, central, strict=True)))
    for all_sides, one in zip(sides, central, strict=True):
        all_sides[CENTRAL] = one[0]
    column, row = np.nonzero(_closed(quotients) | _may_be_kinked(quotients, noise))
    if column.size:
        two, three = (one[1:, :, column, row, None] for one in (quotients, noise))
        found = best_window(two, three, exponents[:, column], (1, 1))
        for all_sides, one in zip(sides, found, strict=True):
            all_sides[1:, column, row] = one[..., 0]
    return sides


def of_side(arrays: Array, side: Array) -> Array:
    """Return from ``(3, ..., n, m)`` what is of the chosen side of each entry, by ``side`` of ``(n, m)``."""
    if not side.any():
        return np.asarray(arrays[CENTRAL])
    index = side.reshape((1,) * (arrays.ndim - 2) + side.shape)
    return np.asarray(np.take_along_axis(arrays, index, axis=0)[0])


def _closed(quotients: Array) -> Array:
    """Return where one direction is closed at a rung and the other is open."""
    usable = np.isfinite(quotients).sum(axis=1)
    closed: Array = usable[CENTRAL] < np.maximum(usable[RIGHT], usable[LEFT])
    return closed


def _may_be_kinked(quotients: Array, noise: Array) -> Array:
    """Return where :func:`_kinked` may find a kink, before the one-sided derivatives are known, ``(n, m)``.

    Of the two finest rungs that tell of a gap ``g`` the first has the least uncertainty down to the second,
    no other one before that is as sure, and both see an opening between ``g / 2`` and ``3 g / 2``.
    """
    opening = quotients[RIGHT] - quotients[LEFT]
    unsure = 4.0 * (noise[RIGHT] + noise[LEFT])
    unsure[np.isnan(unsure)] = np.inf
    possible = np.zeros(opening.shape[1:], dtype=bool)
    least, second, first = unsure[0].copy(), np.full(possible.shape, np.inf), opening[0].copy()
    for seen, doubt in zip(opening[1:], unsure[1:], strict=True):
        size, before = np.abs(seen), np.abs(first)
        lowest, highest = np.fmax(size, before) / _WIDER, np.fmin(size, before) / _NARROWER
        told = (lowest <= highest) & (_TELLING * np.fmax(doubt, least) < highest)
        possible |= told & (_TELLING * second >= lowest) & ((seen > 0) == (first > 0))
        surer = doubt < least
        second = np.where(surer, least, np.fmin(second, doubt))
        first, least = np.where(surer, seen, first), np.fmin(least, doubt)
    return possible


def _side(quotients: Array, sides: Best) -> Array:
    """Central, unless one direction is closed at most rungs and the other is the better for it."""
    better = np.where(sides.bar[RIGHT] <= sides.bar[LEFT], RIGHT, LEFT)
    tighter = np.minimum(sides.bar[RIGHT], sides.bar[LEFT]) < sides.bar[CENTRAL]
    usable = np.isfinite(quotients).sum(axis=1)
    few = usable[CENTRAL] <= _SHARE * np.maximum(usable[RIGHT], usable[LEFT])
    chosen: Array = np.where(few & tighter, better, CENTRAL)
    return chosen


def _scale(ladder: Ladder) -> tuple[Array, Array]:
    """Return ``max |f| / largest step``, what a derivative of zero is measured against, and that step."""
    size = np.fmax(np.abs(ladder.plus), np.abs(ladder.minus))
    size = np.fmax(np.fmax.reduce(size, axis=0), np.abs(ladder.f0))
    largest = np.fmax.reduce(np.fmax(ladder.step_plus, ladder.step_minus), axis=0)[:, None]
    return size / largest, largest


def _codes(value: Array, bar: Array, enough: Array, limited: Array) -> Array:
    # Where f is 0 throughout there is nothing to measure a bar against: it stands as an absolute number.
    silent = (enough == 0) & (value == 0)
    vague = ~silent & ~(bar <= _WIDEST * np.abs(value)) & ~(bar <= enough)
    codes = np.where(vague, np.where(limited, Status.NOISY.code, Status.NO_USABLE_STEP.code), Status.OK.code)
    return np.where(np.isfinite(bar) & np.isfinite(value), codes, Status.NO_USABLE_STEP.code)


def _kinked(quotients: Array, noise: Array, sides: Best) -> Array:
    """One-sided derivatives differ beyond their bars, and every finer pair of secants says the same."""
    gap = sides.value[RIGHT] - sides.value[LEFT]
    bars = sides.bar[RIGHT] + sides.bar[LEFT]
    differ: Array = np.isfinite(bars) & (np.abs(gap) > _KINK_MARGIN * bars)
    if not differ.any():
        return differ
    opening = quotients[RIGHT] - quotients[LEFT]
    uncertain = 4.0 * (noise[RIGHT] + noise[LEFT])
    tells = uncertain < 0.1 * np.abs(gap)
    confirmed = ~tells | (np.abs(opening - gap) <= 0.5 * np.abs(gap))
    # The two finest telling rungs decide; coarser ones may be bent by curvature.
    seen = np.cumsum(tells, axis=0)
    finest = tells & (seen <= 2)
    kinked: Array = differ & (confirmed | ~finest).all(axis=0) & (finest.sum(axis=0) >= 2)
    return kinked


def _jumps(ladder: Ladder, rise: Array, fall: Array) -> Array:
    """One side keeps a constant distance from ``f(x)`` over all the fine rungs of the first ladder."""
    found = np.zeros(rise.shape[1:], dtype=bool)
    fine = (ladder.exponents <= ladder.third_finest)[..., None]
    if rise.shape[0] < FINE_RUNGS:
        return found
    # A kink that rounding of x, or of what f makes of it, puts a little beside the point is no jump there.
    steps = np.stack([ladder.step_plus, ladder.step_minus])[..., None]
    slopes = np.abs(np.where(fine & (steps > 0), np.stack([rise, fall]) / steps, np.nan))
    moved = np.fmax.reduce(np.nan_to_num(slopes), axis=(0, 1)) * np.abs(ladder.x)[:, None]
    # Nor is what rounding beside the largest output makes of one that is 0.
    roundoff = 64 * 2.0**-52 * (np.abs(ladder.f0).max(initial=0.0) + moved.max(axis=0, initial=0.0))
    for moves in (rise, fall):
        smallest = np.where(fine, moves, np.inf).min(axis=0)
        largest = np.where(fine, moves, -np.inf).max(axis=0)
        height = np.minimum(np.abs(smallest), np.abs(largest))
        found |= (largest - smallest <= _STEADY * height) & (height > roundoff)
    return found
