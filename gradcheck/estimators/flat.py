"""What an estimator hands back: a Jacobian ``(m, n)`` with its error bar, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gradcheck.arrays import Array
from gradcheck.results import Status

__all__ = ["Curves", "FlatEstimate", "gravest", "unusable"]


# Gravest first: what spoils the whole function, then what spoils the point, then what
# spoils only this estimator's answer.
_GRAVITY = (
    Status.INCONSISTENT_OUTPUT,
    Status.MUTATES_INPUT,
    Status.NONDETERMINISTIC,
    Status.RAISED,
    Status.OUTSIDE_DOMAIN,
    Status.DISCONTINUITY,
    Status.KINK,
    Status.NO_USABLE_STEP,
    Status.NOISY,
    Status.REFUSED,
    Status.ABSENT,
)


@dataclass(frozen=True)
class Curves:
    """What was seen on the way: one difference quotient for each rung, column and row.

    Attributes
    ----------
    steps
        ``(rungs, n)``, units of x; 0 where a column did not use the rung.
    quotients
        ``(rungs, m, n)``, units of f per unit of x; NaN where unusable.
    rounding
        ``(rungs, m, n)``: what the measured noise of f does to each quotient; None where not known.
    chosen
        ``(m, n)``: the finest step that the answer is made of, units of x; 0 where there is no answer.
    """

    steps: Array
    quotients: Array
    rounding: Array | None = None
    chosen: Array | None = None

    def noise(self) -> Array | None:
        """Return by how much the values of f beside x were measured to be off, ``(m,)``, units of f.

        Examples
        --------
        >>> Curves(np.full((1, 1), 0.5), np.ones((1, 1, 1)), np.full((1, 1, 1), 0.25)).noise()
        array([0.125])
        """
        if self.rounding is None or not self.rounding.size:
            return None
        finest = self.rounding[0] * self.steps[0]
        return np.asarray(np.where(np.isfinite(finest), finest, 0.0).max(axis=1))


@dataclass(frozen=True)
class FlatEstimate:
    """A Jacobian in numerator layout with ``|value - truth| <= error`` entry by entry.

    Attributes
    ----------
    value
        ``(m, n)``, units of f per unit of x; NaN where there is no usable answer.
    error
        ``(m, n)``: an honest bound on the absolute error; inf where ``value`` is NaN.
    codes
        ``(m, n)`` uint8 of ``Status.code``.
    left, right
        ``(m, n)`` one-sided derivatives at entries whose status is KINK, NaN elsewhere;
        None when there is no such entry.
    nfev
        Evaluations of ``f``, all purposes together.
    status
        ``Status.OK`` when every entry is usable, else the gravest status met.
    message
        Why an entry or the whole is unusable; empty when all is well.
    notes
        Facts worth reporting that do not spoil the estimate.
    curves
        The difference quotients behind the answer, or None.
    moved
        ``(m, n)``: how far the derivative moves when its argument is rounded; None where nobody asked.
    tied
        Whether it was refused because a branch was taken where both sides meet.
    contradicted
        Whether it was refused because a central difference, with its bar, says something else.
    doubted
        Value and error, ``(m, n)`` each, that were refused for that; None where they were not.
    """

    value: Array
    error: Array
    codes: Array
    nfev: int
    status: Status = Status.OK
    message: str = ""
    left: Array | None = None
    right: Array | None = None
    notes: tuple[str, ...] = field(default=())
    curves: Curves | None = None
    moved: Array | None = None
    tied: bool = False
    contradicted: bool = False
    doubted: tuple[Array, Array] | None = None


def gravest(codes: Array) -> Status:
    """Return the gravest status among ``codes`` (any shape), ``Status.OK`` when there is none worse.

    Examples
    --------
    >>> gravest(np.array([0, 1, 3], dtype=np.uint8)).name
    'KINK'
    """
    present = set(np.unique(codes).tolist())
    return next((status for status in _GRAVITY if status.code in present), Status.OK)


def unusable(
    m: int, n: int, status: Status, nfev: int, message: str, notes: tuple[str, ...] = ()
) -> FlatEstimate:
    """Return an ``(m, n)`` estimate without a single answer: NaN with an infinite bar.

    Examples
    --------
    >>> unusable(1, 2, Status.NONDETERMINISTIC, 5, "two calls differ").error
    array([[inf, inf]])
    """
    return FlatEstimate(
        value=np.full((m, n), np.nan),
        error=np.full((m, n), np.inf),
        codes=np.full((m, n), status.code, dtype=np.uint8),
        nfev=nfev,
        status=status,
        message=message,
        notes=notes,
    )
