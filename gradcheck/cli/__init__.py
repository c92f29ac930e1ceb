"""The command line: ``gradcheck check | run | list | explain | replay | self-test | gate | report``.

Results go to standard output, talk to standard error.  Exit codes: 0 all right,
1 a derivative is wrong or something else gates, 2 usage, input or internal
error, 5 nothing was checked.  A module of this package holds the commands of one
kind and adds them with ``add_commands``.
"""

from __future__ import annotations

import argparse
import io
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.cli import campaign, catalogue, check, gate, report
from gradcheck.errors import GradcheckError

__all__ = ["main"]


class _Command(argparse.ArgumentParser):
    """The parser of one command: what it does not know is refused with its own usage."""

    def parse_known_args(  # type: ignore[override]  # (the overloads differ in what they call a namespace)
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse what is left over; the parser above would show the usage of no command."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def _parser() -> argparse.ArgumentParser:
    from gradcheck import __version__

    parser = argparse.ArgumentParser(
        prog="gradcheck", description="Tell whether a derivative is right, by independent witnesses."
    )
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Command)
    for module in (check, campaign, catalogue, gate, report):
        module.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Examples
    --------
    >>> main(["list", "no/such/*"])
    2
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a sign of the mathematics shows its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    act: Callable[[argparse.Namespace], int] = options.act
    try:
        return act(options)
    except GradcheckError as error:
        complaint = str(error)
    except KeyboardInterrupt as stop:
        complaint = str(stop) or "interrupted"
    except SystemExit as stop:
        if isinstance(stop.code, int) and stop.code > 128:
            # A signal ended the run, and its record is written.
            return stop.code
        complaint = f"a function under test ended the program (SystemExit: {stop.code})"
    except Exception:
        traceback.print_exc()
        complaint = "internal error: please report the lines above"
    print(f"gradcheck: {complaint}", file=sys.stderr)
    return 2
