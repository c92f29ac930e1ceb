"""Misprints of document 002 in the scalar rules, the loss and the Jacobian.

The document prints a formula up to three times: T is LaTeX, P plain text, H HTML text;
P and H lose signs, bars and exponents.  See also :mod:`.errata_002_elementwise` and
:mod:`.errata_002_chain`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import interval
from gradcheck.rules.catalogue import erratum
from gradcheck.rules.errata_primals import (
    ANY,
    LOG_SQUARE,
    NONZERO,
    POSITIVE,
    cube,
    cube_slope,
)
from gradcheck.rules.jacobian import both, two_by_two
from gradcheck.rules.numerator import constant, identity, row, scalar, zero_row
from gradcheck.rules.registry import Kind, namespace


def _mean_square(t: Any, a: Any) -> Any:
    return namespace(t, a).sum((t - a) ** 2) / len(t)


def _mean_square_by_dot(t: Any, a: Any) -> Any:
    v = t - a
    return v @ v / len(v)


@erratum(
    "E002-02",
    "(N),(N)->()",
    names="t a",
    wrt=None,
    kind=Kind.VALUE,
    f=_mean_square,
    right=_mean_square_by_dot,
    minimum={"N": 1},
    domain=NONZERO,
    latex=r"\frac{1}{N} \sum_x (target(x) activation(x))^2",
    notes="t = target, a = activation, one of each for a sample.",
)
def mean_square_of_products(t: Any, a: Any) -> Any:
    """Return ``(1/N) sum (t a)^2``: the minus sign is lost."""
    return np.sum((t * a) ** 2) / len(t)


def _power(x: Any, n: Any) -> Any:
    return x**n


def _power_slope(x: Any, n: Any) -> Any:
    return scalar(n * x ** (n - 1))


@erratum(
    "E002-03",
    "(),()->()",
    names="x n",
    wrt="x",
    f=_power,
    right=_power_slope,
    domain={"x": interval(0.0, 10.0, tame=10.0), "n": interval(1.0, 6.0, tame=6.0)},
    latex=r"\frac{d}{dx} x^n = n x^n 1",
    notes="Searched over real exponents n and x > 0, where the power rule holds for every n.",
)
def power_rule_without_its_minus(x: Any, n: Any) -> Any:
    """Return ``n x^n``."""
    return scalar(n * x**n)


@erratum(
    "E002-04",
    **LOG_SQUARE,
    latex=r"\frac{d}{dx} \ln(x^2) = 2 x",
)
def quotient_without_its_bar(x: Any) -> Any:
    """Return ``2x`` for ``2/x``."""
    return scalar(2 * x)


@erratum(
    "E002-05",
    **LOG_SQUARE,
    latex=r"\frac{d}{dx} \ln(x^2) = x 2",
    notes="Read as 2x; read as x^2 it is refuted at the document's x = 2 with the same number.",
)
def quotient_denominator_first(x: Any) -> Any:
    """Return ``x 2`` for ``2/x``."""
    return scalar(x * 2)


@erratum(
    "E002-08",
    "(2)->(2)",
    names="p",
    wrt="p",
    f=both,
    right=two_by_two,
    domain=NONZERO,
    latex=r"J = \begin{bmatrix} 6yx & 2 \\ 3x^2 & 8y^7 \end{bmatrix}",
    notes="The printed order of the entries filled row by row; p = (x, y).",
)
def jacobian_column_by_column(p: Any) -> Any:
    """Return the entries ``6yx, 2, 3x^2, 8y^7`` row by row: the transpose."""
    return two_by_two(p).T


def _second_function(x: Any) -> Any:
    return 2 * x[0] + x[1] ** 8


def _second_function_by_squaring(x: Any) -> Any:
    square = x[1] * x[1]
    return x[0] + x[0] + square * square * square * square


@erratum(
    "E002-10",
    "(2)->()",
    names="x",
    wrt=None,
    kind=Kind.VALUE,
    f=_second_function,
    right=_second_function_by_squaring,
    domain=ANY,
    latex=r"y_1 = f_1(\mathbf{x}) = 3x_1^2x_2 = f_2(\mathbf{x}) = 2x_1 + x_2^8",
    notes="The chain of equalities asserts f_1 = f_2; the value of f_1 is judged as that of f_2.",
)
def one_chain_of_equalities(x: Any) -> Any:
    """Return ``3 x_1^2 x_2`` as the value of ``2 x_1 + x_2^8``."""
    return 3 * x[0] * x[0] * x[1]


def _first_component(x: Any) -> Any:
    return x[0]


def _first_component_by_x(x: Any) -> Any:
    return identity(x)[:1]


@erratum(
    "E002-11",
    "(n)->()",
    names="x",
    wrt="x",
    f=_first_component,
    right=_first_component_by_x,
    minimum={"n": 2},
    domain=ANY,
    latex=r"f_1(\mathbf{x}) = \mathbf{x},\quad \frac{\partial f_1}{\partial \mathbf{x}} = I",
    notes="The Jacobian of the component f_1 as printed has n rows: refuted by shape.",
)
def component_that_is_the_whole_vector(x: Any) -> Any:
    """Return ``I``, the Jacobian of ``f_1(x) = x``, for the scalar ``x_1``."""
    return identity(x)


def _bias(x: Any, b: Any) -> Any:
    # The zero keeps the result an array of the arguments' own kind; the bias does not depend on x.
    return b + 0 * namespace(x, b).sum(x)


def _bias_by_x(x: Any, b: Any) -> Any:
    return zero_row(x)


@erratum(
    "E002-13",
    "(n),()->()",
    names="x b",
    wrt="x",
    f=_bias,
    right=_bias_by_x,
    minimum={"n": 1},
    domain=NONZERO,
    latex=r"\frac{\partial b}{\partial \mathbf{x}} = I",
    notes="b is the scalar bias and does not depend on x.",
)
def bias_in_place_of_y(x: Any, b: Any) -> Any:
    """Return ``I`` for the derivative of the bias."""
    return identity(x)


def _three_x2y(p: Any) -> Any:
    return 3 * p[0] * p[0] * p[1]


def _three_x2y_by_sum(p: Any) -> Any:
    area = p[0] * p[0] * p[1]
    return area + area + area


@erratum(
    "E002-52",
    "(2)->()",
    names="p",
    wrt=None,
    kind=Kind.VALUE,
    f=_three_x2y,
    right=_three_x2y_by_sum,
    domain=ANY,
    latex=r"f(x,y) = \begin{bmatrix} 6yx & 3x^2 \end{bmatrix}",
    notes="Read literally, a function that is its own gradient: a row 1x2 for a number, refuted by shape. p "
    "= (x, y).",
)
def gradient_as_the_function(p: Any) -> Any:
    """Return ``[6yx, 3x^2]`` as the value of ``3x^2 y``."""
    x, y = p[0], p[1]
    return row(np.array([6 * y * x, 3 * x * x]))


@erratum(
    "E002-53",
    "()->()",
    names="x",
    wrt="x",
    f=cube,
    right=cube_slope,
    domain=POSITIVE,
    latex=r"f(x) = x 3,\quad \frac{df}{dx} = 3",
    notes="The flattened x 3 read as 3x; its derivative is judged for x^3.",
)
def cube_read_as_product(x: Any) -> Any:
    """Return 3, the derivative of ``3x``."""
    return constant(3, x)
