"""Misprints of document 001, rules up to the neuron; the loss is in :mod:`.errata_001_loss`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import interval
from gradcheck.rules.catalogue import erratum
from gradcheck.rules.chain import sin_x2, sin_x2_slope
from gradcheck.rules.elementwise import multiply, multiply_wrt_w, multiply_wrt_x
from gradcheck.rules.errata_primals import (
    ANY,
    LOG_AND_SINE,
    NONZERO,
    THROUGH_SQUARE,
)
from gradcheck.rules.errata_samples import active_neuron
from gradcheck.rules.latex import by_activity
from gradcheck.rules.neuron import activation, activation_wrt_b, dot, dot_wrt_w
from gradcheck.rules.numerator import diagonal, matrix, row, scalar

PAIR = {"n": 2}
"""Least extents at which a diagonal differs from a row, and a neighbour exists."""
BELOW_QUARTER_TURN = interval(0.0, 1.2, tame=1.2)
"""Where ``x^2 < pi/2``, so that ``cos(x^2)`` does not vanish."""


@erratum(
    "E001-03",
    "(n),(n)->(n)",
    names="w x",
    wrt="x",
    f=multiply,
    right=multiply_wrt_x,
    minimum=PAIR,
    domain=NONZERO,
    latex=r"\frac{\partial}{\partial x_i} (f_k(\mathbf{w}) \bigcirc f_k(\mathbf{x})) = "
    r"\frac{\partial}{\partial x_i} (f_k(w_j) \bigcirc f_k(x_j))",
    notes="Hadamard product, f_k(v) = v_k. The free index j is bound to k + 1 (the first after the last), "
    "as in the example, where k = 1 and j = 2.",
)
def partial_with_a_free_index(w: Any, x: Any) -> Any:
    """Return row ``k`` as the gradient of ``w_j x_j`` with ``j = k + 1``."""
    return np.roll(diagonal(w), -1, axis=0)


@erratum(
    "E001-04",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=multiply,
    right=multiply_wrt_w,
    minimum={"n": 1},
    domain=NONZERO,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{w}} = diag\left("
    r"\frac{\partial}{\partial w_1} (f_1(w_1) \bigcirc g_1(x_1)), \ldots, "
    r"\frac{\partial}{\partial x_n} (f_n(w_n) \bigcirc g_n(x_n))\right)",
    notes="Searched over the Hadamard product.",
)
def diagonal_with_a_wrong_last_entry(w: Any, x: Any) -> Any:
    """Return ``diag(x_1, ..., x_(n-1), w_n)``: the last partial is by ``x_n``."""
    return diagonal(np.concatenate([x[:-1], w[-1:]]))


@erratum(
    "E001-05",
    "()->()",
    names="x",
    wrt="x",
    f=sin_x2,
    right=sin_x2_slope,
    domain=BELOW_QUARTER_TURN,
    latex=r"\frac{dx}{dy} = \frac{dy}{du} \frac{du}{dx}",
    notes="Searched over y = sin(x^2) where dx/dy exists.",
)
def effect_of_output_on_parameter(x: Any) -> Any:
    """Return ``dx/dy = 1 / (2 x cos(x^2))``."""
    return scalar(1 / (2 * x * np.cos(x * x)))


def _through_powers(x: Any, a: Any, b: Any, c: Any) -> Any:
    u_1, u_2 = x * x, x * x * x
    return a * x + b * u_1 + c * u_2


def _through_powers_slope(x: Any, a: Any, b: Any, c: Any) -> Any:
    return scalar(a + b * 2 * x + c * 3 * x * x)


@erratum(
    "E001-06",
    "(),(),(),()->()",
    names="x a b c",
    wrt="x",
    f=_through_powers,
    right=_through_powers_slope,
    domain=NONZERO,
    latex=r"\frac{\partial f}{\partial x} + \frac{\partial f}{\partial u_1} \frac{\partial u_1}{\partial x} "
    r"+ \frac{\partial f}{\partial u_1} \frac{\partial u_1}{\partial x} + \ldots + "
    r"\frac{\partial f}{\partial u_n} \frac{\partial u_n}{\partial x}",
    notes="Searched over f = a x + b u_1 + c u_2, u_1 = x^2, u_2 = x^3; the example is a = 0, b = c = 1. "
    "As in the example, the repeated term stands beside all others.",
)
def total_derivative_with_a_term_twice(x: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``df/dx + T_1 + T_1 + T_2`` for the partial ``df/dx = a``."""
    through_1, through_2 = b * 2 * x, c * 3 * x * x
    return scalar(a + through_1 + through_1 + through_2)


@erratum(
    "E001-07",
    **THROUGH_SQUARE,
    latex=r"\frac{\partial f}{\partial x} + \sum_{i=1}^n \frac{f}{\partial u_i} \frac{\partial u_i}{\partial "
    r"x}",
    notes="Searched over f = a x + b u_1, u_1 = x^2; the example is a = b = 1.",
)
def ratio_in_the_total_derivative(x: Any, a: Any, b: Any) -> Any:
    """Return ``a + (f/u_1) 2x``: a ratio where the partial should be."""
    u_1 = x * x
    return scalar(a + (a * x + b * u_1) / u_1 * 2 * x)


@erratum(
    "E001-08",
    **THROUGH_SQUARE,
    latex=r"\sum_{i=1}^{n+1} \frac{f}{\partial u_i} \frac{\partial u_i}{\partial x}",
    notes="Searched over f = b u_1 + a u_2, u_1 = x^2, u_2 = x (the alias); the example is a = b = 1.",
)
def ratios_with_the_alias(x: Any, a: Any, b: Any) -> Any:
    """Return ``(f/u_1) 2x + (f/u_2) 1`` with the alias ``u_2 = x``."""
    f = b * x * x + a * x
    return scalar(f / (x * x) * 2 * x + f / x)


@erratum(
    "E001-09",
    **THROUGH_SQUARE,
    latex=r"\frac{\partial f(x, u_1, \ldots, u_n)}{\partial x} = \frac{\partial f}{\partial x} "
    r"\implies \sum_{i=1}^n \frac{\partial f}{\partial u_i} \frac{\partial u_i}{\partial x} = 0",
    notes="One symbol stands for the total derivative and for the partial: the partial is claimed as the "
    "total one. Searched over f = a x + b u_1, u_1 = x^2; the example is a = b = 1.",
)
def partial_as_total_derivative(x: Any, a: Any, b: Any) -> Any:
    """Return the partial ``a`` at fixed ``u_1``."""
    return scalar(a)


@erratum(
    "E001-14",
    **LOG_AND_SINE,
    latex=r"\frac{\partial \mathbf{f}}{\partial x} = \begin{bmatrix} \frac{2}{x} \\ "
    r"\frac{\partial f_2}{\partial g_2} \frac{1}{\partial x} \end{bmatrix}",
)
def inner_derivative_of_one(x: Any) -> Any:
    """Return ``[2/x; cos(3x)]``: the inner derivative 3 is read as 1."""
    return matrix(x, [[2 / x], [np.cos(3 * x)]])


@erratum(
    "E001-17",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=dot,
    right=dot_wrt_w,
    minimum=PAIR,
    domain=ANY,
    latex=r"\mathbf{u} = \mathbf{w} \cdot \mathbf{x},\quad "
    r"\frac{\partial \mathbf{u}}{\partial \mathbf{w}} = diag(\mathbf{x})",
    notes="The printed u is a scalar; the matrix printed for it has n rows: refuted by shape.",
)
def matrix_for_a_scalar_u(w: Any, x: Any) -> Any:
    """Return ``diag(x)``, nxn, for the printed ``u = w . x``."""
    return diagonal(x)


@erratum(
    "E001-18",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=dot,
    right=dot_wrt_w,
    minimum=PAIR,
    domain=ANY,
    latex=r"\frac{\partial}{\partial \mathbf{w}} (\mathbf{w} \cdot \mathbf{x}) = diag(\mathbf{x})",
    notes="Refuted by shape.",
)
def matrix_for_the_dot_product(w: Any, x: Any) -> Any:
    """Return ``diag(x)``, nxn, for a scalar function."""
    return diagonal(x)


@erratum(
    "E001-20",
    "(n),(n),()->()",
    names="w x b",
    wrt="b",
    f=activation,
    right=activation_wrt_b,
    minimum=PAIR,
    domain=ANY,
    arrange=active_neuron,
    latex=r"\frac{\partial activation}{\partial b} = " + by_activity(r"\vec{0}^T", r"\mathbf{x}^T"),
    notes="The case of w is copied; a row 1xn by a scalar is refuted by shape. Points are active by "
    "construction.",
)
def bias_with_the_case_of_the_weights(w: Any, x: Any, b: Any) -> Any:
    """Return the row ``x^T`` where active, the row of zeros elsewhere."""
    return row(np.where(np.sum(w * x) + b > 0, x, 0 * x))
