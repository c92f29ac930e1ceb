"""A record as text for a terminal: pure functions, no colour unless asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from gradcheck.reporting.columns import columns, fit, grid, labelled, pad, paint, table
from gradcheck.reporting.matrices import Cell, comparison
from gradcheck.reporting.wording import (
    assignments,
    figure,
    outcome,
    plural,
    printable,
    severity,
    source_text,
    tensor_text,
    worst_detectable,
    worst_ratio,
)

__all__ = ["explain_text", "failure_text", "list_table", "summary_table"]

_VERDICT_STYLE = {"pass": "right", "fail": "wrong", "inconclusive": "doubt"}
_FAILURE_LINES = 25
_LINE = 110
_ODD_SHOWN = 40


def summary_table(
    record: Mapping[str, Any], *, colour: bool = False, width: int = 100, report: str | None = None
) -> str:
    """Return what a person wants to know of a run, its outcome on the last line.

    A line for each section; what is not as expected is listed one by one with its
    reason and the line that replays it.

    Parameters
    ----------
    record
        A whole record, as :func:`gradcheck.journal.read_record` returns it.
    colour
        Whether to use ANSI colours; words say the same without.
    width
        Columns of the terminal.
    report
        Where the report lies, for the last line.
    """
    width = max(width, 40)
    lines = [paint(fit(printable(record["command"]), width), "strong", colour), ""]
    lines += _section_lines(record, colour, width)
    lines += ["", *_odd_lines(record, colour, width)]
    lines += _fact_lines(record, width)
    lines += [
        paint(fit(f"! {printable(text)}", width), "doubt", colour) for text in record["summary"]["messages"]
    ]
    end = outcome(record)
    last = f"{end.headline.upper()}: {end.sentence}"
    style = "right" if end.slug == "right" else "wrong"
    where = f" Report: {printable(report)}" if report else ""
    return "\n".join([*lines, "", paint(last, style, colour) + where]) + "\n"


def _by_section(checks: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        found.setdefault(check["section"] or f"Group: {check['group']}", []).append(check)
    return found


def _section_lines(record: Mapping[str, Any], colour: bool, width: int) -> list[str]:
    head = ("section", "as expected", "pass", "fail", "inconcl.", "points", "error/bar", "detects")
    rows, odd = [], []
    for section, checks in _by_section(record["checks"]).items():
        verdicts = [check["verdict"] for check in checks]
        right = sum(check["as_expected"] for check in checks)
        holding = [check for check in checks if check["expected"] == "pass"]
        rows.append(
            (
                printable(section, 200),
                f"{right} of {len(checks)}",
                *(str(verdicts.count(word) or "·") for word in ("pass", "fail", "inconclusive")),
                str(sum(part["points"] for check in checks for part in check["strata"])),
                figure(worst_ratio(holding), 2),
                figure(worst_detectable(holding), 2),
            )
        )
        odd.append(right < len(checks))
    top, *body = table(head, rows, width)
    return [paint(top, "dim", colour)] + [
        paint(line, "wrong", colour) if bad else line for line, bad in zip(body, odd, strict=True)
    ]


def _odd_lines(record: Mapping[str, Any], colour: bool, width: int) -> list[str]:
    odd = [check for check in record["checks"] if not check["as_expected"]]
    if not odd:
        return []
    lines = [paint(f"Not as expected ({len(odd)}):", "strong", colour)]
    for check in odd[:_ODD_SHOWN]:
        verdict = str(check["verdict"])
        name = f"{printable(check['id'], 200)} [{printable(check['dtype'], 20)}]"
        said = f"{verdict.upper()} ({printable(check['reason'], 60)}), expected {check['expected']}"
        lines.append(paint(fit(f"  {name}", width - 2), "strong", colour))
        lines.append("    " + paint(fit(said, width - 4), _VERDICT_STYLE[verdict], colour))
        lines += [f"    {line}" for line in _evidence_lines(check, width - 4)]
        # A command is never cut: a cut one could not be run.
        lines.append(f"    {_replay_line(check)}")
    if len(odd) > _ODD_SHOWN:
        lines.append(f"  … and {len(odd) - _ODD_SHOWN} more, in the report")
    return [*lines, ""]


def _evidence_lines(check: Mapping[str, Any], width: int) -> list[str]:
    """Return what was found and where, wrapped: the smallest failure where there is one. Nothing is cut."""
    shown = [failure for failure in (*check["failures"], check["counterexample"]) if failure]
    if not shown or check["counterexample"]:
        return textwrap.wrap(printable(check["message"]), width, break_on_hyphens=False)
    smallest = shown[0]
    texts = [printable(smallest["message"], 1000)]
    where = "; ".join([*assignments(smallest["inputs"]), *assignments(smallest["functions"])])
    if where and not texts[0].startswith("at "):
        texts.append(f"at {printable(where, 400)}")
    if smallest.get("diagnosis"):
        texts.append(f"likely mistake: {printable(smallest['diagnosis'], 600)}")
    return [line for text in texts for line in textwrap.wrap(text, width, break_on_hyphens=False)]


def _replay_line(check: Mapping[str, Any]) -> str:
    for failure in (*check["failures"], check["counterexample"]):
        if failure:
            return printable(failure["replay"], 400)
    odd = [point["id"] for point in check["points"] if point["verdict"] != "pass"]
    return printable(f"gradcheck replay {odd[0]}" if odd else f"gradcheck run {check['id']}", 400)


def _fact_lines(record: Mapping[str, Any], width: int) -> list[str]:
    summary = record["summary"]
    present = [printable(w["name"], 60) for w in record["witnesses"] if w["available"]]
    facts = [("Witnesses", ", ".join(present) or "none")]
    absent = [w for w in record["witnesses"] if not w["available"]]
    facts += [("  absent", f"{printable(w['name'], 60)}: {printable(w['detail'], 200)}") for w in absent]
    facts.append(("Compared", f"{summary['entries']} entries at {plural(summary['points'], 'point')}"))
    if summary["errata_total"]:
        standing = [c["id"] for c in record["checks"] if c["expected"] == "fail" and not c["as_expected"]]
        rest = f"; NOT refuted: {printable(', '.join(standing), 200)}" if standing else ""
        facts.append(("Errata", f"{summary['errata_refuted']} of {summary['errata_total']} refuted{rest}"))
    weakest = max(
        (check for check in record["checks"] if check["detectable"]),
        key=lambda check: severity(check["detectable"]["worst"]),
        default=None,
    )
    if weakest is not None:
        worst = figure(weakest["detectable"]["worst"], 2)
        facts.append(("Detectable", f"{worst} of an entry, at worst: {printable(weakest['id'], 200)}"))
    facts.append(("Self-test", _self_test_text(record["self_test"])))
    return [labelled(label, text, width) for label, text in facts]


def _self_test_text(tested: Mapping[str, Any] | None) -> str:
    if tested is None:
        return "not run"
    lived = [f"{mutant['id']} ({mutant['mutant']})" for mutant in tested["survivors"]]
    rest = f"; SURVIVED: {printable(', '.join(lived), 200)}" if lived else ""
    return f"{tested['killed']} of {tested['effective']} wrong derivatives caught{rest}"


def failure_text(check: Mapping[str, Any], failure: Mapping[str, Any]) -> str:
    """Return one failure in at most 25 lines, its last the command that reproduces it.

    The wrong entries of small matrices are marked by ``*``.

    Parameters
    ----------
    check
        The check that failed, as in the record.
    failure
        One of its ``failures``, or its ``counterexample``.
    """
    facts = [
        ("formula", printable(check["formula"], 300)),
        ("of", printable(check["function"], 300)),
        ("source", "; ".join(map(source_text, check["sources"])) or "not from a document"),
        ("point", f"{printable(failure['point'], 200)} ({printable(failure['stratum'], 40)})"),
        *_repeated("input", assignments(failure["inputs"])),
        *_repeated("function", assignments(failure["functions"])),
        *_worst_entry(failure),
    ]
    title = f"{str(check['verdict']).upper()}  {check['id']} [{check['dtype']}]  {check['reason']}"
    head = [fit(printable(title, 400), _LINE)]
    if failure["message"]:
        head.append(f"  {fit(printable(failure['message'], 400), _LINE - 2)}")
    head += [f"  {labelled(label, text, _LINE - 2)}" for label, text in facts]
    body = _matrix_lines(failure, _FAILURE_LINES - len(head) - 1)
    return "\n".join([*head, *body, f"  {'reproduce':<11} {printable(failure['replay'], 400)}"]) + "\n"


def _repeated(label: str, texts: Sequence[str], most: int = 3) -> list[tuple[str, str]]:
    shown = list(texts[:most])
    if len(texts) > most:
        shown[-1] = f"… and {len(texts) - most + 1} more, in the report"
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
    return [("worst entry", f"[{i}, {j}]: {values}, bar {figure(bar, 2)}")]


def _matrix_lines(failure: Mapping[str, Any], room: int) -> list[str]:
    shown = comparison(failure)
    if failure["reference"] is None or room < 3:
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


def list_table(rules: Sequence[Mapping[str, Any]], *, colour: bool = False, width: int = 100) -> str:
    """Return a line for each rule: id, group, kind, formula and source; then the counts.

    Parameters
    ----------
    rules
        Mappings with ``id``, ``group``, ``kind``, ``formula`` and ``sources``, as in a check.
    colour, width
        As for :func:`summary_table`.
    """
    if not rules:
        return "No rule was selected.\n"
    ids = min(max(columns(printable(rule["id"], 200)) for rule in rules), max(24, width // 2))
    lines, section = [], None
    for rule in rules:
        if rule.get("section", "") != section:
            section = rule.get("section", "")
            lines += ["", paint(fit(printable(section or "Other rules", 200), width), "strong", colour)]
        place = source_text(rule["sources"][0]) if rule["sources"] else ""
        name = printable(rule["id"], 200)
        kind = f"{rule['group']}/{rule['kind']}"
        # An id is never cut: it is what the reader copies.
        room = max(20, width - max(ids, columns(name)) - 25)
        rest = fit(" · ".join(text for text in (printable(rule["formula"], 200), place) if text), room)
        lines.append(f"  {pad(name, ids)}  {pad(kind, 19)}  {rest}".rstrip())
    groups = [str(rule["group"]) for rule in rules]
    counts = ", ".join(f"{groups.count(name)} {name}" for name in dict.fromkeys(groups))
    return "\n".join([*lines[1:], "", f"{plural(len(rules), 'rule')}: {counts}"]) + "\n"


def explain_text(facts: Mapping[str, Any]) -> str:
    """Return one rule explained, with a worked example in numbers.

    Parameters
    ----------
    facts
        ``id`` and, where known, ``section``, ``kind``, ``function``, ``formula``,
        ``signature``, ``domain``, ``example``, ``notes``, ``sources``, ``erratum``, as in
        a check; and ``worked``: ``inputs``, ``functions``, ``value`` of the function,
        ``claimed`` matrix, ``reference`` matrix, ``error`` bars and the ``witness`` they
        come from, each where known.
    """
    lines = [printable(facts["id"], 200)]
    labels = ("section", "kind", "function", "formula", "signature", "domain", "example", "notes")
    lines += [f"  {label:10} {printable(facts[label])}" for label in labels if facts.get(label)]
    places = [source_text(source) for source in facts.get("sources", ())]
    lines += [f"  {'source' if i == 0 else '':10} {text}" for i, text in enumerate(places)]
    erratum = facts.get("erratum")
    if erratum:
        words = {"printed": "printed", "right": "right", "reading": "read as", "refutes": "refutes"}
        lines += [
            f"  {word:10} {printable(erratum[name])}" for name, word in words.items() if erratum.get(name)
        ]
    return "\n".join([*lines, *_worked_lines(facts.get("worked"))]) + "\n"


def _worked_lines(worked: Mapping[str, Any] | None) -> list[str]:
    if not worked:
        return []
    lines = ["", "  Worked example"]
    lines += [
        f"    {text}" for name in ("inputs", "functions") for text in assignments(worked.get(name) or {})
    ]
    if worked.get("value") is not None:
        lines.append(f"    value of the function: {tensor_text(worked['value'])}")
    parts = [
        ("claimed", "by the formula", 8),
        ("reference", f"by {worked.get('witness', 'the reference')}", 8),
    ]
    for name, title, digits in [*parts, ("error", "error bar of the reference", 2)]:
        matrix = worked.get(name)
        if matrix is not None:
            rows = tuple(tuple(Cell(figure(value, digits), wrong=False) for value in row) for row in matrix)
            lines += [f"    {printable(title, 80)}:", *(f"      {line.rstrip()}" for line in grid(rows))]
    return lines
