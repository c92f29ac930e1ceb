"""The pages of the guide do what they say: every example runs; what the runner checks, it can also refuse."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from docs_page import blocks_of, matches
from shell import ROOT, environment

import gradcheck

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINKING = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
RUNNER = Path(__file__).parent / "docs_page.py"

pytestmark = [
    pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for a POSIX shell"),
    pytest.mark.skipif(not DOCS.exists(), reason="the guide is not part of an installed package"),
]


@pytest.fixture
def run_page(tmp_path):
    """Run a page in an empty folder, with ``gradcheck`` and ``python`` those of this test."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, module in (("gradcheck", "-m gradcheck "), ("pytest", "-m pytest "), ("python", "")):
        path = programs / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n', encoding="utf-8")
        path.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    found = environment(tmp_path / "nothing")
    found |= {"PATH": f"{programs}:{found['PATH']}", "COLUMNS": "100", "NO_COLOR": "1"}
    installed = metadata.entry_points(group="pytest11", name="gradcheck")
    if not installed:
        found["PYTEST_PLUGINS"] = "gradcheck.pytest_plugin"

    def run(page, *languages):
        return subprocess.run(
            [sys.executable, str(RUNNER), str(page), str(work), *languages],
            capture_output=True,
            text=True,
            env=found,
            timeout=600,
            check=False,
        )

    return run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_example_of_the_page_runs(run_page, page):
    ran = run_page(page)
    assert ran.returncode == 0, ran.stderr


def test_the_python_of_the_first_page_runs(run_page):
    ran = run_page(ROOT / "README.md", "python,pycon")
    assert ran.returncode == 0, ran.stderr


def test_every_page_is_in_the_index():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#]+)", index))
    assert {page.relative_to(DOCS).as_posix() for page in PAGES} - {"index.md"} <= linked


def named(page):
    """The names that begin the rows of a page's tables, and those told apart."""
    return set(re.findall(r"^(?:\| )?`(\w+)", page, re.MULTILINE))


def test_the_page_of_names_holds_the_public_ones_and_no_other():
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert named(page) == set(gradcheck.__all__)
    assert named(page.replace("| `symmetric()`", "| `symmetrical()`")) != set(gradcheck.__all__)


def test_every_link_between_pages_leads_somewhere():
    broken = [
        (page.name, target)
        for page in LINKING
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```python\nassert 1 == 2\n```\n", "block at line 1"),
        ("```python\nx = 1\n```\n```python\nassert x == 2\n```\n", "block at line 4"),
        ("```pycon\n>>> 1 + 1\n3\n```\n", "Expected:"),
        ("```console\n$ false\n```\n", "exit code 1, not 0"),
        ("```console\n$ true  # exit code 1\n```\n", "exit code 0, not 1"),
        ("```console\n$ echo a\nb\n```\n", "it prints:\na"),
        ("```console\necho a\n```\n", "starts with a `$` line"),
        ("```sh\nfalse\ntrue\n```\n", "exit code 1"),
        ("```sh\nfalse  # exit code 2\ntrue\n```\n", "ended with 1"),
        ("```sh\ntrue  # exit code 1\n```\n", "ended with 0"),
        ("```python\n# a.py\ndef\n```\n", "a.py"),
        ("```json\n{,}\n```\n", "json block"),
        ("```yaml\na: [\n```\n", "yaml block"),
        ("```toml\na =\n```\n", "toml block"),
        ("```python\n", "no end"),
    ],
)
def test_a_page_that_lies_is_refused(run_page, tmp_path, text, said):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    ran = run_page(page)
    assert ran.returncode == 1
    assert said in ran.stderr


def test_a_page_that_tells_the_truth_is_accepted(run_page, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n# here/mod.py\nx = 3\n```\n```python\nfrom here.mod import x\nassert x == 3\n```\n"
        "```python\n# here/more.py\nimport os\nx = 1\n```\n```python\n# here/more.py\ny = x + 1\n```\n"
        "```python\nfrom here.more import y\nassert y == 2\n```\n"
        "<!-- anew -->\n```python\n# here/more.py\nimport os\n```\n"
        "```console\n$ cat here/more.py\n# here/more.py\nimport os\n```\n"
        "```pycon\n>>> x + 0.1\n3.1...\n```\n"
        "```console\n$ cat here/mod.py\n# here/mod.py\nx ...\n$ false  # exit code 1\n```\n"
        "<!-- not run: it would fail -->\n```sh\nfalse\n```\n```sh\nfalse  # exit code 1\ntrue\n```\n"
        "```text\nnothing\n```\n- a list\n\n"
        "  ```python\n  assert x == 3\n  ```\n",
        encoding="utf-8",
    )
    ran = run_page(page)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_is_left_out_says_why():
    left_out = [
        block for page in PAGES for block in blocks_of(page.read_text(encoding="utf-8")) if block.skipped
    ]
    assert len(left_out) < 20
    (block,) = blocks_of("<!-- not run: -->\n```sh\nfalse\n```")
    assert not block.skipped


def test_dots_stand_for_anything():
    assert matches("a ... c\n...", "a b c\nd\ne\n")
    assert not matches("a ... c", "a b c\nd")
    assert not matches("a.c", "abc")
