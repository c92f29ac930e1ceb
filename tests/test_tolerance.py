"""The arithmetic of the error model: budgets, and what a check would have caught."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.tolerance import (
    FEW_EPS,
    Detectable,
    budget,
    detectable,
    eps_of,
    max_detectable,
    rounding_floor,
)

DTYPES = ("float64", "float32", "float16")


def of(reference, bar, claim_bar=None, substitute=None, claim=None):
    reference, bar = np.array(reference, float), np.array(bar, float)
    claim_bar = np.zeros_like(bar) if claim_bar is None else np.array(claim_bar, float)
    claim = reference if claim is None else np.array(claim, float)
    substitute = None if substitute is None else np.array(substitute, float)
    return detectable(claim, claim_bar, reference, bar, substitute)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eps_is_the_spacing_at_one(dtype):
    assert eps_of(dtype) == float(np.finfo(dtype).eps)


def test_an_unknown_format_has_no_eps():
    with pytest.raises(KeyError):
        eps_of("float8")


def test_bfloat16_has_eight_bits():
    assert eps_of("bfloat16") == 2.0**-7
    assert max_detectable("bfloat16") == max_detectable("float16")


def test_the_limit_widens_only_with_the_format():
    assert [max_detectable(dtype) for dtype in DTYPES] == [1e-3, 1e-2, 5e-2]


@pytest.mark.parametrize("size", [1, 10_000])
def test_no_tolerance_grows_with_the_array(size):
    row = np.full((1, size), 3.0)
    assert np.all(rounding_floor(row, "float64") == FEW_EPS * 2.0**-52 * 3.0)
    assert of(row, 1e-9 * row).worst() == pytest.approx(2e-9)


def test_a_floor_is_relative_and_nothing_is_granted_to_zero():
    assert rounding_floor(np.array([[-4.0, 0.0]]), "float32").tolist() == [[FEW_EPS * 2.0**-23 * 4.0, 0.0]]


def test_a_budget_is_the_sum_of_both_bars():
    assert budget(np.array([[1.0, np.inf]]), np.array([[2.0, 0.0]])).tolist() == [[3.0, np.inf]]


def test_an_entry_is_measured_by_itself():
    found = of([[2.0, 100.0]], [[1e-3, 1e-3]], [[0.0, 2e-3]])
    np.testing.assert_allclose(found.relative, [[2e-3 / 2, 4e-3 / 100]])
    np.testing.assert_allclose(found.absolute, [[2e-3, 4e-3]])
    assert not found.apart.any()


def test_a_zero_entry_is_measured_by_the_largest_of_its_own_row():
    found = of([[0.0, 10.0], [0.0, 1000.0]], [[1e-3, 0.0], [1e-3, 0.0]])
    np.testing.assert_allclose(found.relative[:, 0], [2e-4, 2e-6])
    assert found.apart.tolist() == [[True, False], [True, False]]


def test_an_entry_below_its_own_rounding_is_measured_by_its_row():
    found = of([[1e-9, 10.0]], [[1e-3, 0.0]])
    assert found.apart.tolist() == [[True, False]]
    assert found.relative[0, 0] == pytest.approx(2e-4)
    # Just above it, by itself: the twin of the entry above.
    assert of([[2.1e-3, 10.0]], [[1e-3, 0.0]]).relative[0, 0] == pytest.approx(2e-3 / 2.1e-3)


def test_an_entry_below_its_rounding_is_measured_by_itself_where_f_can_show_it():
    claim, reference, bar = (
        np.array([[2e-3, 0.0, 10.0]]),
        np.array([[1e-3, 1e-3, 10.0]]),
        np.full((1, 3), 4e-3),
    )
    none = np.zeros((1, 3))
    shown = detectable(claim, none, reference, bar, shown=np.full((1, 3), 1e-3))
    np.testing.assert_allclose(shown.relative, [[4.0, 8e-4, 8e-4]])
    assert shown.apart.tolist() == [[True, True, False]]
    # Its twins: what f cannot show, and what nothing is known of, is measured by the row.
    for unknown in (np.full((1, 3), 3e-3), None):
        found = detectable(claim, none, reference, bar, shown=unknown)
        np.testing.assert_allclose(found.relative, [[8e-4, 8e-4, 8e-4]])


def test_a_row_of_zeros_is_measured_by_the_substitute():
    found = of([[0.0, 0.0]], [[1e-3, 2e-3]], substitute=[50.0])
    np.testing.assert_allclose(found.relative, [[4e-5, 8e-5]])
    assert found.worst_index() == (0, 1)


def test_an_entry_of_its_own_row_goes_before_the_substitute():
    assert of([[0.0, 10.0]], [[1e-3, 0.0]], substitute=[1e9]).relative[0, 0] == pytest.approx(2e-4)


def test_a_function_that_is_zero_throughout_has_an_absolute_number_and_is_not_weak():
    found = of([[0.0]], [[7.0]], substitute=[0.0])
    assert np.isnan(found.relative).all()
    assert found.absolute.tolist() == [[14.0]]
    assert found.worst() == 0.0
    assert found.worst_index() is None


@pytest.mark.parametrize("bar", [np.nan, np.inf])
@pytest.mark.parametrize("reference", [[[0.0]], [[5.0]]])
@pytest.mark.parametrize("substitute", [None, [3.0], [0.0]])
def test_a_bar_that_is_no_number_hides_any_error(bar, reference, substitute):
    for bars in ({"bar": [[bar]]}, {"bar": [[0.0]], "claim_bar": [[bar]]}):
        found = of(reference, substitute=substitute, **bars)
        assert found.worst() == np.inf
        assert not found.worst() <= max_detectable("bfloat16")


def test_the_worst_entry_is_named():
    found = of([[1.0, 1.0], [1.0, 1.0]], [[1e-9, 1e-9], [1e-5, 1e-9]])
    assert found.worst_index() == (1, 0)
    assert found.worst() == pytest.approx(2e-5)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_an_empty_matrix_has_nothing_to_miss(shape):
    empty = np.zeros(shape)
    found = detectable(empty, empty, empty, empty, np.ones(shape[0]))
    assert found.relative.shape == shape
    assert found.worst() == 0.0
    assert found.worst_index() is None


def test_an_error_of_the_detectable_size_is_caught_and_a_tenth_of_it_may_be_missed():
    reference, bar, own = np.array([[3.0]]), np.array([[1e-6]]), np.array([[1e-7]])
    size = float(detectable(reference, own, reference, bar).absolute[0, 0])
    worst_case = reference + 1e-6
    assert abs(reference + 1.01 * size - worst_case) > budget(bar, own)
    assert abs(reference + 0.1 * size - worst_case) <= budget(bar, own)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.9, 1.0])
def test_a_mistake_of_the_detectable_size_is_caught_against_the_claims_own_rounding(share, sign):
    reference, bar, own = np.array([[3.0]]), np.array([[1e-9]]), np.array([[1e-6]])
    rounding = share * sign * budget(bar, own)
    size = float(detectable(reference + rounding, own, reference, bar).absolute[0, 0])
    opposite = reference + rounding - sign * 1.001 * size
    assert abs(opposite - reference) > budget(bar, own)
    # Its twin: by the budget and one bar alone, the size would be stated too small.
    too_small = float((own + 2.0 * bar)[0, 0])
    hidden = reference + rounding - sign * 1.001 * too_small
    assert (abs(hidden - reference) <= budget(bar, own)).item() is (share >= 0.2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_what_passed_hides_no_mistake_above_the_detectable_size(share):
    """The claim is right plus a mistake; its rounding and the reference's error take most of it away."""
    truth, bar, own = np.array([[3.0]]), np.array([[1e-7]]), np.array([[1e-6]])
    for mistake in np.linspace(-2.2e-6, 2.2e-6, 45):
        for rounding in (-own, 0 * own, own):
            for off in (-bar, 0 * bar, bar):
                claim, reference = truth + mistake + share * rounding, truth + share * off
                if abs(claim - reference) <= budget(bar, own):
                    assert abs(mistake) <= detectable(claim, own, reference, bar).absolute


@pytest.mark.parametrize("claim", [5.0, np.nan, np.inf, -np.inf])
def test_a_claim_that_was_caught_takes_nothing_from_what_would_have_been(claim):
    bars = {"bar": [[1e-6]], "claim_bar": [[1e-7]]}
    assert of([[3.0]], claim=[[claim]], **bars).worst() == of([[3.0]], **bars).worst()
    # Its twin: a difference that passes does.
    assert of([[3.0]], claim=[[3.0 + 1.05e-6]], **bars).worst() > of([[3.0]], **bars).worst()


def test_a_large_mistake_does_not_put_its_entry_among_those_below_rounding():
    found = of([[1.0, 1e9]], [[0.0, 0.0]], [[0.6, 0.0]], claim=[[1.5, 1e9]])
    assert found.relative[0, 0] == pytest.approx(1.1)
    assert not found.apart.any()


def test_where_the_rounding_is_known_the_mistake_itself_is_counted():
    reference, own, none = np.array([[1.0]]), np.array([[0.04]]), np.zeros((1, 1))
    rounded, mistaken = reference + 0.02, reference - 0.03
    right = detectable(rounded, own, reference, none, unrounded=reference)
    wrong = detectable(mistaken + 0.02, own, reference, none, unrounded=mistaken)
    np.testing.assert_allclose([right.absolute[0, 0], wrong.absolute[0, 0]], [0.04, 0.07])
    # Its twin: where it is unknown, it may have hidden a mistake of its size and the budget.
    assert detectable(rounded, own, reference, none).absolute[0, 0] == pytest.approx(0.06)


def test_detectable_is_plain_data():
    assert Detectable(np.array([[np.nan, 0.5]]), np.zeros((1, 2)), np.zeros((1, 2), bool)).worst() == 0.5
