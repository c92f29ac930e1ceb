"""Other Jacobians of the same function, in whose place a wrong claim may have been made.

They are taken only after a FAIL that the claim and the reference alone do not explain, at most
`Context.max_evaluations` of them: by the other arguments, of one sample, beside the point, at other points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradcheck import diagnosis
from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.primal import Primal
from gradcheck.judge.mistakes.resemblance import Slope, Slopes, alike, unlike
from gradcheck.judge.mistakes.stopped import missing_paths
from gradcheck.judge.question.budget import counter_of
from gradcheck.judge.question.problem import Problem, argument_names
from gradcheck.judge.references.sharpest import central, complex_step
from gradcheck.pytree import Structure, flatten
from gradcheck.results import Status

__all__ = ["Suspects", "names_alone"]

Found = tuple[Array, Array]

_BESIDE = np.array([0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19])
"""Distances to one side, relative to each coordinate: from there its branch is continued to the point."""
_BEYOND = 16.0
"""A continuation is another derivative where it is off by this many of its bars: they are but estimates."""
_MOST_SAMPLES = 16
"""Samples of a batch that are differentiated one by one."""
_WIDEST = 64
"""Columns up to which other Jacobians are worth their cost."""


def names_alone(problem: Problem) -> diagnosis.Context:
    """Return what costs nothing: the names of rows and columns, and vectors at hand that a factor may be."""
    vectors = {
        name: value
        for name, value in _vectors(problem)
        if value.size > 1 and value.size in (problem.output.size, problem.inp.size)
    }
    return diagnosis.Context(
        rows=_leaves(problem.output), columns=_leaves(problem.inp), extents=_extents(problem), vectors=vectors
    )


class Suspects:
    """The further Jacobians of ``problem``, each taken when it is asked for.

    Parameters
    ----------
    problem
        The function at its point.
    method
        The reference asked for: ``"auto"``, ``"central"`` or ``"complex-step"``.
    bounds
        Flat, or None: points outside are left out.
    others
        Arguments of further points of the same check, by name.
    """

    def __init__(
        self,
        problem: Problem,
        method: str,
        bounds: Any,
        others: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self.problem, self.method, self.bounds = problem, method, bounds
        self._others = others or {}
        self._spent = 0
        self._slopes: Slopes | None = None

    @property
    def nfev(self) -> int:
        """Evaluations of f so far."""
        return self._spent + (0 if self._slopes is None else self._slopes.nfev)

    @property
    def affordable(self) -> bool:
        """Whether the function may be differentiated a dozen times more: it is small, and no limit is set."""
        plain = type(self.problem) is Problem and counter_of(self.problem.f) is None
        return plain and 0 < self.problem.x.size <= _WIDEST

    def here(self) -> Found:
        """Return the reference at the point itself."""
        return self._jacobian(self.problem, self.problem.x)

    def resembling(self, claim: Found, reference: Found, *, arguments_only: bool) -> diagnosis.Context | None:
        """Return those that one product does not tell from the claim; None where it tells all of them."""
        slopes = self._slopes_like(claim, reference)
        claimed = slopes.of(*claim)
        arguments = {
            name: partial(self._by_argument, other)
            for name, other in self._arguments()
            if not unlike(slopes.at(other, other.x), claimed)
        }
        found = replace(names_alone(self.problem), arguments=arguments)
        if arguments_only:
            return found if arguments else None
        points = {
            name: (problem, at)
            for name, problem, at in self._places()
            if not unlike(slopes.at(problem, at), claimed)
        }
        left, right = (self._side(side, slopes, claimed, slopes.of(*reference)) for side in (-1.0, 1.0))
        paths, tried = self._paths(claim, reference)
        found = replace(found, left=left, right=right, paths=paths, paths_tried=tried)
        found = self._with_points(found, points)
        samples = list(self._each_sample())
        if samples and not all(unlike(slopes.at(one, one.x), claimed) for one in samples):
            found = replace(found, samples=self._samples())
        some = arguments or points or left or right or paths or found.samples
        return found if some else None

    def context(self, claim: Found, reference: Found) -> diagnosis.Context:
        """Return all that a claim may have been taken for, with another mistake on top."""
        slopes = self._slopes_like(claim, reference)
        left, right = (self._side(side, slopes, None, slopes.of(*reference)) for side in (-1.0, 1.0))
        arguments = {name: partial(self._by_argument, other) for name, other in self._arguments()}
        names = replace(
            names_alone(self.problem), arguments=arguments, samples=self._samples(), left=left, right=right
        )
        paths, tried = self._paths(claim, reference)
        names = replace(names, paths=paths, paths_tried=tried)
        return self._with_points(names, {name: (problem, at) for name, problem, at in self._places()})

    def _with_points(
        self, context: diagnosis.Context, points: dict[str, tuple[Problem, Array]]
    ) -> diagnosis.Context:
        return replace(
            context,
            reference_at=lambda place: self._jacobian(*place),
            points=points,
            max_evaluations=_MOST_SAMPLES + len(points) + len(context.paths),
        )

    def _paths(self, claim: Found, reference: Found) -> tuple[dict[str, Callable[[], Found]], int]:
        """Return the terms that the claim may lack, where f can be run on continued numbers."""
        if self.method == "central":
            return {}, 0
        primal = Primal(self.problem, [self.problem.x])
        found = missing_paths(primal, claim[0], reference[0])
        self._spent += primal.nfev
        return found

    def _places(self) -> Iterator[tuple[str, Problem, Array]]:
        """Yield where a derivative may have been taken by mistake: points nearby, and those of the check."""
        for name, at in self._points():
            if self._inside(at):
                yield name, self.problem, at
        whole = self.problem
        for name, args in self._others.items():
            try:
                other = Problem(
                    whole.f, args, whole.argnums[0] if whole.single else whole.argnums, whole.kwargs
                )
            except InvalidArgument:
                continue
            if other.x.size == whole.x.size and _answers_like(whole, other):
                yield name, other, other.x

    def _slopes_like(self, claim: Found, reference: Found) -> Slopes:
        if self._slopes is None:
            like = np.fmax(np.abs(claim[0]), np.abs(reference[0]))
            continued = self.method != "central"
            self._slopes = Slopes(like, continued=continued, bounded=self.bounds is not None)
        return self._slopes

    def _side(
        self, side: float, slopes: Slopes, claimed: Slope | None, reference: Slope
    ) -> Callable[[], Found] | None:
        """Return the derivative from one side, unless it is the reference or, where given, not the claim."""
        places = self._beside(side)
        if not all(self._inside(place) for place in places):
            return None
        found = [slopes.at(self.problem, place) for place in places]
        known = [one for one in found if one is not None]
        if len(known) == len(found):
            continued = _continued(known)
            if alike(continued, reference, _BEYOND) or (claimed is not None and unlike(continued, claimed)):
                return None
        return partial(self._continued, side)

    def _inside(self, x: Array) -> bool:
        return self.bounds is None or bool(np.all((x >= self.bounds[0]) & (x <= self.bounds[1])))

    def _jacobian(self, problem: Problem, x: Array) -> Found:
        primal = Primal(problem, [x])
        try:
            if self.method != "central":
                found = complex_step(primal, self.bounds if problem is self.problem else None)
                if found.status is Status.OK:
                    return found.value, found.error
            found = central(Primal(problem, [x]), self.bounds if problem is self.problem else None, None)
            self._spent += found.nfev
            return found.value, found.error
        finally:
            self._spent += primal.nfev

    def _arguments(self) -> Iterator[tuple[str, Problem]]:
        """Yield the function of each argument that is held, where it has as many columns."""
        whole = self.problem
        names = argument_names(whole.f, len(whole.args))
        for place, name in enumerate(names):
            if place in whole.argnums:
                continue
            try:
                other = Problem(whole.f, whole.args, place, whole.kwargs)
            except InvalidArgument:
                continue
            if other.x.size == whole.x.size and not other.inp.discrete.any() and _answers_like(whole, other):
                yield name, other

    def _by_argument(self, other: Problem) -> Found:
        return self._jacobian(other, other.x)

    def _points(self) -> Iterator[tuple[str, Array]]:
        """Yield the points at which a derivative is often taken by mistake, values of other arguments too."""
        x = self.problem.x
        for name, at in diagnosis.candidate_points(x).items():
            if _same_side(x, at):
                yield name, at
        for name, value in _held(self.problem):
            if value.size == x.size and not np.array_equal(value, x):
                yield f"the value of {name}", value

    def _beside(self, side: float) -> list[Array]:
        x = self.problem.x
        scale = np.where(x == 0, 1.0, np.abs(x))
        return [x + side * distance * scale for distance in _BESIDE]

    def _continued(self, side: float) -> Found:
        """Return the derivative of the branch on one side, continued to the point by a polynomial."""
        return _continued([self._jacobian(self.problem, place) for place in self._beside(side)])

    def _samples(self) -> Callable[[], Found] | None:
        """Return the derivatives of each sample alone, where the held arrays share a first axis."""
        if not self._sample_count():
            return None

        def supply() -> Found:
            found = [self._jacobian(one, one.x) for one in self._each_sample()]
            if len(found) < self._sample_count():
                raise ValueError("the function refuses one sample")
            return np.array([value for value, _ in found]), np.array([error for _, error in found])

        return supply

    def _sample_count(self) -> int:
        whole = self.problem
        held = {k: np.shape(v) for k, v in enumerate(whole.args) if k not in whole.argnums}
        extents = {shape[0] for shape in held.values() if shape}
        if not whole.single or len(extents) != 1 or not 2 <= min(extents) <= _MOST_SAMPLES:
            return 0
        return int(min(extents))

    def _each_sample(self) -> Iterator[Problem]:
        whole = self.problem
        for k in range(self._sample_count()):
            args = [
                value if place in whole.argnums or not np.shape(value) else np.asarray(value)[k : k + 1]
                for place, value in enumerate(whole.args)
            ]
            one = Problem(whole.f, args, whole.argnums[0], whole.kwargs)
            if not _answers_like(whole, one):
                return
            yield one


def _same_side(x: Array, at: Array) -> bool:
    """Whether ``at`` stays on the side of 0 on which all of ``x`` lies: beyond, f may not even return.

    An ``x`` of both signs, or with a zero, has shown that f takes them.
    """
    side = np.sign(x)
    return not (np.all(side == side[0]) and side[0] != 0.0) or bool(np.all(np.sign(at) == side))


def _answers_like(whole: Problem, other: Problem) -> bool:
    """Evaluate ``other`` once, and tell whether it can be, with outputs of the shapes of ``whole``.

    ``kron(a, b)`` with one row of ``b`` is another function of ``a``: its rows are not those claimed.
    """
    try:
        other.evaluate()
    except Exception:
        return False
    return [leaf.shape for leaf in other.output.leaves] == [leaf.shape for leaf in whole.output.leaves]


def _continued(found: list[Found]) -> Found:
    """Return what numbers known at distances ``_BESIDE`` are at distance 0, and the bar."""
    values = np.array([value for value, _ in found])
    fine, amplified = _at_zero(_BESIDE)
    coarse, _ = _at_zero(_BESIDE[:-1])
    value = np.tensordot(fine, values, 1)
    error = np.abs(value - np.tensordot(coarse, values[:-1], 1))
    return value, error + amplified * np.max([bar for _, bar in found], axis=0)


def _at_zero(points: Array) -> tuple[Array, float]:
    """Return the weights of the polynomial through ``points`` at 0 (Lagrange), and the sum of their sizes."""
    weights = np.array([np.prod([b / (b - a) for b in points if b != a]) for a in points])
    return weights, float(np.abs(weights).sum())


def _held(problem: Problem) -> Iterator[tuple[str, Array]]:
    """Yield the arguments that are held, flat, by name, where they are real numbers."""
    names = argument_names(problem.f, len(problem.args))
    for place, name in enumerate(names):
        if place not in problem.argnums:
            try:
                yield name, flatten(problem.args[place], name)[0]
            except InvalidArgument:
                continue


def _vectors(problem: Problem) -> Iterator[tuple[str, Array]]:
    """Yield what a diagonal factor may be: a held vector, x, f, and what a chain ends in most often."""
    yield from _held(problem)
    if problem.inp.is_leaf:
        name = problem.inp.leaves[0].path
        yield name, problem.x
        yield f"(2 {name})", 2 * problem.x
    f = problem.value
    if problem.out is not None and problem.out.is_leaf and np.isfinite(f).all():
        name = problem.out.leaves[0].path
        yield name, f
        yield f"(2 {name})", 2 * f
        yield f"(1 - {name})", 1 - f
        yield f"(1 - {name}**2)", 1 - f * f
        yield f"({name} (1 - {name}))", f * (1 - f)


def _extents(problem: Problem) -> dict[str, int]:
    """Return the first axes of the held arrays by name: a sum over a batch is a factor of its extent."""
    names = argument_names(problem.f, len(problem.args))
    shapes = {
        name: np.shape(value)
        for place, (name, value) in enumerate(zip(names, problem.args, strict=True))
        if place not in problem.argnums and isinstance(value, np.ndarray)
    }
    return {f"len({name})": shape[0] for name, shape in shapes.items() if shape and shape[0] > 1}


def _leaves(structure: Structure) -> tuple[diagnosis.Leaf, ...]:
    return tuple(diagnosis.Leaf(leaf.path, leaf.shape, leaf.start) for leaf in structure.leaves)
