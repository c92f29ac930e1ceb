"""Files that a command writes: none of them is what it reads, another of its outputs, or a foreign file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from gradcheck.errors import InvalidArgument
from gradcheck.reporting.pages import is_foreign

__all__ = ["require_apart", "require_page"]


def require_apart(outputs: Sequence[tuple[str, str]], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse an output that is one of ``inputs``, or the file of another output.

    Parameters
    ----------
    outputs
        Options and the files they name.
    inputs
        What is read.

    Raises
    ------
    InvalidArgument
        If a file would be lost.
    """
    read = {_real(path) for path in inputs}
    written: dict[str, str] = {}
    for option, file in outputs:
        if file == os.environ.get("GITHUB_STEP_SUMMARY") or Path(file).is_char_device():
            # Added to, and never replaced.
            continue
        real = _real(file)
        if real in read:
            raise InvalidArgument.of(
                option, file, "another file than those that are read", "choose another name: it would be lost"
            )
        if real in written:
            raise InvalidArgument.of(
                option, file, f"another file than that of {written[real]}", "give each a name of its own"
            )
        written[real] = option


def require_page(option: str, file: str) -> None:
    """Refuse to draw a page over a file that is none.

    Raises
    ------
    InvalidArgument
        If ``file`` exists, has no name of a page, and is no page of gradcheck's.
    """
    if is_foreign(Path(file)):
        raise InvalidArgument.of(
            option,
            file,
            "a name that ends in .html, or a page of gradcheck's",
            "choose another name: that file exists, and would be lost",
        )


def _real(path: str | os.PathLike[str]) -> str:
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):
        # A name that no file can have: writing it says so.
        return str(path)
