"""What each witness says at one point, and how its error bar is measured."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from trial_rules import Declared, at, cube, cube_slope, right, trial

from gradcheck.campaign import witnesses
from gradcheck.campaign.rationals import exact_array, exact_value
from gradcheck.campaign.witnesses import (
    CENTRAL,
    CLOSED_FORM,
    COMPLEX_STEP,
    JAX_FORWARD,
    JAX_REVERSE,
    autodiff_testimonies,
    closed_form,
    numerical,
    primal_of,
    remeasured,
    value_rounding,
)
from gradcheck.errors import InvalidArgument
from gradcheck.results import Status
from gradcheck.tolerance import FEW_EPS, eps_of


def stated(claim, point=None, dtype="float64", f=cube):
    return closed_form(trial("t/rule", f, claim), point or at(x=[2.0, 3.0]), dtype)


def test_a_plain_formula_is_granted_a_few_roundings_and_no_more():
    found = stated(cube_slope)
    assert found.witness == CLOSED_FORM
    np.testing.assert_array_equal(found.value, np.diag([12.0, 27.0]))
    np.testing.assert_allclose(found.error, FEW_EPS * 2.0**-52 * found.value)


def cancelling(x):
    return np.array([[(1 - np.cos(x)) / x]])


@pytest.mark.parametrize("x", [1e-3, 1e-5, 1e-6])
def test_a_formula_that_cancels_is_granted_what_it_loses(x):
    rule = trial("t/cancelling", lambda x: x, cancelling, "()->()")
    found = closed_form(rule, at(x=x), "float64")
    truth = x / 2 - x**3 / 24
    lost = abs(found.value[0, 0] - truth)
    assert lost > FEW_EPS * 2.0**-52 * truth
    assert lost <= found.error[0, 0] <= 100 * lost


def test_single_precision_is_measured_against_double():
    found = stated(lambda x: np.diag((x + 1) - x), at(x=[3e3, 7.0]), "float32")
    exact = np.diag([1.0, 1.0])
    assert found.value.dtype == np.float64
    assert np.all(np.abs(found.value - exact) <= found.error)
    assert np.all(found.error <= 1e-2)


def test_a_formula_that_knows_no_wider_format_keeps_its_floor():
    def narrow(x):
        if x.dtype == np.longdouble:
            raise TypeError("double precision only")
        return cube_slope(x)

    found = stated(narrow)
    np.testing.assert_allclose(found.error, FEW_EPS * 2.0**-52 * found.value)


def test_a_claim_that_overflows_gets_no_bar_of_its_own_for_that():
    found = stated(lambda x: np.diag(np.exp(1e3 * x)))
    assert np.isinf(found.value[0, 0])
    assert not np.isnan(found.error).any()


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda x: None, "NoneType"),
        (lambda x: "3", "str"),
        (lambda x: np.diag(x).astype(str), "dtype <U"),
        (lambda x: np.diag(x) + 1j, "complex128"),
        (lambda x: np.diag(x).astype(object), "object"),
        (lambda x: [[1.0], [2.0, 3.0]], "inhomogeneous"),
        (lambda x: 1 // 0, "ZeroDivisionError"),
    ],
)
def test_what_is_not_an_array_of_real_numbers_is_no_statement(claim, words):
    found = stated(claim)
    assert found.value is None
    assert found.status is Status.RAISED
    assert words in found.text
    with pytest.raises(ValueError, match="made no statement"):
        _ = found.statement


def test_whole_numbers_and_lists_are_statements():
    assert stated(lambda x: [[1, 0], [0, 1]]).value.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_replacement_is_stated_in_place_of_the_claim():
    found = closed_form(right(), at(x=[2.0]), "float64", lambda x: np.array([[7.0]]))
    assert found.value.tolist() == [[7.0]]


def test_a_claim_that_changes_its_input_changes_only_its_own():
    point = at(x=[2.0, 3.0])

    def greedy(x):
        x *= 0
        return np.zeros((2, 2))

    closed_form(trial("t/greedy", cube, greedy), point, "float64")
    assert point.arguments["x"].tolist() == [2.0, 3.0]


def test_both_numerical_witnesses_see_only_the_function():
    central, complex_step = numerical(trial("t/blind", cube, lambda x: 1 / 0), at(x=[2.0, 3.0]))
    assert (central.witness, complex_step.witness) == (CENTRAL, COMPLEX_STEP)
    for one in (central, complex_step):
        assert one.status is Status.OK
        assert np.all(np.abs(one.value - np.diag([12.0, 27.0])) <= one.error)
        assert one.nfev > 0


def test_the_variable_named_is_the_one_that_varies():
    rule = trial("t/two", lambda w, x: w * x, None, "(n),(n)->(n)", names="w x", wrt="x")
    central, _ = numerical(rule, at(w=[5.0, 7.0], x=[2.0, 3.0]))
    np.testing.assert_allclose(central.value, np.diag([5.0, 7.0]))
    assert primal_of(rule, at(w=[5.0], x=[2.0])).x.tolist() == [2.0]


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: 1 / 0, "raised ZeroDivisionError"),
        (lambda x: None, "`f`: given 'a result of type NoneType"),
        (lambda x: np.array([object()]), "dtype object', expected real numbers"),
        (lambda x: "text", "of type str"),
    ],
)
def test_a_function_that_breaks_is_named_and_hides_no_one(f, words):
    for one in numerical(trial("t/broken", f, cube_slope), at(x=[2.0])):
        assert one.value is None or np.isnan(one.value).all()
        assert one.status is Status.RAISED
        assert words in one.text


def test_an_absent_system_says_nothing():
    for system in (None, Declared(usable=False)):
        assert autodiff_testimonies(right(), at(x=[2.0]), "float64", system, None) == ()


def test_a_system_that_fails_is_no_statement():
    found = autodiff_testimonies(right(), at(x=[2.0]), "float64", Declared(raises=TypeError("no rule")), None)
    assert [one.witness for one in found] == [JAX_FORWARD, JAX_REVERSE]
    assert {one.text for one in found} == {"TypeError: no rule"}
    assert all(one.value is None for one in found)


def test_derivatives_come_in_numerator_layout():
    rule = trial("t/sum", lambda x: x.sum(), None, "(n)->()")
    forward, _ = autodiff_testimonies(rule, at(x=[2.0, 3.0]), "float64", Declared([1.0, 1.0]), None)
    assert forward.value.tolist() == [[1.0, 1.0]]
    np.testing.assert_allclose(forward.error, FEW_EPS * eps_of("float64"))


def test_the_two_modes_are_two_witnesses():
    system = Declared(np.eye(1), 2 * np.eye(1))
    forward, reverse = autodiff_testimonies(right(), at(x=[2.0]), "float64", system, None)
    assert (forward.value.item(), reverse.value.item()) == (1.0, 2.0)


def test_measured_rounding_widens_the_bar_only_in_its_own_shape():
    system, point = Declared(np.eye(1)), at(x=[2.0])
    plain = autodiff_testimonies(right(), point, "float64", system, None)[0].error
    for measured, expected in ((np.full((1, 1), 0.5), plain + 0.5), (np.ones((2, 2)), plain)):
        found = autodiff_testimonies(right(), point, "float64", system, measured)[0]
        np.testing.assert_array_equal(found.error, expected)
    infinite = autodiff_testimonies(right(), point, "float64", system, np.full((1, 1), np.inf))[0]
    np.testing.assert_array_equal(infinite.error, plain)


def test_a_traced_program_is_shared_only_between_points_of_one_function():
    system = Declared(np.eye(1))
    rule = right("t/key")
    autodiff_testimonies(rule, at(x=[2.0]), "float64", system, None)
    assert system.keys == [rule.f]
    drawn = at(x=[2.0])
    drawn.functions["g"] = np.sin
    general = trial("t/general", lambda x, g=None: g(x), None)
    for drawn.functions["g"] in (np.sin, np.cos, np.sin):
        autodiff_testimonies(general, drawn, "float64", system, None)
    sine, cosine, again = system.keys[1:]
    assert sine == again != cosine


def program(error):
    """Return a system whose program for the derivative of ``x ** 3`` has this error."""
    return Declared(lambda x: np.diag(3 * x**2 + error(x)))


def said_by(system, point):
    rule = right()
    claimed = closed_form(rule, point, "float64")
    return rule, (claimed, *autodiff_testimonies(rule, point, "float64", system, None))


def test_a_deviation_that_changes_sign_between_neighbours_is_rounding():
    system, point = program(lambda x: 1e-9 * np.sign(np.sin(1e14 * x))), at(x=[2.0])
    rule, said = said_by(system, point)
    widened = remeasured(rule, point, said, system)
    assert widened[0] is said[0]
    assert 1e-9 <= widened[1].error.item() <= 1e-8


@pytest.mark.parametrize(
    "error",
    [lambda x: 1e-9 + 0 * x, lambda x: -1e-6 * x, lambda x: np.nan * x],
    ids=["constant", "factor", "nan"],
)
def test_a_systematic_deviation_stays_a_mistake(error):
    system, point = program(error), at(x=[2.0])
    rule, said = said_by(system, point)
    widened = remeasured(rule, point, said, system)
    np.testing.assert_array_equal(widened[1].error, said[1].error)


def test_without_neighbours_nothing_is_measured_again():
    system, point = Declared(np.eye(1), raises=ValueError("never")), at(x=[2.0])
    said = (closed_form(right(), point, "float64"),)
    assert remeasured(right(), point, said, system) == said


def test_exact_values_are_rational_numbers_in_the_shape_of_the_result():
    third = exact_array(lambda x: x / 3, {"x": np.array([[1.0, 2.0]])})
    assert third.tolist() == [[Fraction(1, 3), Fraction(2, 3)]]
    assert exact_value(lambda x: x * 2, {"x": np.array(0.1)}) == [2 * Fraction(0.1)]
    assert exact_array(lambda x: x.sum(), {"x": np.zeros(0)}).shape == ()


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        pytest.param(np.sin, TypeError, id="sin"),
        pytest.param(lambda x: None, TypeError, id="none"),
        pytest.param(lambda x: ["3"], InvalidArgument, id="text"),
        pytest.param(lambda x: float("nan"), ValueError, id="nan"),
        pytest.param(lambda x: float("inf"), OverflowError, id="inf"),
    ],
)
def test_what_is_no_rational_number_is_no_exact_value(function, kind):
    with pytest.raises(kind):
        exact_value(function, {"x": np.ones(1)})


def test_floating_point_constants_are_rational_numbers_too():
    x = {"x": np.array([0.1, 0.7])}
    assert exact_value(lambda x: (x + 1e8) - 1e8, x) == [Fraction(0.1), Fraction(0.7)]
    assert exact_value(lambda x: 1e-300 * (-(abs(-x) ** 2)) / 1e-300, x) == [
        -(Fraction(0.1) ** 2),
        -(Fraction(0.7) ** 2),
    ]
    assert exact_value(lambda x: np.float64(0.3) - x, x)[0] == Fraction(0.3) - Fraction(0.1)


def test_the_rounding_of_a_value_is_at_least_what_it_is_anywhere_near():
    rule = trial("t/sum", lambda x: (x + 1e8).sum() - 1e8 * x.size, None, "(n)->()", wrt=None)
    point = at(x=[0.1, 0.2])
    found = value_rounding(rule, point, "float64", (0.0, 2.0**-20))
    assert 1e-9 < found[0] < 1e-6
    exact = trial("t/exact", lambda x: x + 0, None, wrt=None)
    assert value_rounding(exact, point, "float64", (0.0, 2.0**-20)).tolist() == [0.0, 0.0]


def test_testimony_is_plain_data():
    assert witnesses.Testimony("x", None, None).text == ""
    assert set(witnesses.__all__) <= set(dir(witnesses))
