"""Which argument a call left changed: told from its own copies by what the caller still holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgument
from gradcheck.pytree import flatten

__all__ = ["changed_argument"]


def changed_argument(held: Iterable[tuple[str, Any, Any]]) -> str:
    """Return the path of the first array or number that a call changed in place; empty where none was.

    Parameters
    ----------
    held
        Of each argument its name, what it was before the call, and the copy that the call was given.

    Examples
    --------
    >>> before, after = {"w": np.ones(2), "b": 0.5}, {"w": np.array([1.0, 7.0]), "b": 0.5}
    >>> changed_argument([("n", 3, 3), ("params", before, after)])
    'params["w"]'
    """
    return next(filter(None, (_changed(name, a, b) for name, a, b in held)), "")


def _changed(name: str, before: Any, after: Any) -> str:
    try:
        x, was = flatten(before, name)
    except InvalidArgument:
        # What is no number to begin with is handed on as it is, and nothing is known of it.
        return ""
    try:
        y, now = flatten(after, name)
    except InvalidArgument:
        return name
    if [leaf.shape for leaf in was.leaves] != [leaf.shape for leaf in now.leaves]:
        return name
    differ = ~((x == y) | (np.isnan(x) & np.isnan(y)))
    return was.leaf_of(int(np.argmax(differ))).path if differ.any() else ""
