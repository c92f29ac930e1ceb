"""The vector chain rule: ``∂f(g(x))/∂x = (∂f/∂g)(∂g/∂x)``, an ``(m, k)`` matrix times a ``(k, n)`` matrix.

Sources: 001 section 4.5.3, 002 lines 241 to 254, 004 lines 392 to 422.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import nonzero, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.compositions import Composition
from gradcheck.rules.expressions import Componentwise, Sort, stacked
from gradcheck.rules.numerator import column, diagonal, identity, matrix, ones_row, scalar
from gradcheck.rules.registry import namespace
from gradcheck.rules.scalar import GENERAL

__all__: list[str] = []

# sin(3x) keeps its digits in float32 within tame, in float64 within extreme.
_SINE = nonzero(tame=1e2, extreme=1e6)


def _composed(x: Any, *, h: Any) -> Any:
    return h(x)


def _terms(x: Array, *, h: Any) -> list[Array]:
    """Return the products (column l of ∂f/∂g) times (row l of ∂g/∂x); their sum is the Jacobian."""
    outer, inner = h.factors(x)
    products = [outer[:, place : place + 1] @ inner[place : place + 1, :] for place in range(len(inner))]
    return products or [outer @ inner]


composed_claim = partial(claim, names="x", f=_composed, domain=GENERAL)


@composed_claim(
    "chain/vector/scalar-argument",
    "()->(m)",
    wrt="x",
    functions={"h": Composition("m", "k", None)},
    terms=_terms,
    latex=r"\frac{\partial}{\partial x} \mathbf{f}(\mathbf{g}(x))"
    r" = \frac{\partial \mathbf{f}}{\partial \mathbf{g}} \frac{\partial \mathbf{g}}{\partial x}",
)
@composed_claim(
    "chain/vector/general",
    "(n)->(m)",
    wrt="x",
    functions={"h": Composition("m", "k", "n")},
    terms=_terms,
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathbf{f}(\mathbf{g}(\mathbf{x}))"
    r" = \frac{\partial \mathbf{f}}{\partial \mathbf{g}} \frac{\partial \mathbf{g}}{\partial \mathbf{x}}",
)
def product_of_jacobians(x: Array, *, h: Any) -> Array:
    """Return ``(∂f/∂g)(∂g/∂x)``."""
    outer, inner = h.factors(x)
    product: Array = outer @ inner
    return product


def _g(x: Any) -> Any:
    """Return ``g(x) = [x²; 3x]``."""
    return stacked([x**2, 3 * x], x)


def _f(g: Any) -> Any:
    """Return ``f(g) = [ln(g_1); sin(g_2)]``."""
    xp = namespace(g)
    return stacked([xp.log(g[0]), xp.sin(g[1])], g)


def _f_of_g(x: Any) -> Any:
    return _f(_g(x))


@claim(
    "chain/vector/ln-x2-sin-3x",
    "()->(2)",
    names="x",
    wrt="x",
    f=_f_of_g,
    domain=_SINE,
    latex=r"\frac{\partial}{\partial x} \begin{bmatrix} \ln(x^{2}) \\ \sin(3x) \end{bmatrix}"
    r" = \begin{bmatrix} \frac{2}{x} \\ 3\cos(3x) \end{bmatrix}",
)
def ln_x2_sin_3x(x: Array) -> Array:
    """Return ``[2/x; 3cos(3x)]``."""
    return column(np.stack([2 / x, 3 * np.cos(3 * x)]))


def _first_positive(arguments: dict[str, Any]) -> dict[str, Any]:
    g = np.array(arguments["g"])
    g[0] = abs(g[0]) or 1
    return {**arguments, "g": g}


@claim(
    "chain/vector/ln-x2-sin-3x/df-dg",
    "(2)->(2)",
    names="g",
    wrt="g",
    f=_f,
    domain=real(tame=1e3, extreme=1e6),
    arrange=_first_positive,
    latex=r"\frac{\partial \mathbf{f}}{\partial \mathbf{g}}"
    r" = \begin{bmatrix} \frac{1}{g_{1}} & 0 \\ 0 & \cos(g_{2}) \end{bmatrix}",
)
def df_dg(g: Array) -> Array:
    """Return ``[[1/g_1, 0], [0, cos(g_2)]]``."""
    return matrix(g, [[1 / g[0], 0], [0, np.cos(g[1])]])


@claim(
    "chain/vector/ln-x2-sin-3x/dg-dx",
    "()->(2)",
    names="x",
    wrt="x",
    f=_g,
    domain=real(tame=1e3, extreme=1e100),
    latex=r"\frac{\partial \mathbf{g}}{\partial x} = \begin{bmatrix} 2x \\ 3 \end{bmatrix}",
)
def dg_dx(x: Array) -> Array:
    """Return ``[2x; 3]``."""
    return matrix(x, [[2 * x], [3]])


@claim(
    "chain/vector/ln-x2-sin-3x/product",
    "()->(2)",
    names="x",
    wrt="x",
    f=_f_of_g,
    domain=_SINE,
    latex=r"\begin{bmatrix} \frac{1}{g_{1}} & 0 \\ 0 & \cos(g_{2}) \end{bmatrix}"
    r" \begin{bmatrix} 2x \\ 3 \end{bmatrix}"
    r" = \begin{bmatrix} \frac{2x}{x^{2}} \\ 3\cos(3x) \end{bmatrix}"
    r" = \begin{bmatrix} \frac{2}{x} \\ 3\cos(3x) \end{bmatrix}",
)
def product_of_worked_factors(x: Array) -> Array:
    """Return ``[[1/g_1, 0], [0, cos(g_2)]] · [2x; 3]``."""
    product: Array = df_dg(_g(x)) @ dg_dx(x)
    return product


@claim(
    "chain/vector/diagonal",
    "(n)->(n)",
    names="x",
    wrt="x",
    f=lambda x, *, f, g: f(g(x)),
    functions={"f": Componentwise("n"), "g": Componentwise("n", sort=Sort.MILD)},
    domain=GENERAL,
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathbf{f}(\mathbf{g}(\mathbf{x}))"
    r" = \mathrm{diag}\left(\frac{\partial f_{i}}{\partial g_{i}}\right)"
    r" \mathrm{diag}\left(\frac{\partial g_{i}}{\partial x_{i}}\right)"
    r" = \mathrm{diag}\left(\frac{\partial f_{i}}{\partial g_{i}}"
    r" \frac{\partial g_{i}}{\partial x_{i}}\right)",
)
def diagonal_chain(x: Array, *, f: Any, g: Any) -> Array:
    """Return ``diag((∂f_i/∂g_i)(∂g_i/∂x_i))``."""
    return diagonal(np.diagonal(f.jacobian(g(x))) * np.diagonal(g.jacobian(x)))


def _sum_of_sum(w: Any, x: Any) -> Any:
    return namespace(w, x).sum(w + x)


@claim(
    "chain/vector/sum-w-plus-x/wrt-w",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=_sum_of_sum,
    domain=real(tame=1e3, extreme=1e100),
    latex=r"\frac{\partial}{\partial \mathbf{w}} \mathrm{sum}(\mathbf{w} + \mathbf{x})"
    r" = \vec{1}^{T} I = \vec{1}^{T}",
)
def sum_wrt_w(w: Array, x: Array) -> Array:
    """Return ``1⃗^T · I``."""
    del x
    product: Array = ones_row(w) @ identity(w)
    return product


@claim(
    "chain/vector/sum-w-plus-x/wrt-x",
    "(n),(n)->()",
    names="w x",
    wrt="x",
    f=_sum_of_sum,
    domain=real(tame=1e3, extreme=1e100),
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathrm{sum}(\mathbf{w} + \mathbf{x}) = \vec{1}^{T}",
)
def sum_wrt_x(w: Array, x: Array) -> Array:
    """Return ``1⃗^T``."""
    del w
    return ones_row(x)


@composed_claim(
    "chain/vector/degenerates-to-single",
    "(1)->(1)",
    wrt="x",
    functions={"h": Composition(1, 1, 1)},
    latex=r"m = k = n = 1: \quad \frac{\partial \mathbf{f}}{\partial \mathbf{g}}"
    r" \frac{\partial \mathbf{g}}{\partial \mathbf{x}} = \frac{df}{dg} \frac{dg}{dx}",
)
def vector_degenerates_to_single(x: Array, *, h: Any) -> Array:
    """Return ``(df/dg)(dg/dx)``."""
    outer, inner = h.factors(x)
    return scalar(outer[0, 0] * inner[0, 0])


@composed_claim(
    "chain/vector/degenerates-to-total",
    "()->()",
    wrt="x",
    functions={"h": Composition(None, "k", None)},
    terms=_terms,
    latex=r"m = n = 1: \quad \frac{\partial f}{\partial \mathbf{g}} \frac{\partial \mathbf{g}}{\partial x}"
    r" = \sum_{i} \frac{\partial f}{\partial g_{i}} \frac{\partial g_{i}}{\partial x}",
)
def vector_degenerates_to_total(x: Array, *, h: Any) -> Array:
    """Return ``Σ (∂f/∂g_i)(∂g_i/∂x)``."""
    outer, inner = h.factors(x)
    return scalar(np.sum(outer[0] * inner[:, 0]))
