"""Derivatives in SciPy: special functions, distributions, splines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = ["scipy_pairs"]

_POSITIVE = np.array([0.6, 2.5, 9.0])


def scipy_pairs() -> Iterator[Pair]:
    from scipy import interpolate, optimize, special, stats

    yield "rosen", optimize.rosen, optimize.rosen_der, np.array([0.3, -1.1, 0.8])
    yield "rosen_der", optimize.rosen_der, optimize.rosen_hess, np.array([0.3, -1.1, 0.8])
    for name, f, slope in (
        ("gammaln", special.gammaln, special.digamma),
        ("digamma", special.digamma, lambda x: special.polygamma(1, x)),
        ("polygamma 1", lambda x: special.polygamma(1, x), lambda x: special.polygamma(2, x)),
        ("jv 2.5", lambda x: special.jv(2.5, x), lambda x: special.jvp(2.5, x)),
        ("yv 1.5", lambda x: special.yv(1.5, x), lambda x: special.yvp(1.5, x)),
        ("kv 0.7", lambda x: special.kv(0.7, x), lambda x: special.kvp(0.7, x)),
        ("iv 1.2", lambda x: special.iv(1.2, x), lambda x: special.ivp(1.2, x)),
        ("j1 twice", lambda x: special.jvp(1, x), lambda x: special.jvp(1, x, 2)),
        ("spherical_jn", lambda x: special.spherical_jn(2, x), lambda x: special.spherical_jn(2, x, True)),
        ("spherical_yn", lambda x: special.spherical_yn(2, x), lambda x: special.spherical_yn(2, x, True)),
        ("spherical_in", lambda x: special.spherical_in(2, x), lambda x: special.spherical_in(2, x, True)),
        ("spherical_kn", lambda x: special.spherical_kn(2, x), lambda x: special.spherical_kn(2, x, True)),
        ("airy Ai", lambda x: special.airy(x)[0], lambda x: special.airy(x)[1]),
        ("airy Bi", lambda x: special.airy(x)[2], lambda x: special.airy(x)[3]),
        ("itairy Ai", lambda x: special.itairy(x)[0], lambda x: special.airy(x)[0]),
        ("iti0k0 I", lambda x: special.iti0k0(x)[0], special.i0),
        ("itj0y0 J", lambda x: special.itj0y0(x)[0], special.j0),
        ("kelvin ber", special.ber, special.berp),
        ("kelvin bei", special.bei, special.beip),
        ("kelvin ker", special.ker, special.kerp),
        ("kelvin kei", special.kei, special.keip),
        ("pbdv", lambda x: special.pbdv(1.3, x)[0], lambda x: special.pbdv(1.3, x)[1]),
        ("pbvv", lambda x: special.pbvv(1.3, x)[0], lambda x: special.pbvv(1.3, x)[1]),
        ("pbwa", lambda x: special.pbwa(1.0, x)[0], lambda x: special.pbwa(1.0, x)[1]),
        ("sici Si", lambda x: special.sici(x)[0], lambda x: np.sin(x) / x),
        (
            "mathieu_cem",
            lambda x: special.mathieu_cem(2, 1.5, 20 * x)[0],
            lambda x: np.deg2rad(20) * special.mathieu_cem(2, 1.5, 20 * x)[1],
        ),
        ("expit", special.expit, lambda x: special.expit(x) * special.expit(-x)),
        ("ndtr", special.ndtr, stats.norm.pdf),
        ("entr", special.entr, lambda x: -np.log(x) - 1),
    ):
        yield name, f, diagonal(slope), _POSITIVE
    yield from _distributions(stats)
    knots = np.linspace(-3, 3, 9)
    for kind in (interpolate.CubicSpline, interpolate.PchipInterpolator, interpolate.Akima1DInterpolator):
        curve = kind(knots, np.cos(knots) * knots)
        yield kind.__name__, curve, diagonal(curve.derivative()), np.array([-1.3, 0.4, 2.2])
    spline = interpolate.make_interp_spline(knots, np.sin(knots), 5)
    yield "BSpline 5", spline, diagonal(spline.derivative()), np.array([-1.3, 0.4, 2.2])
    yield (
        "BSpline 5, second",
        spline.derivative(),
        diagonal(spline.derivative(2)),
        np.array([-1.3, 0.4, 2.2]),
    )
    surface = interpolate.RectBivariateSpline(knots, knots, np.sin(knots[:, None] + knots**2))
    yield (
        "RectBivariateSpline",
        lambda p: surface.ev(p[0], p[1]),
        lambda p: np.array([surface.ev(p[0], p[1], dx=1), surface.ev(p[0], p[1], dy=1)]),
        np.array([0.4, -1.1]),
    )
    smooth = interpolate.UnivariateSpline(knots, np.exp(-(knots**2)), s=0.01)
    yield "UnivariateSpline", smooth, diagonal(smooth.derivative()), np.array([-1.3, 0.4, 2.2])
    barycentric = interpolate.KroghInterpolator(knots, np.tanh(knots))
    yield "KroghInterpolator", barycentric, diagonal(barycentric.derivative), np.array([-1.3, 0.4, 2.2])


def _distributions(stats: Any) -> Iterator[Pair]:
    everywhere = np.array([-1.4, 0.3, 1.9])
    for name in ("norm", "cauchy", "logistic", "laplace", "gumbel_r", "gumbel_l", "hypsecant", "moyal"):
        law = getattr(stats, name)
        yield f"{name} cdf", law.cdf, diagonal(law.pdf), everywhere
    for law in (
        stats.t(3.3),
        stats.skewnorm(1.7),
        stats.genlogistic(2.2),
        stats.johnsonsu(0.5, 1.4),
        stats.exponnorm(1.5),
        stats.tukeylambda(0.2),
    ):
        yield f"{law.dist.name} cdf", law.cdf, diagonal(law.pdf), everywhere
    for law in (
        stats.gamma(2.3),
        stats.chi2(3.0),
        stats.expon(),
        stats.weibull_min(1.6),
        stats.lognorm(0.7),
        stats.invgamma(2.5),
        stats.rayleigh(),
        stats.maxwell(),
        stats.f(4, 7),
        stats.lomax(2.0),
        stats.fisk(3.0),
        stats.burr12(2.0, 1.5),
        stats.invgauss(0.8),
        stats.nakagami(1.4),
        stats.halfnorm(),
        stats.levy(),
        stats.gengamma(1.3, 0.8),
        stats.rice(0.9),
        stats.ncx2(3, 1.2),
    ):
        yield f"{law.dist.name} cdf", law.cdf, diagonal(law.pdf), _POSITIVE
    for law in (
        stats.beta(2.2, 0.8),
        stats.kumaraswamy(1, 1) if hasattr(stats, "kumaraswamy") else stats.arcsine(),
        stats.triang(0.4),
        stats.powerlaw(1.7),
        stats.trapezoid(0.2, 0.6),
    ):
        yield f"{law.dist.name} cdf", law.cdf, diagonal(law.pdf), np.array([0.13, 0.5, 0.87])
