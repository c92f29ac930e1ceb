"""What an automatic differentiation system offers as a witness.

A system differentiates the *program* of ``f`` by its own rules; it shares no
code with the numerical estimators nor with the closed forms.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from gradcheck.arrays import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["MODES", "Autodiff", "Availability", "Derivatives"]

MODES = ("forward", "reverse")
"""Forward mode pushes tangents, one column at a time; reverse mode pulls cotangents, one row at a time."""


class Availability(NamedTuple):
    """Whether a system can be used here, and its versions or the reason why not."""

    usable: bool
    detail: str


class Derivatives(NamedTuple):
    """``f(x)`` and its Jacobian by both modes; Jacobians of shape ``f(x).shape + x.shape``."""

    value: Array
    forward: Array
    reverse: Array


class Autodiff(Protocol):
    """One system.  ``dtype`` is the precision of the computation, the varied argument's own when None.

    ``key`` is the caller's promise that two calls with an equal key mean the
    same function: the system may then compile it once and use it again.
    """

    @property
    def name(self) -> str:
        """Name of the system, as ``method=`` takes it."""

    def available(self) -> Availability:
        """Say whether the system works here; never raises."""

    def value_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        *,
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Array:
        """Return ``f(*args)`` as the system computes it."""

    def jacobian_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: int = 0,
        *,
        mode: str = "forward",
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Array:
        """Return ``df/dx``, ``x = args[argnum]``, shape ``f(x).shape + x.shape``, in f per unit of x."""

    def derivatives_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: int = 0,
        *,
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Derivatives:
        """Return the value and the Jacobian by both modes."""

    def shapes_of(
        self, f: Callable[..., Any], args: Sequence[Any], argnum: int = 0, *, dtype: DTypeLike | None = None
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of the Jacobian by forward and by reverse mode, without computing it."""
