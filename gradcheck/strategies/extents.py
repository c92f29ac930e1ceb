"""Extents of a signature's symbols: every legal choice is listed, none is drawn and thrown away."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from gradcheck.domains import Stratum
from gradcheck.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradcheck.domains import Signature

__all__ = ["Extents", "choices", "weighted"]

Extents = dict[str, int]

_MOST_CHOICES = 4096
# Of 240 equally likely draws: those with an empty array, with extents of at most 1, larger ones with two
# symbols alike, and larger ones all different (n taken for N shows there alone).
# Hypothesis draws integers evenly below 256 only; beyond, it favours small ones.
_SLOTS = {Stratum.EDGE: (36, 96, 36, 72)}
_USUAL_SLOTS = (12, 48, 36, 144)
# Of each kind; each further shape is compiled once more by autodiff, and shows little that these do not.
_MOST_SHAPES = (3, 3, 3, 6)


def choices(signature: Signature, minimum: Mapping[str, int], sizes: Sequence[int]) -> tuple[Extents, ...]:
    """Return the legal extents, smallest first; linked extents such as ``k+p-1`` are never negative.

    Raises
    ------
    InvalidArgument
        If ``sizes`` is empty or negative, or admits no shape at all.

    Examples
    --------
    >>> from gradcheck.domains import Signature
    >>> choices(Signature.parse("(k+p-1),(k)->(p)"), {}, (0, 1))
    ({'k': 0, 'p': 1}, {'k': 1, 'p': 0}, {'k': 1, 'p': 1})
    """
    if not sizes or min(sizes) < 0:
        raise InvalidArgument.of("sizes", tuple(sizes), "sizes of at least 0", "pass e.g. (0, 1, 2, 3, 5)")
    symbols = signature.symbols
    allowed = [_allowed(sizes, minimum.get(symbol, 0)) for symbol in symbols]
    while math.prod(map(len, allowed)) > _MOST_CHOICES:
        longest = max(range(len(allowed)), key=lambda axis: len(allowed[axis]))
        allowed[longest] = allowed[longest][:-1]
    named = (dict(zip(symbols, values, strict=True)) for values in itertools.product(*allowed))
    found = [extents for extents in named if _possible(signature, extents)]
    if not found:
        raise InvalidArgument.of(
            "sizes", tuple(sizes), f"sizes that {signature.text!r} can have", "add larger sizes"
        )
    return tuple(sorted(found, key=lambda extents: (sum(extents.values()), tuple(extents.values()))))


def _allowed(sizes: Sequence[int], least: int) -> list[int]:
    return sorted({size for size in sizes if size >= least}) or [least]


def _possible(signature: Signature, extents: Extents) -> bool:
    groups = (*signature.inputs, *signature.outputs)
    known = (dim for group in groups for dim in group if all(symbol in extents for symbol in dim.symbols))
    return all(dimension.extent(extents) >= 0 for dimension in known)


def evenly(group: Sequence[Extents], most: int) -> list[Extents]:
    """Return at most ``most`` members at even distances, the first and the last among them.

    Examples
    --------
    >>> evenly([{"n": 1}, {"n": 2}, {"n": 3}, {"n": 5}], 2)
    [{'n': 1}, {'n': 5}]
    """
    if len(group) <= most:
        return list(group)
    return [group[round(place * (len(group) - 1) / (most - 1))] for place in range(most)]


def weighted(signature: Signature, legal: Sequence[Extents], stratum: Stratum) -> tuple[Extents, ...]:
    """Repeat ``legal``, smallest first, so that a uniform index gives every kind of shape its share.

    Kinds are: some array is empty, every extent is at most 1, two symbols alike, all different.  Where a
    kind has more members than slots, members are taken at even distances.
    """

    def kind(extents: Extents) -> int:
        shapes = signature.shapes(extents)
        if any(0 in shape for shape in shapes):
            return 0
        if all(extent <= 1 for shape in shapes for extent in shape):
            return 1
        return 3 if len(set(extents.values())) == len(extents) else 2

    kinds: list[list[Extents]] = [[], [], [], []]
    for extents in legal:
        kinds[kind(extents)].append(extents)
    kinds = [evenly(group, most) for group, most in zip(kinds, _MOST_SHAPES, strict=True)]
    slots = list(_SLOTS.get(stratum, _USUAL_SLOTS))
    if not kinds[2]:
        # A single symbol is like no other.
        slots[3] += slots[2]
    repeated = [
        group[slot * len(group) // count]
        for group, count in zip(kinds, slots, strict=True)
        if group
        for slot in range(count)
    ]
    # Every shape once at the front, smallest first: there shrinking goes from one to the next.
    once = [next(places) for _, places in itertools.groupby(repeated)]
    again = [extents for _, places in itertools.groupby(repeated) for extents in list(places)[1:]]
    return (*once, *again)
