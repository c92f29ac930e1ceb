"""Records damaged in every way: an error that names the file, or a record that every view can show."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_checks import check, erratum_check, failing_check, kink_check
from sample_record import record

from gradcheck.cli import main
from gradcheck.errors import MissingExtra
from gradcheck.journal import (
    BaselineError,
    RecordError,
    baseline_text,
    encode,
    read_baseline,
    read_record,
    violation,
)
from gradcheck.journal.checks import check_entry
from gradcheck.journal.conformance import schema
from gradcheck.journal.parsing import DEPTH, parse
from gradcheck.ledger import baseline_of, compare, gate
from gradcheck.reporting.html import render
from gradcheck.reporting.terminal import summary_table
from gradcheck.results import CheckResult, Reason, Verdict

SINGLE = check_entry(
    CheckResult(Verdict.FAIL, Reason.DISAGREES, "wrong", name="wave", detectable=1e-9, entries=4),
    identity="tests/t.py::test_wave::wave",
    test={
        "node": "tests/test_wave.py::test_wave",
        "file": "tests/test_wave.py",
        "line": 7,
        "outcome": "failed",
    },
)
WHOLE = record([check(), failing_check(), erratum_check(), kink_check(), encode(SINGLE)])
BASELINE = baseline_of(WHOLE)
VALIDATOR = jsonschema.Draft202012Validator(schema())
TEXT = json.dumps(WHOLE)
FORMATS = ("text", "github", "markdown", "junit", "sarif", "json")
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damage")


def show(path, whole):
    """Draw every view of the record at ``path``; nothing may raise, and the gate gives a code it knows."""
    assert violation(whole) is None
    outputs = ",".join(f"{name}={path.with_suffix(f'.{name}')}" for name in FORMATS)
    assert main(["gate", str(path), "--format", outputs]) in (0, 1, 2, 5)
    summary_table(whole)
    compare(whole, WHOLE)
    gate(WHOLE, baseline=baseline_of(whole))
    with contextlib.suppress(MissingExtra):
        render(whole)


def read_or_refuse(path, data):
    path.write_bytes(data)
    try:
        whole = read_record(path)
    except RecordError as error:
        told = str(error)
        assert str(path) in told
        assert "; " in told
        assert len(told) < 1000
        return None
    return whole


@MANY
@given(st.integers(0, len(TEXT)))
def test_a_record_cut_short_is_refused(folder, cut):
    whole = read_or_refuse(folder / "gradcheck.json", TEXT[:cut].encode())
    assert (whole is not None) is (cut == len(TEXT))


@MANY
@given(st.data())
def test_altered_bytes_are_refused_or_shown(folder, capsys, data):
    altered = bytearray(TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(altered) - 1))
        altered[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = folder / "gradcheck.json"
    whole = read_or_refuse(path, bytes(altered))
    if whole is not None:
        show(path, whole)
        assert "internal error" not in capsys.readouterr().err


@settings(MANY, max_examples=40)
@given(
    st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
)
def test_what_is_no_record_is_refused(folder, data):
    for name in ("gradcheck.json", "gradcheck.jsonl"):
        assert read_or_refuse(folder / name, data) is None


def places_of(value, place=()):
    yield place
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places_of(item, (*place, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places_of(item, (*place, i))


PLACES = list(places_of(WHOLE))[1:]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "nan", "inf", "-inf", "pass", "fail", "inconclusive", "\ud800", "x" * 5000]),
    st.text(max_size=5),
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(MANY, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_altered_values_are_refused_or_shown(folder, capsys, changes):
    altered = copy.deepcopy(WHOLE)
    for place, value in changes:
        put(altered, place, value)
    path = folder / "gradcheck.json"
    whole = read_or_refuse(path, json.dumps(altered).encode())
    if whole is not None:
        show(path, whole)
        assert "internal error" not in capsys.readouterr().err


@MANY
@given(st.lists(st.tuples(st.sampled_from(list(places_of(BASELINE))[1:]), values), min_size=1, max_size=3))
def test_an_altered_baseline_is_refused_or_used(folder, changes):
    altered = copy.deepcopy(BASELINE)
    for place, value in changes:
        put(altered, place, value)
    path = folder / "baseline.json"
    path.write_text(json.dumps(altered), encoding="utf-8")
    try:
        baseline, told = read_baseline(path), ""
    except BaselineError as error:
        baseline, told = None, str(error)
    if baseline is None:
        assert str(path) in told
        assert "--update-baseline" in told or "upgrade" in told
        return
    assert gate(WHOLE, baseline=baseline)["findings"]
    path.write_text(baseline_text(baseline_of(WHOLE, baseline)), encoding="utf-8")
    assert gate(WHOLE, baseline=read_baseline(path))["exit_code"] in (0, 1)


def test_a_baseline_reads_as_it_was_written(folder):
    path = folder / "baseline.json"
    path.write_text(baseline_text(BASELINE), encoding="utf-8")
    assert read_baseline(path) == BASELINE


def put(tree, place, value):
    *above, last = place
    for name in above:
        try:
            tree = tree[name]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(tree, dict) or (isinstance(tree, list) and isinstance(last, int) and last < len(tree)):
        tree[last] = value


@settings(MANY, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_our_validator_agrees_with_jsonschema(changes):
    altered = copy.deepcopy(WHOLE)
    for place, value in changes:
        put(altered, place, value)
    assert (violation(altered) is None) is VALIDATOR.is_valid(altered)


def test_a_whole_number_may_be_written_with_a_point():
    assert violation(WHOLE | {"examples": 50.0}) is None
    assert violation(WHOLE | {"examples": 50.5}) == "examples: given 50.5, expected integer"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ('{"a": 1e400}', "overflows float64"),
        ('{"a": -1E+400}', "overflows float64"),
        (f'{{"a": {"9" * 400}}}', "overflows float64"),
        (f'{{"a": {"9" * 400}.5}}', "overflows float64"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "nests more than"),
        ('{"a":' * (DEPTH + 1) + "1" + "}" * (DEPTH + 1), "nests more than"),
        ("[" * 100_000 + "]" * 100_000, "nests more than"),
    ],
)
def test_what_strict_json_refuses(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_what_strict_json_takes():
    assert parse('{"a": 1e-400, "b": 1e308, "c": "nan", "d": "1e999"}') == {
        "a": 0,
        "b": 1e308,
        "c": "nan",
        "d": "1e999",
    }
    assert parse("[" * DEPTH + "]" * DEPTH)
    # Brackets in a text nest nothing.
    assert parse(json.dumps("[" * 1000)) == "[" * 1000
    assert parse('["\\ud800", "\\ud83d\\ude00", {"\\udfff": 1}]') == ["\ufffd", "\U0001f600", {"\ufffd": 1}]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\x00" * 100), "is not JSON"),
        (lambda path: path.write_text("[1, 2]"), "holds a list"),
        (lambda path: path.write_text('{"tool": "pytest"}'), "not 'gradcheck'"),
        (lambda path: path.write_text(json.dumps(WHOLE | {"schema_version": 2})), "follows schema 2"),
        (lambda path: path.write_text(json.dumps(WHOLE | {"checks": {}})), "checks: given {}"),
        (
            lambda path: path.write_text(TEXT.replace('"entries": 812', r'"entries": "\u001b[31m"')),
            "entries",
        ),
        (lambda path: path.write_text(json.dumps({"tool": "x" * 1_000_000})), "xxx"),
        (lambda path: path.mkdir(), "holds no gradcheck.json"),
        (lambda path: None, "cannot be read"),
    ],
)
@pytest.mark.parametrize("command", ["gate", "report"])
def test_the_commands_name_the_file_and_the_remedy(tmp_path, capsys, make, said, command):
    path = tmp_path / "gradcheck.json"
    make(path)
    assert main([command, str(path)]) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert told.startswith("gradcheck: ")
    assert said in told
    assert str(path) in told
    assert "`gradcheck run`" in told or "upgrade" in told
    assert "Traceback" not in told
    assert len(told) < 1000
    assert "\x1b" not in told


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "x" * 5000, "[\x00", "*" * 300])
def test_names_that_no_file_can_have(capsys, name):
    assert main(["gate", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith("gradcheck: ")
    assert "internal error" not in told


def test_a_record_saved_with_a_byte_order_mark_is_read(tmp_path):
    path = Path(tmp_path, "gradcheck.json")
    path.write_text(TEXT, encoding="utf-8-sig")
    assert read_record(path) == WHOLE


def test_a_journal_with_a_damaged_line_is_named_by_the_line(tmp_path):
    header = WHOLE | {"kind": "header", "complete": False}
    del header["checks"]
    lines = [json.dumps(header), *(json.dumps({"kind": "check", "check": one}) for one in WHOLE["checks"])]
    lines[2] = lines[2][:-40]
    path = tmp_path / "gradcheck.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match="line 3 is cut short"):
        read_record(path)
