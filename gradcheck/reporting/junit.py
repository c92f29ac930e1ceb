"""A gate's outcome as JUnit XML: a test case for each check, for CI systems that show those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from gradcheck.reporting.wording import printable

__all__ = ["gate_junit"]

_Key = tuple[str, str]
_TEXT = 10_000


def gate_junit(outcome: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return a document with one test case for each check, vanished ones included.

    What closes the gate is a ``failure`` of its check, or an ``error`` of the case "gate" where it
    belongs to no check; a known or forgiven failure and an allowed inconclusive is ``skipped``.

    Parameters
    ----------
    outcome
        As :func:`gradcheck.ledger.gate` returns it.
    record
        The merged record that it judged.
    """
    found: dict[_Key, list[Mapping[str, Any]]] = {}
    for finding in outcome["findings"]:
        found.setdefault((finding["id"], finding["dtype"]), []).append(finding)
    checks = {(check["id"], check["dtype"]): check for check in record["checks"]}
    suite = ET.Element(
        "testsuite", name="gradcheck", timestamp=printable(record["environment"]["started"], 40)
    )
    # The whole is a case too, so that an empty gate is not an empty, green suite.
    ET.SubElement(suite, "testcase", classname="gradcheck", name="gate")
    _mark(suite[0], found.pop(("", ""), []), "error")
    for key in sorted(checks.keys() | found.keys()):
        classname = _classname(checks.get(key))
        case = ET.SubElement(suite, "testcase", classname=classname, name=_name(key))
        _mark(case, found.get(key, []), "failure")
    counts = {"tests": len(suite)} | {
        f"{tag}s" if tag != "skipped" else tag: len(suite.findall(f"testcase/{tag}"))
        for tag in ("failure", "error", "skipped")
    }
    suite.attrib |= {name: str(count) for name, count in counts.items()}
    whole = ET.Element("testsuites", name="gradcheck")
    whole.append(suite)
    ET.indent(whole, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(whole, encoding="unicode")}\n'


def _name(key: _Key) -> str:
    identity, dtype = key
    return printable(f"{identity} [{dtype}]" if dtype else identity, 500)


def _classname(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return "gradcheck.vanished"
    file = (check.get("test") or {}).get("file", "")
    return printable(file or f"gradcheck.{check['group']}", 300)


def _mark(case: ET.Element, findings: Sequence[Mapping[str, Any]], tag: str) -> None:
    """Add what was found to its case: one element, for most readers of these files look at the first only."""
    closing = [one for one in findings if one["closes"]]
    shown = closing or [one for one in findings if one["kind"] in ("known", "forgiven", "allowed")]
    if not shown:
        return
    message = f"{shown[0]['title']}: {shown[0]['text']}"
    mark = ET.SubElement(
        case, tag if closing else "skipped", type=shown[0]["kind"], message=printable(message, 300)
    )
    mark.text = "\n".join(_lines(one) for one in shown)


def _lines(found: Mapping[str, Any]) -> str:
    parts = [f"{found['title']}: {printable(found['text'], _TEXT)}", f"To do: {found['remedy']}"]
    if found["note"]:
        parts.append(f"Note: {printable(found['note'], 400)}")
    if found["replay"]:
        parts.append(printable(found["replay"], 400))
    return "\n".join(parts)
