"""Generated pairs for the general element-wise rules, ``max`` among the operators.

``+ − ⊗ ⊘`` come from :mod:`gradcheck.rules.expressions`; ``max`` is added here
with what it alone needs: a tie that can be reached on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.domains import Chooser
from gradcheck.errors import InvalidArgument
from gradcheck.rules.expressions import Componentwise, Elementwise, ElementwisePair, Family, Function
from gradcheck.rules.registry import namespace

__all__ = ["LargerOf", "PairOrMaximum"]

MAXIMUM = "max"


@dataclass(frozen=True)
class LargerOf:
    """A drawn ``max(f(w), g(x))``, element by element.

    Attributes
    ----------
    f, g
        The functions, each ``f_i`` of one variable.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.rules.primitives import Expression
    >>> same = Function((Expression.variable(0),), 1, False)
    >>> LargerOf(same, same)(np.array([2.0]), np.array([5.0])).tolist()
    [5.0]
    """

    f: Function
    g: Function
    operator: str = MAXIMUM

    def __call__(self, w: Any, x: Any) -> Any:
        """Return ``max(f(w), g(x))``, shape ``(n,)``."""
        first, second = self.f(w), self.g(x)
        return namespace(first, second).maximum(first, second)

    def anchored(self, w: Any, x: Any, gap: Any, w_0: Any, x_0: Any) -> tuple[Any, Any]:
        """Return both sides shifted by constants so that at ``(w_0, x_0)`` they are 0 and ``gap``."""
        return self.f(w) - self.f(w_0), self.g(x) - self.g(x_0) + gap

    def __str__(self) -> str:
        return f"max({self.f}, {self.g})"


@dataclass(frozen=True)
class PairOrMaximum:
    """The domain of ``f(w) ○ g(x)`` with ``○`` one of ``+ − ⊗ ⊘`` and ``max``.

    ``f`` and ``g`` are the domains of the two functions; a divisor is positive by construction.
    """

    f: Family = field(default_factory=Componentwise)
    g: Family = field(default_factory=Componentwise)

    def draw(self, choose: Chooser, extents: Mapping[str, int]) -> Elementwise | LargerOf:
        """Draw the operator first, then the functions."""
        operators = "+−⊗⊘"
        index = choose.integer(0, len(operators))
        if index == len(operators):
            return LargerOf(self.f.draw(choose, extents), self.g.draw(choose, extents))
        return ElementwisePair(self.f, self.g, operators[index]).draw(choose, extents)

    def to_json(self, drawn: Elementwise | LargerOf) -> Any:
        """Return a JSON value for :meth:`from_json`."""
        return {"operator": drawn.operator, "f": drawn.f.to_json(), "g": drawn.g.to_json()}

    def from_json(self, data: Any) -> Elementwise | LargerOf:
        """Rebuild a drawn pair; ``InvalidArgument`` when it is malformed."""
        if not isinstance(data, Mapping) or "operator" not in data:
            raise InvalidArgument.of("pair", data, "what to_json returned", "use to_json's value")
        if data["operator"] == MAXIMUM:
            return LargerOf(Function.from_json(data["f"]), Function.from_json(data["g"]))
        return ElementwisePair(self.f, self.g).from_json(data)
