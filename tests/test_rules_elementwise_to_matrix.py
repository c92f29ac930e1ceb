"""Closed forms of the catalogue's sections 5, 6, 7, 9, 10 and 11, against JAX and a complex step."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import jax
import numpy as np
import pytest
from latex2mathml.converter import convert

from gradcheck.domains import Stratum
from gradcheck.rules import descent, documents, kink_placement, loss
from gradcheck.rules.catalogue import catalogue
from gradcheck.rules.elementwise_pairs import LargerOf, PairOrMaximum
from gradcheck.rules.registry import Kind
from gradcheck.strategies import strata_of

SECTIONS = {"5", "6", "7", "9", "10", "11"}
IDS = [entry["id"] for entry in catalogue()["claims"] if entry["section"].split()[0] in SECTIONS]
RULES = {rule.id: rule for rule in documents() if rule.id in set(IDS)}
DERIVATIVES = [rule for rule in RULES.values() if rule.kind is Kind.DERIVATIVE]
VALUES = [rule for rule in RULES.values() if rule.kind is Kind.VALUE]
KINKED = [rule for rule in RULES.values() if rule.kinks is not None]
SUMS = [rule for rule in RULES.values() if rule.terms is not None]


def by_id(rules):
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.id)


class Seeded:
    """Choices from a seed, as the strategies make them from Hypothesis."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def integer(self, low, high):
        return self.source.randint(low, high)

    def number(self, low, high):
        return self.source.uniform(low, high)


def extents_of(rule, size, **others):
    """Every symbol at ``size``, no smaller than its minimum."""
    wanted = dict.fromkeys(rule.parsed.symbols, size) | others
    return {symbol: max(wanted[symbol], rule.minimum.get(symbol, 0)) for symbol in rule.parsed.symbols}


def legal_number(choose, domain, unit):
    for _ in range(100):
        value = choose.integer(-4 * unit, 4 * unit) / unit
        if domain.contains(value):
            return value
    raise AssertionError(f"no small number in {domain}")


def drawn(rule, extents, seed, *, unit=8, dtype="float64"):
    """One point of multiples of ``1 / unit`` up to 4, arranged; on a kink or not."""
    choose = Seeded(seed)
    arguments = {}
    for given, shape in zip(rule.inputs, rule.parsed.shapes(extents), strict=True):
        numbers = [legal_number(choose, given.domain, unit) for _ in range(int(np.prod(shape)))]
        arguments[given.name] = np.array(numbers, dtype).reshape(shape)
    if rule.arrange is not None:
        arguments = rule.arrange(arguments)
    functions = {name: drawable.draw(choose, extents) for name, drawable in rule.functions.items()}
    return arguments, functions


def smooth(rule, extents, seed, **options):
    """The first drawn point at least 1/16 off every kink."""
    arguments, functions = drawn(rule, extents, seed, **options)
    while rule.kinks is not None and np.any(np.abs(rule.kinks.surface(**arguments)) <= 1 / 16):
        seed += 1000
        arguments, functions = drawn(rule, extents, seed, **options)
    return arguments, functions


def complex_step(rule, arguments, functions):
    """The numerator Jacobian of ``f`` by a complex step: NumPy's own complex arithmetic, off kinks."""
    values = list(arguments.values())
    free = np.asarray(values[rule.wrt])
    columns = []
    for j in range(free.size):
        moved = free.astype(complex)
        moved.flat[j] += 1e-30j
        values[rule.wrt] = moved
        columns.append(np.asarray(rule.f(*values, **functions)).imag.reshape(-1) / 1e-30)
    m = np.size(rule.f(*arguments.values(), **functions))
    return np.array(columns).T if columns else np.zeros((m, 0))


def by_jax(rule, points, functions, derivative=jax.jacfwd):
    """JAX's derivative at several points at once, under jit and vmap."""

    def jacobian(*arguments):
        return derivative(lambda *given: rule.f(*given, **functions), rule.wrt)(*arguments)

    stacked = [np.stack([point[name] for point in points]) for name in points[0]]
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(jacobian))(*stacked))
    n = points[0][rule.names[rule.wrt]].size
    return found.reshape(len(points), -1, n)


def agrees(claimed, reference):
    """Same shape, and equal to 1e-12 of the largest entry or of the inputs' size, which is about 1."""
    if np.shape(claimed) != np.shape(reference) or np.ndim(claimed) != 2:
        return False
    scale = max(1.0, np.max(np.abs(reference), initial=0))
    return bool(np.all(np.abs(claimed - reference) <= 1e-12 * scale))


def twins(claimed):
    """Wrong claims: each differs from the claim by far more than any rounding."""
    yield claimed + 0.01
    yield np.hstack([claimed, claimed[:, :1]])
    if np.any(claimed):
        yield claimed * 1.01
        yield -claimed
        if claimed.shape[0] != claimed.shape[1] or not np.allclose(claimed, claimed.T):
            yield claimed.T


def test_every_id_of_these_sections_is_registered_once():
    assert len(IDS) == 83
    assert Counter(rule.id for rule in documents() if rule.id in set(IDS)) == Counter(IDS)


@by_id(list(RULES.values()))
def test_latex_is_a_statement_that_converts(rule):
    assert "\\" not in convert(rule.latex)
    assert "=" in rule.latex
    entry = next(entry for entry in catalogue()["claims"] if entry["id"] == rule.id)
    for sentence in entry["notes"].replace("`", "").split(". "):
        assert sentence.rstrip(".") in rule.notes


def test_latex_with_an_unknown_command_is_caught():
    assert "\\" in convert(r"\frac{\notacommand x}{y} = 1")


@by_id(DERIVATIVES)
def test_closed_form_agrees_with_jax_and_with_a_complex_step(rule):
    extents = extents_of(rule, 3)
    _, functions = smooth(rule, extents, 1)
    points = [smooth(rule, extents, seed)[0] for seed in (1, 2, 3)]
    in_reverse = by_jax(rule, points[:1], functions, jax.jacrev)
    assert agrees(rule.claim(*points[0].values(), **functions), in_reverse[0])
    for point, reference in zip(points, by_jax(rule, points, functions), strict=True):
        claimed = rule.claim(*point.values(), **functions)
        assert agrees(claimed, reference), (claimed, reference)
        assert agrees(claimed, complex_step(rule, point, functions))
        for wrong in twins(claimed):
            assert not agrees(wrong, reference)


@by_id(DERIVATIVES)
@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_closed_form_agrees_at_every_extent(rule, size):
    extents = extents_of(rule, size)
    arguments, functions = smooth(rule, extents, 7)
    claimed = rule.claim(*arguments.values(), **functions)
    assert claimed.shape == (
        np.size(rule.f(*arguments.values(), **functions)),
        arguments[rule.names[rule.wrt]].size,
    )
    assert agrees(claimed, complex_step(rule, arguments, functions))


@by_id([rule for rule in DERIVATIVES if len(rule.parsed.symbols) == 2])
@pytest.mark.parametrize("sizes", [(0, 2), (3, 1), (1, 3), (2, 0)])
def test_closed_form_agrees_at_unequal_extents(rule, sizes):
    extents = extents_of(rule, 0, **dict(zip(rule.parsed.symbols, sizes, strict=True)))
    arguments, functions = smooth(rule, extents, 3)
    assert agrees(rule.claim(*arguments.values(), **functions), complex_step(rule, arguments, functions))


@by_id(list(RULES.values()))
@pytest.mark.parametrize("size", [0, 1, 3])
def test_single_precision_stays_single(rule, size):
    extents = extents_of(rule, size)
    arguments, functions = smooth(rule, extents, 5, dtype="float32")
    single = np.asarray(rule.claim(*arguments.values(), **functions))
    assert single.dtype == np.float32
    assert np.asarray(rule.f(*arguments.values(), **functions)).dtype == np.float32
    with jax.enable_x64(True):
        traced = jax.eval_shape(lambda *given: rule.f(*given, **functions), *arguments.values())
    assert traced.dtype == np.float32
    wide = {name: value.astype(np.float64) for name, value in arguments.items()}
    assert np.asarray(rule.claim(*wide.values(), **functions)).dtype == np.float64
    assert np.allclose(single, rule.claim(*wide.values(), **functions), rtol=1e-4, atol=1e-3)


@by_id(list(RULES.values()))
def test_claim_and_function_leave_their_arguments_alone(rule):
    arguments, functions = smooth(rule, extents_of(rule, 3), 4)
    before = {name: value.copy() for name, value in arguments.items()}
    result = rule.claim(*arguments.values(), **functions)
    rule.f(*arguments.values(), **functions)
    np.asarray(result)[...] = 99
    assert all(np.array_equal(arguments[name], before[name]) for name in before)


@by_id(SUMS)
def test_terms_add_up_and_each_counts(rule):
    arguments, functions = smooth(rule, extents_of(rule, 3), 6)
    claimed = rule.claim(*arguments.values(), **functions)
    terms = rule.terms(*arguments.values(), **functions)
    assert len(terms) > 1
    assert all(term.shape == claimed.shape for term in terms)
    assert agrees(sum(terms), claimed)
    for dropped, term in enumerate(terms):
        without = sum((other for i, other in enumerate(terms) if i != dropped), np.zeros_like(claimed))
        assert agrees(without, claimed) == (not np.any(term))


def fractions_of(value):
    exact = np.empty(np.shape(value), dtype=object)
    exact.flat = [Fraction(float(entry)) / 7 for entry in np.ravel(value)]
    return exact if exact.ndim else exact[()]


@by_id(VALUES)
@pytest.mark.parametrize("size", [0, 1, 3])
def test_value_claims_are_exact_on_fractions(rule, size):
    for seed in range(5):
        arguments, _ = drawn(rule, extents_of(rule, size), seed)
        exact = [fractions_of(value) for value in arguments.values()]
        left, right = (np.asarray(side(*exact), dtype=object) for side in (rule.f, rule.claim))
        assert left.shape == right.shape
        assert list(left.flat) == list(right.flat)
        if left.size:
            assert list(left.flat) != [entry + Fraction(1, 10**30) for entry in right.flat]


def test_greater_is_zero_at_a_tie_and_one_above_it():
    rule = RULES["elementwise/greater/value"]
    w, x = np.array([1.0, 2.0, 2.0]), np.array([2.0, 2.0, 1.0])
    assert rule.f(w, x).tolist() == rule.claim(w, x).tolist() == [0.0, 0.0, 1.0]


def kinky_point(rule, extents, seed):
    """Small integers, and functions among which a drawn operator is ``max``."""
    arguments, functions = drawn(rule, extents, seed, unit=1)
    while rule.functions and not isinstance(functions["pair"], LargerOf):
        seed += 1000
        functions = drawn(rule, extents, seed)[1]
    return arguments, functions


def placements(rule, count=12):
    """Points put at every surface, with what was there before."""
    for seed in range(count):
        extents = extents_of(rule, (1, 2, 3, 5)[seed % 4])
        arguments, functions = kinky_point(rule, extents, seed)
        for index in range(np.size(rule.kinks.surface(**arguments))):
            yield arguments, functions, index


@by_id(KINKED)
@pytest.mark.parametrize("offset", [0.0, 0.5, -0.25, 2.0**-10])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_placing_hits_the_surface_exactly(rule, offset, dtype):
    for arguments, _, index in placements(rule):
        given = {name: value.astype(dtype) for name, value in arguments.items()}
        before = {name: value.copy() for name, value in given.items()}
        placed = rule.kinks.place(given, index, offset)
        assert np.asarray(rule.kinks.surface(**placed)).reshape(-1)[index] == offset
        assert all(np.array_equal(given[name], before[name]) for name in before)
        assert all(placed[name].shape == before[name].shape for name in before)
        assert all(placed[name].dtype == dtype for name in before)
        if rule.arrange is not None:
            again = rule.arrange(placed)
            assert np.asarray(rule.kinks.surface(**again)).reshape(-1)[index] == offset


@by_id(KINKED)
def test_placing_brings_no_other_surface_to_zero(rule):
    for arguments, _, index in placements(rule):
        before = np.asarray(rule.kinks.surface(**arguments)).reshape(-1)
        after = np.asarray(rule.kinks.surface(**rule.kinks.place(arguments, index, 0.0))).reshape(-1)
        assert not np.any((np.delete(after, index) == 0) & (np.delete(before, index) != 0))


@by_id([rule for rule in KINKED if rule.kind is Kind.DERIVATIVE])
def test_on_a_kink_the_claim_is_the_derivative_of_one_side(rule):
    """With one kink at a time the documents' convention is an end of Clarke's segment."""
    met = 0
    for arguments, functions, index in placements(rule):
        on = rule.kinks.place(arguments, index, 0.0)
        if rule.arrange is not None:
            on = rule.arrange(on)
        if np.count_nonzero(np.asarray(rule.kinks.surface(**on)) == 0) > 1:
            continue
        met += 1
        claimed = rule.claim(*on.values(), **functions)
        sides = [rule.kinks.place(on, index, step) for step in (2.0**-40, -(2.0**-40))]
        gaps = [np.abs(claimed - complex_step(rule, side, functions)).max(initial=0) for side in sides]
        assert min(gaps) <= 1e-8 * max(1.0, np.abs(claimed).max(initial=0)), (on, claimed)
    assert met >= 8


@by_id([rule for rule in KINKED if "activation" in rule.id or rule.id.startswith(("loss/u", "neuron/relu/"))])
def test_at_equality_the_inactive_case_holds(rule):
    for arguments, functions, index in placements(rule, 8):
        on = rule.kinks.place(arguments, index, 0.0)
        assert not np.any(rule.claim(*on.values(), **functions))
        above = rule.kinks.place(arguments, index, 0.5)
        assert rule.names[rule.wrt] == "w" or np.any(rule.claim(*above.values(), **functions))


def test_a_weight_that_cannot_reach_zero_exactly_is_replaced_by_a_power_of_two():
    kinks = kink_placement.batch()
    given = {"w": np.array([3.0]), "b": np.array(1.0), "X": np.array([[2.0], [-5.0]])}
    placed = kinks.place(given, 0, 2.0**-20)
    surface = kinks.surface(**placed)
    assert surface[0] == 2.0**-20
    assert np.sign(surface[1]) == np.sign(kinks.surface(**given)[1])


def test_zero_weights_become_one_weight():
    kinks = kink_placement.batch()
    placed = kinks.place({"w": np.zeros(2), "b": np.array(3.0), "X": np.ones((2, 2))}, 1, 0.0)
    assert kinks.surface(**placed).tolist() == [4.0, 0.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arranged_samples_are_active_and_stay_so(dtype):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scale = 10.0 ** rng.integers(-3, 4)
        given = {
            "w": (scale * rng.normal(size=3)).astype(dtype),
            "b": np.array(scale * rng.normal(), dtype),
            "X": (scale * rng.normal(size=(5, 3))).astype(dtype),
            "y": rng.normal(size=5).astype(dtype),
        }
        once = loss.all_active(given)
        assert np.all(once["X"] @ once["w"] + once["b"] >= 0.49)
        twice = loss.all_active(once)
        assert np.all(twice["X"] @ twice["w"] + twice["b"] >= 0.49)
        assert once["b"].dtype == dtype


def test_inactive_samples_refute_the_error_form():
    """Without ``arrange`` the error form is wrong: the restriction to active samples is needed."""
    rule = RULES["loss/mse/wrt-w/error-term"]
    w, b = np.array([1.0, -1.0]), np.array(0.5)
    X, y = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
    reference = complex_step(rule, {"w": w, "b": b, "X": X, "y": y}, {})
    assert agrees(reference, np.array([[1.0, 0.5]]))
    assert not agrees(rule.claim(w, b, X, y), reference)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_error_is_exactly_zero_for_every_witness(dtype):
    rule = RULES["loss/mse/wrt-w/zero-error"]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shapes = {"w": 5, "b": (), "X": (1, 5), "y": 1}
        given = {name: np.array(10 * rng.uniform(-1, 1, size=shape), dtype) for name, shape in shapes.items()}
        arguments = rule.arrange(given)
        wide = {name: value.astype(np.float64) for name, value in arguments.items()}
        assert loss.error(**wide).tolist() == [0.0]
        assert np.all(wide["X"] @ wide["w"] + wide["b"] >= 0.5)
        assert not np.any(complex_step(rule, wide, {}))
        again = rule.arrange(arguments)
        assert all(np.array_equal(again[name], arguments[name]) for name in arguments)


def test_descent_goes_down_and_uphill_goes_up():
    uphill = RULES["loss/mse/gradient-points-uphill"]
    arguments, _ = smooth(uphill, extents_of(uphill, 3), 2)
    assert arguments["t"] == 0
    values = list(arguments.values())
    small = np.float64(1e-6)
    assert descent.along_gradient(small, *values[1:]) > descent.along_gradient(*values)
    assert descent.after_update_of_w(small, *values[1:]) < descent.after_update_of_w(*values)
    assert descent.after_update_of_b(small, *values[1:]) < descent.after_update_of_b(*values)


def test_pairs_survive_json():
    domain = PairOrMaximum()
    seen = set()
    for seed in range(40):
        pair = domain.draw(Seeded(seed), {"n": 2})
        rebuilt = domain.from_json(domain.to_json(pair))
        assert rebuilt == pair
        seen.add(pair.operator)
    assert seen == {"+", "−", "⊗", "⊘", "max"}


@by_id(KINKED)
def test_strategies_reach_the_kinks(rule):
    assert {Stratum.SMOOTH, Stratum.KINK} <= set(strata_of(rule, sizes=(0, 1, 2)))
