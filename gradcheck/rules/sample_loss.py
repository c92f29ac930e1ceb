"""The loss of one sample: ``u = max(0, w·x + b)``, ``v = y - u`` and ``v^2``.

The steps towards the gradient of the loss (001 lines 396 to 475, 004 lines 504 to 560).
At ``w·x + b = 0`` the documents take the inactive case.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import activation as activation_kink
from gradcheck.rules.latex import by_activity
from gradcheck.rules.numerator import constant, row, scalar, zero_row
from gradcheck.rules.registry import namespace

__all__ = ["residual", "residual_wrt_b", "residual_wrt_w", "squared_residual_wrt_b", "squared_residual_wrt_w"]

SAMPLE = "(n),(),(n),()->()"
NAMES = "w b x y"
# Squares of w·x + b, times x, stay finite in float32 and keep half its digits.
VALUES = real(tame=10.0, extreme=1e4)


def target(w: Any, b: Any, y: Any) -> Any:
    """Return ``y = target(x)``: data, whatever the weights are."""
    return y


def unit(w: Any, b: Any, x: Any) -> Any:
    """Return ``u = max(0, w·x + b)``."""
    z = w @ x + b
    return namespace(z).maximum(0, z)


def residual_of_unit(u: Any, y: Any) -> Any:
    """Return ``v = y - u``."""
    return y - u


def residual(w: Any, b: Any, x: Any, y: Any) -> Any:
    """Return ``v = y - max(0, w·x + b)``."""
    return y - unit(w, b, x)


def square(v: Any) -> Any:
    """Return ``v^2``."""
    return v**2


def squared_residual(w: Any, b: Any, x: Any, y: Any) -> Any:
    """Return ``v^2`` for ``v = y - max(0, w·x + b)``."""
    return residual(w, b, x, y) ** 2


unit_claim = partial(
    claim, signature="(n),(),(n)->()", names="w b x", f=unit, domain=VALUES, kinks=activation_kink()
)
sample_claim = partial(claim, signature=SAMPLE, names=NAMES, domain=VALUES, kinks=activation_kink())


@claim(
    "loss/target/wrt-w",
    "(n),(),()->()",
    names="w b y",
    wrt="w",
    f=target,
    domain=VALUES,
    latex=r"\frac{\partial y_i}{\partial \mathbf{w}} = \vec{0}^T",
)
def target_wrt_w(w: Array, b: Array, y: Array) -> Array:
    """Return ``0⃗^T``, ``(1, n)``."""
    return zero_row(w)


@claim(
    "loss/target/wrt-b",
    "(n),(),()->()",
    names="w b y",
    wrt="b",
    f=target,
    domain=VALUES,
    latex=r"\frac{\partial y_i}{\partial b} = 0",
)
def target_wrt_b(w: Array, b: Array, y: Array) -> Array:
    """Return ``0``, ``(1, 1)``."""
    return constant(0, b)


@unit_claim(
    "loss/u/wrt-w",
    wrt="w",
    latex=r"\frac{\partial u}{\partial \mathbf{w}} = " + by_activity(r"\vec{0}^T", r"\mathbf{x}^T"),
)
def unit_wrt_w(w: Array, b: Array, x: Array) -> Array:
    """Return ``0⃗^T`` if ``w·x + b <= 0`` else ``x^T``, ``(1, n)``."""
    return np.where(w @ x + b <= 0, zero_row(w), row(x))


@unit_claim(
    "loss/u/wrt-b",
    wrt="b",
    latex=r"\frac{\partial u}{\partial b} = " + by_activity("0", "1"),
)
def unit_wrt_b(w: Array, b: Array, x: Array) -> Array:
    """Return 0 if ``w·x + b <= 0`` else 1, ``(1, 1)``."""
    return np.where(w @ x + b <= 0, constant(0, b), constant(1, b))


@claim(
    "loss/v/wrt-u",
    "(),()->()",
    names="u y",
    wrt="u",
    f=residual_of_unit,
    domain=VALUES,
    latex=r"\frac{\partial v}{\partial u} = \frac{\partial (y - u)}{\partial u} = -1",
)
def residual_wrt_unit(u: Array, y: Array) -> Array:
    """Return ``-1``, ``(1, 1)``."""
    return constant(-1, u)


@sample_claim(
    "loss/v/wrt-w",
    wrt="w",
    f=residual,
    latex=r"\frac{\partial v}{\partial \mathbf{w}} = -\frac{\partial u}{\partial \mathbf{w}} = "
    + by_activity(r"\vec{0}^T", r"-\mathbf{x}^T"),
)
def residual_wrt_w(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return ``-∂u/∂w``: ``0⃗^T`` if ``w·x + b <= 0`` else ``-x^T``, ``(1, n)``."""
    return -unit_wrt_w(w, b, x)


@sample_claim(
    "loss/v/wrt-b",
    wrt="b",
    f=residual,
    latex=r"\frac{\partial v}{\partial b} = -\frac{\partial u}{\partial b} = " + by_activity("0", "-1"),
)
def residual_wrt_b(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return ``-∂u/∂b``: 0 if ``w·x + b <= 0`` else -1, ``(1, 1)``."""
    return -unit_wrt_b(w, b, x)


@claim(
    "loss/v-squared/wrt-v",
    "()->()",
    names="v",
    wrt="v",
    f=square,
    domain=VALUES,
    latex=r"\frac{\partial v^2}{\partial v} = 2v",
)
def square_wrt_v(v: Array) -> Array:
    """Return ``2v``, ``(1, 1)``."""
    return scalar(2 * v)


@sample_claim(
    "loss/v-squared/wrt-w",
    wrt="w",
    f=squared_residual,
    latex=r"\frac{\partial v^2}{\partial \mathbf{w}} = 2v \frac{\partial v}{\partial \mathbf{w}} = "
    + by_activity(r"\vec{0}^T", r"-2v\, \mathbf{x}^T"),
)
def squared_residual_wrt_w(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return ``2v ∂v/∂w``: ``0⃗^T`` if ``w·x + b <= 0`` else ``-2v x^T``, ``(1, n)``."""
    return square_wrt_v(residual(w, b, x, y)) @ residual_wrt_w(w, b, x, y)


@sample_claim(
    "loss/v-squared/wrt-b",
    wrt="b",
    f=squared_residual,
    latex=r"\frac{\partial v^2}{\partial b} = 2v \frac{\partial v}{\partial b} = " + by_activity("0", "-2v"),
)
def squared_residual_wrt_b(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return ``2v ∂v/∂b``: 0 if ``w·x + b <= 0`` else ``-2v``, ``(1, 1)``."""
    return square_wrt_v(residual(w, b, x, y)) @ residual_wrt_b(w, b, x, y)
