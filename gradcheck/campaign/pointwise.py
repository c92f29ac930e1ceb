"""The verdict on one rule at one point, by all witnesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.identities import judge_identity
from gradcheck.campaign.kinks import conventions, judge_at_kink
from gradcheck.campaign.shapes import judge_shapes
from gradcheck.campaign.signatures import broken_signature
from gradcheck.campaign.verdicts import PointVerdict, verdict_on
from gradcheck.campaign.witnesses import (
    AUTODIFF,
    CENTRAL,
    COMPLEX_STEP,
    Testimony,
    autodiff_testimonies,
    closed_form,
    numerical,
    primal_of,
    remeasured,
)
from gradcheck.domains import Stratum
from gradcheck.results import Reason, Status, Verdict
from gradcheck.rules.registry import Kind, Rule
from gradcheck.strategies import Point
from gradcheck.tolerance import rounding_floor

__all__ = ["judge_point", "judge_with", "only_autodiff_differs"]

_COARSE = 2.0**-3
"""The largest relative step of the estimators."""

_UNTRUSTWORTHY = (
    Status.NONDETERMINISTIC,
    Status.MUTATES_INPUT,
    Status.INCONSISTENT_OUTPUT,
    Status.RAISED,
    Status.DISCONTINUITY,
)


def judge_point(
    rule: Rule, point: Point, dtype: str = "float64", autodiff: Autodiff | None = None
) -> PointVerdict:
    """Return the verdict on ``rule.claim`` at ``point`` by all witnesses, pairwise.

    ``dtype`` is the format of the claim and of autodiff; the numerical witnesses
    work in float64 on the same numbers.
    """
    if rule.kind is Kind.VALUE:
        return judge_identity(rule, point, dtype, autodiff, rule.claim)
    if rule.kind is Kind.SHAPE:
        return judge_shapes(rule, point, autodiff)
    return _judge_derivative(rule, point, dtype, numerical(rule, point), autodiff, rule.claim)


def judge_with(
    rule: Rule,
    point: Point,
    dtype: str,
    earlier: PointVerdict,
    claim: Callable[..., Any],
    autodiff: Autodiff | None = None,
) -> PointVerdict:
    """Judge another ``claim`` at the same point, by the numerical testimonies of an ``earlier`` verdict."""
    if rule.kind is Kind.VALUE:
        return judge_identity(rule, point, dtype, autodiff, claim)
    if rule.kind is Kind.SHAPE:
        return judge_shapes(replace(rule, claim=claim), point, autodiff)
    said = {one.witness: one for one in earlier.testimonies}
    if CENTRAL not in said or COMPLEX_STEP not in said:
        return _judge_derivative(rule, point, dtype, numerical(rule, point), autodiff, claim)
    references = replace(said[CENTRAL], nfev=0), replace(said[COMPLEX_STEP], nfev=0)
    machine = tuple(one for one in earlier.testimonies if one.witness in AUTODIFF)
    return _judge_derivative(rule, point, dtype, references, autodiff, claim, machine)


def _judge_derivative(
    rule: Rule,
    point: Point,
    dtype: str,
    references: tuple[Testimony, Testimony],
    autodiff: Autodiff | None,
    claim: Callable[..., Any],
    machine: tuple[Testimony, ...] | None = None,
) -> PointVerdict:
    claimed = closed_form(rule, point, dtype, claim)
    central = references[0]
    nfev = sum(one.nfev for one in references)
    place, shape = _place(rule, point)
    scale = _row_scale(*place)
    broken = ""
    if shape is not None and central.status not in _UNTRUSTWORTHY:
        broken = broken_signature(rule, point, shape)
    if broken:
        # Not the claim's fault: what it is the derivative of is not what was announced.
        return PointVerdict(
            Verdict.INCONCLUSIVE, Reason.INCONSISTENT_OUTPUT, broken, (claimed, *references), nfev=nfev
        )
    if machine is None:
        measured = _measured_rounding(claimed, references)
        if measured is not None and measured.shape[:1] == scale.shape:
            measured = measured + _unavoidable(claimed, scale, dtype)
        machine = autodiff_testimonies(rule, point, dtype, autodiff, measured)
    said = (claimed, *references, *machine)
    unusable = _unusable(rule, point, dtype, said, nfev)
    if unusable is not None:
        return unusable
    if central.status is Status.KINK and _shape_of(claimed) == _shape_of(central):
        return judge_at_kink(rule, point, said, nfev)
    found = verdict_on(said, dtype, nfev=nfev, scale=scale, place=place)
    if autodiff is not None and only_autodiff_differs(found):
        again = remeasured(rule, point, said, autodiff)
        found = verdict_on(again, dtype, nfev=nfev, scale=scale, place=place)
    if found.reason is Reason.DISAGREES and _placed_on_kink(rule, point):
        # Curvature may hide the kink from differences; the point was put on it on purpose.
        return judge_at_kink(rule, point, said, nfev)
    return found


def _unusable(
    rule: Rule, point: Point, dtype: str, said: tuple[Testimony, ...], nfev: int
) -> PointVerdict | None:
    """Return the verdict where the claim or the reference gives no number to compare; None elsewhere."""
    claimed, central, complex_step = said[:3]
    if claimed.value is None:
        entries = max(map(_usable_entries, (central, complex_step)))
        # What is no exception is a message of ours, and begins with the name of the argument.
        text = claimed.text if claimed.text.startswith("`") else f"the closed form raised {claimed.text}"
        return PointVerdict(Verdict.FAIL, Reason.CLAIM_RAISED, text, said, entries=entries, nfev=nfev)
    if dtype != "float64" and not _finite_in(rule, point, dtype):
        text = f"f is not finite in {dtype} at the point"
        return PointVerdict(Verdict.INCONCLUSIVE, Reason.OUTSIDE_DOMAIN, text, said, nfev=nfev)
    if central.value is None or central.status in _UNTRUSTWORTHY:
        words = conventions(said) if central.status is Status.DISCONTINUITY else ()
        return PointVerdict(
            Verdict.INCONCLUSIVE, central.status.reason, central.text, said, conventions=words, nfev=nfev
        )
    return None


def _shape_of(one: Testimony) -> tuple[int, ...] | None:
    return None if one.value is None else one.value.shape


def _finite_in(rule: Rule, point: Point, dtype: str) -> bool:
    arguments = [np.asarray(value).astype(dtype) for value in point.arguments.values()]
    try:
        with np.errstate(all="ignore"):
            return bool(np.all(np.isfinite(rule.f(*arguments, **point.functions))))
    except Exception:
        # What is wrong with f is the other witnesses' to say.
        return True


def _unavoidable(claimed: Testimony, scale: Array, dtype: str) -> Array:
    """Return a few eps of ``f`` over ``x``, and of the row's largest entry: no program need do better."""
    if claimed.value is not None and claimed.value.ndim == 2 and len(claimed.value) == scale.size:
        entries = np.where(np.isfinite(claimed.value), np.abs(claimed.value), 0.0)
        scale = np.maximum(scale, entries.max(axis=1, initial=0.0))
    return rounding_floor(scale, dtype)[:, None]


def _placed_on_kink(rule: Rule, point: Point) -> bool:
    kinky = point.stratum in (Stratum.KINK, Stratum.SEVERAL_KINKS)
    return kinky and rule.kinks is not None and not rule.kinks.jump


def _usable_entries(one: Testimony) -> int:
    return 0 if one.value is None else int(np.isfinite(one.value).sum())


def only_autodiff_differs(found: PointVerdict) -> bool:
    """Whether every disagreement involves autodiff: then its own rounding is in question, not the claim."""
    disagree = [pair for pair in found.pairs if pair.comparison.verdict is Verdict.FAIL]
    return bool(disagree) and all(AUTODIFF & set(pair.names) for pair in disagree)


def _measured_rounding(claimed: Testimony, references: Sequence[Testimony]) -> Array | None:
    """Return the derivative's rounding at this point: the closed form's own plus the complex step's bar.

    Autodiff's may be larger still (``1 - tanh(x)**2`` is 0 at 43), but an error
    below a few eps of ``f`` over ``x`` is not one that its rounding could avoid.
    """
    trusted = [
        one.error for one in (claimed, references[1]) if one.error is not None and one.status is Status.OK
    ]
    if not trusted or any(error.shape != trusted[0].shape for error in trusted):
        return None
    total: Array = np.sum(trusted, axis=0)
    return total


def _place(rule: Rule, point: Point) -> tuple[tuple[Array, Array], tuple[int, ...] | None]:
    """Return ``x`` and ``f(x)``, flat, and the shape of ``f``; nothing and None where it raises."""
    primal = primal_of(rule, point)
    try:
        value = primal(primal.x)
    except Exception:
        return (primal.x, np.zeros(0)), None
    return (primal.x, value), primal.f_shape


def _row_scale(x: Array, value: Array) -> Array:
    """Return ``|f_i|`` over the largest step, ``(m,)``."""
    largest = _COARSE * float(np.max(np.abs(x), initial=0.0)) or _COARSE
    return np.where(np.isfinite(value), np.abs(value), 0.0) / largest
