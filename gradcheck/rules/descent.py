"""Which way the gradient of the loss points, and the update rule of gradient descent.

The documents' sentences as derivatives at 0 (ours): along the transposed
gradient the loss rises at the rate ``‖∂C/∂w‖^2``, and the update ``w - η (∂C/∂w)^T``
lowers it at that rate (001 lines 445 and 494, 004 lines 540 to 574).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import Arguments, Interval, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.kink_placement import batch, copied
from gradcheck.rules.loss import loss, loss_wrt_b, loss_wrt_w
from gradcheck.rules.numerator import scalar
from gradcheck.rules.registry import namespace

__all__: list[str] = []

RAY = "(),(n),(),(N,n),(N)->()"
# The rate is of sixth order in these numbers, and the samples cross their kinks as t grows.
VALUES = real(tame=4.0, extreme=100.0)
ZERO = Interval(tame=1.0, extreme=1.0)


def _domain(step: str) -> dict[str, Interval]:
    return {step: ZERO, "w": VALUES, "b": VALUES, "X": VALUES, "y": VALUES}


def _at_zero(step: str) -> Callable[[Arguments], Arguments]:
    def arrange(arguments: Arguments) -> Arguments:
        return copied(arguments) | {step: np.zeros_like(np.asarray(arguments[step]))}

    return arrange


def _active_errors(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``w·x_i + b - y_i`` where sample i is active, else 0, on any namespace."""
    z = X @ w + b
    return namespace(z, y).where(z > 0, z - y, 0 * z)


def slope_wrt_w(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(∂C/∂w)^T``, shape ``(n,)``, on any namespace."""
    return _active_errors(w, b, X, y) @ X * (2 / X.shape[0])


def slope_wrt_b(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``∂C/∂b``, shape ``()``, on any namespace."""
    errors = _active_errors(w, b, X, y)
    return namespace(errors).sum(errors) * (2 / X.shape[0])


def along_gradient(t: Any, w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``φ(t) = C(w + t (∂C/∂w)^T)``."""
    return loss(w + t * slope_wrt_w(w, b, X, y), b, X, y)


def after_update_of_w(eta: Any, w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``C`` at ``w_{t+1} = w_t - η (∂C/∂w)^T``."""
    return loss(w - eta * slope_wrt_w(w, b, X, y), b, X, y)


def after_update_of_b(eta: Any, w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``C`` at ``b_{t+1} = b_t - η ∂C/∂b``."""
    return loss(w, b - eta * slope_wrt_b(w, b, X, y), X, y)


@claim(
    "loss/mse/gradient-points-uphill",
    RAY,
    names="t w b X y",
    wrt="t",
    f=along_gradient,
    domain=_domain("t"),
    minimum={"N": 1},
    kinks=batch(),
    arrange=_at_zero("t"),
    terms=lambda t, w, b, X, y: [scalar(slope**2) for slope in loss_wrt_w(w, b, X, y)[0]],
    latex=r"\frac{d}{dt} C\left(\mathbf{w} + t \left(\frac{\partial C}{\partial \mathbf{w}}\right)^T\right)"
    r" = \left\| \frac{\partial C}{\partial \mathbf{w}} \right\|^2 \geq 0 \quad \text{at } t = 0",
)
def along_gradient_wrt_t(t: Array, w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``+‖∂C/∂w‖^2 >= 0``, ``(1, 1)``."""
    gradient = loss_wrt_w(w, b, X, y)
    return gradient @ gradient.T


@claim(
    "loss/gradient-descent/w",
    RAY,
    names="eta w b X y",
    wrt="eta",
    f=after_update_of_w,
    domain=_domain("eta"),
    minimum={"N": 1},
    kinks=batch(),
    arrange=_at_zero("eta"),
    terms=lambda eta, w, b, X, y: [scalar(-(slope**2)) for slope in loss_wrt_w(w, b, X, y)[0]],
    latex=r"\mathbf{w}_{t+1} = \mathbf{w}_t - \eta \left(\frac{\partial C}{\partial \mathbf{w}}\right)^T"
    r",\quad \frac{d\, C(\mathbf{w}_{t+1})}{d \eta}"
    r" = -\left\| \frac{\partial C}{\partial \mathbf{w}} \right\|^2 \leq 0 \quad \text{at } \eta = 0",
)
def after_update_of_w_wrt_eta(eta: Array, w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``-‖∂C/∂w‖^2 <= 0``, ``(1, 1)``."""
    gradient = loss_wrt_w(w, b, X, y)
    return -(gradient @ gradient.T)


@claim(
    "loss/gradient-descent/b",
    RAY,
    names="eta w b X y",
    wrt="eta",
    f=after_update_of_b,
    domain=_domain("eta"),
    minimum={"N": 1},
    kinks=batch(),
    arrange=_at_zero("eta"),
    latex=r"b_{t+1} = b_t - \eta \frac{\partial C}{\partial b},\quad \frac{d\, C(b_{t+1})}{d \eta}"
    r" = -\left( \frac{\partial C}{\partial b} \right)^2 \leq 0 \quad \text{at } \eta = 0",
)
def after_update_of_b_wrt_eta(eta: Array, w: Array, b: Array, X: Array, y: Array) -> Array:
    """Return ``-(∂C/∂b)^2 <= 0``, ``(1, 1)``."""
    return -(loss_wrt_b(w, b, X, y) ** 2)
