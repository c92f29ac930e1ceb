"""Several processes, and sessions that end early: the same record, or one that says it is not whole."""

from __future__ import annotations

import json
import re
import signal
import time
import xml.etree.ElementTree as ET
from importlib.util import find_spec

import pytest
from conftest import verdicts

from gradcheck.journal import read_record

MANY = """
check(f, right, x, name="at import")

@pytest.fixture(scope="session")
def shared():
    check(f, right, x, name="shared")

@pytest.mark.parametrize("k", range(6))
def test_many(k, shared):
    check(np.exp, lambda x: np.diag(np.exp(x)), np.linspace(0, 1, k))
    check(f, wrong if k == 4 else right, x, expect="fail" if k == 4 else "pass", name="wave")

test_property = gradcheck.property_test(np.square, lambda x: 2 * x, "()->()")

def test_caught():
    check(f, wrong, x)
"""
needs_xdist = pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed")


def comparable(path):
    """Return a record without what depends on the clock, the machine and the command."""
    record = read_record(path)
    return {name: item for name, item in record.items() if name not in ("environment", "command")}


def properties(path):
    """Return the facts that a JUnit file holds, by test."""
    return {
        case.get("name"): [one.get("value") for one in case.iter("property")]
        for case in ET.parse(path).iter("testcase")
    }


@needs_xdist
def test_the_same_record_with_one_process_two_and_without_xdist(suite):
    suite.write("check(f, right, x, name='conftest')", name="conftest.py")
    suite.write(MANY)
    processes = {}
    for name, arguments in {"n0": ["-n0"], "n2": ["-n2"], "no": ["-p", "no:xdist"]}.items():
        written = [f"--gradcheck-json={name}.json", f"--junitxml={name}.xml", f"--gradcheck-html={name}.html"]
        processes[name] = suite.start(*arguments, "-W", "error", "--hypothesis-seed=1", *written)
    outputs = {name: process.communicate(timeout=120)[0] for name, process in processes.items()}
    sections = {output.split("= gradcheck =")[1].split("record:")[0] for output in outputs.values()}
    assert {process.returncode for process in processes.values()} == {1}
    assert len(sections) == 1
    first, *others = (comparable(suite.path / f"{name}.json") for name in processes)
    assert all(other == first for other in others)
    assert first["complete"]
    assert len(first["checks"]) == 17
    facts, *more = (properties(suite.path / f"{name}.xml") for name in processes)
    assert all(other == facts for other in more)
    assert len(facts["test_many[0]"]) == 2


@needs_xdist
def test_a_worker_that_dies_loses_only_the_test_that_it_ran(suite):
    suite.write("""
import os
@pytest.mark.parametrize("k", range(6))
def test_many(k):
    check(f, right, x)
    if k == 3:
        os._exit(1)
""")
    code, output = suite.process("-n2", "--gradcheck-json=out.json")
    record = read_record(suite.path / "out.json")
    assert code == 1
    assert [check["test"]["node"][-2] for check in record["checks"]] == list("01245")
    assert not record["complete"]
    assert record["summary"]["exit_code"] == 2
    assert "died, and with it the checks of the test that it ran" in output


def test_a_killed_session_leaves_no_old_record(suite):
    suite.write("def test_one(): check(f, right, x)\ndef test_two(): import time; time.sleep(60)")
    (suite.path / "out.json").write_text("yesterday", encoding="utf-8")
    (suite.path / "out.html").write_text("yesterday", encoding="utf-8")
    process = suite.start("--gradcheck-json=out.json", "--gradcheck-html=out.html")
    journal = suite.path / "out.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_text(encoding="utf-8").count("\n") == 2):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=60)
    assert not (suite.path / "out.json").exists()
    assert not (suite.path / "out.html").exists()
    record = read_record(journal)
    assert not record["complete"]
    assert verdicts(record) == {"test_it.py::test_one::f": "pass"}


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_session_keeps_what_it_found_and_says_so(suite, sign):
    suite.write("""
def test_one(): check(f, right, x)
def test_two():
    check(f, wrong, x)
    open("reached", "w").close()
    import time; time.sleep(60)
def test_three(): check(f, right, x)
""")
    process = suite.start("--gradcheck-json=out.json")
    deadline = time.monotonic() + 60
    while not (suite.path / "reached").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(sign)
    output = process.communicate(timeout=60)[0]
    record = read_record(suite.path / "out.json")
    assert process.returncode == 2
    assert not record["complete"]
    assert verdicts(record) == {"test_it.py::test_one::f": "pass", "test_it.py::test_two::f": "fail"}
    assert "the record is not whole: the session was interrupted" in output
    # pytest names the line that was interrupted: the user's, not that of our handler.
    assert sign == signal.SIGTERM or re.search(r"test_it\.py:\d+: KeyboardInterrupt", output)
    assert "writer.py" not in output


STOPS = {
    "-x": ["-x"],
    "--maxfail": ["--maxfail=1"],
    "collection error": [],
    "collection error, going on": ["--continue-on-collection-errors"],
}


@pytest.mark.parametrize("case", STOPS)
def test_a_session_that_stops_early_is_not_whole(suite, case):
    suite.write("def test_a(): assert_derivative(f, wrong, x)\ndef test_b(): check(f, right, x)")
    if case.startswith("collection"):
        suite.write("raise RuntimeError('no')", name="test_broken.py")
    outcome = suite.run("--gradcheck-json=out.json", *STOPS[case])
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    assert outcome.ret in (1, 2)
    assert not record["complete"]
    assert record["summary"]["exit_code"] == 2
    assert record["summary"]["messages"]
    whole = suite.run("--gradcheck-json=out.json", "--deselect=test_it.py::test_a", "test_it.py")
    assert whole.ret == 0
    assert json.loads((suite.path / "out.json").read_text(encoding="utf-8"))["complete"]


LOADED = """
import json, sys, pytest
class Spy:
    def pytest_unconfigure(self):
        open("loaded.json", "w").write(json.dumps(sorted(sys.modules)))
sys.exit(pytest.main(sys.argv[1:], plugins=[Spy()]))
"""


@pytest.mark.parametrize(
    ("body", "heavy"),
    [
        ("def test_one(): pass", set()),
        ("import gradcheck\ndef test_one(): gradcheck.check", {"numpy"}),
        ("import hypothesis\ndef test_one(): pass", {"hypothesis"}),
    ],
)
def test_a_suite_without_checks_loads_nothing_heavy(suite, body, heavy):
    (suite.path / "main.py").write_text(LOADED, encoding="utf-8")
    (suite.path / "test_it.py").write_text(body, encoding="utf-8")
    process = suite.start("--gradcheck-max-detectable=1", "-p", "no:hypothesispytest", program=("main.py",))
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    loaded = set(json.loads((suite.path / "loaded.json").read_text(encoding="utf-8")))
    assert loaded & {"numpy", "jax", "hypothesis", "scipy", "jinja2"} >= heavy
    if not heavy:
        assert loaded & {"numpy", "jax", "hypothesis", "scipy", "jinja2"} == set()
    assert "gradcheck.pytest_plugin" in loaded


@pytest.mark.skipif(find_spec("pytest_rerunfailures") is None, reason="pytest-rerunfailures is not installed")
@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_rerun_is_not_counted_twice(suite, processes):
    suite.write("""
import pathlib
@pytest.mark.parametrize("k", range(3))
def test_flaky(k):
    seen = pathlib.Path(f"seen{k}")
    assert_derivative(f, right if seen.exists() else wrong, x, name="wave")
    check(f, right, x)
@pytest.fixture(autouse=True)
def mark(k):
    yield
    open(f"seen{k}", "w").close()
""")
    code, output = suite.process(processes, "--reruns=2", "--gradcheck-json=out.json", "--junitxml=out.xml")
    record = read_record(suite.path / "out.json")
    assert code == 0, output
    assert set(verdicts(record).values()) == {"pass"}
    assert len(record["checks"]) == 6
    assert record["complete"]
    assert {len(facts) for facts in properties(suite.path / "out.xml").values()} == {2}


@pytest.mark.skipif(find_spec("pytest_randomly") is None, reason="pytest-randomly is not installed")
def test_the_order_of_the_tests_does_not_show(suite):
    suite.write(MANY)
    orders = []
    for seed in (1, 2):
        arguments = ["-v", f"--gradcheck-json={seed}.json", "--hypothesis-seed=1", f"--randomly-seed={seed}"]
        orders.append(suite.process(*arguments, shuffled=True)[1].split("collected")[1].split("=")[0])
    first, second = (comparable(suite.path / f"{seed}.json") for seed in (1, 2))
    assert orders[0] != orders[1]
    assert first == second
    assert len(first["checks"]) == 16
