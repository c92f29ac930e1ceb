"""A campaign inside a test of Hypothesis finds what it finds anywhere."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_rules import cube, cube_slope, right, trial, wrong

from gradcheck.campaign.apart import outside_given
from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.sampling import Settings
from gradcheck.campaign.selftest import examine_rule
from gradcheck.journal import encode
from gradcheck.runner import run

FEW = Settings(examples=6)


@settings(max_examples=3)
@given(st.integers(1, 5))
def test_a_campaign_may_run_inside_a_property(factor):
    scaled = trial("t/scaled", lambda x: factor * cube(x), lambda x: factor * cube_slope(x))
    assert run([scaled], examples=6).exit_code == 0


@settings(max_examples=2)
@given(st.booleans())
def test_a_failure_is_still_shrunk_there(drawn):
    assert drawn in (True, False)
    (check,) = run([wrong()], examples=6).data["checks"]
    assert check["failures"][0]["inputs"] == {"x": [1.0]}
    assert check["failures"][0]["diagnosis"].endswith("wrong sign")


def test_what_is_found_is_the_same_inside_and_outside():
    found = []

    @settings(max_examples=1, database=None)
    @given(st.just(0))
    def inside(_):
        found.append((encode(check_rule(right(), "float64", FEW, None)), examine_rule(right(), FEW)))

    inside()
    outside = encode(check_rule(right(), "float64", FEW, None)), examine_rule(right(), FEW)
    assert json.dumps(found[-1]) == json.dumps(outside)


def test_nothing_moves_to_another_thread_without_need():
    assert outside_given(threading.current_thread) is threading.current_thread()


@settings(max_examples=1, database=None)
@given(st.just(0))
def test_what_is_raised_there_is_raised_here(drawn):
    assert drawn == 0
    with pytest.raises(ZeroDivisionError):
        outside_given(lambda: 1 / 0)
