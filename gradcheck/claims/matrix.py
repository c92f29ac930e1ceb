"""What reading a claim ends in: its numbers, or the problem that kept them from being read."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.arrays import Array
from gradcheck.errors import InvalidArgument
from gradcheck.results import Reason
from gradcheck.tolerance import COARSE_FORMATS

__all__ = ["ClaimMatrix", "ClaimProblem", "Unreadable", "coarsest", "precision"]


def precision(dtype: str) -> str:
    """Return the format whose rounding a claim carries: integers and wider floats are exact in float64.

    Examples
    --------
    >>> precision("float32"), precision("int64")
    ('float32', 'float64')
    """
    return dtype if dtype in COARSE_FORMATS else "float64"


def coarsest(dtypes: set[str]) -> str:
    """Return the coarsest of several formats, float64 when there is none."""
    return next((name for name in COARSE_FORMATS if name in dtypes), "float64")


@dataclass(frozen=True)
class ClaimMatrix:
    """A claimed derivative, dense.

    Attributes
    ----------
    value
        float64, fresh: ``(m, n)`` in numerator layout, units of f per unit of x; ``(m,)`` or ``(n,)`` for
        products; ``(m * n, n)`` for a second derivative.  NaN and infinities are kept as claimed.
    dtype
        The coarsest of the formats in which the claim was given: its own rounding is at least one eps of it.
    eps
        The spacing at 1 of each entry's own format; broadcasts to ``value``.
    notes
        How the claim was read, where that is worth saying.
    """

    value: Array
    dtype: str
    eps: Array
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimProblem:
    """Why a claim could not be brought to a matrix.

    Attributes
    ----------
    message
        What was claimed, what was expected and, where recognised, the likely mistake.
    reason
        ``WRONG_SHAPE`` or ``CLAIM_RAISED``: the verdict is FAIL.  None: what was given is no derivative
        at all (None, a string, complex numbers), see :meth:`error`.
    cause
        The exception behind it, if any.
    """

    message: str
    reason: Reason | None = None
    cause: BaseException | None = None

    def error(self) -> InvalidArgument:
        """Return the exception to raise where ``reason`` is None; its cause is chained."""
        error = InvalidArgument(self.message)
        error.__cause__ = self.cause
        return error


class Unreadable(Exception):
    """Carries a problem out of the depth of a nested claim."""

    def __init__(self, problem: ClaimProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem
