"""Derivatives in scikit-learn and statsmodels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = ["sklearn_pairs", "statsmodels_pairs"]

_MU = np.array([0.3, 0.8, 0.45])
_ETA = np.array([0.4, -0.7, 1.3])
_POSITIVE = np.array([0.6, 2.5, 9.0])
_RNG = np.random.default_rng(11)
_DATA = _RNG.normal(size=(25, 3))


def sklearn_pairs() -> Iterator[Pair]:
    from sklearn._loss import loss
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels

    y = np.array([0.2, 0.9, 0.5])
    chosen = (
        ("half squared", loss.HalfSquaredError(), y),
        ("half Poisson", loss.HalfPoissonLoss(), y),
        ("half gamma", loss.HalfGammaLoss(), y),
        ("Tweedie 1.4", loss.HalfTweedieLoss(power=1.4), y),
        ("Tweedie 1.6, identity", loss.HalfTweedieLossIdentity(power=1.6), y),
        ("half binomial", loss.HalfBinomialLoss(), y),
        ("exponential", loss.ExponentialLoss(), y),
        ("Huber", loss.HuberLoss(quantile=0.8, delta=0.4), y),
        ("pinball", loss.PinballLoss(quantile=0.3), y),
        ("absolute", loss.AbsoluteError(), y),
    )
    for name, one, target in chosen:
        raw = _POSITIVE if "identity" in name else _ETA

        def value(r: Any, one: Any = one, target: Any = target) -> Any:
            return one.loss(y_true=target, raw_prediction=np.array(r))

        def slope(r: Any, one: Any = one, target: Any = target) -> Any:
            return np.diag(one.gradient(y_true=target, raw_prediction=np.array(r)))

        def second(r: Any, one: Any = one, target: Any = target) -> Any:
            return np.diag(one.gradient_hessian(y_true=target, raw_prediction=np.array(r))[1])

        yield f"loss {name}", value, slope, raw
        if name not in ("pinball", "absolute", "Huber", "exponential"):
            yield f"gradient {name}", lambda r, s=slope: np.diag(s(r)), second, raw
    labels = np.array([0.0, 2.0, 1.0])
    many = loss.HalfMultinomialLoss(n_classes=3)
    raw = _RNG.normal(size=(3, 3))
    yield (
        "loss multinomial",
        lambda r: many.loss(y_true=labels, raw_prediction=np.array(r)).sum(),
        lambda r: many.gradient(y_true=labels, raw_prediction=np.array(r)),
        raw,
    )
    points = _DATA[:5, :2]
    for kernel in (
        kernels.RBF(0.8),
        kernels.RBF([0.8, 1.3]),
        kernels.Matern(0.9, nu=1.5),
        kernels.Matern(0.9, nu=2.5),
        kernels.Matern(0.9, nu=0.5),
        kernels.Matern(0.9, nu=0.7),
        kernels.RationalQuadratic(0.8, 1.4),
        kernels.ExpSineSquared(0.8, 1.7),
        kernels.DotProduct(1.3),
        kernels.ConstantKernel(1.7),
        kernels.WhiteKernel(0.4),
        kernels.ConstantKernel(1.7) * kernels.RBF(0.8) + kernels.WhiteKernel(0.1),
        kernels.RBF(0.8) ** 2,
    ):

        def matrix(theta: Any, kernel: Any = kernel) -> Any:
            return kernel.clone_with_theta(np.array(theta))(points)

        def eval_gradient(theta: Any, kernel: Any = kernel) -> Any:
            return kernel.clone_with_theta(np.array(theta))(points, eval_gradient=True)[1]

        yield f"kernel {kernel}", matrix, eval_gradient, np.array(kernel.theta)
    model = GaussianProcessRegressor(kernels.RBF(0.9) + kernels.WhiteKernel(0.2), optimizer=None).fit(
        _DATA, np.sin(_DATA[:, 0])
    )
    yield (
        "GP likelihood",
        lambda t: model.log_marginal_likelihood(np.array(t)),
        lambda t: model.log_marginal_likelihood(np.array(t), eval_gradient=True)[1],
        np.log([0.9, 0.2]),
    )


def statsmodels_pairs() -> Iterator[Pair]:
    import statsmodels.api as sm
    from statsmodels.genmod.families import links, varfuncs
    from statsmodels.robust import norms

    families = (
        "CLogLog",
        "Cauchy",
        "Identity",
        "InversePower",
        "InverseSquared",
        "Log",
        "LogC",
        "LogLog",
        "Logit",
        "NegativeBinomial",
        "Probit",
        "Sqrt",
    )
    for name in families:
        link = getattr(links, name)()
        yield f"{name} link", link, diagonal(link.deriv), _MU
        yield f"{name} link, second", link.deriv, diagonal(link.deriv2), _MU
        eta = (
            -np.abs(_ETA)
            if name in ("LogC", "NegativeBinomial")
            else np.abs(_ETA)
            if name in ("InverseSquared", "InversePower", "Sqrt")
            else _ETA
        )
        yield f"{name} inverse", link.inverse, diagonal(link.inverse_deriv), eta
        yield f"{name} inverse, second", link.inverse_deriv, diagonal(link.inverse_deriv2), eta
    for name, variance in (
        ("constant", varfuncs.constant),
        ("mu", varfuncs.mu),
        ("mu²", varfuncs.mu_squared),
        ("mu³", varfuncs.mu_cubed),
        ("binomial", varfuncs.Binomial(5)),
        ("nbinom", varfuncs.NegativeBinomial(0.7)),
    ):
        yield (
            f"variance {name}",
            variance,
            diagonal(lambda m, v=variance: np.broadcast_to(v.deriv(m), m.shape)),
            _MU,
        )
    for norm in (
        norms.AndrewWave(),
        norms.Hampel(),
        norms.HuberT(),
        norms.LeastSquares(),
        norms.RamsayE(),
        norms.TrimmedMean(),
        norms.TukeyBiweight(),
        norms.TukeyQuartic(),
        norms.StudentT(),
    ):
        name, z = type(norm).__name__, np.array([0.4, -1.1, 1.9])
        yield f"{name} rho", norm.rho, diagonal(norm.psi), z
        yield f"{name} psi", norm.psi, diagonal(norm.psi_deriv), z
    exog = sm.add_constant(_DATA[:, :2])
    counts, binary = np.abs(np.round(2 * _DATA[:, 2])), (_DATA[:, 2] > 0).astype(float)
    models = (
        ("Logit", sm.Logit(binary, exog), np.array([0.2, -0.5, 0.3])),
        ("Probit", sm.Probit(binary, exog), np.array([0.2, -0.5, 0.3])),
        ("Poisson", sm.Poisson(counts, exog), np.array([0.2, -0.5, 0.3])),
        ("NegativeBinomial nb2", sm.NegativeBinomial(counts, exog), np.array([0.2, -0.5, 0.3, 0.7])),
        (
            "NegativeBinomial nb1",
            sm.NegativeBinomial(counts, exog, loglike_method="nb1"),
            np.array([0.2, -0.5, 0.3, 0.7]),
        ),
        (
            "NegativeBinomial geometric",
            sm.NegativeBinomial(counts, exog, loglike_method="geometric"),
            np.array([0.2, -0.5, 0.3]),
        ),
        ("GeneralizedPoisson", sm.GeneralizedPoisson(counts, exog), np.array([0.2, -0.5, 0.3, 0.4])),
        ("NegativeBinomialP", sm.NegativeBinomialP(counts, exog), np.array([0.2, -0.5, 0.3, 0.7])),
        ("ZeroInflatedPoisson", sm.ZeroInflatedPoisson(counts, exog), np.array([0.4, 0.2, -0.5, 0.3])),
        ("GLM gamma", sm.GLM(counts + 0.5, exog, sm.families.Gamma(links.Log())), np.array([0.2, -0.5, 0.3])),
        (
            "GLM binomial cloglog",
            sm.GLM(binary, exog, sm.families.Binomial(links.CLogLog())),
            np.array([0.2, -0.5, 0.3]),
        ),
        ("GLM Poisson", sm.GLM(counts, exog, sm.families.Poisson()), np.array([0.2, -0.5, 0.3])),
        (
            "GLM inverse Gaussian",
            sm.GLM(counts + 0.5, exog, sm.families.InverseGaussian(links.Log())),
            np.array([0.2, -0.5, 0.3]),
        ),
        (
            "MNLogit",
            sm.MNLogit(np.digitize(_DATA[:, 2], [-0.5, 0.5]), exog),
            np.array([0.2, -0.5, 0.3, -0.1, 0.4, 0.6]),
        ),
    )
    for name, model, start in models:
        glm = {"scale": 1.0} if name.startswith("GLM") else {}
        yield (
            f"{name} loglike",
            lambda b, m=model, k=glm: m.loglike(b, **k),
            lambda b, m=model, k=glm: m.score(b, **k),
            start,
        )
        yield (
            f"{name} score",
            lambda b, m=model, k=glm: m.score(b, **k),
            lambda b, m=model, k=glm: m.hessian(b, **k),
            start,
        )
    from statsmodels.distributions.copula import transforms

    for transform, theta in (("TransfFrank", 2.3), ("TransfClayton", 1.4), ("TransfGumbel", 1.8)):
        one = getattr(transforms, transform)()
        yield (
            f"{transform} evaluate",
            lambda t, o=one, a=theta: o.evaluate(t, a),
            diagonal(lambda t, o=one, a=theta: o.deriv(t, a)),
            _MU,
        )
        yield (
            f"{transform} deriv",
            lambda t, o=one, a=theta: o.deriv(t, a),
            diagonal(lambda t, o=one, a=theta: o.deriv2(t, a)),
            _MU,
        )
        if not hasattr(one, "deriv_inverse"):
            continue
        yield (
            f"{transform} inverse",
            lambda t, o=one, a=theta: o.inverse(t, a),
            diagonal(lambda t, o=one, a=theta: o.deriv_inverse(t, a)),
            _POSITIVE,
        )
        yield (
            f"{transform} deriv_inverse",
            lambda t, o=one, a=theta: o.deriv_inverse(t, a),
            diagonal(lambda t, o=one, a=theta: o.deriv2_inverse(t, a)),
            _POSITIVE,
        )
