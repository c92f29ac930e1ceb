"""A claim whose arithmetic loses, in the last digit of larger numbers, a derivative that is not 0.

``1 - tanh(x)**2`` is 0 from 19 on, where the derivative is 1e-16 and less, and just before it has one digit.
A claim that leaves the entry out is 0 there too, so that nothing can be told at that point; but nearer to 0,
where the derivative is large, the one is right and the other still 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcheck.arrays import Array

__all__ = ["absorbed"]

_LAST_DIGIT = 4.0 * 2.0**-52
"""A few roundings of the largest derivative met nearer to 0: what subtracting two such numbers leaves."""
_NEARER = tuple(2.0**-power for power in range(1, 8))
"""Shares of the point: ``cosh(x)**-2`` is a float up to 355, ``1 - tanh(x)**2`` has digits of it below 19."""
_GONE = 0.1
"""Share of the derivative by which a claim without a digit of it is off at least: one with digits left is
explained by how its errors scatter, or by nothing."""
_CLOSE = 1e-3
"""How well the claim must agree nearer to 0: it has lost digits there too."""


def absorbed(
    x: Array,
    claimed: Array,
    reference: Array,
    wrong: Array,
    claim_at: Callable[[Array], Array | None],
    reference_at: Callable[[Array], Array | None],
) -> bool:
    """Return whether every wrong entry is off by no more than a last digit of what it is nearer to 0.

    Parameters
    ----------
    x
        The point, ``(n,)``.
    claimed, reference, wrong
        Claim and reference there, and which entries are wrong, ``(m, n)``.
    claim_at, reference_at
        Each at another point, ``(m, n)``, or None.  The reference, which costs more, is asked only where the
        claim is large enough nearer to 0.

    Examples
    --------
    >>> claim = lambda x: 1 - np.tanh(x)[:, None] ** 2
    >>> slope = lambda x: 1 / np.cosh(x)[:, None] ** 2
    >>> x = np.array([30.0])
    >>> absorbed(x, claim(x), slope(x), claim(x) != slope(x), claim, slope)
    True
    """
    deviation = np.abs(claimed - reference)
    if not wrong.any() or not (deviation >= _GONE * np.abs(reference))[wrong].all():
        return False
    claims = [(share, claim_at(share * x)) for share in _NEARER]
    met = [(share, claim) for share, claim in claims if claim is not None]
    if not _covered(deviation, [np.abs(claim) for _, claim in met])[wrong].all():
        return False
    agreed: list[Array] = []
    for share, claim in met:
        near = reference_at(share * x)
        if near is None:
            continue
        with np.errstate(invalid="ignore"):
            # A claim that has just come back from 0 may keep one digit; a nearer point decides.
            agrees = (claim != 0) & (np.abs(claim - near) <= _CLOSE * np.abs(near))
        agreed.append(np.where(agrees, np.abs(claim), 0.0))
        if _covered(deviation, agreed)[wrong].all():
            return True
    return False


def _covered(deviation: Array, sizes: Sequence[Array]) -> Array:
    """Return which deviations are a last digit of the largest of ``sizes``."""
    largest = np.zeros(deviation.shape)
    for size in sizes:
        largest = np.fmax(largest, size)
    covered: Array = deviation <= _LAST_DIGIT * largest
    return covered
