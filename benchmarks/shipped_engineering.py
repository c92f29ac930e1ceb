"""Derivatives in OpenMDAO and OpenTURNS: components, interpolants, distributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair, diagonal

__all__ = ["openmdao_pairs", "openturns_pairs"]

_RNG = np.random.default_rng(17)


def openmdao_pairs() -> Iterator[Pair]:
    yield from _interpolants()
    yield from _components()


_ONE = (
    "slinear lagrange2 lagrange3 cubic akima scipy_cubic scipy_quintic "
    "1D-slinear 1D-lagrange2 1D-lagrange3 1D-akima"
)
_TWO = "slinear lagrange2 lagrange3 cubic akima scipy_cubic 2D-slinear 2D-lagrange2 2D-lagrange3"
_THREE = "lagrange2 lagrange3 akima 3D-slinear 3D-lagrange2 3D-lagrange3"


def _interpolants() -> Iterator[Pair]:
    from openmdao.components.interp_util.interp import InterpND

    grid = np.array([0.0, 0.7, 1.1, 2.0, 2.6, 3.3, 4.1])
    line = np.sin(grid) + 0.2 * grid**2
    surface = np.sin(grid)[:, None] * np.cos(0.7 * grid)[None, :] + 0.1 * grid[:, None] * grid
    solid = surface[:, :, None] * np.exp(-0.3 * grid)
    for methods, values in ((_ONE, line), (_TWO, surface), (_THREE, solid)):
        at = np.array([1.47, 2.31, 0.55])[: values.ndim]
        for method in methods.split(" "):
            yield from _one_interpolant(InterpND, method, (grid,) * values.ndim, values, at)
    for method in ("slinear", "lagrange2", "lagrange3", "cubic", "akima", "bsplines"):
        yield from _one_spline(InterpND, method, line)


def _one_interpolant(kind: Any, method: str, points: Any, values: Any, at: Any) -> Iterator[Pair]:
    def value(x: Any) -> float:
        return float(np.ravel(kind(method=method, points=points, values=values).interpolate(x))[0])

    def slope(x: Any) -> Any:
        one = kind(method=method, points=points, values=values)
        return np.ravel(one.interpolate(x, compute_derivative=True)[1])

    yield f"InterpND {method}, {len(points)}-D", value, slope, at
    yield f"InterpND {method}, {len(points)}-D, first cell", value, slope, np.full(at.size, 0.31)
    yield f"InterpND {method}, {len(points)}-D, last cell", value, slope, np.full(at.size, 3.87)


def _one_spline(kind: Any, method: str, values: Any) -> Iterator[Pair]:
    where = np.linspace(0.05, 0.95, 5)
    more = {"num_cp": values.size} if method == "bsplines" else {"points": np.linspace(0, 1, values.size)}

    def spline() -> Any:
        return kind(method=method, x_interp=where, **more)

    yield (
        f"spline {method} by its values",
        lambda v: np.ravel(spline().evaluate_spline(v[None, :])),
        lambda v: np.reshape(
            spline().evaluate_spline(v[None, :], compute_derivative=True)[1], (where.size, v.size)
        ),
        values,
    )


def _components() -> Iterator[Pair]:
    import openmdao.api as om

    three, four = _RNG.normal(size=3), _RNG.normal(size=4)
    matrix = _RNG.normal(size=(3, 3)) + 3 * np.eye(3)
    for name, component, inputs, output in (
        ("KSComp", om.KSComp(width=4, rho=3.0), {"g": four[None, :]}, "KS"),
        ("KSComp upper", om.KSComp(width=4, rho=3.0, upper=0.7), {"g": four[None, :]}, "KS"),
        ("KSComp lower", om.KSComp(width=4, rho=3.0, lower_flag=True), {"g": four[None, :]}, "KS"),
        ("KSComp minimum", om.KSComp(width=4, rho=3.0, minimum=True), {"g": four[None, :]}, "KS"),
        ("CrossProductComp", om.CrossProductComp(), {"a": three[None, :], "b": three[None, ::-1] + 0.3}, "c"),
        ("DotProductComp", om.DotProductComp(length=3), {"a": three[None, :], "b": three[None, ::-1]}, "c"),
        ("VectorMagnitudeComp", om.VectorMagnitudeComp(length=3), {"a": three[None, :]}, "a_mag"),
        (
            "MatrixVectorProductComp",
            om.MatrixVectorProductComp(A_shape=(3, 3)),
            {"A": matrix[None, :, :], "x": three[None, :]},
            "b",
        ),
        ("LinearSystemComp", om.LinearSystemComp(size=3), {"A": matrix, "b": three}, "x"),
        (
            "EQConstraintComp",
            om.EQConstraintComp("y", use_mult=True),
            {"lhs:y": 1.7, "rhs:y": 0.6, "mult:y": 1.3},
            "y",
        ),
        ("EQConstraintComp large", om.EQConstraintComp("y"), {"lhs:y": 1.7, "rhs:y": 4.6}, "y"),
        ("EQConstraintComp negative", om.EQConstraintComp("y"), {"lhs:y": 1.7, "rhs:y": -4.6}, "y"),
        (
            "ExecComp",
            om.ExecComp("y = x**2*sin(x) + arctan2(x, 1.3) + erf(x)*log1p(abs(x))", has_diag_partials=True),
            {"x": 0.7},
            "y",
        ),
        (
            "ExecComp special",
            om.ExecComp("y = arcsinh(x) + cosh(x)*tanh(x) + exp(-x) + log10(x) + power(x, 2.3)"),
            {"x": 0.7},
            "y",
        ),
    ):
        problem = om.Problem(reports=False)
        problem.model.add_subsystem("c", component, promotes=["*"])
        for key, value in inputs.items():
            problem.model.set_input_defaults(key, np.asarray(value, dtype=float))
        problem.setup()
        problem.final_setup()
        for key, start in inputs.items():

            def value(
                x: Any, p: Any = problem, key: str = key, inputs: Any = inputs, output: str = output
            ) -> Any:
                for other, number in inputs.items():
                    p.set_val(other, number)
                p.set_val(key, x)
                p.run_model()
                return np.array(p.get_val(output))

            def slope(
                x: Any, p: Any = problem, key: str = key, output: str = output, value: Any = value
            ) -> Any:
                shape = value(x).shape
                totals = p.compute_totals(of=[output], wrt=[key])[output, key]
                return np.reshape(np.array(totals), shape + np.shape(x))

            yield f"{name} by {key}", value, slope, np.array(start, dtype=float)


def openturns_pairs() -> Iterator[Pair]:
    import openturns as ot

    for law, at in (
        (ot.Normal(0.4, 1.3), 1.1),
        (ot.Student(3.3, 0.4, 1.3), 1.1),
        (ot.Logistic(0.4, 1.3), 1.1),
        (ot.Laplace(0.4, 1.3), 1.1),
        (ot.Gumbel(1.3, 0.4), 1.1),
        (ot.Exponential(1.3, 0.2), 1.1),
        (ot.Gamma(2.3, 1.4, 0.2), 1.1),
        (ot.Beta(1.7, 2.4, 0.0, 2.0), 1.1),
        (ot.LogNormal(0.4, 0.8, 0.2), 1.1),
        (ot.WeibullMin(1.3, 1.7, 0.2), 1.1),
        (ot.Rayleigh(1.3, 0.2), 1.1),
        (ot.ChiSquare(2.3), 1.1),
        (ot.Triangular(-1.0, 0.4, 2.0), 1.1),
        (ot.TruncatedNormal(0.4, 1.3, -1.0, 3.0), 1.1),
        (ot.Burr(1.7, 2.4), 1.1),
        (ot.InverseNormal(1.3, 1.7), 1.1),
        (ot.InverseGamma(1.4, 2.3), 1.1),
        (ot.Pareto(1.3, 2.4, -1.0), 1.1),
        (ot.GeneralizedExtremeValue(0.4, 1.3, 0.2), 1.1),
        (ot.FisherSnedecor(3.0, 5.0), 1.1),
        (ot.VonMises(0.4, 1.3), 1.1),
        (ot.Epanechnikov(), 0.3),
    ):
        name = law.getClassName()
        where = np.array([at])
        yield (
            f"{name} computeDDF",
            diagonal_value(law.computePDF),
            diagonal(lambda x, d=law: d.computeDDF([x[0]])),
            where,
        )
        yield from _by_parameters(name, law, at)


def diagonal_value(f: Any) -> Any:
    """Return a function of an array from one of a point."""
    return lambda x: np.array([f([float(x[0])])])


def _by_parameters(name: str, law: Any, at: float) -> Iterator[Pair]:
    kind, start = type(law), np.array(law.getParameter())
    if not start.size:
        return
    for value_name, slope_name in (
        ("computePDF", "computePDFGradient"),
        ("computeCDF", "computeCDFGradient"),
        ("computeLogPDF", "computeLogPDFGradient"),
    ):

        def value(p: Any, method: str = value_name) -> float:
            one = kind(law)
            one.setParameter(p)
            return float(getattr(one, method)([at]))

        def slope(p: Any, method: str = slope_name) -> Any:
            one = kind(law)
            one.setParameter(p)
            return np.array(getattr(one, method)([at]))

        yield f"{name} {slope_name}", value, slope, start
