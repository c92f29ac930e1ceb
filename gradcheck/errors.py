"""Exceptions that gradcheck raises on purpose.

Each class's docstring is the user's remedy.  A derivative that is wrong is a
result, not an exception of this module's base kind: only
``assert_derivative`` turns a verdict into an exception.
"""

from __future__ import annotations

__all__ = ["GradcheckError", "InvalidArgument", "MissingExtra", "RefusedOperation"]


class GradcheckError(Exception):
    """Base of every exception that gradcheck raises on purpose."""


class InvalidArgument(GradcheckError, ValueError):
    """An argument cannot be used: the message names given, expected and fix."""

    @classmethod
    def of(cls, argument: str, given: object, expected: str, fix: str) -> InvalidArgument:
        """Build the message from its four parts.

        Examples
        --------
        >>> print(InvalidArgument.of("method", "centre", "one of 'central', 'jax'", "pass 'central'"))
        `method`: given 'centre', expected one of 'central', 'jax'; pass 'central'
        """
        return cls(f"`{argument}`: given {given!r}, expected {expected}; {fix}")


class MissingExtra(GradcheckError, ImportError):
    """An optional dependency is absent: the message holds the install line."""

    def __init__(self, extra: str, purpose: str, cause: str = "") -> None:
        """Name the ``extra``, what it is needed for, and why the import failed."""
        self.extra = extra
        self.install = f'python -m pip install "gradcheck[{extra}]"'
        detail = f" ({cause})" if cause else ""
        super().__init__(f"{purpose} needs the extra `{extra}`{detail}: {self.install}")


class RefusedOperation(GradcheckError, TypeError):
    """The complex step cannot be continued through an operation of ``f``.

    The message names the operation and the line of ``f``.  Use
    ``method="central"``, or write ``f`` with operations that continue
    analytically.
    """
