"""Move a drawn point off every kink, or onto one: built by placing, never by waiting for luck.

Order matters.  ``arrange`` comes first, because it may move a point across a
kink; it is applied again after every placing, because placing may undo what it
established; and the surfaces are evaluated last, on the numbers handed out.
What is returned therefore satisfies both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gradcheck.arrays import Array
from gradcheck.strategies.values import legal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gradcheck.domains import Drawable, Input, Kinks, Signature

__all__ = ["Arguments", "Place", "Spec", "entries", "off_kinks", "on_kink", "on_several_kinks"]

Arguments = dict[str, Any]

_SETTLING = 4


class Spec(Protocol):
    """What a point is drawn for: the fields of a rule that say which points are legal."""

    @property
    def parsed(self) -> Signature:
        """Shapes of the arguments."""
        ...

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The array arguments in order: name, shape, domain."""
        ...

    @property
    def functions(self) -> Mapping[str, Drawable]:
        """Generated functions by keyword name."""
        ...

    @property
    def minimum(self) -> Mapping[str, int]:
        """Smallest extent of a symbol."""
        ...

    @property
    def kinks(self) -> Kinks | None:
        """Where the function is not smooth."""
        ...

    @property
    def arrange(self) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """What moves drawn values onto the domain."""
        ...


@dataclass(frozen=True)
class Place:
    """How near to a kink a point may lie: relative for smooth points, absolute for neighbours of a kink."""

    dtype: str = "float64"
    margin: float = 5e-7
    apart: float = 0.5


def entries(kinks: Kinks, arguments: Arguments) -> Array:
    """Return the surface at ``arguments`` as 1-D float64 values; 0 lies on a kink."""
    wide = {name: np.asarray(value, np.float64) for name, value in arguments.items()}
    with np.errstate(all="ignore"):
        # A copy: the surface may be an argument itself, and callers write into what they get.
        return np.array(kinks.surface(**wide), np.float64).reshape(-1)


def _scales(kinks: Kinks, arguments: Arguments, values: Array) -> Array:
    """Return how far each surface moves when every number moves by its own size (1 where nothing moves it).

    Signs of the moves alternate in two patterns, so that equal and opposite
    contributions of ``w·x + b`` do not hide one another in both.
    """
    nudge = 2.0**-10
    moved = np.zeros_like(values)
    for pattern in (2, 3):
        shifted: Arguments = {}
        for position, (name, value) in enumerate(arguments.items()):
            wide = np.asarray(value, np.float64)
            signs = np.where((np.arange(wide.size) * 7 // 3 + position) % pattern == 0, 1.0, -1.0)
            shifted[name] = wide * (1.0 + nudge * signs.reshape(wide.shape))
        with np.errstate(all="ignore"):
            moved = np.fmax(moved, np.abs(entries(kinks, shifted) - values) / nudge)
    return np.where(np.isfinite(moved) & (moved > 0), moved, 1.0)


def settle(spec: Spec, arguments: Arguments, dtype: str) -> Arguments:
    """Apply ``arrange`` if there is one, and return arrays of ``dtype`` in the inputs' order.

    It is applied until nothing changes (four times at most): across 50 decades a
    first shift may round what it was to establish away.
    """
    current = _cast(spec, arguments, dtype)
    if spec.arrange is None:
        return current
    for _ in range(_SETTLING):
        arranged = _cast(spec, spec.arrange(dict(current)), dtype)
        if all(np.array_equal(arranged[name], current[name]) for name in current):
            break
        current = arranged
    return current


def _cast(spec: Spec, arguments: Arguments, dtype: str) -> Arguments:
    with np.errstate(over="ignore"):
        return {given.name: np.array(arguments[given.name], dtype) for given in spec.inputs}


def is_legal(spec: Spec, arguments: Arguments) -> bool:
    """Whether every number lies in its argument's domain."""
    return all(
        bool(np.all(legal(np.asarray(arguments[given.name], np.float64), given.domain)))
        for given in spec.inputs
    )


def _placed(spec: Spec, arguments: Arguments, index: int, offset: float, dtype: str) -> Arguments:
    assert spec.kinks is not None
    copied = {name: np.array(value) for name, value in arguments.items()}
    with np.errstate(all="ignore"):
        return settle(spec, spec.kinks.place(copied, index, offset), dtype)


def off_kinks(
    spec: Spec,
    arguments: Arguments,
    place: Place,
    offset: Callable[[], float],
    near: Callable[[int], int | None] | None = None,
) -> Arguments | None:
    """Return a legal point off every kink, or None when a bounded number of placings does not reach one.

    ``offset()`` gives signed distances relative to the surface's own scale;
    ``near(entries)`` may name a surface to approach on purpose.
    """
    current = settle(spec, arguments, place.dtype)
    if spec.kinks is None:
        return current if is_legal(spec, current) else None
    wanted = None
    for attempt in range(8 + 2 * entries(spec.kinks, current).size):
        values = entries(spec.kinks, current)
        scales = _scales(spec.kinks, current, values)
        # A surface that overflowed is on no kink; one that is 0 is, whatever its scale.
        blocked = np.flatnonzero(np.isfinite(values) & ~(np.abs(values) > place.margin * scales))
        if attempt == 0 and near is not None and values.size:
            wanted = near(values.size)
        if blocked.size == 0 and wanted is None:
            return current if is_legal(spec, current) else None
        index = int(blocked[0]) if wanted is None else wanted
        wanted = None
        current = _beside(spec, current, index, offset() * float(scales[index]), place.dtype)
    return None


def _beside(spec: Spec, arguments: Arguments, index: int, offset: float, dtype: str) -> Arguments:
    """Place beside a kink, on the side where the point is legal if only one is."""
    for signed in (offset, -offset):
        trial = _placed(spec, arguments, index, signed, dtype)
        if is_legal(spec, trial):
            return trial
    return arguments


def on_kink(spec: Spec, arguments: Arguments, index: int, place: Place) -> Arguments | None:
    """Return a legal point whose surface is 0 at ``index`` alone and at least ``place.apart`` elsewhere."""
    assert spec.kinks is not None
    current = settle(spec, arguments, place.dtype)
    for step in _steps(4 + 2 * entries(spec.kinks, current).size, 2.0 * place.apart):
        placed = _placed(spec, current, index, 0.0, place.dtype)
        values = entries(spec.kinks, placed)
        if values[index] != 0:
            return None
        values[index] = np.inf
        blocked = np.flatnonzero(~(np.abs(values) >= place.apart))
        if blocked.size == 0:
            return placed if is_legal(spec, placed) else None
        current = _placed(spec, placed, int(blocked[0]), step, place.dtype)
    return None


def _steps(count: int, unit: float) -> Iterator[float]:
    for number in range(count):
        yield unit * (1 + number // 2) * (1 if number % 2 == 0 else -1)


def on_several_kinks(
    spec: Spec, arguments: Arguments, indices: tuple[int, int], place: Place
) -> Arguments | None:
    """Return a legal point with at least two surfaces at 0, or None.

    Surfaces that share a bias cannot be placed one by one; equal rows bring
    them to 0 together, and where 0 is legal a point of zeros does.
    """
    assert spec.kinks is not None
    first, second = indices
    current = settle(spec, arguments, place.dtype)
    both = _placed(spec, _placed(spec, current, first, 0.0, place.dtype), second, 0.0, place.dtype)
    alike = settle(spec, {name: _equal_rows(value) for name, value in current.items()}, place.dtype)
    zeros = {name: np.zeros_like(value) for name, value in current.items()}
    for trial in (both, _placed(spec, alike, first, 0.0, place.dtype), settle(spec, zeros, place.dtype)):
        if np.count_nonzero(entries(spec.kinks, trial) == 0) >= 2 and is_legal(spec, trial):
            return trial
    return None


def _equal_rows(value: Array) -> Array:
    return value if value.ndim == 0 else np.repeat(value[:1], value.shape[0], axis=0)
