"""One recorded point judged again."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
from trial_rules import cube, cube_slope, right, trial, wrong

from gradcheck import replay as replaying
from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Availability
from gradcheck.cli import main
from gradcheck.errors import GradcheckError, InvalidArgument
from gradcheck.replay import replay
from gradcheck.rules.registry import Group
from gradcheck.runner import run

GENERATED = "elementwise/general/diag-wrt-w"
KINKED = "elementwise/max/wrt-w"


@pytest.fixture(autouse=True)
def _without_jax(monkeypatch):
    monkeypatch.setattr(JaxWitness, "available", lambda self: Availability(False, "absent in these tests"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Record a small run of right and wrong rules once."""
    folder = tmp_path_factory.mktemp("reports")
    misprint = trial(
        "t/misprint", cube, lambda x: -cube_slope(x), right=cube_slope, group=Group.ERRATUM, printed="-"
    )
    rules = {rule.id: rule for rule in (right(), wrong(), misprint)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JaxWitness, "available", lambda self: Availability(False, "absent in these tests"))
        run(
            [*rules.values(), GENERATED, KINKED],
            examples=10,
            sizes=(0, 1, 2),
            folder=folder,
            dtypes=("float64", "float32"),
        )
    return folder, rules


@pytest.fixture
def judged(recorded, monkeypatch):
    """Return a function that replays; the trial rules can be found while it does."""
    folder, rules = recorded
    known = replaying.find_rule
    monkeypatch.setattr(replaying, "find_rule", lambda rule_id: rules.get(rule_id) or known(rule_id))
    return lambda identity, place=folder: replay(identity, place)


def rows(recorded, rule_id, dtype="float64"):
    record = json.loads((recorded[0] / "gradcheck.json").read_text(encoding="utf-8"))
    return next(check for check in record["checks"] if (check["id"], check["dtype"]) == (rule_id, dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rule_id", ["trial/right", "trial/wrong", GENERATED, KINKED])
def test_every_recorded_point_has_the_verdict_it_had(recorded, judged, rule_id, dtype):
    check = rows(recorded, rule_id, dtype)
    for row in check["points"]:
        text, code = judged(row["id"])
        stratum = next(one for one in check["strata"] if one["stratum"] == row["stratum"])
        assert text.startswith(row["verdict"].upper())
        assert code == (0 if row["verdict"] in stratum["expected"] else 1)


def test_a_shrunk_failure_is_replayed_and_is_exit_code_1(judged):
    text, code = judged("trial/wrong@float64#shrunk")
    assert code == 1
    assert "x = [1]" in text
    assert re.search(r"closed form +-3 ", text)
    assert re.search(r"central +3 .*DIFFERS", text)
    assert "likely mistake: the claim is the negative of the reference" in text
    assert "-3" in text


def test_a_counterexample_is_replayed_and_is_exit_code_0(recorded, judged):
    text, code = judged("t/misprint@float64#shrunk")
    assert code == 0
    assert text.startswith("FAIL")
    passing = [row["id"] for row in rows(recorded, "t/misprint")["points"] if row["verdict"] == "pass"]
    assert passing
    assert all(judged(identity)[1] == 1 for identity in passing)


def test_a_point_at_a_kink_tells_every_convention(recorded, judged):
    kink = next(row for row in rows(recorded, KINKED)["points"] if row["stratum"] == "kink")
    text, code = judged(kink["id"])
    assert code == 0
    for witness in ("closed form", "central", "complex step"):
        assert re.search(rf"^  {witness} ", text, re.MULTILINE)
    assert "central: no derivative, one-sided " in text
    assert "complex step: refused: " in text


def test_a_verdict_that_changed_is_told(recorded, judged, tmp_path):
    record = json.loads((recorded[0] / "gradcheck.json").read_text(encoding="utf-8"))
    for check in record["checks"]:
        for row in check["points"]:
            row["verdict"] = "fail"
    (tmp_path / "gradcheck.json").write_text(json.dumps(record), encoding="utf-8")
    text, code = judged("trial/right@float64#1", tmp_path)
    assert "the record says FAIL, now it is PASS" in text
    assert code == 0
    assert "the record says" not in judged("trial/right@float64#1")[0]


def test_a_rule_that_takes_other_arguments_by_now_is_told(judged, monkeypatch):
    other = trial("trial/right", lambda x, y: x * y, lambda x, y: np.diag(y), "(n),(n)->(n)", names="x y")
    monkeypatch.setattr(replaying, "find_rule", lambda rule_id: other)
    with pytest.raises(InvalidArgument, match=r"a point with \['x'\].*run the rule again"):
        judged("trial/right@float64#1")


def test_the_module_of_a_rule_that_is_not_loaded_is_named(recorded, tmp_path):
    record = json.loads((recorded[0] / "gradcheck.json").read_text(encoding="utf-8"))
    for check in record["checks"]:
        check["module"] = "their_rules"
    (tmp_path / "gradcheck.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InvalidArgument, match="add --module their_rules"):
        replay("trial/right@float64#0", tmp_path)


def test_the_record_may_be_named_by_its_folder_its_file_or_its_journal(recorded, judged):
    folder, _ = recorded
    texts = {
        judged("trial/right@float64#0", place)
        for place in (folder, folder / "gradcheck.json", folder / "gradcheck.jsonl")
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("identity", "hint"),
    [
        ("trial/right@float64#999", "its points are trial/right@float64#0 to trial/right@float32#"),
        ("trial/right", "its points are trial/right@float64#0"),
        ("trial/right@float64#shrunk", "its points are"),
        ("no/such@float64#0", "run the rule first"),
        ("", "run the rule first"),
    ],
)
def test_an_unknown_point_is_an_error_with_a_hint(judged, identity, hint):
    with pytest.raises(InvalidArgument, match=f"`ID`: given '{identity}'.*{hint}"):
        judged(identity)


def test_without_a_record_there_is_nothing_to_replay(judged, tmp_path):
    with pytest.raises(GradcheckError, match="cannot be read"):
        judged("trial/right@float64#0", tmp_path)
    (tmp_path / "gradcheck.json").write_text("{}", encoding="utf-8")
    with pytest.raises(GradcheckError, match="not 'gradcheck'"):
        judged("trial/right@float64#0", tmp_path)


def test_a_rule_that_is_gone_is_named(recorded):
    with pytest.raises(InvalidArgument, match="`RULE`: given 'trial/right'"):
        replay("trial/right@float64#0", recorded[0])


def test_modules_are_imported_first(recorded, tmp_path, monkeypatch):
    (tmp_path / "rules_to_replay.py").write_text("LOADED = True\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    replay(f"{GENERATED}@float64#0", recorded[0], ("rules_to_replay",))
    assert sys.modules.pop("rules_to_replay").LOADED
    with pytest.raises(InvalidArgument, match="given 'zzzz_missing'"):
        replay(f"{GENERATED}@float64#0", recorded[0], ("zzzz_missing",))


def test_a_journal_cut_short_can_be_replayed(recorded, judged, tmp_path):
    text = (recorded[0] / "gradcheck.jsonl").read_text(encoding="utf-8")
    (tmp_path / "gradcheck.jsonl").write_text(text[: text.index('"trial/wrong"')], encoding="utf-8")
    assert judged("trial/right@float64#0", tmp_path / "gradcheck.jsonl")[1] == 0
    with pytest.raises(InvalidArgument):
        judged("trial/wrong@float64#0", tmp_path / "gradcheck.jsonl")


@pytest.mark.parametrize("place", [[], ["--report", "elsewhere"]])
def test_a_command_pasted_where_no_record_lies_says_how_to_name_it(tmp_path, monkeypatch, capsys, place):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", "trial/right@float64#0", *place]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"gradcheck: {place[-1] if place else 'reports'}: cannot be read")
    assert told.endswith("of a run with --report DIR\n")
