"""``gradcheck list``, ``gradcheck explain`` and ``gradcheck replay``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gradcheck.cli.arguments import DEFAULT_FOLDER, Commands, add_command, add_modules, add_selection
from gradcheck.cli.output import colour, say, width
from gradcheck.errors import GradcheckError

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add ``list``, ``explain`` and ``replay`` to the parser."""
    _add_list(commands)
    _add_explain(commands)
    _add_replay(commands)


def _add_list(commands: Commands) -> None:
    listing = add_command(
        commands,
        "list",
        "list the rules",
        "List ids, kinds, formulas and sources of the rules; with --json all that is known of each.",
        """
        gradcheck list
        gradcheck list 'chain/*'
        gradcheck list --json
        """,
    )
    add_selection(listing)
    listing.add_argument("--json", action="store_true", help="one JSON array on standard output")
    listing.set_defaults(act=_list)


def _add_explain(commands: Commands) -> None:
    explain = add_command(
        commands,
        "explain",
        "formula, source, domain and a worked example of a rule",
        "Tell what a rule claims and where it stands, and show it in numbers; of a misprint, what is "
        "printed, what is right, and a counterexample.",
        """
        gradcheck explain elementwise/mul/wrt-w
        gradcheck explain E000-01
        gradcheck explain my_rules
        gradcheck explain mine/square --module my_rules
        """,
    )
    explain.add_argument(
        "rules", nargs="+", metavar="RULE", help="an id, a glob (in quotes), or a module of rules"
    )
    add_modules(explain)
    explain.set_defaults(act=_explain)


def _add_replay(commands: Commands) -> None:
    replay = add_command(
        commands,
        "replay",
        "judge one recorded point again, in detail",
        "Take a point from the record of an earlier run, judge it again by all witnesses, and show what each "
        "says. `gradcheck run` prints the command for each failure.",
        """
        gradcheck replay 'elementwise/mul/wrt-w@float64#17'
        gradcheck replay 'mine/square@float64#shrunk' --module my_rules --report out
        """,
    )
    replay.add_argument("id", metavar="ID", help="such as 'elementwise/mul/wrt-w@float64#17'")
    replay.add_argument(
        "--report",
        default=DEFAULT_FOLDER,
        metavar="DIR",
        help="folder or file of the record (default reports)",
    )
    add_modules(replay)
    replay.set_defaults(act=_replay)


def _list(options: argparse.Namespace) -> int:
    from gradcheck.listing import listed
    from gradcheck.reporting.terminal import list_table

    rows = listed(options.rules, all_installed=options.all_installed, modules=options.module)
    if options.json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        say(list_table(rows, colour=colour(), width=width()))
    return 0 if rows else 5


def _explain(options: argparse.Namespace) -> int:
    from gradcheck.listing import explained
    from gradcheck.reporting.explanations import explain_text

    for facts in explained(options.rules, options.module):
        say(explain_text(facts, colour=colour(), width=width()))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from gradcheck.journal import MissingRecord
    from gradcheck.replay import replay

    try:
        text, code = replay(options.id, Path(options.report), options.module, width=width())
    except MissingRecord as cause:
        # A command that a gate or a page shows cannot know where the record lies now.
        raise GradcheckError(f"{cause} with --report DIR") from cause
    say(text)
    return code
