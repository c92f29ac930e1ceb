"""The derivative that an autodiff system takes of ``f``, judged: the claim and ``f`` itself run there.

A system's own rules are right; what is wrong are rules that people gave it (``jax.custom_jvp``,
``jax.custom_vjp``), and values it holds constant (``stop_gradient``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.jax import JaxWitness
from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.claims.matrix import precision
from gradcheck.errors import InvalidArgument, MissingExtra
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.curvature import JacobianProblem, judge_second
from gradcheck.judge.dense import judge_dense
from gradcheck.judge.question.budget import counter_of
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem, flat_output
from gradcheck.pytree import Structure
from gradcheck.results import CheckResult, Reason, Verdict
from gradcheck.tolerance import FEW_EPS, eps_of

__all__ = ["judge_autodiff"]


class _Traced:
    """``f`` as a function of one flat vector, which JAX can run and differentiate."""

    def __init__(self, problem: Problem, witness: JaxWitness) -> None:
        self.problem, self.witness = problem, witness
        self.out: Structure | None = None

    def flat(self, x: Any) -> Any:
        """Return the flat output for a flat array of JAX's own."""
        problem = self.problem
        args = problem.own_arguments()
        varied = problem.inp.unflatten(x)
        for place, value in zip(problem.argnums, (varied,) if problem.single else varied, strict=True):
            args[place] = value
        result = problem.f(*args, **problem.keywords())
        if self.out is None:
            # The first run is not traced: its numbers can be looked at.
            self.out = flat_output(result, "f")[1]
        space = x.__array_namespace__()
        parts = [space.reshape(space.asarray(part), (-1,)) for part in self.out.leaves_in(result)]
        return space.concatenate(parts) if parts else space.zeros(0)

    def value(self, *args: Any) -> Any:
        """Return ``f(*args)`` in float64, nested as ``f`` nests it; a stand-in for ``f`` itself."""
        chosen = tuple(args[k] for k in self.problem.argnums)
        x = self.problem.inp.vector_of(chosen[0] if self.problem.single else chosen)
        if self.out is None:
            self.witness.value_of(self.flat, (x,), dtype=np.float64)
        found = self.witness.value_of(self.flat, (x,), dtype=np.float64, key="f")
        return self._structure().unflatten(np.asarray(found, dtype=np.float64).reshape(-1))

    def derivative(self, x: Array, mode: str, dtype: Any) -> Array:
        """Return the flat Jacobian ``(m, n)`` by one mode, in ``dtype``."""
        return self.witness.jacobian_of(self.flat, (x,), 0, mode=mode, dtype=dtype)

    def _structure(self) -> Structure:
        assert self.out is not None
        return self.out


class _Twice(_Traced):
    """The second derivative in place of the first: one mode over another, as in ``jax.hessian``."""

    inner = "reverse"

    def derivative(self, x: Array, mode: str, dtype: Any) -> Array:
        """Return the derivative ``(m * n, n)`` of the flat Jacobian, by whichever inner mode exists."""
        try:
            found = self.witness.jacobian_of(self._first, (x,), 0, mode=mode, dtype=dtype)
        except InvalidArgument:
            raise
        except Exception:
            if self.inner == "forward":
                raise
            # A loop of unknown length has no reverse mode, inside or outside.
            self.inner = "forward"
            found = self.witness.jacobian_of(self._first, (x,), 0, mode=mode, dtype=dtype)
        return found

    def _first(self, x: Any) -> Any:
        found = self.witness.derivative_of(self.flat, self.inner)(x)
        return x.__array_namespace__().reshape(found, (-1,))


@dataclass(frozen=True)
class _ModeClaim(Claim):
    """JAX's derivative in one mode; ``given`` is the traced function."""

    mode: str = "reverse"

    @property
    def movable(self) -> bool:
        """True: JAX differentiates anywhere."""
        return True

    def here(self) -> ClaimMatrix | ClaimProblem:
        """Return the derivative at the point, in the argument's own format."""
        formats = [leaf.working_dtype for leaf in self.problem.inp.leaves]
        dtype = min(formats, key=lambda one: one.itemsize, default=np.dtype(np.float64))
        try:
            found = self.given.derivative(self.problem.whole(self.problem.x), self.mode, dtype)
        except InvalidArgument:
            raise
        except Exception as raised:
            text = (
                f"JAX in {self.mode} mode raised {type(raised).__name__}: {str(raised).partition(chr(10))[0]}"
            )
            return ClaimProblem(text, Reason.CLAIM_RAISED, raised)
        name = precision(found.dtype.name)
        value = found.astype(np.float64)
        return self._along(ClaimMatrix(value, name, np.array([[eps_of(name)]])))

    def _along(self, whole: ClaimMatrix) -> ClaimMatrix:
        """Return the claim along the directions that vary, in both places of a second derivative."""
        if isinstance(self.problem, JacobianProblem):
            return self.problem.varied(whole)
        return self.problem.gathered(whole)

    def at(self, x: Array, dtype: Any = np.float64) -> Array | None:
        """Return the derivative at flat ``x`` in float64, which is the widest there is."""
        if dtype is not np.float64:
            return None
        try:
            found: Array = self.given.derivative(self.problem.whole(x), self.mode, np.float64)
        except Exception:
            return None
        exact = ClaimMatrix(found.astype(np.float64), "float64", np.array([[eps_of("float64")]]))
        return self._along(exact).value


def judge_autodiff(
    f: Callable[..., Any],
    system: str,
    args: tuple[Any, ...],
    argnums: int | tuple[int, ...],
    kwargs: Mapping[str, Any] | None,
    options: Options,
) -> CheckResult:
    """Return the verdict on the derivative that ``system`` takes of ``f``, by reverse and forward mode.

    ``f`` is evaluated by the system in float64; the claim has the arguments' own format.  Where the modes
    differ both are judged, and the graver verdict is returned.

    Raises
    ------
    InvalidArgument
        If the system is not known, or an argument cannot be used.
    MissingExtra
        If the system is not installed.
    """
    if system != "jax":
        raise InvalidArgument.of("jac", system, "a callable, an array or 'jax'", "pass 'jax'")
    if options.method == "complex-step":
        raise InvalidArgument.of("method", "complex-step", "'auto' or 'central' for 'jax'", "leave it out")
    witness = JaxWitness()
    usable = witness.available()
    if not usable.usable:
        raise MissingExtra("jax", "Judging JAX's derivative", usable.detail)
    # Tracing calls f without evaluating it, and what was traced is evaluated without calling f.
    counter = counter_of(f)
    f = f if counter is None else f.__dict__["__wrapped__"]
    traced = (_Twice if options.order == 2 else _Traced)(Problem(f, args, argnums, kwargs), witness)
    value = traced.value if counter is None else counter.watch(traced.value)

    named = _named_as(f, value)
    by_differences = replace(options, method="central")

    def claimed(mode: str) -> _ModeClaim:
        if options.order == 2:
            twice = JacobianProblem(named, args, argnums, None, by_differences)
            return _ModeClaim(twice, traced, "numerator", mode)
        return _ModeClaim(Problem(named, args, argnums, varying=options.varying), traced, "numerator", mode)

    def judged(mode: str) -> tuple[CheckResult, ClaimMatrix | ClaimProblem | None]:
        claim = claimed(mode)
        if isinstance(claim.problem, JacobianProblem):
            result = judge_second(claim.problem, claim, by_differences)
        else:
            result = judge_dense(claim.problem, claim, by_differences)
        return result, claim.here() if traced.out is not None else None

    return _settled_modes(judged, lambda mode: claimed(mode).here())


def _named_as(f: Callable[..., Any], value: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``value`` with the names of ``f``'s arguments."""

    def named(*args: Any) -> Any:
        return value(*args)

    functools.update_wrapper(named, f)
    counter = counter_of(value)
    if counter is not None:
        named.__dict__["counter"] = counter
    return named


def _settled_modes(
    judged: Callable[[str], tuple[CheckResult, ClaimMatrix | ClaimProblem | None]],
    claimed: Callable[[str], ClaimMatrix | ClaimProblem],
) -> CheckResult:
    """Judge reverse mode, and forward mode where it says something else; a mode that is absent is a note."""
    reverse, first = judged("reverse")
    if first is None or reverse.verdict is Verdict.INCONCLUSIVE:
        return reverse
    second = claimed("forward")
    if isinstance(second, ClaimProblem):
        return replace(reverse, notes=(*reverse.notes, f"reverse mode alone: {second.message}"))
    if not isinstance(first, ClaimProblem) and _same(first, second):
        return replace(reverse, notes=(*reverse.notes, "reverse and forward mode agree"))
    forward, _ = judged("forward")
    if isinstance(first, ClaimProblem):
        return replace(forward, notes=(*forward.notes, f"forward mode alone: {first.message}"))
    worst = max((reverse, forward), key=lambda one: one.verdict.severity)
    shown = "reverse" if worst is reverse else "forward"
    note = f"reverse and forward mode differ; {shown} mode is shown"
    return replace(worst, notes=(*worst.notes, note), nfev=reverse.nfev + forward.nfev)


def _same(first: ClaimMatrix, second: ClaimMatrix) -> bool:
    allowed = FEW_EPS * eps_of(first.dtype) * np.maximum(np.abs(first.value), np.abs(second.value))
    gap = np.abs(first.value - second.value)
    return bool(np.all((gap <= allowed) | (np.isnan(first.value) & np.isnan(second.value))))
