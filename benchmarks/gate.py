"""How long it takes to read, merge and gate records of many checks, and how large each view is.

    python benchmarks/gate.py [--checks 10000] [--shards 4]

The checks are copies of those of a real campaign (``gradcheck run --examples 5``, over a few rules), renamed, so
that the record has the weight of a true one; one check in a hundred fails.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
import time
from pathlib import Path

import gradcheck
from gradcheck.cli import main


def checks_of(count):
    """Return ``count`` checks: a campaign's, renamed and repeated; every hundredth fails."""
    real = gradcheck.run(["elementwise/*"], examples=5).data
    checks = []
    for number in range(count):
        check = copy.deepcopy(real["checks"][number % len(real["checks"])])
        check["id"] = f"{check['id']}/{number}"
        # The plugin keeps drawn points as counts, not rows; a campaign of this many rules would be larger.
        check["points"] = check["points"][:1]
        if number % 100 == 0:
            check |= {"verdict": "fail", "as_expected": False, "reason": "mismatch", "message": "a factor 2"}
        checks.append(check)
    return real, checks


def write_shards(folder, count, shards):
    """Write ``count`` checks as ``shards`` records below ``folder``; return their bytes."""
    real, checks = checks_of(count)
    for shard in range(shards):
        own = checks[shard::shards]
        path = Path(folder, f"shard-{shard}", "gradcheck.json")
        path.parent.mkdir(parents=True)
        record = real | {"checks": own, "summary": real["summary"] | {"exit_code": 1}}
        lines = ",\n".join(json.dumps(check, separators=(",", ":")) for check in own)
        head = json.dumps(record | {"checks": []})
        path.write_text(head.replace('"checks": []', f'"checks": [\n{lines}\n]'))
    return sum(path.stat().st_size for path in Path(folder).rglob("gradcheck.json"))


def measure(count, shards):
    with tempfile.TemporaryDirectory() as folder:
        size = write_shards(folder, count, shards)
        print(f"{count} checks in {shards} records, {size / 1e6:.1f} MB")
        baseline = Path(folder, "baseline.json")
        steps = [("baseline", ["gate", folder, "--baseline", str(baseline), "--update-baseline", "-o", "/dev/null"])]
        for name in ("text", "markdown", "github", "junit", "sarif", "json"):
            out = Path(folder, f"gate.{name}")
            command = ["gate", folder, "--baseline", str(baseline), "--format", name, "-o", str(out)]
            steps.append((name, command))
        for name, command in steps:
            start = time.perf_counter()
            code = main(command)
            seconds = time.perf_counter() - start
            out = Path(folder, f"gate.{name}")
            written = out.stat().st_size if out.exists() else baseline.stat().st_size
            print(f"{name:9} {seconds:6.2f} s   exit {code}   {written / 1e3:9.1f} kB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--shards", type=int, default=4)
    options = parser.parse_args()
    sys.exit(measure(options.checks, options.shards))
