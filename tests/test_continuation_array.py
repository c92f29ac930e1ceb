"""The continued array looks like a float array, leaks nothing, and notes ties and noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from continuation_cases import RIGHT, A, P, V, moved

import gradcheck.estimators.continuation.linalg
import gradcheck.estimators.continuation.reductions  # noqa: F401
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.trace import Trace, user_place

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
