"""``gradcheck run`` and ``gradcheck self-test``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from gradcheck.cli.arguments import (
    DEFAULT_FOLDER,
    Commands,
    add_command,
    add_jobs,
    add_selection,
    jobs_of,
    numbers,
    positive,
    words,
)
from gradcheck.cli.output import Progress, colour, say, width, write_page
from gradcheck.cli.records import replayable

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add ``run`` and ``self-test`` to the parser."""
    _add_run(commands)
    _add_self_test(commands)


def _add_run(commands: Commands) -> None:
    run = add_command(
        commands,
        "run",
        "check rules at random points by all witnesses, and write the report",
        "Judge each rule's closed form by central differences, complex step and JAX, pairwise, at random "
        "points. Misprints of the documents must be refuted. Writes gradcheck.json (the record), its journal "
        "gradcheck.jsonl and, with the extra `report`, gradcheck.html.",
        """
        gradcheck run
        gradcheck run 'elementwise/*' --examples 10
        gradcheck run my_rules --dtype float64,float32 --report out
        """,
    )
    add_selection(run)
    run.add_argument(
        "--examples",
        type=positive,
        default=50,
        metavar="N",
        help="points a rule and dtype (default 50); a fifth of them, at least 8, for a misprint, which one "
        "point refutes; fewer for rules that have no more different ones",
    )
    _add_seed(run)
    run.add_argument(
        "--dtype",
        type=words,
        default=("float64",),
        metavar="NAMES",
        help="float64, float32 or both, with a comma (default float64)",
    )
    run.add_argument(
        "--sizes",
        type=numbers,
        default=(0, 1, 2, 3, 5),
        metavar="NUMBERS",
        help="pool of extents (default 0,1,2,3,5)",
    )
    run.add_argument(
        "--report", default=DEFAULT_FOLDER, metavar="DIR", help="folder of the report (default reports)"
    )
    run.add_argument(
        "--require-witness", type=words, default=(), metavar="NAMES", help="exit 1 when absent, e.g. jax"
    )
    add_jobs(run)
    run.set_defaults(act=_run)


def _add_self_test(commands: Commands) -> None:
    self_test = add_command(
        commands,
        "self-test",
        "check that mutants of every closed form, wrong on purpose, are caught",
        "Make each closed form wrong in the standard ways (sign, factor, transpose, one entry by 1e-6, a "
        "term dropped, ...) and check that every mutant is caught. One that is not is a survivor, and exit "
        "code 1; one that is numerically the original is listed as equivalent and not counted.",
        """
        gradcheck self-test
        gradcheck self-test 'loss/*' --points 20
        """,
    )
    add_selection(self_test)
    self_test.add_argument(
        "--points", type=positive, default=12, metavar="N", help="points a rule (default 12)"
    )
    _add_seed(self_test)
    self_test.add_argument("--json", action="store_true", help="one JSON array on standard output")
    add_jobs(self_test)
    self_test.set_defaults(act=_self_test)


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="everything random follows from it (default 0)"
    )


def _run(options: argparse.Namespace) -> int:
    from gradcheck.journal import Journal

    # Before all that takes time: whoever is killed from here on leaves no record of yesterday.
    Journal(options.report).forget()
    from gradcheck.campaign.sampling import Settings
    from gradcheck.reporting.terminal import summary_table
    from gradcheck.runner import Plan, run
    from gradcheck.selection import load_installed, modules_of, select
    from gradcheck.workers import processes

    rules = select(options.rules, all_installed=options.all_installed, modules=options.module)
    modules = (
        *options.module,
        *modules_of(options.rules),
        *(load_installed() if options.all_installed else ()),
    )
    settings = Settings(options.examples, options.seed, options.dtype, options.sizes)
    command = shlex.join(["gradcheck", *sys.argv[1:]]) if sys.argv[1:2] == ["run"] else "gradcheck run"
    plan = Plan(settings, options.require_witness, command, modules)
    jobs = jobs_of(options, len(rules))
    total = len(rules) * len(settings.dtypes)
    bar = Progress(total)
    try:
        with bar as advance, processes(jobs) as pool:
            record = run(rules, plan=plan, executor=pool, folder=options.report, on_check=advance)
    except KeyboardInterrupt as stop:
        path = Path(options.report) / "gradcheck.json"
        text = f"interrupted after {bar.done} of {total} rules; what was done is in the record {path}"
        raise KeyboardInterrupt(text) from stop
    folder = "" if options.report == DEFAULT_FOLDER else options.report
    # The result first: a page that cannot be drawn must not cost it.
    say(summary_table(record.data, colour=colour(), width=width(), folder=folder))
    shown = replayable(record.data, Path(options.report, "gradcheck.json"))
    say(write_page(shown, Path(options.report)))
    return record.exit_code


def _self_test(options: argparse.Namespace) -> int:
    from gradcheck.reporting.self_tests import self_test_table
    from gradcheck.runner import FEWEST_MUTANTS, self_test
    from gradcheck.selection import load_installed, modules_of, select
    from gradcheck.workers import processes

    rules = select(options.rules, all_installed=options.all_installed, modules=options.module)
    modules = (
        *options.module,
        *modules_of(options.rules),
        *(load_installed() if options.all_installed else ()),
    )
    jobs = jobs_of(options, len(rules))
    with Progress(len(rules)) as advance, processes(jobs) as pool:
        found = self_test(
            rules,
            points=options.points,
            seed=options.seed,
            executor=pool,
            modules=modules,
            on_rule=advance,
        )
    if options.json:
        say(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        say(self_test_table(found, fewest=FEWEST_MUTANTS, colour=colour(), width=width()))
    if not found:
        return 5
    bad = any(one["survivors"] or one["effective"] < FEWEST_MUTANTS for one in found)
    return 1 if bad else 0
