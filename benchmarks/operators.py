"""Operators of PyTorch and JAX, and derivatives that packages ship: sets on which nothing here was tuned.

Run ``python benchmarks/operators.py torch``, ``jax`` or ``shipped`` from the repository.  Every derivative is
claimed as its library gives it, at generic points and at the edges of its domain, and with four faults each.
Exit status 1 if one is rejected that is not listed as the library's own fault, or a faulty one accepted that
the check said it would have seen.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from library_faults import known_fault
from operators_shipped import shipped_cases
from verdicts_cases import Case
from verdicts_mutants import VISIBLE, size_of

import gradcheck
from gradcheck import CheckResult, Reason, Verdict
from gradcheck.tolerance import FEW_EPS

__all__ = ["Count", "judge", "main", "operator_cases"]


class Point(NamedTuple):
    """Where an operator is checked; at an edge INCONCLUSIVE is not held against the check."""

    x: Any
    edge: bool


@dataclass
class Count:
    """What became of one set."""

    generic: Counter[str] = field(default_factory=Counter)
    edges: Counter[str] = field(default_factory=Counter)
    mutants: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def remark(text: str) -> None:
        """Print it at once: a long run that is stopped has said what it saw."""
        print(text, end="\n\n", flush=True)


_DIAGONAL = np.diag([2.0, 2.0, 5.0])


def points_of(kind: str, rng: np.random.Generator) -> list[Point]:
    """Return two generic points and the edges of a domain."""
    if kind == "real":
        return [
            Point(rng.normal(size=4), False),
            Point(3 * rng.normal(size=4), False),
            Point(np.array([0.0, 1.0, -1.0, 0.5]), True),
            Point(np.array([1e-9, -1e-5, 30.0, -12.0]), True),
            Point(np.array([1.0, 1.0, -700.0, 1e4]), True),
        ]
    if kind == "positive":
        generic = [Point(rng.uniform(0.2, 4.0, 4), False), Point(10 ** rng.uniform(-2, 2, 4), False)]
        return [
            *generic,
            Point(np.array([1e-10, 1e-3, 1.0, 1e5]), True),
            Point(np.array([0.0, 1, 2, 3]), True),
        ]
    if kind == "unit":
        generic = [Point(rng.uniform(0.1, 0.9, 4), False), Point(rng.uniform(0.01, 0.99, 4), False)]
        return [
            *generic,
            Point(np.array([1e-9, 0.5, 1 - 1e-9, 0.3]), True),
            Point(np.array([0.0, 0.5, 1.0, 0.2]), True),
        ]
    a = rng.normal(size=(3, 3))
    spd = a @ a.T + np.eye(3)
    return [
        Point(spd, False),
        Point(spd + 0.3 * rng.normal(size=(3, 3)), False),
        Point(_DIAGONAL.copy(), True),
        Point(1e-6 * spd, True),
    ]


def operator_cases(library: str) -> Iterator[tuple[Case, bool]]:
    """Yield each operator at each of its points, and whether that is an edge."""
    module = importlib.import_module(f"operators_{library}")
    for kind, table in module.OPERATORS.items():
        for name, op in table.items():
            rng = np.random.default_rng([7, *name.encode()])
            f, jac = module.callables(op)
            for k, (x, edge) in enumerate(points_of(kind, rng)):
                yield Case(f"{library} {name} #{k}", f, jac, x), edge


FAULTS: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "one entry 1e-6 off": lambda m, rng: _one_entry(m, rng),
    "factor 1.01": lambda m, rng: 1.01 * m,
    "sign": lambda m, rng: -m,
    "transposed": lambda m, rng: m.T.copy() if m.shape[0] == m.shape[1] else m,
}


def _one_entry(matrix: Any, rng: np.random.Generator) -> Any:
    candidates = np.argwhere((matrix != 0) & np.isfinite(matrix))
    if len(candidates):
        matrix[tuple(candidates[rng.integers(len(candidates))])] *= 1 + 1e-6
    return matrix


def _faulty(jac: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    def wrong(x: Any) -> Any:
        right = np.array(jac(x), dtype=np.float64)
        matrix = right.reshape(-1, max(np.size(x), 1)).copy()
        return FAULTS[name](matrix, np.random.default_rng(1)).reshape(right.shape)

    return wrong


def judge(count: Count, case: Case, edge: bool) -> None:
    """Check one case and its faults, and count."""
    result = gradcheck.check(case.f, case.jac, case.x)
    fault = known_fault(case.name) if result.verdict is Verdict.FAIL else ""
    if edge and result.reason is Reason.NOT_FINITE:
        fault = "NaN or infinity for an entry that f has a finite derivative by"
    (count.edges if edge else count.generic)["fail, the library's own fault" if fault else _word(result)] += 1
    if result.verdict is not Verdict.PASS:
        count.remark(f"{case.name} at {np.array2string(np.asarray(case.x))}: {result}\n{fault}")
    if result.verdict is Verdict.PASS:
        _faults(count, case)


def _faults(count: Count, case: Case) -> None:
    shape = (-1, max(np.size(case.x), 1))
    right = np.asarray(case.jac(case.x), dtype=np.float64).reshape(shape)
    for name in FAULTS:
        jac = _faulty(case.jac, name)
        wrong = np.asarray(jac(case.x)).reshape(shape)
        if not size_of(right, wrong) > VISIBLE:
            continue
        result = gradcheck.check(case.f, jac, case.x)
        missed = result.verdict is Verdict.PASS and str(result.reason) != "subgradient"
        below = missed and _below(case, right, wrong, result)
        count.mutants["accepted, below" if below else "ACCEPTED" if missed else str(result.reason)] += 1
        if missed and not below:
            count.remark(f"{case.name}, {name}: {result}")


def _below(case: Case, right: Any, wrong: Any, result: CheckResult) -> bool:
    """Whether no entry is off by what is sure to be seen: two bars and the claim's rounding."""
    known = gradcheck.jacobian(case.f, case.x, method="central")
    seen = 2 * np.reshape(known.error, right.shape) + FEW_EPS * 2.0**-52 * np.abs(wrong)
    own = bool((np.abs(wrong - right) <= seen).all())
    return own or any("loses" in note and size_of(right, wrong) < result.detectable for note in result.notes)


def _word(result: CheckResult) -> str:
    return str(result.verdict) if result.verdict is not Verdict.INCONCLUSIVE else f"open: {result.reason}"


def _line(title: str, counter: Counter[str]) -> str:
    words = ", ".join(f"{word} {number}" for word, number in counter.most_common())
    return f"{title}: {sum(counter.values())} checks: {words}"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the counts, and what was not as expected."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=("torch", "jax", "shipped"))
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument(
        "--slow", type=float, default=0.0, help="name the cases that take longer, in s of CPU"
    )
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    count = Count()
    shipped = options.library == "shipped"
    for case, edge in shipped_cases(options.only) if shipped else operator_cases(options.library):
        if options.only in case.name:
            try:
                began = time.process_time()
                judge(count, case, edge)
                spent = time.process_time() - began
                if options.slow and spent > options.slow:
                    print(f"{case.name}: {spent:.1f} s", flush=True)
            except Exception as raised:
                count.remark(f"{case.name}: raised {type(raised).__name__}: {raised}")
    for title, counter in (("generic", count.generic), ("edges", count.edges), ("faults", count.mutants)):
        print(_line(title, counter))
    return int(
        any(counter["fail"] for counter in (count.generic, count.edges)) or count.mutants["ACCEPTED"] > 0
    )


if __name__ == "__main__":
    sys.exit(main())
