"""The benchmark of verdicts can tell a good checker from one that always says yes, or always no."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

OPERATORS = ("operators", "operators_shipped", "library_faults")
MODULES = ("verdicts", "verdicts_cases", "verdicts_mutants", "verdicts_tools", "verdicts_traps")


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return {name: importlib.import_module(name) for name in MODULES}


@pytest.fixture
def cases(bench):
    module = bench["verdicts_cases"]
    chosen = ("sin", "quadratic form", "inverse", "log near 1e-7")
    return list(module.cases_of(tuple(c for c in module.CONTROLS if c.name in chosen), 1))


@pytest.fixture
def few_traps(bench):
    return bench["verdicts_traps"].traps()[::5]


def tool_saying(bench, said, name="stub", **facts):
    tools = bench["verdicts_tools"]
    return tools.Tool(name, lambda f, jac, x: tools.Answer(said, 1, **facts), ())


def test_gradcheck_keeps_a_clean_sheet(bench, cases, few_traps):
    tool = bench["verdicts_tools"].tools_available()[0][0]
    assert tool.name == "gradcheck"
    tally = bench["verdicts"].measure(tool, cases, few_traps, every=3)
    assert tally.clean, tally.mistakes
    assert tally.controls == 4
    assert tally.mutants > 15
    assert tally.traps > 10
    assert "| 0 of 4 | 0 | 0 of" in bench["verdicts"].row("gradcheck", tally)


def test_one_that_always_says_yes_misses_every_mutant(bench, cases, few_traps):
    tally = bench["verdicts"].measure(tool_saying(bench, "accepted"), cases, few_traps, every=3)
    assert tally.missed == tally.mutants > 15
    assert tally.rejected == 0
    assert not tally.clean
    assert tally.traps_right == sum(trap.right == "accepted" for trap in few_traps) < tally.traps


def test_one_that_always_says_no_rejects_every_control(bench, cases, few_traps):
    tally = bench["verdicts"].measure(tool_saying(bench, "rejected"), cases, few_traps, every=3)
    assert tally.rejected == tally.controls == 4
    assert not tally.clean


def test_one_that_never_decides_is_not_clean_either(bench, cases, few_traps):
    tally = bench["verdicts"].measure(tool_saying(bench, "undecided"), cases, few_traps, every=3)
    assert tally.open_controls == 4
    assert tally.missed == 0
    assert not tally.clean


def test_a_miss_below_what_was_said_to_be_seen_is_counted_apart(bench, cases):
    tally = bench["verdicts"].measure(tool_saying(bench, "accepted", detectable=1e-4), cases, [])
    assert 0 < tally.below < tally.mutants
    assert tally.missed + tally.below == tally.mutants


def test_evaluations_beyond_the_promise_are_seen(bench, cases):
    tools = bench["verdicts_tools"]
    wasteful = tools.Tool("stub", lambda f, jac, x: tools.Answer("accepted", 20 * np.size(x) + 21), ())
    assert bench["verdicts"].measure(wasteful, cases, []).costly == 4
    thrifty = tools.Tool("stub", lambda f, jac, x: tools.Answer("accepted", np.size(x) + 12), ())
    assert bench["verdicts"].measure(thrifty, cases, []).costly == 0


def test_the_controls_are_what_they_claim_to_be(bench):
    cases = bench["verdicts_cases"]
    assert len(cases.CONTROLS) >= 25
    assert len({control.name for control in cases.CONTROLS}) == len(cases.CONTROLS)
    for case in cases.cases_of(cases.CONTROLS, 1):
        assert np.shape(case.jac(case.x)) == np.shape(case.f(case.x)) + np.shape(case.x)


def test_every_mutant_differs_from_what_it_mutates(bench, cases):
    for case in cases:
        right = np.asarray(case.jac(case.x))
        for mutant, size in bench["verdicts_mutants"].mutants_of(case):
            assert size > 1e-8
            assert not np.array_equal(mutant.jac(case.x), right)


@pytest.fixture
def operators(bench, monkeypatch):
    for name in OPERATORS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("operators")


def test_the_count_of_operators_tells_a_wrong_derivative_from_one_known_to_be(bench, operators, capsys):
    case = bench["verdicts_cases"].Case
    x = np.array([0.3, 1.2])
    count = operators.Count()
    operators.judge(count, case("sine", np.sin, lambda x: np.diag(np.cos(x)), x), False)
    operators.judge(count, case("sine", np.sin, lambda x: np.diag(np.sin(x)), x), False)
    operators.judge(count, case("astropy Drude1D", np.sin, lambda x: np.diag(np.sin(x)), x), False)
    assert count.generic == {"pass": 1, "fail": 1, "fail, the library's own fault": 1}
    assert count.mutants == {"disagrees": 3}
    assert capsys.readouterr().out.count("FAIL") == 2


def test_a_faulty_operator_that_passes_is_counted_as_accepted(bench, operators, monkeypatch):
    case = bench["verdicts_cases"].Case("sine", np.sin, lambda x: np.diag(np.cos(x)), np.array([0.3, 1.2]))
    right = operators.gradcheck.check(case.f, case.jac, case.x)
    monkeypatch.setattr(operators.gradcheck, "check", lambda *args: right)
    count = operators.Count()
    operators.judge(count, case, False)
    assert count.mutants == {"ACCEPTED": 3}
