"""A function, the derivative that its package claims, and a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Pair", "diagonal"]

Pair = tuple[str, Callable[[Any], Any], Callable[[Any], Any], Any]
"""Name, function, claimed derivative, point."""


def diagonal(slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the Jacobian of an element-wise function whose derivative is ``slope``."""
    return lambda x: np.diag(np.asarray(slope(x), dtype=float))
