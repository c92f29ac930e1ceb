"""Generated functions for the general rules: what they are, and the domains that draw them.

A drawn function is called on the whole array argument, ``f(x)``, on any array
namespace, and knows its Jacobian from the derivative table of
:mod:`gradcheck.rules.primitives`.  Every domain here is a
:class:`gradcheck.domains.Drawable`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument
from gradcheck.rules.grammar import Sort, grow
from gradcheck.rules.primitives import Expression
from gradcheck.rules.registry import namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradcheck.domains import Chooser

__all__ = [
    "Componentwise",
    "Elementwise",
    "ElementwisePair",
    "Expression",
    "Family",
    "Function",
    "Multivariate",
    "ScalarFunction",
    "Sort",
    "VectorFunction",
    "extent_of",
    "stacked",
]

Extent = str | int | None


def stacked(pieces: list[Any], like: Any) -> Any:
    """Return 0-d ``pieces`` as one vector of ``like``'s namespace; shape ``(0,)`` when there are none.

    Examples
    --------
    >>> stacked([], np.float32(2.0)).shape
    (0,)
    """
    xp = namespace(*pieces, like)
    if pieces:
        return xp.stack(pieces)
    return like[:0] if getattr(like, "ndim", 0) == 1 else xp.stack([like])[:0]


@dataclass(frozen=True)
class Function:
    """A drawn function: one expression for each output.

    Attributes
    ----------
    expressions
        The components, each over all variables.
    inputs
        Number of variables ``n``; None for a scalar argument.
    scalar
        Whether the result is a scalar (then there is one expression).

    Examples
    --------
    >>> square = Function((Expression("square", (Expression.variable(0),)),), None, True)
    >>> float(square(np.float64(3.0))), square.jacobian(np.float64(3.0)).tolist()
    (9.0, [[6.0]])
    """

    expressions: tuple[Expression, ...]
    inputs: int | None
    scalar: bool

    def _variables(self, x: Any) -> tuple[Any, ...]:
        if self.inputs is None:
            return (x,)
        if self.inputs == 0:
            # With no variable the trees stand on the empty sum, 0: a constant of x's own type.
            return (namespace(x).sum(x),)
        return tuple(x[index] for index in range(self.inputs))

    def __call__(self, x: Any) -> Any:
        """Return ``f(x)``: ``x`` of shape ``(n,)``, or a scalar when ``inputs`` is None.

        A scalar function of a scalar is applied to each element of an array.
        """
        values = self.components(x)
        return values[0] if self.scalar else stacked(values, x)

    def components(self, x: Any) -> list[Any]:
        """Return the components of ``f(x)``, each of ``x``'s own type."""
        variables = self._variables(x)
        return [expression.value(variables) for expression in self.expressions]

    def at(self, variables: Sequence[Any], like: Any) -> Any:
        """Return ``f(x_1, …, x_n)`` for variables given one by one; ``like`` says of what type when n = 0."""
        values = [expression.value(variables or (0 * like,)) for expression in self.expressions]
        return values[0] if self.scalar else stacked(values, like)

    def derivative(self, x: Any) -> Any:
        """Return ``f'`` at each element of ``x``, for a scalar function of a scalar (NumPy)."""
        return self.expressions[0].partial(0, (np.asarray(x)[()],))

    def jacobian(self, x: Any) -> Array:
        """Return the Jacobian at ``x`` from the table, shape ``(m, n)``, numerator layout (NumPy).

        A scalar function of a scalar, given a vector, is element-wise: its Jacobian is diagonal.
        """
        x = np.asarray(x)
        if self.inputs is None and x.ndim:
            return np.diag(np.atleast_1d(self.derivative(x)))
        columns = 1 if self.inputs is None else self.inputs
        result = np.zeros((len(self.expressions), columns), dtype=x.dtype)
        if columns:
            variables = self._variables(x[()] if self.inputs is None else x)
            for row, expression in enumerate(self.expressions):
                for index, partial in expression.value_and_partials(variables)[1].items():
                    result[row, index] = partial
        return result

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables in text."""
        if self.inputs is None:
            return ("x",)
        return tuple(f"x_{index + 1}" for index in range(max(self.inputs, 1)))

    @property
    def latex(self) -> str:
        """The function in LaTeX, components as a column."""
        parts = [expression.text(self.names, latex=True) for expression in self.expressions]
        if self.scalar:
            return parts[0]
        return r"\begin{bmatrix} " + r" \\ ".join(parts) + r" \end{bmatrix}"

    def __str__(self) -> str:
        parts = [expression.text(self.names) for expression in self.expressions]
        return parts[0] if self.scalar else "[" + "; ".join(parts) + "]"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value for :meth:`from_json`; ``text`` is for people."""
        return {
            "text": str(self),
            "inputs": self.inputs,
            "scalar": self.scalar,
            "expressions": [expression.to_json() for expression in self.expressions],
        }

    @classmethod
    def from_json(cls, data: Any) -> Function:
        """Rebuild what :meth:`to_json` described; ``InvalidArgument`` when it is malformed."""
        try:
            expressions = tuple(Expression.from_json(tree) for tree in data["expressions"])
            return cls(expressions, data["inputs"], data["scalar"])
        except (TypeError, KeyError) as cause:
            expected = "what to_json returned"
            raise InvalidArgument.of("function", data, expected, "use to_json's value") from cause


def extent_of(extent: Extent, choose: Chooser, extents: Mapping[str, int]) -> int | None:
    """Return an extent's number; a symbol that no array fixes is chosen here, 1 to 4 or 0."""
    if extent is None or isinstance(extent, int):
        return extent
    if extent in extents:
        return extents[extent]
    return (1, 2, 3, 4, 0)[choose.integer(0, 4)]


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the domains of generated functions share.

    Attributes
    ----------
    sort
        What the components' values are known to be; MILD for a function whose
        result is another's argument.
    depth
        Least and greatest depth of a component.
    """

    sort: Sort = Sort.ANY
    depth: tuple[int, int] = (3, 5)

    def _form(self) -> tuple[Extent, Extent, bool]:
        """Return outputs, inputs (None for a scalar), and whether component i uses only ``x_i``."""
        raise NotImplementedError

    def draw(self, choose: Chooser, extents: Mapping[str, int]) -> Function:
        """Draw one; all-zero choices give the simplest."""
        outputs_symbol, inputs_symbol, diagonal = self._form()
        inputs = extent_of(inputs_symbol, choose, extents)
        outputs = inputs if diagonal else extent_of(outputs_symbol, choose, extents)
        every = tuple(range(inputs or 1))
        trees = []
        for row in range(1 if outputs is None else outputs):
            depth = choose.integer(*self.depth)
            trees.append(grow(choose, (row,) if diagonal else every, depth, self.sort))
        return Function(tuple(trees), inputs, outputs is None)

    def to_json(self, drawn: Function) -> Any:
        """Return a JSON value for :meth:`from_json`."""
        return drawn.to_json()

    def from_json(self, data: Any) -> Function:
        """Rebuild a drawn function."""
        return Function.from_json(data)


@dataclass(frozen=True)
class VectorFunction(Family):
    """Functions ``R^n -> R^m``, every component a tree over all ``n`` variables.

    ``outputs`` and ``inputs`` are a symbol of the signature, a number, or None for a
    scalar result or argument.
    """

    outputs: Extent = "m"
    inputs: Extent = "n"

    def _form(self) -> tuple[Extent, Extent, bool]:
        return self.outputs, self.inputs, False


@dataclass(frozen=True)
class ScalarFunction(Family):
    """Scalar functions of one scalar."""

    def _form(self) -> tuple[Extent, Extent, bool]:
        return None, None, False


@dataclass(frozen=True)
class Multivariate(Family):
    """Scalar functions of a vector."""

    inputs: Extent = "n"

    def _form(self) -> tuple[Extent, Extent, bool]:
        return None, self.inputs, False


@dataclass(frozen=True)
class Componentwise(Family):
    """Functions ``R^n -> R^n`` with ``f_i(x) = f_i(x_i)``.

    This is the element-wise diagonal condition (000 line 136): Jacobians are diagonal.
    """

    size: Extent = "n"

    def _form(self) -> tuple[Extent, Extent, bool]:
        return self.size, self.size, True


_OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], tuple[Any, Any]]]] = {
    "+": (lambda a, b: a + b, lambda a, b: (np.ones_like(a), np.ones_like(b))),
    "−": (lambda a, b: a - b, lambda a, b: (np.ones_like(a), -np.ones_like(b))),
    "⊗": (lambda a, b: a * b, lambda a, b: (b, a)),
    "⊘": (lambda a, b: a / b, lambda a, b: (1.0 / b, -a / (b * b))),
}
"""Value of ``a ○ b``, and its partial derivatives with respect to ``a`` and ``b``, element by element."""


@dataclass(frozen=True)
class Elementwise:
    """A drawn ``f(w) ○ g(x)``, ``○`` one of ``+ − ⊗ ⊘``; ``g`` is positive when it divides."""

    operator: str
    f: Function
    g: Function

    def __call__(self, w: Any, x: Any) -> Any:
        """Return ``f(w) ○ g(x)``, shape ``(n,)``."""
        return _OPERATORS[self.operator][0](self.f(w), self.g(x))

    def weights(self, w: Any, x: Any) -> tuple[Array, Array]:
        """Return ``∂(a ○ b)/∂a`` and ``∂(a ○ b)/∂b`` at ``a = f(w)``, ``b = g(x)``, each ``(n,)`` (NumPy)."""
        first, second = _OPERATORS[self.operator][1](np.asarray(self.f(w)), np.asarray(self.g(x)))
        return first, second

    def __str__(self) -> str:
        return f"{self.f} {self.operator} {self.g}"


@dataclass(frozen=True)
class ElementwisePair:
    """The domain of :class:`Elementwise`: an operator, and the domains of ``f`` and ``g``."""

    f: Family = VectorFunction("n", "n")
    g: Family = VectorFunction("n", "n")
    operators: str = "+−⊗⊘"

    def draw(self, choose: Chooser, extents: Mapping[str, int]) -> Elementwise:
        """Draw the operator, ``f`` and ``g``; a divisor is a positive tree by construction."""
        operator = self.operators[choose.integer(0, len(self.operators) - 1)]
        g = replace(self.g, sort=Sort.POSITIVE) if operator == "⊘" else self.g
        return Elementwise(operator, self.f.draw(choose, extents), g.draw(choose, extents))

    def to_json(self, drawn: Elementwise) -> Any:
        """Return a JSON value for :meth:`from_json`."""
        return {"operator": drawn.operator, "f": drawn.f.to_json(), "g": drawn.g.to_json()}

    def from_json(self, data: Any) -> Elementwise:
        """Rebuild a drawn pair; ``InvalidArgument`` for an unknown operator."""
        if data["operator"] not in _OPERATORS:
            known = f"one of {list(_OPERATORS)}"
            raise InvalidArgument.of("operator", data["operator"], known, "use to_json's value")
        return Elementwise(data["operator"], Function.from_json(data["f"]), Function.from_json(data["g"]))
