"""A claim that changes its argument in place is judged by its numbers, on copies of its own, and told so."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings

import gradcheck
from gradcheck import Reason, Verdict, check
from gradcheck.judge.question.changes import changed_argument

X = np.array([1.0, 2.0])


def square(x):
    return x**2


def after(x, derivative):
    """Return a derivative taken before the argument is spoiled."""
    x *= 7.0
    return derivative


def cube_sum(x):
    return np.sum(x**3)


def square_in_dict(p):
    return p["a"]["w"] ** 2 + p["b"]


def of_dict(p, factor):
    w = p["a"]["w"]
    return after(w, {"a": {"w": np.diag(factor * w)}, "b": np.ones(2)})


def weighted(x, w):
    return w * x**2


def with_keyword(x, w, factor):
    w *= factor * x
    return np.diag(w)


def pushed(x, v, factor):
    x *= factor
    v *= x
    return v


def pulled_back(x, u, factor):
    return after(x, factor * u * x)


class Case(NamedTuple):
    """A check of one form; ``factor`` 2 makes the claim right."""

    run: Any
    called: str
    changed: tuple[str, ...]


CASES = {
    "check": Case(
        lambda c: check(square, lambda x: after(x, np.diag(c * x)), X), "the claim", ("argument x",)
    ),
    "nested": Case(
        lambda c: check(square_in_dict, lambda p: of_dict(p, c), {"a": {"w": X}, "b": 0.5}),
        "the claim",
        ('argument p["a"]["w"]',),
    ),
    "keyword": Case(
        lambda c: check(weighted, lambda x, w: with_keyword(x, w, c), X, kwargs={"w": np.ones(2)}),
        "the claim",
        ("argument w",),
    ),
    "held argument": Case(
        lambda c: check(weighted, lambda x, w: with_keyword(x, w, c), X, np.ones(2)),
        "the claim",
        ("argument w",),
    ),
    "gradient": Case(
        lambda c: gradcheck.check_gradient(lambda x: x @ x, lambda x: x.__imul__(c), X),
        "the claim",
        ("argument x",),
    ),
    "jvp": Case(
        lambda c: gradcheck.check_jvp(square, lambda x, v: pushed(x, v, c), X),
        "the jvp",
        ("argument x", "direction v"),
    ),
    "vjp": Case(
        lambda c: gradcheck.check_vjp(square, lambda x, u: pulled_back(x, u, c), X),
        "the vjp",
        ("argument x",),
    ),
    "hvp": Case(
        lambda c: gradcheck.check_hvp(cube_sum, lambda x, v: pushed(x, v, 3 * c), X),
        "the hvp",
        ("argument x", "direction v"),
    ),
    "hessian": Case(
        lambda c: gradcheck.check_hessian(cube_sum, lambda x: after(x, np.diag(3 * c * x)), X),
        "the claim",
        ("argument x",),
    ),
    "order 2": Case(
        lambda c: check(cube_sum, lambda x: after(x, np.diag(3 * c * x)), X, order=2),
        "the claim",
        ("argument x",),
    ),
    "adjoint": Case(
        lambda c: gradcheck.check_adjoint(lambda x, v: 2 * x * v, lambda x, u: pulled_back(x, u, c), X),
        "the vjp",
        ("argument x",),
    ),
    "symmetric": Case(
        lambda c: check(
            np.trace,
            lambda a: after(a, c / 2 * np.eye(2)),
            np.diag(X),
            inputs={0: gradcheck.symmetric()},
        ),
        "the claim",
        ("argument a",),
    ),
    "stochastic": Case(
        lambda c: check(square, lambda x: after(x, np.diag(c * x)), X, stochastic=True),
        "the claim",
        ("argument x",),
    ),
    "several points": Case(
        lambda c: check(square, lambda x: after(x, np.diag(c * x)), points=[(X,), (X + 1,)]),
        "the claim",
        ("argument x",),
    ),
    "budget": Case(
        lambda c: check(square, lambda x: after(x, np.diag(c * x)), X, max_nfev=200),
        "the claim",
        ("argument x",),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("factor", "verdict"), [(2.0, Verdict.PASS), (3.0, Verdict.FAIL)])
def test_it_is_judged_by_its_numbers_and_the_change_is_noted(name, factor, verdict):
    case = CASES[name]
    before = X.copy()
    result = case.run(factor)
    assert result.verdict is verdict
    for changed in case.changed:
        assert f"{case.called} changes its {changed} in place: each call was given a copy of its own" in (
            result.notes
        )
    assert sum("in place" in note for note in result.notes) == len(case.changed)
    assert np.array_equal(X, before)


def test_a_claim_that_changes_nothing_is_not_noted():
    result = check(square, lambda x: after(x.copy(), np.diag(2 * x)), X)
    assert result.verdict is Verdict.PASS
    assert not any("in place" in note for note in result.notes)


def test_the_contract_alone_notes_it_too():
    result = check(square, lambda x: after(x, np.diag(2 * x)), X, method="contract")
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.CONTRACT_ONLY)
    assert result.notes == (
        "the claim changes its argument x in place: each call was given a copy of its own",
    )
    breach = check(square, lambda x: after(x, np.full((2, 2), np.nan)), X, method="contract")
    assert breach.verdict is Verdict.FAIL


def test_a_wrong_shape_stays_wrong():
    result = check(square, lambda x: after(x, 2 * x), X)
    assert (result.verdict, result.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)


def test_a_claim_evaluated_at_what_it_made_of_its_argument_is_recognised():
    def shifted(x):
        x[0] = 5.0
        return np.diag(2 * x)

    result = check(square, shifted, X)
    assert result.verdict is Verdict.FAIL
    assert result.diagnosis == (
        "the claim is the derivative at another point: the argument as the claim leaves it, which changes "
        "it in place"
    )


def test_a_function_that_changes_its_argument_stays_undecided_whatever_the_claim_does():
    def changing(x):
        x[0] = 5.0
        return x**2

    for claim in (lambda x: np.diag(2 * x), lambda x: after(x, np.diag(2 * x)), lambda x: np.eye(2)):
        result = check(changing, claim, X)
        assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.MUTATES_INPUT)
        assert result.message == "a call changed its argument x in place"
    both = check(lambda x: (changing(x), np.diag(2 * x)), True, X)
    assert (both.verdict, both.reason) == (Verdict.INCONCLUSIVE, Reason.MUTATES_INPUT)


def test_a_claim_that_keeps_state_stays_undecided():
    calls = []

    def growing(x):
        calls.append(1)
        return after(x, np.diag(2 * x) * (1 + len(calls)))

    result = check(square, growing, X)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.NONDETERMINISTIC)


def test_a_claim_that_changes_what_f_holds_is_seen_by_f():
    held = np.ones(2)

    def claim(x):
        held[0] += 1.0
        return np.diag(2 * x)

    result = check(lambda x: held * x**2, claim, X)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.KEEPS_STATE)


@pytest.mark.parametrize(("factor", "raises"), [(2.0, False), (3.0, True)])
def test_a_property_test_judges_it_at_every_point(factor, raises):
    few = settings(max_examples=10, deadline=None, derandomize=True, database=None)
    holds = few(gradcheck.property_test(square, lambda x: after(x, np.diag(factor * x)), "(n)->(n)"))
    if raises:
        with pytest.raises(gradcheck.DerivativeMismatch):
            holds()
    else:
        holds()


def replaced(values):
    values[1] = "text"


def reshaped(array):
    array.resize(1, 2)


@pytest.mark.parametrize(
    ("before", "change", "path"),
    [
        (np.ones(2), lambda a: a.fill(1.0), ""),
        (np.array([np.nan, 1.0]), lambda a: None, ""),
        (np.array([np.nan, 1.0]), lambda a: a.fill(0.0), "p"),
        (np.ones(2), reshaped, "p"),
        ([1.0, 2.0], lambda a: a.append(3.0), "p"),
        ([1.0, 2.0], lambda a: a.reverse(), "p[0]"),
        ([1.0, 2.0], replaced, "p"),
        ({"w": np.ones(2), "b": [0.5, 1.5]}, lambda a: a["b"].reverse(), 'p["b"][0]'),
        ({"w": "text"}, lambda a: a.update(w="other"), ""),
        ("text", lambda a: None, ""),
    ],
)
def test_what_was_changed_is_named_by_its_path(before, change, path):
    given = copy.deepcopy(before)
    change(given)
    assert changed_argument([("n", 3, 3), ("p", before, given)]) == path


@pytest.mark.parametrize("keywords", [{}, {"method": "central"}, {"max_nfev": 17}], ids=str)
def test_a_gradient_that_accumulates_from_call_to_call_does_not_pass(keywords):
    total = np.zeros(3)

    def accumulated(x):
        np.add(total, 2 * x, out=total)  # a forgotten zero_grad
        return total

    x = np.array([0.3, 0.7, 1.9])
    result = gradcheck.check_gradient(lambda x: x @ x, accumulated, x, **keywords)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.KEEPS_STATE)
    cleared = lambda x: accumulated(total.fill(0.0) or x)
    assert gradcheck.check_gradient(lambda x: x @ x, cleared, x, **keywords).verdict is Verdict.PASS
