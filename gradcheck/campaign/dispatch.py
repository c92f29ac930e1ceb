"""Rules examined here or by the workers of an executor; results come as they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
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

_WITNESS: list[Autodiff] = []
"""The witness of a worker process: registered rules keep their meaning, so it keeps what it has compiled."""


def check_all(
    rules: Sequence[Rule], settings: Settings, executor: Executor | None = None, modules: Sequence[str] = ()
) -> Iterator[Row]:
    """Examine every rule in every dtype; yield the record's rows as they end.

    Raises
    ------
    GradcheckError
        If a worker process dies.
    """
    jobs = [(rule, dtype) for rule in rules for dtype in settings.dtypes]
    # Long jobs first: the loss and the general rules, so that no worker is left alone at the end.
    sent = jobs if executor is None else sorted(jobs, key=lambda job: -_weight(job[0]))

    def elsewhere(pool: Executor, job: tuple[Rule, str]) -> Future[Row | None]:
        return pool.submit(_check_elsewhere, job[0].id, job[1], settings, tuple(modules))

    # Of this call alone: compiled programs are kept by id, and two calls may give one id two meanings.
    witness = JaxWitness()
    yield from _spread(sent, executor, elsewhere, lambda job: _row(*job, settings, witness))


def self_test_all(
    rules: Sequence[Rule], settings: Settings, executor: Executor | None = None, modules: Sequence[str] = ()
) -> Iterator[Row]:
    """Inject the standard faults into every rule; yield the counts as they end; raise as `check_all` does."""

    def elsewhere(pool: Executor, job: tuple[Rule, str]) -> Future[Row | None]:
        return pool.submit(_self_test_elsewhere, job[0].id, settings, tuple(modules))

    jobs = [(rule, "float64") for rule in rules]
    yield from _spread(jobs, executor, elsewhere, lambda job: examine_rule(job[0], settings))


def _spread(
    jobs: Sequence[tuple[Rule, str]],
    executor: Executor | None,
    elsewhere: Callable[[Executor, tuple[Rule, str]], Future[Row | None]],
    here: Callable[[tuple[Rule, str]], Row],
) -> Iterator[Row]:
    # A rule that no registry holds cannot be found in another process.
    kept = [job for job in jobs if executor is None or not _registered(job[0])]
    if executor is not None:
        futures = {elsewhere(executor, job): job for job in jobs if _registered(job[0])}
        for future, found in _as_they_end(futures):
            if found is None:
                kept.append(futures[future])
            else:
                yield found
    for job in kept:
        yield here(job)


def _as_they_end(
    futures: Mapping[Future[Row | None], object],
) -> Iterator[tuple[Future[Row | None], Row | None]]:
    try:
        for future in as_completed(futures):
            yield future, future.result()
    except BrokenExecutor as cause:
        raise GradcheckError(
            "a worker process died before its work was done (out of memory, or a crash in a function under "
            "test); run again with `--jobs 1` to see at which rule"
        ) from cause
    finally:
        for future in futures:
            future.cancel()


def _registered(rule: Rule) -> bool:
    try:
        return find_rule(rule.id) is rule
    except InvalidArgument:
        return False


def _weight(rule: Rule) -> int:
    arrays = sum(len(given.shape) for given in rule.inputs)
    return arrays + 4 * len(rule.functions)


def _row(rule: Rule, dtype: str, settings: Settings, witness: Autodiff) -> Row:
    encoded: Row = encode(check_rule(rule, dtype, settings, witness))
    return encoded


def _known(rule_id: str, modules: Sequence[str]) -> Rule | None:
    load_modules(modules)
    try:
        return find_rule(rule_id)
    except InvalidArgument:
        return None


def _check_elsewhere(rule_id: str, dtype: str, settings: Settings, modules: tuple[str, ...]) -> Row | None:
    rule = _known(rule_id, modules)
    if not _WITNESS:
        _WITNESS.append(JaxWitness())
    return None if rule is None else _row(rule, dtype, settings, _WITNESS[0])


def _self_test_elsewhere(rule_id: str, settings: Settings, modules: tuple[str, ...]) -> Row | None:
    rule = _known(rule_id, modules)
    return None if rule is None else examine_rule(rule, settings)
