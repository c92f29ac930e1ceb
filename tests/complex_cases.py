"""The complex step of a function at a point, certified, and a plain one."""

from __future__ import annotations

import numpy as np

from gradcheck.estimators.complex_step import complex_step_jacobian
from gradcheck.estimators.primal import Primal

X = np.array([0.3, -0.8, 1.7])
S = np.array([[2.0, 0.3, -0.7], [0.1, 1.5, 0.4], [-0.2, 0.6, 3.0]])


def estimate(f, x, **keywords):
    return complex_step_jacobian(Primal(f, [np.array(x, dtype=float)]), **keywords)


def plain(f, x):
    """Return what a complex step without a certificate says: one column for each entry of ``x``."""
    x = np.asarray(x, dtype=float)
    columns = []
    with np.errstate(all="ignore"):
        for j in range(x.size):
            z = x.astype(complex).reshape(-1)
            z[j] += 1e-100j
            columns.append(np.imag(np.asarray(f(z.reshape(x.shape)))).reshape(-1) / 1e-100)
    return np.array(columns).T
