"""Tables of legal numbers, simplest first: an integer drawn for a table shrinks to the simplest number.

A point needs dozens of numbers.  One bounded integer an entry is the cheapest
draw Hypothesis offers, and it always decodes to a legal number: legality is
settled once, when a table is built.

Hypothesis makes an integer k smaller by k - 1, k - 2 and its lowest 8 bits, and keeps what still fails.  So
the lowest 8 bits stand for a sign and a size, and the bits above say how to read them: 0, which is drawn
once in 128 times, as the next larger whole number, even as any simple number, odd as one of any magnitude.
What fails at 3e5 because it fails from 1.7 on also fails at 100, the largest simple number, and at all below
that are not less than 2: it shrinks to 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

import numpy as np

from gradcheck.arrays import Array
from gradcheck.domains import Interval, Stratum
from gradcheck.errors import InvalidArgument

__all__ = ["Draw", "Table", "array", "legal", "number", "table"]

Draw = Callable[[int, int], int]
"""``draw(low, high)`` returns an integer with ``low <= value <= high``."""

_POSITIVE = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 100.0, 0.5, 0.25, 0.75, 1.5, 2.5)
_SIMPLE = (0.0, *_POSITIVE, *(-size for size in _POSITIVE))
# 1 comes before 0: a zero weight leaves nothing to differentiate at a kink.
_INTEGERS = (*(sign * float(size) for sign in (1, -1) for size in (1, 2, 3, 4, 5)), 0.0)
_MANY_INTEGERS = tuple(sign * float(size) for sign in (1, -1) for size in range(1, 24))
_NEAR_ZERO = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5)
_TINY = tuple(sign * size for size in (1e-8, 1e-12) for sign in (1.0, -1.0))
_NEARNESS = (1e-3, 1e-4, 1e-5, 1e-6)
_DYADIC = (0.5, 0.25, 0.75, 0.125, 0.875, 0.375, 0.625)
_LOWEST = 256
"""Values of the bits that Hypothesis tries alone."""
_CODES = 128 * _LOWEST
_EVEN = tuple(step / 64 for step in (32, 16, 48, *range(1, 64)))
# Magnitudes of one sign in a table; and mantissas of one, two and three digits, spread over a decade.
_WIDE_ENTRIES = 450
_MANTISSAS = (
    ("1", "3", "2", "5", "7"),
    tuple(f"{tenths / 10:g}" for tenths in (15, 12, 25, 37, 62, 86, 13, 18, 22, 31, 43, 52, 74, 97)),
    tuple(f"{10.0 ** (step / 48):.3g}" for step in range(1, 48)),
)


class _Style(Enum):
    SIMPLE = "all entries simple"
    MIXED = "each entry simple or of any magnitude"
    WIDE = "all entries of any magnitude"
    EQUAL = "all entries equal"
    FEW = "few distinct entries"
    ZERO_ROWS = "some rows zero"


_STYLES = {
    Stratum.SMOOTH: (_Style.SIMPLE, _Style.MIXED, _Style.WIDE, _Style.WIDE, _Style.FEW, _Style.EQUAL),
    Stratum.EDGE: (_Style.SIMPLE, _Style.MIXED, _Style.WIDE, _Style.EQUAL, _Style.FEW, _Style.ZERO_ROWS),
    Stratum.KINK: (_Style.SIMPLE, _Style.SIMPLE, _Style.FEW),
    Stratum.SEVERAL_KINKS: (_Style.SIMPLE, _Style.FEW, _Style.EQUAL),
    Stratum.EXTREME: (_Style.WIDE, _Style.WIDE, _Style.MIXED, _Style.EQUAL),
}


@dataclass(frozen=True)
class Table:
    """Legal numbers of one argument in one stratum, each column simplest first.

    ``simple`` and ``wide`` are 1-D float64; every number is a number of the
    dtype the table was built for.  ``zero`` says whether 0 is legal.

    Examples
    --------
    >>> numbers = table(Interval(low=0.0), Stratum.SMOOTH)
    >>> numbers.simple_at(0), numbers.number_at(2 * 256), numbers.wide_at(3 * 256 + 100) > 100
    (1.0, 1.0, True)
    """

    stratum: Stratum
    simple: Array
    wide: Array
    zero: bool

    @property
    def spacing(self) -> float:
        """The smallest distance between two simple numbers (inf when there is one)."""
        return float(np.diff(np.unique(self.simple)).min(initial=math.inf))

    @cached_property
    def _places(self) -> Array:
        """The simple number of each value of the lowest bits: 0, 1 and -1 twice as often as others."""
        found = []
        for side in self._sides:
            simple = _of_sign(self.simple, side)
            weights = np.where(np.isin(simple, (0.0, 1.0, -1.0)), 2.0, 1.0)
            shares = np.cumsum(weights) / weights.sum()
            found.append(simple[np.searchsorted(shares, (np.arange(self._count) + 0.5) / self._count)])
        return np.concatenate(found)

    @cached_property
    def _sides(self) -> tuple[Array, ...]:
        """The numbers of any magnitude of each sign: from 1 up, then from 1 down."""
        sides = (self.wide[self.wide >= 0], self.wide[self.wide < 0])
        return tuple(
            side[np.lexsort((np.where(np.abs(side) < 1, -1, 1) * np.abs(side), np.abs(side) < 1))]
            for side in sides
            if side.size
        )

    @property
    def _count(self) -> int:
        """Values of the lowest bits for each sign."""
        return _LOWEST // len(self._sides)

    @cached_property
    def _near(self) -> Array:
        """The simple number that is no smaller than what each value of the lowest bits chooses."""
        found = []
        for side in self._sides:
            simple = _of_sign(self.simple, side)
            ends = np.arange(self._count + 1) * side.size // self._count
            found.append(_no_smaller(simple, side[np.maximum(ends[1:] - 1, ends[:-1])]))
        near = np.concatenate(found)
        # Hypothesis tries 0 and 1 first of all.
        near[:2] = self.simple[:2]
        return near

    def simple_at(self, code: int) -> float:
        """Return the simple number that ``code`` chooses."""
        higher, lowest = divmod(code, _LOWEST)
        return float((self._places if higher else self._near)[lowest])

    def wide_at(self, code: int) -> float:
        """Return the number of any magnitude that ``code`` chooses."""
        higher, lowest = divmod(code, _LOWEST)
        if not higher or lowest < 2:
            return float(self._near[lowest])
        side = self._sides[lowest // self._count]
        first, end = ((lowest % self._count + up) * side.size // self._count for up in (0, 1))
        return float(side[first + higher // 2 % max(end - first, 1)])

    def number_at(self, code: int) -> float:
        """Return the number that ``code`` chooses: every other one simple."""
        return self.wide_at(code) if code // _LOWEST % 2 else self.simple_at(code)


def _of_sign(simple: Array, side: Array) -> Array:
    """Return those of ``simple`` that have the sign of ``side``; all where none has."""
    found = simple[(simple < 0) == (side[0] < 0)]
    return found if found.size else simple


def _no_smaller(simple: Array, values: Array) -> Array:
    """Return for each of ``values`` the next larger whole number of ``simple``, the largest where none is.

    For what is less than 1 in size it is the first that is no whole number.
    """
    broken, whole = simple[simple % 1 != 0], simple[(simple % 1 == 0) & (simple != 0)]
    small = np.abs(values) < 1
    whole = whole[np.argsort(np.abs(whole))] if whole.size else simple[:1]
    at = np.minimum(np.searchsorted(np.abs(whole), np.abs(values)), whole.size - 1)
    # None is left out: the smallest that fails must be met on the way down.
    up = np.arange(at[~small].size) - 1
    at[~small] = np.maximum(np.minimum(np.minimum.accumulate(at[~small] - up), 0) + up, 0)
    return np.where(small, (broken if broken.size else whole)[0], whole[at])


def legal(values: Array, domain: Interval) -> Array:
    """Return entry by entry whether ``domain`` contains ``values``; NaN is not contained.

    Examples
    --------
    >>> legal(np.array([0.0, 2.0]), Interval(holes=(0.0,))).tolist()
    [False, True]
    """
    inside = (domain.low < values) & (values < domain.high)
    for hole in domain.holes:
        inside &= values != hole
    return inside


@lru_cache(maxsize=1024)
def table(domain: Interval, stratum: Stratum, dtype: str = "float64") -> Table:
    """Return the numbers that ``domain`` offers in ``stratum``, rounded to ``dtype``.

    Raises
    ------
    InvalidArgument
        If no number of ``dtype`` lies in ``domain``.

    Examples
    --------
    >>> table(Interval(low=0.0), Stratum.SMOOTH).simple[:3].tolist()
    [1.0, 2.0, 3.0]
    """
    kinky = stratum in (Stratum.KINK, Stratum.SEVERAL_KINKS)
    largest = domain.extreme if stratum is Stratum.EXTREME else domain.tame
    simple = _kept(_INTEGERS if kinky else _SIMPLE, domain, dtype, max(largest, 1.0))
    if simple.size < 2:
        simple = _kept((*simple, *_inner(domain, _DYADIC)), domain, dtype)
    if simple.size == 0:
        raise InvalidArgument.of("domain", str(domain), f"an interval that holds a {dtype}", "widen it")
    if kinky:
        wide = _kept(_MANY_INTEGERS, domain, dtype)
    elif stratum is Stratum.EDGE:
        wide = _kept(_edges(domain), domain, dtype)
    else:
        wide = _kept(_decades(domain, largest, dtype), domain, dtype, largest)
    if wide.size < 2:
        wide = _kept((*simple, *_inner(domain, _EVEN)), domain, dtype)
    return Table(stratum, simple, wide, bool(legal(np.zeros(1), domain)[0]))


def _kept(candidates: Iterable[float], domain: Interval, dtype: str, largest: float = math.inf) -> Array:
    """Return the distinct legal numbers of ``dtype`` among ``candidates``, in order."""
    given = np.array(list(candidates), dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        rounded = given.astype(dtype).astype(np.float64)
    normal = (given == 0) | (np.abs(rounded) >= float(np.finfo(dtype).tiny))
    keep = legal(rounded, domain) & normal & np.isfinite(rounded) & (np.abs(rounded) <= largest)
    return np.array(list(dict.fromkeys(rounded[keep].tolist())), dtype=np.float64)


def _inner(domain: Interval, fractions: Iterable[float]) -> list[float]:
    """Return numbers at ``fractions`` of the interval; of a unit stretch where it has no other end."""
    low, high = domain.low, domain.high
    if math.isinf(low) and math.isinf(high):
        low, high = -1.0, 1.0
    elif math.isinf(high):
        high = low + max(abs(low), 1.0)
    elif math.isinf(low):
        low = high - max(abs(high), 1.0)
    return [low + fraction * (high - low) for fraction in fractions]


def _decades(domain: Interval, largest: float, dtype: str) -> list[float]:
    """Return both signs of magnitudes over ``1/largest .. largest``, those of the fewest digits first.

    Hypothesis favours small indices; ordered by digits, not by size, they reach
    every decade alike.
    """
    span = min(abs(math.log10(largest)), math.log10(float(np.finfo(dtype).max)) - 1)
    exponents = sorted(range(-math.ceil(span), math.ceil(span) + 1), key=abs)
    budget = max(len(_MANTISSAS[0]), _WIDE_ENTRIES // len(exponents))
    mantissas = list(itertools.chain.from_iterable(_MANTISSAS))[:budget]
    inner = _inner(domain, _EVEN) if math.isfinite(domain.low) or math.isfinite(domain.high) else []
    signed = [
        sign * float(f"{mantissa}e{exponent}")
        for mantissa in mantissas
        for exponent in exponents
        for sign in (1, -1)
    ]
    inside = [value for value in signed if 10.0**-span <= abs(value) <= 10.0**span]
    interleaved = itertools.chain.from_iterable(itertools.zip_longest(inside, inner))
    return [value for value in interleaved if value is not None]


def _edges(domain: Interval) -> list[float]:
    """Return the numbers at which mistakes live, then those just inside each end and beside each hole."""
    found = [*_NEAR_ZERO, *_TINY]
    ends = [(domain.low, 1.0), (domain.high, -1.0)]
    ends += [(hole, sign) for hole in domain.holes for sign in (1.0, -1.0)]
    for end, sign in ends:
        if math.isfinite(end):
            found += [end + sign * near * (abs(end) or 1.0) for near in _NEARNESS]
    return found


def number(draw: Draw, numbers: Table) -> float:
    """Draw one number, simple or of any magnitude alike."""
    return numbers.number_at(draw(0, _CODES - 1))


def array(draw: Draw, numbers: Table, shape: tuple[int, ...], dtype: str) -> Array:
    """Draw an array of ``shape``: one draw for its style, then about one an entry."""
    size = math.prod(shape)
    if size == 0:
        return np.zeros(shape, dtype)
    if not shape:
        return np.array(number(draw, numbers), dtype)
    styles = _STYLES[numbers.stratum]
    style = styles[draw(0, len(styles) - 1)]
    if style is _Style.EQUAL:
        return np.full(shape, number(draw, numbers), dtype)
    if style is _Style.FEW:
        few = [number(draw, numbers), number(draw, numbers)]
        entries = [few[draw(0, 1)] for _ in range(size)]
    else:
        # One code, three readings: with a simpler style every entry becomes the simple number like it.
        read = {_Style.SIMPLE: numbers.simple_at, _Style.WIDE: numbers.wide_at}.get(style, numbers.number_at)
        entries = [read(draw(0, _CODES - 1)) for _ in range(size)]
    drawn = np.array(entries, dtype).reshape(shape)
    if style is _Style.ZERO_ROWS and numbers.zero:
        drawn[[row for row in range(shape[0]) if draw(0, 1) == 0]] = 0
    return drawn
