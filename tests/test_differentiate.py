"""The public ``jacobian``: shapes, methods, arguments, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradcheck.differentiate import METHODS, jacobian
from gradcheck.errors import InvalidArgument
from gradcheck.results import Status

SHAPES = [(), (0,), (1,), (3,), (2, 3), (0, 2), (2, 1, 2)]


@pytest.mark.parametrize("method", ["auto", "central", "complex-step"])
@pytest.mark.parametrize("x_shape", SHAPES, ids=str)
@pytest.mark.parametrize("f_shape", SHAPES, ids=str)
def test_shape_is_that_of_f_then_x(method: str, x_shape: tuple[int, ...], f_shape: tuple[int, ...]) -> None:
    x = np.linspace(0.5, 1.5, math.prod(x_shape)).reshape(x_shape)
    weights = np.linspace(1.0, 2.0, math.prod(f_shape)).reshape(f_shape)
    found = jacobian(lambda x: weights * np.sum(x * x), x, method=method)
    truth = np.multiply.outer(weights, 2 * x)
    assert found.value.shape == found.error.shape == found.codes.shape == f_shape + x_shape
    assert found.status is Status.OK
    assert (np.abs(found.value - truth) <= found.error + 1e-15 * np.abs(truth)).all()
    # The twin: a derivative off by 1e-6 does not fit into the bars.
    assert not truth.size or not (np.abs(found.value - truth * (1 + 1e-6)) <= found.error).all()


def test_python_numbers_and_lists() -> None:
    assert jacobian(math.sin, 1.0, method="central").value.shape == ()
    assert jacobian(np.sum, [1, 2, 3]).value.tolist() == pytest.approx([1, 1, 1])
    assert jacobian(lambda x: x * x, 3).value == pytest.approx(6)


def test_auto_takes_the_complex_step_where_it_is_certified() -> None:
    assert jacobian(np.exp, 1.0).method == "complex-step"
    ordinary = jacobian(lambda x: float(np.exp(x)), 1.0)
    assert ordinary.method == "central"
    assert any("complex step not used" in note for note in ordinary.notes)
    kink = jacobian(np.abs, 0.0)
    assert (kink.method, kink.status) == ("central", Status.KINK)
    assert (kink.left, kink.right) == (pytest.approx(-1), pytest.approx(1))


def test_complex_step_alone_reports_its_refusal() -> None:
    found = jacobian(lambda x: float(np.exp(x)), 1.0, method="complex-step")
    assert found.status is Status.REFUSED
    assert np.isnan(found.value)
    assert np.isinf(found.error)
    assert found.message


def test_jax_agrees_with_central_differences() -> None:
    pytest.importorskip("jax")
    x = np.array([0.3, 0.7], dtype=np.float32)
    by_jax = jacobian(lambda x: x * x[::-1], x, method="jax")
    by_steps = jacobian(lambda x: x * x[::-1], x, method="central")
    assert (by_jax.method, by_jax.status) == ("jax", Status.OK)
    assert (np.abs(by_jax.value - by_steps.value) <= by_jax.error + by_steps.error).all()


@pytest.mark.parametrize("argnums", [(0, 1), [1, 0], (-1,)], ids=str)
def test_several_arguments_give_tuples(argnums: Any) -> None:
    args = (np.array([1.0, 2.0, 3.0]), np.array([[0.5], [2.0]]))

    def f(a: Any, b: Any) -> Any:
        return b * np.sum(a)

    found = jacobian(f, *args, argnums=argnums)
    assert isinstance(found.value, tuple)
    assert len(found.value) == len(found.error) == len(found.codes) == len(argnums)
    for argnum, value, error in zip(argnums, found.value, found.error, strict=True):
        alone = jacobian(f, *args, argnums=argnum)
        assert np.array_equal(value, alone.value)
        assert np.array_equal(error, alone.error)
        assert value.shape == (2, 1, *args[argnum].shape)


def test_bounds_and_keywords_reach_f() -> None:
    seen: list[float] = []

    def f(x: float, power: int = 1) -> float:
        seen.append(float(x))
        return float(x) ** power

    found = jacobian(f, 0.0, method="central", bounds=(0.0, 1.0), kwargs={"power": 2})
    assert min(seen) >= 0
    assert abs(found.value) <= found.error
    both = jacobian(
        lambda a, b: np.sqrt(a) * b, 1.0, 2.0, argnums=(0, 1), method="central", bounds=[(0, 1), None]
    )
    assert both.value[0] == pytest.approx(1.0)
    assert both.value[1] == pytest.approx(1.0)


def test_max_nfev_is_kept() -> None:
    assert jacobian(np.sin, 1.0, method="central", max_nfev=10).nfev <= 10


@pytest.mark.parametrize(
    ("args", "options", "match"),
    [
        ((1.0,), {"method": "centre"}, r"`method`: given 'centre'"),
        ((1.0,), {"argnums": 1}, "`argnums`: given 1"),
        ((1.0,), {"argnums": "0"}, "`argnums`: given '0'"),
        ((1.0,), {"argnums": True}, "`argnums`: given True"),
        ((1.0,), {"argnums": ()}, "`argnums`: given"),
        ((1.0, 2.0), {"argnums": (0, -2)}, "different indices"),
        ((), {}, "`argnums`: given 0"),
        (("text",), {}, "argument 0"),
        ((None,), {}, "argument 0"),
        ((1j,), {}, "argument 0"),
        ((1.0,), {"method": "central", "bounds": (2.0, 3.0)}, "`bounds`"),
        ((1.0,), {"method": "central", "bounds": 3}, "`bounds`"),
        ((1.0,), {"argnums": (0,), "bounds": [None, None]}, "`bounds`"),
    ],
    ids=str,
)
def test_unusable_arguments_are_named(args: Any, options: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        jacobian(lambda *x: x[0], *args, **options)


@pytest.mark.parametrize("result", [None, "text", 1j, {}, [[1.0], [1.0, 2.0]]], ids=str)
@pytest.mark.parametrize("method", ["auto", "central", "complex-step"])
def test_results_that_are_not_real_numbers_are_refused(method: str, result: Any) -> None:
    with pytest.raises(InvalidArgument, match="`f`"):
        jacobian(lambda _x: result, 1.0, method=method)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "jax"])
def test_exception_at_the_point_carries_a_note(method: str) -> None:
    def broken(x: float) -> float:
        raise KeyError(x)

    with pytest.raises(KeyError) as caught:
        jacobian(broken, 1.5, method=method)
    assert any("argument 0 = 1.5" in note for note in caught.value.__notes__)


def test_the_callers_array_is_left_alone() -> None:
    x = np.ones(3)

    def spoils(x: Any) -> Any:
        x[0] = 7.0
        return x.sum()

    found = jacobian(spoils, x, method="central")
    assert found.status is Status.MUTATES_INPUT
    assert x.tolist() == [1, 1, 1]
