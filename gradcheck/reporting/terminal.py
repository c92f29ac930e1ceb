"""A record as text for a terminal: pure functions, no colour unless asked."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradcheck.reporting.columns import columns, fit, labelled, pad, paint, table
from gradcheck.reporting.wording import (
    assignments,
    detects_text,
    figure,
    inert,
    outcome,
    plural,
    printable,
    severity,
    source_text,
    worst_detectable,
    worst_ratio,
)

__all__ = ["list_table", "summary_table"]

_VERDICT_STYLE = {"pass": "right", "fail": "wrong", "inconclusive": "doubt"}
_ODD_SHOWN = 40
_REMARKS_SHOWN = 5
_NOTE = 240
_REMEDIES = {
    "the function raised": "give the rule the domain= on which f is defined, or mend f",
    "outside the domain": "give the rule the domain= on which f is finite",
    "inconsistent output": "return the shape that the signature says, the same each time",
    "nondeterministic": "fix the seed inside f",
    "mutates its input": "copy the argument in f before changing it",
    "keeps state": "let f depend on its arguments alone",
    "not differentiable": "declare kinks=, or keep off them with domain=",
    "discontinuity": "declare kinks= with jump=True, or keep off it with domain=",
    "the claim raised": "return a 2-D float array at every legal point",
}
_OWN = "Rules of your own"


def summary_table(
    record: Mapping[str, Any],
    *,
    colour: bool = False,
    width: int = 100,
    folder: str = "",
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
    folder
        Where the record lies, for the commands that replay a point, unless it is where they look for it.
    """
    width = max(width, 40)
    lines = [paint(fit(printable(record["command"]), width), "strong", colour), ""]
    lines += _section_lines(record, colour, width)
    lines += ["", *_odd_lines(record, colour, width, folder)]
    lines += _fact_lines(record, width)
    notes = [text for text in record["summary"]["messages"] if "not as expected" not in text]
    lines += [paint(fit(f"! {printable(text)}", width), "doubt", colour) for text in notes]
    end = outcome(record)
    last = f"{end.headline.upper()}: {end.sentence}"
    style = "right" if end.slug == "right" else "wrong"
    return "\n".join(map(inert, [*lines, "", paint(last, style, colour)])) + "\n"


def _by_section(checks: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        found.setdefault(check["section"] or _OWN, []).append(check)
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
                detects_text(worst_detectable(holding)),
            )
        )
        odd.append(right < len(checks))
    top, *body = table(head, rows, width)
    return [paint(top, "dim", colour)] + [
        paint(line, "wrong", colour) if bad else line for line, bad in zip(body, odd, strict=True)
    ]


def _odd_lines(record: Mapping[str, Any], colour: bool, width: int, folder: str) -> list[str]:
    odd = [check for check in record["checks"] if not check["as_expected"]]
    if not odd:
        return []
    several = len(record["dtypes"]) > 1
    lines = [paint(f"Not as expected ({len(odd)}):", "strong", colour)]
    for check in odd[:_ODD_SHOWN]:
        name = printable(check["id"], 200) + (f" [{printable(check['dtype'], 20)}]" if several else "")
        place = source_text(check["sources"][0]) if check["group"] == "user" and check["sources"] else ""
        lines.append("  " + paint(fit(name, width - 2), "strong", colour) + (f"   {place}" if place else ""))
        lines.append("    " + paint(fit(_said(check), width - 4), _VERDICT_STYLE[check["verdict"]], colour))
        lines += [f"    {line}" for line in _evidence_lines(check, width - 4)]
        if check["group"] == "user" and check["reason"] in _REMEDIES and "`" not in check["message"]:
            lines.append("    " + fit(f"remedy: {_REMEDIES[check['reason']]}", width - 4))
        # A command is never cut: a cut one could not be run.
        lines.append(f"    {_replay_line(check, folder)}")
    if len(odd) > _ODD_SHOWN:
        lines.append(f"  … and {len(odd) - _ODD_SHOWN} more, in the report")
    return [*lines, ""]


def _said(check: Mapping[str, Any]) -> str:
    said = f"{str(check['verdict']).upper()}: {printable(check['reason'], 60)}"
    return said if check["expected"] == "pass" else f"{said}, expected {check['expected']}"


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


def _replay_line(check: Mapping[str, Any], folder: str) -> str:
    where = f" --report {shlex.quote(folder)}" if folder else ""
    for failure in (*check["failures"], check["counterexample"]):
        if failure:
            return printable(f"{failure['replay']}{where}", 400)
    odd = [point["id"] for point in check["points"] if point["verdict"] != "pass"]
    home = f" --module {check['module']}" if check.get("module") else ""
    if odd:
        return printable(f"gradcheck replay {shlex.quote(odd[0])}{home}{where}", 400)
    return printable(f"gradcheck run {shlex.quote(check['id'])}{home}", 400)


def _fact_lines(record: Mapping[str, Any], width: int) -> list[str]:
    summary = record["summary"]
    present = [printable(w["name"], 60) for w in record["witnesses"] if w["available"]]
    facts = [("Witnesses", ", ".join(present) or "none")]
    absent = [w for w in record["witnesses"] if not w["available"]]
    facts += [("  absent", f"{printable(w['name'], 60)}: {printable(w['detail'], 200)}") for w in absent]
    facts.append(("Compared", f"{summary['entries']} entries at {plural(summary['points'], 'point')}"))
    facts += _point_lines(record) + _misprint_lines(record)
    weakest = max(
        (check for check in record["checks"] if check["detectable"]),
        key=lambda check: severity(check["detectable"]["worst"]),
        default=None,
    )
    if weakest is not None:
        worst = detects_text(weakest["detectable"]["worst"])
        facts.append(
            ("Detectable", f"an error of {worst} of an entry, at worst: {printable(weakest['id'], 200)}")
        )
    facts += _self_test_lines(record["self_test"])
    talk = [(check["id"], remark) for check in record["checks"] for remark in _remarks(check)]
    facts += [("Remark", f"{printable(name, 200)} {printable(text)}") for name, text in talk[:_REMARKS_SHOWN]]
    if len(talk) > _REMARKS_SHOWN:
        facts.append(("", f"… and {len(talk) - _REMARKS_SHOWN} more remarks, in the record"))
    return [line for label, text in facts for line in labelled(label, text, width)]


def _remarks(check: Mapping[str, Any]) -> list[str]:
    """Return what functions printed and warned, and which autodiff says nothing of a user's rule."""
    found = list(check.get("remarks", ()))
    silent = [
        (name, said["note"])
        for name, said in check["witnesses"].items()
        if name.startswith("jax") and not said["answered"] and said["note"]
    ]
    if check["group"] == "user" and silent and check["verdict"] == "pass":
        name, note = silent[0]
        found.append(f"{name.partition(' ')[0]} says nothing: {note.splitlines()[0][:_NOTE]}")
    return found


def _point_lines(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say why a run has fewer points than were asked for."""
    asked = record["examples"]
    found = {check["id"]: sum(part["points"] for part in check["strata"]) for check in record["checks"]}
    misprints = {check["id"] for check in record["checks"] if check["expected"] == "fail"}
    why = []
    if any(found[name] < asked for name in misprints):
        why.append("a fifth of these, at least 8, for a misprint: one refutes it")
    if any(count < asked for name, count in found.items() if name not in misprints):
        why.append("fewer where a rule has no more different ones")
    return [("", f"up to {plural(asked, 'point')} a rule; {'; '.join(why)}")] if why else []


def _misprint_lines(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = {
        "erratum": ("misprint", "misprints"),
        "rejected": ("claim that the documents reject", "claims that the documents reject"),
    }
    said, standing = [], []
    for group, nouns in words.items():
        checks = [check for check in record["checks"] if check["group"] == group]
        if checks:
            refuted = sum(check["as_expected"] for check in checks)
            said.append(f"{refuted} of {plural(len(checks), *nouns)}")
        standing += [check["id"] for check in checks if not check["as_expected"]]
    rest = f"; NOT refuted: {printable(', '.join(standing), 200)}" if standing else ""
    lines = [("Refuted", f"{' and '.join(said)}{rest}")] if said else []
    left = len(record["not_checkable"])
    whole = sum(check["group"] == "erratum" for check in record["checks"]) >= left
    if left and whole:
        lines.append(("", f"{plural(left, 'other')} cannot be checked (typography, wording)"))
    return lines


def _self_test_lines(tested: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if tested is None or not tested["effective"]:
        return []
    lived = [f"{mutant['id']} ({mutant['mutant']})" for mutant in tested["survivors"]]
    rest = f"; SURVIVED: {printable(', '.join(lived), 200)}" if lived else ""
    return [
        ("Self-test", f"{tested['killed']} of {tested['effective']} mutants (wrong on purpose) caught{rest}")
    ]


def list_table(rules: Sequence[Mapping[str, Any]], *, colour: bool = False, width: int = 100) -> str:
    """Return a line for each rule: id, formula (named where it is no derivative) and source; then the counts.

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
            lines += ["", paint(fit(printable(section or _OWN, 200), width), "strong", colour)]
        name = printable(rule["id"], 200)
        head = f"  {pad(name, ids)}  {_kind(rule)}"
        # An id is never cut: it is what the reader copies.
        room = max(20, width - columns(head))
        place = source_text(rule["sources"][0]).removesuffix(" (printed)") if rule["sources"] else ""
        formula = printable(rule["formula"], 200)
        text = f"{formula} · {place}" if formula and place else formula or place
        lines.append(f"{head}{fit(text, room)}".rstrip())
    groups = [str(rule["group"]) for rule in rules]
    counts = ", ".join(
        plural(groups.count(name), *_GROUPS.get(name, (name,))) for name in dict.fromkeys(groups)
    )
    return "\n".join([*lines[1:], "", f"{plural(len(rules), 'rule')}: {counts}"]) + "\n"


def _kind(rule: Mapping[str, Any]) -> str:
    """Return what a claim is about, unless it is a derivative or stands in its section's title."""
    return {"value": "value: ", "shape": "shape: "}.get(rule["kind"], "")


_GROUPS = {
    "claim": ("claim",),
    "erratum": ("misprint",),
    "rejected": ("rejected claim",),
    "user": ("rule of your own", "rules of your own"),
}
