"""What the documents mention without a formula: ELU, convolution, trigonometry, exponentials.

The definitions are the standard ones and the closed forms ours (004 lines 280,
434, 470, 590); every rule's source says so.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import interval, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import activation as activation_kink
from gradcheck.rules.kink_placement import itself
from gradcheck.rules.numerator import column, row, scalar
from gradcheck.rules.registry import namespace

__all__: list[str] = []

ALPHA = interval(0.1, 3.0)
# e^z stays a normal float32 down to -87.
ELU_SCALAR = {"z": real(tame=10.0, extreme=80.0), "alpha": ALPHA}
SMALL = real(tame=3.0, extreme=3.0)
ELU_NEURON = {"w": SMALL, "x": SMALL, "b": SMALL, "alpha": ALPHA}
FILTER = real(tame=1e2, extreme=1e15)
ANGLE = real(tame=10.0, extreme=10.0)


def elu(z: Any, alpha: Any) -> Any:
    """Return ``z`` if ``z > 0`` else ``α (e^z - 1)``, ``e^z`` taken only where ``z <= 0``."""
    xp = namespace(z, alpha)
    below = xp.where(z > 0, 0 * z, z)
    return xp.where(z > 0, z, alpha * (xp.exp(below) - 1))


def elu_slope(z: Array, alpha: Array) -> Array:
    """Return 1 if ``z > 0`` else ``α e^z``, ``(1, 1)``."""
    below = np.minimum(scalar(z), 0)
    return np.where(scalar(z) > 0, np.ones_like(below), alpha * np.exp(below))


def elu_neuron(w: Any, x: Any, b: Any, alpha: Any) -> Any:
    """Return ``ELU(w·x + b)``."""
    return elu(w @ x + b, alpha)


@claim(
    "mention/elu/wrt-z",
    "(),()->()",
    names="z alpha",
    wrt="z",
    f=elu,
    domain=ELU_SCALAR,
    kinks=itself("z"),
    latex=r"\frac{\partial\, \mathrm{ELU}(z)}{\partial z}"
    r" = \begin{cases} 1 & z > 0 \\ \alpha e^{z} & z \leq 0 \end{cases}",
)
def elu_wrt_z(z: Array, alpha: Array) -> Array:
    """Return 1 if ``z > 0`` else ``α e^z``, ``(1, 1)``."""
    return elu_slope(z, alpha)


@claim(
    "mention/elu-neuron/wrt-w",
    "(n),(n),(),()->()",
    names="w x b alpha",
    wrt="w",
    f=elu_neuron,
    domain=ELU_NEURON,
    kinks=activation_kink(),
    latex=r"\frac{\partial\, \mathrm{ELU}(\mathbf{w} \cdot \mathbf{x} + b)}{\partial \mathbf{w}}"
    r" = \mathrm{ELU}'(\mathbf{w} \cdot \mathbf{x} + b)\, \mathbf{x}^T",
)
def elu_neuron_wrt_w(w: Array, x: Array, b: Array, alpha: Array) -> Array:
    """Return ``ELU'(w·x + b) x^T``, ``(1, n)``."""
    return elu_slope(w @ x + b, alpha) @ row(x)


@claim(
    "mention/elu-neuron/wrt-b",
    "(n),(n),(),()->()",
    names="w x b alpha",
    wrt="b",
    f=elu_neuron,
    domain=ELU_NEURON,
    kinks=activation_kink(),
    latex=r"\frac{\partial\, \mathrm{ELU}(\mathbf{w} \cdot \mathbf{x} + b)}{\partial b}"
    r" = \mathrm{ELU}'(\mathbf{w} \cdot \mathbf{x} + b)",
)
def elu_neuron_wrt_b(w: Array, x: Array, b: Array, alpha: Array) -> Array:
    """Return ``ELU'(w·x + b)``, ``(1, 1)``."""
    return elu_slope(w @ x + b, alpha)


def convolution(x: Any, h: Any, b: Any) -> Any:
    """Return the valid cross-correlation ``y_i = Σ_j h_j x_{i+j} + b``, shape ``(n - k + 1,)``."""
    p = x.shape[0] - h.shape[0] + 1
    y = h[0] * x[0:p]
    for j in range(1, h.shape[0]):
        y = y + h[j] * x[j : j + p]
    return y + b


CONVOLUTION = "(k+p-1),(k),()->(p)"


convolution_claim = partial(
    claim, signature=CONVOLUTION, names="x h b", f=convolution, domain=FILTER, minimum={"k": 1}
)


@convolution_claim(
    "mention/convolution/wrt-x",
    wrt="x",
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}} = T,\quad T_{i,i+j} = h_j",
)
def convolution_wrt_x(x: Array, h: Array, b: Array) -> Array:
    """Return the banded Toeplitz matrix ``T[i, i+j] = h_j``, ``(n - k + 1, n)``."""
    p = x.size - h.size + 1
    toeplitz = np.zeros((p, x.size), dtype=h.dtype)
    for i in range(p):
        toeplitz[i, i : i + h.size] = h
    return toeplitz


@convolution_claim(
    "mention/convolution/wrt-h",
    wrt="h",
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{h}} = H,\quad H_{ij} = x_{i+j}",
)
def convolution_wrt_h(x: Array, h: Array, b: Array) -> Array:
    """Return the Hankel matrix ``H[i, j] = x_{i+j}``, ``(n - k + 1, k)``."""
    p = x.size - h.size + 1
    result: Array = x[np.arange(p)[:, None] + np.arange(h.size)]
    return result


@convolution_claim(
    "mention/convolution/wrt-b",
    wrt="b",
    latex=r"\frac{\partial \mathbf{y}}{\partial b} = \vec{1}",
)
def convolution_wrt_b(x: Array, h: Array, b: Array) -> Array:
    """Return ``1⃗``, ``(n - k + 1, 1)``."""
    return np.ones((x.size - h.size + 1, 1), dtype=b.dtype)


def trigonometry_and_exponential(x: Any) -> Any:
    """Return ``[sin x; cos x; e^x]``, shape ``(3,)``."""
    xp = namespace(x)
    return xp.stack([xp.sin(x), xp.cos(x), xp.exp(x)])


@claim(
    "mention/trig-exp",
    "()->(3)",
    names="x",
    wrt="x",
    f=trigonometry_and_exponential,
    domain=ANGLE,
    latex=r"\frac{\partial}{\partial x} \begin{bmatrix} \sin x \\ \cos x \\ e^{x} \end{bmatrix}"
    r" = \begin{bmatrix} \cos x \\ -\sin x \\ e^{x} \end{bmatrix}",
)
def trigonometry_and_exponential_wrt_x(x: Array) -> Array:
    """Return ``[cos x; -sin x; e^x]``, ``(3, 1)``."""
    return column(np.stack([np.cos(x), -np.sin(x), np.exp(x)]))
