"""What ``f`` returns must have the shape that the signature announces; otherwise f is to blame."""

from __future__ import annotations

import numpy as np
import pytest
from trial_rules import at, cube, cube_slope, trial

from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.signatures import broken_signature, extents_of
from gradcheck.results import Reason, Verdict


def any_of(*arrays):
    return arrays[0]


TWO = at(x=[1.5, 2.5])


def test_f_is_blamed_for_a_shape_that_the_signature_excludes():
    rule = trial("t/sum", lambda x: x.sum(), lambda x: np.eye(len(x)), "(n)->(n)")
    found = judge_point(rule, TWO)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.INCONSISTENT_OUTPUT)
    assert found.message == (
        "f returned shape () where the signature '(n)->(n)' says (2,) (n = 2); mend f or the signature"
    )


def test_the_claim_is_blamed_where_f_keeps_the_signature():
    found = judge_point(trial("t/row", cube, lambda x: np.ones((1, 2))), TWO)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)
    assert judge_point(trial("t/cube", cube, cube_slope), TWO).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("signature", "arguments", "shape", "fits"),
    [
        ("(k+p-1),(k)->(p)", {"x": np.zeros(4), "h": np.zeros(2)}, (3,), True),
        ("(k+p-1),(k)->(p)", {"x": np.zeros(4), "h": np.zeros(2)}, (2,), False),
        ("(n)->(m)", {"x": np.zeros(4)}, (7,), True),
        ("(n)->(m)", {"x": np.zeros(4)}, (), False),
        ("(n)->(3)", {"x": np.zeros(4)}, (3,), True),
        ("(n)->(3)", {"x": np.zeros(4)}, (4,), False),
        ("()->()", {"x": np.zeros(())}, (1,), False),
    ],
)
def test_every_kind_of_extent_is_compared(signature, arguments, shape, fits):
    names = " ".join(arguments)
    rule = trial("t/any", any_of, any_of, signature, names=names, wrt="x")
    assert (broken_signature(rule, at(**arguments), shape) == "") is fits


def test_sums_of_symbols_are_solved():
    rule = trial("t/conv", any_of, any_of, "(k+p-1),(k)->(p)", names="x h", wrt="x")
    assert extents_of(rule, at(x=np.zeros(6), h=np.zeros(2))) == {"k": 2, "p": 5}
