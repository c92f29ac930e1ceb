"""The single-variable total-derivative chain rule: partials on the right, a total derivative on the left.

Sources: 001 section 4.5.2, 002 lines 190 to 236, 004 lines 326 to 390.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.compositions import Composition
from gradcheck.rules.expressions import ScalarFunction, Sort, stacked
from gradcheck.rules.numerator import column, constant, matrix, row, scalar
from gradcheck.rules.registry import Kind, namespace
from gradcheck.rules.scalar import GENERAL, POLYNOMIAL

__all__: list[str] = []

_TOTAL = {"h": Composition(outputs=None, middle="k", inputs=None, direct=True)}
_SINE = real(tame=20, extreme=1e3)


def _x_first(x: Any, *, h: Any) -> Any:
    """Return ``f(x, u_1(x), …, u_k(x))``."""
    return h.outer.at((x, *h.inner.components(x)), x)


def _x_last(x: Any, *, h: Any) -> Any:
    """Return ``f(u_1(x), …, u_k(x), u_(k+1))`` with ``u_(k+1) = x``."""
    return h.outer.at((*h.inner.components(x), x), x)


def _weights(x: Array, u: Array, h: Any) -> tuple[Array, Array]:
    """Return ``∂f/∂u``, ``(1, k + 1)``, at ``u``, and ``∂u_i/∂x``, ``(k,)``, for the inner functions."""
    return h.outer.jacobian(u), h.inner.jacobian(x)[:, 0]


def _general_terms(x: Array, *, h: Any) -> list[Array]:
    partials, slopes = _weights(x, np.stack([x, *h.inner.components(x)]), h)
    return [scalar(partials[0, 0])] + [
        scalar(partial * slope) for partial, slope in zip(partials[0, 1:], slopes, strict=True)
    ]


@claim(
    "chain/total/general",
    "()->()",
    names="x",
    wrt="x",
    f=_x_first,
    functions=_TOTAL,
    domain=GENERAL,
    terms=_general_terms,
    latex=r"\frac{d f(x, u_{1}, \ldots, u_{n})}{dx} = \frac{\partial f}{\partial x}"
    r" + \sum_{i=1}^{n} \frac{\partial f}{\partial u_{i}} \frac{\partial u_{i}}{\partial x}",
)
def total_general(x: Array, *, h: Any) -> Array:
    """Return ``∂f/∂x + Σ (∂f/∂u_i)(∂u_i/∂x)``."""
    partials, slopes = _weights(x, np.stack([x, *h.inner.components(x)]), h)
    return scalar(partials[0, 0] + np.sum(partials[0, 1:] * slopes))


def _alias_terms(x: Array, *, h: Any) -> list[Array]:
    partials, slopes = _weights(x, np.stack([*h.inner.components(x), x]), h)
    with_x = [*slopes, np.ones_like(x)]
    return [scalar(partial * slope) for partial, slope in zip(partials[0], with_x, strict=True)]


@claim(
    "chain/total/alias-form",
    "()->()",
    names="x",
    wrt="x",
    f=_x_last,
    functions=_TOTAL,
    domain=GENERAL,
    terms=_alias_terms,
    latex=r"\frac{d f(u_{1}, \ldots, u_{n+1})}{dx}"
    r" = \sum_{i=1}^{n+1} \frac{\partial f}{\partial u_{i}} \frac{\partial u_{i}}{\partial x},"
    r" \quad u_{n+1} = x",
)
def total_alias(x: Array, *, h: Any) -> Array:
    """Return ``Σ (∂f/∂u_i)(∂u_i/∂x)``, the last ``u`` being ``x``."""
    partials, slopes = _weights(x, np.stack([*h.inner.components(x), x]), h)
    return scalar(np.sum(partials[0, :-1] * slopes) + partials[0, -1] * np.ones_like(x))


@claim(
    "chain/total/dot-product-form",
    "()->()",
    names="x",
    wrt="x",
    f=_x_last,
    functions=_TOTAL,
    domain=GENERAL,
    terms=_alias_terms,
    latex=r"\frac{df}{dx} = \frac{\partial f}{\partial \mathbf{u}} \frac{\partial \mathbf{u}}{\partial x}",
)
def total_dot_product(x: Array, *, h: Any) -> Array:
    """Return the row ``∂f/∂u`` times the column ``∂u/∂x``."""
    partials, slopes = _weights(x, np.stack([*h.inner.components(x), x]), h)
    return row(partials) @ column(np.append(slopes, np.ones_like(x)))


@claim(
    "chain/total/degenerates-to-single",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f, u: f(u(x)),
    functions={"f": ScalarFunction(), "u": ScalarFunction(sort=Sort.MILD)},
    domain=GENERAL,
    latex=r"\frac{d f(u(x))}{dx} = 0 + \frac{df}{du} \frac{du}{dx}",
)
def total_degenerate(x: Array, *, f: Any, u: Any) -> Array:
    """Return ``0 + (df/du)(du/dx)``."""
    return constant(0, x) + scalar(f.derivative(u(x)) * u.derivative(x))


def _x_plus_x2(x: Any) -> Any:
    u_1 = x**2
    return x + u_1


@claim(
    "chain/total/x-plus-x2",
    "()->()",
    names="x",
    wrt="x",
    f=_x_plus_x2,
    domain=POLYNOMIAL,
    terms=lambda x: [constant(1, x), scalar(1 * (2 * x))],
    latex=r"\frac{dy}{dx} = \frac{\partial u_{2}}{\partial x}"
    r" + \frac{\partial u_{2}}{\partial u_{1}} \frac{\partial u_{1}}{\partial x} = 1 + 1 \cdot 2x = 1 + 2x",
)
@claim(
    "chain/total/sin-x-plus-x2/inner",
    "()->()",
    names="x",
    wrt="x",
    f=_x_plus_x2,
    domain=POLYNOMIAL,
    terms=lambda x: [constant(1, x), scalar(1 * (2 * x))],
    latex=r"\frac{du_{2}}{dx} = \frac{\partial x}{\partial x} + 1 \cdot 2x = 1 + 2x",
)
def x_plus_x2(x: Array) -> Array:
    """Return ``1 + 1·2x``."""
    return scalar(1 + 1 * (2 * x))


@claim(
    "chain/total/x-plus-x2/factors",
    "(2)->(2)",
    names="v",
    wrt="v",
    f=lambda v: stacked([v[0] + v[1], v[0] ** 2], v),
    domain=POLYNOMIAL,
    latex=r"\frac{\partial u_{2}}{\partial x} = 1, \quad \frac{\partial u_{2}}{\partial u_{1}} = 1,"
    r" \quad \frac{\partial u_{1}}{\partial x} = 2x",
)
def x_plus_x2_factors(v: Array) -> Array:
    """Return ``[[1, 1], [2x, 0]]`` for ``[u_2; u_1]`` by ``v = (x, u_1)``."""
    return matrix(v, [[1, 1], [2 * v[0], 0]])


@claim(
    "chain/total/x-plus-x2/finite-bump",
    "(),()->()",
    names="x dx",
    wrt=None,
    kind=Kind.VALUE,
    f=lambda x, dx: (x + dx) + (x + dx) ** 2 - (x + x**2),
    domain=real(tame=1e3, extreme=1e3),
    latex=r"\hat{y} - y = (x + \Delta x) + (x + \Delta x)^{2} - (x + x^{2})"
    r" = \Delta x \left(1 + 2x + \Delta x\right);"
    r" \quad x = 1, \; \Delta x = 1: \; 6 - 2 = 4",
    notes="Value claim. At x = 1 a bump of 1 changes y by 6 - 2 = 4: not by 1, and not by the derivative 3. "
    "So the forward quotient with h = 1 is 4, the central quotient with h = 1 exactly 3. "
    "The start x = 1 comes from the authors' markup (Table 4).",
)
def finite_bump(x: Array, dx: Array) -> Any:
    """Return ``Δx (1 + 2x + Δx)``."""
    return dx * (1 + 2 * x + dx)


def _sin_x_plus_x2(x: Any) -> Any:
    u_1 = x**2
    u_2 = x + u_1
    return namespace(u_2).sin(u_2)


def _sine_terms(x: Array) -> list[Array]:
    outer = np.cos(x + x**2)
    return [scalar(outer * 1), scalar(outer * (2 * x))]


@claim(
    "chain/total/sin-x-plus-x2",
    "()->()",
    names="x",
    wrt="x",
    f=_sin_x_plus_x2,
    domain=_SINE,
    terms=_sine_terms,
    latex=r"\frac{d}{dx} \sin(x + x^{2}) = 0 + \cos(u_{2}) \left(1 + 2x\right)"
    r" = \cos(x + x^{2}) \left(1 + 2x\right)",
)
def sin_x_plus_x2(x: Array) -> Array:
    """Return ``0 + cos(u_2)(1 + 2x)`` at ``u_2 = x + x²``."""
    u_2 = x + x**2
    return constant(0, x) + scalar(np.cos(u_2) * (1 + 2 * x))


def _x_times_x2(x: Any) -> Any:
    u_1 = x**2
    return x * u_1


@claim(
    "chain/total/x-times-x2",
    "()->()",
    names="x",
    wrt="x",
    f=_x_times_x2,
    domain=POLYNOMIAL,
    terms=lambda x: [scalar(x**2), scalar(x * (2 * x))],
    latex=r"\frac{d}{dx} x \cdot x^{2} = u_{1} + x \cdot 2x = x^{2} + 2x^{2} = 3x^{2}",
)
def x_times_x2(x: Array) -> Array:
    """Return ``u_1 + x·2x`` at ``u_1 = x²``."""
    u_1 = x**2
    return scalar(u_1 + x * (2 * x))


@claim(
    "chain/total/x-times-x2/weights",
    "(2)->()",
    names="v",
    wrt="v",
    f=lambda v: v[0] * v[1],
    domain=POLYNOMIAL,
    latex=r"\left[\frac{\partial u_{2}}{\partial x}, \frac{\partial u_{2}}{\partial u_{1}}\right]"
    r" = \left[u_{1}, x\right], \quad u_{2}(x, u_{1}) = x u_{1}",
)
def x_times_x2_weights(v: Array) -> Array:
    """Return ``[u_1, x]`` for ``v = (x, u_1)``."""
    return matrix(v, [[v[1], v[0]]])
