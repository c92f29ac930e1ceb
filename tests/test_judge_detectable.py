"""What a PASS says it would have seen is seen: one entry off by that much, either way, does not pass."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck

W = np.random.default_rng(0).normal(size=(3, 4))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


CASES = {
    "sine": (np.sin, lambda x: np.diag(np.cos(x))),
    "cancelling": (logistic, lambda x: np.diag(logistic(x) * (1 - logistic(x)))),
    "cancelling far out": (
        lambda x: logistic(x + 10),
        lambda x: np.diag(logistic(x + 10) * (1 - logistic(x + 10))),
    ),
    "tanh far out": (lambda x: np.tanh(x + 4), lambda x: np.diag(1 - np.tanh(x + 4) ** 2)),
    "softmax": (softmax, lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))),
    "layer": (lambda x: np.tanh(W @ x), lambda x: (1 - np.tanh(W @ x) ** 2)[:, None] * W),
    "kinks beside": (lambda x: np.maximum(W @ x, 0), lambda x: np.diag((W @ x > 0) * 1.0) @ W),
    "not continued": (
        lambda x: np.array([float(np.sum(np.asarray(x, float) ** 3))]),
        lambda x: 3 * x[None] ** 2,
    ),
    "offset": (lambda x: 1e8 + np.sin(x), lambda x: np.diag(np.cos(x))),
    "naive expm1": (lambda x: (np.exp(x) - 1) / x, lambda x: np.diag((x * np.exp(x) - np.exp(x) + 1) / x**2)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_nothing_at_or_above_it_passes(name, dtype):
    f, jac = CASES[name]
    rng = np.random.default_rng(len(name))
    for _ in range(2):
        x = (rng.uniform(0.3, 2.5, 4) * rng.choice([-1, 1], 4)).astype(dtype)

        def claim(x, at=None, share=0.0):
            found = np.array(jac(x), dtype=float)
            if at is not None:
                found[at] *= 1 + share
            return found.astype(x.dtype)

        right = gradcheck.check(f, claim, x)
        assert str(right.verdict) != "fail", str(right)
        if str(right.verdict) != "pass":
            continue
        nonzero = np.argwhere(claim(x))
        at = tuple(nonzero[rng.integers(len(nonzero))])
        for share in (1.002, -1.002, 1.5, -3.0):
            off = share * right.detectable
            wrong = gradcheck.check(f, lambda x, at=at, off=off: claim(x, at, off), x)
            assert str(wrong.verdict) != "pass", (share, right.detectable, str(wrong))


@pytest.mark.parametrize("x", np.random.default_rng(1).uniform(6, 26, 16))
def test_what_the_claims_rounding_would_hide_is_counted_where_no_entry_shows_it(x):
    x = float(x)

    def slope(x):
        return logistic(x) * (1 - logistic(x))

    right = gradcheck.check(logistic, slope, x)
    assert str(right.verdict) == "pass"
    for share in (1.002, -1.3, 2.0):
        off = 1 + share * right.detectable
        assert str(gradcheck.check(logistic, lambda x, off=off: off * slope(x), x).verdict) != "pass"


def test_a_fast_function_is_not_called_rounding():
    result = gradcheck.check(lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 1.0)
    assert result.detectable < 1e-8


@pytest.mark.parametrize("away", [0.0, 1e-13, 1e-10, 1e-7])
def test_a_claim_that_jumps_beside_the_point_is_not_called_rounding(away):
    x = np.array([0.3, 1.0 + away, 2.0])
    result = gradcheck.check(lambda x: np.sum(np.maximum(0, 1 - x)), lambda x: -1.0 * (x < 1), x)
    assert str(result.verdict) == "pass", str(result)
    one = gradcheck.check(lambda x: np.abs(x - 1), lambda x: np.sign(x - 1), 1.0 + (away or 1e-12))
    assert str(one.verdict) == "pass", str(one)


def test_a_mistake_that_the_format_hides_is_seen_in_float64():
    x = np.float32(2.25)
    value = np.float32(logistic(x)) * (np.float32(1) - np.float32(logistic(x)))
    share = 6e-6

    def claim(x):
        exact = logistic(np.float64(x)) * (1 - logistic(np.float64(x)))
        # Rounding that hides the mistake, in float32 alone.
        return exact * (1 + share) if np.asarray(x).dtype == np.float64 else np.float32(exact)

    assert value > 0
    result = gradcheck.check(logistic, claim, x)
    assert str(result.verdict) == "fail"
    assert any("evaluated in float64" in note for note in result.notes)
