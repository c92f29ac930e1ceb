"""LaTeX of a record -> MathML that can do nothing but show mathematics.

The LaTeX is somebody else's text.  What the converter makes of it is parsed and
rebuilt from an allow-list; anything else is no formula, and the caller shows the
text instead.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

from gradcheck.reporting.fences import fenced
from gradcheck.reporting.wording import printable

__all__ = ["safe_mathml"]

_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_LIMIT = 2000
_LEAVES = frozenset({"mi", "mn", "mo", "mtext"})
_SCHEMATA = {"math", "mrow", "mfrac", "msqrt", "mroot", "mstyle", "mspace", "mtable", "mtr", "mtd"}
_SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
_ELEMENTS = _LEAVES | _SCHEMATA | _SCRIPTS
_FLAG = re.compile("true|false")
_LENGTH = re.compile(r"-?\d{0,3}(\.\d{1,4})?(em|ex|px|pt|%)?")
_ATTRIBUTES = {
    "stretchy": _FLAG,
    "fence": _FLAG,
    "separator": _FLAG,
    "accent": _FLAG,
    "accentunder": _FLAG,
    "movablelimits": _FLAG,
    "displaystyle": _FLAG,
    "form": re.compile("prefix|infix|postfix"),
    "mathvariant": re.compile("normal"),
    "columnalign": re.compile("(left|right|center)( (left|right|center)){0,20}"),
    "linethickness": _LENGTH,
    "lspace": _LENGTH,
    "rspace": _LENGTH,
    "width": _LENGTH,
    "minsize": _LENGTH,
    "maxsize": _LENGTH,
}
_BREAKS = "=+−≠≡≈→"
_OPENING, _CLOSING = "([{", ")]}"
_APPLICATION = "\u2061\u2062\u2063\u2064"


class _Refused(Exception):
    """The converter made something that is not plain mathematics."""


def safe_mathml(latex: str, convert: Callable[[str], str]) -> str | None:
    """Return ``latex`` as MathML, in pieces that may wrap before signs, or None.

    Parameters
    ----------
    latex
        The formula, at most 2000 characters; hostile until shown otherwise.
    convert
        Turns LaTeX into MathML, such as ``latex2mathml.converter.convert``.

    Returns
    -------
    str or None
        ``<math>`` elements from the allow-list; None when the text cannot be
        converted or holds anything that is not on it.

    Examples
    --------
    >>> safe_mathml("x", lambda latex: "<math><mi>x</mi></math>")
    '<math displaystyle="true"><mi>x</mi></math>'
    >>> safe_mathml("x", lambda latex: "<math><script>alert(1)</script></math>") is None
    True
    """
    if not latex.strip() or len(latex) > _LIMIT:
        return None
    try:
        # The MathML comes from our own converter and has no prologue: no entity can be defined in it.
        rebuilt = _rebuild(ET.fromstring(convert(latex)))  # noqa: S314
        return "".join(ET.tostring(piece, encoding="unicode") for piece in _pieces(rebuilt))
    except Exception:
        # A converter has as many ways to fail as there are formulas; each means: show the text.
        return None


def _rebuild(element: ET.Element) -> ET.Element:
    name = element.tag.removeprefix(_NAMESPACE)
    if name not in _ELEMENTS:
        raise _Refused(name)
    clean = ET.Element(name, {key: value for key, value in element.attrib.items() if _allowed(key, value)})
    text = (element.text or "").strip()
    if name in _LEAVES:
        if len(element):
            raise _Refused(name)
        clean.text = text if text in _APPLICATION else printable(element.text or "")
    elif text:
        raise _Refused(text)
    clean.extend(fenced(list(_words([_rebuild(child) for child in element]))))
    return clean


def _allowed(name: str, value: str) -> bool:
    pattern = _ATTRIBUTES.get(name)
    return pattern is not None and pattern.fullmatch(value) is not None


def _words(elements: list[ET.Element]) -> Iterator[ET.Element]:
    """Join upright letters, the converter's ``d i a g``, into the word they are."""
    word: list[str] = []
    for element in elements:
        if element.tag == "mi" and element.get("mathvariant") == "normal":
            word.append(element.text or "")
            continue
        yield from _word(word)
        word = []
        yield element
    yield from _word(word)


def _word(letters: list[str]) -> Iterator[ET.Element]:
    if letters:
        joined = ET.Element("mi", {} if len(letters) > 1 else {"mathvariant": "normal"})
        joined.text = "".join(letters)
        yield joined


def _pieces(math: ET.Element) -> Iterator[ET.Element]:
    body = list(math)
    while len(body) == 1 and body[0].tag == "mrow":
        body = list(body[0])
    piece = _piece()
    depth, after = 0, ""
    for child in body:
        sign = (child.text or "") if child.tag == "mo" else ""
        if sign and sign in _BREAKS and depth <= 0 and len(piece) and after not in _BREAKS:
            yield piece
            piece = _piece()
            # First in its piece it would be set as a prefix, without the space before it.
            child.set("form", "infix")
        piece.append(child)
        after = sign or "."
        depth += _balance(child)
    yield piece


def _balance(element: ET.Element) -> int:
    """Return how many brackets ``element`` opens: a bracket may close inside a power, ``(x)^2``."""
    signs = [part.text or "." for part in element.iter("mo")]
    return sum(sign in _OPENING for sign in signs) - sum(sign in _CLOSING for sign in signs)


def _piece() -> ET.Element:
    return ET.Element("math", {"displaystyle": "true"})
