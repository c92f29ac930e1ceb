"""The general element-wise rules: ``y_i = f_i(w) ○ g_i(x)`` with generated functions and a drawn operator.

The documents print the entries ``∂(f_i(w) ○ g_i(x))/∂w_j``; the forms of each
operator are ours (000 lines 114 to 150, 001 lines 135 to 178, 002 lines 83 to 95,
004 lines 188 to 206).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import Arguments, Interval, real
from gradcheck.rules.catalogue import claim
from gradcheck.rules.elementwise_pairs import LargerOf, PairOrMaximum
from gradcheck.rules.expressions import ElementwisePair
from gradcheck.rules.kink_placement import copied, itself
from gradcheck.rules.numerator import diagonal, zero_row
from gradcheck.rules.registry import namespace
from gradcheck.rules.scalar import GENERAL

__all__: list[str] = []

_ENTRY = r"\frac{\partial}{\partial %s_j} \left(f_i(\mathbf{w}) \bigcirc g_i(\mathbf{x})\right)"
_COMPONENT = r"\frac{\partial}{\partial %s} \left(f_i(w_i) \bigcirc g_i(x_i)\right)"
_OTHERS = (
    " Here: y_1 with respect to a vector that holds the other components; "
    "the first is an argument of its own."
)
_ANCHORED = (
    " For max, f and g are shifted by constants so that at the point f_i = 0 and g_i = gap_i: "
    "ties can then be reached exactly (gap_i = 0)."
)
_FAULTY_REASON = (
    'General. The reason given ("0○0 = 0", "precisely when") is faulty: E000-10, E000-11, E004-03, E004-04; '
    "002's H rendering says i=j: E002-18."
)
_MISPRINTS = "General. Operator forms ours. Misprints: E000-12, E001-04, E002-14, E004-08, E004-18."


def combined(w: Any, x: Any, *, pair: Any) -> Any:
    """Return ``f(w) ○ g(x)``, shape ``(n,)``."""
    return pair(w, x)


@claim(
    "elementwise/general/jacobian-wrt-w",
    "(n),(n)->(n)",
    names="w x",
    wrt="w",
    f=combined,
    domain=GENERAL,
    functions={"pair": ElementwisePair()},
    latex=rf"\left(J_{{\mathbf{{w}}}}\right)_{{ij}} = {_ENTRY % 'w'}",
)
def combined_wrt_w(w: Array, x: Array, *, pair: Any) -> Array:
    """Return ``diag(∂(a ○ b)/∂a) J_f``: + and −: ``J_f``; ⊗: ``diag(g) J_f``; ⊘: ``diag(1/g) J_f``."""
    result: Array = diagonal(pair.weights(w, x)[0]) @ pair.f.jacobian(w)
    return result


@claim(
    "elementwise/general/jacobian-wrt-x",
    "(n),(n)->(n)",
    names="w x",
    wrt="x",
    f=combined,
    domain=GENERAL,
    functions={"pair": ElementwisePair()},
    latex=rf"\left(J_{{\mathbf{{x}}}}\right)_{{ij}} = {_ENTRY % 'x'}",
)
def combined_wrt_x(w: Array, x: Array, *, pair: Any) -> Array:
    """Return ``diag(∂(a ○ b)/∂b) J_g``.

    +: ``J_g``; −: ``-J_g``; ⊗: ``diag(f) J_g``; ⊘: ``-diag(f/g^2) J_g``.
    """
    result: Array = diagonal(pair.weights(w, x)[1]) @ pair.g.jacobian(x)
    return result


def _before(first: Any, others: Any) -> Any:
    xp = namespace(first, others)
    return xp.concatenate([xp.reshape(first, (1,)), others])


def first_entry_by_w(w_i: Any, w: Any, x: Any, *, pair: Any) -> Any:
    """Return ``y_1 = f_1(w_1) ○ g_1(x_1)`` out of the whole vector; ``w`` holds ``w_2, …, w_n``."""
    return pair(_before(w_i, w), x)[0]


def first_entry_by_x(w: Any, x_i: Any, x: Any, *, pair: Any) -> Any:
    """Return ``y_1 = f_1(w_1) ○ g_1(x_1)`` out of the whole vector; ``x`` holds ``x_2, …, x_n``."""
    return pair(w, _before(x_i, x))[0]


@claim(
    "elementwise/general/off-diagonal-zero-wrt-w",
    "(),(n-1),(n)->()",
    names="w_i w x",
    wrt="w",
    f=first_entry_by_w,
    domain=GENERAL,
    functions={"pair": PairOrMaximum()},
    minimum={"n": 1},
    notes=_FAULTY_REASON + _OTHERS,
    latex=rf"{_COMPONENT % 'w_j'} = 0 \quad \text{{for }} j \neq i",
)
def off_diagonal_wrt_w(w_i: Array, w: Array, x: Array, *, pair: Any) -> Array:
    """Return ``∂(f_i(w_i) ○ g_i(x_i))/∂w_j = 0`` for every ``j ≠ i``, ``(1, n - 1)``."""
    return zero_row(w)


@claim(
    "elementwise/general/off-diagonal-zero-wrt-x",
    "(n),(),(n-1)->()",
    names="w x_i x",
    wrt="x",
    f=first_entry_by_x,
    domain=GENERAL,
    functions={"pair": PairOrMaximum()},
    minimum={"n": 1},
    notes="General." + _OTHERS,
    latex=rf"{_COMPONENT % 'x_j'} = 0 \quad \text{{for }} j \neq i",
)
def off_diagonal_wrt_x(w: Array, x_i: Array, x: Array, *, pair: Any) -> Array:
    """Return ``∂(f_i(w_i) ○ g_i(x_i))/∂x_j = 0`` for every ``j ≠ i``, ``(1, n - 1)``."""
    return zero_row(x)


DIAGONAL = "(n),(n),(n),(n),(n)->(n)"
DIAGONAL_NAMES = "w x gap w_0 x_0"
DIAGONAL_DOMAIN: dict[str, Interval] = {
    "w": GENERAL,
    "x": GENERAL,
    "gap": real(tame=10.0, extreme=10.0),
    "w_0": GENERAL,
    "x_0": GENERAL,
}


def _anchor(arguments: Arguments) -> Arguments:
    return copied(arguments) | {
        "w_0": np.array(arguments["w"]),
        "x_0": np.array(arguments["x"]),
    }


def component_by_component(w: Any, x: Any, gap: Any, w_0: Any, x_0: Any, *, pair: Any) -> Any:
    """Return ``y_i = f_i(w_i) ○ g_i(x_i)``, shape ``(n,)``."""
    if isinstance(pair, LargerOf):
        first, second = pair.anchored(w, x, gap, w_0, x_0)
        return namespace(first, second).maximum(first, second)
    return pair(w, x)


def _weights(w: Array, x: Array, gap: Array, w_0: Array, x_0: Array, pair: Any) -> tuple[Array, Array]:
    """Return ``∂(a ○ b)/∂a`` and ``∂(a ○ b)/∂b``, for max ``[a > b]`` and ``[b > a]``."""
    if isinstance(pair, LargerOf):
        first, second = pair.anchored(w, x, gap, w_0, x_0)
        return (first > second).astype(w.dtype), (second > first).astype(w.dtype)
    first, second = pair.weights(w, x)
    return first, second


@claim(
    "elementwise/general/diag-wrt-w",
    DIAGONAL,
    names=DIAGONAL_NAMES,
    wrt="w",
    f=component_by_component,
    domain=DIAGONAL_DOMAIN,
    functions={"pair": PairOrMaximum()},
    kinks=itself("gap"),
    arrange=_anchor,
    notes=_MISPRINTS + _ANCHORED,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{w}}"
    rf" = \mathrm{{diag}}\left(\cdots {_COMPONENT % 'w_i'} \cdots\right)",
)
def diagonal_wrt_w(w: Array, x: Array, gap: Array, w_0: Array, x_0: Array, *, pair: Any) -> Array:
    """Return the diagonal: + −: ``f_i'``; ⊗: ``g_i f_i'``; ⊘: ``f_i'/g_i``; max: ``[f_i > g_i] f_i'``."""
    weights, _ = _weights(w, x, gap, w_0, x_0, pair)
    return diagonal(weights * np.diagonal(pair.f.jacobian(w)))


@claim(
    "elementwise/general/diag-wrt-x",
    DIAGONAL,
    names=DIAGONAL_NAMES,
    wrt="x",
    f=component_by_component,
    domain=DIAGONAL_DOMAIN,
    functions={"pair": PairOrMaximum()},
    kinks=itself("gap"),
    arrange=_anchor,
    notes="General." + _ANCHORED,
    latex=r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}}"
    rf" = \mathrm{{diag}}\left(\cdots {_COMPONENT % 'x_i'} \cdots\right)",
)
def diagonal_wrt_x(w: Array, x: Array, gap: Array, w_0: Array, x_0: Array, *, pair: Any) -> Array:
    """Return the diagonal, for max ``[g_i > f_i] g_i'``.

    +: ``g_i'``; −: ``-g_i'``; ⊗: ``f_i g_i'``; ⊘: ``-f_i g_i'/g_i^2``.
    """
    _, weights = _weights(w, x, gap, w_0, x_0, pair)
    return diagonal(weights * np.diagonal(pair.g.jacobian(x)))
