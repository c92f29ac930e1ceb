"""The known mistakes, and how one of them is reported.  Plain data."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Diagnosis", "Explanation", "Finding", "Mistake", "Where"]


class Mistake(enum.Enum):
    """A known way to get a derivative wrong.

    ``str`` gives the slug.  Each comment states the ``parameter`` of the
    finding and the law by which the reference ``R`` turns into the claim ``C``
    (on the rows and columns of ``where``).
    """

    TRANSPOSE = "transpose"  # None: C = R.T
    SIGN = "sign"  # -1.0: C = -R
    FACTOR = "factor"  # c: C = c R
    ROW_SCALING = "row scaling"  # d, one number a row: C = diag(d) R
    COLUMN_SCALING = "column scaling"  # d, one number a column: C = R diag(d)
    OFFSET = "offset"  # c: C = R + c
    ENTRIES = "entries"  # ((i, j, claimed, reference), ...): the rest agrees
    NOT_FINITE = "not finite"  # ((i, j), ...): the finite rest agrees
    ZERO = "zero"  # None: C = 0
    ROLLED = "rolled"  # (axis, shift): C = roll(R, shift, axis)
    REVERSED = "reversed"  # axis: C = flip(R, axis)
    PERMUTED = "permuted"  # (axis, p): C = take(R, p, axis)
    MEMORY_ORDER = "memory order"  # None: C = R.ravel(order="F").reshape(R.shape)
    ABSOLUTE = "absolute value"  # None: C = |R|
    RECIPROCAL = "reciprocal"  # None: C = 1 / R
    SQUARED = "squared"  # None: C = R**2
    DIAGONAL_ONLY = "diagonal only"  # None: C = diag(diag(R)), or the vector diag(R)
    OFF_DIAGONAL = "extra off-diagonal"  # None: R is diagonal and diag(C) = diag(R)
    SYMMETRY = "symmetry"  # name of a form in `parts.FORMS`: C = FORMS[name](R)
    FLOAT32 = "float32 precision"  # largest relative difference: C = R to single precision
    HALF = "half precision"  # (format, largest relative difference): C = R to float16 or bfloat16
    WRONG_ARGUMENT = "wrong argument"  # name: C is the Jacobian with respect to it
    WRONG_POINT = "wrong point"  # name: C is the Jacobian at that point
    OTHER_SIDE = "other side of a kink"  # "left" | "right": C is that one-sided Jacobian
    MISSING_TERM = "missing term"  # names of paths: C = R - their sum
    DOUBLED_TERM = "term counted twice"  # names of paths: C = R + their sum
    RANK_ONE = "rank-one term"  # (u, v): C = R + outer(u, v)
    ONE_SAMPLE = "one sample"  # k: C is the share of sample k
    UNREDUCED = "missing reduction"  # (axis, "sum" | "mean", shape): R = reduction of C.reshape(shape)
    REDUCED = "extra reduction"  # (axis, "sum" | "mean"): C = reduction of R, axis kept
    WHOLE = "whole instead of part"  # (axis, p): R = take(C, p, axis)
    PART = "part instead of whole"  # (axis, p): C = take(R, p, axis)
    SHAPE = "shape"  # claimed shape: C.reshape(R.shape) = R
    WRONG_BLOCK = "wrong block"  # None: the rest agrees, the block in no known way

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Where:
    """Rows and columns of the reference; None means all of them."""

    rows: tuple[int, ...] | None = None
    columns: tuple[int, ...] | None = None

    @property
    def everywhere(self) -> bool:
        """Whether no row and no column is left out."""
        return self.rows is None and self.columns is None


@dataclass(frozen=True)
class Finding:
    """One mistake at one place; the law is stated at :class:`Mistake`.

    Attributes
    ----------
    mistake
        Which.
    where
        The rows and columns concerned.
    parameter
        What the law needs besides: a factor, a shift, a permutation, entries.
    label
        How the parameter is known: ``"2"``, ``"1/n"``, the name of a vector, what an order does to named
        arguments; empty when it was fitted.
    """

    mistake: Mistake
    where: Where = Where()
    parameter: Any = None
    label: str = ""


@dataclass(frozen=True)
class Explanation:
    """One mistake, or two of which the first was made last, that turn the reference into the claim.

    Attributes
    ----------
    findings
        One or two: the claim is the first, applied to the second, applied to the reference.
    residual
        Largest ``|undone claim - reference| / budget`` after undoing; at most 1.
    text
        One sentence for a person.
    bits
        Length of its description; the simplest explanation has the fewest.
    """

    findings: tuple[Finding, ...]
    residual: float
    text: str
    bits: float = field(compare=False, default=0.0)

    @property
    def mistake(self) -> Mistake:
        """The mistake, the last made when there are two."""
        return self.findings[0].mistake

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes in the order of undoing."""
        return tuple(finding.mistake for finding in self.findings)

    @property
    def where(self) -> Where:
        """The place of :attr:`mistake`."""
        return self.findings[0].where

    @property
    def parameter(self) -> Any:
        """The parameter of :attr:`mistake`."""
        return self.findings[0].parameter


@dataclass(frozen=True)
class Diagnosis:
    """What is known about how a claim went wrong.

    Attributes
    ----------
    named
        Explanations that are equivalent for this matrix, the simplest first; empty
        when no known mistake explains the claim.
    text
        One sentence for a person.
    complete
        False when compositions of two mistakes might say more and were not searched, because the
        matrix is large or because they were not asked for.
    """

    named: tuple[Explanation, ...]
    text: str
    complete: bool = True

    def __str__(self) -> str:
        return self.text
