"""The loss ``C(w, b, X, y) = (1/N) Σ_i (y_i - max(0, w·x_i + b))^2`` and its gradient.

Samples are the rows of ``X`` (001 lines 386 to 491, 004 lines 504 to 574).  The
case distinction belongs to each sample, inside the sum; the documents' value at
``w·x_i + b = 0`` is the inactive one.  The forms in ``e_i = w·x_i + b - y_i``
hold where every sample is active, so ``arrange`` makes it so.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import Arguments, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import batch, copied
from gradcheck.rules.latex import by_activity
from gradcheck.rules.numerator import row, scalar, zero_row
from gradcheck.rules.registry import Kind, namespace
from gradcheck.rules.sample_loss import residual, squared_residual_wrt_b, squared_residual_wrt_w

__all__ = ["BATCH", "VALUES", "loss", "loss_wrt_b", "loss_wrt_w", "terms_wrt_b", "terms_wrt_w"]

BATCH = "(n),(),(N,n),(N)->()"
NAMES = "w b X y"
# (w·x)^2 x stays finite in float32, and cancellation among samples leaves digits.
VALUES = real(tame=10.0, extreme=1e4)

_SAMPLES = r"\frac{2}{N} \sum_{i=1}^{N}"
_ACTIVE = r"\mathbf{w} \cdot \mathbf{x}_i + b > 0"
_ERROR = r"\mathbf{w} \cdot \mathbf{x}_i + b - y_i"


def loss(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``C``, the mean of the squared residuals over the N samples."""
    xp = namespace(w, b, X, y)
    return xp.sum((y - xp.maximum(0, X @ w + b)) ** 2) / X.shape[0]


def loss_sample_by_sample(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(1/N) Σ_x (target(x) - activation(x))^2``, one sample after the other."""
    total = residual(w, b, X[0], y[0]) ** 2
    for i in range(1, X.shape[0]):
        total = total + residual(w, b, X[i], y[i]) ** 2
    return total / X.shape[0]


def _each_sample(closed_form: Any, w: Array, b: Array, X: Array, y: Array) -> list[Array]:
    samples = X.shape[0]
    return [closed_form(w, b, X[i], y[i]) / samples for i in range(samples)]


def terms_wrt_w(w: Array, b: Array, X: Array, y: Array) -> list[Array]:
    """Return ``(1/N) 2v_i ∂v_i/∂w`` for each sample, each ``(1, n)``."""
    return _each_sample(squared_residual_wrt_w, w, b, X, y)


def terms_wrt_b(w: Array, b: Array, X: Array, y: Array) -> list[Array]:
    """Return ``(1/N) 2v_i ∂v_i/∂b`` for each sample, each ``(1, 1)``."""
    return _each_sample(squared_residual_wrt_b, w, b, X, y)


@claim(
    "loss/mse/value",
    "(n),(),(N,n),(N)->(2)",
    names=NAMES,
    wrt=None,
    f=lambda w, b, X, y: namespace(w, b, X, y).stack([loss_sample_by_sample(w, b, X, y)] * 2),
    kind=Kind.VALUE,
    domain=VALUES,
    minimum={"N": 1},
    latex=r"C = \frac{1}{N} \sum_{\mathbf{x}}"
    r" (\mathrm{target}(\mathbf{x}) - \mathrm{activation}(\mathbf{x}))^2"
    r" = \frac{1}{N} \sum_{i=1}^{N} \left(y_i - \max\left(0, \sum_j w_j x_{ij} + b\right)\right)^2"
    r" = \frac{1}{N} \sum_{i=1}^{N} (y_i - \max(0, \mathbf{w} \cdot \mathbf{x}_i + b))^2",
)
def loss_value(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return the form with scalars, ``Σ_j w_j x_ij + b``, and the form with vectors, ``w·x_i + b``."""
    scalars = np.sum((y - np.maximum(0, np.sum(w * X, axis=1) + b)) ** 2) / X.shape[0]
    return np.stack([scalars, loss(w, b, X, y)])


batch_claim = partial(claim, signature=BATCH, names=NAMES, f=loss, domain=VALUES, minimum={"N": 1})


@batch_claim(
    "loss/mse/wrt-w/sum-of-sample-terms",
    wrt="w",
    kinks=batch(),
    terms=terms_wrt_w,
    latex=r"\frac{\partial C}{\partial \mathbf{w}}"
    r" = \frac{1}{N} \sum_{i=1}^{N} 2 v_i \frac{\partial v_i}{\partial \mathbf{w}}",
)
def loss_wrt_w_term_by_term(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``(1/N) Σ_i 2v_i ∂v_i/∂w``, ``(1, n)``: the derivative moved inside the sum."""
    return sum(terms_wrt_w(w, b, X, y), zero_row(w))


@batch_claim(
    "loss/mse/wrt-w",
    wrt="w",
    kinks=batch(),
    terms=terms_wrt_w,
    latex=rf"\frac{{\partial C}}{{\partial \mathbf{{w}}}} = {_SAMPLES} "
    + by_activity(r"\vec{0}^T", rf"({_ERROR})\, \mathbf{{x}}_i^T", r"\mathbf{x}_i"),
)
def loss_wrt_w(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``(2/N) Σ_i {0⃗^T if w·x_i + b <= 0; (w·x_i + b - y_i) x_i^T otherwise}``, ``(1, n)``."""
    z = X @ w + b
    return row(2 / X.shape[0] * (np.where(z <= 0, 0, z - y) @ X))


@batch_claim(
    "loss/mse/wrt-b",
    wrt="b",
    kinks=batch(),
    terms=terms_wrt_b,
    latex=rf"\frac{{\partial C}}{{\partial b}} = {_SAMPLES} " + by_activity("0", _ERROR, r"\mathbf{x}_i"),
)
def loss_wrt_b(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``(2/N) Σ_i {0 if w·x_i + b <= 0; w·x_i + b - y_i otherwise}``, ``(1, 1)``."""
    z = X @ w + b
    return scalar(2 / X.shape[0] * np.sum(np.where(z <= 0, 0, z - y)))


def all_active(arguments: Arguments) -> Arguments:
    """Raise ``b`` until every ``w·x_i + b`` is at least half, and well above its own rounding."""
    w, b, X = (np.asarray(arguments[name]) for name in ("w", "b", "X"))
    products = X @ w
    least = 0.5 + np.max(np.abs(products), initial=0) / 8
    lowest = np.min(products, initial=np.inf)
    raised = b if lowest + b >= least else least - lowest
    return copied(arguments) | {"b": np.array(raised, dtype=b.dtype)}


def error(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``e_i = w·x_i + b - y_i``, shape ``(N,)``."""
    return X @ w + b - y


def _error_terms(w: Array, b: Array, X: Array, y: Array) -> list[Array]:
    e = error(w, b, X, y)
    return [2 / X.shape[0] * e[i] * row(X[i]) for i in range(X.shape[0])]


@batch_claim(
    "loss/mse/wrt-w/error-term",
    wrt="w",
    arrange=all_active,
    terms=_error_terms,
    latex=rf"\frac{{\partial C}}{{\partial \mathbf{{w}}}} = {_SAMPLES} e_i\, \mathbf{{x}}_i^T"
    rf"\quad \text{{if every }} {_ACTIVE}",
)
def loss_wrt_w_by_errors(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``(2/N) Σ_i e_i x_i^T``, ``(1, n)``; every sample is active."""
    return row(2 / X.shape[0] * (error(w, b, X, y) @ X))


@batch_claim(
    "loss/mse/wrt-b/error-term",
    wrt="b",
    arrange=all_active,
    terms=lambda w, b, X, y: [scalar(2 / X.shape[0] * e_i) for e_i in error(w, b, X, y)],
    latex=rf"\frac{{\partial C}}{{\partial b}} = {_SAMPLES} e_i \quad \text{{if every }} {_ACTIVE}",
)
def loss_wrt_b_by_errors(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``(2/N) Σ_i e_i``, ``(1, 1)``; every sample is active."""
    return scalar(2 / X.shape[0] * np.sum(error(w, b, X, y)))


@claim(
    "loss/mse/wrt-w/single-input",
    "(n),(),(1,n),(1)->()",
    names=NAMES,
    wrt="w",
    f=loss,
    domain=VALUES,
    arrange=all_active,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = 2 e_1 \mathbf{x}_1^T"
    r"\quad \text{if } N = 1, \mathbf{w} \cdot \mathbf{x}_1 + b > 0",
)
def loss_of_single_input_wrt_w(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``2 e_1 x_1^T``, ``(1, n)``; the one sample is active."""
    return row(2 * error(w, b, X, y)[0] * X[0])


_GRID = 32.0
"""Multiples of 1/32 up to 16: products and their sum over 32 components are exact in float32."""
_LARGEST = 16.0


def _on_grid(value: Any, rounding: Any) -> Any:
    return (rounding(np.asarray(value) * _GRID) / _GRID).astype(np.asarray(value).dtype)


def zero_error(arguments: Arguments) -> Arguments:
    """Round to a coarse grid, make the sample active and set ``y_1`` to ``w·x_1 + b``, exactly.

    On the grid no order of summation rounds, so that ``e_1`` is 0 for every
    witness and in every precision.
    """
    w, X = (np.clip(_on_grid(arguments[name], np.round), -_LARGEST, _LARGEST) for name in ("w", "X"))
    b = _on_grid(arguments["b"], np.round)
    z = X @ w
    if not z[0] + b >= 0.5:
        b = _on_grid(np.asarray(0.5 - z[0]), np.ceil)
    return copied(arguments) | {"w": w, "b": np.asarray(b), "X": X, "y": z + b}


@claim(
    "loss/mse/wrt-w/zero-error",
    "(n),(),(1,n),(1)->()",
    names=NAMES,
    wrt="w",
    f=loss,
    domain=real(tame=10.0, extreme=10.0),
    arrange=zero_error,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = \vec{0}^T"
    r"\quad \text{if } N = 1, \mathbf{w} \cdot \mathbf{x}_1 + b > 0, e_1 = 0",
)
def loss_at_zero_error_wrt_w(w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``0⃗^T``, ``(1, n)``: no error, no change."""
    return zero_row(w)
