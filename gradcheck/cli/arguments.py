"""Arguments that several commands share, and the types of their values."""

from __future__ import annotations

import argparse
import textwrap
from typing import TypeAlias

__all__ = [
    "DEFAULT_FOLDER",
    "EXIT_CODES",
    "Commands",
    "add_command",
    "add_jobs",
    "add_modules",
    "add_selection",
    "jobs_of",
    "numbers",
    "positive",
    "words",
]

DEFAULT_FOLDER = "reports"

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 (it has no public name)
"""What the parser offers to add a command to."""

EXIT_CODES = """exit codes:
  0  all right
  1  a derivative is wrong or undecided, a mutant survived, a required witness is absent
  2  bad usage, unreadable or unwritable files, an interrupted run
  5  nothing was checked"""


def add_command(
    commands: Commands,
    name: str,
    summary: str,
    description: str,
    examples: str,
    exit_codes: str = EXIT_CODES,
) -> argparse.ArgumentParser:
    """Add a command whose ``--help`` says what it does, how it ends, and how it is used."""
    return commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(description, 79),
        epilog=f"{exit_codes}\n\nexamples:\n{textwrap.indent(textwrap.dedent(examples).strip(), '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of ``"0,1,5"``."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected numbers such as 0,1,2,3,5") from None


def words(text: str) -> tuple[str, ...]:
    """Return the words of ``"a,b"``."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected a number >= 1")
    return number


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the rules to select."""
    parser.add_argument(
        "rules",
        nargs="*",
        metavar="RULE",
        help="an id, a glob such as 'elementwise/*' (in quotes), or a module of rules such as my_rules; "
        "all built-in rules when there is none",
    )
    add_modules(parser)
    parser.add_argument("--all-installed", action="store_true", help="add the rules of installed projects")


def add_modules(parser: argparse.ArgumentParser) -> None:
    """Add the modules that hold a user's rules."""
    parser.add_argument(
        "--module",
        type=words,
        default=(),
        metavar="NAMES",
        help="import these modules first, so that the ids of their rules can be named",
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    parser.add_argument(
        "--jobs", type=positive, default=None, metavar="N", help="processes (default: one a processor)"
    )


def jobs_of(options: argparse.Namespace, rules: int) -> int:
    """Return how many processes to use for this many rules."""
    from gradcheck.workers import default_jobs

    # A few rules are done before a second process has started.
    return options.jobs or (default_jobs() if rules > 8 else 1)
