"""The terminal's views: what a person needs, nothing that drives a terminal, the outcome last."""

from __future__ import annotations

import copy
import math
import re
import subprocess
import sys

import golden_files
import pytest
from sample_checks import check, erratum_check, failing_check, failure, stratum
from sample_record import record

from gradcheck.reporting import wording
from gradcheck.reporting.columns import columns, fit, table
from gradcheck.reporting.explanations import explain_text
from gradcheck.reporting.failures import failure_text
from gradcheck.reporting.matrices import comparison
from gradcheck.reporting.terminal import list_table, summary_table
from gradcheck.reporting.wording import (
    bar_text,
    detects_text,
    figure,
    outcome,
    printable,
    tensor_text,
    worst_detectable,
    worst_ratio,
)

ANSI = re.compile(r"\x1b\[[0-9;]*m")
WORKED = {
    "inputs": {"w": [1.0, 2.0], "x": [3.0, 4.0]},
    "functions": {"f": "sin(x)"},
    "value": [3.0, 8.0],
    "claimed": [[3.0, 0.0], [0.0, 4.0]],
    "reference": [[3.0, 0.0], [0.0, 4.0]],
    "error": [[1e-13, 0.0], [0.0, 1e-13]],
    "witness": "central differences",
}


def green(**facts):
    summary = record()["summary"] | {"exit_code": 0, "unexpected": 0, "messages": []}
    return record(checks=[check(), erratum_check()], summary=summary, **facts)


@pytest.mark.parametrize("width", [60, 100])
def test_golden_summary(width):
    text = summary_table(record(), width=width)
    assert golden_files.matches(f"summary-{width}.txt", text)


def test_golden_failures():
    texts = [
        failure_text(found, failed)
        for found in record()["checks"]
        for failed in (*found["failures"], found["counterexample"])
        if failed
    ]
    assert golden_files.matches("failures.txt", "\n".join(texts))


def test_golden_list():
    assert golden_files.matches("list.txt", list_table(record()["checks"], width=100))


def test_golden_explain():
    text = explain_text(check() | {"worked": WORKED}) + "\n" + explain_text(erratum_check())
    assert golden_files.matches("explain.txt", text)


def test_golden_comparison_can_fail():
    """The twin: a changed record does not match the golden text."""
    changed = record()
    changed["checks"][0]["dtype"] = changed["command"] = "float16"
    before = (golden_files.FOLDER / "summary-100.txt").read_text("utf-8")
    assert summary_table(changed, width=100) != before


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_lines_fit_but_commands_are_whole(width):
    for line in summary_table(record(), width=width).splitlines()[:-1]:
        assert columns(line) <= width or "gradcheck " in line
    assert "gradcheck replay chain/total/x-plus-x2@float64#3" in summary_table(record(), width=width)


def test_colour_adds_nothing_but_colour():
    plain, painted = (summary_table(record(), colour=flag, width=90) for flag in (False, True))
    assert ANSI.sub("", painted) == plain
    assert "\x1b" not in plain
    assert painted.count("\x1b[31;1m") > 2


def test_a_line_for_each_section_and_every_odd_check():
    many = [check(f"elementwise/mul/{i}") for i in range(241)]
    text = summary_table(record(checks=many), width=100)
    assert text.count("5 Element-wise binary operators") == 1
    assert "241 of 241" in text
    assert len(text.splitlines()) < 20
    many[3] |= {"as_expected": False, "verdict": "fail", "reason": "disagrees"}
    text = summary_table(record(checks=many), width=100)
    assert "240 of 241" in text
    assert "  elementwise/mul/3\n" in text
    assert "elementwise/mul/4" not in text
    several = summary_table(record(checks=many, dtypes=["float64", "float32"]), width=100)
    assert "  elementwise/mul/3 [float64]\n" in several


def test_very_many_odd_checks_are_cut_and_counted():
    many = [check(f"r/{i}", as_expected=False) for i in range(100)]
    assert "… and 60 more, in the report" in summary_table(record(checks=many), width=100)


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({}, "ALL RIGHT: Every one of 2 checks is as expected."),
        ({"complete": False}, "INCOMPLETE: The run was cut short: 2 checks had ended."),
        ({"exit_code": 5}, "NOTHING WAS CHECKED: No entry of any derivative was compared."),
        ({"entries": 0}, "NOTHING WAS CHECKED: No entry of any derivative was compared."),
        ({"unexpected": 1}, "NOT ALL RIGHT: "),
        (
            {"exit_code": 1, "messages": ["jax is absent"]},
            "NOT ALL RIGHT: Every verdict is as expected, but the gate",
        ),
        (
            {"exit_code": 2},
            "NOT ALL RIGHT: Every verdict is as expected, but the gate is closed: exit code 2.",
        ),
    ],
)
def test_last_line_is_the_outcome(changes, last):
    whole = green(complete=changes.pop("complete", True))
    whole["summary"] |= changes
    assert summary_table(whole).splitlines()[-1].startswith(last)


def test_an_odd_check_is_never_all_right_whatever_the_summary_says():
    whole = green()
    whole["checks"][0]["as_expected"] = False
    assert outcome(whole).slug == "wrong"
    assert outcome(green() | {"checks": []}).slug == "empty"


def test_absent_witness_survivor_and_standing_erratum_are_named():
    text = summary_table(record(), width=120)
    assert "absent    jax forward: jax is not installed" in text
    assert "33 of 34 mutants (wrong on purpose) caught; SURVIVED: elementwise/max-scalar/wrt-x" in text
    assert "Refuted     1 of 2 misprints and 1 of 1 claim that the documents reject; NOT refuted:" in text
    assert "Self-test" not in summary_table(record(self_test=None))
    nothing = record()["self_test"] | {"effective": 0, "killed": 0, "survivors": []}
    assert "Self-test" not in summary_table(record(self_test=nothing))


def test_fewer_points_than_asked_for_are_explained():
    few = check(strata=[stratum("smooth", passed=7)])
    assert "up to 50 points a rule; fewer where" in summary_table(
        record(checks=[few], examples=50), width=200
    )
    misprint = erratum_check() | {"strata": [stratum("smooth", fail=10)]}
    assert "a fifth of these, at least 8, for a misprint" in summary_table(
        record(checks=[misprint], examples=50), width=200
    )
    assert "up to" not in summary_table(record(checks=[few], examples=7), width=200)


def test_a_command_that_replays_says_where_the_rule_and_the_record_are():
    undecided = check("mine/x", verdict="inconclusive", as_expected=False, group="user", failures=[])
    undecided["points"][1]["verdict"] = "inconclusive"
    undecided["module"] = "my_rules"
    text = summary_table(record(checks=[undecided]), width=100, folder="my out")
    assert "gradcheck replay 'mine/x@float64#1' --module my_rules --report 'my out'\n" in text
    plain = summary_table(record(checks=[undecided]), width=100)
    assert "--module my_rules\n" in plain
    assert "--report" not in plain


def test_a_likely_mistake_and_remarks_are_told():
    found = failing_check()
    found["failures"][0]["diagnosis"] = "the claim is 2 times the reference: factor 2"
    found["remarks"] = ["printed 9 lines, not shown; the first: 'hello'"]
    text = summary_table(record(checks=[found] * 7), width=100)
    assert "likely mistake: the claim is 2 times the reference: factor 2" in text
    assert text.count("printed 9 lines") == 5
    assert "and 2 more remarks" in text
    assert "  likely mistake: the claim is 2 times" in failure_text(found, found["failures"][0])


def test_bars_that_underflow_are_nothing_and_nobody_detects_less_than_a_rounding():
    assert (bar_text(5e-312), bar_text(3.25e-13), bar_text("inf")) == ("0", "3.2e-13", "inf")
    assert (detects_text(5e-312), detects_text(2.2e-8), detects_text("nan")) == ("<1e-16", "2.2e-08", "nan")
    assert (detects_text(None), detects_text(0.0)) == ("–", "<1e-16")


def test_worst_figures_count_nan_as_worst():
    nan = check(largest=check()["largest"] | {"ratio": "nan"})
    assert math.isnan(worst_ratio([check(), nan, check()]))
    assert worst_ratio([check(), check(largest=None)]) == 0.31
    assert worst_ratio([]) is None
    weak = check("weak", detectable=check()["detectable"] | {"worst": "inf"})
    assert worst_detectable([check(), weak]) == math.inf
    assert "an error of inf of an entry, at worst: weak" in summary_table(record(checks=[check(), weak]))


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202edesrever\u200b\r\n\x00\ud800"


@pytest.mark.parametrize(
    "view", [summary_table, lambda r: failure_text(r["checks"][0], r["checks"][0]["failures"][0])]
)
def test_nothing_drives_the_terminal(view):
    hostile = record(checks=[failing_check()], command=HOSTILE)
    found = hostile["checks"][0]
    for name in ("id", "dtype", "reason", "message", "section", "function", "formula"):
        found[name] = HOSTILE
    found["failures"] = [
        failure("a", [[1.0]], [[2.0]], [[0, 0]], message=HOSTILE, replay=HOSTILE, point=HOSTILE)
    ]
    found["failures"][0] |= {
        "inputs": {HOSTILE: 1.0},
        "functions": {"f": HOSTILE},
        "pair": [HOSTILE, HOSTILE],
    }
    hostile["summary"]["messages"] = [HOSTILE]
    hostile["witnesses"][4] |= {"detail": HOSTILE}
    text = view(hostile)
    assert not set(text) & set("\x1b\x07\r\x00\u202e\u200b\ud800")
    assert "<U+001B>" in text
    text.encode("utf-8")


def test_hostile_twin(monkeypatch):
    """Without `printable` the same test finds the escape sequence."""
    monkeypatch.setattr("gradcheck.reporting.terminal.printable", lambda text, limit=0: text)
    assert "\x1b]0;owned" in summary_table(record(command=HOSTILE))


def test_long_text_is_cut_with_its_length():
    text = summary_table(record(checks=[failing_check() | {"message": "x" * 1_000_000}]), width=80)
    assert len(text) < 5000
    assert printable("x" * 1_000_000).endswith("x… (cut: 1000000 characters in all)")
    assert printable("kept\nlines", lines=True) == "kept\nlines"
    assert printable("one\r\nline\tonly") == "one line only"


def big(rows, columns_, wrong):
    claimed = [[float(i * columns_ + j) for j in range(columns_)] for i in range(rows)]
    reference = copy.deepcopy(claimed)
    for i, j in wrong:
        reference[i][j] += 1.0
    return failure("big", claimed, reference, wrong)


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (8, 8), (9, 9), (400, 300)])
@pytest.mark.parametrize("names", [1, 30])
def test_a_failure_has_at_most_25_lines_and_ends_with_its_command(size, names):
    failed = big(*size, [[0, 0]]) | {"inputs": {f"x{i}": [1.0] * 500 for i in range(names)}}
    failed["functions"] = {f"f{i}": "sin(x)" * 50 for i in range(names)}
    text = failure_text(failing_check(), failed)
    assert len(text.splitlines()) <= 25
    assert text.splitlines()[-1] == "  reproduce   gradcheck replay big@float64#3"
    assert all(columns(line) <= 110 for line in text.splitlines())
    assert ("cut" in text or "whole is in the record" in text) == (
        size[0] > 8 or len(text.splitlines()) == 25
    )


def test_wrong_entries_are_marked_and_right_ones_are_not():
    text = failure_text(failing_check(), big(2, 2, [[0, 1], [1, 0]]))
    assert "0  1*" in text
    assert "2* 3" in text
    assert text.count("*") == 4


def test_a_tiny_difference_is_visible():
    failed = failure("tiny", [[1.0 + 1e-10, 5.0]], [[1.0, 5.0]], [[0, 0]])
    shown = comparison(failed)
    assert shown.claimed[0][0].text != shown.reference[0][0].text
    text = failure_text(failing_check(), failed)
    assert "closed form 1.0000000001, central 1, bar 2.5e-12" in text
    last = failure("last", [[1.0000000000000002]], [[1.0]], [[0, 0]])
    assert comparison(last).claimed[0][0].text == "1.0000000000000002"


@pytest.mark.parametrize(
    "odd",
    [
        {"claimed": None, "index": None, "wrong": []},
        {"reference": None},
        {"error": None},
        {"claimed": [], "reference": [[1.0]]},
        {"index": [7, 7], "wrong": [[7, 7]]},
        {"claimed": [[1.0], [2.0, 3.0]]},
        {"message": "", "functions": {}, "inputs": {}},
    ],
)
def test_incomplete_failures_still_speak(odd):
    text = failure_text(failing_check(), failing_check()["failures"][1] | odd)
    assert text.splitlines()[-1].startswith("  reproduce   gradcheck replay")


def test_list_of_nothing_says_so():
    assert list_table([]) == "No rule was selected.\n"


def test_explain_needs_only_an_id():
    assert explain_text({"id": "mine/cube"}) == "mine/cube\n"


def test_a_worked_example_shows_its_numbers():
    text = explain_text({"id": "mine", "worked": WORKED})
    assert "value of the function: [3, 8]" in text
    sides = "    closed form, 2×2    central differences, 2×2\n    3  0                3  0\n    0  4 "
    assert sides in text
    assert "error bars of central differences: at most 1e-13" in text
    narrow = explain_text({"id": "mine", "worked": WORKED}, width=40)
    assert "    central differences, 2×2\n      3  0\n      0  4\n" in narrow


def test_a_misprint_is_explained_by_formulas_and_nothing_is_said_twice():
    facts = erratum_check()
    facts["erratum"] |= {"quote": "the words", "remark": "a factor is lost"}
    text = explain_text(
        facts | {"worked": WORKED | {"counterexample": True, "right": [[1.0, 0.0], [0.0, 4.0]]}}
    )
    assert "formula" not in text
    for label in ("printed", "quoted", "right", "mistake", "read as", "contradicts"):
        assert text.count(f"\n  {label} ") == 1
    assert "Counterexample" in text
    assert "as printed, 2×2    right form, 2×2    central differences, 2×2" in text


@pytest.mark.parametrize(
    ("verdict", "label"), [("fail", "  wrong       it differs"), ("inconclusive", "  undecided   it differs")]
)
def test_an_example_that_does_not_pass_says_so(verdict, label):
    text = explain_text({"id": "mine", "worked": WORKED | {"verdict": verdict, "message": "it differs"}})
    assert text.endswith(f"{label}\n")
    quiet = explain_text({"id": "mine", "worked": WORKED | {"verdict": "pass", "message": "it differs"}})
    assert "it differs" not in quiet


@pytest.mark.parametrize("width", [40, 80, 120])
def test_an_explanation_is_wrapped(width):
    text = explain_text(check(notes="word " * 100) | {"worked": WORKED}, width=width)
    assert all(columns(line) <= width for line in text.splitlines())


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("nan", 4, "nan"),
        (None, 4, "–"),
        (True, 4, "True"),
        (12345, 3, "12345"),
        (0.1 + 0.2, 17, "0.30000000000000004"),
    ],
)
def test_figures(value, digits, expected):
    assert figure(value, digits) == expected


def test_tensors_are_cut_without_reading_them_whole():
    assert tensor_text([[1.0, 2.0], [3.0, "nan"]]) == "[[1, 2], [3, nan]]"
    assert tensor_text([]) == "[]"
    assert len(tensor_text([[0.123456789] * 1000] * 1000)) <= 241


def test_columns_of_wide_and_combining_signs():
    assert columns("1⃗ + 矩阵") == 8
    assert fit("矩阵矩阵", 5) == "矩阵…"
    assert table(("a", "b", "c"), [("矩阵", "1", "2")], 40)[1].startswith("矩阵")


def test_strata_count_into_points():
    text = summary_table(
        record(checks=[check(strata=[stratum("smooth", passed=7), stratum("edge", passed=5)])])
    )
    assert re.search(r"1 of 1\s+1\s+·\s+·\s+12\s", text)


def test_reporting_imports_nothing_heavy():
    heavy = "{'numpy', 'scipy', 'jax', 'hypothesis', 'jinja2', 'latex2mathml'} & set(sys.modules)"
    code = f"import sys, gradcheck.reporting.terminal, gradcheck.reporting.html; print(sorted({heavy}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
    twin = subprocess.run(
        [sys.executable, "-c", f"import numpy; {code}"], capture_output=True, text=True, check=True
    )
    assert twin.stdout == "['numpy']\n"


def test_every_word_is_public():
    assert all(hasattr(wording, name) for name in wording.__all__)
