"""The public checks: a claimed derivative in, a verdict out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.context import with_defaults
from gradcheck.errors import DerivativeMismatch, InconclusiveCheck, InvalidArgument
from gradcheck.judge.autodiff import judge_autodiff
from gradcheck.judge.dense import judge_dense
from gradcheck.judge.options import Options
from gradcheck.judge.places import places_of, settled
from gradcheck.judge.problem import Problem
from gradcheck.judge.second_order import second_judged
from gradcheck.judge.snippet import with_snippet
from gradcheck.results import CheckResult, Verdict

__all__ = ["assert_derivative", "check"]

Judge = Callable[..., CheckResult]


@with_defaults
def check(
    f: Callable[..., Any],
    jac: Any,
    *args: Any,
    argnums: int | tuple[int, ...] = 0,
    kwargs: Mapping[str, Any] | None = None,
    bounds: tuple[Any, Any] | None = None,
    layout: str = "numerator",
    rtol: float | None = None,
    rng: Any = None,
    method: str = "auto",
    max_nfev: int | None = None,
    points: Sequence[Sequence[Any]] | None = None,
    name: str | None = None,
    expect: str = "pass",
    allow_inconclusive: bool = False,
    surrogate: Callable[..., Any] | None = None,
    order: int = 1,
) -> CheckResult:
    """Tell whether ``jac`` is the derivative of ``f`` at ``args``; never raises because it is wrong.

    Parameters
    ----------
    f
        The function, of NumPy arrays, numbers, or nested containers of them.
    jac
        The claim: a callable with ``f``'s arguments, or what it returned at ``args``.  Dense, a SciPy sparse
        matrix or array, a ``LinearOperator``, or the same nesting as the argument; of shape
        ``f(x).shape + x.shape``.  ``True``: ``f`` returns ``(value, derivative)``, as in ``scipy.optimize``.
        ``"jax"``: ``f`` is written for JAX, and JAX's own derivative of it is judged.
    *args
        The point.  Never changed.
    argnums
        Which argument, or arguments, the derivative is with respect to.
    kwargs
        Passed to ``f`` and ``jac``.
    bounds
        ``(lower, upper)``: ``f`` is never evaluated outside by the reference.
    layout
        ``"denominator"``: the claim's shape is ``x.shape + f.shape``.
    rtol
        None: tolerances are measured.  A number loosens, and the result says so.
    rng
        Seed or generator, for the directions used where an entry disagrees.
    method
        The reference: ``"auto"`` (complex step where certified, else central differences), ``"central"``,
        ``"complex-step"``.
    max_nfev
        Most evaluations of ``f`` for central differences.
    points
        Several points, each a sequence of arguments, in place of ``*args``; the gravest result is returned.
    name
        For messages and records; ``f``'s own name by default.
    expect
        ``"fail"`` marks a check that must fail.
    allow_inconclusive
        Whether INCONCLUSIVE is good enough: for :func:`assert_derivative`, and for whoever gathers results.
    surrogate
        A function in whose place ``f`` stands for the derivative (a straight-through estimator): the
        reference differentiates it, and the result says so.
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
    options = Options(bounds, layout, rtol, rng, method, max_nfev, name or "", expect, allow_inconclusive)
    places = places_of(args, points)
    judged = _judged_by_order(order)
    given = {"f": f, "jac": jac}
    more = options.keywords | {"argnums": argnums, "kwargs": kwargs, "surrogate": surrogate, "order": order}
    results = [
        with_snippet(
            _checked(f, jac, place, argnums, kwargs, options, surrogate, judged), "check", given, place, more
        )
        for place in places
    ]
    return settled(results, f, options)


def _checked(
    f: Callable[..., Any],
    jac: Any,
    args: tuple[Any, ...],
    argnums: int | tuple[int, ...],
    kwargs: Mapping[str, Any] | None,
    options: Options,
    surrogate: Callable[..., Any] | None,
    judged: Judge,
) -> CheckResult:
    if jac is True:
        whole = f
        f, jac = (lambda *a, **k: whole(*a, **k)[0]), (lambda *a, **k: whole(*a, **k)[1])
    result = judged(f, jac, args, argnums, kwargs, options, surrogate)
    if surrogate is None:
        return result
    own_name = getattr(surrogate, "__name__", type(surrogate).__name__)
    note = f"the derivative is that of the surrogate `{own_name}`, not of f"
    return replace(result, notes=(note, *result.notes))


def _judged_by_order(order: int) -> Judge:
    if order not in (1, 2):
        raise InvalidArgument.of("order", order, "1 or 2", "leave it out for a first derivative")
    return _judged_first if order == 1 else _judged_second


def _judged_first(
    f: Callable[..., Any],
    jac: Any,
    args: tuple[Any, ...],
    argnums: int | tuple[int, ...],
    kwargs: Mapping[str, Any] | None,
    options: Options,
    surrogate: Callable[..., Any] | None,
) -> CheckResult:
    if isinstance(jac, str):
        if surrogate is not None:
            fix = "pass the surrogate's derivative, or leave out the surrogate"
            raise InvalidArgument.of("jac", jac, "a callable beside a surrogate", fix)
        return judge_autodiff(f, jac, args, argnums, kwargs, options)
    instead = None if surrogate is None else Problem(surrogate, args, argnums, kwargs)
    return judge_dense(Problem(f, args, argnums, kwargs), jac, options, instead)


def _judged_second(
    f: Callable[..., Any],
    jac: Any,
    args: tuple[Any, ...],
    argnums: int | tuple[int, ...],
    kwargs: Mapping[str, Any] | None,
    options: Options,
    surrogate: Callable[..., Any] | None,
) -> CheckResult:
    if isinstance(jac, str):
        fix = "pass its second derivative as a callable, `jax.hessian(f)`"
        raise InvalidArgument.of("jac", jac, "a callable or an array for order=2", fix)
    return second_judged(surrogate or f, jac, args, argnums, kwargs, options)


@with_defaults
def assert_derivative(
    f: Callable[..., Any], jac: Any, *args: Any, allow_inconclusive: bool = False, **options: Any
) -> CheckResult:
    """Raise unless ``jac`` is the derivative of ``f`` at ``args``; keywords as for :func:`check`.

    With ``expect="fail"`` a FAIL satisfies it, and anything else raises.

    Raises
    ------
    DerivativeMismatch
        If the derivative is wrong, or ``expect="fail"`` and it is not.
    InconclusiveCheck
        If it cannot be told, unless ``allow_inconclusive``.

    Examples
    --------
    >>> import numpy as np
    >>> result = assert_derivative(np.exp, lambda x: np.exp(x), 0.3)
    >>> result.detectable < 1e-12
    True
    """
    __tracebackhide__ = True
    result = check(f, jac, *args, allow_inconclusive=allow_inconclusive, **options)
    if result.expect == "fail":
        if result.verdict is not Verdict.FAIL:
            raise DerivativeMismatch(f"expected to fail, but:\n{result}", result)
        return result
    if result.verdict is Verdict.FAIL:
        raise DerivativeMismatch(str(result), result)
    if result.verdict is Verdict.INCONCLUSIVE and not allow_inconclusive:
        raise InconclusiveCheck(str(result), result)
    return result
