"""Central differences at the edge of a domain, of rows and columns, of bad functions, within a budget."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from central_cases import estimate, hashed, holds, relative_bar

from gradcheck.errors import InvalidArgument
from gradcheck.results import Status


def raises_below_zero(x: float) -> float:
    if x < 0:
        msg = "negative"
        raise ValueError(msg)
    return float(np.exp(x))


@pytest.mark.parametrize(
    ("f", "truth"),
    [(raises_below_zero, 1.0), (lambda x: np.sqrt(x) * x, 0.0), (lambda x: np.sqrt(x) ** 3 + x, 1.0)],
    ids=["raises", "NaN, slope 0", "NaN, slope 1"],
)
def test_edge_of_the_domain_is_taken_from_inside(f: Callable[[Any], Any], truth: float) -> None:
    assert holds(estimate(f, 0.0), truth)


@pytest.mark.parametrize("x", [0.0, 1e-10, 1e-3, 0.5, 1 - 1e-3, 1 - 1e-10, 1.0])
def test_bounds_are_never_crossed(x: float) -> None:
    seen: list[float] = []

    def recorded(x: float) -> float:
        seen.append(float(x))
        return math.exp(x)

    found = estimate(recorded, x, bounds=(0.0, 1.0))
    assert min(seen) >= 0
    assert max(seen) <= 1
    assert holds(found, math.exp(x))
    assert relative_bar(found) < 1e-6
    # The twin: without bounds the steps do leave the interval somewhere.
    seen.clear()
    estimate(recorded, x)
    assert x == 0.5 or x == 1e-3 or not (min(seen) >= 0 and max(seen) <= 1)


def test_fixed_variable_has_no_step() -> None:
    assert estimate(np.exp, 1.0, bounds=(1.0, 1.0)).status is Status.NO_USABLE_STEP


def test_point_outside_bounds_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"x\[0\] = np.float64\(2.0\)|x\[0\] = 2.0"):
        estimate(np.exp, 2.0, bounds=(0.0, 1.0))


def test_rows_of_different_size_and_a_row_outside_its_domain() -> None:
    found = estimate(lambda x: np.array([1e10 * np.sin(x), 1e-10 * np.cos(x), np.log(x - 2)]), 1.0)
    assert found.codes[:, 0].tolist() == [0, 0, Status.OUTSIDE_DOMAIN.code]
    assert (found.error[:2, 0] < 1e-9 * np.abs(found.value[:2, 0])).all()
    assert abs(found.value[1, 0] + 1e-10 * math.sin(1)) <= found.error[1, 0]
    assert found.status is Status.OUTSIDE_DOMAIN
    assert "output 2" in found.message


def test_bad_rows_do_not_spoil_the_others() -> None:
    found = estimate(lambda x: np.array([np.floor(x), np.sin(x), abs(x - 1), 1e-7 * hashed(x)]), 1.0)
    assert abs(found.value[1, 0] - math.cos(1)) <= found.error[1, 0] < 1e-9
    assert found.codes[:3, 0].tolist() == [Status.DISCONTINUITY.code, 0, Status.KINK.code]
    assert found.status is Status.DISCONTINUITY


def test_nondeterminism_mutation_and_changing_shape_spoil_everything() -> None:
    calls = [0]

    def counting(x: float) -> float:
        calls[0] += 1
        return math.sin(x) + 1e-12 * calls[0]

    def mutating(x: Any) -> Any:
        x *= 1.0000001
        return x.sum()

    def growing(x: float) -> Any:
        calls[0] += 1
        return np.full(2 + calls[0] // 100, x)

    assert estimate(counting, 1.0).status is Status.NONDETERMINISTIC
    assert estimate(mutating, np.ones(2)).status is Status.MUTATES_INPUT
    calls[0] = 95
    changed = estimate(growing, 1.0)
    assert changed.status is Status.INCONSISTENT_OUTPUT
    assert np.isnan(changed.value).all()
    assert np.isinf(changed.error).all()


def test_exception_at_the_point_propagates() -> None:
    with pytest.raises(ValueError, match="negative"):
        estimate(raises_below_zero, -1.0)


def test_columns_and_empty_shapes() -> None:
    found = estimate(lambda x: x**2, np.array([1.0, 2.0, 3.0]), columns=[2, 0])
    assert np.round(found.value, 9).tolist() == [[0, 2], [0, 0], [6, 0]]
    assert estimate(lambda x: x, np.zeros(0)).value.shape == (0, 0)
    assert estimate(lambda x: np.zeros(0) * x, 1.0).value.shape == (0, 1)
    with pytest.raises(InvalidArgument, match="columns"):
        estimate(np.sin, 1.0, columns=[1])


@pytest.mark.parametrize("limit", [0, 2, 4, 8, 14, 20, 60])
def test_budget_is_kept(limit: int) -> None:
    found = estimate(np.sin, 1.0, max_nfev=limit)
    assert found.nfev <= max(limit, 2)
    assert np.isnan(found.value[0, 0]) or holds(found, math.cos(1.0))
    assert found.status is (Status.OK if limit >= 8 else Status.NO_USABLE_STEP)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_cost_of_ordinary_functions(n: int) -> None:
    x = np.random.default_rng(n).uniform(0.5, 2, n)
    assert estimate(lambda x: np.array([np.prod(x), np.sin(x).sum()]), x).nfev <= 20 * n + 20
