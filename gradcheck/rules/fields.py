"""The fields of a rule, looked at where it is written: each message names given, expected and fix."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gradcheck.domains import Interval, Kinks, Signature
from gradcheck.errors import InvalidArgument
from gradcheck.rules.near import near_names

__all__ = [
    "checked_call",
    "checked_domain",
    "checked_facts",
    "checked_id",
    "checked_names",
    "checked_signature",
]

_ID = re.compile(r"[^\s*?\[\]@#'\"`\\]+")
_CALLABLES = ("arrange", "factors", "terms", "right")
_TEXTS = (
    "function_text",
    "formula",
    "latex",
    "domain_text",
    "example",
    "section",
    "notes",
    "printed",
    "right_text",
    "remark",
    "quote",
    "reading",
    "refutes",
)


def checked_id(rule_id: Any) -> str:
    """Return the id; ``InvalidArgument`` unless it is text that a command line can hold."""
    fix = "write e.g. 'mine/square/wrt-x'"
    if not isinstance(rule_id, str):
        raise InvalidArgument.of("rule_id", rule_id, "text", fix)
    if not _ID.fullmatch(rule_id) or rule_id.startswith("-"):
        words = "an id without blanks, quotes and * ? [ ] @ #, which mean something on the command line"
        raise InvalidArgument.of("rule_id", rule_id, words, fix)
    return rule_id


def checked_signature(signature: Any) -> Signature:
    """Return the signature, parsed; it has one output."""
    if not isinstance(signature, str):
        raise InvalidArgument.of(
            "signature", signature, "text in gufunc notation", "write e.g. '(n),()->(n)'"
        )
    parsed = Signature.parse(signature)
    if len(parsed.outputs) != 1:
        raise InvalidArgument.of(
            "signature", signature, "one output", "write a rule for each output, or stack them into one array"
        )
    return parsed


def checked_names(names: Any, signature: Signature) -> tuple[str, ...]:
    """Return the names of the arguments, one for each input of the signature."""
    fix = f"name each input of {signature.text!r}, e.g. names={_example(len(signature.inputs))!r}"
    if not isinstance(names, str):
        raise InvalidArgument.of("names", names, "text, the names separated by blanks", fix)
    found = tuple(names.split())
    if len(found) != len(signature.inputs):
        count = len(signature.inputs)
        raise InvalidArgument.of("names", names, f"{count} name{'s' * (count != 1)}", fix)
    odd = [name for name in found if not name.isidentifier()]
    if odd or len(set(found)) < len(found):
        words = "different Python names, separated by blanks"
        raise InvalidArgument.of("names", names, words, fix)
    return found


def _example(count: int) -> str:
    return " ".join(("x", "w", "b", *(f"a{k}" for k in range(1, count)))[:count])


def checked_domain(domain: Any, names: tuple[str, ...]) -> dict[str, Interval]:
    """Return an interval for each argument."""
    fix = "pass e.g. gradcheck.domains.positive(), or {'x': gradcheck.domains.interval(0, 1)}"
    if domain is None or isinstance(domain, Interval):
        return dict.fromkeys(names, domain or Interval())
    if not isinstance(domain, Mapping):
        raise InvalidArgument.of("domain", domain, "an interval, or one for each name", fix)
    for name, one in domain.items():
        if name not in names:
            raise InvalidArgument.of("domain", name, f"some of {names}", "use the names of the arguments")
        if not isinstance(one, Interval):
            raise InvalidArgument.of(f"domain of {name}", one, "an interval", fix)
    return {name: domain.get(name, Interval()) for name in names}


def checked_call(argument: str, function: Any, names: tuple[str, ...], keywords: Iterable[str] = ()) -> None:
    """Raise ``InvalidArgument`` unless ``function`` can be called with so many arrays."""
    if not callable(function):
        raise InvalidArgument.of(argument, function, "a function of the arrays", "pass the function itself")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # Functions written in C say nothing of their arguments.
        return
    try:
        signature.bind(*names, **dict.fromkeys(keywords))
    except TypeError as cause:
        call = ", ".join([*names, *(f"{name}=..." for name in keywords)])
        name = getattr(function, "__name__", type(function).__name__)
        raise InvalidArgument.of(
            argument, f"{name}{signature}", f"a function that can be called as f({call})", f"mend it: {cause}"
        ) from None


def checked_facts(facts: Mapping[str, Any], fields: Iterable[str], symbols: Iterable[str]) -> None:
    """Raise ``InvalidArgument`` for a further field of a rule that does not exist or has the wrong type."""
    known = sorted(fields)
    for name, value in facts.items():
        if name not in known:
            near = near_names(name, known)
            fix = f"did you mean {', '.join(near)}?" if near else "leave it out"
            raise InvalidArgument.of("rule", f"a keyword {name!r}", f"some of {', '.join(known)}", fix)
        _checked_fact(name, value, tuple(symbols))


def _checked_fact(name: str, value: Any, symbols: tuple[str, ...]) -> None:
    if name in _TEXTS and not isinstance(value, str):
        raise InvalidArgument.of(name, value, "text", f"write e.g. {name}='...'")
    if name in _CALLABLES and value is not None and not callable(value):
        raise InvalidArgument.of(name, value, "a function", "pass the function itself")
    if name == "kinks" and value is not None:
        _checked_kinks(value)
    if name == "minimum":
        _checked_minimum(value, symbols)
    if name == "functions" and not (
        isinstance(value, Mapping) and all(hasattr(one, "draw") for one in value.values())
    ):
        raise InvalidArgument.of(name, value, "generated functions by keyword name", "pass a mapping")


def _checked_kinks(value: Any) -> None:
    fix = "pass e.g. gradcheck.domains.kinks_at('x', 0.0), or a Kinks of your own"
    if not isinstance(value, Kinks):
        raise InvalidArgument.of("kinks", value, "a gradcheck.domains.Kinks", fix)
    for name, one in (("surface", value.surface), ("place", value.place)):
        if not callable(one):
            raise InvalidArgument.of(f"kinks.{name}", one, "a function", fix)


def _checked_minimum(value: Any, symbols: tuple[str, ...]) -> None:
    fix = f"pass e.g. {{{symbols[0] if symbols else 'n'!r}: 1}}"
    if not isinstance(value, Mapping):
        raise InvalidArgument.of("minimum", value, "the least extent by symbol", fix)
    for symbol, least in value.items():
        if symbol not in symbols:
            raise InvalidArgument.of("minimum", symbol, f"some of {symbols}", "use the signature's symbols")
        if not isinstance(least, int) or isinstance(least, bool) or least < 0:
            raise InvalidArgument.of(f"minimum of {symbol}", least, "a whole number >= 0", fix)
