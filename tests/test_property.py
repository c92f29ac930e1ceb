"""A derivative as a property: shrunk failures, counts, and Hypothesis's own ways of steering a test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, seed, settings

import gradcheck
from gradcheck import domains
from gradcheck.context import observing
from gradcheck.errors import DerivativeMismatch, InconclusiveCheck, InvalidArgument
from gradcheck.property import property_test
from gradcheck.results import Verdict
from gradcheck.rules.registry import USER_RULES

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def told(test):
    """Return the results that a listener gets, and what the test raised."""
    seen = []
    with observing(seen.append):
        try:
            test()
        except AssertionError as raised:
            return seen, raised
    return seen, None


def counts(result):
    """Return how many points there were, and how many of them failed."""
    return [sum(one.points for one in result.drawn), sum(one.failed for one in result.drawn)]


def cubes(x):
    return x**3


def right(x):
    return np.diag(3 * x**2)


def wrong_at_one(x):
    found = 3 * x**2
    return np.diag(np.where(x == 1, 4.0, found))


def test_a_right_derivative_passes_and_is_told_once_with_counts():
    (result,), raised = told(FEW(property_test(cubes, right, "(n)->(n)")))
    assert raised is None
    assert result.verdict is Verdict.PASS
    assert result.name == "cubes"
    assert [one.stratum for one in result.drawn] == ["edge", "extreme", "smooth"]
    assert counts(result) == [30, 0]
    assert all(one.inconclusive == 0 for one in result.drawn if one.stratum == "smooth")
    assert result.entries > 30
    assert 0 < result.detectable < 1e-3
    assert sum(result.evidence.histogram.counts) == result.entries


def test_a_wrong_derivative_is_told_once_at_the_simplest_point():
    (result,), raised = told(property_test(cubes, wrong_at_one, "(n)->(n)"))
    assert isinstance(raised, DerivativeMismatch)
    assert raised.result.verdict is Verdict.FAIL
    assert result.verdict is Verdict.FAIL
    assert result.worst.claimed == 4.0
    assert result.worst.path == "d f[0] / d x[0]"
    points, failed = counts(result)
    assert 1 <= failed < points
    notes = "\n".join(raised.__notes__)
    assert "array([1.])" in notes


def test_the_decorated_function_is_the_claim():
    @property_test(np.log, signature="()->()", domain=domains.positive())
    def test_log(x):
        return 1 / x

    assert test_log.__name__ == "test_log"
    (result,), raised = told(test_log)
    assert raised is None
    assert result.name == "log"


def test_the_reference_stays_inside_bounds():
    outside = []

    def f(x, y):
        outside.extend(value for value in np.ravel(np.real(x)) if not 0 <= value <= 1)
        return np.sqrt(x) * y

    inside = [domains.interval(0, 1), domains.real()]

    def claim(x, y):
        return y / (2 * np.sqrt(x))

    test = property_test(f, claim, "(),()->()", domain=inside, bounds=(0.0, 1.0))
    assert told(FEW(test))[1] is None
    assert outside == []


def test_several_arguments_vary_together():
    def claim(x, y):
        return (np.diag(y), np.diag(x))

    test = property_test(np.multiply, claim, "(n),(n)->(n)", argnums=(0, 1), domain=domains.positive())
    assert told(FEW(test))[1] is None


@pytest.mark.parametrize("above", [True, False])
def test_settings_seed_and_examples_above_and_below(above):
    points = []

    def claim(x):
        points.append(x)
        return np.diag(3 * x**2)

    claim.__name__ = "test_claim"
    decorators = [settings(max_examples=7, deadline=None, database=None), seed(3)]
    decorators.append(example(point=(np.array([77.0]),)))

    def steered(function):
        for decorate in decorators:
            function = decorate(function)
        return function

    def made(function):
        return property_test(cubes, signature="(n)->(n)")(function)

    test = steered(made(claim)) if above else made(steered(claim))
    (result,), _ = told(test)
    assert counts(result)[0] == 8
    assert any(77.0 in point for point in points)
    first, points[:] = [point.tolist() for point in points], []
    told(test)
    assert [point.tolist() for point in points] == first


def test_the_number_of_points_that_a_user_asks_for_is_stronger_than_settings():
    test = FEW(property_test(cubes, right, "(n)->(n)"))
    seen = []
    with observing(seen.append, lambda: {"examples": 5}):
        test()
    assert counts(seen[0])[0] == 5


def test_without_settings_there_is_no_deadline_and_a_profile_holds():
    test = property_test(cubes, right, "(n)->(n)")
    (result,), _ = told(test)
    assert counts(result)[0] == settings.default.max_examples
    slow = settings(deadline=1, suppress_health_check=list(HealthCheck), max_examples=2)
    assert (
        slow(property_test(cubes, right, "(n)->(n)"))._hypothesis_internal_use_settings.deadline is not None
    )


def jumps(x):
    return np.floor(x)


def test_undecided_points_are_counted_and_too_many_are_inconclusive():
    half = property_test(jumps, lambda x: 0.0 * x, "()->()", domain=domains.interval(-10, 10))
    (result,), raised = told(half)
    assert isinstance(raised, InconclusiveCheck)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert any(one.inconclusive for one in result.drawn)
    allowed = property_test(
        jumps, lambda x: 0.0 * x, "()->()", domain=domains.interval(-10, 10), allow_inconclusive=True
    )
    assert told(allowed)[1] is None


def test_points_that_are_not_smooth_may_stay_undecided():
    def waves(x):
        return np.sin(x).sum()

    many = settings(max_examples=200, deadline=None, derandomize=True, database=None)
    facts = {"domain": domains.positive(), "method": "central"}
    # Far out no step resolves a wave.
    test = many(property_test(waves, np.cos, "(n)->()", **facts))
    (result,), raised = told(test)
    assert raised is None
    undecided = {one.stratum: one.inconclusive / one.points for one in result.drawn}
    assert undecided["extreme"] > 0.05
    assert undecided["smooth"] == 0


def test_a_twin_needs_one_point_at_which_it_fails():
    twin = property_test(cubes, wrong_at_one, "(n)->(n)", expect="fail")
    (result,), raised = told(twin)
    assert raised is None
    assert result.verdict is Verdict.FAIL
    assert counts(result)[1] > 0
    assert isinstance(told(property_test(cubes, right, "(n)->(n)", expect="fail"))[1], DerivativeMismatch)


@pytest.fixture
def rule_of_mine():
    def product(w, x):
        return w * x

    def claim(w, x):
        return np.diag(x)

    gradcheck.rule("mine/product/wrt-w", "(n),(n)->(n)", names="w x", wrt="w", f=product)(claim)
    yield claim
    del USER_RULES._rules["mine/product/wrt-w"]


def test_a_rule_by_id_by_claim_and_of_the_documents(rule_of_mine):
    for given in ("mine/product/wrt-w", rule_of_mine, USER_RULES["mine/product/wrt-w"]):
        (result,), raised = told(FEW(property_test(given)))
        assert raised is None
        assert result.name == "mine/product/wrt-w"
        assert counts(result)[0] == 30
    assert told(FEW(property_test("elementwise/max/wrt-w")))[1] is None


def test_a_rule_with_generated_functions_one_that_is_wrong_and_one_that_claims_no_derivative():
    assert told(FEW(property_test("scalar/product")))[1] is None
    (result,), raised = told(FEW(property_test("E000-01")))
    assert isinstance(raised, DerivativeMismatch)
    assert result.verdict is Verdict.FAIL
    with pytest.raises(InvalidArgument, match="claims a derivative"):
        property_test("jacobian/shape/scalar-wrt-scalar")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((cubes, right), "signature"),
        (("elementwise/mul/wrt-w", right), "a rule alone"),
        (("no/such/rule",), "RULE"),
    ],
)
def test_bad_arguments_are_named(arguments, names):
    with pytest.raises(InvalidArgument, match=names):
        property_test(*arguments)


def test_reports_point_at_the_file_in_which_the_test_is_written():
    test = property_test(cubes, right, "(n)->(n)")
    assert test.__code__.co_filename == __file__
    assert not hasattr(test, "__wrapped__")
