"""Derivatives in lenstronomy and gala: gravitational lenses, galactic potentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["gala_pairs", "lenstronomy_pairs"]

_MODELS = (
    "BPL CHAMELEON CNFW CNFW_ELLIPSE_POTENTIAL CONVERGENCE coreBURKERT CORED_DENSITY CORED_DENSITY_2 "
    "CORED_DENSITY_EXP CORED_DENSITY_MST CSE CURVED_ARC_SIS_MST CURVED_ARC_SPT EPL EPL_BOXYDISKY "
    "EPL_MULTIPOLE_M3M4 EPL_Q_PHI FLEXION FLEXIONFG GAUSSIAN GAUSSIAN_ELLIPSE_KAPPA "
    "GAUSSIAN_ELLIPSE_POTENTIAL GAUSSIAN_POTENTIAL HERNQUIST HERNQUIST_ELLIPSE_POTENTIAL "
    "HERNQUIST_ELLIPSE_CSE HESSIAN MULTIPOLE MULTIPOLE_ELL NFW NFW_ELLIPSE_CSE NFW_ELLIPSE_POTENTIAL "
    "NIE NIE_POTENTIAL PJAFFE PJAFFE_ELLIPSE_POTENTIAL POINT_MASS PSEUDO_DPL SERSIC "
    "SERSIC_ELLIPSE_POTENTIAL SHEAR SHEAR_GAMMA_PSI SHEAR_REDUCED SIE SIS SIS_TRUNCATED SPEP SPL_CORE "
    "SPP TNFW TNFWC TNFW_ELLIPSE_POTENTIAL ULDM"
)

_NUMBERS = {
    "theta_E": 1.3,
    "e1": 0.12,
    "e2": -0.07,
    "center_x": 0.02,
    "center_y": -0.03,
    "gamma": 1.9,
    "gamma1": 0.06,
    "gamma2": -0.04,
    "Rs": 0.9,
    "alpha_Rs": 0.7,
    "s_scale": 0.2,
    "Ra": 0.4,
    "q": 0.8,
    "phi": 0.4,
    "phi_m": 0.4,
    "m": 3,
    "a_m": 0.05,
    "r_core": 0.3,
    "r_trunc": 2.7,
    "ra_0": 0,
    "n_sersic": 2.3,
    "R_sersic": 0.9,
    "k_eff": 0.4,
    "sigma": 0.6,
    "amp": 1.4,
    "kappa": 0.3,
    "w_c": 0.2,
    "w_t": 1.4,
    "alpha_1": 1.1,
    "s1": 0.2,
    "r_E": 1.4,
    "gamma_inner": 1.3,
    "gamma_outer": 2.7,
}


def lenstronomy_pairs() -> Iterator[Pair]:
    from lenstronomy.LensModel.lens_model import LensModel

    at = np.array([0.63, 0.41])
    for name in _MODELS.split(" "):
        try:
            model = LensModel([name]).lens_model.func_list[0]
            settings = _settings(model)
            model.derivatives(at[0], at[1], **settings)
        except Exception as raised:
            print(f"lenstronomy {name} left out: {type(raised).__name__}: {raised}")
            continue

        def potential(x: Any, m: Any = model, s: Any = settings) -> Any:
            return float(np.squeeze(m.function(x[0], x[1], **s)))

        def deflection(x: Any, m: Any = model, s: Any = settings) -> Any:
            return np.array([float(np.squeeze(part)) for part in m.derivatives(x[0], x[1], **s)])

        def hessian(x: Any, m: Any = model, s: Any = settings) -> Any:
            parts = [float(np.squeeze(part)) for part in m.hessian(x[0], x[1], **s)]
            return np.array(parts).reshape(2, 2)

        if _answers(potential, at):
            yield f"{name} deflection", potential, deflection, at
        if _answers(hessian, at):
            yield f"{name} hessian", deflection, hessian, at


def _answers(part: Any, at: Any) -> bool:
    try:
        return bool(np.isfinite(part(at)).all())
    except Exception:
        return False


def _settings(model: Any) -> dict[str, Any]:
    lower, upper = model.lower_limit_default, model.upper_limit_default
    return {
        name: _NUMBERS[name]
        if name in _NUMBERS
        else max(lower[name], -1.0) * 0.6 + min(upper[name], 1.5) * 0.4
        for name in model.param_names
    }


def gala_pairs() -> Iterator[Pair]:
    import gala.potential as potentials
    from gala.units import dimensionless

    at = np.array([0.8, -0.5, 0.3])
    for name, numbers in (
        ("KeplerPotential", {"m": 1.3}),
        ("IsochronePotential", {"m": 1.3, "b": 0.7}),
        ("HernquistPotential", {"m": 1.3, "c": 0.7}),
        ("PlummerPotential", {"m": 1.3, "b": 0.7}),
        ("JaffePotential", {"m": 1.3, "c": 0.7}),
        ("StonePotential", {"m": 1.3, "r_c": 0.4, "r_h": 1.7}),
        ("PowerLawCutoffPotential", {"m": 1.3, "alpha": 1.6, "r_c": 0.9}),
        ("BurkertPotential", {"rho": 1.3, "r0": 0.7}),
        ("SatohPotential", {"m": 1.3, "a": 0.7, "b": 0.2}),
        ("KuzminPotential", {"m": 1.3, "a": 0.7}),
        ("MiyamotoNagaiPotential", {"m": 1.3, "a": 0.7, "b": 0.2}),
        ("MN3ExponentialDiskPotential", {"m": 1.3, "h_R": 0.7, "h_z": 0.2}),
        ("NFWPotential", {"m": 1.3, "r_s": 0.7}),
        ("NFWPotential", {"m": 1.3, "r_s": 0.7, "c": 0.8}),
        ("NFWPotential", {"m": 1.3, "r_s": 0.7, "a": 1.1, "b": 0.9, "c": 0.8}),
        ("LogarithmicPotential", {"v_c": 1.3, "r_h": 0.4, "q1": 1.1, "q2": 0.9, "q3": 0.8, "phi": 0.3}),
        ("LeeSutoTriaxialNFWPotential", {"v_c": 1.3, "r_s": 0.7, "a": 1.1, "b": 0.9, "c": 0.8}),
        ("LongMuraliBarPotential", {"m": 1.3, "a": 0.9, "b": 0.3, "c": 0.2, "alpha": 0.4}),
    ):
        try:
            one = getattr(potentials, name)(**numbers, units=dimensionless)
            one.gradient(at)
        except Exception as raised:
            print(f"gala {name} left out: {raised}")
            continue
        where = at[: one.ndim]
        label = f"{name} {len(numbers)}"
        yield (
            f"{label} gradient",
            lambda x, o=one: float(o.energy(x).value[0]),
            lambda x, o=one: np.ravel(o.gradient(x).value),
            where,
        )
        try:
            one.hessian(where)
        except (NotImplementedError, ValueError, AttributeError):
            continue
        yield (
            f"{label} hessian",
            lambda x, o=one: np.ravel(o.gradient(x).value),
            lambda x, o=one: np.asarray(o.hessian(x).value)[..., 0].reshape(x.size, x.size),
            where,
        )
