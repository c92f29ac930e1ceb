"""What can be wrong with a record file; each message names the file and the remedy."""

from __future__ import annotations

import os

from gradcheck.errors import GradcheckError, InvalidArgument

__all__ = [
    "BaselineError",
    "DamagedRecord",
    "ForeignRecord",
    "IncompleteRecord",
    "MissingRecord",
    "NewerRecord",
    "RecordError",
    "UnwritableRecord",
]


class RecordError(GradcheckError, ValueError):
    """A record cannot be used: the message names the file, the fault and the remedy."""

    remedy = "run `gradcheck run` again to write a new record"

    def __init__(self, path: str | os.PathLike[str], fault: str) -> None:
        """Say what is wrong (``fault``) with the file at ``path``."""
        self.path = os.fspath(path)
        self.fault = fault
        super().__init__(f"{self.path}: {fault}; {self.remedy}")


class IncompleteRecord(RecordError):
    """The run behind the record was cut short: run it again, to its end."""

    remedy = "run it again, to its end: what it did not reach is not known"


class MissingRecord(RecordError):
    """There is no readable file there: run ``gradcheck run``, or name its ``gradcheck.json``."""

    remedy = "run `gradcheck run` first, or name the record (.json) or journal (.jsonl) of a run"


class DamagedRecord(RecordError):
    """The file was cut short or altered: use the journal beside it, or run again."""

    def __init__(self, path: str | os.PathLike[str], fault: str) -> None:
        """Point to the journal, unless it is the journal that is damaged."""
        if not os.fspath(path).endswith(".jsonl"):
            self.remedy = "read the journal gradcheck.jsonl beside it, or run `gradcheck run` again"
        super().__init__(path, fault)


class ForeignRecord(RecordError):
    """The file was not written by gradcheck: name the ``gradcheck.json`` of a run."""

    remedy = "name a record (.json) or journal (.jsonl) of `gradcheck run` or pytest"


class NewerRecord(RecordError):
    """The record follows a schema that this version does not know: upgrade gradcheck."""

    remedy = "read it with the gradcheck that wrote it, or upgrade this one"


class BaselineError(GradcheckError, ValueError):
    """A baseline cannot be used: the message names the file, the fault and the remedy."""

    remedy = "mend it, or remove it and write a new one with --update-baseline"

    def __init__(self, path: str | os.PathLike[str], fault: str, remedy: str = remedy) -> None:
        """Say what is wrong (``fault``) with the file at ``path``, and what to do."""
        self.path = os.fspath(path)
        self.fault = fault
        super().__init__(f"{self.path}: {fault}; {remedy}")


class UnwritableRecord(InvalidArgument):
    """The folder or file of the record cannot be written: choose another folder."""

    @classmethod
    def because(cls, path: str | os.PathLike[str], cause: OSError) -> UnwritableRecord:
        """Name the ``path`` and the operating system's reason."""
        reason = cause.strerror or type(cause).__name__
        return cls(
            f"`folder`: given {os.fspath(path)!r}, expected a folder that can be written ({reason}); "
            "make it writable, free space, or choose another folder"
        )
