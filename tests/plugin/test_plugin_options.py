"""Options of the command line and of the configuration file, and what pytest says of them."""

from __future__ import annotations

import json
import sys

import pytest
from conftest import NAMED

from gradcheck.errors import MissingExtra

ONE = "def test_one(): assert_derivative(f, right, x)"
CONFIGURATIONS = {
    "pytest.ini": """
[pytest]
gradcheck_json = made/by_file.json
gradcheck_max_detectable = 1e-20
gradcheck_examples = 3
gradcheck_allow_inconclusive = true
""",
    "pyproject.toml": """
[tool.pytest.ini_options]
gradcheck_json = "made/by_file.json"
gradcheck_max_detectable = "1e-20"
gradcheck_examples = "3"
gradcheck_allow_inconclusive = "true"
""",
    "native pyproject.toml": """
[tool.pytest]
gradcheck_json = "made/by_file.json"
gradcheck_max_detectable = 1e-20
gradcheck_examples = 3
gradcheck_allow_inconclusive = true
""",
}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_each_option_stands_in_the_configuration_too_and_the_command_line_wins(suite, kind):
    suite.write(
        "def test_open(): assert_derivative(jump, zero, 1.0)\n"
        "test_made = gradcheck.property_test(np.square, lambda x: 2 * x, '()->()')\n" + ONE
    )
    (suite.path / kind.split()[-1]).write_text(CONFIGURATIONS[kind], encoding="utf-8")
    outcome = suite.run("-W", "error")
    assert outcome.ret == 1
    assert "at most 1e-20 may" in outcome.stdout.str()
    record = json.loads((suite.path / "made" / "by_file.json").read_text(encoding="utf-8"))
    assert record["examples"] == 3
    assert [check["verdict"] for check in record["checks"]] == ["pass", "pass", "inconclusive"]
    assert sum(one["points"] for one in record["checks"][0]["strata"]) == 3
    arguments = ["--gradcheck-max-detectable=1", "--gradcheck-json=typed.json", "--gradcheck-examples=4"]
    assert suite.run(*arguments).ret == 0
    record = json.loads((suite.path / "typed.json").read_text(encoding="utf-8"))
    assert sum(one["points"] for one in record["checks"][0]["strata"]) == 4


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--gradcheck-examples=0", "given '0', expected a whole number of at least 1"),
        ("--gradcheck-examples=many", "given 'many', expected a whole number"),
        ("--gradcheck-max-detectable=nan", "given 'nan', expected a number above 0"),
        ("--gradcheck-max-detectable=-1", "given '-1', expected a number above 0"),
        ("--gradcheck-json=record.txt", "expected a name that ends in .json"),
        ("--gradcheck-json=test_it.py/x.json", "--gradcheck-json: "),
    ],
)
def test_a_bad_option_ends_the_run_at_once(suite, argument, message):
    suite.write(ONE)
    outcome = suite.run(argument)
    assert outcome.ret == 4
    text = outcome.stdout.str() + outcome.stderr.str()
    assert message in text
    assert "INTERNALERROR" not in text


@pytest.mark.parametrize("name", ["jinja2", "latex2mathml", "matplotlib"])
def test_a_page_without_its_extra_is_refused_before_the_tests(suite, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    suite.write(ONE)
    outcome = suite.run("--gradcheck-html=out.html")
    assert outcome.ret == 4
    assert 'pip install "gradcheck[report]"' in outcome.stderr.str()


def test_a_page_that_cannot_be_drawn_fails_the_session_and_not_its_record(suite, monkeypatch):
    def refuse(record):
        raise MissingExtra("report", "the HTML report", "Jinja2 broke")

    monkeypatch.setattr("gradcheck.reporting.html.render", refuse)
    suite.write(ONE)
    outcome = suite.run("--gradcheck-html=out.html", "--gradcheck-json=out.json")
    assert outcome.ret == 1
    assert "no page: the HTML report needs the extra `report`" in outcome.stdout.str()
    assert (suite.path / "out.json").exists()


def test_help_and_markers_and_warnings_as_errors(suite):
    suite.write("@pytest.mark.gradcheck(rtol=1e-4)\n" + ONE)
    listed = suite.run("--help")
    assert listed.ret == 0
    for name in ("html", "json", "examples", "max-detectable", "allow-inconclusive"):
        assert f"--gradcheck-{name}" in listed.stdout.str()
        assert f"gradcheck_{name.replace('-', '_')} (" in listed.stdout.str()
    markers = suite.run("--markers")
    markers.stdout.fnmatch_lines(["@pytest.mark.gradcheck(rtol, *): keywords of the checks*"])
    assert suite.run("--strict-markers", "-W", "error").ret == 0
    suite.write("@pytest.mark.gradchek(rtol=1e-4)\n" + ONE)
    assert suite.run("--strict-markers", "-W", "error").ret != 0


def test_one_line_in_the_header_and_only_when_active(suite):
    suite.write(ONE)

    def header(*args):
        lines = suite.pytester.runpytest_inprocess(*NAMED, *args).outlines
        before = lines[: next(k for k, line in enumerate(lines) if line.startswith("collected"))]
        return [line for line in before if line.startswith("gradcheck ")]

    assert header() == []
    (line,) = header("--gradcheck-json=out.json", "--gradcheck-max-detectable=1e-6")
    assert "record " in line
    assert "detectable at most 1e-06" in line


def test_the_section_tells_counts_and_where_the_reports_are(suite):
    suite.write(ONE)
    outcome = suite.run("--gradcheck-json=out.json", "--gradcheck-html=pages/out.html")
    outcome.stdout.fnmatch_lines(
        [
            "*= gradcheck =*",
            "1 check: 1 pass; every pass would have caught an error of *, relative",
            f"record: {suite.path}/out.json",
            f"report: {suite.path}/pages/out.html",
        ]
    )
    assert (suite.path / "pages" / "out.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    quiet = suite.run("-q")
    assert "gradcheck" not in quiet.stdout.str()
    suite.write("def test_one(): check(f, wrong, x)")
    assert "FAILED test_it.py::test_one::f" in suite.run("-q").stdout.str()


def test_nothing_checked_is_said_and_is_code_5_in_the_record(suite):
    suite.write("def test_none(): pass")
    outcome = suite.run("--gradcheck-json=out.json")
    assert outcome.ret == 0
    assert "no derivative was checked" in outcome.stdout.str()
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    assert record["summary"]["exit_code"] == 5
    assert "gradcheck" not in suite.run().stdout.str()


@pytest.mark.parametrize("option", ["--collect-only", "--help", "--markers"])
def test_listing_leaves_the_last_record_alone(suite, option):
    suite.write("check(f, right, x, name='at import')\n" + ONE)
    suite.record("--gradcheck-html=out.html")
    before = [(suite.path / name).read_bytes() for name in ("out.json", "out.html")]
    suite.run("--gradcheck-json=out.json", "--gradcheck-html=out.html", option)
    assert [(suite.path / name).read_bytes() for name in ("out.json", "out.html")] == before


@pytest.mark.parametrize("option", ["json", "html"])
def test_a_report_that_cannot_be_written_fails_the_session_and_loses_no_result(suite, option):
    suite.write(f"""
import pathlib
def test_one():
    pathlib.Path("out.{option}", "full").mkdir(parents=True)
    check(f, right, x)
""")
    outcome = suite.run("--gradcheck-json=out.json", "--gradcheck-html=out.html")
    assert outcome.ret == 1
    text = outcome.stdout.str()
    assert ("no record: " if option == "json" else "no page: ") in text
    assert "1 check: 1 pass" in text
    assert ("report: " in text) == (option == "json")
    assert ("record: " in text.replace("no record: ", "")) == (option == "html")


def test_a_page_that_would_replace_the_record_or_a_file_that_is_no_page_is_refused(suite):
    suite.write(ONE)
    both = suite.run("--gradcheck-json=r/s.json", "--gradcheck-html=r/../r/s.json")
    assert both.ret == 4
    assert "expected another file than the record and its journal" in both.stderr.str()
    journal = suite.run("--gradcheck-json=r/s.json", "--gradcheck-html=r/s.jsonl")
    assert journal.ret == 4
    before = (suite.path / "test_it.py").read_text(encoding="utf-8")
    source = suite.run("--gradcheck-html=test_it.py")
    assert source.ret == 4
    assert "is no page of gradcheck's: it would be lost" in source.stderr.str()
    assert (suite.path / "test_it.py").read_text(encoding="utf-8") == before
    assert suite.run("--gradcheck-json=r/s.json", "--gradcheck-html=r/s.html").ret == 0
    assert json.loads((suite.path / "r" / "s.json").read_text(encoding="utf-8"))["complete"]
