"""Seeds fix the points, failures shrink, and what cannot be drawn is refused."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import hypothesis
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.strategies import SearchStrategy
from strategy_cases import LOGARITHM, LOSS, MAXIMUM, NEURON, PLAIN, drawn, spec

from gradcheck.campaign.sampling import numbers_of_the_seed
from gradcheck.domains import (
    Interval,
    Stratum,
    interval,
    nonzero,
    positive,
    real,
)
from gradcheck.errors import InvalidArgument
from gradcheck.strategies import point, points
from gradcheck.strategies.values import table


@pytest.fixture(autouse=True)
def same_numbers_whatever_is_imported():
    """Keep out the constants that Hypothesis reads in loaded modules: shares would drift with them."""
    with numbers_of_the_seed():
        yield


def simplest(strategy: SearchStrategy, condition=lambda _: True):
    """Return what Hypothesis shrinks to, with a fixed seed."""
    search = settings(max_examples=2000, database=None, deadline=None, derandomize=False)
    return hypothesis.find(strategy, condition, settings=search, random=Random(5))


@pytest.mark.parametrize("stratum", list(Stratum))
def test_a_seed_fixes_the_points(stratum):
    def listed(start):
        return [
            [value.tolist() for value in at.arguments.values()]
            for at in drawn(point(LOSS, stratum), count=30, start=start)
        ]

    assert listed(4) == listed(4)
    assert listed(4) != listed(5)


FAULTS = {
    "from 2 on": (lambda x: x >= 2, 2.0),
    "above 5": (lambda x: x > 5, 7.0),
    "to -2": (lambda x: x <= -2, -2.0),
    "but at 0": (lambda x: x != 0, 1.0),
    "between": (lambda x: (x > 0) & (x < 1), 0.5),
    "above 20": (lambda x: x > 20, 100.0),
    "everywhere": (lambda x: x == x, 0.0),
}


def shrunk(signature, fault, seed, **domain):
    search = settings(max_examples=2000, database=None, deadline=None, derandomize=False)
    strategy = points(signature, **domain)
    return hypothesis.find(
        strategy, lambda at: any(np.any(fault(x)) for x in at), settings=search, random=Random(seed)
    )


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("signature", ["()->()", "(n)->(n)"])
def test_a_fault_shrinks_to_the_simplest_number_at_which_it_shows(name, signature):
    fault, expected = FAULTS[name]
    for seed in range(6):
        (x,) = shrunk(signature, fault, seed)
        assert x.reshape(-1).tolist() == [expected], seed


def test_in_a_domain_too():
    for seed in range(4):
        (x,) = shrunk("(n)->(n)", lambda x: x >= 2, seed, domain=positive())
        assert x.tolist() == [2.0]


def test_read_in_another_order_a_fault_does_not_shrink_to_the_simplest_number(monkeypatch):
    """Signs alternate and low bits stand for nothing: what shrinks is stuck between two that pass."""

    def alternating(numbers, code):
        sizes = numbers.wide if code % 2 else np.array([0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5])
        return float(sizes[code // 2 % len(sizes)])

    monkeypatch.setattr("gradcheck.strategies.values.Table.number_at", alternating)
    found = {float(shrunk("()->()", lambda x: x >= 2, seed)[0]) for seed in range(6)}
    assert found != {2.0}


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
