"""Second derivatives: a Hessian, or products with it, against differences of the certified Jacobian of ``f``.

A right first derivative says nothing of a claimed second one: ``x**3`` with the first right and the second
wrong fails here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.context import with_defaults
from gradcheck.judge.curvature import JacobianProblem, SecondClaim, judge_second
from gradcheck.judge.forms import callable_product, seed_of
from gradcheck.judge.options import Options
from gradcheck.judge.places import places_of, settled
from gradcheck.judge.products import HessianProduct
from gradcheck.judge.snippet import with_snippet
from gradcheck.results import CheckResult

__all__ = ["check_hessian", "check_hvp", "second_judged"]


@with_defaults
def check_hessian(
    f: Callable[..., Any],
    hess: Any,
    *args: Any,
    argnums: int | tuple[int, ...] = 0,
    kwargs: Mapping[str, Any] | None = None,
    bounds: tuple[Any, Any] | None = None,
    rtol: float | None = None,
    rng: Any = None,
    method: str = "auto",
    max_nfev: int | None = None,
    points: Sequence[Sequence[Any]] | None = None,
    name: str | None = None,
    expect: str = "pass",
    allow_inconclusive: bool = False,
) -> CheckResult:
    r"""Tell whether ``hess`` is :math:`\partial^2 f_i / \partial x_j \partial x_k`.

    Its shape is ``f.shape + x.shape + x.shape``.  The reference needs ``f`` alone: central differences of
    its Jacobian by complex step, or, where that is refused, by central differences.

    Parameters
    ----------
    f
        The function.
    hess
        The claim: a callable with ``f``'s arguments, or what it returned at ``args``; nested arguments nest
        twice, as in JAX.  Units of f per unit of x squared.
    *args, argnums, kwargs, bounds, rtol, rng, method, points, name, expect, allow_inconclusive
        As for :func:`gradcheck.check`; ``method`` is that of the Jacobian.
    max_nfev
        Most evaluations of ``f``, about; the default is some ``10 n (n + 12)``.

    Returns
    -------
    CheckResult
        FAIL where an entry differs beyond both error bars, or the shape is another.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; given, expected and fix are named.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.5, 2.0])
    >>> check_hessian(lambda x: np.sum(x**3), lambda x: np.diag(6 * x), x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_hessian(lambda x: np.sum(x**3), lambda x: np.diag(3 * x), x).worst.path
    'd (d f / d x[1]) / d x[1]'
    """
    options = Options(
        bounds, "numerator", rtol, rng, method, max_nfev, name or "", expect, allow_inconclusive
    )
    more = options.keywords | {"argnums": argnums, "kwargs": kwargs}
    results = []
    for place in places_of(args, points):
        result = second_judged(f, hess, place, argnums, kwargs, options)
        results.append(with_snippet(result, "check_hessian", {"f": f, "hess": hess}, place, more))
    return settled(results, f, options)


@with_defaults
def check_hvp(
    f: Callable[..., Any],
    hvp: Callable[..., Any],
    *args: Any,
    argnums: int | tuple[int, ...] = 0,
    kwargs: Mapping[str, Any] | None = None,
    bounds: tuple[Any, Any] | None = None,
    rtol: float | None = None,
    rng: Any = None,
    method: str = "auto",
    max_nfev: int | None = None,
    points: Sequence[Sequence[Any]] | None = None,
    name: str | None = None,
    expect: str = "pass",
    allow_inconclusive: bool = False,
) -> CheckResult:
    """Tell whether ``hvp(*args, v)`` is ``H v``, ``f`` one number: every column, and linearity in ``v``.

    Parameters
    ----------
    f
        A function of one number.
    hvp
        ``v`` and the result have the shape and structure of the varying argument, a tuple of them when
        ``argnums`` is a tuple.
    *args, argnums, kwargs, bounds, rtol, rng, method, max_nfev, points, name, expect, allow_inconclusive
        As for :func:`check_hessian`; ``kwargs`` goes to ``hvp`` too.

    Returns
    -------
    CheckResult
        FAIL where a column differs beyond both error bars, the shape is another, or ``hvp`` is not linear.

    Raises
    ------
    InvalidArgument
        If ``f`` returns more than one number, or an argument cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.5, 2.0])
    >>> check_hvp(lambda x: np.sum(x**3), lambda x, v: 6 * x * v, x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_hvp(lambda x: np.sum(x**3), lambda x, v: 3 * x**2 * v, x).verdict
    <Verdict.FAIL: 'fail'>
    """
    options = Options(
        bounds, "numerator", rtol, rng, method, max_nfev, name or "", expect, allow_inconclusive
    )
    callable_product(hvp, "hvp", "v")
    results = []
    for place in places_of(args, points):
        problem = JacobianProblem(f, place, argnums, kwargs, options)
        claim = HessianProduct(problem, hvp, "numerator", seed_of(options), rtol or 0.0)
        result = judge_second(problem, claim, options)
        more = options.keywords | {"argnums": argnums, "kwargs": kwargs}
        results.append(with_snippet(result, "check_hvp", {"f": f, "hvp": hvp}, place, more))
    return settled(results, f, options)


def second_judged(
    f: Callable[..., Any],
    given: Any,
    args: tuple[Any, ...],
    argnums: int | tuple[int, ...],
    kwargs: Mapping[str, Any] | None,
    options: Options,
) -> CheckResult:
    """Return the verdict at one point on ``given``, a claimed second derivative of ``f``."""
    problem = JacobianProblem(f, args, argnums, kwargs, options)
    return judge_second(problem, SecondClaim(problem, given, options.layout, problem.first), options)
