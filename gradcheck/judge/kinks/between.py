"""Kinks between the axes: partial derivatives exist there, and say nothing of any other direction.

A function is differentiable only if its derivative along ``v`` is ``J v`` for every ``v``.  The median of
equal numbers, ``min(|x|, |y|)`` at 0 and the middle eigenvalue of the identity have every partial derivative
and are not.  What is looked at is ``(f(x + h v) - f(x)) / h - J v``, forth and back: it shrinks with ``h``
where f is differentiable, and stays where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Status

__all__ = ["Known", "deviating", "kinked_along", "not_additive", "rays"]

_FEW, _SIGNS = 4, np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=float)
"""Up to four inputs: with their opposites these four directions point into every orthant of three."""
_STEPS = (2.0**-10, 2.0**-18)
"""Relative steps: the finer one is far above the rounding of f, and the curvature's share shrinks by 256."""
_STAYS = 0.25
"""What stays of a deviation over those steps: all at a kink, 1/256 of a curvature, a quarter of |x|**1.25."""
_NOISE, _EPS = 8.0, float(np.finfo(np.float64).eps)
"""Roundings of f by which a difference of its values may be off: their own, and those of what is inside."""
_PAIR = 2
"""Directions whose sum is a third one."""
_BEYOND = 3.0
"""Bars by which a slope must miss ``J v``: they are honest, but not to the last tenth."""


@dataclass(frozen=True)
class Known:
    """What is known of the derivative at the point.

    Attributes
    ----------
    value, error
        ``(m, n)``, units of f per unit of x; rows that are not finite are not asked about.
    noise
        ``(m,)``: the rounding of f near the point, as it was measured.
    reach
        ``(n,)``: the finest step of its derivative by each input, which resolves f; inf where not known.
    """

    value: Array
    error: Array
    noise: Array
    reach: Array

    @classmethod
    def of(cls, value: Array, error: Array, differences: FlatEstimate | None) -> Known:
        """Return it with the noise that central differences met on their way."""
        noise = np.zeros(len(value))
        curves = None if differences is None else differences.curves
        if curves is not None and curves.rounding is not None and curves.rounding.size:
            levels = curves.rounding * curves.steps[:, None, :]
            noise = np.where(np.isfinite(levels), levels, 0.0).max(axis=(0, 2))
        reach = np.full(value.shape[1], np.inf)
        if curves is not None and curves.chosen is not None and curves.chosen.shape == value.shape:
            reach = np.where(curves.chosen > 0, curves.chosen, np.inf).min(axis=0, initial=np.inf)
        return cls(value, error, noise, reach)

    def along(self, step: Array) -> tuple[Array, Array]:
        """Return ``J step`` and its bar, ``(m,)``."""
        with np.errstate(all="ignore"):
            size = np.abs(self.value) @ np.abs(step)
            return self.value @ step, self.error @ np.abs(step) + _NOISE * _EPS * size


def rays(x: Array, rng: np.random.Generator, count: int, bounds: Any = None) -> Iterator[Array]:
    """Yield ``count`` directions between the axes, fewer where fewer differ; from a bound they point inside.

    Each entry moves by half to all of its own size.  The first moves all of them up: together they do what
    sums, means and minima answer to.
    """
    scale = np.where(x == 0, 1.0, np.abs(x))
    inward = np.zeros(x.size)
    if bounds is not None:
        inward = np.where(x <= bounds[0], 1.0, np.where(x >= bounds[1], -1.0, 0.0))
    for k in range(min(count, 2 ** min(x.size - 1, count)) if x.size > 1 else 0):
        drawn = _SIGNS[k % _FEW, : x.size] if x.size <= _FEW else rng.choice([-1.0, 1.0], x.size)
        signs = np.where(inward != 0, inward, np.abs(drawn) if k == 0 else drawn)
        yield scale * signs * rng.uniform(0.5, 1.0, x.size)


def deviating(
    problem: Problem, known: Known, directions: Sequence[Array], wanted: Array, bounds: Any
) -> tuple[Array, int]:
    """Return where f moves otherwise than ``J v``, bool ``(len(directions), m)``, and the evaluations spent.

    Four evaluations a direction, all of them: what deviates along one may be rounding.  ``wanted`` is bool
    ``(m,)``; ``bounds`` are flat, or None: f is never evaluated outside.
    """
    primal = problem.primal()
    found: Array = np.zeros((len(directions), len(wanted)), dtype=bool)
    if not np.isfinite(problem.x).all():
        return found, 0
    for rows, ray in zip(found, directions, strict=True):
        rows |= _deviates(primal, problem.value, known, ray, _reach(problem.x, ray, bounds)) & wanted
    return found, primal.nfev


def not_additive(problem: Problem, noise: Array, rng: np.random.Generator, bounds: Any) -> tuple[Array, int]:
    """Return where the derivative along ``v + w`` is not the sum of those along ``v`` and ``w``.

    Bool ``(m,)``, with the evaluations spent.  It needs no derivative, and tells less: what it sees is a
    kink, or noise beyond ``noise``, ``(m,)``.
    """
    primal = problem.primal()
    found: Array = np.zeros(len(problem.value), dtype=bool)
    drawn = list(rays(problem.x, rng, 2, bounds))
    if len(drawn) < _PAIR or not np.isfinite(problem.x).all():
        return found, 0
    steps = [0.5 * ray for ray in drawn]
    steps.append(steps[0] + steps[1])
    reaches = np.array([_reach(problem.x, ray, bounds) for ray in steps])
    within = float(reaches[:, 0].max()), float(reaches[:, 1].min())

    def deviation(t: float) -> tuple[Array, Array]:
        moved = [primal.x + t * ray for ray in steps[:2]]
        # The steps as taken: their sum must be theirs.
        moved.append(primal.x + sum(x - primal.x for x in moved))
        there = [primal.at(x) for x in moved]
        if any(value is None for value in there):
            return _nowhere(len(found))
        values = [np.asarray(value) for value in there]
        with np.errstate(all="ignore"):
            size = np.abs(problem.value) + sum(np.abs(value) for value in values)
            bar = _NOISE * np.maximum(2.0 * noise, _EPS * size)
            return values[2] - values[1] - values[0] + problem.value, bar

    return _stays(deviation, within, len(found)), primal.nfev


def _deviates(primal: Primal, base: Array, known: Known, ray: Array, within: tuple[float, float]) -> Array:
    """Return the rows, bool ``(m,)``, whose deviation from ``J v`` stays as the step shrinks."""

    def deviation(t: float) -> tuple[Array, Array]:
        moved = primal.x + t * ray
        there = primal.at(moved)
        if there is None:
            return _nowhere(len(base))
        with np.errstate(all="ignore"):
            predicted, bar = known.along(moved - primal.x)
            rounding = _NOISE * np.maximum(known.noise, _EPS * (np.abs(there) + np.abs(base)))
            return there - base - predicted, bar + rounding

    with np.errstate(divide="ignore"):
        resolved = float(np.min(known.reach / np.abs(ray), initial=np.inf))
    return _stays(deviation, within, len(base), resolved)


def _stays(
    deviation: Callable[[float], tuple[Array, Array]],
    within: tuple[float, float],
    count: int,
    resolved: float = np.inf,
) -> Array:
    """Return where ``deviation(t) / t`` does not shrink with the step, forth or back, bool ``(count,)``.

    Of a function that varies faster than over those steps, it is gone at a step ``resolved``; where rounding
    hides there what a kink would leave, that says nothing.
    """
    found: Array = np.zeros(count, dtype=bool)
    for sign in (1.0, -1.0):
        before: Array = np.zeros(count)
        for step in _STEPS:
            inside = within[0] <= sign * step <= within[1]
            there, bar = deviation(sign * step) if inside else _nowhere(count)
            slope = np.abs(there) / step
            stays = slope > bar / step + _STAYS * np.nan_to_num(before)
            before = slope
        if stays.any() and resolved < _STEPS[-1]:
            there, bar = deviation(sign * resolved)
            expected = _STAYS * before * resolved
            stays &= ~((np.abs(there) <= expected) & (bar <= expected))
        found |= stays
    return found


def _nowhere(count: int) -> tuple[Array, Array]:
    """Return that nothing is known."""
    return np.full(count, np.nan), np.full(count, np.inf)


def _reach(x: Array, ray: Array, bounds: Any) -> tuple[float, float]:
    """Return how far one may go along ``ray``, back (negative) and forth, within ``bounds``."""
    if bounds is None:
        return -np.inf, np.inf
    with np.errstate(all="ignore"):
        ends = np.sort([(limit - x) / ray for limit in bounds], axis=0)
    # A point within an ulp of a bound may be moved across it by rounding.
    return 0.999 * float(np.max(ends[0])), 0.999 * float(np.min(ends[1]))


def kinked_along(problem: Problem, ray: Array, known: Known | None, bounds: Any) -> tuple[Array, int]:
    """Return the rows, bool ``(m,)``, that are not differentiable along ``ray``, and the evaluations spent.

    A row is kinked or jumps along it, or has a slope that is not ``J v``, beyond both bars.
    """
    rows = np.zeros(problem.output.size, dtype=bool)
    along = Primal(lambda t: problem(problem.x + t[0] * ray), [np.zeros(1)])
    back, forth = _reach(problem.x, ray, bounds)
    try:
        found = central_jacobian(along, bounds=(back, forth))
    except Exception:
        return rows, along.nfev
    rows |= (found.codes == Status.KINK.code).any(axis=1)
    if known is not None:
        rows |= (found.codes == Status.DISCONTINUITY.code).any(axis=1)
        predicted, bar = known.along(ray)
        with np.errstate(invalid="ignore"):
            rows |= np.abs(found.value[:, 0] - predicted) > _BEYOND * (found.error[:, 0] + bar)
    return rows, found.nfev
