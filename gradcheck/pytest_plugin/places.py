"""Where a check was made: in a test, in a fixture that outlives it, or while a module was imported.

A check in a session fixture belongs to the fixture, not to the test that happened to ask for it first: so it
has the same identity whichever tests run, in whichever order and in how many processes.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from _pytest import fixtures, runner

from gradcheck.journal.encoding import encode

if TYPE_CHECKING:
    from types import CodeType, FrameType

    import pytest

__all__ = ["OUTSIDE", "Place", "own_place", "place_of", "running", "test_facts"]


class Place(NamedTuple):
    """Where a check was made.

    Attributes
    ----------
    prefix
        Begins the identity of every check made there; empty outside everything that has a name.
    test
        ``node``, ``file``, ``line`` and ``outcome``; None where ``prefix`` is empty.
    item
        The test whose own check it is; None elsewhere.
    """

    prefix: str
    test: dict[str, Any] | None
    item: pytest.Item | None


def _code(owner: Any, name: str) -> CodeType | None:
    function = getattr(owner, name, None)
    return getattr(function, "__code__", None)


# By identity: to hash a code object is to hash all of its code.
# The arguments of these hooks are documented.  Where one has moved, the checks of a fixture go to the test.
_ROOTS = {
    id(code): argument
    for code, argument in (
        (_code(fixtures, "pytest_fixture_setup"), "fixturedef"),
        (_code(getattr(fixtures, "FixtureDef", None), "finish"), "self"),
        (_code(runner, "pytest_make_collect_report"), "collector"),
        (_code(runner, "runtestprotocol"), "item"),
        (_code(runner, "pytest_runtest_setup"), "item"),
        (_code(runner, "pytest_runtest_call"), "item"),
        (_code(runner, "pytest_runtest_teardown"), "item"),
    )
    if code is not None
}


OUTSIDE = Place("", None, None)


def own_place(item: pytest.Item | None) -> Place:
    """Return the place of the checks of ``item`` itself."""
    return OUTSIDE if item is None else Place(_plain(item.nodeid), None, item)


def place_of(own: Place, root: str) -> Place:
    """Return where the check that is being reported was made.

    Parameters
    ----------
    own
        The place of the test that runs.
    root
        The root folder, to which files are given relative.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 the public `inspect` builds a list of all frames
    while frame is not None:
        name = _ROOTS.get(id(frame.f_code))
        if name == "item":
            break
        if name == "collector":
            return _module(frame.f_locals["collector"])
        if name is not None:
            found = frame.f_locals[name]
            if getattr(found, "scope", "function") != "function":
                return _fixture(found, root, teardown=name == "self", request=frame.f_locals.get("request"))
            break
        frame = frame.f_back
    return own


def running(config: pytest.Config) -> pytest.Item | None:
    """Return the test that runs in whichever thread of a session; None outside tests."""
    for frame in sys._current_frames().values():  # noqa: SLF001 a thread of a test has no frame of the test
        within: FrameType | None = frame
        while within is not None:
            if _ROOTS.get(id(within.f_code)) == "item":
                item: pytest.Item = within.f_locals["item"]
                if item.config is config:
                    return item
            within = within.f_back
    return None


def _fixture(definition: Any, root: str, *, teardown: bool, request: Any) -> Place:
    home = f"{definition.baseid}::" if definition.baseid else ""
    node = _plain(f"{home}{definition.argname}{_index(definition, request, teardown=teardown)}")
    code = getattr(definition.func, "__code__", None)
    file = "" if code is None else os.path.relpath(code.co_filename, root)
    test = {
        "node": node,
        "file": _plain(file.replace(os.sep, "/")),
        "line": 0 if code is None else code.co_firstlineno,
        "outcome": "passed",
    }
    return Place(f"{node} (teardown)" if teardown else node, test, None)


def _index(definition: Any, request: Any, *, teardown: bool) -> str:
    """Return which parameter of a parametrised fixture it is: a name of its value need not exist."""
    if definition.params is None:
        return ""
    if not teardown:
        return f"[{getattr(request, 'param_index', 0)}]"
    # The request that ends a fixture may be for its next parameter already.
    cached = getattr(definition, "cached_result", None)
    known = [place for place, one in enumerate(definition.params) if cached and one is cached[1]]
    return f"[{known[0]}]" if known else ""


def _module(collector: Any) -> Place:
    node = _plain(collector.nodeid)
    test = {"node": node, "file": node.partition("::")[0], "line": 0, "outcome": "passed"}
    return Place(node, test if node else None, None)


def test_facts(item: pytest.Item, outcome: str) -> dict[str, Any]:
    """Return what the record says of the test ``item``."""
    file, line, _ = item.location
    return {
        "node": _plain(item.nodeid),
        "file": _plain(file.replace(os.sep, "/")),
        "line": 0 if line is None else line + 1,
        "outcome": outcome,
    }


def _plain(text: str) -> str:
    return text if text.isascii() else str(encode(text))
