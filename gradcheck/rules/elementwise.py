"""Element-wise binary operators: addition, subtraction, ``⊗``, ``⊘``, ``max`` and ``>``.

``w`` and ``x`` are columns of n numbers; every Jacobian is diagonal, ``(n, n)``
(000 section 3.2, 001 section 4.2, 002 lines 83 to 111, 004 lines 186 to 222).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import nonzero, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import ties
from gradcheck.rules.numerator import diagonal, identity
from gradcheck.rules.registry import Kind, namespace

__all__: list[str] = []

SIGNATURE = "(n),(n)->(n)"

# Largest magnitudes at which sums, products and w/x^2 stay finite in float32.
SUMMAND = real(tame=1e3, extreme=1e30)
FACTOR = real(tame=1e3, extreme=1e15)
QUOTIENT = {"w": real(tame=1e3, extreme=1e10), "x": nonzero(tame=1e3, extreme=1e10)}

TIES = ties("w", "x")
JUMPS = ties("w", "x", jump=True)


def add(w: Any, x: Any) -> Any:
    """Return ``w + x``."""
    return w + x


def subtract(w: Any, x: Any) -> Any:
    """Return ``w - x``."""
    return w - x


def multiply(w: Any, x: Any) -> Any:
    """Return ``w ⊗ x``."""
    return w * x


def divide(w: Any, x: Any) -> Any:
    """Return ``w ⊘ x``."""
    return w / x


def maximum(w: Any, x: Any) -> Any:
    """Return ``max(w, x)`` element by element."""
    return namespace(w, x).maximum(w, x)


def greater(w: Any, x: Any) -> Any:
    """Return ``w > x`` as ones and zeros of the arguments' dtype; a tie gives 0."""
    zero = 0 * w + 0 * x
    return namespace(w, x).where(w > x, zero + 1, zero)


@claim(
    "elementwise/add/wrt-w",
    SIGNATURE,
    names="w x",
    wrt="w",
    f=add,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{w} + \mathbf{x})}{\partial \mathbf{w}} = \mathrm{diag}(\vec{1}) = I",
)
@claim(
    "elementwise/add/wrt-x",
    SIGNATURE,
    names="w x",
    wrt="x",
    f=add,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{w} + \mathbf{x})}{\partial \mathbf{x}} = I",
)
@claim(
    "elementwise/sub/wrt-w",
    SIGNATURE,
    names="w x",
    wrt="w",
    f=subtract,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{w} - \mathbf{x})}{\partial \mathbf{w}} = \mathrm{diag}(\vec{1}) = I",
)
def unit_jacobian(w: Array, x: Array) -> Array:
    """Return ``diag(1⃗) = I``."""
    return identity(w)


@claim(
    "elementwise/sub/wrt-x",
    SIGNATURE,
    names="w x",
    wrt="x",
    f=subtract,
    domain=SUMMAND,
    latex=r"\frac{\partial (\mathbf{w} - \mathbf{x})}{\partial \mathbf{x}} = \mathrm{diag}(-\vec{1}) = -I",
)
def subtract_wrt_x(w: Array, x: Array) -> Array:
    """Return ``diag(-1⃗) = -I``."""
    return -identity(x)


@claim(
    "elementwise/mul/wrt-w",
    SIGNATURE,
    names="w x",
    wrt="w",
    f=multiply,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \otimes \mathbf{x})}{\partial \mathbf{w}} = \mathrm{diag}(\mathbf{x})",
)
def multiply_wrt_w(w: Array, x: Array) -> Array:
    """Return ``diag(x)``."""
    return diagonal(x)


@claim(
    "elementwise/mul/wrt-x",
    SIGNATURE,
    names="w x",
    wrt="x",
    f=multiply,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \otimes \mathbf{x})}{\partial \mathbf{x}} = \mathrm{diag}(\mathbf{w})",
)
def multiply_wrt_x(w: Array, x: Array) -> Array:
    """Return ``diag(w)``."""
    return diagonal(w)


@claim(
    "elementwise/div/wrt-w",
    SIGNATURE,
    names="w x",
    wrt="w",
    f=divide,
    domain=QUOTIENT,
    latex=r"\frac{\partial (\mathbf{w} \oslash \mathbf{x})}{\partial \mathbf{w}}"
    r" = \mathrm{diag}\left(\cdots \frac{1}{x_i} \cdots\right)",
)
def divide_wrt_w(w: Array, x: Array) -> Array:
    """Return ``diag(1/x_i)``."""
    return diagonal(1 / x)


@claim(
    "elementwise/div/wrt-x",
    SIGNATURE,
    names="w x",
    wrt="x",
    f=divide,
    domain=QUOTIENT,
    latex=r"\frac{\partial (\mathbf{w} \oslash \mathbf{x})}{\partial \mathbf{x}}"
    r" = \mathrm{diag}\left(\cdots \frac{-w_i}{x_i^2} \cdots\right)",
)
def divide_wrt_x(w: Array, x: Array) -> Array:
    """Return ``diag(-w_i/x_i^2)``."""
    return diagonal(-w / x**2)


@claim(
    "elementwise/max/wrt-w",
    SIGNATURE,
    names="w x",
    wrt="w",
    f=maximum,
    domain=SUMMAND,
    kinks=TIES,
    latex=r"\frac{\partial \max(\mathbf{w}, \mathbf{x})}{\partial \mathbf{w}}"
    r" = \mathrm{diag}\left(\cdots [w_i > x_i] \cdots\right)",
)
def maximum_wrt_w(w: Array, x: Array) -> Array:
    """Return ``diag([w_i > x_i])``."""
    return diagonal((w > x).astype(w.dtype))


@claim(
    "elementwise/max/wrt-x",
    SIGNATURE,
    names="w x",
    wrt="x",
    f=maximum,
    domain=SUMMAND,
    kinks=TIES,
    latex=r"\frac{\partial \max(\mathbf{w}, \mathbf{x})}{\partial \mathbf{x}}"
    r" = \mathrm{diag}\left(\cdots [x_i > w_i] \cdots\right)",
)
def maximum_wrt_x(w: Array, x: Array) -> Array:
    """Return ``diag([x_i > w_i])``."""
    return diagonal((x > w).astype(x.dtype))


# A tie is legal here and gives 0, so the value is checked there too, and on both sides of it.
greater_claim = partial(claim, signature=SIGNATURE, names="w x", f=greater, domain=SUMMAND)


@greater_claim(
    "elementwise/greater/value",
    wrt=None,
    kind=Kind.VALUE,
    kinks=TIES,
    latex=r"(\mathbf{w} > \mathbf{x})_i = \begin{cases} 1 & w_i > x_i \\ 0 & w_i \leq x_i \end{cases}",
)
def greater_value(w: Array, x: Array) -> Array:
    """Return the vector of ones and zeros ``[w_i > x_i]``."""
    return np.array([1 if w_i > x_i else 0 for w_i, x_i in zip(w, x, strict=True)], dtype=w.dtype)


@greater_claim(
    "elementwise/greater/wrt-w",
    wrt="w",
    kinks=JUMPS,
    latex=r"\frac{\partial (\mathbf{w} > \mathbf{x})}{\partial \mathbf{w}} = 0",
)
@greater_claim(
    "elementwise/greater/wrt-x",
    wrt="x",
    kinks=JUMPS,
    latex=r"\frac{\partial (\mathbf{w} > \mathbf{x})}{\partial \mathbf{x}} = 0",
)
def greater_jacobian(w: Array, x: Array) -> Array:
    """Return the zero matrix, ``(n, n)``: ``w > x`` is piecewise constant."""
    return np.zeros_like(identity(w))
