"""Does a green check mean anything? Mutants of a closed form, wrong in the standard ways, must be caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.campaign.apart import outside_given
from gradcheck.campaign.overheard import overhearing
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.sampling import Settings, draw_points
from gradcheck.campaign.shapes import claimed_shapes, judge_against
from gradcheck.campaign.signatures import extents_of
from gradcheck.campaign.verdicts import PointVerdict, verdict_on
from gradcheck.campaign.witnesses import CLOSED_FORM, Testimony
from gradcheck.domains import Stratum
from gradcheck.mutants import MUTANTS, SHAPE_MUTANTS, Material, equivalent
from gradcheck.results import Verdict
from gradcheck.rules.registry import Kind, Rule
from gradcheck.strategies import Point
from gradcheck.tolerance import rounding_floor

__all__ = ["Examined", "examine_mutants", "examine_rule"]


@dataclass(frozen=True)
class Examined:
    """A point at which the right closed form passed, with all that the witnesses said there."""

    point: Point
    verdict: PointVerdict


def examine_mutants(rule: Rule, dtype: str, examined: Sequence[Examined]) -> dict[str, Any]:
    """Put every standard mutant in the closed form's place at the examined points.

    Returns
    -------
    dict
        ``effective`` and ``killed`` counts, names of ``equivalent`` mutants
        (numerically the original at every point) and of ``survivors``.
    """
    outcomes = {name: _outcome(rule, dtype, name, examined) for name in _names(rule)}
    effective = [name for name, outcome in outcomes.items() if outcome is not None]
    killed = [name for name in effective if outcomes[name]]
    return {
        "effective": len(effective),
        "killed": len(killed),
        "equivalent": [name for name in outcomes if name not in effective],
        "survivors": [name for name in effective if name not in killed],
    }


def examine_rule(rule: Rule, settings: Settings) -> dict[str, Any]:
    """Draw smooth points for ``rule`` and try every standard mutant; adds ``id`` and ``message``.

    Never raises because the rule or its function is bad: the message says why nothing was mutated.
    """
    return outside_given(lambda: _examined(rule, settings))


def _examined(rule: Rule, settings: Settings) -> dict[str, Any]:
    with overhearing():
        try:
            counts, message = examine_mutants(rule, "float64", _passed(rule, settings)), ""
        except (Exception, SystemExit) as raised:
            counts = examine_mutants(rule, "float64", ())
            message = f"the rule cannot be examined: {type(raised).__name__}: {raised}"
    return {"id": rule.id} | counts | {"message": message}


def _passed(rule: Rule, settings: Settings) -> list[Examined]:
    drawn = draw_points(rule, Stratum.SMOOTH, settings.examples, settings)
    examined = [Examined(one, judge_point(rule, one)) for one in drawn]
    return [one for one in examined if one.verdict.verdict is Verdict.PASS]


def _names(rule: Rule) -> tuple[str, ...]:
    return tuple(SHAPE_MUTANTS if rule.kind is Kind.SHAPE else MUTANTS)


def _outcome(rule: Rule, dtype: str, name: str, examined: Sequence[Examined]) -> bool | None:
    """Return True if some point kills the mutant, False if none does, None if it is equivalent."""
    effective = False
    for one in examined:
        killed = _at(rule, dtype, name, one)
        if killed:
            return True
        effective = effective or killed is False
    return False if effective else None


def _at(rule: Rule, dtype: str, name: str, one: Examined) -> bool | None:
    if rule.kind is Kind.SHAPE:
        return _shape_mutant(rule, name, one)
    claimed = one.verdict.testimonies[0]
    if claimed.value is None or claimed.error is None:
        return None
    with np.errstate(all="ignore"):
        mutated = MUTANTS[name](_material(rule, one, claimed.value))
    if mutated is None or equivalent(mutated, claimed.value):
        return None
    error = np.zeros(mutated.shape)
    if mutated.shape == claimed.value.shape:
        # What a rule that claims this would be granted: its own few eps, and the rounding measured here.
        measured = claimed.error - rounding_floor(claimed.value, dtype)
        error = rounding_floor(mutated, dtype) + np.maximum(measured, 0.0)
        if np.all(np.abs(mutated - claimed.value) <= claimed.error + error):
            return None
    statement = Testimony(CLOSED_FORM, mutated, error)
    said = (statement, *one.verdict.testimonies[1:])
    return verdict_on(said, dtype).verdict is Verdict.FAIL


def _material(rule: Rule, one: Examined, matrix: Array) -> Material:
    scale = np.max(np.abs(matrix), axis=1) if matrix.shape[1] else np.zeros(matrix.shape[0])
    fallback = np.where(one.verdict.scale > 0, one.verdict.scale, 1.0)
    row_scale = np.where(scale > 0, scale, fallback)
    terms = _terms(rule, one, matrix.shape)
    return Material(matrix, _stale(rule, one, matrix), terms, row_scale, extents_of(rule, one.point))


def _older(arguments: dict[str, Any]) -> list[Array]:
    """Return the inputs of an earlier iterate: all a little different, none merely scaled."""
    return [np.asarray(value) * (1 + 2.0**-6) + 2.0**-7 for value in arguments.values()]


def _call(function: Callable[..., Any], arguments: Sequence[Array], one: Examined) -> Any:
    try:
        return function(*arguments, **one.point.functions)
    except Exception:
        return None


def _stale(rule: Rule, one: Examined, matrix: Array) -> Array | None:
    try:
        array = np.asarray(_call(rule.claim, _older(one.point.arguments), one))
    except ValueError:
        return None
    if array.dtype.kind not in "fiub":
        return None
    array = array.astype(np.float64)
    if rule.kind is Kind.VALUE:
        array = array.reshape(-1, 1)
    return array if array.shape == matrix.shape else None


def _terms(rule: Rule, one: Examined, shape: tuple[int, ...]) -> list[Array] | None:
    """Return the terms of the claim as matrices; None when they are not the claim's terms in shape."""
    if rule.terms is None:
        return None
    copies = [np.array(value) for value in one.point.arguments.values()]
    found = _call(rule.terms, copies, one)
    if found is None:
        return None
    terms = [np.asarray(term, dtype=np.float64) for term in found]
    if rule.kind is Kind.VALUE:
        terms = [term.reshape(-1, 1) for term in terms]
    return terms if all(term.shape == shape for term in terms) else None


def _shape_mutant(rule: Rule, name: str, one: Examined) -> bool | None:
    right = claimed_shapes(rule, one.point)
    wrong = SHAPE_MUTANTS[name](right)
    if wrong == right:
        return None
    return judge_against(wrong, one.verdict.testimonies[1:]).verdict is Verdict.FAIL
