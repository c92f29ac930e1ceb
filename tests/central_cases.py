"""Central differences of a function at a point, and whether their bars hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.differences.ladder import NO_RUNG
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.estimators.primal import Primal


def estimate(f: Callable[..., Any], x: Any, **options: Any) -> FlatEstimate:
    return central_jacobian(Primal(f, [x]), **options)


def holds(found: FlatEstimate, truth: Any) -> bool:
    """Whether every bar contains the truth; an entry without an answer does not."""
    return bool((np.abs(found.value - np.asarray(truth)) <= found.error).all())


def relative_bar(found: FlatEstimate) -> float:
    return float(np.max(found.error / np.abs(found.value)))


def hashed(x: float) -> float:
    """Noise in [-1, 1), the same at every call: a function of the bits of x."""
    bits = int(np.float64(x).view(np.uint64)) * 0x9E3779B97F4A7C15 & (2**64 - 1)
    bits = (bits ^ (bits >> 29)) * 0xBF58476D1CE4E5B9 & (2**64 - 1)
    return (bits ^ (bits >> 32)) / 2.0**63 - 1.0


def deaf(_ladder: Any, _quotients: Any, best: Any, *_: Any) -> tuple[Any, Any]:
    """Hear no noise at the distance of the answer's steps: the twin of `distant_noise`."""
    shape = best.value.shape[1:]
    return np.zeros(shape), np.full(shape, NO_RUNG)
