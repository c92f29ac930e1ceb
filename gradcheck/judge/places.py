"""The points of one check: which they are, and the one result that stands for them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.errors import InvalidArgument
from gradcheck.judge.options import Options
from gradcheck.judge.text import result_text
from gradcheck.results import CheckResult, emit

__all__ = ["places_of", "settled"]


def places_of(args: tuple[Any, ...], points: Sequence[Sequence[Any]] | None) -> list[tuple[Any, ...]]:
    """Return the points to check at, each a tuple of arguments: ``args``, or ``points`` in its place.

    Raises
    ------
    InvalidArgument
        If both or neither are given, or a point has no argument.

    Examples
    --------
    >>> places_of((), [(1.0,), (2.0,)])
    [(1.0,), (2.0,)]
    """
    if points is None:
        places = [args]
    elif args:
        raise InvalidArgument.of("points", "both `points` and a point", "one of them", "leave out `*args`")
    else:
        places = [tuple(point) for point in points]
        if not places:
            raise InvalidArgument.of("points", "no point", "at least one", "pass [(x,), …]")
    if not all(places):
        raise InvalidArgument.of("args", "no argument", "the point", "pass it last: check(f, jac, x)")
    return places


def settled(results: Sequence[CheckResult], f: Callable[..., Any], options: Options) -> CheckResult:
    """Return the gravest of ``results``, one for each point, named and worded; emit it, once."""
    worst = max(results, key=lambda one: (one.verdict.severity, one.detectable))
    if len(results) > 1:
        note = f"{len(results)} points; this is point {results.index(worst)}"
        worst = replace(
            worst,
            notes=(note, *worst.notes),
            nfev=sum(one.nfev for one in results),
            entries=sum(one.entries for one in results),
        )
    own_name = str(getattr(f, "__name__", type(f).__name__))
    named = replace(
        worst,
        name=options.name or own_name,
        expect=options.expect,
        allow_inconclusive=options.allow_inconclusive,
    )
    finished = replace(named, text=result_text(named))
    emit(finished)
    return finished
