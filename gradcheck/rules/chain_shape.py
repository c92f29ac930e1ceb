"""The table of factor shapes of the vector chain rule (004 lines 412 and 422, 001 lines 318 to 326).

Each row claims the shapes of ``∂f/∂u``, of ``∂u/∂x`` and of their product.
"""

from __future__ import annotations

from typing import Any

from gradcheck.arrays import Array
from gradcheck.rules.catalogue import claim
from gradcheck.rules.compositions import Composition
from gradcheck.rules.registry import Kind
from gradcheck.rules.scalar import GENERAL

__all__: list[str] = []

Shapes = tuple[tuple[int, int], ...]

_LATEX = (
    r"\frac{{\partial f}}{{\partial u}} \frac{{\partial u}}{{\partial x}} \text{{ is }}"
    r" ({f} \times {u}) ({u} \times {x}) = {f} \times {x}"
)


def _factors(x: Any, *, h: Any) -> list[tuple[Any, Any]]:
    return [(h.outer, h.inner(x)), (h.inner, x), (h, x)]


def _composed(x: Any, *, h: Any) -> Any:
    return h(x)


def _register(rule_id: str, m: str | None, k: str | None, n: str | None) -> None:
    """Register the row with ``f`` of ``m``, ``u`` of ``k`` and ``x`` of ``n`` numbers (None for a scalar)."""

    def shapes(x: Array, *, h: Any) -> Shapes:
        del x
        rows = len(h.outer.expressions) if m else 1
        inner = len(h.inner.expressions) if k else 1
        columns = h.inner.inputs if n else 1
        return (rows, inner), (inner, columns), (rows, columns)

    shapes.__doc__ = f"Return ``({m or 1}, {k or 1})``, ``({k or 1}, {n or 1})``, ``({m or 1}, {n or 1})``."
    claim(
        rule_id,
        f"({n or ''})->({m or ''})",
        names="x",
        wrt="x",
        kind=Kind.SHAPE,
        f=_composed,
        functions={"h": Composition(m, k, n)},
        factors=_factors,
        domain=GENERAL,
        latex=_LATEX.format(f=m or 1, u=k or 1, x=n or 1),
    )(shapes)


_register("chain/shape/f-scalar-u-scalar-x-scalar", None, None, None)
_register("chain/shape/f-scalar-u-vector-x-scalar", None, "k", None)
_register("chain/shape/f-scalar-u-vector-x-vector", None, "k", "n")
_register("chain/shape/f-vector-u-scalar-x-scalar", "m", None, None)
_register("chain/shape/f-vector-u-vector-x-scalar", "m", "k", None)
_register("chain/shape/f-vector-u-vector-x-vector", "m", "k", "n")
