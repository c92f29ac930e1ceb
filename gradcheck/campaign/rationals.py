"""Functions evaluated in exact rational arithmetic: every float is a rational number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument

__all__ = ["exact_array", "exact_value"]

_OPERATIONS = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg", "pos", "abs")


def _exactly(name: str) -> Callable[..., Any]:
    operate = getattr(Fraction, name)

    def method(*operands: Any) -> Any:
        # A fraction and a float make a float, rounded; the float is a fraction too.
        found = operate(*(Fraction(one) if isinstance(one, float) else one for one in operands))
        return _Rational(found) if isinstance(found, Fraction) else found

    return method


class _Rational(Fraction):
    """A fraction that stays one beside floating-point literals such as ``0.5 * x``."""


for _name in _OPERATIONS:
    setattr(_Rational, f"__{_name}__", _exactly(f"__{_name}__"))


def exact_value(function: Callable[..., Any], arguments: Mapping[str, Array]) -> list[Any]:
    """Return ``function`` at ``arguments`` in exact rational arithmetic, flat.

    Sums, products, quotients and comparisons of rationals are exact, so two sides of
    an identity must be equal.

    Raises whatever ``function`` raises on fractions (``TypeError`` for ``sin``).

    Examples
    --------
    >>> [str(entry) for entry in exact_value(lambda x: x.sum() / 3, {"x": np.array([0.5, 0.25])})]
    ['1/4']
    """
    return list(exact_array(function, arguments).reshape(-1))


def exact_array(function: Callable[..., Any], arguments: Mapping[str, Array]) -> Array:
    """Return :func:`exact_value` in the shape that ``function`` gave it."""
    result = np.asarray(function(*[_fractions(value) for value in arguments.values()]), dtype=object)
    exact = np.empty(result.size, dtype=object)
    for place, entry in enumerate(result.reshape(-1).tolist()):
        if isinstance(entry, str):
            raise InvalidArgument.of("the result", entry, "real numbers", "return a float array")
        exact[place] = Fraction(entry)
    return exact.reshape(result.shape)


def _fractions(value: Array) -> Any:
    flat = [_Rational(float(entry)) for entry in np.asarray(value).reshape(-1)]
    if np.ndim(value) == 0:
        return flat[0]
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(np.shape(value))
