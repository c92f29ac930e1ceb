"""Small suites of other people's tests, run with the plugin in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

# Loaded before any inner run: pytester forgets the modules that such a run imports.
import gradcheck.cli
import gradcheck.judge.api
import gradcheck.pytest_plugin.receiving
import gradcheck.reporting.html  # noqa: F401
from gradcheck.journal import read_record

# Tests of other projects, run by test_plugin_projects.py where they are installed.
collect_ignore = ["projects"]

ROOT = Path(__file__).parents[2]
BEGINNING = """
import numpy as np, pytest, gradcheck
from gradcheck import check, assert_derivative
x = np.array([0.5, 2.0])
def f(x): return np.sin(x)
def right(x): return np.diag(np.cos(x))
def wrong(x): return np.diag(2 * np.cos(x))
def jump(x): return np.floor(x)
def zero(x): return 0.0
"""


def installed():
    """Whether pytest finds the plugin by itself: then it must not be named."""
    return any(one.name == "gradcheck" for one in metadata.entry_points(group="pytest11"))


NAMED = [] if installed() else ["-p", "gradcheck.pytest_plugin"]
IN_ORDER = ["-p", "no:cacheprovider", "-p", "no:randomly"]


class Suite:
    """A folder with tests, and what a run of it leaves behind."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.path = pytester.path

    def write(self, text, name="test_it.py"):
        """Write a test file that begins with functions, right and wrong derivatives."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BEGINNING + text, encoding="utf-8")

    def run(self, *args, plugin=True):
        """Run in this process; the outcome, with the record if there is one."""
        named = NAMED if plugin else ["-p", "no:gradcheck"]
        return self.pytester.runpytest_inprocess(*named, *IN_ORDER, "--no-header", *args)

    def record(self, *args):
        """Run with a record, and return it."""
        self.run("--gradcheck-json=out.json", *args)
        return read_record(self.path / "out.json")

    def start(self, *args, program=("-m", "pytest"), shuffled=False):
        """Start a process of its own."""
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        order = ["-p", "no:cacheprovider"] if shuffled else IN_ORDER
        command = [sys.executable, *program, *NAMED, *order, *args]
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def process(self, *args, **options):
        """Run in a process of its own; exit code and output."""
        process = self.start(*args, **options)
        output = process.communicate(timeout=120)[0]
        return process.returncode, output


@pytest.fixture
def suite(pytester, monkeypatch):
    # Its settings are those of a user, not ours.
    monkeypatch.delenv("CI", raising=False)
    return Suite(pytester)


def verdicts(record):
    """Return by identity the verdict of each check."""
    return {check["id"]: check["verdict"] for check in record["checks"]}
