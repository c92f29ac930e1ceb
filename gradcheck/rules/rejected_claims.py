"""Claims that the documents raise only to reject them, expected to be refuted."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.rules.catalogue import rejected
from gradcheck.rules.errata_primals import (
    ANY,
    BUMP,
    NONZERO,
    X_PLUS_SQUARE,
    X_TIMES_SQUARE,
)
from gradcheck.rules.jacobian import both, two_by_two
from gradcheck.rules.numerator import constant, identity, ones_column, scalar
from gradcheck.rules.reduce import total, total_wrt_x
from gradcheck.rules.scalar_expansion import add as expand
from gradcheck.rules.scalar_expansion import add_wrt_z

TWO = {"n": 2}


@rejected(
    "D-01",
    **X_PLUS_SQUARE,
    latex=r"\frac{dy}{dx} = \frac{du_2}{du_1} \frac{du_1}{dx} = 2x",
)
def single_variable_chain_rule(x: Any) -> Any:
    """Return ``1 * 2x``: the path through ``u_1`` only."""
    return scalar(2 * x)


@rejected(
    "D-02",
    **X_PLUS_SQUARE,
    latex=r"\frac{d(x + u_1)}{dx} = 1",
)
def blind_partial(x: Any) -> Any:
    """Return 1: the direct path only."""
    return constant(1, x)


@rejected(
    "D-03",
    **BUMP,
    latex=r"\Delta x = 1 \implies \Delta y = 1",
    notes="Searched over bumps d of any size: x + u_1 with u_1 held would change by d.",
)
def change_by_the_bump_itself(x: Any, d: Any) -> Any:
    """Return ``d`` as the change of ``x + x^2``."""
    return d + 0 * x


@rejected(
    "D-04",
    "(n),()->(n)",
    names="x z",
    wrt="z",
    f=expand,
    right=add_wrt_z,
    minimum=TWO,
    domain=ANY,
    latex=r"\frac{\partial (\mathbf{x} + z)}{\partial z} = diag(\vec{1})",
    notes="Refuted by shape.",
)
def diagonal_by_a_scalar(x: Any, z: Any) -> Any:
    """Return ``I``, nxn."""
    return identity(x)


@rejected(
    "D-05",
    "(n)->()",
    names="x",
    wrt="x",
    f=total,
    right=total_wrt_x,
    minimum=TWO,
    domain=ANY,
    latex=r"\frac{\partial sum(\mathbf{x})}{\partial \mathbf{x}} = \vec{1}",
    notes="Refuted by shape.",
)
def column_for_a_gradient(x: Any) -> Any:
    """Return the column of ones, nx1."""
    return ones_column(x)


@rejected(
    "D-06",
    **X_TIMES_SQUARE,
    latex=r"\frac{dy}{dx} = \frac{\partial u_2}{\partial x} \times \frac{\partial u_2}{\partial u_1} "
    r"\frac{\partial u_1}{\partial x} = u_1 \times x 2x",
)
def terms_multiplied(x: Any) -> Any:
    """Return ``u_1 (x 2x)``: the terms of the total derivative multiplied."""
    return scalar(x * x * (x * 2 * x))


@rejected(
    "D-07",
    "(2)->(2)",
    names="p",
    wrt="p",
    f=both,
    right=two_by_two,
    domain=NONZERO,
    latex=r"\begin{bmatrix} 6yx & 2 \\ 3x^2 & 8y^7 \end{bmatrix}",
    notes="p = (x, y).",
)
def denominator_layout(p: Any) -> Any:
    """Return the transpose of the Jacobian: each column the gradient of one function."""
    return np.transpose(two_by_two(p))
