"""The continued array: every operation is right or refused by name, and nothing leaks.

"Right" is decided here by a reference of its own: an extrapolated central
difference, written below, that shares nothing with the package.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import scipy.special as sp

import gradcheck.estimators.continuation_linalg
import gradcheck.estimators.continuation_reductions  # noqa: F401
from gradcheck.errors import RefusedOperation
from gradcheck.estimators.continuation import Continuation
from gradcheck.estimators.continuation_dispatch import lift
from gradcheck.estimators.continuation_trace import Trace, user_place

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


def reference(f, x, direction):
    """Return the derivative along ``direction`` by three extrapolated central differences."""
    rows = [
        (np.asarray(f(x + h * direction), float) - np.asarray(f(x - h * direction), float)) / (2 * h)
        for h in (2.0**-9, 2.0**-10, 2.0**-11)
    ]
    once = [(4 * rows[1] - rows[0]) / 3, (4 * rows[2] - rows[1]) / 3]
    return (16 * once[1] - once[0]) / 15


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


@pytest.mark.parametrize("name", RIGHT)
def test_value_is_the_functions_own_and_tangent_is_the_derivative(name):
    f, x = RIGHT[name]
    direction = np.random.default_rng(5).uniform(0.5, 1.0, x.shape)
    trace = Trace()
    with np.errstate(all="ignore"):
        value, tangent = moved(f, x, direction, trace)
        expected = np.asarray(f(x), dtype=float)
        slope = reference(f, x, direction)
    assert value.shape == expected.shape
    np.testing.assert_allclose(value, expected, rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(tangent, slope, rtol=2e-8, atol=2e-9)
    assert trace.ties == []


def test_the_reference_can_tell_a_wrong_derivative():
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(2.0 * np.cos(V), reference(np.sin, V, np.ones(3)), rtol=2e-8)


def wrote_into_zeros(x):
    y = np.zeros(3)
    y[0] = x[0]
    return y


def wrote_slice(x):
    y = np.zeros(3)
    y[:] = x
    return y


REFUSED = {
    "float()": (lambda x: float(x[0]) * x, V),
    "float() by math.sin": (lambda x: math.sin(x[0]) * x, V),
    "int()": (lambda x: int(x[0]), V),
    "complex()": (lambda x: complex(x[0]), V),
    "item": (lambda x: x[0].item(), V),
    "tolist": (lambda x: x.tolist(), V),
    "array(dtype=float64)": (lambda x: np.asarray(x, float), V),
    "astype": (lambda x: x.astype(np.float32), V),
    "add(out=)": (lambda x: np.add(x, x, out=np.zeros(3)), V),
    "numpy.sum(out=)": (lambda x: np.sum(x, out=np.zeros(())), V),
    "multiply": (lambda x: 1j * x, V),
    "index": (lambda x: x[x], V),
    "an index": (lambda x: [1, 2, 3][x[0]], V),
    "view": (lambda x: x.view(np.complex128), V),
    "numpy.linalg.svd": (lambda x: np.linalg.svd(x), A),
    "numpy.linalg.eigvalsh": (lambda x: np.linalg.eigvalsh(x), A),
    "numpy.linalg.eigh": (lambda x: np.linalg.eigh(x), A),
    "numpy.linalg.eigvals": (lambda x: np.linalg.eigvals(x), A),
    "numpy.linalg.cholesky": (lambda x: np.linalg.cholesky(x @ x.T), A),
    "numpy.linalg.pinv": (lambda x: np.linalg.pinv(x), A),
    "numpy.linalg.qr": (lambda x: np.linalg.qr(x), A),
    "numpy.linalg.lstsq": (lambda x: np.linalg.lstsq(x, V), A),
    "numpy.linalg.norm": (lambda x: np.linalg.norm(x, 2), A),
    "numpy.linspace": (lambda x: np.linspace(x[0], x[1], 5), V),
    "numpy.copyto": (lambda x: np.copyto(np.zeros(3), x), V),
    "numpy.fft.fft": (lambda x: np.fft.fft(x), V),
    "add.at": (lambda x: np.add.at(np.zeros(3), [0], x), V),
    "add": (lambda x: np.add(x, x, where=np.array([True, False, True])), V),
    "sum": (lambda x: x.sum(dtype=np.float32), V),
    "j0": (lambda x: sp.j0(x), V),
    "gammaln": (lambda x: sp.gammaln(x), -P),
    "nextafter": (lambda x: np.nextafter(x, 1.0), V),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_names_the_operation_and_the_line(name):
    f, x = REFUSED[name]
    line = f.__code__.co_firstlineno
    with pytest.raises(RefusedOperation) as caught:
        moved(f, x, np.ones(x.shape))
    assert name.split(" ")[-1 if name.startswith("an ") else 0] in str(caught.value)
    assert f"{Path(__file__).name}:{line}" in str(caught.value)


@pytest.mark.parametrize("f", [wrote_into_zeros, wrote_slice])
def test_a_float_buffer_is_refused(f):
    with pytest.raises((RefusedOperation, ValueError)) as caught:
        moved(f, V, np.ones(3))
    chain = (caught.value, caught.value.__cause__, caught.value.__context__)
    assert any(
        isinstance(each, RefusedOperation) and f"{Path(__file__).name}:" in str(each) for each in chain
    )


@pytest.mark.parametrize(
    "f",
    [lambda x: scipy.linalg.expm(x), lambda x: scipy.linalg.solve(x, V), lambda x: sp.erf(np.asarray(x))],
    ids=["expm", "solve", "erf of objects"],
)
def test_scipy_beyond_its_ufuncs_is_never_plain(f):
    with pytest.raises((RefusedOperation, TypeError, ValueError)):
        moved(f, A, np.ones(A.shape))


TIES = {
    "abs at 0": (np.abs, [0.0, 1.0]),
    "maximum": (lambda x: np.maximum(x[0], x[1]), [1.0, 1.0]),
    "maximum with a constant": (lambda x: np.maximum(x, 0.0), [0.0, 1.0]),
    "max": (np.max, [1.0, 1.0, 0.5]),
    "sort": (np.sort, [1.0, 1.0]),
    "argmax": (lambda x: np.arange(2.0)[np.argmax(x)], [1.0, 1.0]),
    "sqrt": (np.sqrt, [0.0, 1.0]),
    "sqrt of a square": (lambda x: np.sqrt(x * x), [0.0]),
    "norm at 0": (np.linalg.norm, [0.0, 0.0]),
    "std of equal numbers": (np.std, [1.0, 1.0, 1.0]),
    "hypot": (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0]),
    "cbrt": (np.cbrt, [0.0]),
    "power": (lambda x: x**1.5, [0.0]),
    "arcsin": (np.arcsin, [1.0]),
    "comparison": (lambda x: x if x[0] > 0.3 else 2 * x, [0.3]),
    "comparison that does not move": (lambda x: np.where(x * x > 0, x, 2 * x), [0.0]),
    "truth": (lambda x: x * 2 if x[0] else x, [0.0]),
    "clip": (lambda x: np.clip(x, 0.3, 1.0), [0.3]),
    "floor": (np.floor, [2.0]),
    "rint": (np.rint, [2.5]),
    "sign": (np.sign, [0.0]),
    "remainder": (lambda x: x % 1.0, [2.0]),
    "interp at a node": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 5.0]), [1.0]),
    "arctan2 on its cut": (lambda x: np.arctan2(x, -1.0), [0.0]),
    "rounding decides": (lambda x: np.maximum((x + 1e8 - 1e8) - x, 0.0), list(np.linspace(0.1, 0.9, 9))),
}


@pytest.mark.parametrize("name", TIES)
def test_a_tie_is_noted_with_its_line(name):
    f, x = TIES[name]
    trace = Trace()
    with np.errstate(all="ignore"):
        for direction in np.eye(len(x)):
            moved(f, np.array(x), direction, trace)
    assert trace.ties
    assert "unknown line" not in trace.ties[0]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.abs, [1e-300]),
        (lambda x: np.maximum(x[0], x[1]), [1.0, 1.0 + 2**-52]),
        (lambda x: np.maximum(x, x), [1.0]),
        (lambda x: np.max(x * x), [0.0, 0.0]),
        (np.sqrt, [1e-300]),
        (lambda x: x if x[0] > 0.3 else 2 * x, [0.3000000000000001]),
        (np.floor, [2.0000000000000004]),
    ],
    ids=["abs", "maximum", "same twice", "max of squares", "sqrt", "comparison", "floor"],
)
def test_one_ulp_away_is_no_tie(f, x):
    trace = Trace()
    for direction in np.eye(len(x)):
        moved(f, np.array(x), direction, trace)
    assert trace.ties == []


def test_the_real_domain_decides():
    with np.errstate(all="ignore"):
        for f, x in ((np.log, -1.0), (np.sqrt, -1.0), (np.arcsin, 1.5), (np.arccosh, 0.5), (np.log1p, -2.0)):
            value, tangent = moved(f, np.array([x]), np.ones(1))
            assert np.isnan(value[0])
            assert np.isnan(tangent[0])
        value, tangent = moved(lambda x: x**0.5, np.array([-1.0]), np.ones(1))
    assert np.isnan(value[0])
    assert np.isnan(tangent[0])
    assert np.log(complex(-1.0, 1e-30)).imag > 3.0  # what a plain complex step would take for a slope


@pytest.mark.parametrize("exponent", [-150, -100, 0, 100, 150])
def test_nothing_over_or_underflows(exponent):
    x = np.array([10.0**exponent])
    for f, slope in (
        (lambda z: z * z, 2 * x),
        (lambda z: 1 / z, -1 / x / x),
        (np.log, 1 / x),
        (np.sqrt, 0.5 / np.sqrt(x)),
    ):
        np.testing.assert_allclose(moved(f, x, np.ones(1))[1], slope, rtol=1e-15)


def test_results_of_tests_and_searches_are_plain():
    x = Continuation.seed(V, np.ones(3), Trace())
    for plain in (
        x > 0.0,
        np.isnan(x),
        np.argmax(x),
        np.argsort(x),
        np.floor(x),
        np.sign(x),
        np.isclose(x, 0.3),
        x.imag,
    ):
        assert not isinstance(plain, Continuation)
        assert np.asarray(plain).dtype.kind in "bif"
    assert np.any(x > 1.0)
    assert isinstance(np.allclose(x, V), bool)


def test_it_looks_like_a_float_array():
    x = Continuation.seed(A, np.ones((3, 3)), Trace())
    assert (x.shape, x.ndim, x.size, x.dtype, len(x), x.nbytes) == ((3, 3), 2, 9, np.float64, 3, 72)
    assert x.__array_namespace__() is np
    assert x[0].shape == (3,)
    assert isinstance(x[0, 0], Continuation)
    assert x[0, 0].shape == ()
    assert [row.shape for row in x] == [(3,)] * 3
    assert np.result_type(x, 1.0) == np.float64
    assert "Continuation" in f"{x} {x!r}"
    with pytest.raises(TypeError):
        hash(x)
    with pytest.raises(TypeError):
        len(x[0, 0])


def test_no_plain_complex_array_escapes():
    x = Continuation.seed(P / 2, np.ones(3), Trace())
    for f, _ in RIGHT.values():
        try:
            out = f(x)
        except Exception:  # a shape that does not fit is no leak
            continue
        for each in out if isinstance(out, (list, tuple)) else [out]:
            assert isinstance(each, Continuation) or np.asarray(each).dtype.kind in "bifO"


def test_noise_leaves_the_first_copy_alone_and_zero_tangents_at_zero():
    x = Continuation.seed(V, np.array([1.0, 0.0, 0.0]), Trace())
    y = np.tanh(A @ np.exp(x) * x)
    np.testing.assert_array_equal(y.primals[0], np.tanh(A @ np.exp(V) * V))
    z = np.sin(x) * x
    assert np.all(z.tangents[:, 1:] == 0.0)
    assert np.ptp(z.tangents[:, 0]) > 0.0
    assert np.ptp(z.tangents[:, 0]) < 1e-14


def test_noise_shows_a_cancellation():
    x = Continuation.seed(np.array([1e-7]), np.ones(1), Trace())
    good, bad = np.sin(x) ** 2 / 2, 1.0 - np.cos(x)
    assert np.ptp(good.primals) / good.primals[0] < 1e-14
    assert np.ptp(bad.primals) / 5e-15 > 1e-3


def test_user_place_is_this_file(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)
    assert user_place().startswith(f"tests/{Path(__file__).name}:")


def test_a_place_is_named_the_same_on_every_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert not user_place().startswith("/")
    # Neither below the package nor in the working folder: the name of the file is all that is told.
    code = compile("def f(place):\n    return place()", str(tmp_path.parent / "far.py"), "exec")
    exec(code, found := {})
    assert found["f"](user_place) == "far.py:2"
