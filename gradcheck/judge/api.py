"""The public checks: a claimed derivative in, a verdict out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Unpack

from gradcheck.context import with_defaults
from gradcheck.errors import DerivativeMismatch, InconclusiveCheck, InvalidArgument
from gradcheck.judge.asked import Asked, Attempt, first_order
from gradcheck.judge.autodiff import judge_autodiff
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.everywhere import judged_everywhere
from gradcheck.judge.question.keywords import CheckKeywords, explicit
from gradcheck.judge.question.options import Options
from gradcheck.judge.second_order import second_order
from gradcheck.pytree import described
from gradcheck.results import CheckResult, Verdict

__all__ = ["assert_derivative", "check"]


@with_defaults
@explicit(CheckKeywords)
def check(f: Callable[..., Any], jac: Any, *args: Any, **keywords: Unpack[CheckKeywords]) -> CheckResult:
    """Tell whether ``jac`` is the derivative of ``f`` at ``args``; never raises because it is wrong.

    Parameters
    ----------
    f
        The function, of NumPy arrays, numbers, or nested containers of them.
    jac
        The claim: a callable with ``f``'s arguments, or what it returned at ``args``.  Dense, a SciPy sparse
        matrix or array, a ``LinearOperator``, or the same nesting as the argument; of shape
        ``f(x).shape + x.shape``, where the axis of an ``f`` of shape ``(1,)`` may be left out.
        ``True``: ``f`` returns ``(value, derivative)``, as in ``scipy.optimize``.  ``"jax"``: ``f`` is
        written for JAX, and JAX's own derivative of it is judged.
    *args
        The point.  Never changed.
    argnums
        Which argument, or arguments, the derivative is with respect to.
    kwargs
        Passed to ``f`` and ``jac``.
    bounds
        ``(lower, upper)``, units of x: ``f`` is never evaluated outside by the reference; None in a place
        is no limit.
    inputs
        ``{"A": gradcheck.symmetric()}``: the argument ``A``, by name, index or path, stays a symmetric
        matrix; see :func:`gradcheck.symmetric` for what is claimed then.
    layout
        ``"denominator"``: the claim's shape is ``x.shape + f.shape``.
    rtol
        None: tolerances are measured.  A number loosens by that share of the reference, and the result
        says so.
    rng
        Seed or generator, for the directions used where an entry disagrees.
    strategy
        ``"dense"``: every entry is compared; ``"auto"`` is the same.
    method
        The reference: ``"auto"`` (complex step where certified, else central differences), ``"central"``,
        ``"complex-step"``.  ``"contract"``: no differences; only shapes, formats and finiteness are
        tested, which never makes a PASS.
    max_nfev
        Most evaluations of ``f``, at all points together, never exceeded.  Where they do not suffice the
        verdict is FAIL if an examined entry is wrong, else INCONCLUSIVE (budget), naming what is left out.
        By default a check takes ``n + 12`` where a complex step is certified, ``20 n + 20`` otherwise, and
        more where an entry disagrees.
    max_memory
        Most bytes for the dense Jacobian and what it is estimated from; INCONCLUSIVE (budget) before
        anything of the size is allocated.  By default half of the machine's memory.
    points
        Several points, each a tuple of arguments, in place of ``*args``; the gravest result is returned.
    name
        For messages and records; ``f``'s own name by default.
    expect
        ``"fail"`` marks a check that must fail.
    allow_inconclusive
        Puts up with INCONCLUSIVE, in :func:`assert_derivative` and where results are gathered.
    surrogate
        A function in whose place ``f`` stands for the derivative (a straight-through estimator): the
        reference differentiates it, and the result says so.
    stochastic
        True: ``f``, and perhaps the claim, draw random numbers at each call; both are evaluated again and
        again, and judged by their measured spread.
    order
        2: ``jac`` is the second derivative, of shape ``f.shape + x.shape + x.shape``.

    Returns
    -------
    CheckResult
        ``verdict``, ``reason``, ``detectable``, ``worst``, ``diagnosis``, ``notes``; ``str`` for a person.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; given, expected and fix are named.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.5, 2.0])
    >>> check(np.sin, lambda x: np.diag(np.cos(x)), x).verdict
    <Verdict.PASS: 'pass'>
    >>> wrong = check(np.sin, lambda x: np.diag([2, 1] * np.cos(x)), x)
    >>> str(wrong.verdict), wrong.worst.path
    ('fail', 'd f[0] / d x[0]')
    """
    options = Options.of("check", CheckKeywords, keywords)
    return _checked(f, jac, args, options)


def _checked(f: Callable[..., Any], jac: Any, args: tuple[Any, ...], options: Options) -> CheckResult:
    given = {"f": f, "jac": jac}
    cost = "pairs" if options.order == 2 else "differences" if isinstance(jac, str) else "columns"
    return judged_everywhere("check", given, _attempt(jac, options), args, options, cost=cost)


def _attempt(jac: Any, options: Options) -> Attempt:
    if isinstance(jac, str):
        return functools.partial(_by_system, jac)
    if jac is False:
        fix = "pass True where f returns (value, derivative), else the derivative"
        raise InvalidArgument(f"`jac`: given False, expected a callable, an array, True or 'jax'; {fix}")
    if jac is True:
        return _value_and_derivative(options)
    if options.order == 2:
        return second_order(jac)
    return first_order(lambda problem: Claim(problem, jac, options.layout))


def _by_system(system: str, asked: Asked) -> CheckResult:
    options = asked.options
    if options.stochastic:
        expected = "a function that draws its numbers anew: one traced by JAX does not"
        fix = "leave out stochastic, and hand the key over as an argument"
        raise InvalidArgument(f"`stochastic`: given True with {system!r}, expected {expected}; {fix}")
    if options.method == "contract":
        expected = "a method that takes differences: JAX keeps to shapes and formats by itself"
        raise InvalidArgument(
            f"`method`: given 'contract' with {system!r}, expected {expected}; leave it out"
        )
    if asked.surrogate is not None:
        fix = "pass the surrogate's derivative, or leave out the surrogate"
        raise InvalidArgument.of("jac", system, "a callable beside a surrogate", fix)
    return judge_autodiff(asked.f, system, asked.args, options.argnums, options.kwargs, options)


def _value_and_derivative(options: Options) -> Attempt:
    """Return the attempt for ``jac=True``: ``f`` returns ``(value, derivative)``."""

    def attempt(asked: Asked) -> CheckResult:
        whole = asked.f
        value, derivative = _half(whole, 0), _half(whole, 1)
        inner = replace(asked, f=value)
        return _attempt(derivative, options)(inner)

    return attempt


def _half(whole: Callable[..., Any], index: int) -> Callable[..., Any]:
    """Return what stands at ``index`` of the pair that ``whole`` returns, with the names of its arguments."""

    def half(*args: Any, **kwargs: Any) -> Any:
        found = whole(*args, **kwargs)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            expected = "a pair (value, derivative) for jac=True"
            fix = "return both, or pass the derivative as `jac`"
            raise InvalidArgument(f"`f`: given {described(found)}, expected {expected}; {fix}")
        return found[index]

    return functools.update_wrapper(half, whole)


@with_defaults
@explicit(CheckKeywords)
def assert_derivative(
    f: Callable[..., Any], jac: Any, *args: Any, **keywords: Unpack[CheckKeywords]
) -> CheckResult:
    """Raise unless ``jac`` is the derivative of ``f`` at ``args``.

    With ``expect="fail"`` a FAIL satisfies it, and anything else raises.

    Parameters
    ----------
    f, jac, *args, **keywords
        As for :func:`check`.

    Returns
    -------
    CheckResult
        What :func:`check` returns, where it does not raise.

    Raises
    ------
    DerivativeMismatch
        If the derivative is wrong, or ``expect="fail"`` and it is not.
    InconclusiveCheck
        If it cannot be told, unless ``allow_inconclusive``.
    InvalidArgument
        If an argument cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> result = assert_derivative(np.exp, lambda x: np.exp(x), 0.3)
    >>> result.detectable < 1e-12
    True
    """
    __tracebackhide__ = True
    options = Options.of("assert_derivative", CheckKeywords, keywords)
    result = _checked(f, jac, args, options)
    if result.expect == "fail":
        if result.verdict is not Verdict.FAIL:
            raise DerivativeMismatch(f"expected to fail, but:\n{result}", result)
        return result
    if result.verdict is Verdict.FAIL:
        raise DerivativeMismatch(str(result), result)
    if result.verdict is Verdict.INCONCLUSIVE and not result.allow_inconclusive:
        raise InconclusiveCheck(str(result), result)
    return result
