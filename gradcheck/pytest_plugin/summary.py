"""The terminal's section: counts, the worst failures, what fails the session, and where the reports are."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from gradcheck.pytest_plugin.kept import shown
from gradcheck.reporting.wording import detects_text
from gradcheck.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from gradcheck.pytest_plugin.kept import Kept
    from gradcheck.pytest_plugin.receiving import Receiver

__all__ = ["FAILED", "write_summary"]

_SHOWN = 5
FAILED = ("failed", "error")
"""Outcomes of a test that fail the session by themselves."""
_CALM = ("passed", "skipped")


def write_summary(terminal: pytest.TerminalReporter, receiver: Receiver) -> None:
    """Write the section, or nothing where no check was made and no report asked for."""
    checks = list(receiver.checks.values())
    quiet = terminal.verbosity < 0
    gating = receiver.gating
    lost = [check for check in checks if check.gate_reason and check.outcome in FAILED]
    wrong = gating or lost or receiver.cut_short or receiver.unwritten
    if not wrong and (quiet or not (checks or receiver.notes)):
        return
    terminal.write_sep("=", "gradcheck")
    _line(terminal, _counts(checks), red=bool(gating or lost), green=bool(checks))
    for check in _worst(lost):
        _line(terminal, f"{check.verdict.upper()} {shown(check.id)}: {check.finding}")
    for check in _worst(gating):
        where = f"in a test that {check.outcome}" if check.outcome in _CALM else "although no test failed"
        more_said = "" if check.gate_reason.endswith(check.finding) else f" ({check.finding})"
        reason = shown(check.gate_reason) + more_said
        _line(terminal, f"FAILED {shown(check.id)} {where}: {reason}", red=True)
    more = max(len(lost) - _SHOWN, 0) + max(len(gating) - _SHOWN, 0)
    if more:
        _line(terminal, f"and {more} more", red=True)
    for text in receiver.unwritten:
        _line(terminal, shown(text), red=True)
    for text in receiver.cut_short:
        _line(terminal, f"the record is not whole: {shown(text)}", red=True)
    for text in receiver.notes:
        _line(terminal, text)


def _line(terminal: pytest.TerminalReporter, text: str, *, red: bool = False, green: bool = False) -> None:
    if red:
        terminal.write_line(text, red=True, bold=True)
    elif green:
        terminal.write_line(text, green=True)
    else:
        terminal.write_line(text)


def _counts(checks: list[Kept]) -> str:
    if not checks:
        return "no derivative was checked"
    counts = Counter(check.verdict for check in checks)
    parts = [f"{counts[str(verdict)]} {verdict}" for verdict in Verdict if counts[str(verdict)]]
    # A twin that passes stands below, in red: "2 fail, 1 of these expected" must not count it.
    twins = sum(check.expected == check.verdict == "fail" for check in checks)
    parts += [f"{twins} of these expected to fail"] if twins else []
    forgiven = sum(check.forgiven for check in checks)
    parts += [f"{forgiven} forgiven by xfail"] if forgiven else []
    noun = "check" if len(checks) == 1 else "checks"
    return f"{len(checks)} {noun}: {', '.join(parts)}{_weakest(checks)}"


def _weakest(checks: list[Kept]) -> str:
    """Return what the weakest of the passes would have missed."""
    sizes = [check.detectable for check in checks if math.isfinite(check.detectable)]
    if not sizes:
        return ""
    # With every entry at a kink there is no number.
    rest = sum(math.isinf(check.detectable) for check in checks)
    every = f"every pass but {rest} at a kink" if rest else "every pass"
    return f"; {every} would have caught an error of {detects_text(max(sizes))}, relative"


def _worst(checks: Iterable[Kept]) -> list[Kept]:
    """Return the gravest few, by name among equals."""
    grave = sorted(checks, key=lambda check: (-Verdict(check.verdict).severity, check.id))
    return grave[:_SHOWN]
