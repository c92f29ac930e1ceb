"""What is installed: metadata, extras, data files, entry points; and the README's two commands."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

import gradcheck

ROOT = Path(__file__).parents[1]
HARD = {"hypothesis", "numpy", "scipy", "tqdm"}


@pytest.fixture(scope="module")
def distribution():
    try:
        return metadata.distribution("gradcheck")
    except metadata.PackageNotFoundError:
        pytest.skip("gradcheck runs from the source tree without being installed")


def requirements(distribution, extra=None):
    """Return the names required by ``extra``, or without any extra when it is None."""
    wanted = set()
    for line in distribution.requires or ():
        marker = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
        if (marker[1] if marker else None) == extra:
            wanted.add(re.match(r"[\w.-]+(?:\[[\w,]+\])?", line)[0].lower())
    return wanted


def test_version_and_licence(distribution):
    assert distribution.version == gradcheck.__version__
    assert distribution.metadata["License-Expression"] == "BSD-3-Clause"
    assert distribution.metadata["Requires-Python"] == ">=3.11"


def test_hard_dependencies_are_four_and_the_extras_hold_the_rest(distribution):
    assert requirements(distribution) == HARD
    assert requirements(distribution, "jax") == {"jax"}
    assert requirements(distribution, "report") == {"jinja2", "latex2mathml", "matplotlib"}
    assert requirements(distribution, "all") == {"jax", "jinja2", "latex2mathml", "matplotlib"}
    assert {"pytest"} <= requirements(distribution, "test")


def test_nothing_asks_for_torch_or_for_an_accelerator(distribution):
    assert [line for line in distribution.requires or () if re.search("torch|cuda|tpu|rocm", line)] == []


def test_the_entry_points_are_the_command_line_and_the_plugin(distribution):
    found = {(entry.group, entry.name): entry.value for entry in distribution.entry_points}
    assert found == {
        ("console_scripts", "gradcheck"): "gradcheck.cli:main",
        ("pytest11", "gradcheck"): "gradcheck.pytest_plugin",
    }


@pytest.mark.parametrize("path", ["py.typed", "schema/record-1.json", "rules/catalogue.json"])
def test_data_files_are_part_of_the_package(path):
    assert resources.files("gradcheck").joinpath(path).is_file()


def run_module(arguments, folder):
    """Run ``python -m gradcheck`` in ``folder``, on this very package."""
    return subprocess.run(
        [sys.executable, "-m", "gradcheck", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(gradcheck.__file__).parents[1])},
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["no-such-command"], 2), (["run", "no/such/rule"], 2)],
    ids=["help", "unknown-command", "no-match"],
)
def test_python_m_gradcheck_is_the_command_line(arguments, code, tmp_path):
    done = run_module(arguments, tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def test_command():
    where = ROOT / ".ci" / "readme_command.py"
    if not where.is_file():
        pytest.skip("not a checkout")
    spec = importlib.util.spec_from_file_location("readme_command", where)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.test_command


def test_the_readme_gives_the_two_commands(test_command):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert test_command(readme) == 'python -m pip install -e ".[all,test]" && python -m pytest'
    assert '\npython -m pip install ".[all]" && gradcheck run\n' in readme


@pytest.mark.parametrize(
    "readme",
    [
        "",
        "```sh\npython -m pytest\n```",
        "<!-- test command -->\n```sh\n\n```",
        2 * "<!-- test command -->\n```sh\npytest\n```\n",
    ],
    ids=["empty", "unmarked", "blank", "twice"],
)
def test_a_readme_without_one_test_command_is_refused(test_command, readme):
    with pytest.raises(ValueError, match="expected one marked test command"):
        test_command(readme)


@pytest.fixture(scope="module")
def snippets():
    where = ROOT / "README.md"
    if not where.is_file():
        pytest.skip("not a checkout")
    return re.findall(r"^```python\n(.*?)^```$", where.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def snippet_with(snippets, text):
    """Return the one snippet that holds ``text``."""
    (found,) = [snippet for snippet in snippets if text in snippet]
    return found


def test_the_jacobian_of_the_readme_is_what_it_says(snippets):
    names = {}
    exec(snippet_with(snippets, "est = "), names)
    est = names["est"]
    assert est.value.tolist() == [[5.0, 0.0], [0.0, 7.0]]
    assert est.error.shape == est.value.shape
    assert str(est.status) == "ok"


@pytest.mark.parametrize(("change", "code"), [("", 0), ("3 *", 1)], ids=["as-printed", "made-wrong"])
def test_the_rule_of_the_readme_is_checked_and_a_wrong_one_is_refused(snippets, tmp_path, change, code):
    text = snippet_with(snippets, "@gradcheck.rule").replace("3 * x**2", f"{change} 3 * x**2")
    (tmp_path / "my_rules.py").write_text(text, encoding="utf-8")
    done = run_module(["run", "my_rules", "--examples", "5", "--jobs", "1"], tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert (tmp_path / "reports" / "gradcheck.json").is_file()
