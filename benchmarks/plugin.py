"""What the pytest plugin costs: at the start, for each test without a check, for each check, and on disk.

Every figure is the smallest of several processes' own CPU time: other programs of the machine add to it and
never take away.  Run ``python benchmarks/plugin.py`` with gradcheck importable.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

LOAD = """
import time, sys, _pytest.config, pytest, inspect, threading, contextvars
start = time.process_time()
import gradcheck.pytest_plugin
print(time.process_time() - start)
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


def cpu(folder, text, arguments):
    """Return the CPU seconds of one run of pytest on ``text``."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", TIMED, "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, env=os.environ)
    last = done.stdout.splitlines()[-1].split()
    if last[0] != "cpu" or last[2] not in ("0", "ExitCode.OK"):
        sys.exit(done.stdout + done.stderr)
    return float(last[1])


def compared(folder, text, runs, *extra):
    """Return the smallest CPU seconds without and with the plugin, taken in turn."""
    on, off = named()
    times = [(cpu(folder, text, off), cpu(folder, text, [*on, *extra])) for _ in range(runs)]
    return min(one[0] for one in times), min(one[1] for one in times)


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
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        few, many = EMPTY.format(tests=1), EMPTY.format(tests=5000)
        start = compared(folder, few, options.runs)
        print(json.dumps({"starting and ending a session, ms": 1e3 * (start[1] - start[0])}))
        without, with_it = compared(folder, many, options.runs)
        per_test = (with_it - without - (start[1] - start[0])) / 5000
        print(json.dumps({"a test without a check, us": 1e6 * per_test, "of": 1e6 * without / 5000}))
        text = CHECKS.format(tests=options.checks // 10, each=10)
        for extra in ([], ["--gradcheck-json=out.json"]):
            without, with_it = compared(folder, text, options.runs, *extra)
            share = 100 * (with_it - without) / without
            print(json.dumps({"checks": options.checks, "options": extra, "s": without, "added, %": share}))
        size(folder, options.recorded)


def size(folder, count):
    """Print the size of a record of ``count`` checks."""
    text = CHECKS.format(tests=count // 10, each=10)
    took = cpu(folder, text, [*named()[0], "--gradcheck-json=out.json"])
    megabytes = {name: (folder / name).stat().st_size / 1e6 for name in ("out.json", "out.jsonl")}
    print(json.dumps({"recorded checks": count, "s": took} | megabytes))


if __name__ == "__main__":
    main()
