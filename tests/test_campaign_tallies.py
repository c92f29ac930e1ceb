"""Counts, worst cases and rows: what the record keeps of the judged points."""

from __future__ import annotations

import json

import numpy as np
import pytest
from trial_rules import at, cube, cube_slope, relu_rule, right, trial

from gradcheck.campaign import tallies
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.sampling import Settings, draw_points
from gradcheck.campaign.tallies import Judged, inputs_to_json, point_from_json, point_row
from gradcheck.domains import Stratum
from gradcheck.journal import encode, violation
from gradcheck.results import Verdict
from gradcheck.selection import find_rule

PASS = (Verdict.PASS,)


def judged(rule, *points, expected=PASS):
    return [Judged(number, one, judge_point(rule, one), expected) for number, one in enumerate(points)]


def off(size):
    """Return a rule whose derivative is off by ``size`` in its last entry."""

    def claim(x):
        wrong = cube_slope(x)
        wrong[-1, -1] *= 1 + size
        return wrong

    return trial("t/off", cube, claim)


def test_a_point_has_an_identity_by_which_it_is_replayed():
    assert tallies.point_id(right(), "float32", 17) == "trial/right@float32#17"


@pytest.mark.parametrize(
    "value",
    [
        3.5,
        [],
        [1.0, -0.0, 2.0**-1074],
        [[1.0, 2.0]],
        np.zeros((0, 3)),
        np.zeros((2, 0)),
        [np.nan, np.inf, -np.inf],
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_inputs_survive_the_record_bit_for_bit(value, dtype):
    rule = right()
    point = at(Stratum.EDGE, x=np.array(value).astype(dtype))
    row = json.loads(json.dumps(encode(inputs_to_json(rule, point) | {"stratum": "edge"})))
    again = point_from_json(rule, row, dtype)
    assert again.stratum is Stratum.EDGE
    assert again.arguments["x"].dtype == dtype
    assert again.arguments["x"].shape == np.shape(value)
    assert again.arguments["x"].tobytes() == point.arguments["x"].astype(dtype).tobytes()


def test_generated_functions_survive_the_record():
    rule = find_rule("elementwise/general/diag-wrt-w")
    for one in draw_points(rule, Stratum.SMOOTH, 8, Settings()):
        row = json.loads(json.dumps(encode(inputs_to_json(rule, one) | {"stratum": "smooth"})))
        again = point_from_json(rule, row, "float64")
        assert {name: str(f) for name, f in again.functions.items()} == row["functions"]
        before, after = judge_point(rule, one), judge_point(rule, again)
        assert before.testimonies[0].value.tobytes() == after.testimonies[0].value.tobytes()


def test_an_unexpected_verdict_is_one_that_the_stratum_does_not_list():
    (one,) = judged(off(1.0), at(x=[1.0, 2.0]))
    assert one.unexpected
    one.expected = (Verdict.PASS, Verdict.FAIL)
    assert not one.unexpected


def test_strata_count_each_verdict_once():
    points = [at(x=[1.0]), at(x=[0.0]), at(Stratum.EDGE, x=[2.0])]
    found = tallies.strata_of(judged(off(0.5), *points))
    assert found == [
        {"stratum": "smooth", "expected": ["pass"], "points": 2, "pass": 1, "fail": 1, "inconclusive": 0}
        | {"unexpected": 1},
        {"stratum": "edge", "expected": ["pass"], "points": 1, "pass": 0, "fail": 1, "inconclusive": 0}
        | {"unexpected": 1},
    ]


def test_witnesses_are_counted_by_whether_they_answered():
    rule = trial("t/abs", lambda x: np.abs(x), lambda x: np.diag(np.sign(x)))
    found = tallies.witnesses_of(judged(rule, at(x=[1.0]), at(Stratum.KINK, x=[0.0])))
    assert found["central"] == {"answered": 1, "unanswered": 1, "note": found["central"]["note"]}
    assert "one-sided derivatives differ" in found["central"]["note"]
    assert found["closed form"] == {"answered": 2, "unanswered": 0, "note": ""}


def test_pairs_keep_the_largest_error_against_its_bar():
    points = [at(x=[1.0, 1.0]), at(x=[1.0, 2.0]), at(x=[1.0, 0.5])]
    rows = {tuple(row["witnesses"]): row for row in tallies.pairs_of(judged(off(1e-3), *points))}
    row = rows["closed form", "complex step"]
    assert (row["points"], row["agree"], row["disagree"], row["undecided"]) == (3, 0, 3, 0)
    assert row["largest_ratio"] > 1
    assert row["largest_ratio"] == pytest.approx(row["largest_error"] / row["bar"])
    honest = rows["central", "complex step"]
    assert (honest["agree"], honest["disagree"]) == (3, 0)
    assert honest["largest_ratio"] <= 1


def test_the_largest_error_names_its_pair_point_and_entry():
    found = tallies.largest_of(off(1e-3), "float64", judged(off(1e-3), at(x=[0.0, 0.0]), at(x=[1.0, 2.0])))
    assert found["index"] == [1, 1]
    assert found["point"] == "t/off@float64#1"
    assert found["pair"][0] == "closed form"
    assert found["ratio"] > 1
    assert tallies.largest_of(right(), "float64", judged(right(), at(x=[1.0])))["ratio"] <= 1
    assert tallies.largest_of(right(), "float64", []) is None


def test_what_would_have_been_caught_counts_passed_points_alone():
    rule = off(0.5)
    found = tallies.detectable_of(rule, "float64", judged(rule, at(x=[1.0, 0.0]), at(x=[1.0, 2.0])))
    assert found["point"] == "t/off@float64#0"
    assert 0 < found["median"] <= found["worst"] < 1e-9
    assert tallies.detectable_of(rule, "float64", judged(rule, at(x=[1.0, 2.0]))) is None
    assert tallies.detectable_of(right(), "float64", judged(right(), at(x=[]))) is None


def test_conventions_are_told_once_for_a_stratum():
    rule = relu_rule()
    points = [at(x=[1.0]), at(Stratum.KINK, x=[0.0]), at(Stratum.KINK, x=[0.0, 1.0])]
    found = tallies.conventions_of(rule, "float64", judged(rule, *points))
    assert {row["point"] for row in found} == {"trial/relu@float64#1"}
    assert [row["witness"] for row in found] == ["closed form", "central", "complex step"]


def test_a_row_is_what_the_schema_says():
    (one,) = judged(right(), at(x=[1.0, np.nan]))
    assert violation(encode(point_row(right(), "float64", one)), "point") is None
