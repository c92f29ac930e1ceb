"""Operators between a vector and a scalar: ``x + z`` and ``x z`` mean ``x ○ (1⃗ z)``.

``z`` is a scalar that does not depend on ``x`` (000 section 3.3, 001 lines 186 to
207, 002 lines 113 to 131, 004 lines 222 to 244).  With respect to ``x`` the
Jacobian is diagonal, with respect to ``z`` a column.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import Componentwise, ElementwisePair, VectorFunction
from gradcheck.rules.numerator import column, diagonal, identity, ones_column, zero_row
from gradcheck.rules.registry import namespace
from gradcheck.rules.scalar import GENERAL

__all__: list[str] = []

SIGNATURE = "(n),()->(n)"

SUMMAND = real(tame=1e3, extreme=1e30)
FACTOR = real(tame=1e3, extreme=1e15)
PAIR = {"pair": ElementwisePair(f=Componentwise(), g=VectorFunction("n", None))}


def expand(z: Any, x: Any) -> Any:
    """Return ``g(z) = 1⃗ z``, as long as ``x``."""
    return namespace(z, x).ones_like(x) * z


def scalar_itself(z: Any, x: Any) -> Any:
    """Return ``z``, whatever ``x`` is."""
    return z


def add(x: Any, z: Any) -> Any:
    """Return ``x + z``."""
    return x + z


def multiply(x: Any, z: Any) -> Any:
    """Return ``x z``."""
    return x * z


def combined(x: Any, z: Any, *, pair: Any) -> Any:
    """Return ``y_i = f_i(x_i) ○ g_i(z)``, shape ``(n,)``."""
    return pair(x, z)


@claim(
    "scalar-expansion/general/wrt-x",
    SIGNATURE,
    names="x z",
    wrt="x",
    f=combined,
    domain=GENERAL,
    functions=PAIR,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}} = \mathrm{diag}\left(\cdots"
    r" \frac{\partial}{\partial x_i} \left(f_i(x_i) \bigcirc g_i(z)\right) \cdots\right)",
)
def combined_wrt_x(x: Array, z: Array, *, pair: Any) -> Array:
    """Return ``diag(∂(f_i(x_i) ○ g_i(z))/∂x_i)``, ``(n, n)``."""
    return diagonal(pair.weights(x, z)[0] * np.diagonal(pair.f.jacobian(x)))


@claim(
    "scalar-expansion/general/wrt-z",
    SIGNATURE,
    names="x z",
    wrt="z",
    f=combined,
    domain=GENERAL,
    functions=PAIR,
    latex=r"\frac{\partial \mathbf{y}}{\partial z} = \begin{bmatrix} \vdots \\"
    r" \frac{\partial}{\partial z} \left(f_i(x_i) \bigcirc g_i(z)\right) \\ \vdots \end{bmatrix}",
)
def combined_wrt_z(x: Array, z: Array, *, pair: Any) -> Array:
    """Return the column of ``∂(f_i(x_i) ○ g_i(z))/∂z``, ``(n, 1)``: not a diagonal matrix."""
    result: Array = column(pair.weights(x, z)[1]) * pair.g.jacobian(z)
    return result


@claim(
    "scalar-expansion/expand/wrt-z",
    "(),(n)->(n)",
    names="z x",
    wrt="z",
    f=expand,
    domain=SUMMAND,
    latex=r"\frac{\partial (\vec{1} z)}{\partial z} = \vec{1}",
)
def expand_wrt_z(z: Array, x: Array) -> Array:
    """Return ``1⃗``, ``(n, 1)``."""
    return ones_column(x)


@claim(
    "scalar-expansion/z-independent-of-x",
    "(),(n)->()",
    names="z x",
    wrt="x",
    f=scalar_itself,
    domain=SUMMAND,
    latex=r"\frac{\partial z}{\partial \mathbf{x}} = \vec{0}^T",
)
def scalar_itself_wrt_x(z: Array, x: Array) -> Array:
    """Return ``0⃗^T``, ``(1, n)``: ``∂z/∂x_i = 0`` for every i."""
    return zero_row(x)


@claim(
    "scalar-expansion/add/wrt-x",
    SIGNATURE,
    names="x z",
    wrt="x",
    f=add,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{x} + z)}{\partial \mathbf{x}} = \mathrm{diag}(\vec{1}) = I",
)
def add_wrt_x(x: Array, z: Array) -> Array:
    """Return ``diag(1⃗) = I``, ``(n, n)``."""
    return identity(x)


@claim(
    "scalar-expansion/add/wrt-z",
    SIGNATURE,
    names="x z",
    wrt="z",
    f=add,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{x} + z)}{\partial z} = \vec{1}",
)
def add_wrt_z(x: Array, z: Array) -> Array:
    """Return the column of ones ``1⃗``, ``(n, 1)``."""
    return ones_column(x)


@claim(
    "scalar-expansion/mul/wrt-x",
    SIGNATURE,
    names="x z",
    wrt="x",
    f=multiply,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{x} z)}{\partial \mathbf{x}} = \mathrm{diag}(\vec{1} z) = I z",
)
def multiply_wrt_x(x: Array, z: Array) -> Array:
    """Return ``diag(1⃗ z) = I z``, ``(n, n)``."""
    return diagonal(ones_column(x).ravel() * z)


@claim(
    "scalar-expansion/mul/wrt-z",
    SIGNATURE,
    names="x z",
    wrt="z",
    f=multiply,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{x} z)}{\partial z} = \mathbf{x}",
)
def multiply_wrt_z(x: Array, z: Array) -> Array:
    """Return the column ``x``, ``(n, 1)``."""
    return column(x)
