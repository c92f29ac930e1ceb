"""The baseline as a file: a check to a line, sorted, so that a review shows what changed and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcheck.journal.conformance import SCHEMA_VERSION, violation
from gradcheck.journal.encoding import to_json
from gradcheck.journal.faults import BaselineError
from gradcheck.journal.files import read_text
from gradcheck.journal.parsing import parse

if TYPE_CHECKING:
    import os

__all__ = ["baseline_text", "read_baseline"]

_TOOL = "gradcheck baseline"


def baseline_text(baseline: Mapping[str, Any]) -> str:
    """Return the file of ``baseline``: one line for each check.

    Examples
    --------
    >>> print(baseline_text({"schema_version": 1, "checks": [{"id": "cube", "dtype": "float64"}]}))
    {
    "schema_version": 1,
    "checks": [
    {"id": "cube", "dtype": "float64"}
    ]
    }
    <BLANKLINE>
    """
    rows = ",\n".join(_line(row) for row in baseline["checks"])
    checks = f"[\n{rows}\n]" if rows else "[]"
    head = [f"{to_json(name)}: {to_json(item)}" for name, item in baseline.items() if name != "checks"]
    return "{\n" + ",\n".join([*head, f'"checks": {checks}']) + "\n}\n"


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def read_baseline(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the baseline in ``path``.

    Raises
    ------
    BaselineError
        If it cannot be read, is not a baseline, is damaged, of a newer schema, or lists a check twice.
    """
    try:
        text = read_text(path)
    except OSError as cause:
        remedy = "write it with --update-baseline, or name another"
        raise BaselineError(path, f"cannot be read ({cause.strerror or cause})", remedy) from cause
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines()):
        raise BaselineError(path, "it holds the marks of a merge conflict")
    try:
        found = parse(text)
    except ValueError as cause:
        raise BaselineError(path, f"it is not strict JSON: {cause}") from cause
    fault = _fault(found)
    if fault:
        raise BaselineError(path, fault)
    baseline: dict[str, Any] = found
    return baseline


def _fault(found: Any) -> str:
    if not isinstance(found, dict) or found.get("tool") != _TOOL:
        return "it is not a baseline of gradcheck"
    version = found.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return (
            f"it follows baseline schema {version}, this gradcheck reads {SCHEMA_VERSION}; upgrade gradcheck"
        )
    broken = violation(found, document="baseline")
    if broken is not None:
        return f"it breaks baseline schema {SCHEMA_VERSION}: {broken}"
    counts = Counter((row["id"], row["dtype"]) for row in found["checks"])
    twice = [key for key, count in counts.items() if count > 1]
    return f"it lists {twice[0][0][:100]!r} [{twice[0][1][:20]}] twice" if twice else ""
