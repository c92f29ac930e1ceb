"""What each witness said at one point, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.campaign.verdicts import Pair, PointVerdict
from gradcheck.campaign.witnesses import CLOSED_FORM, Testimony
from gradcheck.reporting.columns import pad
from gradcheck.reporting.wording import bar_text, plural
from gradcheck.results import Status, Verdict

__all__ = ["witness_lines"]

_HEAD = ("witness", "says", "bar at most", "calls", "against the closed form")
_SHOWN = 64
_WORDS = {Verdict.PASS: "agrees", Verdict.FAIL: "DIFFERS", Verdict.INCONCLUSIVE: "undecided"}


def witness_lines(verdict: PointVerdict, width: int) -> list[str]:
    """Return a line for each witness, what it remarks, and the matrices stated, each once."""
    rows = [_row(one, verdict) for one in verdict.testimonies]
    if not rows:
        return []
    widths = [max(len(row[k]) for row in (_HEAD, *rows)) for k in range(len(_HEAD))]
    lines = [
        "  "
        + "  ".join(
            pad(cell, w, right=k in (2, 3)) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (_HEAD, *rows)
    ]
    lines += _remarks(verdict) + _quarrels(verdict)
    for text, names in _matrices(verdict.testimonies):
        lines += ["", f"  {', '.join(names)}:", *(f"    {line}"[:width] for line in text.splitlines())]
    return lines


def _row(one: Testimony, verdict: PointVerdict) -> tuple[str, ...]:
    against = next((pair for pair in verdict.pairs if pair.names == (CLOSED_FORM, one.witness)), None)
    if one.value is None or one.error is None or (one.error.size and not np.isfinite(one.error).any()):
        said, bar = "–", "–"
    else:
        said = f"{one.value.item():.10g}" if one.value.size == 1 else "×".join(map(str, one.value.shape))
        bar = bar_text(float(np.max(one.error, initial=0.0, where=np.isfinite(one.error))))
    if bar == "–":
        against = None
    return (
        one.witness,
        said,
        bar,
        str(one.nfev) if one.nfev else "–",
        "" if against is None else _judged(against),
    )


def _judged(pair: Pair) -> str:
    compared = pair.comparison
    ratio = "" if compared.index is None else f", error/bar {compared.largest_ratio:.2g}"
    return f"{_WORDS[compared.verdict]}{ratio}"


def _remarks(verdict: PointVerdict) -> list[str]:
    """Return why a witness has no answer, or what it says of a kink."""
    told = dict(verdict.conventions)
    lines = []
    for one in verdict.testimonies:
        status = "" if one.status is Status.OK else str(one.status)
        text = told.get(one.witness, "") if status else one.text
        if status and not text:
            text = one.text if one.text.startswith(status) else f"{status}: {one.text}".strip(": ")
        if text:
            lines.append(f"  {one.witness}: {text}")
    return ["", *lines] if lines else []


def _quarrels(verdict: PointVerdict) -> list[str]:
    """Return the other pairs that disagree: then it is not the claim alone that is in question."""
    odd = [
        pair
        for pair in verdict.pairs
        if pair.names[0] != CLOSED_FORM and pair.comparison.verdict is Verdict.FAIL
    ]
    return [f"  {pair.names[0]} and {pair.names[1]} differ too, {_judged(pair)}" for pair in odd]


def _matrices(said: Sequence[Testimony]) -> list[tuple[str, list[str]]]:
    """Return each matrix that was stated, once, with the witnesses that state it to the digits shown."""
    found: dict[str, list[str]] = {}
    for one in said:
        if one.value is None or one.value.size < 2 or not np.isfinite(one.value).any():
            continue
        if one.value.size > _SHOWN:
            found.setdefault(f"({plural(one.value.size, 'entry', 'entries')}: in the record)", []).append(
                one.witness
            )
            continue
        # Adding 0 turns -0 into 0.
        rounded = np.array2string(
            one.value + 0.0, formatter={"float_kind": lambda value: f"{value:.6g}"}, max_line_width=200
        )
        found.setdefault(rounded, []).append(one.witness)
    return list(found.items())
