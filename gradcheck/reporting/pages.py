"""Whether a file may be replaced by a page: a page may, and what somebody else wrote may not."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_foreign"]

_SUFFIXES = (".html", ".htm")
_MARK = b"gradcheck report</title>"
_HEAD = 1 << 16
"""Bytes in which the title of a page stands."""


def is_foreign(path: Path) -> bool:
    """Return whether ``path`` is a file that is there, has no name of a page, and is no page of ours.

    Examples
    --------
    >>> is_foreign(Path("page.html")), is_foreign(Path("no-such-file.py"))
    (False, False)
    """
    if path.suffix.lower() in _SUFFIXES:
        return False
    try:
        if not path.is_file() or not path.stat().st_size:
            return False
        with path.open("rb") as stream:
            return _MARK not in stream.read(_HEAD)
    except (OSError, ValueError):
        # Writing it says what is wrong.
        return False
