"""Points given on the command line: a file of NumPy or JSON, or JSON itself."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gradcheck.errors import InvalidArgument

__all__ = ["arguments_at", "json_value", "unknown_argument"]

_WRITTEN = (b"\x93NUMPY", b"PK\x03\x04")
"""How files of numpy.save and numpy.savez begin."""
_FORMS = 'a file .npy, .npz or .json, or JSON such as "[1, 2]"'


def arguments_at(text: str, f: Callable[..., Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the positional and the keyword arguments of ``f`` that a point stands for.

    An object whose keys are the names of ``f``'s arguments gives each of them; any other value is the first
    and only argument.

    Raises
    ------
    InvalidArgument
        If the point cannot be read, or its numbers are not finite.

    Examples
    --------
    >>> arguments_at('{"x": 1.5, "y": 2}', lambda x, y: x * y)
    ((1.5, 2), {})
    """
    value = _read(text)
    _require_finite(value, text)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return (value,), {}
    named = [one.name for one in signature.parameters.values() if one.kind is not one.VAR_POSITIONAL]
    by_name = isinstance(value, Mapping) and bool(value) and set(value) <= set(named)
    try:
        bound = signature.bind(**_by_keyword(signature, value)) if by_name else signature.bind(value)
    except TypeError as cause:
        fix = "give each of them by name, or the value of the only argument alone"
        unknown = _unknown(value, named)
        if unknown:
            raise InvalidArgument.of(
                "--at", text, f"the arguments of f{signature}: {unknown}", fix
            ) from cause
        expected = f"the arguments of f{signature} ({cause})"
        raise InvalidArgument.of("--at", text, expected, fix) from cause
    return bound.args, bound.kwargs


def unknown_argument(text: str, f: Callable[..., Any]) -> str:
    """Return which names of a point, an object, ``f`` has no argument for; empty where it has all.

    Such an object is the value of ``f``'s only argument: what ``f`` then raises may come of a name misspelt.

    Examples
    --------
    >>> unknown_argument('{"y": 2}', lambda x: x)
    "'y' is no argument of f(x)"
    """
    value = _read(text)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return ""
    unknown = _unknown(value, list(signature.parameters))
    return f"{unknown} of f{signature}" if unknown else ""


def _unknown(value: Any, named: list[str]) -> str:
    unknown = [repr(name) for name in value if name not in named] if isinstance(value, Mapping) else []
    verb = "is no argument" if len(unknown) == 1 else "are no arguments"
    return f"{', '.join(unknown)} {verb}" if unknown else ""


def _by_keyword(signature: inspect.Signature, value: Mapping[str, Any]) -> Mapping[str, Any]:
    positional = [one.name for one in signature.parameters.values() if one.kind is one.POSITIONAL_ONLY]
    if positional:
        raise TypeError(f"{', '.join(positional)} can be given by place only")
    return value


def _read(text: str) -> Any:
    import numpy as np

    path = Path(text)
    # Not `path.is_dir()`: JSON is longer than a name may be.
    if os.path.isdir(text):  # noqa: PTH112
        raise InvalidArgument.of("--at", text, f"{_FORMS}, not a folder", "name a file in it")
    if path.suffix in (".npy", ".npz", ".json"):
        if not path.is_file():
            raise InvalidArgument.of("--at", text, "a file that exists", "mend the path")
        if path.suffix == ".json":
            return json_value(_text_of(path), f"--at {text}")
        try:
            # NumPy leaves a file open that it opened itself and cannot read.
            with path.open("rb") as stream:
                found = np.load(stream, allow_pickle=False)
                return found if path.suffix == ".npy" else {name: found[name] for name in found.files}
        except Exception as cause:
            expected = f"arrays of numbers ({_broken(path, cause)})"
            raise InvalidArgument.of("--at", text, expected, "save plain arrays with numpy.save") from cause
    return json_value(text, "--at")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        what = "it is not UTF-8" if isinstance(cause, UnicodeDecodeError) else cause.strerror
        raise InvalidArgument.of("--at", str(path), f"a file of JSON ({what})", "mend it") from cause


def _broken(path: Path, cause: Exception) -> str:
    """Return what is wrong with a file that NumPy cannot read, without its advice to load it unsafely."""
    if "pickle" not in str(cause):
        return str(cause).partition("\n")[0] or type(cause).__name__
    with path.open("rb") as stream:
        begins = stream.read(max(map(len, _WRITTEN)))
    return "it holds Python objects" if begins.startswith(_WRITTEN) else "it is damaged, or of another format"


def json_value(text: str, argument: str) -> Any:
    """Return the value of JSON with lists of numbers as arrays.

    Raises
    ------
    InvalidArgument
        If it is no JSON, or holds something other than numbers.

    Examples
    --------
    >>> json_value("[[1, 2], [3, 4]]", "--at").shape
    (2, 2)
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as cause:
        shown = text if len(text) <= 60 else f"{text[:56]} ..."
        raise InvalidArgument.of(argument, shown, f"{_FORMS} ({cause})", "mend it") from cause
    return _arrays(value, argument, "")


def _arrays(value: Any, argument: str, where: str) -> Any:
    import numpy as np

    if isinstance(value, Mapping):
        return {name: _arrays(one, argument, f"{where}[{name!r}]") for name, one in value.items()}
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, list):
        if _rectangular(value):
            return np.array(value, dtype=np.float64)
        return [_arrays(one, argument, f"{where}[{k}]") for k, one in enumerate(value)]
    place = f" at {where}" if where else ""
    raise InvalidArgument.of(argument, value, f"numbers{place}", "write null, text and dates as numbers")


def _rectangular(value: list[Any]) -> bool:
    """Whether nested lists hold nothing but numbers, as an array does."""
    inner = [one for one in value if isinstance(one, list)]
    if not inner:
        return all(isinstance(one, (int, float)) for one in value)
    if len(inner) != len(value) or not all(_rectangular(one) for one in inner):
        return False
    shapes = {_shape(one) for one in inner}
    return len(shapes) == 1


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value), *(_shape(value[0]) if value else ())) if isinstance(value, list) else ()


def _require_finite(value: Any, text: str) -> None:
    import numpy as np

    if isinstance(value, Mapping):
        for one in value.values():
            _require_finite(one, text)
    elif isinstance(value, list):
        for one in value:
            _require_finite(one, text)
    elif np.asarray(value).dtype.kind in "fc" and not np.isfinite(value).all():
        bad = np.argwhere(~np.isfinite(np.asarray(value)))[0].tolist()
        place = f" at {bad}" if bad else ""
        expected = f"finite numbers; there is none{place}"
        raise InvalidArgument.of("--at", text, expected, "choose a point where f is smooth")
