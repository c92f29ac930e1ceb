"""Generated compositions ``f(g(x))``, whose inner size ``k`` no array of a signature fixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument
from gradcheck.rules.expressions import Function, Sort, VectorFunction, extent_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradcheck.domains import Chooser
    from gradcheck.rules.expressions import Extent

__all__ = ["Composed", "Composition"]


@dataclass(frozen=True)
class Composed:
    """A drawn pair ``f`` and ``g``.

    Attributes
    ----------
    outer
        ``f``; of the ``k`` values of ``g``, or of these and ``x`` itself.
    inner
        ``g``; its values are ``u_1, …, u_k``.
    """

    outer: Function
    inner: Function

    def __call__(self, x: Any) -> Any:
        """Return ``f(g(x))``."""
        return self.outer(self.inner(x))

    def factors(self, x: Any) -> tuple[Array, Array]:
        """Return ``∂f/∂g`` at ``g(x)``, shape ``(m, k)``, and ``∂g/∂x``, shape ``(k, n)`` (NumPy)."""
        return self.outer.jacobian(self.inner(x)), self.inner.jacobian(x)

    def __str__(self) -> str:
        return f"{self.outer} of {self.inner}"


@dataclass(frozen=True)
class Composition:
    """The domain of :class:`Composed`.

    Attributes
    ----------
    outputs, middle, inputs
        ``m``, ``k`` and ``n``: symbol, number, or None for a scalar.
    direct
        ``f`` is also a function of the scalar ``x`` itself (total derivative): it has
        ``k + 1`` variables.
    """

    outputs: Extent = "m"
    middle: Extent = "k"
    inputs: Extent = "n"
    direct: bool = False

    def draw(self, choose: Chooser, extents: Mapping[str, int]) -> Composed:
        """Draw ``k`` where no array fixes it, then ``g``, then ``f``."""
        middle = extent_of(self.middle, choose, extents)
        inner = VectorFunction(middle, self.inputs, sort=Sort.MILD)
        outer = VectorFunction(self.outputs, (middle or 0) + 1 if self.direct else middle)
        drawn = inner.draw(choose, extents)
        return Composed(outer.draw(choose, extents), drawn)

    def to_json(self, drawn: Composed) -> Any:
        """Return a JSON value for :meth:`from_json`."""
        return {"outer": drawn.outer.to_json(), "inner": drawn.inner.to_json()}

    def from_json(self, data: Any) -> Composed:
        """Rebuild a drawn pair; ``InvalidArgument`` when a part is missing."""
        if not isinstance(data, dict) or not {"outer", "inner"} <= data.keys():
            raise InvalidArgument.of("composition", data, "`outer` and `inner`", "use to_json's value")
        return Composed(Function.from_json(data["outer"]), Function.from_json(data["inner"]))
