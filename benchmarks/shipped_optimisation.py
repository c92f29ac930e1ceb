"""Derivatives in pyttb, pyunlocbox, optimagic, mystic and SMT: losses, transformations, surrogate models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = [
    "mystic_pairs",
    "optimagic_pairs",
    "pyttb_pairs",
    "pyunlocbox_pairs",
    "smt_pairs",
]

_RNG = np.random.default_rng(31)
_POSITIVE = np.array([0.6, 2.5, 0.9])
_SHAFTS = np.array([2.0, 11.3, 1.1e7, 0.28, 2.1, 10.9, 3.3e6, 9.0, 2.2, 2.1, 2e6, 0.3, 11.0, 4.2, 0.1])
_STIFF = np.array([2.0, 11.3, 1.1e7, 0.28, 2.1, 10.9, 3.3e6, 0.1, 2.2, 12.1, 2e6, 0.1, 0.8, 0.5, 13.0])


def pyttb_pairs() -> Iterator[Pair]:
    from pyttb.gcp import handles

    data = {"bernoulli_odds": np.array([0.0, 1.0, 1.0]), "bernoulli_logit": np.array([0.0, 1.0, 1.0])}
    for name, more in (
        ("gaussian", ()),
        ("bernoulli_odds", ()),
        ("bernoulli_logit", ()),
        ("poisson", ()),
        ("poisson_log", ()),
        ("rayleigh", ()),
        ("gamma", ()),
        ("huber", (0.7,)),
        ("negative_binomial", (3,)),
        ("beta", (0.4,)),
        ("ztp", ()),
    ):
        value, slope = getattr(handles, name), getattr(handles, f"{name}_grad")
        y = data.get(name, np.array([2.0, 1.0, 3.0]))
        yield (
            name,
            lambda m, v=value, y=y, k=more: v(y, m, *k),
            diagonal(lambda m, s=slope, y=y, k=more: s(y, m, *k)),
            _POSITIVE,
        )
    yield from _pyttb_tensors()


def _pyttb_tensors() -> Iterator[Pair]:
    import pyttb

    data = pyttb.tensor(np.abs(_RNG.normal(size=(3, 2, 4))))
    shapes = ((3, 2), (2, 2), (4, 2))
    start = _RNG.uniform(0.3, 1.2, size=sum(a * b for a, b in shapes))
    from pyttb.gcp.fg import evaluate
    from pyttb.gcp.handles import gamma, gamma_grad, poisson, poisson_grad

    def model(x: Any) -> Any:
        parts, at = [], 0
        for rows, columns in shapes:
            parts.append(np.reshape(x[at : at + rows * columns], (rows, columns)).copy())
            at += rows * columns
        return pyttb.ktensor(parts)

    for name, value, slope in (("Poisson", poisson, poisson_grad), ("gamma", gamma, gamma_grad)):
        yield (
            f"gcp evaluate, {name}",
            lambda x, v=value, s=slope: float(evaluate(model(x), data, None, v, s)[0]),
            lambda x, v=value, s=slope: np.concatenate(
                [np.ravel(g) for g in evaluate(model(x), data, None, v, s)[1]]
            ),
            start,
        )


def pyunlocbox_pairs() -> Iterator[Pair]:
    from pyunlocbox import functions

    a = _RNG.normal(size=(4, 3))
    for name, one in (
        ("norm_l2", functions.norm_l2(lambda_=1.7, y=np.array([0.3, 0.1, 0.9]))),
        ("norm_l2, operator", functions.norm_l2(A=a, y=np.ones(4), lambda_=0.6, w=0.4, tight=False)),
        ("norm_l2, weights", functions.norm_l2(w=np.array([0.3, 1.4, 0.8]), lambda_=0.6, tight=False)),
        ("dummy", functions.dummy()),
    ):
        yield (
            name,
            lambda x, o=one: float(o.eval(x)),
            lambda x, o=one: np.asarray(o.grad(x)) + 0.0 * x,
            _POSITIVE,
        )


def optimagic_pairs() -> Iterator[Pair]:
    from optimagic.parameters import kernel_transformations as kernels

    covariance = np.array([1.4, 0.3, 0.9, -0.2, 0.1, 1.7])
    factor = np.linalg.cholesky([[1.4, 0.3, -0.2], [0.3, 0.9, 0.1], [-0.2, 0.1, 1.7]])[np.tril_indices(3)]
    sdcorr, shares = np.array([1.4, 0.9, 1.7, 0.3, -0.2, 0.1]), np.array([0.2, 0.5, 0.3])
    for name, at in (
        ("covariance_from_internal", factor),
        ("covariance_to_internal", covariance),
        ("sdcorr_from_internal", factor),
        ("sdcorr_to_internal", sdcorr),
        ("probability_from_internal", np.array([0.7, 1.9, 0.4])),
        ("probability_to_internal", shares),
    ):
        f, jac = getattr(kernels, name), getattr(kernels, f"{name}_jacobian")
        yield name, lambda x, f=f: f(x, None), lambda x, j=jac: j(x, None), at


def mystic_pairs() -> Iterator[Pair]:
    from mystic.models import dejong

    rosen, at = dejong.Rosenbrock(4), np.array([0.3, -1.1, 0.8, 1.4])
    yield "Rosenbrock derivative", rosen.function, lambda x: np.array(rosen.derivative(x)), at
    yield (
        "Rosenbrock hessian",
        lambda x: np.array(rosen.derivative(x)),
        lambda x: np.array(rosen.hessian(x)),
        at,
    )
    p = np.array([0.2, -0.4, 1.1, 0.6])
    yield (
        "Rosenbrock hessian_product",
        lambda x: float(np.asarray(rosen.derivative(x)) @ p),
        lambda x: np.array(rosen.hessian_product(x, p)),
        at,
    )


def smt_pairs() -> Iterator[Pair]:
    from smt import problems

    three = np.array([0.7, 1.3, -0.4])
    for name, one, at in (
        ("Branin", problems.Branin(ndim=2), np.array([1.7, 3.2])),
        ("CantileverBeam", problems.CantileverBeam(ndim=3), np.array([0.03, 0.04, 0.7])),
        ("LpNorm 2", problems.LpNorm(ndim=3, order=2), three),
        ("LpNorm 3", problems.LpNorm(ndim=3, order=3), three),
        ("NdimCantileverBeam", problems.NdimCantileverBeam(ndim=2), np.array([0.3, 0.7])),
        ("NdimRobotArm", problems.NdimRobotArm(ndim=2), np.array([0.3, 0.7])),
        ("NdimRosenbrock", problems.NdimRosenbrock(ndim=3), three),
        ("RobotArm", problems.RobotArm(ndim=4), np.array([0.3, 0.7, 0.9, 2.0])),
        ("Rosenbrock", problems.Rosenbrock(ndim=3), three),
        ("Sphere", problems.Sphere(ndim=3), three),
        ("TensorProduct cos", problems.TensorProduct(ndim=3, func="cos"), three),
        ("TensorProduct exp", problems.TensorProduct(ndim=3, func="exp"), three),
        ("TensorProduct tanh", problems.TensorProduct(ndim=3, func="tanh", width=5.0), three),
        ("TensorProduct gaussian", problems.TensorProduct(ndim=3, func="gaussian"), three),
        ("TorsionVibration", problems.TorsionVibration(), _SHAFTS),
        ("TorsionVibration, rounding to 7 digits, edge", problems.TorsionVibration(), _STIFF),
        ("WaterFlow", problems.WaterFlow(), np.array([0.1, 5000, 9e4, 1050, 80, 750, 1400, 11000.0])),
        ("WeldedBeam", problems.WeldedBeam(), np.array([0.4, 3.3, 6.2])),
        (
            "WingWeight",
            problems.WingWeight(),
            np.array([170, 250, 8, 3.0, 20, 0.7, 0.1, 4, 2000, 0.05]),
        ),
    ):
        yield (
            f"problem {name}",
            lambda x, o=one: float(np.real(o(x[None, :])[0, 0])),
            lambda x, o=one: np.array([np.real(o(x[None, :], kx=k)[0, 0]) for k in range(x.size)]),
            at,
        )
    yield from _surrogates()


def _surrogates() -> Iterator[Pair]:
    from smt import surrogate_models as models

    x = np.random.default_rng(3).uniform(-1, 1, size=(14, 2))
    y = (np.sin(2 * x[:, 0]) + x[:, 1] ** 2 * x[:, 0])[:, None]
    quiet = {"print_global": False}
    for name, one in (
        ("KRG", models.KRG(theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet)),
        ("KRG abs_exp", models.KRG(corr="abs_exp", theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet)),
        ("KRG matern32", models.KRG(corr="matern32", theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet)),
        ("KRG matern52", models.KRG(corr="matern52", theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet)),
        (
            "KRG pow_exp",
            models.KRG(corr="pow_exp", pow_exp_power=1.6, theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet),
        ),
        (
            "KRG squar_sin_exp",
            models.KRG(corr="squar_sin_exp", theta0=[0.3, 0.4, 0.8, 1.1], hyper_opt="NoOp", **quiet),
        ),
        ("KRG linear trend", models.KRG(poly="linear", theta0=[0.3, 0.4], hyper_opt="NoOp", **quiet)),
        ("RBF", models.RBF(d0=0.8, **quiet)),
        ("RBF with trend", models.RBF(d0=0.8, poly_degree=1, **quiet)),
        ("IDW", models.IDW(p=3.0, **quiet)),
        ("IDW 2.5", models.IDW(p=2.5, **quiet)),
        ("QP", models.QP(**quiet)),
        ("LS", models.LS(**quiet)),
        ("RMTB", models.RMTB(xlimits=np.array([[-1.0, 1.0], [-1.0, 1.0]]), num_ctrl_pts=8, **quiet)),
        ("RMTC", models.RMTC(xlimits=np.array([[-1.0, 1.0], [-1.0, 1.0]]), num_elements=4, **quiet)),
    ):
        one.set_training_values(x, y)
        one.train()
        at = np.array([0.23, -0.41])
        yield (
            f"surrogate {name}",
            lambda p, o=one: float(o.predict_values(p[None, :])[0, 0]),
            lambda p, o=one: np.array([o.predict_derivatives(p[None, :], k)[0, 0] for k in range(2)]),
            at,
        )
        if name.startswith("KRG"):
            yield (
                f"surrogate {name} variance",
                lambda p, o=one: float(o.predict_variances(p[None, :])[0, 0]),
                lambda p, o=one: np.array(
                    [np.ravel(o.predict_variance_derivatives(p[None, :], k))[0] for k in range(2)]
                ),
                at,
            )
