"""Misprints of document 001 in the gradient of the loss."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.rules.catalogue import erratum
from gradcheck.rules.errata_primals import ANY
from gradcheck.rules.errata_samples import inactive, sides
from gradcheck.rules.latex import by_activity
from gradcheck.rules.loss import BATCH, all_active, error, loss, loss_wrt_b, loss_wrt_w
from gradcheck.rules.numerator import row, scalar
from gradcheck.rules.registry import Kind, namespace

NAMES = "w b X y"
SINGLE = "(n),(),(1,n),(1)->()"
TWO_SAMPLES = {"n": 1, "N": 2}
"""Least extents with one active and one inactive sample."""


def mean_square(y: Any, a: Any) -> Any:
    """Return ``(1/N) sum_i (y_i - a_i)^2``."""
    return namespace(y, a).sum((y - a) ** 2) / len(y)


def mean_square_by_dot(y: Any, a: Any) -> Any:
    """Return the same as the dot product of the differences with themselves, over ``N``."""
    v = y - a
    return v @ v / len(v)


@erratum(
    "E001-22",
    "(N),(N)->()",
    names="y a",
    wrt=None,
    kind=Kind.VALUE,
    f=mean_square,
    right=mean_square_by_dot,
    minimum={"N": 2},
    domain=ANY,
    latex=r"\mathbf{y} = [target(\mathbf{x}_1), \ldots, target(\mathbf{x}_N)]^T = [y_1, y_2, \cdots, y_N]",
    notes="A column equated with a row, as array software takes it: the mean square of targets 1xN against "
    "activations Nx1 spreads over all pairs.",
)
def mean_square_of_row_and_column(y: Any, a: Any) -> Any:
    """Return ``(1/N)`` times the squares of all ``y_j - a_i``."""
    return np.sum((y[None, :] - a[:, None]) ** 2) / len(y)


def _mean_of_squares(v: Any) -> Any:
    return namespace(v).sum(v * v) / len(v)


def _mean_of_squares_by_dot(v: Any) -> Any:
    return v @ v / len(v)


@erratum(
    "E001-23",
    "(N)->()",
    names="v",
    wrt=None,
    kind=Kind.VALUE,
    f=_mean_of_squares,
    right=_mean_of_squares_by_dot,
    minimum={"N": 2},
    domain=ANY,
    latex=r"\frac{1}{N} \sum_{i=1}^{N} v^2 = v^2",
    notes="v without its sample index does not change under the sum; it is bound to v_1, as in the example.",
)
def mean_without_an_index(v: Any) -> Any:
    """Return ``v_1^2``."""
    return v[0] * v[0]


def _unconditional_by_w(w: Any, b: Any, X: Any, y: Any) -> Any:
    return row(2 * (error(w, b, X, y) @ X) / len(y))


def _unconditional_by_b(w: Any, b: Any, X: Any, y: Any) -> Any:
    return scalar(2 * np.sum(error(w, b, X, y)) / len(y))


def _switched_by(index: int, gradient: Any, w: Any, b: Any, X: Any) -> Any:
    return gradient if X[index] @ w + b > 0 else 0 * gradient


loss_misprint = partial(erratum, names=NAMES, f=loss, domain=ANY)
sides_misprint = partial(loss_misprint, signature=BATCH, minimum=TWO_SAMPLES, arrange=sides)
"""Shown where some samples are active and others are not."""


@sides_misprint(
    "E001-25",
    wrt="w",
    right=loss_wrt_w,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = "
    + by_activity(
        r"\vec{0}^T",
        r"\frac{-2}{N} \sum_{i=1}^{N} (y_i - (\mathbf{w} \cdot \mathbf{x}_i + b)) \mathbf{x}_i^T",
        r"\mathbf{x}_i",
    ),
    notes="The free i of the conditions is bound to sample 1, as in the example; samples are active and "
    "inactive in turn by construction, so that sample 1 switches all of them on.",
)
def all_samples_switched_by_the_first(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return the sum over all samples where sample 1 is active, else the row of zeros."""
    gradient = row(-2 * ((y - (X @ w + b)) @ X) / len(y))
    return _switched_by(0, gradient, w, b, X)


@sides_misprint(
    "E001-26",
    wrt="w",
    right=loss_wrt_w,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = "
    + by_activity(
        r"\vec{0}^T",
        r"\frac{2}{N} \sum_{i=1}^{N} (\mathbf{w} \cdot \mathbf{x}_i + b - y_i) \mathbf{x}_i^T",
        r"\mathbf{x}_i",
    ),
    notes="The free i is bound to sample 2, as in the example; that sample is inactive by construction and "
    "switches all of them off.",
)
def all_samples_switched_by_the_second(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return the sum over all samples where sample 2 is active, else the row of zeros."""
    return _switched_by(1, _unconditional_by_w(w, b, X, y), w, b, X)


@sides_misprint(
    "E001-27",
    wrt="w",
    right=loss_wrt_w,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = \frac{2}{N} \sum_{i=1}^N e_i \mathbf{x}_i^T",
    notes="Samples are active and inactive in turn by construction.",
)
def weights_gradient_of_all_samples(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(2/N) sum_i e_i x_i^T`` with the inactive samples in it."""
    return _unconditional_by_w(w, b, X, y)


@loss_misprint(
    "E001-28",
    SINGLE,
    wrt=None,
    kind=Kind.VALUE,
    right=lambda w, b, X, y: error(w, b, X, y)[0] ** 2,
    minimum={"n": 2},
    arrange=all_active,
    latex=r"C = 2 e_1 \mathbf{x}_1^T",
    notes="The loss of one active sample is the scalar e_1^2; the row 1xn called its value is refuted by "
    "shape.",
)
def gradient_called_the_loss(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return the row ``2 e_1 x_1^T``."""
    return row(2 * error(w, b, X, y)[0] * X[0])


@loss_misprint(
    "E001-29",
    SINGLE,
    wrt="w",
    right=loss_wrt_w,
    minimum={"n": 1},
    arrange=inactive,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = 2 e_1 \mathbf{x}_1^T",
    notes="The sample is inactive by construction.",
)
def single_gradient_without_condition(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return the row ``2 e_1 x_1^T`` of an inactive sample."""
    return row(2 * error(w, b, X, y)[0] * X[0])


def _descended(w: Any, b: Any, X: Any, y: Any, eta: Any) -> Any:
    xp = namespace(w, b, X, y, eta)
    z = X @ w + b
    terms = xp.where(z > 0, z - y, 0 * z)[:, None] * X
    return (w - eta * (2 * xp.sum(terms, axis=0)) / len(y))[:, None]


def _gradient(w: Any, b: Any, X: Any, y: Any) -> Any:
    # Not loss_wrt_w, whose factor 2/N is a float: values are checked in rational arithmetic too.
    e = error(w, b, X, y)
    return row(2 * (np.where(e + y > 0, e, 0 * e) @ X) / len(y))


def _descended_by_transpose(w: Any, b: Any, X: Any, y: Any, eta: Any) -> Any:
    return w[:, None] - eta * _gradient(w, b, X, y).T


@erratum(
    "E001-30",
    "(n),(),(N,n),(N),()->(n,1)",
    names="w b X y eta",
    wrt=None,
    kind=Kind.VALUE,
    f=_descended,
    right=_descended_by_transpose,
    minimum={"n": 2, "N": 2},
    domain=ANY,
    arrange=sides,
    latex=r"\mathbf{w}_{t+1} = \mathbf{w}_t - \eta \frac{\partial C}{\partial \mathbf{w}}",
    notes="A column nx1 less a row 1xn, as array software takes it: it spreads to nxn and is refuted by "
    "shape.",
)
def column_less_row(w: Any, b: Any, X: Any, y: Any, eta: Any) -> Any:
    """Return ``w - eta dC/dw`` spread to nxn."""
    return w[:, None] - eta * _gradient(w, b, X, y)


@sides_misprint(
    "E001-32",
    wrt="b",
    right=loss_wrt_b,
    latex=r"\frac{\partial C}{\partial b} = "
    + by_activity(
        "0", r"\frac{2}{N} \sum_{i=1}^{N} (\mathbf{w} \cdot \mathbf{x}_i + b - y_i)", r"\mathbf{x}_i"
    ),
    notes="The free i is bound to sample 1, which is active by construction; every second sample is not.",
)
def bias_switched_by_the_first(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return the sum over all samples where sample 1 is active, else 0."""
    return _switched_by(0, _unconditional_by_b(w, b, X, y), w, b, X)


@sides_misprint(
    "E001-33",
    wrt="b",
    right=loss_wrt_b,
    latex=r"\frac{\partial C}{\partial b} = \frac{2}{N} \sum_{i=1}^{N} e_i",
    notes="Samples are active and inactive in turn by construction.",
)
def bias_gradient_of_all_samples(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(2/N) sum_i e_i`` with the inactive samples in it."""
    return _unconditional_by_b(w, b, X, y)
