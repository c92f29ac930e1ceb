"""The mistake behind a FAIL, named through ``check`` itself: what the judge adds to claim and reference."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.compare import compare
from gradcheck.judge.mistakes.explain import diagnosed
from gradcheck.judge.mistakes.suspects import Suspects, names_alone
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.results import Reason, Verdict

X = np.array([0.45, 1.3, -0.7])
Y = np.array([1.1, -0.35, 0.6])
UNEVEN = np.array([0.013, 0.021, 0.058])
DATA = np.array([[0.2, 1.0, -0.5], [1.4, -0.7, 0.9], [-0.3, 0.8, 0.4]])


def mean_square(x, a):
    return np.mean((a @ x - 1) ** 2)


def mean_square_grad(x, a):
    return 2 * (a @ x - 1) @ a / len(a)


def said(f, jac, *args, **options):
    result = gradcheck.check(f, jac, *args, **options)
    assert result.verdict is Verdict.FAIL
    return result.diagnosis


class TestAnotherJacobian:
    def test_wrong_argument(self):
        def f(x, y):
            return np.sin(x) * y**2

        wrong = said(f, lambda x, y: np.diag(2 * y * np.sin(x)), X, Y)
        assert "with respect to y: wrong argument" in wrong
        assert "with respect to" not in said(f, lambda x, y: np.diag(y * np.cos(3 * x)), X, Y)

    def test_wrong_argument_of_numbers(self):
        def f(x, y):
            return x * y

        assert "with respect to y" in said(f, lambda x, y: x, 0.3, 0.7)

    @pytest.mark.parametrize(
        ("where", "name"), [(lambda x: x + 1, "x + 1"), (lambda x: -x, "-x"), (np.zeros_like, "zero")]
    )
    def test_another_point(self, where, name):
        def slope(x):
            return np.diag(np.exp(x))

        assert f"at another point: {name}" in said(np.exp, lambda x: slope(where(x)), X)
        assert "another point" not in said(np.exp, lambda x: slope(where(x) + UNEVEN), X)

    @pytest.mark.parametrize(("x", "stays"), [(np.abs(X), True), (-np.abs(X), True), (X, False)])
    def test_no_point_is_tried_beyond_zero_where_all_of_x_lies_on_one_side(self, x, stays):
        seen = []

        def f(x):
            seen.append(np.array(x, dtype=float))
            return np.exp(seen[-1])

        said(f, lambda x: np.diag(np.exp(x) * UNEVEN), x)
        assert all(np.array_equal(np.sign(one), np.sign(x)) for one in seen) is stays

    def test_the_value_of_another_argument(self):
        def f(x, y):
            return x**3 * np.cos(y)

        assert "the value of y" in said(f, lambda x, y: np.diag(3 * y**2 * np.cos(y)), X, Y)

    def test_one_sample_of_a_batch(self):
        assert "sample 1 alone" in said(mean_square, lambda x, a: mean_square_grad(x, a[1:2]), X, DATA)

    def test_the_other_branch_beside_a_kink(self):
        def f(x):
            return np.where(x > 1.0, x**2, 1 + np.sin(2 * (x - 1)))

        x = np.array([1.02, 1.01, 1.03])
        below = said(f, lambda x: np.diag(2 * np.cos(2 * (x - 1))), x)
        assert "from the left: the other side of a kink" in below
        assert "other side" not in said(f, lambda x: np.diag(np.exp(-x) * UNEVEN), x)

    def test_a_mistake_where_the_claim_cancels(self):
        def claim(x):
            s = 1 / (1 + np.exp(-x))
            return np.diag(1.25 * s * (1 - s))

        x = np.array([28.0, 29.0, 30.0, 30.5])
        found = said(lambda x: 1 / (1 + np.exp(-x)), claim, x)
        assert found == "the claim is 1.25 times the reference: factor 1.25"

    def test_bounds_are_kept(self):
        seen = []

        def f(x):
            seen.append(np.array(x))
            return x**3

        said(f, lambda x: np.diag(3.3 * x**2 + x), np.array([0.4, 0.6]), bounds=(0.3, 0.8), method="central")
        assert np.min(seen) >= 0.3
        assert np.max(seen) <= 0.8

    def test_evaluations_are_counted(self):
        count = 0

        def f(x):
            nonlocal count
            count += 1
            return np.exp(x)

        result = gradcheck.check(f, lambda x: np.diag(np.exp(x + 1) + x), X)
        assert result.verdict is Verdict.FAIL
        assert result.nfev <= count <= result.nfev + 4

    def test_a_budget_is_not_spent_on_names(self):
        result = gradcheck.check(np.exp, lambda x: np.diag(np.exp(x + 1) + x), X, max_nfev=40)
        assert result.verdict is Verdict.FAIL
        assert result.nfev < 200

    def test_a_function_that_raises_elsewhere(self):
        def f(x):
            if (x > 2).any() or (x < 0).any():
                raise ValueError("outside")
            return np.sqrt(x)

        found = said(f, lambda x: np.diag(np.cos(x)), np.abs(X))
        assert found.startswith("no known mistake explains it: off by ")


class TestShapes:
    def test_numbers_of_another_shape_are_explained(self):
        def jac(x):
            return np.outer(np.cos(x), Y)

        def f(x):
            return np.outer(np.sin(x).sum() * np.ones(2), Y).ravel()[:4] * (1 + np.arange(4.0))

        right = np.array([[(1 + k) * Y[k % 3] * np.cos(v) for v in X] for k in range(4)])
        result = gradcheck.check(f, lambda x: right[:3], X)
        assert result.reason is Reason.WRONG_SHAPE
        assert "holds only rows 0, 1 and 2" in result.diagnosis
        assert "sum over the rows" in gradcheck.check(f, lambda x: right.sum(axis=0), X).diagnosis
        assert gradcheck.check(f, lambda x: np.ones((5, 3)), X).diagnosis == ""
        assert jac(X).shape == (3, 3)

    def test_a_transpose_is_told_once(self):
        result = gradcheck.check(lambda x: DATA[:2] @ x, lambda x: DATA[:2].T, X)
        assert "transpose" in result.message
        assert result.diagnosis == ""


class TestRounding:
    def test_the_rounding_of_another_row_hides_no_mistake(self):
        def f(x):
            return np.tanh(DATA @ x * 9)

        def jac(x):
            return 9 * (1 - np.tanh(DATA @ x * 9) ** 2)[:, None] * DATA

        def wrong(x):
            value = jac(x)
            value[2, 1] *= 1.5
            return value

        x = np.array([0.05, 0.7, -0.2])
        exact = 9 / np.cosh(DATA @ x * 9)[:, None] ** 2 * DATA
        off = np.abs(jac(x) / exact - 1)
        assert off.max() > 1e-13, "a formula that cancels"
        assert "only one entry is wrong, entry [2, 1]" in said(f, wrong, x)


class TestSuspects:
    def problem(self, f, *args, argnums=0):
        problem = Problem(f, args, argnums)
        problem.evaluate()
        return problem

    def test_names_cost_nothing(self):
        calls = []

        def f(x, a):
            calls.append(1)
            return a @ x

        context = names_alone(self.problem(f, X, DATA))
        assert len(calls) == 1
        assert context.extents == {"len(a)": 3}
        assert set(context.vectors) == {
            "x",
            "(2 x)",
            "f",
            "(2 f)",
            "(1 - f)",
            "(1 - f**2)",
            "(f (1 - f))",
        }

    def test_what_is_offered(self):
        suspects = Suspects(self.problem(mean_square, X, DATA), "auto", None)
        context = suspects.context(suspects.here(), suspects.here())
        assert context.arguments == {}
        value, error = context.samples()
        assert value.shape == error.shape == (3, 1, 3)
        assert np.allclose(value.mean(axis=0)[0], mean_square_grad(X, DATA), rtol=1e-12)
        assert suspects.nfev > 0

    def test_a_branch_is_continued_within_its_bar(self):
        def f(x):
            return np.where(x > 1, 5.0, np.sin(x))

        suspects = Suspects(self.problem(f, np.array([1.02])), "central", None)
        value, error = suspects.context(suspects.here(), suspects.here()).left()
        assert abs(value[0, 0] - np.cos(1.02)) <= error[0, 0] < 1e-4

    def test_points_outside_the_bounds_are_left_out(self):
        problem = self.problem(np.exp, X)
        bounds = (np.full(3, -1.0), np.full(3, 1.5))
        here = np.diag(np.exp(X)), np.zeros((3, 3))
        assert "x + 1" not in Suspects(problem, "central", bounds).context(here, here).points
        assert "x + 1" in Suspects(problem, "central", None).context(here, here).points

    @pytest.mark.parametrize("method", ["auto", "central"])
    def test_one_product_tells_which_may_be_the_claim(self, method):
        def f(x, y):
            return np.sin(DATA @ x) * np.cos(DATA @ y)

        def by_x(x, y):
            return (np.cos(DATA @ x) * np.cos(DATA @ y))[:, None] * DATA

        def by_y(x, y):
            return -(np.sin(DATA @ x) * np.sin(DATA @ y))[:, None] * DATA

        def offered(claim, error=1e-15):
            suspects = Suspects(self.problem(f, X, Y), method, None)
            bars = np.full(claim.shape, error)
            found = suspects.resembling((claim, bars), (by_x(X, Y), bars), arguments_only=False)
            return found, suspects.nfev

        at, cost = offered(by_x(X + 1.0, Y))
        assert list(at.points) == ["x + 1"]
        assert not at.arguments
        assert (at.left, at.right) == (None, None)
        assert cost < 100
        assert list(offered(by_y(X, Y))[0].arguments) == ["y"]
        assert offered(1.001 * by_x(X + 1.0, Y))[0] is None
        everything = offered(by_x(X + 1.0, Y), error=np.inf)[0]
        assert len(everything.points) > 3
        assert list(everything.arguments) == ["y"]

    @pytest.mark.parametrize("method", ["auto", "central"])
    def test_a_side_is_offered_only_where_it_is_another_derivative(self, method):
        def f(x):
            return np.where(x > 1, 5.0 * x, np.sin(x))

        def side(at, value):
            suspects = Suspects(self.problem(f, np.array([at])), method, None)
            claim, here = np.array([[value]]), np.array([[5.0]])
            return suspects.resembling((claim, 0 * claim), (here, 0 * here), arguments_only=False)

        assert side(1.02, np.cos(1.02)).left is not None
        assert side(1.02, np.cos(1.02)).right is None
        assert side(1.02, 4.9) is None
        assert side(9.0, 5.5) is None

    def test_a_function_that_refuses_a_sample_has_none(self):
        def f(x, a):
            if len(a) < 3:
                raise ValueError("too few")
            return a @ x

        suspects = Suspects(self.problem(f, X, DATA), "auto", None)
        claim = DATA + 1.0, 0 * DATA
        assert suspects.resembling(claim, suspects.here(), arguments_only=False) is None
        with pytest.raises(ValueError, match="one sample"):
            suspects.context(claim, suspects.here()).samples()

    def test_large_functions_are_left_alone(self):
        assert not Suspects(self.problem(np.sum, np.ones(100)), "auto", None).affordable
        assert Suspects(self.problem(np.sum, np.ones(10)), "auto", None).affordable


A, B = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])


def _distances(x, y):
    return np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))


class TestAnotherShapeWithOneSample:
    """One sample of the other argument leaves an output of another shape: no verdict is lost to it."""

    @pytest.mark.parametrize(
        ("f", "jac"),
        [
            (np.kron, lambda a, b: np.kron(np.eye(3), b[:, None])),
            (np.convolve, lambda a, b: np.array([np.convolve(e, b) for e in np.eye(3)]).T),
            (
                lambda a, b: np.concatenate([a**2, b]),
                lambda a, b: np.vstack([np.diag(2 * a), np.zeros((2, 3))]),
            ),
        ],
        ids=["kron", "convolve", "concatenate"],
    )
    def test_vectors(self, f, jac):
        assert gradcheck.check(f, jac, A, B).verdict is Verdict.PASS
        assert "1.5" in said(f, lambda a, b: 1.5 * jac(a, b), A, B)
        uneven = said(f, lambda a, b: jac(a, b) * UNEVEN, A, B)
        assert "sample" not in uneven

    def test_distances(self):
        def jac(x, y):
            away, found = x[:, None] - y[None], np.zeros((2, 3, 2, 2))
            for i in range(2):
                found[i, :, i] = away[i] / _distances(x, y)[i][:, None]
            return found

        x, y = np.array([[0.1, 0.9], [2.0, 1.0]]), np.array([[1.0, 0.0], [0.3, 0.7], [2.0, 3.0]])
        assert gradcheck.check(_distances, jac, x, y).verdict is Verdict.PASS
        said(_distances, lambda x, y: jac(x, y) * 1.5, x, y)
        said(_distances, lambda x, y: jac(x, y) * x * 1.1, x, y)

    def test_another_point_of_the_check(self):
        points = [(A, B), (A + 0.5, np.array([4.0, 5.0, 6.0]))]
        result = gradcheck.check(np.kron, lambda a, b: np.kron(np.eye(3), b[:, None]) * UNEVEN, points=points)
        assert result.verdict is Verdict.FAIL


class TestABrokenSearch:
    """What breaks while the likely mistake is looked for costs the diagnosis, never the verdict."""

    @staticmethod
    def _breaks(*args, **options):
        raise ValueError("planted")

    @pytest.mark.parametrize(("place", "factor"), [("resembling", 1.37), ("context", UNEVEN)])
    def test_among_other_jacobians(self, monkeypatch, place, factor):
        monkeypatch.setattr(Suspects, place, self._breaks)
        assert said(lambda x, y: x * y**2, lambda x, y: np.diag(y**2 * factor), X, Y) == ""

    def test_of_a_shape(self, monkeypatch):
        def transposed(x):
            return np.ones((5, 2))

        assert gradcheck.check(np.exp, transposed, X).verdict is Verdict.FAIL
        monkeypatch.setattr(Suspects, "here", self._breaks)
        result = gradcheck.check(np.exp, transposed, X)
        assert (result.verdict, result.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)

    def test_in_the_comparison_itself(self, monkeypatch):
        monkeypatch.setattr("gradcheck.diagnosis.diagnose", self._breaks)
        assert said(np.exp, lambda x: np.diag(np.exp(x) * 1.5), X) == ""
        assert said(np.abs, lambda x: np.diag([1.7, -1.0]), np.array([0.0, -2.0])) == ""
        assert gradcheck.check(np.exp, lambda x: np.diag(np.exp(x)), X).verdict is Verdict.PASS


class TestWiderBars:
    """The search may take bars widened by the claim's own rounding, and the claim may agree within them."""

    def found(self, claim, wider):
        problem = Problem(np.sin, (X,))
        problem.evaluate()
        reference = Reference(np.diag(np.cos(X)), 1e-15 * np.eye(3), {})
        bars = np.full(claim.shape, 1e-15)
        compared = compare(claim, bars, reference.value, reference.error)
        assert compared.verdict is Verdict.FAIL
        suspects = Suspects(problem, "auto", None)
        return diagnosed(problem, claim, bars, reference, compared, suspects, lambda: np.full((3, 3), wider))[
            1
        ]

    def test_nothing_to_explain_is_never_said_of_a_failure(self):
        spoiled = np.diag(np.cos(X) * (1 + 1e-11 * np.array([6.0, -5.0, 4.0])))
        assert (
            self.found(spoiled, 1e-9)
            == "no known mistake explains it: off by 4e-11 to 6e-11 of the reference"
        )
        assert self.found(spoiled, 1e-15).startswith("no known mistake explains it: off by 4e-11")

    def test_a_mistake_beyond_them_is_named_all_the_same(self):
        assert "wrong sign" in self.found(-np.diag(np.cos(X)), 1e-9)


def test_a_mistake_without_a_name_is_not_called_a_likely_one():
    text = str(gradcheck.check(np.exp, lambda x: 0.217958 * np.exp(x), 0.5))
    assert "  no known mistake explains it: off by 0.78 of the reference" in text.splitlines()
    assert "likely mistake: no" not in text
    assert "likely mistake: the claim is 2 times" in str(
        gradcheck.check(np.exp, lambda x: 2 * np.exp(x), 0.5)
    )
