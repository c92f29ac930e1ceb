"""Points: legal, mixed, on purpose at the edges and near kinks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from strategy_cases import (
    ACTIVE_LOSS,
    ARCSINE,
    CASES,
    CONVOLUTION,
    DIVISION,
    LOGARITHM,
    LOSS,
    MAXIMUM,
    NARROW_MAXIMUM,
    NEURON,
    PLAIN,
    POSITIVE_MAXIMUM,
    SPECS,
    STEP,
    TANGENT,
    TIES,
    Spec,
    drawn,
    spec,
)

from gradcheck.campaign.sampling import numbers_of_the_seed
from gradcheck.domains import (
    Kinks,
    Signature,
    Stratum,
    positive,
)
from gradcheck.errors import InvalidArgument
from gradcheck.strategies import Point, point, strata_of
from gradcheck.strategies.extents import choices, weighted
from gradcheck.strategies.placement import Place, off_kinks


@pytest.fixture(autouse=True)
def same_numbers_whatever_is_imported():
    """Keep out the constants that Hypothesis reads in loaded modules: shares would drift with them."""
    with numbers_of_the_seed():
        yield


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
