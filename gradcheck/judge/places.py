"""The points of one check: which they are, and the one result that stands for them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.errors import InvalidArgument
from gradcheck.judge.outcome.power import gravity, numberless
from gradcheck.judge.question.options import Options
from gradcheck.judge.text.result import result_text
from gradcheck.pytree import described
from gradcheck.results import CheckResult, Verdict, emit

__all__ = ["places_of", "settled"]


def places_of(args: tuple[Any, ...], points: Iterable[Any] | None) -> list[tuple[Any, ...]]:
    """Return the points to check at, each a tuple of arguments: ``args``, or ``points`` in its place.

    Raises
    ------
    InvalidArgument
        If both or neither are given, or a point is no tuple of arguments.

    Examples
    --------
    >>> places_of((), [(1.0,), (2.0,)])
    [(1.0,), (2.0,)]
    """
    if points is None:
        if not args:
            fix = "pass it last: check(f, jac, x)"
            raise InvalidArgument(f"`args`: given no argument, expected the point; {fix}")
        return [args]
    if args:
        raise InvalidArgument("`points`: given beside a point, expected one of them; leave out `*args`")
    if isinstance(points, (str, bytes, Mapping)) or not isinstance(points, Iterable):
        raise _refused("points", points, "a list of points")
    places = [_place(point, number) for number, point in enumerate(points)]
    if not places:
        raise InvalidArgument("`points`: given no point, expected at least one; pass [(x,), …]")
    return places


def _place(point: Any, number: int) -> tuple[Any, ...]:
    # An array would be taken apart into one argument for each of its rows.
    if not isinstance(point, (tuple, list)) or not point:
        raise _refused(f"points[{number}]", point, "a tuple of the function's arguments")
    return tuple(point)


def _refused(argument: str, given: Any, expected: str) -> InvalidArgument:
    return InvalidArgument(f"`{argument}`: given {described(given)}, expected {expected}; write [(x,), …]")


def settled(results: Sequence[CheckResult], f: Callable[..., Any], options: Options) -> CheckResult:
    """Return the gravest of ``results``, one for each point, named and worded; emit it, once."""
    worst = max(results, key=gravity)
    if len(results) > 1:
        note = f"{len(results)} points; this is point {results.index(worst)}"
        kinked = sum(numberless(one) for one in results)
        if kinked and not numberless(worst):
            note += f"; {kinked} with every entry at a kink not counted in `detectable`"
        worst = replace(
            worst,
            notes=(note, *worst.notes),
            nfev=sum(one.nfev for one in results),
            entries=sum(one.entries for one in results),
        )
    if worst.verdict is Verdict.PASS and not worst.entries:
        worst = replace(worst, notes=(*worst.notes, "there was no entry to compare: the shapes are right"))
    own_name = str(getattr(f, "__name__", type(f).__name__))
    named = replace(
        worst,
        name=options.name or own_name,
        expect=options.expect,
        allow_inconclusive=bool(options.allow_inconclusive),
    )
    finished = replace(named, text=result_text(named))
    emit(finished)
    return finished
