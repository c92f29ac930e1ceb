"""What stands behind a verdict: gathered when somebody listens, true, cut to size, and it reproduces."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys

import numpy as np
import pytest

import gradcheck
from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.sampling import Settings
from gradcheck.compare import ratio_histogram
from gradcheck.journal import violation
from gradcheck.journal.checks import check_entry
from gradcheck.journal.evidence import evidence_fields
from gradcheck.results import observing
from gradcheck.selection import find_rule

RATE = 3.0


def wave(x):
    return RATE * np.sin(x)


def observed(call):
    seen = []
    with observing(seen.append):
        call()
    return seen[0]


def failing(f=wave, jac=lambda x: np.diag(2 * RATE * np.cos(x)), x=None):
    return observed(lambda: gradcheck.check(f, jac, np.array([0.3, 1.2]) if x is None else x))


def failure_of(result):
    entry = check_entry(result, identity="tests/test_model.py::test_wave::wave")
    assert violation(json.loads(json.dumps(entry, allow_nan=False)), "check") is None
    return entry["failures"][0]


def run(snippet, folder):
    path = folder / "pasted.py"
    path.write_text(snippet, encoding="utf-8")
    return subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)


def test_nobody_listens_nothing_is_kept():
    result = gradcheck.check(wave, lambda x: np.diag(x), np.array([0.3, 1.2]))
    assert result.evidence is None
    assert evidence_fields(result) == {"histogram": None, "failures": []}


def test_a_failure_has_its_matrices_inputs_and_bars():
    found = failure_of(failing())
    assert found["inputs"] == {"x": [0.3, 1.2]}
    np.testing.assert_allclose(found["reference"], np.diag(3 * np.cos([0.3, 1.2])), atol=1e-12)
    np.testing.assert_allclose(found["claimed"], np.diag(6 * np.cos([0.3, 1.2])), atol=1e-12)
    assert found["wrong"] == [[0, 0], [1, 1]]
    assert found["index"] in found["wrong"]
    bars = np.array(found["claimed_error"]) + np.array(found["reference_error"])
    assert (np.array(found["error"]) >= bars - 1e-300).all()
    assert (np.array(found["error"]) < 1e-10).all()


def test_a_pass_keeps_the_histogram_alone():
    result = observed(lambda: gradcheck.check(np.sin, lambda x: np.diag(np.cos(x)), np.arange(5.0)))
    assert result.evidence.claimed is None
    fields = evidence_fields(result)
    assert fields["failures"] == []
    edges, counts = fields["histogram"]["edges"], fields["histogram"]["counts"]
    assert sum(counts) == 25
    assert sum(counts[edges.index(1.0) :]) == 0


def test_the_histogram_of_a_failure_has_mass_beyond_one():
    fields = evidence_fields(failing())
    edges, counts = fields["histogram"]["edges"], fields["histogram"]["counts"]
    assert sum(counts[edges.index(1.0) :]) == 2


def test_histogram_counts_one_as_inside_and_what_is_undecided_not_at_all():
    counted = ratio_histogram([np.array([1.0, np.nextafter(1.0, 2.0), np.nan, np.inf])])
    inside = counted.edges.index(1.0)
    assert sum(counted.counts[:inside]) == 1
    assert sum(counted.counts) == 3
    assert ratio_histogram([np.array([np.nan])]) is None
    assert ratio_histogram([]) is None


def test_curve_falls_with_the_step_and_rises_again():
    curve = failure_of(failing())["curve"]
    assert curve["entry"] == "d f[1] / d x[1]"
    steps, errors = np.array(curve["steps"]), np.array(curve["errors"])
    assert (np.diff(steps) > 0).all()
    assert min(steps) <= curve["chosen"] <= max(steps)
    best = int(np.argmin(errors))
    assert errors[0] > 100 * errors[best]
    assert errors[-1] > 100 * errors[best]
    # The law is anchored in the data and has slope 2.
    law = np.array(curve["truncation"])
    np.testing.assert_allclose(np.diff(np.log(law)) / np.diff(np.log(steps)), 2.0)
    assert abs(np.log(law[-1] / errors[-1])) < 1
    # What the noise explains is no more than an order above what is seen at the finest step.
    assert errors[0] <= curve["rounding"][0]


def test_a_line_has_no_truncation():
    curve = failure_of(failing(lambda x: 2.0 * x, lambda x: np.diag(x), np.array([0.3, 1.2])))["curve"]
    assert curve["truncation"] == []


def test_one_sided_derivatives_stand_at_a_kink():
    result = observed(lambda: gradcheck.check(np.abs, lambda x: 2.0, 0.0))
    assert str(result.verdict) == "fail"
    found = failure_of(result)
    assert (found["left"], found["right"]) == ([[-1.0]], [[1.0]])
    assert found["wrong"] == [[0, 0]]


def test_a_large_matrix_is_cut_to_the_block_of_its_worst_entry():
    x = np.linspace(0.1, 1.0, 60)

    def wrong(x):
        right = np.diag(np.cos(x))
        right[47, 51] += 1.0
        return right

    found = failure_of(failing(np.sin, wrong, x))
    assert np.shape(found["claimed"]) == (20, 20)
    row, column = found["index"]
    block = found["block"]
    assert (block["row"] + row, block["column"] + column) == (47, 51)
    assert block["shape"] == [60, 60]
    assert found["wrong"] == [[row, column]]
    assert found["claimed"][row][column] == 1.0


def test_a_long_gradient_keeps_its_only_row():
    found = failure_of(
        observed(lambda: gradcheck.check_gradient(np.sum, lambda x: 2 * np.ones(600), np.ones(600)))
    )
    assert np.shape(found["claimed"]) == (1, 400)


def test_a_claim_of_the_wrong_shape_still_has_inputs():
    found = failure_of(failing(jac=lambda x: np.ones(3)))
    assert found["claimed"] is None
    assert found["inputs"] == {"x": [0.3, 1.2]}
    assert "check(" in found["snippet"]


SCALE = 2.0


def scaled(x):
    return SCALE * x**2


def closures():
    rate = np.array([1.0, 2.0])

    def inner(x):
        return rate * x

    def outer(x):
        return inner(x) ** 2

    return outer


CALLS = {
    "lambdas on one line": lambda: gradcheck.check(
        lambda x: SCALE * x**2, lambda x: np.diag(x), np.array([0.5, 2.0])
    ),
    "functions of a module": lambda: gradcheck.check(scaled, wave, 0.5),
    "closures": lambda: gradcheck.check(closures(), lambda x: np.eye(2), np.array([0.5, 2.0])),
    "ufunc and array": lambda: gradcheck.check(np.exp, np.eye(2, dtype="float32"), np.array([0.5, 2.0])),
    "float32": lambda: gradcheck.check(np.exp, lambda x: 2 * np.exp(x), np.float32(0.25)),
    "nested": lambda: gradcheck.check(
        lambda p: p["a"] * p["b"][0], lambda p: {"a": p["a"], "b": [p["a"]]}, {"a": 2.0, "b": [3.0]}
    ),
    "gradient": lambda: gradcheck.check_gradient(lambda x: np.sum(x**2), lambda x: x, np.array([0.5, 2.0])),
    "jvp": lambda: gradcheck.check_jvp(np.sin, lambda x, v: v, np.array([0.5, 2.0]), rng=3),
    "vjp": lambda: gradcheck.check_vjp(np.sin, lambda x, u: u, np.array([0.5, 2.0])),
    "hessian": lambda: gradcheck.check_hessian(
        lambda x: np.sum(x**3), lambda x: np.diag(x), np.array([0.5, 2.0])
    ),
    "hvp": lambda: gradcheck.check_hvp(lambda x: np.sum(x**3), lambda x, v: x * v, np.array([0.5, 2.0])),
    "adjoint": lambda: gradcheck.check_adjoint(lambda x, v: 2 * v, lambda x, u: u, np.array([0.5, 2.0])),
    "keywords": lambda: gradcheck.check(
        lambda x, y: x * y, lambda x, y: y, 2.0, 3.0, argnums=1, bounds=(0.0, 9.0), rtol=1e-6
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_snippet_pasted_into_a_file_shows_the_same(name, tmp_path, capsys, monkeypatch):
    result = observed(CALLS[name])
    assert str(result.verdict) == "fail"
    path = tmp_path / "pasted.py"
    path.write_text(result.evidence.snippet, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(AssertionError):
        runpy.run_path(str(path), run_name="__main__")
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("FAIL")
    assert str(result.reason) in shown
    assert result.message.split(",")[0] in shown


def test_the_snippet_needs_no_more_than_the_file_it_stands_in(tmp_path):
    result = observed(CALLS["closures"])
    again = run(result.evidence.snippet, tmp_path)
    assert again.returncode == 1, again.stderr
    assert again.stdout.startswith("FAIL outer: disagrees")


def test_a_right_claim_in_the_same_snippet_passes(tmp_path):
    """The twin: the snippet says what is true of it, not that everything fails."""
    result = observed(CALLS["lambdas on one line"])
    mended = result.evidence.snippet.replace("np.diag(x)", "np.diag(2 * SCALE * x)")
    assert mended != result.evidence.snippet
    assert run(mended, tmp_path).returncode == 0


def test_what_has_no_source_has_no_snippet():
    class Model:
        def __call__(self, x):
            return x**2

    result = failing(Model(), lambda x: np.diag(x), np.array([0.5, 2.0]))
    assert str(result.verdict) == "fail"
    assert result.evidence.snippet == ""


@pytest.fixture(scope="module")
def misprint():
    rule = find_rule("E000-01")
    return check_rule(rule, "float64", Settings(examples=8, seed=0), None)


def test_a_campaign_keeps_evidence_too(misprint):
    assert (
        violation(json.loads(json.dumps(gradcheck.journal.encode(misprint), allow_nan=False)), "check")
        is None
    )
    assert sum(misprint["histogram"]["counts"]) > 0
    found = misprint["counterexample"] or misprint["failures"][0]
    assert found["curve"]["steps"]
    assert np.shape(found["claimed_error"]) == np.shape(found["claimed"])


def test_the_snippet_of_a_rule_reproduces(misprint, tmp_path):
    found = misprint["counterexample"] or misprint["failures"][0]
    again = run(found["snippet"], tmp_path)
    # A misprint is expected to fail: that it does is as it should be.
    assert again.returncode == 0, again.stderr
    assert again.stdout.split()[:2] == ["FAIL", "E000-01"]
