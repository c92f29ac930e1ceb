"""Symmetric matrices under their two conventions: what a claim's entries are, and which they would fit."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.domains import Symmetric
from gradcheck.judge.asked import Asked, Attempt
from gradcheck.judge.outcome.power import gravity
from gradcheck.results import CheckResult, Reason, Verdict

__all__ = ["in_convention"]

_OTHER = {"full": "free", "free": "full"}
_SAID = {
    "full": "{name} is symmetric: the claim's entries [i, j] and [j, i] are added",
    "free": "{name} is symmetric: the claim's entries [i, j] and [j, i] are each by the number in both",
}


def in_convention(attempt: Attempt) -> Attempt:
    """Return ``attempt`` for symmetric arguments as the caller's conventions ask; as it is without any."""

    def judged(asked: Asked) -> CheckResult:
        inputs = asked.options.inputs
        if not inputs:
            return attempt(asked)
        result = attempt(asked)
        if result.verdict is not Verdict.FAIL and any(one.convention == "free" for one in inputs.values()):
            result = _with_other_triangle(result, asked, attempt)
        if result.reason is Reason.DISAGREES and asked.options.max_nfev is None:
            result = _compared_with_other(result, asked, attempt)
        said = tuple(_SAID[kind.convention].format(name=_called(name)) for name, kind in inputs.items())
        return replace(result, notes=(*said, *result.notes))

    return judged


def _called(name: str | int) -> str:
    return name if isinstance(name, str) else f"argument {name}"


def _with(asked: Asked, **changes: object) -> Asked:
    return replace(asked, options=replace(asked.options, **changes))  # type: ignore[arg-type]


def _with_other_triangle(result: CheckResult, asked: Asked, attempt: Attempt) -> CheckResult:
    """Judge the claim's upper triangle too, with the evaluations that the lower one has left."""
    limit = asked.options.max_nfev
    if limit is None:
        return _graver(result, attempt(_with(asked, side="upper")))
    if limit <= result.nfev:
        text = f"max_nfev={limit}: the upper triangle of the claim is left out"
        return replace(result, verdict=Verdict.INCONCLUSIVE, reason=Reason.BUDGET, message=text)
    return _graver(result, attempt(_with(asked, side="upper", max_nfev=limit - result.nfev)))


def _graver(one: CheckResult, other: CheckResult) -> CheckResult:
    worst = max((one, other), key=gravity)
    return replace(worst, nfev=one.nfev + other.nfev)


def _compared_with_other(result: CheckResult, asked: Asked, attempt: Attempt) -> CheckResult:
    """Name the other convention as the mistake where the claim is right under it."""
    inputs = asked.options.inputs or {}
    swapped = {name: Symmetric(_OTHER[kind.convention]) for name, kind in inputs.items()}
    other = attempt(_with(asked, inputs=swapped))
    spent = result.nfev + other.nfev
    if other.verdict is not Verdict.PASS:
        return replace(result, nfev=spent)
    kind = next(iter(swapped.values())).convention
    text = f'the claim is right under the convention "{kind}": pass gradcheck.symmetric("{kind}"), '
    text += "or halve the entries off the diagonal" if kind == "free" else "or double them off the diagonal"
    return replace(result, nfev=spent, diagnosis=text)
