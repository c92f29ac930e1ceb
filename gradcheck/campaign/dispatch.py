"""Rules examined here or by the workers of an executor; results come as they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from functools import cache
from typing import Any

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Autodiff
from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.sampling import Settings
from gradcheck.campaign.selftest import examine_rule
from gradcheck.errors import GradcheckError, InvalidArgument
from gradcheck.journal import encode
from gradcheck.rules.registry import Rule
from gradcheck.selection import find_rule, load_modules

__all__ = ["check_all", "self_test_all"]

Row = dict[str, Any]
Job = tuple[tuple[Rule, ...], str]
Workers = Executor | Sequence[Executor]
"""One executor, to be given everything at once; or several, each given one job at a time."""


def check_all(
    rules: Sequence[Rule], settings: Settings, executor: Workers | None = None, modules: Sequence[str] = ()
) -> Iterator[Row]:
    """Examine every rule in every dtype; yield the record's rows as they end.

    Raises
    ------
    GradcheckError
        If a worker process dies.
    """
    jobs = [(group, dtype) for group in _by_function(rules) for dtype in settings.dtypes]
    # Long jobs first: the loss and the general rules, so that no worker is left alone at the end.
    sent = jobs if executor is None else sorted(jobs, key=_weight)

    def elsewhere(pool: Executor, job: Job) -> Future[list[Row | None]]:
        return pool.submit(_check_elsewhere, _ids(job), job[1], settings, tuple(modules))

    witness = JaxWitness()
    yield from _spread(sent, executor, elsewhere, lambda rule, dtype: _row(rule, dtype, settings, witness))


def self_test_all(
    rules: Sequence[Rule], settings: Settings, executor: Workers | None = None, modules: Sequence[str] = ()
) -> Iterator[Row]:
    """Inject the standard faults into every rule; yield the counts as they end; raise as `check_all` does."""

    def elsewhere(pool: Executor, job: Job) -> Future[list[Row | None]]:
        return pool.submit(_self_test_elsewhere, _ids(job), settings, tuple(modules))

    jobs: list[Job] = [((rule,), "float64") for rule in rules]
    yield from _spread(jobs, executor, elsewhere, lambda rule, _: examine_rule(rule, settings))


def _by_function(rules: Sequence[Rule]) -> list[tuple[Rule, ...]]:
    """Return the rules grouped by their function: a process traces it once for all of them."""
    groups: dict[object, list[Rule]] = {}
    for rule in rules:
        shared = not rule.functions and _registered(rule)
        groups.setdefault(rule.f if shared else rule.id, []).append(rule)
    return [tuple(group) for group in groups.values()]


def _ids(job: Job) -> tuple[str, ...]:
    return tuple(rule.id for rule in job[0])


def _spread(
    jobs: Sequence[Job],
    executor: Workers | None,
    elsewhere: Callable[[Executor, Job], Future[list[Row | None]]],
    here: Callable[[Rule, str], Row],
) -> Iterator[Row]:
    # A rule that no registry holds cannot be found in another process.
    kept = [
        (rule, dtype) for group, dtype in jobs for rule in group if executor is None or not _registered(rule)
    ]
    if executor is not None:
        sent = [job for job in jobs if all(map(_registered, job[0]))]
        for (group, dtype), rows in _as_they_end(sent, executor, elsewhere):
            for rule, found in zip(group, rows, strict=True):
                if found is None:
                    kept.append((rule, dtype))
                else:
                    yield found
    for rule, dtype in kept:
        yield here(rule, dtype)


def _as_they_end(
    jobs: Sequence[Job],
    workers: Workers,
    elsewhere: Callable[[Executor, Job], Future[list[Row | None]]],
) -> Iterator[tuple[Job, list[Row | None]]]:
    waiting = deque(jobs)
    running: dict[Future[list[Row | None]], tuple[Job, Executor]] = {}

    def begin(pool: Executor) -> None:
        if waiting:
            job = waiting.popleft()
            running[elsewhere(pool, job)] = job, pool

    for pool in [workers] * len(jobs) if isinstance(workers, Executor) else workers:
        begin(pool)
    try:
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                job, pool = running.pop(future)
                begin(pool)
                yield job, future.result()
    except BrokenExecutor as cause:
        raise GradcheckError(
            "a worker process died before its work was done (out of memory, or a crash in a function under "
            "test); run again with `--jobs 1` to see at which rule"
        ) from cause
    finally:
        for future in running:
            future.cancel()


def _registered(rule: Rule) -> bool:
    try:
        return find_rule(rule.id) is rule
    except InvalidArgument:
        return False


def _weight(job: Job) -> int:
    """Return a sort key: the longest first, generated functions and many arrays above all."""
    return -sum(sum(len(given.shape) for given in rule.inputs) + 4 * len(rule.functions) for rule in job[0])


def _row(rule: Rule, dtype: str, settings: Settings, witness: Autodiff) -> Row:
    encoded: Row = encode(check_rule(rule, dtype, settings, witness))
    return encoded


def _known(rule_id: str, modules: Sequence[str]) -> Rule | None:
    load_modules(modules)
    try:
        return find_rule(rule_id)
    except InvalidArgument:
        return None


@cache
def _own_witness() -> JaxWitness:
    """Return the witness of this worker process: what it has compiled for one rule serves the next."""
    return JaxWitness()


def _check_elsewhere(
    rule_ids: Sequence[str], dtype: str, settings: Settings, modules: tuple[str, ...]
) -> list[Row | None]:
    known = [_known(rule_id, modules) for rule_id in rule_ids]
    return [None if rule is None else _row(rule, dtype, settings, _own_witness()) for rule in known]


def _self_test_elsewhere(
    rule_ids: Sequence[str], settings: Settings, modules: tuple[str, ...]
) -> list[Row | None]:
    known = [_known(rule_id, modules) for rule_id in rule_ids]
    return [None if rule is None else examine_rule(rule, settings) for rule in known]
