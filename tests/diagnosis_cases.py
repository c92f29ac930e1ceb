"""A Jacobian, its bars, and claims made wrong in known ways."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis import Context, diagnose

BAR = 1e-11

J = np.array([[1.5, -2.25, 0.75], [4.0, 0.3, -7.5], [0.62, 3.1, 11.0]])
WIDE = np.array([[1.5, -2.25, 0.75, 9.1], [4.0, 0.3, -7.5, 0.44]])
SPREAD = np.random.default_rng(5).normal(size=(6, 5))


def named(claim, reference=J, **context):
    claim = np.asarray(claim, dtype=float)
    bars = BAR * np.abs(claim), BAR * np.abs(reference)
    return diagnose(claim, reference, *bars, context=Context(**context))


def changed(index, value, of=J):
    result = of.copy()
    result[index] = value
    return result


def perturbed(claim):
    """The must-fail twin: the same claim with every entry off by a part in a thousand of its own."""
    claim = np.asarray(claim, dtype=float)
    signs = np.where(np.arange(claim.size).reshape(claim.shape) % 3 == 1, -1.0, 1.0)
    return claim * (1 + 1e-3 * signs * (1 + np.arange(claim.size).reshape(claim.shape) / 7))
