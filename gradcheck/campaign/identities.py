"""Value claims: two sides of an identity, in exact rational arithmetic and in floating point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.rationals import exact_array
from gradcheck.campaign.verdicts import PointVerdict, verdict_on
from gradcheck.campaign.witnesses import (
    CLOSED_FORM,
    EXACT,
    JAX_FORWARD,
    Testimony,
    value_rounding,
)
from gradcheck.results import Reason, Verdict
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point
from gradcheck.tolerance import eps_of, rounding_floor

__all__ = ["judge_identity"]


# From the point itself to 1e-4 away: rounding hides where a formula happens to be exact.
_NEIGHBOURS = (0.0, 2.0**-50, -(2.0**-49), 2.0**-30, -(2.0**-20), 2.0**-12)


def judge_identity(
    rule: Rule, point: Point, dtype: str, autodiff: Autodiff | None, claim: Callable[..., Any]
) -> PointVerdict:
    """Judge ``f(point) == claim(point)``: exactly on rationals, and JAX's value of ``f`` by its rounding."""
    arguments = {name: np.asarray(value).astype(dtype) for name, value in point.arguments.items()}
    try:
        truth = exact_array(rule.f, arguments)
    except Exception as raised:
        text = f"f raised {type(raised).__name__} on exact rationals: {raised}"
        return PointVerdict(Verdict.INCONCLUSIVE, Reason.FUNCTION_RAISED, text)
    try:
        stated = exact_array(claim, arguments)
    except Exception as raised:
        text = f"{type(raised).__name__}: {raised}"
        return PointVerdict(Verdict.FAIL, Reason.CLAIM_RAISED, text, entries=truth.size)
    said = _statements(stated, truth)
    if stated.shape != truth.shape:
        text = f"claimed shape {stated.shape}, expected {truth.shape}"
        return PointVerdict(Verdict.FAIL, Reason.WRONG_SHAPE, text, tuple(said), entries=truth.size, nfev=1)
    if autodiff is not None and autodiff.available()[0]:
        value = np.asarray(autodiff.value_of(rule.f, list(arguments.values()), dtype=dtype, key=rule.f))
        column = value.astype(np.float64).reshape(-1, 1)
        rounding = value_rounding(rule, point, dtype, _NEIGHBOURS)[:, None]
        said.append(
            Testimony(JAX_FORWARD, column, rounding_floor(column, dtype) + rounding, text="value of f")
        )
    return verdict_on(said, "float64", nfev=1, scale=np.abs(_column(truth)[:, 0]))


def _statements(stated: Array, truth: Array) -> list[Testimony]:
    # Both sides are exact until they are written down as floats: one rounding each.
    unit = eps_of("float64") / 2
    left, right = _column(stated), _column(truth)
    return [
        Testimony(CLOSED_FORM, left, unit * np.abs(left)),
        Testimony(EXACT, right, unit * np.abs(right), nfev=1),
    ]


def _column(exact: Array) -> Array:
    return exact.astype(np.float64).reshape(-1, 1)
