"""The journal of a run: a line for each check as it arrives, the record at the end."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gradcheck.counts import tally
from gradcheck.errors import InvalidArgument
from gradcheck.journal.conformance import SCHEMA_VERSION, violation
from gradcheck.journal.encoding import encode, to_json
from gradcheck.journal.faults import UnwritableRecord
from gradcheck.journal.files import replace_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType, TracebackType

__all__ = ["Journal", "record_text"]

_STEM = "gradcheck"
_PAGE = "gradcheck.html"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_LATER = 0.01
_CUT_SHORT = "interrupted: the record holds the checks that had ended"


class Journal:
    """The record of one run in ``folder``, kept whole whatever ends the run.

    Entering removes the files of the last run, so that a killed run never shows an
    old green, and opens ``gradcheck.jsonl``.  Leaving without :meth:`finish`, by an
    exception, Ctrl-C or SIGTERM, writes ``gradcheck.json`` with what had been found
    and ``complete`` false.  Even after SIGKILL every finished line of the journal
    can be read.

    Parameters
    ----------
    folder
        Where the files go; created when absent.
    stem
        What the record's and the journal's names begin with.

    Raises
    ------
    UnwritableRecord
        If the folder cannot be created or written (an ``InvalidArgument``).

    Examples
    --------
    >>> Journal("reports").path.as_posix()
    'reports/gradcheck.json'
    """

    def __init__(self, folder: str | os.PathLike[str], stem: str = _STEM) -> None:
        self.folder = Path(folder)
        self.path, self.journal_path = (self.folder / f"{stem}{end}" for end in (".json", ".jsonl"))
        # A page beside a record of another name is not ours to remove.
        self._stale = [self.path, self.journal_path, *([self.folder / _PAGE] if stem == _STEM else [])]
        self._lock = threading.Lock()
        self._header: dict[str, Any] = {}
        self._checks: list[dict[str, Any] | str] = []
        self._stream: int | None = None
        self._whole = 0
        self._torn = False
        self._finished = False
        self._previous: dict[int, Any] = {}
        self._asked: int | None = None

    def forget(self) -> None:
        """Remove the files of the last run; a run that is killed while it starts then shows no old green.

        Raises
        ------
        UnwritableRecord
            If one of them cannot be removed.
        """
        try:
            for path in self._stale:
                path.unlink(missing_ok=True)
        except OSError as cause:
            raise UnwritableRecord.because(self.folder, cause) from cause

    def __enter__(self) -> Self:
        self.forget()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stream = os.open(self.journal_path, _FLAGS, 0o644)
        except OSError as cause:
            raise UnwritableRecord.because(self.folder, cause) from cause
        self._catch_signals()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in self._previous:
            # Another signal must not interrupt the writing of the record.
            signal.signal(number, signal.SIG_IGN)
        try:
            if not self._finished:
                self._finish_early(suppress=error is not None)
        finally:
            if self._stream is not None:
                os.close(self._stream)
                self._stream = None
            for number, handler in self._previous.items():
                signal.signal(number, handler)
            self._previous.clear()
        if isinstance(error, _Ended):
            raise SystemExit(128 + error.number)

    def header(self, facts: Mapping[str, Any]) -> None:
        """Write the first line: the top-level fields known before the first check.

        ``schema_version``, ``tool``, ``checks`` and ``complete`` are set here;
        ``summary`` and ``self_test`` may wait for :meth:`finish`.

        Raises
        ------
        InvalidArgument
            If another field is missing or breaks the schema, or this is a second header.
        """
        if self._header:
            raise InvalidArgument.of("header", "a second header", "one header a run", "call `header` once")
        header = {"schema_version": SCHEMA_VERSION, "tool": "gradcheck"} | encode(facts) | {"complete": False}
        header.pop("checks", None)
        fault = violation({"self_test": None, "summary": tally(())} | header | {"checks": []})
        if fault is not None:
            raise InvalidArgument(f"`header`: breaks the schema: {fault}")
        self._line({"kind": "header"} | header)
        self._header = header

    def check(self, found: Mapping[str, Any]) -> None:
        """Append one check; its line is on disk when this returns.

        Raises
        ------
        InvalidArgument
            If there is no header yet, or ``found`` breaks the schema (the field is named).
        """
        if not self._header:
            raise InvalidArgument.of("check", "no header", "a header first", "call `header` before `check`")
        encoded = encode(found)
        fault = violation(encoded, "check")
        if fault is not None:
            raise InvalidArgument(f"`check`: the record of {encoded.get('id')!r} breaks the schema: {fault}")
        with self._lock:
            # A check has a field `kind` of its own, so the line's kind wraps it.
            self._line({"kind": "check", "check": encoded})
            self._checks.append(encoded)
        if self._asked is not None:
            # What the signal raised was lost: Python drops exceptions in callbacks of its garbage collector.
            self._leave(self._asked, None)

    def append(self, lines: Sequence[str]) -> None:
        """Append checks that are JSON already, as :func:`~gradcheck.journal.checks.unended` begins them.

        Their lines are on disk when this returns.  They follow the schema from the start, and are not
        examined again: that takes as long as a small check.
        """
        with self._lock:
            self._write("".join(f'{{"kind":"check","check":{line}}}\n' for line in lines).encode())
            self._checks += lines

    def end(self, record: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Write ``gradcheck.json`` and the journal's last line.

        Parameters
        ----------
        record
            All fields but ``checks``.
        lines
            The checks, as for :meth:`append`.

        Raises
        ------
        InvalidArgument
            If a field of ``record`` breaks the schema; nothing is written then.
        UnwritableRecord
            If the file cannot be written.
        """
        rest = encode(record)
        fault = violation(rest | {"checks": []})
        if fault is not None:
            raise InvalidArgument(f"`record`: breaks the schema: {fault}")
        self._end(rest | {"checks": lines})

    def finish(self, record: Mapping[str, Any], complete: bool) -> None:
        """Write ``gradcheck.json`` in one step, and the journal's last line.

        Raises
        ------
        InvalidArgument
            If ``record`` breaks the schema; nothing is written then.
        UnwritableRecord
            If the file cannot be written.
        """
        encoded = encode(record) | {"complete": complete}
        fault = violation(encoded)
        if fault is not None:
            raise InvalidArgument(f"`record`: breaks the schema: {fault}")
        self._end(encoded)

    def _finish_early(self, *, suppress: bool) -> None:
        if not self._header:
            return
        record = self._header | {"checks": self._checks, "complete": False}
        found = [json.loads(one) if isinstance(one, str) else one for one in self._checks]
        record["summary"] = tally(found, messages=[_CUT_SHORT])
        record.setdefault("self_test", None)
        # The exception that ends the run says more than a full disk does.
        with contextlib.suppress(UnwritableRecord) if suppress else contextlib.nullcontext():
            self._end(record)

    def _end(self, record: Mapping[str, Any]) -> None:
        news = {
            name: item
            for name, item in record.items()
            if name not in ("checks", "complete") and self._header.get(name, self) != item
        }
        with self._lock:
            self._line({"kind": "end", "complete": record["complete"]} | news)
            self._replace(record_text(record))
            self._finished = True

    def _line(self, entry: Mapping[str, Any]) -> None:
        self._write(f"{to_json(entry)}\n".encode())

    def _write(self, data: bytes) -> None:
        if self._stream is None:
            raise InvalidArgument.of("journal", "a closed journal", "an open one", "use it in a `with` block")
        try:
            if self._torn:
                # A signal cut the last line short: the next one starts where it did.
                os.ftruncate(self._stream, self._whole)
                os.lseek(self._stream, self._whole, os.SEEK_SET)
            self._torn = True
            written = 0
            while written < len(data):
                written += os.write(self._stream, data[written:])
        except OSError as cause:
            raise UnwritableRecord.because(self.journal_path, cause) from cause
        self._whole += len(data)
        self._torn = False

    def _replace(self, text: str) -> None:
        try:
            replace_text(self.path, text)
        except OSError as cause:
            raise UnwritableRecord.because(self.path, cause) from cause

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # A host that handles the signal itself keeps its handler.
            ours = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            if number is not None and signal.getsignal(number) is ours:
                self._previous[number] = signal.signal(number, self._leave)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        # Where a session was interrupted is told by pytest: the user's line, not the one that raises here.
        __tracebackhide__ = True
        self._asked = number
        if _is_unheard(frame):
            # Asked again a little later, what is raised is heard.
            again = threading.Timer(_LATER, self._ask_again, (number,))
            again.daemon = True
            again.start()
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise _Ended(number)

    def _ask_again(self, number: int) -> None:
        if self._stream is None:
            return
        main = threading.main_thread().ident
        if main is not None and hasattr(signal, "pthread_kill"):
            # To the thread that sleeps: raised in this one, it would be heard when that one wakes.
            signal.pthread_kill(main, number)
        else:
            signal.raise_signal(number)


def _is_unheard(frame: FrameType | None) -> bool:
    """Whether Python would print and drop an exception here: in a collector's callback or a finaliser."""
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        if frame.f_code in callbacks or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


class _Ended(KeyboardInterrupt):
    """A signal asks the process to end.

    Not ``SystemExit`` yet: Hypothesis takes one for a failure of the function under test
    and goes on; an interrupt passes through everything.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


def record_text(record: Mapping[str, Any]) -> str:
    """Return JSON with a line for each field and each check, so that two records can be compared.

    A check that is a ``str`` is JSON already.
    """
    fields = []
    for name, item in record.items():
        if name == "checks" and item:
            lines = (check if isinstance(check, str) else to_json(check) for check in item)
            text = "[\n" + ",\n".join(lines) + "\n]"
        else:
            text = to_json(item)
        fields.append(f"{to_json(name)}: {text}")
    return "{\n" + ",\n".join(fields) + "\n}\n"
