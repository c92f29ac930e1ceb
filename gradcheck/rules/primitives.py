"""The derivative table: primitives with their values, slopes and notation, and trees built from them.

Values run on any array namespace; slopes are the scalar rules of the documents
(000 section 1, 002 line 159 and 180) evaluated with NumPy, joined by the sum,
product and chain rules.  Nothing here estimates or traces a derivative.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.errors import InvalidArgument
from gradcheck.rules.registry import namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["PRIMITIVES", "VARIABLE", "Expression", "Primitive"]

VARIABLE = "x"
"""The operation of a leaf; its parameter is the index of the variable."""

# Binding strength of the notation: an operand weaker than its place demands gets parentheses.
_OPEN, _SUM, _PRODUCT, _POWER, _ATOM = range(5)


@dataclass(frozen=True)
class Primitive:
    """One row of the table.

    Attributes
    ----------
    value
        ``value(*operands)``, with the row's number ``p`` (a power, a factor) last where
        it has one; or the name of the function in the operands' array namespace.
    slopes
        Same arguments: the partial derivative with respect to each operand (NumPy).
    text, latex
        Templates: ``{0}``, ``{1}`` are the operands, ``{p}`` the number.
    level, operands
        Binding strength of the result, and the least strength of each operand.
    parametrised
        Whether the row has a number.
    """

    value: Callable[..., Any] | str
    slopes: Callable[..., tuple[Any, ...]]
    text: str
    latex: str
    level: int
    operands: tuple[int, ...]
    parametrised: bool = False

    def __call__(self, *arguments: Any) -> Any:
        """Return the value at ``arguments``, the number last where there is one."""
        if isinstance(self.value, str):
            return getattr(namespace(*arguments), self.value)(*arguments)
        return self.value(*arguments)


def _sech_squared(u: Any) -> Any:
    # 1 - tanh(u)^2 cancels for large |u| and cosh(u) overflows; this does neither.
    decay = np.exp(-np.abs(u))
    return (2.0 * decay / (1.0 + decay * decay)) ** 2


def _call(name: str, slope: Callable[[Any], Any], function: str = "") -> Primitive:
    tex = rf"\{name}\left({{0}}\right)"
    return Primitive(function or name, lambda u: (slope(u),), name + "({0})", tex, _ATOM, (_OPEN,))


_BINARY = (_SUM, _PRODUCT)

PRIMITIVES: dict[str, Primitive] = {
    "add": Primitive(operator.add, lambda *_: (1.0, 1.0), "{0} + {1}", "{0} + {1}", _SUM, _BINARY),
    "sub": Primitive(operator.sub, lambda *_: (1.0, -1.0), "{0} − {1}", "{0} - {1}", _SUM, _BINARY),
    "neg": Primitive(operator.neg, lambda _: (-1.0,), "−{0}", "-{0}", _SUM, (_PRODUCT,)),
    "scale": Primitive(
        lambda u, p: p * u, lambda _, p: (p,), "{p}·{0}", r"{p} \cdot {0}", _PRODUCT, (_PRODUCT,), True
    ),
    "shift": Primitive(
        lambda u, p: p + u, lambda *_: (1.0,), "{p} + {0}", "{p} + {0}", _SUM, (_PRODUCT,), True
    ),
    "mul": Primitive(
        operator.mul, lambda u, v: (v, u), "{0}·{1}", r"{0} \cdot {1}", _PRODUCT, (_PRODUCT, _PRODUCT)
    ),
    "div": Primitive(
        operator.truediv,
        lambda u, v: (1.0 / v, -u / (v * v)),
        "{0}/{1}",
        r"\frac{{{0}}}{{{1}}}",
        _PRODUCT,
        (_PRODUCT, _POWER),
    ),
    "square": Primitive(lambda u: u * u, lambda u: (2.0 * u,), "{0}²", "{{{0}}}^{{2}}", _POWER, (_ATOM,)),
    "power": Primitive(
        operator.pow,
        lambda u, p: (p * u ** (p - 1),),
        "{0}^{p}",
        "{{{0}}}^{{{p}}}",
        _POWER,
        (_ATOM,),
        True,
    ),
    "sin": _call("sin", np.cos),
    "cos": _call("cos", lambda u: -np.sin(u)),
    "tanh": _call("tanh", _sech_squared),
    "arctan": _call("arctan", lambda u: 1.0 / (1.0 + u * u)),
    "exp": _call("exp", np.exp),
    "ln": _call("ln", lambda u: 1.0 / u, "log"),
    "sqrt": Primitive("sqrt", lambda u: (0.5 / np.sqrt(u),), "√({0})", r"\sqrt{{{0}}}", _ATOM, (_OPEN,)),
}
"""The table by operation; ``power`` takes integer powers of anything, real powers of positive operands."""


@dataclass(frozen=True)
class Expression:
    """A smooth function of ``x_0, …, x_{k-1}`` as a tree over :data:`PRIMITIVES`.

    Attributes
    ----------
    operation
        A key of :data:`PRIMITIVES`, or :data:`VARIABLE` for a leaf.
    operands
        The subtrees.
    parameter
        The index of a leaf's variable; the number of ``scale``, ``shift`` and ``power``.

    Examples
    --------
    >>> x = Expression.variable(0)
    >>> tree = Expression("mul", (Expression("sin", (x,)), x))
    >>> str(tree), tree.depth
    ('sin(x)·x', 2)
    >>> tree.value([np.float64(0.0)]) == 0.0
    np.True_
    """

    operation: str
    operands: tuple[Expression, ...] = ()
    parameter: float | int | None = None

    @classmethod
    def variable(cls, index: int) -> Expression:
        """Return the leaf ``x_index``."""
        return cls(VARIABLE, (), index)

    @property
    def depth(self) -> int:
        """Number of operations on the longest path from the root to a variable."""
        return 1 + max(operand.depth for operand in self.operands) if self.operands else 0

    def operations(self) -> Iterator[str]:
        """Yield the operation of every node but the leaves."""
        if self.operation != VARIABLE:
            yield self.operation
        for operand in self.operands:
            yield from operand.operations()

    def value(self, variables: Sequence[Any]) -> Any:
        """Return the value; ``variables[j]`` stands for ``x_j``, arrays of one namespace."""
        if self.operation == VARIABLE:
            return variables[int(self.parameter or 0)]
        arguments = [operand.value(variables) for operand in self.operands]
        return PRIMITIVES[self.operation](*self._with_parameter(arguments))

    def value_and_partials(self, variables: Sequence[Any]) -> tuple[Any, dict[int, Any]]:
        """Return the value and ``{j: ∂/∂x_j}`` from the table, for the variables that occur (NumPy)."""
        if self.operation == VARIABLE:
            index = int(self.parameter or 0)
            return variables[index], {index: np.ones_like(variables[index])}
        inner = [operand.value_and_partials(variables) for operand in self.operands]
        arguments = [value for value, _ in inner]
        primitive = PRIMITIVES[self.operation]
        complete = self._with_parameter(arguments)
        slopes = primitive.slopes(*complete)
        partials: dict[int, Any] = {}
        for slope, (_, below) in zip(slopes, inner, strict=True):
            for index, partial in below.items():
                term = slope * partial
                partials[index] = partials[index] + term if index in partials else term
        return primitive(*complete), partials

    def _with_parameter(self, arguments: list[Any]) -> list[Any]:
        return [*arguments, self.parameter] if PRIMITIVES[self.operation].parametrised else arguments

    def partial(self, index: int, variables: Sequence[Any]) -> Any:
        """Return ``∂/∂x_index`` from the table; zeros where the variable does not occur (NumPy)."""
        _, partials = self.value_and_partials(variables)
        return partials[index] if index in partials else np.zeros_like(variables[index])

    def text(self, names: Sequence[str] = ("x",), *, latex: bool = False) -> str:
        """Return the expression in plain notation or LaTeX, variables called ``names``."""
        return _rendered(self, names, latex)[0]

    def indices(self) -> Iterator[int]:
        """Yield the index of the variable at every leaf."""
        if self.operation == VARIABLE:
            yield int(self.parameter or 0)
        for operand in self.operands:
            yield from operand.indices()

    def __str__(self) -> str:
        count = 1 + max(self.indices())
        return self.text(("x",) if count == 1 else tuple(f"x_{index + 1}" for index in range(count)))

    def to_json(self) -> list[Any]:
        """Return ``[operation, parameter, operand, …]``, nested."""
        return [self.operation, self.parameter, *(operand.to_json() for operand in self.operands)]

    @classmethod
    def from_json(cls, data: Any) -> Expression:
        """Rebuild what :meth:`to_json` described.

        Raises
        ------
        InvalidArgument
            If ``data`` names an operation that is not in the table, or has the wrong number of operands.
        """
        if not isinstance(data, list) or len(data) < 2:
            raise InvalidArgument.of("expression", data, "[operation, parameter, …]", "use to_json's value")
        operation, parameter, *operands = data
        if operation != VARIABLE and operation not in PRIMITIVES:
            known = f"one of {sorted(PRIMITIVES)}"
            raise InvalidArgument.of("operation", operation, known, "use to_json's value")
        arity = 0 if operation == VARIABLE else len(PRIMITIVES[operation].operands)
        if len(operands) != arity:
            given = f"{len(operands)} operands"
            raise InvalidArgument.of(operation, given, f"{arity} of them", "use to_json's value")
        return cls(operation, tuple(cls.from_json(operand) for operand in operands), parameter)


def _rendered(tree: Expression, names: Sequence[str], latex: bool) -> tuple[str, int]:
    if tree.operation == VARIABLE:
        return names[int(tree.parameter or 0)], _ATOM
    primitive = PRIMITIVES[tree.operation]
    parts = []
    for operand, demanded in zip(tree.operands, primitive.operands, strict=True):
        part, level = _rendered(operand, names, latex)
        enclosed = rf"\left({part}\right)" if latex else f"({part})"
        parts.append(part if level >= demanded else enclosed)
    number = f"{tree.parameter:g}" if primitive.parametrised else ""
    template = primitive.latex if latex else primitive.text
    return template.format(*parts, p=number if latex else number.replace("-", "−")), primitive.level
