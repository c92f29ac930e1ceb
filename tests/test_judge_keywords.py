"""The keywords of the checks: every one accepted, an unknown one named with its nearest, help complete."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import InvalidArgument

X = np.array([0.5, 2.0])
DESIGN = {"kwargs", "bounds", "inputs", "layout", "rtol", "rng", "order", "strategy", "method", "max_nfev"}
DESIGN |= {
    "max_memory",
    "name",
    "expect",
    "surrogate",
    "stochastic",
    "allow_inconclusive",
    "argnums",
    "points",
}
CHECKS = {
    "check": lambda **k: gradcheck.check(np.sin, lambda x: np.diag(np.cos(x)), X, **k),
    "assert_derivative": lambda **k: gradcheck.assert_derivative(
        np.sin, lambda x: np.diag(np.cos(x)), X, **k
    ),
    "check_gradient": lambda **k: gradcheck.check_gradient(lambda x: x @ x, lambda x: 2 * x, X, **k),
    "check_jvp": lambda **k: gradcheck.check_jvp(np.sin, lambda x, v: np.cos(x) * v, X, **k),
    "check_vjp": lambda **k: gradcheck.check_vjp(np.sin, lambda x, u: np.cos(x) * u, X, **k),
    "check_hessian": lambda **k: gradcheck.check_hessian(lambda x: x @ x, 2 * np.eye(2), X, **k),
    "check_hvp": lambda **k: gradcheck.check_hvp(lambda x: x @ x, lambda x, v: 2 * v, X, **k),
    "check_adjoint": lambda **k: gradcheck.check_adjoint(lambda x, v: 2 * v, lambda x, u: 2 * u, X, **k),
}
VALUES = {
    "kwargs": {},
    "bounds": (0, None),
    "inputs": {},
    "layout": "denominator",
    "rtol": 1e-6,
    "rng": 3,
    "order": 1,
    "strategy": "dense",
    "method": "central",
    "max_nfev": 10_000,
    "max_memory": 1e9,
    "name": "mine",
    "expect": "pass",
    "stochastic": False,
    "allow_inconclusive": True,
    "argnums": 0,
}
ALSO = {"check": {"layout", "order"}, "assert_derivative": {"layout", "order"}}
PARTNERS = {"check_jvp": {"vjp"}, "check_vjp": {"jvp"}}
NOT_OF_ADJOINT = {"bounds", "method", "max_nfev", "surrogate", "stochastic"}


def taken_by(name):
    everywhere = DESIGN - {"layout", "order"}
    return everywhere - NOT_OF_ADJOINT if name == "check_adjoint" else everywhere | ALSO.get(name, set())


@pytest.mark.parametrize("name", CHECKS)
def test_help_lists_every_keyword(name):
    parameters = inspect.signature(getattr(gradcheck, name)).parameters
    assert {key for key, one in parameters.items() if one.kind is one.KEYWORD_ONLY} == taken_by(
        name
    ) | PARTNERS.get(name, set())
    assert not any(one.kind is one.VAR_KEYWORD for one in parameters.values())


@pytest.mark.parametrize("name", CHECKS)
def test_every_keyword_works(name):
    for key in taken_by(name) & set(VALUES):
        result = CHECKS[name](**{key: VALUES[key]})
        assert str(result.verdict) == "pass", key
    assert CHECKS[name](name="mine").name == "mine"


def test_no_keyword_hides_a_mistake():
    for key in taken_by("check") & set(VALUES) - {"rtol"}:
        result = gradcheck.check(np.sin, lambda x: np.diag(1.0001 * np.cos(x)), X, **{key: VALUES[key]})
        assert str(result.verdict) == "fail", key


@pytest.mark.parametrize("name", CHECKS)
def test_an_unknown_keyword_names_the_nearest(name):
    with pytest.raises(InvalidArgument, match=f"`argnum`: no keyword of {name}; did you mean `argnums`?"):
        CHECKS[name](argnum=0)
    with pytest.raises(InvalidArgument, match=r"`scale`: .* goes into kwargs=\{'scale': …\}"):
        CHECKS[name](scale=2.0)


def test_a_keyword_without_use_is_refused():
    with pytest.raises(
        InvalidArgument, match="`layout`: no keyword of check_gradient, which has no use for it"
    ):
        CHECKS["check_gradient"](layout="denominator")
    with pytest.raises(InvalidArgument, match="`max_nfev`: no keyword of check_adjoint"):
        CHECKS["check_adjoint"](max_nfev=3)


@pytest.mark.parametrize(
    ("keywords", "match"),
    [
        ({"strategy": "probes"}, "`strategy`: given 'probes', expected one of 'auto', 'dense'"),
        ({"method": "centre"}, "`method`: given 'centre', expected one of 'auto', 'central'"),
        ({"method": None}, "`method`: given None"),
        ({"method": np.ones(2)}, "`method`: given an array"),
        ({"rtol": -1}, "`rtol`: given -1, expected None or 0 <= rtol < 1"),
        ({"rtol": np.nan}, "`rtol`: given nan"),
        ({"rtol": "1e-3"}, "`rtol`: given '1e-3'"),
        ({"rtol": True}, "`rtol`: given True"),
        ({"max_nfev": 0}, "`max_nfev`: given 0, expected None or a whole number >= 1"),
        ({"max_nfev": 2.5}, "`max_nfev`: given 2.5"),
        ({"max_nfev": "many"}, "`max_nfev`: given 'many'"),
        ({"max_memory": 0}, "`max_memory`: given 0"),
        ({"max_memory": np.inf * 0}, "`max_memory`: given nan"),
        ({"bounds": 5}, r"`bounds`: given 5, expected a pair \(lower, upper\)"),
        ({"bounds": (0, 1, 2)}, "`bounds`: given a tuple of 3"),
        ({"bounds": ("a", 1)}, "`bounds`: given 'a'"),
        ({"bounds": (0, np.ones(5))}, "`bounds`: given"),
        ({"bounds": (1, 2)}, "`bounds`: given"),
        ({"kwargs": 3}, "`kwargs`: given 3, expected a dict"),
        ({"kwargs": {1: 2}}, "`kwargs`: given"),
        ({"rng": "seed"}, "`rng`: given 'seed', expected a seed"),
        ({"rng": -1}, "`rng`: given -1"),
        ({"order": 3}, "`order`: given 3, expected 1 or 2"),
        ({"order": np.array([1, 2])}, "`order`: given an array"),
        ({"name": 3}, "`name`: given 3"),
        ({"expect": "maybe"}, "`expect`: given 'maybe'"),
        ({"surrogate": 3}, "`surrogate`: given 3, expected a callable"),
        ({"stochastic": "yes"}, "`stochastic`: given 'yes'"),
        ({"allow_inconclusive": None}, "`allow_inconclusive`: given None"),
        ({"argnums": -2}, "`argnums`: given -2"),
        ({"argnums": 1}, "`argnums`: given 1"),
        ({"argnums": ()}, r"`argnums`: given \(\)"),
        ({"argnums": (0, 0)}, "`argnums`: given"),
        ({"argnums": (0, -1)}, "`argnums`: given"),
        ({"argnums": "x"}, "`argnums`: given 'x'"),
        ({"argnums": None}, "`argnums`: given None"),
        ({"argnums": True}, "`argnums`: given True"),
        ({"argnums": 0.0}, "`argnums`: given 0.0"),
        ({"layout": "columns"}, "`layout`: given 'columns'"),
    ],
    ids=repr,
)
def test_a_value_that_cannot_be_used_is_named(keywords, match):
    with pytest.raises(InvalidArgument, match=match):
        CHECKS["check"](**keywords)


@pytest.mark.parametrize(
    ("points", "match"),
    [
        ([], "`points`: given no point"),
        (3, "`points`: given 3, expected a list of points"),
        ("abc", "`points`: given 'abc'"),
        ({"x": 1}, "`points`: given a dict"),
        (
            [X],
            r"`points\[0\]`: given an array of shape \(2,\) .* expected a tuple of the function's arguments",
        ),
        ([(X,), ()], r"`points\[1\]`: given a tuple of 0"),
        (iter([(X,), 5]), r"`points\[1\]`: given 5"),
    ],
    ids=range(7),
)
def test_points_that_cannot_be_used_are_named(points, match):
    with pytest.raises(InvalidArgument, match=match):
        gradcheck.check(np.sin, lambda x: np.diag(np.cos(x)), points=points)


def test_points_may_come_from_a_generator():
    points = ((scale * X,) for scale in (1.0, 2.0))
    result = gradcheck.check(np.sin, lambda x: np.diag(np.cos(x)), points=points)
    assert str(result.verdict) == "pass"
    assert result.entries == 8


def test_no_point_and_both_ways_of_giving_one():
    with pytest.raises(InvalidArgument, match="`args`: given no argument"):
        gradcheck.check(np.sin, np.cos)
    with pytest.raises(InvalidArgument, match="`points`: given beside a point"):
        gradcheck.check(np.sin, np.cos, X, points=[(X,)])


def test_a_surrogate_serves_every_form():
    def hard(x):
        return np.sum(np.round(x))

    def soft(x):
        return np.sum(x**2)

    right = gradcheck.check_gradient(hard, lambda x: 2 * x, X, surrogate=soft)
    assert str(right.verdict) == "pass"
    assert "surrogate `soft`" in right.notes[0]
    assert str(gradcheck.check_gradient(hard, lambda x: x, X, surrogate=soft).verdict) == "fail"
    pulled = gradcheck.check_vjp(hard, lambda x, u: 2 * x * u, X, surrogate=soft)
    assert str(pulled.verdict) == "pass"


def test_value_and_derivative_must_be_a_pair():
    with pytest.raises(
        InvalidArgument, match=r"`f`: given an array of shape \(2,\) .* a pair \(value, deriv"
    ):
        gradcheck.check(np.sin, True, X)
