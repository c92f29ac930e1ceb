"""Points for a rule, or for any signature, stratum by stratum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from gradcheck.domains import Interval, Stratum
from gradcheck.errors import InvalidArgument
from gradcheck.strategies import extents as shapes
from gradcheck.strategies.placement import Place, entries, off_kinks, on_kink, on_several_kinks
from gradcheck.strategies.values import array, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradcheck.domains import Drawable, Kinks, Signature
    from gradcheck.strategies.placement import Arguments, Spec
    from gradcheck.strategies.values import Draw, Table

__all__ = ["DEFAULT_SIZES", "Point", "integers", "point", "strata_of"]

DEFAULT_SIZES = (0, 1, 2, 3, 5)
_KINKY = (Stratum.KINK, Stratum.SEVERAL_KINKS)
# Distances from a kink, relative to the surface's scale, largest first.  float32 resolves 1e-7 of a number.
_OFFSETS = {"float64": (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6), "float32": (1e-1, 1e-2, 1e-3)}
_MARGINS = {"float64": 5e-7, "float32": 5e-4}
_FALLBACKS = 64
# One smooth point in three approaches a kink on purpose.
_APPROACH = 3


@dataclass(frozen=True)
class Point:
    """A legal point: arrays by argument name, generated functions by name, and where it lies.

    Arrays have the dtype the strategy was built for (float64 by default); a
    scalar argument is a 0-d array.
    """

    arguments: dict[str, Any]
    functions: dict[str, Any]
    stratum: Stratum


@lru_cache(maxsize=4096)
def integers(low: int, high: int) -> st.SearchStrategy[int]:
    """Return the strategy for ``low <= value <= high``, built once."""
    return st.integers(low, high)


@dataclass(frozen=True)
class _Chooser:
    """The choices of a generated function, drawn from Hypothesis."""

    integer: Draw

    def number(self, low: float, high: float) -> float:
        """Choose a float in ``[low, high]``, the simplest first."""
        if low == high:
            return low
        numbers = _numbers(low, high)
        return numbers[self.integer(0, len(numbers) - 1)]


@lru_cache(maxsize=256)
def _numbers(low: float, high: float) -> tuple[float, ...]:
    simple = [value for value in table(Interval(), Stratum.SMOOTH).simple.tolist() if low <= value <= high]
    even = [low + (high - low) * step / 256 for step in range(257)]
    return tuple(dict.fromkeys((*simple, *(min(max(value, low), high) for value in even))))


@dataclass(frozen=True)
class _Plan:
    """What one strategy needs, worked out once when it is built."""

    spec: Spec
    stratum: Stratum
    signature: Signature
    extents: tuple[shapes.Extents, ...]
    tables: tuple[Table, ...]
    place: Place

    def arguments(self, draw: Draw, extents: shapes.Extents) -> Arguments:
        """Draw every array; nothing is placed yet."""
        given = zip(self.spec.inputs, self.signature.shapes(extents), self.tables, strict=True)
        return {one.name: array(draw, numbers, shape, self.place.dtype) for one, shape, numbers in given}

    def build(self, draw: Draw, extents: shapes.Extents) -> Arguments | None:
        """Draw one point of the stratum; None when placing did not succeed."""
        arguments = self.arguments(draw, extents)
        kinks = self.spec.kinks
        if self.stratum not in _KINKY:
            offset = partial(self._offset, draw)
            return off_kinks(self.spec, arguments, self.place, offset, self._approach(draw))
        assert kinks is not None
        count = entries(kinks, arguments).size
        first = draw(0, count - 1)
        if self.stratum is Stratum.KINK:
            return on_kink(self.spec, arguments, first, self.place)
        second = (first + draw(1, count - 1)) % count
        return on_several_kinks(self.spec, arguments, (first, second), self.place)

    def _offset(self, draw: Draw) -> float:
        offsets = _OFFSETS[self.place.dtype]
        choice = draw(0, 2 * len(offsets) - 1)
        return offsets[choice // 2] * (-1.0 if choice % 2 else 1.0)

    def _approach(self, draw: Draw) -> Callable[[int], int | None]:
        def near(count: int) -> int | None:
            choice = draw(0, _APPROACH * count - 1)
            return choice - (_APPROACH - 1) * count if choice >= (_APPROACH - 1) * count else None

        return near

    def fallback(self, salt: int, extents: shapes.Extents) -> Arguments | None:
        """Return the first point that placing brings into the stratum, from numbers fixed by ``salt``."""
        for attempt in range(_FALLBACKS):
            rng = np.random.default_rng([salt, attempt])
            # Distinct numbers of any magnitude: ties are what usually defeats placing.
            widened = tuple(replace(numbers, simple=numbers.wide) for numbers in self.tables)
            found = replace(self, tables=widened).build(_from_generator(rng), extents)
            if found is not None:
                return found
        return None


def _from_generator(rng: np.random.Generator) -> Draw:
    return lambda low, high: int(rng.integers(low, high + 1))


def _least(low: int, high: int) -> int:
    del high
    return low


_MOST_KINK_SHAPES = 8
"""Shapes at which a kink is visited: to find out whether one can be takes as long as a point."""


def _plan(spec: Spec, stratum: Stratum, sizes: Sequence[int], dtype: str) -> _Plan:
    if dtype not in _OFFSETS:
        raise InvalidArgument.of("dtype", dtype, f"one of {tuple(_OFFSETS)}", "pass 'float64' or 'float32'")
    if stratum in _KINKY and spec.kinks is None:
        raise InvalidArgument.of("stratum", str(stratum), "a stratum that the rule has", "see `strata_of`")
    signature = spec.parsed
    tables = tuple(table(given.domain, stratum, dtype) for given in spec.inputs)
    apart = min([0.5, *(numbers.spacing for numbers in tables)])
    place = Place(dtype, _MARGINS[dtype], apart)
    legal = shapes.choices(signature, spec.minimum, sizes)
    plan = _Plan(spec, stratum, signature, legal, tables, place)
    if stratum in _KINKY:
        # A kink in b alone, with w and x empty, has nothing to say about w and x.
        filled = [extents for extents in legal if all(map(all, signature.shapes(extents)))]
        few = shapes.evenly(filled, _MOST_KINK_SHAPES)
        legal = next((found for group in (few, filled, legal) if (found := _all_placeable(plan, group))), ())
        if not legal:
            raise InvalidArgument.of(
                "stratum", str(stratum), "shapes at which `place` reaches a legal kink", "see `strata_of`"
            )
    return replace(plan, extents=shapes.weighted(signature, legal, stratum))


def _all_placeable(plan: _Plan, group: Sequence[shapes.Extents]) -> tuple[shapes.Extents, ...]:
    return tuple(extents for extents in group if _placeable(plan, extents))


def _placeable(plan: _Plan, extents: shapes.Extents) -> bool:
    assert plan.spec.kinks is not None
    least = 1 if plan.stratum is Stratum.KINK else 2
    simplest = plan.arguments(_least, extents)
    return entries(plan.spec.kinks, simplest).size >= least and plan.fallback(0, extents) is not None


def point(
    spec: Spec, stratum: Stratum, *, sizes: Sequence[int] = DEFAULT_SIZES, dtype: str = "float64"
) -> st.SearchStrategy[Point]:
    """Return a strategy for legal points of ``spec`` in ``stratum``; nothing is filtered.

    Parameters
    ----------
    spec
        A rule, or anything with its fields ``parsed``, ``inputs``, ``functions``,
        ``minimum``, ``kinks`` and ``arrange``.
    stratum
        SMOOTH: magnitudes from ``1 / tame`` to ``tame`` mixed with simple numbers
        and ties, off every kink, at times close to one (1e-6 of its scale).
        EDGE: 0, 1, -1, 1e-12, the ends and holes of the domain, zero rows, small
        shapes.  KINK: one surface exactly 0, the others at least 1/2 away, small
        integers.  SEVERAL_KINKS: two or more at 0.  EXTREME: magnitudes up to
        ``extreme``.
    sizes
        Extents to choose from; those below ``minimum`` or impossible are left out.
    dtype
        ``"float64"`` or ``"float32"``; every number is one of that dtype.

    Raises
    ------
    InvalidArgument
        If the spec has no such stratum, no legal shape or no legal number.
    """
    plan = _plan(spec, stratum, sizes, dtype)
    functions: Mapping[str, Drawable] = dict(spec.functions)

    @st.composite
    def points_of_plan(draw: st.DrawFn) -> Point:
        def integer(low: int, high: int) -> int:
            return low if low == high else draw(integers(low, high))

        extents = plan.extents[integer(0, len(plan.extents) - 1)]
        found = plan.build(integer, extents) or plan.fallback(integer(0, 255), extents)
        if found is None:
            raise InvalidArgument.of(
                "kinks",
                f"a surface that stays near 0 for extents {extents}",
                "a `place` that moves it off 0 within the domain",
                "mend `place`, `arrange` or the domain",
            )
        chooser = _Chooser(integer)
        made = {name: functions[name].draw(chooser, extents) for name in functions}
        return Point(found, made, stratum)

    return points_of_plan()


def strata_of(spec: Spec, *, sizes: Sequence[int] = DEFAULT_SIZES) -> tuple[Stratum, ...]:
    """Return the strata in which ``spec`` has points that no other stratum has.

    SMOOTH always; EDGE when there is an array argument; EXTREME when a domain's
    ``extreme`` exceeds its ``tame``; KINK when some shape can be placed on a
    kink that ``arrange`` leaves alone; SEVERAL_KINKS when two surfaces can be 0
    at once, but not for a jump, where one says all there is to say.
    """
    found = [Stratum.SMOOTH]
    if spec.inputs:
        found.append(Stratum.EDGE)
    if spec.kinks is not None:
        found += [stratum for stratum in _kinky(spec.kinks) if _has(spec, stratum, sizes)]
    if any(given.domain.extreme > given.domain.tame for given in spec.inputs):
        found.append(Stratum.EXTREME)
    return tuple(found)


def _kinky(kinks: Kinks) -> tuple[Stratum, ...]:
    return (Stratum.KINK,) if kinks.jump else _KINKY


def _has(spec: Spec, stratum: Stratum, sizes: Sequence[int]) -> bool:
    try:
        _plan(spec, stratum, sizes, "float64")
    except InvalidArgument:
        return False
    return True
