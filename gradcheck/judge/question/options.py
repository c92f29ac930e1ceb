"""What a check is asked for, validated once."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from gradcheck.domains import Symmetric
from gradcheck.errors import InvalidArgument
from gradcheck.judge.question.directions import Varying
from gradcheck.judge.question.keywords import require_known
from gradcheck.pytree import described

__all__ = ["Options"]

_CHOICES: Final = {
    "layout": ("numerator", "denominator"),
    "method": ("auto", "central", "complex-step", "contract"),
    "strategy": ("auto", "dense"),
    "expect": ("pass", "fail"),
}


@dataclass(frozen=True)
class Options:
    """Keywords of a check, as :func:`gradcheck.check` describes them, and which parameters vary.

    Attributes
    ----------
    columns
        Indices of the parameters examined; all of them for None.
    whole_rows
        Of a second derivative: whether ``columns`` are those differentiated by last, every first derivative
        being taken; else both.
    side
        The triangle by whose claims a symmetric matrix is judged under the free convention.
    others
        Further points of the same check, by name: a claim may have been made at one of them.
    """

    bounds: tuple[Any, Any] | None = None
    layout: str = "numerator"
    rtol: float | None = None
    rng: Any = None
    method: str = "auto"
    max_nfev: int | None = None
    name: str | None = None
    expect: str = "pass"
    argnums: int | tuple[int, ...] = 0
    kwargs: Mapping[str, Any] | None = None
    inputs: Mapping[str | int, Symmetric] | None = None
    strategy: str = "auto"
    max_memory: float | None = None
    points: Iterable[Any] | None = None
    allow_inconclusive: bool = False
    surrogate: Callable[..., Any] | None = None
    stochastic: bool = False
    order: int = 1
    columns: np.ndarray[Any, np.dtype[Any]] | None = None
    whole_rows: bool = False
    side: str = "lower"
    others: Mapping[str, tuple[Any, ...]] | None = None

    @classmethod
    def of(cls, called: str, kind: Any, given: Mapping[str, Any]) -> Options:
        """Return the options for the keywords given to the check ``called``, which takes those of ``kind``.

        Raises
        ------
        InvalidArgument
            If a keyword is unknown, or its value cannot be used.
        """
        require_known(called, kind, given)
        return cls(**given)

    def __post_init__(self) -> None:
        for field, allowed in _CHOICES.items():
            given = getattr(self, field)
            if not isinstance(given, str) or given not in allowed:
                expected = f"one of {', '.join(map(repr, allowed))}"
                raise _refused(field, given, expected, f"pass {allowed[0]!r}")
        _require_number("rtol", self.rtol, lambda rtol: 0 <= rtol < 1, "0 <= rtol < 1")
        _require_number("max_memory", self.max_memory, lambda bytes_: bytes_ > 0, "a number of bytes > 0")
        _require_count(self.max_nfev)
        order: object = self.order
        if type(order) is not int or order not in (1, 2):
            raise _refused("order", self.order, "1 or 2", "leave it out for a first derivative")
        for field in ("stochastic", "allow_inconclusive"):
            if not isinstance(getattr(self, field), (bool, np.bool_)):
                raise _refused(field, getattr(self, field), "True or False", "pass one of them")
        if not (self.name is None or isinstance(self.name, str)):
            raise _refused("name", self.name, "a string", "leave it out: the function's own name is used")
        if not (self.surrogate is None or callable(self.surrogate)):
            raise _refused("surrogate", self.surrogate, "a callable", "pass the function itself")
        if self.stochastic and self.method in ("complex-step", "contract"):
            raise _refused("method", self.method, "'auto' or 'central' with stochastic=True", "leave it out")
        self._require_mappings()
        self._require_bounds()
        self.generator()

    def _require_mappings(self) -> None:
        if not (self.kwargs is None or isinstance(self.kwargs, Mapping)):
            raise _refused("kwargs", self.kwargs, "a dict of keyword arguments", "pass {'name': value}")
        if not all(isinstance(name, str) for name in self.kwargs or ()):
            raise _refused("kwargs", self.kwargs, "names as keys", "pass {'name': value}")
        fix = "pass inputs={'A': gradcheck.symmetric()}"
        if not (self.inputs is None or isinstance(self.inputs, Mapping)):
            raise _refused("inputs", self.inputs, "a dict from an argument to its structure", fix)
        for key, kind in (self.inputs or {}).items():
            if not isinstance(kind, Symmetric):
                raise _refused(f"inputs[{key!r}]", kind, "gradcheck.symmetric()", fix)

    def _require_bounds(self) -> None:
        given: Any = self.bounds
        if given is not None and (not isinstance(given, (tuple, list)) or len(given) != 2):
            fix = "pass (0, None) for x >= 0, or (lowers, uppers) shaped as x"
            raise _refused("bounds", given, "a pair (lower, upper), not a pair for each variable", fix)

    @property
    def limits(self) -> tuple[Any, Any] | None:
        """The bounds as ``(lower, upper)``, None in a place read as no limit."""
        if self.bounds is None:
            return None
        lower, upper = self.bounds
        return (-math.inf if lower is None else lower, math.inf if upper is None else upper)

    @property
    def varying(self) -> Varying | None:
        """What of the varying arguments varies; None where everything does, each entry by itself."""
        if not self.inputs and self.columns is None:
            return None
        return Varying(self.inputs, self.columns, self.side)

    @property
    def varying_together(self) -> Varying | None:
        """What varies where all parameters do, whatever is examined."""
        return Varying(self.inputs, None, self.side) if self.inputs else None

    @property
    def varying_inside(self) -> Varying | None:
        """What varies for the first derivative where a second one is judged."""
        return self.varying_together if self.whole_rows else self.varying

    @property
    def keywords(self) -> dict[str, Any]:
        """What a call needs to repeat the check: no defaults, neither the name nor what is expected."""
        apart = {"name", "expect", "allow_inconclusive", "points", "columns", "whole_rows", "side", "others"}
        given = {one.name: (getattr(self, one.name), one.default) for one in fields(self)}
        return {
            name: value
            for name, (value, default) in given.items()
            if name not in apart and value is not default and (default is None or value != default)
        }

    @property
    def seed(self) -> int:
        """A seed drawn from the caller's generator, for claims that draw directions of their own."""
        return int(self.generator().integers(2**63))

    def generator(self) -> np.random.Generator:
        """Return the generator; seed 0 where none was given, so that a check repeats itself."""
        try:
            return np.random.default_rng(0 if self.rng is None else self.rng)
        except (TypeError, ValueError) as cause:
            raise _refused("rng", self.rng, "a seed or a numpy.random.Generator", "pass a number") from cause


def _refused(field: str, given: Any, expected: str, fix: str) -> InvalidArgument:
    return InvalidArgument(f"`{field}`: given {described(given)}, expected {expected}; {fix}")


def _require_number(field: str, given: Any, fits: Callable[[float], bool], expected: str) -> None:
    if given is None:
        return
    number = isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, bool)
    if not number or not fits(float(given)):
        raise _refused(field, given, f"None or {expected}", "leave it out")


def _require_count(given: Any) -> None:
    try:
        usable = given is None or (not isinstance(given, bool) and operator.index(given) >= 1)
    except TypeError:
        usable = False
    if not usable:
        raise _refused("max_nfev", given, "None or a whole number >= 1", "leave it out")
