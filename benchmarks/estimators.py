"""How true the error bars are, how narrow, and what they cost: gradcheck and its peers side by side.

Run ``python benchmarks/estimators.py`` from the repository; ``--help`` lists the options.
An answer is an entry with a bar of at most 1e-3 of its value (of the value itself where a peer gives no
bar).  "bar true" counts the answers whose bar holds the exact derivative, "all bars true" every finite bar.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import mpmath as mp
import numpy as np
from awkward import HELD_OUT_SINGLE, HELD_OUT_VECTORS, SINGLE, VECTORS, Vector, jacobian_of, kinks_near_by
from patience import patience
from univariate import HELD_OUT, TUNED, Univariate, points_of

__all__ = ["Problem", "Tally", "liar", "main", "measure", "problems_of", "table"]

USABLE = 1e-3
REQUIRED = 99.5
SECONDS = 1.0


@dataclass(frozen=True)
class Problem:
    """A function at a point with its exact Jacobian, rows of mpmath numbers.

    Errors are relative to the entry, at least to ``unit``; those of an entry that is 0 to the
    row's largest.
    """

    name: str
    f: Callable[[Any], Any]
    x: Any
    truth: list[list[Any]]
    unit: float = 0.0


@dataclass
class Tally:
    """What one estimator did on one set: entry by entry."""

    relative_error: list[float] = field(default_factory=list)
    relative_bar: list[float] = field(default_factory=list)
    answered: list[bool] = field(default_factory=list)
    true: list[bool] = field(default_factory=list)
    finite_bar: list[bool] = field(default_factory=list)
    columns: int = 0
    evaluations: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lies: list[tuple[float, str]] = field(default_factory=list)
    has_bar: bool = True
    failures: list[Exception] = field(default_factory=list)


def problems_of(
    cases: Sequence[Univariate | Vector], seed: int, count: int, single: bool = False
) -> Iterator[Problem]:
    """Yield each case at its fixed points and ``count`` random ones, where ``f`` is finite."""
    for case in cases:
        rng = np.random.default_rng([seed, *case.name.encode()])
        if isinstance(case, Vector):
            for x in rng.uniform(*case.span, size=(count, case.n)):
                yield Problem(case.name, case.f, x, jacobian_of(case, x))
            continue
        for x in points_of(case, rng, count):
            point = float(np.float32(x)) if single else x
            with np.errstate(all="ignore"):
                usable = np.isfinite(np.float64(case.f(np.float64(point))))
            truth = case.derivative(mp.mpf(point))
            if usable and mp.isfinite(truth) and (case.unit or abs(truth) > mp.mpf(2) ** -1000):
                yield Problem(case.name, case.f, point, [[truth]], case.unit)


def measure(estimator: Callable[[Any, Any], Any], problems: Sequence[Problem]) -> Tally:
    """Return what ``estimator`` makes of ``problems``."""
    tally = Tally()
    for problem in problems:
        try:
            with patience(SECONDS):
                outcome = estimator(problem.f, problem.x)
        except Exception as failure:
            if type(failure).__name__ == "Refused":
                tally.refused[problem.name] += 1
                continue
            tally.failures.append(failure)
            outcome = None
        tally.columns += int(np.size(problem.x))
        tally.evaluations += outcome.evaluations if outcome else 0
        for i, row_of_truth in enumerate(problem.truth):
            largest = max(abs(truth) for truth in row_of_truth)
            for j, truth in enumerate(row_of_truth):
                value = float(outcome.value[i, j]) if outcome else np.nan
                bar = (
                    None
                    if outcome and outcome.bar is None
                    else float(outcome.bar[i, j])
                    if outcome
                    else np.inf
                )
                _enter(tally, problem, value, bar, truth, problem.unit if truth else largest or problem.unit)
    return _checked(tally, len(problems))


def _checked(tally: Tally, problems: int) -> Tally:
    """Raise what an estimator raises at every point: a broken adapter shall not pass for a silent peer."""
    if problems and len(tally.failures) == problems:
        raise tally.failures[-1]
    return tally


def _enter(tally: Tally, problem: Problem, value: float, bar: float | None, truth: Any, unit: Any) -> None:
    size = max(abs(truth), mp.mpf(unit), mp.mpf(2) ** -1070)
    error = abs(mp.mpf(value) - truth) if np.isfinite(value) else mp.inf
    relative_error = float(error / size)
    if bar is None:
        tally.has_bar = False
        tally.answered.append(np.isfinite(value))
        tally.true.append(relative_error <= USABLE)
        tally.finite_bar.append(False)
        tally.relative_bar.append(np.nan)
    else:
        finite = np.isfinite(bar) and np.isfinite(value)
        true = bool(finite and error <= mp.mpf(bar))
        tally.answered.append(bool(finite and bar <= USABLE * max(abs(value), unit)))
        tally.true.append(true)
        tally.finite_bar.append(bool(finite))
        tally.relative_bar.append(float(mp.mpf(bar) / size) if finite else np.inf)
        if finite and not true:
            ratio = float(error / mp.mpf(bar)) if bar else np.inf
            line = f"{problem.name} at {problem.x!r}: {value!r} ± {bar:.2g}, truth {mp.nstr(truth, 17)}"
            tally.lies.append((ratio, line))
    tally.relative_error.append(relative_error)


def share_true(tally: Tally) -> float:
    """Return the percentage of answers whose bar holds the truth; 0 without answers."""
    answered = np.array(tally.answered, dtype=bool)
    return 100.0 * float(np.mean(np.array(tally.true)[answered])) if answered.any() else 0.0


def row(name: str, tally: Tally) -> str:
    """Return one line of the table."""
    answered = np.array(tally.answered, dtype=bool)
    if not answered.size:
        return f"| {name} | 0 | | | | | | |"
    finite = np.array(tally.finite_bar, dtype=bool)
    everywhere = 100.0 * float(np.mean(np.array(tally.true)[finite])) if finite.any() else np.nan
    error = float(np.median(np.array(tally.relative_error)[answered])) if answered.any() else np.nan
    bar = float(np.median(np.array(tally.relative_bar)[answered])) if answered.any() else np.nan
    shown = (
        (f"{share_true(tally):.2f}", f"{everywhere:.2f}", f"{error:.1e}", f"{bar:.1e}")
        if tally.has_bar
        else ("no bar", "no bar", f"{error:.1e}", "no bar")
    )
    cost = tally.evaluations / max(tally.columns, 1)
    cells = (name, f"{answered.sum()}", f"{100 * (1 - answered.mean()):.2f}", *shown, f"{cost:.1f}")
    return f"| {' | '.join(cells)} |"


HEADER = """\
| estimator | answers | no answer % | bar true % | all bars true % | median error | median bar | evaluations |
|---|---|---|---|---|---|---|---|"""


def liar(f: Any, x: Any) -> Any:
    """Return central differences with bars a million times too narrow: the harness has to notice."""
    from peers import ESTIMATORS

    honest = ESTIMATORS["gradcheck central"](f, x)
    return honest._replace(bar=honest.bar * 1e-6)


def table(title: str, problems: Sequence[Problem], estimators: dict[str, Any], worst: int) -> bool:
    """Print one table and the worst lies; return whether gradcheck kept its promise and the liar did not."""
    print(f"\n### {title}: {len(problems)} points, {len({p.name for p in problems})} functions\n\n{HEADER}")
    tallies = {name: measure(estimator, problems) for name, estimator in estimators.items()}
    for name, tally in tallies.items():
        print(row(name, tally), flush=True)
    for name, tally in tallies.items():
        if tally.refused:
            listed = ", ".join(sorted(tally.refused))
            print(f"\n{name} refused {sum(tally.refused.values())} points, not counted: {listed}.")
        if name.startswith("gradcheck") or worst > 3:
            for ratio, line in sorted(tally.lies, reverse=True)[:worst]:
                print(f"\n- {name}: error {ratio:.3g} bars: {line}")
    kept = all(
        share_true(t) >= REQUIRED for n, t in tallies.items() if n.startswith("gradcheck") and any(t.answered)
    )
    caught = "liar" not in tallies or share_true(tallies["liar"]) < REQUIRED
    return kept and caught


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; exit 1 if a bar of gradcheck's lies too often, or the liar goes unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="random points a function")
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the tuned sets; the held-out sets use seed + 1000"
    )
    parser.add_argument("--only", help="estimators whose name contains this")
    parser.add_argument("--worst", type=int, default=3, help="lies to print for each estimator")
    options = parser.parse_args(argv)
    from peers import ESTIMATORS

    mp.mp.dps = 50
    estimators = {n: e for n, e in ESTIMATORS.items() if not options.only or options.only in n}
    estimators |= {"liar": liar}
    names = ("numpy", "scipy", "numdifftools", "jacobi", "mpmath")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{n} {version(n)}" for n in names))
    held = options.seed + 1000
    sets = (
        ("Univariate, tuned on", problems_of(TUNED, options.seed, options.count)),
        ("Univariate, held out", problems_of(HELD_OUT, held, options.count)),
        ("Vectors, tuned on", problems_of(VECTORS, options.seed, options.count // 2)),
        ("Vectors, held out", problems_of(HELD_OUT_VECTORS, held, options.count // 2)),
        ("Kinks 1e-1 to 1e-6 away, tuned on", problems_of(kinks_near_by((0.7, 2.3)), options.seed, 0)),
        ("Kinks 1e-1 to 1e-6 away, held out", problems_of(kinks_near_by((-0.35, 5.0 / 3.0)), held, 0)),
        ("float32, tuned on", problems_of(SINGLE, options.seed, options.count, single=True)),
        ("float32, held out", problems_of(HELD_OUT_SINGLE, held, options.count, single=True)),
    )
    kept = [table(title, list(problems), estimators, options.worst) for title, problems in sets]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
