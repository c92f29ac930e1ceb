"""Derivatives in astropy and galpy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["astropy_pairs", "galpy_pairs"]

_WHERE = np.array([0.5, 1.2, 1.9, 2.6])
_GRID = np.linspace(-2.0, 3.0, 6)


def astropy_pairs() -> Iterator[Pair]:
    from astropy.modeling import models

    for name, numbers in (
        ("Gaussian1D", (1.3, 0.4, 0.8)),
        ("Lorentz1D", (1.3, 0.4, 0.8)),
        ("Moffat1D", (1.3, 0.4, 0.8, 1.7)),
        ("Sine1D", (1.3, 0.4, 0.2)),
        ("Cosine1D", (1.3, 0.4, 0.2)),
        ("Tangent1D", (1.3, 0.04, 0.02)),
        ("Const1D", (1.3,)),
        ("Linear1D", (1.3, 0.4)),
        ("PowerLaw1D", (1.3, 0.7, 1.4)),
        ("BrokenPowerLaw1D", (1.3, 1.7, 1.4, 2.2)),
        ("ExponentialCutoffPowerLaw1D", (1.3, 0.7, 1.4, 2.2)),
        ("LogParabola1D", (1.3, 0.7, 1.4, 0.3)),
        ("Exponential1D", (1.3, 0.9)),
        ("Logarithmic1D", (1.3, 0.9)),
        ("Plummer1D", (1.3, 0.9)),
        ("Drude1D", (1.3, 0.9, 0.7)),
        ("Voigt1D", (0.4, 1.3, 0.7, 0.9)),
        ("KingProjectedAnalytic1D", (1.3, 0.9, 7.0)),
        ("Schechter1D", (1.3, 1.1, -0.8)),
        ("SmoothlyBrokenPowerLaw1D", (1.3, 1.7, -1.4, 2.2, 0.3)),
        ("ArcSine1D", (9.3, 0.4, 0.02)),
        ("ArcCosine1D", (9.3, 0.4, 0.02)),
        ("ArcTangent1D", (1.3, 0.4, 0.2)),
        ("Scale", (1.3,)),
        ("Shift", (1.3,)),
        ("RedshiftScaleFactor", (0.6,)),
    ):
        model = getattr(models, name)()
        if getattr(model, "fit_deriv", None) is None:
            continue
        yield (
            name,
            lambda p, m=model: np.asarray(m.evaluate(_WHERE, *p)) + 0.0 * _WHERE,
            lambda p, m=model: _columns(m.fit_deriv(_WHERE, *p), _WHERE),
            np.array(numbers),
        )
    a, b = np.array([0.5, 1.2, -0.4]), np.array([0.3, -0.8, 1.1])
    for name, numbers in (
        ("Gaussian2D", (1.3, 0.4, 0.2, 0.8, 1.1, 0.3)),
        ("Lorentz2D", (1.3, 0.4, 0.2, 0.8)),
        ("Moffat2D", (1.3, 0.4, 0.2, 0.8, 1.7)),
        ("Planar2D", (1.3, 0.4, 0.2)),
    ):
        model = getattr(models, name)()
        if getattr(model, "fit_deriv", None) is None:
            continue
        yield (
            name,
            lambda p, m=model: np.asarray(m.evaluate(a, b, *p)),
            lambda p, m=model: _columns(m.fit_deriv(a, b, *p), a),
            np.array(numbers),
        )
    for name in ("Polynomial1D", "Chebyshev1D", "Legendre1D", "Hermite1D"):
        poly = getattr(models, name)(3)
        yield (
            name,
            lambda p, m=poly: np.asarray(m.evaluate(_GRID, *p)),
            lambda p, m=poly: np.asarray(m.fit_deriv(_GRID, *p)),
            np.array([0.4, -0.3, 1.1, 0.2]),
        )


def _columns(parts: Any, where: Any) -> Any:
    return np.stack([np.asarray(part, dtype=float) + 0.0 * where for part in parts], axis=1)


def galpy_pairs() -> Iterator[Pair]:
    from galpy import potential

    chosen = (
        ("BurkertPotential", {}),
        ("DehnenSphericalPotential", {}),
        ("DehnenCoreSphericalPotential", {}),
        ("EinastoPotential", {}),
        ("HernquistPotential", {}),
        ("HomogeneousSpherePotential", {"R": 2.0}),
        ("IsochronePotential", {"b": 0.7}),
        ("JaffePotential", {}),
        ("KeplerPotential", {}),
        ("KuzminDiskPotential", {}),
        ("KuzminKutuzovStaeckelPotential", {}),
        ("LogarithmicHaloPotential", {"q": 0.8}),
        ("MiyamotoNagaiPotential", {"a": 0.5, "b": 0.1}),
        ("MN3ExponentialDiskPotential", {}),
        ("NFWPotential", {}),
        ("PlummerPotential", {}),
        ("PowerSphericalPotential", {}),
        ("PseudoIsothermalPotential", {}),
        ("FlattenedPowerPotential", {}),
        ("TwoPowerSphericalPotential", {}),
        ("DoubleExponentialDiskPotential", {}),
        ("RazorThinExponentialDiskPotential", {}),
        ("RingPotential", {"a": 1.7}),
        ("PowerSphericalPotentialwCutoff", {}),
        ("TruncatedHernquistPotential", {}),
        ("TruncatedNFWPotential", {}),
        ("ExpTruncNFWPotential", {}),
    )
    for name, settings in chosen:
        try:
            one = getattr(potential, name)(**settings)
        except Exception:
            continue
        at = np.array([0.9, 0.3])
        yield (
            f"{name} forces",
            lambda p, o=one: float(o(p[0], p[1], use_physical=False)),
            lambda p, o=one: (
                -np.array(
                    [o.Rforce(p[0], p[1], use_physical=False), o.zforce(p[0], p[1], use_physical=False)],
                    dtype=float,
                )
            ),
            at,
        )
        if not all(hasattr(one, part) for part in ("_R2deriv", "_z2deriv", "_Rzderiv")):
            continue
        yield (
            f"{name} second",
            lambda p, o=one: (
                -np.array(
                    [o.Rforce(p[0], p[1], use_physical=False), o.zforce(p[0], p[1], use_physical=False)],
                    dtype=float,
                )
            ),
            lambda p, o=one: _second(o, p),
            at,
        )


def _second(one: Any, p: Any) -> Any:
    mixed = one.Rzderiv(p[0], p[1], use_physical=False)
    rows = [
        [one.R2deriv(p[0], p[1], use_physical=False), mixed],
        [mixed, one.z2deriv(p[0], p[1], use_physical=False)],
    ]
    return np.array(rows, dtype=float)
