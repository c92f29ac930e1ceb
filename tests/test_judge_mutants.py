"""Right derivatives, and every way of spoiling them down to one entry off by 1e-7."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.mutants import MUTANTS, Material, equivalent

X = np.array([0.7, -1.3, 2.1, 0.4])
A = np.array([[1.0, 2.0, -0.5, 0.1], [0.3, -1.0, 4.0, 1e-3], [5.0, 0.02, 1.0, -3.0]])


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def softmax_jac(x):
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def layer(x):
    return np.tanh(A @ x)


def layer_jac(x):
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_jac(x):
    gap = x[1:] - x[:-1] ** 2
    found = np.zeros_like(x)
    found[1:] += 200 * gap
    found[:-1] += -400 * x[:-1] * gap - 2 * (1 - x[:-1])
    return found


def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def scales(x):
    return np.array([1e-9, 1.0, 1e3, 1e9]) * np.sin(x) + x[0]


def scales_jac(x):
    found = np.diag(np.array([1e-9, 1.0, 1e3, 1e9]) * np.cos(x))
    found[:, 0] += 1
    return found


def prod_jac(x):
    return np.prod(x) / x


FUNCTIONS = {
    "sine": (np.sin, lambda x: np.diag(np.cos(x))),
    "softmax": (softmax, softmax_jac),
    "layer": (layer, layer_jac),
    "linear": (lambda x: A @ x, lambda x: A),
    "rosenbrock": (rosenbrock, rosenbrock_jac),
    "logsumexp": (logsumexp, softmax),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.diag((x > 0) * 1.0)),
    "scales": (scales, scales_jac),
    "product": (np.prod, prod_jac),
    "outer": (
        lambda x: np.outer(x, x),
        lambda x: np.einsum("ik,j->ijk", np.eye(4), x) + np.einsum("jk,i->ijk", np.eye(4), x),
    ),
    "cumulative": (np.cumsum, lambda x: np.tri(4)),
}

SHARES = {"1e-7": 1e-7, "1e-3": 1e-3, "10 %": 0.1, "gone": -1.0, "sign": -2.0}


def one_entry(matrix, pick, share):
    wrong = np.array(matrix, dtype=float)
    nonzero = np.flatnonzero(wrong)
    where = nonzero[pick(np.abs(wrong.reshape(-1)[nonzero]))]
    wrong.reshape(-1)[where] *= 1 + share
    return wrong


def spoiled(jac):
    """Yield every mutant of the right derivative at ``X``: its name, and the wrong numbers."""
    right = np.array(jac(X), dtype=float)
    flat = right.reshape(-1, X.size)
    row_scale = np.abs(flat).max(axis=1)
    material = Material(flat, None, None, row_scale)
    for name, mutant in MUTANTS.items():
        wrong = mutant(material)
        if wrong is not None and wrong.shape == flat.shape and not equivalent(wrong, flat):
            yield name, wrong.reshape(right.shape)
    for name, share in SHARES.items():
        yield f"largest entry, {name}", one_entry(right, np.argmax, share)
        if share != 1e-7:
            yield f"smallest entry, {name}", one_entry(right, np.argmin, share)
    for name, factor in (("twice", 2.0), ("all off by 1e-7", 1 + 1e-7), ("negated", -1.0), ("zero", 0.0)):
        yield name, factor * right


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_right_one_passes(name, method):
    f, jac = FUNCTIONS[name]
    result = gradcheck.check(f, jac, X, method=method)
    assert str(result.verdict) == "pass", str(result)


@pytest.mark.parametrize(
    ("name", "method"),
    [*((name, "auto") for name in FUNCTIONS), *((name, "central") for name in ("sine", "rosenbrock"))],
)
def test_no_mutant_passes(name, method):
    f, jac = FUNCTIONS[name]
    survived = []
    for mutant, wrong in spoiled(jac):
        result = gradcheck.check(f, lambda x, wrong=wrong: wrong + 0 * np.sum(x), X, method=method)
        if str(result.verdict) == "pass":
            survived.append((mutant, result.detectable))
    assert survived == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_with_the_complex_step_every_mutant_fails(name):
    f, jac = FUNCTIONS[name]
    if str(gradcheck.jacobian(f, X, method="complex-step").status) != "ok":
        pytest.skip("the complex step is refused")
    verdicts = {mutant: str(gradcheck.check(f, wrong, X).verdict) for mutant, wrong in spoiled(jac)}
    assert {mutant for mutant, verdict in verdicts.items() if verdict != "fail"} == set()


def test_an_entry_below_the_bar_is_judged_by_its_row_and_the_result_says_so():
    weights = np.array([1.0, 1e-17])
    for claim, method, verdict in (
        (weights * [1, 1.1], "auto", "fail"),
        (weights * [1, 1.1], "central", "pass"),
        (weights + np.array([0, 1e-4]), "central", "fail"),
    ):
        result = gradcheck.check(
            lambda x: np.sin(weights @ x), lambda x, c=claim: c * np.cos(weights @ x), X[:2], method=method
        )
        assert str(result.verdict) == verdict, str(result)
        assert verdict == "fail" or result.power.apart == 1


def test_what_the_claim_absorbs_is_not_called_wrong_but_what_it_drops_is():
    def claim(x):
        return np.diag(1 - np.tanh(x) ** 2)

    def dropped(x):
        return np.diag([0.0, 1.0] * (1 - np.tanh(x) ** 2))

    x = np.array([40.0, 0.5])
    assert str(gradcheck.check(np.tanh, claim, x).reason) == "too weak"
    assert str(gradcheck.check(np.tanh, dropped, x).verdict) == "fail"
    assert str(gradcheck.check(np.tanh, lambda x: 2 * claim(x), x).verdict) == "fail"


def test_right_ones_are_never_called_wrong_at_random_points():
    rng = np.random.default_rng(5)
    for scale in (1e-6, 1.0, 30.0):
        for name, (f, jac) in FUNCTIONS.items():
            x = scale * rng.normal(size=4)
            result = gradcheck.check(f, jac, x)
            assert str(result.verdict) != "fail", f"{name} at {x}\n{result}"


def test_a_derivative_that_is_huge_nearer_to_0_excuses_no_mistake_in_its_leading_digits():
    x = np.array([2.1, 0.9])

    def jac(x):
        return np.diag(-6.0 / x**7)

    assert str(gradcheck.check(lambda x: x**-6.0, jac, x).verdict) == "pass"
    wrong = gradcheck.check(lambda x: x**-6.0, lambda x: (1 + 1e-9) * jac(x), x)
    assert str(wrong.verdict) == "fail", str(wrong)


@pytest.mark.parametrize(("off", "verdict"), [(3e-14, "pass"), (1e-12, "fail")])
def test_constants_rounded_another_way_differ_in_the_last_digits_only_and_the_result_says_so(off, verdict):
    weights = np.array([1.0, 0.025])
    given = weights * [1.0, 1.0 + off]
    result = gradcheck.check(lambda x: weights @ x, lambda x: given + 0.0 * x, X[:2])
    assert str(result.verdict) == verdict, str(result)
    if verdict == "pass":
        assert off < result.detectable < 1e-12
        assert any("last three digits" in note for note in result.notes)


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(-1e-7, "pass"), (-5e-8, "pass"), (5e-8, "pass"), (-2e-7, "fail"), (1e-7, "fail")],
)
def test_a_mistake_that_the_claims_own_rounding_hides_is_below_what_the_result_states(share, verdict):
    def logistic(x):
        return 1 / (1 + np.exp(-x))

    def slope(x):
        # A claim that takes a wider format shows there that it is wrong by all of these.
        x = np.asarray(x, dtype=np.float64)
        return np.diag(logistic(x) * (1 - logistic(x)) * [1 + share, 1.0])

    result = gradcheck.check(logistic, slope, np.array([19.320533007095428, 17.78620723713067]))
    assert str(result.verdict) == verdict, str(result)
    assert verdict == "fail" or abs(share) < result.detectable
    if share == -1e-7:
        # The budget alone is smaller than the mistake: rounding took the rest of it away.
        assert result.worst.budget / result.worst.reference < abs(share)
