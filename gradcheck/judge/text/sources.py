"""The source of a function, with what it needs, so that it can be written into another file."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Definitions", "Unwritable"]

_DEEPEST = 6
"""Functions that use functions, written out one in another: beyond, a snippet is no longer read."""
_INSTALLED = ("site-packages", "dist-packages")


class Unwritable(Exception):
    """A value has no source that could stand in another file."""


class Definitions:
    """Imports and definitions of a file that is being written.

    Parameters
    ----------
    imports
        Lines that are there from the start.
    bound
        Names that they bind, and to what; None for a name that is merely taken.

    Examples
    --------
    >>> written = Definitions(["import numpy as np"], {"np": np})
    >>> written.define("f", np.sin)
    'np.sin'
    """

    def __init__(self, imports: list[str], bound: Mapping[str, Any]) -> None:
        self.imports = list(imports)
        self.body: list[str] = []
        self._bound = dict(bound)

    def require(self, line: str) -> None:
        """Add an import once."""
        if line not in self.imports:
            self.imports.append(line)

    def fresh(self, name: str) -> str:
        """Return ``name``, or a variation of it that is not bound yet, and bind it."""
        free = name
        while free in self._bound:
            free += "_"
        self._bound[free] = None
        return free

    def define(self, name: str, function: Any) -> str:
        """Return an expression for ``function``, after writing what it needs.

        Raises
        ------
        Unwritable
            If it has no source, or needs something that has none.
        """
        called = str(getattr(function, "__name__", ""))
        if isinstance(function, np.ufunc) and getattr(np, called, None) is function:
            return f"np.{called}"
        if not isinstance(function, types.FunctionType):
            raise Unwritable(f"a {type(function).__name__}")
        if _importable(function):
            return self._imported(name, function)
        return self._written(name, function, 0)

    def _imported(self, name: str, function: types.FunctionType) -> str:
        free = self.fresh(name)
        self._import(function, free)
        return free

    def _import(self, thing: Any, name: str) -> None:
        folder = _folder_of(thing.__module__)
        if folder is not None:
            self.require("import sys")
            self.require(f"sys.path.insert(0, {folder!r})")
        alias = "" if thing.__name__ == name else f" as {name}"
        self.require(f"from {thing.__module__} import {thing.__name__}{alias}")

    def _written(self, name: str, function: types.FunctionType, depth: int) -> str:
        if depth > _DEEPEST:
            raise Unwritable("functions nested too deep")
        node, source = _node_of(function)
        for used, value in _uses(function):
            self._bind(used, value, depth + 1)
        if isinstance(node, ast.Lambda):
            free = self.fresh(name)
            self.body.append(f"{free} = {ast.unparse(node)}")
            return free
        segment = textwrap.dedent(" " * node.col_offset + (ast.get_source_segment(source, node) or ""))
        if self._bound.get(node.name) is not function:
            self.fresh_exactly(node.name, function)
            self.body += ["", *segment.rstrip().split("\n"), ""]
        return node.name

    def fresh_exactly(self, name: str, value: Any) -> None:
        """Bind ``name`` to ``value``; :class:`Unwritable` when it is bound to something else."""
        if name in self._bound and self._bound[name] is not value:
            raise Unwritable(f"two meanings of {name}")
        self._bound[name] = value

    def _bind(self, name: str, value: Any, depth: int) -> None:
        if name in self._bound and self._bound[name] is value:
            return
        if isinstance(value, types.ModuleType):
            self.fresh_exactly(name, value)
            self.require(f"import {value.__name__}" + ("" if value.__name__ == name else f" as {name}"))
        elif isinstance(value, types.FunctionType) and not _importable(value):
            found = self._written(name, value, depth)
            if found != name:
                self.fresh_exactly(name, value)
                self.body.append(f"{name} = {found}")
        elif _importable(value):
            self.fresh_exactly(name, value)
            self._import(value, name)
        else:
            self.fresh_exactly(name, value)
            self.body.append(f"{name} = {_constant(value)}")


def _constant(value: Any) -> str:
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value) is float and np.isfinite(value):
        return repr(value)
    small = type(value) is np.ndarray and value.dtype in (np.float64, np.int64) and 0 < value.size <= 400
    if small and np.isfinite(value).all():
        return f"np.array({value.tolist()!r})"
    raise Unwritable(f"a {type(value).__name__}")


def _importable(thing: Any) -> bool:
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    name = getattr(thing, "__name__", "")
    return (
        module is not None
        and module.__name__ != "__main__"
        and getattr(thing, "__qualname__", name) == name
        and getattr(module, name, None) is thing
    )


def _folder_of(module: str) -> str | None:
    """Return the folder that ``import module`` needs on the path, None for what is installed."""
    file = getattr(sys.modules[module], "__file__", None)
    if file is None or module.partition(".")[0] in sys.stdlib_module_names:
        return None
    path = Path(file).resolve()
    if any(part in _INSTALLED for part in path.parts):
        return None
    levels = module.count(".") + (path.name == "__init__.py")
    folder = path.parents[levels]
    here = Path.cwd()
    return folder.relative_to(here).as_posix() if folder.is_relative_to(here) else str(folder)


def _node_of(function: types.FunctionType) -> tuple[ast.FunctionDef | ast.Lambda, str]:
    """Return the syntax of ``function`` in its file, and the file's text."""
    try:
        lines, _ = inspect.findsource(function)
        source = "".join(lines)
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError, ValueError, IndexError) as cause:
        raise Unwritable("no source") from cause
    first, name = function.__code__.co_firstlineno, function.__name__
    kind = ast.Lambda if name == "<lambda>" else ast.FunctionDef
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, kind) and node.lineno == first and getattr(node, "name", "<lambda>") == name
    ]
    if len(found) > 1:
        found = [node for node in found if isinstance(node, ast.Lambda) and _spans(node, function.__code__)]
        found.sort(key=lambda node: -node.col_offset)
    if not found:
        raise Unwritable("no source of its own")
    return found[0], source


def _spans(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether the code's places in the file all lie inside the lambda's body: two may share a line."""
    body = node.body
    start, stop = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
    places = [
        ((line, column), (last, end))
        for line, last, column, end in code.co_positions()
        if None not in (line, last, column, end) and (line, column) != (last, end)
    ]
    return bool(places) and all(start <= first and last <= stop for first, last in places)


def _uses(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Return the globals and closed-over names that ``function`` reads, defaults refused."""
    if function.__defaults__ or function.__kwdefaults__:
        raise Unwritable("default arguments")
    closed: Callable[..., Any] = inspect.getclosurevars
    try:
        free = closed(function).nonlocals
    except ValueError as cause:
        raise Unwritable("an empty cell") from cause
    yield from free.items()
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__ and name not in free:
            yield name, function.__globals__[name]


def _names(code: types.CodeType) -> set[str]:
    inner = [_names(one) for one in code.co_consts if isinstance(one, types.CodeType)]
    return set(code.co_names).union(*inner)
