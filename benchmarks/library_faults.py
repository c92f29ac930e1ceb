"""Derivatives that their libraries get wrong, each confirmed by other means: a check has to reject them.

Found by ``operators.py`` in the versions that ``benchmarks/README.md`` names.  Some are wrong formulas.  Some
hold to a few digits only: the library takes differences of its own, or function and derivative place an
epsilon differently.
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
    "jax spence #2": "0 at 1, where the derivative is -1, by mpmath",
    "jax hyp2f1 #2": "f is 4.47 at 1 - 1e-9, where the function is 8.43, by mpmath",
    "jax wofz": "f is an approximation to 8 digits, the claim the formula, by mpmath",
    "jax owens_t #3": "f is 8% off at 30, the claim is the formula, by mpmath",
    "scipy itairy Ai": "f is 2.6 at 9, where the integral is 0.333, and its slope 15.7",
    "statsmodels NegativeBinomial nb2 score": "Hessian in the dispersion, by differences of the score",
    "statsmodels NegativeBinomial nb1 score": "the same",
    "statsmodels ZeroInflatedPoisson score": "mixed block of the Hessian left 0, by differences of the score",
    "statsmodels TransfFrank evaluate": "sign",
    "statsmodels TransfGumbel deriv": "NaN, the second derivative of a decreasing generator",
    "astropy Drude1D": "derivative by the centre, by differences",
    "galpy RazorThinExponentialDiskPotential forces": "force and potential are integrated to 8 digits",
    "autograd mvn logpdf, cov": "f reads one triangle of the covariance, the gradient is symmetric",
    "paramz NegativeExponent f": "sign: -df*f for f = -exp(x), whose slope is f",
    "GPy kernel LogisticBasisFunc Kdiag": "the slope keeps its old gradient",
    "GPy kernel LogisticBasisFunc K(X, X2)": "raises where X and X2 differ in length",
    "ngboost Laplace LaplaceCRPScore": "the term -0.75 scale is not differentiated, by mpmath",
    "ngboost Exponential ExponentialCRPScore, event": "sign of a term, by mpmath",
    "ngboost LogNormal LogNormalLogScoreCensored, censored": "factor scale missing, by mpmath",
    "ngboost LogNormal LogNormalCRPScoreCensored, censored": "terms of the product rule wrong, by mpmath",
    "ngboost Gamma GammaLogScore": "log(1e-10 + beta y) for log(beta y)",
    "ngboost MultivariateNormal": "1e-6 is added to the diagonal after the exponential",
    "ngboost Exponential ExponentialLogScore, censored": "f adds 1e-10 inside the logarithm",
    "glum negative binomial unit_deviance": "1/theta is rounded to float32 in f alone",
    "pints CensoredGaussianLogLikelihood": "by sigma: censored values in place of the bounds, by differences",
    "pyttb negative_binomial": "(trials + 1) for (trials + data)",
    "pyttb ztp": "f and gradient add their 1e-10 at different places",
    "mystic Rosenbrock hessian": "1200 x0 for 1200 x0 squared",
    "smt surrogate KRG linear trend variance": "1.4% off, by differences of other steps",
    "pvlib bishop88 breakdown": "factor -1/breakdown_voltage missing, by mpmath",
    "lenstronomy GAUSSIAN_ELLIPSE_POTENTIAL hessian": "one-sided differences of 1e-6 inside",
    "lenstronomy PJAFFE_ELLIPSE_POTENTIAL hessian": "one-sided differences of 1e-6 inside",
    "lenstronomy SERSIC hessian": "one-sided differences of 1e-6 inside",
    "lenstronomy SERSIC_ELLIPSE_POTENTIAL hessian": "one-sided differences of 1e-6 inside",
    "lenstronomy BPL deflection": "the potential is a series to 8 digits",
    "lenstronomy CNFW deflection": "the potential is integrated to 7 digits",
    "lenstronomy CNFW_ELLIPSE_POTENTIAL deflection": "the potential is integrated to 7 digits",
    "gala BurkertPotential 2 hessian": "zeros are returned, there is none",
    "gala KuzminPotential 2 hessian": "zeros are returned, there is none",
    "gala LeeSutoTriaxialNFWPotential 5 hessian": "zeros are returned, there is none",
    "gala LogarithmicPotential 6 hessian": "the rotation phi is left out",
    "gsw enthalpy second derivatives": "h_SA_SA is 0.4% off, by the integral of v_SA_SA over the pressure",
    "gsw t_freezing_poly first derivatives": "1e-4 off, by differences of three steps",
    "gsw CT_freezing_poly first derivatives": "2e-5 off, by differences of three steps",
    "gsw t_freezing first derivatives": "3e-6 off, by differences of three steps",
    "gsw CT_freezing first derivatives": "3e-6 off, by differences of three steps",
    "gsw CT second derivatives": "differences of 1e-2 inside, 1e-7 off",
    "gsw pt second derivatives": "differences of 1e-2 inside, 1e-7 off",
    "CoolProp PR Propane S first": "cv/T, which is not the slope of the entropy returned, by (du/dT)/T",
    "CoolProp SRK Propane S first": "cv/T, which is not the slope of the entropy returned, by (du/dT)/T",
    "ase ff dihedral hessian": "one-sided differences of 1e-6 inside",
    "ase ff dihedral n hessian": "one-sided differences of 1e-6 inside",
    "geometric LinearAngle second": "differences of 1e-3 inside",
    "geometric LinearAngle, other axis second": "differences of 1e-3 inside",
    "geometric OutOfPlane second": "differences of 1e-3 inside",
    "geometric CentroidDistance second": "differences of 1e-4 inside",
    "mygrad sinc at 0": "0 at 1e-9, where the derivative is -3.3e-9",
    "ahrs EKF dhdq NED refactored": "not the Jacobian of h on the sphere; the mode `normal` is, by sympy",
    "ahrs EKF dhdq ENU refactored": "not the Jacobian of h on the sphere; the mode `normal` is, by sympy",
    "openturns Pareto computeCDFGradient": "NaN by the location, where the derivative is -0.3615",
    "openturns Student computePDFGradient": "differences inside, 1e-7 off, by mpmath",
    "openturns Student computeCDFGradient": "differences inside, 1e-9 off, by mpmath",
    "openturns Student computeLogPDFGradient": "differences inside, 1e-7 off, by mpmath",
    "openturns InverseNormal computePDFGradient": "differences inside, 1e-9 off, by mpmath",
    "openturns InverseNormal computeCDFGradient": "differences inside, 1e-10 off, by mpmath",
    "openturns InverseNormal computeLogPDFGradient": "differences inside, 1e-9 off, by mpmath",
    "openturns InverseGamma computeCDFGradient": "differences inside, 1e-10 off, by mpmath",
    "openturns FisherSnedecor computeDDF": "differences inside, 1e-10 off, by mpmath",
    "openturns VonMises computePDFGradient": "differences inside, 1e-10 off, by mpmath",
    "openturns VonMises computeLogPDFGradient": "differences inside, 1e-10 off, by mpmath",
}


def known_fault(name: str) -> str:
    """Return why the derivative of the case ``name`` is wrong, empty if it is not known to be."""
    return next((why for known, why in _FAULTS.items() if name.startswith(known)), "")
