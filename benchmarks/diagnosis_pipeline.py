"""Mistakes in derivatives of real functions, through ``gradcheck.check`` itself: how many does it name?

Each function has its derivative and the derivatives by its other argument, at other points and of single
samples, so that every mistake is one a person makes.  A name counts as right when the sentence says what was
planted, or something equal to it for that matrix; the others are printed to be read.
Run ``python benchmarks/diagnosis_pipeline.py [-v]``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck
from gradcheck.arrays import Array

W = np.array([[0.3, -1.2, 0.7, 2.1], [1.5, 0.4, -0.8, 0.2], [-0.6, 0.9, 1.1, -1.7], [0.8, 0.1, 0.5, 1.3]])
X = np.array([0.45, 1.3, -0.7, 2.2])
Y = np.array([1.1, -0.35, 0.6, 1.9])
DATA = np.array([[0.2, 1.0, -0.5, 0.3], [1.4, -0.7, 0.9, -1.1], [-0.3, 0.8, 0.4, 1.6]])


@dataclass(frozen=True)
class Function:
    """``f``, its derivative by the first argument, and where; what is held comes after ``x``."""

    f: Callable[..., Any]
    jac: Callable[..., Any]
    held: tuple[Any, ...] = ()
    by_second: Callable[..., Any] | None = None
    samples: bool = False


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max())
    return np.asarray(e / e.sum())


def softmax_jac(x: Array) -> Array:
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def tanh_layer(x: Array, b: Array) -> Array:
    return np.tanh(W @ x + b)


def huber(x: Array) -> Any:
    return np.sum(np.where(np.abs(x) < 1.25, 0.5 * x**2, 1.25 * np.abs(x) - 0.78125))


FUNCTIONS = {
    "sine": Function(np.sin, lambda x: np.diag(np.cos(x))),
    "softmax": Function(softmax, softmax_jac),
    "linear": Function(lambda x: W @ x, lambda x: W),
    "layer": Function(
        tanh_layer,
        lambda x, b: (1 - tanh_layer(x, b) ** 2)[:, None] * W,
        (Y,),
        lambda x, b: np.diag(1 - tanh_layer(x, b) ** 2),
    ),
    "product": Function(
        lambda x, y: x**2 * y, lambda x, y: np.diag(2 * x * y), (Y,), lambda x, y: np.diag(x**2)
    ),
    "quotient": Function(
        lambda x, y: np.sin(x) / (1 + y**2),
        lambda x, y: np.diag(np.cos(x) / (1 + y**2)),
        (Y,),
        lambda x, y: np.diag(-2 * y * np.sin(x) / (1 + y**2) ** 2),
    ),
    "bilinear": Function(
        lambda x, y: x @ W @ y * np.exp(x[0]),
        lambda x, y: W @ y * np.exp(x[0]) + np.eye(4)[0] * (x @ W @ y) * np.exp(x[0]),
        (Y,),
        lambda x, y: x @ W * np.exp(x[0]),
    ),
    "least squares": Function(
        lambda x, a: np.mean((a @ x - 1) ** 2),
        lambda x, a: 2 * (a @ x - 1) @ a / len(a),
        (DATA,),
        samples=True,
    ),
    "logistic loss": Function(
        lambda x, a: np.sum(np.log1p(np.exp(-a @ x))),
        lambda x, a: -(1 / (1 + np.exp(a @ x))) @ a,
        (DATA,),
        samples=True,
    ),
    "polynomial": Function(
        lambda x: np.array([np.sum(x**3), np.prod(x), x[0] * np.exp(x[1])]),
        lambda x: np.array(
            [3 * x**2, np.prod(x) / x, [np.exp(x[1]), x[0] * np.exp(x[1]), 0.0, 0.0]], dtype=float
        ),
    ),
    "norm": Function(np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "huber": Function(huber, lambda x: np.clip(x, -1.25, 1.25)),
    "cumulative": Function(lambda x: np.cumsum(np.exp(x)), lambda x: np.tri(4) * np.exp(x)),
    "outer": Function(lambda x: np.outer(x, x)[np.triu_indices(4)], lambda x: outer_jac(x)),
}


def outer_jac(x: Array) -> Array:
    rows, columns = np.triu_indices(4)
    return np.eye(4)[rows] * x[columns][:, None] + np.eye(4)[columns] * x[rows][:, None]


def mistakes(one: Function) -> Iterator[tuple[str, tuple[str, ...], Callable[..., Any]]]:
    """Yield a name, the words by which it is recognised, and the wrong derivative."""
    jac = one.jac
    yield "sign", ("negative", "wrong sign", "factor -1"), lambda x, *h: -jac(x, *h)
    yield "factor 2", ("factor 2", "counted twice"), lambda x, *h: 2 * jac(x, *h)
    yield "factor 1/2", ("factor 1/2", "factor 0.5", "factor ½"), lambda x, *h: 0.5 * jac(x, *h)
    yield "1% more", ("factor 1.01",), lambda x, *h: 1.01 * jac(x, *h)
    yield "zero", ("zero",), lambda x, *h: 0 * jac(x, *h)
    yield "NaN entry", ("NaN",), lambda x, *h: changed(jac(x, *h), np.nan)
    yield "one entry", ("one entry",), lambda x, *h: changed(jac(x, *h), 1.3)
    yield "at -x", ("another point: -x", "negative"), lambda x, *h: jac(-x, *h)
    yield "at x + 1", ("another point: x + 1",), lambda x, *h: jac(x + 1, *h)
    yield "at 0", ("another point: zero", "is zero", "NaN"), lambda x, *h: jac(0 * x, *h)
    yield "float32", ("single precision",), lambda x, *h: np.asarray(jac(x, *h), np.float32).astype(float)
    yield "reversed", ("in reverse order",), lambda x, *h: np.asarray(jac(x, *h))[..., ::-1]
    yield "rolled", ("rolled",), lambda x, *h: np.roll(jac(x, *h), 1, axis=-1)
    yield (
        "sign of a column",
        ("negative", "wrong sign"),
        lambda x, *h: jac(x, *h) * np.array([1, 1, -1.0, 1]),
    )
    if np.ndim(jac(X, *one.held)) == 2:
        yield "transpose", ("transpose",), lambda x, *h: np.asarray(jac(x, *h)).T
        yield "summed rows", ("sum over the rows",), lambda x, *h: np.asarray(jac(x, *h)).sum(axis=0)
        yield "diagonal", ("treated as element-wise",), lambda x, *h: diagonal(jac(x, *h))
        yield "sign and factor", ("two mistakes",), lambda x, *h: doubled_row(-np.asarray(jac(x, *h)))
        yield "term", ("product of two vectors",), lambda x, *h: jac(x, *h) + np.outer(*term(jac(x, *h)))
    if one.by_second is not None:
        yield "wrong argument", ("with respect to",), one.by_second
        yield "at y", ("another point: the value of",), lambda x, y: jac(y, y)
    if one.samples:
        yield "one sample", ("share of sample",), lambda x, a: jac(x, a[1:2])
        yield "sum for mean", ("len(a)", "1/m", "factor 3", "factor 1/3"), lambda x, a: len(a) * jac(x, a)
    if one.f is huber:
        yield "other branch", ("other side of a kink", "one entry"), lambda x: x


def changed(value: Any, factor: float) -> Array:
    out = np.array(value, dtype=float)
    out.reshape(-1)[int(np.argmax(np.abs(out)))] *= factor
    return out


def diagonal(value: Any) -> Array:
    return np.where(np.eye(*np.shape(value)) > 0, value, 0.0)


def doubled_row(value: Array) -> Array:
    value[1] *= 2
    return value


def term(value: Any) -> tuple[Array, Array]:
    m, n = np.shape(value)
    return np.sin(1.0 + np.arange(m)), np.cos(0.3 + np.arange(n))


def main() -> int:
    tally: Counter[str] = Counter()
    start = time.perf_counter()
    for scale in (1.0, 0.37, 2.3):
        for name, one in FUNCTIONS.items():
            for planted, words, wrong in mistakes(one):
                x = scale * X
                right = np.asarray(one.jac(x, *one.held), dtype=float)
                made = np.asarray(wrong(x, *one.held), dtype=float)
                if made.shape == right.shape and np.allclose(made, right, rtol=1e-12, atol=0):
                    continue
                result = gradcheck.check(one.f, wrong, x, *one.held)
                said = result.diagnosis or result.message
                kind = "as planted" if any(word in said for word in words) else "otherwise"
                if planted == "float32" and any(words[0] in note for note in result.notes):
                    kind = "noted"
                elif str(result.verdict) != "fail":
                    kind = str(result.verdict)
                elif not result.diagnosis or "no known mistake" in result.diagnosis:
                    kind = "not named" if kind == "otherwise" else kind
                tally[kind] += 1
                if kind not in ("as planted", "noted"):
                    print(f"{name} x{scale} {planted}: {kind}: {said}")
    print(dict(tally), f"{tally.total()} mistakes, {time.perf_counter() - start:.0f} s")
    return tally["pass"]


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
