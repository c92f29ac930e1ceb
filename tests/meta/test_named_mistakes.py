"""Every mistake that a failure can name, made in the claim of an ordinary function, and read from ``check``.

Each has a twin: the same wrong claim, every entry off by a share of its own besides, is not given the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import gradcheck

RNG = np.random.default_rng(3)
A, W, B = RNG.normal(size=(4, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=4)
X = np.array([0.7, -1.2, 0.35, 1.9])
DATA, TARGET = RNG.normal(size=(5, 4)), RNG.normal(size=5)
PARAMS = {"w": W, "b": B[:3]}


def mix(x):
    return np.sin(A @ x) * np.exp(0.1 * x)


def mix_jac(x):
    e = np.exp(0.1 * x)
    return np.diag(np.cos(A @ x) * e) @ A + np.diag(np.sin(A @ x) * 0.1 * e)


def layer(x):
    return np.tanh(W @ x)


def layer_jac(x):
    return (1 - np.tanh(W @ x) ** 2)[:, None] * W


def net(p, x):
    return np.tanh(p["w"] @ x + p["b"])


def net_jac(p, x):
    d = 1 - net(p, x) ** 2
    return {"w": np.einsum("i,ik,l->ikl", d, np.eye(3), x), "b": np.diag(d)}


def block(name, c):
    return lambda p, x: {**net_jac(p, x), name: c * net_jac(p, x)[name]}


def loss(x, d, t):
    return np.mean((d @ x - t) ** 2)


def loss_grad(x, d, t):
    return 2 * (d @ x - t) @ d / len(t)


def summed(w, d):
    return np.sum(np.sin(d @ w))


def spread(b, d):
    return np.sum(np.tanh(d + b) ** 2)


def spread_parts(b, d):
    t = np.tanh(d + b)
    return 2 * t * (1 - t * t)


def cube(x):
    return x**3 + np.sin(x)


def cube_jac(x):
    return np.diag(3 * x**2 + np.cos(x))


def softmax(x):
    e = np.exp(x)
    return e / e.sum()


def softmax_jac(x):
    p = softmax(x)
    return np.diag(p) - np.outer(p, p)


def unit(x):
    return x / np.sqrt(x @ x)


def two_paths(x):
    h = np.tanh(A @ x)
    return A.T @ h + np.sin(x) * h[0]


def tanh_jac(x):
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def first_term(x):
    return A.T @ tanh_jac(x)


def second_term(x):
    return np.diag(np.cos(x) * np.tanh(A @ x)[0])


def third_term(x):
    return np.outer(np.sin(x), tanh_jac(x)[0])


def product(x, w):
    return np.sin(x) * w**2


def quadratic(x):
    return x @ A @ x


def branches(x):
    return np.where(x > 1, x**2, 1 + np.sin(2 * (x - 1)))


def entry(jac, i, j, c):
    def claim(x):
        found = jac(x)
        found[i, j] *= c
        return found

    return claim


BESIDE = np.array([1.02, 1.01, 1.03])


@dataclass(frozen=True)
class Planted:
    """A mistake in the claim of a function, and what must be said of it."""

    name: str
    f: Callable[..., Any]
    claim: Callable[..., Any]
    said: str
    args: tuple[Any, ...] = (X,)
    options: dict[str, Any] = field(default_factory=dict)
    twin: bool = True

    def __str__(self) -> str:
        return self.name


def scaled(c, said):
    return Planted(f"factor {c:g}", mix, lambda x: c * mix_jac(x), said)


MISTAKES = [
    Planted("transpose", mix, lambda x: mix_jac(x).T, "transpose of the reference: denominator layout"),
    Planted("transpose of a wide one", layer, lambda x: layer_jac(x).T, "the transpose: denominator layout"),
    scaled(-1.0, "the negative of the reference: wrong sign"),
    scaled(2.0, "2 times the reference: factor 2"),
    scaled(0.5, "factor 1/2"),
    scaled(4.0, "factor 4 = m, the number of rows"),
    scaled(0.25, "factor 1/4 = 1/m, the number of rows"),
    Planted("factor N", loss, lambda *a: 5 * loss_grad(*a), "factor 5 = len(d)", (X, DATA, TARGET)),
    Planted("factor 1/N", loss, lambda *a: loss_grad(*a) / 5, "factor 1/5 = 1/len(d)", (X, DATA, TARGET)),
    *(
        Planted(f"block {name} by {c:g}", net, block(name, c), f'block p["{name}"] is {said}', (PARAMS, X))
        for name in ("w", "b")
        for c, said in (
            (-1.0, "the negative of the reference: wrong sign"),
            (2.0, "2 times the reference: factor 2"),
            (0.5, "0.5 times the reference: factor 1/2"),
            (4.0, "4 times the reference: factor 4 = len(x)"),
            (0.25, "0.25 times the reference: factor 1/4 = 1/len(x)"),
        )
    ),
    Planted(
        "sign of a row",
        mix,
        lambda x: np.array([1, -1, 1, 1])[:, None] * mix_jac(x),
        "row 1 (f[1]) is the negative of the reference: wrong sign",
    ),
    Planted(
        "one entry", mix, entry(mix_jac, 2, 1, 1.3), "only one entry is wrong, entry [2, 1] (f[2] by x[1])"
    ),
    Planted("rolled rows", mix, lambda x: np.roll(mix_jac(x), 1, 0), "the rows of the claim are rolled by 1"),
    Planted(
        "rolled columns", mix, lambda x: np.roll(mix_jac(x), 2, 1), "the columns of the claim are rolled by 2"
    ),
    Planted("permuted rows", mix, lambda x: mix_jac(x)[[2, 0, 1, 3]], "they are rows 2, 0, 1 and 3"),
    Planted("permuted columns", mix, lambda x: mix_jac(x)[:, [1, 0, 3, 2]], "they are columns 1, 0, 3 and 2"),
    Planted("swapped columns", mix, lambda x: mix_jac(x)[:, [1, 0, 2, 3]], "columns 0 and 1 are swapped"),
    Planted(
        "wrong argument",
        product,
        lambda x, w: np.diag(2 * w * np.sin(x)),
        "the derivative with respect to w: wrong argument",
        (X, B),
    ),
    Planted(
        "factor of a chain missing, tanh",
        layer,
        lambda x: W,
        "each row lacks its entry of (1 - f**2): missing diagonal",
    ),
    Planted("factor of a chain missing, sine", lambda x: np.sin(W @ x), lambda x: W, "own factor"),
    Planted(
        "inner factor missing",
        lambda x: np.sin(x**2),
        lambda x: np.diag(np.cos(x**2)),
        "lacks its entry of (2 x): missing diagonal factor",
    ),
    Planted(
        "sum over a batch missing",
        summed,
        lambda w, d: np.cos(d @ w)[:, None] * d,
        "the sum of the claim over axis 0 of (5, 4) is the reference: missing sum",
        (X, DATA),
    ),
    Planted(
        "mean over a batch missing",
        loss,
        lambda x, d, t: (2 * (d @ x - t) * d.T).T,
        "the mean of the claim over axis 0 of (5, 4) is the reference: missing mean",
        (X, DATA, TARGET),
    ),
    Planted(
        "sum for a mean", loss, lambda x, d, t: 2 * (d @ x - t) @ d, "factor 5 = len(d)", (X, DATA, TARGET)
    ),
    Planted(
        "one sample for all",
        loss,
        lambda x, d, t: 2 * (d[0] @ x - t[0]) * d[0],
        "the share of sample 0 alone: missing sum over the batch",
        (X, DATA, TARGET),
    ),
    Planted(
        "sum over a broadcast axis missing",
        spread,
        spread_parts,
        "the sum of the claim over axis 0 of (5, 4) is the reference: missing sum",
        (B, DATA),
    ),
    Planted(
        "mean for a sum over a broadcast axis",
        spread,
        lambda b, d: spread_parts(b, d).mean(0),
        "factor 1/5 = 1/len(d)",
        (B, DATA),
    ),
    Planted(
        "off-diagonal missing", softmax, lambda x: np.diag(np.diag(softmax_jac(x))), "treated as element-wise"
    ),
    Planted("the diagonal alone", mix, lambda x: np.diag(mix_jac(x)), "treated as element-wise"),
    Planted(
        "off-diagonal present",
        cube,
        lambda x: cube_jac(x) + 0.3 * np.outer(x, x) * (1 - np.eye(4)),
        "the reference is diagonal; the claim agrees there and has more beside it",
        twin=False,
    ),
    Planted(
        "stopped: the sum of a softmax", softmax, lambda x: np.diag(softmax(x)), "path through `e.sum()`"
    ),
    Planted("stopped: the norm", unit, lambda x: np.eye(4) / np.sqrt(x @ x), "path through `np.sqrt(x @ x)`"),
    Planted(
        "stopped: a gate",
        two_paths,
        lambda x: first_term(x) + second_term(x),
        "a term of the total derivative is missing: the path through `h[0]` in `np.sin(x) * h[0]`",
    ),
    Planted(
        "stopped: a factor",
        two_paths,
        lambda x: first_term(x) + third_term(x),
        "a term of the total derivative is missing: the path through `np.sin(x)` in `np.sin(x) * h[0]`",
    ),
    Planted(
        "stopped: a sum",
        two_paths,
        lambda x: second_term(x) + third_term(x),
        "a term of the total derivative is missing: the path through `A.T @ h`",
    ),
    Planted(
        "a path twice",
        two_paths,
        lambda x: 2 * first_term(x) + second_term(x) + third_term(x),
        "a term of the total derivative is counted twice: the path through `A.T @ h`",
    ),
    Planted(
        "half of a quadratic form",
        quadratic,
        lambda x: A @ x,
        "the path through `x` (operand 2) in `x @ A @ x`",
    ),
    Planted(
        "the other side of a kink beside the point",
        branches,
        lambda x: np.diag(2 * np.cos(2 * (x - 1))),
        "the derivative from the left: the other side of a kink",
        (BESIDE,),
    ),
    Planted("another point", mix, lambda x: mix_jac(x + 1), "at another point: x + 1"),
    Planted(
        "the point before",
        mix,
        lambda x: mix_jac(X),
        "at another point: points[0], the previous point",
        (),
        {"points": [(X,), (1.3 * X,), (1.3 * X,)]},
    ),
    Planted("symmetrised", mix, lambda x: (mix_jac(x) + mix_jac(x).T) / 2, "by symmetry: (J + J.T)/2"),
    Planted(
        "the whole for a row",
        lambda x: mix(x)[1],
        mix_jac,
        "the whole where a part was asked: the reference is its row 1",
    ),
    Planted("the whole for rows", lambda x: mix(x)[1:3], mix_jac, "the reference is its rows 1 and 2"),
    Planted("a row for the whole", mix, lambda x: mix_jac(x)[0], "holds only row 0 of the reference"),
]


def said_of(one, claim):
    result = gradcheck.check(one.f, claim, *one.args, **one.options)
    assert str(result.verdict) == "fail", str(result)
    return result


@pytest.mark.parametrize("one", MISTAKES, ids=str)
def test_a_mistake_is_named(one):
    result = said_of(one, one.claim)
    text = re.sub(r"\s+", " ", str(result))
    assert one.said in text, text
    assert len(str(result).splitlines()) <= 25


def spoiled(claim):
    """Every entry off by a share of its own, beside the mistake."""

    def each(part, seed):
        part = np.asarray(part, dtype=float)
        return part * (1 + 0.03 * np.random.default_rng(seed).uniform(0.5, 1.5, part.shape))

    def wrong(*args):
        found = claim(*args)
        if isinstance(found, dict):
            return {key: each(part, 1 + k) for k, (key, part) in enumerate(found.items())}
        return each(found, 0)

    return wrong


@pytest.mark.parametrize("one", [one for one in MISTAKES if one.twin], ids=str)
def test_a_name_is_not_given_to_what_it_is_not(one):
    result = said_of(one, spoiled(one.claim))
    diagnosis = result.diagnosis.partition("claimed")[0]
    assert (
        diagnosis in ("", "no known mistake explains it")
        or "no known mistake" in diagnosis
        or (diagnosis.startswith("only "))
    ), diagnosis
