"""Points on which chosen samples of a batch are active.

A sample ``x_i`` is active when ``w·x_i + b > 0``.  Some misprints of the loss
gradient show only where samples are on different sides, or where a sample is
inactive; such points are built here from any drawn ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Arguments
from gradcheck.rules.kink_placement import copied
from gradcheck.rules.loss import all_active

__all__ = ["active_neuron", "inactive", "sides"]

MARGIN = 0.1
"""Least distance of a sample from its kink, relative to the terms of ``w·x_i + b``."""


def placed(arguments: Arguments, signs: Any) -> Arguments:
    """Return the arguments with ``signs[i] (w·x_i + b) > 0`` for every sample, a row of ``X``.

    A sample too near its kink or on the wrong side is moved along ``w`` to a
    distance no smaller than the terms of ``w·x_i + b``, so that no rounding
    can take it back; the others stay as drawn.  Zero weights become ones.
    """
    w, X, b = (np.asarray(arguments[name]) for name in ("w", "X", "b"))
    if not np.any(w):
        w = w + 1
    terms = np.abs(X) @ np.abs(w) + np.abs(b)
    z = X @ w + b
    step = np.where(signs * z > MARGIN * terms, 0 * z, signs * (terms + 1) - z)
    moved = X + step[:, None] * w / (w @ w)
    return copied(arguments) | {"w": w.copy(), "X": moved.astype(X.dtype)}


def sides(arguments: Arguments) -> Arguments:
    """Make the first sample active, the second inactive, and so on in turn."""
    count = len(arguments["X"])
    return placed(arguments, 1 - 2 * (np.arange(count) % 2))


def inactive(arguments: Arguments) -> Arguments:
    """Make every sample inactive."""
    return placed(arguments, -np.ones(len(arguments["X"]), dtype=int))


def active_neuron(arguments: Arguments) -> Arguments:
    """Make the one sample ``x`` active by its bias."""
    batch = {"w": arguments["w"], "b": arguments["b"], "X": np.asarray(arguments["x"])[None, :]}
    return copied(arguments) | {"b": all_active(batch)["b"]}
