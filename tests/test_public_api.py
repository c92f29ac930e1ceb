"""The public names: complete, lazy, and never overwritten by a module of the same name."""

from __future__ import annotations

import importlib
import pkgutil
import types

import numpy as np
import pytest

import gradcheck
from gradcheck.rules.registry import Registry

SUBMODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(gradcheck.__path__, "gradcheck.")
    if not found.name.endswith("__main__")
)


def declare_rule():
    register = gradcheck.rule("api/x", "()->()", names="x", wrt="x", f=lambda x: x, registry=Registry())
    return register(lambda x: np.ones((1, 1)))


CALLS = {
    "CheckResult": lambda: gradcheck.CheckResult(gradcheck.Verdict.PASS, gradcheck.Reason.AGREES, ""),
    "DerivativeMismatch": lambda: gradcheck.DerivativeMismatch("wrong", None),
    "Estimate": lambda: gradcheck.Estimate(1.0, 0.0, 1, "central"),
    "GradcheckError": lambda: gradcheck.GradcheckError("wrong"),
    "InconclusiveCheck": lambda: gradcheck.InconclusiveCheck("undecided", None),
    "InvalidArgument": lambda: gradcheck.InvalidArgument.of("x", 1, "2", "add 1"),
    "MissingExtra": lambda: gradcheck.MissingExtra("jax", "This"),
    "Reason": lambda: gradcheck.Reason.AGREES,
    "RefusedOperation": lambda: gradcheck.RefusedOperation("abs"),
    "Status": lambda: gradcheck.Status.of_code(0),
    "Verdict": lambda: gradcheck.Verdict("pass"),
    "__version__": lambda: gradcheck.__version__,
    "assert_derivative": lambda: gradcheck.assert_derivative(np.sin, np.cos, 1.0),
    "check": lambda: gradcheck.check(np.sin, np.cos, 1.0),
    "check_adjoint": lambda: gradcheck.check_adjoint(np.multiply, np.multiply, 2.0),
    "check_gradient": lambda: gradcheck.check_gradient(np.sin, np.cos, 1.0),
    "check_hessian": lambda: gradcheck.check_hessian(np.exp, np.exp, 1.0),
    "check_hvp": lambda: gradcheck.check_hvp(np.square, lambda x, v: 2 * v, 1.0),
    "check_jvp": lambda: gradcheck.check_jvp(np.square, lambda x, v: 2 * x * v, 1.0),
    "check_vjp": lambda: gradcheck.check_vjp(np.square, lambda x, u: 2 * x * u, 1.0),
    "domains": lambda: gradcheck.domains.positive(),
    "jacobian": lambda: gradcheck.jacobian(lambda x: x * x, 3.0),
    "property_test": lambda: gradcheck.property_test(np.sin, np.cos, "()->()"),
    "rule": declare_rule,
    "run": lambda: gradcheck.run(["elementwise/mul/wrt-w"], examples=2),
    "symmetric": lambda: gradcheck.symmetric(),
    "strategies": lambda: gradcheck.strategies.__all__,
}


def shadowed(modules, names):
    """Return the public names that importing one of ``modules`` would overwrite on the package."""
    children = {name.split(".")[1] for name in modules if name.count(".") >= 1}
    return {name for name in names if name in children and gradcheck._HOME.get(name) != f"gradcheck.{name}"}


def test_every_public_name_works_twice_after_importing_every_submodule():
    for name in SUBMODULES:
        importlib.import_module(name)
    assert set(CALLS) == set(gradcheck.__all__)
    for _ in range(2):
        for name, call in CALLS.items():
            found = getattr(gradcheck, name)
            assert isinstance(found, types.ModuleType) == (name in ("domains", "strategies"))
            assert call() is not None


def test_no_module_bears_the_name_of_a_public_function():
    assert shadowed(SUBMODULES, gradcheck.__all__) == set()


def test_a_module_with_the_name_of_a_function_would_be_noticed():
    assert shadowed([*SUBMODULES, "gradcheck.run"], gradcheck.__all__) == {"run"}
    assert shadowed([*SUBMODULES, "gradcheck.check"], [*gradcheck.__all__, "check"]) == {"check"}


def test_the_list_the_table_and_dir_agree():
    assert gradcheck.__all__ == sorted({*gradcheck._HOME, "__version__"})
    assert dir(gradcheck) == gradcheck.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'gradcheck' has no attribute 'jacobain'"):
        gradcheck.jacobain  # noqa: B018 - reading the attribute is the test


@pytest.mark.parametrize("name", SUBMODULES)
def test_what_a_module_lists_exists_once(name):
    module = importlib.import_module(name)
    listed = list(getattr(module, "__all__", ()))
    assert len(set(listed)) == len(listed)
    assert [absent for absent in listed if not hasattr(module, absent)] == []


@pytest.mark.parametrize("name", SUBMODULES)
def test_every_module_says_what_it_is(name):
    assert (importlib.import_module(name).__doc__ or "").strip()
