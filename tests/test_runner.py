"""A run from rules to record: exit codes, the journal, determinism, and what cannot be used."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from trial_rules import at, blurred_rule, cube, cube_slope, right, trial, wrong

from gradcheck import runner
from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Availability
from gradcheck.campaign.sampling import Settings
from gradcheck.errors import InvalidArgument
from gradcheck.journal import read_record, violation
from gradcheck.results import Verdict
from gradcheck.rules.registry import Group
from gradcheck.runner import Plan, run, self_test

FEW = {"examples": 4, "sizes": (1, 2)}


@pytest.fixture
def without_jax(monkeypatch):
    """Make JAX absent: most of these tests are not about it, and need not compile."""
    monkeypatch.setattr(JaxWitness, "available", lambda self: Availability(False, "No module named 'jax'"))


def summary(record):
    return record.data["summary"]


def always_raises(x):
    raise RuntimeError("never defined")


def misprint(rule_id, claim, right_form=cube_slope):
    return trial(rule_id, cube, claim, right=right_form, group=Group.ERRATUM, printed="as printed")


def test_a_right_rule_is_exit_code_0_and_a_record_that_follows_the_schema():
    record = run([right()], **FEW)
    assert record.exit_code == 0
    assert record.verdict("trial/right") is Verdict.PASS
    assert record.data["complete"] is True
    assert violation(record.data) is None
    assert summary(record) == summary(record) | {"pass": 1, "fail": 0, "unexpected": 0, "messages": []}
    with pytest.raises(KeyError):
        record.verdict("trial/right", "float32")


def test_a_wrong_rule_is_exit_code_1(without_jax):
    record = run([right(), wrong()], **FEW)
    assert record.exit_code == 1
    assert record.verdict("trial/wrong") is Verdict.FAIL
    assert record.verdict("trial/right") is Verdict.PASS
    assert summary(record)["messages"] == ["1 not as expected: trial/wrong"]


def test_an_undecided_rule_is_exit_code_1(without_jax):
    record = run([right(), trial("t/undecided", always_raises, cube_slope)], **FEW)
    assert record.exit_code == 1
    assert record.verdict("t/undecided") is Verdict.INCONCLUSIVE


def test_a_rule_whose_claim_raises_is_exit_code_1_even_alone(without_jax):
    assert run([trial("t/claim", cube, always_raises)], **FEW).exit_code == 1


def test_a_wrong_shape_is_exit_code_1_even_where_nothing_can_be_compared(without_jax):
    flat = trial("t/flat", cube, lambda x: 3 * x**2)
    assert run([flat], examples=4, sizes=(0,)).exit_code == 1


def test_nothing_compared_is_exit_code_5(without_jax):
    record = run([right()], examples=4, sizes=(0,))
    assert record.exit_code == 5
    assert "nothing was checked" in summary(record)["messages"]
    assert run([trial("t/undecided", always_raises, cube_slope)], **FEW).exit_code == 5


def test_a_misprint_refuted_is_exit_code_0_and_one_that_holds_is_1(without_jax):
    record = run([right(), misprint("t/misprint", lambda x: -cube_slope(x))], **FEW)
    assert record.exit_code == 0
    assert (summary(record)["errata_refuted"], summary(record)["errata_total"]) == (1, 1)
    assert summary(record)["fail"] == 0
    both = run([misprint("t/misprint", lambda x: -cube_slope(x))], dtypes=("float64", "float32"), **FEW)
    assert (len(both.checks), summary(both)["errata_refuted"], summary(both)["errata_total"]) == (2, 1, 1)
    record = run([right(), misprint("t/misprint", cube_slope)], **FEW)
    assert record.exit_code == 1
    assert (summary(record)["errata_refuted"], summary(record)["errata_total"]) == (0, 1)
    record = run(
        [right(), misprint("t/misprint", lambda x: -cube_slope(x), lambda x: 0 * cube_slope(x))], **FEW
    )
    assert record.exit_code == 1


def test_a_fault_that_survives_is_exit_code_1(without_jax):
    record = run([blurred_rule()], examples=10, sizes=(1, 2))
    assert record.verdict("trial/blurred") is Verdict.PASS
    assert record.exit_code == 1
    assert record.data["self_test"]["survivors"] == [{"id": "trial/blurred", "mutant": "one entry by 1e-6"}]
    assert "survived the self-test" in summary(record)["messages"][0]


def test_misprints_are_not_self_tested(without_jax):
    assert run([misprint("t/misprint", lambda x: -cube_slope(x))], **FEW).data["self_test"] is None


@pytest.mark.parametrize(
    ("required", "code"), [((), 0), (("jax",), 1), (("jax forward",), 1), (("central",), 0)]
)
def test_a_required_witness_that_is_absent_is_exit_code_1(without_jax, required, code):
    record = run([right()], plan=Plan(Settings(4, sizes=(1, 2)), require=required))
    assert record.exit_code == code
    assert [text for text in summary(record)["messages"] if "witness" in text] == (
        [f"required witness absent: {required[0]}"] if code else []
    )


def test_a_required_witness_that_is_present_or_unknown():
    settings = Settings(4, sizes=(1, 2))
    assert run([right()], plan=Plan(settings, require=("jax", "jax reverse", "complex step"))).exit_code == 0
    for unknown in ("ja", "torch"):
        with pytest.raises(InvalidArgument, match="require_witness"):
            run([right()], plan=Plan(settings, require=(unknown,)))


def numpy_only(x):
    if hasattr(x, "at"):
        raise TypeError("only NumPy arrays here")
    return cube(x)


def test_a_required_witness_that_never_answers_is_as_good_as_absent():
    rule = trial("t/numpy-only", numpy_only, cube_slope)
    found = run([rule], plan=Plan(Settings(4, sizes=(1, 2)), require=("jax",)))
    assert found.exit_code == 1
    assert "answered nothing" in summary(found)["messages"][-1]
    assert run([rule], plan=Plan(Settings(4, sizes=(1, 2)))).exit_code == 0


def test_an_absent_witness_is_in_the_record(without_jax):
    witnesses = {one["name"]: one for one in run([right()], **FEW).data["witnesses"]}
    assert witnesses["jax forward"] == {
        "name": "jax forward",
        "available": False,
        "detail": "No module named 'jax'",
    }
    assert witnesses["central"]["available"] is True


def test_broken_rules_are_rows_and_harm_no_other(without_jax):
    def fails(*_):
        raise RuntimeError("broken on purpose")

    broken = [
        trial("t/f", fails, cube_slope),
        trial("t/claim", cube, fails),
        trial("t/none", cube, lambda x: None),
        right("t/arrange", arrange=fails),
    ]
    record = run([right("t/first"), *broken, right("t/last")], **FEW)
    assert [check["id"] for check in record.checks] == [
        "t/first",
        *(rule.id for rule in broken),
        "t/last",
    ]
    verdicts = [check["verdict"] for check in record.checks]
    assert verdicts == ["pass", "inconclusive", "fail", "fail", "inconclusive", "pass"]
    messages = [check["message"] for check in record.checks[1:-1]]
    assert all("broken on purpose" in text or "NoneType" in text for text in messages)
    assert record.exit_code == 1


def but_environment(record):
    return json.dumps({name: item for name, item in record.data.items() if name != "environment"})


def test_the_same_seed_is_the_same_record_and_another_seed_is_not(without_jax):
    rules = ["elementwise/mul/wrt-w", "chain/vector/general"]
    first = run(rules, seed=3, **FEW)
    assert but_environment(run(rules, seed=3, **FEW)) == but_environment(first)
    assert [check["points"] for check in run(rules, seed=4, **FEW).checks] != [
        check["points"] for check in first.checks
    ]
    with ThreadPoolExecutor(2) as pool:
        assert but_environment(run(rules, seed=3, executor=pool, **FEW)) == but_environment(first)


def test_the_same_seed_is_the_same_record_with_every_witness():
    first, again = (run(["elementwise/mul/wrt-w"], seed=3, **FEW) for _ in range(2))
    assert but_environment(again) == but_environment(first)
    assert first.checks[0]["witnesses"]["jax reverse"]["answered"] == 4


def test_a_rule_has_its_points_whatever_else_is_checked(without_jax):
    alone = run([right()], **FEW).checks[0]
    among = run([wrong(), right(), right("trial/other")], **FEW)
    assert next(check for check in among.checks if check["id"] == "trial/right") == alone


def test_the_record_keeps_the_order_of_the_rules_and_formats(without_jax):
    record = run([wrong(), right()], dtypes=("float32", "float64"), **FEW)
    assert [(check["id"], check["dtype"]) for check in record.checks] == [
        ("trial/wrong", "float32"),
        ("trial/wrong", "float64"),
        ("trial/right", "float32"),
        ("trial/right", "float64"),
    ]


def test_only_a_run_of_misprints_lists_those_that_no_run_can_check(without_jax):
    assert run([right()], **FEW).data["not_checkable"] == []
    found = run([misprint("t/misprint", lambda x: -cube_slope(x))], **FEW).data["not_checkable"]
    assert len(found) == 60


def test_the_record_and_the_journal_are_written(tmp_path, without_jax):
    seen = []
    record = run([right(), wrong()], folder=tmp_path / "deep" / "er", on_check=seen.append, **FEW)
    folder = tmp_path / "deep" / "er"
    assert read_record(folder / "gradcheck.json") == record.data
    assert read_record(folder / "gradcheck.jsonl") == record.data
    assert [check["id"] for check in seen] == ["trial/right", "trial/wrong"]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_what_ends_a_run_early_leaves_what_was_done(tmp_path, without_jax, raised):
    (tmp_path / "gradcheck.json").write_text("an old green", encoding="utf-8")

    def stop(check):
        if check["id"] == "trial/wrong":
            raise raised("enough")

    with pytest.raises(raised):
        run([right(), wrong(), right("trial/never")], folder=tmp_path, on_check=stop, **FEW)
    for name in ("gradcheck.json", "gradcheck.jsonl"):
        record = read_record(tmp_path / name)
        assert record["complete"] is False
        assert record["summary"]["exit_code"] == 2
        assert [check["id"] for check in record["checks"]] == ["trial/right", "trial/wrong"]


def test_an_interrupt_in_the_middle_of_a_rule_is_not_a_result(tmp_path, without_jax):
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([right(), trial("t/interrupted", interrupted, cube_slope)], folder=tmp_path, **FEW)
    record = read_record(tmp_path / "gradcheck.json")
    assert [check["id"] for check in record["checks"]] == ["trial/right"]
    assert record["complete"] is False


@pytest.mark.parametrize(
    "facts",
    [
        {"examples": 0},
        {"examples": -1},
        {"examples": 2.5},
        {"examples": True},
        {"examples": "5"},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": None},
        {"dtypes": ()},
        {"dtypes": ("float16",)},
        {"dtypes": ("float64", "complex128")},
        {"dtypes": ("float64", "float64")},
        {"dtypes": "float64"},
        {"sizes": ()},
        {"sizes": (-1,)},
        {"sizes": (1, 2.5)},
        {"sizes": ("3",)},
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_named_before_anything_is_written(tmp_path, facts):
    (tmp_path / "gradcheck.json").write_text("yesterday's", encoding="utf-8")
    name = next(iter(facts)).removesuffix("s") if "dtypes" in facts else next(iter(facts))
    with pytest.raises(InvalidArgument, match=f"`{name}`: given"):
        run([right()], folder=tmp_path, **facts)
    assert (tmp_path / "gradcheck.json").read_text(encoding="utf-8") == "yesterday's"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("elementwise/*", "given 'elementwise/[*]', expected a list"),
        ([3], "given 3, expected a list of ids or rules"),
        ([None], "given None"),
        (["no/such/*"], "given 'no/such/[*]'"),
        ([right(), right()], "given 'trial/right', expected every id once"),
        ([right("elementwise/mul/wrt-w"), "elementwise/mul/*"], "expected every id once"),
    ],
    ids=["text", "number", "none", "nothing", "twice", "borrowed id"],
)
def test_rules_that_cannot_be_used_are_named(rules, words):
    with pytest.raises(InvalidArgument, match=words):
        run(rules, **FEW)


@pytest.mark.parametrize("place", ["a file", "a file/below", "/dev/null/below"])
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, place):
    (tmp_path / "a file").write_text("x", encoding="utf-8")
    with pytest.raises(InvalidArgument, match=r"`folder`: given .*expected a folder that can be written"):
        run([right()], folder=tmp_path / place, **FEW)
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "x"


def test_without_a_list_the_documents_rules_are_run(monkeypatch):
    seen = []
    monkeypatch.setattr(runner, "check_all", lambda rules, *_: iter(seen.extend(rules) or ()))
    run()
    assert len(seen) == 160 + 74 + 7


def test_the_self_test_counts_in_the_order_of_the_rules(without_jax):
    seen = []
    rules = [blurred_rule(), right(), misprint("t/misprint", lambda x: -cube_slope(x))]
    found = self_test(rules, points=6, on_rule=seen.append)
    assert [one["id"] for one in found] == ["trial/blurred", "trial/right"]
    assert [one["survivors"] for one in found] == [["one entry by 1e-6"], []]
    assert seen == found
    assert all(one["effective"] >= runner.FEWEST_MUTANTS for one in found)


def test_the_self_test_survives_a_broken_rule(without_jax):
    def fails(*_):
        raise RuntimeError("broken on purpose")

    found = self_test([right("t/arrange", arrange=fails), right()], points=4)
    assert "broken on purpose" in found[0]["message"]
    assert found[1]["killed"] > 0


def test_a_point_is_not_changed_by_being_judged(without_jax):
    point = at(x=[2.0])
    run([right()], **FEW)
    assert point.arguments["x"].tolist() == [2.0]
    assert np.array_equal(cube(np.array([2.0])), [8.0])
