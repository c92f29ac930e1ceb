"""One failure as text for a terminal: what is wrong, where, by how much, and how to see it again."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from gradcheck.reporting.columns import columns, fit, grid, pad
from gradcheck.reporting.matrices import comparison
from gradcheck.reporting.wording import assignments, bar_text, figure, printable, source_text

__all__ = ["failure_text"]

_LINES = 25
_WIDTH = 110
_INPUTS = 3


def failure_text(check: Mapping[str, Any], failure: Mapping[str, Any]) -> str:
    """Return one failure in at most 25 lines, its last the command that reproduces it.

    The wrong entries of small matrices are marked by ``*``; what is not known is left out.

    Parameters
    ----------
    check
        The check that failed, as in the record.
    failure
        One of its ``failures``, or its ``counterexample``.
    """
    title = f"{str(check['verdict']).upper()}  {check['id']} [{check['dtype']}]  {check['reason']}"
    head = [fit(printable(title, 400), _WIDTH)]
    if failure["message"] not in ("", check["reason"]):
        head += _wrapped(printable(failure["message"], 400))
    if failure.get("diagnosis"):
        head += _wrapped(f"likely mistake: {printable(failure['diagnosis'], 400)}")
    facts = [
        ("formula", printable(check["formula"], 300)),
        ("of", printable(check["function"], 300)),
        ("source", "; ".join(map(source_text, check["sources"]))),
        ("point", f"{printable(failure['point'], 200)} ({printable(failure['stratum'], 40)})"),
        *_repeated("input", assignments(failure["inputs"])),
        *_repeated("function", assignments(failure["functions"])),
        *_worst_entry(failure),
    ]
    head += [f"  {label:<11} {fit(text, _WIDTH - 14)}" for label, text in facts if text]
    body = _matrix_lines(failure, _LINES - len(head) - 1)
    return "\n".join([*head, *body, f"  {'reproduce':<11} {printable(failure['replay'], 400)}"]) + "\n"


def _wrapped(text: str, most: int = 3) -> list[str]:
    lines = textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False)
    if len(lines) > most:
        lines = [*lines[: most - 1], fit(" ".join(lines[most - 1 :]), _WIDTH - 2)]
    return [f"  {fit(line, _WIDTH - 2)}" for line in lines]


def _repeated(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    shown = list(texts[:_INPUTS])
    if len(texts) > _INPUTS:
        shown[-1] = f"… and {len(texts) - _INPUTS + 1} more, in the report"
    return [(label if i == 0 else "", text) for i, text in enumerate(shown)]


def _worst_entry(failure: Mapping[str, Any]) -> list[tuple[str, str]]:
    first, second = (printable(name, 40) for name in failure["pair"])
    if failure["index"] is None or failure["claimed"] is None or failure["reference"] is None:
        return []
    i, j = failure["index"]
    try:
        claimed, reference = failure["claimed"][i][j], failure["reference"][i][j]
        bar = failure["error"][i][j] if failure["error"] else None
    except IndexError:
        return []
    values = f"{first} {figure(claimed, 17)}, {second} {figure(reference, 17)}"
    return [("worst entry", f"[{i}, {j}]: {values}, bar {bar_text(bar)}")]


def _matrix_lines(failure: Mapping[str, Any], room: int) -> list[str]:
    shown = comparison(failure)
    single = shown.shapes == ("1×1", "1×1")
    if failure["reference"] is None or room < 3 or (single and failure["index"] is not None):
        return []
    titles = [f"{printable(n, 40)} ({s})" for n, s in zip(failure["pair"], shown.shapes, strict=True)]
    left, right = grid(shown.claimed), grid(shown.reference)
    broad = max([columns(titles[0]), *map(columns, left)])
    lines = [f"    {pad(titles[0], broad)}    {titles[1]}"]
    lines += [f"    {pad(a, broad)}    {b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
    if not shown.same_shape:
        lines.append("    the shapes differ: nothing is broadcast")
    if shown.cut:
        lines.append("    … cut: the whole is in the record")
    return lines if len(lines) <= room else [*lines[: room - 1], "    … the whole is in the record"]
