"""The rule: a claim about a derivative, as data, and the registry of all rules.

A rule is written once against the array namespace of its inputs: ``f`` runs on
NumPy arrays (real, or the complex-step type) and on JAX arrays alike, through
operators and :func:`namespace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, TypeVar, Unpack

import numpy as np

from gradcheck.domains import Drawable, Input, Interval, Kinks, Signature
from gradcheck.errors import InvalidArgument
from gradcheck.rules.facts import Facts, Group, Kind
from gradcheck.rules.fields import (
    checked_call,
    checked_domain,
    checked_facts,
    checked_id,
    checked_names,
    checked_signature,
)
from gradcheck.rules.sources import Source, described, sources

__all__ = ["Group", "Kind", "Registry", "Rule", "Source", "namespace", "rule", "sources"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One claim, checkable at any legal point.

    Attributes
    ----------
    id
        Stable identity, ``section/topic/wrt-variable``.
    kind
        Derivative, value or shape claim.
    group
        Whose claim it is.
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
    function_text, formula, latex, domain_text, example, section, sources, notes
        What the list, the record and the page say of it.
    right
        Errata: the right closed form, which must pass at the points that refute ``claim``.
    printed, right_text, remark, quote, reading, refutes
        Errata: the formula as printed and the right one, what went wrong, the document's own
        words, under which reading it is refuted, which rule it contradicts.
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
    remark: str = ""
    quote: str = ""
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
    def misprint(self) -> dict[str, str]:
        """What the record and the list say of a misprint: plain data."""
        return {
            "printed": self.printed,
            "right": self.right_text,
            "remark": self.remark,
            "quote": self.quote,
            "reading": self.reading,
            "refutes": self.refutes,
        }

    @property
    def parsed(self) -> Signature:
        """The signature, parsed."""
        return _parsed(self.signature)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the array arguments, in order."""
        return tuple(given.name for given in self.inputs)


@cache
def _parsed(signature: str) -> Signature:
    # Asked for at every point, and the same for each of a rule.
    return Signature.parse(signature)


class Registry:
    """Rules by id, in order of registration; an id is registered once.

    Attributes
    ----------
    imported
        By module, the ids that appeared when it was imported: importing it again would show none.
    """

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self.imported: dict[str, set[str]] = {}

    def add(self, new: Rule) -> Rule:
        """Register ``new``; ``InvalidArgument`` when the id is taken by another function.

        The same function read again takes its own place: a module run as a script and then
        imported, or a cell of a notebook run twice.
        """
        old = self._rules.get(new.id)
        if old is not None and not _read_again(old.claim, new.claim):
            home = f" (by {old.claim.__module__}.{old.claim.__qualname__})" if _code_of(old.claim) else ""
            raise InvalidArgument.of("rule_id", new.id, f"an id not yet taken{home}", "choose another id")
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


def _code_of(claim: Callable[..., Any]) -> tuple[str, int] | None:
    code = getattr(claim, "__code__", None)
    return None if code is None else (code.co_filename, code.co_firstlineno)


def _read_again(old: Callable[..., Any], new: Callable[..., Any]) -> bool:
    before, after = _code_of(old), _code_of(new)
    if before is None or after is None or old.__qualname__ != new.__qualname__:
        return False
    if "<" in new.__qualname__:
        # A loop or a factory makes many functions on one line.
        return False
    # A notebook gives each run of a cell a file of its own.
    again = old.__module__ == new.__module__ and before[0] != after[0]
    return before == after or again


def rule(
    rule_id: str,
    signature: str,
    *,
    names: str,
    wrt: str | None,
    f: Callable[..., Any],
    domain: Interval | Mapping[str, Interval] | None = None,
    registry: Registry | None = None,
    **facts: Unpack[Facts],
) -> Callable[[_Function], _Function]:
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
        Further fields of :class:`Rule`, such as ``kinks``, ``minimum`` or the texts
        ``formula`` and ``latex``; ``kind`` may be text.

    Returns
    -------
    Callable
        A decorator, which returns the closed form as it is.

    Raises
    ------
    InvalidArgument
        If a field has the wrong type, the fields do not fit together, or the id is taken:
        where the rule is written, not when it is run.

    Examples
    --------
    >>> mine = Registry()
    >>> @rule("demo/square", "()->()", names="x", wrt="x", f=lambda x: x * x, registry=mine)
    ... def square(x):
    ...     return np.array([[2 * x]])
    >>> [found.id for found in mine]
    ['demo/square']
    """
    checked_id(rule_id)
    parsed = checked_signature(signature)
    arguments = checked_names(names, parsed)
    checked_facts(facts, Facts.__annotations__, parsed.symbols)
    kind = _kind_of(facts.get("kind"), wrt, arguments)
    given = {name: value for name, value in facts.items() if name not in ("kind", "group")}
    checked_call("f", f, arguments, facts.get("functions", {}))
    intervals = checked_domain(domain, arguments)
    inputs = tuple(
        Input(name, shape, intervals[name]) for name, shape in zip(arguments, parsed.inputs, strict=True)
    )

    def register(claim: _Function) -> _Function:
        checked_call("the closed form", claim, arguments, facts.get("functions", {}))
        group = facts.get("group", Group.USER if registry is None else Group.CLAIM)
        known = described(claim, f, intervals) if group is Group.USER else {}
        target = USER_RULES if registry is None else registry
        target.add(
            Rule(
                id=rule_id,
                kind=kind,
                group=group,
                signature=signature,
                inputs=inputs,
                wrt=None if wrt is None else arguments.index(wrt),
                f=f,
                claim=claim,
                **(known | given),
            )
        )
        return claim

    return register


def _kind_of(kind: Any, wrt: Any, arguments: tuple[str, ...]) -> Kind:
    """Return the kind; a derivative has a variable of differentiation."""
    words = [str(one) for one in Kind]
    if kind is not None and not isinstance(kind, Kind) and kind not in words:
        raise InvalidArgument.of("kind", kind, f"one of {words}", "leave it out for a derivative")
    found = Kind.DERIVATIVE if kind is None else Kind(kind)
    if wrt is not None and wrt not in arguments:
        raise InvalidArgument.of("wrt", wrt, f"one of {arguments}", "name an argument")
    if wrt is None and found is Kind.DERIVATIVE:
        raise InvalidArgument.of(
            "wrt",
            wrt,
            f"one of {arguments}",
            "name an argument, or pass kind='value' for an identity of values",
        )
    return found


USER_RULES = Registry()
