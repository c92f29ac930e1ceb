"""One check from its keywords to its result: at every point, within what the caller allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from gradcheck.errors import InvalidArgument
from gradcheck.judge.asked import Asked, Attempt
from gradcheck.judge.conventions import in_convention
from gradcheck.judge.places import places_of, settled
from gradcheck.judge.question.options import Options
from gradcheck.judge.rounds import within_budget
from gradcheck.judge.text.snippet import with_snippet
from gradcheck.pytree import described
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["judged_everywhere"]

_UNASKED: Final = CheckResult(
    Verdict.INCONCLUSIVE, Reason.BUDGET, "max_nfev leaves no evaluation for this point"
)

_MOST_OTHERS: Final = 8
"""Other points at which a wrong claim may have been made that are looked at."""


def judged_everywhere(
    called: str,
    given: Mapping[str, Any],
    attempt: Attempt,
    args: tuple[Any, ...],
    options: Options,
    *,
    cost: str = "columns",
    beside: Mapping[str, Any] | None = None,
) -> CheckResult:
    """Return the gravest of what ``attempt`` says at each point, named, worded and emitted.

    Parameters
    ----------
    called
        The public check.
    given
        What it was given before the point, by name; the function first.
    attempt
        What is done at a point.
    args
        The point; ``options.points`` in its place.
    cost
        What :func:`gradcheck.judge.rounds.within_budget` must know of the attempt.
    beside
        What it was given as keywords of its own.
    """
    f = next(iter(given.values()))
    if not callable(f):
        name = next(iter(given))
        fix = "pass the function itself"
        raise InvalidArgument(f"`{name}`: given {described(f)}, expected a callable; {fix}")
    places = places_of(args, options.points)
    judged = in_convention(within_budget(attempt, cost))
    results: list[CheckResult] = []
    for number, place in enumerate(places):
        share = _share(options, results, len(places) - number)
        found = _UNASKED
        if share is not None:
            share = replace(share, others=_others(places, number))
            found = _in_all(judged(Asked(f, place, share, options.surrogate)), share, options)
        found = _annotated(found, options)
        results.append(with_snippet(found, called, given, place, options.keywords | dict(beside or {})))
    return settled(results, f, options)


def _others(places: list[tuple[Any, ...]], number: int) -> dict[str, tuple[Any, ...]]:
    """Return the other points by name, the one before first: there a claim may have been made by mistake."""
    before = number - 1
    order = sorted((k for k in range(len(places)) if k != number), key=lambda k: (k != before, k))
    names = {k: f"points[{k}]" + (", the previous point" if k == before else "") for k in order}
    return {names[k]: places[k] for k in order[:_MOST_OTHERS]}


def _share(options: Options, results: list[CheckResult], points: int) -> Options | None:
    """Return the options with what is left of ``max_nfev`` for one of the points left; None for nothing."""
    if options.max_nfev is None:
        return options
    share = (options.max_nfev - sum(one.nfev for one in results)) // points
    return replace(options, max_nfev=share) if share > 0 else None


def _in_all(result: CheckResult, share: Options, options: Options) -> CheckResult:
    """Return ``result`` with the limit that the caller gave where it tells the share of one point."""
    if share.max_nfev == options.max_nfev:
        return result
    told = f"max_nfev={options.max_nfev}, {share.max_nfev} of it for this point,"
    message = result.message.replace(f"max_nfev={share.max_nfev}:", f"{told[:-1]}:")
    return replace(result, message=message.replace(f"max_nfev={share.max_nfev} leaves", f"{told} leaves"))


def _annotated(result: CheckResult, options: Options) -> CheckResult:
    if options.surrogate is None:
        return result
    own_name = getattr(options.surrogate, "__name__", type(options.surrogate).__name__)
    note = f"the derivative is that of the surrogate `{own_name}`, not of f"
    return replace(result, notes=(note, *result.notes))
