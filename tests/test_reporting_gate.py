"""The gate's outcome in each format: valid by the published schemas, complete, inert whatever it holds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_checks import check, failing_check
from sample_record import record

from gradcheck.journal import to_json
from gradcheck.ledger import baseline_of, gate, merge
from gradcheck.reporting.github import gate_annotations
from gradcheck.reporting.junit import gate_junit
from gradcheck.reporting.markdown import gate_markdown
from gradcheck.reporting.plain import gate_text
from gradcheck.reporting.sarif import gate_sarif
from gradcheck.reporting.terminal import summary_table

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = jsonschema.Draft4Validator(
    json.loads((SCHEMAS / "sarif-2.1.0-rtm.4.json").read_text(encoding="utf-8"))
)
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
FAIL = {"verdict": "fail", "as_expected": False, "reason": "mismatch", "message": "a factor 2"}
DOUBT = {"verdict": "inconclusive", "as_expected": False, "reason": "too weak", "message": ""}
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "%0A::error file=a.py,line=1::owned",
    "\n::error::owned\n##[error]owned\r::add-mask::a",
    "]]>&<!--&amp;lt;",
    "\x00\x07\x1b[31mred\x1b]8;;http://x\x07\x9b",
    "\u202egnp.exe\u2066\ufeff\u200b",
    "\ud800 lone \udfff",
    "`` ` ``` | a | *b* _c_ ~~d~~ [e](javascript:alert(1)) ![f](http://g) <details> \\| --- $k$ $$",
    "http://h www.i.org @user #1 :x: - [ ] d 1. e # f > g",
    "x" * 1_000_000,
    "::::",
    "a,b=c:d;e%25",
    "__proto__ ../../etc/passwd file:///etc",
]


def outcome_of(*checks, baseline=None, **rules):
    whole = record(list(checks), self_test=None)
    whole["summary"] |= {"exit_code": int(any(not one["as_expected"] for one in checks)), "messages": []}
    if baseline is not None:
        baseline = baseline_of(record(baseline))
    return gate(whole, baseline=baseline, **rules), whole


def hostile_check(text):
    test = {"node": text, "file": text, "line": 3, "outcome": "passed"}
    failing = failing_check() | {
        "id": text or "-",
        "dtype": text,
        "message": text,
        "reason": text,
        "test": test,
    }
    failing["failures"][0]["replay"] = text
    return failing


def hostile_outcome(text):
    known = check("known", **FAIL) | {"message": text}
    outcome, whole = outcome_of(
        hostile_check(text), known, check("doubt", **DOUBT), baseline=[known, check(f"gone {text}"[:1000])]
    )
    for found in outcome["findings"]:
        found["note"] = text
    return outcome, whole


def mixed():
    """An outcome with many kinds of finding."""
    fixed, silent = check("fixed"), check("silent")
    silent["witnesses"]["complex step"]["answered"] = 0
    test = {"node": "tests/t.py::f", "file": "tests/t y.py", "line": 7, "outcome": "passed"}
    checks = [check("wrong", **FAIL) | {"test": test}, check("doubt", **DOUBT), check("known", **FAIL)]
    before = [check("fixed", **FAIL), check("known", **FAIL), check("gone"), check("silent")]
    return outcome_of(*checks, fixed, silent, check("new"), baseline=before)


def empty():
    return outcome_of()


def sarif_of(outcome):
    log = json.loads(gate_sarif(outcome, version="0.1.0", anchor="gradcheck-baseline.json"))
    SARIF.validate(log)
    return log["runs"][0]


def junit_of(outcome, whole):
    text = gate_junit(outcome, whole)
    JUNIT.validate(text)
    return ET.fromstring(text)


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))


def tags_of(markdown):
    """The elements that a Markdown reader with every extension of GitHub's makes of ``markdown``."""
    reader = MarkdownIt("gfm-like", {"linkify": False})
    parser = _Tags()
    parser.feed(reader.render(markdown))
    return parser.tags


PLAIN_TAGS = {"h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "br"}


def assert_inert(markdown):
    for tag, attrs in tags_of(markdown):
        assert tag in PLAIN_TAGS, tag
        assert not attrs, (tag, attrs)
    assert not re.search(r"https?://|www\.|@\w|:\w+:|\$", markdown)


def commands_of(text):
    """The lines that GitHub's runner takes for commands: ``::name`` after blanks, ``##[`` anywhere."""
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_the_helpers_of_this_test_see_what_they_look_for():
    assert ("script", []) in tags_of("<script>")
    assert [tag for tag, _ in tags_of("[a](http://b) | *c*")] == ["p", "a", "em"]
    assert commands_of("a\n  ::error::b\rx ##[error]c\nd::e") == ["  ::error::b", "x ##[error]c"]
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        JUNIT.validate("<testsuite name='a'/>")
    with pytest.raises(jsonschema.ValidationError):
        SARIF.validate({"version": "2.1.0", "runs": [{}]})


def test_text_names_what_closes_and_what_to_do():
    outcome, _ = mixed()
    text = gate_text(outcome, width=80)
    assert "Closes the gate (5):" in text
    assert "failure  wrong [float64] (tests/t y.py:7)" in text
    assert "FAIL: mismatch: a factor 2" in text
    assert "to do: mend it" in text
    assert "1 check not in the baseline yet" in text
    assert text.endswith(outcome["headline"] + "\n")
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\x1b[" in gate_text(outcome, colour=True)


def test_text_cuts_long_lists_and_says_so():
    outcome, _ = outcome_of(*(check(f"c{i}", **FAIL) for i in range(60)))
    text = gate_text(outcome)
    assert "… and 20 more" in text
    assert len(text.splitlines()) < 200


def test_annotations_point_at_the_line_worst_first():
    outcome, _ = mixed()
    first, *rest, last = gate_annotations(outcome).splitlines()
    assert first.startswith(
        "::error file=tests/t y.py,line=7,title=gradcheck%3A A derivative is wrong::wrong"
    )
    assert [line.split(" ")[0] for line in rest] == ["::error"] * 4 + ["::warning"]
    assert last == outcome["headline"]


def test_github_shows_an_annotation_as_it_was_written():
    outcome, _ = outcome_of(check(**FAIL) | {"message": "100%0A::error::x, 5:3"})
    line = gate_annotations(outcome).splitlines()[0]
    shown = line.partition("::error ")[2].partition("::")[2]
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        shown = shown.replace(code, sign)
    assert "100%0A::error::x, 5:3" in shown


def test_past_ten_annotations_are_counted():
    outcome, _ = outcome_of(*(check(f"c{i:02}", **FAIL) for i in range(42)))
    lines = gate_annotations(outcome).splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::error"] * 10 + ["::notice"]
    assert "32 errors more" in lines[-2]
    ten, _ = outcome_of(*(check(f"c{i:02}", **FAIL) for i in range(10)))
    assert "::notice" not in gate_annotations(ten)


def test_markdown_is_a_table_of_what_closes():
    outcome, _ = mixed()
    text = gate_markdown(outcome)
    assert text.startswith("### ❌ gradcheck: Gate closed: 1 failure, 1 inconclusive, 1 vanished")
    assert "**Closes the gate: 5**" in text
    assert [tag for tag, _ in tags_of(text)].count("tr") == 2 + 5 + 1
    assert_inert(text)
    opened, _ = outcome_of(check())
    assert gate_markdown(opened).startswith("### ✅")


def test_markdown_keeps_within_its_limit_and_counts_what_it_cuts():
    outcome, _ = outcome_of(*(check(f"c{i}", **FAIL) | {"message": "é" * 10_000} for i in range(300)))
    text = gate_markdown(outcome)
    assert "… and 100 more." in text
    assert len(text.encode()) < 1_000_000
    small = gate_markdown(outcome, limit=10_000)
    assert len(small.encode()) < 10_000
    assert re.search(r"… and 29\d more\.", small)


def test_junit_has_a_case_for_each_check_and_each_vanished_one():
    outcome, whole = mixed()
    suite = junit_of(outcome, whole).find("testsuite")
    cases = {case.get("name"): case for case in suite}
    assert len(cases) == 1 + len(whole["checks"]) + 1
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": len(cases), "failures": 5, "errors": 0, "skipped": 1}
    assert cases["wrong [float64]"].find("failure").get("type") == "failure"
    assert cases["gone [float64]"].find("failure").get("type") == "vanished"
    assert cases["known [float64]"].find("skipped") is not None
    assert len(cases["new [float64]"]) == 0


def test_an_empty_gate_is_no_green_suite():
    suite = junit_of(*empty()).find("testsuite")
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")


def test_sarif_has_a_result_for_each_finding():
    outcome, _ = mixed()
    run = sarif_of(outcome)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = run["results"]
    assert len(results) == 6
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in results)
    place = results[0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "tests/t%20y.py"}, "region": {"startLine": 7}}
    # Code scanning refuses a result without a file.
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results[1:]]
    assert set(uris) == {"gradcheck-baseline.json"}
    assert [one["ruleId"] for one in results if one.get("suppressions")] == ["gradcheck/known"]
    assert run["invocations"][0]["exitCode"] == 1


def test_fingerprints_hold_when_words_change_and_differ_between_checks():
    def prints(message):
        outcome, _ = outcome_of(*(check(name, **FAIL) | {"message": message} for name in "ab"))
        return [result["partialFingerprints"]["gradcheck/v1"] for result in sarif_of(outcome)["results"]]

    assert prints("one") == prints("another")
    assert len(set(prints("one"))) == 2


def test_sarif_is_cut_where_readers_cut_it_and_says_so():
    outcome, _ = outcome_of(check(**FAIL))
    outcome["findings"] *= 5001
    run = sarif_of(outcome)
    assert len(run["results"]) == 5000
    notes = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert "1 result more than the 5000 shown" in notes[1]


@pytest.mark.parametrize("make", [mixed, empty, lambda: outcome_of(check())])
def test_every_format_is_the_same_each_time(make):
    outcome, whole = make()
    for view in (gate_text, gate_annotations, gate_markdown):
        assert view(outcome) == view(outcome)
    assert gate_junit(outcome, whole) == gate_junit(outcome, whole)


def assert_all_inert(outcome, whole):
    text = gate_text(outcome)
    assert commands_of(text) == []
    annotations = gate_annotations(outcome)
    ours = re.compile(r"::(error|warning|notice) (file=[^:,]*,line=\d+,)?title=[^:,]*::[^\r\n]*")
    assert all(ours.fullmatch(line) for line in commands_of(annotations)), annotations[:2000]
    assert "##[" not in annotations
    markdown = gate_markdown(outcome)
    assert_inert(markdown)
    suite = junit_of(outcome, whole).find("testsuite")
    assert len(suite) >= len(whole["checks"])
    assert {element.tag for element in suite.iter()} <= {
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
    }
    sarif_of(outcome)
    for shown in (text, annotations, markdown, gate_junit(outcome, whole), gate_sarif(outcome, version="0")):
        shown.encode("utf-8")
        assert len(shown) < 200_000
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", shown)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_texts_are_inert_in_every_format(text):
    assert_all_inert(*hostile_outcome(text))


@pytest.mark.parametrize("text", [f"{'x' * 40} ::error::owned {'y' * 40}", "a ##[error]owned"])
def test_the_summary_of_a_run_starts_no_command_either(text):
    odd = check(**FAIL) | {"message": text, "id": text}
    for width in range(40, 120):
        assert commands_of(summary_table(record([odd]), width=width)) == []


nasty = st.text(
    st.one_of(st.sampled_from("<>&'\"%:,#[]|`*_@$!\\\n\r\x1b\u202e\ud800"), st.characters()),
    min_size=1,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(nasty)
def test_drawn_texts_are_inert_in_every_format(text):
    assert_all_inert(*hostile_outcome(text))


def test_the_outcome_is_plain_data():
    outcome, _ = mixed()
    assert json.loads(to_json(outcome)) == outcome
    assert merge([mixed()[1]])["checks"]
