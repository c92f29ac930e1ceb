"""Which rules an argument of the command line, or of ``run``, means."""

from __future__ import annotations

import contextlib
import fnmatch
import importlib
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType

from gradcheck.errors import InvalidArgument
from gradcheck.rules import documents
from gradcheck.rules.catalogue import not_checkable
from gradcheck.rules.near import near_globs, near_names
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
        # Standard output holds results; what a module says while it is imported is talk.
        with contextlib.redirect_stdout(sys.stderr):
            return importlib.import_module(name)
    except Exception as cause:
        missing = isinstance(cause, ModuleNotFoundError) and f"{name}.".startswith(f"{cause.name}.")
        # An empty name and a relative one are refused by the import system itself.
        if missing or not name or name.startswith("."):
            raise _unknown(name) from cause
        raise InvalidArgument.of(
            "RULE", name, "a module that can be imported", f"mend it: {_last_words(cause)}"
        ) from cause


def _last_words(raised: Exception) -> str:
    text = f"{type(raised).__name__}: {raised}"
    if isinstance(raised, SyntaxError):
        return text
    frames = traceback.extract_tb(raised.__traceback__)
    # Where the user's module called us, when it is we who complain.
    own = str(Path(__file__).parent) + os.sep
    place = next((frame for frame in reversed(frames) if not frame.filename.startswith(own)), frames[-1])
    return f"{text} ({place.filename}, line {place.lineno})"


_MEANT = "a rule's id, a glob such as 'elementwise/*', or an importable module of rules"


def _unknown(name: str, expected: str = _MEANT) -> InvalidArgument:
    """Return the error for an argument that means nothing, with what was meant where that can be seen."""
    if any(entry["id"] == name for entry in not_checkable()):
        words = "a rule: this misprint is typography or wording, with no formula to test"
        return InvalidArgument.of("RULE", name, words, f"read it with `gradcheck explain {name}`")
    if name.endswith(".py"):
        module = ".".join(Path(name[:-3]).parts)
        return InvalidArgument.of("RULE", name, "the name of a module, not of its file", f"write {module}")
    ids = [rule.id for rule in all_rules()]
    if "*" in name or "?" in name:
        near, expected = near_globs(name, ids), "a glob that matches the id of a rule"
    else:
        topics = [] if "/" in name else near_globs(f"{name}/*", ids)
        near = near_names(name, _modules_here(), most=1) + [one for one in topics if one.endswith("/*")]
        near = near or near_names(name, ids)
    if near:
        return InvalidArgument.of("RULE", name, expected, f"did you mean {', '.join(near)}?")
    searched = (
        "" if "/" in name or "*" in name else f"; modules are looked for in {Path.cwd()} and on the path"
    )
    return InvalidArgument.of("RULE", name, expected, f"list the ids with `gradcheck list`{searched}")


def _modules_here() -> list[str]:
    try:
        return sorted(path.stem for path in Path.cwd().glob("*.py"))
    except OSError:
        return []


def _from_module(name: str) -> list[Rule]:
    before = {rule.id for rule in USER_RULES}
    module = _import(name)
    own = USER_RULES.imported.setdefault(name, set())
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
                "rule_id", rule.id, "an id that the built-in rules leave free", "choose another id"
            )
    return [*documents(), *USER_RULES]


def find_rule(rule_id: str) -> Rule:
    """Return the rule with this id; ``InvalidArgument`` with near misses when there is none."""
    rules = {rule.id: rule for rule in all_rules()}
    if rule_id in rules:
        return rules[rule_id]
    raise _unknown(rule_id, "the id of a rule")


def select(
    arguments: Sequence[str] = (), *, all_installed: bool = False, modules: Sequence[str] = ()
) -> list[Rule]:
    """Return the rules that ``arguments`` mean, in registration order, each once.

    An argument with ``*``, ``?`` or ``/``, or that is an exact id, selects rules;
    any other is an importable module of rules.  No argument means the
    documents' rules, and with ``all_installed`` those of installed projects too,
    with ``modules`` those of these modules.

    Raises
    ------
    InvalidArgument
        If an argument selects nothing; the message says what would.

    Examples
    --------
    >>> [rule.id for rule in select(["elementwise/mul/*"])]
    ['elementwise/mul/wrt-w', 'elementwise/mul/wrt-x']
    """
    load_modules(modules)
    if all_installed:
        load_installed()
    chosen: dict[str, Rule] = {}
    if not arguments:
        chosen.update((rule.id, rule) for rule in (all_rules() if all_installed else documents()))
    for rules in (*map(_matching, arguments), *(map(_from_module, modules) if not arguments else ())):
        chosen.update((rule.id, rule) for rule in rules)
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
        raise _unknown(argument, "the id of a rule")
    return found
