"""What fails a session, and what does not: every case beside one that goes the other way."""

from __future__ import annotations

import json

import pytest
from conftest import verdicts

from gradcheck.cli import main

CASES = {
    "caught": ("try: assert_derivative(f, {}, x)\n    except AssertionError: pass", 1),
    "ignored": ("check(f, {}, x)", 1),
    "in a thread": (
        "import threading; t = threading.Thread(target=check, args=(f, {}, x)); t.start(); t.join()",
        1,
    ),
    "raised": ("assert_derivative(f, {}, x)", 1),
    "skipped afterwards": ("check(f, {}, x); pytest.skip('later')", 1),
    "a twin": ("check(f, {}, x, expect='fail')", 0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_derivative_fails_the_session_however_the_test_ends(suite, case):
    body, code = CASES[case]
    for claim, expected in (("wrong", code), ("right", 1 - code if case == "a twin" else 0)):
        suite.write(f"def test_one():\n    {body.format(claim)}\n")
        outcome = suite.run()
        assert outcome.ret == expected
        named = "FAILED test_it.py::test_one::f in a test that" in outcome.stdout.str()
        assert named == bool(expected and case != "raised")


def test_the_line_that_names_the_check_is_red(suite):
    suite.write("def test_one(): check(f, wrong, x)")
    outcome = suite.run("--color=yes")
    lines = [line for line in outcome.outlines if "FAILED test_it.py::test_one::f" in line]
    assert len(lines) == 1
    assert lines[0].startswith("\x1b[31m")


@pytest.mark.parametrize("strict", [False, True])
def test_xfail_forgives_what_it_marks(suite, strict):
    suite.write(f"""
@pytest.mark.xfail(strict={strict})
def test_known():
    assert_derivative(f, wrong, x)

@pytest.mark.xfail(strict=False)
def test_forgiven_although_it_passes():
    check(f, wrong, x)
""")
    outcome = suite.run("--gradcheck-json=out.json")
    assert outcome.ret == 0
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    assert [check["test"]["outcome"] for check in record["checks"]] == ["xpassed", "xfailed"]
    assert not any(check["gates"] for check in record["checks"])
    assert all(check["as_expected"] and check["forgiven"] for check in record["checks"])
    assert record["summary"]["exit_code"] == record["summary"]["unexpected"] == 0
    assert "2 fail, 2 forgiven by xfail" in outcome.stdout.str()


def test_record_gate_and_page_agree_on_what_xfail_forgives(suite, capsys):
    suite.write("""
@pytest.mark.xfail
def test_known(): assert_derivative(f, wrong, x)
def test_right(): check(f, right, x)
""")
    assert suite.run("--gradcheck-json=out.json", "--gradcheck-html=out.html").ret == 0
    page = (suite.path / "out.html").read_text(encoding="utf-8")
    assert "Every one of 2 checks is as expected; 1 failure forgiven by xfail." in page
    assert "<dt>not as expected</dt><dd>0</dd>" in page
    assert "forgiven: its test is marked xfail" in page
    record = str(suite.path / "out.json")
    assert main(["gate", record]) == 0
    said = capsys.readouterr().out
    assert "Let through (1):\n  forgiven  test_it.py::test_known::f" in said
    assert "Gate open: 2 checks, 8 entries compared, 1 forgiven by xfail" in said
    suite.write("def test_known(): check(f, wrong, x)\ndef test_right(): check(f, right, x)")
    assert suite.run("--gradcheck-json=out.json").ret == 1
    assert main(["gate", record]) == 1
    assert "Gate closed: 1 failure; 2 checks" in capsys.readouterr().out


def test_the_page_counts_what_is_not_as_expected_in_one_way(suite):
    suite.write("""
@pytest.mark.xfail
def test_known(): assert_derivative(f, wrong, x)
def test_wrong(): check(f, wrong, x)
def test_right(): check(f, right, x)
""")
    assert suite.run("--gradcheck-json=out.json", "--gradcheck-html=out.html").ret == 1
    page = (suite.path / "out.html").read_text(encoding="utf-8")
    assert "1 of 3 checks is not as expected." in page
    assert "<dt>not as expected</dt><dd>1</dd>" in page
    assert "Not as expected (1)" in page


def test_a_strict_xfail_that_passes_fails_as_always(suite):
    suite.write("""
@pytest.mark.xfail(strict=True)
def test_mended(): assert_derivative(f, right, x)
""")
    assert suite.run().ret == 1


def test_inconclusive_gates_unless_it_is_allowed_somewhere(suite):
    suite.write("""
def test_plain(): check(jump, zero, 1.0)
def test_call(): check(jump, zero, 1.0, allow_inconclusive=True)
def test_assertion(): assert_derivative(jump, zero, 1.0, allow_inconclusive=True)
@pytest.mark.gradcheck(allow_inconclusive=True)
def test_marker(): assert_derivative(jump, zero, 1.0)
""")
    record = suite.record()
    gates = {check["test"]["node"].partition("::")[2]: check["gates"] for check in record["checks"]}
    assert gates == {"test_plain": True, "test_call": False, "test_assertion": False, "test_marker": False}
    assert suite.run().ret == 1
    assert suite.run("--gradcheck-allow-inconclusive").ret == 0
    suite.write("def test_wrong(): check(f, wrong, x)")
    assert suite.run("--gradcheck-allow-inconclusive").ret == 1


@pytest.mark.parametrize(("ceiling", "code"), [("1e-20", 1), ("1e-3", 0)])
def test_a_pass_that_is_too_weak_gates(suite, ceiling, code):
    suite.write("def test_one(): assert_derivative(f, right, x)")
    outcome = suite.run(f"--gradcheck-max-detectable={ceiling}")
    assert outcome.ret == code
    assert ("too weak" in outcome.stdout.str()) == bool(code)


def test_the_nearest_marker_wins(suite):
    suite.write("""
pytestmark = pytest.mark.gradcheck(method="central", allow_inconclusive=True)
loose = lambda x: (1 + 1e-5) * right(x)

@pytest.mark.gradcheck(rtol=1e-3)
class TestLoose:
    def test_class(self): assert assert_derivative(f, loose, x).method == "central"
    @pytest.mark.gradcheck(rtol=None, expect="fail")
    def test_nearest(self): assert_derivative(f, loose, x)
    def test_call(self): check(f, loose, x, rtol=None, expect="fail")
    @pytest.mark.parametrize("k", [0, pytest.param(1, marks=pytest.mark.gradcheck(method="complex-step"))])
    def test_parameter(self, k):
        assert assert_derivative(f, right, x).method == ("central", "complex-step")[k]
def test_module(): check(f, loose, x, expect="fail")
""")
    outcome = suite.run()
    outcome.assert_outcomes(passed=6)
    assert outcome.ret == 0


def test_a_ceiling_of_a_marker_is_nearer_than_the_option(suite):
    suite.write("""
@pytest.mark.gradcheck(max_detectable=1e-3)
def test_one(): check(f, right, x)
""")
    assert suite.run("--gradcheck-max-detectable=1e-20").ret == 0


def test_a_marker_does_not_reach_a_fixture_that_outlives_its_test(suite):
    suite.write("""
@pytest.fixture(scope="module")
def shared(): check(jump, zero, 1.0, name="shared")
@pytest.mark.gradcheck(allow_inconclusive=True)
def test_first(shared): check(jump, zero, 1.0)
""")
    record = suite.record()
    assert [check["gates"] for check in record["checks"]] == [True, False]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("rtoll=1e-3", "unknown keyword 'rtoll'; did you mean 'rtol'?"),
        ("1e-3", "given 0.001 without a keyword"),
        ("points=[(x,)]", "unknown keyword 'points'"),
    ],
)
@pytest.mark.parametrize("where", ["function", "class", "module"])
def test_a_marker_that_cannot_be_used_fails_its_tests_and_no_other(suite, marker, message, where):
    decorated = f"@pytest.mark.gradcheck({marker})\n"
    suite.write("def test_other(): pass", name="test_other.py")
    suite.write(
        (f"pytestmark = pytest.mark.gradcheck({marker})\n" if where == "module" else "")
        + (decorated if where == "class" else "")
        + "class TestMarked:\n"
        + ("    " + decorated if where == "function" else "")
        + "    def test_one(self): pass\n"
        + "    def test_two(self): pass\n"
    )
    outcome = suite.run("--strict-markers")
    # A marker of a class or module is that of each of its tests.
    alone = where == "function"
    outcome.assert_outcomes(passed=2 if alone else 1, errors=1 if alone else 2)
    outcome.stdout.fnmatch_lines([f"*@pytest.mark.gradcheck: {message.replace('[', '[[]')}*"])


def test_many_failures_are_cut_worst_first_and_counted(suite):
    suite.write("""
@pytest.mark.parametrize("k", range(8))
def test_many(k): check(f, wrong, x)
def test_open(): check(jump, zero, 1.0)
""")
    text = suite.run().stdout.str()
    assert text.count("FAILED test_it.py::test_many") == 5
    assert "and 4 more" in text
    assert "9 checks: 8 fail, 1 inconclusive" in text


def test_a_session_that_would_pass_is_the_only_one_whose_exit_code_changes(suite):
    suite.write("check(f, wrong, x, name='at import')")
    assert suite.run().ret == 1
    suite.write("check(f, right, x, name='at import')")
    assert suite.run().ret == 5
    suite.write("def test_broken(: pass")
    assert suite.run().ret == 2


def test_examples_of_a_property_test_are_one_check(suite):
    suite.write("""
from hypothesis import given, settings, strategies as st
few = settings(max_examples=25, derandomize=True, database=None, deadline=None)

@few
@given(st.floats(0.1, 3))
def test_right(x):
    assert_derivative(np.sin, np.cos, x, name="one")
    assert_derivative(np.sin, np.cos, x, name="two")
    check(np.sin, np.cos, x, name="two")

@few
@given(st.integers(0, 100).map(float))
def test_wrong(x):
    assert_derivative(np.square, lambda x: 3 * x, x)

@few
@given(st.integers(0, 100).map(float))
def test_caught(x):
    check(np.square, lambda x: 3 * x, x)

test_made = gradcheck.property_test(np.square, lambda x: 2 * x, "()->()")
test_made_wrong = few(gradcheck.property_test(np.square, lambda x: 3 * x, "()->()"))
""")
    outcome = suite.run("--gradcheck-json=out.json", "--gradcheck-examples=20")
    outcome.assert_outcomes(passed=3, failed=2)
    record = json.loads((suite.path / "out.json").read_text(encoding="utf-8"))
    found = {check["id"].removeprefix("test_it.py::"): check for check in record["checks"]}
    assert {name: check["verdict"] for name, check in found.items()} == {
        "test_caught::square": "fail",
        "test_made::square": "pass",
        "test_made_wrong::square": "fail",
        "test_right::one": "pass",
        "test_right::two": "pass",
        "test_right::two#2": "pass",
        "test_wrong::square": "fail",
    }
    assert found["test_right::two"]["strata"][0]["points"] == 25
    assert sum(one["points"] for one in found["test_made::square"]["strata"]) == 20
    assert found["test_wrong::square"]["worst"]["claimed"] == 3.0
    assert len(found["test_made_wrong::square"]["failures"]) == 1
    assert found["test_made_wrong::square"]["worst"]["claimed"] == 3.0
    assert found["test_caught::square"]["strata"][0]["fail"] > 0
    assert found["test_caught::square"]["gates"]
    assert verdicts(record)["test_it.py::test_caught::square"] == "fail"


def test_the_counts_tell_a_twin_that_failed_from_one_that_passed(suite):
    suite.write("""
def test_twins():
    check(f, wrong, x, expect="fail", name="refuted")
    check(f, right, x, expect="fail", name="missed")
""")
    out = suite.run().stdout.str()
    assert "2 checks: 1 pass, 1 fail, 1 of these expected to fail" in out
    # The finding is not told twice.
    assert "::missed in a test that passed: expected to fail, but pass: agrees\n" in out


def test_no_failure_is_called_expected_where_the_twin_passed(suite):
    suite.write("""
import pytest
@pytest.mark.xfail
def test_known():
    assert_derivative(f, wrong, x)
def test_missed():
    check(f, right, x, expect="fail", name="missed")
""")
    out = suite.run().stdout.str()
    assert "2 checks: 1 pass, 1 fail, 1 forgiven by xfail; every pass" in out


def test_a_failure_that_no_known_mistake_explains_shows_its_worst_entry(suite):
    suite.write("""
def odd(x): return np.diag(np.cos(x) + [0.1, 0.37])
def test_odd(): check(f, odd, x)
def test_twice(): check(f, wrong, x)
""")
    out = suite.run().stdout.str()
    assert "wrong: disagrees (d f[1] / d x[1]: claimed -0.0461468, reference -0.416147)" in out
    assert "no known mistake" not in out
    assert "wrong: disagrees (the claim is 2 times the reference" in out


def test_a_property_that_fails_shows_the_line_where_it_is_written_and_nothing_of_ours(suite):
    suite.write("""
test_made = gradcheck.property_test(np.square, lambda x: 3 * x, "()->()")

@gradcheck.property_test(np.square, signature="()->()")
def test_decorated(x):
    return 3 * x
""")
    out = suite.run("-rN").stdout.str()
    assert ">   test_made = gradcheck.property_test(np.square" in out
    assert ">   @gradcheck.property_test(np.square" in out
    assert "test_it.py:11: DerivativeMismatch" in out
    assert "__tracebackhide__" not in out
    assert "property.py" not in out
