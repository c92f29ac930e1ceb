"""What the pytest plugin costs: at the start, for each test without a check, for each check, and on disk.

Every figure is the smallest of several processes', with and without the plugin in turn: their own CPU time,
to which other programs of the machine add and from which they never take away, and, where Linux's ``perf``
is installed, the instructions that they executed, which no other program changes and which differ by 0.2 %
from run to run.  For checks there is a third: the median of tests that the plugin hears and of tests that it
does not, in turn in one session, which the load of the machine strikes alike.

Run ``python benchmarks/plugin.py`` with gradcheck importable.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

LOAD = """
import time, sys, _pytest.config, pytest, inspect, threading, contextvars
start = time.process_time()
import gradcheck.pytest_plugin
print(time.process_time() - start)
"""
IN_TURN = """
import json, statistics, time, pytest, gradcheck.context as context
times = {True: [], False: []}

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    heard = item.callspec.params["k"] % 2 == 0
    observers = list(context._EVERYWHERE)
    if not heard:
        context._EVERYWHERE.clear()
    start = time.process_time()
    try:
        return (yield)
    finally:
        times[heard].append(time.process_time() - start)
        context._EVERYWHERE[:] = observers

def pytest_sessionfinish():
    found = {str(heard): statistics.median(several) for heard, several in times.items()}
    open("times.json", "w").write(json.dumps(found))
"""
EMPTY = "import pytest\n@pytest.mark.parametrize('k', range({tests}))\ndef test_empty(k): pass\n"
CHECKS = """
import numpy as np, pytest, gradcheck
x = np.array([0.5, 1.0, 2.0])
@pytest.mark.parametrize("k", range({tests}))
def test_checks(k):
    for _ in range({each}):
        gradcheck.check(lambda x: np.sin(x) * x, lambda x: np.diag(np.cos(x) * x + np.sin(x)), x)
"""
TIMED = """
import sys, time, pytest
code = pytest.main(sys.argv[1:])
print("cpu", time.process_time(), code)
"""


def named():
    """Return the arguments that load the plugin, and those that do not."""
    installed = any(one.name == "gradcheck" for one in metadata.entry_points(group="pytest11"))
    return [] if installed else ["-p", "gradcheck.pytest_plugin"], ["-p", "no:gradcheck"]


COUNTED = ["perf", "stat", "-x,", "-e", "instructions:u"]


def can_count():
    """Whether the instructions of a process can be counted here."""
    if shutil.which("perf") is None:
        return False
    tried = subprocess.run([*COUNTED, "true"], capture_output=True, text=True, check=False)
    return tried.returncode == 0 and "not" not in tried.stderr


def cost(folder, text, arguments):
    """Return the CPU seconds of one run of pytest on ``text``, and its instructions (0 where unknown)."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    count = COUNTED if can_count() else []
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
    command = [*count, sys.executable, "-c", TIMED, *quiet, *arguments]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    # As for a user, whose modules are compiled once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, env=environment)
    last = done.stdout.splitlines()[-1].split()
    if last[0] != "cpu" or last[2] not in ("0", "ExitCode.OK"):
        sys.exit(done.stdout + done.stderr)
    counted = [line for line in done.stderr.splitlines() if "instructions" in line]
    return float(last[1]), int(counted[-1].split(",")[0]) if counted else 0


def compared(folder, text, runs, *extra):
    """Return the smallest cost without and with the plugin, taken in turn; the first run compiles."""
    on, off = named()
    cost(folder, text, [*on, *extra])
    found = [(cost(folder, text, off), cost(folder, text, [*on, *extra])) for _ in range(runs)]
    return [tuple(min(column) for column in zip(*side, strict=True)) for side in zip(*found, strict=True)]


def files(runs):
    """Return the seconds in which pytest looks through an installed gradcheck; 0 where it is not."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        try:
            _ = [str(file) for file in metadata.distribution("gradcheck").files or ()]
        except metadata.PackageNotFoundError:
            return 0.0
        times.append(time.process_time() - start)
    return min(times)


def loading(runs):
    """Return the seconds that importing the plugin adds to a process that has pytest."""
    command = [sys.executable, "-c", LOAD]
    return min(float(subprocess.check_output(command, text=True)) for _ in range(runs))


def main():
    """Measure and print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--checks", type=int, default=2000)
    parser.add_argument("--recorded", type=int, default=10_000)
    options = parser.parse_args()
    print(json.dumps({"loading the plugin, ms": 1e3 * loading(3 * options.runs)}))
    print(json.dumps({"its list of files, ms": 1e3 * files(3 * options.runs)}))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        idle(folder, options.runs)
        text = CHECKS.format(tests=options.checks // 10, each=10)
        for extra in ([], ["--gradcheck-json=out.json"]):
            without, with_it = compared(folder, text, options.runs, *extra)
            shares = [100 * (b - a) / a if a else None for a, b in zip(without, with_it, strict=True)]
            added = dict(zip(("added CPU, %", "added instructions, %"), shares, strict=True))
            added["in turn in one session, %"] = in_turn(folder, text, *extra)
            print(json.dumps({"checks": options.checks, "options": extra, "CPU, s": without[0]} | added))
        size(folder, options.recorded)


def idle(folder, runs, tests=5000):
    """Print what a suite without checks pays, at the start and for each test."""
    few, many = EMPTY.format(tests=1), EMPTY.format(tests=tests)
    start, all_tests = compared(folder, few, runs), compared(folder, many, runs)
    (base, added), (base_many, added_many) = zip(*start, strict=True), zip(*all_tests, strict=True)
    session = {"CPU, ms": 1e3 * (base[1] - base[0]), "instructions": added[1] - added[0]}
    print(json.dumps({"starting and ending a session": session}))
    per_test = {
        "CPU, us": 1e6 * (base_many[1] - base_many[0] - base[1] + base[0]) / tests,
        "instructions": (added_many[1] - added_many[0] - added[1] + added[0]) / tests,
        "of": (base_many[0] / tests * 1e6, added_many[0] / tests),
    }
    print(json.dumps({"a test without a check": per_test}))


def in_turn(folder, text, *extra):
    """Return by how much a test with checks takes longer where the plugin hears them, in percent."""
    (folder / "conftest.py").write_text(IN_TURN, encoding="utf-8")
    cost(folder, text, [*named()[0], *extra])
    (folder / "conftest.py").unlink()
    found = json.loads((folder / "times.json").read_text(encoding="utf-8"))
    return 100 * (found["True"] / found["False"] - 1)


def size(folder, count):
    """Print the size of a record of ``count`` checks."""
    text = CHECKS.format(tests=count // 10, each=10)
    took, _ = cost(folder, text, [*named()[0], "--gradcheck-json=out.json"])
    megabytes = {name: (folder / name).stat().st_size / 1e6 for name in ("out.json", "out.jsonl")}
    print(json.dumps({"recorded checks": count, "CPU, s": took} | megabytes))


if __name__ == "__main__":
    main()
