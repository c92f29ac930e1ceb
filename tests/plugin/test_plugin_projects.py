"""Three small projects of other people, installed from wheels beside the built gradcheck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gradcheck.journal import read_record

ROOT = Path(__file__).parents[2]
PROJECTS = Path(__file__).parent / "projects"
pytestmark = pytest.mark.skipif(
    find_spec("hatchling") is None or find_spec("pip") is None,
    reason="building a wheel needs hatchling and pip, both in the extra `test`",
)


def done(command, folder, **environment):
    """Run a command; its exit code and what it printed."""
    process = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    return process.returncode, process.stdout


class Installed:
    """A folder with gradcheck and the three projects, as pip installs them from wheels."""

    def __init__(self, folder):
        self.folder = folder
        self.site = folder / "site"
        wheels = folder / "wheels"
        for source in (ROOT, *sorted(PROJECTS.iterdir())):
            code, output = done(
                [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)], source
            )
            assert code == 0, output
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        offline = ["--no-index", "--no-deps", "--no-compile", "--target", str(self.site)]
        code, output = done([*pip, *offline, *map(str, wheels.glob("*.whl"))], folder)
        assert code == 0, output

    def python(self, project, *arguments):
        """Run Python in a copy of a project's tests, with the installed packages first."""
        folder = self.folder / project
        if not folder.exists():
            shutil.copytree(PROJECTS / project / "tests", folder)
        return folder, *done([sys.executable, *arguments], folder, PYTHONPATH=str(self.site))

    def tests(self, project, *arguments):
        """Run the project's tests; exit code, output and record."""
        record = "--gradcheck-json=out.json"
        order = ["-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir=."]
        folder, code, output = self.python(project, "-m", "pytest", "-q", *order, record, *arguments)
        assert (folder / "out.json").exists(), output
        return code, output, read_record(folder / "out.json")


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("projects"))


def failing(record):
    """Return by the name of their test the diagnoses of the checks that failed."""
    failed = [check for check in record["checks"] if check["verdict"] == "fail"]
    return {check["test"]["node"].partition("::")[2]: check["diagnosis"] for check in failed}


def test_the_installed_packages_are_under_test(projects):
    _, code, output = projects.python("curves", "-c", "import gradcheck, curves; print(gradcheck.__file__)")
    assert code == 0, output
    assert output.startswith(str(projects.site))


def test_numpy_and_scipy_with_derivatives_written_by_hand(projects):
    code, output, record = projects.tests("curves", "-p", "no:xdist")
    assert code == 1, output
    # What else would explain it depends on the point.
    named = {name: diagnosis.partition(" (")[0] for name, diagnosis in failing(record).items()}
    assert named == dict.fromkeys(
        ["test_wrong_ridge[theta0]", "test_wrong_ridge[theta1]"],
        "the claim is 0.5 times the reference: factor 1/2",
    )
    assert "FAILED test_curves.py::test_wrong_ridge[theta0]::ridge in a test that passed" in output
    assert projects.tests("curves", "-k", "right or fit")[0] == 0


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_jax_with_custom_vjp(projects):
    code, output, record = projects.tests("clips")
    assert code == 1, output
    assert list(failing(record)) == ["test_twin_squashed", "test_wrong_squashed"]
    assert [check["id"] for check in record["checks"] if check["gates"]] == [
        "test_clips.py::test_wrong_squashed::squashed"
    ]
    assert output.count("FAILED ") == 1


def test_rules_offered_through_the_entry_point(projects):
    code, output, record = projects.tests("shop")
    assert code == 1, output
    assert list(failing(record)) == ["test_wrong_discounted"]
    assert "3 checks: 2 pass, 1 fail" in output
    options = ["--all-installed", "--examples", "5", "--jobs", "1"]
    folder, code, output = projects.python("shop", "-m", "gradcheck", "run", "shop/*", *options)
    assert code == 1, output
    campaign = read_record(folder / "reports" / "gradcheck.json")
    assert {check["id"]: check["verdict"] for check in campaign["checks"]} == {
        "shop/discounted/wrt-rate": "fail",
        "shop/revenue/wrt-prices": "pass",
    }
