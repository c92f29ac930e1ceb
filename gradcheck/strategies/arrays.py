"""Arrays for any signature: the strategy that other projects use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from gradcheck.domains import Input, Interval, Signature, Stratum
from gradcheck.errors import InvalidArgument
from gradcheck.strategies.sampling import DEFAULT_SIZES, integers, point, strata_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gradcheck.domains import Domain, Drawable, Kinks

__all__ = ["points"]


class Drawn(tuple[np.ndarray[Any, Any], ...]):  # noqa: SLOT001 a tuple has no room for a slot
    """The arrays of one point, a tuple in all but ``stratum``, which says where it lies."""

    stratum: Stratum = Stratum.SMOOTH

    def __repr__(self) -> str:
        return repr(tuple(self))

    @classmethod
    def at(cls, arrays: Iterable[np.ndarray[Any, Any]], stratum: Stratum) -> Drawn:
        """Return the arrays of a point in ``stratum``."""
        made = cls(arrays)
        made.stratum = stratum
        return made


@dataclass(frozen=True)
class _Plain:
    """A signature and its domains, for callers without a rule."""

    parsed: Signature
    inputs: tuple[Input, ...]
    functions: Mapping[str, Drawable] = field(default_factory=dict)
    minimum: Mapping[str, int] = field(default_factory=dict)
    kinks: Kinks | None = None
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None = None


def points(
    signature: str,
    domain: Domain | None = None,
    *,
    names: str | Sequence[str] | None = None,
    dtype: str | None = None,
    sizes: Sequence[int] = DEFAULT_SIZES,
) -> st.SearchStrategy[tuple[np.ndarray[Any, Any], ...]]:
    """Return a Hypothesis strategy for tuples of arrays with the shapes of ``signature``.

    The numbers include those where mistakes live, as far as they are legal: 0,
    1, -1, integers and halves, ties, zero rows, 1e-12, the neighbourhood of
    every end and hole of the domain, very large and very small magnitudes; the
    shapes include empty and size-1 ones.  Failures shrink to the smallest shape
    and the simplest numbers.

    Parameters
    ----------
    signature
        Gufunc notation, ``"(n),(n)->(n)"``; an extent may be a sum, ``"(k+p-1)"``.
    domain
        One interval for every argument, a sequence in order, or a mapping by
        name or position (an argument not named is all real).
    names
        The arguments' names for a mapping, separated by spaces or as a sequence.
    dtype
        ``"float64"`` (default) or ``"float32"``.
    sizes
        Extents to choose from.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; the message names given, expected and fix.

    Examples
    --------
    >>> from gradcheck.domains import positive
    >>> strategy = points("(n),(n)->(n)", domain=positive())
    """
    parsed = Signature.parse(signature)
    inputs = _inputs(parsed, domain, names)
    plain = _Plain(parsed, inputs)
    chosen = _dtype_name(dtype)
    strata = [Stratum.SMOOTH, Stratum.SMOOTH, Stratum.EDGE, Stratum.EDGE]
    strata += [Stratum.EXTREME] if Stratum.EXTREME in strata_of(plain) else []
    built = {stratum: point(plain, stratum, sizes=sizes, dtype=chosen) for stratum in dict.fromkeys(strata)}

    @st.composite
    def arrays(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], ...]:
        stratum = strata[draw(integers(0, len(strata) - 1))]
        return Drawn.at(draw(built[stratum]).arguments.values(), stratum)

    return arrays()


def _dtype_name(dtype: str | None) -> str:
    try:
        return str(np.dtype(dtype or "float64").name)
    except TypeError:
        return str(dtype)


def _inputs(parsed: Signature, domain: Domain | None, names: str | Sequence[str] | None) -> tuple[Input, ...]:
    count = len(parsed.inputs)
    called = _names(names, count)
    domains = _domains(domain, called)
    for name, given in zip(called, domains, strict=True):
        if not isinstance(given, Interval):
            raise InvalidArgument.of(f"domain of {name}", given, "an Interval", "pass e.g. positive()")
    return tuple(Input(*facts) for facts in zip(called, parsed.inputs, domains, strict=True))


def _names(names: str | Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{position}" for position in range(count))
    called = tuple(names.split() if isinstance(names, str) else names)
    if len(called) != count or len(set(called)) != count:
        raise InvalidArgument.of("names", names, f"{count} different names", "name each input once")
    return called


def _domains(domain: Domain | None, called: tuple[str, ...]) -> tuple[Interval, ...]:
    if domain is None or isinstance(domain, Interval):
        return (domain or Interval(),) * len(called)
    if isinstance(domain, Mapping):
        known: dict[Any, str] = {**dict(enumerate(called)), **{name: name for name in called}}
        unknown = [key for key in domain if key not in known]
        if unknown:
            raise InvalidArgument.of("domain", unknown[0], f"a key among {list(known)}", "name an argument")
        by_name: dict[str, Interval] = {known[key]: given for key, given in domain.items()}
        return tuple(by_name.get(name, Interval()) for name in called)
    if len(domain) == len(called):
        return tuple(domain)
    raise InvalidArgument.of(
        "domain", domain, f"one Interval, {len(called)} of them or a mapping", "see gradcheck.domains"
    )
