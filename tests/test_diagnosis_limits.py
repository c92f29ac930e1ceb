"""Two mistakes at once, and when nothing may be named."""

from __future__ import annotations

import re

import numpy as np
import pytest
from diagnosis_cases import BAR, SPREAD, WIDE, J, changed, named, perturbed

from gradcheck.compare import compare
from gradcheck.diagnosis import Mistake, diagnose, float32_note
from gradcheck.diagnosis.fitting import deepest
from gradcheck.errors import InvalidArgument
from gradcheck.results import Verdict

PAIRS = {
    "transpose, then factor 2": (2 * WIDE.T, WIDE, {Mistake.TRANSPOSE, Mistake.FACTOR}),
    "square transpose, then fitted factor": (1.37 * J.T, J, {Mistake.TRANSPOSE, Mistake.FACTOR}),
    "sign and one entry": (-changed((0, 1), 8.8), J, {Mistake.SIGN, Mistake.ENTRIES}),
    "roll and sign": (-np.roll(SPREAD, 2, axis=0), SPREAD, {Mistake.ROLLED, Mistake.SIGN}),
    "rolled both ways": (np.roll(SPREAD, (1, 2), axis=(0, 1)), SPREAD, {Mistake.ROLLED}),
    "row sign and entry": (
        changed((3, 1), 9.0, of=np.vstack([-SPREAD[:1], SPREAD[1:]])),
        SPREAD,
        {Mistake.SIGN, Mistake.ENTRIES},
    ),
    "factor and a NaN": (changed((0, 0), np.nan, of=3 * J), J, {Mistake.FACTOR, Mistake.NOT_FINITE}),
    "diagonal, then factor": (0.5 * np.diag(np.diag(J)), J, {Mistake.FACTOR, Mistake.DIAGONAL_ONLY}),
    "factor and a column sign": (1.37 * SPREAD * [1, -1, 1, 1, 1], SPREAD, {Mistake.FACTOR, Mistake.SIGN}),
}


@pytest.mark.parametrize("case", PAIRS)
def test_two_mistakes_are_named_together(case):
    claim, reference, mistakes = PAIRS[case]
    found = named(claim, reference)
    assert len(found.named[0].findings) == 2
    assert mistakes in [set(e.mistakes) for e in found.named]
    assert found.text.startswith("two mistakes: ")
    twin = named(np.where(np.isnan(claim), np.nan, perturbed(claim)), reference)
    assert mistakes not in [set(e.mistakes) for e in twin.named]


def test_the_mistake_made_last_is_told_first():
    found = named(-np.abs(J))
    assert found.named[0].mistakes == (Mistake.SIGN, Mistake.ABSOLUTE)
    assert found.text == (
        "two mistakes: the claim is the negative of the reference: wrong sign; "
        "that undone, the claim is the absolute value of the reference: signs lost"
    )


def test_equivalent_explanations_stand_together():
    rank_one = np.outer([1.0, 2.0, 5.0], [3.0, 0.7, 1.1])
    mistakes = {e.mistake for e in named(np.roll(rank_one, 1, axis=0), rank_one).named}
    assert Mistake.ROLLED in mistakes
    two = np.array([[2.0]])
    assert {Mistake.FACTOR, Mistake.SQUARED} <= {e.mistake for e in named(2 * two, two).named}
    assert {Mistake.SIGN} == {e.mistake for e in named(-two, two).named}
    text = named(2 * two, two).text
    assert "(the same for this matrix: " in text


def test_a_symmetric_jacobian_hides_its_transpose():
    symmetric = J + J.T
    assert (
        named(symmetric.T, symmetric).text
        == "the claim agrees with the reference: there is nothing to explain"
    )
    assert {e.mistake for e in named(-symmetric.T, symmetric).named} == {Mistake.SIGN}


def test_undecided_entries_are_left_out():
    reference = changed((0, 0), np.nan)
    found = diagnose(-J, reference, BAR * np.abs(J), np.where(np.isnan(reference), np.inf, BAR * np.abs(J)))
    assert found.named[0].mistake is Mistake.SIGN


def test_a_number_fitted_to_a_single_entry_explains_nothing():
    assert not named([[1.37]], [[1.0]]).named
    assert not named([[1.37, 0.0], [0.0, 5.0]], np.diag([1.0, 2.2])).named
    assert not named([[0.9, 1.37, 5.0]], [[1.0, 2.0, 3.0]]).named


def test_wide_bars_say_too_little_to_name_anything():
    reference, claim = np.array([[1.0]]), np.array([[2.0]])
    assert named(claim, reference).named
    assert not diagnose(claim, reference, 0.01, 0.01).named


@pytest.mark.parametrize("seed", range(40))
def test_unrelated_claims_are_not_named(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 7, size=2))
    reference, claim = rng.normal(size=(2, *shape)) * 10.0 ** rng.uniform(-2, 2, size=(2, *shape))
    zeros = rng.random(shape) < rng.choice([0.0, 0.5])
    found = named(np.where(zeros, 0.0, claim), np.where(zeros, 0.0, reference))
    assert not found.named or np.array_equal(zeros, np.ones(shape))


@pytest.mark.parametrize("seed", range(20))
def test_a_factor_is_undone_within_the_bars_whatever_they_are(seed):
    """The mistake is named, and undoing it by hand passes the comparison."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(4, 3)) * 10.0 ** rng.uniform(-2, 2, size=(4, 3))
    bar = np.abs(truth) * 10.0 ** rng.uniform(-13, -6, size=truth.shape)
    reference = truth + bar * rng.uniform(-0.99, 0.99, size=truth.shape)
    factor = rng.uniform(0.1, 9.0)
    claim, claim_bar = factor * truth * (1 + 1e-15), 1e-14 * np.abs(truth) * factor
    found = diagnose(claim, reference, claim_bar, bar).named[0]
    c = found.parameter
    assert found.mistake is Mistake.FACTOR
    assert compare(claim / c, claim_bar / c, reference, bar).verdict is Verdict.PASS
    assert compare(claim / (c * 1.01), claim_bar / c, reference, bar).verdict is Verdict.FAIL


def test_single_precision_is_named_and_noted():
    single = SPREAD.astype(np.float32)
    found = named(single, SPREAD)
    assert [e.mistake for e in found.named] == [Mistake.FLOAT32]
    assert found.text.startswith("the claim agrees to single precision only (relative difference up to ")
    assert float32_note(single, SPREAD).endswith("computed in float32")
    assert float32_note(SPREAD * (1 + 2e-7), SPREAD).endswith("or a finite difference")
    assert float32_note(SPREAD, SPREAD) is None
    assert float32_note(SPREAD * (1 + 1e-12), SPREAD) is None
    assert float32_note(single, SPREAD, 1e-6 * np.abs(SPREAD)) is None
    assert float32_note(SPREAD * (1 + 1e-5), SPREAD) is None
    assert float32_note(single[:2], SPREAD) is None
    one_entry = changed((1, 1), SPREAD[1, 1] * (1 + 5e-7), of=SPREAD)
    assert [e.mistake for e in named(one_entry, SPREAD).named] == [Mistake.ENTRIES]


def test_a_claim_that_is_nan_throughout_says_so():
    assert named(J * np.nan).text.startswith("9 entries are NaN or infinite ([0, 0], [0, 1]")


def test_an_unknown_shape_is_stated():
    assert named(np.ones((2, 5))).text == (
        "no known mistake explains it: the claim has shape (2, 5), expected (3, 3)"
    )


def test_large_matrices_are_searched_for_one_mistake_only():
    large = np.random.default_rng(1).normal(size=(101, 100))
    assert named(2 * large, large).named[0].mistake is Mistake.FACTOR
    found = named(-np.roll(large, 1, axis=0), large)
    assert not found.named
    assert not found.complete
    assert re.fullmatch(
        r"no known mistake explains it: off by \S+ to \S+ of the reference "
        r"\(combinations of two were not searched at this size\)",
        found.text,
    )


def test_unusable_arguments_are_refused():
    with pytest.raises(InvalidArgument, match=r"`reference`: given \(3,\)"):
        diagnose(J, J[0], 0.0, 0.0)
    with pytest.raises(InvalidArgument, match=r"`claim_error`: given \(2,\), expected shape \(3, 3\)"):
        diagnose(J, J, np.zeros(2), 0.0)


def test_the_deepest_point_is_not_moved_by_a_minority():
    low = np.array([0.0, 0.5, 0.9, 7.0, -4.0])
    fit = deepest(low, low + 1.0)
    assert (fit.low, fit.high, fit.depth) == (0.9, 1.0, 3)
    assert not deepest(np.array([]), np.array([])).usable


def test_odd_shapes_and_numbers_that_are_not_finite_never_raise():
    rng = np.random.default_rng(3)
    shapes = [
        (),
        (0,),
        (1,),
        (3,),
        (0, 3),
        (3, 0),
        (3, 3),
        (2, 3),
        (6, 3),
        (3, 6),
        (2, 3, 3),
        (1, 1, 9),
        (4, 4),
    ]
    strange = [0.0, np.nan, np.inf, -np.inf, 1e308, 5e-324, -1.0, 2.0]
    for claimed in shapes:
        for expected in [(3, 3), (1, 3), (3, 1), (0, 3), (1, 1)]:
            for _ in range(3):
                claim, reference = rng.choice(strange, size=claimed), rng.choice(strange, size=expected)
                error = rng.choice([0.0, 1e-9, np.inf, np.nan], size=expected)
                found = diagnose(claim, reference, 1e-12, error)
                assert all(e.residual <= 1 for e in found.named)


def test_a_mistake_without_a_name_is_told_its_size():
    unknown = J * (1 + 1e-3 * np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0], [7.0, -8.0, 9.0]]))
    assert named(unknown).text == "no known mistake explains it: off by 0.001 to 0.009 of the reference"
    assert (
        named([[2.0]], np.array([[7.0]])).text == "no known mistake explains it: off by 0.71 of the reference"
    )
    beside = np.array([[1.5, 0.0, 0.75]])
    assert named([[1.7, 0.25, -0.6]], beside).text == (
        "no known mistake explains it: off by 0.13 to 1.8 of the reference, and 0.25 where the reference is 0"
    )


def test_one_number_is_no_factor_of_another_but_a_familiar_one_is():
    one = np.array([[7.3, 0.0, 0.0]])
    assert not named(0.217958 * one, one).named
    assert [e.mistake for e in named(-one, one).named] == [Mistake.SIGN]
    assert Mistake.FACTOR in {e.mistake for e in named(np.pi / 180 * one, one).named}
    two = np.array([[7.3, 1.1, 0.0]])
    assert named(0.217958 * two, two).text == "the claim is 0.217958 times the reference: factor 0.217958"
    # A row of its own number each is no diagonal factor where the rows are single numbers.
    mixed = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]])
    told = named(np.array([[1.3], [0.217958]]) * mixed, mixed).text
    assert "own factor" not in told
    assert "0.217958 times" not in told


def test_wrong_entries_are_told_as_they_were_claimed():
    claim = changed((1, 2), 6.1, of=1.37 * J)
    found = named(claim)
    assert found.named[0].mistakes == (Mistake.FACTOR, Mistake.ENTRIES)
    assert "entry [1, 2]: claimed 6.1, reference -7.5" in found.text
    assert "claimed 6.1," not in named(changed((1, 2), 6.1, of=1.37 * J) * 1.001).text


def test_digits_suffice_to_tell_the_claim_from_the_reference():
    assert "claimed 4.0000001, reference 4" in named(changed((1, 0), 4.0000001)).text
    spread = 1.0 + 3e-8
    text = diagnose(J * spread, J, BAR, BAR).text
    assert text.startswith("the claim agrees to single precision only")
    wide = diagnose(np.tile(J, (1, 2)) * (1 + 3e-6), np.tile(J, (1, 2)), BAR, BAR).text
    assert wide == "the claim is 1.000003 times the reference: factor 1.000003"


def test_pairs_of_mistakes_are_not_strung_together():
    rng = np.random.default_rng(3)
    for _ in range(40):
        reference = rng.integers(1, 4, size=(2, 2)).astype(float)
        text = named(rng.integers(1, 4, size=(2, 2)).astype(float), reference).text
        assert text.count("two mistakes") <= 2
        assert not (text.count("two mistakes") and not text.startswith("two mistakes"))


def test_an_infinite_claim_is_off_however_wide_its_own_bar():
    J = np.array([[1.0, 2.0]])
    claim = np.array([[1.0, np.inf]])
    found = diagnose(claim, J, np.array([[1e-9, np.inf]]), 1e-9)
    assert found.text.startswith("entry [0, 1] is NaN or infinite")
