"""The words of a verdict: what is known, why, and in what state an estimate is.  Standard library only."""

from __future__ import annotations

import enum

__all__ = ["Reason", "Status", "Verdict"]


class Verdict(enum.Enum):
    """What is known about a claimed derivative; ``str`` gives the plain word."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    def __str__(self) -> str:
        return self.value

    @property
    def severity(self) -> int:
        """0 for PASS, 1 for INCONCLUSIVE, 2 for FAIL: the worst of several is the largest."""
        return {"pass": 0, "inconclusive": 1, "fail": 2}[self.value]


class Reason(enum.Enum):
    """Why a verdict is what it is: a slug, and a ``remedy`` in prose."""

    AGREES = ("agrees", "Nothing to do: every entry agrees within its measured error bar.")
    SUBGRADIENT = (
        "subgradient",
        "The point is a kink and the claim lies in Clarke's generalised Jacobian: a legitimate convention.",
    )
    DISAGREES = (
        "disagrees",
        "Mend the derivative: look at the worst entry, and at the likely mistake where one is named.",
    )
    WRONG_SHAPE = ("wrong shape", "Return the derivative with the expected shape; nothing is broadcast.")
    NOT_FINITE = (
        "not finite",
        "Return a finite derivative, at a kink one of either side or between: look for 0/0, log 0, overflow.",
    )
    CLAIM_RAISED = (
        "the claim raised",
        "Mend the exception that the claimed derivative raises at this point.",
    )
    FUNCTION_RAISED = (
        "the function raised",
        "Choose a point in the function's domain, or mend the exception that it raises here.",
    )
    OUTSIDE_DOMAIN = (
        "outside the domain",
        "Choose a point where the function is finite, or pass `bounds` to stay inside its domain.",
    )
    NOT_DIFFERENTIABLE = (
        "not differentiable",
        "One-sided derivatives differ and membership in Clarke's set cannot be decided: move off the kink.",
    )
    DISCONTINUITY = (
        "discontinuity",
        "The function jumps at the point, where no derivative exists: check another point.",
    )
    NONDETERMINISTIC = (
        "nondeterministic",
        "Two calls at the same point differ: fix the seed inside, or pass stochastic=True.",
    )
    MUTATES_INPUT = ("mutates its input", "An argument is changed in place: copy it first.")
    KEEPS_STATE = (
        "keeps state",
        "The value at the point changes with the calls: let the function depend on its arguments alone.",
    )
    INCONSISTENT_OUTPUT = (
        "inconsistent output",
        "Return the same structure, shape and dtype at every call.",
    )
    NOISY_REFERENCE = (
        "noisy reference",
        "Make f less noisy: float64, a tighter solver, no rounding inside; if random, raise `max_nfev`.",
    )
    NO_USABLE_STEP = (
        "no usable step",
        "No step size gives a derivative that finer steps confirm: check the function near the point.",
    )
    TOO_WEAK = (
        "too weak",
        "Say with `rtol` which error is small enough, or compute function and claim more accurately.",
    )
    NOT_CLAIMED = (
        "an output not claimed",
        "Claim a derivative of every output, zeros where nothing varies; the others agree.",
    )
    BUDGET = (
        "budget",
        "What was allowed did not suffice: raise `max_nfev` or `max_memory`, or check fewer inputs.",
    )
    CONTRACT_ONLY = (
        "contract only",
        "Shapes, formats and finiteness are right, no value was compared: leave out method='contract'.",
    )
    NOTHING_COMPARED = (
        "nothing compared",
        "No entry had a usable answer: check at another point.",
    )

    def __init__(self, slug: str, remedy: str) -> None:
        self.slug = slug
        self.remedy = remedy

    def __str__(self) -> str:
        return self.slug


class Status(enum.Enum):
    """Whether an estimate is usable, and if not, why.

    ``code`` is the small integer kept for each entry in ``Estimate.codes``.
    """

    OK = (0, "ok")
    NOISY = (1, "noise exceeds the derivative at every step")
    NO_USABLE_STEP = (2, "no usable step")
    KINK = (3, "one-sided derivatives differ")
    DISCONTINUITY = (4, "the function jumps")
    OUTSIDE_DOMAIN = (5, "outside the domain")
    NONDETERMINISTIC = (6, "two calls at the same point differ")
    MUTATES_INPUT = (7, "the function changes its input")
    INCONSISTENT_OUTPUT = (8, "the output changes shape or dtype")
    RAISED = (9, "the function raised")
    REFUSED = (10, "the complex step was refused")
    ABSENT = (11, "the witness is not installed")

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text

    @property
    def reason(self) -> Reason:
        """Why a check is undecided where its reference has this status."""
        return _REASON_OF.get(self, Reason.NO_USABLE_STEP)

    @classmethod
    def of_code(cls, code: int) -> Status:
        """Return the status with this ``code``; ``KeyError`` when there is none."""
        return _STATUS_BY_CODE[int(code)]


_STATUS_BY_CODE = {status.code: status for status in Status}
_REASON_OF = {
    Status.NOISY: Reason.NOISY_REFERENCE,
    Status.KINK: Reason.NOT_DIFFERENTIABLE,
    Status.DISCONTINUITY: Reason.DISCONTINUITY,
    Status.OUTSIDE_DOMAIN: Reason.OUTSIDE_DOMAIN,
    Status.NONDETERMINISTIC: Reason.NONDETERMINISTIC,
    Status.MUTATES_INPUT: Reason.MUTATES_INPUT,
    Status.INCONSISTENT_OUTPUT: Reason.INCONSISTENT_OUTPUT,
    Status.RAISED: Reason.FUNCTION_RAISED,
}
