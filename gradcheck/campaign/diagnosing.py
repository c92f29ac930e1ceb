"""Which known mistake a refuted closed form makes: the diagnosis, fed with what a campaign knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gradcheck.arrays import Array
from gradcheck.campaign.extent_factors import mistaken_extent
from gradcheck.campaign.signatures import extents_of
from gradcheck.campaign.verdicts import Pair, PointVerdict
from gradcheck.campaign.witnesses import CLOSED_FORM, primal_of
from gradcheck.diagnosis import Context, Diagnosis, Leaf, Mistake, candidate_points, diagnose
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.results import Reason
from gradcheck.rules.registry import Kind, Rule
from gradcheck.strategies import Point
from gradcheck.tolerance import rounding_floor

__all__ = ["Case", "mistake_of"]

_POINTS = 4
"""Points of matrices that are diagnosed one by one."""
_STACKED = 8
"""Points of single numbers that are diagnosed together: one number alone proves nothing."""
_LARGEST = 400
"""Entries of a matrix that is still worth searching; a campaign's are far smaller."""
_REFUTED = (Reason.DISAGREES, Reason.WRONG_SHAPE, Reason.NOT_FINITE)
_MOST_TERMS = 8
_OF_NUMBERS = {
    Mistake.SIGN,
    Mistake.FACTOR,
    Mistake.OFFSET,
    Mistake.ZERO,
    Mistake.NOT_FINITE,
    Mistake.ABSOLUTE,
    Mistake.RECIPROCAL,
    Mistake.SQUARED,
    Mistake.FLOAT32,
    Mistake.WRONG_ARGUMENT,
    Mistake.WRONG_POINT,
}
"""Mistakes that mean something for numbers which were stacked into a column."""


@dataclass(frozen=True)
class Case:
    """A point at which a rule's closed form was refuted."""

    point: Point
    verdict: PointVerdict

    @property
    def pair(self) -> Pair:
        """The pair that refutes it."""
        if self.verdict.failing is None:
            raise ValueError("the claim was not refuted by a witness here")
        return self.verdict.failing


def mistake_of(rule: Rule, cases: Sequence[Case]) -> str:
    """Name the mistake that explains the claim at the refuting points; empty when none is known.

    Matrices are diagnosed point by point, those with the most distinct numbers
    first, and what most of them say is told; single numbers of several points
    are put below each other, since a factor shows only where it recurs.

    Parameters
    ----------
    rule
        A derivative claim.
    cases
        Points at which it was refuted, in any order.
    """
    if rule.kind is not Kind.DERIVATIVE:
        return ""
    usable = [one for one in cases if _is_telling(one.verdict)]
    usable.sort(key=_variety, reverse=True)
    mistaken = mistaken_extent([(one.pair, extents_of(rule, one.point)) for one in usable])
    if mistaken:
        return mistaken
    numbers = [one for one in usable if _sizes(one) == (1, 1)]
    matrices = [one for one in usable if _sizes(one) != (1, 1)]
    if matrices:
        return _most_common([_of_matrix(rule, one) for one in matrices[:_POINTS]])
    return _of_numbers(rule, numbers[:_STACKED]) if numbers else ""


def _is_telling(verdict: PointVerdict) -> bool:
    pair = verdict.failing
    if pair is None or pair.names[0] != CLOSED_FORM or verdict.reason not in _REFUTED:
        return False
    if verdict.conventions:
        # At a kink there is no one derivative that a mistake could have turned into the claim.
        return False
    sizes = pair.claimed.statement[0].size, pair.reference.statement[0].size
    return min(sizes) > 0 and max(sizes) <= _LARGEST


def _sizes(case: Case) -> tuple[int, int]:
    return case.pair.claimed.statement[0].size, case.pair.reference.statement[0].size


def _variety(case: Case) -> int:
    """Count the distinct numbers: where all are 0 or 1 every mistake looks like another."""
    entries = np.concatenate([one.statement[0].ravel() for one in (case.pair.claimed, case.pair.reference)])
    return len(np.unique(np.abs(entries[np.isfinite(entries) & (entries != 0)])))


def _of_matrix(rule: Rule, case: Case) -> Diagnosis:
    claim, reference = case.pair.claimed.statement, case.pair.reference.statement
    return diagnose(claim[0], reference[0], claim[1], reference[1], context=_context(rule, case))


def _of_numbers(rule: Rule, cases: Sequence[Case]) -> str:
    columns = [
        np.concatenate([part.reshape(1, 1) for part in parts])
        for parts in zip(
            *((*one.pair.claimed.statement, *one.pair.reference.statement) for one in cases), strict=True
        )
    ]
    claim, claim_error, reference, reference_error = columns
    contexts = [_context(rule, one) for one in cases]
    shared = set.intersection(*(set(one.arguments) for one in contexts))
    places = set.intersection(*(set(one.points) for one in contexts))
    context = Context(
        arguments={name: _stacked([one.arguments[name] for one in contexts]) for name in sorted(shared)},
        reference_at=lambda name: _stacked([_at(one, name) for one in contexts])(),
        points={name: name for name in sorted(places)},
    )
    found = diagnose(claim, reference, claim_error, reference_error, context=context)
    named = [
        one
        for one in found.named
        if all(part.mistake in _OF_NUMBERS and part.where.everywhere for part in one.findings)
    ]
    return named[0].text if named else ""


def _stacked(supplies: Sequence[Callable[[], tuple[Array, Array]]]) -> Callable[[], tuple[Array, Array]]:
    def supply() -> tuple[Array, Array]:
        parts = [one() for one in supplies]
        if any(value.size != 1 for value, _ in parts):
            raise ValueError("no single numbers")
        value, error = (np.concatenate([part[k].reshape(1, 1) for part in parts]) for k in (0, 1))
        return value, error

    return supply


def _at(context: Context, name: str) -> Callable[[], tuple[Array, Array]]:
    def supply() -> tuple[Array, Array]:
        if context.reference_at is None:
            raise ValueError("the derivative is not known elsewhere")
        return context.reference_at(context.points[name])

    return supply


def _most_common(found: Sequence[Diagnosis]) -> str:
    """Return what most points say; of equals, what the one with the most numbers says."""
    named = [one for one in found if one.named]
    if not named:
        return ""
    kinds = [tuple(map(str, one.named[0].mistakes)) for one in named]
    return named[max(range(len(named)), key=lambda k: (kinds.count(kinds[k]), -k))].named[0].text


def _context(rule: Rule, case: Case) -> Context:
    primal = primal_of(rule, case.point)
    name = rule.names[rule.wrt or 0]
    shape = case.pair.reference.statement[0].shape
    # The output's shape is known after one call, which cost nothing compared with the search.
    try:
        primal(primal.x)
    except Exception:
        return Context(columns=(Leaf(name, primal.x_shape),))
    rows = (Leaf("f", primal.f_shape or ()),) if primal.m == shape[0] else ()
    return Context(
        rows=rows if primal.f_shape else (),
        columns=(Leaf(name, primal.x_shape),) if primal.n == shape[1] and primal.x_shape else (),
        extents={symbol: size for symbol, size in extents_of(rule, case.point).items() if size > 1},
        vectors={
            given: np.asarray(value, dtype=float)
            for given, value in case.point.arguments.items()
            if np.ndim(value) == 1
        },
        arguments={
            given: _by(primal, place) for place, given in enumerate(rule.names) if place != primal.argnum
        },
        paths=_terms(rule, case, shape),
        reference_at=lambda x: _estimate(primal.moved_to(np.asarray(x, dtype=float))),
        points=candidate_points(primal.x),
    )


def _terms(rule: Rule, case: Case, shape: tuple[int, ...]) -> dict[str, Callable[[], tuple[Array, Array]]]:
    """Return the rule's own terms by number, where it has some of the right shape."""
    if rule.terms is None:
        return {}
    try:
        copies = [np.array(value) for value in case.point.arguments.values()]
        found = [np.asarray(term, dtype=float) for term in rule.terms(*copies, **case.point.functions)]
    except Exception:
        return {}
    if len(found) > _MOST_TERMS or any(term.shape != shape for term in found):
        return {}
    return {f"term {k + 1}": partial(_rounded, term) for k, term in enumerate(found)}


def _rounded(term: Array) -> tuple[Array, Array]:
    return term, rounding_floor(term, "float64")


def _by(primal: Primal, place: int) -> Callable[[], tuple[Array, Array]]:
    return lambda: _estimate(Primal(primal.f, primal.args, place, primal.kwargs))


def _estimate(primal: Primal) -> tuple[Array, Array]:
    found = central_jacobian(primal)
    return found.value, found.error
