"""What the checks of a record come to, counted in one way wherever a record is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["tally"]

_REFUTABLE = ("erratum", "rejected")
"""Groups of claims that a run has to refute."""


def tally(
    checks: Sequence[Mapping[str, Any]], *, messages: Sequence[str] = (), exit_code: int = 2
) -> dict[str, Any]:
    """Count what ``checks`` found, as the ``summary`` of a run; by default of one that was cut short.

    Errata and rejected claims count as refuted or not, once whatever their dtypes; the verdicts are
    those of the others.

    Examples
    --------
    >>> tally([])["exit_code"], tally([], exit_code=5)["exit_code"]
    (2, 5)
    """
    verdicts = [check["verdict"] for check in checks if check["group"] not in _REFUTABLE]
    errata = {check["id"] for check in checks if check["group"] in _REFUTABLE}
    standing = {check["id"] for check in checks if not check["as_expected"]}
    return {
        "pass": verdicts.count("pass"),
        "fail": verdicts.count("fail"),
        "inconclusive": verdicts.count("inconclusive"),
        "unexpected": sum(not check["as_expected"] for check in checks),
        "errata_refuted": len(errata - standing),
        "errata_total": len(errata),
        "points": sum(stratum["points"] for check in checks for stratum in check["strata"]),
        "entries": sum(check["entries"] for check in checks),
        "exit_code": exit_code,
        "messages": list(messages),
    }
