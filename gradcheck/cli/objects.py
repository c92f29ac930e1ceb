"""Functions named on the command line: ``module:f``, ``module:obj.method``, ``path/to/file.py:f``."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.errors import InvalidArgument

__all__ = ["named_object"]

_MEANT = "module:name, such as mymodel:loss or path/to/mymodel.py:loss"


def named_object(text: str, argument: str) -> Any:
    """Return what ``text`` names; the working directory is searched first.

    Parameters
    ----------
    text
        ``module:name`` or ``file.py:name``; dots in the name lead into objects.
    argument
        What messages call it.

    Raises
    ------
    InvalidArgument
        If the module cannot be imported, or has no such name.

    Examples
    --------
    >>> named_object("math:sin", "f")
    <built-in function sin>
    """
    home, _, name = text.rpartition(":")
    if not home or not name:
        raise InvalidArgument.of(argument, text, _MEANT, "write both parts with a colon between")
    found: Any = _module(home, text, argument)
    path = home
    for part in name.split("."):
        if not hasattr(found, part):
            raise _absent(found, path, part, text, argument)
        found, path = getattr(found, part), f"{path}.{part}"
    return found


def _module(home: str, text: str, argument: str) -> ModuleType:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        if home.endswith(".py"):
            return _from_file(Path(home), text, argument)
        return importlib.import_module(home)
    except InvalidArgument:
        raise
    except ModuleNotFoundError as cause:
        if cause.name is None or not (home == cause.name or home.startswith(f"{cause.name}.")):
            raise _broken(home, text, argument, cause) from cause
        fix = f"modules are looked for in {Path.cwd()} and on the path"
        raise InvalidArgument.of(argument, text, f"a module {home!r} that exists", fix) from cause
    except Exception as cause:
        raise _broken(home, text, argument, cause) from cause


def _from_file(path: Path, text: str, argument: str) -> ModuleType:
    if not path.is_file():
        raise InvalidArgument.of(argument, text, f"a file {str(path)!r} that exists", "mend the path")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InvalidArgument.of(argument, text, "a Python file", "name one that ends in .py")
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path.resolve()):
        return known
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path.resolve())
    # A class defined in the file looks its module up by name; a module of the same name stays untouched.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _broken(home: str, text: str, argument: str, cause: Exception) -> InvalidArgument:
    fix = f"mend it: `python -c 'import {home}'` shows where" if not home.endswith(".py") else "mend the file"
    problem = f"{type(cause).__name__}: {cause}"
    return InvalidArgument.of(
        argument, text, f"a module that can be imported, and {home} raised {problem}", fix
    )


def _absent(found: Any, path: str, part: str, text: str, argument: str) -> InvalidArgument:
    names = _offered(found)
    near = difflib.get_close_matches(part, names, n=3)
    shown = near or names[:8]
    fix = f"did you mean {', '.join(shown)}?" if near else f"it has {', '.join(shown) or 'no public name'}"
    return InvalidArgument.of(argument, text, f"a name in {path}, which has no {part!r}", fix)


def _offered(found: Any) -> list[str]:
    """Return the public names of ``found``, without what it imports for itself, such as ``np``."""
    own = f"{getattr(found, '__name__', '')}."

    def imported(value: object) -> bool:
        foreign = isinstance(value, ModuleType) and not value.__name__.startswith(own)
        return foreign or type(value).__module__ == "__future__"

    names = (name for name in dir(found) if not name.startswith("_"))
    return [name for name in names if not imported(inspect.getattr_static(found, name, None))]
