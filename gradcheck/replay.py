"""One recorded point judged again, in detail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.campaign.diagnosing import Case, mistake_of
from gradcheck.campaign.examination import expected_verdicts, failure_row
from gradcheck.campaign.overheard import overhearing
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.tallies import point_from_json
from gradcheck.campaign.verdicts import PointVerdict
from gradcheck.campaign.witness_table import witness_lines
from gradcheck.errors import InvalidArgument
from gradcheck.journal import read_record
from gradcheck.reporting.failures import failure_text
from gradcheck.results import Verdict
from gradcheck.rules.registry import Rule
from gradcheck.selection import find_rule, load_modules
from gradcheck.strategies import Point

__all__ = ["judged_again", "replay"]


def replay(identity: str, place: Path, modules: tuple[str, ...] = (), *, width: int = 100) -> tuple[str, int]:
    """Judge the recorded point ``identity`` again; return what is to be said and the exit code.

    Parameters
    ----------
    identity
        A point's id, such as ``"elementwise/mul/wrt-w@float64#17"``.
    place
        The record, or the folder it lies in.
    modules
        Modules of rules to import first.
    width
        Columns of the terminal.

    Raises
    ------
    InvalidArgument
        If the record has no such point, or the rule is not there any more.
    """
    load_modules(modules)
    record = read_record(place / "gradcheck.json" if place.is_dir() else place)
    check, row = _find(record, identity)
    return _judged(_found(check), check, row, width)


def judged_again(
    rule_id: str,
    inputs: Mapping[str, Any],
    *,
    trees: Mapping[str, Any] | None = None,
    dtype: str = "float64",
    stratum: str = "smooth",
    modules: tuple[str, ...] = (),
) -> tuple[str, int]:
    """Judge a rule at a point given outright; return what is to be said and the exit code, as :func:`replay`.

    Parameters
    ----------
    rule_id
        The rule.
    inputs
        Its arrays by name.
    trees
        Its drawn functions by name, as the record holds them.
    dtype
        Format of the claim.
    stratum
        Where the point lies: what verdicts are expected there.
    modules
        Modules of rules to import first.

    Raises
    ------
    InvalidArgument
        If there is no such rule.

    Examples
    --------
    >>> text, code = judged_again("elementwise/mul/wrt-w", {"w": np.ones(2), "x": np.array([3.0, 4.0])})
    >>> text.split()[0], code
    ('PASS', 0)
    """
    load_modules(modules)
    rule = find_rule(rule_id)
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    row = {
        "point": f"{rule_id}@{dtype}#given",
        "stratum": stratum,
        "inputs": {name: array.tolist() for name, array in arrays.items()},
        "functions": {},
        "trees": dict(trees or {}),
        "shapes": {name: list(array.shape) for name, array in arrays.items()},
    }
    return _judged(rule, rule.facts | {"dtype": dtype}, row, 100)


def _found(check: Mapping[str, Any]) -> Rule:
    """Return the rule of a recorded check; of a user's rule that is not loaded, say how to load it."""
    try:
        return find_rule(check["id"])
    except InvalidArgument:
        if not check.get("module"):
            raise
        raise InvalidArgument.of(
            "ID", check["id"], "a rule that is loaded", f"add --module {check['module']}"
        ) from None


def _judged(rule: Rule, check: Mapping[str, Any], row: Mapping[str, Any], width: int) -> tuple[str, int]:
    dtype = check["dtype"]
    point = _rebuilt(rule, row, dtype)
    with overhearing():
        verdict = judge_point(rule, point, dtype, JaxWitness())
    expected = expected_verdicts(rule, point.stratum) if rule.right is None else (Verdict.FAIL,)
    shown = dict(row) | {"functions": {name: str(drawn) for name, drawn in point.functions.items()}}
    return _text(rule, check, shown, verdict, width), 0 if verdict.verdict in expected else 1


def _rebuilt(rule: Rule, row: Mapping[str, Any], dtype: str) -> Point:
    """Return the recorded point; ``InvalidArgument`` when the rule takes other arguments by now."""
    given = set(row["inputs"])
    if given != set(rule.names):
        raise InvalidArgument.of(
            "ID",
            f"a point with {sorted(given)}",
            f"the arguments {list(rule.names)} that {rule.id} has now",
            "run the rule again with `gradcheck run`",
        )
    return point_from_json(rule, row, dtype)


def _points(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    for check in record["checks"]:
        for row in check["points"]:
            yield check, row["id"], row
        for row in (*check["failures"], check["counterexample"]):
            if row is not None:
                yield check, row["point"], row


def _find(record: Mapping[str, Any], identity: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    for check, found, row in _points(record):
        if found == identity:
            return check, row
    same = [found for _, found, _ in _points(record) if found.partition("@")[0] == identity.partition("@")[0]]
    hint = f"its points are {same[0]} to {same[-1]}" if same else "run the rule first with `gradcheck run`"
    raise InvalidArgument.of("ID", identity, "the id of a recorded point", hint)


def _text(
    rule: Rule, check: Mapping[str, Any], row: Mapping[str, Any], verdict: PointVerdict, width: int
) -> str:
    shown = dict(check) | {"verdict": str(verdict.verdict), "reason": str(verdict.reason)}
    failure = failure_row(rule, row, verdict)
    told = _diagnosis(rule, row, verdict)
    lines = [failure_text(shown, failure | ({"diagnosis": told} if told else {})).rstrip()]
    recorded = row.get("verdict", "fail" if "pair" in row else "")
    if recorded and recorded != str(verdict.verdict):
        change = f"the record says {recorded.upper()}, now it is {str(verdict.verdict).upper()}"
        lines.append(f"  changed     {change}: the rule, its function or a package is another one")
    lines += ["", *witness_lines(verdict, width)]
    return "\n".join(lines)


def _diagnosis(rule: Rule, row: Mapping[str, Any], verdict: PointVerdict) -> str:
    """Return the likely mistake as this point tells it, else as the campaign's points told it."""
    if verdict.verdict is not Verdict.FAIL or verdict.failing is None:
        return ""
    point = point_from_json(rule, row, "float64")
    return mistake_of(rule, [Case(point, verdict)]) or str(row.get("diagnosis", ""))
