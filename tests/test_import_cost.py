"""Importing the package costs nothing: test plugins load it in every run of every project."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "jax", "hypothesis", "matplotlib", "jinja2", "tqdm", "torch"}


def loaded_by(code):
    """Return the modules that ``code`` adds to an empty interpreter."""
    report = "print(json.dumps(sorted(set(sys.modules) - before)))"
    program = f"import sys, json; before = set(sys.modules)\n{code}\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy(modules):
    return {name.partition(".")[0] for name in modules} & HEAVY


def test_importing_the_package_loads_nothing_heavy_and_none_of_its_own_modules():
    modules = loaded_by("import gradcheck; gradcheck.__version__; dir(gradcheck)")
    assert heavy(modules) == set()
    assert {name for name in modules if name.startswith("gradcheck")} == {"gradcheck"}


@pytest.mark.parametrize(
    "name", ["Verdict", "Reason", "Status", "Estimate", "GradcheckError", "MissingExtra"]
)
def test_verdicts_and_errors_are_light(name):
    assert heavy(loaded_by(f"import gradcheck; gradcheck.{name}")) == set()


def test_jax_is_loaded_by_no_public_name():
    names = "import gradcheck\nfor name in gradcheck.__all__: getattr(gradcheck, name)"
    assert "jax" not in heavy(loaded_by(names))


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("import numpy", {"numpy"}),
        ("import gradcheck; gradcheck.jacobian", {"numpy"}),
        ("import gradcheck; gradcheck.strategies", {"numpy", "hypothesis"}),
    ],
)
def test_the_guard_can_fail(code, caught):
    assert caught <= heavy(loaded_by(code))
