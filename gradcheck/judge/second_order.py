"""Second derivatives: a Hessian, or products with it, against differences of the certified Jacobian of ``f``.

A right first derivative says nothing of a claimed second one: ``x**3`` with the first right and the second
wrong fails here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from gradcheck.context import with_defaults
from gradcheck.errors import InvalidArgument
from gradcheck.judge.asked import Asked, Attempt
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.products import HessianProduct, callable_product, refuse_system
from gradcheck.judge.curvature import JacobianProblem, SecondClaim, judge_second, second_contract
from gradcheck.judge.everywhere import judged_everywhere
from gradcheck.judge.question.keywords import Keywords, explicit
from gradcheck.judge.question.options import Options
from gradcheck.results import CheckResult

__all__ = ["check_hessian", "check_hvp", "second_order"]


@with_defaults
@explicit(Keywords)
def check_hessian(f: Callable[..., Any], hess: Any, *args: Any, **keywords: Unpack[Keywords]) -> CheckResult:
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
    *args, **keywords
        As for :func:`gradcheck.check`; ``method`` is that of the Jacobian, and without ``max_nfev`` some
        ``12 n (n + 12)`` evaluations of ``f`` are used.

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
    options = Options.of("check_hessian", Keywords, keywords)
    refuse_system("hess", hess, "check(f, 'jax', x, order=2)")
    return judged_everywhere(
        "check_hessian", {"f": f, "hess": hess}, second_order(hess), args, options, cost="pairs"
    )


@with_defaults
@explicit(Keywords)
def check_hvp(
    f: Callable[..., Any],
    hvp: Callable[..., Any],
    *args: Any,
    **keywords: Unpack[Keywords],
) -> CheckResult:
    """Tell whether ``hvp(*args, v)`` is ``H v``, ``f`` one number: every column, and linearity in ``v``.

    Parameters
    ----------
    f
        A function of one number.
    hvp
        ``v`` and the result have the shape and structure of the varying argument, a tuple of them when
        ``argnums`` is a tuple.
    *args, **keywords
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
    options = Options.of("check_hvp", Keywords, keywords)
    callable_product(hvp, "hvp", "v")

    def claim(problem: JacobianProblem) -> Claim:
        return HessianProduct(problem, hvp, "numerator", options.seed, options.rtol or 0.0)

    return judged_everywhere("check_hvp", {"f": f, "hvp": hvp}, _second(claim), args, options, cost="pairs")


def second_order(given: Any) -> Attempt:
    """Return the attempt that judges ``given``, a claimed second derivative."""
    return _second(lambda problem: SecondClaim(problem, given, "numerator", problem.first))


def _second(claim_of: Callable[[JacobianProblem], Claim]) -> Attempt:
    def attempt(asked: Asked) -> CheckResult:
        options = asked.options
        f = asked.surrogate or asked.f
        problem = JacobianProblem(f, asked.args, options.argnums, options.kwargs, options)
        if options.stochastic:
            expected = "a first one: second differences multiply the noise"
            fix = "fix the seed in f and the claim, or check the Hessian as the derivative of the gradient"
            raise InvalidArgument(
                f"`stochastic`: given True for a second derivative, expected {expected}; {fix}"
            )
        if options.method == "contract":
            return second_contract(problem, claim_of(problem), options)
        return judge_second(problem, claim_of(problem), options)

    return attempt
