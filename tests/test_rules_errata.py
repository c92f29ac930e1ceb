"""Each misprint is refuted by points drawn from its own domain, and its right form holds there."""

from __future__ import annotations

import dataclasses
import math
import re
from fractions import Fraction
from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
from latex2mathml.converter import convert

from gradcheck.domains import Dimension, Interval
from gradcheck.layout import to_numerator
from gradcheck.rules import errata, errata_samples
from gradcheck.rules.catalogue import DOCUMENTS, catalogue, not_checkable
from gradcheck.rules.registry import Group, Kind, Rule

assert errata.__all__
RULES = [found for found in DOCUMENTS if found.group in (Group.ERRATUM, Group.REJECTED)]
VALUES = [found for found in RULES if found.kind is Kind.VALUE]
DERIVATIVES = [found for found in RULES if found.kind is Kind.DERIVATIVE]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda found: found.id)

Point = tuple[Any, ...]


def numbers(rng: np.random.Generator, domain: Interval, shape: tuple[int, ...]) -> Any:
    """Draw numbers well inside ``domain``: bounded ones uniformly, others over two decades."""
    if math.isfinite(domain.low) and math.isfinite(domain.high):
        width = domain.high - domain.low
        return rng.uniform(domain.low + width / 20, domain.high - width / 20, shape)[()]
    magnitude = 10.0 ** rng.uniform(-1, 1, shape)
    sign = rng.choice([-1.0, 1.0], shape)
    if domain.low == 0:
        return magnitude[()]
    return (-magnitude if domain.high == 0 else sign * magnitude)[()]


def draw(rule: Rule, seed: int) -> Point:
    """Draw one point of ``rule``; even seeds take the least extents, odd ones one more of each."""
    rng = np.random.default_rng([seed, *rule.id.encode()])
    extents = {symbol: rule.minimum.get(symbol, 1) + seed % 2 for symbol in rule.parsed.symbols}
    arguments = {
        given.name: numbers(rng, given.domain, tuple(side.extent(extents) for side in given.shape))
        for given in rule.inputs
    }
    if rule.arrange is not None:
        arguments = rule.arrange(arguments)
    return tuple(arguments[name] for name in rule.names)


def points(rule: Rule) -> list[Point]:
    return [draw(rule, seed) for seed in range(5)]


@cache
def differentiated(f: Any, wrt: int | None) -> Any:
    if wrt is None:
        return jax.jit(f)
    return jax.jit(lambda *arguments: (f(*arguments), jax.jacfwd(f, argnums=wrt)(*arguments)))


def true_value(rule: Rule, point: Point) -> Any:
    """Return the value of a value rule, or the numerator Jacobian, by JAX in double precision."""
    with jax.enable_x64(True):
        if rule.wrt is None:
            return np.asarray(differentiated(rule.f, None)(*point))
        value, jacobian = differentiated(rule.f, rule.wrt)(*point)
        return to_numerator(np.asarray(jacobian), value.shape, np.shape(point[rule.wrt]))


def agrees(claimed: Any, true: Any, tolerance: float) -> bool:
    """Whether shapes are equal and each entry is within ``tolerance`` of the true one, relative to it."""
    claimed = np.asarray(claimed)
    if claimed.shape != true.shape:
        return False
    return bool(np.all(abs(claimed - true) <= tolerance * abs(true)))


def judge(rule: Rule) -> str:
    """Return "refuted", or what speaks against it."""
    assert rule.right is not None
    refuted = False
    for point in points(rule):
        true = true_value(rule, point)
        if not agrees(rule.right(*point), true, 1e-10):
            return f"the right form fails at {point}: {rule.right(*point)} against {true}"
        refuted = refuted or not agrees(rule.claim(*point), true, 1e-3)
    return "refuted" if refuted else "not refuted"


def test_every_checkable_misprint_is_registered_and_no_other() -> None:
    checkable = [entry["id"] for entry in catalogue()["errata"] if entry["mach"].startswith("yes")]
    rejected = [entry["id"] for entry in catalogue()["rejected_by_the_documents"]]
    assert sorted(rule.id for rule in RULES) == sorted(checkable + rejected)
    assert (len(checkable), len(rejected), len(not_checkable())) == (74, 7, 60)
    assert not {entry["id"] for entry in not_checkable()} & {rule.id for rule in RULES}


def test_groups_follow_the_catalogue() -> None:
    assert all((rule.group is Group.REJECTED) == rule.id.startswith("D-") for rule in RULES)


@every_rule
def test_misprint_is_refuted_where_the_right_form_holds(rule: Rule) -> None:
    assert judge(rule) == "refuted"


@every_rule
def test_right_form_in_place_of_the_misprint_is_not_refuted(rule: Rule) -> None:
    assert rule.right is not None
    assert judge(dataclasses.replace(rule, claim=rule.right)) == "not refuted"


@every_rule
def test_misprint_in_place_of_the_right_form_is_noticed(rule: Rule) -> None:
    assert judge(dataclasses.replace(rule, right=rule.claim)).startswith("the right form fails")


@every_rule
def test_matrices_are_two_dimensional_and_keep_single_precision(rule: Rule) -> None:
    point = tuple(np.asarray(given, dtype=np.float32)[()] for given in draw(rule, 1))
    assert rule.right is not None
    for closed_form in (rule.claim, rule.right):
        found = np.asarray(closed_form(*point))
        assert found.dtype == np.float32
        assert found.ndim == 2 or rule.kind is Kind.VALUE


@every_rule
def test_arguments_are_left_alone(rule: Rule) -> None:
    point = draw(rule, 1)
    before = [np.array(given) for given in point]
    assert rule.right is not None
    for called in (rule.f, rule.claim, rule.right):
        called(*point)
    assert all(np.array_equal(was, now) for was, now in zip(before, point, strict=True))


@pytest.mark.parametrize("rule", VALUES, ids=lambda found: found.id)
def test_values_are_exact_in_rational_arithmetic(rule: Rule) -> None:
    rational = np.vectorize(Fraction, otypes=[object])
    exact = tuple(rational(np.round(given, 3))[()] for given in draw(rule, 1))
    assert rule.right is not None
    value, right, claimed = (np.asarray(side(*exact)) for side in (rule.f, rule.right, rule.claim))
    assert all(isinstance(entry, (Fraction, int)) for side in (value, right) for entry in side.flat)
    assert value.shape == right.shape
    assert np.all(value == right)
    assert value.shape != claimed.shape or np.any(value != claimed)


def test_value_rules_are_the_ones_about_values() -> None:
    expected = "E001-22 E001-23 E001-28 E001-30 E002-02 E002-10 E002-39 E002-52 E004-07 D-03"
    assert {rule.id for rule in VALUES} == set(expected.split())
    assert len(DERIVATIVES) + len(VALUES) == 81


@every_rule
def test_printed_formula_converts_to_mathml(rule: Rule) -> None:
    assert rule.latex
    assert "\\" not in convert(rule.latex)


def test_an_unknown_command_would_be_noticed() -> None:
    assert "\\" in convert(r"\nocommand x")


W, X, WX = np.array([2.0, 3.0]), np.array([5.0, 7.0]), np.array([[2.0, 1.0], [1.0, 3.0]])
BATCH = (np.array([1.0, -1.0]), 0.5, WX, np.array([1.0, 2.0]))
ACTIVE = (np.array([1.0, 1.0]), 0.0, np.array([[1.0, 2.0], [2.0, 2.0]]), np.array([1.0, 0.0]))
P = (np.array([2.0, 1.0]),)
SINGLE = np.array([[1.0, 2.0]])
THREE = (np.array([2.0, 3.0, 4.0]), np.array([5.0, 7.0, 9.0]))

EXAMPLES: dict[str, tuple[Any, ...]] = {
    "E000-01": (2.0, 1.0, 1.0, 0.0),
    "E000-02": (np.array([2.0, 5.0]),),
    "E000-03": (2.0, 5.0),
    "E000-10": (W, X),
    "E000-11": (W, np.array([0.0, 7.0])),
    "E000-12": THREE,
    "E001-05": (0.5,),
    "E001-06": (2.0, 0.0, 1.0, 1.0),
    "E001-07": (2.0, 1.0, 1.0),
    "E001-08": (2.0, 1.0, 1.0),
    "E001-09": (1.0, 1.0, 1.0),
    "E001-14": (1.0,),
    "E001-20": (np.array([1.0, 1.0]), np.array([2.0, 3.0]), 1.0),
    "E001-22": (np.array([1.0, 0.0]), np.array([2.0, 3.0])),
    "E001-23": (np.array([1.0, -3.0]),),
    "E001-28": (np.array([1.0, 1.0]), 0.0, SINGLE, np.array([0.0])),
    "E001-29": (np.array([-1.0, -1.0]), 0.0, SINGLE, np.array([1.0])),
    "E001-30": (*BATCH, 0.1),
    "E002-02": (np.array([3.0]), np.array([1.0])),
    "E002-03": (2.0, 3.0),
    "E002-04": (2.0,),
    "E002-05": (2.0,),
    "E002-08": P,
    "E002-10": P,
    "E002-11": (X,),
    "E002-13": (X, 1.0),
    "E002-25": (THREE[1], 2.0),
    "E002-30": (1.0,),
    "E002-31": (1.0,),
    "E002-36": (1.0, 1.0),
    "E002-37": (1.0,),
    "E002-39": (1.0, 1.0),
    "E002-40": (1.0,),
    "E002-41": (1.0, 1.0, 1.0),
    "E002-42": (1.0,),
    "E002-43": (1.0,),
    "E002-44": (2.0,),
    "E002-45": (2.0,),
    "E002-46": (1.0,),
    "E002-48": (np.ones(2), np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]])),
    "E002-49": (W,),
    "E002-52": (np.array([2.0, 5.0]),),
    "E002-53": (2.0,),
    "E004-02": (1.0, 99.0),
    "E004-03": (W, np.array([9.0, 7.0])),
    "E004-06": (1.0, 1.0),
    "E004-07": (1.0, 1.0),
    "E004-09": (-1.0,),
    "E004-10": (np.array([-1.0, 2.0, 3.0]),),
    "E004-11": (np.array([1.0, 1.0]), 0.0, SINGLE, np.array([1.0])),
    "E004-12": ACTIVE,
    "E004-13": ACTIVE,
    "E004-14": (X,),
    "D-01": (1.0,),
    "D-02": (1.0,),
    "D-03": (1.0, 1.0),
    "D-04": (THREE[1], 2.0),
    "D-05": (X,),
    "D-06": (2.0,),
    "D-07": P,
}
EXAMPLES |= dict.fromkeys(["E001-25", "E001-26", "E001-27", "E001-32", "E001-33"], BATCH)
"""The catalogue's worked counterexamples in the order of each rule's arguments; the others use W and X."""

ENTRY: dict[str, Any] = {
    "E000-10": (slice(None), 1),
    "E000-11": (0, 1),
    "E001-03": (0, 0),
    "E001-14": (1, 0),
    "E002-18": (0, 0),
    "E002-42": (slice(None), 0),
    "E002-43": (0, 0),
    "E004-02": (0, 0),
    "E004-03": (0, 1),
    "E004-04": (0, 1),
    "E004-18": (0, 1),
}
"""Where the catalogue's numbers stand in the matrix, when they are not the whole of it."""


def stated(text: str) -> Any:
    """Parse ``"2x2 [5, 0; 0, 7]"``, ``"[1, 2]"`` or ``"9"``; None for words such as "nonzero"."""
    if re.match(r"nonzero|≠", text):
        return None
    shape, _, inner = text.rpartition("[")
    found = np.array([[float(cell) for cell in line.split(",")] for line in inner.rstrip("]").split(";")])
    if shape.strip():
        assert shape.strip() == f"{found.shape[0]}x{found.shape[1]}"
        return found
    return found[0] if "[" in text else found[0, 0]


def worked(rule: Rule, closed_form: Any) -> Any:
    found = np.asarray(closed_form(*EXAMPLES.get(rule.id, (W, X))))
    return found[ENTRY[rule.id]] if rule.id in ENTRY else found


def matches(found: Any, text: str) -> bool:
    """Whether ``found`` has the stated numbers, to the six digits printed, and the shape if one is stated."""
    numbers_stated = stated(text)
    if numbers_stated is None:
        return bool(found != (1 if text.startswith("≠") else 0))
    if np.ndim(numbers_stated) == 2 and np.shape(found) != np.shape(numbers_stated):
        return False
    return bool(np.allclose(found, numbers_stated, rtol=1e-5, atol=0, equal_nan=True))


@every_rule
def test_worked_counterexample_gives_the_catalogues_numbers(rule: Rule) -> None:
    table = "rejected_by_the_documents" if rule.group is Group.REJECTED else "errata"
    [entry] = [entry for entry in catalogue()[table] if entry["id"] == rule.id]
    _, claimed, true = entry["counterexample"]
    assert rule.right is not None
    assert matches(worked(rule, rule.claim), claimed)
    assert matches(worked(rule, rule.right), true)
    assert not matches(worked(rule, rule.right), claimed)
    assert not matches(worked(rule, rule.claim), true)


def test_stated_numbers_are_parsed() -> None:
    assert stated("2x2 [5, 0; 0, 7]").tolist() == [[5, 0], [0, 7]]
    assert stated("[1, 2]").tolist() == [1, 2]
    assert stated("-0.989992") == -0.989992
    assert stated("≠ 1") is None
    with pytest.raises(AssertionError):
        stated("1x2 [5, 0; 0, 7]")


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("zero_weights", [False, True])
def test_samples_are_moved_to_their_sides(scale: float, zero_weights: bool) -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        w = np.zeros(3) if zero_weights else scale * rng.normal(size=3)
        drawn = {"w": w, "X": scale * rng.normal(size=(4, 3)), "b": scale * rng.normal()}
        for arrange, signs in (
            (errata_samples.sides, np.array([1, -1, 1, -1])),
            (errata_samples.inactive, -np.ones(4)),
        ):
            found = arrange(drawn)
            z = found["X"] @ found["w"] + found["b"]
            terms = abs(found["X"]) @ abs(found["w"]) + abs(found["b"])
            assert np.all(signs * z > 1e-6 * terms)


def test_a_sample_on_its_side_stays_as_drawn() -> None:
    drawn = dict(zip(("w", "b", "X", "y"), BATCH, strict=True))
    assert np.array_equal(errata_samples.sides(drawn)["X"], WX)
    assert not np.array_equal(errata_samples.inactive(drawn)["X"], WX)


def test_a_neuron_is_made_active_by_its_bias() -> None:
    drawn: dict[str, Any] = {"w": np.array([1.0, 1.0]), "x": np.array([1.0, -7.0]), "b": 0.5}
    found = errata_samples.active_neuron(drawn)
    assert found["w"] @ found["x"] + found["b"] > 0 > drawn["w"] @ drawn["x"] + drawn["b"]


def test_drawn_numbers_are_legal() -> None:
    for rule in RULES:
        for given, value in zip(rule.inputs, draw(dataclasses.replace(rule, arrange=None), 3), strict=True):
            assert all(given.domain.contains(number) for number in np.ravel(value))
            assert np.shape(value) == tuple(_extent(rule, side) for side in given.shape)


def _extent(rule: Rule, side: Dimension) -> int:
    return side.extent({symbol: rule.minimum.get(symbol, 1) + 1 for symbol in rule.parsed.symbols})
