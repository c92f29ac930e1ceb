"""A derivative as a property: checked at drawn points, by Hypothesis."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gradcheck.context import defaults, emit, redirected
from gradcheck.domains import Domain, Stratum
from gradcheck.errors import DerivativeMismatch, InconclusiveCheck, InvalidArgument
from gradcheck.journal.draws import Draws
from gradcheck.judge import check
from gradcheck.judge.text.result import result_text
from gradcheck.results import CheckResult, Verdict
from gradcheck.rules.registry import USER_RULES, Kind, Rule
from gradcheck.selection import all_rules, find_rule, load_installed
from gradcheck.strategies import Point, point, points, strata_of
from gradcheck.strategies.sampling import DEFAULT_SIZES, integers

__all__ = ["property_test"]

Test = Callable[[], None]
Judge = Callable[[Any], CheckResult]

LEAST_DECIDED = 0.95
"""The share of smooth points that must be decided, as for the rules of a campaign."""


@dataclass
class _Run:
    """One run of a property test: what its points gave."""

    draws: Draws = field(default_factory=lambda: Draws(LEAST_DECIDED))


_RUN: ContextVar[_Run] = ContextVar("gradcheck_property_run")


def property_test(
    f: Callable[..., Any] | Rule | str,
    jac: Any = None,
    signature: str | None = None,
    *,
    domain: Domain | None = None,
    names: str | Sequence[str] | None = None,
    dtype: str | None = None,
    sizes: Sequence[int] = DEFAULT_SIZES,
    argnums: int | tuple[int, ...] = 0,
    name: str | None = None,
    **keywords: Any,
) -> Any:
    """Make a Hypothesis test of a derivative: ``jac`` is that of ``f`` at every point of ``domain``.

    Three forms: ``test_f = property_test(f, jac, signature)``; the decorator ``@property_test(f,
    signature=...)`` on the claimed derivative, which must then bear the name of a test; and ``test_rule =
    property_test(rule)`` for a rule, its id, or the function decorated with ``@gradcheck.rule``.

    Points are drawn by :func:`gradcheck.strategies.points`.  A wrong derivative raises at the simplest point
    that Hypothesis finds; whoever listens is told of one check, with counts.  Points that cannot be decided
    are counted too: more than 5 in 100 of the smooth ones make the test inconclusive; elsewhere, at numbers
    across 100 decades say, a reference may be weak.

    Parameters
    ----------
    f
        The function, or a rule.
    jac
        The claim, as for :func:`gradcheck.check`.
    signature
        Shapes of the arguments in gufunc notation, ``"(n),(n)->(n)"``.
    domain, names, dtype, sizes
        As for :func:`gradcheck.strategies.points`.  Points lie inside ``domain``; the reference may step over
        its ends unless ``bounds`` is given too.
    argnums
        Which arguments the derivative is with respect to.
    name
        For messages and records; ``f``'s own name by default.
    **keywords
        Further keywords of :func:`gradcheck.check`: ``kwargs``, ``bounds``, ``rtol``, ``expect``, ….

    Returns
    -------
    callable
        A test without arguments, or, without ``jac``, a decorator that makes one.  ``@settings``, ``@seed``
        and ``@example(point=...)`` work above and below; without ``@settings`` there is no deadline.

    Raises
    ------
    InvalidArgument
        If the arguments do not fit together, or the rule claims no derivative.

    Examples
    --------
    >>> test_sine = property_test(np.sin, lambda x: np.diag(np.cos(x)), "(n)->(n)")
    >>> test_sine()
    >>> @property_test(np.square, signature="()->()")
    ... def test_square(x):
    ...     return x
    >>> try:
    ...     test_square()
    ... except DerivativeMismatch as wrong:
    ...     print(wrong.result.diagnosis[:35])
    the claim is 0.5 times the referenc
    """
    place = sys._getframe(1).f_code.co_filename, sys._getframe(1).f_lineno  # noqa: SLF001 one frame is cheap
    rule = _rule(f)
    if rule is not None:
        if jac is not None or signature is not None:
            raise InvalidArgument.of(
                "signature", signature, "a rule alone", "leave out `jac` and `signature`"
            )
        judge = _rule_judge(rule, name, keywords)
        return _test(judge, _rule_points(rule, dtype, sizes), f"test_{rule.id}", place, keywords)
    if signature is None:
        raise InvalidArgument.of("signature", None, "shapes such as '(n),(n)->(n)'", "pass the signature")
    drawn = points(signature, domain, names=names, dtype=dtype, sizes=sizes)
    function: Any = f

    def make(claim: Any, called: str, below: dict[str, Any], where: tuple[str, int]) -> Test:
        facts: dict[str, Any] = {"argnums": argnums, "name": name} | keywords

        def judge(arguments: tuple[Any, ...]) -> CheckResult:
            return check(function, claim, *arguments, **facts)

        return _test(judge, drawn, called, where, keywords, below)

    if jac is not None:
        return make(jac, f"test_{getattr(f, '__name__', 'derivative')}", {}, place)

    def decorate(claim: Callable[..., Any]) -> Test:
        code = getattr(claim, "__code__", None)
        where = place if code is None else (code.co_filename, code.co_firstlineno)
        return make(claim, claim.__name__, vars(claim), where)

    return decorate


def _test(
    judge: Judge,
    drawn: st.SearchStrategy[Any],
    called: str,
    place: tuple[str, int],
    keywords: dict[str, Any],
    below: dict[str, Any] | None = None,
) -> Test:
    """Return the test: Hypothesis inside, and around it what says once what all points came to."""
    twin = keywords.get("expect", "pass") == "fail"

    def examine(point: Any) -> None:
        __tracebackhide__ = True
        draws, stratum = _RUN.get().draws, str(getattr(point, "stratum", Stratum.SMOOTH))
        with redirected(lambda result: draws.add(result, stratum)):
            result = judge(point)
        if result.verdict is Verdict.FAIL and not twin:
            raise DerivativeMismatch(str(result), result)

    at = _written_at(place, examine)
    # Hypothesis compiles a function of that name.
    at.__name__ = at.__qualname__ = re.sub(r"\W", "_", called)
    at.__dict__.update(below or {})
    examples = given(point=drawn)(at)

    def test() -> None:
        __tracebackhide__ = True
        _configure(examples, test)
        run = _Run()
        token = _RUN.set(run)
        try:
            examples()
        finally:
            _RUN.reset(token)
            settled = _emitted(run)
        _require(settled)

    # Reports say where the user wrote the test.
    test.__code__ = test.__code__.replace(co_filename=place[0], co_firstlineno=place[1])
    functools.update_wrapper(test, examples)
    del test.__wrapped__  # type: ignore[attr-defined]
    return test


def _written_at(place: tuple[str, int], examine: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return ``examine`` as a function of the line where the user wrote the test: a traceback shows it."""
    file, line = place
    whole = compile("\n" * (line - 1) + "lambda point: examine(point)", file, "eval")
    code = next(one for one in whole.co_consts if isinstance(one, CodeType))
    return FunctionType(code, {"examine": examine})


def _configure(examples: Any, test: Any) -> None:
    """Hand to Hypothesis what decorators above have said, and the number of points that a user asked for."""
    for key, value in vars(test).items():
        if key.startswith("_hypothesis_internal") or key == "hypothesis_explicit_examples":
            setattr(examples, key, value)
    chosen = examples._hypothesis_internal_use_settings  # noqa: SLF001 as Hypothesis's own pytest plugin does
    if not hasattr(test, "_hypothesis_internal_settings_applied"):
        # The time is the references', not the function's; and which of their lines ran explains nothing.
        phases = [phase for phase in chosen.phases if phase is not Phase.explain]
        chosen = settings(chosen, deadline=None, phases=phases)
    asked = defaults().get("examples")
    if asked is not None:
        chosen = settings(chosen, max_examples=asked)
    examples._hypothesis_internal_use_settings = chosen  # noqa: SLF001


def _emitted(run: _Run) -> CheckResult | None:
    if not run.draws:
        return None
    settled = run.draws.settled()
    counted = replace(settled, text=result_text(settled))
    emit(counted)
    return counted


def _require(settled: CheckResult | None) -> None:
    __tracebackhide__ = True
    if settled is None:
        return
    if settled.expect == "fail" and settled.verdict is not Verdict.FAIL:
        raise DerivativeMismatch(f"expected to fail, but:\n{settled}", settled)
    if settled.verdict is Verdict.INCONCLUSIVE and not settled.allow_inconclusive:
        raise InconclusiveCheck(str(settled), settled)


def _rule(given: Any) -> Rule | None:
    """Return the rule that ``given`` is, names, or is the claim of; None for a plain function."""
    if isinstance(given, str):
        if all(one.id != given for one in all_rules()):
            load_installed()
        return find_rule(given)
    return given if isinstance(given, Rule) else next((one for one in USER_RULES if one.claim is given), None)


def _rule_points(rule: Rule, dtype: str | None, sizes: Sequence[int]) -> st.SearchStrategy[Point]:
    strata = [one for one in strata_of(rule, sizes=sizes) if one is not Stratum.SEVERAL_KINKS]
    built = [point(rule, one, sizes=sizes, dtype=dtype or "float64") for one in strata]
    # Half of the points are ordinary ones, the first stratum.
    return integers(0, 2 * len(built) - 3 if built[1:] else 0).flatmap(
        lambda k: built[max(0, k - len(built) + 2)]
    )


def _rule_judge(rule: Rule, name: str | None, keywords: dict[str, Any]) -> Judge:
    if rule.kind is not Kind.DERIVATIVE or rule.wrt is None:
        raise InvalidArgument.of(
            "rule", rule.id, "a rule that claims a derivative", "check it with `gradcheck run`"
        )
    place = rule.wrt

    def judge(drawn: Point) -> CheckResult:
        arguments = tuple(drawn.arguments.values())

        def claim(*varied: Any, **functions: Any) -> Any:
            matrix = np.asarray(rule.claim(*varied, **functions))
            shape = np.shape(rule.f(*varied, **functions)) + np.shape(varied[place])
            # A matrix of another shape is judged as it is, and fails.
            rows = int(np.prod(shape[: len(shape) - np.ndim(varied[place])]))
            return matrix.reshape(shape) if matrix.shape == (rows, np.size(varied[place])) else matrix

        facts: dict[str, Any] = {"argnums": place, "name": name or rule.id, "kwargs": drawn.functions}
        return check(rule.f, claim, *arguments, **(facts | keywords))

    return judge
