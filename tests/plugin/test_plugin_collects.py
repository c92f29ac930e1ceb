"""Every check of a run is found and has a name of its own, wherever it was made."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from conftest import verdicts

from gradcheck.journal import violation


def test_every_public_check_is_collected_without_a_fixture(suite):
    suite.write("""
def test_all():
    check(f, right, x)
    gradcheck.check_gradient(lambda x: np.sum(x * x), lambda x: 2 * x, x, name="gradient")
    gradcheck.check_jvp(f, lambda x, v: np.cos(x) * v, x, name="jvp")
    gradcheck.check_vjp(f, lambda x, u: u * np.cos(x), x, name="vjp")
    gradcheck.check_hessian(lambda x: np.sum(x**3), lambda x: np.diag(6 * x), x, name="hessian")
    gradcheck.check_hvp(lambda x: np.sum(x**3), lambda x, v: 6 * x * v, x, name="hvp")
    gradcheck.check_adjoint(lambda x, v: 2 * v, lambda x, u: 2 * u, x, name="adjoint")
    assert_derivative(f, right, x, name="assertion")
""")
    record = suite.record()
    names = ["adjoint", "assertion", "f", "gradient", "hessian", "hvp", "jvp", "vjp"]
    assert list(verdicts(record)) == [f"test_it.py::test_all::{name}" for name in names]
    assert record["complete"]
    assert record["summary"]["exit_code"] == 0
    assert record["summary"]["entries"] == sum(check["entries"] for check in record["checks"])
    assert record["checks"][2]["test"] == {
        "node": "test_it.py::test_all",
        "file": "test_it.py",
        "line": 11,
        "outcome": "passed",
    }


def test_checks_of_one_name_are_told_apart_and_in_order(suite):
    suite.write("""
def test_same():
    for claim in (right, wrong, right):
        check(f, claim, x, name="wave")
""")
    found = verdicts(suite.record())
    node = "test_it.py::test_same::wave"
    assert found == {node: "pass", f"{node}#2": "fail", f"{node}#3": "pass"}


THREADS = """
import threading, asyncio
from concurrent.futures import ThreadPoolExecutor

def test_thread():
    thread = threading.Thread(target=check, args=(f, wrong, x))
    thread.start(); thread.join()

def test_pool():
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: check(f, right, x, name="pooled"), range(20)))

def test_async():
    async def both():
        await asyncio.gather(*(asyncio.to_thread(check, f, right, x) for _ in range(2)))
        check(f, wrong, x, name="awaited")
    asyncio.run(both())
"""


def test_threads_and_coroutines_belong_to_their_test(suite):
    suite.write(THREADS)
    found = verdicts(suite.record())
    assert found["test_it.py::test_thread::f"] == "fail"
    assert found["test_it.py::test_async::awaited"] == "fail"
    assert found["test_it.py::test_async::f#2"] == "pass"
    assert sum(name.startswith("test_it.py::test_pool::pooled") for name in found) == 20


def test_fixtures_setup_and_teardown(suite):
    suite.write("""
@pytest.fixture
def own():
    check(f, right, x, name="before")
    yield
    check(f, right, x, name="after")

@pytest.fixture(scope="module", params=[1, 2])
def shared(request):
    check(f, right, x, name="once")
    yield
    check(f, wrong, x, name="at the end")

def test_a(own, shared): pass
def test_b(shared): pass
def test_c(request): request.addfinalizer(lambda: check(f, wrong, x, name="finalizer"))

class TestOld:
    def setup_method(self): check(f, right, x, name="old setup")
    def test_d(self): pass
""")
    record = suite.record()
    assert verdicts(record) == {
        "test_it.py::TestOld::test_d::old setup": "pass",
        "test_it.py::shared[0] (teardown)::at the end": "fail",
        "test_it.py::shared[0]::once": "pass",
        "test_it.py::shared[1] (teardown)::at the end": "fail",
        "test_it.py::shared[1]::once": "pass",
        "test_it.py::test_a[1]::after": "pass",
        "test_it.py::test_a[1]::before": "pass",
        "test_it.py::test_a[2]::after": "pass",
        "test_it.py::test_a[2]::before": "pass",
        "test_it.py::test_c::finalizer": "fail",
    }
    shared = next(check for check in record["checks"] if "shared[0]::" in check["id"])
    assert shared["test"]["node"] == "test_it.py::shared[0]"
    assert shared["test"]["file"] == "test_it.py"


def test_checks_outside_of_tests(suite):
    suite.write("check(f, right, x, name='in conftest')", name="conftest.py")
    suite.write("""
check(f, wrong, x, name="at import")
check(f, right, x, name="at import")
class TestBody:
    check(f, right, x, name="in a class body")
    def test_nothing(self): pass
""")
    outcome = suite.run("--gradcheck-json=out.json")
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    assert verdicts(record) == {
        "in conftest": "pass",
        "test_it.py::at import": "fail",
        "test_it.py::at import#2": "pass",
        "test_it.py::in a class body": "pass",
    }
    assert outcome.ret == 1
    assert "FAILED test_it.py::at import in a test that passed" in outcome.stdout.str()


def test_a_doctest_is_a_test(suite):
    (suite.path / "package").mkdir()
    suite.write(
        '''
def documented():
    """
    >>> str(check(f, wrong, x).verdict)
    'fail'
    """
''',
        name="documented.py",
    )
    assert verdicts(suite.record("--doctest-modules", "documented.py")) == {
        "documented.py::documented.documented::f": "fail"
    }


WEIRD = ["<script>", "a::b", "%0A::error", "]]>", "\x1b[31m", "naïve ∂", "x" * 9000, "\ud800", ""]


def test_weird_names_stay_inert_and_apart(suite):
    suite.write(f"""
@pytest.mark.parametrize("name", {WEIRD!r})
def test_name(name):
    check(f, wrong, x, name=name)
""")
    outcome = suite.run("--gradcheck-json=out.json", "--gradcheck-html=out.html", "--junitxml=out.xml", "-n0")
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    assert violation(record) is None
    assert len(record["checks"]) == len(WEIRD)
    section = outcome.stdout.str().split("= gradcheck =")[1]
    assert "\x1b[31m" not in section.replace("\x1b[31m\x1b[1m", "")
    assert "<script>alert" not in (suite.path / "out.html").read_text(encoding="utf-8")
    properties = ET.parse(suite.path / "out.xml").findall(".//property")
    assert [json.loads(one.get("value"))["verdict"] for one in properties] == ["fail"] * len(WEIRD)


def test_junit_holds_the_facts_of_each_check_of_the_test(suite):
    suite.write("""
@pytest.fixture(scope="session")
def shared(): check(f, right, x, name="elsewhere")
def test_two(shared):
    check(f, right, x)
    check(f, right, x, name="second")
def test_none(): pass
""")
    suite.run("--junitxml=out.xml")
    found = {}
    for case in ET.parse(suite.path / "out.xml").iter("testcase"):
        found[case.get("name")] = [json.loads(one.get("value")) for one in case.iter("property")]
    assert found["test_none"] == []
    assert [one["check"] for one in found["test_two"]] == [
        "test_it.py::test_two::f",
        "test_it.py::test_two::second",
    ]
    assert found["test_two"][0]["entries"] == 4
    assert 0 < found["test_two"][0]["detectable"] < 1e-12


@pytest.mark.parametrize("where", ["rootdir elsewhere", "pyargs"])
def test_identities_do_not_depend_on_where_pytest_starts(suite, where, monkeypatch):
    suite.write("def test_one(): check(f, right, x)", name="pack/test_pack.py")
    (suite.path / "pack" / "__init__.py").touch()
    suite.pytester.makeini("[pytest]")
    if where == "pyargs":
        monkeypatch.syspath_prepend(suite.path)
        found = verdicts(suite.record("--pyargs", "pack"))
    else:
        monkeypatch.chdir(suite.path / "pack")
        suite.run("--gradcheck-json=out.json", "--rootdir=..")
        found = verdicts(json.loads((suite.path / "pack" / "out.json").read_text(encoding="utf-8")))
    assert found == {"pack/test_pack.py::test_one::f": "pass"}


def test_an_observer_inside_a_test_keeps_its_checks_to_itself(suite):
    suite.write("""
from gradcheck.results import observing
def test_own():
    seen = []
    with observing(seen.append):
        check(f, wrong, x)
    assert len(seen) == 1
""")
    assert suite.record()["checks"] == []


def test_switched_off_the_plugin_sees_nothing(suite):
    suite.write("def test_one(): check(f, wrong, x)")
    assert suite.run().ret == 1
    outcome = suite.run(plugin=False)
    assert outcome.ret == 0
    assert "gradcheck" not in outcome.stdout.str()


@pytest.mark.parametrize("option", ["--gradcheck-json=out.json", "--gradcheck-html=out.html", ""])
def test_the_numbers_behind_a_verdict_are_kept_for_a_record_alone(suite, option):
    suite.write(f"""
def test_one():
    result = check(f, wrong, x, expect="fail")
    assert (result.evidence is not None) == {bool(option)}
""")
    assert suite.run(*[option] * bool(option)).ret == 0
    # What the terminal says needs no record.
    suite.write("def test_one(): check(f, wrong, x)")
    assert "the claim is 2 times the reference" in suite.run(*[option] * bool(option)).stdout.str()


def test_the_first_check_of_a_run_may_be_made_in_a_thread_or_in_any_phase(suite):
    suite.write("""
import threading
def in_thread():
    thread = threading.Thread(target=check, args=(f, right, x))
    thread.start(); thread.join()
@pytest.fixture
def late():
    yield
    in_thread()
def test_first(late): pass
def test_second(): in_thread()
""")
    for chosen in ("test_first", "test_second", "test_"):
        found = verdicts(suite.record("-k", chosen))
        expected = {"test_first", "test_second"} if chosen == "test_" else {chosen}
        assert set(found) == {f"test_it.py::{name}::f" for name in expected}


@pytest.mark.parametrize(
    ("body", "called"),
    [("pass", False), ("check(f, right, x)", True)],
)
def test_a_test_without_a_check_calls_no_hook_of_ours(suite, body, called):
    """The twin: with the first check what gathers checks is there, and is called for each test."""
    (suite.path / "conftest.py").write_text("""
import pathlib
def pytest_sessionfinish(session):
    hooks = ("pytest_runtest_setup", "pytest_runtest_makereport", "pytest_runtest_logreport")
    ours = {
        found.plugin_name
        for name in hooks
        for found in getattr(session.config.hook, name).get_hookimpls()
        if "gradcheck" in str(found.function.__module__)
    }
    pathlib.Path("hooks.txt").write_text(" ".join(sorted(ours)))
""")
    suite.write(f"def test_one(): {body}")
    assert suite.run().ret == 0
    assert bool((suite.path / "hooks.txt").read_text()) == called
