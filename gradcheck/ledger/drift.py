"""What a check no longer does that it did: fewer entries, fewer points, a witness silent, less power."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.ledger.standing import Standing

__all__ = ["GROWTH", "Drift", "drifts"]

GROWTH = 100.0
"""A check whose smallest detectable error has grown by more than this has lost its power."""
FEWER = 0.9
"""The part of its points that a property test keeps: it runs its examples, a few more or less."""
_SIGMAS = 6
"""A count that is chance has a deviation of its root; this many are met once in 1e9."""
_EPS = 2.0**-52
"""What a check detects below the rounding of float64 is no loss."""


@dataclass(frozen=True)
class Drift:
    """One loss: ``kind`` is ``"shrank"``, ``"witness"`` or ``"detectable"``; ``text`` says it in words."""

    kind: str
    text: str


def drifts(before: Standing, after: Standing) -> list[Drift]:
    """Return what was lost from ``before`` to ``after``.

    A check at fixed points shrinks when it compares fewer entries, as when an output is skipped; one at
    drawn points when a stratum has fewer, for how many entries a drawn shape has is chance; one whose
    points are chance themselves when there are fewer by more than chance explains.

    Examples
    --------
    >>> [one.text for one in drifts(Standing("f", "float64", entries=6), Standing("f", "float64", entries=4))]
    ['compares 4 entries, was 6']
    """
    return [*_shrinkage(before, after), *_silence(before, after), *_weakening(before, after)]


def _shrinkage(before: Standing, after: Standing) -> Iterator[Drift]:
    was, now = before.points or {}, after.points or {}
    if before.chance and (after.known == "fail" or after.forgiven):
        # A property test that fails stops at its failure, and is reported for that.
        return
    if not was:
        # Its points are drawn now: entries of drawn shapes say nothing against entries of fixed ones.
        if not now and after.entries < before.entries:
            yield Drift("shrank", f"compares {after.entries} entries, was {before.entries}")
        return
    if before.entries and not after.entries:
        yield Drift("shrank", f"compares no entry, was {before.entries}")
    for stratum, points in sorted(was.items()):
        least = points - _SIGMAS * math.sqrt(points) if before.chance else points
        if now.get(stratum, 0) < least:
            yield Drift("shrank", f"visits {now.get(stratum, 0)} {stratum} points, was {points}")
    total, least = sum(was.values()), FEWER * sum(was.values())
    if before.chance and sum(now.values()) < least:
        yield Drift("shrank", f"visits {sum(now.values())} points, was {total}")


def _silence(before: Standing, after: Standing) -> Iterator[Drift]:
    for name in sorted(set(before.witnesses) - set(after.heard)):
        yield Drift("witness", f"the witness {name} answers no longer")


def _weakening(before: Standing, after: Standing) -> Iterator[Drift]:
    if before.detectable is None or math.isnan(before.detectable) or before.known:
        return
    if after.known or after.forgiven or before.generated is not after.generated:
        # A check that fails has no power to speak of; one at drawn points has another's figure, the median.
        return
    if after.detectable is None:
        yield Drift("detectable", f"no longer says what it would have caught, was {before.detectable:.2g}")
        return
    # What lies below a rounding is no power that could be lost.
    was = max(before.detectable, _EPS)
    if not after.detectable <= GROWTH * was:
        yield Drift("detectable", f"would catch an error of {after.detectable:.2g}, was {was:.2g}")
