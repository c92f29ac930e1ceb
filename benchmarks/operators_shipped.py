"""Derivatives that released packages ship, by hand or by autodiff; what is not installed is left out."""

from __future__ import annotations

from collections.abc import Iterator

from shipped_astronomy import astropy_pairs, galpy_pairs
from shipped_autograd import autograd_pairs
from shipped_scipy import scipy_pairs
from shipped_statistics import sklearn_pairs, statsmodels_pairs
from verdicts_cases import Case

__all__ = ["shipped_cases"]

_PACKAGES = {
    "scipy": scipy_pairs,
    "sklearn": sklearn_pairs,
    "statsmodels": statsmodels_pairs,
    "astropy": astropy_pairs,
    "galpy": galpy_pairs,
    "autograd": autograd_pairs,
}


def shipped_cases() -> Iterator[tuple[Case, bool]]:
    """Yield what the installed packages claim, none of it at an edge."""
    for package, pairs in _PACKAGES.items():
        try:
            for name, f, jac, x in pairs():
                yield Case(f"{package} {name}", f, jac, x), False
        except ImportError as missing:
            print(f"{package} left out: {missing}")
