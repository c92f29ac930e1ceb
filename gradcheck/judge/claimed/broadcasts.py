"""Shapes that broadcast inside a function although they were hardly meant to.

``mean((p - y)**2)`` with ``p`` of shape ``(n, 1)`` and ``y`` of shape ``(n,)`` is a mean over ``n * n``
differences.  Its gradient may be right, of the wrong function: no comparison of derivatives shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.judge.question.problem import Problem

__all__ = ["suspicious_broadcasts"]

_MOST = 3
"""Notes: whoever has mended the first few has mended the others."""
_DEEPEST = 16
"""Containers within containers that are looked into."""


def suspicious_broadcasts(problem: Problem) -> tuple[str, ...]:
    """Return notes on ``(n, 1)`` and ``(n,)`` meeting in an elementwise operation, from one evaluation.

    A column that ``f`` makes itself, by ``x[:, None]`` or ``reshape``, is there to broadcast, and where ``f``
    returns an ``(n, n)`` array that is what was wanted: neither is noted.

    Examples
    --------
    >>> y = np.zeros(3)
    >>> suspicious_broadcasts(Problem(lambda p: np.mean((p - y) ** 2), [np.ones((3, 1))]))
    ('shapes (3, 1) and (3,) broadcast to (3, 3) inside f, in `subtract`: is that meant?',)
    >>> suspicious_broadcasts(Problem(lambda p: np.mean((p[:, None] - p) ** 2), [np.ones(3)]))
    ()
    """
    met: list[tuple[str, tuple[int, int]]] = []
    watched = _watched(met)

    def seen(value: Any) -> Any:
        return value.view(watched) if type(value) is np.ndarray else value

    args = [_mapped(seen, value, _DEEPEST) for value in problem.arguments(problem.x)]
    keywords = {name: _mapped(seen, value, _DEEPEST) for name, value in problem.keywords().items()}
    try:
        with np.errstate(all="ignore"):
            problem.f(*args, **keywords)
    except Exception:
        # A function that takes no subclass of an array has been judged without: only the note is lost.
        return ()
    returned = set() if problem.out is None else {leaf.shape for leaf in problem.out.leaves}
    return tuple(dict.fromkeys(note for note, square in met if square not in returned))[:_MOST]


def _mapped(change: Callable[[Any], Any], value: Any, depth: int) -> Any:
    """Return ``value`` with ``change`` made to what its dicts, lists, tuples and dataclasses hold."""
    if depth == 0:
        return value
    if type(value) is dict:
        return {key: _mapped(change, inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        inside = [_mapped(change, inner, depth - 1) for inner in value]
        if hasattr(value, "_fields"):
            return type(value)(*inside)
        return type(value)(inside) if type(value) in (list, tuple) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return dataclasses.replace(value, **{k: _mapped(change, v, depth - 1) for k, v in held.items()})
    return change(value)


def _watched(met: list[tuple[str, tuple[int, int]]]) -> type[np.ndarray[Any, Any]]:
    """Return an array type whose operations add to ``met``."""

    class Watched(np.ndarray[Any, Any]):
        made = False
        """Whether the function made the shape itself."""

        def __array_finalize__(self, other: Any) -> None:
            self.made = getattr(other, "made", False)

        def __getitem__(self, key: Any) -> Any:
            return _marked(super().__getitem__(key), any(one is None for one in _parts(key)))

        def reshape(self, *shape: Any, **kwargs: Any) -> Any:
            return _marked(super().reshape(*shape, **kwargs), True)

        def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **kwargs: Any) -> Any:
            if method == "__call__" and len(inputs) == 2 and ufunc.signature is None:
                found = _note(ufunc.__name__, *inputs)
                met.extend([found] if found else [])
            if kwargs.get("out") is not None:
                kwargs["out"] = tuple(_plain(one) for one in kwargs["out"])
            result = getattr(ufunc, method)(*(_plain(one) for one in inputs), **kwargs)
            made = any(getattr(one, "made", False) for one in inputs)
            return (
                tuple(_again(one, made) for one in result)
                if isinstance(result, tuple)
                else _again(result, made)
            )

    def _plain(value: Any) -> Any:
        return value.view(np.ndarray) if isinstance(value, Watched) else value

    def _again(value: Any, made: bool) -> Any:
        return _marked(value.view(Watched), made) if type(value) is np.ndarray else value

    def _marked(value: Any, made: bool) -> Any:
        if made and isinstance(value, Watched):
            value.made = True
        return value

    return Watched


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _note(operation: str, one: Any, other: Any) -> tuple[str, tuple[int, int]] | None:
    column, row = (one, other) if np.ndim(one) == 2 else (other, one)
    shape, count = np.shape(column), np.size(row)
    if np.ndim(row) != 1 or count < 2 or shape != (count, 1) or _is_made(column):
        return None
    square = (count, count)
    text = f"shapes {shape} and {(count,)} broadcast to {square} inside f, in `{operation}`: is that meant?"
    return text, square


def _is_made(column: Any) -> bool:
    """Whether the function made a column of something else: a plain one is then a view of it."""
    if type(column) is np.ndarray:
        return column.base is not None
    return bool(getattr(column, "made", False))
