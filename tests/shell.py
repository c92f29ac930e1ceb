"""The command line in a process of its own, for the tests that need one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gradcheck

ROOT = Path(gradcheck.__file__).parents[1]
TESTS = Path(__file__).parent


def environment(*paths, **variables):
    """Return this process's environment with the package and ``paths`` importable."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    found = os.pathsep.join(str(path) for path in (ROOT, *paths))
    return kept | {"PYTHONPATH": found, "PYTHONDONTWRITEBYTECODE": "1"} | variables


def command(*arguments):
    return [sys.executable, "-m", "gradcheck", *map(str, arguments)]


def gradcheck_process(*arguments, cwd, paths=(), **variables):
    """Run ``gradcheck arguments`` in ``cwd`` and return what it did."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env=environment(*paths, **variables),
    )
