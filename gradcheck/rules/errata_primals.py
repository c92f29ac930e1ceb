"""Functions that several misprints are about, each with its right derivative or value.

A misprint is refuted by the function whose derivative it misstates.  Those that
are claims of a section stand in its module; the others stand here, the right
closed form below each (a 2-D matrix in numerator layout).

Where the documents' example has no free number (``f = x + u_1``, ``u_1 = x^2``)
coefficients are arguments, so that the search meets other functions than that one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

import numpy as np

from gradcheck.domains import Interval, interval, nonzero, positive, real
from gradcheck.rules.numerator import constant, matrix, scalar
from gradcheck.rules.registry import Kind, namespace

ANY = real(tame=10.0, extreme=1e4)
"""Numbers whose eighth powers are finite even in float32."""
NONZERO = nonzero(tame=10.0, extreme=1e4)
POSITIVE = positive(tame=10.0, extreme=1e4)
PHASE = interval(0.0, 3.0, tame=3.0)


def product(x: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``f(x) g(x)`` for ``f = a x^2``, ``g = b x + c``."""
    return (a * x * x) * (b * x + c)


def product_slope(x: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``f g' + f' g``, 1x1."""
    return scalar(a * x * x * b + 2 * a * x * (b * x + c))


def cube(x: Any) -> Any:
    """Return ``x^3``."""
    return x * x * x


def cube_slope(x: Any) -> Any:
    """Return ``3 x^2``, 1x1."""
    return scalar(3 * x * x)


def log_square(x: Any) -> Any:
    """Return ``ln(x^2)``, ``x`` nonzero."""
    return namespace(x).log(x * x)


def log_square_slope(x: Any) -> Any:
    """Return ``2/x``, 1x1."""
    return scalar(2 / x)


def through_square(x: Any, a: Any, b: Any) -> Any:
    """Return ``f(x, u_1) = a x + b u_1`` with ``u_1 = x^2``."""
    u_1 = x * x
    return a * x + b * u_1


def through_square_slope(x: Any, a: Any, b: Any) -> Any:
    """Return ``df/dx = a + b 2x``: the direct term and the one through ``u_1``, 1x1."""
    return scalar(a + b * 2 * x)


def x_plus_square(x: Any) -> Any:
    """Return ``x + x^2``."""
    return x + x * x


def x_plus_square_slope(x: Any) -> Any:
    """Return ``1 + 2x``, 1x1."""
    return scalar(1 + 2 * x)


def x_times_square(x: Any) -> Any:
    """Return ``u_2(x, u_1) = x u_1`` with ``u_1 = x^2``."""
    u_1 = x * x
    return x * u_1


def x_times_square_slope(x: Any) -> Any:
    """Return ``u_1 + x 2x = 3x^2``, 1x1."""
    return scalar(x * x + x * 2 * x)


def x_plus_u(x: Any, u_1: Any) -> Any:
    """Return ``u_2(x, u_1) = x + u_1``, both arguments free."""
    return x + u_1


def x_plus_u_partial(x: Any, u_1: Any) -> Any:
    """Return the partial by ``x`` at fixed ``u_1``: 1, as 1x1."""
    return constant(1, x)


def bump(x: Any, d: Any) -> Any:
    """Return ``y(x + d) - y(x)`` for ``y = x + x^2``."""
    return x_plus_square(x + d) - x_plus_square(x)


def bump_expanded(x: Any, d: Any) -> Any:
    """Return the same change as ``d (1 + 2x + d)``."""
    return d * (1 + 2 * x + d)


def log_and_sine(x: Any) -> Any:
    """Return ``[ln(x^2), sin(3x)]``, shape ``(2,)``."""
    xp = namespace(x)
    return xp.stack([xp.log(x * x), xp.sin(3 * x)])


def log_and_sine_slope(x: Any) -> Any:
    """Return ``[2/x; 3 cos(3x)]``, 2x1."""
    return matrix(x, [[2 / x], [3 * np.cos(3 * x)]])


class Subject(TypedDict):
    """What several misprints are about: a function with its names, shapes and domain, and what is right."""

    signature: str
    names: str
    wrt: str | None
    f: Callable[..., Any]
    right: Callable[..., Any]
    domain: Interval
    kind: NotRequired[Kind]


def _slope(
    f: Callable[..., Any], right: Callable[..., Any], signature: str = "()->()", domain: Interval = NONZERO
) -> Subject:
    """Return the derivative of a function of one number."""
    return {"signature": signature, "names": "x", "wrt": "x", "f": f, "right": right, "domain": domain}


LOG_SQUARE = _slope(log_square, log_square_slope)
X_PLUS_SQUARE = _slope(x_plus_square, x_plus_square_slope)
X_TIMES_SQUARE = _slope(x_times_square, x_times_square_slope)
LOG_AND_SINE = _slope(log_and_sine, log_and_sine_slope, "()->(2)", PHASE)
THROUGH_SQUARE: Subject = {
    "signature": "(),(),()->()",
    "names": "x a b",
    "wrt": "x",
    "f": through_square,
    "right": through_square_slope,
    "domain": NONZERO,
}
X_PLUS_U: Subject = {
    "signature": "(),()->()",
    "names": "x u_1",
    "wrt": "x",
    "f": x_plus_u,
    "right": x_plus_u_partial,
    "domain": NONZERO,
}
BUMP: Subject = {
    "signature": "(),()->()",
    "names": "x d",
    "wrt": None,
    "f": bump,
    "right": bump_expanded,
    "domain": NONZERO,
    "kind": Kind.VALUE,
}
