"""The benchmark of random compositions: its truths are true, and a bar that misses is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

mp = pytest.importorskip("mpmath", reason="the benchmarks are measured against mpmath")


@pytest.fixture
def compositions(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    import compositions as module

    with mp.workdps(module.DIGITS):
        yield module


def test_the_slope_of_every_elementary_function_is_its_derivative(compositions):
    for name, one in compositions.ELEMENTARY.items():
        x = mp.mpf("0.7")
        assert abs(one.slope(x) - mp.diff(one.exact, x)) < mp.mpf(10) ** -20, name
        assert abs(one.f(0.7) - one.exact(mp.mpf(0.7))) < 1e-15, name


def test_the_truth_of_a_composition_is_that_of_the_function_it_is_drawn_for(compositions):
    rng = np.random.default_rng(0)
    for _ in range(40):
        case = compositions.composed(rng, "1e-2 to 1")
        h = 1e-6 * abs(case.x)
        quotient = (case.f(np.float64(case.x + h)) - case.f(np.float64(case.x - h))) / (2 * h)
        size = abs(case.truth) + abs(case.f(np.float64(case.x))) / abs(case.x)
        assert abs(quotient - case.truth) <= 1e-4 * size, case.text


def test_a_bar_that_misses_is_counted_and_one_that_holds_is_not(compositions):
    tally = compositions.Tally()
    case = compositions.Case("x**2", lambda x: x * x, 3.0, mp.mpf(6))
    tally.take(case, 6.0 + 1e-9, 1e-8, 10)
    assert (tally.numbers, tally.answers, tally.missed) == (1, 1, 0)
    tally.take(case, 6.0 + 1e-7, 1e-8, 10)
    tally.take(case, 5.0, 0.1, 10)
    assert (tally.numbers, tally.answers, tally.missed, tally.answers_missed) == (3, 2, 2, 1)
    tally.take(case, float("nan"), float("inf"), 10)
    assert (tally.points, tally.numbers) == (4, 3)


def test_the_complex_step_misses_none_and_bars_too_narrow_are_found_out(compositions, capsys):
    assert compositions.main(["20", "3"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    missed = {name: [int(row[5]) for row in rows if row[1] == name] for name in ("complex step", "liar")}
    assert len(missed["liar"]) == len(compositions.RANGES)
    assert sum(missed["complex step"]) == 0
    assert min(missed["liar"]) > 0
