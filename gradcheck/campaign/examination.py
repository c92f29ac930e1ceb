"""One rule under examination: points drawn, judged, counted, and a failure shrunk.

Gives the record's ``check`` object; what the fields mean stands in
``schema/record-1.json``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.apart import outside_given
from gradcheck.campaign.diagnosing import Case, mistake_of
from gradcheck.campaign.evidence import failure_evidence, histogram_of
from gradcheck.campaign.overheard import overhearing
from gradcheck.campaign.pointwise import judge_point, judge_with, only_autodiff_differs
from gradcheck.campaign.sampling import Settings, draw_points, smallest_point
from gradcheck.campaign.selftest import Examined, examine_mutants
from gradcheck.campaign.tallies import (
    Judged,
    conventions_of,
    detectable_of,
    inputs_to_json,
    largest_of,
    pairs_of,
    point_row,
    strata_of,
    witnesses_of,
)
from gradcheck.campaign.verdicts import PointVerdict
from gradcheck.campaign.witnesses import CLOSED_FORM
from gradcheck.domains import Stratum
from gradcheck.results import Reason, Verdict
from gradcheck.rules.registry import Group, Rule
from gradcheck.strategies import Point
from gradcheck.strategies import strata_of as strata_of_rule

__all__ = ["check_rule", "expected_verdicts", "failure_row", "home_of"]

SMOOTH_SHARE = 0.95
"""A rule is inconclusive when fewer of its smooth points than this are decided."""

_WEIGHTS = {
    Stratum.SMOOTH: 0.60,
    Stratum.EDGE: 0.16,
    Stratum.EXTREME: 0.12,
    Stratum.KINK: 0.08,
    Stratum.SEVERAL_KINKS: 0.04,
}
_MISPRINT_SHARE = 0.2
"""One point refutes a misprint; the others show that the right form holds."""
_SHORT_SELF_TEST = 4
_SEARCHED = 8
"""A misprint may hold by chance at one point, or at two: it is refuted by search."""
_MOST_WRONG = 200


def expected_verdicts(rule: Rule, stratum: Stratum) -> tuple[Verdict, ...]:
    """Return the verdicts that the claim may have in ``stratum``.

    Smooth points must be decided; near edges and at extreme scales the reference
    may honestly give up; a kink is passed as a subgradient, a jump is undecided;
    where several kinks meet the documents' convention may leave Clarke's set.
    """
    if stratum is Stratum.SMOOTH:
        return (Verdict.PASS,)
    if stratum is Stratum.KINK:
        jumps = rule.kinks is not None and rule.kinks.jump
        return (Verdict.INCONCLUSIVE,) if jumps else (Verdict.PASS,)
    if stratum is Stratum.SEVERAL_KINKS:
        return tuple(Verdict)
    return (Verdict.PASS, Verdict.INCONCLUSIVE)


def _shares(rule: Rule, examples: int) -> dict[Stratum, int]:
    """Split ``examples`` among the rule's strata; each gets at least one, smooth the rest."""
    if rule.group in (Group.ERRATUM, Group.REJECTED):
        return {Stratum.SMOOTH: max(round(examples * _MISPRINT_SHARE), _SEARCHED)}
    present = strata_of_rule(rule)
    counts = {
        stratum: max(1, round(examples * _WEIGHTS[stratum]))
        for stratum in present
        if stratum is not Stratum.SMOOTH
    }
    if rule.kinks is not None and rule.kinks.jump and Stratum.KINK in counts:
        counts[Stratum.KINK] = 1
    return {Stratum.SMOOTH: max(1, examples - sum(counts.values()))} | counts


def check_rule(rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None) -> dict[str, Any]:
    """Examine one rule in one dtype; never raises because the rule or its function is bad."""
    return outside_given(lambda: _checked(rule, dtype, settings, autodiff))


def _checked(rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None) -> dict[str, Any]:
    with overhearing() as heard:
        try:
            judged = _judge_all(rule, dtype, settings, autodiff)
            row = _assemble(rule, dtype, settings, autodiff, judged)
        except (Exception, SystemExit) as raised:
            # A function that ends the program ends its own rule.
            row = _broken(rule, dtype, f"{type(raised).__name__}: {raised}")
    more = {"remarks": heard.remarks(), "module": home_of(rule)}
    return row | {name: value for name, value in more.items() if value}


def _judge_all(rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None) -> list[Judged]:
    judged: list[Judged] = []
    for stratum, count in _shares(rule, settings.examples).items():
        expected = expected_verdicts(rule, stratum)
        for one in draw_points(rule, stratum, count, settings, dtype):
            verdict = judge_point(rule, one, dtype, autodiff)
            right = (
                None if rule.right is None else judge_with(rule, one, dtype, verdict, rule.right, autodiff)
            )
            judged.append(Judged(len(judged), one, verdict, expected, right))
    return judged


def _failing(judged: Sequence[Judged]) -> list[Judged]:
    return [one for one in judged if one.verdict.verdict is Verdict.FAIL and Verdict.FAIL not in one.expected]


def _conclude(judged: Sequence[Judged]) -> tuple[Verdict, Reason, str]:
    """Return the rule's verdict from its points'."""
    failing = _failing(judged)
    if failing:
        worst = failing[0]
        return Verdict.FAIL, worst.verdict.reason, worst.verdict.message
    smooth = [one for one in judged if one.point.stratum is Stratum.SMOOTH]
    decided = [one for one in smooth if one.verdict.verdict is not Verdict.INCONCLUSIVE]
    if not len(decided) >= SMOOTH_SHARE * len(smooth):
        open_one = next(one for one in smooth if one.verdict.verdict is Verdict.INCONCLUSIVE)
        text = f"{len(decided)} of {len(smooth)} smooth points decided; {open_one.verdict.message}"
        return Verdict.INCONCLUSIVE, open_one.verdict.reason, text
    if not any(one.verdict.entries for one in judged):
        return Verdict.INCONCLUSIVE, Reason.NOTHING_COMPARED, "no entry of any point was compared"
    return Verdict.PASS, Reason.AGREES, ""


def _assemble(
    rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None, judged: list[Judged]
) -> dict[str, Any]:
    verdict, reason, message = _conclude(judged)
    misprint = rule.right is not None
    expected = Verdict.FAIL if misprint else Verdict.PASS
    right = _right_verdict(judged) if misprint else None
    as_expected = verdict is expected and right in (None, Verdict.PASS)
    if misprint and right is not Verdict.PASS:
        message = f"the right form does not pass: {_right_message(judged)}"
    evidence = _evidence(rule, dtype, settings, autodiff, judged) if verdict is Verdict.FAIL else None
    mutants = None
    if not misprint:
        mutants = examine_mutants(rule, dtype, _examined(judged)[:_SHORT_SELF_TEST])
    return rule.facts | {
        "dtype": dtype,
        "verdict": str(verdict),
        "reason": str(reason),
        "message": message,
        "expected": str(expected),
        "as_expected": as_expected,
        "erratum": _erratum(rule, right),
        "entries": sum(one.verdict.entries for one in judged),
        "nfev": sum(one.verdict.nfev for one in judged),
        "witnesses": witnesses_of(judged),
        "strata": strata_of(judged),
        "pairs": pairs_of(judged),
        "largest": largest_of(rule, dtype, judged),
        "detectable": detectable_of(rule, dtype, judged),
        "histogram": histogram_of(judged),
        "conventions": conventions_of(rule, dtype, judged),
        "points": [point_row(rule, dtype, one) for one in judged],
        "failures": [] if evidence is None or misprint else [_with_diagnosis(rule, evidence, judged)],
        "counterexample": evidence if misprint else None,
        "self_test": mutants,
    }


def _examined(judged: Sequence[Judged]) -> list[Examined]:
    """Return the passed smooth points, those with most entries first: there a fault shows best."""
    good = [
        Examined(one.point, one.verdict)
        for one in judged
        if one.point.stratum is Stratum.SMOOTH and one.verdict.verdict is Verdict.PASS
    ]
    return sorted(good, key=lambda one: -one.verdict.entries)


def _right_verdict(judged: Sequence[Judged]) -> Verdict:
    """Return the right form's verdict at the same points: FAIL if any fails, PASS if 95% pass."""
    verdicts = [one.right.verdict for one in judged if one.right is not None]
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    decided = verdicts.count(Verdict.PASS)
    return Verdict.PASS if verdicts and decided >= SMOOTH_SHARE * len(verdicts) else Verdict.INCONCLUSIVE


def _right_message(judged: Sequence[Judged]) -> str:
    for one in judged:
        if one.right is not None and one.right.verdict is not Verdict.PASS:
            return f"{one.right.reason}; {one.right.message}"
    return ""


def _evidence(
    rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None, judged: Sequence[Judged]
) -> dict[str, Any]:
    """Return the smallest failure that a search finds, or the first of the campaign's own."""
    # Autodiff is slow and seldom what fails: the search asks it only where nothing else does.
    needed = autodiff if all(only_autodiff_differs(one.verdict) for one in _failing(judged)) else None
    smallest = _smallest(rule, dtype, settings, needed)
    if smallest is not None:
        verdict = judge_point(rule, smallest, dtype, autodiff)
        if verdict.verdict is Verdict.FAIL:
            row = {"point": f"{rule.id}@{dtype}#shrunk", "stratum": str(smallest.stratum)}
            return failure_row(rule, row | inputs_to_json(rule, smallest), verdict)
    first = _failing(judged)[0]
    return failure_row(rule, point_row(rule, dtype, first), first.verdict)


def _with_diagnosis(rule: Rule, evidence: dict[str, Any], judged: Sequence[Judged]) -> dict[str, Any]:
    """Add the likely mistake, told from the campaign's points: the smallest one has too few numbers."""
    failing = _failing(judged)
    smooth = [one for one in failing if one.point.stratum is Stratum.SMOOTH]
    # Off the smooth stratum a wrong number may be a wrong convention, or rounding.
    cases = [Case(one.point, one.verdict) for one in smooth or failing]
    text = mistake_of(rule, cases)
    return evidence | {"diagnosis": text} if text else evidence


def _smallest(rule: Rule, dtype: str, settings: Settings, autodiff: Autodiff | None) -> Point | None:
    """Search again for a failure, and let Hypothesis shrink it to the smallest shape and simplest numbers."""

    def fails(one: Point, *, shown: bool) -> bool:
        try:
            verdict = judge_point(rule, one, dtype, autodiff)
        except Exception:
            return False
        return verdict.verdict is Verdict.FAIL and (not shown or all(map(np.size, one.arguments.values())))

    strata = [
        stratum
        for stratum in _shares(rule, settings.examples)
        if Verdict.FAIL not in expected_verdicts(rule, stratum)
    ]
    # Arrays without entries may have the wrong shape too, but show nothing.
    for shown in (True, False):
        for stratum in strata:
            found = smallest_point(rule, stratum, partial(fails, shown=shown), settings, dtype)
            if found is not None:
                return found
    return None


def failure_row(rule: Rule, row: Mapping[str, Any], verdict: PointVerdict) -> dict[str, Any]:
    """Return a point's ``row`` (id, stratum, inputs) with the evidence against the claim there."""
    pair = verdict.failing
    identity = row.get("point", row.get("id", rule.id))
    compared = None if pair is None else pair.comparison
    return {
        "point": identity,
        "stratum": row["stratum"],
        **{name: row[name] for name in ("inputs", "functions", "trees", "shapes")},
        "pair": [CLOSED_FORM, ""] if pair is None else list(pair.names),
        "claimed": None if pair is None else _matrix(pair.claimed.value),
        "reference": None if pair is None else _matrix(pair.reference.value),
        "error": None if compared is None else _matrix(compared.allowed),
        "wrong": [] if compared is None else np.argwhere(compared.wrong)[:_MOST_WRONG].tolist(),
        "index": None if compared is None or compared.index is None else list(compared.index),
        "message": verdict.message or str(verdict.reason),
        "replay": f"gradcheck replay '{identity}'{_where(rule)}",
        **failure_evidence(rule, row, verdict, identity.rpartition("@")[2].partition("#")[0]),
    }


def home_of(rule: Rule) -> str:
    """Return the module by which another process finds a rule of the user's; empty for any other rule."""
    if rule.group is not Group.USER:
        return ""
    home = getattr(rule.claim, "__module__", None) or "__main__"
    if home != "__main__":
        return str(home)
    # A script is importable by the name of its file.
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(path).stem if path and not path.startswith("<") and path.endswith(".py") else ""


def _where(rule: Rule) -> str:
    home = home_of(rule)
    return f" --module {home}" if home else ""


def _matrix(value: Any) -> list[Any] | None:
    if value is None:
        return None
    array = np.asarray(value, dtype=np.float64)
    matrix = array if array.ndim == 2 else array.reshape(-1, 1)
    return [row.tolist() for row in matrix]


def _erratum(rule: Rule, right: Verdict | None) -> dict[str, Any] | None:
    if right is None:
        return None
    return rule.misprint | {"right_verdict": str(right)}


def _broken(rule: Rule, dtype: str, message: str) -> dict[str, Any]:
    """Return the row of a rule that cannot be examined at all: never lost, never green."""
    misprint = rule.right is not None
    return rule.facts | {
        "dtype": dtype,
        "verdict": str(Verdict.INCONCLUSIVE),
        "reason": str(Reason.NOTHING_COMPARED),
        "message": f"the rule cannot be examined: {message}",
        "expected": str(Verdict.FAIL if misprint else Verdict.PASS),
        "as_expected": False,
        "erratum": _erratum(rule, Verdict.INCONCLUSIVE if misprint else None),
        "entries": 0,
        "nfev": 0,
        "witnesses": {},
        "strata": [],
        "pairs": [],
        "largest": None,
        "detectable": None,
        "conventions": [],
        "points": [],
        "failures": [],
        "counterexample": None,
        "self_test": None,
    }
