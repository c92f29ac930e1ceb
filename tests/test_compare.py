"""Two derivatives compared entry by entry: no norm, no broadcasting, and NaN never agrees."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gradcheck.compare import compare
from gradcheck.results import Reason, Verdict

SHAPES = [(), (1,), (2,), (2, 1), (1, 2), (2, 2), (1, 1), (0, 2), (2, 0), (0, 0), (1, 1, 1), (4,), (1, 2, 2)]


def said(claim, reference, *, claim_bar=0.0, bar=0.0):
    claim, reference = np.array(claim, float), np.array(reference, float)
    return compare(
        claim,
        np.broadcast_to(np.array(claim_bar, float), claim.shape),
        reference,
        np.broadcast_to(np.array(bar, float), reference.shape),
    )


def test_agreement_is_within_both_bars_and_not_beyond():
    assert said([[1.5]], [[1.0]], claim_bar=0.25, bar=0.25).verdict is Verdict.PASS
    assert said([[1.5]], [[1.0]], claim_bar=0.25, bar=0.2499).verdict is Verdict.FAIL
    assert said([[1.0]], [[1.0]]).verdict is Verdict.PASS
    assert said([[np.nextafter(1.0, 2.0)]], [[1.0]]).verdict is Verdict.FAIL


def test_one_wrong_entry_among_many_fails_and_is_named():
    reference = np.ones((30, 40))
    claim = reference.copy()
    claim[17, 23] += 1e-6
    found = said(claim, reference, bar=1e-9)
    assert found.verdict is Verdict.FAIL
    assert found.reason is Reason.DISAGREES
    assert found.index == (17, 23)
    assert np.argwhere(found.wrong).tolist() == [[17, 23]]
    assert "1 of 1200 entries differ; worst at [17, 23]" in found.message
    assert said(reference, reference, bar=1e-9).verdict is Verdict.PASS


def test_small_and_large_entries_are_judged_each_by_its_own_bar():
    reference, bar = np.array([[1e-8, 1e8]]), np.array([[1e-16, 1.0]])
    assert compare(np.array([[2e-8, 1e8]]), 0 * bar, reference, bar).index == (0, 0)
    assert compare(np.array([[1e-8, 1e8 + 0.5]]), 0 * bar, reference, bar).verdict is Verdict.PASS


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(SHAPES, 2)))
def test_no_two_shapes_are_ever_broadcast(one, other):
    found = said(np.ones(one), np.ones(other), claim_bar=np.inf, bar=np.inf)
    assert found.verdict is Verdict.FAIL
    assert found.reason is Reason.WRONG_SHAPE
    assert str(one) in found.message
    assert str(other) in found.message
    assert found.index is None
    assert found.largest_ratio == 0.0


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_shapes_are_compared(shape):
    assert said(np.ones(shape), np.ones(shape)).verdict is Verdict.PASS


@pytest.mark.parametrize("claim_bar", [0.0, 1.0, np.inf, np.nan])
@pytest.mark.parametrize("bar", [0.0, 1.0, 1e300])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_claim_that_is_not_finite_never_passes_whatever_the_bars(value, bar, claim_bar):
    found = said([[0.0, value]], [[0.0, 0.0]], claim_bar=[[0.0, claim_bar]], bar=bar)
    assert found.verdict is Verdict.FAIL
    assert found.reason is Reason.NOT_FINITE
    assert found.index == (0, 1)
    assert found.largest_ratio == np.inf


def test_a_claim_whose_own_bar_is_nan_never_passes():
    assert said([[1.0]], [[1.0]], claim_bar=np.nan, bar=1.0).verdict is Verdict.FAIL
    assert said([[1.0]], [[1.0]], claim_bar=0.0, bar=1.0).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("reference", "bar", "claim_bar"),
    [(np.nan, 0.0, 0.0), (np.nan, np.inf, 0.0), (1.0, np.inf, 0.0), (1.0, np.nan, 0.0), (1.0, 0.0, np.inf)],
)
def test_without_a_usable_answer_on_both_sides_an_entry_is_undecided(reference, bar, claim_bar):
    found = said([[1.0, 2.0]], [[reference, 2.0]], claim_bar=[[claim_bar, 0.0]], bar=[[bar, 0.0]])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.decided.tolist() == [[False, True]]
    assert np.isnan(found.ratio[0, 0])
    assert found.index == (0, 1)
    assert found.message == ""


def test_a_wrong_entry_outweighs_an_undecided_one():
    found = said([[1.0, 3.0]], [[np.nan, 2.0]], bar=[[np.inf, 0.5]])
    assert found.verdict is Verdict.FAIL
    assert found.index == (0, 1)


def test_nothing_decided_has_no_worst_entry():
    found = said([[1.0]], [[np.nan]], bar=np.inf)
    assert found.index is None
    assert found.largest_ratio == 0.0


def test_an_empty_matrix_agrees_with_an_empty_one():
    found = said(np.zeros((0, 3)), np.zeros((0, 3)))
    assert found.verdict is Verdict.PASS
    assert found.index is None


def test_the_worst_entry_is_the_one_with_the_largest_ratio_not_the_largest_difference():
    found = compare(
        np.array([[1.0, 110.0]]), np.zeros((1, 2)), np.array([[0.0, 100.0]]), np.array([[0.1, 5.0]])
    )
    assert found.index == (0, 0)
    assert found.largest_ratio == pytest.approx(10.0)
    assert found.difference.tolist() == [[1.0, 10.0]]
    assert found.allowed.tolist() == [[0.1, 5.0]]


def test_exact_agreement_without_any_bar_has_ratio_zero():
    assert said([[0.0]], [[0.0]]).largest_ratio == 0.0


def test_an_overflowing_difference_is_wrong_not_undecided():
    found = said([[1.7e308]], [[-1.7e308]], bar=1.0)
    assert found.verdict is Verdict.FAIL
    assert found.largest_ratio == np.inf
