"""The journal: what is written, when, and what is counted."""

from __future__ import annotations

import builtins
import enum
import json
import math
import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
from journal_cases import HEADER, write
from sample_checks import check
from sample_record import record

from gradcheck.counts import tally
from gradcheck.errors import InvalidArgument
from gradcheck.journal import (
    Journal,
    encode,
    read_record,
    violation,
)
from gradcheck.results import Reason, Verdict


def lines(folder):
    return [json.loads(line) for line in (folder / "gradcheck.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        ([np.float64("nan")], ["nan"]),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.longdouble("-inf"), "-inf"),
        (np.int8(-3), -3),
        (np.bool_(True), True),
        (np.array([[1.0, np.inf], [np.nan, -0.0]]), [[1.0, "inf"], ["nan", -0.0]]),
        (np.array(2.5), 2.5),
        (np.array([], dtype=int), []),
        (Verdict.PASS, "pass"),
        (Reason.WRONG_SHAPE, "wrong shape"),
        (enum.IntEnum("Level", "LOW").LOW, "1"),
        ({Verdict.FAIL: (1, True, None)}, {"fail": [1, True, None]}),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        ("half \ud800 pair", "half \ufffd pair"),
        (10**30, 10**30),
    ],
)
def test_encode(value, expected):
    encoded = encode({"value": value})["value"]
    assert encoded == expected
    assert type(encoded) is type(expected)
    json.loads(json.dumps(encoded, allow_nan=False).encode("utf-8"))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, object()]}, r"`record\.a\[1\]`"),
        ({"a": 1 + 2j}, r"`record\.a`"),
        ({"a": np.array([object()])}, r"`record\.a\[0\]`"),
        ({"a": b"bytes"}, r"`record\.a`"),
        ({1: "x", "1": "y"}, "keys that differ as text"),
    ],
)
def test_encode_names_what_it_cannot_hold(value, where):
    with pytest.raises(InvalidArgument, match=where):
        encode(value)


def test_encode_stops_at_a_value_that_holds_itself():
    loop = []
    loop.append(loop)
    with pytest.raises(InvalidArgument, match="at most 200 levels"):
        encode(loop)


def test_round_trip_of_json_and_journal(tmp_path):
    whole = write(tmp_path)
    assert read_record(tmp_path / "gradcheck.json") == whole
    assert read_record(tmp_path / "gradcheck.jsonl") == whole
    assert [entry["kind"] for entry in lines(tmp_path)] == [
        "header",
        *["check"] * len(whole["checks"]),
        "end",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gradcheck.json", "gradcheck.jsonl"]


def test_two_runs_write_the_same_bytes(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    for name in ("gradcheck.json", "gradcheck.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_each_check_has_a_line_of_its_own_in_the_record(tmp_path):
    whole = write(tmp_path)
    text = (tmp_path / "gradcheck.json").read_text("utf-8")
    assert len([line for line in text.splitlines() if line.startswith('{"id":')]) == len(whole["checks"])


def test_record_carries_non_finite_numbers_as_words(tmp_path):
    write(tmp_path, record(checks=[check(largest=check()["largest"] | {"ratio": math.inf})]))
    text = (tmp_path / "gradcheck.json").read_text("utf-8")
    assert '"ratio":"inf"' in text
    assert "Infinity" not in text


def test_yesterdays_files_are_removed_at_the_start(tmp_path):
    for name in ("gradcheck.json", "gradcheck.jsonl", "gradcheck.html"):
        (tmp_path / name).write_text("yesterday")
    (tmp_path / "notes.txt").write_text("mine")
    with Journal(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["gradcheck.jsonl", "notes.txt"]
        assert (tmp_path / "gradcheck.jsonl").read_text() == ""


def test_a_line_is_on_disk_when_check_returns(tmp_path):
    with Journal(tmp_path) as journal:
        journal.header(HEADER)
        assert len(lines(tmp_path)) == 1
        journal.check(check())
        assert lines(tmp_path)[1] == {"kind": "check", "check": check()}
        assert not (tmp_path / "gradcheck.json").exists()


def test_the_record_is_replaced_in_one_step(tmp_path, monkeypatch):
    opened = []
    real = builtins.open

    def spy(file, *args, **kwargs):
        opened.append(str(file))
        return real(file, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", spy)
    monkeypatch.setattr("io.open", spy)
    write(tmp_path)
    assert str(tmp_path / "gradcheck.json") not in opened
    assert any(".gradcheck.json." in name for name in opened)


def test_what_breaks_the_schema_is_refused_at_once(tmp_path):
    with Journal(tmp_path) as journal:
        with pytest.raises(InvalidArgument, match="header first"):
            journal.check(check())
        with pytest.raises(InvalidArgument, match="`header`: breaks the schema: the whole: the field `seed`"):
            journal.header({name: item for name, item in HEADER.items() if name != "seed"})
        journal.header(HEADER)
        with pytest.raises(InvalidArgument, match="second header"):
            journal.header(HEADER)
        with pytest.raises(InvalidArgument, match=r"/mul/wrt-w' breaks the schema: verdict: given"):
            journal.check(check(verdict="green"))
        with pytest.raises(InvalidArgument, match="`record`: breaks the schema"):
            journal.finish({"tool": "gradcheck"}, complete=True)
    with pytest.raises(InvalidArgument, match="closed journal"):
        journal.check(check())


def test_tally_counts_an_erratum_once_whatever_its_dtypes():
    errata = [check("E1", group="erratum"), check("E1", group="erratum", dtype="float32", as_expected=False)]
    counted = tally([*errata, check("D-01", group="rejected", verdict="fail")])
    assert (counted["errata_refuted"], counted["errata_total"]) == (1, 2)
    assert (counted["pass"], counted["fail"], counted["unexpected"]) == (0, 0, 1)
    assert tally([check(), check(verdict="fail")])["fail"] == 1


def test_journal_loads_nothing_heavy():
    code = (
        "import sys, gradcheck.journal as j; j.violation({}, 'check');"
        "print(sorted({'numpy', 'jax', 'scipy', 'hypothesis', 'jinja2', 'jsonschema'} & set(sys.modules)))"
    )
    guard = [sys.executable, "-c", code]
    assert subprocess.run(guard, capture_output=True, text=True, check=True).stdout == "[]\n"
    broken = [sys.executable, "-c", f"import numpy; {code}"]
    assert subprocess.run(broken, capture_output=True, text=True, check=True).stdout == "['numpy']\n"


def test_checking_a_large_record_stays_linear(tmp_path):
    """Counts visits, not time: there are fewer than numbers, which are decided without descending."""
    big = [[0.5] * 200 for _ in range(200)]
    point = check()["points"][0] | {"inputs": {"w": big}}
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call" and frame.f_code.co_name in ("examine", "<lambda>")

    sys.setprofile(count)
    try:
        assert violation(point, "point") is None
    finally:
        sys.setprofile(None)
    assert 200 < calls < 200 * 200


def test_time_is_not_read(tmp_path, monkeypatch):
    """Only `environment`, which the caller fills, may depend on the clock."""

    def refuse():
        raise AssertionError("the clock was read")

    monkeypatch.setattr(time, "time", refuse)
    write(tmp_path)
