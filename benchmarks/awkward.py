"""Vector functions, kinks near by, and float32: the other sets the estimators are measured on.

As in :mod:`univariate`, truths are computed by mpmath at 50 digits at the exact floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
from univariate import Univariate

__all__ = ["HELD_OUT_SINGLE", "HELD_OUT_VECTORS", "SINGLE", "VECTORS", "Vector", "kinks_near_by"]


@dataclass(frozen=True)
class Vector:
    """``f`` maps ``(n,)`` to ``(m,)``; ``mp_f`` is the same on mpmath numbers; x is uniform in ``span``."""

    name: str
    f: Callable[[Any], Any]
    mp_f: Callable[[Sequence[Any]], list[Any]]
    n: int
    span: tuple[float, float] = (-2.0, 2.0)


def jacobian_of(case: Vector, x: np.ndarray) -> list[list[Any]]:
    """Return the exact Jacobian at ``x``, rows of mpmath numbers, by differences at 120 digits."""
    with mp.workdps(120):
        point = [mp.mpf(float(v)) for v in x]
        step = mp.mpf(10) ** -40
        columns = []
        for j in range(case.n):
            ahead = case.mp_f([v + step * (k == j) for k, v in enumerate(point)])
            behind = case.mp_f([v - step * (k == j) for k, v in enumerate(point)])
            columns.append([(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)])
        return [[column[i] for column in columns] for i in range(len(columns[0]))]


_W = np.random.default_rng(7).standard_normal((4, 3))
_Q = np.random.default_rng(8).standard_normal((3, 3))


def _times(matrix: np.ndarray, x: Sequence[Any]) -> list[Any]:
    return [mp.fsum(mp.mpf(float(w)) * v for w, v in zip(row, x, strict=True)) for row in matrix]


def _softmax(x: Sequence[Any]) -> list[Any]:
    powers = [mp.exp(v) for v in x]
    return [p / mp.fsum(powers) for p in powers]


def _np_softmax(x: Any) -> Any:
    powers = np.exp(x - np.max(x))
    return powers / powers.sum()


VECTORS = (
    Vector("tanh(W x)", lambda x: np.tanh(_W @ x), lambda x: [mp.tanh(v) for v in _times(_W, x)], 3),
    Vector("softmax", _np_softmax, _softmax, 4),
    Vector("norm", lambda x: np.sqrt(x @ x)[None], lambda x: [mp.sqrt(mp.fsum(v * v for v in x))], 3),
    Vector(
        "rows 1e10 and 1e-10",
        lambda x: np.array([1e10 * np.sin(x[0]), 1e-10 * np.exp(x[1]) * x[0]]),
        lambda x: [mp.mpf(1e10) * mp.sin(x[0]), mp.mpf(1e-10) * mp.exp(x[1]) * x[0]],
        2,
    ),
    Vector(
        "x'Qx",
        lambda x: (x @ _Q @ x)[None],
        lambda x: [mp.fsum(v * w for v, w in zip(x, _times(_Q, x), strict=True))],
        3,
    ),
    Vector("product", lambda x: np.prod(x)[None], lambda x: [mp.fprod(x)], 5),
    Vector(
        "polar",
        lambda x: np.array([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])]),
        lambda x: [x[0] * mp.cos(x[1]), x[0] * mp.sin(x[1])],
        2,
        (0.1, 6.0),
    ),
    Vector(
        "inputs of different scale",
        lambda x: np.array([np.exp(x[0]) + 1e-6 * np.sin(1e3 * x[1]), x[0] * x[1] * 1e5]),
        lambda x: [mp.exp(x[0]) + mp.mpf(1e-6) * mp.sin(1000 * x[1]), x[0] * x[1] * 10**5],
        2,
    ),
)

HELD_OUT_VECTORS = (
    Vector(
        "logsumexp",
        lambda x: (np.max(x) + np.log(np.exp(x - np.max(x)).sum()))[None],
        lambda x: [mp.log(mp.fsum(mp.exp(v) for v in x))],
        4,
        (-5.0, 5.0),
    ),
    Vector(
        "x / |x|",
        lambda x: x / np.sqrt(x @ x),
        lambda x: [v / mp.sqrt(mp.fsum(w * w for w in x)) for v in x],
        3,
    ),
    Vector(
        "Rosenbrock gradient",
        lambda x: np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]),
        lambda x: [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)],
        2,
    ),
    Vector("cumulative product", np.cumprod, lambda x: [mp.fprod(x[: k + 1]) for k in range(len(x))], 4),
    Vector(
        "layer norm",
        lambda x: (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean()),
        lambda x: _mp_layer_norm(x),
        5,
    ),
    Vector(
        "2x2 inverse",
        lambda x: np.array([x[3], -x[1], -x[2], x[0]]) / (x[0] * x[3] - x[1] * x[2]),
        lambda x: [v / (x[0] * x[3] - x[1] * x[2]) for v in (x[3], -x[1], -x[2], x[0])],
        4,
    ),
)


def _mp_layer_norm(x: Sequence[Any]) -> list[Any]:
    mean = mp.fsum(x) / len(x)
    spread = mp.sqrt(mp.fsum((v - mean) ** 2 for v in x) / len(x))
    return [(v - mean) / spread for v in x]


def _bent(
    name: str,
    f: Callable[[Any, float], Any],
    slope: Callable[[Any, Any], Any],
    distance: float,
    side: int,
    centre: float,
) -> Univariate:
    """Return a case whose kink at ``centre`` is ``distance`` away from the point, on the side ``side``."""
    point = centre + side * distance
    return Univariate(
        f"{name}, {side * distance:+.0e}",
        lambda x: f(x, centre),
        lambda x: slope(x, mp.mpf(centre)),
        (point,),
        unit=1.0,
    )


_BENT: tuple[tuple[str, Callable[[Any, float], Any], Callable[[Any, Any], Any]], ...] = (
    ("abs(x-c)", lambda x, c: np.abs(x - c), lambda x, c: mp.sign(x - c)),
    ("relu(x-c) + sin x", lambda x, c: np.maximum(x - c, 0) + np.sin(x), lambda x, c: (x > c) + mp.cos(x)),
    (
        "max(sin x, sin c)",
        lambda x, c: np.maximum(np.sin(x), np.sin(c)),
        lambda x, c: mp.cos(x) if mp.sin(x) > mp.sin(c) else mp.mpf(0),
    ),
    (
        "Huber(x-c)",
        lambda x, c: np.where(np.abs(x - c + 1) < 1, 0.5 * (x - c + 1) ** 2, np.abs(x - c + 1) - 0.5),
        lambda x, c: x - c + 1 if abs(x - c + 1) < 1 else mp.sign(x - c + 1),
    ),
    (
        "exp(-abs(x-c))",
        lambda x, c: np.exp(-np.abs(x - c)),
        lambda x, c: -mp.sign(x - c) * mp.exp(-abs(x - c)),
    ),
    ("x + step(x-c)", lambda x, c: x + np.heaviside(x - c, 1.0), lambda _x, _c: mp.mpf(1)),
    (
        "sqrt(abs(x-c))",
        lambda x, c: np.sqrt(np.abs(x - c)),
        lambda x, c: mp.sign(x - c) / (2 * mp.sqrt(abs(x - c))),
    ),
)


def kinks_near_by(centres: Sequence[float]) -> tuple[Univariate, ...]:
    """Return each bent function 1e-1 to 1e-6 away from its kink, both sides, at each of ``centres``."""
    return tuple(
        _bent(name, f, slope, 10.0**-decade, side, centre)
        for name, f, slope in _BENT
        for decade in range(1, 7)
        for side in (-1, 1)
        for centre in centres
    )


def _single(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: f(np.asarray(x).astype(np.float32))


_ONE = np.float32(1)

SINGLE = (
    Univariate("sin", _single(np.sin), mp.cos, span=(-6, 6)),
    Univariate("exp", _single(np.exp), mp.exp, span=(-20, 20)),
    Univariate("log", _single(np.log), lambda x: 1 / x, decades=(-20, 20)),
    Univariate("1/x", _single(lambda x: _ONE / x), lambda x: -1 / x**2, decades=(-12, 12), signed=True),
    Univariate("tanh", _single(np.tanh), lambda x: 1 / mp.cosh(x) ** 2, span=(-3, 3)),
    Univariate("sin, returned as float64", lambda x: np.float64(np.sin(np.float32(x))), mp.cos, span=(-6, 6)),
    Univariate(
        "x**2, returned as float64",
        lambda x: np.float64(np.float32(x) ** 2),
        lambda x: 2 * x,
        decades=(-10, 10),
    ),
)

HELD_OUT_SINGLE = (
    Univariate("cos", _single(np.cos), lambda x: -mp.sin(x), span=(-6, 6)),
    Univariate("sqrt", _single(np.sqrt), lambda x: 1 / (2 * mp.sqrt(x)), decades=(-20, 20)),
    Univariate("atan", _single(np.arctan), lambda x: 1 / (1 + x * x), span=(-8, 8)),
    Univariate(
        "sigmoid",
        _single(lambda x: _ONE / (_ONE + np.exp(-x))),
        lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
        span=(-5, 5),
    ),
    Univariate(
        "log1p, returned as float64",
        lambda x: np.float64(np.log1p(np.float32(x))),
        lambda x: 1 / (1 + x),
        decades=(-6, 6),
    ),
)
