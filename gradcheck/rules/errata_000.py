"""Misprints of document 000: each claim as printed, expected to be refuted."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import interval
from gradcheck.rules.catalogue import erratum
from gradcheck.rules.elementwise import multiply, multiply_wrt_w, subtract, subtract_wrt_x, unit_jacobian
from gradcheck.rules.errata_primals import ANY, NONZERO, product, product_slope
from gradcheck.rules.numerator import diagonal, identity, matrix, row, scalar
from gradcheck.rules.registry import namespace

PAIR = {"n": 2}
"""Least extents at which a neighbour ``w_2`` exists."""


@erratum(
    "E000-01",
    "(),(),(),()->()",
    names="x a b c",
    wrt="x",
    f=product,
    right=product_slope,
    domain=NONZERO,
    latex=r"\frac{d(fg)}{dx} = \frac{dg}{dx} + \frac{df}{dx} g",
    notes="Searched over f = a x^2, g = b x + c; the document's example is a = b = 1, c = 0.",
)
def product_rule_without_factor(x: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``g' + f' g``: the factor ``f`` of the first term is missing."""
    return scalar(b + 2 * a * x * (b * x + c))


def _three_xy(p: Any) -> Any:
    return 3 * p[0] * p[1]


def _three_xy_gradient(p: Any) -> Any:
    return row(3 * p[::-1])


@erratum(
    "E000-02",
    "(2)->()",
    names="p",
    wrt="p",
    f=_three_xy,
    right=_three_xy_gradient,
    domain=ANY,
    latex=r"f(x,y) = 3xy,\quad \nabla f = \begin{bmatrix} 6yx & 3x^2 \end{bmatrix}",
    notes="The printed function and the printed gradient exclude each other: the gradient is judged against "
    "the function as printed, whose own gradient is [3y, 3x]; gradient/3x2y confirms the pair as meant. p = "
    "(x, y).",
)
def gradient_of_another_function(p: Any) -> Any:
    """Return ``[6yx, 3x^2]``, given for ``3xy``."""
    x, y = p[0], p[1]
    return matrix(p, [[6 * y * x, 3 * x * x]])


def _three_x2y(x: Any, y: Any) -> Any:
    return 3 * x * x * y


def _three_x2y_by_x(x: Any, y: Any) -> Any:
    return scalar(6 * y * x)


@erratum(
    "E000-03",
    "(),()->()",
    names="x y",
    wrt="x",
    f=_three_x2y,
    right=_three_x2y_by_x,
    domain=NONZERO,
    latex=r"\frac{\partial}{\partial x} 3x^2y = 3xy",
)
def partial_without_exponent(x: Any, y: Any) -> Any:
    """Return ``3xy``: operator and exponent are lost."""
    return scalar(3 * x * y)


def _three_operators(w: Any, x: Any) -> Any:
    xp = namespace(w, x)
    first, second = w[0], x[0]
    return xp.stack([first / second, first**second, xp.where(first >= second, 1.0, 0.0)])


def _three_operators_by_w(w: Any, x: Any) -> Any:
    found = np.zeros((3, len(w)), dtype=np.result_type(w, x))
    found[0, 0] = 1 / x[0]
    found[1, 0] = x[0] * w[0] ** (x[0] - 1)
    return found


@erratum(
    "E000-10",
    "(n),(n)->(3)",
    names="w x",
    wrt="w",
    f=_three_operators,
    right=_three_operators_by_w,
    minimum=PAIR,
    domain={"w": interval(0.0, 4.0, tame=4.0), "x": interval(4.0, 8.0, tame=8.0)},
    latex=r"\frac{\partial f_i}{\partial w_j} = \frac{\partial g_i}{\partial w_j} = 0 \implies "
    r"\frac{\partial (f_i \bigcirc g_i)}{\partial w_j} = 0 \bigcirc 0 = 0",
    notes="Rows are w_1 o x_1 for division, power and >=; off the diagonal the printed rule predicts 0 o 0, "
    "computed with each operator, and the true entries are 0. The column of w_1, of which the sentence says "
    "nothing, is right in both. w < 4 < x keeps >= off its jump.",
)
def zero_operator_zero(w: Any, x: Any) -> Any:
    """Return ``0 o 0`` for every entry off the diagonal."""
    found = _three_operators_by_w(w, x)
    zero = np.zeros((), dtype=found.dtype)
    with np.errstate(invalid="ignore"):
        found[:, 1:] = np.array([[zero / zero], [zero**zero], [zero >= zero]])
    return found


def _scaled_pair(w: Any, x: Any) -> Any:
    return w[0] * w[1] * x[0]


def _scaled_pair_by_w(w: Any, x: Any) -> Any:
    found = np.zeros((1, len(w)), dtype=np.result_type(w, x))
    found[0, :2] = w[1] * x[0], w[0] * x[0]
    return found


def first_factor_zero(arguments: dict[str, Any]) -> dict[str, Any]:
    """Set ``x_1 = 0``, so that the product ``f_1(w) x_1`` is constant whatever ``f_1`` is."""
    x = np.array(arguments["x"])
    x[0] = 0
    return arguments | {"x": x}


@erratum(
    "E000-11",
    "(n),(n)->()",
    names="w x",
    wrt="w",
    f=_scaled_pair,
    right=_scaled_pair_by_w,
    minimum=PAIR,
    domain={"w": NONZERO, "x": ANY},
    arrange=first_factor_zero,
    latex=r"\frac{\partial (f_i(\mathbf{w}) \bigcirc g_i(\mathbf{x}))}{\partial w_j} = 0 \iff "
    r"\frac{\partial f_i}{\partial w_j} = \frac{\partial g_i}{\partial w_j} = 0",
    notes="'Precisely when' predicts a nonzero entry wherever f_i depends on w_j; it gives no size, so the "
    "entry is formalised as df_1/dw_2 = w_1 for y_1 = w_1 w_2 x_1. At x_1 = 0, set on every point, the true "
    "entry is 0.",
)
def nonzero_because_f_varies(w: Any, x: Any) -> Any:
    """Return the row of ``y_1`` with ``df_1/dw_2 = w_1`` as its second entry."""
    found = _scaled_pair_by_w(w, x)
    found[0, 1] = w[0]
    return found


@erratum(
    "E000-12",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=multiply,
    right=multiply_wrt_w,
    minimum={"n": 3},
    domain=NONZERO,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{w}} = \begin{bmatrix} "
    r"\frac{\partial}{\partial w_1}(f_1(w_1) \bigcirc g_1(x_1)) & & \\ "
    r"& \frac{\partial}{\partial w_2}(f_2(w_2) \bigcirc g_2(x_2)) & \\ & & \end{bmatrix}",
    notes="Searched over the Hadamard product with three elements or more.",
)
def diagonal_of_two_entries(w: Any, x: Any) -> Any:
    """Return ``diag(x_1, x_2, 0, ..., 0)``."""
    return diagonal(np.where(np.arange(len(x)) < 2, x, 0 * x))


@erratum(
    "E000-14",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=subtract,
    right=unit_jacobian,
    minimum={"n": 1},
    domain=ANY,
    latex=r"-\frac{\partial (\mathbf{w} - \mathbf{x})}{\partial \mathbf{w}} = I",
    notes="Solved for the derivative: -D = I claims D = -I.",
)
def difference_by_w_with_label_as_sign(w: Any, x: Any) -> Any:
    """Return ``-I``."""
    return -identity(w)


@erratum(
    "E000-15",
    "(n),(n)->(n)",
    names="w x",
    wrt="x",
    f=subtract,
    right=subtract_wrt_x,
    minimum={"n": 1},
    domain=ANY,
    latex=r"-\frac{\partial (\mathbf{w} - \mathbf{x})}{\partial \mathbf{x}} = -I",
    notes="Solved for the derivative: -D = -I claims D = I.",
)
def difference_by_x_with_label_as_sign(w: Any, x: Any) -> Any:
    """Return ``I``."""
    return identity(x)
