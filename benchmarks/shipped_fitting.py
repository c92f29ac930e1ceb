"""Derivatives in pvlib, iminuit and uncertainties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = ["iminuit_pairs", "pvlib_pairs", "uncertainties_pairs"]

_REAL = np.array([0.4, -0.7, 1.3])
_POSITIVE = np.array([0.6, 2.5, 1.9])
_UNIT = np.array([0.3, -0.6, 0.8])


def pvlib_pairs() -> Iterator[Pair]:
    from pvlib.singlediode import bishop88

    module = {
        "photocurrent": 7.0,
        "saturation_current": 2e-9,
        "resistance_series": 0.3,
        "resistance_shunt": 400.0,
        "nNsVth": 1.6,
    }
    thin = {**module, "d2mutau": 1.4, "NsVbi": 40.0}
    broken = {**module, "breakdown_factor": 0.02, "breakdown_voltage": -15.0, "breakdown_exp": 3.28}
    at = np.array([3.0, 25.0, 31.0])
    for name, numbers, where in (
        ("crystalline", module, at),
        ("thin film", thin, at),
        ("breakdown", broken, at - 20),
    ):
        parts = lambda v, k=numbers: bishop88(v, **k, gradients=True)  # noqa: E731
        yield (
            f"bishop88 {name} dI/dVd",
            lambda v, p=parts: p(v)[0],
            diagonal(lambda v, p=parts: p(v)[3]),
            where,
        )
        yield (
            f"bishop88 {name} dV/dVd",
            lambda v, p=parts: p(v)[1],
            diagonal(lambda v, p=parts: 1 - p(v)[3] * 0.3),
            where,
        )
        yield (
            f"bishop88 {name} dP/dVd",
            lambda v, p=parts: p(v)[2],
            diagonal(lambda v, p=parts: p(v)[6] * (1 - p(v)[3] * 0.3)),
            where,
        )


def iminuit_pairs() -> Iterator[Pair]:
    from iminuit import cost

    x = np.array([0.2, 0.9, 1.7, 2.6])
    y, sigma = np.array([1.1, 0.8, 0.5, 0.1]), np.array([0.1, 0.2, 0.15, 0.3])

    def model(x: Any, a: Any, b: Any) -> Any:
        return a * np.exp(-b * x)

    def model_grad(x: Any, a: Any, b: Any) -> Any:
        return np.array([np.exp(-b * x), -a * x * np.exp(-b * x)])

    def pdf(x: Any, b: Any) -> Any:
        return b * np.exp(-b * x)

    def pdf_grad(x: Any, b: Any) -> Any:
        return ((1 - b * x) * np.exp(-b * x))[None, :]

    def cdf(x: Any, b: Any) -> Any:
        return 1 - np.exp(-b * x)

    def cdf_grad(x: Any, b: Any) -> Any:
        return (x * np.exp(-b * x))[None, :]

    edges, counts = np.array([0.0, 0.5, 1.0, 2.0]), np.array([12.0, 7.0, 4.0])
    one, two = np.array([0.8]), np.array([1.2, 0.8])
    for name, f, at in (
        ("LeastSquares", cost.LeastSquares(x, y, sigma, model, grad=model_grad), two),
        ("LeastSquares soft_l1", cost.LeastSquares(x, y, sigma, model, loss="soft_l1", grad=model_grad), two),
        ("UnbinnedNLL", cost.UnbinnedNLL(x, pdf, grad=pdf_grad), one),
        (
            "ExtendedUnbinnedNLL",
            cost.ExtendedUnbinnedNLL(
                x,
                lambda x, a, b: (a, a * pdf(x, b)),
                grad=lambda x, a, b: (np.array([1.0, 0.0]), np.array([pdf(x, b), a * pdf_grad(x, b)[0]])),
            ),
            two,
        ),
        ("BinnedNLL", cost.BinnedNLL(counts, edges, cdf, grad=cdf_grad), one),
        (
            "ExtendedBinnedNLL",
            cost.ExtendedBinnedNLL(
                counts,
                edges,
                lambda x, a, b: a * cdf(x, b),
                grad=lambda x, a, b: np.array([cdf(x, b), a * cdf_grad(x, b)[0]]),
            ),
            np.array([25.0, 0.8]),
        ),
        ("NormalConstraint", cost.NormalConstraint(["a", "b"], [1, 0.5], [[0.4, 0.1], [0.1, 0.3]]), two),
    ):
        yield name, lambda p, f=f: float(f(*p)), lambda p, f=f: np.asarray(f.grad(*p)), at
    combined = cost.UnbinnedNLL(x, pdf, grad=pdf_grad) + cost.NormalConstraint("b", 0.5, 0.2)
    yield "CostSum", lambda p: float(combined(*p)), lambda p: np.asarray(combined.grad(*p)), one


def uncertainties_pairs() -> Iterator[Pair]:
    from uncertainties import ufloat, umath

    def slope(f: Any) -> Any:
        def one(x: float) -> float:
            variable = ufloat(float(x), 1.0)
            return f(variable).derivatives[variable]

        return diagonal(np.vectorize(one))

    for names, at in (
        ("sin cos tan sinh cosh tanh asinh atan exp expm1 erf erfc degrees radians", _REAL),
        ("log log10 log1p sqrt gamma lgamma", _POSITIVE),
        ("asin acos atanh", _UNIT),
        ("acosh", _POSITIVE + 1.0),
    ):
        for name in names.split():
            f = getattr(umath, name)
            yield name, np.vectorize(lambda x, f=f: float(f(x))), slope(f), at
    for name, f in (
        ("x ** 2.3", lambda x: x**2.3),
        ("1.7 ** x", lambda x: 1.7**x),
        ("x ** x", lambda x: x**x),
        ("x % 0.7", lambda x: x % 0.7),
        ("4.1 % x", lambda x: 4.1 % x),
        ("hypot", lambda x: umath.hypot(x, 1.3)),
        ("atan2", lambda x: umath.atan2(1.3, x)),
        ("log base x", lambda x: umath.log(3.7, x)),
        ("abs", abs),
        ("fmod", lambda x: umath.fmod(x, 0.7)),
    ):
        yield name, np.vectorize(lambda x, f=f: float(f(x))), slope(f), _POSITIVE
