"""The catalogue of the four documents' claims and misprints, and how rules join it.

``catalogue.json`` holds what the documents say (texts, places, decisions), made
by reading them; the modules beside this file hold the mathematics.  A rule's
texts are joined by id, so that neither can drift from the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from gradcheck.domains import Interval
from gradcheck.rules.registry import Group, Registry, rule, sources

__all__ = ["DOCUMENTS", "catalogue", "claim", "erratum", "not_checkable", "quotation", "rejected"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

DOCUMENTS = Registry()
"""Every rule of the four documents, errata and rejected claims included."""


@cache
def catalogue() -> dict[str, Any]:
    """Return the catalogue: files, claims, errata, claims the documents reject, conventions."""
    text = resources.files("gradcheck.rules").joinpath("catalogue.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _by_id(table: str) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in catalogue()[table]}


@cache
def _misprints() -> dict[str, dict[str, str]]:
    """Return for each refuted claim what is printed, what is right and what went wrong, as formulas."""
    text = resources.files("gradcheck.rules").joinpath("misprints.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded


def quotation(entry: Mapping[str, Any]) -> str:
    """Return the words of the document that an erratum is about, as they stand there."""
    return str(entry["loc"][0][1])


def not_checkable() -> tuple[dict[str, Any], ...]:
    """Return the errata that are typography, wording or an undefined symbol."""
    return tuple(entry for entry in catalogue()["errata"] if not entry["mach"].startswith("yes"))


def _plain(text: str) -> str:
    return text.replace("`", "")


def _told(refuted_id: str) -> dict[str, str]:
    told = _misprints()[refuted_id]
    printed, right, remark = (_plain(told[name]) for name in ("printed", "right", "remark"))
    return {"printed": printed, "right_text": right, "remark": remark, "formula": printed}


def claim(
    rule_id: str,
    signature: str,
    *,
    names: str,
    wrt: str | None,
    f: Callable[..., Any],
    latex: str,
    domain: Interval | Mapping[str, Interval] | None = None,
    **facts: Any,
) -> Callable[[_Function], _Function]:
    r"""Register the decorated closed form as the claim ``rule_id`` of the documents.

    The texts come from the catalogue; ``KeyError`` when the id is not in it.
    ``latex`` is the whole statement, such as
    ``r"\frac{\partial (w \otimes x)}{\partial w} = \mathrm{diag}(x)"``.
    """
    entry = _by_id("claims")[rule_id]
    ours = rule_id.startswith(("mention/", "extension/")) or "ours" in entry["notes"]
    texts = {
        "function_text": _plain(entry["function"]),
        "formula": _plain(entry["closed_form"]),
        "domain_text": _plain(entry["domain"]),
        "example": _plain(entry["example"]),
        "section": entry["section"],
        "sources": sources(entry["seeds"], ours=ours),
        "notes": _plain(entry["notes"]),
        "latex": latex,
    }
    return rule(
        rule_id, signature, names=names, wrt=wrt, f=f, domain=domain, registry=DOCUMENTS, **(texts | facts)
    )


def erratum(
    erratum_id: str,
    signature: str,
    *,
    names: str,
    wrt: str | None,
    f: Callable[..., Any],
    right: Callable[..., Any],
    latex: str = "",
    domain: Interval | Mapping[str, Interval] | None = None,
    **facts: Any,
) -> Callable[[_Function], _Function]:
    """Register the decorated function as the claim of a misprint, *as printed*; ``right`` is what holds.

    The run must refute the claim and confirm ``right`` at the same points.
    """
    entry = _by_id("errata")[erratum_id]
    reading = entry["mach"].removeprefix("yes").strip(" ()")
    places = "; ".join(f"{entry['file']} L{line}" for line, _ in entry["loc"])
    texts = {
        "group": Group.ERRATUM,
        "reading": reading,
        "quote": quotation(entry),
        "refutes": entry["refutes"],
        **_told(erratum_id),
        "example": entry["counterexample"][0] if entry["counterexample"] else "",
        "section": f"Errata of {entry['file']}",
        "sources": sources(places),
        "latex": latex,
        "right": right,
    }
    return rule(
        erratum_id, signature, names=names, wrt=wrt, f=f, domain=domain, registry=DOCUMENTS, **(texts | facts)
    )


def rejected(
    rejected_id: str,
    signature: str,
    *,
    names: str,
    wrt: str | None,
    f: Callable[..., Any],
    right: Callable[..., Any],
    latex: str = "",
    domain: Interval | Mapping[str, Interval] | None = None,
    **facts: Any,
) -> Callable[[_Function], _Function]:
    """Register a claim that the documents raise only to reject it (ids ``D-01`` to ``D-07``)."""
    entry = _by_id("rejected_by_the_documents")[rejected_id]
    texts = {
        "group": Group.REJECTED,
        "refutes": entry["refutes"],
        **_told(rejected_id),
        "example": entry["counterexample"][0],
        "section": "Claims the documents reject themselves",
        "sources": sources(entry["where"]),
        "latex": latex,
        "right": right,
    }
    return rule(
        rejected_id,
        signature,
        names=names,
        wrt=wrt,
        f=f,
        domain=domain,
        registry=DOCUMENTS,
        **(texts | facts),
    )
