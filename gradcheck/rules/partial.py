"""Partial derivatives, 1x1, and the gradient, a row 1xn.

Sources: 000 section 2, 001 section 3, 002 lines 41 to 47, 004 lines 124 to 150.

Where a gradient is taken, ``p = (x, y)`` is one vector argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import Multivariate, ScalarFunction
from gradcheck.rules.numerator import constant, matrix, scalar
from gradcheck.rules.scalar import GENERAL

__all__ = ["EIGHTH_POWER", "f_xy", "g_xy"]

# x^2 y stays finite in float32 within tame, and in float64 within extreme.
CUBIC = real(tame=1e3, extreme=1e60)
EIGHTH_POWER = real(tame=1e3, extreme=1e30)


def f_xy(x: Any, y: Any) -> Any:
    """Return ``3x²y``."""
    return 3 * x**2 * y


def g_xy(x: Any, y: Any) -> Any:
    """Return ``2x + y^8``."""
    return 2 * x + y**8


@claim(
    "partial/general",
    "(),()->()",
    names="x y",
    wrt="x",
    f=lambda x, y, *, f: f.at((x, y), x),
    functions={"f": Multivariate(inputs=2)},
    domain=GENERAL,
    latex=r"\frac{\partial f(x, y)}{\partial x} = \frac{d}{dx} f(x, c), \quad c = y \text{ held constant}",
)
def partial_general(x: Array, y: Array, *, f: Any) -> Array:
    """Return the derivative with respect to ``x``, ``y`` held constant."""
    return scalar(f.jacobian(np.stack([x, y]))[0, 0])


@claim(
    "partial/single-parameter",
    "()->()",
    names="x",
    wrt="x",
    f=lambda x, *, f: f(x),
    functions={"f": ScalarFunction()},
    domain=GENERAL,
    latex=r"\frac{\partial f}{\partial x} = \frac{df}{dx}",
)
def partial_single_parameter(x: Array, *, f: Any) -> Array:
    """Return ``df/dx``."""
    return scalar(f.derivative(x))


@claim(
    "partial/xy/wrt-x",
    "(),()->()",
    names="x y",
    wrt="x",
    f=lambda x, y: x * y,
    domain=CUBIC,
    latex=r"\frac{\partial}{\partial x} x y = y",
)
def xy_wrt_x(x: Array, y: Array) -> Array:
    """Return ``y``."""
    del x
    return scalar(y)


@claim(
    "partial/xy/wrt-y",
    "(),()->()",
    names="x y",
    wrt="y",
    f=lambda x, y: x * y,
    domain=CUBIC,
    latex=r"\frac{\partial}{\partial y} x y = x",
)
def xy_wrt_y(x: Array, y: Array) -> Array:
    """Return ``x``."""
    del y
    return scalar(x)


@claim(
    "partial/3x2y/wrt-x",
    "(),()->()",
    names="x y",
    wrt="x",
    f=f_xy,
    domain=CUBIC,
    latex=r"\frac{\partial}{\partial x} 3x^{2}y = 3y \frac{\partial x^{2}}{\partial x} = 3y \cdot 2x = 6yx",
)
def f_wrt_x(x: Array, y: Array) -> Array:
    """Return ``6yx``."""
    return scalar(6 * y * x)


@claim(
    "partial/3x2y/wrt-y",
    "(),()->()",
    names="x y",
    wrt="y",
    f=f_xy,
    domain=CUBIC,
    latex=r"\frac{\partial}{\partial y} 3x^{2}y = 3x^{2} \frac{\partial y}{\partial y} = 3x^{2}",
)
def f_wrt_y(x: Array, y: Array) -> Array:
    """Return ``3x²``."""
    del y
    return scalar(3 * x**2)


@claim(
    "partial/2x-plus-y8/wrt-x",
    "(),()->()",
    names="x y",
    wrt="x",
    f=g_xy,
    domain=EIGHTH_POWER,
    latex=r"\frac{\partial}{\partial x} \left(2x + y^{8}\right) = 2 \frac{\partial x}{\partial x} + 0 = 2",
)
def g_wrt_x(x: Array, y: Array) -> Array:
    """Return ``2``."""
    del y
    return constant(2, x)


@claim(
    "partial/2x-plus-y8/wrt-y",
    "(),()->()",
    names="x y",
    wrt="y",
    f=g_xy,
    domain=EIGHTH_POWER,
    latex=r"\frac{\partial}{\partial y} \left(2x + y^{8}\right) = 0 + 8y^{7} = 8y^{7}",
)
def g_wrt_y(x: Array, y: Array) -> Array:
    """Return ``8y^7``."""
    del x
    return scalar(8 * y**7)


@claim(
    "gradient/general",
    "(n)->()",
    names="x",
    wrt="x",
    f=lambda x, *, f: f(x),
    functions={"f": Multivariate("n")},
    domain=GENERAL,
    latex=r"\nabla f(\mathbf{x}) = \left[\frac{\partial f}{\partial x_{1}}, \ldots,"
    r" \frac{\partial f}{\partial x_{n}}\right]",
)
def gradient_general(x: Array, *, f: Any) -> Array:
    """Return ``[∂f/∂x_1, …, ∂f/∂x_n]``."""
    gradient: Array = f.jacobian(x)
    return gradient


@claim(
    "gradient/3x2y",
    "(2)->()",
    names="p",
    wrt="p",
    f=lambda p: f_xy(p[0], p[1]),
    domain=CUBIC,
    latex=r"\nabla 3x^{2}y = \left[6yx, 3x^{2}\right]",
)
def gradient_f(p: Array) -> Array:
    """Return ``[6yx, 3x²]``."""
    x, y = p
    return matrix(p, [[6 * y * x, 3 * x**2]])


@claim(
    "gradient/2x-plus-y8",
    "(2)->()",
    names="p",
    wrt="p",
    f=lambda p: g_xy(p[0], p[1]),
    domain=EIGHTH_POWER,
    latex=r"\nabla \left(2x + y^{8}\right) = \left[2, 8y^{7}\right]",
)
def gradient_g(p: Array) -> Array:
    """Return ``[2, 8y^7]``."""
    _, y = p
    return matrix(p, [[2, 8 * y**7]])
