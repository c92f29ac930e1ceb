"""Rules x points x witnesses -> the record of a run, in this process or in several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Availability
from gradcheck.campaign.dispatch import check_all, self_test_all
from gradcheck.campaign.sampling import Settings
from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM, COMPLEX_STEP, EXACT, JAX_FORWARD, JAX_REVERSE
from gradcheck.counts import tally
from gradcheck.errors import InvalidArgument
from gradcheck.journal import Journal, environment
from gradcheck.results import RunRecord
from gradcheck.rules.catalogue import not_checkable
from gradcheck.rules.registry import Group, Rule
from gradcheck.selection import modules_of, select

__all__ = ["FEWEST_MUTANTS", "Plan", "run", "self_test"]

DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Plan:
    """What a run does with the rules it is given.

    Attributes
    ----------
    settings
        Examples, seed, dtypes, sizes.
    require
        Witnesses that must be present: an absent one makes the exit code 1.
    command
        What the user typed, for the record.
    modules
        Modules of rules that a worker process must import.
    """

    settings: Settings = field(default_factory=Settings)
    require: tuple[str, ...] = ()
    command: str = "gradcheck.run()"
    modules: tuple[str, ...] = ()


def run(
    rules: Sequence[str | Rule] = (),
    *,
    examples: int = 50,
    seed: int = 0,
    dtypes: Sequence[str] = ("float64",),
    sizes: Sequence[int] = (0, 1, 2, 3, 5),
    executor: Executor | Sequence[Executor] | None = None,
    folder: str | Path | None = None,
    plan: Plan | None = None,
    on_check: Callable[[Mapping[str, Any]], None] | None = None,
) -> RunRecord:
    """Check ``rules`` at random points by all witnesses, pairwise, and return the record.

    Parameters
    ----------
    rules
        Ids, globs, importable modules of rules, or :class:`~gradcheck.rules.registry.Rule`
        objects; the documents' rules when empty.
    examples
        Points a rule and dtype.
    seed
        Everything random follows from it.
    dtypes
        Formats of the claims, ``"float64"`` and ``"float32"``.
    sizes
        The pool of extents that shapes are drawn from.
    executor
        A ``concurrent.futures`` executor to spread the rules over, or several of one worker each (so
        that what a process has compiled is used again there); in this process when None.
    folder
        Where the journal ``gradcheck.jsonl`` and the record ``gradcheck.json`` go; nowhere when None.
    plan
        All settings at once, in place of the keywords before ``executor``.
    on_check
        Called with each rule's result as it arrives.

    Returns
    -------
    RunRecord
        The record, of ``schema/record-1.json``; its ``exit_code`` is 0 where all is as expected.

    Raises
    ------
    InvalidArgument
        If a rule, dtype or number cannot be used, or ``folder`` cannot be written.

    Examples
    --------
    >>> record = run(["elementwise/mul/wrt-w"], examples=5)
    >>> record.exit_code
    0
    """
    if plan is None:
        modules = modules_of([rule for rule in rules if isinstance(rule, str)])
        plan = Plan(Settings(examples, seed, tuple(dtypes), tuple(sizes)), modules=modules)
    _validate(plan.settings)
    _validate_witnesses(plan.require)
    chosen = _resolve(rules)
    started = time.perf_counter()
    if folder is None:
        record = _header(plan)
        found = _collect(check_all(chosen, plan.settings, executor, plan.modules), on_check, None)
        return _finish(record, plan, chosen, found, started)
    with Journal(folder) as journal:
        record = _header(plan)
        journal.header(record)
        found = _collect(check_all(chosen, plan.settings, executor, plan.modules), on_check, journal)
        finished = _finish(record, plan, chosen, found, started)
        journal.finish(finished.data, complete=True)
    return finished


def _validate(settings: Settings) -> None:
    if not _whole(settings.examples, 1):
        raise InvalidArgument.of("examples", settings.examples, "a positive number", "pass e.g. 50")
    known = all(dtype in DTYPES for dtype in settings.dtypes)
    if not settings.dtypes or not known or len(set(settings.dtypes)) < len(settings.dtypes):
        raise InvalidArgument.of("dtype", settings.dtypes, f"some of {DTYPES}", "pass e.g. float64,float32")
    if not settings.sizes or not all(_whole(size, 0) for size in settings.sizes):
        raise InvalidArgument.of("sizes", settings.sizes, "extents >= 0", "pass e.g. 0,1,2,3,5")
    if not _whole(settings.seed, 0):
        raise InvalidArgument.of("seed", settings.seed, "a number >= 0", "pass e.g. 0")


def _validate_witnesses(required: Sequence[str]) -> None:
    known = (CLOSED_FORM, CENTRAL, COMPLEX_STEP, EXACT, JAX_FORWARD, JAX_REVERSE)
    for name in required:
        if not any(one == name or one.startswith(f"{name} ") for one in known):
            raise InvalidArgument.of(
                "require_witness", name, f"one of {', '.join(known)}, or jax", "pass jax"
            )


def _whole(number: object, least: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= least


def _resolve(rules: Sequence[str | Rule]) -> list[Rule]:
    if not rules:
        return select()
    everything: Sequence[object] = [rules] if isinstance(rules, str) else rules
    odd = [given for given in everything if isinstance(rules, str) or not isinstance(given, (str, Rule))]
    if odd:
        raise InvalidArgument.of("rules", odd[0], "a list of ids or rules", "pass e.g. ['elementwise/*']")
    named = [rule for rule in rules if isinstance(rule, str)]
    chosen = [rule for rule in rules if not isinstance(rule, str)]
    chosen += select(named) if named else []
    ids = [rule.id for rule in chosen]
    twice = next((rule_id for rule_id in ids if ids.count(rule_id) > 1), None)
    if twice is not None:
        raise InvalidArgument.of("rules", twice, "every id once", "give the other rule an id of its own")
    return chosen


def _collect(
    results: Iterator[dict[str, Any]],
    on_check: Callable[[Mapping[str, Any]], None] | None,
    journal: Journal | None,
) -> list[dict[str, Any]]:
    found = []
    for result in results:
        if journal is not None:
            journal.check(result)
        if on_check is not None:
            on_check(result)
        found.append(result)
    return found


def _witness_list(jax: Availability) -> list[dict[str, Any]]:
    present = [
        (CLOSED_FORM, "the documents' formula"),
        (CENTRAL, "adaptive central differences of f"),
        (COMPLEX_STEP, "complex step of f, where certified"),
        (EXACT, "exact rational arithmetic, for value claims"),
    ]
    listed = [{"name": name, "available": True, "detail": detail} for name, detail in present]
    autodiff = [
        {"name": name, "available": jax.usable, "detail": jax.detail} for name in (JAX_FORWARD, JAX_REVERSE)
    ]
    return listed + autodiff


def _header(plan: Plan) -> dict[str, Any]:
    settings = plan.settings
    return {
        "schema_version": 1,
        "tool": "gradcheck",
        "command": plan.command,
        "seed": settings.seed,
        "examples": settings.examples,
        "dtypes": list(settings.dtypes),
        "sizes": list(settings.sizes),
        "witnesses": _witness_list(JaxWitness().available()),
        "not_checkable": [
            {
                "id": entry["id"],
                "document": entry["file"],
                "lines": ", ".join(f"L{line}" for line, _ in entry["loc"]),
                "says": entry["says"],
                "right": entry["right"],
                "kind": entry["kind"],
            }
            for entry in not_checkable()
        ],
        "environment": environment(("numpy", "scipy", "hypothesis", "jax")),
    }


def _finish(
    record: dict[str, Any], plan: Plan, chosen: Sequence[Rule], found: list[dict[str, Any]], started: float
) -> RunRecord:
    order = {rule.id: place for place, rule in enumerate(chosen)}
    dtypes = {dtype: place for place, dtype in enumerate(plan.settings.dtypes)}
    checks = sorted(found, key=lambda check: (order[check["id"]], dtypes[check["dtype"]]))
    whole = not {rule.group for rule in chosen}.isdisjoint({Group.ERRATUM, Group.REJECTED})
    record = record | {
        "checks": checks,
        "not_checkable": record["not_checkable"] if whole else [],
        "self_test": _self_test(checks),
        "environment": record["environment"] | {"duration_seconds": round(time.perf_counter() - started, 3)},
    }
    return RunRecord(record | {"complete": True, "summary": _summary(record, plan)})


def _self_test(checks: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    tested = [check for check in checks if check["self_test"] is not None]
    if not tested:
        return None
    return {
        "full": False,
        "rules": len(tested),
        "effective": sum(check["self_test"]["effective"] for check in tested),
        "killed": sum(check["self_test"]["killed"] for check in tested),
        "survivors": [
            {"id": check["id"], "mutant": name}
            for check in tested
            for name in check["self_test"]["survivors"]
        ],
    }


def _is_silent(check: Mapping[str, Any], name: str) -> bool:
    """Whether the witness ``name`` was asked about a derivative and had no answer at any point."""
    asked = [said for who, said in check["witnesses"].items() if who == name or who.startswith(f"{name} ")]
    return check["kind"] == "derivative" and bool(asked) and not any(said["answered"] for said in asked)


def _summary(record: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    checks = record["checks"]
    unexpected = [check for check in checks if not check["as_expected"]]
    messages, other = _faults(record, unexpected), _unheard(record, plan.require)
    code = 1 if messages or other else 0
    messages += other
    if not any(check["entries"] for check in checks):
        # A claim of the wrong shape is wrong even where there is nothing to compare.
        code = 1 if any(check["verdict"] == "fail" for check in unexpected) else 5
        messages.append("nothing was checked")
    return tally(checks, messages=messages, exit_code=code) | {"other_faults": other}


def _faults(record: Mapping[str, Any], unexpected: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the claims, in words."""
    messages = []
    if unexpected:
        names = ", ".join(check["id"] for check in unexpected[:5])
        more = f" and {len(unexpected) - 5} more" if len(unexpected) > 5 else ""
        messages.append(f"{len(unexpected)} not as expected: {names}{more}")
    survivors = (record["self_test"] or {}).get("survivors", [])
    if survivors:
        messages.append(f"{len(survivors)} mutant(s) survived the self-test")
    return messages


def _unheard(record: Mapping[str, Any], required: Sequence[str]) -> list[str]:
    """Return in words which of the ``required`` witnesses are absent or silent."""
    present = {one["name"] for one in record["witnesses"] if one["available"]}
    found = []
    for name in required:
        if not any(one == name or one.startswith(f"{name} ") for one in present):
            found.append(f"required witness absent: {name}")
        elif silent := [check["id"] for check in record["checks"] if _is_silent(check, name)]:
            found.append(f"required witness {name} answered nothing for {', '.join(silent[:5])}")
    return found


def self_test(
    rules: Sequence[str | Rule] = (),
    *,
    points: int = 12,
    seed: int = 0,
    executor: Executor | Sequence[Executor] | None = None,
    modules: tuple[str, ...] = (),
    on_rule: Callable[[Mapping[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Put the standard mutants in the place of every rule's closed form; say for each rule which survive.

    Errata are left out: they are wrong already.  A rule needs at least
    :data:`FEWEST_MUTANTS` effective mutants.

    Returns
    -------
    list of dict
        ``id``, ``effective``, ``killed``, ``equivalent``, ``survivors``, in the catalogue's order.
    """
    chosen = [rule for rule in _resolve(rules) if rule.right is None]
    settings = Settings(examples=points, seed=seed, sizes=(1, 2, 3, 5))
    found = []
    for result in self_test_all(chosen, settings, executor, modules):
        if on_rule is not None:
            on_rule(result)
        found.append(result)
    order = {rule.id: place for place, rule in enumerate(chosen)}
    return sorted(found, key=lambda result: order[result["id"]])


FEWEST_MUTANTS = 3
"""A rule with fewer effective mutants has not been tested."""
