"""Read a record back, whole or cut short, and name what is wrong with a file that is not one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.counts import tally
from gradcheck.journal.conformance import SCHEMA_VERSION, violation
from gradcheck.journal.faults import DamagedRecord, ForeignRecord, MissingRecord, NewerRecord
from gradcheck.journal.files import read_text
from gradcheck.journal.parsing import parse

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["read_record"]


def read_record(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the record in ``path``, a ``gradcheck.json`` or the journal of a run.

    A journal without its end, as a killed run leaves it, gives a record with
    ``complete`` false; a last line cut short is dropped.

    Raises
    ------
    MissingRecord
        If there is no readable file.
    ForeignRecord
        If the file is not gradcheck's.
    NewerRecord
        If a newer schema wrote it.
    DamagedRecord
        If it is cut short, altered, or breaks the schema.
    """
    text = _text(path)
    first = text.partition("\n")[0]
    record = _from_journal(path, text) if _is_header(first) else _object(path, text, "the file")
    _identify(path, record)
    fault = violation(record)
    if fault is not None:
        raise DamagedRecord(path, f"the record breaks schema version {SCHEMA_VERSION}: {fault}")
    return record


def _text(path: str | os.PathLike[str]) -> str:
    try:
        text = read_text(path)
    except OSError as cause:
        raise MissingRecord(path, f"cannot be read ({cause.strerror or cause}){_killed(path)}") from cause
    if not text.strip():
        raise DamagedRecord(path, "the file is empty")
    return text


def _killed(path: str | os.PathLike[str]) -> str:
    """Say that a run was killed, where it left its journal beside the record that it never wrote."""
    file = Path(path)
    journal = file.with_suffix(".jsonl")
    try:
        left = file.suffix == ".json" and not file.exists() and journal.exists()
    except (OSError, ValueError):
        # A name that no file can have.
        return ""
    return f"; the journal {journal.name} beside it is of a run that was killed" if left else ""


def _is_header(line: str) -> bool:
    try:
        found = parse(line)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("kind") == "header"


def _object(path: str | os.PathLike[str], text: str, what: str) -> dict[str, Any]:
    try:
        found = parse(text)
    except json.JSONDecodeError as cause:
        if text.lstrip()[:1] not in ("{", "["):
            raise ForeignRecord(path, f"{what} is not JSON") from cause
        where = f"line {cause.lineno}" if "\n" in text else f"column {cause.colno}"
        # No text of JSON goes on over the end of its line.
        if cause.pos >= len(text.rstrip()) or cause.msg.startswith("Unterminated string"):
            raise DamagedRecord(path, f"{what} is cut short at {where}") from cause
        raise DamagedRecord(path, f"{what} is not JSON at {where}: {cause.msg}") from cause
    except ValueError as cause:
        raise DamagedRecord(path, f"{what} is not strict JSON: {cause}") from cause
    if not isinstance(found, dict):
        raise ForeignRecord(path, f"{what} holds a {type(found).__name__}, not the object of a record")
    return found


def _identify(path: str | os.PathLike[str], record: Mapping[str, Any]) -> None:
    if record.get("tool") != "gradcheck":
        raise ForeignRecord(path, f"the field `tool` is {str(record.get('tool'))[:40]!r}, not 'gradcheck'")
    version = record.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerRecord(path, f"the record follows schema {version}; this gradcheck reads {SCHEMA_VERSION}")


def _from_journal(path: str | os.PathLike[str], text: str) -> dict[str, Any]:
    entries = _entries(path, text)
    record = {name: item for name, item in entries[0].items() if name != "kind"}
    _identify(path, record)
    checks: list[dict[str, Any]] = []
    end: dict[str, Any] | None = None
    for number, entry in enumerate(entries[1:], start=2):
        if end is not None:
            raise DamagedRecord(path, f"line {number} follows the end of the run")
        if entry.get("kind") == "end":
            end = {name: item for name, item in entry.items() if name != "kind"}
        else:
            checks.append(_check(path, entry, number))
    record |= {"checks": checks, "complete": False} | (end or {})
    if end is None:
        record["summary"] = tally(checks, messages=["the run was killed: its journal has no end"])
        record.setdefault("self_test", None)
    return record


def _check(path: str | os.PathLike[str], entry: Mapping[str, Any], number: int) -> dict[str, Any]:
    found = entry.get("check")
    if entry.get("kind") != "check":
        raise DamagedRecord(path, f"line {number} is neither a check nor the end of the run")
    fault = violation(found, "check")
    if fault is not None or not isinstance(found, dict):
        raise DamagedRecord(path, f"line {number} breaks the schema: {fault}")
    return found


def _entries(path: str | os.PathLike[str], text: str) -> list[dict[str, Any]]:
    *lines, torn = text.split("\n")
    entries = [_object(path, line, f"line {number}") for number, line in enumerate(lines, start=1)]
    # Without its newline the last line was never finished; it counts if all of it arrived.
    if torn.strip():
        try:
            entries.append(_object(path, torn, "the last line"))
        except (DamagedRecord, ForeignRecord):
            return entries
    return entries
