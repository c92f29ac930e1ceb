"""Functions that are put together of two approximations: a step of some roundings where they meet."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import Verdict, check, jacobian

_PIECES = {
    "log pmf": (lambda p: 2 * np.log(p) + 3 * np.log1p(-p), lambda p: 2 / p - 3 / (1 - p)),
    "exp": (np.exp, np.exp),
    "rational": (lambda p: 1 / (1 + p * p), lambda p: -2 * p / (1 + p * p) ** 2),
    "tanh": (np.tanh, lambda p: 1 / np.cosh(p) ** 2),
}


def stepped(smooth, place, height):
    """Opaque to the complex step; ``height`` in roundings of the value."""

    def f(p):
        p = np.array(p, dtype=np.float64)
        return smooth(p) * (1 + height * 2.0**-52 * (p < place))

    return f


class TestSteps:
    @pytest.mark.parametrize("name", _PIECES)
    def test_bars_hold_the_derivative_of_either_piece(self, name):
        smooth, slope = _PIECES[name]
        rng = np.random.default_rng([6, *name.encode()])
        missed = 0
        for _ in range(100):
            x, height = rng.uniform(0.1, 0.9), 10 ** rng.uniform(1, 3)
            place = x + rng.choice([-1, 1]) * 10 ** rng.uniform(-4, -1.5)
            found = jacobian(stepped(smooth, place, height), x, method="central")
            bar = float(found.error)
            missed += not abs(float(found.value) - slope(x)) <= bar
            assert bar <= 1e-4 * abs(slope(x)), (x, place, height)
        # By chance the step may look like the next term of the series; one in ten did before.
        assert missed <= 2


class TestLogPmf:
    x, place = 0.41338882, 0.4142135623730951

    def test_the_right_claim_passes(self):
        smooth, slope = _PIECES["log pmf"]
        result = check(stepped(smooth, self.place, -185.0), slope, self.x)
        assert result.verdict is Verdict.PASS
        assert result.detectable < 1e-5

    def test_a_wrong_one_fails(self):
        smooth, slope = _PIECES["log pmf"]
        f = stepped(smooth, self.place, -185.0)
        seen = check(f, slope, self.x).detectable
        assert check(f, lambda p: slope(p) * (1 + 3 * seen), self.x).verdict is Verdict.FAIL
