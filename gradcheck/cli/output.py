"""What the commands print and write: results to standard output, the page to its folder, a progress bar."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gradcheck.errors import GradcheckError, MissingExtra

__all__ = ["Progress", "colour", "say", "width", "write_page"]


def say(*texts: str) -> None:
    """Print results; whoever closed the pipe (``| head``) misses the rest and changes no exit code."""
    try:
        for text in texts:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as cause:
        raise GradcheckError(f"cannot write to standard output: {cause.strerror}") from cause


def colour() -> bool:
    """Return whether standard output takes colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width() -> int:
    """Return the width of the terminal in characters."""
    return shutil.get_terminal_size((100, 24)).columns


def write_page(record: Mapping[str, Any], folder: Path) -> str:
    """Write the page of ``record`` to ``folder``, and return a line that says where, or why there is none."""
    from gradcheck.reporting.html import render

    try:
        text = render(record)
    except MissingExtra as missing:
        return f"record: {folder / 'gradcheck.json'}; no page: {missing}"
    path = folder / "gradcheck.html"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as cause:
        raise GradcheckError(
            f"cannot write {path}: {cause.strerror}; choose another folder with --report"
        ) from cause
    return f"report: {path}   record: {folder / 'gradcheck.json'}"


class Progress:
    """A progress bar on a terminal, nothing in a pipe; ``done`` counts what has arrived."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self.done = 0
        self._bar = tqdm(total=total, unit="rule", leave=False, disable=not sys.stderr.isatty())

    def __enter__(self) -> Callable[[object], None]:
        return self._advance

    def _advance(self, _: object) -> None:
        self.done += 1
        self._bar.update()

    def __exit__(self, *_: object) -> None:
        self._bar.close()
