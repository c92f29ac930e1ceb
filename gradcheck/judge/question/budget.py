"""Evaluations of a function, counted and never more than allowed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["BudgetSpent", "Counter", "counter_of"]

_KEPT = 2
"""Evaluations kept for what follows an estimate: the point again, and once more at the end."""


class BudgetSpent(BaseException):
    """No evaluation is left.

    Not an ``Exception``: an estimator takes those for points outside the function's domain, and goes on.
    """


class Counter:
    """How often functions were called, and how often they may be.

    Attributes
    ----------
    limit, spent
        Numbers of evaluations.
    pinched
        Whether an estimator had to make do with fewer than it takes by default.

    Examples
    --------
    >>> counter = Counter(2)
    >>> f = counter.watch(abs)
    >>> f(-1), counter.left, counter_of(f) is counter
    (1, 1, True)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0
        self.pinched = False

    @property
    def left(self) -> int:
        """Evaluations that may still be made."""
        return self.limit - self.spent

    def watch(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function``, counted; raises :class:`BudgetSpent` in place of one call too many."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.take()
            return function(*args, **kwargs)

        functools.update_wrapper(counted, function)
        counted.__dict__["counter"] = self
        return counted

    def take(self) -> None:
        """Count one evaluation, or say that none is left."""
        if self.left <= 0:
            raise BudgetSpent
        self.spent += 1

    def allowed(self, wanted: int) -> int:
        """Return how many of ``wanted`` evaluations may be used, some kept for what follows."""
        usable = max(self.left - _KEPT, 0)
        self.pinched |= usable < wanted
        return min(wanted, usable)


def counter_of(function: Callable[..., Any]) -> Counter | None:
    """Return the counter of a watched function, also behind wrappers that keep its attributes."""
    found = getattr(function, "counter", None)
    return found if isinstance(found, Counter) else None
