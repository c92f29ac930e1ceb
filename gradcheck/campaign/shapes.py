"""Shape claims: the shapes of Jacobians as the witnesses find them, against the claimed ones."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.verdicts import Pair, PointVerdict, pairs_of
from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM, JAX_FORWARD, JAX_REVERSE, Testimony
from gradcheck.differentiate import jacobian
from gradcheck.layout import to_numerator
from gradcheck.results import Reason, Verdict
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point

__all__ = ["claimed_shapes", "judge_against", "judge_shapes"]

Shapes = tuple[tuple[int, ...], ...]


def claimed_shapes(rule: Rule, point: Point) -> Shapes:
    """Return the claimed 2-D shapes, one for each factor."""
    found = rule.claim(*point.arguments.values(), **point.functions)
    return tuple(tuple(operator.index(extent) for extent in shape) for shape in found)


def judge_shapes(rule: Rule, point: Point, autodiff: Autodiff | None) -> PointVerdict:
    """Judge the claimed shapes by central differences and by autodiff."""
    arguments = list(point.arguments.values())
    factors = list((rule.factors or _own_jacobian(rule))(*arguments, **point.functions))
    said = [_central_shapes(factors)]
    if autodiff is not None and autodiff.available()[0]:
        by_mode = zip(*(_autodiff_shapes(autodiff, *factor) for factor in factors), strict=True)
        said += [
            _statement(name, shapes) for name, shapes in zip((JAX_FORWARD, JAX_REVERSE), by_mode, strict=True)
        ]
    try:
        claimed = claimed_shapes(rule, point)
    except Exception as raised:
        text = f"{type(raised).__name__}: {raised}"
        return PointVerdict(Verdict.FAIL, Reason.CLAIM_RAISED, text, tuple(said), entries=len(factors))
    return judge_against(claimed, said)


def judge_against(claimed: Shapes, found: Sequence[Testimony]) -> PointVerdict:
    """Judge ``claimed`` shapes by shapes already found (so that mutants cost nothing)."""
    said = (_statement(CLOSED_FORM, claimed), *found)
    pairs = pairs_of(said)
    failing: Pair | None = next((pair for pair in pairs if pair.comparison.verdict is Verdict.FAIL), None)
    entries = len(claimed)
    nfev = sum(one.nfev for one in found)
    if failing is None:
        return PointVerdict(Verdict.PASS, Reason.AGREES, "", said, pairs, entries=entries, nfev=nfev)
    claim, finding = _words(failing.claimed), _words(failing.reference)
    text = f"claimed shapes {claim}, {failing.reference.witness} found {finding}"
    return PointVerdict(
        Verdict.FAIL, Reason.WRONG_SHAPE, text, said, pairs, failing, entries=entries, nfev=nfev
    )


def _central_shapes(factors: Sequence[tuple[Callable[..., Any], Any]]) -> Testimony:
    shapes, nfev = [], 0
    for function, at in factors:
        x = np.asarray(at, dtype=np.float64)
        estimate = jacobian(function, x, method="central")
        nfev += estimate.nfev
        value = np.asarray(estimate.value)
        shapes.append(to_numerator(value, value.shape[: value.ndim - x.ndim], x.shape).shape)
    return _statement(CENTRAL, shapes, nfev)


def _own_jacobian(rule: Rule) -> Callable[..., Any]:
    def factors(*arguments: Any, **functions: Any) -> list[tuple[Callable[..., Any], Any]]:
        wrt = rule.wrt or 0

        def function(x: Any) -> Any:
            return rule.f(*arguments[:wrt], x, *arguments[wrt + 1 :], **functions)

        return [(function, arguments[wrt])]

    return factors


def _statement(witness: str, shapes: Sequence[tuple[int, ...]], nfev: int = 0) -> Testimony:
    """Put shapes as rows of a matrix, so that they compare like any claim; a missing extent is -1."""
    width = max([2, *(len(shape) for shape in shapes)])
    table = np.full((len(shapes), width), -1.0)
    for row, shape in zip(table, shapes, strict=True):
        row[: len(shape)] = shape
    return Testimony(witness, table, np.zeros_like(table), nfev=nfev)


def _words(one: Testimony) -> str:
    rows = one.statement[0]
    return ", ".join("x".join(str(int(extent)) for extent in row if extent >= 0) for row in rows)


def _autodiff_shapes(
    autodiff: Autodiff, function: Callable[..., Any], at: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes in numerator layout by both modes."""
    point = np.asarray(at, dtype=np.float64)
    forward, reverse = autodiff.shapes_of(function, [point], 0, dtype="float64")
    return _numerator(forward, point), _numerator(reverse, point)


def _numerator(shape: tuple[int, ...], point: Array) -> tuple[int, ...]:
    found: tuple[int, ...] = to_numerator(
        np.empty(shape), shape[: len(shape) - point.ndim], point.shape
    ).shape
    return found
