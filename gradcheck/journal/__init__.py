"""The record of a run: written as results arrive, read back with its damage named.

Standard library only, so that a plugin or a report can load it without NumPy.
The layout of the record is ``gradcheck/schema/record-1.json``.
"""

from __future__ import annotations

from gradcheck.journal.baselines import baseline_text, read_baseline
from gradcheck.journal.conformance import SCHEMA_VERSION, violation
from gradcheck.journal.encoding import encode, to_json
from gradcheck.journal.environment import environment
from gradcheck.journal.faults import (
    BaselineError,
    DamagedRecord,
    ForeignRecord,
    IncompleteRecord,
    MissingRecord,
    NewerRecord,
    RecordError,
    UnwritableRecord,
)
from gradcheck.journal.files import replace_text
from gradcheck.journal.reader import read_record
from gradcheck.journal.writer import Journal, record_text

__all__ = [
    "SCHEMA_VERSION",
    "BaselineError",
    "DamagedRecord",
    "ForeignRecord",
    "IncompleteRecord",
    "Journal",
    "MissingRecord",
    "NewerRecord",
    "RecordError",
    "UnwritableRecord",
    "baseline_text",
    "encode",
    "environment",
    "read_baseline",
    "read_record",
    "record_text",
    "replace_text",
    "to_json",
    "violation",
]
