"""How long it takes to read, merge and gate records of many checks, and how large each view is.

    python benchmarks/gate.py [--checks 10000] [--shards 4]

Of a hundred checks ninety-eight are those of a test suite, a small Jacobian each, and two are rules of a
campaign (``elementwise/*``, 5 examples); copies of true ones under other names.  One in a hundred fails.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import gradcheck
from gradcheck.cli import main
from gradcheck.journal import encode
from gradcheck.journal.checks import check_entry


def checks_of(count):
    """Return a campaign's record and ``count`` checks: singles and rules, renamed; every hundredth fails."""
    campaign = gradcheck.run(["elementwise/*"], examples=5).data
    x = np.array([0.3, 0.7, 1.9])
    right = gradcheck.check(lambda x: np.sin(x) * x[0], lambda x: _derivative(x), x, name="sin(x) x0")
    wrong = gradcheck.check(lambda x: np.sin(x) * x[0], lambda x: 2 * _derivative(x), x, name="sin(x) x0")
    checks = []
    for number in range(count):
        if number % 50 == 0:
            check = copy.deepcopy(campaign["checks"][number % len(campaign["checks"])])
            check["id"] = f"{check['id']}/{number}"
        else:
            node = f"tests/test_physics_{number % 90}.py::test_gradient_of_layer[{number}]"
            test = {"node": node, "file": node.split("::")[0], "line": number, "outcome": "passed"}
            result = wrong if number % 100 == 1 else right
            check = check_entry(result, identity=f"{node}::sin", test=test)
        checks.append(check)
    return campaign, checks


def _derivative(x):
    jacobian = np.diag(np.cos(x) * x[0])
    jacobian[:, 0] += np.sin(x)
    return jacobian


def write_shards(folder, count, shards):
    """Write ``count`` checks as ``shards`` records below ``folder``; return their bytes."""
    real, checks = checks_of(count)
    for shard in range(shards):
        own = checks[shard::shards]
        path = Path(folder, f"shard-{shard}", "gradcheck.json")
        path.parent.mkdir(parents=True)
        record = real | {"checks": own, "summary": real["summary"] | {"exit_code": 1}}
        lines = ",\n".join(json.dumps(encode(check), separators=(",", ":")) for check in own)
        head = json.dumps(record | {"checks": []})
        path.write_text(head.replace('"checks": []', f'"checks": [\n{lines}\n]'))
    return sum(path.stat().st_size for path in Path(folder).rglob("gradcheck.json"))


def measure(count, shards):
    with tempfile.TemporaryDirectory() as folder:
        size = write_shards(folder, count, shards)
        print(f"{count} checks in {shards} records, {size / 1e6:.1f} MB")
        baseline = Path(folder, "baseline.json")
        command = ["gate", folder, "--baseline", str(baseline)]
        steps = [("baseline", [*command, "--update-baseline", "--format", "text", "-o", "/dev/null"])]
        for name in ("text", "markdown", "github", "junit", "sarif", "json"):
            out = Path(folder, f"gate.{name}")
            steps.append((name, [*command, "--format", name, "-o", str(out)]))
        steps.append(("report", ["report", folder, "-o", str(Path(folder, "gate.report"))]))
        for name, arguments in steps:
            wall, processor = time.perf_counter(), time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                code = main(arguments)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            out = Path(folder, f"gate.{name}")
            written = out.stat().st_size if out.exists() else baseline.stat().st_size
            print(
                f"{name:9} {wall:6.2f} s wall {processor:6.2f} s CPU   exit {code}   {written / 1e3:9.1f} kB"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--shards", type=int, default=4)
    options = parser.parse_args()
    sys.exit(measure(options.checks, options.shards))
