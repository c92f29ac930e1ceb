"""The augmented form: ``ŵ = [w; b]``, ``x̂ = [x; 1]``, so that ``ŵ·x̂ = w·x + b`` (004 lines 576 to 586)."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import augmented_activation, augmented_batch
from gradcheck.rules.loss import VALUES, loss_wrt_b, loss_wrt_w, terms_wrt_b, terms_wrt_w
from gradcheck.rules.numerator import row
from gradcheck.rules.registry import Kind, namespace

__all__: list[str] = []

FACTOR = real(tame=1e2, extreme=1e15)
UNIT = "(n+1),(n)->()"


def _with_one(x: Any) -> Any:
    """Return ``x̂ = [x; 1]``, the 1 tacked onto the end."""
    xp = namespace(x)
    return xp.concatenate([x, xp.ones_like(x, shape=(1,))])


def augmented_dot(w: Any, b: Any, x: Any) -> Any:
    """Return ``ŵ·x̂`` for ``ŵ = [w; b]``."""
    xp = namespace(w, b, x)
    return xp.concatenate([w, xp.reshape(b, (1,))]) @ _with_one(x)


def affine(w_hat: Any, x: Any) -> Any:
    """Return ``ŵ·x̂``."""
    return w_hat @ _with_one(x)


def activation(w_hat: Any, x: Any) -> Any:
    """Return ``max(0, ŵ·x̂)``."""
    return namespace(w_hat, x).maximum(0, affine(w_hat, x))


def loss(w_hat: Any, X: Any, y: Any) -> Any:
    """Return ``C`` as a function of ``ŵ``; every row of ``X`` gets a 1 at its end."""
    rows = namespace(X)
    X_hat = rows.concatenate([X, rows.ones_like(X, shape=(X.shape[0], 1))], axis=1)
    xp = namespace(w_hat, X, y)
    return xp.sum((y - xp.maximum(0, X_hat @ w_hat)) ** 2) / X.shape[0]


@claim(
    "loss/augmented/value",
    "(n),(),(n)->()",
    names="w b x",
    wrt=None,
    f=augmented_dot,
    kind=Kind.VALUE,
    domain=FACTOR,
    latex=r"\hat{\mathbf{w}} \cdot \hat{\mathbf{x}} = \mathbf{w} \cdot \mathbf{x} + b",
)
def augmented_value(w: Array, b: Array, x: Array) -> Any:
    """Return ``w·x + b``."""
    return w @ x + b


@claim(
    "loss/augmented/affine",
    UNIT,
    names="w_hat x",
    wrt="w_hat",
    f=affine,
    domain=FACTOR,
    latex=r"\frac{\partial (\hat{\mathbf{w}} \cdot \hat{\mathbf{x}})}{\partial \hat{\mathbf{w}}}"
    r" = \hat{\mathbf{x}}^T = [\mathbf{x}^T, 1]",
)
def affine_wrt_w_hat(w_hat: Array, x: Array) -> Array:
    """Return ``x̂^T = [x^T, 1]``, ``(1, n + 1)``."""
    return row(_with_one(x))


@claim(
    "loss/augmented/activation",
    UNIT,
    names="w_hat x",
    wrt="w_hat",
    f=activation,
    domain=FACTOR,
    kinks=augmented_activation(),
    latex=r"\frac{\partial}{\partial \hat{\mathbf{w}}} \max(0, \hat{\mathbf{w}} \cdot \hat{\mathbf{x}})"
    r" = \begin{cases} \vec{0}^T & \hat{\mathbf{w}} \cdot \hat{\mathbf{x}} \leq 0 \\"
    r" \hat{\mathbf{x}}^T & \hat{\mathbf{w}} \cdot \hat{\mathbf{x}} > 0 \end{cases}",
)
def activation_wrt_w_hat(w_hat: Array, x: Array) -> Array:
    """Return ``0⃗^T`` if ``ŵ·x̂ <= 0`` else ``x̂^T``, ``(1, n + 1)``."""
    x_hat = row(_with_one(x))
    return np.where(affine(w_hat, x) <= 0, np.zeros_like(x_hat), x_hat)


def _terms(w_hat: Array, X: Array, y: Array) -> list[Array]:
    w, b = w_hat[:-1], w_hat[-1]
    both = zip(terms_wrt_w(w, b, X, y), terms_wrt_b(w, b, X, y), strict=True)
    return [np.hstack(sample) for sample in both]


@claim(
    "loss/augmented/mse",
    "(n+1),(N,n),(N)->()",
    names="w_hat X y",
    wrt="w_hat",
    f=loss,
    domain=VALUES,
    minimum={"N": 1},
    kinks=augmented_batch(),
    terms=_terms,
    latex=r"\frac{\partial C}{\partial \hat{\mathbf{w}}}"
    r" = \left[ \frac{\partial C}{\partial \mathbf{w}}, \frac{\partial C}{\partial b} \right]",
)
def loss_wrt_w_hat(w_hat: Array, X: Array, y: Array) -> Array:
    """Return ``[∂C/∂w, ∂C/∂b]``, ``(1, n + 1)``."""
    w, b = w_hat[:-1], w_hat[-1]
    return np.hstack([loss_wrt_w(w, b, X, y), loss_wrt_b(w, b, X, y)])
