"""Operations with their points, and a reference that shares nothing with the package: central differences."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

import gradcheck.estimators.continuation.linalg
import gradcheck.estimators.continuation.reductions  # noqa: F401
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import lift
from gradcheck.estimators.continuation.trace import Trace

V = np.array([0.3, -0.8, 1.7])
P = np.array([0.3, 0.8, 1.7])
U = np.array([0.3, -0.6, 0.9])
C = np.array([1.3, 0.5, 2.2])
A = np.array([[2.0, 0.3, -0.7], [0.1, 1.5, 0.4], [-0.2, 0.6, 3.0]])
B = np.array([[1.0, 2.0], [3.0, 4.5], [5.0, -6.0]])


def moved(f, x, direction, trace=None):
    """Return value and derivative of ``f`` along ``direction``, by the continued array."""
    out = lift(f(Continuation.seed(x, direction, trace or Trace())), "test")
    if isinstance(out, Continuation):
        return out.primals[0], out.tangents[0]
    return np.asarray(out, dtype=float), np.zeros(np.shape(out))


def filled(x):
    y = np.empty_like(x)
    y[0] = x[0] * x[1]
    y[1:] = np.sin(x[1:])
    return y


def accumulated(x):
    y = np.zeros_like(x)
    for i in range(3):
        y[i] += x[i] ** 2 * x[i - 1]
    return y


def in_place(x):
    y = x.copy()
    y *= 2
    y[y > 0] **= 2
    y -= x
    return y


def viewed(x):
    y = x.copy()
    y.reshape(-1)[0] = x[1, 1] ** 2
    y.T[2] *= 3.0
    return y


def binary(ufunc):
    return {
        "first": (lambda x: ufunc(x, C), P),
        "second": (lambda x: ufunc(C, x), P),
        "both": (lambda x: ufunc(x, x[::-1] * 1.1), P),
        "broadcast": (lambda x: ufunc(x[:, None], x * 1.37), P),
    }


def along_rows(function):
    return lambda x: function(x, axis=1)


def doubled(function):
    return lambda x: function(x, x)


RIGHT = {
    **{
        name: (getattr(np, name), V)
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsinh")
    },
    **{
        name: (getattr(np, name), V)
        for name in ("exp", "exp2", "expm1", "cbrt", "square", "reciprocal", "fabs")
    },
    **{name: (getattr(np, name), V) for name in ("negative", "conjugate", "absolute", "deg2rad", "rad2deg")},
    **{name: (getattr(np, name), P) for name in ("log", "log2", "log10", "sqrt")},
    **{name: (getattr(np, name), U) for name in ("log1p", "arcsin", "arccos", "arctanh")},
    "arccosh": (np.arccosh, P + 1),
    **{
        f"{name}/{kind}": case
        for name in (
            "power",
            "hypot",
            "arctan2",
            "logaddexp",
            "logaddexp2",
            "maximum",
            "minimum",
            "fmax",
            "fmin",
        )
        for kind, case in binary(getattr(np, name)).items()
    },
    **{
        f"{name}/{kind}": case
        for name in ("add", "subtract", "multiply", "divide", "copysign", "remainder", "fmod", "float_power")
        for kind, case in binary(getattr(np, name)).items()
    },
    **{f"x**{e}": (lambda x, e=e: x**e, V) for e in (0, 1, 2, 3, 10, -1, -2, 3.0)},
    **{f"x**{e} positive": (lambda x, e=e: x**e, P) for e in (0.5, 2.5, -1.5)},
    "c**x": (lambda x: 2.5**x, V),
    "x**x": (lambda x: x**x, P),
    "negative base, array of whole exponents": (lambda x: x ** np.array([2.0, 3.0, -1.0]), V),
    **{
        name: (getattr(np, name), V)
        for name in ("sum", "mean", "prod", "std", "var", "cumsum", "cumprod", "ptp")
    },
    **{
        name: (getattr(np, name), V)
        for name in ("max", "min", "median", "sort", "diff", "trapezoid", "ravel")
    },
    **{
        f"{name}/axis": (along_rows(getattr(np, name)), A)
        for name in (
            "sum",
            "mean",
            "prod",
            "std",
            "var",
            "max",
            "min",
            "ptp",
            "median",
            "sort",
            "cumsum",
            "cumprod",
        )
    },
    "sum over a tuple, keepdims": (lambda x: np.sum(x, axis=(0, 1), keepdims=True), A),
    "std, ddof": (lambda x: x.std(axis=0, ddof=1), A),
    "product with a zero": (np.prod, np.array([0.0, 2.0, 3.0])),
    "dot": (lambda x: np.dot(x, A), V),
    "matmul transpose": (lambda x: x @ x.T, A),
    "X X^H": (lambda x: x @ x.conj().T, A),
    "constant @ x @ constant": (lambda x: B.T @ x @ B, A),
    "einsum": (lambda x: np.einsum("ij,jk,k->i", x, x, V), A),
    "tensordot": (lambda x: np.tensordot(x, A, axes=1), A),
    **{name: (doubled(getattr(np, name)), V) for name in ("outer", "inner", "vdot", "kron", "convolve")},
    "cross": (lambda x: np.cross(x, P), V),
    "concatenate": (lambda x: np.concatenate([x, 2 * x, [1.0]]), V),
    "stack": (lambda x: np.stack([x[0], x[1] * x[2]]), V),
    "hstack, vstack": (lambda x: np.vstack([np.hstack([x, x * x]), np.hstack([x, x])]), V),
    "where": (lambda x: np.where(x > 0, x * x, -x), V),
    "reshape, swapaxes, moveaxis": (
        lambda x: np.moveaxis(np.reshape(x, (3, 1, 3)).swapaxes(0, 2), 0, 1) * 2,
        A,
    ),
    "squeeze, expand_dims": (lambda x: np.squeeze(np.expand_dims(x, 0)) * x, V),
    "repeat, tile, roll, flip": (lambda x: np.repeat(np.tile(np.roll(np.flip(x), 1), 2), 2), V),
    "diag, diagonal, trace": (lambda x: np.diag(x) * x.diagonal() * np.trace(x), A),
    "triu, tril": (lambda x: np.triu(x) @ np.tril(x), A),
    **{f"norm {o}": (lambda x, o=o: np.linalg.norm(x, o), V) for o in (None, 2, 1, np.inf, -np.inf, 3)},
    **{f"matrix norm {o}": (lambda x, o=o: np.linalg.norm(x, o), A) for o in ("fro", 1, np.inf, -1)},
    "solve": (lambda x: np.linalg.solve(x, x @ B), A),
    "solve vector": (lambda x: np.linalg.solve(A, x), V),
    "inv": (np.linalg.inv, A),
    "det": (np.linalg.det, A),
    "det of a singular matrix": (np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], A),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), A),
    "clip": (lambda x: np.clip(x, -0.5, 1.0), V),
    "interp": (lambda x: np.interp(x, [-1.0, 0, 1, 2], [0.0, 1, 5, 2]), V),
    "polyval": (lambda x: np.polyval([1.0, 2, 3], x), V),
    "average": (lambda x: np.average(x, weights=[1, 2, 3]), V),
    "atleast_2d, copy, nan_to_num": (lambda x: np.nan_to_num(np.copy(np.atleast_2d(x))) @ A, V),
    "sinc": (np.sinc, np.array([0.0, 0.4])),
    "x - floor(x)": (lambda x: x - np.floor(x), V),
    "sign(x) * x": (lambda x: np.sign(x) * x, V),
    "real, imag, conj": (lambda x: x.real**2 + x.imag + np.real(x) * np.conj(x), V),
    "buffer filled": (filled, V),
    "buffer accumulated": (accumulated, V),
    "in place": (in_place, V),
    "through views": (viewed, A),
    "mask, fancy": (lambda x: np.concatenate([x[x > 0] ** 2, x[[0, 0, 1]]]), V),
    "fancy around a slice": (lambda x: x.reshape(3, 1, 3)[[0, 1], :, [2, 0]], A),
    "newaxis": (lambda x: x[:, None] * x[None, :], V),
    "asarray keeps the infinitesimal": (lambda x: np.asarray(x) ** 2 + np.abs(np.asarray(x)), V),
    "mean of asarray": (lambda x: np.asarray(x) * np.mean(np.asarray(x)), V),
    "mean method of asarray": (lambda x: np.asarray(x).mean() + np.asarray(x), V),
    "deviation of asarray": (lambda x: np.std(np.asarray(x)) * x, V),
    "median of asarray": (lambda x: np.median(np.asarray(x)) * x, V),
    "array of a list": (lambda x: np.array([[x[0], np.sin(x[1])], [0.0, 1.0]]) @ np.array([1.0, 2.0]), V),
    "list returned": (lambda x: [x[0] * 2, x[1]], V),
    "Python sum, max, abs": (lambda x: sum(e**2 for e in x) * max(x) * abs(x[1]), V),
    "NumPy scalars on the left": (lambda x: np.float64(2) * x + np.float32(3) * x - np.int64(2) / x, V),
    "argsort, argmax": (lambda x: x[np.argsort(x)] * x[np.argmax(x)], V),
    "0-d": (lambda x: np.exp(x) * x[()], np.array(0.3)),
    "empty": (np.sin, np.zeros((0, 3))),
    **{
        f"special.{name}": (getattr(sp, name), V)
        for name in ("erf", "erfc", "erfi", "expit", "log_expit", "ndtr")
    },
    **{f"special.{name}": (getattr(sp, name), P) for name in ("gammaln", "psi")},
    "special.logit": (sp.logit, U**2),
    "special.xlogy": (lambda x: sp.xlogy(x, x), P),
}
