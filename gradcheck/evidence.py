"""What a verdict rests on, kept only when somebody listens.  Standard library only.

Arrays appear here as annotations alone, so that a plugin or a report can load
this module without NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Curve", "Evidence", "Histogram"]


@dataclass(frozen=True)
class Curve:
    """Error of plain central differences against their step, for one entry.

    Attributes
    ----------
    entry
        Which, by name: ``d f[2] / d x[0]``.
    steps
        Units of x, ascending.
    errors
        ``|difference quotient - reference|`` at each step, units of f per unit of x.
    rounding
        What the measured noise of f does to each quotient: falls as ``1 / step``.
    truncation
        The ``step**2`` law through the finest quotient whose error is not rounding; empty without one.
    chosen
        The finest step that the estimate is made of; 0 when central differences had no answer.

    Examples
    --------
    >>> Curve("d f / d x", (0.1, 0.2), (1e-3, 4e-3), (1e-16, 5e-17), (1e-3, 4e-3), 0.1).chosen
    0.1
    """

    entry: str
    steps: tuple[float, ...]
    errors: tuple[float, ...]
    rounding: tuple[float, ...]
    truncation: tuple[float, ...]
    chosen: float


@dataclass(frozen=True)
class Histogram:
    """How many entries have ``|claim - reference|`` in which share of their error bar.

    Attributes
    ----------
    edges
        Ascending, one more than ``counts``; the last is inf.
    counts
        Entries with ``edges[k] < ratio <= edges[k + 1]``; 0 counts in the first.

    Examples
    --------
    >>> sum(Histogram((0.0, 1.0, float("inf")), (4, 0)).counts)
    4
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The numbers behind a verdict, in numerator layout ``(m, n)``.

    Attributes
    ----------
    histogram
        Over all entries compared; None when none was.
    claimed, reference
        Units of f per unit of x; NaN where there is no answer.  None, as all that follows, after a PASS.
    claimed_error, reference_error, allowed
        Their error bars, and the largest difference that both explain.
    wrong
        Which entries disagree, bool.
    index
        The worst entry, ``(row, column)``.
    inputs
        The arguments at the point, by name.
    left, right
        One-sided derivatives where the function is kinked, NaN elsewhere; None when it is not.
    curve
        For the worst entry.
    snippet
        Python that shows the same result when pasted into a file; empty where the function has no source.

    Examples
    --------
    >>> Evidence(histogram=Histogram((0.0, 1.0), (3,))).snippet
    ''
    """

    histogram: Histogram | None = None
    claimed: np.ndarray[Any, Any] | None = None
    reference: np.ndarray[Any, Any] | None = None
    claimed_error: np.ndarray[Any, Any] | None = None
    reference_error: np.ndarray[Any, Any] | None = None
    allowed: np.ndarray[Any, Any] | None = None
    wrong: np.ndarray[Any, Any] | None = None
    index: tuple[int, int] | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    left: np.ndarray[Any, Any] | None = None
    right: np.ndarray[Any, Any] | None = None
    curve: Curve | None = None
    snippet: str = ""
