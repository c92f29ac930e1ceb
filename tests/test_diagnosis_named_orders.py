"""Entries that changed places between or within named arguments; names that a small error must not get."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from diagnosis_cases import BAR, SPREAD, J, named

import gradcheck
from gradcheck.diagnosis import Leaf, Mistake, diagnose

A = np.array([[2.0, 1.0, 0.0], [0.3, 1.0, 0.5], [0.0, 0.2, 3.0]])
M = np.random.default_rng(0).normal(size=(3, 3))
B = np.array([1.0, 2.0, -1.0])


class Layer(NamedTuple):
    w: Any
    b: Any


LAYER = Layer(np.arange(4.0), np.arange(4.0) + 1)


def solved(w):
    return np.linalg.solve(w, B)


def by_solved(w):
    return -np.einsum("ij,k->ijk", np.linalg.inv(w), solved(w))


def inner(p):
    return p.w @ p.b


TRANSPOSED = {
    "slogdet": (lambda w: np.linalg.slogdet(w)[1], lambda w: np.linalg.inv(w).T),
    "det": (np.linalg.det, lambda w: np.linalg.det(w) * np.linalg.inv(w).T),
    "trace": (lambda w: np.trace(w @ M), lambda w: M.T),
    "square": (lambda w: np.sum((w @ B) ** 2), lambda w: 2 * np.outer(w @ B, B)),
    "solve": (solved, by_solved),
}


def said(f, jac, *args, **options):
    result = gradcheck.check(f, jac, *args, **options)
    assert str(result.verdict) == "fail"
    return result.diagnosis


@pytest.mark.parametrize("case", TRANSPOSED)
def test_a_gradient_transposed_in_its_argument(case):
    f, jac = TRANSPOSED[case]
    assert str(gradcheck.check(f, jac, A).verdict) == "pass"
    found = said(f, lambda w: np.swapaxes(jac(w), -1, -2), A)
    assert found.startswith("the claim is transposed in its argument ")
    assert found.endswith("[i, j] belongs at [j, i]")
    assert "transposed" not in said(f, lambda w: np.swapaxes(jac(w), -1, -2) * (1 + 1e-3 * M), A)


def test_an_output_transposed():
    right = np.einsum("ik,lj->ijkl", np.eye(3), M)
    assert str(gradcheck.check(lambda x: x @ M, right, A).verdict) == "pass"
    found = said(lambda x: x @ M, right.swapaxes(0, 1), A)
    assert found == "the claim is transposed in its output f: its entry at f[i, j] belongs at [j, i]"


def test_every_matrix_transposed():
    leaves = (Leaf("a", (2, 2), 0), Leaf("b", (2, 2), 4))
    reference = np.arange(1.0, 9.0)[None] ** 2
    claim = reference.reshape(2, 2, 2).swapaxes(1, 2).reshape(1, 8)
    assert named(claim, reference, columns=leaves).text == (
        "the claim is transposed in each of its arguments a and b"
    )


def test_arguments_swapped():
    assert said(inner, lambda p: Layer(p.w, p.b), LAYER) == "the claim has p.w and p.b swapped"
    twice = said(inner, lambda p: Layer(2 * p.w, 2 * p.b), LAYER)
    assert twice.startswith(
        "two mistakes: the claim has p.w and p.b swapped; that undone, the claim is 2 times"
    )
    assert "rolled" not in twice
    two = said(lambda a, b: a * b, lambda a, b: (np.diag(a), np.diag(b)), B, B + 3, argnums=(0, 1))
    assert two == "the claim has a and b swapped"
    outputs = said(lambda x: (x**2, x**3), lambda x: (np.diag(3 * x**2), np.diag(2 * x)), B)
    assert outputs == "the claim has f[0] and f[1] swapped"
    assert "swapped" not in said(inner, lambda p: Layer(p.w * [1, 1.03, 1.02, 1.01], p.b), LAYER)


@pytest.mark.parametrize("size", [2e-12, 1e-11, 1e-10, 3e-10])
def test_a_small_error_is_not_explained_by_what_forgives_more(size):
    z = np.random.default_rng(0).normal(size=(4, 4))

    def f(x):
        return np.tanh(z @ x)

    def jac(x):
        return (1 - np.tanh(z @ x) ** 2)[:, None] * z

    x = np.array([0.3, -0.8, 1.2, 0.1])
    for spoiled in (1 + size * z, 1 + size * np.eye(4)):
        assert said(f, lambda x, spoiled=spoiled: jac(x) * spoiled, x).startswith(
            "no known mistake explains it"
        )


def test_what_is_taken_back_is_no_pair_of_mistakes():
    matrix = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    bars = 4e-15 * np.abs(matrix)
    assert not diagnose(matrix, matrix * (1 + 1e-12), bars, bars).named
    assert [e.mistakes for e in named(-1.7 * J).named] == [(Mistake.FACTOR,)]
    assert diagnose(SPREAD * (1 + 1e-6), SPREAD, BAR, BAR).text.startswith("the claim is 1.000001 times")


def test_a_missing_factor_is_told_once():
    def f(x):
        return 1 / (1 + np.exp(-x))

    found = said(f, lambda x: np.diag(f(x)), np.array([0.3, -0.8, 1.2, 0.1]))
    assert found == "each row lacks its entry of (1 - f): missing diagonal factor"


def test_nan_at_a_kink_is_told_in_few_words():
    result = gradcheck.check(np.linalg.norm, lambda x: x / np.linalg.norm(x), np.zeros(3))
    assert (str(result.verdict), str(result.reason)) == ("fail", "not finite")
    text = str(result)
    assert "smooth" not in text
    assert "± nan" not in text
    assert "difference nan" not in text
    assert not result.diagnosis
