"""Fine steps against coarse ones: whichever is right, the bar holds the truth, and the twin shows the lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from central_cases import deaf
from scipy import stats
from scipy.interpolate import CubicSpline

from gradcheck.estimators.differences import contest, noise, one_sided
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.differences.contest import Contest
from gradcheck.estimators.differences.ladder import NO_RUNG
from gradcheck.estimators.primal import Primal


def lies(f: Callable[[Any], Any], x: Any, truth: Any) -> int:
    """Count the entries whose bar does not hold the truth; no number is no lie."""
    found = central_jacobian(Primal(f, [np.asarray(x, dtype=np.float64)]))
    known = np.isfinite(found.value)
    return int((known & ~(np.abs(found.value - truth) <= found.error)).sum())


@pytest.fixture
def uncontested(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take the narrowest answer, whatever contradicts it."""

    def nothing(_ladder: Any, best: Any, *_: Any) -> Contest:
        shape = best.value.shape[1:]
        return Contest(np.zeros(shape), np.zeros(shape), np.full(shape, NO_RUNG))

    return lambda: monkeypatch.setattr(one_sided, "contested", nothing)


def curved(x: Any) -> Any:
    return (1 - np.cos(x)) / x**2


# In a tooth of 1 - cos x the function is as smooth as c / x**2 is; at the last the teeth are 500 roundings.
TEETH = (1.6898e-07, -3.7913e-07, 5.3410e-08, -1.1575e-07, 2.3495e-07, -4.0404e-08, -4.3105e-07, 0.01652418)


def test_a_tooth_that_is_bent_is_no_slope(uncontested: Callable[[], None]) -> None:
    assert sum(lies(curved, x, -x / 12) for x in TEETH) == 0
    uncontested()
    assert sum(lies(curved, x, -x / 12) for x in TEETH) >= 6


def test_steps_that_a_decomposition_swallows_are_no_evidence(uncontested: Callable[[], None]) -> None:
    """Entries of 1e-21 are deflated: the pseudoinverse stands still, or moves by a quarter of them."""
    matrix = np.diag([2.0, 2.0, 5.0])
    inverse = np.linalg.inv(matrix)
    truth = -np.einsum("ij,kl->iljk", inverse, inverse).reshape(9, 9)
    assert lies(np.linalg.pinv, matrix, truth) == 0
    # The twin: without the rule, and with a wrong truth, it shows.
    assert lies(np.linalg.pinv, matrix, truth + 1e-3) > 60
    uncontested()
    assert lies(np.linalg.pinv, matrix, truth) > 0


# What steps of whole periods show is off by chance as little at one as at the next, or crosses 0.
PERIODS = (
    62.648,
    53.434368342635494,
    94.15651814089914,
    96.94558727056632,
    691.1554654345866,
    336.13257013481837,
)


def test_steps_of_whole_periods_are_no_teeth() -> None:
    found = [central_jacobian(Primal(np.cos, [np.array([x])])) for x in PERIODS]
    for x, one in zip(PERIODS, found, strict=True):
        assert one.error[0, 0] < 1e-9 * abs(np.sin(x))
    assert sum(lies(np.cos, x, -np.sin(x)) for x in PERIODS) == 0
    # The twin: a derivative of the next period but a millionth is seen to be another.
    assert sum(lies(np.cos, x, -np.sin(x + 1e-6)) for x in PERIODS) == len(PERIODS)


def flipping(x: Any) -> Any:
    return np.sign(np.cos(9 * (x - 3))) * np.exp(x / 3)


def test_a_sign_that_flips_far_on_both_sides_is_no_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    at, slope = np.array([3.0]), np.exp(1.0) / 3
    assert central_jacobian(Primal(flipping, [at])).error[0, 0] < 1e-9
    assert lies(flipping, at, slope) == 0
    assert lies(flipping, at, slope + 1e-8) == 1
    # The twin: were every jump rounding, this one would leave no digit.
    monkeypatch.setattr(contest, "_HIGH", np.inf)
    assert np.isnan(central_jacobian(Primal(flipping, [at])).value).all()


def test_fine_steps_beside_large_inputs_do_not_widen_the_bar() -> None:
    rng = np.random.default_rng(6)
    x = np.array([0.0, 1.0, -1.0, 0.5])
    for _ in range(4):
        weights = rng.normal(size=(4, 3))
        found = central_jacobian(Primal(lambda x, w=weights: (x @ w)[:, None] * x, [x]))
        truth = np.einsum("ki,j->ijk", weights, x) + np.einsum("i,jk->ijk", x @ weights, np.eye(4))
        assert (np.abs(found.value - truth.reshape(12, 4)) <= found.error).all()
        assert found.error.max() < 1e-12


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x**x,
        lambda x: np.where(x > 0, -x * np.log(np.where(x > 0, x, 1)), np.where(x == 0, 0.0, -np.inf)),
    ],
    ids=["x to the x", "minus infinity on the other side"],
)
def test_a_slope_that_grows_as_the_logarithm_gets_no_number(f: Callable[[Any], Any]) -> None:
    found = central_jacobian(Primal(f, [np.asarray(0.0)]))
    assert np.isnan(found.value).all()
    # The twin: x² log x settles.
    smooth = central_jacobian(Primal(lambda x: x * (f(x) - f(0.0)), [np.asarray(0.0)]))
    assert abs(smooth.value[0, 0]) <= smooth.error[0, 0] < 1e-6


def test_a_ripple_below_the_steps_widens_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 to 5000 roundings high, far narrower than the steps: heard there, and not at finer ones."""
    rng = np.random.default_rng(3)
    draws = [
        (10 ** rng.uniform(-13, -12), 10 ** rng.uniform(4, 8), rng.uniform(0.2, 2.0)) for _ in range(120)
    ]

    def missed() -> int:
        return sum(
            lies(lambda x, a=a, w=w: np.exp(x) + a * np.sin(w * x), x, np.exp(x) + a * w * np.cos(w * x))
            for a, w, x in draws
        )

    # One phase in thirty hides it from all the steps.
    assert missed() <= 4
    monkeypatch.setattr(one_sided, "distant_noise", deaf)
    assert missed() > 60


def test_a_ripple_of_a_few_roundings_is_heard_in_either_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20 to 200 roundings, at frequencies from 10 to 1e9, one in twelve may escape."""
    rng = np.random.default_rng(3)
    draws = [
        (10 ** rng.uniform(1.3, 2.3), 10 ** rng.uniform(1, 9), rng.uniform(-2, 2), rng.uniform(0, 6.28))
        for _ in range(120)
    ]

    def missed() -> int:
        count = 0
        for roundings, w, x, phase in draws:
            a = roundings * 2.0**-52 * np.exp(x)
            truth = np.exp(x) + a * w * np.cos(w * x + phase)
            count += lies(lambda x, a=a, w=w, p=phase: np.exp(x) + a * np.sin(w * x + p), x, truth)
        return count

    assert missed() <= 10
    monkeypatch.setattr(one_sided, "distant_noise", deaf)
    assert missed() > 40


@pytest.mark.parametrize("x", [25.0, 3.7, -1.2, 24.3])
def test_a_ripple_of_nine_roundings(x: float) -> None:
    slope = 2 * x + 1e-12 * 1e6 * np.cos(1e6 * x)
    assert lies(lambda x: x**2 + 1e-12 * np.sin(1e6 * x), x, slope) == 0


def test_float32_inside_is_heard_far_from_a_tiny_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def square(x: Any) -> Any:
        return np.float64(np.float32(x) ** 2)

    points = [float(np.float32(x)) for x in 10.0 ** np.random.default_rng(1).uniform(-8, -5, size=60)]
    assert sum(lies(square, x, 2 * x) for x in points) == 0
    monkeypatch.setattr(noise, "_SHARE", 0.0)
    assert sum(lies(square, x, 2 * x) for x in points) > 0


def test_a_tread_that_hides_one_term_is_doubted_by_more_than_the_answer_beyond_it() -> None:
    """The square of a value whose rounding is that of 1e6 stands still by its third input."""

    def f(x: Any) -> Any:
        return ((np.sin(x[0]) * np.exp(x[1]) + x[2] ** 2 + 1e6) - 1e6) ** 2

    random = np.random.default_rng(0)
    points = [random.normal(size=3) for _ in range(102)]
    for x in (points[83], points[101]):
        inside = np.array([np.cos(x[0]) * np.exp(x[1]), np.sin(x[0]) * np.exp(x[1]), 2 * x[2]])
        truth = 2 * (np.sin(x[0]) * np.exp(x[1]) + x[2] ** 2) * inside
        assert lies(f, x, truth) == 0
        assert lies(f, x, 2 * truth) > 0


def attention(dtype: Any, keys: Any) -> Any:
    """Weights computed in ``dtype``, applied to what they are computed from: teeth with own slopes."""

    def f(x: Any) -> Any:
        values = x.reshape(3, 3)
        logits = ((values @ keys.T) / np.sqrt(3)).astype(dtype)
        weights = np.exp(logits - logits.max(1, keepdims=True))
        return ((weights / weights.sum(1, keepdims=True)).astype(np.float64) @ values).ravel()

    return f


@pytest.mark.parametrize("seed", [4, 8, 22, 37])
def test_teeth_are_seen_behind_a_finest_step_whose_rounding_is_carried_far(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, x = rng.normal(size=(3, 3)), 2 * rng.normal(size=9)
    exact = central_jacobian(Primal(attention(np.float64, keys), [x])).value
    found = central_jacobian(Primal(attention(np.float32, keys), [x]))

    def missed(truth: Any) -> int:
        # The weights themselves are rounded: by 6e-8 at most.
        return int((np.abs(found.value - truth) > found.error + 3e-6 * np.nanmax(np.abs(truth))).sum())

    assert missed(exact) == 0
    assert missed(1.01 * exact) > 10


def cancelling(z: Any) -> Any:
    return np.array([z[0] * (np.sqrt(1 + z[1]) - 1) / z[1]])


def test_rounding_that_stands_still_along_an_input_is_in_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """In ``x a(t)`` the rounding of ``a`` is the same for all ``x``, and shows along ``t`` alone."""
    rng = np.random.default_rng(4)
    points = [np.array([rng.uniform(0.2, 3.0), 10.0 ** rng.uniform(-6, -1)]) for _ in range(40)]

    def missed(factor: float = 1.0) -> int:
        found = [central_jacobian(Primal(cancelling, [z])) for z in points]
        truth = [factor / (np.sqrt(1 + z[1]) + 1) for z in points]
        pairs = zip(found, truth, strict=True)
        return sum(abs(one.value[0, 0] - slope) > one.error[0, 0] for one, slope in pairs)

    assert missed() == 0
    assert missed(1.01) > 30
    # The twin: along x itself nothing of it is seen.
    monkeypatch.setattr(
        one_sided, "frozen_noise", lambda ladder, *_: (np.zeros((2, 1)), np.zeros((2, 1), dtype=bool))
    )
    assert missed() > 10


def test_teeth_too_high_for_noise_are_in_the_bars_of_other_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ``x (1 - cos t) / t**2`` at 1e-6 the teeth along ``t`` are 1e-4 of f: no answer there is sharp."""

    def f(z: Any) -> Any:
        return np.array([z[0] * ((1 - np.cos(z[1])) / z[1] ** 2)])

    rng = np.random.default_rng(4)
    points = [np.array([rng.uniform(0.2, 3.0), 10.0 ** rng.uniform(-6.8, -6)]) for _ in range(40)]

    def missed(factor: float = 1.0) -> int:
        return sum(
            abs(one.value[0, 0] - factor * 0.5) > one.error[0, 0]
            for one in (central_jacobian(Primal(f, [z])) for z in points)
        )

    assert missed() == 0
    assert missed(1.5) > 30
    # The twin: along x itself nothing of it is seen.
    monkeypatch.setattr(noise, "_TEETH", 0.0)
    assert missed() > 10


def test_a_side_closed_far_away_leaves_the_answer_central(monkeypatch: pytest.MonkeyPatch) -> None:
    """A power by its logarithm is as noisy as that is large; only the step of 2**-16 leaves the domain."""
    points = 10 ** np.random.default_rng(7).uniform(-7, -5, 150)

    def missed() -> int:
        return sum(
            lies(lambda x: np.exp(11 * np.log(x) - 50.0), x, 11 * np.exp(11 * np.log(x) - 50.0) / x)
            for x in points
        )

    assert missed() == 0
    monkeypatch.setattr(one_sided, "_SHARE", 1.0)
    assert missed() > 0


def test_noise_that_the_finest_steps_miss_by_chance_is_no_ripple() -> None:
    """Its bar is that of noise, not what two finest steps leave open."""
    law = stats.gamma(1.9932305483800778)
    points = law.ppf(np.array([0.02, 0.6, 0.75]))
    assert lies(law.cdf, points, np.diag(law.pdf(points))) == 0
    found = central_jacobian(Primal(law.cdf, [points]))
    assert float((found.error.diagonal() / found.value.diagonal()).max()) < 1e-9


NARROW = (
    lambda u: np.sqrt(1 + u * u),
    lambda u: 1 / (1 + u * u),
    np.cos,
    lambda u: np.log1p(u * u),
    lambda u: u * np.tanh(u),
)


@pytest.mark.parametrize("width", [0.03, 1e-2, 1e-3])
@pytest.mark.parametrize("x", [0.0, 1.0, -2.7])
def test_a_narrow_minimum_is_no_noise(width: float, x: float) -> None:
    """Quotients are right at every step, and second differences large at most of them."""
    for shape in NARROW:
        for slope in (0.0, 0.7):

            def f(t: Any, shape: Any = shape, slope: float = slope) -> Any:
                return shape((t - x) / width) + slope * (t - x)

            assert central_jacobian(Primal(f, [np.array(x)])).error[0, 0] < 1e-5 / width
            assert lies(f, x, slope) == 0
            # The twin: a slope that is off by the hundred thousandth part of the steepest.
            assert lies(f, x, slope + 1e-5 / width) == 1


def test_a_ripple_that_is_even_at_the_point_hides_no_slope() -> None:
    """The twin: of the same height, a quarter of a period beside, it is as loud, and has one."""
    for width in (1e-3, 1e-5):
        even = lambda t, w=width: 1e-3 * np.cos(t / w)
        odd = lambda t, w=width: 1e-3 * (np.cos(t / w) + np.sin(t / w))
        assert lies(even, 0.0, 0.0) == 0
        assert lies(odd, 0.0, 1e-3 / width) == 0
        assert lies(odd, 0.0, 0.0) == 1


def test_a_third_derivative_that_jumps_is_no_noise() -> None:
    """At the knots of a cubic spline quotients are those of one cubic, and second differences are not."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        knots = np.sort(rng.uniform(0, 4, 6))
        spline = CubicSpline(knots, rng.normal(size=6))
        at, slope = knots[2], float(spline(knots[2], 1))
        assert central_jacobian(Primal(spline, [np.array(at)])).error[0, 0] < 1e-4 * abs(slope)
        assert lies(spline, at, slope) == 0
        assert lies(spline, at, slope * (1 + 2e-4)) == 1


# log(1 + x**2) is 0 at every step in proportion to these points; beside it f moves as it should.
ASLEEP = (
    (lambda x: np.log(1 + x * x) + x * x, -1.8e-11, lambda x: 2 * x / (1 + x * x) + 2 * x),
    (lambda x: np.sinh(x) + np.log(1 + 4 * x * x), 1.36e-12, lambda x: np.cosh(x) + 8 * x / (1 + 4 * x * x)),
    (lambda x: np.log(1 + x * x) - x / 3, -8.37e-9, lambda x: 2 * x / (1 + x * x) - 1 / 3),
    (lambda x: np.log(1 + x * x) + np.tanh(x), -3.3e-12, lambda x: 2 * x + 1 / np.cosh(x) ** 2),
    (lambda x: np.log(1 + x * x) - 12 * x * x, 4.4e-9, lambda x: 2 * x / (1 + x * x) - 24 * x),
)


def test_a_term_that_is_asleep_at_all_small_steps_is_in_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(lies(f, x, slope(x)) for f, x, slope in ASLEEP) == 0
    found = [central_jacobian(Primal(f, [np.asarray(x)])) for f, x, _ in ASLEEP]
    assert all(one.error[0, 0] < 1e-8 for one in found)
    monkeypatch.setattr(contest, "_wakes", lambda _ladder, _best, step, *_: np.zeros(step.shape, dtype=bool))
    assert sum(lies(f, x, slope(x)) for f, x, slope in ASLEEP) > 2


def test_what_is_awake_at_a_tiny_point_keeps_its_bar() -> None:
    """The twin: written so that nothing is lost, or bent on the scale of the steps, it needs no leap."""
    for x in (-1.8e-11, 1.36e-12, -8.37e-9, 4.4e-9, 3e-6):
        for f, slope in (
            (lambda x: np.log1p(x * x) + x * x, 4 * x),
            (lambda x: np.sinh(x) + np.log1p(4 * x * x), 1 + 8 * x),
            (lambda x: x * x * np.exp(x), 2 * x * (1 + x / 2) * np.exp(x)),
        ):
            assert central_jacobian(Primal(f, [np.asarray(x)])).error[0, 0] < 1e-12 * abs(slope)
            assert lies(f, x, slope * (1 + 1e-11)) == 1


# At 0 the constants swallow the finest steps whole: there f is its linear term alone, and without noise.
SWALLOWING = (
    (lambda t: np.exp(t) - 1 - t, np.expm1),
    (lambda t: 1e5 * (np.exp(t) - 1 - t), lambda t: 1e5 * np.expm1(t)),
    (lambda t: np.log(1 + t) - t, lambda t: -t / (1 + t)),
    (lambda t: np.sqrt(1 + t) - 1 - t / 2, lambda t: 0.5 / np.sqrt(1 + t) - 0.5),
    (lambda t: (1 + t) ** 2 - 1 - t, lambda t: 1 + 2 * t),
    (lambda t: np.tanh(1 + t) - np.tanh(1) + t, lambda t: 1 / np.cosh(1 + t) ** 2 + 1),
)


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-18, 1e-7])
def test_what_a_constant_swallows_at_the_finest_steps_is_no_slope(
    x: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for f, slope in SWALLOWING:
        assert lies(f, x, slope(x)) == 0
        if x != 1e-18:
            assert lies(f, x, slope(x) + 1e-4 * f(0.5)) == 1
    if x == 0.0:
        # The twin: were a unit of one a jump of f's own, the finest steps would be believed.
        monkeypatch.setattr(contest, "_UNITS", 0.0)
        assert sum(lies(f, x, slope(x)) for f, slope in SWALLOWING) > 0
