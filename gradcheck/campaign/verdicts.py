"""Testimonies -> pairs -> the verdict at one point.

Which verdict is expected there is the campaign's business, not this module's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.campaign.witnesses import (
    AUTODIFF,
    CENTRAL,
    CLOSED_FORM,
    COMPLEX_STEP,
    EXACT,
    JAX_FORWARD,
    JAX_REVERSE,
    Testimony,
)
from gradcheck.compare import Comparison, compare
from gradcheck.results import Reason, Status, Verdict
from gradcheck.tolerance import Detectable, detectable, eps_of, max_detectable, smallest_shown

__all__ = ["Pair", "PointVerdict", "pairs_of", "verdict_on"]

_ORDER = (CLOSED_FORM, JAX_FORWARD, JAX_REVERSE, CENTRAL, COMPLEX_STEP, EXACT)
_NUMERICAL = (CENTRAL, COMPLEX_STEP, EXACT)
_NO_SCALE: Array = np.zeros(0)


@dataclass(frozen=True)
class Pair:
    """Two witnesses and how they compare; ``claimed`` is the one that is judged."""

    claimed: Testimony
    reference: Testimony
    comparison: Comparison

    @property
    def names(self) -> tuple[str, str]:
        """The witnesses' names, the judged one first."""
        return self.claimed.witness, self.reference.witness


@dataclass(frozen=True)
class PointVerdict:
    """What is known at one point.

    Attributes
    ----------
    verdict, reason, message
        Of the claim at this point.
    testimonies
        All that was said, the judged closed form first.
    pairs
        Every comparison made.
    failing
        The pair that makes it FAIL, or None.
    power
        What the check would have caught; None when an entry stayed undecided.
    entries
        Entries that at least one numerical witness decided.
    conventions
        ``(witness, text)`` at a kink or a jump.
    nfev
        Evaluations of ``f``.
    scale
        ``max |f_i|`` over the largest step, shape ``(m,)``: what a row of zeros is measured by.
    """

    verdict: Verdict
    reason: Reason
    message: str
    testimonies: tuple[Testimony, ...] = ()
    pairs: tuple[Pair, ...] = ()
    failing: Pair | None = None
    power: Detectable | None = None
    entries: int = 0
    conventions: tuple[tuple[str, str], ...] = ()
    nfev: int = 0
    scale: Array = field(default_factory=lambda: _NO_SCALE)


def pairs_of(said: Sequence[Testimony]) -> tuple[Pair, ...]:
    """Compare all witnesses pairwise; those without a statement, or refused, stay out.

    The closed form is judged by everybody, autodiff by the numerical witnesses,
    and the numerical ones by each other.
    """
    present = sorted(
        (one for one in said if one.value is not None and one.status is not Status.REFUSED),
        key=lambda one: _ORDER.index(one.witness),
    )
    return tuple(Pair(a, b, _compare(a, b)) for a, b in itertools.combinations(present, 2))


def _compare(a: Testimony, b: Testimony) -> Comparison:
    value_a, error_a = a.statement
    value_b, error_b = b.statement
    if a.witness in _NUMERICAL and value_a.shape == value_b.shape:
        # An entry that either numerical witness left open is undecided, not wrong.
        value_b = np.where(np.isfinite(value_a), value_b, np.nan)
    return compare(value_a, error_a, value_b, error_b)


def verdict_on(
    said: Sequence[Testimony],
    dtype: str,
    *,
    nfev: int = 0,
    scale: Array | None = None,
    place: tuple[Array, Array] | None = None,
) -> PointVerdict:
    """Judge the first of ``said`` by the others.

    FAIL when any pair disagrees beyond both error bars; PASS when a numerical
    witness decided every entry and the check would have caught a small enough
    error; else INCONCLUSIVE.

    Parameters
    ----------
    said
        What the witnesses say, the judged one first.
    dtype
        The format in which the claim was evaluated.
    nfev, scale
        As in the result.
    place
        ``x`` and ``f(x)``, flat: entries that such values show count by themselves, however wide the bars.
        Without it, as of a value or of a mutant, every entry below its bars counts as a zero.
    """
    pairs = pairs_of(said)
    references = [one for one in said if one.witness in _NUMERICAL and one.value is not None]
    scale = np.zeros(references[0].statement[0].shape[0]) if scale is None else scale
    power, decided = _power(said[0], references, scale, place, dtype)
    failing = next((pair for pair in pairs if pair.comparison.verdict is Verdict.FAIL), None)

    def concluded(verdict: Verdict, reason: Reason, message: str) -> PointVerdict:
        return PointVerdict(
            verdict,
            reason,
            message,
            tuple(said),
            pairs,
            failing,
            power,
            int(decided.sum()),
            nfev=nfev,
            scale=scale,
        )

    if failing is not None and _central_stands_alone(pairs):
        text = f"central differences alone disagree; {_difference(failing)}"
        return replace(concluded(Verdict.INCONCLUSIVE, Reason.NOISY_REFERENCE, text), failing=None)
    if failing is not None:
        message = f"{_against(failing, pairs)}: {_difference(failing)}"
        if failing.names[0] in AUTODIFF:
            message += f"; it is {failing.names[0].partition(' ')[0]}'s derivative of f, not the closed form"
        return concluded(Verdict.FAIL, failing.comparison.reason, message)
    if not decided.all():
        return concluded(Verdict.INCONCLUSIVE, references[0].status.reason, references[0].text)
    if power is not None and not power.worst() <= max_detectable(dtype):
        text = f"an error of {power.worst():.2g} relative could have been missed"
        if power.worst() > 1:
            text = "the derivative cannot be told from 0 here"
        return concluded(Verdict.INCONCLUSIVE, Reason.TOO_WEAK, text)
    return concluded(Verdict.PASS, Reason.AGREES, "")


def _against(failing: Pair, pairs: Sequence[Pair]) -> str:
    """Return who contradicts the judged witness, and who agrees with it."""
    judged = failing.names[0]
    said = {pair.names[1]: pair.comparison.verdict for pair in pairs if pair.names[0] == judged}
    against = [name for name, verdict in said.items() if verdict is Verdict.FAIL]
    confirm = [name for name, verdict in said.items() if verdict is Verdict.PASS]
    text = f"{judged} against {_listed(against)}"
    return f"{text} (agrees with {_listed(confirm)})" if confirm else text


def _listed(names: Sequence[str]) -> str:
    if set(names) >= {JAX_FORWARD, JAX_REVERSE}:
        names = ["jax", *(name for name in names if name not in (JAX_FORWARD, JAX_REVERSE))]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _difference(pair: Pair) -> str:
    """Return where the two differ most: ``claimed 3, not 1.5, at [0, 1] (tolerance 5e-14)``."""
    compared, (claimed, _), (reference, _) = pair.comparison, pair.claimed.statement, pair.reference.statement
    if compared.index is None or claimed.shape != reference.shape:
        return compared.message
    count, index = int(compared.wrong.sum()), compared.index
    where = "" if claimed.size == 1 else f", at [{', '.join(map(str, index))}]"
    digits = _telling_digits(float(claimed[index]), float(reference[index]))
    numbers = f"claimed {claimed[index]:.{digits}g}, not {reference[index]:.{digits}g}{where}"
    allowed = float(compared.allowed[index])
    text = f"{numbers} (tolerance {allowed:.2g})" if math.isfinite(allowed) else numbers
    return text if count < 2 else f"{text}; {count} of {claimed.size} entries differ"


def _telling_digits(claimed: float, reference: float) -> int:
    """Return how many digits show two figures of the difference, at least 6."""
    size = max(abs(claimed), abs(reference))
    share = abs(claimed - reference) / size if size else 1.0
    return int(min(17, max(6, 2 - math.floor(math.log10(share))))) if math.isfinite(share) and share else 6


def _central_stands_alone(pairs: Sequence[Pair]) -> bool:
    """Whether central differences contradict everybody, among them a certified complex step.

    The bar of one estimator is then in question, not the claim: nothing wrong agrees with a
    complex step, with autodiff and with itself.
    """
    disagree = [pair for pair in pairs if pair.comparison.verdict is Verdict.FAIL]
    confirmed = any(
        pair.names == (CLOSED_FORM, COMPLEX_STEP) and pair.comparison.verdict is Verdict.PASS
        for pair in pairs
    )
    return confirmed and all(CENTRAL in pair.names for pair in disagree)


def _power(
    claimed: Testimony,
    references: Sequence[Testimony],
    scale: Array,
    place: tuple[Array, Array] | None,
    dtype: str,
) -> tuple[Detectable | None, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return what the sharpest numerical witness of each entry would have caught, and the entries decided."""
    shape = references[0].statement[0].shape
    value, error = np.full(shape, np.nan), np.full(shape, np.inf)
    for one in references:
        if one.status is Status.REFUSED:
            continue
        stated, bar = one.statement
        sharper = np.isfinite(stated) & (bar < error)
        value, error = np.where(sharper, stated, value), np.where(sharper, bar, error)
    decided: np.ndarray[Any, np.dtype[np.bool_]] = np.isfinite(value) & np.isfinite(error)
    if claimed.value is None or claimed.error is None or claimed.value.shape != shape or not decided.all():
        return None, decided
    shown = None
    if place is not None and (place[1].size, place[0].size) == shape:
        shown = smallest_shown(*place, value, eps_of(dtype))
    return detectable(*claimed.statement, value, error, scale, shown=shown), decided
