"""Which parts of a text are Chinese: a screen reader chooses its voice by them, a browser its glyphs."""

from __future__ import annotations

import re

__all__ = ["tongues"]

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_MARKS = "\u3000-\u303f\uff00-\uffef"
_CHINESE = re.compile(f"([{_HAN}{_MARKS}]+)")


def tongues(text: str) -> list[tuple[str, bool]]:
    """Return the parts of ``text`` in order, each with whether it is Chinese.

    Examples
    --------
    >>> tongues("identity 恒等式 (an equation)")
    [('identity ', False), ('恒等式', True), (' (an equation)', False)]
    """
    parts = _CHINESE.split(text)
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]
