"""A result as text for a person: at most 25 lines, understandable without the docs."""

from __future__ import annotations

import math
import textwrap

from gradcheck.reporting.wording import detects_text, printable
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["result_text"]

_WIDTH = 100
"""Columns of a line, as pytest and CI logs show without breaking it."""
_LINES = 25
"""As :class:`~gradcheck.results.CheckResult` promises: one screen."""
_LONGEST = 4000
"""Characters of a line that was not wrapped, a name or an exception of any length."""
_SMALL = 1e-4
"""Relative: formulas that are wrong are off by more, as a rule."""


def result_text(result: CheckResult) -> str:
    """Return ``result`` in words: verdict and reason, the worst entry with its bars, mistake, remedy."""
    lines = [f"{str(result.verdict).upper()} {result.name}: {result.reason}"]
    if result.message:
        lines += _wrapped(result.message)
    if result.verdict is not Verdict.PASS:
        lines += _worst(result)
    if result.diagnosis:
        lines += _wrapped(_mistake(result.diagnosis))
    if result.convention:
        lines += _wrapped(f"at the kink: {result.convention}")
    if result.power is not None and result.entries:
        lines += _power(result)
    for note in result.notes:
        lines += _wrapped(f"note: {note}") if note != result.message else []
    lines.append(
        f"  {result.entries} {'entry' if result.entries == 1 else 'entries'}, {result.nfev} "
        f"evaluation{'' if result.nfev == 1 else 's'} of f, by {result.method or 'no reference'}"
    )
    if result.verdict is not Verdict.PASS:
        lines += _wrapped(f"what to do: {result.reason.remedy}{_tolerance(result)}")
    # A name and an exception may hold anything, and a terminal obeys control characters.
    lines = [printable(line, _LONGEST) for line in lines]
    return "\n".join(lines if len(lines) <= _LINES else [*lines[: _LINES - 1], "  …"])


def _mistake(diagnosis: str) -> str:
    return diagnosis if diagnosis.startswith("no known mistake") else f"likely mistake: {diagnosis}"


def _tolerance(result: CheckResult) -> str:
    """Return the way out where nothing but a solver, or differences, may be behind a small difference."""
    worst = result.worst
    unnamed = result.reason is Reason.DISAGREES and result.diagnosis.startswith("no known mistake")
    if (
        not unnamed
        or worst is None
        or not abs(worst.claimed - worst.reference) <= _SMALL * abs(worst.reference)
    ):
        return ""
    return " If a solver or differences inside are good to that much only, say so with `rtol`."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ") or []


def _worst(result: CheckResult) -> list[str]:
    worst = result.worst
    if worst is None:
        return []
    if math.isnan(worst.reference):
        return [f"  worst entry  {worst.path}", f"    claimed    {worst.claimed:.17g}"]
    if not math.isfinite(worst.claimed):
        return [
            f"  worst entry  {worst.path}",
            f"    claimed    {worst.claimed}",
            f"    reference  {worst.reference:<24.17g} ± {worst.reference_error:.2g}",
        ]
    return [
        f"  worst entry  {worst.path}",
        f"    claimed    {worst.claimed:<24.17g} ± {worst.claimed_error:.2g}",
        f"    reference  {worst.reference:<24.17g} ± {worst.reference_error:.2g}",
        f"    difference {abs(worst.claimed - worst.reference):.3g}, allowed {worst.budget:.3g}",
    ]


def _power(result: CheckResult) -> list[str]:
    power = result.power
    if power is None:
        return []
    if power.numberless:
        return _wrapped("detectable: no number, for every entry that has one is at a kink")
    if power.worst == math.inf and power.unseen:
        return _wrapped("detectable: nothing, for no entry can be told from 0")
    worst, median = detects_text(power.worst), detects_text(power.median)
    loosened = f", loosened by rtol={power.loosened:g}" if power.loosened else ""
    text = f"detectable{loosened}: an error of {worst} relative at the weakest entry, {median} at the median"
    if power.path:
        text += f"; weakest {power.path}"
    if power.unseen:
        text += f"; not so where an entry cannot be told from 0, {power.unseen} of {result.entries}"
    return _wrapped(text)
