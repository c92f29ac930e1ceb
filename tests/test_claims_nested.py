"""Claims nested as the arguments are, second derivatives, products, arrays of other libraries."""

from __future__ import annotations

from typing import Any, NamedTuple

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from claim_cases import FORMS, J, inp, operator, out, problem, value_of
from hypothesis import given

from gradcheck.claims import as_gradient, as_jvp, as_matrix, as_second, as_vjp
from gradcheck.pytree import flatten
from gradcheck.results import Reason


class Pair(NamedTuple):
    left: Any
    right: Any


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
