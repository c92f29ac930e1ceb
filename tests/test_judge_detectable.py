"""What a PASS says it would have seen is seen: one entry off by that much, either way, does not pass."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.journal.checks import gate_reason

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


def cancelling(x):
    return np.diag(logistic(x) * (1 - logistic(x)))


FAR = np.array([6.3, 9.1, 11.7, 13.2])


@pytest.mark.parametrize("limit", [20, 60, None])
def test_it_is_counted_where_evaluations_are_limited_too(limit):
    free = gradcheck.check(logistic, cancelling, FAR).detectable
    right = gradcheck.check(logistic, cancelling, FAR, max_nfev=limit)
    assert str(right.verdict) == "pass"
    assert right.detectable == free > 1e-11
    off = 1 + 1.002 * right.detectable
    assert (
        str(gradcheck.check(logistic, lambda x: off * cancelling(x), FAR, max_nfev=limit).verdict) != "pass"
    )


@pytest.mark.parametrize(("limit", "counted"), [(21, False), (45, True)])
def test_where_f_returns_its_derivative_and_too_few_calls_are_left_it_is_said(limit, counted):
    result = gradcheck.check(lambda x: (logistic(x), cancelling(x)), True, FAR, max_nfev=limit)
    assert str(result.verdict) == "pass", str(result)
    assert result.nfev <= limit
    said = any("max_nfev does not leave" in note for note in result.notes)
    assert said != counted
    free = gradcheck.check(logistic, cancelling, FAR).detectable
    assert (result.detectable == free) == counted


def test_it_is_counted_in_large_claims_too():
    x = np.random.default_rng(1).uniform(6, 16, 70)
    right = gradcheck.check(logistic, cancelling, x)
    assert str(right.verdict) == "pass"
    one = gradcheck.check(logistic, lambda x: logistic(x) * (1 - logistic(x)), float(x[0]))
    assert right.detectable >= one.detectable > 1e-11


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


def _squares(x):
    return float((np.asarray(x, float) ** 2).sum())


def _slope(factor):
    def claim(x):
        found = 2 * np.asarray(x, float)
        found[0] *= factor
        return found

    return claim


@pytest.mark.parametrize("ask", [gradcheck.check, gradcheck.check_gradient])
@pytest.mark.parametrize("factor", [1.1, -0.2, 1.0])
def test_an_entry_that_f_shows_and_its_reference_does_not_is_too_weak(ask, factor):
    """The term is 1e-6 in 1e8, a hundred roundings; differences leave it as wide as it is."""
    result = ask(_squares, _slope(factor), np.array([1e-3, 1e4]))
    assert str(result.verdict) == "fail" if factor < 0 else result.reason.name == "TOO_WEAK"
    assert "d f / d x[0]" in str(result)
    assert not result.detectable < 0.5


@pytest.mark.parametrize(
    ("x", "factor"),
    [
        ([1e-4, 1.0, 1e4], 1.0),
        ([1e-4, 1.0, 1e4], -1.0),
        ([1e-4, 1.0, 1e4], 0.0),
        ([1e-8, 1.0, 100.0], 1.0),
        ([1e-8, 1.0, 100.0], -1.0),
    ],
)
def test_an_entry_beneath_the_rounding_of_f_is_named_with_its_bar(x, factor):
    result = gradcheck.check(_squares, _slope(factor), np.array(x))
    assert str(result.verdict) == "pass"
    assert (result.power.unseen, result.power.unseen_path) == (1, "d f / d x[0]")
    assert result.power.unseen_bar > 2 * x[0]
    assert any(
        f"1 entry cannot be told from 0, at d f / d x[0]: a mistake up to "
        f"{result.power.unseen_bar:.2g} passes" in note
        for note in result.notes
    )
    assert "not so where an entry cannot be told from 0, 1 of 3" in " ".join(str(result).split())
    # A mistake beyond that bar does not pass.
    beyond = 1 + 1.01 * result.power.unseen_bar / (2 * x[0])
    assert str(gradcheck.check(_squares, _slope(beyond), np.array(x)).verdict) != "pass"


def test_products_do_not_hide_it_either():
    x, factor = np.array([1e-3, 1e4]), _slope(1.1)
    push = gradcheck.check_jvp(_squares, lambda x, v: float(factor(x) @ v), x)
    pull = gradcheck.check_vjp(_squares, lambda x, u: factor(x) * u, x)
    assert {str(push.verdict), str(pull.verdict)} == {"inconclusive"}


@pytest.mark.parametrize("x", [[0.0, 1e4], [1e-3, 0.0, 2.0]])
def test_true_zeros_are_no_such_entries(x):
    result = gradcheck.check(lambda x: _squares(x[1:]), lambda x: np.r_[0.0, 2 * x[1:]], np.array(x))
    assert str(result.verdict) == "pass"
    assert result.power.unseen == 0
    assert not any("told from 0" in note for note in result.notes)


def test_saturated_entries_stay_a_pass():
    x = np.array([0.0, 2.0, 38.0, 40.0])

    def f(x):
        return softmax(np.asarray(x, float))

    result = gradcheck.check(f, lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x)), x)
    assert str(result.verdict) == "pass", str(result)


def test_entries_at_a_kink_are_not_counted():
    x = np.array([0.0, 2.0])
    for weight in (0.37, -0.9):
        result = gradcheck.check(np.abs, lambda x, w=weight: np.diag([w, 1.0]), x)
        assert str(result.verdict) == "pass"
        assert result.power.path == "d f[1] / d x[1]"
        assert result.power.at_kinks == 2
        assert any("judged by membership: 2 not counted" in note for note in result.notes)
    smooth = gradcheck.check(np.abs, lambda x: np.diag([1.0, 1.0]), x + 0.5)
    assert smooth.power.at_kinks == 0
    assert not any("membership" in note for note in smooth.notes)


def test_where_every_entry_is_at_a_kink_there_is_no_number():
    result = gradcheck.check(abs, lambda x: 0.3, 0.0)
    assert str(result.verdict) == "pass"
    assert "detectable: no number" in str(result)
    assert "relative" not in str(result)
    # Nothing meets a ceiling there, however high.
    assert np.isinf(result.detectable)
    assert result.power.numberless
    assert "at a kink" in gate_reason(result, max_detectable=1e300)
    assert gate_reason(gradcheck.check(abs, lambda x: 1.0, 0.5), max_detectable=1e-9) == ""


def test_a_row_of_zeros_beside_kinks_is_no_number_either():
    x = np.array([0.0])
    result = gradcheck.check(
        lambda x: np.array([abs(x[0]), 0.0 * x[0]]), lambda x: np.array([[0.5], [0.0]]), x
    )
    assert str(result.verdict) == "pass"
    assert np.isinf(result.detectable)


def test_a_point_at_a_kink_says_nothing_of_the_others():
    points = [(0.0,), (0.5,), (0.0,)]
    result = gradcheck.check(abs, lambda x: float(np.sign(x)), points=points)
    assert str(result.verdict) == "pass"
    assert result.detectable < 1e-9
    assert result.notes[0] == (
        "3 points; this is point 1; 2 with every entry at a kink not counted in `detectable`"
    )
    assert np.isinf(gradcheck.check(abs, lambda x: 0.2, points=[(0.0,), (-0.0,)]).detectable)
    wrong = gradcheck.check(abs, lambda x: 3.0 if x == 0 else float(np.sign(x)), points=points)
    assert str(wrong.verdict) == "fail"


def test_what_a_tolerance_let_pass_is_said_to_be_loosened():
    loose = gradcheck.check(np.sin, np.cos, 0.3, rtol=0.5)
    assert "detectable, loosened by rtol=0.5: an error of 0.5 relative" in str(loose)
    assert "would pass loosened by rtol=0.5" in gate_reason(loose, max_detectable=1e-3)
    strict = gradcheck.check(np.sin, np.cos, 0.3)
    assert "loosened" not in str(strict)
    assert strict.power.loosened == 0


@pytest.mark.parametrize("x", [18.0, 20.0, 30.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_where_no_entry_can_be_told_from_0_nothing_is_certified(x, sign):
    f = lambda x: np.tanh(np.array(x, dtype=float))
    found = gradcheck.check(f, lambda x: np.diag(sign / np.cosh(x) ** 2), np.array([x]))
    assert str(found.reason) == "too weak"
    assert found.detectable > 1
    # Beside an entry that is seen the note says which one is not, and a claim of 0 claims nothing.
    both = gradcheck.check(f, lambda x: np.diag(1 / np.cosh(x) ** 2), np.array([0.3, 30.0]))
    assert str(both.verdict) == "pass"
    assert both.power.unseen == 1
    assert str(gradcheck.check(f, lambda x: np.zeros((1, 1)), np.array([30.0])).verdict) == "pass"


@pytest.mark.parametrize("x", [1e-6, 5e-10, 1e-13, 3e-17])
def test_the_loss_log_cosh_is_not_called_wrong_and_a_tenth_more_does_not_pass(x):
    f = lambda x: np.logaddexp(x[0], -x[0])
    assert str(gradcheck.check(f, np.tanh, np.array([x])).verdict) != "fail"
    off = gradcheck.check(f, lambda x: 1.1 * np.tanh(x), np.array([x]))
    assert str(off.verdict) != "pass"


def _hash(x):
    """Return noise between -1/2 and 1/2 that is the same at each call."""
    x = np.asarray(x, dtype=float)
    return float((np.sin(1e9 * x + np.sin(1e7 * x)).sum() * 43758.5453) % 1 - 0.5)


@pytest.mark.parametrize(("offset", "noise"), [(1e6, 0.1), (1e8, 0.01), (1e4, 1.0)])
def test_a_row_that_noise_hides_is_no_row_of_zeros(offset, noise):
    f = lambda x: offset + np.sum(np.sin(x)) + noise * _hash(x)
    x = np.array([0.7, 1.3])
    for claim in (np.cos, lambda x: 0 * x):
        assert str(gradcheck.check(f, claim, x).verdict) == "inconclusive"
    # The same f without the noise: a row of zeros is judged, and so is a dead gradient.
    calm = lambda x: offset + np.sum(np.sin(np.array(x, dtype=float)))
    assert str(gradcheck.check(calm, np.cos, x).verdict) == "pass"
    assert str(gradcheck.check(calm, lambda x: 0 * x, x).verdict) == "fail"
    assert str(gradcheck.check(lambda x: offset + 0 * x[0], lambda x: 0 * x, x).verdict) == "pass"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_tolerance_of_the_callers_lets_no_more_pass_than_it_says(sign):
    f = lambda x: 1e4 + np.sum(np.sin(x)) + 1e-2 * _hash(x)
    x = np.array([0.7, 1.3])
    for rtol in (None, 1e-6):
        assert str(gradcheck.check(f, lambda x: sign * np.cos(x), x, rtol=rtol).verdict) != "pass"
    near = lambda x: np.sum(np.sin(x)) + 3e-4 * _hash(x)
    found = gradcheck.check(near, lambda x: sign * np.cos(x), x, rtol=0.5)
    assert (str(found.verdict) == "pass") == (sign > 0), str(found)


@pytest.mark.parametrize("n", [2, 3, 5, 6])
def test_a_last_digit_at_a_stationary_point_claims_nothing(n):
    softmax = lambda x: np.exp(x) / np.exp(x).sum()
    entropy = lambda p: -np.sum(p * np.log(p))
    slope = lambda p: -p * (np.log(p) + entropy(p))
    found = gradcheck.check(lambda x: entropy(softmax(x)), lambda x: slope(softmax(x)), np.zeros(n))
    assert str(found.verdict) == "pass", str(found)
    off = gradcheck.check(lambda x: entropy(softmax(x)), lambda x: slope(softmax(x)) + 1e-9, np.zeros(n))
    assert str(off.verdict) == "fail", str(off)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_rounding_of_a_coarse_output_is_no_noise_that_hides_a_row(dtype):
    constant = lambda x: dtype(3.0) + dtype(0) * dtype(x[0])
    x = np.array([0.5, 0.7])
    assert str(gradcheck.check(constant, lambda x: np.zeros(2), x).verdict) == "pass"
    assert str(gradcheck.check(constant, lambda x: np.array([0.0, 1.0]), x).verdict) == "fail"
    for f, x in ((lambda x: dtype(np.cos(x)), 0.0), (lambda x: dtype(np.cos(x) + 2), np.pi)):
        assert str(gradcheck.check(f, lambda x: -np.sin(x), x).verdict) == "pass"
