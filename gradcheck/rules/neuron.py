"""The neuron: ``w·x``, ``z = w·x + b`` and the activation ``max(0, z)``.

The documents fix the derivative of ``max(0, z)`` at ``z = 0`` to 0 (001 lines 335
to 383, 004 lines 464 to 470).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import activation as activation_kink
from gradcheck.rules.kink_placement import itself
from gradcheck.rules.latex import by_activity
from gradcheck.rules.numerator import constant, diagonal, ones_row, row, scalar, zero_row
from gradcheck.rules.registry import Kind, namespace

__all__: list[str] = []

NEURON = "(n),(n),()->()"
NAMES = "w x b"

SUMMAND = real(tame=1e3, extreme=1e30)
FACTOR = real(tame=1e2, extreme=1e15)


def dot(w: Any, x: Any) -> Any:
    """Return ``w·x``."""
    return w @ x


def hadamard(w: Any, x: Any) -> Any:
    """Return ``u = w ⊗ x``."""
    return w * x


def total(u: Any) -> Any:
    """Return ``y = sum(u)``."""
    return namespace(u).sum(u)


def dot_of_one_component(w_j: Any, x_j: Any, w: Any, x: Any) -> Any:
    """Return ``Σ_i w_i x_i`` where ``w`` and ``x`` hold the components other than j."""
    return w_j * x_j + w @ x


def affine(w: Any, x: Any, b: Any) -> Any:
    """Return ``z = w·x + b``."""
    return w @ x + b


def bias(w: Any, b: Any) -> Any:
    """Return ``b``, whatever ``w`` is."""
    return b


def dot_beside_bias(w: Any, x: Any, b: Any) -> Any:
    """Return ``w·x``, whatever ``b`` is."""
    return w @ x


def relu(z: Any) -> Any:
    """Return ``max(0, z)``, element by element."""
    return namespace(z).maximum(0, z)


def activation(w: Any, x: Any, b: Any) -> Any:
    """Return ``max(0, w·x + b)``."""
    return relu(affine(w, x, b))


@claim(
    "neuron/dot/value",
    "(n),(n)->(3)",
    names="w x",
    wrt=None,
    f=lambda w, x: namespace(w, x).stack([dot(w, x)] * 3),
    kind=Kind.VALUE,
    domain=FACTOR,
    latex=r"\mathbf{w} \cdot \mathbf{x} = \sum_i w_i x_i = \mathrm{sum}(\mathbf{w} \otimes \mathbf{x})"
    r" = \mathbf{w}^T \mathbf{x}",
)
def dot_value(w: Array, x: Array) -> Array:
    """Return ``Σ_i w_i x_i``, ``sum(w ⊗ x)`` and ``w^T x``, each to equal ``w·x``."""
    one_by_one = np.sum(w[:0])
    for w_i, x_i in zip(w, x, strict=True):
        one_by_one = one_by_one + w_i * x_i
    matrix_product = (row(w) @ row(x).T)[0, 0]
    return np.stack([one_by_one, np.sum(w * x), matrix_product])


@claim(
    "neuron/dot/hadamard-wrt-w",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=hadamard,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \otimes \mathbf{x})}{\partial \mathbf{w}} = \mathrm{diag}(\mathbf{x})",
)
def hadamard_wrt_w(w: Array, x: Array) -> Array:
    """Return ``diag(x)``, ``(n, n)``."""
    return diagonal(x)


@claim(
    "neuron/dot/hadamard-wrt-x",
    "(n),(n)->(n)",
    names="w x",
    wrt="x",
    f=hadamard,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \otimes \mathbf{x})}{\partial \mathbf{x}} = \mathrm{diag}(\mathbf{w})",
)
def hadamard_wrt_x(w: Array, x: Array) -> Array:
    """Return ``diag(w)``, ``(n, n)``."""
    return diagonal(w)


@claim(
    "neuron/dot/sum-wrt-u",
    "(n)->()",
    names="u",
    wrt="u",
    f=total,
    domain=SUMMAND,
    latex=r"\frac{\partial}{\partial \mathbf{u}} \mathrm{sum}(\mathbf{u}) = \vec{1}^T",
)
def total_wrt_u(u: Array) -> Array:
    """Return ``1⃗^T``, ``(1, n)``."""
    return ones_row(u)


@claim(
    "neuron/dot/wrt-w",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=dot,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \cdot \mathbf{x})}{\partial \mathbf{w}}"
    r" = \vec{1}^T \mathrm{diag}(\mathbf{x}) = \mathbf{x}^T",
)
def dot_wrt_w(w: Array, x: Array) -> Array:
    """Return ``1⃗^T diag(x) = x^T``, ``(1, n)``."""
    return ones_row(w) @ diagonal(x)


@claim(
    "neuron/dot/wrt-x",
    "(n),(n)->()",
    names="w x",
    wrt="x",
    f=dot,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \cdot \mathbf{x})}{\partial \mathbf{x}}"
    r" = \vec{1}^T \mathrm{diag}(\mathbf{w}) = \mathbf{w}^T",
)
def dot_wrt_x(w: Array, x: Array) -> Array:
    """Return ``1⃗^T diag(w) = w^T``, ``(1, n)``."""
    return ones_row(x) @ diagonal(w)


@claim(
    "neuron/dot/component",
    "(),(),(n),(n)->()",
    names="w_j x_j w x",
    wrt="w_j",
    f=dot_of_one_component,
    domain=FACTOR,
    latex=r"\frac{\partial}{\partial w_j} \sum_i w_i x_i = \frac{\partial (w_j x_j)}{\partial w_j} = x_j",
)
def dot_wrt_one_component(w_j: Array, x_j: Array, w: Array, x: Array) -> Array:
    """Return ``x_j``, ``(1, 1)``."""
    return scalar(x_j)


@claim(
    "neuron/affine/wrt-w",
    NEURON,
    names=NAMES,
    wrt="w",
    f=affine,
    domain=FACTOR,
    terms=lambda w, x, b: [zero_row(w), row(x)],
    latex=r"\frac{\partial (\mathbf{w} \cdot \mathbf{x} + b)}{\partial \mathbf{w}}"
    r" = \mathbf{x}^T + \vec{0}^T = \mathbf{x}^T",
)
def affine_wrt_w(w: Array, x: Array, b: Array) -> Array:
    """Return ``x^T + 0⃗^T = x^T``, ``(1, n)``."""
    return row(x) + zero_row(w)


@claim(
    "neuron/affine/wrt-b",
    NEURON,
    names=NAMES,
    wrt="b",
    f=affine,
    domain=FACTOR,
    terms=lambda w, x, b: [constant(0, b), constant(1, b)],
    latex=r"\frac{\partial (\mathbf{w} \cdot \mathbf{x} + b)}{\partial b} = 0 + 1 = 1",
)
def affine_wrt_b(w: Array, x: Array, b: Array) -> Array:
    """Return ``0 + 1 = 1``, ``(1, 1)``."""
    return constant(0, b) + constant(1, b)


@claim(
    "neuron/affine/b-wrt-w",
    "(n),()->()",
    names="w b",
    wrt="w",
    f=bias,
    domain=FACTOR,
    latex=r"\frac{\partial b}{\partial \mathbf{w}} = \vec{0}^T",
)
def bias_wrt_w(w: Array, b: Array) -> Array:
    """Return ``0⃗^T``, ``(1, n)``."""
    return zero_row(w)


@claim(
    "neuron/affine/dot-wrt-b",
    NEURON,
    names=NAMES,
    wrt="b",
    f=dot_beside_bias,
    domain=FACTOR,
    latex=r"\frac{\partial (\mathbf{w} \cdot \mathbf{x})}{\partial b} = 0",
)
def dot_wrt_b(w: Array, x: Array, b: Array) -> Array:
    """Return ``0``, ``(1, 1)``."""
    return constant(0, b)


@claim(
    "neuron/relu/wrt-z",
    "()->()",
    names="z",
    wrt="z",
    f=relu,
    domain=SUMMAND,
    kinks=itself("z"),
    latex=r"\frac{\partial \max(0, z)}{\partial z}"
    r" = \begin{cases} 0 & z \leq 0 \\ \frac{dz}{dz} = 1 & z > 0 \end{cases}",
)
def relu_wrt_z(z: Array) -> Array:
    """Return 0 if ``z <= 0`` else ``dz/dz = 1``, ``(1, 1)``."""
    return np.where(scalar(z) <= 0, constant(0, z), constant(1, z))


@claim(
    "neuron/relu-broadcast/wrt-x",
    "(n)->(n)",
    names="x",
    wrt="x",
    f=relu,
    domain=SUMMAND,
    kinks=itself("x"),
    latex=r"\frac{\partial \max(0, \mathbf{x})}{\partial \mathbf{x}}"
    r" = \mathrm{diag}\left(\cdots [x_i > 0] \cdots\right)",
)
def relu_broadcast_wrt_x(x: Array) -> Array:
    """Return ``diag([x_i > 0])``, ``(n, n)``."""
    return diagonal((x > 0).astype(x.dtype))


activation_claim = partial(
    claim, signature=NEURON, names=NAMES, f=activation, domain=FACTOR, kinks=activation_kink()
)


@activation_claim(
    "neuron/activation/wrt-w",
    wrt="w",
    latex=r"\frac{\partial}{\partial \mathbf{w}} \max(0, \mathbf{w} \cdot \mathbf{x} + b) = "
    + by_activity(r"\vec{0}^T", r"\mathbf{x}^T"),
)
def activation_wrt_w(w: Array, x: Array, b: Array) -> Array:
    """Return ``0⃗^T`` if ``w·x + b <= 0`` else ``x^T``, ``(1, n)``."""
    return np.where(affine(w, x, b) <= 0, zero_row(w), row(x))


@activation_claim(
    "neuron/activation/wrt-b",
    wrt="b",
    latex=r"\frac{\partial}{\partial b} \max(0, \mathbf{w} \cdot \mathbf{x} + b) = " + by_activity("0", "1"),
)
def activation_wrt_b(w: Array, x: Array, b: Array) -> Array:
    """Return 0 if ``w·x + b <= 0`` else 1, ``(1, 1)``."""
    return np.where(affine(w, x, b) <= 0, constant(0, b), constant(1, b))


@activation_claim(
    "neuron/activation/chain-wrt-w",
    wrt="w",
    latex=r"\frac{\partial\, \mathrm{activation}}{\partial \mathbf{w}}"
    r" = \frac{\partial\, \mathrm{activation}}{\partial z} \frac{\partial z}{\partial \mathbf{w}}",
)
def activation_chain_wrt_w(w: Array, x: Array, b: Array) -> Array:
    """Return ``(∂activation/∂z)(∂z/∂w)``: 1x1 times 1xn."""
    return relu_wrt_z(affine(w, x, b)) @ affine_wrt_w(w, x, b)


@activation_claim(
    "neuron/activation/chain-wrt-b",
    wrt="b",
    latex=r"\frac{\partial\, \mathrm{activation}}{\partial b}"
    r" = \frac{\partial\, \mathrm{activation}}{\partial z} \frac{\partial z}{\partial b}",
)
def activation_chain_wrt_b(w: Array, x: Array, b: Array) -> Array:
    """Return ``(∂activation/∂z)(∂z/∂b)``: 1x1 times 1x1."""
    return relu_wrt_z(affine(w, x, b)) @ affine_wrt_b(w, x, b)
