"""Derivatives in GPy, paramz and scikit-optimize: kernels, likelihoods, links, constraints of parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = ["gpy_pairs", "paramz_pairs", "skopt_pairs"]

_RNG = np.random.default_rng(23)
_X = _RNG.uniform(0.3, 2.0, size=(4, 2))
_OTHER = _RNG.uniform(0.3, 2.0, size=(3, 2))
_LATENT = np.array([0.7, 1.9, 0.4])


def paramz_pairs() -> Iterator[Pair]:
    from paramz import transformations

    at = np.array([-1.3, 0.4, 2.1])
    for one in (
        transformations.Logexp(),
        transformations.Exponent(),
        transformations.NegativeLogexp(),
        transformations.NegativeExponent(),
        transformations.Logistic(-1.0, 2.5),
    ):
        name = type(one).__name__

        def slope(x: Any, one: Any = one) -> Any:
            return one.gradfactor(one.f(x), np.ones_like(x))

        yield f"{name} f", one.f, diagonal(slope), at
        if "log_jacobian" in vars(type(one)):
            yield f"{name} log_jacobian", one.log_jacobian, diagonal(one.log_jacobian_grad), np.abs(at)
    square = transformations.Square()
    yield (
        "Square f",
        square.f,
        diagonal(lambda x: square.gradfactor(square.f(x), np.ones_like(x))),
        np.abs(at),
    )


def gpy_pairs() -> Iterator[Pair]:
    import GPy

    yield from _links(GPy.likelihoods.link_functions)
    yield from _likelihoods(GPy.likelihoods)
    yield from _kernels(GPy.kern)


def _links(links: Any) -> Iterator[Pair]:
    for one in (
        links.Identity(),
        links.Probit(),
        links.ScaledProbit(1.7),
        links.Cloglog(),
        links.Log(),
        links.Log_ex_1(),
        links.Reciprocal(),
    ):
        name, at = type(one).__name__, np.array([-1.4, 0.6, 1.8])
        yield f"{name} transf", one.transf, diagonal(one.dtransf_df), at
        yield f"{name} dtransf", one.dtransf_df, diagonal(one.d2transf_df2), at
        yield f"{name} d2transf", one.d2transf_df2, diagonal(one.d3transf_df3), at


def _likelihoods(likelihoods: Any) -> Iterator[Pair]:
    from GPy.likelihoods import loggaussian, loglogistic, weibull

    counts, positive = np.array([1.0, 3.0, 0.0]), np.array([0.5, 1.4, 2.6])
    censored = {"censored": np.array([[0.0], [1.0], [0.0]])}
    for name, one, y, metadata in (
        ("Bernoulli", likelihoods.Bernoulli(), np.array([1.0, 0.0, 1.0]), None),
        ("Binomial", likelihoods.Binomial(), counts, {"trials": np.full((3, 1), 5.0)}),
        ("Exponential", likelihoods.Exponential(), positive, None),
        ("Gamma", likelihoods.Gamma(beta=1.3), positive, None),
        ("Gaussian", likelihoods.Gaussian(variance=0.7), positive, None),
        ("LogGaussian", loggaussian.LogGaussian(sigma=0.6), positive, None),
        ("LogLogistic", loglogistic.LogLogistic(r=1.6), positive, None),
        ("Poisson", likelihoods.Poisson(), counts, None),
        ("StudentT", likelihoods.StudentT(deg_free=4.5, sigma2=0.8), positive, None),
        ("Weibull", weibull.Weibull(beta=1.7), positive, None),
        ("LogGaussian censored", loggaussian.LogGaussian(sigma=0.6), positive, censored),
        ("LogLogistic censored", loglogistic.LogLogistic(r=1.6), positive, censored),
        ("Weibull censored", weibull.Weibull(beta=1.7), positive, censored),
    ):
        at = np.array([0.3, 0.6, 0.8]) if name in ("Bernoulli", "Binomial") else _LATENT
        yield from _orders(name, one, y, metadata, at)
        if one.size:
            yield from _by_theta(name, one, y, metadata, at)


def _orders(name: str, one: Any, y: Any, metadata: Any, at: Any) -> Iterator[Pair]:
    steps = ("logpdf_link", "dlogpdf_dlink", "d2logpdf_dlink2", "d3logpdf_dlink3")
    for lower, higher in itertools.pairwise(steps):

        def value(f: Any, method: str = lower) -> Any:
            return np.ravel(getattr(one, method)(f[:, None], y[:, None], Y_metadata=metadata))

        def slope(f: Any, method: str = higher) -> Any:
            return np.ravel(getattr(one, method)(f[:, None], y[:, None], Y_metadata=metadata))

        yield f"{name} {lower}", value, diagonal(slope), at


def _by_theta(name: str, one: Any, y: Any, metadata: Any, at: Any) -> Iterator[Pair]:
    theta = np.array(one.param_array)
    for value_name, slope_name in (
        ("logpdf_link", "dlogpdf_link_dtheta"),
        ("dlogpdf_dlink", "dlogpdf_dlink_dtheta"),
        ("d2logpdf_dlink2", "d2logpdf_dlink2_dtheta"),
    ):

        def value(t: Any, method: str = value_name) -> Any:
            one[:] = t
            return np.ravel(getattr(one, method)(at[:, None], y[:, None], Y_metadata=metadata))

        def slope(t: Any, method: str = slope_name) -> Any:
            one[:] = t
            return getattr(one, method)(at[:, None], y[:, None], Y_metadata=metadata).reshape(t.size, -1).T

        yield f"{name} {value_name} by its parameters", value, slope, theta


def _kernels(kern: Any) -> Iterator[Pair]:
    from GPy.kern.src.basis_funcs import LogisticBasisFuncKernel

    wide = {"lengthscale": np.array([0.8, 1.4]), "ARD": True, "variance": 1.3}
    for name, kernel in (
        ("RBF", kern.RBF(2, **wide)),
        ("RBF inverse", kern.RBF(2, inv_l=True, **wide)),
        ("Exponential", kern.Exponential(2, **wide)),
        ("Matern32", kern.Matern32(2, **wide)),
        ("Matern52", kern.Matern52(2, **wide)),
        ("ExpQuad", kern.ExpQuad(2, **wide)),
        ("Cosine", kern.Cosine(2, **wide)),
        ("Sinc", kern.Sinc(2, **wide)),
        ("ExpQuadCosine", kern.ExpQuadCosine(2, period=1.7, **wide)),
        ("RatQuad", kern.RatQuad(2, power=1.6, **wide)),
        ("Linear", kern.Linear(2, variances=np.array([0.7, 1.2]), ARD=True)),
        ("LinearFull", kern.LinearFull(2, 1, W=np.array([[0.6], [-0.4]]), kappa=np.array([0.7, 1.1]))),
        ("MLP", kern.MLP(2, 1.3, 0.8, 0.6)),
        ("MLP ARD", kern.MLP(2, 1.3, np.array([0.8, 1.2]), 0.6, ARD=True)),
        ("Poly", kern.Poly(2, 1.3, 0.8, 0.6, order=3.0)),
        (
            "StdPeriodic",
            kern.StdPeriodic(2, 1.3, np.array([1.7, 2.3]), np.array([0.9, 1.2]), ARD1=True, ARD2=True),
        ),
        ("Bias", kern.Bias(2, 1.3)),
        ("Prod", kern.RBF(2, **wide) * kern.Matern32(2, lengthscale=0.9)),
        ("Add", kern.RBF(2, **wide) + kern.Linear(2)),
        (
            "TruncLinear",
            kern.TruncLinear(2, variances=np.array([0.7, 1.2]), delta=np.array([0.1, 0.2]), ARD=True),
        ),
        ("Spline", kern.Spline(1, 1.3, 0.8)),
        ("Brownian", kern.Brownian(1, 1.3)),
        ("PeriodicMatern32", kern.PeriodicMatern32(1, 1.3, 0.8, 2.2, n_freq=3, lower=0.0, upper=6.0)),
        ("PeriodicMatern52", kern.PeriodicMatern52(1, 1.3, 0.8, 2.2, n_freq=3, lower=0.0, upper=6.0)),
        ("PeriodicExponential", kern.PeriodicExponential(1, 1.3, 0.8, 2.2, n_freq=3, lower=0.0, upper=6.0)),
        ("WienerVelocity", kern.WienerVelocity(1, 1.3)),
        ("LogisticBasisFunc", LogisticBasisFuncKernel(1, 0.9, variance=1.3, slope=1.4, ARD=False)),
    ):
        here, there = _X[:, : kernel.input_dim], _OTHER[:, : kernel.input_dim]
        yield from _kernel_by_parameters(name, kernel, here, there)
        yield from _kernel_by_points(name, kernel, here[:2], there)


def _kernel_by_parameters(name: str, kernel: Any, here: Any, there: Any) -> Iterator[Pair]:
    theta = np.array(kernel.param_array)
    for which, other in (("K(X, X)", None), ("K(X, X2)", there)):
        weights = np.random.default_rng(5).normal(size=(len(here), len(here if other is None else other)))
        if other is None:
            weights = weights + weights.T

        def value(t: Any, other: Any = other, weights: Any = weights) -> Any:
            kernel[:] = t
            return float((weights * kernel.K(here, other)).sum())

        def slope(t: Any, other: Any = other, weights: Any = weights) -> Any:
            kernel[:] = t
            kernel.update_gradients_full(weights, here, other)
            return np.array(kernel.gradient)

        yield f"kernel {name} {which} by its parameters", value, slope, theta
    weights = np.random.default_rng(6).normal(size=len(here))
    try:
        kernel.update_gradients_diag(weights, here)
    except NotImplementedError:
        return

    def on_diagonal(t: Any) -> Any:
        kernel[:] = t
        return float(weights @ kernel.Kdiag(here))

    def slope_on_diagonal(t: Any) -> Any:
        kernel[:] = t
        kernel.update_gradients_diag(weights, here)
        return np.array(kernel.gradient)

    yield f"kernel {name} Kdiag by its parameters", on_diagonal, slope_on_diagonal, theta


def _kernel_by_points(name: str, kernel: Any, here: Any, there: Any) -> Iterator[Pair]:
    weights = np.random.default_rng(7).normal(size=(len(here), len(there)))
    try:
        kernel.gradients_X(weights, here, there)
    except (NotImplementedError, AttributeError):
        return
    yield (
        f"kernel {name} gradients_X",
        lambda x: float((weights * kernel.K(x, there)).sum()),
        lambda x: np.array(kernel.gradients_X(weights, x, there)),
        here,
    )
    own = np.random.default_rng(8).normal(size=(len(here), len(here)))
    own = own + own.T
    yield (
        f"kernel {name} gradients_X, one set",
        lambda x: float((own * kernel.K(x)).sum()),
        lambda x: np.array(kernel.gradients_X(own, x, None)),
        here,
    )
    yield (
        f"kernel {name} gradients_X_diag",
        lambda x: float(own[0] @ kernel.Kdiag(x)),
        lambda x: np.array(kernel.gradients_X_diag(own[0], x)),
        here,
    )


def skopt_pairs() -> Iterator[Pair]:
    from skopt.acquisition import gaussian_ei, gaussian_lcb, gaussian_pi
    from skopt.learning import GaussianProcessRegressor
    from skopt.learning.gaussian_process import kernels

    train = np.random.default_rng(2).uniform(size=(5, 2))
    at = np.array([0.31, 0.57])
    chosen = (
        ("RBF", kernels.RBF([0.8, 1.3])),
        ("Matern 0.5", kernels.Matern(0.9, nu=0.5)),
        ("Matern 1.5", kernels.Matern([0.8, 1.3], nu=1.5)),
        ("Matern 2.5", kernels.Matern(0.9, nu=2.5)),
        ("RationalQuadratic", kernels.RationalQuadratic(0.8, 1.4)),
        ("ExpSineSquared", kernels.ExpSineSquared(0.8, 1.7)),
        ("Constant", kernels.ConstantKernel(1.7)),
        ("DotProduct", kernels.DotProduct(1.3)),
        ("sum", kernels.RBF(0.8) + kernels.DotProduct(1.3)),
        ("product", kernels.RBF(0.8) * kernels.Matern(0.9, nu=2.5)),
        ("power", kernels.RBF(0.8) ** 2),
    )
    for name, kernel in chosen:
        yield (
            f"kernel {name} gradient_x",
            lambda x, k=kernel: np.ravel(k(x[None, :], train)),
            lambda x, k=kernel: np.asarray(k.gradient_x(x, train)),
            at,
        )
    values = np.sin(3 * train[:, 0]) + train[:, 1]
    for name, kernel in (("RBF", 1.7 * kernels.RBF(0.8)), ("Matern", 1.7 * kernels.Matern(0.9, nu=2.5))):
        model = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True, noise=0.1).fit(
            train, values
        )
        for k, part in enumerate(("mean", "deviation")):
            yield (
                f"GP {name} {part}",
                lambda x, m=model, k=k: float(m.predict(x[None, :], return_std=True)[k][0]),
                lambda x, m=model, k=k: m.predict(
                    x[None, :], return_std=True, return_mean_grad=True, return_std_grad=True
                )[2 + k],
                at,
            )
        for acquisition in (gaussian_ei, gaussian_lcb, gaussian_pi):
            more = {} if acquisition is gaussian_lcb else {"y_opt": 0.6}
            yield (
                f"{acquisition.__name__} {name}",
                lambda x, a=acquisition, m=model, k=more: float(a(x[None, :], m, **k)[0]),
                lambda x, a=acquisition, m=model, k=more: np.ravel(
                    a(x[None, :], m, return_grad=True, **k)[1]
                ),
                at,
            )
