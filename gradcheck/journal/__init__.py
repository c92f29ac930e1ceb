"""The record of a run: written as results arrive, read back with its damage named.

Standard library only, so that a plugin or a report can load it without NumPy.
The layout of the record is ``gradcheck/schema/record-1.json``.
"""

from __future__ import annotations

from gradcheck.journal.conformance import SCHEMA_VERSION, violation
from gradcheck.journal.encoding import encode
from gradcheck.journal.faults import (
    DamagedRecord,
    ForeignRecord,
    MissingRecord,
    NewerRecord,
    RecordError,
    UnwritableRecord,
)
from gradcheck.journal.reader import read_record, tally
from gradcheck.journal.writer import Journal

__all__ = [
    "SCHEMA_VERSION",
    "DamagedRecord",
    "ForeignRecord",
    "Journal",
    "MissingRecord",
    "NewerRecord",
    "RecordError",
    "UnwritableRecord",
    "encode",
    "read_record",
    "tally",
    "violation",
]
