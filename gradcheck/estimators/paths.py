"""The paths by which the argument reaches the result, each of which may be stopped: a term left out.

A total derivative is a sum over paths.  ``f`` runs on continued numbers that remember where each of them is
used; a run in which one use, or one result, is taken as a constant gives the derivative without the terms
that pass there, as does a ``stop_gradient`` or a ``detach`` in its place, or a term forgotten by hand.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import numpy as np

import gradcheck.estimators.continuation.linalg
import gradcheck.estimators.continuation.reductions  # noqa: F401
from gradcheck.arrays import Array
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.carrier import Carrier
from gradcheck.estimators.continuation.dispatch import lift
from gradcheck.estimators.continuation.trace import Trace, place_of, user_frame
from gradcheck.estimators.primal import Primal

__all__ = ["Site", "StoppedPaths"]

_RESULT = -1
# Of an expression in a message.
_MOST_LETTERS = 48
_SEED = 20240517
_EPS = 2.0**-52
_SPREADS = 8.0
"""The copies' distance in bars, as for the complex step."""


@dataclass(frozen=True)
class Site:
    """One use of a continued number in the code of ``f``: all runs through one instruction are one site.

    Attributes
    ----------
    code, instruction
        Where.
    operation
        What is done there.
    operand
        Which of the continued operands, from 0; -1 for the result.
    """

    code: CodeType
    instruction: int
    operation: str
    operand: int

    @property
    def name(self) -> str:
        """The use as it is written: the operand, the expression, file and line."""
        line, text = self._written()
        if not text:
            part = "the result" if self.operand == _RESULT else f"operand {self.operand + 1}"
            return f"{part} of `{self.operation.strip('_')}` at {place_of(self.code.co_filename, line)}"
        part = text if self.operand == _RESULT else _operand(text, self.operand)
        inside = "" if part in ("", text) else f" in `{_short(text)}`"
        if inside and text.count(part) > 1:
            inside = f" (operand {self.operand + 1}){inside}"
        return f"`{_short(part or text)}`{inside} at {place_of(self.code.co_filename, line)}"

    def _written(self) -> tuple[int, str]:
        """Return the line, and the expression on it; empty where its text is not to be had."""
        positions = list(self.code.co_positions())
        index = self.instruction // 2
        line, end, start, stop = positions[index] if index < len(positions) else (None,) * 4
        if line is None:
            return self.code.co_firstlineno, ""
        if end != line or start is None or stop is None:
            return line, ""
        whole = linecache.getline(self.code.co_filename, line).encode()
        return line, whole[start:stop].decode(errors="replace").strip()


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _operand(text: str, number: int) -> str:
    """Return the ``number``-th operand in the expression ``text``; empty where that is not plain."""
    try:
        statement = ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        return ""
    parts: list[ast.expr] = []
    if isinstance(statement, ast.AugAssign):
        parts = [statement.target, statement.value]
    node = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp):
        parts = [node.operand]
    elif isinstance(node, ast.Call) and not node.keywords:
        method = isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name)
        parts = [] if method or not isinstance(node.func, ast.Attribute) else list(node.args)
    return "" if number >= len(parts) else ast.get_source_segment(text, parts[number]) or ""


class _Watch(Trace):
    """A trace that remembers the sites in order, and the one to stop at."""

    __slots__ = ("depth", "sites", "stop")

    def __init__(self, stop: Site | None = None) -> None:
        super().__init__()
        self.sites: dict[Site, None] = {}
        self.stop = stop
        self.depth = 0

    def entered(self, operation: str, operands: Any) -> tuple[Any, Site | None]:
        """Return the operands, stopped where they are to be, and the site of the result."""
        frame = user_frame() if self.depth == 0 else None
        if frame is None:
            return operands, None
        place = (frame.f_code, frame.f_lasti, operation)
        live = 0

        def passed(operand: Any, position: int) -> Any:
            nonlocal live
            if isinstance(operand, np.ndarray) and operand.dtype == object:
                operand = lift(operand, operation)
            if isinstance(operand, (list, tuple)):
                return type(operand)([passed(one, position) for one in operand])
            if not isinstance(operand, Carrier) or not operand.tangents.any():
                return operand
            live += 1
            site = Site(*place, position)
            self.sites.setdefault(site)
            return _constant(operand) if site == self.stop else operand

        kept = tuple(passed(operand, position) for position, operand in enumerate(operands))
        result = Site(*place, _RESULT)
        if live > 1:
            self.sites.setdefault(result)
        return kept, result


def _constant(operand: Any) -> Any:
    return type(operand)(operand.primals, np.zeros_like(operand.tangents), operand.run)


class _Watched(Continuation):
    """A continued number whose uses are remembered by its run."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _through(
            self.run, ufunc.__name__, inputs, lambda *kept: _UFUNC(self, ufunc, method, *kept, **kwargs)
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = getattr(func, "__name__", "function")
        return _through(self.run, name, args, lambda *kept: _FUNCTION(self, func, types, kept, kwargs))


_UFUNC = Continuation.__array_ufunc__
_FUNCTION = Continuation.__array_function__


def _through(run: Any, operation: str, operands: tuple[Any, ...], continued: Callable[..., Any]) -> Any:
    """Return ``continued(*operands)``, remembered and stopped as the run says; what is inside is no use."""
    kept, site = run.entered(operation, operands)
    run.depth += 1
    try:
        result = continued(*kept)
    finally:
        run.depth -= 1
    result = _kept_watched(result)
    stopped = site is not None and site == run.stop and isinstance(result, Carrier)
    return _constant(result) if stopped else result


def _kept_watched(result: Any) -> Any:
    if isinstance(result, (list, tuple)) and any(isinstance(one, Carrier) for one in result):
        return [_kept_watched(one) for one in result]
    if isinstance(result, Carrier) and not isinstance(result, _Watched):
        return _Watched(result.primals, result.tangents, result.run)
    return result


def _watched(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def through(self: _Watched, *operands: Any, **kwargs: Any) -> Any:
        return _through(self.run, name, (self, *operands), lambda *kept: method(*kept, **kwargs))

    @functools.wraps(method)
    def reflected(self: _Watched, other: Any) -> Any:
        # In the order in which they are written.
        return _through(self.run, name, (other, self), lambda left, right: method(right, left))

    return reflected if name.startswith("__r") and f"__{name[3:]}" in vars(Continuation) else through


for _name, _method in list(vars(Continuation).items()):
    if isinstance(_method, FunctionType) and _method.__qualname__.endswith("<locals>.method"):
        setattr(_Watched, _name, _watched(_method, _name))


class StoppedPaths:
    """The uses of the argument, and of what is made of it, in one function at one point.

    Parameters
    ----------
    primal
        The function, at a point where its complex step is certified.
    most
        How many uses are looked at; the first ones in the order of a run.

    Examples
    --------
    >>> paths = StoppedPaths(Primal(lambda x: x * np.sin(x), [np.array([2.0])]))
    >>> [round(float(paths.jacobian(site)[0][0, 0]), 4) for site in paths.sites[:2]]
    [0.9093, -0.8323]
    """

    def __init__(self, primal: Primal, most: int = 64) -> None:
        self.primal = primal
        watch = _Watch()
        self._run(np.random.default_rng(_SEED).uniform(0.5, 1.0, primal.n), watch)
        self.sites = list(watch.sites)[:most]

    def along(self, direction: Array, stop: Site | None) -> Array:
        """Return ``J @ direction``, ``(m,)``, with ``stop`` taken as a constant."""
        found: Array = self._run(direction, _Watch(stop))[0]
        return found

    def jacobian(self, stop: Site | None) -> tuple[Array, Array]:
        """Return ``J``, ``(m, n)``, with ``stop`` taken as a constant, and a bound on its rounding."""
        runs = np.array([self._run(direction, _Watch(stop)) for direction in np.eye(self.primal.n)])
        value: Array = runs[:, 0].T
        spread = np.abs(runs[:, 1:] - runs[:, :1]).max(axis=1).T
        return value, _SPREADS * spread + 4.0 * _EPS * np.abs(value)

    def _run(self, direction: Array, watch: _Watch) -> Array:
        """Return the tangents ``(REPLICAS, m)`` of one run."""
        primal = self.primal
        shape = primal.x_shape
        argument = _Watched.seed(primal.x.reshape(shape), direction.reshape(shape), watch)
        value = lift(primal.call(argument), "the result")
        if not isinstance(value, Carrier):
            return np.zeros((argument.tangents.shape[0], np.size(value)))
        tangents: Array = value.tangents.reshape(value.tangents.shape[0], -1)
        return tangents
