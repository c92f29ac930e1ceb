"""Arguments that stay symmetric matrices, under both conventions of their derivative, right and wrong."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck import symmetric
from gradcheck.errors import InvalidArgument
from gradcheck.results import Reason, Verdict

B = np.array([[1.0, 0.5, -0.2], [0.3, 2.0, 0.7], [-0.4, 0.1, 1.5]])
A = B @ B.T + np.eye(3)
SYMMETRIC = {"A": symmetric()}
FREE = {"A": symmetric("free")}


def logdet(A):
    return np.linalg.slogdet(A)[1]


def inverse(A):
    return np.linalg.inv(A)


def free(G):
    return 2 * G - np.diag(np.diag(G))


def eigenvalues(A):
    return np.linalg.eigvalsh(A)


def eigenvalues_jac(A):
    vectors = np.linalg.eigh(A)[1]
    return np.einsum("ik,jk->kij", vectors, vectors)


def cholesky_jac(A):
    """By forward mode for symmetric directions (Smith 1995), read off at E_ij + E_ji."""
    L = np.linalg.cholesky(A)
    jac = np.zeros((3, 3, 3, 3))
    for i in range(3):
        for j in range(i + 1):
            S = np.zeros((3, 3))
            S[i, j] = S[j, i] = 1.0
            inner = np.linalg.solve(L, np.linalg.solve(L, S).T)
            half = np.tril(inner) - 0.5 * np.diag(np.diag(inner))
            jac[:, :, i, j] = L @ half
    return jac


RIGHT = {
    "symmetric gradient": eigenvalues_jac,
    "lower triangle": lambda A: np.tril(free_rows(eigenvalues_jac(A))),
    "upper triangle": lambda A: np.triu(free_rows(eigenvalues_jac(A))),
    "any split": lambda A: eigenvalues_jac(A) + np.array([[0, 5.0, -2], [-5, 0, 1], [2, -1, 0]]),
}


def free_rows(G):
    return np.stack([free(each) for each in G])


@pytest.mark.parametrize("name", RIGHT)
def test_every_split_of_the_same_differential_passes(name):
    assert gradcheck.check(eigenvalues, RIGHT[name], A, inputs=SYMMETRIC).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "wrong",
    [
        lambda A: 1.0001 * eigenvalues_jac(A),
        lambda A: np.tril(eigenvalues_jac(A)),
        lambda A: free_rows(eigenvalues_jac(A)),
        lambda A: eigenvalues_jac(A) + 1e-6 * (np.arange(9).reshape(3, 3) == 3),
        lambda A: eigenvalues_jac(A)[::-1],
        lambda A: np.zeros((3, 3, 3)),
    ],
    ids=["scaled", "half", "free", "one entry", "order", "zero"],
)
def test_a_wrong_one_fails(wrong):
    assert gradcheck.check(eigenvalues, wrong, A, inputs=SYMMETRIC).verdict is Verdict.FAIL


def test_without_the_structure_a_function_of_one_triangle_contradicts_its_symmetric_gradient():
    assert gradcheck.check(eigenvalues, eigenvalues_jac, A).verdict is Verdict.FAIL


def test_cholesky():
    result = gradcheck.check(np.linalg.cholesky, cholesky_jac, A, inputs={0: symmetric()})
    assert result.verdict is Verdict.PASS
    assert result.entries == 9 * 6
    wrong = gradcheck.check(np.linalg.cholesky, lambda A: 1.001 * cholesky_jac(A), A, inputs={0: symmetric()})
    assert wrong.verdict is Verdict.FAIL


class TestConventions:
    def test_free(self):
        assert gradcheck.check(logdet, lambda A: free(inverse(A)), A, inputs=FREE).verdict is Verdict.PASS

    def test_neither_passes_for_the_other_and_the_text_says_which_it_is(self):
        result = gradcheck.check(logdet, lambda A: free(inverse(A)), A, inputs=SYMMETRIC)
        assert result.verdict is Verdict.FAIL
        assert 'right under the convention "free": pass gradcheck.symmetric("free")' in result.diagnosis
        other = gradcheck.check(logdet, inverse, A, inputs=FREE)
        assert other.verdict is Verdict.FAIL
        assert 'right under the convention "full"' in other.diagnosis

    @pytest.mark.parametrize("place", [(0, 2), (2, 0), (1, 1)])
    def test_free_judges_both_places_of_a_number(self, place):
        def wrong(A):
            G = free(inverse(A))
            G[place] *= 1 + 1e-8
            return G

        assert gradcheck.check(logdet, wrong, A, inputs=FREE).verdict is Verdict.FAIL

    def test_the_convention_is_said_with_every_verdict(self):
        assert "entries [i, j] and [j, i] are added" in str(
            gradcheck.check(logdet, inverse, A, inputs=SYMMETRIC)
        )

    def test_an_unknown_one_is_refused(self):
        with pytest.raises(InvalidArgument, match="`convention`: given 'half', expected 'full' or 'free'"):
            symmetric("half")


class TestForms:
    def test_gradient(self):
        assert gradcheck.check_gradient(logdet, inverse, A, inputs=SYMMETRIC).verdict is Verdict.PASS
        wrong = gradcheck.check_gradient(logdet, lambda A: 2 * inverse(A), A, inputs=SYMMETRIC)
        assert wrong.verdict is Verdict.FAIL

    def test_jvp_is_asked_along_symmetric_directions_alone(self):
        def jvp(A, v):
            assert (v == v.T).all()
            return np.trace(inverse(A) @ v)

        assert gradcheck.check_jvp(logdet, jvp, A, inputs=SYMMETRIC).verdict is Verdict.PASS
        wrong = gradcheck.check_jvp(logdet, lambda A, v: np.trace(v), A, inputs=SYMMETRIC)
        assert wrong.verdict is Verdict.FAIL

    def test_vjp(self):
        assert (
            gradcheck.check_vjp(logdet, lambda A, u: u * inverse(A), A, inputs=SYMMETRIC).verdict
            is Verdict.PASS
        )
        assert gradcheck.check_vjp(logdet, lambda A, u: u * A, A, inputs=SYMMETRIC).verdict is Verdict.FAIL

    def test_second_derivatives(self):
        def hessian(A):
            return -np.einsum("il,jk->ijkl", inverse(A), inverse(A))

        assert gradcheck.check_hessian(logdet, hessian, A, inputs=SYMMETRIC).verdict is Verdict.PASS
        wrong = gradcheck.check_hessian(logdet, lambda A: 1.01 * hessian(A), A, inputs=SYMMETRIC)
        assert wrong.verdict is Verdict.FAIL
        right = gradcheck.check_hvp(logdet, lambda A, v: -inverse(A) @ v @ inverse(A), A, inputs=SYMMETRIC)
        assert right.verdict is Verdict.PASS
        bad = gradcheck.check_hvp(logdet, lambda A, v: inverse(A) @ v @ inverse(A), A, inputs=SYMMETRIC)
        assert bad.verdict is Verdict.FAIL

    def test_adjoint(self):
        result = gradcheck.check_adjoint(
            lambda A, v: inverse(A) @ v, lambda A, u: inverse(A).T @ u, A, inputs=SYMMETRIC
        )
        assert result.verdict is Verdict.PASS
        wrong = gradcheck.check_adjoint(lambda A, v: B @ v, lambda A, u: B @ u, A, inputs=SYMMETRIC)
        assert wrong.verdict is Verdict.FAIL

    def test_denominator_layout(self):
        def jac(A):
            return np.moveaxis(eigenvalues_jac(A), 0, -1)

        result = gradcheck.check(eigenvalues, jac, A, inputs=SYMMETRIC, layout="denominator")
        assert result.verdict is Verdict.PASS

    def test_jax(self):
        jnp = pytest.importorskip("jax.numpy")
        assert gradcheck.check(jnp.linalg.cholesky, "jax", A, inputs={0: symmetric()}).verdict is Verdict.PASS


class TestArguments:
    def test_a_leaf_of_a_nested_argument_and_a_stack(self):
        def f(p):
            return p["m"] @ np.linalg.solve(p["cov"], p["m"]) + np.sum(np.linalg.slogdet(p["stack"])[1])

        def jac(p):
            s = np.linalg.solve(p["cov"], p["m"])
            return {"cov": -np.outer(s, s), "m": 2 * s, "stack": np.linalg.inv(p["stack"])}

        params = {"cov": A, "m": np.ones(3), "stack": np.stack([A, 2 * A + np.eye(3)])}
        inputs = {'p["cov"]': symmetric(), 'p["stack"]': symmetric()}
        result = gradcheck.check(f, jac, params, inputs=inputs)
        assert result.verdict is Verdict.PASS
        assert result.entries == 6 + 3 + 12
        wrong = gradcheck.check(f, lambda p: {**jac(p), "m": np.ones(3)}, params, inputs=inputs)
        assert wrong.worst.path.startswith('d f / d p["m"][')

    def test_one_of_several_arguments(self):
        def f(A, y):
            return y @ np.linalg.solve(A, y)

        def jac(A, y):
            s = np.linalg.solve(A, y)
            return -np.outer(s, s), 2 * s

        y = np.array([1.0, -2.0, 0.5])
        right = gradcheck.check(f, jac, A, y, argnums=(0, 1), inputs=SYMMETRIC)
        assert right.verdict is Verdict.PASS
        assert right.entries == 6 + 3
        # Said of an argument that does not vary it changes nothing.
        fixed = gradcheck.check(f, lambda A, y: jac(A, y)[1], A, y, argnums=1, inputs=SYMMETRIC)
        assert fixed.verdict is Verdict.PASS

    def test_the_entries_are_named_together(self):
        def wrong(A):
            G = inverse(A)
            G[0, 1] += 0.1
            return G

        result = gradcheck.check(logdet, wrong, A, inputs=SYMMETRIC)
        assert result.worst.path == "d f / d (A[1, 0] = A[0, 1])"

    def test_triangles_that_differ_by_rounding_alone(self):
        rough = A.copy()
        rough[0, 1] = np.nextafter(rough[0, 1], 9)
        assert gradcheck.check(logdet, inverse, rough, inputs=SYMMETRIC).verdict is Verdict.PASS
        with pytest.raises(InvalidArgument, match=r"A is not symmetric, A\[0, 1\] = .* but A\[1, 0\] = "):
            gradcheck.check(logdet, inverse, B, inputs=SYMMETRIC)

    def test_lower_precision_has_larger_roundings(self):
        def square(A):
            return np.sum(A @ A)

        def claim(A):
            ones = np.ones((3, 3), A.dtype)
            return ones @ A.T + A.T @ ones

        rough = A.astype(np.float32)
        rough[0, 1] = np.nextafter(rough[0, 1], np.float32(9))
        assert gradcheck.check(square, claim, rough, inputs=SYMMETRIC).verdict is Verdict.PASS
        wrong = gradcheck.check(square, lambda A: 1.05 * claim(A), rough, inputs=SYMMETRIC)
        assert wrong.verdict is Verdict.FAIL

    def test_what_is_not_finite_is_outside_the_domain(self):
        bad = np.array([[np.nan, 1.0], [1.0, np.inf]])
        result = gradcheck.check(lambda A: np.sum(A**2), lambda A: 2 * A, bad, inputs=SYMMETRIC)
        assert result.reason is Reason.OUTSIDE_DOMAIN

    @pytest.mark.parametrize(
        ("inputs", "match"),
        [
            ({"C": symmetric()}, "given 'C', expected an argument's name or index: 'A'"),
            ({1: symmetric()}, "given 1, expected an argument's name or index"),
            ({True: symmetric()}, "given True, expected an argument's name"),
            ({"A": "symmetric"}, r"`inputs\['A'\]`: given 'symmetric', expected gradcheck.symmetric\(\)"),
            (["A"], "`inputs`: given a list of 1, expected a dict"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, inputs, match):
        with pytest.raises(InvalidArgument, match=match):
            gradcheck.check(logdet, inverse, A, inputs=inputs)

    def test_no_matrix(self):
        with pytest.raises(InvalidArgument, match=r"x is an array of shape \(3,\), expected a square"):
            gradcheck.check(lambda x: x, np.eye(3), np.ones(3), inputs={"x": symmetric()})

    def test_the_callers_matrix_is_not_changed(self):
        rough = A.copy()
        rough[0, 1] = np.nextafter(rough[0, 1], 9)
        before = rough.copy()
        gradcheck.check(logdet, inverse, rough, inputs=SYMMETRIC)
        assert (rough == before).all()

    def test_bounds_follow_the_pair(self):
        def root(A):
            assert (A >= 0).all()
            return np.sum(np.sqrt(A) ** 3)

        x = np.array([[1.0, 1e-3], [1e-3, 2.0]])
        result = gradcheck.check(root, lambda A: 1.5 * np.sqrt(A), x, inputs=SYMMETRIC, bounds=(0, None))
        assert result.verdict is Verdict.PASS


def test_a_claim_of_another_shape_names_the_whole_matrix():
    result = gradcheck.check(logdet, lambda A: np.ones(6), A, inputs=SYMMETRIC)
    assert result.reason is Reason.WRONG_SHAPE
    assert "(3, 3)" in result.message
