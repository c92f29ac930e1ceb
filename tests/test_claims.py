"""Claims of every form become one matrix, or are told apart from what is none."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from claim_cases import FORMS, J, inp, operator, out, problem, value_of

from gradcheck.claims import as_matrix
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import flatten
from gradcheck.results import Reason


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
        ((1,), (3,), (2, 3), "expected (1, 3) = f.shape + x.shape, or (3,) without the axis of f"),
        ((1,), (1,), (), "or (1,) without the axis of f; extents of 1 differ: no other axis may be left out"),
        ((), (1,), (), "the axis of x, of extent 1, left out: reshape it to (1,)"),
        ((3,), (1,), (3,), "the axis of x, of extent 1, left out: reshape it to (3, 1)"),
        ((1, 1), (3,), (3,), "the axes of f, of extent 1, left out: reshape it to (1, 1, 3)"),
    ],
)
def test_a_known_mistake_in_a_shape_is_named(f, x, claimed, hint):
    assert hint in problem(as_matrix(np.ones(claimed), out(*f), inp(*x)), Reason.WRONG_SHAPE)


def test_nothing_is_said_not_to_be_squeezed_where_an_axis_may_be_left_out():
    for claimed in ((), (2,), (1, 1, 1), (3, 1), (1, 1, 3)):
        message = problem(as_matrix(np.ones(claimed), out(1), inp(3)), Reason.WRONG_SHAPE)
        assert "or (3,) without the axis of f" in message
        assert "squeezed" not in message


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
