"""A record as one HTML page that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any
from urllib.parse import quote

from gradcheck.errors import MissingExtra
from gradcheck.reporting.mathml import safe_mathml
from gradcheck.reporting.page import page, seconds
from gradcheck.reporting.wording import figure, plural, printable

__all__ = ["render"]


def render(record: Mapping[str, Any]) -> str:
    """Return ``record`` as a page; the same record gives the same bytes.

    Parameters
    ----------
    record
        A whole record, as :func:`gradcheck.journal.read_record` returns it.  Its
        texts are taken for hostile: each is shown, none can act.

    Raises
    ------
    MissingExtra
        If Jinja2 or latex2mathml is not installed.
    """
    try:
        import jinja2
        from latex2mathml.converter import convert
        from markupsafe import Markup
    except ImportError as cause:
        raise MissingExtra("report", "the HTML report", str(cause)) from cause
    style, script = _asset("style.css"), _asset("script.js")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every expression of the template passes here, so that no text can be forgotten.
        finalize=lambda value: value if isinstance(value, Markup) else _shown(value),
    )
    environment.filters |= {"figure": figure, "fragment": _fragment, "plural": plural, "seconds": seconds}
    texts = {check["latex"] for check in record["checks"]}
    formulas = {latex: safe_mathml(latex, convert) for latex in sorted(texts)}
    markup = {latex: found and Markup(found) for latex, found in formulas.items()}
    return environment.get_template("report.html.j2").render(
        page=page(record, markup),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )


def _asset(name: str) -> str:
    return resources.files("gradcheck.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


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
