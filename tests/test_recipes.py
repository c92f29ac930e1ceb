"""The recipes as written: the workflow's steps run in order, the hooks as pre-commit runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
import yaml
from shell import ROOT, environment

RECIPES = ROOT / "docs" / "recipes"
TEST = """
import numpy as np

import gradcheck


def test_wave():
    x = np.array([0.3, 0.7, 1.9])
    gradcheck.assert_derivative(lambda x: np.sin(x), lambda x: np.diag(FACTOR * np.cos(x)), x, name="wave")


def test_cube():
    x = np.array([0.5, 2.0])
    gradcheck.assert_derivative(lambda x: x**3, lambda x: np.diag(3 * x**2), x, name="cube")
"""
RULES = """
import numpy as np

import gradcheck


@gradcheck.rule("mine/cube", "(n)->(n)", names="x", wrt="x", f=lambda x: x * x * x)
def cube(x):
    return np.diag(FACTOR * x**2)
"""

pytestmark = [
    pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are for a POSIX shell"),
    pytest.mark.skipif(not RECIPES.exists(), reason="the guide is not part of an installed package"),
]


def programs(folder):
    """``gradcheck`` and ``python`` of this test; installing is the only thing that is not done."""
    folder.mkdir()
    python = f'[ "$1 $2" = "-m pip" ] && exit 0\nexec "{sys.executable}" "$@"\n'
    for name, text in (("gradcheck", f'exec "{sys.executable}" -m gradcheck "$@"\n'), ("python", python)):
        (folder / name).write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


class Runner:
    """A machine of GitHub's, as far as the recipe uses one: steps, artefacts, a summary."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = programs(folder / "bin")
        self.artefacts = folder / "artefacts"
        self.summary = folder / "summary.md"
        self.log = ""
        self.uploaded = []

    def job(self, job, sources, **matrix):
        """Run a job in a fresh copy of ``sources``; return the names of the steps that failed."""
        work = self.folder / f"work-{len(list(self.folder.iterdir()))}"
        shutil.copytree(sources, work)
        failed = []
        for step in job["steps"]:
            if not self.wanted(step.get("if", "success()"), failed, work):
                continue
            filled = {name: self.fill(value, matrix) for name, value in step.get("with", {}).items()}
            done = self.shell(step["run"], work) if "run" in step else self.use(step["uses"], filled, work)
            if not done:
                failed.append(step.get("name", step.get("uses")))
        return failed

    @staticmethod
    def wanted(condition, failed, work):
        """Whether a step runs: what the recipe says in the language of GitHub's conditions."""
        asked, _, more = condition.partition(" && ")
        assert asked in ("always()", "success()")
        if more:
            (file,) = re.fullmatch(r"hashFiles\('([\w.]+)'\) != ''", more).groups()
            if not (work / file).exists():
                return False
        return asked == "always()" or not failed

    @staticmethod
    def fill(value, matrix):
        return re.sub(r"\$\{\{ matrix\.([\w-]+) \}\}", lambda found: matrix[found[1]], str(value))

    def shell(self, script, work):
        assert "${{" not in script
        found = environment(work) | {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(work),
            "PYTHONPATH": str(ROOT),
        }
        if not metadata.entry_points(group="pytest11", name="gradcheck"):
            found["PYTEST_PLUGINS"] = "gradcheck.pytest_plugin"
        done = subprocess.run(
            # As GitHub runs a step on Linux.
            ["bash", "-e", "-c", script],
            cwd=work,
            env=found,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        self.log += done.stdout
        return done.returncode == 0

    def use(self, action, given, work):
        name = action.partition("@")[0]
        if name == "actions/upload-artifact":
            target = self.artefacts / given["name"]
            source = work / given["path"]
            if not source.exists():
                return False
            shutil.copytree(source, target) if source.is_dir() else self.keep(source, target)
        elif name == "actions/download-artifact":
            shutil.copytree(self.artefacts, work / given["path"])
        elif name == "github/codeql-action/upload-sarif":
            self.uploaded.append(json.loads((work / given["sarif_file"]).read_text(encoding="utf-8")))
        else:
            assert name in ("actions/checkout", "actions/setup-python")
        return True

    @staticmethod
    def keep(source, target):
        target.mkdir(parents=True)
        shutil.copy(source, target)


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((RECIPES / "github-actions.yml").read_text(encoding="utf-8"))


def write_project(folder, factor):
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "tests" / "test_layers.py").write_text(TEST.replace("FACTOR", factor), encoding="utf-8")


def run_workflow(workflow, folder, sources, versions=2):
    """Run the workflow's jobs on ``sources``; return the runner and the steps that failed in each."""
    folder.mkdir()
    runner = Runner(folder)
    jobs = workflow["jobs"]
    failed = {"check": [], "gate": []}
    for version in jobs["check"]["strategy"]["matrix"]["python-version"][:versions]:
        failed["check"] += runner.job(jobs["check"], sources, **{"python-version": version})
    assert jobs["gate"]["needs"] == "check"
    assert jobs["gate"]["if"] == "always()"
    failed["gate"] = runner.job(jobs["gate"], sources)
    return runner, failed


@pytest.fixture(scope="module")
def runs(workflow, tmp_path_factory):
    """The workflow on a right project with its baseline, and on the same with a wrong derivative."""
    folder = tmp_path_factory.mktemp("workflow")
    sources = folder / "sources"
    write_project(sources, "1.0")
    first, failed = run_workflow(workflow, folder / "first", sources, versions=1)
    # There is no baseline yet, and the gate says so.
    assert failed == {"check": [], "gate": ["Gate"]}, first.log
    assert "--update-baseline" in first.log
    update = "gradcheck gate records --baseline gradcheck-baseline.json --update-baseline"
    shutil.copytree(first.artefacts, sources / "records")
    assert first.shell(update, sources), first.log
    shutil.rmtree(sources / "records")
    right = run_workflow(workflow, folder / "right", sources)
    write_project(sources, "2.0")
    return right, run_workflow(workflow, folder / "wrong", sources)


def test_the_workflow_lets_a_right_project_through(runs):
    (runner, failed), _ = runs
    assert failed == {"check": [], "gate": []}, runner.log
    assert "Gate open: 2 checks" in runner.log
    assert runner.summary.read_text(encoding="utf-8").startswith("### ✅")
    assert (runner.artefacts / "gradcheck-page" / "gradcheck.html").stat().st_size > 10_000
    assert runner.uploaded[0]["runs"][0]["results"] == []


def test_the_workflow_stops_a_wrong_one_and_shows_where(runs):
    _, (runner, failed) = runs
    assert failed["check"] == ["Test", "Test"]
    assert failed["gate"] == ["Gate"], runner.log
    assert re.search(r"^::error file=tests/test_layers\.py,line=\d+,title=", runner.log, flags=re.MULTILINE)
    assert "Gate closed: 1 failure; 2 checks" in runner.log
    assert "wave" in runner.summary.read_text(encoding="utf-8")
    assert (runner.artefacts / "gradcheck-page" / "gradcheck.html").exists()
    (result,) = runner.uploaded[0]["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "tests/test_layers.py"


@pytest.mark.skipif(shutil.which("git") is None, reason="pre-commit works in a repository of git")
@pytest.mark.parametrize(("factor", "code"), [("3.0", 0), ("2.0", 1)])
def test_the_hook_of_the_recipe_stops_a_wrong_rule(tmp_path, factor, code):
    pytest.importorskip("pre_commit")
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy(RECIPES / "pre-commit-config.yaml", project / ".pre-commit-config.yaml")
    (project / "my_rules.py").write_text(RULES.replace("FACTOR", factor), encoding="utf-8")
    # Inside of a hook git names the repository by its environment, and would not see this one.
    kept = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=project, env=kept, check=True, timeout=60)
    found = kept | {
        "PATH": f"{programs(tmp_path / 'bin')}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=project,
        env=found,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ("Passed" if code == 0 else "mine/cube") in ran.stdout


def test_the_hooks_offered_to_other_projects_are_a_valid_manifest_and_run(tmp_path):
    manifest = ROOT / ".pre-commit-hooks.yaml"
    (hook,) = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"], hook["pass_filenames"]) == ("gradcheck", "gradcheck run", False)
    client = pytest.importorskip("pre_commit.clientlib")
    assert client.load_manifest(str(manifest))
    for factor, code in (("3.0", 0), ("2.0", 1)):
        (tmp_path / "my_rules.py").write_text(RULES.replace("FACTOR", factor), encoding="utf-8")
        arguments = [sys.executable, "-m", *hook["entry"].split(), "my_rules", "--examples", "10"]
        ran = subprocess.run(
            arguments, cwd=tmp_path, env=environment(), capture_output=True, check=False, timeout=200
        )
        assert ran.returncode == code
