"""Derivatives with one path stopped: what a stop written by hand gives, called as it is written."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.estimators.paths import StoppedPaths
from gradcheck.estimators.primal import Primal
from gradcheck.judge.mistakes.stopped import missing_paths

A = np.random.default_rng(0).normal(size=(4, 4))
X = np.array([0.7, -1.2, 0.35, 1.9])


def gated(x, hold=None):
    h = np.tanh(A @ x)
    gate = h[0] if hold is None else np.tanh(A @ hold)[0]
    return A.T @ h + np.sin(x) * gate


def recurrent(x, hold=None):
    h = 0.0 * A[0]
    for _ in range(3):
        h = np.tanh(A @ h + x)
    return h


def boxed(x):
    x = np.asarray(x)
    return x / np.sqrt(np.sum(x * x))


def reflected(x):
    return 2.0 - x * (3.0 / x[0])


def in_place(x):
    y = x * 1.0
    y *= np.sum(x)
    return y


def paths_of(f):
    return StoppedPaths(Primal(f, [X]))


def site(f, name):
    paths = paths_of(f)
    found = [one for one in paths.sites if one.name.partition(" at ")[0] == name]
    assert len(found) == 1, [one.name for one in paths.sites]
    return paths, found[0]


def differences(f):
    step = 1e-6
    return np.array([(f(X + step * e) - f(X - step * e)) / (2 * step) for e in np.eye(4)]).T


@pytest.mark.parametrize("f", [gated, recurrent, boxed, reflected, in_place])
def test_nothing_stopped_is_the_whole_derivative(f):
    value, error = paths_of(f).jacobian(None)
    assert np.allclose(value, differences(f), atol=1e-8)
    assert (error < 1e-12).all()


STOPPED = {
    "a gate held": (gated, "`gate` in `np.sin(x) * gate`", lambda x: gated(x, hold=X)),
    "the norm held": (
        boxed,
        "`np.sqrt(np.sum(x * x))` in `x / np.sqrt(np.sum(x * x))`",
        lambda x: x / np.sqrt(X @ X),
    ),
    "the right of a reflected quotient": (
        reflected,
        "`x[0]` in `3.0 / x[0]`",
        lambda x: 2.0 - x * (3.0 / X[0]),
    ),
    "a factor in place": (in_place, "`np.sum(x)` in `y *= np.sum(x)`", lambda x: x * np.sum(X)),
    "every pass of a loop": (
        recurrent,
        "`A @ h` in `A @ h + x`",
        lambda x: np.tanh(A @ np.tanh(A @ np.tanh(X) + X) + x),
    ),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_stopped_path_is_the_derivative_with_it_held(name):
    f, written, held = STOPPED[name]
    paths, one = site(f, written)
    assert np.allclose(paths.jacobian(one)[0], differences(held), atol=1e-8)
    assert not np.allclose(paths.jacobian(one)[0], paths.jacobian(None)[0], atol=1e-3)
    direction = np.array([0.5, 1.0, -0.3, 0.2])
    assert np.allclose(paths.along(direction, one), paths.jacobian(one)[0] @ direction)


def test_a_result_used_twice_is_stopped_once():
    paths, one = site(gated, "`np.sin(x) * gate`")
    assert np.allclose(paths.jacobian(one)[0], differences(lambda x: A.T @ np.tanh(A @ x)), atol=1e-8)


def test_only_terms_that_are_missing_are_offered():
    whole = paths_of(gated).jacobian(None)[0]
    value, _ = paths_of(gated).jacobian(site(gated, "`gate` in `np.sin(x) * gate`")[1])
    found, tried = missing_paths(Primal(gated, [X]), value, whole)
    assert [name.partition(" at ")[0] for name in found] == ["`gate` in `np.sin(x) * gate`"]
    assert tried > 5
    assert missing_paths(Primal(gated, [X]), 1.1 * whole, whole)[0] == {}
    assert missing_paths(Primal(gated, [X]), value, 1.1 * whole) == ({}, 0)


def test_a_function_without_continuation_has_no_paths():
    f = np.linalg.cond
    assert missing_paths(Primal(f, [A]), np.ones((1, 16)), np.ones((1, 16))) == ({}, 0)


def test_a_function_of_which_no_text_is_to_be_had_is_named_by_its_operation():
    space = {"np": np}
    exec("def f(x):\n    return x * np.sum(x)\n", space)
    result = gradcheck.check(space["f"], lambda x: np.sum(x) * np.eye(4), X)
    assert str(result.verdict) == "fail"
    assert "path through operand 2 of `mul` at <string>:2" in result.diagnosis
