"""Points for a campaign: drawn by Hypothesis outside pytest, the same for the same seed."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import hypothesis
from hypothesis.errors import Flaky, NoSuchExample

from gradcheck.domains import Stratum
from gradcheck.errors import InvalidArgument
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point, point

__all__ = ["Settings", "draw_points", "numbers_of_the_seed", "smallest_point"]

_SEARCH = 100
"""Points tried at least when a failure is searched for again, to be shrunk."""

_FEW_POINTS = 8
"""Fewer points than this are worth choosing."""

_ON_OWN: ContextVar[bool] = ContextVar("gradcheck_draws_on_its_own", default=False)


@dataclass(frozen=True)
class Settings:
    """What a campaign is asked to do; plain data, so that a worker process can receive it.

    Attributes
    ----------
    examples
        Points a rule and dtype, all strata together.
    seed
        Everything random follows from it and the rule's id.
    dtypes
        ``"float64"`` and ``"float32"``: the format of the claims; references are float64.
    sizes
        The pool of extents.
    """

    examples: int = 50
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64",)
    sizes: tuple[int, ...] = (0, 1, 2, 3, 5)


def _seed_of(settings: Settings, rule: Rule, dtype: str, stratum: Stratum) -> int:
    """Return a seed of its own for each rule, dtype and stratum."""
    text = f"{settings.seed}/{rule.id}/{dtype}/{stratum}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _hypothesis_settings(examples: int, phases: Iterable[hypothesis.Phase]) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=tuple(phases),
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )


@contextmanager
def numbers_of_the_seed() -> Iterator[None]:
    """Draw what the seed says, and nothing from the source of the modules that happen to be loaded.

    Hypothesis mixes in integers that it reads there.  The points of a seed would
    depend on what else was imported, and the working folder would hold its cache.
    """
    _keep_out_constants()
    token = _ON_OWN.set(True)
    try:
        yield
    finally:
        _ON_OWN.reset(token)


@functools.cache
def _keep_out_constants() -> None:
    try:
        from hypothesis.internal.conjecture.providers import HypothesisProvider

        original = HypothesisProvider._maybe_draw_constant  # noqa: SLF001
    except (ImportError, AttributeError):
        # A Hypothesis that reads no sources.
        return

    def maybe(self: Any, *args: Any, **kwargs: Any) -> Any:
        return None if _ON_OWN.get() else original(self, *args, **kwargs)

    setattr(HypothesisProvider, "_maybe_draw_constant", maybe)  # noqa: B010


def draw_points(
    rule: Rule, stratum: Stratum, count: int, settings: Settings, dtype: str = "float64"
) -> list[Point]:
    """Return up to ``count`` different points of ``stratum``, the same for the same seed.

    Hypothesis begins with the simplest point, which often has no entry at all: it
    comes last, and of very few points those with entries come first.
    """
    drawn: dict[str, Point] = {}
    strategy = point(rule, stratum, sizes=settings.sizes, dtype=dtype)

    @hypothesis.seed(_seed_of(settings, rule, dtype, stratum))
    @_hypothesis_settings(max(count + 1, _FEW_POINTS), [hypothesis.Phase.generate])
    @hypothesis.given(strategy)
    def collect(one: Point) -> None:
        drawn.setdefault(_identity(one), one)

    with numbers_of_the_seed():
        collect()
    different = list(drawn.values())
    simplest, others = different[:1], different[1:]
    if count >= _FEW_POINTS:
        return others[: count - 1] + simplest
    return sorted(others + simplest, key=_is_empty)[:count]


def _identity(one: Point) -> str:
    arrays = {name: (value.shape, value.tolist()) for name, value in one.arguments.items()}
    return f"{arrays} {[str(drawn) for drawn in one.functions.values()]}"


def _is_empty(one: Point) -> bool:
    return any(value.size == 0 for value in one.arguments.values())


def smallest_point(
    rule: Rule, stratum: Stratum, fails: Callable[[Point], bool], settings: Settings, dtype: str
) -> Point | None:
    """Search ``stratum`` for a point that ``fails`` whenever asked, and shrink it; None without one.

    Small extents are searched first: Hypothesis shrinks numbers well, but several arrays at once badly.
    """
    pool = sorted(set(settings.sizes))
    for allowed in range(1, len(pool) + 1):
        within = replace(settings, sizes=tuple(pool[:allowed]))
        found = _found(rule, stratum, fails, within, dtype)
        if found is not None:
            return found
    return None


def _found(
    rule: Rule, stratum: Stratum, fails: Callable[[Point], bool], settings: Settings, dtype: str
) -> Point | None:
    try:
        with numbers_of_the_seed():
            return hypothesis.find(
                point(rule, stratum, sizes=settings.sizes, dtype=dtype),
                fails,
                settings=_hypothesis_settings(
                    max(settings.examples, _SEARCH), [hypothesis.Phase.generate, hypothesis.Phase.shrink]
                ),
                random=random.Random(_seed_of(settings, rule, dtype, stratum)),
            )
    except (NoSuchExample, Flaky, InvalidArgument):
        # Among them: no legal shape of such extents.
        return None
