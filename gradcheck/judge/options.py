"""What a check is asked for, validated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgument

__all__ = ["Options"]

_CHOICES = {
    "layout": ("numerator", "denominator"),
    "method": ("auto", "central", "complex-step"),
    "expect": ("pass", "fail"),
}


@dataclass(frozen=True)
class Options:
    """Keywords of a check.

    Attributes
    ----------
    bounds
        ``(lower, upper)``: the reference never evaluates ``f`` outside.
    layout
        ``"numerator"``: ``f.shape + x.shape``; ``"denominator"``: ``x.shape + f.shape``.
    rtol
        None: measured.  A number loosens the comparison by that share of the reference.
    rng
        Seed or generator (SPEC 7).
    method
        The reference: ``"auto"``, ``"central"`` or ``"complex-step"``.
    max_nfev
        Most evaluations of ``f`` for the references.
    name
        For messages and records.
    expect
        ``"fail"`` marks a check that must fail.
    allow_inconclusive
        Whether INCONCLUSIVE is good enough.
    """

    bounds: tuple[Any, Any] | None = None
    layout: str = "numerator"
    rtol: float | None = None
    rng: Any = None
    method: str = "auto"
    max_nfev: int | None = None
    name: str = ""
    expect: str = "pass"
    allow_inconclusive: bool = False

    def __post_init__(self) -> None:
        for field, allowed in _CHOICES.items():
            given = getattr(self, field)
            if given not in allowed:
                expected = f"one of {', '.join(map(repr, allowed))}"
                raise InvalidArgument.of(field, given, expected, f"pass {allowed[0]!r}")
        if self.rtol is not None and not 0 <= self.rtol < 1:
            raise InvalidArgument.of(
                "rtol", self.rtol, "None or 0 <= rtol < 1", "leave it out: it is measured"
            )
        if self.max_nfev is not None and not self.max_nfev >= 1:
            raise InvalidArgument.of("max_nfev", self.max_nfev, "None or a number >= 1", "leave it out")

    @property
    def keywords(self) -> dict[str, Any]:
        """What a call needs to repeat the check: all but the name and what is expected."""
        names = ("bounds", "layout", "rtol", "rng", "method", "max_nfev")
        return {name: getattr(self, name) for name in names}

    def generator(self) -> np.random.Generator:
        """Return the generator; seed 0 where none was given, so that a check repeats itself."""
        return np.random.default_rng(0 if self.rng is None else self.rng)
