"""What a rule may say of itself beyond its function and its closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypedDict

from gradcheck.domains import Drawable, Kinks
from gradcheck.rules.sources import Source

__all__ = ["Facts", "Group", "Kind"]


class Kind(Enum):
    """What a rule claims: a derivative, a value, or the shape of a derivative."""

    DERIVATIVE = "derivative"
    VALUE = "value"
    SHAPE = "shape"

    def __str__(self) -> str:
        return self.value


class Group(Enum):
    """Whose claim it is: the documents', one of their misprints, or one they reject."""

    CLAIM = "claim"
    ERRATUM = "erratum"
    REJECTED = "rejected"
    USER = "user"

    def __str__(self) -> str:
        return self.value


class Facts(TypedDict, total=False):
    """Further fields of a :class:`~gradcheck.rules.registry.Rule`, which says what they mean."""

    kind: Kind | str
    group: Group
    functions: Mapping[str, Drawable]
    minimum: Mapping[str, int]
    kinks: Kinks | None
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None
    factors: Callable[..., Any] | None
    terms: Callable[..., Any] | None
    function_text: str
    formula: str
    latex: str
    domain_text: str
    example: str
    section: str
    sources: tuple[Source, ...]
    notes: str
    right: Callable[..., Any] | None
    printed: str
    right_text: str
    remark: str
    quote: str
    reading: str
    refutes: str
