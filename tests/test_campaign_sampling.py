"""Points of a campaign: the same for the same seed, wherever and after whatever they are drawn."""

from __future__ import annotations

import random
import subprocess
import sys
import threading

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from shell import TESTS, environment
from trial_rules import AT_ZERO, right, trial

from gradcheck.campaign.sampling import Settings, draw_points, smallest_point
from gradcheck.domains import Stratum

SETTINGS = Settings(examples=20)


def numbers(points):
    return [{name: value.tolist() for name, value in one.arguments.items()} for one in points]


def drawn(count=12, rule=None, stratum=Stratum.SMOOTH, dtype="float64", **settings):
    return numbers(draw_points(rule or right(), stratum, count, Settings(**settings), dtype))


def test_the_same_seed_gives_the_same_points():
    first = drawn()
    random.seed(1)
    np.random.seed(2)  # noqa: NPY002
    random.random()
    assert drawn() == first
    assert len(first) == 12


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"rule": right("trial/another")},
        {"stratum": Stratum.EDGE},
        {"dtype": "float32"},
        {"sizes": (2, 3)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_seed_rule_stratum_format_or_pool_gives_other_points(other):
    assert drawn(**other) != drawn()


PROGRAM = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
from trial_rules import right
from gradcheck.campaign.sampling import Settings, draw_points, smallest_point
from gradcheck.domains import Stratum
points = draw_points(right(), Stratum.SMOOTH, 40, Settings(examples=40))
large = lambda one: (one.arguments["x"] > 20).any()
smallest = smallest_point(right(), Stratum.SMOOTH, large, Settings(), "float64")
print(json.dumps([[v.tolist() for v in one.arguments.values()] for one in [*points, smallest]]))
"""


def test_points_do_not_depend_on_what_else_is_loaded_and_nothing_is_left_behind(tmp_path):
    constants = ", ".join(str(number) for number in range(1, 400, 3))
    (tmp_path / "many_constants.py").write_text(f"CONSTANTS = [{constants}]\n", encoding="utf-8")

    def said(*modules):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(TESTS), *modules],
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
            cwd=tmp_path,
            env=environment(tmp_path),
        ).stdout

    assert said() == said("many_constants", "gradcheck.cli")
    assert [path.name for path in tmp_path.iterdir()] == ["many_constants.py"]


def test_the_strategies_of_others_keep_the_constants_that_hypothesis_knows():
    def large_powers():
        found = set()

        @hypothesis.seed(3)
        @hypothesis.settings(max_examples=200, database=None, derandomize=False)
        @hypothesis.given(st.integers(0, 2**64))
        def draw(number):
            found.add(number)

        draw()
        return {number for number in found if number > 2**20 and number.bit_count() == 1}

    drawn()
    assert large_powers()


def test_threads_draw_the_same_points():
    alone = drawn()
    results = [None] * 3

    def work(place):
        results[place] = drawn()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 3


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_points_have_entries(count):
    for seed in range(12):
        points = drawn(count, seed=seed)
        assert len(points) == count
        assert all(point["x"] for point in points)


def test_many_points_hold_the_simplest_too():
    points = drawn(20)
    assert points[-1] == {"x": []}
    assert sum(bool(point["x"]) for point in points) >= 15


def test_when_there_is_but_one_point_it_is_drawn_once():
    assert drawn(20, sizes=(0,)) == [{"x": []}]
    assert drawn(3, sizes=(0,)) == [{"x": []}]


def test_single_precision_points_are_single_precision_numbers():
    points = draw_points(right(), Stratum.SMOOTH, 5, SETTINGS, "float32")
    assert all(one.arguments["x"].dtype == np.float32 for one in points)


def test_a_stratum_is_what_it_says():
    rule = trial("t/kinked", abs, None, kinks=AT_ZERO)
    for one in draw_points(rule, Stratum.KINK, 6, SETTINGS):
        assert one.stratum is Stratum.KINK
        assert np.count_nonzero(one.arguments["x"] == 0) == 1
    for one in draw_points(rule, Stratum.SMOOTH, 6, SETTINGS):
        assert np.all(one.arguments["x"] != 0)


def test_the_smallest_failure_is_found():
    def fails(one):
        return one.arguments["x"].size > 1 and bool(np.any(one.arguments["x"] > 5))

    found = smallest_point(right(), Stratum.SMOOTH, fails, SETTINGS, "float64")
    assert sorted(found.arguments["x"].tolist()) == [0.0, 7.0]
    again = smallest_point(right(), Stratum.SMOOTH, fails, SETTINGS, "float64")
    assert numbers([again]) == numbers([found])


def test_without_a_failure_there_is_none():
    assert smallest_point(right(), Stratum.SMOOTH, lambda one: False, SETTINGS, "float64") is None


def test_a_failure_that_comes_and_goes_is_none():
    calls = []

    def fails(one):
        calls.append(one)
        return len(calls) % 3 == 0

    assert smallest_point(right(), Stratum.SMOOTH, fails, SETTINGS, "float64") is None


def test_an_interrupt_passes_through_the_drawing():
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        smallest_point(right(), Stratum.SMOOTH, stop, SETTINGS, "float64")
    with pytest.raises(KeyboardInterrupt):
        draw_points(trial("t/stop", abs, None, arrange=stop), Stratum.SMOOTH, 3, SETTINGS)


def test_what_cannot_be_drawn_raises():
    def broken(_):
        raise ZeroDivisionError("arrange broke")

    with pytest.raises(ZeroDivisionError, match="arrange broke"):
        draw_points(trial("t/broken", abs, None, arrange=broken), Stratum.SMOOTH, 3, SETTINGS)


def test_the_smallest_point_has_the_smallest_shape():
    rule = trial("t/two", lambda w, x: w * x, lambda w, x: np.diag(x), "(n),(n)->(n)", names="w x", wrt="w")
    found = smallest_point(
        rule, Stratum.SMOOTH, lambda one: bool(np.any(one.arguments["w"] > 20)), SETTINGS, "float64"
    )
    assert {name: value.shape for name, value in found.arguments.items()} == {"w": (1,), "x": (1,)}
    two = smallest_point(
        rule, Stratum.SMOOTH, lambda one: np.count_nonzero(one.arguments["w"]) > 1, SETTINGS, "float64"
    )
    assert two.arguments["w"].shape == (2,)
