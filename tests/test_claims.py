"""Claims in every form: the right entry in the right place, and a wrong shape is named, never broadcast."""

from __future__ import annotations

from typing import Any, NamedTuple

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given

from gradcheck.claims import ClaimMatrix, ClaimProblem, as_gradient, as_jvp, as_matrix, as_second, as_vjp
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import flatten
from gradcheck.results import Reason

J = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


class Pair(NamedTuple):
    left: Any
    right: Any


def out(*shape):
    return flatten(np.zeros(shape), "f")[1]


def inp(*shape):
    return flatten(np.zeros(shape), "x")[1]


def value_of(result):
    assert isinstance(result, ClaimMatrix), result
    assert result.value.dtype == np.float64
    assert result.value.flags.c_contiguous
    return result.value


def problem(result, reason):
    assert isinstance(result, ClaimProblem), result
    assert result.reason is reason
    return result.message


# Forms of one matrix (2, 3), all read the same way.


def operator(matrix=J):
    return scipy.sparse.linalg.aslinearoperator(matrix)


DENSE = {
    "array": lambda a: a,
    "lists": lambda a: a.tolist(),
    "tuple of rows": lambda a: tuple(a),
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "read-only": lambda a: np.broadcast_to(a, a.shape),
    "integers": lambda a: a.astype(int),
    "half": lambda a: a.astype(np.float16),
    "longdouble": lambda a: a.astype(np.longdouble),
    "big-endian": lambda a: a.astype(">f4"),
    "unmasked": np.ma.masked_array,
    "matrix": lambda a: a.view(np.matrix),
}
SPARSE = {
    f"{kind}_{form}": getattr(scipy.sparse, f"{kind}_{form}")
    for kind in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")
    for form in ("array", "matrix")
}
FORMS = DENSE | SPARSE | {"operator": operator}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_matrix(form):
    np.testing.assert_array_equal(value_of(as_matrix(FORMS[form](J), out(2), inp(3))), J)


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_entry_stays_wrong_in_every_form(form):
    wrong = J.copy()
    wrong[1, 0] = -3.0
    found = value_of(as_matrix(FORMS[form](wrong), out(2), inp(3)))
    assert np.argwhere(found != J).tolist() == [[1, 0]]


@pytest.mark.parametrize("form", FORMS)
def test_the_transpose_of_every_form_is_a_wrong_shape(form):
    message = problem(as_matrix(FORMS[form](J.T.copy()), out(2), inp(3)), Reason.WRONG_SHAPE)
    assert message.startswith("`jac`: claimed shape (3, 2), expected (2, 3) = ")
    assert "it is the transpose: denominator layout" in message


@pytest.mark.parametrize("form", FORMS)
def test_denominator_layout_takes_the_transpose_of_every_form(form):
    found = as_matrix(FORMS[form](J.T.copy()), out(2), inp(3), layout="denominator")
    np.testing.assert_array_equal(value_of(found), J)
    message = problem(as_matrix(FORMS[form](J), out(2), inp(3), layout="denominator"), Reason.WRONG_SHAPE)
    assert "claimed shape (2, 3), expected (3, 2)" in message
    assert "it is in numerator layout" in message


def test_denominator_layout_moves_all_axes():
    whole = np.arange(24.0).reshape(2, 3, 4)  # f (2, 3), x (4,)
    moved = np.moveaxis(whole, -1, 0)
    found = value_of(as_matrix(moved, out(2, 3), inp(4), layout="denominator"))
    np.testing.assert_array_equal(found, whole.reshape(6, 4))
    numerator = value_of(as_matrix(whole, out(2, 3), inp(4)))
    np.testing.assert_array_equal(numerator, found)


def test_an_unknown_layout_is_refused():
    with pytest.raises(InvalidArgument, match="`layout`: given 'rows', expected one of"):
        as_matrix(J, out(2), inp(3), layout="rows")


@pytest.mark.parametrize(
    ("f", "x", "claimed", "accepted"),
    [
        ((), (3,), (3,), True),
        ((), (3,), (1, 3), False),
        ((), (3,), (3, 1), False),
        ((), (2, 3), (2, 3), True),
        ((), (2, 3), (6,), False),
        ((), (), (), True),
        ((), (), (1,), False),
        ((), (), (1, 1), False),
        ((1,), (3,), (1, 3), True),
        ((1,), (3,), (3,), True),
        ((1,), (3,), (3, 1), False),
        ((1,), (2, 3), (2, 3), True),
        ((1,), (), (1,), True),
        ((1,), (), (), True),
        ((1, 1), (3,), (1, 1, 3), True),
        ((1, 1), (3,), (3,), False),
        ((1, 1), (3,), (1, 3), False),
        ((3,), (), (3,), True),
        ((3,), (), (3, 1), False),
        ((3,), (1,), (3, 1), True),
        ((3,), (1,), (3,), False),
        ((3,), (3,), (3,), False),
        ((2,), (3,), (2, 1), False),
        ((2,), (3,), (1, 3), False),
        ((2,), (3,), (), False),
        ((2, 2), (3,), (2, 2, 3), True),
        ((2, 2), (3,), (4, 3), False),
        ((0,), (3,), (0, 3), True),
        ((0,), (3,), (0,), False),
        ((2,), (0,), (2, 0), True),
    ],
)
def test_the_law_of_shapes(f, x, claimed, accepted):
    found = as_matrix(np.ones(claimed), out(*f), inp(*x))
    m, n = int(np.prod(f)), int(np.prod(x))
    if accepted:
        assert value_of(found).shape == (m, n)
    else:
        message = problem(found, Reason.WRONG_SHAPE)
        assert f"claimed shape {claimed}, expected {f + x}" in message


@pytest.mark.parametrize(
    ("f", "x", "claimed", "hint"),
    [
        ((2,), (3,), (3, 2), 'it is the transpose: denominator layout (pass layout="denominator"'),
        ((2, 2), (3,), (3, 2, 2), "it is the transpose: denominator layout"),
        ((), (3,), (1, 3), "f is a scalar and has no axis: return jac[0]"),
        ((), (3,), (3, 1), "f is a scalar and has no axis: return jac[..., 0]"),
        ((2,), (), (2, 1), "x is a scalar and has no axis"),
        ((3,), (3,), (3,), "if it is the diagonal, return the whole matrix (numpy.diag)"),
        ((2,), (3,), (3,), "the gradient of one entry of f, or of their sum?"),
        ((2,), (3,), (2,), "the derivative by one entry of x, or along one direction?"),
        ((2, 2), (3,), (4, 3), "it is the flat matrix: reshape it to (2, 2, 3)"),
        ((2, 2), (3,), (3, 4), "it is the flat matrix, transposed"),
        ((2,), (3,), (1, 2, 3), "it is wrapped in one more axis"),
        ((2,), (3,), (6,), "it is flattened: reshape it"),
        ((2, 1, 2), (3,), (2, 2, 3), "extents of 1 differ: nothing is squeezed or broadcast"),
        ((1,), (3,), (2, 3), "expected (1, 3) or (3,) = f.shape + x.shape"),
    ],
)
def test_a_known_mistake_in_a_shape_is_named(f, x, claimed, hint):
    assert hint in problem(as_matrix(np.ones(claimed), out(*f), inp(*x)), Reason.WRONG_SHAPE)


def test_an_unknown_mistake_in_a_shape_is_not_explained():
    message = problem(as_matrix(np.ones((7, 5)), out(2), inp(3)), Reason.WRONG_SHAPE)
    assert message == "`jac`: claimed shape (7, 5), expected (2, 3) = f.shape + x.shape"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (None, "`jac`: given None, expected a real number or array"),
        ("abc", "`jac`: given 'abc', expected a real number or array"),
        (object(), "`jac`: given an object, expected a real number or array"),
        ({1.0}, "`jac`: given a set, expected"),
        (J.astype(object), "`jac`: given an array of shape (2, 3) and dtype object"),
        ([[1, 2, 3], [4, None, 6]], "`jac`: given a list of 2, expected a real number or array"),
        (J.astype(str), "`jac`: given an array of shape (2, 3) and dtype <U32"),
        (
            J + 0j,
            "`jac`: given an array of shape (2, 3) and dtype complex128, expected real numbers (a derivative",
        ),
        (1j, "`jac`: given 1j, expected real numbers (a derivative here is real)"),
        (scipy.sparse.csr_array(J + 0j), "`jac`: given an array of shape (5,) and dtype complex128"),
        (operator(J + 0j), "`jac`: given an array of shape (2, 3) and dtype complex128"),
        (
            np.ma.masked_greater(J, 3.5),
            "`jac`: given an array with masked entries (2 of 6), expected a value",
        ),
    ],
)
def test_what_is_no_derivative_is_told_apart_from_a_wrong_one(claim, message):
    found = as_matrix(claim, out(2), inp(3))
    assert problem(found, None).startswith(message)
    with pytest.raises(InvalidArgument, match="`jac`"):
        raise found.error()


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"w": J}, '`jac`: given a dict with keys "w", expected an array of shape (2, 3)'),
        ([[1, 2, 3], [4, 5]], "`jac`: given a list of 2, expected an array of shape (2, 3)"),
        ((np.ones((2, 3)), np.ones(2)), "`jac`: given a tuple of 2, expected an array of shape (2, 3)"),
        ([{"w": J}], "`jac`: given a list of 1, expected an array of shape (2, 3)"),
    ],
)
def test_numbers_in_another_arrangement_are_a_wrong_shape(claim, message):
    assert problem(as_matrix(claim, out(2), inp(3)), Reason.WRONG_SHAPE) == message


@pytest.mark.parametrize(
    ("claim", "dtype"),
    [
        (J, "float64"),
        (J.astype(np.float32), "float32"),
        (J.astype(np.float16), "float16"),
        (J.astype(np.longdouble), "float64"),
        (J.astype(int), "float64"),
        (J > 2, "float64"),
        (J.tolist(), "float64"),
        (scipy.sparse.csr_array(J.astype(np.float32)), "float32"),
        (operator(J.astype(np.float32)), "float32"),
        (operator(J.astype(int)), "float64"),
    ],
)
def test_a_claim_keeps_the_name_of_its_precision(claim, dtype):
    found = as_matrix(claim, out(2), inp(3))
    assert found.dtype == dtype
    eps = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}[dtype]
    assert np.broadcast_to(found.eps, found.value.shape).tolist() == [[eps] * 3] * 2


def test_each_entry_keeps_its_own_precision():
    structure = flatten((np.zeros(2), 0.0), ("w", "b"))[1]
    found = as_matrix((np.ones(2, np.float32), 1.0), out(), structure)
    assert found.dtype == "float32"
    assert found.eps.tolist() == [[2.0**-23, 2.0**-23, 2.0**-52]]
    turned = as_matrix((np.ones(2, np.float32), 1.0), out(), structure, layout="denominator")
    assert turned.eps.tolist() == found.eps.tolist()


def test_bfloat16_claims_keep_their_precision():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    found = as_matrix(J.astype(bfloat16), out(2), inp(3))
    np.testing.assert_array_equal(value_of(found), J)
    assert found.dtype == "bfloat16"
    assert found.eps.tolist() == [[2.0**-7]]


def test_integer_claims_are_noted():
    assert as_matrix(J.astype(int), out(2), inp(3)).notes == ("the claim holds integers (int64)",)
    assert as_matrix(J, out(2), inp(3)).notes == ()


def test_what_is_not_finite_is_kept_as_claimed():
    claim = np.array([[np.nan, np.inf, 1.0], [0.0, -np.inf, 2.0]])
    np.testing.assert_array_equal(value_of(as_matrix(claim, out(2), inp(3))), claim)
    sparse = value_of(as_matrix(scipy.sparse.coo_array(claim), out(2), inp(3)))
    np.testing.assert_array_equal(sparse, claim)


def test_the_matrix_shares_nothing_with_the_claim():
    claim = J.copy()
    value_of(as_matrix(claim, out(2), inp(3)))[0, 0] = 9.0
    np.testing.assert_array_equal(claim, J)


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
    assert found.notes == ("linear operator: made dense by products with 130 unit vectors",)


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


@pytest.mark.parametrize("claim", [scipy.sparse.csr_array(J), operator()], ids=["sparse", "operator"])
def test_memory_is_asked_for_before_it_is_used(claim):
    value_of(as_matrix(claim, out(2), inp(3), max_memory=48))
    message = problem(as_matrix(claim, out(2), inp(3), max_memory=47), None)
    assert "needs 48 bytes when dense, more than `max_memory` = 47" in message


def test_a_shape_is_checked_before_memory_is_used():
    huge = scipy.sparse.csr_array((10**9, 10**9))
    problem(as_matrix(huge, out(2), inp(3)), Reason.WRONG_SHAPE)


# Nested output and input.


def leaf_arrays():
    return hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3).map(np.zeros)


def trees():
    return st.recursive(
        st.one_of(leaf_arrays(), st.just(0.0)),
        lambda inner: st.one_of(
            st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
            st.lists(inner, min_size=1, max_size=3),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
            st.builds(Pair, inner, inner),
        ),
        max_leaves=5,
    )


def nested(tree, make):
    """Return the tree with every leaf replaced by ``make(shape, start)``, counting entries from 0."""
    start = 0

    def walk(node):
        nonlocal start
        if isinstance(node, dict):
            return {key: walk(child) for key, child in node.items()}
        if isinstance(node, Pair):
            return Pair(*map(walk, node))
        if isinstance(node, (list, tuple)):
            return type(node)(map(walk, node))
        made = make(np.shape(node), start)
        start += np.size(node)
        return made

    return walk(tree)


def claim_of(matrix, out_tree, inp_tree):
    """Return the matrix as JAX would nest it."""

    def row_block(f_shape, i):
        def block(x_shape, j):
            m, n = int(np.prod(f_shape)), int(np.prod(x_shape))
            return matrix[i : i + m, j : j + n].reshape(f_shape + x_shape)

        return nested(inp_tree, block)

    return nested(out_tree, row_block)


@given(trees(), trees())
def test_nested_claims_put_every_entry_in_its_place(out_tree, inp_tree):
    f, x = flatten(out_tree, "f")[1], flatten(inp_tree)[1]
    matrix = 1.0 + np.arange(float(f.size * x.size)).reshape(f.size, x.size)
    np.testing.assert_array_equal(value_of(as_matrix(claim_of(matrix, out_tree, inp_tree), f, x)), matrix)
    turned = claim_of(matrix.T, inp_tree, out_tree)
    np.testing.assert_array_equal(value_of(as_matrix(turned, f, x, layout="denominator")), matrix)
    np.testing.assert_array_equal(value_of(as_matrix(scipy.sparse.csr_array(matrix), f, x)), matrix)


@given(trees(), trees(), st.data())
def test_a_wrong_entry_of_a_nested_claim_is_seen_where_it_is(out_tree, inp_tree, data):
    f, x = flatten(out_tree, "f")[1], flatten(inp_tree)[1]
    if not f.size or not x.size:
        return
    i, j = data.draw(st.integers(0, f.size - 1)), data.draw(st.integers(0, x.size - 1))
    matrix = np.zeros((f.size, x.size))
    matrix[i, j] = 1.0
    assert np.argwhere(value_of(as_matrix(claim_of(matrix, out_tree, inp_tree), f, x))).tolist() == [[i, j]]


PARAMS = {"w": np.zeros((2, 3)), "b": np.zeros(2)}


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"w": np.ones((2, 2, 3))}, '`jac`: given a dict with keys "w", expected a dict with keys "w", "b"'),
        (
            {"w": np.ones((2, 3, 2)), "b": np.ones((2, 2))},
            '`jac["w"]`: claimed shape (2, 3, 2), expected (2, 2, 3) = f.shape + x.shape; it is the trans',
        ),
        (
            {"w": np.ones((2, 2, 3)), "b": np.ones(2)},
            '`jac["b"]`: claimed shape (2,), expected (2, 2) = f.shape + x.shape; it has the shape of x',
        ),
        (
            {"w": np.ones((2, 2, 3)), "b": {}},
            '`jac["b"]`: given a dict with keys (none), expected an array of',
        ),
        (
            [np.ones((2, 2, 3)), np.ones((2, 2))],
            '`jac`: given a list of 2, expected a dict with keys "w", "b"',
        ),
        (
            np.ones((2, 8)),
            "`jac`: given an array of shape (2, 8) and dtype float64, expected a dict with keys",
        ),
        (
            scipy.sparse.csr_array((8, 2)),
            "`jac`: claimed shape (8, 2), expected (2, 8) = (f.size, x.size); it is",
        ),
        (
            {"w": scipy.sparse.csr_array((6, 2)), "b": np.ones((2, 2))},
            '`jac["w"]`: claimed shape (6, 2), expected (2, 6) = (f.size, x.size); it is the transpose',
        ),
    ],
)
def test_the_place_of_a_wrong_shape_in_a_nested_claim_is_named(claim, message):
    structure = flatten(PARAMS, "params")[1]
    assert problem(as_matrix(claim, out(2), structure), Reason.WRONG_SHAPE).startswith(message)


def test_none_in_a_nested_claim_is_no_derivative():
    structure = flatten(PARAMS, "params")[1]
    found = as_matrix({"w": np.ones((2, 2, 3)), "b": None}, out(2), structure)
    assert problem(found, None).startswith(
        '`jac["b"]`: given None, expected a real number or array; give numbers'
    )
    assert problem(as_matrix(None, out(2), structure), None).startswith("`jac`: given None, expected a dict")


def test_sparse_matrices_and_operators_may_stand_at_the_leaves():
    structure = flatten(PARAMS, "params")[1]
    w, b = np.arange(12.0).reshape(2, 6), np.arange(4.0).reshape(2, 2)
    claim = {"b": operator(b), "w": scipy.sparse.csr_array(w)}
    found = as_matrix(claim, out(2), structure)
    np.testing.assert_array_equal(value_of(found), np.hstack([w, b]))
    assert len(found.notes) == 2


def test_a_tuple_of_arguments_takes_a_tuple_of_claims():
    structure = flatten((np.zeros(3), 0.0), ("w", "b"))[1]
    claim = (J, np.array([6.0, 7.0]))
    expected = np.hstack([J, [[6.0], [7.0]]])
    np.testing.assert_array_equal(value_of(as_matrix(claim, out(2), structure)), expected)
    np.testing.assert_array_equal(value_of(as_matrix(list(claim), out(2), structure)), expected)
    message = problem(as_matrix((J, np.ones((2, 1))), out(2), structure), Reason.WRONG_SHAPE)
    assert message.startswith(
        "`jac[1]`: claimed shape (2, 1), expected (2,) = f.shape + x.shape; x is a scalar"
    )
    problem(as_matrix((J,), out(2), structure), Reason.WRONG_SHAPE)
    problem(as_matrix(expected, out(2), structure), Reason.WRONG_SHAPE)


def test_scalar_arguments_are_not_read_as_one_array():
    structure = flatten((0.0, 0.0), ("a", "b"))[1]
    by_argument = (np.array([1.0, 3.0]), np.array([2.0, 4.0]))
    assert value_of(as_matrix(by_argument, out(2), structure)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    problem(as_matrix(np.ones((2, 2)), out(2), structure), Reason.WRONG_SHAPE)


def test_a_list_of_numbers_takes_an_array_or_its_own_structure():
    structure = flatten([0.0, 0.0])[1]
    wanted = [[1.0, 2.0], [3.0, 4.0]]
    assert value_of(as_matrix(np.array(wanted), out(2), structure)).tolist() == wanted
    assert value_of(as_matrix(wanted, out(2), structure)).tolist() == wanted
    boxed = [[np.float64(k) for k in row] for row in wanted]
    assert value_of(as_matrix(boxed, out(2), structure)).tolist() == wanted
    columns = [np.array([1.0, 3.0]), np.array([2.0, 4.0])]
    assert value_of(as_matrix(columns, out(2), structure)).tolist() == wanted
    assert value_of(as_matrix([5.0, 6.0], out(), structure)).tolist() == [[5.0, 6.0]]
    problem(as_matrix([5.0, 6.0, 7.0], out(), structure), Reason.WRONG_SHAPE)


@pytest.mark.parametrize("output", [[0.0, 0.0], (0.0, 0.0)])
def test_an_output_listed_entry_by_entry_takes_an_array_or_its_own_structure(output):
    structure = flatten(output, "f")[1]
    for claim in (J, J.tolist(), list(J), tuple(J), scipy.sparse.csr_array(J)):
        np.testing.assert_array_equal(value_of(as_matrix(claim, structure, inp(3))), J)
    problem(as_matrix(J.T, structure, inp(3)), Reason.WRONG_SHAPE)


# The other derivatives.


def test_second_derivatives_are_stacked_by_row_of_f():
    whole = np.arange(18.0).reshape(2, 3, 3)
    found = value_of(as_second(whole, out(2), inp(3)))
    np.testing.assert_array_equal(found, whole.reshape(6, 3))
    message = problem(as_second(whole.transpose(1, 2, 0), out(2), inp(3)), Reason.WRONG_SHAPE)
    assert "claimed shape (3, 3, 2), expected (2, 3, 3) = f.shape + x.shape + x.shape" in message


@pytest.mark.parametrize("f", [(), (1,)])
@pytest.mark.parametrize("form", ["array", "lists", "matrix", "csr_array", "operator"])
def test_a_hessian_comes_in_every_form(f, form):
    hessian = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(value_of(as_second(FORMS[form](hessian), out(*f), inp(3))), hessian)
    problem(as_second(FORMS[form](hessian[:2]), out(*f), inp(3)), Reason.WRONG_SHAPE)


def test_a_nested_hessian_has_the_argument_twice():
    structure = flatten({"w": np.zeros(2), "b": 0.0})[1]
    claim = {
        "w": {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([5.0, 6.0])},
        "b": {"w": np.array([7.0, 8.0]), "b": 9.0},
    }
    expected = [[1.0, 2.0, 5.0], [3.0, 4.0, 6.0], [7.0, 8.0, 9.0]]
    assert value_of(as_second(claim, out(), structure)).tolist() == expected
    claim["b"]["w"] = claim["b"]["w"].reshape(1, 2)
    assert problem(as_second(claim, out(), structure), Reason.WRONG_SHAPE).startswith(
        '`jac["b"]["w"]`: claimed'
    )


def test_mixed_precisions_follow_a_second_derivative():
    structure = flatten((0.0, 0.0), ("a", "b"))[1]
    found = as_second(((np.float32(1), 2.0), (3.0, 4.0)), out(), structure)
    assert found.eps.tolist() == [[2.0**-23, 2.0**-52], [2.0**-52, 2.0**-52]]


def test_products_and_gradients_have_the_shape_of_their_side():
    np.testing.assert_array_equal(value_of(as_jvp(J, out(2, 3))), J.ravel())
    np.testing.assert_array_equal(value_of(as_vjp(J, inp(2, 3))), J.ravel())
    np.testing.assert_array_equal(value_of(as_gradient(J, inp(2, 3))), J.reshape(1, 6))
    for found, text in (
        (as_jvp(J.T, out(2, 3)), "`jvp`: claimed shape (3, 2), expected (2, 3) = f.shape"),
        (as_vjp(J.T, inp(2, 3)), "`vjp`: claimed shape (3, 2), expected (2, 3) = x.shape"),
        (
            as_gradient(J[None], inp(2, 3)),
            "`grad`: claimed shape (1, 2, 3), expected (2, 3) = x.shape; it is wrapped",
        ),
        (
            as_gradient(J[:1].T, inp(3)),
            "`grad`: claimed shape (3, 1), expected (3,) = x.shape; extents of 1 differ",
        ),
        (
            as_jvp(np.ones(()), out(1)),
            "`jvp`: claimed shape (), expected (1,) = f.shape; extents of 1 differ",
        ),
        (as_vjp({"w": 1.0}, inp(3)), '`vjp`: given a dict with keys "w", expected an array of shape (3,)'),
    ):
        assert problem(found, Reason.WRONG_SHAPE).startswith(text)


def test_products_and_gradients_follow_a_nested_side():
    structure = flatten(PARAMS, "params")[1]
    claim = {"b": np.array([7.0, 8.0]), "w": J}
    expected = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0]
    assert value_of(as_vjp(claim, structure)).tolist() == expected
    assert value_of(as_jvp(claim, structure)).tolist() == expected
    assert value_of(as_gradient(claim, structure)).tolist() == [expected]
    problem(as_vjp(claim | {"c": 1.0}, structure), Reason.WRONG_SHAPE)


def test_the_nesting_of_jax_is_read():
    jax = pytest.importorskip("jax")

    def f(params):
        return {"y": params["w"] @ params["x"], "s": (params["x"] ** 2).sum()}

    params = {"x": np.float32([1, 2, 3]), "w": J.astype(np.float32)}
    claim = jax.jacobian(f)(jax.tree.map(jax.numpy.asarray, params))
    found = as_matrix(claim, flatten(f(params), "f")[1], flatten(params, "params")[1])
    by_x = np.vstack([J, [2.0, 4.0, 6.0]])
    by_w = np.zeros((3, 6))
    by_w[0, :3] = by_w[1, 3:] = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(value_of(found), np.hstack([by_x, by_w]))
    assert found.dtype == "float32"


def test_torch_tensors_are_read_with_their_precision():
    torch = pytest.importorskip("torch")
    claim = torch.tensor(J, dtype=torch.bfloat16, requires_grad=True)
    found = as_matrix(claim, out(2), inp(3))
    np.testing.assert_array_equal(value_of(found), J)
    assert found.dtype == "bfloat16"
