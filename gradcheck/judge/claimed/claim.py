"""The claimed derivative of a problem, at its point and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem, as_matrix
from gradcheck.errors import InvalidArgument
from gradcheck.judge.claimed.partial import partial_claim
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Reason

__all__ = ["Claim", "noted"]


def noted(
    found: ClaimMatrix | ClaimProblem, called: str, changed: str, what: str = "argument"
) -> ClaimMatrix | ClaimProblem:
    """Return ``found`` with a note of what the call changed in place; it is judged by its numbers alone.

    Each call has copies of its own, so that the change reaches neither f nor the next call.
    """
    if not changed or isinstance(found, ClaimProblem):
        return found
    text = f"{called} changes its {what} {changed} in place: each call was given a copy of its own"
    return replace(found, notes=(*found.notes, text))


@dataclass(frozen=True)
class Claim:
    """A claim: a callable with ``f``'s arguments, or numbers already evaluated at the point.

    Attributes
    ----------
    problem
        What it is a derivative of.
    given
        The callable or the numbers.
    layout
        Of its shape.
    """

    problem: Problem
    given: Any
    layout: str

    @property
    def movable(self) -> bool:
        """Whether it can be evaluated elsewhere."""
        return callable(self.given) and not hasattr(self.given, "matmat")

    def here(self) -> ClaimMatrix | ClaimProblem:
        """Return the claim at the point, from arguments in the caller's own types and dtypes."""
        if not self.movable:
            return self._read(self.given)
        args, keywords = self.problem.own_arguments(), self.problem.keywords()
        return noted(self._called(args, keywords), "the claim", self.problem.changed(args, keywords))

    def drawn(self) -> ClaimMatrix | ClaimProblem:
        """Return the claim at the point once more, for a claim that draws random numbers."""
        return self.here()

    def left_behind(self) -> tuple[Any, ...] | None:
        """Return the arguments as a call at the point leaves them; None where it changes none."""
        if not (self.movable and callable(self.given)):
            return None
        args, keywords = self.problem.own_arguments(), self.problem.keywords()
        self._called(args, keywords)
        return tuple(args) if self.problem.changed(args, keywords) else None

    def at(self, x: Array, dtype: Any = np.float64) -> Array | None:
        """Return the claim's matrix at flat ``x``, from float64 arguments; None where it has none.

        Or from arguments in longdouble, which not every claim takes.
        """
        if not self.movable:
            return None
        try:
            args = self.problem.arguments(x, dtype)
        except Exception:
            if dtype is np.float64:
                raise
            # Containers of the caller's own may hold nothing but float64.
            return None
        found = self._called(args, self.problem.keywords())
        return found.value if isinstance(found, ClaimMatrix) else None

    def unsteady(self) -> bool:
        """Whether two evaluations at the point differ: then no number of it can be judged."""
        if not self.movable:
            return False
        first, second = self.here(), self.here()
        if isinstance(first, ClaimMatrix) and isinstance(second, ClaimMatrix):
            return not np.array_equal(first.value, second.value, equal_nan=True)
        return type(first) is not type(second)

    def _called(self, args: list[Any], keywords: dict[str, Any]) -> ClaimMatrix | ClaimProblem:
        function: Callable[..., Any] = self.given
        try:
            with np.errstate(all="ignore"):
                found = function(*args, **keywords)
        except Exception as raised:
            message = f"the claim raised {type(raised).__name__}: {raised}"
            return ClaimProblem(message, Reason.CLAIM_RAISED, raised)
        if found is None:
            return ClaimProblem("the claim returned None, expected its numbers", Reason.WRONG_SHAPE)
        return self._read(found)

    def _read(self, found: Any) -> ClaimMatrix | ClaimProblem:
        """Read what was found as a matrix with one column for each parameter that varies."""
        try:
            read = self._matrix(found)
        except InvalidArgument as error:
            return ClaimProblem(str(error), cause=error)
        return self._varied(read) if isinstance(read, ClaimMatrix) else read

    def _varied(self, whole: ClaimMatrix) -> ClaimMatrix:
        """Return a matrix on all entries of the varying arguments as one on what varies of them."""
        return self.problem.gathered(whole)

    def _matrix(self, found: Any) -> ClaimMatrix | ClaimProblem:
        """Read what was found as a matrix with one column for each entry of the varying arguments."""
        out, inp = self.problem.output, self.problem.space
        read = as_matrix(found, out, inp, layout=self.layout)
        if isinstance(read, ClaimProblem) and self.layout == "numerator":
            return partial_claim(found, out, inp) or read
        return read
