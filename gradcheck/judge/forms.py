"""First derivatives in other forms than a Jacobian: a gradient, and products with it from either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Unpack

from gradcheck.context import with_defaults
from gradcheck.judge.asked import Asked, Attempt, first_order
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.products import (
    GradientClaim,
    PullClaim,
    PushClaim,
    callable_product,
    refuse_system,
)
from gradcheck.judge.everywhere import judged_everywhere
from gradcheck.judge.pair import Pair
from gradcheck.judge.question.keywords import Keywords, explicit
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.results import CheckResult, Verdict

__all__ = ["check_gradient", "check_jvp", "check_vjp"]


@with_defaults
@explicit(Keywords)
def check_gradient(f: Callable[..., Any], grad: Any, *args: Any, **keywords: Unpack[Keywords]) -> CheckResult:
    r"""Tell whether ``grad`` is :math:`\nabla f`, ``f`` one number, of the shape and structure of ``x``.

    Parameters
    ----------
    f
        A function of one number, of shape ``()`` or ``(1,)``.
    grad
        The claim: a callable with ``f``'s arguments, or what it returned at ``args``; in units of f per
        unit of x.
    *args, **keywords
        As for :func:`gradcheck.check`.

    Returns
    -------
    CheckResult
        FAIL where the claim differs beyond both error bars, or has another shape.

    Raises
    ------
    InvalidArgument
        If ``f`` returns more than one number, or an argument cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.5, 2.0])
    >>> check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_gradient(lambda x: np.sum(x**2), lambda x: x, x).verdict
    <Verdict.FAIL: 'fail'>
    """
    options = Options.of("check_gradient", Keywords, keywords)
    refuse_system("grad", grad, "check(f, 'jax', x)")
    attempt = first_order(lambda problem: GradientClaim(problem, grad, "numerator"))
    return judged_everywhere("check_gradient", {"f": f, "grad": grad}, attempt, args, options)


@with_defaults
@explicit(Keywords)
def check_jvp(
    f: Callable[..., Any],
    jvp: Callable[..., Any],
    *args: Any,
    vjp: Callable[..., Any] | None = None,
    **keywords: Unpack[Keywords],
) -> CheckResult:
    """Tell whether ``jvp(*args, v)`` is ``J v``: every column of ``J``, and that it is linear in ``v``.

    Parameters
    ----------
    f
        The function.
    jvp
        ``v`` has the shape and structure of the varying argument, a tuple of them when ``argnums`` is a
        tuple; the result those of ``f``, in units of f for ``v`` in units of x.
    vjp
        Its transpose, if there is one: that both are of one matrix is judged too, as by
        :func:`gradcheck.check_adjoint`; with ``method="contract"`` without any difference.
    *args, **keywords
        As for :func:`gradcheck.check`; ``kwargs`` goes to ``jvp`` too.

    Returns
    -------
    CheckResult
        FAIL where a column differs beyond both error bars, the result has another shape, or ``jvp`` is
        not linear.  The claim costs ``n + 2`` calls of ``jvp``.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; given, expected and fix are named.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.5, 2.0])
    >>> check_jvp(np.sin, lambda x, v: np.cos(x) * v, x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_jvp(np.sin, lambda x, v: np.cos(x) * abs(v), x).message[:37]
    '`jvp` is not linear in its direction:'
    """
    options = Options.of("check_jvp", Keywords, keywords)
    callable_product(jvp, "jvp", "v")
    if vjp is not None:
        callable_product(vjp, "vjp", "u")

    def claim(problem: Problem) -> Claim:
        return PushClaim(problem, jvp, "numerator", options.seed, options.rtol or 0.0, "jvp")

    attempt = first_order(claim)
    attempt = attempt if vjp is None else _with_partner(attempt, jvp, vjp)
    return judged_everywhere("check_jvp", {"f": f, "jvp": jvp}, attempt, args, options, beside={"vjp": vjp})


@with_defaults
@explicit(Keywords)
def check_vjp(
    f: Callable[..., Any],
    vjp: Callable[..., Any],
    *args: Any,
    jvp: Callable[..., Any] | None = None,
    **keywords: Unpack[Keywords],
) -> CheckResult:
    """Tell whether ``vjp(*args, u)`` is ``u J``: every row of ``J``, and that it is linear in ``u``.

    Parameters
    ----------
    f
        The function.
    vjp
        ``u`` has the shape and structure of ``f``'s output; the result those of the varying argument, a
        tuple of them when ``argnums`` is a tuple.
    jvp
        Its transpose, if there is one: that both are of one matrix is judged too, as by
        :func:`gradcheck.check_adjoint`; with ``method="contract"`` without any difference.
    *args, **keywords
        As for :func:`gradcheck.check`; ``kwargs`` goes to ``vjp`` too.

    Returns
    -------
    CheckResult
        FAIL where a row differs beyond both error bars, the result has another shape, or ``vjp`` is not
        linear.  The claim costs ``m + 3`` calls of ``vjp``.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; given, expected and fix are named.

    Examples
    --------
    >>> import numpy as np
    >>> a, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 2.0])
    >>> check_vjp(lambda x: a @ x, lambda x, u: u @ a, x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_vjp(lambda x: a @ x, lambda x, u: a @ u, x).verdict
    <Verdict.FAIL: 'fail'>
    """
    options = Options.of("check_vjp", Keywords, keywords)
    callable_product(vjp, "vjp", "u")
    if jvp is not None:
        callable_product(jvp, "jvp", "v")

    def claim(problem: Problem) -> Claim:
        return PullClaim(problem, vjp, "numerator", options.seed, options.rtol or 0.0, "vjp")

    attempt = first_order(claim)
    attempt = attempt if jvp is None else _with_partner(attempt, jvp, vjp)
    return judged_everywhere("check_vjp", {"f": f, "vjp": vjp}, attempt, args, options, beside={"jvp": jvp})


def _with_partner(attempt: Attempt, jvp: Callable[..., Any], vjp: Callable[..., Any]) -> Attempt:
    """Return ``attempt`` with the question whether both products are of one matrix."""

    def judged(asked: Asked) -> CheckResult:
        result = attempt(asked)
        if result.verdict is Verdict.FAIL or asked.options.stochastic:
            return result
        pair = Pair(asked.problem(jvp), jvp, vjp, asked.options).verdict()
        if pair.verdict is Verdict.PASS:
            return replace(result, notes=(*result.notes, "jvp and vjp are of one matrix"))
        graver = pair.verdict.severity > result.verdict.severity
        if graver:
            return replace(pair, nfev=result.nfev, notes=tuple(dict.fromkeys((*result.notes, *pair.notes))))
        return replace(result, notes=(*result.notes, f"jvp and vjp: {pair.message}"))

    return judged
