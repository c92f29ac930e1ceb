"""Whatever ends the run, an exception or a signal, leaves a journal that says so."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import pytest
from journal_cases import HEADER
from sample_checks import check
from sample_record import record

from gradcheck.journal import (
    DamagedRecord,
    Journal,
    read_record,
)


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
    from sample_checks import check
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
    gc.collect(0)
    time.sleep(60)  # heard while it sleeps, not behind it
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
