"""The command line in this process: exit codes, what is printed where, and what cannot be used."""

from __future__ import annotations

import io
import json
import sys

import pytest
from trial_rules import blurred_rule, right, wrong

import gradcheck
from gradcheck import cli, selection
from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Availability
from gradcheck.cli import main
from gradcheck.cli.arguments import jobs_of
from gradcheck.journal import read_record
from gradcheck.listing import listed
from gradcheck.workers import default_jobs

MODULE = """
import numpy as np
import gradcheck

@gradcheck.rule("mine/cube/wrt-x", "(n)->(n)", names="x", wrt="x", f=lambda x: x * x * x)
def cube(x):
    return np.diag({factor} * x**2)
"""
FEW = ("--examples", "4", "--sizes", "1,2", "--jobs", "1")


@pytest.fixture(autouse=True)
def _alone(own_registry, monkeypatch):
    """Give each test a folder and a registry of its own, and no JAX to wait for."""
    monkeypatch.setattr(JaxWitness, "available", lambda self: Availability(False, "No module named 'jax'"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def said(capsys):
    """Return a function that runs a command: its exit code, standard output and standard error."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


def add(*rules):
    for rule in rules:
        selection.USER_RULES.add(rule)


def test_a_right_rule_is_exit_code_0_with_a_record_a_page_and_silence(said, tmp_path):
    code, out, err = said("run", "elementwise/mul/*", *FEW)
    assert (code, err) == (0, "")
    assert "ALL RIGHT: Every one of 2 checks is as expected." in out
    assert "report: reports/gradcheck.html   record: reports/gradcheck.json" in out
    record = read_record(tmp_path / "reports" / "gradcheck.json")
    assert record["complete"] is True
    assert (tmp_path / "reports" / "gradcheck.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reports"]


def test_a_wrong_rule_is_exit_code_1_and_one_line_replays_it(said, tmp_path):
    (tmp_path / "my_rules.py").write_text(MODULE.format(factor=-3), encoding="utf-8")
    code, out, _ = said("run", "my_rules", "elementwise/mul/*", *FEW)
    assert code == 1
    assert "NOT ALL RIGHT: 1 of 3 checks is not as expected." in out
    (failure,) = read_record(tmp_path / "reports" / "gradcheck.json")["checks"][2]["failures"]
    assert failure["inputs"] == {"x": [1.0]}
    assert failure["replay"] in out
    code, out, err = said(*failure["replay"].replace("'", "").split()[1:])
    assert (code, err) == (1, "")
    assert out.startswith("FAIL mine/cube/wrt-x [float64] disagrees")


def test_a_right_module_of_rules_is_exit_code_0(said, tmp_path):
    (tmp_path / "my_rules.py").write_text(MODULE.format(factor=3), encoding="utf-8")
    assert said("run", "my_rules", *FEW)[0] == 0
    assert said("list", "my_rules")[1].startswith("Rules of your own\n  mine/cube/wrt-x")
    assert said("self-test", "my_rules", "--points", "4")[0] == 0


def test_nothing_compared_is_exit_code_5(said):
    code, out, _ = said("run", "elementwise/mul/wrt-w", "--sizes", "0")
    assert code == 5
    assert "NOTHING WAS CHECKED" in out


def test_a_required_witness_that_is_absent_is_exit_code_1(said):
    code, out, _ = said("run", "elementwise/mul/wrt-w", *FEW, "--require-witness", "jax")
    assert code == 1
    assert "required witness absent: jax" in out
    assert said("run", "elementwise/mul/wrt-w", *FEW, "--require-witness", "central,complex step")[0] == 0


def test_the_reports_folder_may_be_named(said, tmp_path):
    assert said("run", "elementwise/mul/wrt-w", *FEW, "--report", tmp_path / "else" / "where")[0] == 0
    assert (tmp_path / "else" / "where" / "gradcheck.jsonl").exists()
    assert not (tmp_path / "reports").exists()


def test_an_old_report_never_survives_a_run(said, tmp_path):
    (tmp_path / "reports").mkdir()
    for name in ("gradcheck.json", "gradcheck.html"):
        (tmp_path / "reports" / name).write_text("an old green", encoding="utf-8")
    add(right("mine/right", arrange=lambda _: (_ for _ in ()).throw(KeyboardInterrupt)))
    code, _, err = said("run", "mine/right", *FEW)
    assert code == 2
    words = "interrupted after 0 of 1 rules; what was done is in the record reports/gradcheck.json"
    assert err == f"gradcheck: {words}\n"
    assert read_record(tmp_path / "reports" / "gradcheck.json")["complete"] is False
    assert not (tmp_path / "reports" / "gradcheck.html").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "run no/such/*",
            "`RULE`: given 'no/such/*', expected a glob that matches the id of a rule; list the ids",
        ),
        ("run elementwise/mull/*", "did you mean elementwise/mul/*?"),
        ("run zzzz_missing", "given 'zzzz_missing', expected a rule's id, a glob"),
        ("run elementwise/mul/wrt-w --dtype float16", "`dtype`: given ('float16',), expected some of"),
        ("run elementwise/mul/wrt-w --dtype float64,complex64", "`dtype`: given"),
        ("run elementwise/mul/wrt-w --dtype ,", "`dtype`: given ()"),
        ("run elementwise/mul/wrt-w --dtype float64,float64", "`dtype`: given"),
        ("run elementwise/mul/wrt-w --sizes ,", "`sizes`: given ()"),
        ("run elementwise/mul/wrt-w --sizes=-1", "`sizes`: given (-1,)"),
        ("run elementwise/mul/wrt-w --seed=-1", "`seed`: given -1, expected a number >= 0"),
        ("run elementwise/mul/wrt-w --seed one", "argument --seed: invalid int value: 'one'"),
        ("run elementwise/mul/wrt-w --sizes 1,two", "argument --sizes: given '1,two', expected numbers"),
        ("run elementwise/mul/wrt-w --examples 0", "argument --examples: given '0', expected a number >= 1"),
        ("run elementwise/mul/wrt-w --examples many", "argument --examples: given 'many'"),
        ("run elementwise/mul/wrt-w --jobs 0", "argument --jobs: given '0'"),
        ("run --no-such-option", "unrecognized arguments: --no-such-option"),
        ("explain", "the following arguments are required: RULE"),
        ("explain elementwise/mul/wrt-v", "did you mean"),
        ("replay trial/x@float64#0", "cannot be read"),
        ("list no/such/*", "list the ids with `gradcheck list`"),
        ("self-test no/such/*", "list the ids with `gradcheck list`"),
        ("self-test --points 0", "argument --points: given '0'"),
        ("frobnicate", "invalid choice: 'frobnicate'"),
        ("", "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_be_used_is_exit_code_2_and_one_clear_message(said, tmp_path, arguments, words):
    code, out, err = said(*arguments.split())
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("place", ["a file", "a file/below", "/dev/null/below"])
def test_a_reports_folder_that_cannot_be_written_is_exit_code_2(said, tmp_path, place):
    (tmp_path / "a file").write_text("x", encoding="utf-8")
    code, _, err = said("run", "elementwise/mul/wrt-w", *FEW, "--report", place)
    assert code == 2
    assert "expected a folder that can be written" in err
    assert "Traceback" not in err
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "x"


def test_a_page_that_cannot_be_written_is_exit_code_2_and_the_record_stays(said, tmp_path, monkeypatch):
    def occupy(record):
        (tmp_path / "reports" / "gradcheck.html").mkdir()
        return "<page>"

    monkeypatch.setattr("gradcheck.reporting.html.render", occupy)
    code, _, err = said("run", "elementwise/mul/wrt-w", *FEW)
    assert code == 2
    assert "cannot write reports/gradcheck.html" in err
    assert read_record(tmp_path / "reports" / "gradcheck.json")["complete"] is True


def test_an_internal_error_is_exit_code_2_and_shows_where(said, monkeypatch):
    def fails(*_, **__):
        raise LookupError("a mistake of ours")

    monkeypatch.setattr("gradcheck.reporting.terminal.summary_table", fails)
    code, _, err = said("run", "elementwise/mul/wrt-w", *FEW)
    assert code == 2
    assert "LookupError: a mistake of ours" in err
    assert err.endswith("gradcheck: internal error: please report the lines above\n")


def test_a_page_that_cannot_be_drawn_does_not_cost_the_result(said, monkeypatch):
    def fails(*_):
        raise LookupError("a mistake of ours")

    monkeypatch.setattr("gradcheck.reporting.html.render", fails)
    code, out, err = said("run", "elementwise/mul/wrt-w", *FEW)
    assert code == 2
    assert "ALL RIGHT: The check is as expected." in out
    assert err.endswith("gradcheck: internal error: please report the lines above\n")


@pytest.mark.parametrize("status", [0, 1, None, "bye"])
def test_a_function_that_ends_the_program_ends_its_own_rule(said, status):
    def leave(x):
        sys.exit(status)

    add(right("mine/leaves").__class__(**vars(right("mine/leaves")) | {"f": leave}), right("mine/right"))
    code, out, err = said("run", "mine/*", *FEW)
    assert (code, err) == (1, "")
    assert "the rule cannot be examined: SystemExit" in out
    assert "NOT ALL RIGHT: 1 of 2 checks is not as expected." in out


def test_the_list_is_json_with_every_id_once(said):
    code, out, err = said("list", "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids)) == 160 + 134 + 7
    assert rows == listed()


def test_the_list_as_text_names_every_id_whole(said):
    code, out, _ = said("list")
    assert code == 0
    assert all(row["id"] in out for row in listed())
    assert out.strip().endswith("301 rules: 160 claims, 134 misprints, 7 rejected claims")


def test_a_rule_is_explained(said):
    code, out, err = said("explain", "elementwise/mul/wrt-w")
    assert (code, err) == (0, "")
    assert out.startswith("elementwise/mul/wrt-w\n")
    assert "Worked example" in out


def test_the_self_test_names_survivors_and_closes_the_gate(said):
    add(right("mine/right"), blurred_rule("mine/blurred"))
    code, out, _ = said("self-test", "mine/*", "--points", "6", "--jobs", "1")
    assert code == 1
    assert "one entry by 1e-6" in out
    assert "mine/right" in out
    code, out, _ = said("self-test", "mine/right", "--points", "6")
    assert code == 0
    assert "11 of 11 mutants caught in 1 rule" in out
    code, out, _ = said("self-test", "mine/*", "--points", "6", "--jobs", "1", "--json")
    assert code == 1
    assert [row["survivors"] for row in json.loads(out)] == [[], ["one entry by 1e-6"]]


def test_a_rule_that_cannot_be_tested_closes_the_gate_and_says_why(said):
    def fails(*_):
        raise RuntimeError("broken on purpose")

    add(right("mine/broken", arrange=fails))
    code, out, _ = said("self-test", "mine/broken")
    assert code == 1
    assert "! mine/broken: the rule cannot be examined: RuntimeError: broken on purpose" in out
    assert "no closed form could be mutated; fewer than 3 effective mutants: mine/broken" in out


def test_a_self_test_of_misprints_alone_is_exit_code_5(said):
    assert said("self-test", "E001-18")[0] == 5


def test_help_and_version_are_exit_code_0(said):
    for arguments in (("--help",), ("run", "--help")):
        code, out, err = said(*arguments)
        assert (code, err) == (0, "")
        assert "usage: gradcheck" in out
    assert said("--version")[:2] == (0, f"gradcheck {gradcheck.__version__}\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("setting", "coloured"), [(None, True), ("", True), ("1", False), ("0", False)])
def test_colour_is_for_terminals_and_no_color_turns_it_off(monkeypatch, setting, coloured):
    add(wrong("mine/wrong"))
    if setting is not None:
        monkeypatch.setenv("NO_COLOR", setting)
    for stream, expected in ((Terminal(), coloured), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["run", "mine/wrong", *FEW]) == 1
        assert ("\x1b[" in stream.getvalue()) is expected


def test_progress_is_for_terminals(monkeypatch):
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert main(["run", "elementwise/mul/*", *FEW]) == 0
        assert ("rule" in stream.getvalue()) is shown


def test_a_few_rules_are_checked_in_this_process():
    options = cli._parser().parse_args(["run"])
    assert jobs_of(options, 8) == 1
    assert jobs_of(options, 9) == default_jobs()
    assert jobs_of(cli._parser().parse_args(["run", "--jobs", "3"]), 1) == 3


def test_the_command_is_in_the_record_as_it_was_typed(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["gradcheck", "run", "elementwise/mul/*", *FEW])
    assert main(sys.argv[1:]) == 0
    record = read_record(tmp_path / "reports" / "gradcheck.json")
    assert record["command"] == "gradcheck run 'elementwise/mul/*' --examples 4 --sizes 1,2 --jobs 1"


def test_full_disks_are_named(monkeypatch, said):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    code, _, err = said("list")
    assert code == 2
    assert err == "gradcheck: cannot write to standard output: No space left on device\n"
