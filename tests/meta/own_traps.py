"""The point and the mistake that our own traps share."""

from __future__ import annotations

import numpy as np

X = np.array([0.3, -1.1, 2.4])
EPS = 1e-12


def logistic(x):
    return 1 / (1 + np.exp(-x))


def coarse(x):
    return np.round(np.sin(x) / 1e-7) * 1e-7
