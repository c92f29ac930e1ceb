"""Misprints of document 002 in the chain rules and the total derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import interval, positive
from gradcheck.rules.catalogue import erratum
from gradcheck.rules.chain import ln_sin_slope, ln_sin_x3_squared, sin_x2, sin_x2_slope
from gradcheck.rules.errata_primals import (
    BUMP,
    LOG_AND_SINE,
    NONZERO,
    PHASE,
    THROUGH_SQUARE,
    X_PLUS_SQUARE,
    X_PLUS_U,
    X_TIMES_SQUARE,
    x_plus_square,
)
from gradcheck.rules.numerator import constant, diagonal, matrix, scalar
from gradcheck.rules.registry import namespace

BELOW_QUARTER_TURN = interval(0.0, 1.1, tame=1.1)
"""Where ``0 < x^3 < pi/2``: neither ``sin(x^3)`` nor ``cos(x^3)`` vanishes."""


@erratum(
    "E002-30",
    "()->()",
    names="x",
    wrt="x",
    f=sin_x2,
    right=sin_x2_slope,
    domain=PHASE,
    latex=r"(f \circ g)(x) = (fg)(x)",
    notes="Searched over f = sin, g = x^2: the derivative of the product, judged for the composition.",
)
def product_for_composition(x: Any) -> Any:
    """Return the derivative of ``sin(x) x^2``."""
    return scalar(np.cos(x) * x * x + np.sin(x) * 2 * x)


@erratum(
    "E002-31",
    "()->()",
    names="x",
    wrt="x",
    f=ln_sin_x3_squared,
    right=ln_sin_slope,
    domain=BELOW_QUARTER_TURN,
    latex=r"\frac{dy}{dx} = \frac{u_3}{6 u_2 x^2 \cos(u_1)}",
    notes="Every fraction stands denominator first; searched over ln(sin(x^3)^2).",
)
def fraction_upside_down(x: Any) -> Any:
    """Return the reciprocal ``u_3 / (6 u_2 x^2 cos(u_1))``."""
    u_1 = x**3
    u_2 = np.sin(u_1)
    return scalar(u_2**2 / (6 * u_2 * x**2 * np.cos(u_1)))


@erratum(
    "E002-36",
    **X_PLUS_U,
    latex=r"\frac{\partial u_2(x, u_1)}{\partial x} \neq \frac{\partial}{\partial x}(x + u_1) = 1 + 0 = 1",
    notes="'Not 1' claims no number; it is formalised by what the text offers instead, the total derivative "
    "1 + 2x, claimed for the partial at fixed u_1. The partial is 1.",
)
def total_derivative_for_the_partial(x: Any, u_1: Any) -> Any:
    """Return ``1 + 2x`` as the partial of ``x + u_1`` at fixed ``u_1``."""
    return scalar(1 + 2 * x)


@erratum(
    "E002-37",
    **X_PLUS_SQUARE,
    latex=r"\frac{\partial u_2(x, u_1)}{\partial x} = \frac{\partial}{\partial x}(x + u_1) = 1 + 0 = 1",
    notes="Judged as the total derivative of x + u_1, u_1 = x^2, which the line is about.",
)
def total_derivative_of_one(x: Any) -> Any:
    """Return 1."""
    return constant(1, x)


@erratum(
    "E002-39",
    **BUMP,
    latex=r"\Delta y = \hat{y} y",
    notes="y = x + x^2, d is the bump of x.",
)
def change_as_product(x: Any, d: Any) -> Any:
    """Return the product of ``y(x + d)`` and ``y(x)`` as the change of ``y``."""
    return x_plus_square(x + d) * x_plus_square(x)


@erratum(
    "E002-40",
    **X_PLUS_SQUARE,
    latex=r"\frac{dy}{dx} = \frac{\partial f(x)}{x}",
    notes="Searched over f = x + x^2.",
)
def function_over_its_variable(x: Any) -> Any:
    """Return ``f(x)/x``."""
    return scalar(x_plus_square(x) / x)


@erratum(
    "E002-41",
    **THROUGH_SQUARE,
    latex=r"\frac{\partial u_2(x, u_1)}{\partial x} = \frac{\partial u_2}{\partial x}\frac{\partial "
    r"x}{\partial x} + \frac{\partial u_2}{\partial u_1}\frac{\partial u_1}{\partial x}",
    notes="One symbol in one equation: read as the partial of the right side it is claimed for the left "
    "side, the total derivative. Searched over u_2 = a x + b u_1, u_1 = x^2; the example is a = b = 1.",
)
def partial_on_both_sides(x: Any, a: Any, b: Any) -> Any:
    """Return the partial ``a`` at fixed ``u_1``."""
    return scalar(a)


def _twice(x: Any) -> Any:
    y = x_plus_square(x)
    return namespace(x).stack([y, y])


def _twice_slope(x: Any) -> Any:
    return matrix(x, [[1 + 2 * x], [1 + 2 * x]])


@erratum(
    "E002-42",
    "()->(2)",
    names="x",
    wrt="x",
    f=_twice,
    right=_twice_slope,
    domain=NONZERO,
    latex=r"\frac{dy}{dx} = 1 + 1 \times 2x = 1 = 2x",
    notes="The chain equates the derivative with 1 and with 2x; f repeats y = x + x^2, one row for each of "
    "the two.",
)
def sum_as_equality(x: Any) -> Any:
    """Return ``[1; 2x]``, the two further members of the chain of equalities."""
    return matrix(x, [[1], [2 * x]])


def _sine_steps(x: Any) -> Any:
    xp = namespace(x)
    u_2 = x + x * x
    return xp.stack([u_2, xp.sin(u_2)])


def _sine_steps_slope(x: Any) -> Any:
    return matrix(x, [[1 + 2 * x], [np.cos(x + x * x) * (1 + 2 * x)]])


@erratum(
    "E002-43",
    "()->(2)",
    names="x",
    wrt="x",
    f=_sine_steps,
    right=_sine_steps_slope,
    domain=interval(0.0, 2.0, tame=2.0),
    latex=r"\frac{\partial u_3}{\partial x} + \frac{\partial u_3}{\partial u_2}\frac{\partial u_2}{\partial "
    r"x} = 0 + \cos(u_2) \frac{\partial u_2}{\partial x}",
    notes="In one display the symbol is the total derivative of u_2 and the partial of u_3. Read as a "
    "partial throughout it gives 1 for u_2 = x + u_1, and so cos(u_2) for u_3 = sin(u_2): rows u_2 and u_3.",
)
def partials_in_both_steps(x: Any) -> Any:
    """Return ``[1; cos(u_2)]``: the partials, where the total derivatives are meant."""
    return matrix(x, [[1], [np.cos(x + x * x)]])


@erratum(
    "E002-44",
    **X_TIMES_SQUARE,
    latex=r"\frac{\partial u_2}{\partial x} = u_1 + \frac{\partial u_2}{\partial u_1}\frac{\partial "
    r"u_1}{\partial x}",
    notes="The symbol read as the partial of u_2 = x u_1 at fixed u_1, claimed for the total derivative "
    "3x^2.",
)
def partial_of_the_product(x: Any) -> Any:
    """Return the partial ``u_1 = x^2``."""
    return scalar(x * x)


@erratum(
    "E002-45",
    **LOG_AND_SINE,
    latex=r"\frac{\partial \mathbf{y}}{\partial x} = \begin{bmatrix} 2 x \\ 3\cos(3x) \end{bmatrix}",
)
def vector_quotient_without_its_bar(x: Any) -> Any:
    """Return ``[2x; 3 cos(3x)]``."""
    return matrix(x, [[2 * x], [3 * np.cos(3 * x)]])


@erratum(
    "E002-46",
    **LOG_AND_SINE,
    latex=r"\begin{bmatrix} \frac{\partial f_1}{\partial g_1} & \frac{\partial f_1}{\partial g_2} \\ "
    r"\frac{\partial f_1}{\partial g_1} & \frac{\partial f_2}{\partial g_2} \end{bmatrix} "
    r"\begin{bmatrix} \frac{\partial g_1}{\partial x} \\ \frac{\partial g_2}{\partial x} \end{bmatrix}",
    notes="Searched over g_1 = x^2, g_2 = 3x, f = [ln(g_1), sin(g_2)].",
)
def outer_jacobian_with_a_wrong_entry(x: Any) -> Any:
    """Return the product with ``df_1/dg_1 = 1/x^2`` as entry (2, 1) of the outer Jacobian."""
    outer = matrix(x, [[1 / (x * x), 0], [1 / (x * x), np.cos(3 * x)]])
    return outer @ matrix(x, [[2 * x], [3]])


def _two_linear_maps(x: Any, B: Any, A: Any) -> Any:
    return B @ (A @ x)


def _two_linear_maps_jacobian(x: Any, B: Any, A: Any) -> Any:
    return B @ A


@erratum(
    "E002-48",
    "(n),(m,k),(k,n)->(m)",
    names="x B A",
    wrt="x",
    f=_two_linear_maps,
    right=_two_linear_maps_jacobian,
    minimum={"m": 1, "k": 2, "n": 2},
    domain=NONZERO,
    latex=r"\frac{\partial \mathbf{g}}{\partial \mathbf{x}} = \begin{bmatrix} \frac{\partial g_1}{\partial "
    r"x_1} & \frac{\partial g_1}{\partial x_2} & \cdots \\ \frac{\partial g_2}{\partial x_1} & "
    r"\frac{\partial g_2}{\partial x_1} & \cdots \end{bmatrix}",
    notes="Searched over f(g) = B g, g(x) = A x; the example is B = I, A = [1, 2; 3, 4].",
)
def inner_jacobian_with_a_wrong_entry(x: Any, B: Any, A: Any) -> Any:
    """Return ``B A'``, where entry (2, 2) of ``A'`` is ``dg_2/dx_1``."""
    inner = np.array(A)
    inner[1, 1] = inner[1, 0]
    return B @ inner


def _log_and_sine_of_g(g: Any) -> Any:
    xp = namespace(g)
    return xp.stack([xp.log(g[0]), xp.sin(g[1])])


def _log_and_sine_of_g_jacobian(g: Any) -> Any:
    return diagonal(np.stack([1 / g[0], np.cos(g[1])]))


@erratum(
    "E002-49",
    "(2)->(2)",
    names="g",
    wrt="g",
    f=_log_and_sine_of_g,
    right=_log_and_sine_of_g_jacobian,
    domain=positive(tame=5.0, extreme=5.0),
    latex=r"\frac{\partial \mathbf{f}}{\partial \mathbf{g}} = \begin{bmatrix} \frac{f_1}{g_1} & "
    r"\frac{f_1}{g_2} \\ \frac{f_2}{g_1} & \frac{f_2}{g_2} \end{bmatrix}",
    notes="Searched over f = [ln(g_1), sin(g_2)].",
)
def ratios_for_partials(g: Any) -> Any:
    """Return the matrix of ratios ``f_i/g_j``."""
    f = np.stack([np.log(g[0]), np.sin(g[1])])
    return f[:, None] / g[None, :]
