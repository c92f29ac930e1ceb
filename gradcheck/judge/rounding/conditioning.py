"""A claim whose arithmetic moves its argument by a rounding, beside a place where that matters.

``1 / sqrt(1 - x * x)`` at ``1 - d`` loses ``d**2`` of ``x * x``: the same share of the derivative at every
neighbour and in every binary format, so that nothing scatters.  It is less than what one rounding of ``x``
does there, and it is gone where such a rounding does little; a factor that is wrong stays wrong everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.arrays import Array

__all__ = ["argument_rounding"]

_ROUNDINGS = 4.0
"""Roundings of the argument that a claim's arithmetic is granted: a product, a difference, a square root."""
_DISTANCES = (2.0**-10, 2.0**-10.3)
"""How far away, relative to the coordinates, the claim is asked again: within the 1e-3 of a neighbourhood."""
_AGAIN = 0.25
"""Share of it that a rounding does beside the point, too: a claim that is wrong at the point alone, or on one
side of it, moves there and stands still beside."""
_CALMER = 0.25
"""Share of what a rounding does here that it may do at a place which is to say what the claim is off by
without it."""
_LEFT = 0.25
"""Share of the deviation that may be left there: a wrong factor leaves all of it."""
_SHARP = 0.25
"""Share of the deviation that the reference's bar may be there, to show that it is gone."""
_WITNESSES = 2
"""Places that must say so."""


def argument_rounding(
    x: Array,
    claimed: Array,
    reference: Array,
    wrong: Array,
    claim_at: Callable[[Array], Array | None],
    reference_at: Callable[[Array], tuple[Array, Array] | None],
    rng: np.random.Generator,
) -> Array:
    """Return which wrong entries are off by no more than a rounding of ``x`` does, and only where it does.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    claimed, reference, wrong
        Claim and reference there, and which entries are wrong, ``(m, n)``.
    claim_at, reference_at
        At another point, ``(m, n)``, None where there is none: the claim; the reference with its bar, which
        costs more and is asked only where the claim says that a rounding would explain an entry.
    rng
        For the signs with which the coordinates move together.

    Examples
    --------
    >>> def slope(x):
    ...     return 1 / np.sqrt((1 - x) * (1 + x))[:, None], np.full((1, 1), 1e-12)
    >>> def claim(x):
    ...     return 1 / np.sqrt(1 - x * x)[:, None]
    >>> x, yes, rng = np.array([1 - 1e-10]), np.ones((1, 1), dtype=bool), np.random.default_rng(0)
    >>> argument_rounding(x, claim(x), slope(x)[0], yes, claim, slope, rng)
    array([[ True]])
    >>> def wrong(x):
    ...     return (1 + 1e-10) * claim(x)
    >>> argument_rounding(x, wrong(x), slope(x)[0], yes, wrong, slope, rng)
    array([[False]])
    """
    signs = rng.choice([-1.0, 1.0], size=x.shape)
    with np.errstate(all="ignore"):
        off = np.abs(claimed - reference) / np.abs(reference)
        here = _moved(x, claimed, signs, claim_at)
        open_: Array = wrong & (off <= _ROUNDINGS * here)
        if not open_.any():
            return open_
        open_ &= _moves_on(x, claimed, signs, claim_at) >= _AGAIN * here
        witnesses = np.zeros(open_.shape, dtype=int)
        for distance in (sign * one for one in _DISTANCES for sign in (-1.0, 1.0)):
            place = x * (1.0 + distance * signs)
            claim, found = claim_at(place), reference_at(place)
            if claim is None or found is None:
                continue
            value, bar = found
            calm = _moved(place, claim, signs, claim_at) <= _CALMER * here
            tells = calm & (bar <= _SHARP * off * np.abs(value))
            gone = np.abs(claim - value) <= _LEFT * off * np.abs(value)
            witnesses += tells & gone
            open_ &= gone | ~tells
    explained: Array = open_ & (witnesses >= _WITNESSES)
    return explained


def _moves_on(x: Array, claimed: Array, signs: Array, claim_at: Callable[[Array], Array | None]) -> Array:
    """Return the share of the claim by which two more digits of ``x`` move it, off the point itself."""
    largest = np.zeros(claimed.shape)
    for sign in (-1.0, 1.0):
        towards = np.where(sign * signs > 0, np.inf, -np.inf)
        near = np.nextafter(x, towards)
        found, further = claim_at(near), claim_at(np.nextafter(np.nextafter(near, towards), towards))
        if found is not None and further is not None and found.shape == further.shape == claimed.shape:
            share = np.abs(further - found) / np.abs(claimed)
            largest = np.where(np.isfinite(share), np.fmax(largest, share), largest)
    return largest


def _moved(x: Array, claimed: Array, signs: Array, claim_at: Callable[[Array], Array | None]) -> Array:
    """Return the share of the claim by which a last digit of ``x`` moves it; 0 where that is not known."""
    largest = np.zeros(claimed.shape)
    for sign in (-1.0, 1.0):
        found = claim_at(np.nextafter(x, np.where(sign * signs > 0, np.inf, -np.inf)))
        if found is not None and found.shape == claimed.shape:
            share = np.abs(found - claimed) / np.abs(claimed)
            largest = np.where(np.isfinite(share), np.fmax(largest, share), largest)
    return largest
