"""Who is told of a check, from whichever thread, and the defaults of its keywords."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest

import gradcheck
from gradcheck.context import attach, listening, observing, redirected, with_defaults
from gradcheck.errors import InconclusiveCheck

CHECKS = {
    "check": lambda **keywords: gradcheck.check(np.sin, np.cos, 0.5, **keywords),
    "check_gradient": lambda **keywords: gradcheck.check_gradient(np.sin, np.cos, 0.5, **keywords),
    "check_jvp": lambda **keywords: gradcheck.check_jvp(np.sin, lambda x, v: np.cos(x) * v, 0.5, **keywords),
    "check_vjp": lambda **keywords: gradcheck.check_vjp(np.sin, lambda x, u: u * np.cos(x), 0.5, **keywords),
    "check_hessian": lambda **keywords: gradcheck.check_hessian(
        np.sin, lambda x: -np.sin(x), 0.5, **keywords
    ),
    "check_hvp": lambda **keywords: gradcheck.check_hvp(np.sin, lambda x, v: -np.sin(x) * v, 0.5, **keywords),
    "check_adjoint": lambda **keywords: gradcheck.check_adjoint(
        lambda x, v: 2 * v, lambda x, u: 2 * u, 0.5, **keywords
    ),
    "assert_derivative": lambda **keywords: gradcheck.assert_derivative(np.sin, np.cos, 0.5, **keywords),
}


def nothing(result):
    """Observe a check without keeping it."""


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_takes_defaults_from_its_surroundings_and_says_what_was_allowed(name):
    with observing(nothing, lambda: {"allow_inconclusive": True, "name": "mine", "unknown": 1}):
        result = CHECKS[name]()
    assert result.allow_inconclusive
    assert not CHECKS[name]().allow_inconclusive


def test_a_keyword_of_the_call_is_stronger_than_a_default():
    with observing(nothing, lambda: {"method": "central"}):
        assert gradcheck.check(np.sin, np.cos, 0.5).method == "central"
        assert gradcheck.check(np.sin, np.cos, 0.5, method="complex-step").method == "complex-step"


def test_defaults_reach_an_assertion():
    def jump(x):
        return np.floor(x)

    with pytest.raises(InconclusiveCheck):
        gradcheck.assert_derivative(jump, lambda x: 0.0, 1.0)
    with observing(nothing, lambda: {"allow_inconclusive": True}):
        gradcheck.assert_derivative(jump, lambda x: 0.0, 1.0)
        with pytest.raises(InconclusiveCheck):
            gradcheck.assert_derivative(jump, lambda x: 0.0, 1.0, allow_inconclusive=False)


def test_a_check_with_defaults_keeps_its_signature():
    @with_defaults
    def judged(f, *, rtol=None):
        return rtol

    assert str(inspect.signature(judged)) == "(f, *, rtol=None)"
    assert judged.__name__ == "judged"


def run_in_thread(action):
    thread = threading.Thread(target=action)
    thread.start()
    thread.join()


def test_an_attached_observer_hears_every_thread_until_it_is_detached():
    seen = []
    detach = attach(seen.append)
    CHECKS["check"]()
    run_in_thread(CHECKS["check"])
    assert len(seen) == 2
    assert listening()
    run_in_thread(detach)
    CHECKS["check"]()
    run_in_thread(CHECKS["check"])
    assert len(seen) == 2


def test_an_inner_block_hides_an_attached_observer():
    outer, inner = [], []
    detach = attach(outer.append)
    try:
        with observing(inner.append):
            CHECKS["check"]()
            run_in_thread(CHECKS["check"])
        CHECKS["check"]()
    finally:
        detach()
    assert (len(outer), len(inner)) == (1, 2)


@pytest.mark.parametrize("wanted", [True, False])
def test_evidence_is_kept_for_an_observer_that_needs_it_and_for_no_other(wanted):
    seen = []
    detach = attach(seen.append, evidence=wanted)
    try:
        assert listening() is wanted
        gradcheck.check(np.sin, lambda x: 2 * np.cos(x), 0.5)
        with redirected(seen.append):
            gradcheck.check(np.sin, np.cos, 0.5)
    finally:
        detach()
    assert [result.evidence is not None for result in seen] == [wanted, wanted]


def test_nobody_listens_where_nobody_listened_before_a_redirection():
    seen = []
    with redirected(seen.append):
        gradcheck.check(np.sin, np.cos, 0.5)
    assert seen[0].evidence is None
