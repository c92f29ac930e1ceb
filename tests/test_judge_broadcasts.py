"""The note that a column meets a row inside ``f``: wherever the arrays are held, and never falsely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.claimed.broadcasts import suspicious_broadcasts
from gradcheck.judge.question.problem import Problem

P, Y, X = np.linspace(0.2, 1.4, 4)[:, None].copy(), np.linspace(-1, 2, 4), np.linspace(0.5, 1.5, 4)
DATA = np.sin(np.arange(12.0)).reshape(4, 3).copy()


class Pair(NamedTuple):
    p: object
    y: object


@dataclass
class Held:
    p: object
    y: object


def loss(p, y):
    return np.mean((p - y) ** 2)


def notes(f, *args, argnums=0, kwargs=None):
    problem = Problem(f, args, argnums, kwargs)
    problem.evaluate()
    return suspicious_broadcasts(problem)


MEANT = {
    "new axis": (lambda x: np.sum(np.exp(-((x[:, None] - x) ** 2))), X),
    "new axis of what was computed": (lambda x: np.sum(np.sin(x)[:, None] * np.cos(x)), X),
    "reshaped": (lambda x: np.sum(x.reshape(-1, 1) * x), X),
    "expanded": (lambda x: np.sum(np.expand_dims(x, 1) - x), X),
    "made, then used": (lambda x: np.sum((2 * x[:, None] + 1) * x), X),
    "a column of numbers": (lambda x: np.sum(np.arange(4.0)[:, None] * x), X),
    "outer": (lambda x: np.sum(np.outer(x, x)), X),
    "a matrix is returned": (lambda p: np.exp(-((p - Y) ** 2)), P),
    "rows of a matrix": (lambda a: np.sum(a - a.mean(axis=1, keepdims=True)), DATA),
    "columns alike": (lambda p: np.mean((p - 2 * p) ** 2), P),
    "one number": (lambda p: np.sum(p - np.ones(1)), np.ones((1, 1))),
    "a product of matrices": (lambda w: np.sum((DATA @ w)[:, 0] - Y), np.ones((3, 1))),
}


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_is_not_noted(name):
    f, x = MEANT[name]
    assert notes(f, x) == ()


NOTED = {
    "two arguments": (loss, (P, Y), 0),
    "both vary": (loss, (P, Y), (0, 1)),
    "a dict": (lambda d: loss(d["p"], d["y"]), ({"p": P, "y": Y},), 0),
    "dicts in a list": (lambda d: loss(d[0]["p"], d[1]), ([{"p": P}, Y],), 0),
    "a tuple beside": (lambda p, rest: loss(p, rest[1]), (P, (1.0, Y)), 0),
    "a named tuple": (lambda d: loss(d.p, d.y), (Pair(P, Y),), 0),
    "a dataclass": (lambda d: loss(d.p, d.y), (Held(P, Y),), 0),
    "held outside": (lambda p: loss(p, Y), (P,), 0),
    "a column held outside": (lambda y: loss(P, y), (Y,), 0),
    "a prediction": (lambda w, y: loss(DATA @ w, y), (np.ones((3, 1)), Y), 0),
    "a function of it": (lambda p, y: loss(np.tanh(p), 2 * y), (P, Y), 0),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_column_that_meets_a_row_is_noted(name):
    f, args, argnums = NOTED[name]
    assert "shapes (4, 1) and (4,) broadcast to (4, 4)" in notes(f, *args, argnums=argnums)[0]


def test_keywords_are_looked_at():
    assert notes(lambda p, y=None: loss(p, y), P, kwargs={"y": Y})


def test_the_arguments_stay_as_they_are():
    tree = {"p": P.copy(), "rest": [Y.copy()]}
    notes(lambda d: loss(d["p"], d["rest"][0]), tree)
    assert type(tree["p"]) is np.ndarray
    assert np.array_equal(tree["rest"][0], Y)


def test_the_check_says_it():
    def f(d):
        return loss(d["p"], d["y"])

    def grad(d):
        gap = d["p"] - d["y"]
        return {"p": 2 * gap.mean(axis=1, keepdims=True) / 4, "y": -2 * gap.mean(axis=0) / 4}

    result = gradcheck.check(f, grad, {"p": P, "y": Y})
    assert str(result.verdict) == "pass"
    assert any("is that meant?" in note for note in result.notes)
    flat = gradcheck.check(f, lambda d: {k: np.zeros(4) for k in d}, {"p": Y + 0.5, "y": Y + 0.5})
    assert not any("is that meant?" in note for note in flat.notes)
