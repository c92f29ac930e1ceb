"""A record as one HTML page that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gradcheck.errors import MissingExtra
from gradcheck.reporting.figures import curve_figure, heat_figure
from gradcheck.reporting.heat import heat_of
from gradcheck.reporting.mathml import safe_mathml
from gradcheck.reporting.page import page, seconds
from gradcheck.reporting.shown import Drawings
from gradcheck.reporting.tongues import tongues
from gradcheck.reporting.wording import as_float, detects_text, figure, plural, printable

if TYPE_CHECKING:
    import jinja2

__all__ = ["render"]

_SNIPPET = 60_000
_TWO_FIGURES = 60_000
"""Bytes that the figures of one failure may take; the curve goes first."""


class Lines(str):
    """Text that is clean already and keeps its line breaks."""

    __slots__ = ()


def drawings(failure: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the curve and the heat map of a failure as SVG, None where there is none."""
    heat = heat_of(failure)
    curve = None
    if failure.get("curve"):
        curve = curve_figure(failure["curve"], _claim_error(failure))
    mapped = None if heat is None else heat_figure(heat)
    if mapped is not None and len(mapped) + len(curve or "") > _TWO_FIGURES:
        mapped = None
    return curve, mapped


def _claim_error(failure: Mapping[str, Any]) -> float:
    """Return ``|claim - reference|`` of the worst entry, NaN where it is not known."""
    claimed, reference, index = failure["claimed"], failure["reference"], failure["index"]
    try:
        i, j = index
        return abs(as_float(claimed[i][j]) - as_float(reference[i][j]))
    except (TypeError, IndexError):
        return math.nan


def render(record: Mapping[str, Any], compared: Mapping[str, Any] | None = None) -> str:
    """Return ``record`` as a page; the same record gives the same bytes.

    Parameters
    ----------
    record
        A whole record, as :func:`gradcheck.journal.read_record` returns it.  Its
        texts are taken for hostile: each is shown, none can act.
    compared
        What changed since another record, as ``gradcheck.ledger.compare`` says: lists ``new``, ``fixed``,
        ``worse``, ``vanished`` and ``added`` of rows ``id``, ``dtype``, ``before``, ``after``, ``why``.

    Raises
    ------
    MissingExtra
        If Jinja2, latex2mathml or Matplotlib is not installed.
    """
    try:
        from latex2mathml.converter import convert
        from markupsafe import Markup

        environment = _environment()
    except ImportError as cause:
        raise MissingExtra("report", "the HTML report", str(cause)) from cause
    if find_spec("matplotlib") is None:
        raise MissingExtra("report", "the HTML report", "Matplotlib is not installed")
    style, script = _asset("style.css"), _asset("script.js")
    texts = {check["latex"] for check in record["checks"]}
    formulas = {latex: safe_mathml(latex, convert) for latex in sorted(texts)}
    markup = {latex: found and Markup(found) for latex, found in formulas.items()}

    def draw(failure: Mapping[str, Any]) -> Drawings:
        curve, heat = drawings(failure)
        return curve and Markup(curve), heat and Markup(heat)

    return environment.get_template("report.html.j2").render(
        page=page(record, markup, draw, compared),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )


def _environment() -> jinja2.Environment:
    """Return what draws the templates: every text is escaped and made visible."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every expression of the template passes here, so that no text can be forgotten.
        finalize=lambda value: value if isinstance(value, Markup) else _shown(value),
    )
    environment.filters |= {
        "detects": detects_text,
        "figure": figure,
        "fragment": _fragment,
        "lines": lambda text: Lines(printable(text, _SNIPPET, lines=True)),
        "plural": plural,
        "seconds": seconds,
        "tongues": lambda text: tongues(printable(text)),
    }
    return environment


def _asset(name: str) -> str:
    return resources.files("gradcheck.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    if not isinstance(value, str):
        return value
    # What `lines` has cut and cleaned keeps its line breaks.
    return value if isinstance(value, Lines) else printable(value)


def _fragment(anchor: str) -> str:
    return f"#{quote(anchor, safe='/')}"


def _policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy: this one style and this one script act, nothing else."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
