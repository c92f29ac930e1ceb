"""Sections 1 to 4 and 8: every claim once, each confirmed by a plain complex step and by JAX."""

from fractions import Fraction

import jax
import latex2mathml.converter
import numpy as np
import pytest
from chooser import Seeded

import gradcheck.rules.chain
import gradcheck.rules.jacobian
import gradcheck.rules.partial
import gradcheck.rules.scalar  # noqa: F401
from gradcheck.rules.catalogue import DOCUMENTS, catalogue
from gradcheck.rules.registry import Group, Kind

SECTIONS = ("1 ", "2 ", "3 ", "4 ", "8 ")
IDS = [entry["id"] for entry in catalogue()["claims"] if entry["section"].startswith(SECTIONS)]
VALUES = ["chain/total/x-plus-x2/finite-bump"]
SHAPES = [rule_id for rule_id in IDS if "/shape/" in rule_id]
DERIVATIVES = [rule_id for rule_id in IDS if rule_id not in {*VALUES, *SHAPES}]
# Their Jacobians are the same when transposed: 1x1, diagonal, or all ones.
SYMMETRIC = (
    "scalar/",
    "partial/",
    "chain/single/",
    "chain/total/",
    "jacobian/identity",
    "jacobian/kronecker",
    "chain/vector/diagonal",
    "chain/vector/degenerates",
    "chain/vector/ln-x2-sin-3x/df-dg",
)
ASYMMETRIC_ANYWAY = ("chain/total/x-plus-x2/factors", "chain/total/x-times-x2/weights")


def number(domain, choose, dtype, largest):
    """Draw a legal number between 1/largest and largest in size."""
    value = 10 ** choose.number(-1, 1) if largest <= 10 else largest ** choose.number(-1, 1)
    value = np.dtype(dtype).type(value * (-1 if choose.integer(0, 1) else 1))
    return value if domain.contains(float(value)) else abs(value)


def point(rule, seed, dtype="float64", extents=None):
    """Return arrays by name and functions by name, in the rule's domain."""
    choose = Seeded(seed)
    extents = extents or {symbol: choose.integer(1, 3) for symbol in rule.parsed.symbols}
    shapes = rule.parsed.shapes(extents)
    arrays = {}
    for given, shape in zip(rule.inputs, shapes, strict=True):
        size = int(np.prod(shape))
        drawn = [number(given.domain, choose, dtype, given.domain.tame) for _ in range(size)]
        arrays[given.name] = np.array(drawn, dtype).reshape(shape)
    if rule.arrange is not None:
        arrays = {name: np.asarray(value, dtype) for name, value in rule.arrange(arrays).items()}
    functions = {name: domain.draw(choose, extents) for name, domain in rule.functions.items()}
    return arrays, functions


def claimed(rule, arrays, functions):
    return rule.claim(*arrays.values(), **functions)


def complex_step(function, x):
    """Return the Jacobian of ``function`` at ``x``, (m, n), by a plain complex step."""
    columns = []
    for index in range(x.size):
        moved = x.astype(complex)
        moved[np.unravel_index(index, x.shape)] += 1e-30j
        columns.append(np.reshape(np.imag(function(moved)), -1) / 1e-30)
    m = np.size(function(x))
    return np.stack(columns, axis=1) if columns else np.zeros((m, 0))


def one_variable(rule, arrays, functions):
    names = list(arrays)
    wanted = names[rule.wrt]

    def function(value):
        return rule.f(*(value if name == wanted else arrays[name] for name in names), **functions)

    return function, arrays[wanted]


def by_jax(function, x):
    with jax.enable_x64(True):
        return np.asarray(jax.jacfwd(function)(x)).reshape(np.size(function(x)), x.size)


def agrees(matrix, reference, rtol=1e-9):
    """Whether ``matrix`` is the reference: same shape, every entry, a NaN anywhere is no."""
    if matrix.shape != reference.shape:
        return False
    scale = np.max(np.abs(reference), axis=1, keepdims=True, initial=0)
    return bool(np.all(np.abs(matrix - reference) <= rtol * np.abs(reference) + 1e-13 * scale))


def references(rule, seeds=range(6)):
    for seed in seeds:
        arrays, functions = point(rule, seed)
        yield arrays, functions, complex_step(*one_variable(rule, arrays, functions))


def test_every_id_of_these_sections_is_registered_once_and_no_other():
    mine = ("scalar/", "partial/", "gradient/", "jacobian/", "chain/")
    registered = [rule.id for rule in DOCUMENTS if rule.group is Group.CLAIM and rule.id.startswith(mine)]
    assert sorted(registered) == sorted(IDS)
    assert len(IDS) == 77 == len(set(IDS))


@pytest.mark.parametrize("rule_id", DERIVATIVES)
def test_closed_form_agrees_with_the_complex_step(rule_id):
    rule = DOCUMENTS[rule_id]
    assert rule.kind is Kind.DERIVATIVE
    for arrays, functions, reference in references(rule):
        matrix = claimed(rule, arrays, functions)
        value = rule.f(*arrays.values(), **functions)
        assert np.ndim(value) == len(rule.parsed.outputs[0])
        assert matrix.ndim == 2
        assert matrix.dtype == np.float64
        assert agrees(matrix, reference), (arrays, {name: str(f) for name, f in functions.items()})


@pytest.mark.parametrize("rule_id", DERIVATIVES)
def test_closed_form_agrees_with_jax(rule_id):
    rule = DOCUMENTS[rule_id]
    for seed in (0, 1):
        arrays, functions = point(rule, seed)
        assert agrees(claimed(rule, arrays, functions), by_jax(*one_variable(rule, arrays, functions)))


@pytest.mark.parametrize("rule_id", DERIVATIVES)
def test_one_per_cent_more_is_caught(rule_id):
    rule = DOCUMENTS[rule_id]
    for arrays, functions, reference in references(rule):
        matrix = claimed(rule, arrays, functions)
        wrong = np.where(matrix == 0, 1e-3, 1.01 * matrix)
        assert wrong.size == 0 or not agrees(wrong, reference)


@pytest.mark.parametrize(
    "rule_id", [i for i in DERIVATIVES if i in ASYMMETRIC_ANYWAY or not i.startswith(SYMMETRIC)]
)
def test_the_transpose_is_caught(rule_id):
    rule = DOCUMENTS[rule_id]
    caught = [
        not agrees(claimed(rule, arrays, functions).T, reference)
        for arrays, functions, reference in references(rule, range(12))
    ]
    assert any(caught)


@pytest.mark.parametrize("rule_id", [i for i in DERIVATIVES if DOCUMENTS[i].terms is not None])
def test_terms_add_up_and_each_is_needed(rule_id):
    rule = DOCUMENTS[rule_id]
    dropped = []
    for arrays, functions, reference in references(rule):
        terms = rule.terms(*arrays.values(), **functions)
        assert agrees(sum(terms), reference)
        assert all(term.shape == reference.shape and term.dtype == np.float64 for term in terms)
        for skipped in range(len(terms)):
            if np.any(terms[skipped]):
                rest = [term for place, term in enumerate(terms) if place != skipped]
                dropped.append(agrees(sum(rest, np.zeros_like(reference)), reference))
    assert dropped
    assert not any(dropped)


@pytest.mark.parametrize("rule_id", DERIVATIVES)
def test_float32_claims_are_float32_and_keep_two_digits(rule_id):
    rule = DOCUMENTS[rule_id]
    kept = []
    for seed in range(20):
        arrays, functions = point(rule, seed, "float32")
        single = claimed(rule, arrays, functions)
        double = claimed(rule, {name: value.astype(float) for name, value in arrays.items()}, functions)
        assert single.dtype == np.float32
        assert rule.f(*arrays.values(), **functions).dtype == np.float32
        kept.append(agrees(single.astype(float), double, rtol=1e-2))
    assert np.mean(kept) >= 0.95


@pytest.mark.parametrize("rule_id", DERIVATIVES)
def test_batches_run_under_jit_and_vmap(rule_id):
    rule = DOCUMENTS[rule_id]
    arrays, functions = point(rule, 3)
    function, x = one_variable(rule, arrays, functions)
    with jax.enable_x64(True):
        found = jax.jit(jax.vmap(function))(np.stack([x, x]))
    assert found.shape == (2, *np.shape(function(x)))
    assert np.asarray(found[1]) == pytest.approx(function(x), rel=1e-9)


@pytest.mark.parametrize("rule_id", [i for i in DERIVATIVES if DOCUMENTS[i].parsed.symbols])
def test_empty_vectors(rule_id):
    rule = DOCUMENTS[rule_id]
    arrays, functions = point(rule, 1, extents=dict.fromkeys(rule.parsed.symbols, 0))
    function, x = one_variable(rule, arrays, functions)
    assert claimed(rule, arrays, functions).shape == (np.size(function(x)), 0)


@pytest.mark.parametrize("rule_id", SHAPES)
def test_shapes_of_every_factor(rule_id):
    rule = DOCUMENTS[rule_id]
    assert rule.kind is Kind.SHAPE
    for seed in range(6):
        arrays, functions = point(rule, seed)
        claim = claimed(rule, arrays, functions)
        factors = rule.factors(*arrays.values(), **functions)
        assert tuple(by_jax(f, np.asarray(at)).shape for f, at in factors) == claim
        if len(claim) == 3:
            (m, k), (also_k, n), whole = claim
            assert (k, whole) == (also_k, (m, n))


def test_every_shape_claim_but_1x1_is_refuted_when_transposed():
    for rule_id in SHAPES:
        rule = DOCUMENTS[rule_id]
        claims = [claimed(rule, *point(rule, seed)) for seed in range(12)]
        transposed = [tuple(shape[::-1] for shape in claim) for claim in claims]
        all_scalar = all(claim == ((1, 1),) * len(claim) for claim in claims)
        assert (claims == transposed) == all_scalar


def test_the_finite_bump_is_exact_and_its_worked_numbers_hold():
    rule = DOCUMENTS[VALUES[0]]
    assert rule.kind is Kind.VALUE
    assert rule.wrt is None
    for x, dx in ((1, 1), (-2, Fraction(1, 3)), (Fraction(7, 5), -4)):
        left, right = (
            side(np.array(Fraction(x), object), np.array(Fraction(dx), object))
            for side in (rule.f, rule.claim)
        )
        assert left == right
        assert left != right + Fraction(dx) ** 2
    assert rule.f(1.0, 1.0) == rule.claim(1.0, 1.0) == 4 == 6 - 2
    forward, central = rule.f(1.0, 1.0), (rule.f(1.0, 1.0) - rule.f(1.0, -1.0)) / 2
    assert (forward, central) == (4, 3)
    assert rule.claim(np.array(1, np.float32), np.array(1, np.float32)).dtype == np.float32


@pytest.mark.parametrize("n", [-2, -1.5, 0, 0.5, 1, 2.5, 6])
def test_the_power_rule_on_its_whole_domain(n):
    rule = DOCUMENTS["scalar/power"]
    for x in (-1.5, 0.0, 2.0):
        arrays = rule.arrange({"x": np.array(x), "n": np.array(float(n))})
        assert arrays["n"] == n
        legal = arrays["x"] > 0 if n != round(n) else arrays["x"] != 0 or n >= 0
        assert legal
        assert (arrays["x"] == x) == (x > 0 or n == round(n)) or x == 0
        matrix = rule.claim(**arrays)
        assert np.isfinite(matrix).all()
        constant = int(n) if n == round(n) else n
        exact = by_jax(lambda value, constant=constant: value**constant, arrays["x"])
        assert agrees(matrix, exact)


def test_the_power_rule_at_0_to_the_0_is_0_not_nan():
    rule = DOCUMENTS["scalar/power"]
    zero = np.array(0.0)
    assert rule.claim(zero, zero).tolist() == [[0.0]]
    with np.errstate(all="ignore"):
        assert np.isnan(zero * zero ** (zero - 1))


def test_logarithm_of_the_squared_sine_is_moved_off_its_zeros():
    rule = DOCUMENTS["chain/single/ln-sin-x3-squared"]
    for x in (0.0, 1e-12, -1e-3, np.cbrt(np.pi), -np.cbrt(3 * np.pi), 4.99, -0.7):
        moved = rule.arrange({"x": np.array(x)})["x"]
        assert abs(np.sin(moved**3)) > 0.15 or abs(moved) >= 0.02
        assert np.isfinite(rule.f(moved.astype(np.float32)))
        assert abs(moved - x) < 0.5
        assert np.sign(moved) == np.sign(x) or abs(x) < 0.02


def test_the_denominator_matrix_is_the_transpose_of_the_numerator_matrix():
    p = np.array([1.5, -0.75])
    stated = DOCUMENTS["jacobian/2x2/denominator-layout"].claim(p)
    assert np.array_equal(stated, DOCUMENTS["jacobian/2x2"].claim(p))
    assert not np.array_equal(stated, stated.T)


@pytest.mark.parametrize("rule_id", IDS)
def test_latex_converts_and_texts_are_there(rule_id):
    rule = DOCUMENTS[rule_id]
    assert "<math" in latex2mathml.converter.convert(rule.latex)
    assert rule.formula
    assert rule.sources
