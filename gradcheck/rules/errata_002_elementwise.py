"""Misprints of document 002 in the element-wise operators and the scalar expansion.

Most are of H, the HTML rendering, which loses minus signs, bars and the operators themselves.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from gradcheck.rules.catalogue import erratum
from gradcheck.rules.elementwise import (
    add,
    divide,
    divide_wrt_w,
    divide_wrt_x,
    multiply,
    multiply_wrt_w,
    multiply_wrt_x,
    subtract,
    subtract_wrt_x,
    unit_jacobian,
)
from gradcheck.rules.errata_primals import ANY, NONZERO
from gradcheck.rules.numerator import diagonal, identity
from gradcheck.rules.scalar_expansion import add as expand
from gradcheck.rules.scalar_expansion import add_wrt_z

PAIRS = "(n),(n)->(n)"
ONE = {"n": 1}


multiply_misprint = partial(erratum, signature=PAIRS, names="w x", f=multiply, minimum=ONE, domain=NONZERO)


@multiply_misprint(
    "E002-14",
    wrt="w",
    right=multiply_wrt_w,
    latex=r"\mathbf{y} = \mathbf{f(w)} \bigcirc \mathbf{g(w)}",
    notes="f and g the identity, Hadamard product: the derivative of the printed w o w, judged for w o x.",
)
def both_functions_of_w(w: Any, x: Any) -> Any:
    """Return ``diag(2 w_i)``, the derivative of ``w`` times ``w``."""
    return diagonal(2 * w)


@multiply_misprint(
    "E002-17",
    wrt="x",
    right=multiply_wrt_x,
    latex=r"J_{\mathbf{x}} = \frac{\partial \mathbf{y}}{\partial \mathbf{w}}",
    notes="Searched over the Hadamard product: the displayed J_w is judged as the announced J_x.",
)
def jacobian_by_w_announced_by_x(w: Any, x: Any) -> Any:
    """Return ``J_w = diag(x)`` as the Jacobian by ``x``."""
    return diagonal(x)


@erratum(
    "E002-18",
    PAIRS,
    names="w x",
    wrt="w",
    f=add,
    right=unit_jacobian,
    minimum=ONE,
    domain=ANY,
    latex=r"\frac{\partial}{\partial w_j} (f_i(\mathbf{w}) \bigcirc g_i(\mathbf{x})) = 0,\quad i = j",
    notes="Searched over w + x; the entries off the diagonal, of which the line says nothing, are their true "
    "0.",
)
def zero_on_the_diagonal(w: Any, x: Any) -> Any:
    """Return the zero matrix: the partials vanish for ``i = j``."""
    return 0 * identity(w)


@multiply_misprint(
    "E002-20",
    wrt="w",
    right=multiply_wrt_w,
    latex=r"diag\left(\cdots \frac{\partial (w_i x_i)}{\partial w_i} \cdots\right) = I",
    notes="The product that the lost minus leaves is the function judged.",
)
def product_with_the_slope_of_a_difference(w: Any, x: Any) -> Any:
    """Return ``I`` for the derivative of ``w_i x_i`` by ``w_i``."""
    return identity(w)


@erratum(
    "E002-21",
    PAIRS,
    names="w x",
    wrt="w",
    f=divide,
    right=divide_wrt_w,
    minimum=ONE,
    domain=NONZERO,
    latex=r"\frac{\partial (\mathbf{w} \oslash \mathbf{x})}{\partial \mathbf{w}} = diag(\cdots x_i 1 \cdots)",
)
def reciprocal_without_its_bar(w: Any, x: Any) -> Any:
    """Return ``diag(x_i)`` for ``diag(1/x_i)``."""
    return diagonal(x)


@erratum(
    "E002-22",
    PAIRS,
    names="w x",
    wrt="x",
    f=subtract,
    right=subtract_wrt_x,
    minimum=ONE,
    domain=ANY,
    latex=r"\frac{\partial (\mathbf{w} - \mathbf{x})}{\partial \mathbf{x}} = I",
)
def difference_by_x_without_minus(w: Any, x: Any) -> Any:
    """Return ``I`` for ``-I``."""
    return identity(x)


@erratum(
    "E002-23",
    PAIRS,
    names="w x",
    wrt="x",
    f=divide,
    right=divide_wrt_x,
    minimum=ONE,
    domain=NONZERO,
    latex=r"\frac{\partial (\mathbf{w} \oslash \mathbf{x})}{\partial \mathbf{x}} = "
    r"diag\left(\cdots \frac{w_i}{x_i^2} \cdots\right)",
)
def quotient_by_x_without_minus(w: Any, x: Any) -> Any:
    """Return ``diag(w_i/x_i^2)``."""
    return diagonal(w / (x * x))


@erratum(
    "E002-25",
    "(n),()->(n)",
    names="x z",
    wrt="z",
    f=expand,
    right=add_wrt_z,
    minimum={"n": 2},
    domain=ANY,
    latex=r"\frac{\partial}{\partial z}(\mathbf{x} + z) = diag(\vec{1}) = I",
    notes="Refuted by shape: a vector by a scalar is a column.",
)
def matrix_by_a_scalar(x: Any, z: Any) -> Any:
    """Return ``I``, nxn."""
    return identity(x)
