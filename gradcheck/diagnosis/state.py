"""Claim and reference on the way from one to the other, and how much their agreement says.

Evidence is counted in bits: an entry that agrees within ``allowed`` although it
could have been anywhere on a ``scale`` says ``log2(scale / allowed)``.  A fitted
number uses up the bits of the entry it was fitted to, and the choice among many
hypotheses costs its logarithm (minimum description length: Rissanen 1978,
Automatica 14, 465-471).  What remains is minus the logarithm of the chance that
an unrelated claim fits as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.fitting import multiplier_intervals
from gradcheck.diagnosis.mistakes import Finding, Where
from gradcheck.tolerance import budget

__all__ = ["MOST_BITS", "REQUIRED_BITS", "State", "Step", "ways"]

REQUIRED_BITS = 12.0
"""Bits that must remain: an unrelated claim is named by chance once in 4096 times at the very most."""

MOST_BITS = 44.0
"""No entry says more: agreement to 1e-13 of its scale, about 400 roundings, is as good as it gets."""


def ways(count: float) -> float:
    """Return the bits that choosing one of ``count`` costs."""
    return float(np.log2(max(count, 1.0)))


@dataclass(frozen=True)
class State:
    """A claim with some mistakes undone, a reference with some mistakes applied.

    Attributes
    ----------
    claim, claim_error
        Undone so far; any shape until a shape step has been taken.
    reference, reference_error
        Shape of the claim once comparable.
    scale
        How far each entry could have been from where it is, for the evidence; ``|reference|`` at first.
    """

    claim: Array
    claim_error: Array
    reference: Array
    reference_error: Array
    scale: Array

    @classmethod
    def of(cls, claim: Array, claim_error: Array, reference: Array, reference_error: Array) -> State:
        """Start with nothing undone."""
        return cls(claim, claim_error, reference, reference_error, np.abs(reference))

    @property
    def comparable(self) -> bool:
        """Whether claim and reference have one shape."""
        return bool(self.claim.shape == self.reference.shape)

    @cached_property
    def allowed(self) -> Array:
        """The budget of both bars."""
        return budget(self.claim_error, self.reference_error)

    @cached_property
    def decided(self) -> Array:
        """Entries with a usable reference."""
        usable: Array = np.isfinite(self.reference) & np.isfinite(self.reference_error)
        return usable

    @cached_property
    def wrong(self) -> Array:
        """Entries that disagree, as ``compare`` has it."""
        with np.errstate(all="ignore"):
            near = np.isfinite(self.claim) & (np.abs(self.claim - self.reference) <= self.allowed)
        result: Array = self.decided & ~near
        return result

    @cached_property
    def agrees(self) -> bool:
        """Whether no decided entry disagrees."""
        return self.comparable and not bool(self.wrong.any())

    @cached_property
    def bits(self) -> Array:
        """Evidence entry by entry; 0 where undecided or wrong."""
        with np.errstate(all="ignore"):
            raw = np.log2(self.scale / self.allowed)
        return np.where(self.decided & ~self.wrong & (raw > 0), np.minimum(raw, MOST_BITS), 0.0)

    @cached_property
    def informative(self) -> Array:
        """Entries where both sides are decidedly not zero."""
        with np.errstate(all="ignore"):
            return (
                self.decided
                & np.isfinite(self.claim)
                & (np.abs(self.reference) > self.reference_error)
                & (np.abs(self.claim) > self.claim_error)
            )

    @cached_property
    def multipliers(self) -> tuple[Array, Array]:
        """The least and the greatest number that undoes each entry's factor; any where it says nothing."""
        with np.errstate(all="ignore"):
            low, high = multiplier_intervals(
                self.claim, self.claim_error, self.reference, self.reference_error
            )
        return np.where(self.informative, low, -np.inf), np.where(self.informative, high, np.inf)

    @cached_property
    def pivot(self) -> tuple[int, int] | None:
        """The first entry that disagrees: what does not mend it does not mend all."""
        at = int(np.argmax(self.wrong)) if self.wrong.size else 0
        row, column = divmod(at, self.wrong.shape[1])
        return (row, column) if self.wrong.size and self.wrong[row, column] else None

    def undone(self, claim: Array, claim_error: Array, scale: Array | None = None) -> State:
        """Replace the claim's side."""
        return State(
            claim, claim_error, self.reference, self.reference_error, self.scale if scale is None else scale
        )

    def applied(self, reference: Array, reference_error: Array, scale: Array | None = None) -> State:
        """Replace the reference's side; the scale becomes the larger of ``|reference|`` and ``scale``."""
        size = np.abs(reference)
        return State(
            self.claim,
            self.claim_error,
            reference,
            reference_error,
            size if scale is None else np.fmax(size, scale),
        )

    def block(self, where: Where) -> State:
        """Return the part on the rows and columns of ``where``."""
        index = self._index(where)
        return State(
            self.claim[index],
            self.claim_error[index],
            self.reference[index],
            self.reference_error[index],
            self.scale[index],
        )

    def with_block(self, where: Where, part: State) -> State:
        """Return this state with ``part`` put on the rows and columns of ``where``."""
        index = self._index(where)
        fields = ("claim", "claim_error", "reference", "reference_error", "scale")
        changed = {}
        for name in fields:
            array = np.array(getattr(self, name), dtype=float)
            array[index] = getattr(part, name)
            changed[name] = array
        return replace(self, **changed)

    def settled(self, mask: Array) -> State:
        """Return this state with the reference's value at the entries of ``mask``, which then say nothing."""
        return replace(
            self,
            claim=np.where(mask, self.reference, self.claim),
            claim_error=np.where(mask, 0.0, self.claim_error),
            scale=np.where(mask, 0.0, self.scale),
        )

    def _index(self, where: Where) -> tuple[Any, Any]:
        m, n = self.reference.shape
        rows = range(m) if where.rows is None else where.rows
        columns = range(n) if where.columns is None else where.columns
        return np.array(rows, dtype=int)[:, None], np.array(columns, dtype=int)[None, :]


@dataclass(frozen=True)
class Step:
    """A finding, the state after undoing it, and what it cost.

    Attributes
    ----------
    choice
        Bits of the choice among hypotheses of this kind.
    consumed
        Bits used up by fitted numbers.
    place
        Bits of naming the place; they make an explanation longer but are no choice of the search.
    own
        For a mistake of one block only: the bits that remain within it; None for the whole.
    """

    finding: Finding
    state: State
    choice: float
    consumed: float = 0.0
    place: float = 0.0
    own: float | None = None

    @property
    def length(self) -> float:
        """Bits of its description."""
        return self.choice + self.consumed + self.place
