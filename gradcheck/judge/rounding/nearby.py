"""What other points say of a disagreement: the claim's own rounding, or a mistake.

Points are visited only after an entry disagreed; the claim alone comes first, for it costs no reference, and
then the worst columns, which mostly decide.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.compare import Comparison
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.outcome.power import smallest_shown
from gradcheck.judge.question.budget import BudgetSpent, counter_of
from gradcheck.judge.references.elsewhere import AT_FIRST, Elsewhere, worst_columns
from gradcheck.judge.references.sharpest import Reference
from gradcheck.judge.rounding.absorbed import absorbed
from gradcheck.judge.rounding.conditioning import argument_rounding
from gradcheck.judge.rounding.extended import WIDER
from gradcheck.judge.rounding.scatter import COARSE, FINE, MOST_VISITED, claim_rounding, foreseen_rounding
from gradcheck.judge.rounding.vanished import vanished
from gradcheck.results import Status
from gradcheck.tolerance import LAST_DIGITS, eps_of

__all__ = ["Nearby", "foreseen"]

_OF_ITSELF = 0.75
"""Share of a claim's measured rounding that it shows without the reference, see `claim_rounding`."""
_HARDLY_MET = 1e-8
"""A claim that scatters by more than this share would hardly agree to its last digits, once in 1e5 at most:
its own branches are seen, beside a kink."""
_FAR_LESS = 1 / 64
"""Of the 11 bits more a claim that is evaluated in them throughout keeps six at least."""
_OF_WIDER = 4.0
"""What scatters in the wider format may be off by this much there."""
_KEPT = 2
"""Evaluations kept for what follows: broadcasting, and the point once more at the end."""
_LARGE = 1e-6
"""A scatter of this share of an entry may be rounding that hides what kind of mistake was made."""


class Nearby:
    """A claim and its reference about a point where they disagree.

    Parameters
    ----------
    claim, claimed
        The claim, and its numbers at the point; of one that cannot be evaluated elsewhere nothing is found.
    reference
        At the point; the witness that answered there answers elsewhere.
    compared
        Where they disagree.
    bounds
        Flat, or None: f is never evaluated outside.
    rng
        Gives a generator, the same each time.
    """

    def __init__(
        self,
        claim: Claim,
        claimed: ClaimMatrix,
        reference: Reference,
        compared: Comparison,
        bounds: Any,
        rng: Callable[[], np.random.Generator],
    ) -> None:
        self.claim, self.claimed, self.reference, self.compared = claim, claimed, reference, compared
        self.x: Array = claim.problem.x
        self.rng = rng
        exact = reference.estimates.get("complex-step")
        method = "complex-step" if exact is not None and exact.status is Status.OK else "central"
        self._sharp = Elsewhere(claim.problem, method, bounds)
        self._central = Elsewhere(claim.problem, "central", bounds)
        self._scattered: dict[tuple[float, ...], Array | None] = {}
        self._visited: dict[tuple[bytes, bytes], tuple[Array, Array] | None] = {}

    @property
    def nfev(self) -> int:
        """Evaluations of f so far."""
        return self._sharp.nfev + self._central.nfev

    def holds_for(self, reference: Reference, compared: Comparison) -> bool:
        """Whether all that was found out about it so far is of this comparison too."""
        return reference is self.reference and np.array_equal(compared.wrong, self.compared.wrong)

    def widened(self, claim_error: Array, wrong_with: Callable[[Array], Array]) -> Array | None:
        """Return the claim's error with its own rounding added where it disagrees; None where that is not it.

        ``wrong_with`` tells which entries are wrong with such an error.
        """
        if not np.isfinite(self.claimed.value[self.compared.wrong]).all():
            return None
        if self._too_smooth() or self._wrong_in_wider():
            return None
        widened = claim_error.copy()
        for columns in worst_columns(self.compared.ratio, self.compared.wrong):
            wrong = self.compared.wrong[:, columns]
            part = widened[:, columns]
            part[wrong] += self._rounding(claim_error, columns)[wrong]
            widened[:, columns] = part
            if (wrong_with(widened)[:, columns] & wrong).any():
                return None
        return widened

    def of_arguments(self) -> Array | None:
        """Return the error of the entries that a rounding of the arguments explains; None if it does not."""
        compared, value = self.compared, self.claimed.value
        if not self.claim.movable or not np.isfinite(value[compared.wrong]).all() or self._wrong_in_wider():
            return None
        explained = np.zeros(value.shape, dtype=bool)
        for some in worst_columns(compared.ratio, compared.wrong):
            numbers = value[:, some], self.reference.value[:, some], compared.wrong[:, some]
            claim_at, sharp = self._pair_at(some)[0], partial(self._sharp.at, columns=some)
            explained[:, some] = argument_rounding(self.x, *numbers, claim_at, sharp, self.rng())
        return np.where(explained, compared.difference, 0.0) if explained.any() else None

    def thorough(self, claim_error: Array) -> Array:
        """Return the claim's error with its rounding measured at every distance, where it disagrees.

        What explains a small disagreement need not be all that would be granted to a larger one.
        """
        widened = claim_error.copy()
        for columns in worst_columns(self.compared.ratio, self.compared.wrong):
            wrong = self.compared.wrong[:, columns]
            part = widened[:, columns]
            part[wrong] += self._rounding(claim_error, columns, thorough=True)[wrong]
            widened[:, columns] = part
        return widened

    def for_diagnosis(self, claim_error: Array) -> Array:
        """Return the claim's error with its own rounding, as it scatters; where large, in the worst columns.

        A mistake at a point where the claim cancels is off by the mistake and by the rounding.
        """
        wrong = self.compared.wrong
        fine, scattered = self._alone(FINE), self._scatter_alone()
        if scattered is None or not (scattered > _LARGE * np.abs(self.claimed.value[wrong])).any():
            if fine is None or not (fine > claim_error[wrong]).any():
                return claim_error
            widened = claim_error.copy()
            widened[wrong] += fine
            return widened
        widened = claim_error.copy()
        columns = worst_columns(self.compared.ratio, wrong)[0]
        part = widened[:, columns]
        part[wrong[:, columns]] += self._rounding(claim_error, columns)[wrong[:, columns]]
        widened[:, columns] = part
        return widened

    def absorbed(self, base: Array) -> bool:
        """Whether the wrong entries are last digits: of what they are nearer to 0, or of f over x beside 0.

        ``base`` is ``f`` at the point, ``(m,)``.
        """
        if not self.claim.movable:
            return False
        claimed, reference, wrong = self.claimed.value, self.reference.value, self.compared.wrong
        columns = worst_columns(self.compared.ratio, wrong)
        if all(
            absorbed(self.x, claimed[:, c], reference[:, c], wrong[:, c], *self._pair_at(c)) for c in columns
        ):
            return True
        shown = smallest_shown(self.claim.problem, base, reference, self.claimed.dtype)
        return vanished(self.x, claimed, reference, wrong, shown, self._pair_at)

    def _pair_at(
        self, columns: Array
    ) -> tuple[Callable[[Array], Array | None], Callable[[Array], Array | None]]:
        def claim_at(x: Array) -> Array | None:
            claimed = self.claim.at(x)
            return None if claimed is None else claimed[:, columns]

        def reference_at(x: Array) -> Array | None:
            found = self._central.at(x, columns)
            return None if found is None else found[0]

        return claim_at, reference_at

    def _too_smooth(self) -> bool:
        """Whether the claim alone, which costs no reference, scatters too little to explain any wrong entry.

        What scatters by more than four times the reference's own swing does so, for three quarters at
        least, of itself.
        """
        scattered = self._scatter_alone()
        if scattered is None:
            return False
        excess = (self.compared.difference - self.compared.allowed)[self.compared.wrong]
        return bool((scattered / _OF_ITSELF < excess).all())

    def _wrong_in_wider(self) -> bool:
        """Whether a wrong entry is off in a wider format too, in which it scatters far less.

        Then what scatters in float64 is the claim's rounding, and what it is off by is not.
        """
        if not (WIDER and self.claim.movable and self.claimed.dtype == "float64"):
            return False
        wrong, fine = self.compared.wrong, self._alone(FINE)
        here = self.claim.at(self.x, np.longdouble)
        wider = self._measured_alone(FINE, np.longdouble)
        if fine is None or wider is None or here is None or here.shape != wrong.shape:
            return False
        off = np.abs(here - self.reference.value)[wrong] - self.compared.allowed[wrong]
        return bool(((wider < _FAR_LESS * fine) & (off > _OF_WIDER * wider)).any())

    def _scatter_alone(self) -> Array | None:
        """Return how far the wrong entries of the claim scatter about a parabola, without any reference."""
        fine, coarse = self._alone(FINE), self._alone(COARSE)
        if fine is None or coarse is None:
            return coarse if fine is None else fine
        return np.asarray(np.fmax(fine, coarse))

    def _alone(self, scales: tuple[float, ...]) -> Array | None:
        if scales not in self._scattered:
            self._scattered[scales] = self._measured_alone(scales) if self.claim.movable else None
        return self._scattered[scales]

    def _measured_alone(self, scales: tuple[float, ...], dtype: Any = np.float64) -> Array | None:
        wrong = self.compared.wrong

        def alone(x: Array) -> tuple[Array, Array] | None:
            claimed = self.claim.at(x, dtype)
            if claimed is None or claimed.shape != wrong.shape:
                return None
            return claimed[wrong], np.zeros(int(wrong.sum()))

        # A claim that is 0 at some points and one last digit at others scatters: nothing here comes and goes.
        granted = np.full(int(wrong.sum()), np.inf)
        return claim_rounding(self.x, alone, self.rng(), granted, scales=scales)

    def _rounding(self, claim_error: Array, columns: Array, *, thorough: bool = False) -> Array:
        """Return the claim's rounding in ``columns``, measured."""
        allowed = (claim_error + self.reference.error)[:, columns]
        open_ = np.where(self.compared.wrong, self.compared.difference, -np.inf)[:, columns] - allowed
        enough = None if thorough else open_
        # A last digit of the numbers that cancel comes and goes too.
        known = np.fmax(allowed, self._last_digits()[:, columns])
        measured = claim_rounding(self.x, lambda x: self._deviation(x, columns), self.rng(), known, enough)
        return np.zeros(allowed.shape) if measured is None else measured

    def _last_digits(self) -> Array:
        """Return a rounding of the largest term of each row, ``(m, n)``, units of f per unit of x."""
        size = np.abs(self.x)
        moved = np.where(size > 0, size, float(np.max(size, initial=0.0)) or 1.0)
        terms = np.nan_to_num(np.abs(self.reference.value)) * moved
        largest: Array = np.max(terms, axis=1, keepdims=True, initial=0.0) / moved
        return eps_of("float64") * largest

    def _deviation(self, x: Array, columns: Array) -> tuple[Array, Array] | None:
        """Return what :meth:`_met` does; of the worst columns once: a diagnosis visits the same points."""
        if columns.size > AT_FIRST:
            return self._met(x, columns)
        place = x.tobytes(), columns.tobytes()
        if place not in self._visited:
            self._visited[place] = self._met(x, columns)
        return self._visited[place]

    def _met(self, x: Array, columns: Array) -> tuple[Array, Array] | None:
        """Return claim minus reference, and the reference, at another point; NaN where it has no answer.

        A deviation beneath the reference's bar stays what it is: put to 0 beside others that are a little
        above, it would look like scatter.
        """
        claimed, found = self.claim.at(x), self._sharp.at(x, columns)
        if claimed is None or found is None or found[0].shape[0] != claimed.shape[0]:
            return None
        return claimed[:, columns] - found[0], found[0]


def foreseen(claim: Claim, claimed: ClaimMatrix, reference: Array, rng: np.random.Generator) -> Array | None:
    """Return the claim's error that its rounding would explain if an entry disagreed; 0 where nothing more.

    Of the claim alone, which is evaluated 8 or 16 times; f is not, unless it is f that returns the derivative
    too.  None where ``max_nfev`` then leaves too few evaluations.
    """
    nothing = np.zeros(claimed.value.shape)
    if not claim.movable or claimed.dtype != "float64":
        return nothing
    counter = counter_of(claim.given)
    if counter is not None and counter.left < MOST_VISITED + _KEPT:
        return None
    last = LAST_DIGITS * np.abs(reference)
    try:
        found = foreseen_rounding(claim.problem.x, claim.at, rng, last / 8.0)
    except BudgetSpent:
        # The claim calls the function by a way of its own.
        return None
    if found is None:
        return nothing
    return np.where((found > 0) & (found <= _HARDLY_MET * np.abs(reference)), last + found, 0.0)
