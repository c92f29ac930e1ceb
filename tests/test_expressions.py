"""Generated functions: safe, of the promised depth, with derivatives that mpmath confirms."""

import json
from collections import Counter

import jax
import latex2mathml.converter
import mpmath
import numpy as np
import pytest
from chooser import First, Seeded

from gradcheck.errors import InvalidArgument
from gradcheck.rules import primitives
from gradcheck.rules.compositions import Composition
from gradcheck.rules.expressions import (
    Componentwise,
    ElementwisePair,
    Expression,
    Function,
    Multivariate,
    ScalarFunction,
    Sort,
    VectorFunction,
)
from gradcheck.rules.grammar import grow
from gradcheck.rules.primitives import PRIMITIVES

POINTS = (-2.25, 0.75, 4.5)
FAMILIES = {
    "scalar": ScalarFunction(),
    "mild": ScalarFunction(sort=Sort.MILD),
    "positive": ScalarFunction(sort=Sort.POSITIVE),
    "multivariate": Multivariate(),
    "vector": VectorFunction(),
    "of a scalar": VectorFunction("m", None),
    "componentwise": Componentwise("n"),
    "pair": ElementwisePair(),
    "composition": Composition(),
    "total": Composition(None, "k", None, direct=True),
}


class MpmathNumber:
    """A number of 50 digits on the namespace protocol, so that a tree is evaluated without NumPy."""

    def __init__(self, value):
        self.value = mpmath.mpf(value)

    def __array_namespace__(self):
        return MpmathNamespace

    def _binary(operation):
        def method(self, other):
            return MpmathNumber(operation(self.value, getattr(other, "value", other)))

        return method

    __add__ = __radd__ = _binary(lambda a, b: a + b)
    __mul__ = __rmul__ = _binary(lambda a, b: a * b)
    __sub__ = _binary(lambda a, b: a - b)
    __truediv__ = _binary(lambda a, b: a / b)
    __pow__ = _binary(lambda a, b: a**b)

    def __neg__(self):
        return MpmathNumber(-self.value)


class MpmathNamespace:
    """sin, cos, … of :class:`MpmathNumber`."""


def _of_mpmath(function):
    return staticmethod(lambda u: MpmathNumber(function(u.value)))


for name in ("sin", "cos", "tanh", "exp", "log", "sqrt"):
    setattr(MpmathNamespace, name, _of_mpmath(getattr(mpmath, name)))
MpmathNamespace.arctan = _of_mpmath(mpmath.atan)


def trees(count, sort=Sort.ANY, variables=(0,)):
    for seed in range(count):
        choose = Seeded(seed)
        yield grow(choose, variables, choose.integer(3, 5), sort)


def worst_error(tree, x):
    """Return the table's error against 50-digit central differences, relative to what rounding can move."""
    with mpmath.workdps(50):
        exact = float(mpmath.diff(lambda t: tree.value([MpmathNumber(t)]).value, mpmath.mpf(x)))
    found = float(tree.partial(0, [np.float64(x)]))
    nearby = [float(tree.partial(0, [np.float64(x) * (1 + k * 1e-15)])) for k in (-3, -1, 1, 3)]
    spread = max(abs(value - found) for value in nearby)
    return abs(found - exact) / (1e-12 * max(abs(exact), 1e-3) + 100 * spread)


def test_table_agrees_with_mpmath_on_200_trees():
    seen = Counter()
    for tree in trees(200):
        seen.update(tree.operations())
        for x in POINTS:
            assert worst_error(tree, x) <= 1, f"{tree} at {x}"
    assert len(seen) >= 12
    assert set(seen) == set(PRIMITIVES)


@pytest.mark.parametrize("broken", sorted(PRIMITIVES))
def test_a_wrong_row_of_the_table_is_caught(monkeypatch, broken):
    row = PRIMITIVES[broken]
    wrong = primitives.Primitive(
        row.value,
        lambda *operands: tuple(1.001 * slope for slope in row.slopes(*operands)),
        row.text,
        row.latex,
        row.level,
        row.operands,
        row.parametrised,
    )
    monkeypatch.setitem(PRIMITIVES, broken, wrong)
    using = (tree for tree in trees(200) if broken in tree.operations())
    assert any(worst_error(tree, x) > 1 for tree in using for x in POINTS)


def test_depth_is_between_3_and_5_and_every_depth_occurs():
    for sort in (Sort.ANY, Sort.LINEAR, Sort.MILD, Sort.POSITIVE, Sort.UNIT):
        assert {tree.depth for tree in trees(100, sort)} == {3, 4, 5}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sort", [Sort.ANY, Sort.LINEAR, Sort.MILD, Sort.POSITIVE, Sort.UNIT])
def test_values_and_slopes_are_finite_in_the_inputs_dtype(sort, dtype):
    grid = np.array([0, 1e-3, -0.5, 1, -1, 7, -33, 250, -1e3, 1e3], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for tree in trees(300, sort):
            value, partials = tree.value_and_partials([grid])
            assert value.dtype == partials[0].dtype == dtype
            assert np.isfinite(value).all(), str(tree)
            assert np.isfinite(partials[0]).all(), str(tree)
            if sort is Sort.POSITIVE:
                assert (value > 0.36).all(), str(tree)
            if sort is Sort.UNIT:
                assert (np.abs(value) <= 1).all(), str(tree)


def test_an_unsafe_tree_is_not_finite():
    x = Expression.variable(0)
    with np.errstate(all="ignore"):
        assert not np.isfinite(Expression("exp", (x,)).value([np.float64(1e3)]))


@pytest.mark.parametrize("family", FAMILIES)
def test_json_round_trip(family):
    domain = FAMILIES[family]
    for seed in range(20):
        drawn = domain.draw(Seeded(seed), {"n": 3, "m": 2})
        assert domain.from_json(json.loads(json.dumps(domain.to_json(drawn)))) == drawn


@pytest.mark.parametrize(
    "data",
    [["gamma", None, ["x", 0]], ["add", None, ["x", 0]], ["x"], {"expressions": 3}, "x + 1"],
)
def test_malformed_json_is_refused(data):
    with pytest.raises(InvalidArgument, match="to_json"):
        Expression.from_json(data)
    with pytest.raises(InvalidArgument):
        Function.from_json({"expressions": [data], "inputs": None, "scalar": True})


@pytest.mark.parametrize("family", FAMILIES)
def test_first_choices_give_the_simplest(family):
    domain = FAMILIES[family]
    simplest = domain.draw(First(), {"n": 2, "m": 2})
    assert domain.draw(First(), {"n": 2, "m": 2}) == simplest
    assert all(len(str(domain.draw(Seeded(seed), {"n": 2, "m": 2}))) > 0 for seed in range(3))


def test_first_choices_draw_a_plain_sum():
    assert str(ScalarFunction().draw(First(), {})) == "x + x + x + x"
    assert set(ScalarFunction().draw(First(), {}).expressions[0].operations()) == {"add"}
    assert ScalarFunction().draw(First(), {}).expressions[0].depth == 3


def test_notation():
    x = Expression.variable(0)
    bump = Expression("exp", (Expression("neg", (Expression("square", (x,)),)),))
    tree = Expression("add", (Expression("mul", (Expression("sin", (x,)), x)), bump))
    assert str(tree) == "sin(x)·x + exp(−x²)"
    sum_ = Expression("add", (x, x))
    assert str(Expression("mul", (sum_, Expression("power", (sum_,), -0.5)))) == "(x + x)·(x + x)^−0.5"
    assert str(Expression("sub", (x, Expression("sub", (x, x))))) == "x − (x − x)"
    assert str(Expression("div", (x, Expression("mul", (x, x))))) == "x/(x·x)"


def test_notation_says_what_is_computed():
    signs = {"−": "-", "·": "*", "²": "**2", "^": "**", "√": "sqrt", "ln": "log"}
    names = {name: getattr(np, name) for name in ("sin", "cos", "tanh", "arctan", "exp", "log", "sqrt")}
    x = np.float64(0.75)
    for tree in trees(150):
        text = str(tree)
        for sign, code in signs.items():
            text = text.replace(sign, code)
        assert eval(text, {"x": x, **names}) == pytest.approx(tree.value([x]), rel=1e-12), str(tree)


def test_latex_converts():
    for seed in range(30):
        drawn = VectorFunction("m", "n").draw(Seeded(seed), {"n": 3, "m": 2})
        assert "<math" in latex2mathml.converter.convert(drawn.latex)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("m", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vector_functions_of_every_extent(n, m, dtype):
    drawn = VectorFunction().draw(Seeded(5), {"n": n, "m": m})
    x = np.linspace(-1, 2, n).astype(dtype)
    assert drawn(x).shape == (m,)
    assert drawn(x).dtype == drawn.jacobian(x).dtype == dtype
    assert drawn.jacobian(x).shape == (m, n)


def test_a_variable_that_does_not_occur_has_slope_zero():
    drawn = Function((Expression("sin", (Expression.variable(1),)),), 3, True)
    x = np.array([1.0, 2.0, 3.0])
    assert drawn.jacobian(x).tolist() == [[0.0, np.cos(2.0), 0.0]]
    assert drawn.expressions[0].partial(0, tuple(x)) == 0.0


def test_componentwise_is_diagonal_and_vector_is_not():
    x = np.array([0.5, -1.5, 2.5])
    diagonal = Componentwise("n").draw(Seeded(3), {"n": 3}).jacobian(x)
    assert np.array_equal(diagonal, np.diag(np.diag(diagonal)))
    full = VectorFunction("n", "n").draw(Seeded(3), {"n": 3}).jacobian(x)
    assert not np.array_equal(full, np.diag(np.diag(full)))


def test_scalar_function_is_applied_to_each_element():
    drawn = ScalarFunction().draw(Seeded(8), {})
    x = np.array([0.5, -1.5, 2.5])
    assert drawn(x).tolist() == [drawn(entry) for entry in x]
    assert np.diag(drawn.jacobian(x)).tolist() == [drawn.jacobian(entry)[0, 0] for entry in x]


def test_operators_and_their_weights():
    w, x = np.array([0.5, -1.5]), np.array([2.0, 0.25])
    seen = set()
    for seed in range(60):
        pair = ElementwisePair().draw(Seeded(seed), {"n": 2})
        seen.add(pair.operator)
        a, b, step = pair.f(w), pair.g(x), 1e-30
        first, second = pair.weights(w, x)
        apply = {"+": np.add, "−": np.subtract, "⊗": np.multiply, "⊘": np.divide}[pair.operator]
        assert np.array_equal(pair(w, x), apply(a, b))
        assert first == pytest.approx(apply(a + step * 1j, b).imag / step, rel=1e-14)
        assert second == pytest.approx(apply(a, b + step * 1j).imag / step, rel=1e-14)
        if pair.operator == "⊘":
            assert (b > 0.36).all()
    assert seen == set("+−⊗⊘")


def test_functions_run_under_jit_and_vmap():
    drawn = VectorFunction().draw(Seeded(2), {"n": 3, "m": 2})
    batch = np.linspace(-1, 1, 12).reshape(4, 3)
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(jax.jacfwd(drawn)))(batch))
    assert found == pytest.approx(np.stack([drawn.jacobian(x) for x in batch]), rel=1e-12, abs=1e-14)


def test_too_shallow_a_tree_is_refused():
    with pytest.raises(InvalidArgument, match="at least 2"):
        grow(First(), (0,), 1, Sort.POSITIVE)
