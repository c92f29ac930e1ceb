"""How ``scipy.special``'s ufuncs continue: by name, so that SciPy is not imported here.

Only functions whose complex loop agrees with the real one on the real axis, to
an accuracy that is stated, or which a formula in complex arithmetic gives.
What is not here is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.trace import Trace, refuse

__all__ = ["SPECIAL"]

Pair = tuple[Array, Array]
Rule = Callable[..., Pair]

# Truncation is relative h**2: far below a rounding, as these functions vary on scales of one.
_H = 2.0**-60


def _entire(ulps: int) -> Callable[[np.ufunc], Rule]:
    """Continue by SciPy's complex loop, whose imaginary part is right to so many ``ulps``."""

    def factory(loop: np.ufunc) -> Rule:
        def rule(trace: Trace, p: Array, t: Array) -> Pair:
            slope = loop(p + complex(0.0, _H)).imag / _H
            return trace.rounded(loop(p), slope * t, ulps)

        return rule

    return factory


def _positive(complex_name: str) -> Callable[[np.ufunc], Rule]:
    """Continue a gamma-like function on ``p > 0``, where its complex namesake agrees with it."""

    def factory(loop: np.ufunc) -> Rule:
        def rule(trace: Trace, p: Array, t: Array) -> Pair:
            if np.any(p <= 0.0):
                refuse(loop.__name__, "the complex function continues it for positive arguments only")
            from scipy import special

            step = _H * p
            slope = getattr(special, complex_name)(p + 1j * step).imag / step
            # Near a zero of the slope the loop's error is absolute: one rounding of a number of order 1.
            slope = slope + 8.0 * (trace.disturb(1.0 + np.abs(slope)) - (1.0 + np.abs(slope)))
            return trace.rounded(loop(p), slope * t, 4)

        return rule

    return factory


def _logistic_slope(p: Array) -> Array:
    """Return ``e / (1 + e)**2`` with ``e = exp(-|p|)``: free of cancellation and overflow."""
    decay = np.exp(-np.abs(p))
    return np.asarray(decay / (1.0 + decay) ** 2)


def _expit(loop: np.ufunc) -> Rule:
    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        return trace.rounded(loop(p), _logistic_slope(p) * t, 4)

    return rule


def _log_expit(loop: np.ufunc) -> Rule:
    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        decay = np.exp(-np.abs(p))
        return trace.rounded(loop(p), np.where(p > 0.0, decay, 1.0) / (1.0 + decay) * t, 4)

    return rule


def _logit(loop: np.ufunc) -> Rule:
    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        y = loop(p)
        return trace.rounded(y, t / (p * (1.0 - p)) + 0.0 * y, 4)

    return rule


def _xlogy(loop: np.ufunc) -> Rule:
    def rule(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
        y = loop(a, b)
        tangent = zero = np.zeros(y.shape)
        # The two parts are rounded before they may cancel.
        if ta is not None:
            tangent = tangent + trace.disturb(np.where(ta == 0.0, 0.0, np.log(b) * ta) + zero)
        if tb is not None:
            tangent = tangent + trace.disturb(np.where(np.equal(a, 0.0), 0.0, a * (tb / b)) + zero)
        return trace.rounded(y, tangent + 0.0 * y, 2)

    return rule


# Accuracy of the imaginary parts measured against 60 digits on (-10, 10) and doubled: erf 32, ndtr 70 ulp.
SPECIAL: dict[str, Callable[[np.ufunc], Rule]] = {
    "erf": _entire(64),
    "erfc": _entire(64),
    "erfi": _entire(64),
    "ndtr": _entire(160),
    "expit": _expit,
    "log_expit": _log_expit,
    "logit": _logit,
    "xlogy": _xlogy,
    "gammaln": _positive("loggamma"),
    "loggamma": _positive("loggamma"),
    "psi": _positive("psi"),
    "digamma": _positive("psi"),
}
