"""The terminal's section: counts, the worst failures, what fails the session, and where the reports are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gradcheck.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from gradcheck.pytest_plugin.receiving import Receiver

__all__ = ["write_summary"]

_SHOWN = 5


def write_summary(terminal: pytest.TerminalReporter, receiver: Receiver) -> None:
    """Write the section, or nothing where no check was made and no report asked for."""
    checks = list(receiver.checks.values())
    quiet = terminal.verbosity < 0
    lost = [check for check in checks if check["gates"] and check not in receiver.gating]
    wrong = receiver.gating or lost or receiver.cut_short or receiver.unwritten
    if not wrong and (quiet or not (checks or receiver.notes)):
        return
    terminal.write_sep("=", "gradcheck")
    _line(terminal, _counts(checks), red=bool(receiver.gating or lost), green=bool(checks))
    for check in _worst(lost):
        _line(terminal, f"{check['verdict'].upper()} {_shown(check['id'])}: {_finding(check)}")
    for check in _worst(receiver.gating):
        outcome = (check["test"] or {}).get("outcome", "")
        where = f"in a test that {outcome}" if outcome in ("passed", "skipped") else "although no test failed"
        reason, more_said = _shown(check["gate_reason"]), _finding(check)
        reason += "" if reason.endswith(more_said) else f" ({more_said})"
        _line(terminal, f"FAILED {_shown(check['id'])} {where}: {reason}", red=True)
    more = max(len(lost) - _SHOWN, 0) + max(len(receiver.gating) - _SHOWN, 0)
    if more:
        _line(terminal, f"and {more} more", red=True)
    for text in receiver.unwritten:
        _line(terminal, _shown(text), red=True)
    for text in receiver.cut_short:
        _line(terminal, f"the record is not whole: {_shown(text)}", red=True)
    for text in receiver.notes:
        _line(terminal, text)


def _line(terminal: pytest.TerminalReporter, text: str, *, red: bool = False, green: bool = False) -> None:
    if red:
        terminal.write_line(text, red=True, bold=True)
    elif green:
        terminal.write_line(text, green=True)
    else:
        terminal.write_line(text)


def _counts(checks: list[dict[str, Any]]) -> str:
    if not checks:
        return "no derivative was checked"
    counts = Counter(check["verdict"] for check in checks)
    parts = [f"{counts[str(verdict)]} {verdict}" for verdict in Verdict if counts[str(verdict)]]
    # A twin that passes stands below, in red: "2 fail, 1 of these expected" must not count it.
    twins = sum(check["expected"] == check["verdict"] == "fail" for check in checks)
    parts += [f"{twins} of these expected to fail"] if twins else []
    noun = "check" if len(checks) == 1 else "checks"
    weakest = _weakest(checks)
    return f"{len(checks)} {noun}: {', '.join(parts)}{weakest}"


def _weakest(checks: list[dict[str, Any]]) -> str:
    """Return what the weakest of the passes would have missed."""
    sizes = [
        check["detectable"]["worst"]
        for check in checks
        if check["verdict"] == "pass" and check["detectable"] is not None
    ]
    numbers = [size for size in sizes if isinstance(size, (int, float))]
    return f"; every pass would have caught an error of {max(numbers):.2g}, relative" if numbers else ""


def _worst(checks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gravest few, by name among equals."""
    grave = sorted(checks, key=lambda check: (-Verdict(check["verdict"]).severity, check["id"]))
    return grave[:_SHOWN]


def _finding(check: dict[str, Any]) -> str:
    if check["diagnosis"]:
        return _shown(check["diagnosis"])
    worst = check["worst"]
    if check["verdict"] == "fail" and worst is not None:
        return _shown(
            f"{worst['path']}: claimed {_number(worst['claimed'])}, reference {_number(worst['reference'])}"
        )
    return _shown(check["message"] or check["reason"])


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _shown(text: str) -> str:
    """Return ``text`` on one line: a name may hold anything, and a terminal obeys control characters."""
    safe = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
    return safe if len(safe) <= 240 else f"{safe[:239]}…"
