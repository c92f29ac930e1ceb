"""Misprints of document 004: each claim as printed, expected to be refuted."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.domains import Interval, interval
from gradcheck.rules.catalogue import erratum
from gradcheck.rules.elementwise import multiply, multiply_wrt_w
from gradcheck.rules.errata_primals import (
    ANY,
    BUMP,
    NONZERO,
    X_PLUS_U,
    x_plus_square,
)
from gradcheck.rules.loss import BATCH, all_active, error, loss, loss_wrt_b, loss_wrt_w
from gradcheck.rules.neuron import relu, relu_broadcast_wrt_x
from gradcheck.rules.numerator import column, constant, identity, matrix, row, scalar
from gradcheck.rules.reduce import total, total_wrt_x
from gradcheck.rules.registry import namespace

ONE_SAMPLE = {"n": 1, "N": 1}
TWO = {"n": 2}


def _three_rows(x: Any, c: Any) -> Any:
    # The zero keeps the constant an array of the argument's own kind.
    return namespace(x, c).stack([c + 0 * x, c * x * x, x * x * x])


def _three_rows_slope(x: Any, c: Any) -> Any:
    return matrix(x, [[0], [c * 2 * x], [x * x + x * 2 * x]])


@erratum(
    "E004-02",
    "(),()->(3)",
    names="x c",
    wrt="x",
    f=_three_rows,
    right=_three_rows_slope,
    domain=NONZERO,
    latex=r"(c)' = c,\quad (cf)' = cf,\quad (fg)' = fg",
    notes="One row for each rule of the table, with f = x^2 and g = x.",
)
def functions_in_the_column_of_derivatives(x: Any, c: Any) -> Any:
    """Return ``[c; c f; f g]``: each function as its own derivative."""
    return matrix(x, [[c], [c * x * x], [x * x * x]])


def _larger_of(w: Any, x: Any) -> Any:
    return namespace(w, x).maximum(w[0] + w[1], x[0])


def _larger_of_by_w(w: Any, x: Any) -> Any:
    found = np.zeros((1, len(w)), dtype=np.result_type(w, x))
    found[0, :2] = w[0] + w[1] > x[0]
    return found


def second_argument_wins(arguments: dict[str, Any]) -> dict[str, Any]:
    """Raise ``x_1`` above ``w_1 + w_2``, by more than rounding can take back."""
    w, x = arguments["w"], np.array(arguments["x"])
    x[0] = abs(x[0]) + abs(w[0]) + abs(w[1]) + 1
    return arguments | {"x": x}


@erratum(
    "E004-03",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=_larger_of,
    right=_larger_of_by_w,
    minimum=TWO,
    domain=ANY,
    arrange=second_argument_wins,
    latex=r"\frac{\partial (f_i(\mathbf{w}) \bigcirc g_i(\mathbf{x}))}{\partial w_j} = 0 \iff "
    r"\frac{\partial f_i}{\partial w_j} = \frac{\partial g_i}{\partial w_j} = 0",
    notes="'Precisely when' predicts a nonzero entry because df_1/dw_2 = 1 for max(w_1 + w_2, x_1); it gives "
    "no size, so the entry is formalised as that 1. Where x_1 wins, which every point is arranged for, the "
    "true entry is 0.",
)
def nonzero_though_the_other_wins(w: Any, x: Any) -> Any:
    """Return the row with ``df_1/dw_2 = 1`` as its second entry."""
    found = _larger_of_by_w(w, x)
    found[0, 1] = 1
    return found


def _first_power(w: Any, x: Any) -> Any:
    return w[0] ** x[0]


def _first_power_by_w(w: Any, x: Any) -> Any:
    found = np.zeros((1, len(w)), dtype=np.result_type(w, x))
    found[0, 0] = x[0] * w[0] ** (x[0] - 1)
    return found


@erratum(
    "E004-04",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=_first_power,
    right=_first_power_by_w,
    minimum=TWO,
    domain=interval(0.0, 8.0, tame=8.0),
    latex=r"\frac{\partial f_i}{\partial w_j} = \frac{\partial g_i}{\partial w_j} = 0 \implies "
    r"\frac{\partial f_i^{g_i}}{\partial w_j} = 0^0",
    notes="The operator is the power; off the diagonal the rule predicts 0^0, which is 1 in floating point "
    "and in the usual convention, and the true entry is 0.",
)
def zero_to_the_zero(w: Any, x: Any) -> Any:
    """Return the row of ``w_1^x_1`` with ``0^0`` off the diagonal."""
    found = _first_power_by_w(w, x)
    zero = np.zeros((), dtype=found.dtype)
    found[0, 1:] = zero**zero
    return found


@erratum(
    "E004-06",
    **X_PLUS_U,
    latex=r"\frac{\partial u_2(x, u_1)}{\partial x} \neq 1",
    notes="'The partial is wrong' claims no number; it is formalised by what the text puts in its place, "
    "dy/dx = 1 + 2x, claimed for the partial at fixed u_1. The partial is 1.",
)
def partial_called_wrong(x: Any, u_1: Any) -> Any:
    """Return ``1 + 2x`` as the partial of ``x + u_1`` at fixed ``u_1``."""
    return scalar(1 + 2 * x)


@erratum(
    "E004-07",
    **BUMP,
    latex=r"\Delta y = y - \hat{y}",
    notes="y = x + x^2, d is the bump of x.",
)
def change_backwards(x: Any, d: Any) -> Any:
    """Return ``y(x) - y(x + d)`` as the change of ``y``."""
    return x_plus_square(x) - x_plus_square(x + d)


@erratum(
    "E004-08",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=multiply,
    right=multiply_wrt_w,
    minimum={"n": 1},
    domain=NONZERO,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{w}} = "
    r"diag\left(\cdots \frac{\partial w_i}{\partial x_i} \cdots\right) = 0",
    notes="Hadamard product. With w independent of x, the printed elements dw_i/dx_i are 0.",
)
def diagonal_of_w_by_x(w: Any, x: Any) -> Any:
    """Return ``diag(dw_i/dx_i)`` for independent ``w``: the zero matrix."""
    return 0 * identity(w)


def _itself(z: Any) -> Any:
    return 1 * z


def _itself_slope(z: Any) -> Any:
    return constant(1, z)


@erratum(
    "E004-09",
    "()->()",
    names="z",
    wrt="z",
    f=_itself,
    right=_itself_slope,
    domain=Interval(high=0.0, tame=10.0, extreme=1e4),
    latex=r"z \leq 0 \implies \frac{dz}{dz} = 0",
    notes="Were z a constant for z <= 0, as the reason given says, dz/dz would be 0 there; z < 0 is "
    "searched.",
)
def slope_of_a_constant_z(z: Any) -> Any:
    """Return 0 for ``dz/dz``."""
    return constant(0, z)


@erratum(
    "E004-10",
    "(n)->(n)",
    names="x",
    wrt="x",
    f=relu,
    right=relu_broadcast_wrt_x,
    minimum=TWO,
    domain=NONZERO,
    latex=r"\frac{\partial \max(0, \mathbf{x})}{\partial \mathbf{x}} = "
    r"\begin{bmatrix} {[x_1 > 0]} \\ \vdots \\ {[x_n > 0]} \end{bmatrix}",
    notes="Refuted by shape: a vector by a vector is nxn.",
)
def vector_of_zeros_and_ones(x: Any) -> Any:
    """Return the column ``[x_i > 0]``, nx1."""
    return column((x > 0).astype(x.dtype))


loss_misprint = partial(erratum, names="w b X y", f=loss, domain=ANY, arrange=all_active)


@loss_misprint(
    "E004-11",
    "(n),(),(1,n),(1)->()",
    wrt="w",
    right=loss_wrt_w,
    minimum={"n": 1},
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = 2 (y_1 - (\mathbf{w} \cdot \mathbf{x}_1 + b)) "
    r"\mathbf{x}_1^T",
    notes="One sample, active by construction.",
)
def error_as_target_less_actual(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``2 (target - actual) x^T``."""
    return row(-2 * error(w, b, X, y)[0] * X[0])


@loss_misprint(
    "E004-12",
    BATCH,
    wrt="w",
    right=loss_wrt_w,
    minimum=ONE_SAMPLE,
    latex=r"\frac{\partial C}{\partial \mathbf{w}} = \frac{1}{N} \sum_{i=1}^N e_i \mathbf{x}_i^T",
    notes="All samples are active by construction, so that the factor 2 alone is at issue.",
)
def average_weighted_by_error(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(1/N) sum_i e_i x_i^T``."""
    return row(error(w, b, X, y) @ X / len(y))


@loss_misprint(
    "E004-13",
    BATCH,
    wrt="b",
    right=loss_wrt_b,
    minimum=ONE_SAMPLE,
    latex=r"\frac{\partial C}{\partial b} = \frac{1}{N} \sum_{i=1}^N e_i",
    notes="All samples are active by construction, so that the factor 2 alone is at issue.",
)
def average_error(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Return ``(1/N) sum_i e_i``."""
    return scalar(np.sum(error(w, b, X, y)) / len(y))


@erratum(
    "E004-14",
    "(n)->()",
    names="x",
    wrt="x",
    f=total,
    right=total_wrt_x,
    minimum=TWO,
    domain=ANY,
    latex=r"\frac{\partial sum(\mathbf{x})}{\partial \mathbf{x}} = I",
    notes="The derivative of the vector addition w + x, nxn, judged for the sum reduction whose formula "
    "stood there.",
)
def addition_for_reduction(x: Any) -> Any:
    """Return ``I``, the derivative of ``w + x`` by one of its vectors."""
    return identity(x)


def _coupled(w: Any, x: Any) -> Any:
    return w[0] * w[1] + x[0]


def _coupled_by_w(w: Any, x: Any) -> Any:
    found = np.zeros((1, len(w)), dtype=np.result_type(w, x))
    found[0, :2] = w[1], w[0]
    return found


@erratum(
    "E004-18",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=_coupled,
    right=_coupled_by_w,
    minimum=TWO,
    domain=NONZERO,
    latex=r"\mathbf{f}(\mathbf{w}),\ \mathbf{g}(\mathbf{x}) \implies "
    r"\frac{\partial}{\partial w_j} (f_i(\mathbf{w}) \bigcirc g_i(\mathbf{x})) = 0,\quad j \neq i",
    notes="y_1 = f_1(w) + x_1 with f_1 = w_1 w_2 meets the condition as printed, on whole vectors; the row "
    "of y_1 is judged with zeros off the diagonal.",
)
def diagonal_under_a_vacuous_condition(w: Any, x: Any) -> Any:
    """Return the row of ``y_1`` with zeros off the diagonal."""
    found = _coupled_by_w(w, x)
    found[0, 1:] = 0
    return found
