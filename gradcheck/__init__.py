"""gradcheck tells whether a derivative is right.

Public names are loaded on first use (PEP 562): importing this package imports
neither NumPy nor JAX nor Hypothesis.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradcheck import domains as domains
    from gradcheck import strategies as strategies
    from gradcheck.differentiate import jacobian as jacobian
    from gradcheck.domains import symmetric as symmetric
    from gradcheck.errors import DerivativeMismatch as DerivativeMismatch
    from gradcheck.errors import GradcheckError as GradcheckError
    from gradcheck.errors import InconclusiveCheck as InconclusiveCheck
    from gradcheck.errors import InvalidArgument as InvalidArgument
    from gradcheck.errors import MissingExtra as MissingExtra
    from gradcheck.errors import RefusedOperation as RefusedOperation
    from gradcheck.judge.adjoint import check_adjoint as check_adjoint
    from gradcheck.judge.api import assert_derivative as assert_derivative
    from gradcheck.judge.api import check as check
    from gradcheck.judge.forms import check_gradient as check_gradient
    from gradcheck.judge.forms import check_jvp as check_jvp
    from gradcheck.judge.forms import check_vjp as check_vjp
    from gradcheck.judge.second_order import check_hessian as check_hessian
    from gradcheck.judge.second_order import check_hvp as check_hvp
    from gradcheck.property import property_test as property_test
    from gradcheck.results import CheckResult as CheckResult
    from gradcheck.results import Estimate as Estimate
    from gradcheck.results import Reason as Reason
    from gradcheck.results import Status as Status
    from gradcheck.results import Verdict as Verdict
    from gradcheck.rules.registry import rule as rule
    from gradcheck.runner import run as run

__version__ = "0.1.0"

_HOME: Final = {
    "CheckResult": "gradcheck.results",
    "DerivativeMismatch": "gradcheck.errors",
    "Estimate": "gradcheck.results",
    "GradcheckError": "gradcheck.errors",
    "InconclusiveCheck": "gradcheck.errors",
    "InvalidArgument": "gradcheck.errors",
    "MissingExtra": "gradcheck.errors",
    "Reason": "gradcheck.results",
    "RefusedOperation": "gradcheck.errors",
    "Status": "gradcheck.results",
    "Verdict": "gradcheck.results",
    "assert_derivative": "gradcheck.judge.api",
    "check": "gradcheck.judge.api",
    "check_adjoint": "gradcheck.judge.adjoint",
    "check_gradient": "gradcheck.judge.forms",
    "check_hessian": "gradcheck.judge.second_order",
    "check_hvp": "gradcheck.judge.second_order",
    "check_jvp": "gradcheck.judge.forms",
    "check_vjp": "gradcheck.judge.forms",
    "domains": "gradcheck.domains",
    "jacobian": "gradcheck.differentiate",
    "property_test": "gradcheck.property",
    "rule": "gradcheck.rules.registry",
    "run": "gradcheck.runner",
    "strategies": "gradcheck.strategies",
    "symmetric": "gradcheck.domains",
}

__all__ = [
    "CheckResult",
    "DerivativeMismatch",
    "Estimate",
    "GradcheckError",
    "InconclusiveCheck",
    "InvalidArgument",
    "MissingExtra",
    "Reason",
    "RefusedOperation",
    "Status",
    "Verdict",
    "__version__",
    "assert_derivative",
    "check",
    "check_adjoint",
    "check_gradient",
    "check_hessian",
    "check_hvp",
    "check_jvp",
    "check_vjp",
    "domains",
    "jacobian",
    "property_test",
    "rule",
    "run",
    "strategies",
    "symmetric",
]


def __getattr__(name: str) -> Any:
    """Import the module that holds the public ``name`` and return the object."""
    try:
        module = importlib.import_module(_HOME[name])
    except KeyError:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message) from None
    found = module if module.__name__ == f"{__name__}.{name}" else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
