"""A run's journal, written as a run writes it."""

from __future__ import annotations

from sample_record import record

from gradcheck.journal import (
    Journal,
)

HEADER = {
    name: item
    for name, item in record().items()
    if name not in ("checks", "summary", "self_test", "complete", "schema_version", "tool")
}


def write(folder, whole=None, complete=True):
    whole = whole or record()
    with Journal(folder) as journal:
        journal.header(HEADER)
        for found in whole["checks"]:
            journal.check(found)
        journal.finish(whole, complete=complete)
    return whole
