"""What surrounds a check: who is told of its result, and the defaults of its keywords.

A test plugin loads this module in every run of every project: it imports nothing
that such a run has not loaded already.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from gradcheck.results import CheckResult

__all__ = [
    "Defaults",
    "Observer",
    "attach",
    "defaults",
    "emit",
    "listening",
    "observing",
    "redirected",
    "with_defaults",
]

Observer = Callable[["CheckResult"], None]
Defaults = Callable[[], Mapping[str, Any]]
"""Returns keywords for a check that is about to be made; they stand where the call does not give them."""

_Surroundings = tuple[Observer, Defaults | None, bool]
"""An observer, its defaults, whether it needs evidence: to make a class of it costs time at every start."""
_Function = TypeVar("_Function", bound=Callable[..., Any])

_CURRENT: ContextVar[_Surroundings | None] = ContextVar("gradcheck_surroundings", default=None)
_EVERYWHERE: list[_Surroundings] = []
_LOCK = threading.Lock()


@contextmanager
def observing(
    observer: Observer, defaults: Defaults | None = None, *, evidence: bool = True
) -> Iterator[None]:
    """Hand every check made inside the block to ``observer``, those of other threads included.

    A thread without an observer of its own reports to the one entered last.

    Parameters
    ----------
    observer
        Called with each result, in the thread that made the check.
    defaults
        Called before each check: keywords that hold where the call does not give them.
    evidence
        Whether the observer needs the numbers behind a verdict, :class:`~gradcheck.results.Evidence`.

    Examples
    --------
    >>> from gradcheck.results import CheckResult, Reason, Verdict
    >>> seen = []
    >>> with observing(seen.append):
    ...     emit(CheckResult(Verdict.PASS, Reason.AGREES, ""))
    >>> len(seen)
    1
    """
    detach = attach(observer, defaults, evidence=evidence)
    token = _CURRENT.set((observer, defaults, evidence))
    try:
        yield
    finally:
        _CURRENT.reset(token)
        detach()


def attach(
    observer: Observer, defaults: Defaults | None = None, *, evidence: bool = True
) -> Callable[[], None]:
    """Hand every check of the process to ``observer``, but those inside an :func:`observing` block.

    Parameters
    ----------
    observer, defaults, evidence
        As for :func:`observing`.

    Returns
    -------
    callable
        Ends it; may be called in any thread.
    """
    surroundings = (observer, defaults, evidence)
    with _LOCK:
        _EVERYWHERE.append(surroundings)

    def detach() -> None:
        with _LOCK:
            _EVERYWHERE[:] = [one for one in _EVERYWHERE if one is not surroundings]

    return detach


def _surroundings() -> _Surroundings | None:
    current = _CURRENT.get()
    if current is None and _EVERYWHERE:
        with _LOCK:
            current = _EVERYWHERE[-1] if _EVERYWHERE else None
    return current


@contextmanager
def redirected(observer: Observer) -> Iterator[None]:
    """Hand the checks made inside the block to ``observer`` in place of whoever listens.

    The defaults, and whether evidence is kept, stay as they are.
    """
    current = _surroundings()
    _, given, evidence = current or (None, None, False)
    with observing(observer, given, evidence=evidence):
        yield


def defaults() -> Mapping[str, Any]:
    """Return the defaults that hold here: keywords of checks, and what concerns them, by name."""
    current = _surroundings()
    return current[1]() if current is not None and current[1] is not None else {}


def listening() -> bool:
    """Whether somebody wants to know what stands behind a verdict: only then is evidence worth its cost."""
    current = _surroundings()
    return current is not None and current[2]


def emit(result: CheckResult) -> None:
    """Hand ``result`` to the observer, if there is one."""
    current = _surroundings()
    if current is not None:
        current[0](result)


def with_defaults(check: _Function) -> _Function:
    """Let the surroundings give those keywords of ``check`` that a call leaves out.

    Examples
    --------
    >>> @with_defaults
    ... def share(*, rtol=None):
    ...     return rtol
    >>> with observing(print, lambda: {"rtol": 1e-4, "unknown": 0}):
    ...     share(), share(rtol=1e-2)
    (0.0001, 0.01)
    """
    parameters = inspect.signature(check).parameters.values()
    accepted = frozenset(one.name for one in parameters if one.kind is one.KEYWORD_ONLY)

    @functools.wraps(check)
    def called(*args: Any, **keywords: Any) -> Any:
        __tracebackhide__ = True
        found = defaults()
        if found:
            keywords = {name: found[name] for name in accepted.intersection(found)} | keywords
        return check(*args, **keywords)

    return cast("_Function", called)
