"""The error model's arithmetic: how far a claim may lie from a reference, and what that could hide.

Nothing here depends on an array's size, no norm is taken, and every gate is
written so that NaN fails it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array

__all__ = [
    "COARSE_FORMATS",
    "FEW_EPS",
    "HIDDEN_DIGITS",
    "LAST_DIGITS",
    "Detectable",
    "budget",
    "detectable",
    "eps_of",
    "max_detectable",
    "rounding_floor",
    "smallest_shown",
]

COARSE_FORMATS = ("bfloat16", "float16", "float32")
"""Formats with fewer digits than float64, the coarsest first."""

FEW_EPS = 8.0
"""Roundings granted to a claim before its own are measured: a handful of correctly rounded operations
costs half a unit each (Higham 2002, Accuracy and Stability, eq. 2.4), library functions up to 4 units."""

LAST_DIGITS = 2.0**-42
"""Relative: the difference that another order of operations makes (``1 - tanh**2`` at 3), or constants from
formulas of their own (the weights of a cubic interpolation), the same at every point, so that nothing
scatters.  Three digits; granted where no more differs, named in the result, counted in `detectable`."""

HIDDEN_DIGITS = 2.0**-40
"""Relative: what those last digits, and a rounding of the claim too small to be seen by itself, may hide
together; a check is never said to see less."""

_EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
_MAX_DETECTABLE = {"float64": 1e-3, "float32": 1e-2, "float16": 5e-2, "bfloat16": 5e-2}


def eps_of(dtype: str) -> float:
    """Return the spacing of ``dtype`` at 1.

    Examples
    --------
    >>> eps_of("float32")
    1.1920928955078125e-07
    """
    return _EPS[dtype]


def max_detectable(dtype: str) -> float:
    """Return the largest ``detectable`` with which a check of ``dtype`` may still pass."""
    return _MAX_DETECTABLE[dtype]


def rounding_floor(value: Array, dtype: str) -> Array:
    """Return a few eps of each entry: the rounding that any claim in ``dtype`` may have."""
    result: Array = FEW_EPS * eps_of(dtype) * np.abs(value)
    return result


def smallest_shown(x: Array, base: Array, reference: Array, eps: Array | float) -> Array:
    """Return the smallest derivative that values of f can show, ``(m, n)``: f's rounding over x.

    ``FEW_EPS eps (|f_i| + sum_k |J_ik x_k|) / |x_j|``: when ``x_j`` moves by all of itself, a smaller
    derivative moves ``f_i`` by no more than the rounding of its value and of its inputs does (Higham 2002,
    Accuracy and Stability, section 1.6).  Where a coordinate is 0, the largest one stands in for it.

    Parameters
    ----------
    x, base
        The point ``(n,)`` and ``f`` there ``(m,)``.
    reference
        ``(m, n)``, units of f per unit of x.
    eps
        Spacing at 1 of the format of each value, a number or ``(m,)``.

    Examples
    --------
    >>> bool(smallest_shown(np.ones(1), np.array([1e8]), np.ones((1, 1)), 2.0**-52) > 1e-7)
    True
    """
    size = np.abs(x)
    moved = np.where(size > 0, size, float(np.max(size, initial=0.0)) or 1.0)
    with np.errstate(all="ignore"):
        value = np.where(np.isfinite(base), np.abs(base), 0.0)
        carried = np.where(np.isfinite(reference), np.abs(reference), 0.0) @ moved
        shown: Array = (FEW_EPS * eps * (value + carried))[:, None] / moved
    return shown


def budget(error_a: Array, error_b: Array) -> Array:
    """Return the largest difference that two error bars explain, entry by entry: their sum."""
    result: Array = error_a + error_b
    return result


@dataclass(frozen=True)
class Detectable:
    """The smallest single-entry error that a comparison would have caught.

    Attributes
    ----------
    relative
        Shape of the comparison; relative to the entry, or to its substitute (see
        :func:`detectable`).  NaN where only an absolute number makes sense.
    absolute
        The same error in units of f per unit of x.
    apart
        Entries judged against a substitute: zero or below the reference's rounding.
    """

    relative: Array
    absolute: Array
    apart: Array

    def worst(self) -> float:
        """Return the largest relative number, 0 when every entry is absolute or there is none."""
        finite = self.relative[~np.isnan(self.relative)]
        return float(finite.max()) if finite.size else 0.0

    def worst_index(self) -> tuple[int, ...] | None:
        """Return where :meth:`worst` is, or None."""
        if not np.any(~np.isnan(self.relative)):
            return None
        flat = int(np.nanargmax(self.relative))
        return tuple(int(k) for k in np.unravel_index(flat, self.relative.shape))


def detectable(
    claim: Array,
    claim_error: Array,
    reference: Array,
    reference_error: Array,
    substitute: Array | None = None,
    unrounded: Array | None = None,
    shown: Array | None = None,
) -> Detectable:
    """Return the smallest error of one entry that ``|claim - reference| > budget`` is sure to show.

    It is ``budget + max(|claim - reference|, reference_error)``.  A mistake
    ``e`` in a claim that differs by ``d`` is caught for certain when
    ``|e| > budget + |d|``: rounding and mistake may have opposite signs, and the
    sum then looks small.  A number off from the truth by ``e`` is caught when ``|e|``
    exceeds the budget and the reference's bar once more.  Both hold.

    It is put relative to the entry; for an entry that is zero or below its
    bars, to the row's largest entry; if that is zero too, to the ``substitute``
    scale; failing all, it stays absolute (``relative`` is NaN) and does not make a
    check weak.  An entry below its bars that is claimed to be larger than what f has
    ``shown`` is no zero: it is put relative to the claim, and is then at least one half.

    Parameters
    ----------
    claim, claim_error, reference, reference_error
        Shape ``(m, n)``, units of f per unit of x, as for the comparison.
    substitute
        ``max |f_i|`` near the point over the largest step, shape ``(m,)``: the scale
        of a row that is zero throughout.
    unrounded
        The claim without its rounding where that is known, shape ``(m, n)``; its difference then
        is the mistake itself, and stands in for ``claim - reference``.
    shown
        The smallest derivative that the values of f can show, shape ``(m, n)``; without it every entry below
        its bars counts as a zero.

    Examples
    --------
    >>> one, bar = np.ones((1, 1)), np.full((1, 1), 1e-6)
    >>> f"{detectable(one, bar, one, 0 * bar).worst():.1e}"
    '1.0e-06'
    >>> f"{detectable(one - 0.9 * bar, bar, one, 0 * bar).worst():.1e}"
    '1.9e-06'
    """
    with np.errstate(invalid="ignore", over="ignore"):
        allowed, difference = budget(claim_error, reference_error), np.abs(claim - reference)
        # A difference beyond the budget, or none that is a number, was caught: it hides nothing.
        hidden = difference if unrounded is None else np.abs(unrounded - reference)
        unseen = np.where(difference <= allowed, hidden, 0.0)
        absolute: Array = allowed + np.maximum(unseen, reference_error)
    magnitude = np.abs(reference)
    # By the bars alone: a mistake must not make its entry count as one that is below rounding.
    own = magnitude > allowed + reference_error
    row = np.max(np.where(own, magnitude, 0.0), axis=1, keepdims=True, initial=0.0)
    last = np.zeros_like(row) if substitute is None else np.abs(substitute)[:, None]
    scale = np.where(own, magnitude, np.broadcast_to(np.where(row > 0, row, last), magnitude.shape))
    if shown is not None:
        size = np.abs(claim)
        scale = np.where(~own & (size > shown), size, scale)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # A bar that is infinite or NaN hides any error, whatever the scale.
        relative = np.where(np.isfinite(absolute), np.where(scale > 0, absolute / scale, np.nan), np.inf)
    return Detectable(relative, absolute, ~own)
