"""Programs that JAX has traced, run operation by operation on shared compiled operations.

Compiling a program as a whole takes longer than running it a few dozen times on
a few numbers.  Its operations recur in other programs, so each is compiled once
for its parameters and shapes, and a program is a list of them: a tape.

Tapes: A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008,
section 2.2 (evaluation traces).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Operations", "Tape"]

_CALLS = {
    "pjit": "jaxpr",
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "checkpoint": "jaxpr",
}
"""Operations that only call another program, and where they hold it; tracing has differentiated them."""

_MOST = 2000
"""Operations kept: each costs some ten memory maps, of which a process has 65,530."""


class Operations:
    """JAX's operations, each compiled once for its parameters, shapes and dtypes."""

    def __init__(self, jax: ModuleType, options: dict[str, Any] | None) -> None:
        self._jax = jax
        self._options = options
        self._compiled: dict[Hashable, Callable[..., Sequence[Any]]] = {}

    def __len__(self) -> int:
        return len(self._compiled)

    def of(self, equation: Any) -> Callable[..., Sequence[Any]]:
        """Return the operation of one line of a traced program, as a map of arrays to a list of arrays."""
        key = _identity(equation)
        found = self._compiled.get(key) if key is not None else None
        if found is None:
            found = self._compile(equation)
            if len(self._compiled) >= _MOST:
                self._compiled.clear()
            if key is not None:
                self._compiled[key] = found
        return found

    def _compile(self, equation: Any) -> Callable[..., Sequence[Any]]:
        primitive = equation.primitive

        def applied(*values: Any) -> Any:
            result = primitive.bind(*values, **equation.params)
            return result if primitive.multiple_results else [result]

        shapes = [self._jax.ShapeDtypeStruct(each.aval.shape, each.aval.dtype) for each in equation.invars]
        lowered = self._jax.jit(applied, compiler_options=self._options).lower(*shapes)
        return lowered.compile()  # type: ignore[no-any-return]  # JAX is untyped here


def _identity(equation: Any) -> Hashable | None:
    """Return what the operation depends on, or None when a parameter cannot be hashed."""
    parameters = tuple(sorted(equation.params.items(), key=lambda item: item[0]))
    shapes = tuple((each.aval.shape, str(each.aval.dtype)) for each in equation.invars)
    whole = (equation.primitive, parameters, shapes)
    try:
        hash(whole)
    except TypeError:
        return None
    return whole


class _Step(NamedTuple):
    """One operation: what it takes from and gives to the numbered places of a tape."""

    operation: Callable[..., Sequence[Any]]
    takes: tuple[int, ...]
    gives: tuple[int, ...]


class Tape:
    """A traced program as a list of compiled operations; called with arrays, it gives a list of arrays.

    Parameters
    ----------
    traced
        The program, as ``jax.make_jaxpr`` returns it.
    operations
        Where compiled operations are found and kept.
    """

    def __init__(self, traced: Any, operations: Operations) -> None:
        self._operations = operations
        self._places: list[Any] = []
        self._steps: list[_Step] = []
        self._inputs = [self._place() for _ in traced.jaxpr.invars]
        self._outputs = self._record(traced.jaxpr, traced.consts, self._inputs)

    def __call__(self, *arrays: Any) -> list[Any]:
        """Return the outputs for the inputs ``arrays``."""
        places = self._places.copy()
        for place, array in zip(self._inputs, arrays, strict=True):
            places[place] = array
        for step in self._steps:
            results = step.operation(*[places[place] for place in step.takes])
            for place, result in zip(step.gives, results, strict=True):
                places[place] = result
        return [places[place] for place in self._outputs]

    def _place(self, value: Any = None) -> int:
        self._places.append(value)
        return len(self._places) - 1

    def _record(self, program: Any, constants: Sequence[Any], inputs: Sequence[int]) -> list[int]:
        """Append the program's operations; return the places of its outputs."""
        known: dict[Any, int] = dict(zip(program.invars, inputs, strict=True))
        known |= {name: self._place(value) for name, value in zip(program.constvars, constants, strict=True)}

        def place_of(operand: Any) -> int:
            # A literal holds its value, a variable has none.
            if hasattr(operand, "val"):
                return self._place(np.asarray(operand.val, dtype=operand.aval.dtype))
            return known[operand]

        for equation in program.eqns:
            takes = [place_of(operand) for operand in equation.invars]
            called = equation.params.get(_CALLS.get(equation.primitive.name, ""))
            if called is None:
                gives = [self._place() for _ in equation.outvars]
                self._steps.append(_Step(self._operations.of(equation), tuple(takes), tuple(gives)))
            else:
                # Some hold their constants, some have none.
                gives = self._record(getattr(called, "jaxpr", called), getattr(called, "consts", ()), takes)
            known |= zip(equation.outvars, gives, strict=True)
        return [place_of(operand) for operand in program.outvars]
