"""Arguments that several commands share, and the types of their values."""

from __future__ import annotations

import argparse

__all__ = ["DEFAULT_FOLDER", "add_jobs", "add_selection", "jobs_of", "numbers", "positive", "words"]

DEFAULT_FOLDER = "reports"


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
    parser.add_argument("rules", nargs="*", metavar="RULE", help="an id, a glob, or a module of rules")
    parser.add_argument("--all-installed", action="store_true", help="add the rules of installed projects")


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    parser.add_argument("--jobs", type=positive, default=None, help="processes (default: one a processor)")


def jobs_of(options: argparse.Namespace, rules: int) -> int:
    """Return how many processes to use for this many rules."""
    from gradcheck.workers import default_jobs

    # A few rules are done before a second process has started.
    return options.jobs or (default_jobs() if rules > 8 else 1)
