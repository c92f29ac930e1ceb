"""The numerical witnesses of one problem: which were asked, what they said, and what that cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.complex_step import complex_step_anew
from gradcheck.estimators.flat import FlatEstimate, gravest
from gradcheck.judge.question.budget import BudgetSpent
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.elsewhere import Elsewhere, among_all
from gradcheck.judge.references.sharpest import Reference, central, complex_step, sharpest
from gradcheck.results import Status

__all__ = ["Witnesses"]

_FEW_COLUMNS = 64
"""Up to this many, central differences answer for all columns where the complex step finds one wrong."""


class Witnesses:
    """Complex step and central differences of ``problem``, each asked when it is needed.

    Parameters
    ----------
    problem
        The function and its point.
    options
        Which witnesses may be asked, inside which bounds, and for how many evaluations.
    silent
        Rows that nothing is claimed of, bool ``(m,)``: they get no answer.
    constant
        Those of them whose output is piecewise constant: their derivative is 0.
    rounded
        For a claim that cannot be evaluated again, one eps of its format: how far the derivative moves when
        its argument is rounded by as much is then learned in the same runs.  0 for any other.

    Attributes
    ----------
    estimates
        What the witnesses said, by name.
    nfev
        Evaluations of f so far.
    """

    def __init__(
        self, problem: Problem, options: Options, silent: Array, constant: Array, rounded: float = 0.0
    ) -> None:
        self.problem, self.options = problem, options
        self.silent, self.constant = silent, constant
        self.beside = _beside(problem.x, rounded, options.generator()) if rounded else None
        self.estimates: dict[str, FlatEstimate] = {}
        self.nfev = 0

    def first(self) -> Reference:
        """Return the reference: by complex step where it is certified, by central differences elsewhere."""
        if self._may("complex-step"):
            self._said("complex-step", complex_step(self.problem.primal(), self.bounds(), self.beside))
            found = self._sharpest()
            if found.decided[~self.silent | self.constant].all() or not self._may("central"):
                return found
        return self._with_central()

    def second_opinion(self, worst: Array) -> Reference | None:
        """Measure the rounding in the columns ``worst`` anew, and ask central differences too.

        Of many columns, those are asked for the columns ``worst`` only, unless the complex step is withdrawn.
        None where there is nothing to add.
        """
        again = self.certified and self._measured_anew(worst)
        if "central" in self.estimates or not self._may("central"):
            return self._sharpest() if again else None
        if self.problem.x.size <= _FEW_COLUMNS or not self.certified:
            return self._with_central()
        found = Elsewhere(self.problem, "central", self.bounds()).estimate(self.problem.x, worst)
        if found is None:
            return self._sharpest() if again else None
        self._said("central", among_all(found, worst, self.problem.x.size))
        return self._sharpest()

    def _measured_anew(self, columns: Array) -> bool:
        """Ask the complex step in ``columns`` for its rounding once more; False where f cannot be called."""
        primal = self.problem.primal()
        try:
            primal(primal.x)
            found = complex_step_anew(primal, self.estimates["complex-step"], columns)
        except BudgetSpent:
            raise
        except Exception:
            self.nfev += primal.nfev
            return False
        self.nfev += primal.nfev
        self.estimates["complex-step"] = found
        return True

    def believed(self, rows: Array) -> Reference:
        """Return the reference with what the complex step was refused for in the rows ``rows``, bool."""
        exact = self.estimates["complex-step"]
        assert exact.doubted is not None
        value, error = exact.value.copy(), exact.error.copy()
        value[rows], error[rows] = exact.doubted[0][rows], exact.doubted[1][rows]
        self.estimates["complex-step"] = replace(exact, value=value, error=error)
        return self._sharpest()

    def without_jumps(self, jumping: Array) -> Reference:
        """Return the reference without the entries ``jumping``, bool ``(m, n)``, along which f jumps."""
        for name, one in self.estimates.items():
            codes = np.where(jumping, Status.DISCONTINUITY.code, one.codes).astype(np.uint8)
            value, error = np.where(jumping, np.nan, one.value), np.where(jumping, np.inf, one.error)
            status = gravest(codes) if one.status is not Status.REFUSED else one.status
            self.estimates[name] = replace(one, value=value, error=error, codes=codes, status=status)
        return self._sharpest()

    def bounds(self, problem: Problem | None = None) -> Any:
        """Return the bounds as flat vectors of ``problem``, of this one if not given; None without bounds."""
        if self.options.limits is None:
            return None
        return tuple((problem or self.problem).spread(limit) for limit in self.options.limits)

    def elsewhere(self) -> Elsewhere:
        """Return central differences for other points than the one judged, which count for themselves."""
        return Elsewhere(self.problem, "central", self.bounds())

    @property
    def jumping(self) -> Array:
        """Columns along which an output of f jumps at the point, bool ``(n,)``."""
        found = np.zeros(self.problem.x.size, dtype=bool)
        for one in self.estimates.values():
            found |= (one.codes == Status.DISCONTINUITY.code).any(axis=0)
        return found

    @property
    def certified(self) -> bool:
        """Whether the complex step is certified: then no branch was taken at a tie."""
        exact = self.estimates.get("complex-step")
        return exact is not None and exact.status is Status.OK

    @property
    def tied(self) -> bool:
        """Whether the complex step was refused because a branch was taken where both sides meet."""
        exact = self.estimates.get("complex-step")
        return exact is not None and exact.tied

    @property
    def method(self) -> str:
        """The witnesses with an answer, by name."""
        return sharpest(self.estimates).method if self.estimates else ""

    @property
    def notes(self) -> list[str]:
        """What the witnesses remarked, and why a complex step was refused."""
        found = [note for one in self.estimates.values() for note in one.notes]
        exact = self.estimates.get("complex-step")
        if exact is not None and exact.status is Status.REFUSED:
            found.append(f"complex step refused: {exact.message}")
        return found

    def _may(self, method: str) -> bool:
        return self.options.method in ("auto", method)

    def _with_central(self) -> Reference:
        known = any(one.moved is not None for one in self.estimates.values())
        beside = None if known else self.beside
        found = central(self.problem.primal(), self.bounds(), self.options.max_nfev, beside)
        self._said("central", found)
        return self._sharpest()

    def _said(self, name: str, estimate: FlatEstimate) -> None:
        self.estimates[name] = estimate
        self.nfev += estimate.nfev

    def _sharpest(self) -> Reference:
        found = sharpest(self.estimates).without(self.silent)
        return found.filled(np.asarray(self.constant), 0.0, 0.0)


def _beside(x: Array, rounded: float, rng: np.random.Generator) -> Array:
    """Return three points that differ from ``x`` by one rounding of each coordinate, ``(3, n)``.

    Their signs are orthogonal over every four neighbours, so that what two coordinates do to a derivative
    adds up at one of them.

    Examples
    --------
    >>> moved = _beside(np.ones(4), 0.5, np.random.default_rng(0)) - 1
    >>> (moved @ moved.T).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    signs = rng.choice([-1.0, 1.0], x.size)
    place = np.arange(x.size)
    turned = np.stack([np.ones(x.size), 1.0 - 2.0 * (place % 2), 1.0 - 2.0 * (place // 2 % 2)])
    return np.asarray(x * (1.0 + rounded * signs * turned))
