"""Shapes that broadcast inside a function although they were hardly meant to.

``mean((p - y)**2)`` with ``p`` of shape ``(n, 1)`` and ``y`` of shape ``(n,)`` is a mean over ``n * n``
differences.  Its gradient may be right, of the wrong function: no comparison of derivatives shows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.judge.problem import Problem

__all__ = ["suspicious_broadcasts"]

_MOST = 3


def suspicious_broadcasts(problem: Problem) -> tuple[str, ...]:
    """Return notes on ``(n, 1)`` and ``(n,)`` meeting in an elementwise operation, from one evaluation.

    Examples
    --------
    >>> y = np.zeros(3)
    >>> suspicious_broadcasts(Problem(lambda p: np.mean((p - y) ** 2), [np.ones((3, 1))]))
    ('shapes (3, 1) and (3,) broadcast to (3, 3) inside f, in `subtract`: is that meant?',)
    """
    met: list[str] = []
    watched = _watched(met)

    def seen(value: Any) -> Any:
        return value.view(watched) if type(value) is np.ndarray else value

    args = [seen(value) for value in problem.arguments(problem.x)]
    keywords = {name: seen(value) for name, value in problem.keywords().items()}
    try:
        with np.errstate(all="ignore"):
            problem.f(*args, **keywords)
    except Exception:
        # A function that takes no subclass of an array has been judged without: only the note is lost.
        return ()
    return tuple(dict.fromkeys(met))[:_MOST]


def _watched(met: list[str]) -> type[np.ndarray[Any, Any]]:
    """Return an array type whose operations add to ``met``."""

    class Watched(np.ndarray[Any, Any]):
        def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **kwargs: Any) -> Any:
            if method == "__call__" and len(inputs) == 2 and ufunc.signature is None:
                note = _note(ufunc.__name__, np.shape(inputs[0]), np.shape(inputs[1]))
                met.extend([note] if note else [])
            if kwargs.get("out") is not None:
                kwargs["out"] = tuple(_plain(one) for one in kwargs["out"])
            found = getattr(ufunc, method)(*(_plain(one) for one in inputs), **kwargs)
            return tuple(_again(one) for one in found) if isinstance(found, tuple) else _again(found)

    def _plain(value: Any) -> Any:
        return value.view(np.ndarray) if isinstance(value, Watched) else value

    def _again(value: Any) -> Any:
        return value.view(Watched) if type(value) is np.ndarray else value

    return Watched


def _note(operation: str, one: tuple[int, ...], other: tuple[int, ...]) -> str:
    column, row = (one, other) if len(one) == 2 else (other, one)
    if len(row) != 1 or row[0] < 2 or column != (row[0], 1):
        return ""
    square = (row[0], row[0])
    return f"shapes {column} and {row} broadcast to {square} inside f, in `{operation}`: is that meant?"
