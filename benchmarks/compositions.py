"""How many bars miss the truth where nobody chose the function: random compositions of elementary ones.

Run ``python benchmarks/compositions.py [points] [seed]`` from the repository.  Three tables:

- random expressions of up to four levels in one variable, by the size of ``x``, with central differences and
  with the complex step;
- smooth functions with a ripple of a few roundings of ``f`` on top, by the height of the ripple, with central
  differences;
- the complex step of elementwise functions at very many points, where one bar in a million would show.

Truth is the exact derivative of the mathematical function at the exact float: by mpmath at 60 digits in the
first two, in longdouble in the third, whose 11 bits more are far below every bar.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
import numpy as np

from gradcheck.estimators.complex_step import complex_step_jacobian, complex_step_slope
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal

__all__ = ["RANGES", "Case", "Tally", "composed", "main", "rippled"]

DIGITS = 60
USABLE = 1e-3
"""A bar of at most this part of the value makes it an answer."""
LIAR = 1e-6
"""Bars times this must miss: else nothing here could fail."""
LARGEST = 1e290
"""Derivatives beyond it, and below its reciprocal, are near the ends of float64, which is another subject."""

Pair = tuple[Any, Any]
"""A number of mpmath and its derivative."""


@dataclass(frozen=True)
class Case:
    """One function at one point: ``f`` for NumPy, the point, and the exact derivative there."""

    text: str
    f: Callable[[Any], Any]
    x: float
    truth: Any


@dataclass(frozen=True)
class Elementary:
    """A function for NumPy, the same for mpmath, and its derivative."""

    f: Callable[[Any], Any]
    exact: Callable[[Any], Any]
    slope: Callable[[Any], Any]


ELEMENTARY = {
    "sin": Elementary(np.sin, mp.sin, mp.cos),
    "cos": Elementary(np.cos, mp.cos, lambda v: -mp.sin(v)),
    "exp": Elementary(np.exp, mp.exp, mp.exp),
    "expm1": Elementary(np.expm1, mp.expm1, mp.exp),
    "sinh": Elementary(np.sinh, mp.sinh, mp.cosh),
    "tanh": Elementary(np.tanh, mp.tanh, lambda v: 1 / mp.cosh(v) ** 2),
    "arctan": Elementary(np.arctan, mp.atan, lambda v: 1 / (1 + v * v)),
    "square": Elementary(lambda u: u * u, lambda v: v * v, lambda v: 2 * v),
    "cube": Elementary(lambda u: u * u * u, lambda v: v**3, lambda v: 3 * v * v),
    "log(1+u²)": Elementary(
        lambda u: np.log(1 + u * u), lambda v: mp.log(1 + v * v), lambda v: 2 * v / (1 + v * v)
    ),
    "sqrt(1+u²)": Elementary(
        lambda u: np.sqrt(1 + u * u), lambda v: mp.sqrt(1 + v * v), lambda v: v / mp.sqrt(1 + v * v)
    ),
    "1/(1+u²)": Elementary(
        lambda u: 1 / (1 + u * u), lambda v: 1 / (1 + v * v), lambda v: -2 * v / (1 + v * v) ** 2
    ),
    "sigmoid": Elementary(
        lambda u: 1 / (1 + np.exp(-u)),
        lambda v: 1 / (1 + mp.exp(-v)),
        lambda v: mp.exp(-v) / (1 + mp.exp(-v)) ** 2,
    ),
    "log|u|": Elementary(lambda u: np.log(np.abs(u)), lambda v: mp.log(abs(v)), lambda v: 1 / v),
}
ARITHMETIC: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Pair, Pair], Pair]]] = {
    "+": (lambda a, b: a + b, lambda a, b: (a[0] + b[0], a[1] + b[1])),
    "-": (lambda a, b: a - b, lambda a, b: (a[0] - b[0], a[1] - b[1])),
    "*": (lambda a, b: a * b, lambda a, b: (a[0] * b[0], a[0] * b[1] + a[1] * b[0])),
    "/": (lambda a, b: a / b, lambda a, b: (a[0] / b[0], (a[1] - a[0] / b[0] * b[1]) / b[0])),
}
RANGES = {
    "1e-12 to 1e-8": (-12.0, -8.0),
    "1e-8 to 1e-4": (-8.0, -4.0),
    "1e-4 to 1e-2": (-4.0, -2.0),
    "1e-2 to 1": (-2.0, 0.0),
    "1 to 16": (0.0, 1.2),
    "any, in units of 1e-150 to 1e150": (-2.0, 1.2),
}
"""Sizes of ``x``, as powers of ten.  In the last the argument and the value have units of their own."""
SCALED = "any, in units of 1e-150 to 1e150"


def _tree(rng: np.random.Generator, depth: int) -> tuple[Any, ...]:
    """Draw an expression: ``("x",)``, ``("c", number)``, or an operation's name and its operands."""
    kind = rng.random()
    if depth == 0 or kind < 0.08:
        return ("x",) if rng.random() < 0.85 else ("c", float(np.round(2.0 * rng.normal(), 3)))
    if kind < 0.55:
        return (list(ELEMENTARY)[rng.integers(len(ELEMENTARY))], _tree(rng, depth - 1))
    return ("+-*/"[rng.integers(4)], _tree(rng, depth - 1), _tree(rng, depth - 1))


def _depends(tree: tuple[Any, ...]) -> bool:
    return tree[0] == "x" or any(_depends(part) for part in tree[1:] if isinstance(part, tuple))


def _value(tree: tuple[Any, ...], x: Any) -> Any:
    """Return the expression at ``x``, as NumPy computes it."""
    name, *parts = tree
    if name == "x":
        return x
    if name == "c":
        return parts[0]
    operands = [_value(part, x) for part in parts]
    return ELEMENTARY[name].f(*operands) if name in ELEMENTARY else ARITHMETIC[name][0](*operands)


def _exact(tree: tuple[Any, ...], x: Pair) -> Pair:
    """Return the expression and its derivative at ``x``, exactly."""
    name, *parts = tree
    if name == "x":
        return x
    if name == "c":
        return mp.mpf(parts[0]), mp.mpf(0)
    operands = [_exact(part, x) for part in parts]
    if name in ARITHMETIC:
        return ARITHMETIC[name][1](*operands)
    ((value, slope),) = operands
    return ELEMENTARY[name].exact(value), ELEMENTARY[name].slope(value) * slope


def _text(tree: tuple[Any, ...]) -> str:
    name, *parts = tree
    if name in ("x", "c"):
        return "x" if name == "x" else str(parts[0])
    shown = [_text(part) for part in parts]
    return f"{name}({shown[0]})" if name in ELEMENTARY else f"({shown[0]} {name} {shown[1]})"


def composed(rng: np.random.Generator, where: str) -> Case:
    """Draw an expression and a point of the range ``where`` at which it and its derivative are finite."""
    while True:
        tree = _tree(rng, int(rng.integers(1, 5)))
        unit, size = (10.0 ** rng.uniform(-150, 150), 10.0 ** rng.uniform(-100, 100))
        if where != SCALED:
            unit = size = 1.0
        x = float(rng.choice([-1, 1]) * 10.0 ** rng.uniform(*RANGES[where]) * unit)
        if rng.random() < 0.2:
            # A point that a person writes down.
            x = float(f"{x:.3g}")

        def f(x: Any, tree: Any = tree, unit: float = unit, size: float = size) -> Any:
            return size * _value(tree, x / unit)

        if _depends(tree) and np.isfinite(_quietly(f, x)):
            truth = _truth(tree, x, unit, size)
            if truth is not None:
                return Case(_text(tree), f, x, truth)


def _quietly(f: Callable[[Any], Any], x: float) -> Any:
    with np.errstate(all="ignore"):
        return f(np.float64(x))


def _truth(tree: tuple[Any, ...], x: float, unit: float, size: float) -> Any:
    """Return the exact derivative; None where there is none that float64 holds."""
    try:
        slope = mp.mpf(size) * _exact(tree, (mp.mpf(x) / mp.mpf(unit), 1 / mp.mpf(unit)))[1]
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    held = mp.isfinite(slope) and (slope == 0 or 1 / LARGEST <= abs(slope) <= LARGEST)
    return slope if held else None


SMOOTH = (
    (lambda x: x**2, lambda x: 2 * x),
    (np.exp, mp.exp),
    (lambda x: np.sin(x) + 2, mp.cos),
    (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
)
HEIGHTS = tuple(2.0**power for power in range(-1, 8))


def rippled(rng: np.random.Generator, height: float) -> Case:
    """Draw ``g(x) + a sin(w x + p)``: a of ``height`` to twice as many roundings of g, w of 10 to 1e9."""
    number = int(rng.integers(len(SMOOTH)))
    smooth, slope = SMOOTH[number]
    x = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-1, 0.5 if smooth is np.exp else 1.4))
    a = float(height * 2.0 ** rng.uniform(0, 1) * 2.0**-52 * abs(smooth(x)))
    w, p = float(10 ** rng.uniform(1, 9)), float(rng.uniform(0, 2 * np.pi))
    truth = slope(mp.mpf(x)) + mp.mpf(a) * w * mp.cos(mp.mpf(w) * mp.mpf(x) + mp.mpf(p))
    return Case(f"SMOOTH[{number}]", lambda x: smooth(x) + a * np.sin(w * x + p), x, truth)


@dataclass
class Tally:
    """What the bars of one estimator were worth."""

    points: int = 0
    numbers: int = 0
    answers: int = 0
    missed: int = 0
    answers_missed: int = 0
    worst: float = 0.0
    evaluations: int = 0
    misses: list[str] = field(default_factory=list)

    def take(self, case: Case, value: float, bar: float, nfev: int) -> None:
        """Count one estimate of the derivative of ``case``."""
        self.points += 1
        self.evaluations += nfev
        if not np.isfinite(value):
            return
        answered = bar <= USABLE * abs(value)
        error = abs(mp.mpf(value) - case.truth)
        self.numbers += 1
        self.answers += answered
        if error <= mp.mpf(bar):
            return
        self.missed += 1
        truth = mp.nstr(case.truth, 17)
        self.misses.append(f"{case.text} at {case.x!r}: {value!r} ± {bar:.2g}, truth {truth}")
        if answered:
            self.answers_missed += 1
            self.worst = max(self.worst, float(error / abs(case.truth)) if case.truth else float("inf"))

    def row(self) -> str:
        """Return the counts as cells of a table."""
        per_point = self.evaluations / max(self.points, 1)
        counts = f"{self.numbers} | {self.answers} | {self.missed} | {self.answers_missed}"
        return f"{self.points} | {counts} | {self.worst:.1e} | {per_point:.1f}"


ESTIMATORS = {"central": central_jacobian, "complex step": complex_step_jacobian}
COLUMNS = (
    *("points", "numbers", "of which answers", "bars that miss", "of which answers"),
    *("largest relative error", "evaluations"),
)


def _estimated(name: str, case: Case) -> tuple[float, float, int]:
    found = ESTIMATORS[name](Primal(case.f, [np.asarray(case.x)]))
    return float(found.value[0, 0]), float(found.error[0, 0]), found.nfev


def _compositions(points: int, seed: int) -> Iterator[tuple[str, str, Tally]]:
    for number, where in enumerate(RANGES):
        rng = np.random.default_rng([seed, number])
        tallies = {name: Tally() for name in (*ESTIMATORS, "liar")}
        for _ in range(points):
            case = composed(rng, where)
            for name in ESTIMATORS:
                value, bar, nfev = _estimated(name, case)
                tallies[name].take(case, value, bar, nfev)
                if name == "central":
                    tallies["liar"].take(case, value, LIAR * bar, nfev)
        yield from ((where, name, tally) for name, tally in tallies.items())


def _ripples(points: int, seed: int) -> Iterator[tuple[float, Tally]]:
    for number, height in enumerate(HEIGHTS):
        rng, tally = np.random.default_rng([seed, 100 + number]), Tally()
        for _ in range(points):
            case = rippled(rng, height)
            tally.take(case, *_estimated("central", case))
        yield height, tally


ELEMENTWISE = {
    "x²": (lambda x: x * x, lambda x: 2 * x),
    "sin x": (np.sin, np.cos),
    "exp(sin x)": (lambda x: np.exp(np.sin(x)), lambda x: np.cos(x) * np.exp(np.sin(x))),
    "x cos x - sin x": (lambda x: x * np.cos(x) - np.sin(x), lambda x: -x * np.sin(x)),
    "exp(x) / (1 + x²)": (
        lambda x: np.exp(x) / (1 + x * x),
        lambda x: np.exp(x) * (1 - x) ** 2 / (1 + x * x) ** 2,
    ),
    "(x² - 2) / (x + 3)": (
        lambda x: (x * x - 2) / (x + 3),
        lambda x: (x * x + 6 * x + 2) / (x + 3) ** 2,
    ),
    "x log(1 + exp x)": (
        lambda x: np.log(1 + np.exp(x)) * x,
        lambda x: np.log(1 + np.exp(x)) + x * np.exp(x) / (1 + np.exp(x)),
    ),
    "tanh(x sin x)": (
        lambda x: np.tanh(x * np.sin(x)),
        lambda x: (np.sin(x) + x * np.cos(x)) / np.cosh(x * np.sin(x)) ** 2,
    ),
}
AT_ONCE = 20_000


def _elementwise(entries: int, seed: int) -> Iterator[str]:
    """Yield the cells for each elementwise function: one run along ones gives its slopes at all points."""
    for number, (name, (f, slope)) in enumerate(ELEMENTWISE.items()):
        shares, bars = [], []
        for block in range(max(1, entries // AT_ONCE)):
            x = 2.0 * np.random.default_rng([seed, 200 + number, block]).normal(size=AT_ONCE)
            primal = Primal(f, [x])
            primal(x)
            found = complex_step_slope(primal, x, np.ones(AT_ONCE))
            assert found is not None, name
            value, bar = found
            truth = slope(x.astype(np.longdouble))
            shares.append(np.asarray(np.abs(value - truth) / bar, dtype=float))
            bars.append(np.median(bar / np.abs(value)))
        share = np.concatenate(shares)
        yield f"{name} | {share.size} | {(share > 1).sum()} | {share.max():.2f} | {np.median(bars):.1e}"


def _heading(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def main(argv: list[str]) -> int:
    """Print the tables, and the compositions whose bars miss; 1 where bars too narrow by design do not."""
    points, seed = int(argv[0]) if argv else 2000, int(argv[1]) if argv[1:] else 1
    mp.mp.dps = DIGITS
    caught, told = True, []
    _heading("size of x", "estimator", *COLUMNS)
    for where, name, tally in _compositions(points, seed):
        print(f"| {where} | {name} | {tally.row()} |", flush=True)
        caught &= name != "liar" or tally.missed > 0
        told += [f"{name}: {one}" for one in tally.misses if name != "liar"]
    print()
    _heading("ripple, in roundings of f", *COLUMNS)
    for height, tally in _ripples(points // 4, seed):
        print(f"| {height:g} to {2 * height:g} | {tally.row()} |", flush=True)
    print()
    _heading("complex step of", "entries", "bars that miss", "largest error, in bars", "median bar")
    for row in _elementwise(100 * points, seed):
        print(f"| {row} |", flush=True)
    print("\nCompositions whose bars miss:", *told, sep="\n  ")
    return 0 if caught else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
