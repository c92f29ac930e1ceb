"""``gradcheck gate``: records in, a build let through or stopped."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from gradcheck.cli.arguments import Commands, add_command
from gradcheck.cli.output import colour, say, width
from gradcheck.cli.outputs import require_apart
from gradcheck.cli.records import (
    exists,
    find_records,
    read_records,
    relative_to_sources,
    replayable,
    write,
)
from gradcheck.errors import InvalidArgument

__all__ = ["add_commands"]

_FORMATS = ("text", "github", "markdown", "junit", "sarif", "json")
_WHOLE_STREAM = ("junit", "sarif", "json")
"""Formats that are one document: on standard output they stand alone."""
_EXIT_CODES = """exit codes:
  0  open
  1  closed: the output says why
  2  bad usage; a record or baseline that is missing, damaged or incomplete
  5  nothing was checked"""


class _Output(NamedTuple):
    """A format, and the file it goes to; standard output where the name is empty."""

    name: str
    file: str = ""


def add_commands(commands: Commands) -> None:
    """Add ``gate`` to the parser."""
    gate = add_command(
        commands,
        "gate",
        "merge records, compare with a baseline, and stop a build that is worse",
        "Merge the records of runs, shards and machines, the worst of each check standing, and close on a "
        "new failure, a check that vanished or compares less than the baseline says, a hundredfold loss of "
        "what would be caught, or a known failure that is fixed and still listed. Needs no NumPy and no JAX.",
        """
        gradcheck gate reports
        gradcheck gate reports --baseline gradcheck-baseline.json --update-baseline
        gradcheck gate shards --baseline gradcheck-baseline.json --format github,sarif=gate.sarif
        """,
        _EXIT_CODES,
    )
    gate.add_argument("records", nargs="+", metavar="RECORD", help="a record, a folder of records, or a glob")
    gate.add_argument("--baseline", metavar="FILE", help="what is checked and known to fail; commit it")
    gate.add_argument(
        "--update-baseline",
        action="store_true",
        help="write the baseline from the records, then hold them to it",
    )
    gate.add_argument(
        "--max-detectable",
        type=_ceiling,
        metavar="E",
        help="the largest relative error a PASS may leave undetected",
    )
    gate.add_argument("--allow-inconclusive", action="store_true", help="let undecided checks through")
    gate.add_argument(
        "--format",
        action="append",
        type=_outputs,
        metavar="NAME[=FILE]",
        help=f"one or more, with a comma, of {', '.join(_FORMATS)} (default text, on standard output)",
    )
    gate.add_argument("-o", "--output", metavar="FILE", help="file of the one format that names none")
    gate.set_defaults(act=_gate)


def _ceiling(text: str) -> float:
    try:
        ceiling = float(text)
    except ValueError:
        ceiling = math.nan
    if not 0 < ceiling < math.inf:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected a positive number such as 1e-6")
    return ceiling


def _outputs(text: str) -> list[_Output]:
    found = []
    for part in filter(None, text.split(",")):
        name, sign, file = part.partition("=")
        if name not in _FORMATS:
            raise argparse.ArgumentTypeError(f"given {name!r}, expected one of {', '.join(_FORMATS)}")
        if sign and not file:
            # Such as `markdown=$GITHUB_STEP_SUMMARY` where that is not set.
            raise argparse.ArgumentTypeError(f"given {part!r}, expected the name of a file after `=`")
        found.append(_Output(name, file))
    return found


def _gate(options: argparse.Namespace) -> int:
    from gradcheck import ledger

    outputs = _destinations(options)
    if options.update_baseline and options.baseline is None:
        raise InvalidArgument.of(
            "--update-baseline", "no --baseline", "the file to write", "add --baseline FILE"
        )
    baseline = _baseline(options)
    paths = find_records(options.records)
    files = [(f"--format {one.name}", one.file) for one in outputs if one.file]
    require_apart(files, [*paths, *([options.baseline] if options.baseline else [])])
    if options.update_baseline:
        require_apart([("--baseline", options.baseline)], paths)
    merged = ledger.merge(list(map(replayable, read_records(paths), paths)))
    written = ""
    if options.update_baseline and any(check["entries"] for check in merged["checks"]):
        updated = ledger.baseline_of(merged, baseline, allow_inconclusive=options.allow_inconclusive)
        written = _write_baseline(options.baseline, updated, baseline)
        baseline = updated
    outcome = ledger.gate(
        merged,
        baseline=baseline,
        max_detectable=options.max_detectable,
        allow_inconclusive=options.allow_inconclusive,
    )
    _place(outcome)
    anchor = relative_to_sources(options.baseline or str(paths[0]))
    # People are told first: a file that cannot be written must not hide why the gate is closed.
    for one in sorted(outputs, key=lambda one: bool(one.file)):
        text = _rendered(one, outcome, merged, anchor, written)
        if one.file:
            write(one.file, text)
        else:
            say(text.removesuffix("\n"))
    return int(outcome["exit_code"])


def _destinations(options: argparse.Namespace) -> list[_Output]:
    """Return where each format goes; people see text on standard output if nothing else goes there."""
    outputs: list[_Output] = [one for group in options.format or [[_Output("text")]] for one in group]
    free = [one for one in outputs if not one.file]
    if options.output:
        if len(free) != 1:
            raise InvalidArgument.of(
                "--output",
                options.output,
                "one format that names no file",
                "write --format NAME=FILE for each",
            )
        outputs = [one if one.file else _Output(one.name, options.output) for one in outputs]
        free = []
    if len(free) > 1 and any(one.name in _WHOLE_STREAM for one in free):
        names = ",".join(one.name for one in free)
        raise InvalidArgument.of(
            "--format", names, "one document on standard output", "write --format NAME=FILE for the others"
        )
    return outputs if free else [*outputs, _Output("text")]


def _baseline(options: argparse.Namespace) -> dict[str, Any] | None:
    from gradcheck.journal import read_baseline

    if options.baseline is None or (options.update_baseline and not exists(options.baseline)):
        return None
    return read_baseline(options.baseline)


def _write_baseline(file: str, updated: Mapping[str, Any], previous: Mapping[str, Any] | None) -> str:
    from gradcheck.journal import baseline_text
    from gradcheck.reporting.wording import plural

    write(file, baseline_text(updated))
    old = {(row["id"], row["dtype"]) for row in (previous or {"checks": ()})["checks"]}
    new = {(row["id"], row["dtype"]) for row in updated["checks"]}
    known = sum("known" in row for row in updated["checks"])
    checks = plural(len(new), "check")
    facts = f"{checks}, {known} known to fail; {len(new - old)} added, {len(old - new)} removed"
    return f"baseline written: {file}: {facts}"


def _place(outcome: dict[str, Any]) -> None:
    for found in outcome["findings"]:
        if found["file"]:
            found["file"] = relative_to_sources(found["file"])


def _rendered(
    one: _Output, outcome: Mapping[str, Any], record: Mapping[str, Any], anchor: str, written: str
) -> str:
    from gradcheck import __version__

    if one.name == "github":
        from gradcheck.reporting.github import gate_annotations

        return gate_annotations(outcome)
    if one.name == "markdown":
        from gradcheck.reporting.markdown import gate_markdown

        return gate_markdown(outcome)
    if one.name == "junit":
        from gradcheck.reporting.junit import gate_junit

        return gate_junit(outcome, record)
    if one.name == "sarif":
        from gradcheck.reporting.sarif import gate_sarif

        return gate_sarif(outcome, version=__version__, anchor=anchor)
    if one.name == "json":
        from gradcheck.journal import to_json

        return to_json(outcome) + "\n"
    return _text(one, outcome, written)


def _text(one: _Output, outcome: Mapping[str, Any], written: str) -> str:
    from gradcheck.reporting.plain import gate_text

    shown = gate_text(outcome, colour=colour() and not one.file, width=100 if one.file else width())
    return f"{written}\n{shown}" if written else shown
