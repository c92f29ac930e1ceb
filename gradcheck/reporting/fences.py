"""Brackets as tall as what they hold, in every browser: few systems have a font that can stretch them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

__all__ = ["fenced"]

_OPENING = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", "⟨": "⟩"}
_LINE = 1.2
"""Height of a plain line, in its own size."""
_TALLEST = 16


def fenced(elements: list[ET.Element]) -> list[ET.Element]:
    """Return ``elements`` with the brackets around tall ones marked for the style sheet.

    Square brackets around a table become a border of it; other stretchy signs get a class ``t3`` to ``t16``,
    their height in halves of a line.

    Examples
    --------
    >>> opening, closing = (ET.Element("mo", {"stretchy": "true"}) for _ in range(2))
    >>> opening.text, closing.text = "(", ")"
    >>> ratio = ET.Element("mfrac")
    >>> ratio.extend([ET.Element("mi"), ET.Element("mi")])
    >>> [one.get("class") for one in fenced([opening, ratio, closing])]
    ['t4', None, 't4']
    """
    return list(_bordered(_scaled(elements)))


def _scaled(elements: list[ET.Element]) -> list[ET.Element]:
    open_signs: list[int] = []
    for place, element in enumerate(elements):
        if not _stretches(element):
            continue
        closes = bool(open_signs) and element.text == _OPENING.get(elements[open_signs[-1]].text or "")
        if closes:
            start = open_signs.pop()
            _mark([elements[start], element], elements[start + 1 : place])
        elif element.text in _OPENING:
            open_signs.append(place)
    for start in open_signs:
        # A brace that is never closed holds all that follows: the cases of a function.
        _mark([elements[start]], elements[start + 1 :])
    return elements


def _stretches(element: ET.Element) -> bool:
    return element.tag == "mo" and element.get("stretchy") == "true"


def _mark(signs: list[ET.Element], content: list[ET.Element]) -> None:
    size = round(2 * max(map(_height, content), default=_LINE) / _LINE)
    for sign in signs:
        sign.set("stretchy", "false")
        if size > 2:
            sign.set("class", f"t{min(size, _TALLEST)}")


def _bordered(elements: list[ET.Element]) -> Iterator[ET.Element]:
    place = 0
    while place < len(elements):
        three = elements[place : place + 3]
        if len(three) == 3 and three[1].tag == "mtable" and [three[0].text, three[2].text] == ["[", "]"]:
            three[1].set("class", "sq")
            yield three[1]
            place += 3
            continue
        yield elements[place]
        place += 1


def _height(element: ET.Element) -> float:
    """Return about how many em high an element is set."""
    inner = [_height(child) for child in element]
    if not inner:
        return _LINE
    if element.tag == "mfrac":
        return 0.9 * sum(inner)
    if element.tag == "mtable":
        return sum(inner) + 0.2 * (len(inner) - 1)
    if element.tag in ("msub", "msup", "msubsup"):
        return inner[0] + 0.3
    if element.tag in ("munder", "mover", "munderover"):
        return inner[0] + 0.7 * (len(inner) - 1) * (1 if element.tag != "mover" else 0.4)
    return max(inner)
