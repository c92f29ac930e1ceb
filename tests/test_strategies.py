"""Points built for a signature, a domain and a stratum: legal, varied, reproducible, shrinking well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from gradcheck.campaign.sampling import numbers_of_the_seed
from gradcheck.domains import (
    Input,
    Interval,
    Kinks,
    Signature,
    Stratum,
    interval,
    nonzero,
    positive,
    real,
)
from gradcheck.errors import InvalidArgument
from gradcheck.strategies import Point, point, points, strata_of
from gradcheck.strategies.extents import choices, weighted
from gradcheck.strategies.placement import Place, off_kinks
from gradcheck.strategies.values import table


@dataclass(frozen=True)
class Spec:
    """The fields of a rule that say which points are legal, and nothing else."""

    signature: str
    inputs: tuple[Input, ...]
    functions: Mapping[str, Any] = field(default_factory=dict)
    minimum: Mapping[str, int] = field(default_factory=dict)
    kinks: Kinks | None = None
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def parsed(self):
        return Signature.parse(self.signature)


def spec(signature, names, domains=None, **facts):
    shapes = Signature.parse(signature).inputs
    known = domains or {}
    given_inputs = (Input(n, s, known.get(n, real())) for n, s in zip(names.split(), shapes, strict=True))
    return Spec(signature, tuple(given_inputs), **facts)


def place_tie(arguments, index, offset):
    moved = arguments["w"].copy()
    moved.reshape(-1)[index] = arguments["x"].reshape(-1)[index] + offset
    return {**arguments, "w": moved}


def place_bias(arguments, index, offset):
    rest = arguments["w"] @ arguments["x"]
    return {**arguments, "b": np.asarray(offset - rest)}


def place_sample(arguments, index, offset):
    rest = arguments["X"][index] @ arguments["w"]
    return {**arguments, "b": np.asarray(offset - rest)}


def all_active(arguments):
    """Raise the bias until every sample is active by 1."""
    least = np.min(arguments["X"] @ arguments["w"] + arguments["b"], initial=1.0)
    return {**arguments, "b": np.asarray(arguments["b"] + max(0.0, 1.0 - least))}


TIES = Kinks(lambda w, x: w - x, place_tie)
PLAIN = spec("(n),(n)->(n)", "w x")
MAXIMUM = spec("(n),(n)->(n)", "w x", kinks=TIES)
POSITIVE_MAXIMUM = spec("(n),(n)->(n)", "w x", {"w": positive(), "x": positive()}, kinks=TIES)
NARROW_MAXIMUM = spec("(n),(n)->(n)", "w x", {"w": interval(0, 1), "x": interval(0, 1)}, kinks=TIES)
NEURON = spec("(n),(n),()->()", "w x b", kinks=Kinks(lambda w, x, b: w @ x + b, place_bias))
BATCH = Kinks(lambda X, y, w, b: X @ w + b, place_sample)
LOSS = spec("(N,n),(N),(n),()->()", "X y w b", kinks=BATCH, minimum={"N": 1})
ACTIVE_LOSS = spec("(N,n),(N),(n),()->()", "X y w b", kinks=BATCH, minimum={"N": 1}, arrange=all_active)
STEP = spec("(n),(n)->(n)", "w x", kinks=Kinks(TIES.surface, TIES.place, jump=True))
DIVISION = spec("(n),(n)->(n)", "w x", {"x": nonzero()})
LOGARITHM = spec("(n)->(n)", "x", {"x": positive()})
ARCSINE = spec("(n)->(n)", "x", {"x": interval(-1, 1)})
TANGENT = spec("()->()", "x", {"x": Interval(-2.0, 3.0, holes=(0.5, 2.0), tame=3.0, extreme=3.0)})
CONVOLUTION = spec("(k+p-1),(k)->(p)", "x w")
SPECS = {
    name: value for name, value in globals().items() if isinstance(value, Spec) and not name.startswith("_")
}
CASES = [(name, stratum) for name, one in SPECS.items() for stratum in strata_of(one)]


@pytest.fixture(autouse=True)
def same_numbers_whatever_is_imported():
    """Keep out the constants that Hypothesis reads in loaded modules: shares would drift with them."""
    with numbers_of_the_seed():
        yield


def drawn(strategy: SearchStrategy, *, count: int = 60, start: int = 1) -> list:
    """Return ``count`` values drawn with a fixed seed."""
    found = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def simplest(strategy: SearchStrategy, condition=lambda _: True):
    """Return what Hypothesis shrinks to, with a fixed seed."""
    search = settings(max_examples=2000, database=None, deadline=None, derandomize=False)
    return hypothesis.find(strategy, condition, settings=search, random=Random(5))


def surface(one: Spec, at: Point) -> np.ndarray:
    wide = {name: value.astype(np.float64) for name, value in at.arguments.items()}
    with np.errstate(all="ignore"):
        return np.asarray(one.kinks.surface(**wide)).reshape(-1)


def faults(one: Spec, at: Point, dtype: str = "float64") -> list[str]:
    """Return every way in which a point breaks the contract of its stratum."""
    found = [f"unknown {name}" for name in at.arguments if name not in [given.name for given in one.inputs]]
    extents: dict[str, int] = {}
    for known in one.inputs:
        value = at.arguments[known.name]
        if not isinstance(value, np.ndarray) or value.dtype != dtype or value.ndim != len(known.shape):
            found.append(f"{known.name}: {type(value)}, {getattr(value, 'dtype', None)}")
            continue
        if not all(known.domain.contains(float(entry)) for entry in value.reshape(-1)):
            found.append(f"{known.name} outside its domain")
        for dimension, extent in zip(known.shape, value.shape, strict=True):
            plain = len(dimension.symbols) == 1 and not dimension.constant
            if plain and extents.setdefault(dimension.symbols[0], extent) != extent:
                found.append(f"{dimension} is not one number")
    found += [f"{name} too small" for name, least in one.minimum.items() if extents.get(name, least) < least]
    if one.kinks is not None:
        found += _kink_faults(at.stratum, surface(one, at))
    return found


def _kink_faults(stratum: Stratum, values: np.ndarray) -> list[str]:
    zeros = int(np.count_nonzero(values == 0))
    expected = {Stratum.KINK: zeros == 1, Stratum.SEVERAL_KINKS: zeros >= 2}.get(stratum, zeros == 0)
    return [] if expected else [f"{zeros} surfaces at 0"]


@pytest.mark.parametrize(("name", "stratum"), CASES)
def test_every_point_is_legal(name, stratum):
    one = SPECS[name]
    for at in drawn(point(one, stratum)):
        assert faults(one, at) == [], at
        assert at.stratum is stratum


@pytest.mark.parametrize("name", ["MAXIMUM", "LOSS", "ARCSINE", "DIVISION"])
def test_single_precision_points_are_legal_in_single_precision(name):
    one = SPECS[name]
    for stratum in strata_of(one):
        for at in drawn(point(one, stratum, dtype="float32"), count=40):
            assert faults(one, at, "float32") == [], at
            assert all(np.isfinite(value).all() for value in at.arguments.values())


def test_the_judge_of_legality_can_find_fault():
    scalar, pair = np.array(2.0), np.array([1.0, 2.0])
    tied = Point({"w": pair, "x": pair + np.array([0.0, 1.0])}, {}, Stratum.SMOOTH)
    assert faults(MAXIMUM, tied) == ["1 surfaces at 0"]
    assert faults(MAXIMUM, Point({"w": pair, "x": pair + 1}, {}, Stratum.KINK)) == ["0 surfaces at 0"]
    assert faults(LOGARITHM, Point({"x": np.array([1.0, 0.0])}, {}, Stratum.SMOOTH))
    assert faults(TANGENT, Point({"x": scalar}, {}, Stratum.SMOOTH))
    assert faults(PLAIN, Point({"w": pair, "x": pair[:1]}, {}, Stratum.SMOOTH))
    assert faults(PLAIN, Point({"w": pair, "x": pair.astype(np.float32)}, {}, Stratum.SMOOTH))
    assert faults(PLAIN, Point({"w": pair, "x": pair}, {}, Stratum.SMOOTH)) == []


def test_smooth_numbers_cover_the_decades_with_ties_integers_and_halves():
    values = [at.arguments["w"] for at in drawn(point(PLAIN, Stratum.SMOOTH), count=600)]
    entries = np.concatenate([value.reshape(-1) for value in values])
    decades = np.floor(np.log10(np.abs(entries[entries != 0])))
    assert set(range(-3, 3)) <= set(decades.tolist())
    # Each decade is worth visiting: no magnitude may be a rarity.
    assert min(np.mean(decades == decade) for decade in range(-3, 3)) > 0.02
    assert 0 in entries
    assert {1.0, -1.0, 0.5, -0.5} <= set(entries.tolist())
    assert 0.2 < np.mean(entries[entries != 0] < 0) < 0.8
    assert sum(value.size > 1 and np.unique(value).size == 1 for value in values) > 10
    assert sum(value.size > 2 and np.unique(value).size == value.size for value in values) > 50
    assert np.abs(entries).max() <= 1e3


def test_shapes_are_mixed_and_empty_ones_are_rare_but_there():
    sizes = Counter(at.arguments["w"].size for at in drawn(point(PLAIN, Stratum.SMOOTH), count=600))
    assert set(sizes) == {0, 1, 2, 3, 5}
    assert 1 <= sizes[0] < 60
    assert min(sizes[size] for size in (1, 2, 3, 5)) > 60
    edge = Counter(at.arguments["w"].size for at in drawn(point(PLAIN, Stratum.EDGE), count=300))
    # Hypothesis repeats no example, and the smallest shapes have few.
    assert edge[0] + edge[1] > 300 / 3


def test_extents_of_two_symbols_differ_at_half_of_the_points_at_least():
    """A claim that takes n for N agrees wherever they are alike."""
    signature = Signature.parse("(N,n),(n)->()")
    counts = weighted(signature, choices(signature, {}, (0, 1, 2, 3, 5)), Stratum.SMOOTH)
    different = [one for one in counts if one["N"] != one["n"]]
    assert len(different) > 0.5 * len(counts)
    assert any(one["N"] == one["n"] == 3 for one in counts)


@pytest.mark.parametrize(
    ("one", "near"),
    [
        (DIVISION, lambda value: 0 < abs(value) <= 1e-6),
        (LOGARITHM, lambda value: value <= 1e-6),
        (ARCSINE, lambda value: 1 - 1e-3 <= value < 1),
        (ARCSINE, lambda value: -1 < value <= -1 + 1e-3),
        (TANGENT, lambda value: 0 < abs(value - 2.0) <= 2.1e-3),
        (TANGENT, lambda value: 0 < abs(value - 0.5) <= 1e-3),
        (TANGENT, lambda value: 0 < value + 2.0 <= 2.1e-3),
    ],
)
def test_the_edge_stratum_goes_to_the_edge_and_the_smooth_one_does_not(one, near):
    def hits(stratum):
        given_points = drawn(point(one, stratum), count=300)
        return sum(near(entry) for at in given_points for entry in at.arguments["x"].reshape(-1))

    assert hits(Stratum.EDGE) >= 5
    assert hits(Stratum.SMOOTH) == 0


def test_the_edge_stratum_has_zero_rows_and_all_zeros():
    def shares(stratum):
        rows = [at.arguments["X"] for at in drawn(point(LOSS, stratum, sizes=(3,)), count=300)]
        some = np.mean([bool(np.any(~np.any(row, axis=1)) and np.any(row)) for row in rows])
        return some, np.mean([not np.any(row) for row in rows])

    some, every = shares(Stratum.EDGE)
    assert some > 0.08
    assert every > 0.01
    assert shares(Stratum.SMOOTH)[0] < 0.08


def test_the_extreme_stratum_spans_what_the_interval_allows():
    entries = np.concatenate(
        [at.arguments["w"].reshape(-1) for at in drawn(point(PLAIN, Stratum.EXTREME), count=300)]
    )
    sizes = np.log10(np.abs(entries[entries != 0]))
    assert sizes.max() > 90
    assert sizes.min() < -90
    assert np.abs(entries).max() <= 1e100


@pytest.mark.parametrize("one", [MAXIMUM, NEURON, LOSS])
def test_smooth_points_come_close_to_kinks_on_purpose_and_never_too_close(one):
    given_points = drawn(point(one, Stratum.SMOOTH, sizes=(1, 3)), count=400)
    nearest = np.array([np.min(np.abs(surface(one, at))) for at in given_points])
    assert np.all(nearest > 1e-10)
    assert np.mean(nearest < 1e-2) > 0.03
    assert np.any(nearest < 1e-4)
    assert np.mean(nearest > 1e-2) > 0.5


@pytest.mark.parametrize("one", [MAXIMUM, POSITIVE_MAXIMUM, NEURON, LOSS])
def test_on_a_kink_arithmetic_is_exact_and_the_others_are_far(one):
    seen = set()
    for at in drawn(point(one, Stratum.KINK), count=100):
        values = surface(one, at)
        assert np.all(np.abs(values[values != 0]) >= 0.5)
        assert np.all(values == np.round(values))
        seen.add(int(np.flatnonzero(values == 0)[0]))
    assert one is NEURON or len(seen) >= 3


def test_neighbours_of_a_kink_stay_apart_in_a_narrow_domain():
    for at in drawn(point(NARROW_MAXIMUM, Stratum.KINK), count=60):
        values = surface(NARROW_MAXIMUM, at)
        assert np.all(np.abs(values[values != 0]) >= 0.125)


def test_linked_extents_are_built_not_filtered():
    shapes = {
        (at.arguments["x"].size, at.arguments["w"].size)
        for at in drawn(point(CONVOLUTION, Stratum.SMOOTH), count=200)
    }
    assert all(x - w + 1 in (0, 1, 2, 3, 5) for x, w in shapes)
    assert len(shapes) > 10
    legal = choices(CONVOLUTION.parsed, {}, (0, 1, 2, 3, 5))
    assert {"k": 0, "p": 0} not in legal
    assert legal[0] == {"k": 0, "p": 1}


def test_strata_are_those_in_which_something_differs():
    assert strata_of(PLAIN) == (Stratum.SMOOTH, Stratum.EDGE, Stratum.EXTREME)
    assert strata_of(ARCSINE) == (Stratum.SMOOTH, Stratum.EDGE)
    assert set(strata_of(MAXIMUM)) == set(Stratum)
    assert Stratum.SEVERAL_KINKS not in strata_of(NEURON)
    assert Stratum.KINK in strata_of(STEP)
    assert Stratum.SEVERAL_KINKS not in strata_of(STEP)
    assert not {Stratum.KINK, Stratum.SEVERAL_KINKS} & set(strata_of(ACTIVE_LOSS))
    assert strata_of(Spec("()->()", ())) == (Stratum.SMOOTH,)


def test_arrange_and_kinks_both_hold_at_the_end():
    for stratum in strata_of(ACTIVE_LOSS):
        for at in drawn(point(ACTIVE_LOSS, stratum, sizes=(1, 2)), count=60):
            assert np.all(surface(ACTIVE_LOSS, at) > 0)


def test_a_cancellation_counts_as_a_kink():
    """0.1 * 3 - 0.3 is 5.6e-17: not zero, yet no step of any estimator is that small."""
    at = {"w": np.array([0.1 * 3, 2.0]), "x": np.array([0.3, 1.0])}
    assert 0 < MAXIMUM.kinks.surface(**at)[0] < 1e-16
    moved = off_kinks(MAXIMUM, at, Place(), lambda: 1e-6)
    assert np.all(np.abs(MAXIMUM.kinks.surface(**moved)) > 1e-8)
    assert moved["w"][1] == 2.0


@pytest.mark.parametrize("kinks", [None, Kinks(lambda x: x - 0.25, lambda given, index, offset: given)])
def test_points_that_arrange_moves_out_of_the_domain_are_replaced(kinks):
    domain = {"x": positive()}
    whole = spec("(n)->(n)", "x", domain, arrange=lambda given: {"x": np.floor(given["x"])}, kinks=kinks)
    for at in drawn(point(whole, Stratum.SMOOTH), count=100):
        assert np.all(at.arguments["x"] >= 1)


def stuck(arguments, index, offset):
    return dict(arguments)


def test_a_placing_that_cannot_leave_the_kink_is_reported():
    hopeless = spec("(n)->(n)", "x", kinks=Kinks(lambda x: 0 * x, stuck), minimum={"n": 1})
    with pytest.raises(InvalidArgument, match=r"`kinks`.*stays near 0"):
        drawn(point(hopeless, Stratum.SMOOTH), count=1)


def test_the_fallback_leads_to_legal_points_where_placing_fails():
    helpless = spec("(n),(n)->(n)", "w x", kinks=Kinks(TIES.surface, stuck))
    for at in drawn(point(helpless, Stratum.SMOOTH), count=100):
        assert faults(helpless, at) == []


@pytest.mark.parametrize("stratum", list(Stratum))
def test_a_seed_fixes_the_points(stratum):
    def listed(start):
        return [
            [value.tolist() for value in at.arguments.values()]
            for at in drawn(point(LOSS, stratum), count=30, start=start)
        ]

    assert listed(4) == listed(4)
    assert listed(4) != listed(5)


def test_failures_shrink_to_the_smallest_shape_and_the_simplest_numbers():
    strategy = point(PLAIN, Stratum.SMOOTH)
    assert simplest(strategy).arguments["w"].tolist() == []
    filled = simplest(strategy, lambda at: at.arguments["w"].size > 0)
    assert [value.tolist() for value in filled.arguments.values()] == [[0.0], [0.0]]
    large = simplest(strategy, lambda at: bool(np.any(at.arguments["w"] > 20)))
    assert max(large.arguments["w"].tolist()) in (30.0, 100.0)
    assert np.count_nonzero(np.concatenate([large.arguments["w"], large.arguments["x"]])) == 1
    alone = simplest(point(LOGARITHM, Stratum.SMOOTH), lambda at: at.arguments["x"].size > 0)
    assert alone.arguments["x"].tolist() == [1.0]
    unit = simplest(point(spec("()->()", "p", {"p": interval(0, 1)}), Stratum.SMOOTH))
    assert unit.arguments["p"].item() == 0.5


def test_a_failure_that_needs_two_entries_shrinks_to_two():
    found = simplest(
        point(PLAIN, Stratum.SMOOTH), lambda at: len({*at.arguments["w"].tolist(), 0.0}) > 2
    ).arguments["w"]
    assert sorted(np.abs(found)) == [1.0, 1.0] or sorted(np.abs(found)) == [1.0, 2.0]


def test_a_kink_shrinks_to_one_tied_entry():
    found = simplest(point(MAXIMUM, Stratum.KINK)).arguments
    assert [found["w"].tolist(), found["x"].tolist()] == [[1.0], [1.0]]


def test_nothing_is_filtered_or_assumed(monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("a point was thrown away")

    monkeypatch.setattr(SearchStrategy, "filter", forbidden)
    monkeypatch.setattr("hypothesis.control.reject", forbidden)
    monkeypatch.setattr("hypothesis.internal.conjecture.data.ConjectureData.mark_invalid", forbidden)
    for stratum in Stratum:
        assert len(drawn(point(LOSS, stratum), count=20)) == 20
    drawn(points("(n),(n)->(n)", domain=positive()), count=20)
    with pytest.raises(AssertionError, match="thrown away"):
        drawn(points("(n)->()").filter(len), count=5)


@dataclass(frozen=True)
class Polynomial:
    """A generated function: its coefficients."""

    degree: int

    def draw(self, choose, extents):
        return [choose.number(-2.0, 2.0) for _ in range(choose.integer(1, self.degree))]

    def to_json(self, made):
        return made

    def from_json(self, data):
        return data


def test_generated_functions_are_drawn_through_the_chooser():
    general = spec("(n)->(n)", "x", functions={"f": Polynomial(4)})
    made = [at.functions["f"] for at in drawn(point(general, Stratum.SMOOTH), count=200)]
    numbers = {number for coefficients in made for number in coefficients}
    assert {len(coefficients) for coefficients in made} == {1, 2, 3, 4}
    assert min(numbers) >= -2.0
    assert max(numbers) <= 2.0
    assert len(numbers) > 50
    assert simplest(point(general, Stratum.SMOOTH)).functions["f"] == [0.0]


def test_tables_hold_only_legal_numbers_of_the_dtype():
    odd = [Interval(1e4, 1e5), Interval(0, 1e-5), Interval(low=5.0), Interval(high=-3.0), real(tame=5.0)]
    for domain in [real(), positive(), nonzero(), interval(-1, 1), *odd]:
        for stratum in Stratum:
            for dtype in ("float64", "float32"):
                numbers = table(domain, stratum, dtype)
                both = np.concatenate([numbers.simple, numbers.wide])
                assert all(domain.contains(value) for value in both.tolist())
                assert np.array_equal(both, both.astype(dtype).astype(np.float64))
                assert min(numbers.simple.size, numbers.wide.size) >= 1


def test_arrays_for_any_signature_hold_the_edges_where_mistakes_live():
    arrays = drawn(points("(n),(n)->(n)"), count=600)
    entries = np.concatenate([value for pair in arrays for value in pair])
    assert all(isinstance(pair, tuple) and pair[0].shape == pair[1].shape for pair in arrays)
    assert {0.0, 1.0, -1.0, 0.5, -0.5, 2.0} <= set(entries.tolist())
    assert np.any(np.abs(entries) > 1e20)
    assert np.any((entries != 0) & (np.abs(entries) < 1e-20))
    assert {pair[0].size for pair in arrays} == {0, 1, 2, 3, 5}
    assert any(np.any(pair[0] == pair[1]) for pair in arrays)


@pytest.mark.parametrize(
    ("domain", "names"),
    [
        ([positive(), real()], None),
        ({"p": positive()}, "p q"),
        ({0: positive()}, None),
        ({"x0": positive()}, None),
    ],
)
def test_domains_may_be_given_in_order_by_name_or_by_position(domain, names):
    arrays = drawn(points("(n),(n)->(n)", domain, names=names), count=100)
    assert all(np.all(first > 0) for first, _ in arrays)
    assert any(np.any(second < 0) for _, second in arrays)


def test_scalars_dtype_and_sizes_of_arrays():
    for matrix, scalar in drawn(points("(m,3),()->()", dtype="float32", sizes=(2, 4)), count=30):
        assert matrix.shape in ((2, 3), (4, 3))
        assert scalar.shape == ()
        assert matrix.dtype == scalar.dtype == np.float32


def test_arrays_shrink():
    first, second = simplest(points("(n),(n)->(n)", positive()), lambda pair: pair[0].size > 0)
    assert (first.tolist(), second.tolist()) == ([1.0], [1.0])


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"signature": "n->n"}, ["`signature`", "'n->n'"]),
        ({"domain": [real()]}, ["`domain`", "2 of them"]),
        ({"domain": {"z": real()}}, ["`domain`", "'z'", "name an argument"]),
        ({"domain": {5: real()}}, ["`domain`", "5"]),
        ({"domain": ["positive", "real"]}, ["`domain of x0`", "an Interval"]),
        ({"names": "p"}, ["`names`", "2 different names"]),
        ({"names": "p p"}, ["`names`", "2 different names"]),
        ({"dtype": "int64"}, ["`dtype`", "'int64'", "float32"]),
        ({"dtype": "quad"}, ["`dtype`", "'quad'"]),
        ({"sizes": ()}, ["`sizes`"]),
        ({"sizes": (-1,)}, ["`sizes`"]),
        ({"signature": "(k+p-1),(k)->(p)", "sizes": (0,)}, ["`sizes`", "larger"]),
        ({"domain": Interval(1.0, 1.0 + 1e-12), "dtype": "float32"}, ["`domain`", "float32"]),
    ],
)
def test_bad_arguments_are_refused_with_given_expected_and_fix(arguments, parts):
    with pytest.raises(InvalidArgument) as caught:
        points(**({"signature": "(n),(n)->(n)"} | arguments))
    for part in [*parts, "expected", ";"]:
        assert part in str(caught.value)


def test_a_stratum_that_a_rule_lacks_is_refused():
    with pytest.raises(InvalidArgument, match=r"`stratum`.*strata_of"):
        point(PLAIN, Stratum.KINK)
    with pytest.raises(InvalidArgument, match=r"`stratum`.*strata_of"):
        point(NEURON, Stratum.SEVERAL_KINKS)
