"""Matrix derivatives, the documents' "next step": the affine layer ``y = W x + b``.

With respect to ``W`` the numerator layout has one column for each entry of ``W``,
row by row: ``∂y_i/∂W_jk = [i = j] x_k``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.numerator import identity, row

__all__: list[str] = []

LAYER = "(m,n),(n),(m)->(m)"
FACTOR = real(tame=1e2, extreme=1e15)


def affine_layer(W: Any, x: Any, b: Any) -> Any:
    """Return ``W x + b``, shape ``(m,)``."""
    return W @ x + b


affine_layer_claim = partial(claim, signature=LAYER, names="W x b", f=affine_layer, domain=FACTOR)


@affine_layer_claim(
    "extension/matrix/affine-layer/wrt-x",
    wrt="x",
    latex=r"\frac{\partial (W \mathbf{x} + \mathbf{b})}{\partial \mathbf{x}} = W",
)
def affine_layer_wrt_x(W: Array, x: Array, b: Array) -> Array:
    """Return ``W``, ``(m, n)``."""
    return W.copy()


@affine_layer_claim(
    "extension/matrix/affine-layer/wrt-b",
    wrt="b",
    latex=r"\frac{\partial (W \mathbf{x} + \mathbf{b})}{\partial \mathbf{b}} = I_m",
)
def affine_layer_wrt_b(W: Array, x: Array, b: Array) -> Array:
    """Return ``I_m``, ``(m, m)``."""
    return identity(b)


@affine_layer_claim(
    "extension/matrix/affine-layer/wrt-W",
    wrt="W",
    latex=r"\frac{\partial (W \mathbf{x} + \mathbf{b})}{\partial\, \mathrm{vec}(W)}"
    r" = I_m \otimes_{\mathrm{Kronecker}} \mathbf{x}^T",
)
def affine_layer_wrt_W(W: Array, x: Array, b: Array) -> Array:
    """Return ``I_m ⊗_Kronecker x^T``, ``(m, m n)``."""
    return np.kron(identity(b), row(x))
