"""The keywords of the checks, in one place: their types, who takes which, and what is said of any other."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar

from gradcheck.domains import Symmetric
from gradcheck.errors import InvalidArgument

__all__ = ["AdjointKeywords", "CheckKeywords", "Keywords", "explicit", "require_known"]

Function = TypeVar("Function", bound=Callable[..., Any])


class AdjointKeywords(TypedDict, total=False):
    """Keywords of every check; :func:`gradcheck.check` says what they do."""

    argnums: int | tuple[int, ...]
    kwargs: Mapping[str, Any] | None
    inputs: Mapping[str | int, Symmetric] | None
    rtol: float | None
    rng: Any
    strategy: str
    max_memory: float | None
    points: Iterable[tuple[Any, ...] | list[Any]] | None
    name: str | None
    expect: str
    allow_inconclusive: bool


class Keywords(AdjointKeywords, total=False):
    """Keywords of every check against a function."""

    bounds: tuple[Any, Any] | None
    method: str
    max_nfev: int | None
    surrogate: Callable[..., Any] | None
    stochastic: bool


class CheckKeywords(Keywords, total=False):
    """Keywords of :func:`gradcheck.check` and :func:`gradcheck.assert_derivative`."""

    layout: str
    order: int


_DEFAULTS: dict[str, Any] = {
    "argnums": 0,
    "strategy": "auto",
    "expect": "pass",
    "allow_inconclusive": False,
    "method": "auto",
    "stochastic": False,
    "layout": "numerator",
    "order": 1,
}
"""Of the keywords whose default is not None."""


def require_known(called: str, kind: Any, given: Mapping[str, Any]) -> None:
    """Refuse a keyword that ``called`` does not take; the nearest one is named.

    Raises
    ------
    InvalidArgument
        For the first unknown keyword.

    Examples
    --------
    >>> require_known("check", CheckKeywords, {"max_nfevs": 3})
    Traceback (most recent call last):
        ...
    gradcheck.errors.InvalidArgument: `max_nfevs`: no keyword of check; did you mean `max_nfev`?
    """
    known = sorted(kind.__optional_keys__)
    for name in given:
        if name in known:
            continue
        if name in CheckKeywords.__optional_keys__:
            raise InvalidArgument(f"`{name}`: no keyword of {called}, which has no use for it; leave it out")
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        if near:
            raise InvalidArgument(f"`{name}`: no keyword of {called}; did you mean `{near[0]}`?")
        fix = f"what the function takes goes into kwargs={{{name!r}: …}}"
        raise InvalidArgument(f"`{name}`: no keyword of {called}, which has {', '.join(known)}; {fix}")


def explicit(kind: Any) -> Callable[[Function], Function]:
    """Show the keywords of ``kind`` one by one in ``help`` of a function that takes ``**keywords``."""

    def shown(function: Function) -> Function:
        signature = inspect.signature(function)
        kept = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        seen = {one.name for one in kept}
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name))
            for name in kind.__annotations__
            if name not in seen
        ]
        function.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        return function

    return shown
