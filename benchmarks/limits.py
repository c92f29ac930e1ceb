"""Where the bars of central differences end: functions made to deceive them, and how many do.

Run ``python benchmarks/limits.py [points]`` from the repository.  Truths are exact derivatives of the
mathematical functions at the exact floats, by mpmath at 80 digits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np

from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal

__all__ = ["FAMILIES", "main"]

Case = tuple[Callable[[Any], Any], float, Any]
USABLE = 1e-3


def _signed(rng: np.random.Generator, low: float, high: float) -> float:
    return float(10 ** rng.uniform(low, high) * rng.choice([-1.0, 1.0]))


def ripple(rng: np.random.Generator) -> Case:
    """Draw ``exp(x) + a sin(w x + p)``: a from 1e-14 to 1e-2, w from 10 to 1e9."""
    a, w = float(10 ** rng.uniform(-14, -2)), float(10 ** rng.uniform(1, 9))
    p, x = float(rng.uniform(0, 6.28)), float(rng.uniform(-2, 2))
    truth = mp.exp(x) + mp.mpf(a) * mp.mpf(w) * mp.cos(mp.mpf(w * x + p))
    return lambda x: np.exp(x) + a * np.sin(w * x + p), x, truth


def treads(rng: np.random.Generator) -> Case:
    """Draw ``round(exp(x) / q) q``: q from 1e-14 to 0.3."""
    q, x = float(10 ** rng.uniform(-14, -0.5)), float(rng.uniform(-2, 2))
    return lambda x: np.round(np.exp(x) / q) * q, x, mp.exp(x)


def saw(rng: np.random.Generator) -> Case:
    """Draw ``(exp(x) - 1) / x`` at x from 1e-12 to 10."""
    x = _signed(rng, -12, 1)
    exact = mp.mpf(x)
    return lambda x: (np.exp(x) - 1) / x, x, (exact * mp.exp(exact) - mp.exp(exact) + 1) / exact**2


def bent_saw(rng: np.random.Generator) -> Case:
    """Draw ``(1 - cos x) / x**2`` at x from 1e-9 to 3."""
    x = _signed(rng, -9, 0.5)
    exact = mp.mpf(x)
    truth = mp.sin(exact) / exact**2 - 2 * (1 - mp.cos(exact)) / exact**3
    return lambda x: (1 - np.cos(x)) / x**2, x, truth


def difference(rng: np.random.Generator) -> Case:
    """Draw ``arctan(x) - tanh(x)`` at x from 1e-9 to 3."""
    x = _signed(rng, -9, 0.5)
    exact = mp.mpf(x)
    return lambda x: np.arctan(x) - np.tanh(x), x, 1 / (1 + exact**2) - 1 / mp.cosh(exact) ** 2


def offset(rng: np.random.Generator) -> Case:
    """Draw ``(c + sin x) - c``: c from 1e-3 to 1e10, x from 1e-6 to 10."""
    c, x = float(10 ** rng.uniform(-3, 10)), _signed(rng, -6, 1)
    return lambda x: (c + np.sin(x)) - c, x, mp.cos(x)


FAMILIES = (ripple, treads, saw, bent_saw, difference, offset)


def main(argv: list[str]) -> int:
    """Print a line for each family; always 0: these are limits, not promises."""
    points = int(argv[0]) if argv else 300
    mp.mp.dps = 80
    print(
        "| family | numbers | of which answers | bars that miss | of which answers | largest relative error |"
    )
    print("|---|---|---|---|---|---|")
    for family in FAMILIES:
        rng = np.random.default_rng(5)
        numbers = answers = missed = answers_missed = 0
        worst = 0.0
        for _ in range(points):
            f, x, truth = family(rng)
            found = central_jacobian(Primal(f, [np.asarray(x)]))
            value, bar = float(found.value[0, 0]), float(found.error[0, 0])
            answered = bar <= USABLE * abs(value)
            error = abs(value - truth) if np.isfinite(value) else mp.mpf(0)
            miss = bool(np.isfinite(value) and error > mp.mpf(bar))
            numbers, answers = numbers + np.isfinite(value), answers + answered
            missed, answers_missed = missed + miss, answers_missed + (miss and answered)
            worst = max(worst, float(error / abs(truth)) if miss and answered else 0.0)
        print(
            f"| {family.__name__} | {numbers} | {answers} | {missed} | {answers_missed} | {worst:.1e} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
