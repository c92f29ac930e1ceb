"""The command line as a process: signals, pipes, terminals, workers, and missing extras."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time

import pytest
from shell import command, environment, gradcheck_process

from gradcheck.journal import read_record

HEAD = """
import os, pathlib, signal, time
import numpy as np
import gradcheck


def rule(name, f, **facts):
    return gradcheck.rule(f"mine/{name}", "(n)->(n)", names="x", wrt="x", f=f, **facts)
"""
PIECES = {
    "quick": """
@rule("quick", lambda x: x * x * x)
def quick(x):
    return np.diag(3 * x**2)
""",
    "wrong": """
@rule("wrong", lambda x: x * x * x * x)
def wrong(x):
    return -np.diag(4 * x**3)
""",
    "endless": """
def forever(x):
    pathlib.Path("endless").touch()
    time.sleep(60)


@rule("endless", forever)
def endless(x):
    return np.eye(len(x))
""",
    "drawn": """
def ended(arguments):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1)
    return arguments


@rule("drawn", lambda x: x + 0, arrange=ended)
def drawn(x):
    return np.eye(len(x))
""",
    "shrunk": """
calls = []


@rule("shrunk", lambda x: x * x)
def shrunk(x):
    calls.append(x)
    if len(calls) == 16:
        # By now the failure is known, and a smaller one is looked for.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    return np.diag(3 * x)
""",
    "deaf": """
def swallows(x):
    try:
        os.kill(os.getpid(), int(os.environ["SIGNAL"]))
        time.sleep(1)
    except BaseException:
        pass
    return x + 0


@rule("deaf", swallows)
def deaf(x):
    return np.eye(len(x))
""",
    "killed": """
def dies(x):
    pathlib.Path("endless").touch()
    os.kill(os.getpid(), signal.SIGKILL)


@rule("killed", dies)
def killed(x):
    return np.eye(len(x))
""",
}
BLOCKER = """
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Blocker())
"""
FEW = ("--examples", "4", "--sizes", "1,2")


@pytest.fixture
def work(tmp_path):
    """Return an empty folder to work in."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def without(tmp_path):
    """Return a function that makes packages absent: it gives a folder for the path of a process."""

    def block(*names):
        folder = tmp_path / "-".join(names)
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(BLOCKER.format(names=names), encoding="utf-8")
        return (folder,)

    return block


def write_rules(work, *names):
    (work / "my_rules.py").write_text(HEAD + "".join(PIECES[name] for name in names), encoding="utf-8")


def started(work, *arguments, paths=(), **streams):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen(
        command(*arguments), cwd=work, env=environment(*paths), text=True, start_new_session=True, **pipes
    )


def until(happened, seconds=60):
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def checked(work):
    """Return the ids in both files of a run that was cut short."""
    found = []
    for name in ("gradcheck.json", "gradcheck.jsonl"):
        record = read_record(work / "reports" / name)
        assert record["complete"] is False
        assert record["summary"]["exit_code"] == 2
        found.append([check["id"] for check in record["checks"]])
    assert found[0] == found[1]
    assert not (work / "reports" / "gradcheck.html").exists()
    return found[0]


def but_environment(work, folder="reports"):
    record = read_record(work / folder / "gradcheck.json")
    return {name: item for name, item in record.items() if name not in ("environment", "command")}


@pytest.mark.parametrize(
    ("number", "code", "jobs"), [(signal.SIGINT, 2, 1), (signal.SIGINT, 2, 2), (signal.SIGTERM, 143, 2)]
)
def test_a_signal_ends_a_run_and_leaves_what_was_done(work, without, number, code, jobs):
    write_rules(work, "quick", "endless")
    process = started(work, "run", "my_rules", *FEW, "--jobs", jobs, paths=without("jax"))
    journal = work / "reports" / "gradcheck.jsonl"
    until(lambda: (work / "endless").exists() and b"mine/quick" in journal.read_bytes())
    # Ctrl-C reaches every process of the terminal, a service manager's signal the first alone.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=40)
    assert process.returncode == code
    assert checked(work) == ["mine/quick"]
    assert out == ""
    words = "interrupted after 1 of 2 rules; what was done is in the record reports/gradcheck.json"
    assert err == (f"gradcheck: {words}\n" if code == 2 else "")


@pytest.mark.parametrize("moment", ["drawn", "shrunk"])
def test_a_signal_while_points_are_drawn_or_shrunk_ends_the_run_too(work, without, moment):
    write_rules(work, "quick", moment, "wrong")
    done = gradcheck_process("run", "my_rules", *FEW, cwd=work, paths=without("jax"))
    assert (done.returncode, done.stderr) == (143, "")
    assert checked(work) == ["mine/quick"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 2), (signal.SIGTERM, 143)])
def test_a_signal_whose_exception_is_swallowed_ends_the_run_after_the_rule(work, without, number, code):
    write_rules(work, "quick", "deaf", "wrong")
    done = gradcheck_process("run", "my_rules", *FEW, cwd=work, paths=without("jax"), SIGNAL=str(int(number)))
    assert done.returncode == code
    assert checked(work) == ["mine/quick", "mine/deaf"]


def test_a_worker_that_dies_is_exit_code_2_and_says_what_to_do(work, without):
    write_rules(work, "quick", "killed")
    done = gradcheck_process("run", "my_rules", *FEW, "--jobs", 2, cwd=work, paths=without("jax"))
    assert done.returncode == 2
    assert "a worker process died before its work was done" in done.stderr
    assert "Traceback" not in done.stderr
    assert "mine/killed" not in checked(work)


def test_workers_give_the_same_record_and_a_pipe_gets_no_progress(work):
    write_rules(work, "quick", "wrong")
    arguments = ("run", "my_rules", "elementwise/mul/wrt-w", *FEW)
    for jobs in (1, 2):
        done = gradcheck_process(
            *arguments, "--jobs", jobs, "--report", f"with-{jobs}", cwd=work, PYTHONHASHSEED=str(jobs)
        )
        assert (done.returncode, done.stderr) == (1, "")
        assert "\x1b" not in done.stdout
        assert "NOT ALL RIGHT: 1 of 3 checks is not as expected." in done.stdout
    one, two = but_environment(work, "with-1"), but_environment(work, "with-2")
    assert json.dumps(one) == json.dumps(two)
    assert one["checks"][0]["witnesses"]["jax reverse"]["answered"] == 4
    assert [check["verdict"] for check in one["checks"]] == ["pass", "pass", "fail"]
    left = {path.name for path in work.iterdir()} - {"__pycache__"}
    assert left == {"my_rules.py", "with-1", "with-2"}


def test_without_the_extras_a_run_says_so_and_is_whole(work, without):
    done = gradcheck_process("run", "elementwise/mul/wrt-w", *FEW, cwd=work, paths=without("jax", "jinja2"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "no page: " in done.stdout
    assert 'python -m pip install "gradcheck[report]"' in done.stdout
    assert "jax forward" in next(line for line in done.stdout.splitlines() if "absent" in line)
    record = read_record(work / "reports" / "gradcheck.json")
    absent = {one["name"]: one["detail"] for one in record["witnesses"] if not one["available"]}
    assert absent == dict.fromkeys(("jax forward", "jax reverse"), "No module named 'jax'")
    assert not (work / "reports" / "gradcheck.html").exists()
    assert record["complete"] is True


def test_without_jax_a_required_witness_is_exit_code_1(work, without):
    done = gradcheck_process(
        "run", "elementwise/mul/wrt-w", *FEW, "--require-witness", "jax", cwd=work, paths=without("jax")
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "required witness absent: jax" in done.stdout
    assert (work / "reports" / "gradcheck.html").exists()


@pytest.mark.parametrize(("name", "code"), [("quick", 0), ("wrong", 1)])
def test_a_pipe_closed_early_changes_no_exit_code(work, without, name, code):
    write_rules(work, name)
    reading, writing = os.pipe()
    process = started(work, "run", "my_rules", *FEW, paths=without("jax"), stdout=writing)
    os.close(reading)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, "")


def test_a_terminal_gets_colour_and_progress_and_a_plain_one_gets_numbers_for_signs(work, without):
    write_rules(work, "wrong")
    paths = without("jax")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = started(work, "run", "my_rules", *FEW, paths=paths, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        # Linux says so when the other side of a terminal is closed.
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 1
    assert b"\x1b[" in shown
    assert b"0/1" in shown
    done = gradcheck_process("list", "elementwise/*", cwd=work, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" in done.stdout
    assert done.stdout.isascii()
