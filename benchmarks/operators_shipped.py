"""Derivatives that released packages ship, by hand or by autodiff; what is absent is left out and named."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib import metadata

from verdicts_cases import Case

__all__ = ["shipped_cases"]

_PACKAGES = {
    "scipy": "shipped_scipy.scipy_pairs",
    "scikit-learn": "shipped_statistics.sklearn_pairs",
    "statsmodels": "shipped_statistics.statsmodels_pairs",
    "astropy": "shipped_astronomy.astropy_pairs",
    "galpy": "shipped_astronomy.galpy_pairs",
    "autograd": "shipped_autograd.autograd_pairs",
    "paramz": "shipped_gaussian_processes.paramz_pairs",
    "GPy": "shipped_gaussian_processes.gpy_pairs",
    "scikit-optimize": "shipped_gaussian_processes.skopt_pairs",
    "ngboost": "shipped_regression.ngboost_pairs",
    "glum": "shipped_regression.glum_pairs",
    "pygam": "shipped_regression.pygam_pairs",
    "properscoring": "shipped_regression.properscoring_pairs",
    "autograd-gamma": "shipped_regression.autograd_gamma_pairs",
    "lifelines": "shipped_regression.lifelines_pairs",
    "pints": "shipped_inference.pints_pairs",
    "pyttb": "shipped_optimisation.pyttb_pairs",
    "pyunlocbox": "shipped_optimisation.pyunlocbox_pairs",
    "optimagic": "shipped_optimisation.optimagic_pairs",
    "mystic": "shipped_optimisation.mystic_pairs",
    "smt": "shipped_optimisation.smt_pairs",
    "pvlib": "shipped_fitting.pvlib_pairs",
    "iminuit": "shipped_fitting.iminuit_pairs",
    "uncertainties": "shipped_fitting.uncertainties_pairs",
    "lenstronomy": "shipped_lensing.lenstronomy_pairs",
    "gala": "shipped_lensing.gala_pairs",
    "chemicals": "shipped_chemistry.chemicals_pairs",
    "gsw": "shipped_sea.gsw_pairs",
    "CoolProp": "shipped_sea.coolprop_pairs",
    "thermo": "shipped_mixtures.thermo_pairs",
    "ase": "shipped_molecules.ase_pairs",
    "geometric": "shipped_molecules.geometric_pairs",
    "mygrad": "shipped_learning.mygrad_pairs",
    "entmax": "shipped_learning.entmax_pairs",
    "POT": "shipped_learning.pot_pairs",
    "tslearn": "shipped_learning.tslearn_pairs",
    "pytransform3d": "shipped_motion.pytransform3d_pairs",
    "ahrs": "shipped_motion.ahrs_pairs",
    "openmdao": "shipped_engineering.openmdao_pairs",
    "openturns": "shipped_engineering.openturns_pairs",
}
"""Distribution, and where its derivatives are written down."""


def shipped_cases(only: str = "") -> Iterator[tuple[Case, bool]]:
    """Yield what the installed packages claim, and whether that is at an edge.

    A package that is absent, or whose cases cannot be made, is named on standard output.  Where ``only``
    begins with a package the others are left alone.
    """
    chosen = [package for package in _PACKAGES if only.startswith(package)] or list(_PACKAGES)
    absent, versions, counts = [], {}, {}
    for package in chosen:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            absent.append(package)
            continue
        module, function = _PACKAGES[package].rsplit(".", 1)
        try:
            for name, f, jac, x in getattr(importlib.import_module(module), function)():
                counts[package] = counts.get(package, 0) + 1
                yield Case(f"{package} {name}", f, jac, x), name.endswith("edge")
        except Exception as raised:
            print(
                f"{package} LEFT OUT after {counts.get(package, 0)} cases: {type(raised).__name__}: {raised}"
            )
    judged = ", ".join(f"{name} {versions[name]} {number}" for name, number in counts.items())
    print(f"cases: {judged or 'none'}")
    print(f"not installed, left out: {', '.join(absent) or 'none'}")
