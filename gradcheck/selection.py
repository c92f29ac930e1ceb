"""Which rules an argument of the command line, or of ``run``, means."""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType

from gradcheck.errors import InvalidArgument
from gradcheck.rules import documents
from gradcheck.rules.catalogue import not_checkable
from gradcheck.rules.registry import USER_RULES, Rule

__all__ = ["ENTRY_POINTS", "all_rules", "find_rule", "load_installed", "load_modules", "modules_of", "select"]

ENTRY_POINTS = "gradcheck.rules"
"""Entry point group by which other projects offer modules of rules."""


def _is_pattern(argument: str) -> bool:
    return "*" in argument or "?" in argument or "/" in argument


def _import(name: str) -> ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as cause:
        missing = isinstance(cause, ModuleNotFoundError) and f"{name}.".startswith(f"{cause.name}.")
        # An empty name and a relative one are refused by the import system itself.
        if missing or not name or name.startswith("."):
            raise _unknown(
                name, "a rule's id, a glob such as 'elementwise/*', or an importable module of rules"
            ) from cause
        raise InvalidArgument.of(
            "RULE", name, "a module that can be imported", f"mend it: {_last_words(cause)}"
        ) from cause


def _last_words(raised: Exception) -> str:
    text = f"{type(raised).__name__}: {raised}"
    if isinstance(raised, SyntaxError):
        return text
    place = traceback.extract_tb(raised.__traceback__)[-1]
    return f"{text} ({place.filename}, line {place.lineno})"


def _unknown(name: str, expected: str) -> InvalidArgument:
    if any(entry["id"] == name for entry in not_checkable()):
        words = "a rule: this misprint is typography or wording, with no formula to test"
        return InvalidArgument.of("RULE", name, words, f"read it with `gradcheck explain {name}`")
    near = difflib.get_close_matches(name, [rule.id for rule in all_rules()], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "list the ids with `gradcheck list`"
    return InvalidArgument.of("RULE", name, expected, hint)


_REGISTERED: dict[str, set[str]] = {}
"""Ids that appeared when a module was imported here: importing it again would show none."""


def _from_module(name: str) -> list[Rule]:
    before = {rule.id for rule in USER_RULES}
    module = _import(name)
    own = _REGISTERED.setdefault(name, set())
    own |= {rule.id for rule in USER_RULES} - before
    found = [rule for rule in all_rules() if rule.id in own or _belongs(rule, module)]
    if not found:
        raise InvalidArgument.of(
            "RULE", name, "a module that registers rules", "decorate with @gradcheck.rule"
        )
    return found


def _belongs(rule: Rule, module: ModuleType) -> bool:
    home = getattr(rule.claim, "__module__", "")
    return home == module.__name__ or home.startswith(f"{module.__name__}.")


def load_installed() -> tuple[str, ...]:
    """Import every module that other projects offer under :data:`ENTRY_POINTS`; return their names."""
    points = metadata.entry_points(group=ENTRY_POINTS)
    names = tuple(sorted({point.value.partition(":")[0] for point in points}))
    load_modules(names)
    return names


def load_modules(names: Sequence[str]) -> None:
    """Import modules of rules; the rules register themselves."""
    for name in names:
        _import(name)


def modules_of(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return those ``arguments`` that name modules rather than rules."""
    known = {rule.id for rule in documents()}
    return tuple(name for name in arguments if name not in known and not _is_pattern(name))


def all_rules() -> list[Rule]:
    """Return the documents' rules, then those that other projects registered.

    Raises
    ------
    InvalidArgument
        If another project's rule bears the id of one of the documents': a record holds each id once.
    """
    taken = {rule.id for rule in documents()}
    for rule in USER_RULES:
        if rule.id in taken:
            raise InvalidArgument.of(
                "rule_id", rule.id, "an id that the documents' rules leave free", "choose another id"
            )
    return [*documents(), *USER_RULES]


def find_rule(rule_id: str) -> Rule:
    """Return the rule with this id; ``InvalidArgument`` with near misses when there is none."""
    rules = {rule.id: rule for rule in all_rules()}
    if rule_id in rules:
        return rules[rule_id]
    raise _unknown(rule_id, "the id of a rule")


def select(arguments: Sequence[str] = (), *, all_installed: bool = False) -> list[Rule]:
    """Return the rules that ``arguments`` mean, in registration order, each once.

    An argument with ``*``, ``?`` or ``/``, or that is an exact id, selects rules;
    any other is an importable module of rules.  No argument means the
    documents' rules, and with ``all_installed`` those of installed projects too.

    Raises
    ------
    InvalidArgument
        If an argument selects nothing; the message says what would.

    Examples
    --------
    >>> [rule.id for rule in select(["elementwise/mul/*"])]
    ['elementwise/mul/wrt-w', 'elementwise/mul/wrt-x']
    """
    if all_installed:
        load_installed()
    if not arguments:
        return all_rules() if all_installed else list(documents())
    chosen: dict[str, Rule] = {}
    for argument in arguments:
        chosen.update((rule.id, rule) for rule in _matching(argument))
    order = {rule.id: place for place, rule in enumerate(all_rules())}
    return sorted(chosen.values(), key=lambda rule: order[rule.id])


def _matching(argument: str) -> Iterable[Rule]:
    exact = [rule for rule in all_rules() if rule.id == argument]
    if exact:
        return exact
    if not _is_pattern(argument):
        return _from_module(argument)
    found = [rule for rule in all_rules() if fnmatch.fnmatchcase(rule.id, argument)]
    if not found:
        find_rule(argument)
    return found
