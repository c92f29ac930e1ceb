"""What inputs are legal: shape symbols, intervals, kinks to visit on purpose.

Everything here is data; :mod:`gradcheck.strategies` draws from it, and never
filters: a legal point is built, not waited for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from gradcheck.errors import InvalidArgument

__all__ = [
    "Chooser",
    "Dimension",
    "Drawable",
    "Interval",
    "Kinks",
    "Signature",
    "Stratum",
    "Symmetric",
    "interval",
    "kinks_at",
    "kinks_where_equal",
    "nonzero",
    "positive",
    "real",
    "symmetric",
]

Arguments = dict[str, Any]


class Stratum(Enum):
    """Where a point lies; each stratum states the verdict it expects."""

    SMOOTH = "smooth"
    EDGE = "edge"
    KINK = "kink"
    EXTREME = "extreme"
    SEVERAL_KINKS = "several kinks"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Interval:
    """An open real interval ``(low, high)`` without the points in ``holes``.

    ``tame`` is the largest magnitude drawn in the smooth stratum (functions such
    as ``exp`` need a small one); ``extreme`` the largest in the extreme stratum.
    Magnitudes are drawn over the decades from ``1 / tame`` to ``tame``.
    """

    low: float = -math.inf
    high: float = math.inf
    holes: tuple[float, ...] = ()
    tame: float = 1e3
    extreme: float = 1e100

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InvalidArgument.of("low, high", (self.low, self.high), "low < high", "swap them")

    def contains(self, value: float) -> bool:
        """Whether ``value`` is legal; NaN is not."""
        return self.low < value < self.high and value not in self.holes

    def __str__(self) -> str:
        base = (
            "all real" if (self.low, self.high) == (-math.inf, math.inf) else f"({self.low:g}, {self.high:g})"
        )
        return base + "".join(f", not {hole:g}" for hole in self.holes)


def real(*, tame: float = 1e3, extreme: float = 1e100) -> Interval:
    """All real numbers."""
    return Interval(tame=tame, extreme=extreme)


def positive(*, tame: float = 1e3, extreme: float = 1e100) -> Interval:
    """Numbers greater than zero."""
    return Interval(low=0.0, tame=tame, extreme=extreme)


def nonzero(*, tame: float = 1e3, extreme: float = 1e100) -> Interval:
    """All real numbers but zero."""
    return Interval(holes=(0.0,), tame=tame, extreme=extreme)


def interval(low: float, high: float, *, tame: float = 1e3) -> Interval:
    """Numbers strictly between ``low`` and ``high``."""
    return Interval(low=low, high=high, tame=tame, extreme=tame)


@dataclass(frozen=True)
class Symmetric:
    """A square matrix that stays symmetric, or a stack of them; see :func:`symmetric`."""

    convention: str = "full"


def symmetric(convention: str = "full") -> Symmetric:
    r"""Return the structure of a symmetric matrix, for ``inputs={"A": symmetric()}`` of a check.

    ``f`` may read one triangle or both, so that a derivative by one entry alone means nothing.  It is
    taken along the directions in which ``A`` stays symmetric, :math:`E_{ij} + E_{ji}` and :math:`E_{ii}`.

    Parameters
    ----------
    convention
        What the claim's entries ``G[..., i, j]`` are.
        ``"full"``: :math:`df = \sum_{ij} G_{ij} \, dA_{ij}` for symmetric ``dA``.  Judged is
        ``G[i, j] + G[j, i]``, and ``G[i, i]``: the symmetric gradient of autodiff systems passes, and so
        does the derivative of ``f`` as a function of a general matrix, or of one triangle with zeros in the
        other.
        ``"free"``: the derivative by one free number for each pair, in both of its places,
        :math:`2 G - \mathrm{diag}(G)` for symmetric ``G`` (Petersen and Pedersen 2012, The Matrix Cookbook,
        section 2.8).  It is twice the first off the diagonal, so that neither passes for the other.

    Returns
    -------
    Symmetric
        What ``inputs`` of a check takes.

    Raises
    ------
    InvalidArgument
        For an unknown convention.

    References
    ----------
    J. R. Magnus and H. Neudecker (2019), Matrix Differential Calculus, section 3.8 (the duplication matrix).
    S. Srinivasan and N. Panda (2023), "What is the gradient of a scalar function of a symmetric matrix?",
    Indian J. Pure Appl. Math. 54, 907.

    Examples
    --------
    >>> symmetric().convention
    'full'
    """
    if convention not in ("full", "free"):
        raise InvalidArgument.of("convention", convention, "'full' or 'free'", "leave it out: 'full'")
    return Symmetric(convention)


@dataclass(frozen=True)
class Dimension:
    """One extent of a signature: a sum of symbols and a constant, such as ``k+p-1``."""

    symbols: tuple[str, ...]
    constant: int = 0

    def extent(self, extents: Mapping[str, int]) -> int:
        """Return the number for given symbols."""
        return sum(extents[symbol] for symbol in self.symbols) + self.constant

    def __str__(self) -> str:
        text = "+".join(self.symbols)
        if not self.symbols:
            return str(self.constant)
        return f"{text}{self.constant:+d}" if self.constant else text


_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d+)|([A-Za-z_]\w*))\s*")


def _dimension(text: str, whole: str) -> Dimension:
    symbols: list[str] = []
    constant = 0
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or (match[3] and match[1] == "-"):
            raise InvalidArgument.of(
                "signature", whole, "extents such as n, 3 or k+p-1", f"mend the extent {text!r}"
            )
        if match[2]:
            constant += int(match[2]) * (-1 if match[1] == "-" else 1)
        else:
            symbols.append(match[3])
        position = match.end()
    return Dimension(tuple(symbols), constant)


@dataclass(frozen=True)
class Signature:
    """Shapes in NumPy's gufunc notation: ``"(n),(n)->(n)"``, ``"(N,n),(N),(n),()->()"``.

    An extent may be a number or a sum (``"(k+p-1),(k)->(p)"``), so that linked
    shapes are built rather than filtered.
    """

    text: str
    inputs: tuple[tuple[Dimension, ...], ...]
    outputs: tuple[tuple[Dimension, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Parse the notation.

        Raises
        ------
        InvalidArgument
            If ``text`` is not in gufunc notation; the message names the bad part.

        Examples
        --------
        >>> Signature.parse("(n),()->(n)").symbols
        ('n',)
        """
        sides = text.split("->")
        if len(sides) != 2:
            raise InvalidArgument.of("signature", text, "'inputs->outputs'", "write e.g. '(n),(n)->(n)'")
        inputs, outputs = (cls._groups(side, text) for side in sides)
        return cls(text, inputs, outputs)

    @staticmethod
    def _groups(side: str, whole: str) -> tuple[tuple[Dimension, ...], ...]:
        compact = side.replace(" ", "")
        if not re.fullmatch(r"\([^()]*\)(,\([^()]*\))*", compact):
            raise InvalidArgument.of("signature", whole, "groups in parentheses", "write e.g. '(n),(n)->(n)'")
        groups = re.findall(r"\(([^()]*)\)", compact)
        return tuple(tuple(_dimension(part, whole) for part in group.split(",") if part) for group in groups)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of the inputs, in order of appearance."""
        seen: dict[str, None] = {}
        for group in self.inputs:
            for dimension in group:
                seen.update(dict.fromkeys(dimension.symbols))
        return tuple(seen)

    def shapes(self, extents: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
        """Return the input shapes for given extents."""
        return tuple(tuple(dimension.extent(extents) for dimension in group) for group in self.inputs)


class Chooser(Protocol):
    """A source of choices; the Hypothesis one shrinks towards the first, the smallest, the simplest."""

    def integer(self, low: int, high: int) -> int:
        """Choose an integer with ``low <= value <= high``."""
        ...

    def number(self, low: float, high: float) -> float:
        """Choose a float with ``low <= value <= high``."""
        ...


class Drawable(Protocol):
    """Something other than an array that a point may hold, such as a generated function."""

    def draw(self, choose: Chooser, extents: Mapping[str, int]) -> Any:
        """Build one from choices."""
        ...

    def to_json(self, drawn: Any) -> Any:
        """Return a JSON value from which :meth:`from_json` rebuilds it."""
        ...

    def from_json(self, data: Any) -> Any:
        """Rebuild what :meth:`to_json` described."""
        ...


@dataclass(frozen=True)
class Kinks:
    """Where a rule's function is not smooth, and how to get there on purpose.

    ``surface(**arguments)`` returns values, of any shape, that vanish on a kink
    (``w - x`` for ``max(w, x)``; ``w·x + b`` for an activation).
    ``place(arguments, index, offset)`` returns new arguments for which
    ``surface`` at flat ``index`` equals ``offset`` exactly when the numbers are
    small integers, and the other surfaces keep their sign where they can.
    ``jump`` marks a discontinuity instead of a kink.
    """

    surface: Callable[..., Any]
    place: Callable[[Arguments, int, float], Arguments]
    jump: bool = False


def kinks_at(name: str, *values: float, jump: bool = False) -> Kinks:
    """Kinks where an entry of the argument ``name`` equals one of ``values`` (0 when none is given).

    ``kinks_at("x")`` for ``abs(x)`` or ``max(x, 0)``; ``kinks_at("x", -1.0, 1.0)`` for a clip to
    ``[-1, 1]``; ``jump=True`` for a step, whose derivative at the jump nobody can confirm.

    Examples
    --------
    >>> import numpy as np
    >>> kinks = kinks_at("x", -1.0, 1.0)
    >>> kinks.surface(x=np.array([0.5])).tolist()
    [[1.5], [-0.5]]
    >>> kinks.place({"x": np.array([0.5])}, 1, 0.0)["x"].tolist()
    [1.0]
    """
    where = values or (0.0,)

    def surface(**given: Any) -> Any:
        import numpy as np

        return np.stack([np.asarray(given[name]) - value for value in where])

    def place(given: Arguments, index: int, offset: float) -> Arguments:
        import numpy as np

        moved = np.array(given[name])
        which, entry = divmod(index, moved.size)
        moved.flat[entry] = where[which] + offset
        return given | {name: moved}

    return Kinks(surface, place, jump)


def kinks_where_equal(first: str, second: str, *, jump: bool = False) -> Kinks:
    """Kinks where an entry of ``first`` equals the same entry of ``second``: ties of ``max(first, second)``.

    Both arguments have one shape.

    Examples
    --------
    >>> import numpy as np
    >>> kinks = kinks_where_equal("w", "x")
    >>> kinks.place({"w": np.array([2.0, 3.0]), "x": np.array([5.0, 7.0])}, 1, 0.5)["x"].tolist()
    [5.0, 2.5]
    """

    def surface(**given: Any) -> Any:
        return given[first] - given[second]

    def place(given: Arguments, index: int, offset: float) -> Arguments:
        import numpy as np

        moved = np.array(given[second])
        moved.flat[index] = np.asarray(given[first]).reshape(-1)[index] - offset
        return given | {second: moved}

    return Kinks(surface, place, jump)


Domain = Interval | Sequence[Interval] | Mapping[str, Interval]


@dataclass(frozen=True)
class Input:
    """One array argument: its name, its extents and the values it may take."""

    name: str
    shape: tuple[Dimension, ...]
    domain: Interval = field(default_factory=Interval)
