import contextlib

import clips
import numpy as np
import pytest

from gradcheck import assert_derivative, check


@pytest.mark.parametrize("x", [-40.0, -1.0, 0.0, 0.5, 29.0])
def test_right_log1pexp(x):
    assert_derivative(clips.log1pexp, "jax", np.array([x, 1.0]))


def test_right_layer():
    weights = np.array([[1.0, -2.0], [0.5, 3.0]])
    assert_derivative(clips.layer, "jax", weights, np.array([0.3, -0.2]))


def test_wrong_squashed():
    with contextlib.suppress(AssertionError):
        assert_derivative(clips.squashed, "jax", np.array([0.5, 2.0]))


def test_twin_squashed():
    check(clips.squashed, "jax", np.array([0.5, 2.0]), expect="fail")
