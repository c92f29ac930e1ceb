"""Autograd's derivatives of its own operators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from shipped_pairs import Pair

__all__ = ["autograd_pairs"]


def autograd_pairs() -> Iterator[Pair]:
    import autograd.numpy as anp
    from autograd import jacobian
    from autograd.scipy import special, stats

    v, m = np.array([0.7, -0.4, 1.6]), np.array([[2.0, 0.3, -0.4], [0.3, 1.5, 0.2], [-0.4, 0.2, 1.1]])
    p = np.array([0.3, 0.6, 0.8])
    real = (
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "arctan",
        "exp",
        "expm1",
        "exp2",
        "abs",
        "sinc",
        "square",
        "cumsum",
        "std",
        "var",
        "mean",
        "prod",
        "sort",
        "max",
        "diff",
        "flipud",
        "nan_to_num",
    )
    for name in real:
        if hasattr(anp, name):
            yield name, getattr(anp, name), jacobian(getattr(anp, name)), v
    for name in ("log", "log1p", "log2", "log10", "sqrt", "reciprocal", "arcsin", "arccos", "arctanh"):
        yield name, getattr(anp, name), jacobian(getattr(anp, name)), p
    for name in (
        "gammaln",
        "digamma",
        "erf",
        "erfc",
        "i0",
        "i1",
        "j0",
        "j1",
        "y0",
        "y1",
        "expit",
        "gamma",
        "psi",
        "logit",
        "erfinv",
        "erfcinv",
        "logsumexp",
    ):
        if hasattr(special, name):
            yield f"special {name}", getattr(special, name), jacobian(getattr(special, name)), p
    for name in ("inv", "det", "norm", "cholesky", "pinv"):
        op = getattr(anp.linalg, name)
        yield (
            f"linalg {name}",
            lambda a, o=op: o(0.5 * (a + a.T)),
            jacobian(lambda a, o=op: o(0.5 * (a + a.T))),
            m,
        )
    yield (
        "linalg slogdet",
        lambda a: anp.linalg.slogdet(a)[1],
        jacobian(lambda a: anp.linalg.slogdet(a)[1]),
        m,
    )
    yield "linalg solve", lambda a: anp.linalg.solve(a, v), jacobian(lambda a: anp.linalg.solve(a, v)), m
    yield (
        "norm logpdf",
        lambda x: stats.norm.logpdf(x, 0.3, 1.4),
        jacobian(lambda x: stats.norm.logpdf(x, 0.3, 1.4)),
        v,
    )
    yield (
        "norm logcdf",
        lambda x: stats.norm.logcdf(x, 0.3, 1.4),
        jacobian(lambda x: stats.norm.logcdf(x, 0.3, 1.4)),
        v,
    )
    yield (
        "norm logpdf, scale",
        lambda s: stats.norm.logpdf(0.7, 0.3, s),
        jacobian(lambda s: stats.norm.logpdf(0.7, 0.3, s)),
        p,
    )
    yield "t logpdf, df", lambda d: stats.t.logpdf(0.7, d), jacobian(lambda d: stats.t.logpdf(0.7, d)), p
    yield "t cdf", lambda x: stats.t.cdf(x, 3.3), jacobian(lambda x: stats.t.cdf(x, 3.3)), v
    yield (
        "gamma logpdf",
        lambda x: stats.gamma.logpdf(x, 1.7),
        jacobian(lambda x: stats.gamma.logpdf(x, 1.7)),
        p,
    )
    yield (
        "beta logpdf",
        lambda x: stats.beta.logpdf(x, 1.7, 2.1),
        jacobian(lambda x: stats.beta.logpdf(x, 1.7, 2.1)),
        p,
    )
    yield (
        "beta logpdf, a",
        lambda a: stats.beta.logpdf(0.4, a, 2.1),
        jacobian(lambda a: stats.beta.logpdf(0.4, a, 2.1)),
        p,
    )
    yield (
        "poisson logpmf, mu",
        lambda a: stats.poisson.logpmf(3, a),
        jacobian(lambda a: stats.poisson.logpmf(3, a)),
        p,
    )
    yield (
        "dirichlet logpdf",
        lambda a: stats.dirichlet.logpdf(np.array([0.2, 0.3, 0.5]), a),
        jacobian(lambda a: stats.dirichlet.logpdf(np.array([0.2, 0.3, 0.5]), a)),
        p,
    )
    yield (
        "mvn logpdf, cov",
        lambda c: stats.multivariate_normal.logpdf(v, p, c),
        jacobian(lambda c: stats.multivariate_normal.logpdf(v, p, c)),
        m,
    )
