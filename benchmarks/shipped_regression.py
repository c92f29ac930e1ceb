"""Derivatives in ngboost, glum, pyGAM, properscoring, autograd-gamma and lifelines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = [
    "autograd_gamma_pairs",
    "glum_pairs",
    "lifelines_pairs",
    "ngboost_pairs",
    "properscoring_pairs",
    "pygam_pairs",
]

_MU = np.array([0.3, 0.8, 0.45])
_ETA = np.array([0.4, -0.7, 1.3])
_POSITIVE = np.array([0.6, 2.5, 9.0])


def ngboost_pairs() -> Iterator[Pair]:
    from ngboost import distns

    real, positive, counts = np.array([0.4]), np.array([1.7]), np.array([3])
    one, two, three = np.array([0.3]), np.array([0.3, -0.4]), np.array([0.3, -0.4, 1.1])
    for name, law, y, at in (
        ("Normal", distns.Normal, real, two),
        ("NormalFixedVar", distns.NormalFixedVar, real, one),
        ("NormalFixedMean", distns.NormalFixedMean, real, one),
        ("Laplace", distns.Laplace, real, two),
        ("Cauchy", distns.Cauchy, real, two),
        ("T", distns.T, real, three),
        ("TFixedDf", distns.TFixedDf, real, two),
        ("TFixedDfFixedVar", distns.TFixedDfFixedVar, real, one),
        ("HalfNormal", distns.HalfNormal, positive, one),
        ("Weibull", distns.Weibull, positive, two),
        ("Gamma", distns.Gamma, positive, two),
        ("Poisson", distns.Poisson, counts, one),
        ("Beta", distns.Beta, np.array([0.3]), two),
        ("LogitNormal", distns.LogitNormal, np.array([0.3]), two),
        ("BetaBinomial", distns.BetaBinomial, np.array([1]), two),
        ("Bernoulli", distns.Bernoulli, np.array([1]), one),
        ("Categorical 4", distns.k_categorical(4), np.array([2]), three),
        (
            "MultivariateNormal",
            distns.MultivariateNormal(2),
            np.array([[0.4, -0.3]]),
            np.arange(1.0, 6.0) / 7,
        ),
    ):
        for score in law.scores:
            yield from _score(f"{name} {score.__name__}", score, law, y, at)
    for name, law, at in (("Exponential", distns.Exponential, one), ("LogNormal", distns.LogNormal, two)):
        for event in (True, False):
            y = np.array([(event, 1.7)], dtype=[("Event", bool), ("Time", float)])
            for score in law.censored_scores:
                which = "event" if event else "censored"
                yield from _score(f"{name} {score.__name__}, {which}", score, law, y, at)


def _score(name: str, score: Any, law: Any, y: Any, at: Any) -> Iterator[Pair]:
    class Scored(law, score):  # type: ignore[misc]
        pass

    def value(p: Any) -> float:
        return float(np.ravel(Scored(np.array(p)[:, None]).score(y))[0])

    def slope(p: Any) -> Any:
        return np.ravel(Scored(np.array(p)[:, None]).d_score(y))

    try:
        slope(at)
    except (TypeError, ValueError):
        return
    yield name, value, slope, at


def glum_pairs() -> Iterator[Pair]:
    import glum
    from glum import _link as links

    chosen = (
        ("identity", links.IdentityLink(), _POSITIVE, _ETA),
        ("log", links.LogLink(), _POSITIVE, _ETA),
        ("logit", links.LogitLink(), _MU, _ETA),
        ("cloglog", links.CloglogLink(), _MU, _ETA),
        ("Tweedie 1.5", links.TweedieLink(1.5), _POSITIVE, _POSITIVE),
        ("Tweedie 2", links.TweedieLink(2.0), _POSITIVE, _POSITIVE),
        ("Tweedie 3", links.TweedieLink(3.0), _POSITIVE, _POSITIVE),
        ("Tweedie -1", links.TweedieLink(-1.0), _POSITIVE, _POSITIVE),
    )
    for name, link, mu, eta in chosen:
        yield f"link {name}", link.link, diagonal(link.derivative), mu
        yield f"link {name} inverse", link.inverse, diagonal(link.inverse_derivative), eta
        yield (
            f"link {name} inverse_derivative",
            link.inverse_derivative,
            diagonal(link.inverse_derivative2),
            eta,
        )
    y = np.array([0.7, 2.0, 5.0])
    for name, law, target, mu in (
        ("normal", glum.NormalDistribution(), y, _POSITIVE),
        ("Poisson", glum.PoissonDistribution(), y, _POSITIVE),
        ("gamma", glum.GammaDistribution(), y, _POSITIVE),
        ("inverse Gaussian", glum.InverseGaussianDistribution(), y, _POSITIVE),
        ("Tweedie 1.5", glum.TweedieDistribution(1.5), y, _POSITIVE),
        ("Tweedie 2.7", glum.TweedieDistribution(2.7), y, _POSITIVE),
        ("hyperbolic secant", glum.GeneralizedHyperbolicSecant(), y, _POSITIVE),
        ("binomial", glum.BinomialDistribution(), np.array([0.0, 1.0, 0.4]), _MU),
        ("negative binomial", glum.NegativeBinomialDistribution(0.7), y, _POSITIVE),
    ):
        yield (
            f"{name} unit_deviance",
            lambda m, law=law, t=target: law.unit_deviance(t, m),
            diagonal(lambda m, law=law, t=target: law.unit_deviance_derivative(t, m)),
            mu,
        )
        yield (
            f"{name} unit_variance",
            lambda m, law=law: law.unit_variance(m) + 0.0 * m,
            diagonal(lambda m, law=law: law.unit_variance_derivative(m) + 0.0 * m),
            mu,
        )


def pygam_pairs() -> Iterator[Pair]:
    from pygam import distributions, links

    binomial, normal = distributions.BinomialDist(levels=4), distributions.NormalDist()
    for name, one, law, mu in (
        ("identity", links.IdentityLink(), normal, _POSITIVE),
        ("logit", links.LogitLink(), binomial, np.array([0.5, 1.7, 3.1])),
        ("log", links.LogLink(), normal, _POSITIVE),
        ("inverse", links.InverseLink(), normal, _POSITIVE),
        ("inverse squared", links.InvSquaredLink(), normal, _POSITIVE),
    ):
        yield (
            f"link {name}",
            lambda m, o=one, d=law: o.link(m, d),
            diagonal(lambda m, o=one, d=law: o.gradient(m, d)),
            mu,
        )


def properscoring_pairs() -> Iterator[Pair]:
    import properscoring

    for where, at in (("", [0.3, 0.8]), (" in the tail", [9.0, 0.8]), (" at the mean", [0.5, 0.8])):
        yield (
            f"crps_gaussian{where}",
            lambda p: properscoring.crps_gaussian(0.5, p[0], p[1]),
            lambda p: properscoring.crps_gaussian(0.5, p[0], p[1], grad=True)[1],
            np.array(at),
        )


def autograd_gamma_pairs() -> Iterator[Pair]:
    import autograd
    import autograd_gamma

    for name in ("gammainc", "gammaincc", "gammaincln", "gammainccln"):
        f = getattr(autograd_gamma, name)
        for at in ([1.7, 2.3], [0.4, 0.05], [12.0, 9.0]):
            yield (
                f"{name} at {at}",
                lambda p, f=f: f(p[0], p[1]),
                autograd.grad(lambda p, f=f: f(p[0], p[1])),
                np.array(at),
            )
    for name in ("betainc", "betaincln"):
        f = getattr(autograd_gamma, name)
        for at in ([1.7, 2.3, 0.4], [0.4, 5.0, 0.05]):
            yield (
                f"{name} at {at}",
                lambda p, f=f: f(p[0], p[1], p[2]),
                autograd.grad(lambda p, f=f: f(p[0], p[1], p[2])),
                np.array(at),
            )


def lifelines_pairs() -> Iterator[Pair]:
    import pandas as pd
    from lifelines.fitters.coxph_fitter import SemiParametricPHFitter

    rng = np.random.default_rng(3)
    x = pd.DataFrame(rng.normal(size=(12, 2)), columns=["a", "b"])
    events = pd.Series(rng.random(12) < 0.7)
    weights = pd.Series(np.ones(12))
    fitter, at = SemiParametricPHFitter(), np.array([0.4, -0.3])
    for name, times in (("no ties", np.arange(12.0)), ("ties", np.arange(12.0) // 3)):
        durations = pd.Series(times)
        for method in ("_get_efron_values_single", "_get_efron_values_batch"):
            call = getattr(fitter, method)

            def parts(beta: Any, call: Any = call, durations: Any = durations) -> Any:
                return call(x, durations, events, weights, None, beta)

            yield (
                f"Cox {method}, {name}, log-likelihood",
                lambda b, p=parts: float(np.squeeze(p(b)[2])),
                lambda b, p=parts: np.ravel(p(b)[1]),
                at,
            )
            yield (
                f"Cox {method}, {name}, gradient",
                lambda b, p=parts: np.ravel(p(b)[1]),
                lambda b, p=parts: np.asarray(p(b)[0]),
                at,
            )
