"""A claim that loses smoothly beside a singularity is right; what stays wrong away from it is a mistake."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.rounding import extended, nearby
from gradcheck.judge.rounding.conditioning import argument_rounding

NEAR = 10.0 ** np.linspace(-12.4, -3, 5)
FAMILIES = {
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 1 - NEAR),
    "arcsin at -1": (np.arcsin, lambda x: 1 / np.sqrt(1 - x**2), NEAR - 1),
    "arccos": (np.arccos, lambda x: -1 / np.sqrt(1 - x * x), 1 - NEAR),
    "arccosh": (np.arccosh, lambda x: 1 / np.sqrt(x * x - 1), 1 + NEAR),
    "arctanh": (np.arctanh, lambda x: 1 / (1 - x * x), 1 - NEAR),
}


@pytest.fixture(params=["longdouble is wider", "longdouble is float64"])
def formats(request, monkeypatch):
    """Both kinds of platform: on the second nothing can be evaluated with more digits."""
    if request.param == "longdouble is float64":
        for module in (extended, nearby):
            monkeypatch.setattr(module, "WIDER", False)


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize("name", FAMILIES)
def test_a_right_claim_passes_and_a_factor_of_three_times_its_detectable_fails(name):
    f, slope, points = FAMILIES[name]
    for x in points.tolist():
        right = gradcheck.check(f, slope, x)
        assert str(right.verdict) == "pass", (x, str(right))
        assert right.detectable < 1e-8
        for share in (3.0, -3.0):
            off = 1 + share * right.detectable
            wrong = gradcheck.check(f, lambda x, off=off: off * slope(x), x)
            assert str(wrong.verdict) == "fail", (x, share, str(wrong))


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize("off", [1e-9, -1e-6])
def test_a_factor_that_one_rounding_of_the_argument_exceeds_is_a_mistake(off):
    x = 1 - 1e-12  # the last digit of x is worth 5e-5 of the derivative
    wrong = gradcheck.check(np.arcsin, lambda x: (1 + off) / np.sqrt(1 - x * x), x)
    assert str(wrong.verdict) == "fail"


def test_what_is_wrong_beside_the_singularity_alone_is_a_mistake():
    # 2.5e-6 off here, 2.5e-12 at the places that are asked; a rounding of x is worth 5e-8 here.
    wrong = gradcheck.check(np.arcsin, lambda x: 1 / np.sqrt(1 - x * x + 1e-14), 1 - 1e-9)
    assert str(wrong.verdict) == "fail"


@pytest.mark.parametrize("off", [0.0, 1e-9])
def test_products_and_casts_are_judged_alike(off):
    x, expected = np.array([1 - 1e-11, 0.3]), "fail" if off else "pass"
    slope = lambda x: (1 + off) / np.sqrt(1 - np.asarray(x, float) ** 2)
    assert str(gradcheck.check_jvp(np.arcsin, lambda x, v: slope(x) * v, x).verdict) == expected
    assert str(gradcheck.check_vjp(np.arcsin, lambda x, u: slope(x) * u, x).verdict) == expected
    assert str(gradcheck.check_gradient(lambda x: np.arcsin(x).sum(), slope, x).verdict) == expected


def test_rows_that_lose_for_different_reasons_are_explained_one_by_one():
    x = np.array([1 - 1e-11, 0.3, -0.7])

    def f(x):
        return np.stack([np.arcsin(x[0]), 1 / (1 + np.exp(-60 * x[1])), np.sin(x[2])])

    def slope(x, last=1.0):
        s = 1 / (1 + np.exp(-60 * x[1]))
        return np.diag([1 / np.sqrt(1 - x[0] * x[0]), 60 * s * (1 - s), last * np.cos(x[2])])

    assert str(gradcheck.check(f, slope, x).verdict) == "pass"
    wrong = gradcheck.check(f, lambda x: slope(x, 1 + 1e-8), x)
    assert str(wrong.verdict) == "fail"
    assert wrong.worst.path == "d f[2] / d x[2]"


def test_a_claim_given_as_numbers_has_its_rounding_assumed_as_before():
    x = 1 - 1e-9
    numbers = np.array(1 / np.sqrt(1 - x * x) * (1 + 1e-6))
    assert str(gradcheck.check(np.arcsin, numbers, x).verdict) != "pass"


@pytest.mark.parametrize("x", [0.9999784556530997, 0.9999931870793094, -0.9999784556530997])
def test_the_noise_of_central_differences_is_not_granted_to_the_claim(x):
    slope = FAMILIES["arcsin"][1]
    right = gradcheck.check(np.arcsin, slope, x, method="central")
    assert str(right.verdict) == "pass"
    for share in (1.05, -1.3, 3.0):
        off = 1 + share * right.detectable
        wrong = gradcheck.check(np.arcsin, lambda x, off=off: off * slope(x), x, method="central")
        assert str(wrong.verdict) == "fail", (share, right.detectable, str(wrong))
        # The diagnosis takes the neighbours that were visited already: 1,872 evaluations if it did not.
        assert wrong.nfev < 1500


@pytest.mark.parametrize(("size", "expected"), [(2.0**-53, "pass"), (2.0**-33, "fail")])
def test_a_last_digit_that_comes_and_goes_is_rounding_and_a_number_that_does_is_a_mistake(size, expected):
    def slope(x):
        odd = np.array(x, dtype=np.float64).view(np.int64)[0] & 1  # as the product of two numbers rounds
        return np.array([[3.0, size * odd], [0.0, np.cos(x[1])]])

    x = np.array([np.nextafter(1.5, 2), 2.84])
    found = gradcheck.check(lambda x: np.stack([3 * x[0], np.sin(x[1])]), slope, x)
    assert str(found.verdict) == expected, str(found)


MIXED = np.array([[0.3, 0.7], [1.1, -0.4]])


@pytest.mark.parametrize("x", [[1e-7, 2.0], [2.0, 1e-7], [1.0, 2.0]])
def test_a_product_that_is_the_identity_up_to_a_last_digit_passes_and_1e_9_beside_it_fails(x):
    f = lambda x: np.array(x, dtype=float)
    identity = np.linalg.inv(MIXED) @ MIXED
    assert identity[0, 1] != 0 or identity[1, 0] != 0
    for given in (lambda x: identity, identity):
        right = gradcheck.check(f, given, np.array(x))
        assert str(right.verdict) == "pass", str(right)
        assert right.detectable < 1e-9
    for row, column in ((0, 1), (1, 0)):
        off = identity.copy()
        off[row, column] += 1e-9
        wrong = gradcheck.check(f, lambda x, off=off: off, np.array(x))
        assert str(wrong.verdict) == "fail", str(wrong)


@pytest.mark.parametrize(("off", "expected"), [(1.7e-16, "pass"), (1e-12, "fail"), (-1e-9, "fail")])
def test_a_last_digit_in_a_row_that_is_0_throughout_is_measured_by_the_other_rows(off, expected):
    slope = np.array([[1.0, 2.0, 3.0], [0.0, off, 0.0]])
    f = lambda x: np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]) @ x
    x = np.array([-1.4, 0.3, 1.9])
    for given in (lambda x: slope, slope):
        assert str(gradcheck.check(f, given, x).verdict) == expected
    right = gradcheck.check(f, np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), x)
    assert str(right.verdict) == "pass"


@pytest.mark.parametrize("constant", [3.0, 1e-3])
def test_rows_of_the_same_array_measure_no_row_that_does_not_cancel(constant):
    f = lambda x: np.stack([1e10 * x[0], constant + 0 * x[1]])
    slope = lambda off: lambda x: np.array([[1e10, 0.0], [off, off]])
    x = np.array([0.5, 0.7])
    assert str(gradcheck.check(f, slope(0.0), x).verdict) == "pass"
    for off in (1e-6, 1e-9):
        assert str(gradcheck.check(f, slope(off), x).verdict) == "fail"


def test_an_input_near_0_lets_no_more_of_it_pass_in_a_row_that_is_0_throughout():
    f = lambda x: np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]) @ x
    slope = lambda off: np.array([[1.0, 2.0, 3.0], [0.0, off, 0.0]])
    x = np.array([-1.4, 1e-9, 1.9])
    assert str(gradcheck.check(f, slope(1.7e-16), x).verdict) == "pass"
    assert str(gradcheck.check(f, slope(1e-9), x).verdict) == "fail"


def test_rows_of_another_array_measure_no_row_that_is_0():
    f = lambda x: (np.array([1e9 * x[0]]), 0 * x[0])
    slope = lambda off: lambda x: (np.array([[1e9]]), np.array([off]))
    assert str(gradcheck.check(f, slope(0.0), np.array([1.5])).verdict) == "pass"
    assert str(gradcheck.check(f, slope(1e-9), np.array([1.5])).verdict) == "fail"


def test_the_sum_of_a_centred_vector_is_not_called_wrong():
    def f(x):
        x = np.array(x, dtype=float)
        return np.array([(x - x.mean()).sum(), x[1] ** 2])

    def slope(x, off=0.0):
        return np.vstack([np.ones(3) @ (np.eye(3) - np.full((3, 3), 1 / 3)) + off, [0, 2 * x[1], 0]])

    for seed in range(12):
        x = np.random.default_rng(seed).normal(size=3)
        assert str(gradcheck.check(f, slope, x).verdict) != "fail"
    x = np.array([0.4333999424778123, 0.37285788843488454, -0.7503135205031676])
    assert str(gradcheck.check(f, slope, x).verdict) != "fail"
    assert str(gradcheck.check(f, lambda x: slope(x, 1e-9), x).verdict) == "fail"


@pytest.mark.parametrize(
    ("f", "claim", "x"),
    [
        (np.sinc, lambda x: np.diag(np.where(x == 0, 1.0, 0.0)), 0.0),
        (lambda x: x**3, lambda x: np.diag(np.where(x == 1, 4.0, 3 * x**2)), 1.0),
        (lambda x: x**3, lambda x: np.diag(np.where(x >= 1, 4.0, 3 * x**2)), 1.0),
        (np.exp, lambda x: np.diag(np.where(x <= 2, 2.0, 1.0) * np.exp(x)), 2.0),
    ],
    ids=["sinc at 0", "at 1", "from 1 on", "up to 2"],
)
def test_a_claim_that_is_wrong_at_the_point_alone_or_on_one_side_fails(f, claim, x):
    assert str(gradcheck.check(f, claim, np.array([x])).verdict) == "fail"


def test_no_witness_no_excuse():
    def slope(x):
        return 1 / np.sqrt((1 - x) * (1 + x))[:, None]

    def claim(x):
        return 1 / np.sqrt(1 - x * x)[:, None]

    x, yes = np.array([1 - 1e-10]), np.ones((1, 1), dtype=bool)
    for bar, excused in ((1e-12, True), (1e9, False)):
        reference = lambda x, bar=bar: (slope(x), np.full((1, 1), bar))
        rng = np.random.default_rng(0)
        found = argument_rounding(x, claim(x), slope(x), yes, claim, reference, rng)
        assert found.all() == excused
    nowhere = argument_rounding(x, claim(x), slope(x), yes, claim, lambda x: None, np.random.default_rng(0))
    assert not nowhere.any()
