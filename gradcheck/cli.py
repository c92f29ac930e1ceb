"""The command line: ``gradcheck run | list | explain | replay | self-test``.

Results go to standard output, talk to standard error.  Exit codes: 0 all right,
1 a derivative is wrong or something else gates, 2 usage, input or internal
error, 5 nothing was checked.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.errors import GradcheckError, MissingExtra

__all__ = ["main"]

DEFAULT_FOLDER = "reports"


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected numbers such as 0,1,2,3,5") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected a number >= 1")
    return number


def _parser() -> argparse.ArgumentParser:
    from gradcheck import __version__

    parser = argparse.ArgumentParser(
        prog="gradcheck", description="Tell whether a derivative is right, by independent witnesses."
    )
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", help="check rules at random points by all witnesses, and write the report"
    )
    _add_selection(run)
    run.add_argument("--examples", type=_positive, default=50, help="points a rule and dtype (default 50)")
    run.add_argument("--seed", type=int, default=0, help="everything random follows from it (default 0)")
    run.add_argument(
        "--dtype", type=_words, default=("float64",), help="float64, float32 or both, with a comma"
    )
    run.add_argument(
        "--sizes", type=_numbers, default=(0, 1, 2, 3, 5), help="pool of extents (default 0,1,2,3,5)"
    )
    run.add_argument(
        "--report", default=DEFAULT_FOLDER, metavar="DIR", help="folder of the report (default reports)"
    )
    run.add_argument(
        "--require-witness", type=_words, default=(), metavar="NAMES", help="exit 1 when absent, e.g. jax"
    )
    _add_jobs(run)
    run.set_defaults(act=_run)

    listing = commands.add_parser("list", help="list the rules")
    _add_selection(listing)
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
        "--module", type=_words, default=(), metavar="NAMES", help="modules of rules to import"
    )
    replay.set_defaults(act=_replay)

    self_test = commands.add_parser("self-test", help="inject standard faults into every closed form")
    _add_selection(self_test)
    self_test.add_argument("--points", type=_positive, default=12, help="points a rule (default 12)")
    self_test.add_argument("--seed", type=int, default=0)
    self_test.add_argument("--json", action="store_true", help="one JSON array on standard output")
    _add_jobs(self_test)
    self_test.set_defaults(act=_self_test)
    return parser


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rules", nargs="*", metavar="RULE", help="an id, a glob, or a module of rules")
    parser.add_argument("--all-installed", action="store_true", help="add the rules of installed projects")


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=_positive, default=None, help="processes (default: one a processor)")


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
    except KeyboardInterrupt:
        complaint = "interrupted; what was done is in the record"
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


def _say(*texts: str) -> None:
    """Print results; whoever closed the pipe (``| head``) misses the rest and changes no exit code."""
    try:
        for text in texts:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as cause:
        raise GradcheckError(f"cannot write to standard output: {cause.strerror}") from cause


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _run(options: argparse.Namespace) -> int:
    from gradcheck.campaign.sampling import Settings
    from gradcheck.reporting.terminal import summary_table
    from gradcheck.runner import Plan, run
    from gradcheck.selection import load_installed, modules_of, select
    from gradcheck.workers import processes

    rules = select(options.rules, all_installed=options.all_installed)
    modules = modules_of(options.rules) + (load_installed() if options.all_installed else ())
    settings = Settings(options.examples, options.seed, options.dtype, options.sizes)
    command = shlex.join(["gradcheck", *sys.argv[1:]]) if sys.argv[1:2] == ["run"] else "gradcheck run"
    plan = Plan(settings, options.require_witness, command, modules)
    jobs = _jobs(options, len(rules))
    with _Progress(len(rules) * len(settings.dtypes)) as advance, processes(jobs) as pool:
        record = run(rules, plan=plan, executor=pool, folder=options.report, on_check=advance)
    page = _write_page(record.data, Path(options.report))
    _say(summary_table(record.data, colour=_colour(), width=_width()), page)
    return record.exit_code


def _jobs(options: argparse.Namespace, rules: int) -> int:
    from gradcheck.workers import default_jobs

    # A few rules are done before a second process has started.
    return options.jobs or (default_jobs() if rules > 8 else 1)


def _write_page(record: Mapping[str, Any], folder: Path) -> str:
    from gradcheck.reporting.html import render

    try:
        text = render(record)
    except MissingExtra as missing:
        return f"record: {folder / 'gradcheck.json'}; no page: {missing}"
    path = folder / "gradcheck.html"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as cause:
        raise GradcheckError(
            f"cannot write {path}: {cause.strerror}; choose another folder with --report"
        ) from cause
    return f"report: {path}   record: {folder / 'gradcheck.json'}"


class _Progress:
    """A progress bar on a terminal, nothing in a pipe."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit="rule", leave=False, disable=not sys.stderr.isatty())

    def __enter__(self) -> Callable[[object], None]:
        return self._advance

    def _advance(self, _: object) -> None:
        self._bar.update()

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _list(options: argparse.Namespace) -> int:
    from gradcheck.listing import listed
    from gradcheck.reporting.terminal import list_table

    rows = listed(options.rules, all_installed=options.all_installed)
    if options.json:
        _say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _say(list_table(rows, colour=_colour(), width=_width()))
    return 0 if rows else 5


def _explain(options: argparse.Namespace) -> int:
    from gradcheck.listing import worked_example
    from gradcheck.reporting.terminal import explain_text

    _say(explain_text(worked_example(options.rule)))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from gradcheck.replay import replay

    text, code = replay(options.id, Path(options.report), options.module)
    _say(text)
    return code


def _self_test(options: argparse.Namespace) -> int:
    from gradcheck.reporting.self_tests import self_test_table
    from gradcheck.runner import FEWEST_MUTANTS, self_test
    from gradcheck.selection import load_installed, modules_of, select
    from gradcheck.workers import processes

    rules = select(options.rules, all_installed=options.all_installed)
    modules = modules_of(options.rules) + (load_installed() if options.all_installed else ())
    jobs = _jobs(options, len(rules))
    with _Progress(len(rules)) as advance, processes(jobs) as pool:
        found = self_test(
            rules,
            points=options.points,
            seed=options.seed,
            executor=pool,
            modules=modules,
            on_rule=advance,
        )
    if options.json:
        _say(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _say(self_test_table(found, fewest=FEWEST_MUTANTS, colour=_colour(), width=_width()))
    if not found:
        return 5
    bad = any(one["survivors"] or one["effective"] < FEWEST_MUTANTS for one in found)
    return 1 if bad else 0
