"""The page of a large record: how big, how soon written, how soon painted.

Run from the repository: ``python benchmarks/page.py [--checks 10000 --failures 100]``.  The record is made up
of checks as the pytest plugin writes them; each failure has matrices of 20 by 20, both figures and a program.
The paint is Chromium's own first contentful paint, the median of five loads from disk.
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser"), str(ROOT)]

from browser import Browser, missing  # noqa: E402  the tests' own tools
from sample_record import curve, evidence, failure, full_record, histogram, single_check  # noqa: E402

from gradcheck.reporting.html import render  # noqa: E402

SIDE = 20
LIMITS = {
    "megabytes": 10.0,
    "seconds to write": 20.0,
    "of processor": 20.0,
    "mebibytes": 1024.0,
    "first paint, seconds": 1.0,
}


def passing(number):
    return single_check(
        f"tests/test_model_{number // 200:02d}.py::test_layer[{number}]::layer",
        test=where(number, "passed"),
        histogram=histogram(number % 7, 0, 3, 1 + number % 4, 9, 2),
    )


def where(number, outcome):
    file = f"tests/test_model_{number // 200:02d}.py"
    return {"node": f"{file}::test_layer[{number}]", "file": file, "line": number, "outcome": outcome}


def failing(number):
    right = [[math.sin(i * j + number) for j in range(SIDE)] for i in range(SIDE)]
    wrong = [
        [value * (1 + ((i * j + number) % 3 == 0)) for j, value in enumerate(row)]
        for i, row in enumerate(right)
    ]
    places = [[i, j] for i in range(SIDE) for j in range(SIDE) if (i * j + number) % 3 == 0]
    bars = [[1e-12 * (1 + i + j) for j in range(SIDE)] for i in range(SIDE)]
    identity = f"tests/test_model_{number // 200:02d}.py::test_layer[{number}]::layer"
    found = failure(identity, wrong, right, places, stratum="given", replay="")
    found |= evidence() | {"error": bars, "claimed_error": bars, "reference_error": bars, "curve": curve()}
    found |= {"left": None, "right": None, "inputs": {"x": [math.cos(k) for k in range(SIDE)]}}
    return single_check(
        identity,
        verdict="fail",
        reason="disagrees",
        message=f"{len(places)} of {SIDE * SIDE} entries differ beyond both error bars",
        as_expected=False,
        gates=True,
        test=where(number, "failed"),
        failures=[found],
        detectable=None,
        power=None,
    )


def made_up(checks, failures):
    every = checks // failures if failures else checks + 1
    return full_record(
        [(passing, failing)[failures > 0 and k % every == 0](k) for k in range(checks)], not_checkable=[]
    )


def painted(path):
    """Return the first contentful paint in seconds, the median of five."""
    browser = Browser()
    try:
        browser.resize(1280)
        times = []
        for _ in range(5):
            browser.open(path)
            script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            times.append(browser.run(script) / 1000)
        return statistics.median(times)
    finally:
        browser.quit()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--failures", type=int, default=100)
    options = parser.parse_args()
    record = made_up(options.checks, options.failures)
    before, worked = time.perf_counter(), time.process_time()
    text = render(record)
    spent, worked = time.perf_counter() - before, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "megabytes": len(text.encode()) / 1e6,
        "seconds to write": spent,
        "of processor": worked,
        "mebibytes": peak,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(text, encoding="utf-8")
        why = missing()
        if not why:
            found["first paint, seconds"] = painted(path)
    print(f"{options.failures} failures among {options.checks} checks")
    for name, value in found.items():
        print(f"  {name:<22} {value:8.2f}   at most {LIMITS[name]:g}")
    if why:
        print(f"  first paint not measured: {why}")
    sys.exit(0 if all(value <= LIMITS[name] for name, value in found.items()) else 1)


if __name__ == "__main__":
    main()
