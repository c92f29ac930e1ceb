"""``gradcheck list``, ``gradcheck explain`` and ``gradcheck replay``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gradcheck.cli.arguments import DEFAULT_FOLDER, add_selection, words
from gradcheck.cli.output import colour, say, width

__all__ = ["add_commands"]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``list``, ``explain`` and ``replay`` to the parser."""
    listing = commands.add_parser("list", help="list the rules")
    add_selection(listing)
    listing.add_argument("--json", action="store_true", help="one JSON array on standard output")
    listing.set_defaults(act=_list)

    explain = commands.add_parser("explain", help="formula, source, domain and a worked example of one rule")
    explain.add_argument("rule", metavar="RULE")
    explain.set_defaults(act=_explain)

    replay = commands.add_parser("replay", help="judge one recorded point again, in detail")
    replay.add_argument("id", metavar="ID", help="such as 'elementwise/mul/wrt-w@float64#17'")
    replay.add_argument(
        "--report", default=DEFAULT_FOLDER, metavar="DIR", help="folder or file of the record"
    )
    replay.add_argument(
        "--module", type=words, default=(), metavar="NAMES", help="modules of rules to import"
    )
    replay.set_defaults(act=_replay)


def _list(options: argparse.Namespace) -> int:
    from gradcheck.listing import listed
    from gradcheck.reporting.terminal import list_table

    rows = listed(options.rules, all_installed=options.all_installed)
    if options.json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        say(list_table(rows, colour=colour(), width=width()))
    return 0 if rows else 5


def _explain(options: argparse.Namespace) -> int:
    from gradcheck.listing import worked_example
    from gradcheck.reporting.terminal import explain_text

    say(explain_text(worked_example(options.rule)))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from gradcheck.replay import replay

    text, code = replay(options.id, Path(options.report), options.module)
    say(text)
    return code
