"""Gradcheck and its peers behind one question: is ``jac`` the derivative of ``f`` at ``x``?

Each tool runs at its defaults, on the same NumPy callables: a peer with derivatives of its own is handed them
as a custom rule.  A peer that is not installed is left out.
"""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize._numdiff import check_derivative

import gradcheck

__all__ = ["ACCEPTED", "REJECTED", "Answer", "Tool", "tools_available"]

ACCEPTED, REJECTED, UNDECIDED = "accepted", "rejected", "undecided"


class Answer(NamedTuple):
    """What a tool said; ``detectable`` where it says how small an error it would have seen."""

    said: str
    evaluations: int
    detectable: float = np.nan
    text: str = ""


Judge = Callable[[Callable[[Any], Any], Callable[[Any], Any], Any], Answer]


@dataclass(frozen=True)
class Tool:
    """A checker: ``judge(f, jac, x)``, and the packages that it needs."""

    name: str
    judge: Judge
    needs: tuple[str, ...]


class _Counted:
    """``f``, counted."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return self.f(x)


def _dense(jacobian: Any) -> Any:
    return jacobian.toarray() if hasattr(jacobian, "toarray") else np.asarray(jacobian)


def _said(accepted: Any) -> str:
    return ACCEPTED if accepted else REJECTED


def _gradcheck(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
    counted = _Counted(f)
    found = gradcheck.check(counted, jac, x)
    said = {"pass": ACCEPTED, "fail": REJECTED}.get(str(found.verdict), UNDECIDED)
    text = f"{found.verdict}: {found.reason}; {found.method}; {' '.join(str(found).split())}"
    # Where membership decides at a kink there is no number that could excuse a miss.
    excused = np.nan if found.power is not None and found.power.numberless else found.detectable
    return Answer(said, counted.calls, excused, text)


def _torch(fast_mode: bool) -> Judge:
    def judge(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
        import torch

        counted = _Counted(f)

        class Rule(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, point: Any) -> Any:
                ctx.save_for_backward(point)
                return torch.as_tensor(np.array(counted(point.detach().numpy())))

            @staticmethod
            def backward(ctx: Any, seed: Any) -> Any:
                (point,) = ctx.saved_tensors
                rows = _dense(jac(point.numpy()))
                back = np.tensordot(seed.numpy(), rows, seed.ndim)
                return torch.as_tensor(back.reshape(point.shape)).to(point.dtype)

        torch.manual_seed(0)
        kept = np.asarray(x)
        dtype = kept.dtype if kept.dtype.kind == "f" else np.float64
        point = torch.tensor(kept.astype(dtype)).requires_grad_()
        accepted = torch.autograd.gradcheck(Rule.apply, (point,), fast_mode=fast_mode, raise_exception=False)
        return Answer(_said(accepted), counted.calls)

    return judge


@functools.cache
def _jax_rule(
    shape: tuple[int, ...], dtype: Any, of: tuple[int, ...], out: Any
) -> tuple[Any, dict[str, Any]]:
    """Return a custom rule and where to put its ``f`` and ``jac``: JAX compiles once for all of a shape."""
    import jax

    held: dict[str, Any] = {}
    value, full = jax.ShapeDtypeStruct(shape, out), jax.ShapeDtypeStruct(shape + of, out)

    def function(p: Any) -> Any:
        return np.asarray(held["f"](np.array(p, dtype)), out)

    def slope(p: Any) -> Any:
        return _dense(held["jac"](np.array(p, dtype))).reshape(full.shape).astype(out)

    @jax.custom_jvp
    def rule(point: Any) -> Any:
        return jax.pure_callback(function, value, point)

    @rule.defjvp
    def tangent(points: Any, moves: Any) -> Any:
        rows = jax.pure_callback(slope, full, points[0])
        return rule(points[0]), jax.numpy.tensordot(rows, moves[0], len(of))

    return rule, held


def _jax(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
    import jax
    from jax.test_util import check_grads

    counted = _Counted(f)
    kept = np.asarray(x)
    kept = kept.astype(kept.dtype if kept.dtype.kind == "f" else np.float64)
    with jax.enable_x64(kept.dtype == np.float64):
        value = np.asarray(f(kept.copy()))
        rule, held = _jax_rule(value.shape, kept.dtype, kept.shape, value.dtype)
        held.update(f=counted, jac=jac)
        try:
            check_grads(rule, (jax.numpy.asarray(kept),), order=1)
        except AssertionError as mismatch:
            return Answer(REJECTED, counted.calls, text=str(mismatch))
        return Answer(ACCEPTED, counted.calls)


def _autograd(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
    from autograd.extend import defjvp, defvjp, primitive
    from autograd.test_util import check_grads

    counted = _Counted(f)
    rule = primitive(counted)
    defvjp(rule, lambda _, p: lambda g: np.tensordot(g, _dense(jac(p)), np.ndim(g)).reshape(np.shape(p)))
    defjvp(rule, lambda g, out, p: np.tensordot(_dense(jac(p)), g, np.ndim(p)).reshape(np.shape(out)))
    np.random.seed(0)  # noqa: NPY002 - autograd draws its directions from the global generator
    try:
        check_grads(rule, order=1)(np.asarray(x, dtype=float) if np.ndim(x) else float(x))
    except AssertionError as mismatch:
        return Answer(REJECTED, counted.calls, text=str(mismatch))
    return Answer(ACCEPTED, counted.calls)


def _flattened(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """Return ``f`` as a map of vectors, its numbers handed over in the caller's own dtype."""
    kept = np.asarray(x)
    dtype = kept.dtype if kept.dtype.kind == "f" else np.float64
    one = kept.ndim == 0

    def flat(v: Any) -> Any:
        point = np.asarray(v).reshape(kept.shape)
        return np.ravel(f(dtype.type(point) if one and hasattr(dtype, "type") else point))

    return flat


def _scipy(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
    counted = _Counted(_flattened(f, x))

    def matrix(v: Any) -> Any:
        point = v.reshape(np.shape(x)) if np.ndim(x) else float(v[0])
        claimed = jac(point)
        if hasattr(claimed, "toarray"):
            return claimed
        rows = np.asarray(claimed, dtype=float).reshape(-1, v.size)
        return rows[0] if len(rows) == 1 else rows

    worst = check_derivative(counted, matrix, np.ravel(np.asarray(x, dtype=float)))
    return Answer(_said(worst < 1e-6), counted.calls)


def _by_reference(estimator: str, agrees: Callable[[Any, Any], Any]) -> Judge:
    """Compare the claim with what ``estimator`` says, which is asked once for a function and point."""
    known: dict[Any, Any] = {}

    def judge(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
        from peers import ESTIMATORS

        key = (id(f), np.asarray(x).tobytes())
        if key not in known:
            known[key] = (f, ESTIMATORS[estimator](_flattened(f, x), np.ravel(np.asarray(x, dtype=float))))
        found = known[key][1]
        claimed = _dense(jac(np.asarray(x) if np.ndim(x) else x)).reshape(found.value.shape)
        return Answer(_said(agrees(claimed, found)), found.evaluations)

    return judge


def _all_close(claimed: Any, found: Any) -> Any:
    return np.allclose(claimed, found.value, rtol=1e-6)


def _within_five_bars(claimed: Any, found: Any) -> Any:
    # Its bars are often narrower than rounding: without a floor it would reject most of what is right.
    floor = 1e-12 * np.abs(found.value).max(axis=1, keepdims=True)
    return (np.abs(claimed - found.value) <= 5 * found.bar + floor).all()


def _safely(judge: Judge) -> Judge:
    """A tool that raises has not decided; what it warns of is not printed."""

    def quiet(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return judge(f, jac, x)
            except Exception as raised:
                return Answer(UNDECIDED, 0, text=f"{type(raised).__name__}: {raised}"[:300])

    return quiet


_TOOLS = (
    Tool("gradcheck", _gradcheck, ()),
    Tool("torch.autograd.gradcheck", _torch(fast_mode=False), ("torch",)),
    Tool("torch, fast_mode", _torch(fast_mode=True), ("torch",)),
    Tool("jax.test_util.check_grads", _jax, ("jax",)),
    Tool("autograd check_grads", _autograd, ("autograd",)),
    Tool("SciPy check_derivative < 1e-6", _scipy, ("scipy",)),
    Tool(
        "numdifftools, allclose(1e-6)", _by_reference("numdifftools", _all_close), ("numdifftools", "jacobi")
    ),
    Tool(
        "jacobi, 5 of its error bars + 1e-12",
        _by_reference("jacobi", _within_five_bars),
        ("numdifftools", "jacobi"),
    ),
)


def tools_available() -> tuple[list[Tool], list[str]]:
    """Return the tools that can run here, and a line for each that cannot."""
    usable, missing = [], []
    for tool in _TOOLS:
        absent = [name for name in tool.needs if importlib.util.find_spec(name) is None]
        if absent:
            missing.append(f"{tool.name} left out: {', '.join(absent)} not installed")
        else:
            usable.append(Tool(tool.name, _safely(tool.judge), tool.needs))
    return usable, missing
