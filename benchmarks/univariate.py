"""Univariate functions with their exact derivatives: what the estimators are measured on.

A case is a NumPy function and its derivative in mpmath, evaluated at 50 digits at the exact
float.  ``TUNED`` was in sight while the estimators were written, ``HELD_OUT`` was not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
import numpy as np
from scipy import special

__all__ = ["HELD_OUT", "TUNED", "Univariate", "points_of"]


@dataclass(frozen=True)
class Univariate:
    """One function: ``f`` for NumPy, ``derivative`` for mpmath, and where to evaluate.

    ``span`` draws uniformly from an interval; ``decades`` log-uniformly, magnitudes in powers of
    ten, with random sign where ``signed``.
    """

    name: str
    f: Callable[[Any], Any]
    derivative: Callable[[Any], Any]
    fixed: Sequence[float] = ()
    span: tuple[float, float] | None = None
    decades: tuple[float, float] | None = None
    signed: bool = False
    unit: float = field(default=0.0)


def points_of(case: Univariate, rng: np.random.Generator, count: int) -> list[float]:
    """Return the fixed points and ``count`` random ones."""
    drawn: list[float] = [float(x) for x in case.fixed]
    if case.span is not None:
        drawn += rng.uniform(*case.span, size=count).tolist()
    if case.decades is not None:
        magnitudes = 10.0 ** rng.uniform(*case.decades, size=count)
        signs = rng.choice([-1.0, 1.0], size=count) if case.signed else np.ones(count)
        drawn += (magnitudes * signs).tolist()
    return drawn


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def _mp_sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


WIDE = (-150.0, 150.0)

TUNED = (
    Univariate("sin", np.sin, mp.cos, (1.0, 1e4, -3.0), span=(-10, 10)),
    Univariate("sin, wide", np.sin, mp.cos, (1e6,), decades=(-150, 5), signed=True),
    Univariate("cos", np.cos, lambda x: -mp.sin(x), (0.5,), span=(-30, 30)),
    Univariate("exp", np.exp, mp.exp, (0.0, 1.0, 709.0, -700.0), span=(-50, 50)),
    Univariate("log", np.log, lambda x: 1 / x, (1e-7, 1e-5), decades=WIDE),
    Univariate("sqrt", np.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), (1e-8,), decades=WIDE),
    Univariate("1/x", lambda x: 1 / x, lambda x: -1 / x**2, (3e-5,), decades=WIDE, signed=True),
    Univariate("x**2", lambda x: x**2, lambda x: 2 * x, (1e150, 1e-150), decades=WIDE, signed=True),
    Univariate(
        "x**3 - x", lambda x: x**3 - x, lambda x: 3 * x**2 - 1, (0.0,), decades=(-90, 90), signed=True
    ),
    Univariate(
        "1e8 x**4", lambda x: 1e8 * x**4, lambda x: mp.mpf(4e8) * x**3, (2.0,), decades=(-8, 8), signed=True
    ),
    Univariate("x**0.3", lambda x: x**0.3, lambda x: mp.mpf(0.3) * x ** (mp.mpf(0.3) - 1), decades=WIDE),
    Univariate("x log x", lambda x: x * np.log(x), lambda x: mp.log(x) + 1, decades=WIDE),
    Univariate("atan", np.arctan, lambda x: 1 / (1 + x**2), (0.0,), decades=(-150, 4), signed=True),
    Univariate(
        "hypot(x, 1)", lambda x: np.hypot(x, 1.0), lambda x: x / mp.sqrt(x * x + 1), decades=(-7, 150)
    ),
    Univariate("tanh", np.tanh, lambda x: 1 / mp.cosh(x) ** 2, (0.0,), span=(-12, 12)),
    Univariate("sigmoid", _sigmoid, lambda x: _mp_sigmoid(x) * _mp_sigmoid(-x), (0.0,), span=(-15, 15)),
    Univariate(
        "s(1-s)",
        lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
        lambda x: _mp_sigmoid(x) * _mp_sigmoid(-x) * (1 - 2 * _mp_sigmoid(x)),
        (30.0,),
        span=(-8, 25),
    ),
    Univariate("softplus", lambda x: np.log1p(np.exp(x)), _mp_sigmoid, span=(-20, 20)),
    Univariate("erf", special.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)), span=(-4, 4)),
    Univariate("lgamma", special.gammaln, mp.digamma, decades=(-6, 6)),
    Univariate("x**x", lambda x: x**x, lambda x: x**x * (1 + mp.log(x)), span=(0.1, 20)),
    Univariate("sin(1/x)", lambda x: np.sin(1 / x), lambda x: -mp.cos(1 / x) / x**2, span=(0.003, 1.0)),
    Univariate(
        "exp(-1e6 x**2)",
        lambda x: np.exp(-1e6 * x * x),
        lambda x: -2e6 * x * mp.exp(-(mp.mpf(10) ** 6) * x * x),
        (1e-3,),
        span=(-4e-3, 4e-3),
    ),
    Univariate(
        "sin(1e4 x)", lambda x: np.sin(1e4 * x), lambda x: 10**4 * mp.cos(10**4 * x), (1.0,), span=(-5, 5)
    ),
    Univariate(
        "sin(1e6 x)", lambda x: np.sin(1e6 * x), lambda x: 10**6 * mp.cos(10**6 * x), (1.0,), span=(-5, 5)
    ),
    Univariate("exp(50 x)", lambda x: np.exp(50 * x), lambda x: 50 * mp.exp(50 * x), (1.0,), span=(-5, 10)),
    Univariate("1e8 + sin x", lambda x: 1e8 + np.sin(x), mp.cos, (1.0,), span=(-4, 4)),
    Univariate("(1e8 + sin x) - 1e8", lambda x: (1e8 + np.sin(x)) - 1e8, mp.cos, (1.0,), span=(-4, 4)),
    Univariate("sin x + 1", lambda x: np.sin(x) + 1, mp.cos, (1e-12,), decades=(-15, 1), signed=True),
    Univariate("log1p", np.log1p, lambda x: 1 / (1 + x), decades=WIDE),
    Univariate("expm1", np.expm1, mp.exp, decades=(-150, 2), signed=True),
    Univariate("arccos", np.arccos, lambda x: -1 / mp.sqrt(1 - x * x), (0.999999,), span=(-1, 1)),
    Univariate(
        "Runge", lambda x: 1 / (1 + 25 * x * x), lambda x: -50 * x / (1 + 25 * x * x) ** 2, span=(-2, 2)
    ),
    Univariate("J0", special.j0, lambda x: -mp.besselj(1, x), span=(0.1, 40)),
    Univariate(
        "sin(x)/x", lambda x: np.sin(x) / x, lambda x: (x * mp.cos(x) - mp.sin(x)) / x**2, span=(0.01, 30)
    ),
    Univariate("log cosh", lambda x: np.log(np.cosh(x)), mp.tanh, span=(-20, 20)),
    Univariate(
        "x exp(-x**2)", lambda x: x * np.exp(-x * x), lambda x: (1 - 2 * x * x) * mp.exp(-x * x), span=(-5, 5)
    ),
    Univariate(
        "(x-1)**5 expanded",
        lambda x: ((((x - 5) * x + 10) * x - 10) * x + 5) * x - 1,
        lambda x: 5 * (x - 1) ** 4,
        span=(-1, 3),
    ),
    Univariate("x abs(x)", lambda x: x * np.abs(x), lambda x: 2 * abs(x), decades=(-20, 20), signed=True),
    Univariate(
        "sin x + 1e-8 sin 1e9x",
        lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x),
        lambda x: mp.cos(x) + mp.mpf(1e-8) * 10**9 * mp.cos(10**9 * x),
        (1.0, 0.3, 2.0),
        span=(0.5, 3),
    ),
    Univariate(
        "sin x + 1e-6 sin 300x",
        lambda x: np.sin(x) + 1e-6 * np.sin(300 * x),
        lambda x: mp.cos(x) + mp.mpf(1e-6) * 300 * mp.cos(300 * x),
        span=(-3, 3),
    ),
)

HELD_OUT = (
    Univariate("tan", np.tan, lambda x: 1 / mp.cos(x) ** 2, span=(-5, 5)),
    Univariate("sinh", np.sinh, mp.cosh, decades=(-100, 2), signed=True),
    Univariate("asinh", np.arcsinh, lambda x: 1 / mp.sqrt(1 + x * x), decades=WIDE, signed=True),
    Univariate("arctanh", np.arctanh, lambda x: 1 / (1 - x * x), span=(-1, 1)),
    Univariate("arcsin", np.arcsin, lambda x: 1 / mp.sqrt(1 - x * x), span=(-1, 1)),
    Univariate("cbrt", np.cbrt, lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), decades=WIDE, signed=True),
    Univariate(
        "x**-1.7", lambda x: x**-1.7, lambda x: mp.mpf(-1.7) * x ** (mp.mpf(-1.7) - 1), decades=(-80, 80)
    ),
    Univariate("x**7", lambda x: x**7, lambda x: 7 * x**6, decades=(-20, 20), signed=True),
    Univariate(
        "log(1 + x**2)",
        lambda x: np.log1p(x * x),
        lambda x: 2 * x / (1 + x * x),
        decades=(-70, 70),
        signed=True,
    ),
    Univariate("x/(1+x)", lambda x: x / (1 + x), lambda x: 1 / (1 + x) ** 2, decades=(-150, 6)),
    Univariate("log10", np.log10, lambda x: 1 / (x * mp.log(10)), decades=WIDE),
    Univariate("2**x", np.exp2, lambda x: mp.mpf(2) ** x * mp.log(2), span=(-300, 300)),
    Univariate(
        "silu",
        lambda x: x * _sigmoid(x),
        lambda x: _mp_sigmoid(x) * (1 + x * _mp_sigmoid(-x)),
        span=(-15, 15),
    ),
    Univariate("gelu", lambda x: x * special.ndtr(x), lambda x: mp.ncdf(x) + x * mp.npdf(x), span=(-5, 5)),
    Univariate(
        "mish",
        lambda x: x * np.tanh(np.log1p(np.exp(x))),
        lambda x: mp.tanh(mp.log1p(mp.exp(x))) + x * _mp_sigmoid(x) / mp.cosh(mp.log1p(mp.exp(x))) ** 2,
        span=(-8, 8),
    ),
    Univariate("erfc", special.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x), span=(-3, 20)),
    Univariate("gamma", special.gamma, lambda x: mp.gamma(x) * mp.digamma(x), span=(0.05, 30)),
    Univariate("digamma", special.digamma, lambda x: mp.psi(1, x), decades=(-5, 5)),
    Univariate("J1", special.j1, lambda x: mp.besselj(0, x) - mp.besselj(1, x) / x, span=(0.1, 60)),
    Univariate("Airy", lambda x: special.airy(x)[0], lambda x: mp.airyai(x, derivative=1), span=(-15, 5)),
    Univariate("sin(x**2)", lambda x: np.sin(x * x), lambda x: 2 * x * mp.cos(x * x), span=(-20, 20)),
    Univariate(
        "cos(exp x)", lambda x: np.cos(np.exp(x)), lambda x: -mp.exp(x) * mp.sin(mp.exp(x)), span=(-3, 7)
    ),
    Univariate("exp(-1/x)", lambda x: np.exp(-1 / x), lambda x: mp.exp(-1 / x) / x**2, span=(0.01, 3)),
    Univariate(
        "narrow Lorentzian",
        lambda x: 1 / (1 + 1e8 * (x - 1) ** 2),
        lambda x: -mp.mpf(2e8) * (x - 1) / (1 + mp.mpf(1e8) * (x - 1) ** 2) ** 2,
        (1.0001, 1.001),
        span=(0.99, 1.01),
    ),
    Univariate(
        "steep step",
        lambda x: np.tanh(1e3 * (x - 0.7)),
        lambda x: 1000 / mp.cosh(1000 * (x - mp.mpf(0.7))) ** 2,
        span=(0.697, 0.703),
    ),
    Univariate(
        "chirp + tiny",
        lambda x: np.cos(3 * x) + 1e-5 * np.sin(2e5 * x),
        lambda x: -3 * mp.sin(3 * x) + mp.mpf(1e-5) * mp.mpf(2e5) * mp.cos(mp.mpf(2e5) * x),
        span=(-2, 2),
    ),
    Univariate("1e4 + exp x", lambda x: 1e4 + np.exp(x), mp.exp, span=(-4, 4)),
    Univariate(
        "(1+x)**2 - 1", lambda x: (1 + x) ** 2 - 1, lambda x: 2 * (1 + x), decades=(-14, 3), signed=True
    ),
    Univariate(
        "(exp x - 1)/x",
        lambda x: (np.exp(x) - 1) / x,
        lambda x: (x * mp.exp(x) - mp.exp(x) + 1) / x**2,
        decades=(-5, 1),
        signed=True,
    ),
    Univariate(
        "sqrt(x+1) - sqrt x",
        lambda x: np.sqrt(x + 1) - np.sqrt(x),
        lambda x: 1 / (2 * mp.sqrt(x + 1)) - 1 / (2 * mp.sqrt(x)),
        decades=(-6, 6),
    ),
    Univariate(
        "Legendre P9", np.polynomial.Legendre.basis(9), lambda x: mp.polyval(_LEGENDRE_9, x), span=(-1, 1)
    ),
    Univariate("x**2.5 near 0", lambda x: x**2.5, lambda x: mp.mpf(2.5) * x ** mp.mpf(1.5), decades=(-60, 0)),
    Univariate(
        "log(log x)", lambda x: np.log(np.log(x)), lambda x: 1 / (x * mp.log(x)), decades=(0.001, 150)
    ),
    Univariate(
        "exp(sin 30x)",
        lambda x: np.exp(np.sin(30 * x)),
        lambda x: 30 * mp.cos(30 * x) * mp.exp(mp.sin(30 * x)),
        span=(-3, 3),
    ),
    Univariate(
        "x + 1e-3 x**9", lambda x: x + 1e-3 * x**9, lambda x: 1 + mp.mpf(1e-3) * 9 * x**8, span=(-30, 30)
    ),
    Univariate("sin at large x", np.sin, mp.cos, decades=(3, 10)),
)

_LEGENDRE_9 = [
    mp.mpf(int(k)) / 128
    for k in np.rint(
        128 * np.polynomial.Legendre.basis(9).deriv().convert(kind=np.polynomial.Polynomial).coef[::-1]
    )
]
