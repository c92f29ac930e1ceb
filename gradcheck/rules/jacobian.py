"""The Jacobian, its layouts and shapes.

Sources: 000 sections 3 and 3.1, 001 section 4, 002 lines 53 to 79, 004 lines 154 to 186.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import Multivariate, ScalarFunction, VectorFunction, stacked
from gradcheck.rules.numerator import identity, matrix
from gradcheck.rules.partial import EIGHTH_POWER, f_xy, g_xy
from gradcheck.rules.registry import Kind
from gradcheck.rules.scalar import GENERAL, POLYNOMIAL

__all__: list[str] = []

_DENOMINATOR = (
    "The claim is about the denominator matrix: the rule builds it as printed and returns its transpose, "
    "so that the same entries are checked in either layout. Offered as numerator layout, the printed "
    "matrix must be flagged (D-07)."
)


def both(p: Any) -> Any:
    """Return ``[3x²y; 2x + y^8]`` for ``p = (x, y)``."""
    return stacked([f_xy(p[0], p[1]), g_xy(p[0], p[1])], p)


both_claim = partial(claim, signature="(2)->(2)", f=both, domain=EIGHTH_POWER)


@both_claim(
    "jacobian/2x2",
    names="p",
    wrt="p",
    latex=r"J = \begin{bmatrix} \nabla f(x, y) \\ \nabla g(x, y) \end{bmatrix}"
    r" = \begin{bmatrix} 6yx & 3x^{2} \\ 2 & 8y^{7} \end{bmatrix}",
)
@both_claim(
    "jacobian/2x2/vector-argument",
    names="x",
    wrt="x",
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}}"
    r" = \begin{bmatrix} 6x_{2}x_{1} & 3x_{1}^{2} \\ 2 & 8x_{2}^{7} \end{bmatrix}",
)
def two_by_two(p: Array) -> Array:
    """Return ``[[6yx, 3x²], [2, 8y^7]]``."""
    x, y = p
    return matrix(p, [[6 * y * x, 3 * x**2], [2, 8 * y**7]])


@both_claim(
    "jacobian/2x2/denominator-layout",
    names="p",
    wrt="p",
    latex=r"J^{T} = \begin{bmatrix} 6yx & 2 \\ 3x^{2} & 8y^{7} \end{bmatrix}",
    notes=_DENOMINATOR,
)
def two_by_two_denominator(p: Array) -> Array:
    """Return the transpose of the printed denominator matrix ``[[6yx, 2], [3x², 8y^7]]``."""
    x, y = p
    denominator = matrix(p, [[6 * y * x, 2], [3 * x**2, 8 * y**7]])
    return denominator.T


@claim(
    "jacobian/layout/denominator-is-transpose",
    "(n)->(m)",
    names="x",
    wrt="x",
    f=lambda x, *, f: f(x),
    functions={"f": VectorFunction("m", "n")},
    domain=GENERAL,
    latex=r"\left(\frac{\partial \mathbf{f}}{\partial \mathbf{x}}\right)_{\text{denominator layout}} = J^{T}",
    notes=_DENOMINATOR,
)
def denominator_is_transpose(x: Array, *, f: Any) -> Array:
    """Return the transpose of the ``(n, m)`` matrix whose column ``i`` is the gradient of ``f_i``."""
    denominator = np.zeros((x.size, len(f.expressions)), dtype=x.dtype)
    variables = tuple(x) or (np.zeros((), x.dtype),)
    for i, component in enumerate(f.expressions):
        for j in range(x.size):
            denominator[j, i] = component.partial(j, variables)
    return denominator.T


@claim(
    "jacobian/general",
    "(n)->(m)",
    names="x",
    wrt="x",
    f=lambda x, *, f: f(x),
    functions={"f": VectorFunction("m", "n")},
    domain=GENERAL,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}}"
    r" = \begin{bmatrix} \nabla f_{1}(\mathbf{x}) \\ \vdots \\ \nabla f_{m}(\mathbf{x}) \end{bmatrix},"
    r" \quad J_{ij} = \frac{\partial f_{i}}{\partial x_{j}}",
)
def jacobian_general(x: Array, *, f: Any) -> Array:
    """Return the ``m`` gradients as rows."""
    jacobian: Array = f.jacobian(x)
    return jacobian


@claim(
    "jacobian/identity",
    "(n)->(n)",
    names="x",
    wrt="x",
    f=lambda x: x,
    domain=POLYNOMIAL,
    latex=r"\frac{\partial \mathbf{x}}{\partial \mathbf{x}} = I",
)
def identity_jacobian(x: Array) -> Array:
    """Return ``I``."""
    return identity(x)


@claim(
    "jacobian/kronecker",
    "(n)->(n)",
    names="x",
    wrt="x",
    f=lambda x: stacked([x[i] for i in range(x.shape[0])], x),
    domain=POLYNOMIAL,
    latex=r"\frac{\partial x_{i}}{\partial x_{j}} = \begin{cases} 0 & j \neq i \\ 1 & j = i \end{cases}",
)
def kronecker(x: Array) -> Array:
    """Return ``1`` where ``j = i`` and ``0`` elsewhere."""
    places = range(x.size)
    return matrix(x, [[1 if j == i else 0 for j in places] for i in places]).reshape(x.size, x.size)


def _one_factor(x: Any, *, f: Any) -> list[tuple[Any, Any]]:
    return [(f, x)]


@claim(
    "jacobian/shape/scalar-wrt-scalar",
    "()->()",
    names="x",
    wrt="x",
    kind=Kind.SHAPE,
    f=lambda x, *, f: f(x),
    functions={"f": ScalarFunction()},
    factors=_one_factor,
    domain=GENERAL,
    latex=r"\frac{\partial f}{\partial x} \text{ is } 1 \times 1",
)
def scalar_by_scalar(x: Array, *, f: Any) -> tuple[tuple[int, int], ...]:
    """Return ``1 x 1``."""
    del x, f
    return ((1, 1),)


@claim(
    "jacobian/shape/scalar-wrt-vector",
    "(n)->()",
    names="x",
    wrt="x",
    kind=Kind.SHAPE,
    f=lambda x, *, f: f(x),
    functions={"f": Multivariate("n")},
    factors=_one_factor,
    domain=GENERAL,
    latex=r"\frac{\partial f}{\partial \mathbf{x}} \text{ is } 1 \times n",
)
def scalar_by_vector(x: Array, *, f: Any) -> tuple[tuple[int, int], ...]:
    """Return ``1 x n``."""
    del f
    return ((1, x.size),)


@claim(
    "jacobian/shape/vector-wrt-scalar",
    "()->(m)",
    names="x",
    wrt="x",
    kind=Kind.SHAPE,
    f=lambda x, *, f: f(x),
    functions={"f": VectorFunction("m", None)},
    factors=_one_factor,
    domain=GENERAL,
    latex=r"\frac{\partial \mathbf{f}}{\partial x} \text{ is } m \times 1",
)
def vector_by_scalar(x: Array, *, f: Any) -> tuple[tuple[int, int], ...]:
    """Return ``m x 1``."""
    del x
    return ((len(f.expressions), 1),)


@claim(
    "jacobian/shape/vector-wrt-vector",
    "(n)->(m)",
    names="x",
    wrt="x",
    kind=Kind.SHAPE,
    f=lambda x, *, f: f(x),
    functions={"f": VectorFunction("m", "n")},
    factors=_one_factor,
    domain=GENERAL,
    latex=r"\frac{\partial \mathbf{f}}{\partial \mathbf{x}} \text{ is } m \times n",
)
def vector_by_vector(x: Array, *, f: Any) -> tuple[tuple[int, int], ...]:
    """Return ``m x n``."""
    return ((len(f.expressions), x.size),)
