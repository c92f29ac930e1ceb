"""The journal: whole whatever ends the run, and every way a file can be wrong named."""

from __future__ import annotations

import builtins
import enum
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from sample_record import check, record

from gradcheck.counts import tally
from gradcheck.errors import GradcheckError, InvalidArgument
from gradcheck.journal import (
    DamagedRecord,
    ForeignRecord,
    Journal,
    MissingRecord,
    NewerRecord,
    UnwritableRecord,
    encode,
    read_record,
    violation,
)
from gradcheck.results import Reason, Verdict

HEADER = {
    name: item
    for name, item in record().items()
    if name not in ("checks", "summary", "self_test", "complete", "schema_version", "tool")
}


def lines(folder):
    return [json.loads(line) for line in (folder / "gradcheck.jsonl").read_text("utf-8").splitlines()]


def write(folder, whole=None, complete=True):
    whole = whole or record()
    with Journal(folder) as journal:
        journal.header(HEADER)
        for found in whole["checks"]:
            journal.check(found)
        journal.finish(whole, complete=complete)
    return whole


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


def ended_by(folder, error, *, finished=False):
    with Journal(folder) as journal:
        journal.header(HEADER)
        journal.check(check())
        if finished:
            journal.finish(record(checks=[check()]), complete=True)
        raise error("the end")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_exception_leaves_an_incomplete_record(tmp_path, error):
    with pytest.raises(error, match="the end"):
        ended_by(tmp_path, error)
    for name in ("gradcheck.json", "gradcheck.jsonl"):
        found = read_record(tmp_path / name)
        assert found["complete"] is False
        assert found["summary"]["exit_code"] == 2
        assert found["summary"]["pass"] == 1
        assert found["checks"] == [check()]


def test_leaving_without_finish_is_incomplete(tmp_path):
    with Journal(tmp_path) as journal:
        journal.header(HEADER)
    assert read_record(tmp_path / "gradcheck.json")["complete"] is False


def test_an_exception_after_the_end_leaves_the_record_alone(tmp_path):
    with pytest.raises(ValueError, match="the end"):
        ended_by(tmp_path, ValueError, finished=True)
    assert read_record(tmp_path / "gradcheck.json")["complete"] is True


def test_nothing_is_written_before_a_header(tmp_path):
    with Journal(tmp_path):
        pass
    assert not (tmp_path / "gradcheck.json").exists()
    with pytest.raises(DamagedRecord, match=r"gradcheck\.jsonl: the file is empty"):
        read_record(tmp_path / "gradcheck.jsonl")


CHILD = """
    import sys, time
    sys.path[:0] = sys.argv[2:]
    from gradcheck.journal import Journal
    from sample_record import check
    from test_journal import HEADER
    with Journal(sys.argv[1]) as journal:
        journal.header(HEADER)
        journal.check(check())
        print("ready", flush=True)
        while True:
            time.sleep(0.01)
"""


def killed_run(folder, number):
    here = pathlib.Path(__file__).parent
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder), str(here.parent), str(here)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(number)
    child.communicate(timeout=30)
    return child.returncode


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_sigterm_leaves_an_incomplete_record(tmp_path):
    assert killed_run(tmp_path, signal.SIGTERM) == 128 + signal.SIGTERM
    found = read_record(tmp_path / "gradcheck.json")
    assert found["complete"] is False
    assert found["checks"] == [check()]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_sigkill_leaves_a_journal_that_can_be_read(tmp_path):
    (tmp_path / "gradcheck.json").write_text("yesterday's green")
    assert killed_run(tmp_path, signal.SIGKILL) == -signal.SIGKILL
    assert not (tmp_path / "gradcheck.json").exists()
    found = read_record(tmp_path / "gradcheck.jsonl")
    assert found["complete"] is False
    assert found["summary"]["messages"] == ["the run was killed: its journal has no end"]
    assert found["checks"] == [check()]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_handler_of_the_host_is_kept_and_ours_is_taken_back(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    with Journal(tmp_path):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before

    def own(number, frame):
        """Stands for the handler of a host."""

    try:
        signal.signal(signal.SIGTERM, own)
        with Journal(tmp_path):
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_torn_last_line_is_tolerated(tmp_path, cut):
    write(tmp_path)
    raw = (tmp_path / "gradcheck.jsonl").read_bytes()
    end = raw.rstrip(b"\n").rfind(b"\n") + 1
    (tmp_path / "gradcheck.jsonl").write_bytes(raw[: end - 1 - cut])
    found = read_record(tmp_path / "gradcheck.jsonl")
    assert found["complete"] is False
    assert found["checks"] == record()["checks"][:-1]
    assert violation(found) is None


def test_a_line_cut_by_a_signal_is_overwritten(tmp_path, monkeypatch):
    write = os.write

    def cut_short(stream, data):
        write(stream, data[:20])
        raise KeyboardInterrupt

    with Journal(tmp_path) as journal:
        journal.header(HEADER)
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", cut_short)
            with pytest.raises(KeyboardInterrupt):
                journal.check(check())
        assert journal.journal_path.read_text(encoding="utf-8").endswith('\n{"kind":"check","che')
        journal.check(check())
        journal.finish(record(checks=[check()]), complete=True)
    assert read_record(tmp_path / "gradcheck.jsonl")["checks"] == [check()]


@pytest.mark.parametrize(
    ("damage", "kind", "message"),
    [
        (lambda text: "", DamagedRecord, "the file is empty"),
        (lambda text: text[: len(text) // 2], DamagedRecord, "cut short|not JSON at line"),
        (lambda text: text.rstrip()[:-1], DamagedRecord, "the file is cut short at line"),
        (lambda text: text.replace('"seed": 0', '"seed": NaN'), DamagedRecord, "NaN is not JSON"),
        (
            lambda text: text.replace('"seed": 0', '"seed": 0x'),
            DamagedRecord,
            "not JSON at line 6: Expecting",
        ),
        (lambda text: text.replace('"seed": 0,', ""), DamagedRecord, "the field `seed` is missing"),
        (
            lambda text: text.replace('"verdict":"pass"', '"verdict":"green"', 1),
            DamagedRecord,
            r"schema version 1: checks\[0\]\.verdict: given 'green'",
        ),
        (
            lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
            NewerRecord,
            "follows schema 2; this gradcheck reads 1; .*upgrade",
        ),
        (
            lambda text: text.replace('"tool": "gradcheck"', '"tool": "other"'),
            ForeignRecord,
            "`tool` is 'other'",
        ),
        (lambda text: "[1, 2]", ForeignRecord, "holds a list"),
        (lambda text: "3", ForeignRecord, "holds a int"),
        (lambda text: "{}", ForeignRecord, "`tool` is 'None'"),
        (lambda text: "<html>", ForeignRecord, "the file is not JSON"),
        (lambda text: '{"a":' * 100_000, DamagedRecord, "not strict JSON"),
        (lambda text: '{"a": ' + "9" * 5000 + "}", DamagedRecord, "not strict JSON: the number 9"),
    ],
)
def test_a_wrong_file_is_named_with_its_remedy(tmp_path, damage, kind, message):
    write(tmp_path)
    path = tmp_path / "gradcheck.json"
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(kind, match=message) as caught:
        read_record(path)
    assert isinstance(caught.value, GradcheckError)
    assert str(path) in str(caught.value)
    assert caught.value.remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_file_is_foreign(tmp_path):
    path = tmp_path / "gradcheck.json"
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(ForeignRecord, match="is not JSON"):
        read_record(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [rows[0], "{broken", *rows[1:]], "line 2 is not JSON"),
        (
            lambda rows: [rows[0], '{"kind":"check","check":{"id":"a"}}', *rows[1:]],
            "line 2 breaks the schema",
        ),
        (lambda rows: [rows[0], '{"kind":"figure"}', *rows[1:]], "line 2 is neither a check"),
        (lambda rows: [rows[0], rows[0], *rows[1:]], "line 2 is neither a check nor the end"),
        (lambda rows: [*rows, rows[1]], "follows the end of the run"),
    ],
)
def test_a_damaged_journal_is_named_by_its_line(tmp_path, change, message):
    write(tmp_path)
    path = tmp_path / "gradcheck.jsonl"
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
    with pytest.raises(DamagedRecord, match=message) as caught:
        read_record(path)
    assert "beside it" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.json", ".", "nul\0byte"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(MissingRecord, match="run `gradcheck run` first"):
        read_record(f"{tmp_path}/{name}")


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path, below):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableRecord, match="choose another folder") as caught, Journal(tmp_path / below):
        pass
    assert isinstance(caught.value, InvalidArgument)
    assert str(tmp_path / below) in str(caught.value)


def test_a_full_disk_is_named_and_leaves_no_temporary_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableRecord, match="No space left"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["gradcheck.jsonl"]


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


COLLECTING = """
import gc, os, signal, sys, time
from gradcheck.journal import Journal
from test_journal import HEADER

def callback(phase, info):
    if phase == "start" and not sent:
        sent.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05) if "slow" in sys.argv else None

sent = []
with Journal(sys.argv[1]) as journal:
    journal.header(HEADER)
    gc.callbacks.append(callback)
    gc.collect()
    time.sleep(5)
    print("never interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("pace", ["quick", "slow"])
def test_an_interrupt_that_python_would_drop_is_asked_for_again(tmp_path, pace):
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING, str(tmp_path), pace],
        cwd=pathlib.Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == ""
    assert "Exception ignored" not in done.stderr
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
    assert read_record(tmp_path / "gradcheck.json")["complete"] is False
