"""A histogram of error against error bar as two outlines: what lies inside the bars, and what beyond."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.reporting.wording import as_float

__all__ = ["Spread", "spread_of"]

_WIDTH, _HEIGHT = 4, 16


@dataclass(frozen=True)
class Spread:
    """Columns of a histogram as path data, and the same in words.

    Attributes
    ----------
    inside, beyond
        Path data of the columns up to the bar, and of those beyond it.
    bar
        Where the bar is, from the left.
    width
        Of the drawing; its height is 16.
    text
        "812 entries, none beyond its bar".
    bins
        For each column its range and count, in words.
    """

    inside: str
    beyond: str
    bar: int
    width: int
    text: str
    bins: tuple[tuple[str, int], ...]


def spread_of(histogram: Mapping[str, Any] | None) -> Spread | None:
    """Return ``histogram`` ready to be drawn; None where there is none, or nothing in it.

    Examples
    --------
    >>> found = spread_of({"edges": [0.0, 1.0, "inf"], "counts": [3, 1]})
    >>> found.text, found.inside, found.beyond
    ('1 of 4 entries beyond its bar', 'M0 16V0h3V16z', 'M4 16V8h3V16z')
    """
    if histogram is None:
        return None
    edges = [as_float(edge) for edge in histogram["edges"]]
    counts = histogram["counts"][: max(0, len(edges) - 1)]
    total, largest = sum(counts), max(counts, default=0)
    if not total:
        return None
    split = sum(edge <= 1 for edge in edges[1:])
    outside = sum(counts[split:])
    words = (
        f"{outside} of {total} entries beyond its bar" if outside else f"{total} entries, none beyond its bar"
    )
    return Spread(
        "".join(_columns(counts[:split], 0, largest)),
        "".join(_columns(counts[split:], split, largest)),
        split * _WIDTH,
        len(counts) * _WIDTH,
        words,
        tuple(_bins(edges, counts)),
    )


def _columns(counts: Sequence[int], first: int, largest: int) -> Iterator[str]:
    for place, count in enumerate(counts, start=first):
        if count:
            # A single entry among thousands must still be seen.
            height = max(1, round(_HEIGHT * math.log1p(count) / math.log1p(largest)))
            yield f"M{place * _WIDTH} {_HEIGHT}V{_HEIGHT - height}h{_WIDTH - 1}V{_HEIGHT}z"


def _bins(edges: Sequence[float], counts: Sequence[int]) -> Iterator[tuple[str, int]]:
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        if count:
            yield (f"above {low:.2g}" if math.isinf(high) else f"{low:.2g} to {high:.2g}"), count
