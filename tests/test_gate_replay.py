"""A command that a gate, a page or a summary prints judges the point again, pasted as it stands."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from shell import gradcheck_process

RULES = """
import numpy as np
import gradcheck

@gradcheck.rule("mine/cube", "(n)->(n)", names="x", wrt="x", f=lambda x: x * x * x)
def cube(x):
    return np.diag(2 * x**2)
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite")
    (folder / "my_rules.py").write_text(RULES, encoding="utf-8")
    for place in (("--report", "out of place"), ()):
        run(folder, "run", "my_rules", "--examples", "5", "--jobs", "1", *place)
    return folder


def run(folder, *arguments):
    return gradcheck_process(*arguments, cwd=folder, paths=(folder,))


def pasted(folder, text):
    """Return what the first command of ``text`` that replays a point does when it is pasted."""
    command = next(line.strip() for line in text.splitlines() if line.strip().startswith("gradcheck replay "))
    return run(folder, *shlex.split(command)[1:]), command


def test_the_gate_names_the_folder_of_the_record(suite):
    done, command = pasted(suite, run(suite, "gate", "out of place").stdout)
    assert command.endswith("--module my_rules --report 'out of place'")
    assert (done.returncode, done.stdout.split()[0]) == (1, "FAIL")


def test_without_the_folder_the_command_would_find_nothing(suite, tmp_path):
    (tmp_path / "my_rules.py").write_text(RULES, encoding="utf-8")
    record = suite / "out of place" / "gradcheck.json"
    replay = json.loads(record.read_text(encoding="utf-8"))["checks"][0]["failures"][0]["replay"]
    done = run(tmp_path, *shlex.split(replay)[1:])
    assert done.returncode == 2
    assert "--report DIR" in done.stderr


def test_where_the_default_holds_no_folder_is_named(suite):
    done, command = pasted(suite, run(suite, "gate", "reports").stdout)
    assert command.endswith("--module my_rules")
    assert done.returncode == 1


def test_a_record_of_another_name_is_named_itself(suite):
    (suite / "kept.json").write_bytes((suite / "reports" / "gradcheck.json").read_bytes())
    done, command = pasted(suite, run(suite, "gate", "kept.json").stdout)
    assert command.endswith("--report kept.json")
    assert done.returncode == 1


@pytest.mark.parametrize("form", ["markdown", "junit"])
def test_other_formats_name_it_too(suite, form):
    assert "--report &#x27;out of place" in escaped(
        run(suite, "gate", "out of place", "--format", form).stdout
    )


def escaped(text):
    return re.sub(r"&apos;|&#39;|'", "&#x27;", text)


def test_the_pages_name_it_and_a_merged_record_does_not(suite):
    folder = suite / "out of place"
    assert "--report &#x27;out of place" in escaped((folder / "gradcheck.html").read_text(encoding="utf-8"))
    assert (
        "--report"
        not in re.findall("gradcheck replay[^<]*", (suite / "reports" / "gradcheck.html").read_text())[0]
    )
    run(suite, "report", "out of place", "-o", "page.html", "--json", "merged.json")
    assert "--report &#x27;out of place" in escaped((suite / "page.html").read_text(encoding="utf-8"))
    assert "--report" not in (suite / "merged.json").read_text(encoding="utf-8").split('"checks"')[1]
    done, command = pasted(suite, run(suite, "gate", "merged.json").stdout)
    assert command.endswith("--report merged.json")
    assert done.returncode == 1
