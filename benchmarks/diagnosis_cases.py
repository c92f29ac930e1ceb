"""Random Jacobians, what is offered beside them, and the mistakes planted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.compare import compare
from gradcheck.diagnosis import Context, Leaf, Mistake
from gradcheck.results import Verdict

Rng = np.random.Generator

KINDS = (
    "dense",
    "diagonal",
    "banded",
    "low rank",
    "sparse",
    "row",
    "column",
    "1x1",
    "symmetric",
    "rectangular",
)
EPS = 2.0**-52
BATCH = 32


def spread(rng: Rng, shape: tuple[int, ...]) -> Array:
    """Entries of both signs over four decades."""
    return rng.choice([-1.0, 1.0], size=shape) * 10.0 ** rng.uniform(-2, 2, size=shape)


def jacobian(kind: str, rng: Rng) -> Array:
    m, n = (int(k) for k in rng.integers(2, 13, size=2))
    if kind == "1x1":
        return spread(rng, (1, 1))
    if kind in {"row", "column"}:
        return spread(rng, (1, n) if kind == "row" else (n, 1))
    if kind == "rectangular":
        return rng.normal(size=(m, n + (m == n)))
    if kind == "low rank":
        k = int(rng.integers(1, 3))
        return spread(rng, (m, k)) @ spread(rng, (k, n))
    square = spread(rng, (n, n))
    if kind == "diagonal":
        return np.diag(np.diag(square))
    if kind == "banded":
        return np.triu(np.tril(square, 1), -1)
    if kind == "sparse":
        return np.where(rng.random((m, n)) < 0.3, spread(rng, (m, n)), 0.0)
    if kind == "symmetric":
        return square + square.T
    return spread(rng, (m, n))


@dataclass
class Case:
    """The truth, what the context offers, and which bars are drawn."""

    truth: Array
    relative: float
    by_row: bool
    others: dict[str, Array] = field(default_factory=dict)

    def bars(self, value: Array) -> Array:
        size = np.abs(value)
        if self.by_row and value.ndim == 2 and value.size:
            size = np.maximum(size, 1e-3 * size.max(axis=1, keepdims=True))
        return self.relative * size

    def observed(self, value: Array, rng: Rng) -> tuple[Array, Array]:
        """A value off by anything within its bar, and the bar."""
        bar = self.bars(value)
        return value + bar * rng.uniform(-0.99, 0.99, size=value.shape), bar


def new_case(kind: str, rng: Rng) -> Case:
    truth = jacobian(kind, rng)
    while not truth.any():
        truth = jacobian(kind, rng)
    case = Case(truth, 10.0 ** rng.uniform(-13, -8), bool(rng.integers(2)))
    for name in ("argument x", "argument y", "path p", "path q", "left", "point zero", "point previous"):
        case.others[name] = np.where(truth != 0, spread(rng, truth.shape), 0.0)
    case.others["path r"] = truth - case.others["path p"] - case.others["path q"]
    case.others["samples"] = np.array([truth * w for w in rng.dirichlet(np.ones(3))]) + 0.0
    noise = np.where(truth != 0, spread(rng, (2, *truth.shape)), 0.0)
    case.others["samples"] += np.array([noise[0], noise[1], -noise[0] - noise[1]])
    return case


def context_of(case: Case, rng: Rng) -> Context:
    def supply(name: str) -> Callable[[], tuple[Array, Array]]:
        return lambda: case.observed(case.others[name], rng)

    n = case.truth.shape[1]
    cut = n // 2
    leaves = (Leaf("w", (cut,)), Leaf("b", (n - cut,), cut)) if cut else ()
    samples = case.others["samples"]
    return Context(
        columns=leaves,
        extents={"N": BATCH},
        arguments={k[9:]: supply(k) for k in case.others if k.startswith("argument")},
        paths={k[5:]: supply(k) for k in case.others if k.startswith("path")},
        samples=lambda: (samples, case.relative * np.abs(samples)),
        left=supply("left"),
        right=lambda: case.observed(case.truth, rng),
        reference_at=lambda name: case.observed(case.others[name], rng),
        points={k[6:]: k for k in case.others if k.startswith("point")},
    )


def _pick(rng: Rng, count: int) -> int:
    return int(rng.integers(count))


def _some(value: Array, axis: int, change: Callable[[Array], Array], rng: Rng) -> Array | None:
    """Change one row or column of several."""
    if value.shape[axis] < 2:
        return None
    result = value.copy()
    index: list[Any] = [slice(None), slice(None)]
    index[axis] = _pick(rng, value.shape[axis])
    result[tuple(index)] = change(result[tuple(index)])
    return result


def _entry(value: Array, rng: Rng, change: Callable[[float], float]) -> Array | None:
    at = np.argwhere(value)
    if len(at) < 2:
        return None
    i, j = at[_pick(rng, len(at))]
    result = value.copy()
    result[i, j] = change(result[i, j])
    return result


def _own_factors(value: Array, rng: Rng) -> Array | None:
    """Only where several rows hold several entries is a factor for each row determined."""
    if np.count_nonzero(np.count_nonzero(value, axis=1) > 1) < 2:
        return None
    return value * rng.uniform(0.2, 3.0, size=(value.shape[0], 1))


def _permuted(value: Array, axis: int, rng: Rng) -> Array:
    return np.take(value, rng.permutation(value.shape[axis]), axis=axis)


def _square(value: Array) -> bool:
    return value.shape[0] == value.shape[1] > 1


def _unsummed(value: Array, rng: Rng) -> Array:
    parts = [np.where(value != 0, spread(rng, value.shape), 0.0) for _ in range(2)]
    return np.stack([*parts, value - parts[0] - parts[1]])


def _half(value: Array) -> tuple[Array, Array]:
    cut = value.shape[1] // 2
    return value[:, :cut], value[:, cut:]


def _off(value: Array) -> Array:
    return value * (1 - np.eye(len(value)))


def _beside(value: Array, rng: Rng) -> Array:
    return _off(spread(rng, value.shape))


PLAIN: dict[str, Callable[[Array], Array | None]] = {
    "transpose": lambda v: v.T,
    "sign": lambda v: -v,
    "factor 2": lambda v: 2 * v,
    "factor 1/n": lambda v: v / v.shape[1],
    "factor 1/N": lambda v: v / BATCH,
    "rolled rows": lambda v: np.roll(v, 1, axis=0),
    "reversed columns": lambda v: v[:, ::-1],
}
DRAWN: dict[str, Callable[[Array, Rng], Array | None]] = {
    "factor c": lambda v, r: v * r.uniform(0.1, 5) if np.count_nonzero(v) > 1 else None,
    "sign of a row": lambda v, r: _some(v, 0, np.negative, r),
    "sign of a column": lambda v, r: _some(v, 1, np.negative, r),
    "factor of a row": lambda v, r: _some(v, 0, lambda row: 2 * row, r),
    "entry": lambda v, r: _entry(v, r, lambda x: x * r.uniform(1.001, 2)),
    "rolled columns": lambda v, r: np.roll(v, 1 + _pick(r, v.shape[1]), axis=1),
    "permuted rows": lambda v, r: _permuted(v, 0, r),
    "permuted columns": lambda v, r: _permuted(v, 1, r),
    "zero row": lambda v, r: _some(v, 0, np.zeros_like, r),
    "zero column": lambda v, r: _some(v, 1, np.zeros_like, r),
    "NaN entry": lambda v, r: _entry(v, r, lambda _: np.nan),
}
CHEAP = (*PLAIN, *DRAWN)
"""Mistakes of which two are composed; the first may also be another Jacobian."""

PLAIN_ALONE: dict[str, Callable[[Array], Array | None]] = {
    "factor of a block": lambda v: np.hstack([3 * _half(v)[0], _half(v)[1]]) if v.shape[1] > 1 else None,
    "zero": lambda v: 0 * v,
    "absolute value": np.abs,
    "reciprocal": lambda v: 1 / v if np.all(v) else None,
    "squared": lambda v: v**2,
    "diagonal only": lambda v: np.diag(np.diag(v)) if _square(v) and np.diag(v).any() else None,
    "diagonal as a vector": lambda v: np.diag(v).copy() if _square(v) and np.diag(v).any() else None,
    "symmetrised": lambda v: (v + v.T) / 2 if _square(v) else None,
    "J + J.T": lambda v: v + v.T if _square(v) else None,
    "upper triangle": lambda v: np.triu(v) if _square(v) and np.triu(v).any() else None,
    "lower triangle": lambda v: np.tril(v) if _square(v) and np.tril(v).any() else None,
    "triangle counted twice": lambda v: v + v.T - np.diag(np.diag(v)) if _square(v) else None,
    "float32": lambda v: v.astype(np.float32).astype(float),
    "float16": lambda v: v.astype(np.float16).astype(float) if np.abs(v[v != 0]).min() > 1e-4 else None,
    "extra sum": lambda v: v.sum(axis=0) if len(v) > 1 else None,
    "rows left out": lambda v: v[:-1] if len(v) > 1 and v[:-1].any() else None,
    "flattened": np.ravel,
}
DRAWN_ALONE: dict[str, Callable[[Array, Rng], Array | None]] = {
    "diagonal factor": lambda v, r: _own_factors(v, r),
    "diagonal factor on the right": lambda v, r: None if (t := _own_factors(v.T, r)) is None else t.T,
    "offset": lambda v, r: v + r.uniform(0.5, 2) if v.size > 1 else None,
    "extra off-diagonal": lambda v, r: v + _beside(v, r) if _square(v) and not np.any(_off(v)) else None,
    "rank-one term": lambda v, r: (
        v + np.outer(spread(r, (len(v),)), spread(r, (v.shape[1],))) if min(v.shape) > 2 else None
    ),
    "missing sum": lambda v, r: _unsummed(v, r),
    "missing mean": lambda v, r: 3 * _unsummed(v, r),
    "whole for a row": lambda v, r: np.vstack([spread(r, (2, v.shape[1])), v]),
}
TAKEN: dict[str, Callable[[Case], Array]] = {
    "wrong argument": lambda case: case.others["argument x"],
    "missing term": lambda case: case.truth - case.others["path q"],
    "other side": lambda case: case.others["left"],
    "another point": lambda case: case.others["point previous"],
    "one sample": lambda case: case.others["samples"][1],
}
ALL = (*CHEAP, *PLAIN_ALONE, *DRAWN_ALONE, *TAKEN)


def plant(name: str, case: Case, value: Array, rng: Rng) -> Array | None:
    """Make the mistake, or None where it cannot be made or nothing would determine it."""
    plain, drawn = PLAIN | PLAIN_ALONE, DRAWN | DRAWN_ALONE
    if name in plain:
        return plain[name](value)
    return drawn[name](value, rng) if name in drawn else TAKEN[name](case)


def planted_claim(case: Case, rng: Rng, two: bool) -> tuple[tuple[str, ...], Array]:
    """Draw mistakes until the claim differs from the truth."""
    while True:
        names = tuple(rng.choice(CHEAP, size=2, replace=False)) if two else (str(rng.choice(ALL)),)
        if two and rng.integers(2):
            names = (str(rng.choice(list(TAKEN))), names[1])
        value: Array | None = case.truth
        steps = []
        for name in names:
            value = None if value is None else plant(name, case, value, rng)
            steps.append(value)
        if value is None or _same(value, case.truth, case):
            continue
        if two and any(step is None or _same(step, case.truth, case) for step in steps):
            continue
        if not two or not _same(value, steps[0], case):
            return tuple(map(str, names)), value


def _same(a: Array, b: Array, case: Case) -> bool:
    if a.shape != b.shape:
        return False
    bar = case.bars(b) + 8 * EPS * np.abs(a)
    return compare(a, bar, b, bar).verdict is Verdict.PASS


def strange_claim(case: Case, rng: Rng) -> Array:
    """A claim that no known mistake made: other numbers, or every entry off by a little of its own."""
    if rng.integers(2):
        return np.where(case.truth != 0, spread(rng, case.truth.shape), 0.0)
    return case.truth * (
        1 + rng.choice([-1, 1], case.truth.shape) * 10.0 ** rng.uniform(-5, -1, case.truth.shape)
    )


WANTED: dict[str, set[Mistake]] = {
    "transpose": {Mistake.TRANSPOSE},
    "entry": {Mistake.ENTRIES},
    "NaN entry": {Mistake.NOT_FINITE},
    "diagonal factor": {Mistake.ROW_SCALING},
    "diagonal factor on the right": {Mistake.COLUMN_SCALING},
    "offset": {Mistake.OFFSET},
    "rank-one term": {Mistake.RANK_ONE},
    "absolute value": {Mistake.ABSOLUTE},
    "reciprocal": {Mistake.RECIPROCAL},
    "squared": {Mistake.SQUARED},
    "extra off-diagonal": {Mistake.OFF_DIAGONAL},
    "float32": {Mistake.FLOAT32},
    "float16": {Mistake.HALF},
    "wrong argument": {Mistake.WRONG_ARGUMENT},
    "missing term": {Mistake.MISSING_TERM},
    "other side": {Mistake.OTHER_SIDE},
    "another point": {Mistake.WRONG_POINT},
    "one sample": {Mistake.ONE_SAMPLE},
    "extra sum": {Mistake.REDUCED},
    "whole for a row": {Mistake.WHOLE},
    "rows left out": {Mistake.PART},
    "flattened": {Mistake.SHAPE},
}
_BY_WORD = {
    "sign": {Mistake.SIGN},
    "factor": {Mistake.FACTOR, Mistake.SIGN},
    "rolled": {Mistake.ROLLED},
    "reversed": {Mistake.REVERSED, Mistake.ROLLED},
    "permuted": {Mistake.PERMUTED, Mistake.ROLLED, Mistake.REVERSED},
    "zero": {Mistake.ZERO},
    "missing": {Mistake.UNREDUCED},
    "diagonal": {Mistake.DIAGONAL_ONLY},
}


def wanted(name: str) -> set[Mistake]:
    """Mistakes that count as the planted one."""
    return WANTED.get(name) or _BY_WORD.get(name.split()[0]) or {Mistake.SYMMETRY}
