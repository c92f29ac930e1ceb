"""Files read whole and written in one step, so that whoever reads one never sees half of it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["read_text", "replace_text"]


def replace_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` to ``path`` in one step: a reader sees the old file or the new one.

    What is not a regular file, such as ``/dev/stdout``, is written to.

    Raises
    ------
    OSError
        If it cannot be written; an old file is then as it was.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8", newline="\n")
        return
    # A link keeps pointing to the file that is replaced.
    target = target.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of ``path``; what is not UTF-8 in it becomes U+FFFD.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        raw = Path(path).read_bytes()
    except ValueError as cause:
        # A name that no file can have, such as one with a NUL.
        raise OSError(str(cause)) from cause
    return raw.decode("utf-8-sig", errors="replace")
