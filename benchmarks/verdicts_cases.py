"""Right derivatives, by hand: what no checker may reject.

Vectors, matrices and numbers; formulas that cancel; values from 1e-150 to 1e150; stiff right-hand sides;
functions with a complex number or an iteration inside.  Points are drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special
from scipy.interpolate import CubicSpline
from scipy.optimize import rosen_der, rosen_hess

__all__ = ["CONTROLS", "Case", "Control", "cases_of"]


@dataclass(frozen=True)
class Case:
    """``jac(x)`` is claimed to be the derivative of ``f`` at ``x``, of shape ``f(x).shape + x.shape``."""

    name: str
    f: Callable[[Any], Any]
    jac: Callable[[Any], Any]
    x: Any


@dataclass(frozen=True)
class Control:
    """A function with its right derivative, and how to draw a point."""

    name: str
    f: Callable[[Any], Any]
    jac: Callable[[Any], Any]
    draw: Callable[[np.random.Generator], Any]


def cases_of(controls: tuple[Control, ...], points: int, seed: int = 3) -> Iterator[Case]:
    """Yield every control at ``points`` points."""
    for control in controls:
        rng = np.random.default_rng([seed, *control.name.encode()])
        for k in range(points):
            yield Case(f"{control.name} #{k}", control.f, control.jac, control.draw(rng))


def _normal(*shape: int, scale: float = 1.0) -> Callable[[np.random.Generator], Any]:
    return lambda rng: scale * rng.standard_normal(shape)


def _between(low: float, high: float, *shape: int) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.uniform(low, high, shape) if shape else float(rng.uniform(low, high))


_MAKE = np.random.default_rng(20)
_W = _MAKE.standard_normal((4, 3))
_Q = _MAKE.standard_normal((4, 4))
_B = _MAKE.standard_normal((3, 2))
_TIMES = np.linspace(0.0, 2.0, 6)
_KERNEL = np.array([0.5, -1.0, 0.25])
_LABELS = np.array([0, 2, 1])
_FEATURES = _MAKE.standard_normal((3, 2))
_SPLINE = CubicSpline(np.linspace(-3, 3, 13), np.sin(np.linspace(-3, 3, 13)))
_SPLINE_SLOPE = _SPLINE.derivative()
_MASSES = np.array([1.0, 0.5, 2.0])


def _softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _softmax_jac(x: Any) -> Any:
    p = _softmax(x)
    return np.diag(p) - np.outer(p, p)


def _unit_jac(x: Any) -> Any:
    r = np.sqrt(x @ x)
    return np.eye(len(x)) / r - np.outer(x, x) / r**3


def _cumprod_jac(x: Any) -> Any:
    n = len(x)
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            found[i, j] = np.prod(np.delete(x[: i + 1], j))
    return found


def _decay(p: Any) -> Any:
    return p[0] * np.exp(-p[1] * _TIMES) + p[2]


def _decay_jac(p: Any) -> Any:
    fall = np.exp(-p[1] * _TIMES)
    return np.stack([fall, -p[0] * _TIMES * fall, np.ones_like(_TIMES)], axis=1)


def _robertson(y: Any) -> Any:
    slow, fast, back = 0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]
    return np.array([back - slow, slow - back - fast, fast])


def _robertson_jac(y: Any) -> Any:
    a, b, c = 0.04, 1e4, 3e7
    return np.array(
        [[-a, b * y[2], b * y[1]], [a, -b * y[2] - 2 * c * y[1], -b * y[1]], [0.0, 2 * c * y[1], 0.0]]
    )


def _van_der_pol(y: Any) -> Any:
    return np.array([y[1], 1000.0 * (1 - y[0] ** 2) * y[1] - y[0]])


def _van_der_pol_jac(y: Any) -> Any:
    return np.array([[0.0, 1.0], [-2000.0 * y[0] * y[1] - 1, 1000.0 * (1 - y[0] ** 2)]])


def _quaternion(q: Any) -> Any:
    w, x, y, z = q
    return np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )


def _quaternion_jac(q: Any) -> Any:
    w, x, y, z = q
    d_w = [[w, -z, y], [z, w, -x], [-y, x, w]]
    d_x = [[x, y, z], [y, -x, -w], [z, w, -x]]
    d_y = [[-y, x, w], [x, y, z], [-w, z, -y]]
    d_z = [[-z, -w, x], [w, -z, y], [x, y, z]]
    return 2 * np.stack([d_w, d_x, d_y, d_z], axis=-1)


def _gravity(r: Any) -> Any:
    gap = r[:, None] - r[None]
    cubed = ((gap**2).sum(-1) + 0.01) ** 1.5
    return -(_MASSES[None, :, None] * gap / cubed[..., None]).sum(1)


def _gravity_jac(r: Any) -> Any:
    n = len(r)
    found = np.zeros((n, 3, n, 3))
    for i in range(n):
        for k in range(n):
            gap = r[i] - r[k]
            s = gap @ gap + 0.01
            pull = _MASSES[k] * (np.eye(3) / s**1.5 - 3 * np.outer(gap, gap) / s**2.5)
            found[i, :, i] -= pull
            found[i, :, k] += pull
    return found


def _power_spectrum_jac(x: Any) -> Any:
    wave = np.fft.fft(np.eye(len(x)), axis=0)
    return 2 * (np.conj(np.fft.fft(x))[:, None] * wave).real


def _inverse_jac(a: Any) -> Any:
    inverse = np.linalg.inv(a)
    return -np.einsum("ik,lj->ijkl", inverse, inverse)


def _expm_jac(a: Any) -> Any:
    n = len(a)
    found = np.empty((n, n, n, n))
    for i in range(n):
        for j in range(n):
            move = np.zeros((n, n))
            move[i, j] = 1.0
            found[:, :, i, j] = scipy.linalg.expm_frechet(a, move, compute_expm=False)
    return found


def _entropy(w: Any) -> Any:
    logits = _FEATURES @ w
    rows = np.arange(3)
    return np.mean(scipy.special.logsumexp(logits, axis=1) - logits[rows, _LABELS])


def _entropy_jac(w: Any) -> Any:
    return _FEATURES.T @ (_softmax(_FEATURES @ w) - np.eye(3)[_LABELS]) / 3


def _layer_norm(x: Any) -> Any:
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean() + 1e-5)


def _layer_norm_jac(x: Any) -> Any:
    n = len(x)
    centred = x - x.mean()
    spread = np.sqrt((centred**2).mean() + 1e-5)
    return (np.eye(n) - 1 / n) / spread - np.outer(centred, centred) / (n * spread**3)


def _cube_root(c: Any) -> Any:
    y = 1.0 + 0.0 * c
    for _ in range(60):
        y = y - (y**3 - c) / (3 * y**2)
    return y


def _runge_kutta(y: Any) -> Any:
    for _ in range(20):
        y = _runge_kutta_step(y)
    return y


def _runge_kutta_step(y: Any, h: float = 0.05) -> Any:
    k1 = _prey(y)
    k2 = _prey(y + h / 2 * k1)
    k3 = _prey(y + h / 2 * k2)
    k4 = _prey(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _prey(y: Any) -> Any:
    return np.array([y[0] * (1.1 - 0.4 * y[1]), y[1] * (0.1 * y[0] - 0.4)])


def _prey_jac(y: Any) -> Any:
    return np.array([[1.1 - 0.4 * y[1], -0.4 * y[0]], [0.1 * y[1], 0.1 * y[0] - 0.4]])


def _runge_kutta_jac(y: Any, h: float = 0.05) -> Any:
    total, eye = np.eye(2), np.eye(2)
    for _ in range(20):
        k1 = _prey(y)
        j1 = _prey_jac(y)
        k2, j2 = _prey(y + h / 2 * k1), _prey_jac(y + h / 2 * k1) @ (eye + h / 2 * j1)
        k3, j3 = _prey(y + h / 2 * k2), _prey_jac(y + h / 2 * k2) @ (eye + h / 2 * j2)
        k4, j4 = _prey(y + h * k3), _prey_jac(y + h * k3) @ (eye + h * j3)
        total = (eye + h / 6 * (j1 + 2 * j2 + 2 * j3 + j4)) @ total
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return total


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _cancelling_slope(x: Any) -> Any:
    s = _logistic(x)
    return np.diag(s * (1 - s))


def _convolution_jac(x: Any) -> Any:
    return np.stack([np.convolve(row, _KERNEL) for row in np.eye(len(x))], axis=1)


def _spd(rng: np.random.Generator) -> Any:
    a = rng.standard_normal((3, 3))
    return a @ a.T + 2 * np.eye(3)


def _well_conditioned(rng: np.random.Generator) -> Any:
    return rng.standard_normal((3, 3)) + 3 * np.eye(3)


def _near_equilibrium(rng: np.random.Generator) -> Any:
    return np.array([rng.uniform(0.5, 1), rng.uniform(1e-6, 4e-5), rng.uniform(0, 0.5)])


def _of_sizes(low: float, high: float, count: int) -> Callable[[np.random.Generator], Any]:
    """Draw numbers whose logarithm is uniform."""
    return lambda rng: 10.0 ** rng.uniform(np.log10(low), np.log10(high), count)


_SIZES = np.array([1e-9, 1.0, 1e9])

CONTROLS = (
    Control("sin", np.sin, lambda x: np.diag(np.cos(x)), _normal(5)),
    Control(
        "tanh(W x)", lambda x: np.tanh(_W @ x), lambda x: (1 - np.tanh(_W @ x) ** 2)[:, None] * _W, _normal(3)
    ),
    Control("softmax", _softmax, _softmax_jac, _normal(4)),
    Control("logsumexp", scipy.special.logsumexp, _softmax, _normal(5, scale=3.0)),
    Control("unit vector", lambda x: x / np.sqrt(x @ x), _unit_jac, _normal(3)),
    Control("cumulative product", np.cumprod, _cumprod_jac, _normal(5)),
    Control("quadratic form", lambda x: x @ _Q @ x, lambda x: (_Q + _Q.T) @ x, _normal(4)),
    Control("gradient of Rosenbrock", rosen_der, rosen_hess, _normal(4)),
    Control("residuals of a decay", _decay, _decay_jac, _between(0.5, 2.0, 3)),
    Control("Robertson kinetics", _robertson, _robertson_jac, _near_equilibrium),
    Control("van der Pol, mu 1000", _van_der_pol, _van_der_pol_jac, _between(-2.0, 2.0, 2)),
    Control("Lotka-Volterra, 20 steps", _runge_kutta, _runge_kutta_jac, _between(2.0, 9.0, 2)),
    Control("quaternion to matrix", _quaternion, _quaternion_jac, _normal(4)),
    Control("gravity", _gravity, _gravity_jac, _normal(3, 3)),
    Control("power spectrum", lambda x: np.abs(np.fft.fft(x)) ** 2, _power_spectrum_jac, _normal(6)),
    Control("convolution", lambda x: np.convolve(x, _KERNEL), _convolution_jac, _normal(5)),
    Control("layer norm", _layer_norm, _layer_norm_jac, _normal(5)),
    Control("cross entropy", _entropy, _entropy_jac, _normal(2, 3)),
    Control("inverse", np.linalg.inv, _inverse_jac, _well_conditioned),
    Control("A B", lambda a: a @ _B, lambda a: np.einsum("ik,lj->ijkl", np.eye(2), _B), _normal(2, 3)),
    Control("log det", lambda a: np.linalg.slogdet(a)[1], lambda a: np.linalg.inv(a).T, _spd),
    Control("determinant", np.linalg.det, lambda a: np.linalg.det(a) * np.linalg.inv(a).T, _well_conditioned),
    Control("matrix exponential", scipy.linalg.expm, _expm_jac, _normal(3, 3)),
    Control("Frobenius norm", np.linalg.norm, lambda a: a / np.linalg.norm(a), _normal(3, 2)),
    Control("exp", np.exp, np.exp, _between(-3.0, 3.0)),
    Control("log near 1e-7", np.log, lambda x: 1 / x, _between(5e-8, 2e-7)),
    Control("1/x near 3e-5", lambda x: 1 / x, lambda x: -1 / x**2, _between(2e-5, 4e-5)),
    Control("sqrt near 1e-8", np.sqrt, lambda x: 0.5 / np.sqrt(x), _between(5e-9, 2e-8)),
    Control("log gamma", scipy.special.gammaln, scipy.special.digamma, _between(0.2, 9.0)),
    Control("erf", scipy.special.erf, lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x), _between(-2.5, 2.5)),
    Control("J0", scipy.special.j0, lambda x: -scipy.special.j1(x), _between(0.5, 30.0)),
    Control("spline", _SPLINE, lambda x: np.diag(_SPLINE_SLOPE(x)), _between(-2.9, 2.9, 3)),
    Control(
        "cube root by Newton", _cube_root, lambda c: np.diag(np.cbrt(c) ** -2 / 3), _between(0.5, 20.0, 3)
    ),
    Control("logistic, slope s (1 - s)", _logistic, _cancelling_slope, _between(8.0, 20.0, 2)),
    Control("1 - cos", lambda x: 1 - np.cos(x), lambda x: np.diag(np.sin(x)), _of_sizes(1e-3, 1.0, 3)),
    Control("1e8 + sin", lambda x: 1e8 + np.sin(x), lambda x: np.diag(np.cos(x)), _between(-1.0, 1.0, 3)),
    Control("1e-150 exp", lambda x: 1e-150 * np.exp(x), lambda x: np.diag(1e-150 * np.exp(x)), _normal(3)),
    Control(
        "1e150 cos", lambda x: 1e150 * np.cos(x), lambda x: np.diag(-1e150 * np.sin(x)), _between(0.3, 2.5, 3)
    ),
    Control(
        "rows 1e-9 to 1e9",
        lambda x: _SIZES * np.exp(_W[:3] @ x),
        lambda x: (_SIZES * np.exp(_W[:3] @ x))[:, None] * _W[:3],
        _normal(3, scale=0.5),
    ),
    Control(
        "columns 1e-9 to 1e9",
        lambda x: np.sum(_SIZES * x**3),
        lambda x: 3 * _SIZES * x**2,
        _between(0.5, 2.0, 3),
    ),
    Control(
        "inputs 1e-12 to 1e8", lambda x: x * x + x, lambda x: np.diag(2 * x + 1), _of_sizes(1e-12, 1e8, 4)
    ),
    Control(
        "ratio of powers",
        lambda x: x[0] ** 0.3 * x[1] ** 0.7,
        lambda x: np.array([0.3 * (x[1] / x[0]) ** 0.7, 0.7 * (x[0] / x[1]) ** 0.3]),
        _of_sizes(1e-3, 1e3, 2),
    ),
)
