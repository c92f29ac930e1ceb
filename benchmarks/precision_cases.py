"""Functions of numbers in any precision, with their derivatives in the same: nothing here names a dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array


def number(value: float, like: Array) -> Any:
    """A constant in the format of ``like``."""
    return like.dtype.type(value)


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax_jac(x: Array) -> Array:
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def logistic(x: Array) -> Array:
    one = number(1, x)
    return one / (one + np.exp(-x))


def logistic_jac(x: Array) -> Array:
    return np.diag(logistic(x) * (number(1, x) - logistic(x)))


def norm(x: Array) -> Array:
    return np.sqrt((x * x).sum())


def weights(x: Array) -> Array:
    """Fixed weights between 0.2 and 1.8, three of them a row."""
    k = np.arange(3 * x.size).reshape(3, -1)
    return (1 + 0.8 * np.sin(1.7 * k + 0.3)).astype(x.dtype)


def layer(x: Array) -> Array:
    return np.tanh(weights(x) @ x / number(2 * x.size, x))


def layer_jac(x: Array) -> Array:
    y = layer(x)
    return ((number(1, x) - y * y)[:, None] * weights(x)) / number(2 * x.size, x)


def squared_error(x: Array) -> Array:
    r = weights(x) @ x - number(1, x)
    return (r * r).mean()


def variance(x: Array) -> Array:
    d = x - x.mean()
    return (d * d).mean()


def variance_grad(x: Array) -> Array:
    return (x - x.mean()) * number(2, x) / number(x.size, x)


def cosine(x: Array) -> Array:
    w = weights(x)[0]
    return (w * x).sum() / norm(x) / norm(w)


def cosine_grad(x: Array) -> Array:
    w = weights(x)[0]
    return w / (norm(x) * norm(w)) - cosine(x) * x / (x * x).sum()


@dataclass(frozen=True)
class Case:
    """A function, its derivative, and whether a size of 1000 is worth its matrix."""

    f: Callable[[Array], Any]
    jac: Callable[[Array], Any]
    wide: bool = False


def _each(f: Callable[[Array], Any], slope: Callable[[Array], Any]) -> Case:
    return Case(f, lambda x: np.diag(slope(x)))


CASES = {
    "sin": _each(np.sin, np.cos),
    "exp": _each(np.exp, np.exp),
    "log": _each(np.log, lambda x: number(1, x) / x),
    "sqrt": _each(np.sqrt, lambda x: number(0.5, x) / np.sqrt(x)),
    "square": _each(lambda x: x * x, lambda x: number(2, x) * x),
    "cube": _each(lambda x: x * x * x, lambda x: number(3, x) * x * x),
    "reciprocal": _each(lambda x: number(1, x) / x, lambda x: -number(1, x) / (x * x)),
    "tanh": _each(np.tanh, lambda x: number(1, x) - np.tanh(x) * np.tanh(x)),
    "tanh by cosh": _each(np.tanh, lambda x: number(1, x) / (np.cosh(x) * np.cosh(x))),
    "logistic": Case(logistic, logistic_jac),
    "relu": _each(lambda x: np.maximum(x, number(0, x)), lambda x: (x > 0).astype(x.dtype)),
    "softplus": _each(lambda x: np.log(number(1, x) + np.exp(x)), logistic),
    "gauss": _each(lambda x: np.exp(-x * x), lambda x: -number(2, x) * x * np.exp(-x * x)),
    "sum": Case(lambda x: x.sum(), lambda x: np.ones_like(x), wide=True),
    "mean": Case(lambda x: x.mean(), lambda x: np.ones_like(x) / number(x.size, x), wide=True),
    "sum of squares": Case(lambda x: (x * x).sum(), lambda x: number(2, x) * x, wide=True),
    "dot": Case(lambda x: weights(x)[0] @ x, lambda x: weights(x)[0], wide=True),
    "sum of sines": Case(lambda x: np.sin(x).sum(), np.cos, wide=True),
    "norm": Case(norm, lambda x: x / norm(x), wide=True),
    "logsumexp": Case(lambda x: np.log(np.exp(x - x.max()).sum()) + x.max(), softmax, wide=True),
    "squared error": Case(
        squared_error,
        lambda x: (weights(x) @ x - number(1, x)) @ weights(x) * number(2, x) / number(3, x),
        wide=True,
    ),
    "variance": Case(variance, variance_grad, wide=True),
    "cosine": Case(cosine, cosine_grad, wide=True),
    "matmul": Case(lambda x: weights(x) @ x, weights, wide=True),
    "layer": Case(layer, layer_jac, wide=True),
    "cumulative sum": Case(np.cumsum, lambda x: np.tri(x.size).astype(x.dtype)),
    "softmax": Case(softmax, softmax_jac),
}


def spoiled_entry(case: Case) -> Callable[[Array], Any]:
    """The derivative with one entry, the same everywhere, 5% too large: the largest at a fixed point."""

    def wrong(x: Array) -> Any:
        value = np.array(case.jac(x))
        fixed = np.abs(np.asarray(case.jac(np.linspace(0.4, 1.6, x.size)), dtype=float))
        value.reshape(-1)[int(np.argmax(fixed))] *= number(1.05, x)
        return value

    return wrong


def spoiled_all(case: Case) -> Callable[[Array], Any]:
    """The derivative 5% too large."""
    return lambda x: np.asarray(case.jac(x)) * number(1.05, x)
