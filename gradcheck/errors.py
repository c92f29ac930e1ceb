"""Exceptions that gradcheck raises on purpose.

Each class's docstring is the user's remedy.  A derivative that is wrong is a
result, not an exception of this module's base kind: only
``assert_derivative`` turns a verdict into an exception.
"""

from __future__ import annotations

__all__ = [
    "DerivativeMismatch",
    "GradcheckError",
    "InconclusiveCheck",
    "InvalidArgument",
    "MissingExtra",
    "RefusedOperation",
]


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


class DerivativeMismatch(GradcheckError, AssertionError):
    """The derivative is wrong: the message says where and, where recognised, which mistake it is.

    ``result`` holds the whole :class:`~gradcheck.results.CheckResult`.
    """

    def __init__(self, message: str, result: object = None) -> None:
        """Keep the result beside its text."""
        super().__init__(message)
        self.result = result


class InconclusiveCheck(GradcheckError, AssertionError):
    """Nothing can be told of the derivative: the message says why, and what to do.

    Pass ``allow_inconclusive=True`` where that is good enough.  ``result`` holds the
    whole :class:`~gradcheck.results.CheckResult`.
    """

    def __init__(self, message: str, result: object = None) -> None:
        """Keep the result beside its text."""
        super().__init__(message)
        self.result = result


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
