"""``gradcheck report``: the page of saved records, drawn where the checks themselves could not run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gradcheck.cli.arguments import Commands, add_command
from gradcheck.cli.output import say
from gradcheck.cli.outputs import require_apart, require_page
from gradcheck.cli.records import find_records, read_records, replayable, write
from gradcheck.errors import InvalidArgument

__all__ = ["add_commands"]

_EXIT_CODES = """exit codes:
  0  written, whatever the records say: `gradcheck gate` judges
  2  bad usage; a record that is missing or damaged, or an incomplete one, whose page is written;
     a page or record that would replace what is read, or a file that is no page
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
    older = find_records(options.compare or ())
    _require_free(options, [*paths, *older])
    records = read_records(paths, incomplete=True)
    merged = ledger.merge(list(map(replayable, records, paths)))
    changes = []
    if older:
        old = ledger.merge(read_records(older, incomplete=True))
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


def _require_free(options: argparse.Namespace, read: Sequence[Path]) -> None:
    """Refuse what would be lost before anything is drawn."""
    outputs = [("--output", options.output), *([("--json", options.json)] if options.json else [])]
    require_apart(outputs, read)
    require_page("--output", options.output)
    if options.json and not options.json.endswith(".json") and Path(options.json).is_file():
        raise InvalidArgument.of(
            "--json", options.json, "a name that ends in .json", "choose another name: that file exists"
        )
