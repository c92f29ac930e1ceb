"""One recorded point judged again, in detail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.campaign.examination import expected_verdicts, failure_row
from gradcheck.campaign.pointwise import judge_point
from gradcheck.campaign.tallies import point_from_json
from gradcheck.campaign.verdicts import PointVerdict
from gradcheck.errors import InvalidArgument
from gradcheck.journal import read_record
from gradcheck.reporting.terminal import failure_text
from gradcheck.results import Verdict
from gradcheck.rules.registry import Rule
from gradcheck.selection import find_rule, load_modules

__all__ = ["judged_again", "replay"]


def replay(identity: str, place: Path, modules: tuple[str, ...] = ()) -> tuple[str, int]:
    """Judge the recorded point ``identity`` again; return what is to be said and the exit code.

    Parameters
    ----------
    identity
        A point's id, such as ``"elementwise/mul/wrt-w@float64#17"``.
    place
        The record, or the folder it lies in.
    modules
        Modules of rules to import first.

    Raises
    ------
    InvalidArgument
        If the record has no such point, or the rule is not there any more.
    """
    load_modules(modules)
    record = read_record(place / "gradcheck.json" if place.is_dir() else place)
    check, row = _find(record, identity)
    rule = find_rule(check["id"])
    return _judged(rule, check, row)


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
    return _judged(rule, rule.facts | {"dtype": dtype}, row)


def _judged(rule: Rule, check: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, int]:
    dtype = check["dtype"]
    point = point_from_json(rule, row, dtype)
    verdict = judge_point(rule, point, dtype, JaxWitness())
    expected = expected_verdicts(rule, point.stratum) if rule.right is None else (Verdict.FAIL,)
    shown = dict(row) | {"functions": {name: str(drawn) for name, drawn in point.functions.items()}}
    return _text(rule, check, shown, verdict), 0 if verdict.verdict in expected else 1


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


def _text(rule: Rule, check: Mapping[str, Any], row: Mapping[str, Any], verdict: PointVerdict) -> str:
    shown = dict(check) | {"verdict": str(verdict.verdict), "reason": str(verdict.reason)}
    lines = [failure_text(shown, failure_row(rule, row, verdict)).rstrip(), "", "  What each witness says"]
    for said in verdict.testimonies:
        why = f" ({said.text})" if said.text else ""
        lines.append(f"    {said.witness}: {said.status}{why}, {said.nfev} calls")
        if said.value is not None and said.error is not None:
            for title, matrix in (("value", said.value), ("error bar", said.error)):
                printed = np.array2string(matrix, max_line_width=100, threshold=60, prefix=" " * 18)
                lines.append(f"      {title:<10}{printed}")
    lines += ["", "  Pairs (largest error against its bar)"]
    for pair in verdict.pairs:
        a, b = pair.names
        compared = pair.comparison
        lines.append(f"    {a} / {b}: {compared.verdict}, ratio {compared.largest_ratio:.3g}")
    lines += [f"  at the kink, {who}: {text}" for who, text in verdict.conventions]
    return "\n".join(lines)
