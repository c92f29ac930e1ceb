"""A run killed outright, at whatever moment: the gate sees that it was, and never yesterday's green."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from shell import command, environment, gradcheck_process

RULES = """
import os
import pathlib
import time

import numpy as np

import gradcheck


def wait_for_the_end(*_):
    pathlib.Path("waiting").touch()
    time.sleep(60)
    raise AssertionError("nobody killed this process")


if os.environ.get("WAIT") == "import":
    wait_for_the_end()


@gradcheck.rule("mine/cube", "(n)->(n)", names="x", wrt="x", f=lambda x: x * x * x)
def cube(x):
    return np.diag(3 * x**2)


def square_slowly(x):
    if os.environ.get("WAIT") == "second rule":
        wait_for_the_end()
    return x * x


@gradcheck.rule("mine/square", "(n)->(n)", names="x", wrt="x", f=square_slowly)
def square(x):
    return np.diag(2 * x)
"""
RUN = ("run", "my_rules", "--examples", "5", "--jobs", "1")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "my_rules.py").write_text(RULES, encoding="utf-8")
    return tmp_path


def kill_while(project, moment):
    """Start the run again and kill -9 it at ``moment``."""
    with subprocess.Popen(
        command(*RUN),
        cwd=project,
        env=environment(project, WAIT=moment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            waited = time.monotonic() + 100
            while not (project / "waiting").exists() and time.monotonic() < waited:
                assert process.poll() is None, "the run ended by itself"
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def gate(project):
    return gradcheck_process("gate", "reports", cwd=project)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (
            "second rule",
            "the run was cut short after 1 check (the run was killed: its journal has no end)",
        ),
        # Nothing was written yet, and nothing of yesterday is left.
        ("import", "holds no gradcheck.json"),
    ],
)
def test_after_kill_9_the_gate_never_sees_the_green_of_before(project, moment, said):
    ran = gradcheck_process(*RUN, cwd=project, paths=[project])
    assert ran.returncode == 0, ran.stderr
    green = gate(project)
    assert (green.returncode, green.stderr) == (0, "")
    assert "Gate open: 2 checks" in green.stdout

    kill_while(project, moment)
    told = gate(project)
    assert (told.returncode, told.stdout) == (2, "")
    assert said in told.stderr
    assert "Traceback" not in told.stderr

    # What had ended can still be looked at.
    if moment == "second rule":
        shown = gradcheck_process("report", "reports", "-o", "page.html", cwd=project)
        assert shown.returncode == 2
        assert "cut short" in shown.stderr
        assert "mine/cube" in (project / "page.html").read_text(encoding="utf-8")
