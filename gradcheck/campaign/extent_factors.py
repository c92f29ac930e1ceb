"""A factor that follows the extents: a mean over the wrong axis, a sum where a mean is meant."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gradcheck.campaign.verdicts import Pair

__all__ = ["mistaken_extent"]

_FEWEST = 3
_CLOSE = 1e-9


def mistaken_extent(found: Sequence[tuple[Pair, Mapping[str, int]]]) -> str:
    """Name the factor by which claim and reference differ when it changes from point to point as extents do.

    At one point it is a plain number; several of different shapes tell ``n`` from 3.

    Parameters
    ----------
    found
        For each point the pair that refutes the claim, and the signature's symbols with their sizes.
    """
    factors = [(factor, extents) for pair, extents in found if (factor := _factor(pair)) is not None]
    known = [factor for factor, _ in factors]
    if len(factors) < _FEWEST or len(factors) < len(found) or np.ptp(known) <= _CLOSE * max(map(abs, known)):
        return ""
    symbols = list(dict.fromkeys(symbol for _, extents in factors for symbol in extents))
    for text, numerator, denominator, number in _candidates(symbols):
        if all(
            abs(factor * extents.get(denominator, 1) - number * extents.get(numerator, 1))
            <= _CLOSE * abs(number * extents.get(numerator, 1))
            for factor, extents in factors
        ):
            return f"the claim is {text} times the reference: a factor of the extents"
    return ""


def _factor(pair: Pair) -> float | None:
    """Return the one number that turns the reference into the claim; None when there is none."""
    claim, reference = pair.claimed.statement[0], pair.reference.statement[0]
    if claim.shape != reference.shape or not reference.any():
        return None
    i = np.unravel_index(int(np.argmax(np.abs(reference))), reference.shape)
    factor = float(claim[i] / reference[i])
    if not np.isfinite(factor) or factor == 0:
        return None
    close = np.abs(claim - factor * reference) <= np.abs(factor) * pair.comparison.allowed + _CLOSE * np.abs(
        claim
    )
    return factor if close.all() else None


def _candidates(symbols: Sequence[str]) -> Iterator[tuple[str, str, str, float]]:
    """Yield the text, the symbols above and below, and the number of each factor, the simplest first."""
    single = [*((one, "") for one in symbols), *(("", one) for one in symbols)]
    for above, below in (*single, *itertools.permutations(symbols, 2)):
        over, under = above or "1", below or "1"
        double = f"2{above}" if above else "2"
        yield _ratio(over, under), above, below, 1.0
        yield f"-{_ratio(over, under)}", above, below, -1.0
        yield _ratio(double, under), above, below, 2.0
        yield _ratio(over, f"(2{below})" if below else "2"), above, below, 0.5


def _ratio(over: str, under: str) -> str:
    return over if under == "1" else f"{over}/{under}"
