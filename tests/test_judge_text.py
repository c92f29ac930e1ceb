"""What a failing check says, word for word, and never more than 25 lines."""

from __future__ import annotations

import re

import numpy as np
import pytest
from golden_files import matches

import gradcheck

X = np.array([0.25, -1.0, 2.0])
NESTED = {"w": np.ones(3), "b": 0.5}


def product(x):
    return np.array([x[0] * x[1], x[2] ** 2])


def product_jac(x):
    return np.array([[x[1], x[0], 0.0], [0.0, 0.0, 2 * x[2]]])


def affine(p):
    return p["w"] @ X + p["b"]


def two_outputs(x):
    return x**2, x**3


def modulus(x):
    return np.abs(x)


def raising(x):
    raise KeyError("w")


def mutating(x):
    x += 1
    return x


CASES = {
    "factor": (np.exp, lambda x: 2 * np.exp(x), 0.5),
    "transpose": (product, lambda x: product_jac(x).T, X),
    "not-finite": (product, lambda x: product_jac(x) * [1.0, 1.0, np.nan], X),
    "nested": (affine, lambda p: {"w": X, "b": 1.001}, NESTED),
    "output-left-out": (two_outputs, lambda x: (np.diag(2 * x), None), X),
    "outside-clarke": (modulus, lambda x: 1.5, 0.0),
    "claim-raises": (product, raising, X),
    "mutates": (mutating, lambda x: np.eye(3), X),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_of_a_failure(name):
    f, jac, x = CASES[name]
    text = str(gradcheck.check(f, jac, x, method="central"))
    assert matches(f"judge-{name}.txt", _without_the_last_digits(text) + "\n")


def cancelling(x):
    return 1 / (1 + np.exp(-x))


class Drifting:
    """A function that remembers its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return x * (1.0 if self.calls < 4 else 2.0)


def dropout():
    rng = np.random.default_rng(0)
    return lambda x: np.sum(x**2 * (rng.random(3) < 0.5))


SPD = np.array([[2.0, 0.5], [0.5, 1.0]])
FURTHER = {
    "budget": lambda: gradcheck.check(product, product_jac, X, max_nfev=14, name="product"),
    "budget-none": lambda: gradcheck.check(product, product_jac, X, max_nfev=2),
    "budget-rounding": lambda: gradcheck.check(
        cancelling, lambda x: (s := cancelling(float(x))) * (1 - s), 12.0, max_nfev=60
    ),
    "constant": lambda: gradcheck.check(lambda x: 3.0, lambda x: np.zeros(2), X[:2], name="constant"),
    "memory": lambda: gradcheck.check(product, product_jac, X, max_memory=1000),
    "contract": lambda: gradcheck.check(product, product_jac, X, method="contract"),
    "contract-breach": lambda: gradcheck.check(product, np.full((2, 3), np.nan), X, method="contract"),
    "nondeterministic": lambda: gradcheck.check(dropout(), lambda x: x, X, name="dropout"),
    "stochastic": lambda: gradcheck.check(dropout(), lambda x: x, X, stochastic=True, name="dropout"),
    "keeps-state": lambda: gradcheck.check(Drifting(), lambda x: np.eye(3), X),
    "function-raises": lambda: gradcheck.check(raising, product_jac, X),
    "wrong-convention": lambda: gradcheck.check(
        np.linalg.det,
        lambda a: np.linalg.det(a) * (2 - np.eye(2)) * np.linalg.inv(a),
        SPD,
        inputs={0: gradcheck.symmetric()},
    ),
    "not-linear": lambda: gradcheck.check_jvp(product, lambda x, v: product_jac(x) @ np.abs(v), X),
    "not-one-matrix": lambda: gradcheck.check_adjoint(
        lambda x, v: product_jac(x) @ v, lambda x, u: -u @ product_jac(x), X, name="product"
    ),
}


@pytest.mark.parametrize("name", FURTHER)
def test_the_text_of_what_is_asked_for_by_keyword(name):
    text = str(FURTHER[name]())
    assert matches(f"judge-{name}.txt", _without_the_last_digits(text) + "\n")
    assert len(text.splitlines()) <= 25


def test_every_reason_says_what_to_do():
    verbs = (
        "Nothing to do|Mend|Return|Choose|Make|Say|Claim|check|copy|fix|move|raise|leave out|let|a legitimate"
    )
    imperative = re.compile(rf"(^|[.:,] |and )({verbs})")
    for reason in gradcheck.Reason:
        assert imperative.search(reason.remedy), reason
        assert reason.remedy.endswith(".")
        assert len(reason.remedy) <= 110


def _without_the_last_digits(text):
    """Leave out what depends on the platform's last digit."""
    measured = ("    claimed ", "    reference ", "    difference ")
    kept = [line for line in text.splitlines() if not line.startswith(measured)]
    return "\n".join(line for line in kept if not re.search(r" evaluations? of f", line))


def test_values_and_bars_stand_below_each_other():
    lines = str(gradcheck.check(product, lambda x: 2 * product_jac(x), X)).splitlines()
    claimed, reference, difference = (
        next(line for line in lines if line.startswith(f"    {word}"))
        for word in ("claimed", "reference", "difference")
    )
    assert claimed.index("±") == reference.index("±")
    assert "allowed" in difference


@pytest.mark.parametrize("n", [3, 60])
def test_a_text_never_exceeds_25_lines_of_100_characters(n):
    x = np.linspace(-1, 1, n)
    nasty = "a" * 300
    for claim in (
        lambda x: 3 * np.diag(np.cos(x)) + 1,
        lambda x: np.full((n, n), np.nan),
        lambda x: np.ones(n),
    ):
        text = str(gradcheck.check(lambda x: np.sin(np.asarray(x, float)), claim, x, name=nasty))
        lines = text.splitlines()
        assert len(lines) <= 25
        assert max(len(line) for line in lines[1:]) <= 110


def test_assert_derivative_says_the_same_and_keeps_the_result():
    with pytest.raises(gradcheck.DerivativeMismatch, match="likely mistake: the claim is 2 times") as caught:
        gradcheck.assert_derivative(product, lambda x: 2 * product_jac(x), X)
    assert str(caught.value.result) == str(caught.value)
    with pytest.raises(gradcheck.InconclusiveCheck, match="mutates its input"):
        gradcheck.assert_derivative(mutating, lambda x: np.eye(3), X)
    result = gradcheck.assert_derivative(mutating, lambda x: np.eye(3), X, allow_inconclusive=True)
    assert str(result.verdict) == "inconclusive"
    assert gradcheck.assert_derivative(product, product_jac, X).entries == 6


def test_a_check_that_must_fail():
    assert (
        gradcheck.assert_derivative(product, lambda x: 2 * product_jac(x), X, expect="fail").expect == "fail"
    )
    with pytest.raises(gradcheck.DerivativeMismatch, match="expected to fail"):
        gradcheck.assert_derivative(product, product_jac, X, expect="fail")
    with pytest.raises(gradcheck.DerivativeMismatch, match="expected to fail"):
        gradcheck.assert_derivative(mutating, lambda x: np.eye(3), X, expect="fail", allow_inconclusive=True)
