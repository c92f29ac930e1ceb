"""Vector sum reduction: ``sum(f(x))``, ``sum(x)`` and ``sum(x z)``.

The derivative of a scalar sum with respect to a vector is a row (001 line 225,
002 lines 135 to 151, 004 lines 246 to 268).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.expressions import VectorFunction
from gradcheck.rules.numerator import ones_row, scalar
from gradcheck.rules.registry import namespace
from gradcheck.rules.scalar import GENERAL

__all__: list[str] = []

SUMMAND = real(tame=1e3, extreme=1e30)
FACTOR = real(tame=1e3, extreme=1e15)


def total(x: Any) -> Any:
    """Return ``sum(x)``."""
    return namespace(x).sum(x)


def scaled_total(x: Any, z: Any) -> Any:
    """Return ``sum(x z)``."""
    return namespace(x, z).sum(x * z)


def total_of_f(x: Any, *, f: Any) -> Any:
    """Return ``sum(f(x)) = Σ_i f_i(x)``."""
    y = f(x)
    return namespace(y).sum(y)


def rows_of_jacobian(x: Array, *, f: Any) -> list[Array]:
    """Return the terms of the sum, ``∂f_i/∂x`` for every i, each ``(1, n)``."""
    jacobian = f.jacobian(x)
    return [jacobian[i : i + 1] for i in range(jacobian.shape[0])]


@claim(
    "reduce/sum-of-f/wrt-x",
    "(n)->()",
    names="x",
    wrt="x",
    f=total_of_f,
    domain=GENERAL,
    functions={"f": VectorFunction("n", "n")},
    terms=rows_of_jacobian,
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathrm{sum}(\mathbf{f}(\mathbf{x})) = \left["
    r" \sum_i \frac{\partial f_i(\mathbf{x})}{\partial x_1}, \ldots,"
    r" \sum_i \frac{\partial f_i(\mathbf{x})}{\partial x_n} \right] = \vec{1}^T J_{\mathbf{f}}",
)
def total_of_f_wrt_x(x: Array, *, f: Any) -> Array:
    """Return ``1⃗^T J_f``, ``(1, n)``: the sums of the columns of ``J_f``."""
    result: Array = ones_row(x) @ f.jacobian(x)
    return result


@claim(
    "reduce/sum/wrt-x",
    "(n)->()",
    names="x",
    wrt="x",
    f=total,
    domain=SUMMAND,
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathrm{sum}(\mathbf{x}) = [1, 1, \ldots, 1] = \vec{1}^T",
)
def total_wrt_x(x: Array) -> Array:
    """Return ``1⃗^T``, ``(1, n)``: a row of ones, not a column."""
    return ones_row(x)


@claim(
    "reduce/sum-scaled/wrt-x",
    "(n),()->()",
    names="x z",
    wrt="x",
    f=scaled_total,
    domain=FACTOR,
    latex=r"\frac{\partial}{\partial \mathbf{x}} \mathrm{sum}(\mathbf{x} z)"
    r" = [z, z, \ldots, z] = z \vec{1}^T",
)
def scaled_total_wrt_x(x: Array, z: Array) -> Array:
    """Return ``z 1⃗^T``, ``(1, n)``."""
    return z * ones_row(x)


@claim(
    "reduce/sum-scaled/wrt-z",
    "(n),()->()",
    names="x z",
    wrt="z",
    f=scaled_total,
    domain=FACTOR,
    terms=lambda x, z: [scalar(x_i) for x_i in x],
    latex=r"\frac{\partial}{\partial z} \mathrm{sum}(\mathbf{x} z) = \sum_i x_i = \mathrm{sum}(\mathbf{x})",
)
def scaled_total_wrt_z(x: Array, z: Array) -> Array:
    """Return ``sum(x)``, ``(1, 1)``."""
    return scalar(np.sum(x))
