"""Scalar derivative rules: every derivative is 1x1.

Sources: 000 section 1, 001 section 2, 002 lines 32 to 37, 004 lines 93 to 122.

``f`` and ``g`` are generated functions of one variable; ``u = g(x)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import interval, nonzero, positive, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import ScalarFunction, Sort
from gradcheck.rules.numerator import constant, scalar
from gradcheck.rules.registry import namespace

__all__ = ["GENERAL", "PAIR"]

# Generated trees are tame up to 1e3; within 10, sines of them also keep their digits in float32.
GENERAL = real(tame=10, extreme=1e3)
# Cubes of it stay finite in float32 within tame and in float64 within extreme.
POLYNOMIAL = real(tame=1e3, extreme=1e100)
COEFFICIENT = real(tame=1e3, extreme=1e6)
PAIR = {"f": ScalarFunction(), "g": ScalarFunction()}
WITH_COEFFICIENT = {"x": GENERAL, "c": COEFFICIENT}


@claim(
    "scalar/constant",
    "(),()->()",
    names="x c",
    wrt="x",
    f=lambda x, c: 0 * x + c,
    domain=WITH_COEFFICIENT,
    latex=r"\frac{d}{dx} c = 0",
)
def constant_rule(x: Array, c: Array) -> Array:
    """Return ``0``."""
    del c
    return constant(0, x)


@claim(
    "scalar/constant/99",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: 0 * x + 99,
    domain=POLYNOMIAL,
    latex=r"\frac{d}{dx} 99 = 0",
)
def constant_99(x: Array) -> Array:
    """Return ``0``."""
    return constant(0, x)


@claim(
    "scalar/constant-multiple",
    "(),()->()",
    names="x c",
    wrt="x",
    f=lambda x, c, *, f: c * f(x),
    functions={"f": ScalarFunction()},
    domain=WITH_COEFFICIENT,
    latex=r"\frac{d}{dx} \left(c f\right) = c \frac{df}{dx}",
)
def constant_multiple(x: Array, c: Array, *, f: Any) -> Array:
    """Return ``c f'``."""
    return scalar(c * f.derivative(x))


@claim(
    "scalar/constant-multiple/3x",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: 3 * x,
    domain=POLYNOMIAL,
    latex=r"\frac{d}{dx} 3x = 3",
)
def three_x(x: Array) -> Array:
    """Return ``3``."""
    return constant(3, x)


def _legal_power(arguments: dict[str, Any]) -> dict[str, Any]:
    """Round ``n`` to a half-integer in ``[-2, 6]`` and move ``x`` to where ``x^n`` is differentiable."""
    n = np.clip(np.round(2 * arguments["n"]) / 2, -2, 6)
    x = arguments["x"]
    if n != np.round(n):
        x = np.abs(x)
    if x == 0 and (n < 0 or n != np.round(n)):
        x = np.ones_like(x)
    return {**arguments, "x": x, "n": n}


def _real_power(x: Array, n: Array) -> Array:
    """Return ``x^n``, written so that autodiff does not meet ``0 * 0^(-1)`` where ``n = 0``."""
    xp = namespace(x, n)
    constant_one = n == 0
    powered: Array = xp.where(constant_one, x * 0 + 1, xp.where(constant_one, x * 0 + 1, x) ** n)
    return powered


@claim(
    "scalar/power",
    "(),()->()",
    names="x n",
    wrt="x",
    f=_real_power,
    domain={"x": real(tame=1e3, extreme=1e30), "n": interval(-2.5, 6.5, tame=6)},
    arrange=_legal_power,
    latex=r"\frac{d}{dx} x^{n} = n x^{n-1}",
)
def power(x: Array, n: Array) -> Array:
    """Return ``n x^(n-1)``; ``0`` for ``n = 0``, where the formula reads ``0 * 0^(-1)`` at ``x = 0``."""
    if n == 0:
        return constant(0, x)
    return scalar(n * x ** (n - 1))


@claim(
    "scalar/power/x3",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x**3,
    domain=POLYNOMIAL,
    latex=r"\frac{d}{dx} x^{3} = 3x^{2}",
)
def x_cubed(x: Array) -> Array:
    """Return ``3x²``."""
    return scalar(3 * x**2)


def _sum_terms(x: Array, *, f: Any, g: Any) -> list[Array]:
    return [scalar(f.derivative(x)), scalar(g.derivative(x))]


@claim(
    "scalar/sum",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f, g: f(x) + g(x),
    functions=PAIR,
    domain=GENERAL,
    terms=_sum_terms,
    latex=r"\frac{d}{dx} \left(f + g\right) = \frac{df}{dx} + \frac{dg}{dx}",
)
def sum_rule(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``f' + g'``."""
    return scalar(f.derivative(x) + g.derivative(x))


@claim(
    "scalar/sum/x2-plus-3x",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x**2 + 3 * x,
    domain=POLYNOMIAL,
    terms=lambda x: [scalar(2 * x), constant(3, x)],
    latex=r"\frac{d}{dx} \left(x^{2} + 3x\right) = 2x + 3",
)
def x2_plus_3x(x: Array) -> Array:
    """Return ``2x + 3``."""
    return scalar(2 * x + 3)


@claim(
    "scalar/difference",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f, g: f(x) - g(x),
    functions=PAIR,
    domain=GENERAL,
    terms=lambda x, *, f, g: [scalar(f.derivative(x)), scalar(-g.derivative(x))],
    latex=r"\frac{d}{dx} \left(f - g\right) = \frac{df}{dx} - \frac{dg}{dx}",
)
def difference_rule(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``f' - g'``."""
    return scalar(f.derivative(x) - g.derivative(x))


@claim(
    "scalar/difference/x2-minus-3x",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x**2 - 3 * x,
    domain=POLYNOMIAL,
    terms=lambda x: [scalar(2 * x), constant(-3, x)],
    latex=r"\frac{d}{dx} \left(x^{2} - 3x\right) = 2x - 3",
)
def x2_minus_3x(x: Array) -> Array:
    """Return ``2x - 3``."""
    return scalar(2 * x - 3)


def _product_terms(x: Array, *, f: Any, g: Any) -> list[Array]:
    return [scalar(f(x) * g.derivative(x)), scalar(f.derivative(x) * g(x))]


@claim(
    "scalar/product",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f, g: f(x) * g(x),
    functions=PAIR,
    domain=GENERAL,
    terms=_product_terms,
    latex=r"\frac{d}{dx} f g = f \frac{dg}{dx} + \frac{df}{dx} g",
)
def product_rule(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``f g' + f' g``."""
    return scalar(f(x) * g.derivative(x) + f.derivative(x) * g(x))


@claim(
    "scalar/product/x2-times-x",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x**2 * x,
    domain=POLYNOMIAL,
    terms=lambda x: [scalar(x**2 * 1), scalar(x * (2 * x))],
    latex=r"\frac{d}{dx} x^{2} \cdot x = x^{2} \cdot 1 + x \cdot 2x = 3x^{2}",
)
def x2_times_x(x: Array) -> Array:
    """Return ``x²·1 + x·2x``."""
    return scalar(x**2 * 1 + x * (2 * x))


@claim(
    "scalar/chain",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f, g: f(g(x)),
    functions={"f": ScalarFunction(), "g": ScalarFunction(sort=Sort.MILD)},
    domain=GENERAL,
    latex=r"\frac{d}{dx} f(g(x)) = \frac{df(u)}{du} \frac{du}{dx}, \quad u = g(x)",
)
def chain_rule(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``(df/du)(u) · du/dx`` at ``u = g(x)``."""
    u = g(x)
    return scalar(f.derivative(u) * g.derivative(x))


@claim(
    "scalar/chain/ln-x2",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: namespace(x).log(x**2),
    domain=nonzero(tame=1e3, extreme=1e100),
    latex=r"\frac{d}{dx} \ln(x^{2}) = \frac{1}{x^{2}} 2x = \frac{2}{x}",
)
def ln_x2(x: Array) -> Array:
    """Return ``(1/x²) · 2x``."""
    return scalar(1 / x**2 * (2 * x))


@claim(
    "scalar/linearity",
    "(),()->()",
    names="x c",
    wrt="x",
    f=lambda x, c, *, f, g: c * (f(x) + g(x)),
    functions=PAIR,
    domain=WITH_COEFFICIENT,
    terms=lambda x, c, *, f, g: [scalar(c * f.derivative(x)), scalar(c * g.derivative(x))],
    latex=r"\frac{d}{dx} c \left(f + g\right) = c \left(\frac{df}{dx} + \frac{dg}{dx}\right)",
)
def linearity(x: Array, c: Array, *, f: Any, g: Any) -> Array:
    """Return ``c (f' + g')``."""
    return scalar(c * (f.derivative(x) + g.derivative(x)))


@claim(
    "scalar/linearity/9x-plus-9x2",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: 9 * (x + x**2),
    domain=POLYNOMIAL,
    terms=lambda x: [constant(9, x), scalar(18 * x)],
    latex=r"\frac{d}{dx} 9 \left(x + x^{2}\right) = 9 \left(1 + 2x\right) = 9 + 18x",
)
def nine_x_plus_nine_x2(x: Array) -> Array:
    """Return ``9 (1 + 2x)``."""
    return scalar(9 * (1 + 2 * x))


@claim(
    "scalar/identity",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x,
    domain=POLYNOMIAL,
    latex=r"\frac{d}{dx} x = 1",
)
def identity_rule(x: Array) -> Array:
    """Return ``1``."""
    return constant(1, x)


@claim(
    "scalar/square",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x: x**2,
    domain=POLYNOMIAL,
    latex=r"\frac{d}{dx} x^{2} = 2x",
)
def x_squared(x: Array) -> Array:
    """Return ``2x``."""
    return scalar(2 * x)


@claim(
    "scalar/sin",
    "()->()",
    names="u",
    wrt="u",
    f=lambda u: namespace(u).sin(u),
    domain=real(tame=1e3, extreme=1e6),
    latex=r"\frac{d}{du} \sin(u) = \cos(u)",
)
def sine(u: Array) -> Array:
    """Return ``cos(u)``."""
    return scalar(np.cos(u))


@claim(
    "scalar/ln",
    "()->()",
    names="u",
    wrt="u",
    f=lambda u: namespace(u).log(u),
    domain=positive(tame=1e3, extreme=1e100),
    latex=r"\frac{d}{du} \ln(u) = \frac{1}{u}",
)
def logarithm(u: Array) -> Array:
    """Return ``1/u``."""
    return scalar(1 / u)
