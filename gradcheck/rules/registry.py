"""The rule: a claim about a derivative, as data, and the registry of all rules.

A rule is written once against the array namespace of its inputs: ``f`` runs on
NumPy arrays (real, or the complex-step type) and on JAX arrays alike, through
operators and :func:`namespace`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from gradcheck.domains import Drawable, Input, Interval, Kinks, Signature
from gradcheck.errors import InvalidArgument

__all__ = ["Group", "Kind", "Registry", "Rule", "Source", "namespace", "rule", "sources"]


def namespace(*arrays: Any) -> Any:
    """Return the array namespace of the first array that names one, else NumPy.

    Examples
    --------
    >>> namespace(np.zeros(2)).__name__
    'numpy'
    """
    for array in arrays:
        found = getattr(array, "__array_namespace__", None)
        if found is not None and not isinstance(array, (np.ndarray, np.generic)):
            return found()
    return np


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


@dataclass(frozen=True)
class Source:
    """Where a claim stands: document, section, lines, and whether the formula survives there."""

    document: str
    section: str
    lines: str
    status: str = "printed"


_PLACE = re.compile(
    r"^(?:(?P<doc>\d{3})\s+)?(?:§(?P<section>[\d.]+)\s+)?(?P<lines>L[\dL ,–\-]+)\s*(?P<note>\(.*\))?"
)


def sources(text: str, *, ours: bool = False) -> tuple[Source, ...]:
    """Parse the catalogue's notation ``"000 §1 L13; 004 L96 (lost)"``.

    A place marked "lost" is ``reconstructed``; ``ours`` marks every place as
    ``named``: the documents name the function and the formula is ours.

    Examples
    --------
    >>> [source.status for source in sources("000 §1 L13; 004 L96 (lost)")]
    ['printed', 'reconstructed']
    """
    found = []
    document = ""
    for part in text.split(";"):
        match = _PLACE.match(part.strip())
        if match is None:
            continue
        document = match["doc"] or document
        note = match["note"] or ""
        status = "named, formula ours" if ours else "reconstructed" if "lost" in note else "printed"
        found.append(Source(document, match["section"] or "", match["lines"].strip(" ,"), status))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One claim, checkable at any legal point.

    Attributes
    ----------
    id
        Stable identity, ``section/topic/wrt-variable``.
    kind
        Derivative, value or shape claim.
    f
        ``f(*arrays, **functions)``: the primal, on NumPy, complex-step and JAX arrays.
        For a shape claim with several factors: see ``factors``.
    claim
        Same arguments (NumPy arrays).  Derivative: the closed form as a 2-D matrix in
        numerator layout (1x1, 1xn, mx1, mxn).  Value: the right-hand side, an array.
        Shape: a tuple of 2-D shapes, one for each of ``factors``.
    signature
        Shapes of the arrays in gufunc notation; ``wrt`` indexes them.
    inputs
        The array arguments: name, shape, domain.
    wrt
        Position of the variable of differentiation (None for value claims).
    functions
        Generated functions by keyword name (general rules).
    minimum
        Smallest extent of a symbol (default 0); ``fixed`` pins an extent.
    kinks
        Where ``f`` is not smooth; None when it is smooth on its domain.
    arrange
        ``arrange(arguments) -> arguments`` moves drawn values onto the rule's domain
        by construction (every sample active, say); None when any values do.
    factors
        Shape claims: ``factors(*arrays, **functions)`` returns pairs ``(function, point)``
        whose numerator Jacobians must have the claimed shapes, in order.
    terms
        Same arguments as ``claim``: the terms whose sum the closed form is; used to
        inject the fault "a term is dropped".  None when it is not a sum.
    right
        Errata: the right closed form, which must pass at the points that refute ``claim``.
    printed, reading, refutes
        Errata: what is printed, under which reading it is refuted, which rule it contradicts.
    """

    id: str
    kind: Kind = Kind.DERIVATIVE
    group: Group = Group.CLAIM
    f: Callable[..., Any]
    claim: Callable[..., Any]
    signature: str
    inputs: tuple[Input, ...]
    wrt: int | None = 0
    functions: Mapping[str, Drawable] = field(default_factory=dict)
    minimum: Mapping[str, int] = field(default_factory=dict)
    kinks: Kinks | None = None
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    factors: Callable[..., Any] | None = None
    terms: Callable[..., Any] | None = None
    function_text: str = ""
    formula: str = ""
    latex: str = ""
    domain_text: str = "all real"
    example: str = ""
    section: str = ""
    sources: tuple[Source, ...] = ()
    notes: str = ""
    right: Callable[..., Any] | None = None
    printed: str = ""
    right_text: str = ""
    reading: str = ""
    refutes: str = ""

    def __post_init__(self) -> None:
        if len(Signature.parse(self.signature).inputs) != len(self.inputs):
            raise InvalidArgument.of(
                f"signature of {self.id}",
                self.signature,
                f"{len(self.inputs)} inputs",
                "name each input of the signature once",
            )

    @property
    def facts(self) -> dict[str, Any]:
        """What the record and the list say of the rule itself: plain data."""
        return {
            "id": self.id,
            "group": str(self.group),
            "kind": str(self.kind),
            "section": self.section,
            "function": self.function_text,
            "formula": self.formula,
            "latex": self.latex,
            "domain": self.domain_text,
            "example": self.example,
            "notes": self.notes,
            "signature": self.signature,
            "sources": [asdict(source) for source in self.sources],
        }

    @property
    def parsed(self) -> Signature:
        """The signature, parsed."""
        return Signature.parse(self.signature)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the array arguments, in order."""
        return tuple(given.name for given in self.inputs)


class Registry:
    """Rules by id, in order of registration; an id is registered once."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    def add(self, new: Rule) -> Rule:
        """Register ``new``; ``InvalidArgument`` when the id is taken."""
        if new.id in self._rules:
            raise InvalidArgument.of("id", new.id, "an id not yet registered", "choose another id")
        self._rules[new.id] = new
        return new

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._rules

    def __getitem__(self, rule_id: str) -> Rule:
        return self._rules[rule_id]


def rule(
    rule_id: str,
    signature: str,
    *,
    names: str,
    wrt: str | None,
    f: Callable[..., Any],
    domain: Interval | Mapping[str, Interval] | None = None,
    registry: Registry | None = None,
    **facts: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated closed form as the derivative of ``f``; see :class:`Rule`.

    Parameters
    ----------
    rule_id
        ``"section/topic/wrt-variable"``.
    signature
        Gufunc notation, ``"(n),(n)->(n)"``.
    names
        The arguments' names, separated by spaces, in the signature's order.
    wrt
        The name of the variable of differentiation; None for a value claim.
    f
        The primal.
    domain
        One interval for every argument, or a mapping by name (all real when absent).
    registry
        Where to register; the rules of other projects by default.
    **facts
        Further fields of :class:`Rule`.

    Raises
    ------
    InvalidArgument
        If the signature, the names or ``wrt`` do not fit together, or the id is taken.

    Examples
    --------
    >>> mine = Registry()
    >>> @rule("demo/square", "()->()", names="x", wrt="x", f=lambda x: x * x, registry=mine)
    ... def square(x):
    ...     return np.array([[2 * x]])
    >>> [found.id for found in mine]
    ['demo/square']
    """
    arguments = tuple(names.split())
    shapes = Signature.parse(signature).inputs
    if len(shapes) != len(arguments):
        raise InvalidArgument.of("names", names, f"{len(shapes)} names", f"name each input of {signature!r}")
    if wrt is not None and wrt not in arguments:
        raise InvalidArgument.of("wrt", wrt, f"one of {arguments}", "name an argument")
    by_name = domain if isinstance(domain, Mapping) else dict.fromkeys(arguments, domain or Interval())
    inputs = tuple(
        Input(name, shape, by_name.get(name, Interval()))
        for name, shape in zip(arguments, shapes, strict=True)
    )

    def register(claim: Callable[..., Any]) -> Callable[..., Any]:
        facts.setdefault("group", Group.USER if registry is None else Group.CLAIM)
        target = USER_RULES if registry is None else registry
        target.add(
            Rule(
                id=rule_id,
                signature=signature,
                inputs=inputs,
                wrt=None if wrt is None else arguments.index(wrt),
                f=f,
                claim=claim,
                **facts,
            )
        )
        return claim

    return register


USER_RULES = Registry()
