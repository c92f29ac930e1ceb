"""``gradcheck report``: the page of saved records, drawn where the checks themselves could not run."""

from __future__ import annotations

import argparse
import sys

from gradcheck.cli.arguments import Commands, add_command
from gradcheck.cli.output import say
from gradcheck.cli.records import find_records, read_records, replayable, write

__all__ = ["add_commands"]

_EXIT_CODES = """exit codes:
  0  written, whatever the records say: `gradcheck gate` judges
  2  bad usage; a record that is missing or damaged, or an incomplete one, whose page is written
  5  written, and nothing was checked"""


def add_commands(commands: Commands) -> None:
    """Add ``report`` to the parser."""
    report = add_command(
        commands,
        "report",
        "draw the page of saved records",
        "Draw one HTML page of the records of runs, shards and machines, the worst of each check standing. "
        "Needs the extra `report`, and neither NumPy nor JAX.",
        """
        gradcheck report reports -o page.html
        gradcheck report shards --compare main/gradcheck.json -o page.html
        """,
        _EXIT_CODES,
    )
    report.add_argument(
        "records", nargs="+", metavar="RECORD", help="a record, a folder of records, or a glob"
    )
    report.add_argument(
        "-o", "--output", default="gradcheck.html", metavar="FILE", help="the page (default gradcheck.html)"
    )
    report.add_argument(
        "--compare", action="append", metavar="OLD", help="a record to show what changed since"
    )
    report.add_argument("--json", metavar="FILE", help="write the merged record too")
    report.set_defaults(act=_report)


def _report(options: argparse.Namespace) -> int:
    from gradcheck import ledger
    from gradcheck.journal import record_text
    from gradcheck.reporting.html import render

    paths = find_records(options.records)
    records = read_records(paths, incomplete=True)
    merged = ledger.merge(list(map(replayable, records, paths)))
    changes = []
    if options.compare:
        old = ledger.merge(read_records(find_records(options.compare), incomplete=True))
        changes = [ledger.compare(merged, old)]
    if options.json:
        # Where the records lie now says nothing about where this one will.
        write(options.json, record_text(ledger.merge(records)))
    write(options.output, render(merged, *changes))
    say(f"report: {options.output}")
    if not merged["complete"]:
        print("gradcheck: a run was cut short: the page shows what it had found", file=sys.stderr)
        return 2
    return 0 if any(check["entries"] for check in merged["checks"]) else 5
