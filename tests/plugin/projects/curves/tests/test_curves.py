import curves
import numpy as np
import pytest
from hypothesis import settings

import gradcheck
from gradcheck import assert_derivative, check_gradient
from gradcheck.domains import interval, real

T = np.linspace(0.0, 2.0, 7)
Y = 2.0 * np.exp(-1.5 * T) + 0.3


@pytest.fixture(params=[(1.0, 1.0, 0.0), (2.0, 1.5, 0.3), (0.0, 0.0, 0.0)])
def theta(request):
    return np.array(request.param)


def test_fit():
    for found in curves.fit(T, Y):
        np.testing.assert_allclose(found, (2.0, 1.5, 0.3), rtol=1e-4)


def test_right_residuals(theta):
    assert_derivative(curves.residuals, curves.residual_jacobian, theta, T, Y)


def test_right_objective(theta):
    assert_derivative(curves.objective, True, theta, T, Y)


test_right_everywhere = settings(derandomize=True, deadline=None)(
    gradcheck.property_test(
        curves.residuals,
        curves.residual_jacobian,
        "(3),(m),(m)->(m)",
        names="theta t y",
        domain={"theta": interval(-2, 2), "t": interval(0.5, 3), "y": real(tame=10, extreme=10)},
    )
)


def test_wrong_ridge(theta):
    # The gradient is 0 at theta = 0, right by accident.
    result = check_gradient(curves.ridge, curves.ridge_gradient, theta, 0.7)
    assert str(result.verdict) in ("fail", "pass")
