"""The complex step: honest bars against high precision, and the traps a plain complex step falls into."""

from __future__ import annotations

from types import SimpleNamespace

import mpmath as mp
import numpy as np
import pytest
from complex_cases import S, X, estimate, plain
from scipy import special

from gradcheck.estimators.complex_step import complex_step_slope
from gradcheck.estimators.continuation import trace
from gradcheck.estimators.primal import Primal
from gradcheck.results import Status

NAMES = ("sin", "cos", "exp", "log", "sqrt", "tanh", "log1p", "tan", "sinh", "cosh")
NUMPY = SimpleNamespace(**{name: getattr(np, name) for name in NAMES}, atan=np.arctan, asinh=np.arcsinh)


def sigmoid(u, z):
    return 1 / (1 + u.exp(-z))


# Each entry: the function on a namespace, and how a point is drawn.
HONEST = {
    "log of 1 - s": (lambda u, x: u.log(1 - sigmoid(u, x[0])), lambda r: [r.uniform(5, 35)]),
    "s (1 - s)": (lambda u, x: sigmoid(u, x[0]) * (1 - sigmoid(u, x[0])), lambda r: [r.uniform(-35, 35)]),
    "sin x^2": (lambda u, x: u.sin(x[0] ** 2), lambda r: [10 ** r.uniform(-3, 5)]),
    "polynomial": (
        lambda u, x: x[0] ** 3 - 3 * x[0] ** 2 * x[1] + x[1] ** 5 * x[2] - 7,
        lambda r: r.standard_normal(3) * 10 ** r.uniform(-3, 3),
    ),
    "cancelling squares": (
        lambda u, x: (x[0] + x[1]) ** 2 - x[0] ** 2 - x[1] ** 2,
        lambda r: [10 ** r.uniform(0, 8), 10 ** r.uniform(-8, 0)],
    ),
    "(e^x - 1 - x) / x^2": (
        lambda u, x: (u.exp(x[0]) - 1 - x[0]) / x[0] ** 2,
        lambda r: [10 ** r.uniform(-7, 0)],
    ),
    "(1 - cos x) / x^2": (lambda u, x: (1 - u.cos(x[0])) / x[0] ** 2, lambda r: [10 ** r.uniform(-7, 0)]),
    "softmax": (
        lambda u, x: u.exp(x[0]) / (u.exp(x[0]) + u.exp(x[1]) + u.exp(x[2])),
        lambda r: r.standard_normal(3) * 10 ** r.uniform(-1, 1.3),
    ),
    "x^y": (lambda u, x: x[0] ** x[1], lambda r: [10 ** r.uniform(-2, 2), r.uniform(-3, 3)]),
    "powers": (
        lambda u, x: x[0] ** 2.5 * x[1] ** -3 + x[0] ** 7,
        lambda r: [10 ** r.uniform(-20, 20), 10 ** r.uniform(-20, 20)],
    ),
    "norm": (
        lambda u, x: u.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2),
        lambda r: r.standard_normal(3) * 10 ** r.uniform(-100, 100),
    ),
    "ratio": (lambda u, x: (x[0] * x[1] - x[2]) / (x[0] - x[2]), lambda r: r.standard_normal(3)),
    "nested": (
        lambda u, x: u.sin(u.exp(u.sin(u.exp(u.sin(3 * x[0])) * 5) * 3) * 2),
        lambda r: [r.standard_normal()],
    ),
    "tan, atan": (
        lambda u, x: u.tan(x[0]) * u.atan(x[1]),
        lambda r: [r.uniform(-1.57, 1.57), 10 ** r.uniform(-5, 5)],
    ),
    "ln x^2": (lambda u, x: u.log(x[0] ** 2), lambda r: [r.standard_normal() * 10 ** r.uniform(-70, 70)]),
    "1/x + ln x sqrt x": (
        lambda u, x: 1 / x[0] + u.log(x[0]) * u.sqrt(x[0]),
        lambda r: [10 ** r.uniform(-150, 150)],
    ),
    "narrow bump": (lambda u, x: u.exp(-1e6 * x[0] ** 2), lambda r: [r.uniform(-3e-3, 3e-3)]),
    "fast ripple": (lambda u, x: u.sin(x[0]) + 1e-8 * u.sin(1e9 * x[0]), lambda r: [r.uniform(-2, 2)]),
    "sqrt(x + 1) - sqrt x": (
        lambda u, x: u.sqrt(x[0] + 1) - u.sqrt(x[0]),
        lambda r: [10 ** r.uniform(0, 12)],
    ),
}


def truth(f, x):
    """Return the gradient at the exact floats, by central differences with 400 digits."""
    with mp.workdps(400):
        point = [mp.mpf(float(v)) for v in x]
        slopes = []
        for j in range(len(x)):
            h = abs(point[j]) * mp.mpf(10) ** -120
            sides = [[*point[:j], point[j] + s * h, *point[j + 1 :]] for s in (1, -1)]
            slopes.append((f(mp, sides[0]) - f(mp, sides[1])) / (2 * h))
        return slopes


def campaign(seed, draws):
    """Return true error, bar and |truth| of every certified entry; and how many estimates were refused."""
    rng = np.random.default_rng(seed)
    rows, refused = [], 0
    for f, draw in HONEST.values():
        for _ in range(draws):
            x = np.array(draw(rng), dtype=float)
            found = estimate(lambda z, f=f: f(NUMPY, z), x)
            assert found.nfev <= x.size + 12
            if found.status is not Status.OK:
                refused += 1
                continue
            for j, exact in enumerate(truth(f, x)):
                error = abs(mp.mpf(float(found.value[0, j])) - exact)
                rows.append((float(error), float(found.error[0, j]), float(abs(exact))))
    return np.array(rows).T, refused


@pytest.fixture(scope="module")
def measured():
    return campaign(11, 12)


def test_the_bar_contains_the_true_error(measured):
    (error, bar, _), refused = measured
    assert np.mean(error <= bar) >= 0.995
    assert refused <= 2
    assert error.size > 300


def test_a_bar_without_the_measured_noise_would_not(measured):
    (error, _, exact), _ = measured
    assert np.mean(error <= 8 * 2.0**-52 * exact) < 0.9


def test_values_are_exact_to_rounding_and_bars_are_narrow(measured):
    (error, bar, exact), _ = measured
    usual = exact > 0.0
    assert np.median(error[usual] / exact[usual]) <= 1e-15
    assert np.median(bar[usual] / exact[usual]) <= 1e-13


# Their derivatives vanish where few operations matter, and are known without cancellation.
VANISHING = (
    (lambda x: np.exp(x) / (1 + x * x), lambda x: np.exp(x) * ((1 - x) / (1 + x * x)) ** 2),
    (lambda x: x * np.cos(x) - np.sin(x), lambda x: -x * np.sin(x)),
)


def exceeded(f, slope):
    """Count the entries of an element-wise function, 200,000 in all, whose bar misses."""
    count = 0
    for seed in range(10):
        x = 2 * np.random.default_rng(seed).normal(size=20000)
        primal = Primal(f, [x])
        primal(x)
        value, bar = complex_step_slope(primal, x, np.ones(x.size))
        count += int((np.abs(value - slope(x.astype(np.longdouble))) > bar).sum())
    return count


def test_copies_never_drift_alike(monkeypatch):
    assert [exceeded(*pair) for pair in VANISHING] == [0, 0]

    def uniform():
        """Three copies that may come out unmoved: the twin."""
        factors = np.ones((trace.REPLICAS + trace.BESIDE, 8192))
        factors[1:4] += 2.0**-52 * np.random.default_rng(1).uniform(-1, 1, (3, 8192))
        return factors

    monkeypatch.setattr(trace, "_pool", uniform)
    assert all(exceeded(*pair) > 10 for pair in VANISHING)


# Functions that a plain complex step gets wrong, with the right derivative.
TRAPS = {
    "abs": (np.abs, X, np.diag(np.sign(X))),
    "norm": (np.linalg.norm, X, X[None] / np.linalg.norm(X)),
    "vdot": (lambda x: np.vdot(x, x), X, 2 * X[None]),
    "real": (lambda x: x.real**2, X, np.diag(2 * X)),
    "std": (lambda x: x.std(), X, (X - X.mean())[None] / (3 * X.std())),
    "sign(x) x": (lambda x: np.sign(x) * x, X, np.diag(np.sign(X))),
    "abs of asarray": (lambda x: np.abs(np.asarray(x)), X, np.diag(np.sign(X))),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_gets_its_right_value(name):
    f, x, right = TRAPS[name]
    found = estimate(f, x)
    assert found.status is Status.OK
    np.testing.assert_allclose(found.value, right, rtol=1e-14, atol=1e-15)
    assert np.all(np.abs(found.value - right) <= found.error + 4e-16 * np.abs(right))


@pytest.mark.parametrize("name", TRAPS)
def test_a_plain_complex_step_falls_into_it(name):
    f, x, right = TRAPS[name]
    assert not np.allclose(plain(f, x), right, rtol=1e-3)


def test_x_times_its_conjugate_transpose():
    def f(x):
        return (x @ x.conj().T).sum()

    found = estimate(f, S)
    right = np.tile(2 * S.sum(axis=0), 3)[None]
    np.testing.assert_allclose(found.value, right, rtol=1e-13)
    assert not np.allclose(plain(f, S), right, rtol=1e-3)


ANALYTIC = {
    "maximum": lambda x: np.maximum(x, 0.5 * x),
    "where": lambda x: np.where(x > 0, x * x, x),
    "clip": lambda x: np.clip(x * x, 0.2, 1.0),
    "log1p": lambda x: np.log1p(x * x),
    "x**x": lambda x: (x * x) ** x,
    "arctan2": lambda x: np.arctan2(x, x * x + 1),
    "hypot": lambda x: np.hypot(x, 2 * x + 5),
    "logaddexp": lambda x: np.logaddexp(x, 2 * x + 5),
    "buffer": lambda x: np.multiply(x, x, out=np.empty_like(x)),
    "tanh of a product": lambda x: np.tanh(S @ x),
}


@pytest.mark.parametrize("name", ANALYTIC)
def test_branches_and_functions_without_complex_loops(name):
    f = ANALYTIC[name]
    found = estimate(f, X)
    assert found.status is Status.OK, found.message
    h = 2.0**-18
    columns = [(f(X + h * e) - f(X - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(found.value, np.array(columns).T, rtol=1e-7, atol=1e-8)


def _entropy(x):
    return special.xlogy(x, x)


@pytest.mark.parametrize(
    ("f", "slope", "root"),
    [
        (lambda x: x**x, lambda x: x**x * (1 + mp.log(x)), float(mp.exp(-1))),
        (_entropy, lambda x: 1 + mp.log(x), float(mp.exp(-1))),
        (
            lambda x: np.logaddexp(x + 0.5, -2.0 * x),
            lambda x: (mp.exp(x + 0.5) - 2 * mp.exp(-2 * x)) / (mp.exp(x + 0.5) + mp.exp(-2 * x)),
            (np.log(2.0) - 0.5) / 3.0,
        ),
    ],
    ids=["power", "xlogy", "logaddexp"],
)
def test_the_bar_holds_where_the_two_parts_of_a_rule_cancel(f, slope, root):
    rng = np.random.default_rng(0)
    answered = 0
    for _ in range(60):
        x = root * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-15, -2))
        found = estimate(f, np.array([x]))
        if found.status is Status.OK:
            answered += 1
            with mp.workdps(40):
                off = abs(mp.mpf(float(found.value[0, 0])) - slope(mp.mpf(x)))
            assert off <= found.error[0, 0]
    assert answered >= 50
