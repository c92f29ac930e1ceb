"""Where a complex step is silently wrong, and where an adaptive estimator's error bar lies."""

from __future__ import annotations

import numpy as np
import pytest
from trap import Trap, spring

import gradcheck

X = np.array([0.7, -1.3, 2.1])
M = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.2], [-0.6, 0.5, 1.1]])


def gram(x):
    return x @ x.conj().T


def gram_jac(x):
    n, k = x.shape
    found = np.zeros((n, n, n, k))
    for i in range(n):
        for j in range(n):
            found[i, j, i] += x[j]
            found[i, j, j] += x[i]
    return found


def filled(x):
    out = np.zeros(3)
    out[:] = x**2
    return out


def std(x):
    return np.std(x)


def std_jac(x):
    return (x - x.mean()) / (x.size * np.std(x))


def singular(a):
    return np.linalg.svd(a, compute_uv=False)


def singular_jac(a):
    u, _, v = np.linalg.svd(a)
    return np.einsum("ik,kj->kij", u, v)


def eigenvalues(a):
    return np.linalg.eigvalsh(0.5 * (a + a.T))


def eigenvalues_jac(a):
    _, v = np.linalg.eigh(0.5 * (a + a.T))
    return np.einsum("ik,jk->kij", v, v)


def pinv_jac(a):
    inverse = np.linalg.inv(a)
    return -np.einsum("ik,lj->ijkl", inverse, inverse)


FUNCTIONS = {
    "abs": (np.abs, lambda x: np.diag(np.sign(x)), X),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x), X),
    "vdot": (lambda x: np.vdot(x, x), lambda x: 2 * x, X),
    "real": (lambda x: x.real**2, lambda x: np.diag(2 * x), X),
    "std": (std, std_jac, X),
    "gram": (gram, gram_jac, M),
    "eigvalsh": (eigenvalues, eigenvalues_jac, M),
    "svd": (singular, singular_jac, M),
    "sign times x": (lambda x: np.sign(x) * x, lambda x: np.diag(np.sign(x)), X),
    "float buffer": (filled, lambda x: np.diag(2 * x), X),
    "float64 cast": (lambda x: np.asarray(x, float) ** 2, lambda x: np.diag(2 * x), X),
    "maximum": (lambda x: np.maximum(x, 0.1), lambda x: np.diag((x > 0.1) * 1.0), X),
    "where": (lambda x: np.where(x > 0, x**2, -x), lambda x: np.diag(np.where(x > 0, 2 * x, -1)), X),
    "clip": (lambda x: np.clip(x, -1, 1), lambda x: np.diag((np.abs(x) < 1) * 1.0), X),
    "log1p": (np.log1p, lambda x: np.diag(1 / (1 + x)), np.abs(X)),
    "pinv": (np.linalg.pinv, pinv_jac, M),
    "power": (lambda x: x**x, lambda x: np.diag(x**x * (np.log(x) + 1)), np.abs(X)),
    "arctan2": (lambda x: np.arctan2(x, 2.0), lambda x: np.diag(2 / (4 + x * x)), X),
    "hypot": (lambda x: np.hypot(x, 2.0), lambda x: np.diag(x / np.hypot(x, 2.0)), X),
    "logaddexp": (lambda x: np.logaddexp(x, 0.0), lambda x: np.diag(1 / (1 + np.exp(-x))), X),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_c_the_right_claim_passes_and_wrong_ones_fail(name):
    f, jac, x = FUNCTIONS[name]
    spring(Trap(name, f, jac, (x,), "pass"))
    spring(Trap(name, f, lambda x: 1.001 * np.asarray(jac(x)), (x,), "fail"))
    spring(Trap(name, f, lambda x: np.zeros_like(jac(x)), (x,), "fail"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_c_the_complex_step_is_right_or_refused(name):
    f, jac, x = FUNCTIONS[name]
    found = gradcheck.jacobian(f, x, method="complex-step")
    if str(found.status) == "ok":
        assert np.all(np.abs(found.value - jac(x)) <= found.error + 1e-14 * np.abs(jac(x)))
    else:
        assert np.isnan(found.value).any()
    refused = gradcheck.check(f, jac, x, method="complex-step")
    assert str(refused.verdict) == ("pass" if str(found.status) == "ok" else "inconclusive"), str(refused)


LIARS = {
    "narrow bump": (lambda x: np.exp(-1e6 * x**2), lambda x: -2e6 * x * np.exp(-1e6 * x**2), 1e-3),
    "fast sine": (lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x), 1.0),
    "sine far out": (np.sin, np.cos, 1e4),
    "ripple": (lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x), lambda x: np.cos(x) + 10 * np.cos(1e9 * x), 1.0),
}


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("name", LIARS)
def test_d_the_bar_holds_the_truth_or_there_is_no_number(name, method):
    f, jac, x = LIARS[name]
    found = gradcheck.jacobian(f, x, method=method)
    truth = jac(x)
    assert not np.isfinite(found.value) or abs(found.value - truth) <= found.error + 1e-9 * abs(truth)
    right = gradcheck.check(f, jac, x, method=method)
    assert str(right.verdict) != "fail", str(right)
    for wrong in (lambda x: 0.0, lambda x: 1.01 * jac(x)):
        assert str(gradcheck.check(f, wrong, x, method=method).verdict) != "pass"


@pytest.mark.parametrize(
    ("f", "right", "wrong"), [(np.abs, 0.3, -1.2), (lambda x: np.maximum(x, 0), 0.5, 1.1)]
)
def test_d3_a_kink_has_no_number_but_a_verdict(f, right, wrong):
    assert np.isnan(gradcheck.jacobian(f, 0.0).value)
    assert str(gradcheck.check(f, lambda x: right, 0.0).reason) == "subgradient"
    assert str(gradcheck.check(f, lambda x: wrong, 0.0).verdict) == "fail"


def test_d3_a_rounded_output_proves_nothing():
    def rounded(x):
        return np.round(np.sin(x), 3)

    found = gradcheck.jacobian(rounded, 0.2)
    assert np.isnan(found.value) or abs(found.value - np.cos(0.2)) <= found.error
    for claim in (np.cos, lambda x: 1.0, lambda x: 1.024, lambda x: 0.0):
        assert str(gradcheck.check(rounded, claim, 0.2).verdict) != "pass"


def test_d4_a_bar_does_not_collapse():
    for x in np.linspace(0.1, 3.0, 30):
        found = gradcheck.jacobian(lambda v: np.exp(np.sin(3 * v)) / (1 + v * v), x, method="central")
        a, b = np.exp(np.sin(3 * x)), 1 + x * x
        truth = (3 * np.cos(3 * x) * a * b - a * 2 * x) / b**2
        assert abs(found.value - truth) <= found.error
