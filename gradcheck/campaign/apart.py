"""Work that draws points of its own, even inside a test that Hypothesis is driving."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import hypothesis

__all__ = ["outside_given"]

T = TypeVar("T")


def outside_given(work: Callable[[], T]) -> T:
    """Return ``work()``, done in a thread of its own when Hypothesis is running a test in this one.

    Hypothesis refuses one ``@given`` inside another, since both would shrink; a campaign
    draws from a seed, and what it finds does not depend on the choices of the test around it.

    Examples
    --------
    >>> outside_given(lambda: 3)
    3
    """
    if not hypothesis.currently_in_test_context():
        return work()
    with ThreadPoolExecutor(1, thread_name_prefix="gradcheck") as pool:
        return pool.submit(contextvars.copy_context().run, work).result()
