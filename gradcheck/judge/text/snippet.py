"""A failing check as Python that shows the same result when pasted into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.domains import Symmetric
from gradcheck.judge.text.sources import Definitions, Unwritable
from gradcheck.results import CheckResult, Verdict

__all__ = ["with_snippet"]

_MOST_NUMBERS = 2000
"""Beyond this a snippet is no longer read, nor pasted."""


def with_snippet(
    result: CheckResult,
    checker: str,
    functions: Mapping[str, Any],
    args: Sequence[Any],
    keywords: Mapping[str, Any],
) -> CheckResult:
    """Return ``result`` with a snippet in its evidence, where it has evidence and is no PASS.

    Parameters
    ----------
    checker
        The public function that was called, ``"check"``.
    functions
        What it was given before the point, by name: ``f`` and the claim.
    args
        The point.
    keywords
        What else it was given, None for nothing.
    """
    if result.evidence is None or result.verdict is Verdict.PASS:
        return result
    try:
        text = _snippet(checker, functions, args, keywords)
    except (Unwritable, RecursionError):
        return result
    return replace(result, evidence=replace(result.evidence, snippet=text))


def _snippet(
    checker: str, functions: Mapping[str, Any], args: Sequence[Any], keywords: Mapping[str, Any]
) -> str:
    written = Definitions(["import numpy as np", "import gradcheck"], {"np": np, "gradcheck": None})
    given = [_given(written, name, value) for name, value in functions.items()]
    budget = _Budget()
    for place, value in enumerate(args):
        name = written.fresh("x" if len(args) == 1 else f"x{place}")
        written.body.append(f"{name} = {_literal(value, written, budget)}")
        given.append(name)
    for name, value in keywords.items():
        if value is not None:
            given.append(f"{name}={_keyword(written, name, value, budget)}")
    call = f"result = gradcheck.{checker}({', '.join(given)})"
    ending = [call, "print(result)", 'assert str(result.verdict) == "pass"']
    return "\n".join([*written.imports, "", *written.body, "", *ending]) + "\n"


def _given(written: Definitions, name: str, value: Any) -> str:
    return written.define(name, value) if callable(value) else _value(written, name, value)


def _value(written: Definitions, name: str, value: Any) -> str:
    if value is True or isinstance(value, str):
        return repr(value)
    fresh = written.fresh(name)
    written.body.append(f"{fresh} = {_literal(value, written, _Budget())}")
    return fresh


def _keyword(written: Definitions, name: str, value: Any, budget: _Budget) -> str:
    return written.define(name, value) if callable(value) else _literal(value, written, budget)


class _Budget:
    """Counts the numbers written."""

    def __init__(self) -> None:
        self.left = _MOST_NUMBERS

    def spend(self, count: int) -> None:
        """Take ``count`` of them; :class:`Unwritable` when none are left."""
        self.left -= count
        if self.left < 0:
            raise Unwritable("too many numbers")


def _literal(value: Any, written: Definitions, budget: _Budget) -> str:
    """Return Python that makes ``value`` again, to the last bit."""
    simple: Mapping[type, Callable[[Any], str]] = {
        dict: lambda one: "{" + ", ".join(f"{k!r}: {again(v)}" for k, v in one.items()) + "}",
        list: lambda one: "[" + ", ".join(map(again, one)) + "]",
        tuple: lambda one: "(" + "".join(f"{again(item)}, " for item in one).rstrip(" ") + ")",
    }

    def again(inner: Any) -> str:
        return _literal(inner, written, budget)

    if type(value) in simple:
        return simple[type(value)](value)
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if isinstance(value, Symmetric):
        return f"gradcheck.symmetric({value.convention!r})"
    if type(value) is float:
        budget.spend(1)
        return repr(value) if np.isfinite(value) else f"float({str(value)!r})"
    return _array_literal(value, written, budget)


def _array_literal(value: Any, written: Definitions, budget: _Budget) -> str:
    home = type(value).__module__.partition(".")[0]
    if not isinstance(value, (np.ndarray, np.generic)) and home not in ("jax", "jaxlib"):
        raise Unwritable(f"a {type(value).__name__}")
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise Unwritable(f"dtype {array.dtype}")
    budget.spend(array.size)
    text = repr(array.tolist())
    for word in ("nan", "inf"):
        text = text.replace(word, f"np.{word}")
    dtype = (
        "" if array.dtype in (np.float64, np.int64, np.bool_) and array.size else f', dtype="{array.dtype}"'
    )
    shape = "" if array.size else f".reshape({array.shape})"
    text = f"np.array({text}{dtype}){shape}"
    if isinstance(value, np.generic):
        return f"{text}[()]"
    if isinstance(value, np.ndarray):
        return text
    written.require("import jax.numpy as jnp")
    return f"jnp.asarray({text})"
