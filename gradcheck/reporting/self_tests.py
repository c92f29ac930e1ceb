"""The self-test as text: how many mutants, wrong on purpose, each rule's check caught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.reporting.columns import paint, table
from gradcheck.reporting.wording import plural, printable

__all__ = ["self_test_table"]


_NAMED = 5


def _caught(one: Mapping[str, Any]) -> str:
    return f"{one['killed']} of {one['effective']}" if one["effective"] else "–"


def self_test_table(
    found: Sequence[Mapping[str, Any]], *, fewest: int, colour: bool = False, width: int = 100
) -> str:
    """Return a line for each rule: mutants caught, survivors, equivalents of the original; then the outcome.

    Parameters
    ----------
    found
        For each rule ``id``, ``effective``, ``killed``, ``equivalent``, ``survivors``, and a
        ``message`` where nothing could be mutated.
    fewest
        Effective mutants that a rule needs.
    colour, width
        As for :func:`gradcheck.reporting.terminal.summary_table`.
    """
    rows = [
        (
            printable(one["id"], 200),
            _caught(one),
            printable(", ".join(one["survivors"]) or "none", 200),
            printable(", ".join(one["equivalent"]) or "none", 200),
        )
        for one in found
    ]
    top, *body = table(("rule", "caught", "survivors", "equivalent"), rows, max(width, 60))
    bad = [bool(one["survivors"]) or one["effective"] < fewest for one in found]
    lines = [paint(top, "dim", colour)]
    lines += [paint(line, "wrong", colour) if wrong else line for line, wrong in zip(body, bad, strict=True)]
    broken = [one for one in found if one.get("message")]
    lines += [f"! {printable(one['id'], 200)}: {printable(one['message'], 400)}" for one in broken]
    effective = sum(one["effective"] for one in found)
    killed = sum(one["killed"] for one in found)
    thin = [one["id"] for one in found if one["effective"] < fewest]
    outcome = f"{killed} of {effective} mutants caught in {plural(len(found), 'rule')}"
    if not effective:
        outcome = "no closed form could be mutated"
    if thin:
        more = f" and {len(thin) - _NAMED} more" if len(thin) > _NAMED else ""
        outcome += f"; fewer than {fewest} effective mutants: {', '.join(thin[:_NAMED])}{more}"
    if any(not one["effective"] and not one.get("message") for one in found):
        outcome += "\nA closed form is mutated where it passes: see `gradcheck run` for those that never do"
    return "\n".join([*lines, "", paint(outcome, "wrong" if any(bad) else "right", colour)]) + "\n"
