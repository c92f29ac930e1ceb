"""What Matplotlib drew -> SVG that can stand in the page: no style, no identifier, colours as classes.

The content policy admits no style attribute, and a page holds many figures: what is kept is rebuilt from an
allow-list, like the formulas.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

__all__ = ["plain_svg"]

_NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
_TURNED = re.compile(r"rotate\((-?\d+\.?\d*) (-?\d+\.?\d*) (-?\d+\.?\d*)\)")
_KEPT = {"stroke-width": "stroke-width", "stroke-dasharray": "stroke-dasharray", "text-anchor": "text-anchor"}


def plain_svg(drawn: str, classes: Mapping[str, str], label: str) -> str:
    """Return the paths and texts of ``drawn`` with classes in place of colours.

    Parameters
    ----------
    drawn
        An SVG file of Matplotlib's, its texts left as texts.
    classes
        For each colour ``"#rrggbb"`` the class that stands for it; what has another colour is left out.
    label
        The figure in words, for those who do not see it.

    Examples
    --------
    >>> drawn = '<svg viewBox="0 0 9 9"><path d="M 0 0 L 9 9.04" style="stroke: #000001"/></svg>'
    >>> plain_svg(drawn, {"#000001": "ink"}, "a line").partition("><")[2]
    'path class="s-ink" d="M0 0L9 9" /></svg>'
    """
    # Our own drawing: no entity is defined in it.
    source = ET.fromstring(drawn)  # noqa: S314
    box = source.get("viewBox", "")
    root = ET.Element("svg", {"viewBox": box, "class": "fig", "role": "img", "aria-label": label})
    # At its own size its words are as large as those of the page.
    root.set("width", box.split(" ")[2])
    root.extend(_shapes(source, classes))
    return ET.tostring(root, encoding="unicode")


def _shapes(source: ET.Element, classes: Mapping[str, str]) -> Iterator[ET.Element]:
    for element in source.iter():
        name = element.tag.rpartition("}")[2]
        style = _declarations(element.get("style", ""))
        if name == "path" and (shape := _path(element, style, classes)) is not None:
            yield shape
        elif name == "text" and (word := _text(element, style, classes)) is not None:
            yield word


def _declarations(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _path(element: ET.Element, style: Mapping[str, str], classes: Mapping[str, str]) -> ET.Element | None:
    named = [
        f"{letter}-{classes[style[part]]}"
        for part, letter in (("fill", "f"), ("stroke", "s"))
        if style.get(part) in classes
    ]
    if not named:
        return None
    kept = {kind: style[name] for name, kind in _KEPT.items() if name in style}
    return ET.Element("path", {"class": " ".join(named), "d": _rounded(element.get("d", "")), **kept})


def _rounded(commands: str) -> str:
    """Return path data with one decimal and no blank that it can do without."""
    short = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), commands)
    return re.sub(r"\s*([MLQCz])\s*", r"\1", short).strip()


def _text(element: ET.Element, style: Mapping[str, str], classes: Mapping[str, str]) -> ET.Element | None:
    colour = classes.get(style.get("fill", ""))
    if colour is None:
        return None
    word = ET.Element("text", {"class": f"f-{colour}"})
    word.text = element.text
    turned = _TURNED.search(element.get("transform", ""))
    if turned is None:
        word.attrib |= {name: f"{float(element.get(name, 0)):.1f}" for name in ("x", "y")}
    else:
        angle, x, y = (float(number) for number in turned.groups())
        word.attrib |= {"x": f"{x:.1f}", "y": f"{y:.1f}"}
        if angle:
            word.set("transform", f"rotate({angle:g} {x:.1f} {y:.1f})")
    if "text-anchor" in style:
        word.set("text-anchor", style["text-anchor"])
    return word
