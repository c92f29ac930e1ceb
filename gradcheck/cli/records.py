"""Records named on the command line: files, folders and globs, read whole or refused."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.cli.arguments import DEFAULT_FOLDER
from gradcheck.errors import GradcheckError

__all__ = ["exists", "find_records", "read_records", "relative_to_sources", "replayable", "write"]

_NAME = "gradcheck"


def find_records(given: Sequence[str]) -> list[Path]:
    """Return the record files that ``given`` names, each once.

    A folder stands for every ``gradcheck.json`` below it, and for every ``gradcheck.jsonl`` that a killed
    run left without one; a name that is no file may be a glob.

    Raises
    ------
    MissingRecord
        If one of them names no record.
    """
    found: dict[Path, Path] = {}
    for name in given:
        for path in _named(name):
            found.setdefault(_resolved(path), path)
    return list(found.values())


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError):
        # A name that no file can have: reading it says so.
        return path


def _named(name: str) -> list[Path]:
    from gradcheck.journal import MissingRecord

    path = Path(name)
    if _is_folder(path):
        found = sorted(_in_folder(path))
        if not found:
            raise MissingRecord(name, f"the folder holds no {_NAME}.json{_others(path)}")
        return found
    if not glob.has_magic(name) or exists(path):
        return [path]
    try:
        matches = sorted(_expanded(name))
    except (OSError, ValueError) as cause:
        raise MissingRecord(name, f"is neither a file nor a glob ({cause})") from cause
    if not matches:
        raise MissingRecord(name, "no file matches")
    found = []
    for match in matches:
        found += _named(str(match)) if _is_folder(match) else [match]
    return found


def _expanded(pattern: str) -> Iterator[Path]:
    """Yield what a glob matches; ``Path.glob`` wants the part without magic apart."""
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:first]).glob(str(Path(*parts[first:])))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def exists(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a file ``path``; there is none with a name that no file can have."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _in_folder(folder: Path) -> Iterator[Path]:
    yield from folder.rglob(f"{_NAME}.json")
    for journal in folder.rglob(f"{_NAME}.jsonl"):
        if not journal.with_suffix(".json").exists():
            yield journal


def _others(folder: Path) -> str:
    """Return which records of another name lie below ``folder``: each has its journal beside it."""
    found = sorted(
        str(one.with_suffix(".json")) for one in folder.rglob("*.jsonl") if one.with_suffix(".json").exists()
    )
    if not found:
        return ""
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f", but records of another name, to be named themselves: {', '.join(found[:3])}{more}"


def read_records(paths: Sequence[Path], *, incomplete: bool = False) -> list[dict[str, Any]]:
    """Return the records in ``paths``.

    Raises
    ------
    RecordError
        If one cannot be used; unless ``incomplete``, also if its run was cut short.
    """
    from gradcheck.journal import IncompleteRecord, read_record

    records = []
    for path in paths:
        record = read_record(path)
        if not incomplete and not record["complete"]:
            raise IncompleteRecord(path, f"the run was cut short after {_ended(record)}")
        records.append(record)
    return records


def replayable(record: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return ``record`` with commands that judge its points again when pasted: they say where it lies."""
    if path == Path(DEFAULT_FOLDER, f"{_NAME}.json"):
        return record
    place = shlex.quote(str(path.parent if path.name == f"{_NAME}.json" else path))
    return {**record, "checks": [_placed(check, f" --report {place}") for check in record["checks"]]}


def _placed(check: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    example = check["counterexample"]
    if not check["failures"] and not example:
        return check
    failures = [_told(failure, where) for failure in check["failures"]]
    return {**check, "failures": failures, "counterexample": example and _told(example, where)}


def _told(failure: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    command = failure["replay"]
    if not command.startswith("gradcheck replay ") or "--report " in command:
        return failure
    return {**failure, "replay": command + where}


def _ended(record: Mapping[str, Any]) -> str:
    """Return how far a run came, and why no further where its record says so."""
    from gradcheck.reporting.wording import plural, printable

    checks = plural(len(record["checks"]), "check")
    told = printable("; ".join(record["summary"]["messages"]), 300)
    return f"{checks} ({told})" if told else checks


def write(path: str, text: str) -> None:
    """Write ``text`` to ``path`` in one step; what GitHub collects a step's summary in is added to instead.

    Raises
    ------
    GradcheckError
        If it cannot be written.
    """
    from gradcheck.journal import replace_text

    try:
        if path == os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        else:
            replace_text(path, text)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or cause
        raise GradcheckError(f"cannot write {path}: {reason}; choose another file") from cause


def relative_to_sources(file: str) -> str:
    """Return ``file`` relative to the root of the sources, where it lies below it, with forward slashes."""
    path = Path(file)
    for root in (os.environ.get("GITHUB_WORKSPACE"), Path.cwd()):
        if root and path.is_absolute() and path.is_relative_to(root):
            path = path.relative_to(root)
    return path.as_posix()
