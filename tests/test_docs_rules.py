"""The guide to rules of one's own: its modules, its commands with their exit codes, and its output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from gradcheck.cli import main

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [text for found, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if found == kind]


def files():
    """Return the modules of the page: pieces that name the same file, below each other."""
    found = {}
    for text in blocks("python"):
        name = re.match(r"# (\w+\.py)\n", text)[1]
        found[name] = found.get(name, "") + text + "\n"
    return found


@pytest.fixture
def work(own_registry, monkeypatch):
    """Return a folder with the page's modules in it, and nothing registered."""
    monkeypatch.setenv("COLUMNS", "100")
    for name, text in files().items():
        (own_registry / name).write_text(text, encoding="utf-8")
    return own_registry


def test_every_command_ends_as_the_page_says_and_prints_what_it_shows(work, capsys):
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    printed = ""
    for line in lines:
        command, code = re.fullmatch(r"(gradcheck .*?) +# exit code (\d)", line).groups()
        found = main(shlex.split(command)[1:])
        said = capsys.readouterr()
        printed += said.out
        assert found == int(code), said.out + said.err
    (shown,) = blocks("text")
    # The tolerance hangs on the witnesses that are installed.
    assert without_bars(shown) in without_bars(printed)
    assert without_bars(shown.replace("claimed 1", "claimed 3")) not in without_bars(printed)


def without_bars(text):
    text = re.sub(r"tolerance [\d.e-]+", "tolerance", text)
    return text.replace("against jax, central and complex step", "against central and complex step")


def test_the_script_of_the_page_runs(work, monkeypatch):
    monkeypatch.syspath_prepend(str(work))
    exec(compile(files()["run.py"], "run.py", "exec"), {"__name__": "__main__"})


def test_every_name_of_a_file_is_used():
    assert set(files()) == {"my_rules.py", "wrong_rules.py", "run.py"}
