"""Things that are no derivatives, points or functions: named, or judged truly; never a traceback of ours."""

from __future__ import annotations

import collections
import decimal
import warnings

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import InvalidArgument
from gradcheck.results import Verdict

X = np.array([0.5, 2.0])


class Series:
    """As a column of pandas: no array, but it becomes one."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)
        self.index = range(len(self.values))
        self.shape, self.dtype = self.values.shape, self.values.dtype

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or float)

    def __len__(self):
        return len(self.values)


def matrix(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(rows)


UNUSABLE = {
    "none": None,
    "string": "abc",
    "bytes": b"x",
    "complex": np.array([1 + 1j, 2]),
    "complex number": 1j,
    "objects": np.array([1.0, None], dtype=object),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "durations": np.array([1, 2], dtype="timedelta64[s]"),
    "masked": np.ma.array([1.0, 2.0], mask=[0, 1]),
    "strings": np.array(["a", "b"]),
    "records": np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
    "generator": (k for k in range(3)),
    "set": {1.0, 2.0},
    "object": object(),
    "decimal": decimal.Decimal("1.5"),
    "huge integer": 10**5000,
    "empty dict": {},
    "list of none": [None],
}
USABLE = {
    "masked nowhere": np.ma.array([1.0, 2.0]),
    "matrix": matrix([[1.0, 2.0]]),
    "zero-d": np.array(1.0),
    "number": 3,
    "integers": np.array([1, 2]),
    "small integers": np.array([1, 2], dtype=np.uint8),
    "booleans": np.array([True, False]),
    "series": Series([1.0, 2.0]),
    "long doubles": np.array([1.0, 2.0], dtype=np.longdouble),
    "other bytes": np.array([1.0, 2.0], dtype=">f8"),
    "reversed": np.arange(1.0, 4.0)[::-1],
    "read-only": np.broadcast_to(1.5, (3,)),
    "columns first": np.asfortranarray(np.ones((2, 2))),
}


def f(x):
    return np.sum(np.sin(np.asarray(x, dtype=float)))


def grad(x):
    return np.cos(np.asarray(x, dtype=float))


def refused_or_undecided(call):
    try:
        verdict, text = call().verdict, ""
    except InvalidArgument as error:
        verdict, text = Verdict.FAIL, str(error)
    assert verdict is not Verdict.PASS
    assert not text or ("given" in text and "expected" in text and len(text) < 500)


CHECKS = {
    "check": lambda f, claim, x: gradcheck.check(f, claim, x),
    "gradient": lambda f, claim, x: gradcheck.check_gradient(f, claim, x),
    "jvp": lambda f, claim, x: gradcheck.check_jvp(f, lambda x, v: claim(x), x),
    "vjp": lambda f, claim, x: gradcheck.check_vjp(f, lambda x, u: claim(x), x),
    "hessian": lambda f, claim, x: gradcheck.check_hessian(f, claim, x),
    "hvp": lambda f, claim, x: gradcheck.check_hvp(f, lambda x, v: claim(x), x),
    "adjoint": lambda f, claim, x: gradcheck.check_adjoint(lambda x, v: claim(x), lambda x, u: claim(x), x),
    "contract": lambda f, claim, x: gradcheck.check(f, claim, x, method="contract"),
    "stochastic": lambda f, claim, x: gradcheck.check(f, claim, x, stochastic=True),
    "within a budget": lambda f, claim, x: gradcheck.check(f, claim, x, max_nfev=30),
    "second order": lambda f, claim, x: gradcheck.check(f, claim, x, order=2),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", UNUSABLE)
def test_as_point_claim_function_and_output(name, check):
    value = UNUSABLE[name]
    judge = CHECKS[check]
    refused_or_undecided(lambda: judge(f, grad, value))
    refused_or_undecided(lambda: judge(f, lambda x: value, X))
    if check != "adjoint":
        refused_or_undecided(lambda: judge(value, grad, X))
        refused_or_undecided(lambda: judge(lambda x: value, grad, X))


@pytest.mark.parametrize("name", UNUSABLE)
def test_as_a_claim_already_evaluated(name):
    refused_or_undecided(lambda: gradcheck.check(f, UNUSABLE[name], X))
    refused_or_undecided(lambda: gradcheck.check_hessian(f, UNUSABLE[name], X))
    refused_or_undecided(lambda: gradcheck.check_jvp(f, UNUSABLE[name], X))


@pytest.mark.parametrize("name", USABLE)
def test_unusual_numbers_are_numbers(name):
    x = USABLE[name]
    assert gradcheck.check(f, grad, x).verdict is Verdict.PASS
    assert gradcheck.check_gradient(f, lambda x: 1.001 * grad(x), x).verdict is Verdict.FAIL


def test_a_function_that_returns_a_matrix():
    def rows(x):
        return matrix(np.sin(x))

    def jac(x):
        return np.diag(np.cos(x))[None]

    assert gradcheck.check(rows, jac, X).verdict is Verdict.PASS
    assert gradcheck.check(rows, lambda x: 2 * jac(x), X).verdict is Verdict.FAIL


@pytest.mark.parametrize("empty", [{}, [], (), [None], {"a": None}], ids=repr)
def test_nothing_at_all_is_no_argument_and_no_output(empty):
    with pytest.raises(InvalidArgument, match=r"`x`: given .* expected numbers in it"):
        gradcheck.check(lambda x: 1.0, lambda x: empty, empty)
    with pytest.raises(InvalidArgument, match=r"`f`: given .* expected numbers in it"):
        gradcheck.check(lambda x: empty, lambda x: empty, X)
    with pytest.raises(InvalidArgument, match=r"`jvp`: given .* expected numbers in it"):
        gradcheck.check_adjoint(lambda x, v: empty, lambda x, u: 0 * x, X)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)], ids=str)
def test_size_0_compares_shapes_and_says_so(shape):
    x = np.zeros(shape)
    result = gradcheck.check(np.sin, lambda x: np.zeros(shape + shape), x)
    assert result.verdict is Verdict.PASS
    assert "there was no entry to compare" in str(result)
    assert "detectable" not in str(result)
    assert gradcheck.check(np.sin, lambda x: np.zeros(shape), x).verdict is Verdict.FAIL


def test_false_is_no_claim():
    with pytest.raises(InvalidArgument, match="`jac`: given False"):
        gradcheck.check(f, False, X)


def test_arguments_that_f_does_not_take():
    for call in (
        lambda: gradcheck.check(f, grad, X, X),
        lambda: gradcheck.check(f, grad, X, kwargs={"y": 1}),
        lambda: gradcheck.check(f, grad, X, kwargs={"x": X}),
    ):
        result = call()
        assert result.verdict is Verdict.INCONCLUSIVE
        assert "f raised TypeError" in result.message


def test_containers_are_arguments():
    Point = collections.namedtuple("Point", "a b")  # noqa: PYI024 - as users write them

    def g(p):
        return p.a * p.b

    assert gradcheck.check(g, lambda p: Point(p.b, p.a), Point(2.0, 3.0)).verdict is Verdict.PASS
    assert gradcheck.check(g, lambda p: Point(p.a, p.b), Point(2.0, 3.0)).verdict is Verdict.FAIL


class TestBoundsAndComplexStep:
    """The real part of a complex step is the point; the difference that confirms it stays inside, too."""

    def seen(self, f):
        points = []

        def watched(x):
            if isinstance(x, np.ndarray):
                points.append(np.array(x))
            return f(x)

        return watched, points

    @pytest.mark.parametrize("x", [[1.5, 1.7], [1.0 + 1e-6, 1.9], [1.0 + 1e-9, 2.0 - 1e-9]])
    def test_inside_them_it_is_used_and_keeps_to_them(self, x):
        f, points = self.seen(np.sqrt)
        x = np.array(x)
        right = gradcheck.check(f, lambda x: np.diag(0.5 / np.sqrt(x)), x, bounds=(1.0, 2.0))
        assert right.method == "complex-step", str(right)
        assert right.detectable < 1e-11
        assert right.nfev >= len(points)
        wrong = gradcheck.check(f, lambda x: np.diag(0.5 / np.sqrt(x) + 0.1 * x), x, bounds=(1.0, 2.0))
        assert str(wrong.verdict) == "fail"
        assert np.min(points) >= 1.0
        assert np.max(points) <= 2.0

    def test_on_an_edge_differences_to_one_side_take_over(self):
        f, points = self.seen(np.sqrt)
        result = gradcheck.check(
            f, lambda x: np.diag(0.5 / np.sqrt(x)), np.array([1.0, 2.0]), bounds=(1.0, 2.0)
        )
        assert str(result.verdict) == "pass"
        assert result.method == "central"
        assert np.min(points) == 1.0
        assert np.max(points) == 2.0


@pytest.mark.parametrize(
    ("returned", "fix"),
    [
        ("text", "; return numbers"),
        ({"w": ["text"]}, "; return numbers"),
        (None, "; return numbers"),
        (np.array(["a"]), "; return numbers"),
        (1j * X, "; return real and imaginary parts as two real arrays"),
    ],
    ids=repr,
)
def test_what_f_returns_is_advised_as_such(returned, fix):
    for run in (
        lambda: gradcheck.check(lambda x: returned, f, X),
        lambda: gradcheck.check_hessian(lambda x: returned, f, X),
        lambda: gradcheck.check_adjoint(lambda x, v: returned, lambda x, u: x, X),
    ):
        with pytest.raises(InvalidArgument, match=r"given .*, expected") as caught:
            run()
        assert str(caught.value).endswith(fix)
        assert "functools" not in str(caught.value)
    with pytest.raises(InvalidArgument, match=r"bind it with functools.partial"):
        gradcheck.check(f, f, "text")
