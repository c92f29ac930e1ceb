"""The laws of ``gradcheck.diagnosis.Mistake``, written once more: do they make the claim?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from diagnosis_cases import EPS, Case

from gradcheck.arrays import Array
from gradcheck.diagnosis import Explanation, Finding, Mistake

__all__ = ["Side", "true_name"]


@dataclass
class Side:
    """A matrix, its bar, and the entries that still have to agree."""

    value: Array
    bar: Array
    known: Array

    @classmethod
    def of(cls, value: Array, bar: Array) -> Side:
        return cls(value, bar, np.ones(value.shape, dtype=bool))

    def map(self, move: Callable[[Array], Array]) -> Side:
        return Side(move(self.value), move(self.bar), move(self.known))

    def linear(self, function: Callable[[Array], Array]) -> Side:
        value = function(self.value)
        return Side(value, function(self.bar), np.ones(value.shape, dtype=bool))


def _triangular(a: Array, name: str) -> Array:
    d = np.diag(np.diag(a))
    upper, lower = np.triu(a), np.tril(a)
    laws = {
        "(J + J.T)/2": (a + a.T) / 2,
        "J + J.T": a + a.T,
        "J + J.T - diag(J)": a + a.T - d,
        "upper triangle": upper,
        "lower triangle": lower,
        "strict upper triangle": upper - d,
        "strict lower triangle": lower - d,
        "upper triangle mirrored": upper + upper.T - d,
        "lower triangle mirrored": lower + lower.T - d,
        "upper triangle, off-diagonal twice": 2 * upper - d,
        "lower triangle, off-diagonal twice": 2 * lower - d,
        "off-diagonal twice": 2 * a - d,
        "diagonal twice": a + d,
        "off-diagonal halved": (a + d) / 2,
        "off-diagonal only": a - d,
    }
    return laws[name]


def forward(finding: Finding, r: Side, case: Case) -> Side:
    """Apply the law of one finding; what a finding leaves open is no longer known."""
    kind, p = finding.mistake, finding.parameter
    rows = range(r.value.shape[0]) if finding.where.rows is None else finding.where.rows
    columns = range(r.value.shape[-1]) if finding.where.columns is None else finding.where.columns
    part = np.ix_(list(rows), list(columns)) if r.value.ndim == 2 else ...
    if kind in {Mistake.SIGN, Mistake.FACTOR, Mistake.ZERO, Mistake.OFFSET}:
        out = Side(r.value.copy(), r.bar.copy(), r.known)
        c = 0.0 if kind is Mistake.ZERO else p
        added = kind is Mistake.OFFSET
        out.value[part] = out.value[part] + c if added else c * out.value[part]
        out.bar[part] *= 1.0 if added else abs(c)
        return out
    if kind in {Mistake.ABSOLUTE, Mistake.RECIPROCAL, Mistake.SQUARED}:
        out = Side(r.value.copy(), r.bar.copy(), r.known)
        v, e = np.abs(r.value[part]), r.bar[part]
        if kind is Mistake.RECIPROCAL:
            out.value[part], out.bar[part] = 1 / r.value[part], e / (v * (v - e))
        else:
            out.value[part], out.bar[part] = (v, e) if kind is Mistake.ABSOLUTE else (v**2, 2 * v * e + e**2)
        return out
    if kind in {Mistake.ENTRIES, Mistake.NOT_FINITE, Mistake.WRONG_BLOCK, Mistake.OFF_DIAGONAL}:
        known = r.known.copy()
        if kind is Mistake.OFF_DIAGONAL:
            known &= np.eye(*known.shape, dtype=bool)
        elif kind is Mistake.WRONG_BLOCK:
            known[part] = False
        else:
            for i, j, *_ in p:
                known[i, j] = False
        return Side(r.value, r.bar, known)
    if kind is Mistake.TRANSPOSE:
        return r.map(np.transpose)
    if kind is Mistake.MEMORY_ORDER:
        return r.map(lambda a: a.ravel(order="F").reshape(a.shape))
    if kind is Mistake.ROLLED:
        return r.map(lambda a: np.roll(a, p[1], axis=p[0]))
    if kind is Mistake.REVERSED:
        return r.map(lambda a: np.flip(a, axis=p))
    if kind in {Mistake.PERMUTED, Mistake.PART}:
        return r.map(lambda a: np.take(a, p[1], axis=p[0]))
    if kind in {Mistake.ROW_SCALING, Mistake.COLUMN_SCALING}:
        d = p[:, None] if kind is Mistake.ROW_SCALING else p
        return Side(r.value * d, r.bar * np.abs(d), r.known)
    if kind is Mistake.RANK_ONE:
        return Side(r.value + np.outer(*p), r.bar, r.known)
    if kind is Mistake.DIAGONAL_ONLY:
        return r.linear(lambda a: np.diag(a).reshape(p) if p else np.where(np.eye(*a.shape) > 0, a, 0.0))
    if kind is Mistake.SYMMETRY:
        return r.linear(lambda a: _triangular(a, p))
    if kind is Mistake.FLOAT32:
        return Side(r.value, r.bar + 8 * 2.0**-23 * np.abs(r.value) * (1 + 1e-5), r.known)
    if kind is Mistake.HALF:
        u = 8 * 2.0**-10 if p[0] == "float16" else 2 * 2.0**-7
        return Side(r.value, r.bar + u * np.abs(r.value) * (1 + 1e-2), r.known)
    if kind is Mistake.REDUCED:
        reduce = np.sum if p[1] == "sum" else np.mean
        return r.linear(lambda a: reduce(a, axis=p[0]))
    if kind is Mistake.SHAPE:
        return r.map(lambda a: a.reshape(p))
    if kind in {Mistake.MISSING_TERM, Mistake.DOUBLED_TERM}:
        term = sum(case.others[f"path {name}"] for name in p)
        bar = r.bar + sum(case.bars(case.others[f"path {name}"]) for name in p) * 2
        return Side(r.value + (term if kind is Mistake.DOUBLED_TERM else -term), bar, r.known)
    return Side.of(*_other(finding, case))


def _other(finding: Finding, case: Case) -> tuple[Array, Array]:
    p = finding.parameter
    if finding.mistake is Mistake.ONE_SAMPLE:
        value = case.others["samples"][p]
    elif finding.mistake is Mistake.OTHER_SIDE:
        value = case.others["left"] if p == "left" else case.truth
    else:
        value = case.others[("argument " if finding.mistake is Mistake.WRONG_ARGUMENT else "point ") + p]
    return value, 2 * case.bars(value) + case.relative * np.abs(value)


def true_name(e: Explanation, claim: Side, reference: Side, case: Case) -> bool:
    """Whether the laws of the explanation turn the reference into the claim within the bars."""
    findings = list(e.findings)
    outer = findings[0]
    if outer.mistake is Mistake.UNREDUCED:
        axis, name, shape = outer.parameter
        reduce = np.sum if name == "sum" else np.mean
        claim = claim.linear(lambda a: reduce(a.reshape(shape), axis=axis).reshape(reference.value.shape))
        findings = findings[1:]
    elif outer.mistake is Mistake.WHOLE:
        axis, chosen = outer.parameter
        claim = claim.map(lambda a: np.take(a, chosen, axis=axis))
        findings = findings[1:]
    made = reference
    for finding in reversed(findings):
        made = forward(finding, made, case)
    if made.value.size != claim.value.size:
        return False
    value, bar, known = (a.reshape(claim.value.shape) for a in (made.value, made.bar, made.known))
    with np.errstate(invalid="ignore"):
        apart = np.abs(claim.value - value)
        # A few roundings for doing in one direction what was undone in the other.
        close = apart <= (bar + claim.bar) * (1 + 1e-6) + 8 * EPS * np.abs(value)
    return bool(np.all(close | ~known))
