"""Sparse matrices and linear operators as claims: their entries, and damage."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from claim_cases import J, inp, out, problem, value_of

from gradcheck.claims import as_matrix
from gradcheck.results import Reason

# Sparse matrices and operators.


def test_left_out_entries_are_zero_and_duplicates_are_summed():
    claim = scipy.sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 1], [0, 0, 2])), shape=(2, 3))
    found = as_matrix(claim, out(2), inp(3))
    assert value_of(found).tolist() == [[3.0, 0.0, 0.0], [0.0, 0.0, 4.0]]
    assert found.notes == ("sparse: 3 stored entries of 6, the others taken as 0",)


def test_duplicates_of_low_precision_are_summed_in_double():
    twice = np.float32([1.0, 2.0**-30])
    claim = scipy.sparse.coo_array((twice, ([0, 0], [0, 0])), shape=(2, 3))
    assert value_of(as_matrix(claim, out(2), inp(3)))[0, 0] == 1.0 + 2.0**-30


@pytest.mark.parametrize("f", [(), (1,)])
def test_a_sparse_gradient_is_a_row(f):
    row = scipy.sparse.csr_array(J[1:])
    assert value_of(as_matrix(row, out(*f), inp(3))).tolist() == [[3.0, 4.0, 5.0]]
    column = as_matrix(row.T, out(*f), inp(3))
    assert "claimed shape (3, 1), expected (1, 3)" in problem(column, Reason.WRONG_SHAPE)


def test_sparse_arrays_of_other_dimensions_follow_the_law_of_shapes():
    assert value_of(as_matrix(scipy.sparse.coo_array(J[1]), out(), inp(3))).tolist() == [[3.0, 4.0, 5.0]]
    flat = as_matrix(scipy.sparse.csr_array(J), out(), inp(2, 3))
    assert value_of(flat).tolist() == [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    problem(as_matrix(scipy.sparse.coo_array(J[1]), out(3), inp(3)), Reason.WRONG_SHAPE)


def damaged_csr():
    claim = scipy.sparse.csr_array(J)
    claim.indices[0] = 77
    return claim


def damaged_pointer():
    claim = scipy.sparse.csc_array(J)
    claim.indptr[0] = 1
    return claim


def damaged_coo():
    claim = scipy.sparse.coo_array(J)
    claim.coords[0][0] = -1
    return claim


@pytest.mark.parametrize(
    "claim", [damaged_csr(), damaged_pointer(), damaged_coo()], ids=["csr", "csc", "coo"]
)
def test_a_damaged_sparse_structure_is_refused(claim):
    found = as_matrix(claim, out(2), inp(3))
    assert "structure is damaged" in problem(found, None)
    assert isinstance(found.cause, ValueError)


class Operator(scipy.sparse.linalg.LinearOperator):
    def __init__(self, product, shape=(2, 3)):
        self.product = product
        super().__init__(np.dtype(float), shape)

    def _matmat(self, vectors):
        return self.product(vectors)


def test_an_operator_is_applied_to_every_unit_vector():
    widths = []

    def product(vectors):
        widths.append(vectors.shape[1])
        return matrix @ vectors

    matrix = np.random.default_rng(0).normal(size=(2, 130))
    found = as_matrix(Operator(product, (2, 130)), out(2), inp(130))
    np.testing.assert_array_equal(value_of(found), matrix)
    assert widths == [64, 64, 2]
    assert found.notes == (
        "linear operator: made dense by products with 130 unit vectors; its adjoint is not judged",
    )


def test_an_operator_that_raises_is_a_claim_that_raised():
    def product(vectors):
        raise ZeroDivisionError("by zero")

    found = as_matrix(Operator(product), out(2), inp(3))
    assert (
        problem(found, Reason.CLAIM_RAISED) == "`jac`: the linear operator raised ZeroDivisionError: by zero"
    )
    assert isinstance(found.cause, ZeroDivisionError)


def test_an_operator_with_products_of_the_wrong_shape_is_wrong():
    found = as_matrix(Operator(lambda vectors: np.ones((3, 3))), out(2), inp(3))
    message = problem(found, Reason.WRONG_SHAPE)
    assert (
        message == "`jac`: the product of the 2 x 3 operator with 3 columns has shape (3, 3), expected (2, 3)"
    )


def test_a_shape_is_checked_before_memory_is_used():
    huge = scipy.sparse.csr_array((10**9, 10**9))
    problem(as_matrix(huge, out(2), inp(3)), Reason.WRONG_SHAPE)
