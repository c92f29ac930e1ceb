"""The standard faults: each changes a generic derivative, and none changes what it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.mutants import MUTANTS, SHAPE_MUTANTS, Material, equivalent

GENERIC = np.random.default_rng(5).uniform(0.5, 2.0, (3, 4)) * np.array([[1, -1, 1, -1]])
SUMMED = ("missing sum over a broadcast axis",)
EXTENT = "wrong extent"


def material(matrix, *, stale=None, terms=None, row_scale=None, extents=None):
    matrix = np.array(matrix, float)
    scale = np.ones(matrix.shape[0]) if row_scale is None else np.array(row_scale, float)
    return Material(matrix, stale, terms, scale, extents or {})


def mutated(name, matrix, **facts):
    return MUTANTS[name](material(matrix, **facts))


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in (*SUMMED, EXTENT)])
def test_every_fault_shows_on_a_generic_matrix(name):
    found = mutated(name, GENERIC, stale=1.01 * GENERIC, terms=(GENERIC - 1, np.ones_like(GENERIC)))
    assert found is not None
    assert not equivalent(found, GENERIC)


def test_a_mean_over_the_wrong_axis_shows_where_the_extents_differ():
    np.testing.assert_array_equal(mutated(EXTENT, GENERIC, extents={"N": 3, "n": 2}), 1.5 * GENERIC)
    np.testing.assert_array_equal(mutated(EXTENT, GENERIC, extents={"k": 2, "N": 2, "n": 4}), GENERIC / 2)


@pytest.mark.parametrize("extents", [{}, {"n": 3}, {"n": 3, "N": 3}, {"n": 0, "N": 3}])
def test_equal_extents_cannot_be_mistaken_for_each_other(extents):
    assert mutated(EXTENT, GENERIC, extents=extents) is None


@pytest.mark.parametrize("matrix", [GENERIC[:1], GENERIC[:, :1]])
def test_a_sum_left_out_makes_a_row_or_a_column_a_diagonal(matrix):
    found = mutated(*SUMMED, matrix)
    np.testing.assert_array_equal(found, np.diag(matrix.ravel()))


@pytest.mark.parametrize("matrix", [GENERIC, [[2.0]], np.zeros((1, 0)), np.zeros((0, 1)), np.zeros((0, 0))])
def test_a_sum_can_be_left_out_only_of_a_row_or_a_column(matrix):
    assert mutated(*SUMMED, matrix) is None


@pytest.mark.parametrize("name", list(MUTANTS))
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1), (1, 4), (4, 1), (2, 2)])
def test_no_fault_changes_its_material_or_breaks_on_any_shape(name, shape):
    matrix = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    given = material(matrix, stale=matrix + 1, terms=(matrix - 1, np.ones_like(matrix)))
    before = given.matrix.copy()
    with np.errstate(all="raise"):
        found = MUTANTS[name](given)
    np.testing.assert_array_equal(given.matrix, before)
    assert found is None or isinstance(found, np.ndarray)
    if found is not None and not found.size:
        assert equivalent(found, matrix) or found.shape != matrix.shape


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("zero", np.zeros((2, 3))),
        ("sign", np.zeros((2, 3))),
        ("transpose", np.diag([1.0, 2.0])),
        ("transpose", [[3.0]]),
        ("factor 2", np.zeros((2, 2))),
        ("one entry by 1e-6", np.zeros((2, 2))),
        ("dropped term", [[1.0, 0.0], [2.0, 0.0]]),
        ("rolled columns", np.full((2, 3), 7.0)),
        ("rolled columns", [[1.0], [2.0]]),
        ("stale input", GENERIC),
    ],
)
def test_a_fault_that_changes_nothing_is_equivalent_or_absent(name, matrix):
    matrix = np.array(matrix, float)
    stale = matrix.copy() if name == "stale input" else None
    found = mutated(name, matrix, stale=stale)
    assert found is None or equivalent(found, matrix)


@pytest.mark.parametrize("name", ["NaN", "added constant +1%", "added constant -1%", "wrong shape"])
@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.eye(2), [[5.0]]])
def test_some_faults_show_even_on_zeros(name, matrix):
    found = mutated(name, matrix)
    assert not equivalent(found, np.array(matrix))


def test_without_an_older_iterate_there_is_no_stale_input():
    assert mutated("stale input", GENERIC) is None


def test_the_last_of_the_terms_is_dropped_and_without_terms_the_last_column():
    terms = (GENERIC * 0.25, GENERIC * 0.75)
    np.testing.assert_array_equal(mutated("dropped term", GENERIC, terms=terms), GENERIC * 0.25)
    np.testing.assert_array_equal(mutated("dropped term", GENERIC, terms=(GENERIC,)), 0 * GENERIC)
    np.testing.assert_array_equal(mutated("dropped term", GENERIC)[:, :-1], GENERIC[:, :-1])
    assert not mutated("dropped term", GENERIC)[:, -1].any()


def test_exactly_one_entry_the_largest_is_off_by_a_millionth():
    found = mutated("one entry by 1e-6", GENERIC)
    changed = np.argwhere(found != GENERIC)
    assert changed.shape == (1, 2)
    index = tuple(changed[0])
    assert abs(GENERIC[index]) == np.abs(GENERIC).max()
    assert found[index] / GENERIC[index] == pytest.approx(1 + 1e-6, rel=1e-12)


def test_a_constant_is_a_hundredth_of_the_scale_of_each_row():
    found = mutated("added constant +1%", np.zeros((2, 2)), row_scale=[5.0, 200.0])
    np.testing.assert_allclose(found, [[0.05, 0.05], [2.0, 2.0]])
    np.testing.assert_allclose(
        mutated("added constant -1%", np.zeros((2, 2)), row_scale=[5.0, 200.0]), -found
    )


def test_exactly_one_entry_becomes_nan():
    assert np.isnan(mutated("NaN", GENERIC)).sum() == 1


def test_columns_are_rolled_by_one():
    np.testing.assert_array_equal(mutated("rolled columns", [[1.0, 2.0, 3.0]]), [[3.0, 1.0, 2.0]])


def test_equivalent_means_same_shape_and_same_numbers():
    assert equivalent(np.array([[0.0]]), np.array([[-0.0]]))
    assert not equivalent(np.ones((1, 2)), np.ones((2, 1)))
    assert not equivalent(np.ones((1, 1)), np.ones((1,)))
    assert not equivalent(np.array([[np.nan]]), np.array([[np.nan]]))
    assert not equivalent(np.array([[1.0]]), np.array([[np.nextafter(1.0, 2.0)]]))


@pytest.mark.parametrize("name", list(SHAPE_MUTANTS))
def test_every_wrong_shape_differs_from_generic_shapes(name):
    right = ((2, 3), (3, 5))
    assert SHAPE_MUTANTS[name](right) != right


@pytest.mark.parametrize("name", ["transposed shapes", "last factor's shape for all"])
def test_a_square_shape_is_its_own_transpose(name):
    assert SHAPE_MUTANTS[name](((2, 2), (2, 2))) == ((2, 2), (2, 2))


@pytest.mark.parametrize("name", ["one row more", "one column more", "flattened"])
def test_even_a_one_by_one_shape_can_be_wrong(name):
    assert SHAPE_MUTANTS[name](((1, 1),)) != ((1, 1),)
