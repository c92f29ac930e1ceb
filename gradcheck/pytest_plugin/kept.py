"""A check as a session keeps it: what its summary says, and its entry in the record as one text.

A session may make many thousands.  A tuple of numbers and texts is small, is nothing to Python's garbage
collector, and travels between processes as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gradcheck.journal.checks import as_expected, ending, gate_reason
from gradcheck.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gradcheck.results import CheckResult

__all__ = ["Kept", "Row", "kept", "shown", "why_it_gates"]

_LONGEST = 240
_UNEXPLAINED = "no known mistake"
"""Begins a diagnosis that says less than the worst entry does."""

Row = tuple[str, str, str, bool, str, str, int, int, float, str, str, bool]
"""The fields of :class:`Kept` in their order, all of builtin types."""


class Kept(NamedTuple):
    """One check of a session.

    Attributes
    ----------
    id
        What tells it from every other check of the session.
    verdict, expected, as_expected
        As in the record.
    gate_reason
        Why it stops the build; empty where it does not.
    outcome
        Of the test that made it; empty outside tests.
    entries, points
        How many were compared, and at how many drawn points.
    detectable
        The relative error that it would have caught; NaN unless it passed.
    finding
        What is wrong, for a terminal; empty where nothing is.
    text
        Its entry in the record, one line of JSON; empty where no record is written.
    forgiven
        Whether it would stop the build, and its test is marked as known to fail.
    """

    id: str
    verdict: str
    expected: str
    as_expected: bool
    gate_reason: str
    outcome: str
    entries: int
    points: int
    detectable: float
    finding: str
    text: str
    forgiven: bool

    @property
    def severity(self) -> tuple[bool, int]:
        """Of several with one identity that with the largest stays."""
        return bool(self.gate_reason), Verdict(self.verdict).severity

    @property
    def counted(self) -> dict[str, Any]:
        """The fields of its entry that the record's summary is made of."""
        return {
            "id": self.id,
            "group": "check",
            "verdict": self.verdict,
            "as_expected": self.as_expected,
            "entries": self.entries,
            "strata": [{"points": self.points}],
        }


def why_it_gates(result: CheckResult, defaults: Mapping[str, Any]) -> str:
    """Return why ``result`` stops the build, where ``defaults`` hold; empty where it does not."""
    return gate_reason(
        result,
        allow_inconclusive=bool(defaults.get("allow_inconclusive", False)),
        max_detectable=defaults.get("max_detectable"),
    )


def kept(
    result: CheckResult,
    identity: str,
    gate: str,
    outcome: str,
    beginning: str,
    test: str,
    *,
    forgiven: bool,
) -> Row:
    """Return ``result`` as a session keeps it.

    Parameters
    ----------
    result
        What the check found.
    identity
        As :func:`~gradcheck.journal.checks.identified` returns it.
    gate
        As :func:`why_it_gates` returns it.
    outcome
        Of its test.
    beginning
        Its entry in the record, without an end; empty where no record is written.
    test
        What the record says of the test, as JSON.
    forgiven
        Whether its test is marked as known to fail.
    """
    passed = result.verdict is Verdict.PASS
    forgiven = forgiven and bool(gate)
    expected = as_expected(result, gate)
    power = result.power
    return (
        identity,
        result.verdict.value,
        result.expect,
        expected or forgiven,
        "" if forgiven else gate,
        outcome,
        int(result.entries),
        sum(drawn.points for drawn in result.drawn) if result.drawn else 0,
        float(power.worst) if passed and power is not None else float("nan"),
        "" if passed and not gate else _finding(result),
        beginning and beginning + ending(gate, test, expected=expected, forgiven=forgiven),
        forgiven,
    )


def _finding(result: CheckResult) -> str:
    worst = result.worst
    if result.diagnosis and not result.diagnosis.startswith(_UNEXPLAINED):
        return shown(result.diagnosis)
    if result.verdict is Verdict.FAIL and worst is not None:
        return shown(f"{worst.path}: claimed {worst.claimed:.6g}, reference {worst.reference:.6g}")
    return shown(result.diagnosis or result.message or result.reason.slug)


def shown(text: str) -> str:
    r"""Return ``text`` on one line: a name may hold anything, and a terminal obeys control characters.

    Examples
    --------
    >>> shown("red \x1b[31m")
    'red \\x1b[31m'
    """
    safe = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text[: 4 * _LONGEST])
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - 1]}…"
