"""Derivatives in pints: priors, likelihoods, distributions, models of ordinary differential equations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["pints_pairs"]

_TIMES = np.array([0.5, 1.5, 3.0, 4.5])


def pints_pairs() -> Iterator[Pair]:
    import pints
    import pints.toy

    yield from _densities(pints)
    yield from _transformations(pints)
    yield from _models(pints)
    yield from _likelihoods(pints)


def _densities(pints: Any) -> Iterator[Pair]:
    toy, pair = pints.toy, np.array([0.4, 1.3])
    for one, at in (
        (pints.BetaLogPrior(2.2, 0.7), np.array([0.3])),
        (pints.CauchyLogPrior(0.4, 1.3), np.array([1.1])),
        (pints.ExponentialLogPrior(1.7), np.array([0.6])),
        (pints.GammaLogPrior(2.3, 1.4), np.array([0.6])),
        (pints.GaussianLogPrior(0.4, 1.3), np.array([1.1])),
        (pints.HalfCauchyLogPrior(0.4, 1.3), np.array([1.1])),
        (pints.InverseGammaLogPrior(2.3, 1.4), np.array([0.6])),
        (pints.LogNormalLogPrior(0.4, 1.3), np.array([0.6])),
        (pints.LogUniformLogPrior(0.1, 9.0), np.array([0.6])),
        (pints.MultivariateGaussianLogPrior([0.1, 0.5], [[1.2, 0.3], [0.3, 0.7]]), pair),
        (pints.StudentTLogPrior(0.4, 3.3, 1.3), np.array([1.1])),
        (pints.TruncatedGaussianLogPrior(0.4, 1.3, -1.0, 3.0), np.array([1.1])),
        (pints.UniformLogPrior([0, 0], [2, 3]), pair),
        (pints.ComposedLogPrior(pints.GaussianLogPrior(0, 2), pints.GammaLogPrior(2, 1)), pair),
        (toy.AnnulusLogPDF(2, 1.4, 0.7), pair),
        (toy.ConeLogPDF(2, 0.6), pair),
        (toy.EightSchoolsLogPDF(), np.linspace(0.6, 2.1, 10)),
        (toy.EightSchoolsLogPDF(centered=False), np.linspace(0.6, 2.1, 10)),
        (toy.GaussianLogPDF([0.1, 0.5], [0.7, 1.6]), pair),
        (toy.HighDimensionalGaussianLogPDF(3, 0.4), np.array([0.3, -0.8, 1.1])),
        (toy.MultimodalGaussianLogPDF([[0.1, 0.4], [1.5, 0.9]]), pair),
        (toy.NealsFunnelLogPDF(3), np.array([0.3, -0.8, 1.1])),
        (toy.ParabolicError([0.3, 1.2]), pair),
        (toy.RosenbrockLogPDF(), pair),
        (toy.SimpleEggBoxLogPDF(1.2, 0.9), pair),
        (toy.TwistedGaussianLogPDF(3, 0.3), np.array([0.3, -0.8, 1.1])),
        (toy.GermanCreditLogPDF(*_credit()), np.linspace(-0.5, 0.6, 25)),
    ):
        name = type(one).__name__ + (", not centred" if getattr(one, "_centered", True) is False else "")
        yield (
            name,
            lambda x, o=one: float(np.squeeze(o(x))),
            lambda x, o=one: np.ravel(o.evaluateS1(x)[1]),
            at,
        )


def _credit() -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    return rng.normal(size=(30, 25)), np.where(rng.random(30) < 0.4, 1, -1)


def _transformations(pints: Any) -> Iterator[Pair]:
    for one, at in (
        (pints.LogTransformation(2), np.array([0.4, -1.3])),
        (pints.LogitTransformation(2), np.array([0.4, -1.3])),
        (pints.RectangularBoundariesTransformation([0.1, -2], [3, 5]), np.array([0.4, -1.3])),
        (pints.ScalingTransformation([0.3, -2.0]), np.array([0.4, -1.3])),
        (
            pints.ComposedTransformation(pints.LogTransformation(1), pints.LogitTransformation(1)),
            np.array([0.4, -1.3]),
        ),
    ):
        name = type(one).__name__
        yield f"{name} to_model", one.to_model, one.jacobian, at
        yield (
            f"{name} jacobian",
            one.jacobian,
            lambda q, o=one: np.moveaxis(np.asarray(o.jacobian_S1(q)[1]), 0, -1),
            at,
        )
        yield (
            f"{name} log_jacobian_det",
            lambda q, o=one: float(o.log_jacobian_det(q)),
            lambda q, o=one: np.ravel(o.log_jacobian_det_S1(q)[1]),
            at,
        )


def _models(pints: Any) -> Iterator[Pair]:
    toy = pints.toy
    for one, at in (
        (toy.LogisticModel(), np.array([0.3, 40.0])),
        (toy.ConstantModel(2), np.array([0.3, 1.7])),
        (toy.SimpleHarmonicOscillatorModel(), np.array([1.1, 0.3, 0.8])),
        (toy.SimpleHarmonicOscillatorModel(), np.array([1.1, 0.3, 0.4])),
    ):
        yield (
            f"{type(one).__name__} simulate at {at}",
            lambda p, o=one: np.asarray(o.simulate(p, _TIMES)),
            lambda p, o=one: np.asarray(o.simulateS1(p, _TIMES)[1]),
            at,
        )
    for one, state in (
        (toy.FitzhughNagumoModel(), np.array([0.4, -0.7])),
        (toy.GoodwinOscillatorModel(), np.array([0.4, 0.7, 1.1])),
        (toy.Hes1Model(), np.array([0.4, 0.7, 1.1])),
        (toy.LotkaVolterraModel(), np.array([0.4, 0.7])),
    ):
        at = np.asarray(one.suggested_parameters(), dtype=float)

        def by_state(y: Any, o: Any = one, p: Any = at) -> Any:
            return np.array(o._rhs(y, 0.0, p), dtype=float)  # noqa: SLF001

        def by_parameters(p: Any, o: Any = one, y: Any = state) -> Any:
            return np.array(o._rhs(y, 0.0, p), dtype=float)  # noqa: SLF001

        name = type(one).__name__
        yield f"{name} jacobian", by_state, lambda y, o=one, p=at: o.jacobian(y, 0.0, p), state
        yield f"{name} _dfdp", by_parameters, lambda p, o=one, y=state: o._dfdp(y, 0.0, p), at  # noqa: SLF001


def _likelihoods(pints: Any) -> Iterator[Pair]:
    model, rng = pints.toy.LogisticModel(), np.random.default_rng(9)
    values = np.abs(model.simulate([0.3, 40.0], _TIMES) + rng.normal(size=4))
    problem = pints.SingleOutputProblem(model, _TIMES, values)
    start = np.array([0.35, 38.0])
    for one, more in (
        (pints.GaussianLogLikelihood(problem), [1.2]),
        (pints.GaussianKnownSigmaLogLikelihood(problem, 1.2), []),
        (pints.LogNormalLogLikelihood(problem), [0.7]),
        (pints.ConstantAndMultiplicativeGaussianLogLikelihood(problem), [0.8, 1.1, 0.4]),
        (pints.CensoredGaussianLogLikelihood(problem, lower=values[0] + 1.0, upper=values[-1] - 0.5), [1.2]),
        (pints.ScaledLogLikelihood(pints.GaussianKnownSigmaLogLikelihood(problem, 1.2)), []),
        (pints.MeanSquaredError(problem), []),
        (pints.SumOfSquaresError(problem), []),
        (pints.ProbabilityBasedError(pints.GaussianKnownSigmaLogLikelihood(problem, 1.2)), []),
        (
            pints.TransformedLogPDF(
                pints.GaussianKnownSigmaLogLikelihood(problem, 1.2), pints.LogTransformation(2)
            ),
            None,
        ),
    ):
        at = np.log(start) if more is None else np.append(start, more)
        yield (
            type(one).__name__,
            lambda p, o=one: float(np.squeeze(o(p))),
            lambda p, o=one: np.ravel(o.evaluateS1(p)[1]),
            at,
        )
