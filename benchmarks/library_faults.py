"""Derivatives that their libraries get wrong, each confirmed by other means: a check has to reject them.

Found by ``operators.py`` in PyTorch 2.13, SciPy 1.17, statsmodels 0.15, astropy 8.0, galpy 1.12 and autograd
1.9.
"""

from __future__ import annotations

__all__ = ["known_fault"]

_FAULTS = {
    "torch hardsigmoid": "the constant 1/6 is that of float32",
    "torch sinc #3": "0 at 1e-9, where the derivative is -3.3e-9",
    "torch digamma": "trigamma is off by 4e-10, by mpmath",
    "torch polygamma 1": "trigamma is off by 4e-10, and its slope is not that of the claim",
    "torch kl of gammas": "trigamma is off by 4e-10",
    "torch gaussian_nll_loss": "the gradient passes through a variance that f clamps at 1e-6",
    "scipy itairy Ai": "f is 2.6 at 9, where the integral is 0.333, and its slope 15.7",
    "statsmodels NegativeBinomial nb2 score": "Hessian in the dispersion, by differences of the score",
    "statsmodels NegativeBinomial nb1 score": "the same",
    "statsmodels ZeroInflatedPoisson score": "mixed block of the Hessian left 0, by differences of the score",
    "statsmodels TransfFrank evaluate": "sign",
    "statsmodels TransfGumbel deriv": "NaN, the second derivative of a decreasing generator",
    "astropy Drude1D": "derivative by the centre, by differences",
    "galpy RazorThinExponentialDiskPotential forces": "force and potential are integrated to 8 digits",
    "autograd mvn logpdf, cov": "f reads one triangle of the covariance, the gradient is symmetric",
}


def known_fault(name: str) -> str:
    """Return why the derivative of the case ``name`` is wrong, empty if it is not known to be."""
    return next((why for known, why in _FAULTS.items() if name.startswith(known)), "")
