"""The single-variable chain rule: every derivative is 1x1, but for the listed factors.

Sources: 001 section 4.5.1, 002 lines 155 to 186, 004 lines 272 to 324.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules import chain_shape, chain_total, chain_vector
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import ScalarFunction, Sort, stacked
from gradcheck.rules.numerator import diagonal, scalar
from gradcheck.rules.registry import namespace
from gradcheck.rules.scalar import GENERAL

# Section 8 is this module and the three it brings along.
__all__ = ["chain_shape", "chain_total", "chain_vector"]

_PAIR = {"f": ScalarFunction(), "g": ScalarFunction(sort=Sort.MILD)}
_MILD = ScalarFunction(sort=Sort.MILD)
_NESTED = {"f_1": _MILD, "f_2": _MILD, "f_3": _MILD, "f_4": ScalarFunction()}
# sin(x^3) keeps its digits in float32 up to x = 5, in float64 up to x = 100.
_CUBED = real(tame=5, extreme=100)


def _composed(x: Any, *, f: Any, g: Any) -> Any:
    return f(g(x))


@claim(
    "chain/single/general",
    "()->()",
    names="x",
    wrt="x",
    f=_composed,
    functions=_PAIR,
    domain=GENERAL,
    latex=r"\frac{dy}{dx} = \frac{dy}{du} \frac{du}{dx}, \quad y = f(u), \; u = g(x)",
)
def chain_single(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``(dy/du)(du/dx)``."""
    return scalar(f.derivative(g(x)) * g.derivative(x))


@claim(
    "chain/single/reversed-order",
    "()->()",
    names="x",
    wrt="x",
    f=_composed,
    functions=_PAIR,
    domain=GENERAL,
    latex=r"\frac{dy}{dx} = \frac{du}{dx} \frac{dy}{du}",
)
def chain_reversed(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``(du/dx)(dy/du)``."""
    return scalar(g.derivative(x) * f.derivative(g(x)))


@claim(
    "chain/single/nested",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f_1, f_2, f_3, f_4: f_4(f_3(f_2(f_1(x)))),
    functions=_NESTED,
    domain=GENERAL,
    latex=r"\frac{dy}{dx} = \frac{df_{4}}{du_{3}} \frac{du_{3}}{du_{2}}"
    r" \frac{du_{2}}{du_{1}} \frac{du_{1}}{dx}",
)
def chain_nested(x: Array, *, f_1: Any, f_2: Any, f_3: Any, f_4: Any) -> Array:
    """Return ``f_4'(u_3) f_3'(u_2) f_2'(u_1) f_1'(x)``."""
    u_1 = f_1(x)
    u_2 = f_2(u_1)
    u_3 = f_3(u_2)
    return scalar(f_4.derivative(u_3) * f_3.derivative(u_2) * f_2.derivative(u_1) * f_1.derivative(x))


def sin_x2(x: Any) -> Any:
    """Return ``sin(x²)`` by ``u = x²``, ``y = sin(u)``."""
    u = x**2
    return namespace(u).sin(u)


@claim(
    "chain/single/sin-x2",
    "()->()",
    names="x",
    wrt="x",
    f=sin_x2,
    domain=real(tame=20, extreme=1e3),
    latex=r"\frac{d}{dx} \sin(x^{2}) = \cos(u) \cdot 2x = 2x \cos(x^{2})",
)
def sin_x2_slope(x: Array) -> Array:
    """Return ``cos(u) · 2x`` at ``u = x²``."""
    u = x**2
    return scalar(np.cos(u) * (2 * x))


def ln_sin_x3_squared(x: Any) -> Any:
    """Return ``ln(sin(x³)²)`` by ``u_1 = x³``, ``u_2 = sin(u_1)``, ``u_3 = u_2²``, ``u_4 = ln(u_3)``."""
    u_1 = x**3
    u_2 = namespace(u_1).sin(u_1)
    u_3 = u_2**2
    return namespace(u_3).log(u_3)


def off_the_zeros(arguments: dict[str, Any]) -> dict[str, Any]:
    """Move ``x`` to where ``|sin(x³)| > 0.15``; a small ``x`` only to ``|x| >= 0.02``."""
    x = arguments["x"]
    cube = x**3
    if abs(cube) < 0.5:
        moved = np.copysign(np.maximum(np.abs(x), 0.02), x)
    else:
        lap = np.floor(cube / np.pi)
        moved = np.cbrt(np.pi * (lap + 0.05 + 0.9 * (cube / np.pi - lap)))
    return {**arguments, "x": moved}


@claim(
    "chain/single/ln-sin-x3-squared",
    "()->()",
    names="x",
    wrt="x",
    f=ln_sin_x3_squared,
    domain=_CUBED,
    arrange=off_the_zeros,
    latex=r"\frac{d}{dx} \ln(\sin(x^{3})^{2}) = \frac{6x^{2} \cos(x^{3})}{\sin(x^{3})}",
)
def ln_sin_slope(x: Array) -> Array:
    """Return ``6x² cos(x³) / sin(x³)``."""
    return scalar(6 * x**2 * np.cos(x**3) / np.sin(x**3))


def _last_positive(arguments: dict[str, Any]) -> dict[str, Any]:
    v = np.array(arguments["v"])
    v[3] = abs(v[3]) or 1
    return {**arguments, "v": v}


def _steps(v: Any) -> Any:
    x, u_1, u_2, u_3 = (v[i] for i in range(4))
    xp = namespace(v)
    return stacked([x**3, xp.sin(u_1), u_2**2, xp.log(u_3)], v)


@claim(
    "chain/single/ln-sin-x3-squared/factors",
    "(4)->(4)",
    names="v",
    wrt="v",
    f=_steps,
    domain=real(tame=1e3, extreme=1e6),
    arrange=_last_positive,
    latex=r"\frac{du_{1}}{dx} = 3x^{2}, \quad \frac{du_{2}}{du_{1}} = \cos(u_{1}),"
    r" \quad \frac{du_{3}}{du_{2}} = 2u_{2}, \quad \frac{du_{4}}{du_{3}} = \frac{1}{u_{3}}",
)
def ln_sin_factors(v: Array) -> Array:
    """Return ``3x², cos(u_1), 2u_2, 1/u_3`` on the diagonal; ``v = (x, u_1, u_2, u_3)``."""
    x, u_1, u_2, u_3 = v
    return diagonal(np.stack([3 * x**2, np.cos(u_1), 2 * u_2, 1 / u_3]))


@claim(
    "chain/single/ln-sin-x3-squared/combined",
    "()->()",
    names="x",
    wrt="x",
    f=ln_sin_x3_squared,
    domain=_CUBED,
    arrange=off_the_zeros,
    latex=r"\frac{dy}{dx} = \frac{1}{u_{3}} 2u_{2} \cos(u_{1}) 3x^{2} = \frac{6u_{2}x^{2}\cos(u_{1})}{u_{3}}",
)
def ln_sin_combined(x: Array) -> Array:
    """Return ``(1/u_3) · 2u_2 · cos(u_1) · 3x²``."""
    u_1 = x**3
    u_2 = np.sin(u_1)
    u_3 = u_2**2
    return scalar(1 / u_3 * (2 * u_2) * np.cos(u_1) * (3 * x**2))
