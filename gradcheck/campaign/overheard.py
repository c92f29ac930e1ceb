"""What functions under test print and warn: kept apart, since standard output holds our results."""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TextIO

__all__ = ["Overheard", "overhearing"]

_KEPT = 200


@dataclass
class Overheard:
    """How much was printed, with the first line of it; and each warning once, in the order met."""

    lines: int = 0
    first: str = ""
    warned: dict[str, int] = field(default_factory=dict)

    def write(self, text: str) -> None:
        """Count the lines of ``text`` and keep the first that says something."""
        self.lines += text.count("\n")
        # `print` hands over a line in pieces.
        if "\n" not in self.first and len(self.first) < _KEPT:
            self.first = (self.first + text).lstrip()

    def remarks(self) -> list[str]:
        """Return what was overheard, a sentence each; empty when nothing was."""
        said = []
        if self.first.strip():
            amount = f"{self.lines} lines" if self.lines > 1 else "a line"
            said.append(f"printed {amount}, not shown; the first: {self.first.splitlines()[0][:_KEPT]!r}")
        for text, count in self.warned.items():
            often = f" ({count} times)" if count > 1 else ""
            said.append(f"warned{often}: {text}")
        return said


_LISTENER: ContextVar[Overheard | None] = ContextVar("gradcheck_overheard", default=None)


class _Turnstile(io.TextIOBase):
    """Standard output that hands what is printed under :func:`overhearing` to the listener, the rest on."""

    def __init__(self, onward: TextIO) -> None:
        super().__init__()
        self.onward = onward

    def write(self, text: str) -> int:
        heard = _LISTENER.get()
        if heard is None:
            return self.onward.write(text)
        heard.write(text)
        return len(text)

    def flush(self) -> None:
        self.onward.flush()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        # Its encoding, its file number, whether it is a terminal: as they are.
        return getattr(self.onward, name)


class _Stand:
    """Standard output and the showing of warnings, replaced while anybody listens in any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users = 0
        self._output: _Turnstile | None = None
        self._show = warnings.showwarning

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            self._output = _Turnstile(sys.stdout)
            sys.stdout = self._output
            self._show, warnings.showwarning = warnings.showwarning, self._heed

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users or self._output is None:
                return
            # Whoever has replaced them since keeps what they put there.
            if sys.stdout is self._output:
                sys.stdout = self._output.onward
            if warnings.showwarning == self._heed:
                warnings.showwarning = self._show

    def _heed(self, message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
        heard = _LISTENER.get()
        if heard is None:
            self._show(message, category, *rest, **named)
            return
        text = f"{category.__name__}: {message}"[:_KEPT]
        heard.warned[text] = heard.warned.get(text, 0) + 1


_STAND = _Stand()


@contextmanager
def overhearing() -> Iterator[Overheard]:
    """Catch what this thread prints and warns; what other threads print goes where it always went.

    Examples
    --------
    >>> with overhearing() as heard:
    ...     print("chatter")
    >>> heard.remarks()
    ["printed a line, not shown; the first: 'chatter'"]
    """
    heard = Overheard()
    token = _LISTENER.set(heard)
    _STAND.enter()
    try:
        yield heard
    finally:
        _STAND.leave()
        _LISTENER.reset(token)
