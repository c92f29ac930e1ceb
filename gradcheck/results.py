"""What a check and an estimate say, as records.  Standard library only.

Arrays appear here as annotations alone, so that a plugin or a report can load
this module without NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradcheck.context import emit, listening, observing
from gradcheck.evidence import Curve, Evidence, Histogram
from gradcheck.verdicts import Reason, Status, Verdict

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "CheckResult",
    "Curve",
    "Drawn",
    "Entry",
    "Estimate",
    "Evidence",
    "Histogram",
    "Power",
    "Reason",
    "RunRecord",
    "Status",
    "Verdict",
    "emit",
    "listening",
    "observing",
]


@dataclass(frozen=True)
class Estimate:
    """A derivative with an error bar: ``|value - truth| <= error`` entry by entry.

    Attributes
    ----------
    value
        Shape ``f(x).shape + x.shape``; units of f per unit of x.  NaN at an entry
        without a usable answer.  A tuple of arrays when ``argnums`` was a tuple.
    error
        Same shape: an honest bound on the absolute error; inf where ``value`` is NaN.
    nfev
        Evaluations of ``f``, all purposes together.
    method
        ``"central"``, ``"complex-step"`` or ``"jax"``.
    status
        ``Status.OK`` when every entry is usable, else the gravest status met.
    codes
        ``Status.code`` of each entry, same shape as ``value``.
    message
        Why an entry or the whole is unusable, in words; empty when all is well.
    left, right
        One-sided derivatives where ``status`` is ``KINK`` (NaN elsewhere), or None.
    notes
        Facts worth reporting that do not spoil the estimate.
    """

    value: np.ndarray | tuple[np.ndarray, ...] | Any
    error: np.ndarray | tuple[np.ndarray, ...] | Any
    nfev: int
    method: str
    status: Status = Status.OK
    codes: np.ndarray | tuple[np.ndarray, ...] | Any = None
    message: str = ""
    left: np.ndarray | Any = None
    right: np.ndarray | Any = None
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class RunRecord:
    """The record of a run: plain data as in ``schema/record-1.json``, with the few facts a caller asks for.

    Attributes
    ----------
    data
        The whole record; every view is a pure function of it.
    """

    data: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """0 all right, 1 something is wrong, 5 nothing was checked."""
        return int(self.data["summary"]["exit_code"])

    @property
    def checks(self) -> list[dict[str, Any]]:
        """One entry a rule and dtype, in the catalogue's order."""
        found: list[dict[str, Any]] = self.data["checks"]
        return found

    def verdict(self, rule_id: str, dtype: str = "float64") -> Verdict:
        """Return the verdict on one rule; ``KeyError`` when it was not checked."""
        for check in self.checks:
            if check["id"] == rule_id and check["dtype"] == dtype:
                return Verdict(check["verdict"])
        raise KeyError(f"{rule_id}@{dtype}")


@dataclass(frozen=True)
class Entry:
    """One entry of a compared derivative.

    Attributes
    ----------
    index
        ``(row, column)`` of the matrix: flat output, flat argument.
    path
        The same by name, ``d f[2] / d params["w"][3, 1]``.
    claimed, reference
        Units of f per unit of x.
    claimed_error, reference_error
        Their error bars.
    budget
        The largest difference that both bars explain.
    """

    index: tuple[int, int]
    path: str
    claimed: float
    reference: float
    claimed_error: float
    reference_error: float
    budget: float


@dataclass(frozen=True)
class Power:
    """What a check would have caught: the smallest error of one entry, relative; smaller is better.

    Attributes
    ----------
    median, worst
        Over all entries; 0 when every entry is measured absolutely, inf when all of them are at a kink.
    path
        Where ``worst`` is, by name; empty when there is no such entry.
    apart
        Number of entries that are zero or below the reference's rounding, judged by their row's scale.
    unseen, unseen_bar, unseen_path
        Those among them that the claim or the reference gives as another number than 0, though nothing
        tells them from 0: how many, the largest mistake that passes there in units of f per unit of x, and
        where the first is.
    at_kinks
        Number of entries judged by membership at a kink: they are not counted.  Where no others have a number
        no size of error is sure to be caught, so that no ceiling is met.
    loosened
        The caller's ``rtol``, which lets errors of its size pass; 0 without one.
    """

    median: float
    worst: float
    path: str
    apart: int
    unseen: int = 0
    unseen_bar: float = 0.0
    unseen_path: str = ""
    at_kinks: int = 0
    loosened: float = 0.0

    @property
    def numberless(self) -> bool:
        """Whether every entry is at a kink, so that membership decides and there is no number.

        Examples
        --------
        >>> everywhere = Power(float("inf"), float("inf"), "", 0, at_kinks=2)
        >>> everywhere.numberless, Power(1e-9, 1e-8, "", 0).numberless
        (True, False)
        """
        return self.at_kinks > 0 and not self.path


@dataclass(frozen=True)
class Drawn:
    """How many of the points that were drawn in one ``stratum`` passed, failed, or stayed undecided."""

    stratum: str
    passed: int
    failed: int
    inconclusive: int

    @property
    def points(self) -> int:
        """All of them."""
        return self.passed + self.failed + self.inconclusive


@dataclass(frozen=True)
class CheckResult:
    """What a check found.  ``str`` gives at most 25 lines for a person.

    Attributes
    ----------
    verdict, reason
        PASS, FAIL or INCONCLUSIVE, and why; ``reason.remedy`` says what to do.
    message
        The finding in words.
    name
        The check's name: the function's, unless ``name=`` was given.
    detectable
        The smallest relative error of a single entry that would have been caught, at the weakest entry;
        inf when nothing was compared, and when every entry is at a kink.
    power
        The same in detail; None when nothing was compared.
    worst
        The entry that differs most beside its budget; None when nothing was compared.
    diagnosis
        Which known mistake turns the reference into the claim, in words; empty unless FAIL.
    notes
        Facts worth knowing that do not change the verdict.
    convention
        Which member of Clarke's set the claim is, at a kink.
    strategy
        ``"dense"``: every entry was compared.
    method
        The references used, ``"complex-step"``, ``"central"`` or both.
    nfev
        Evaluations of ``f``, all purposes together.
    entries
        Entries compared.
    expect
        ``"fail"`` for a check that must fail, else ``"pass"``.
    allow_inconclusive
        Whether INCONCLUSIVE is good enough for whoever made the check.
    drawn
        Counts by stratum, where the result stands for many drawn points; else empty.
    text
        What ``str`` gives.
    evidence
        The numbers behind the verdict; None unless an observer listens.
    """

    verdict: Verdict
    reason: Reason
    message: str
    name: str = "f"
    detectable: float = float("inf")
    power: Power | None = None
    worst: Entry | None = None
    diagnosis: str = ""
    notes: tuple[str, ...] = ()
    convention: str = ""
    strategy: str = "dense"
    method: str = ""
    nfev: int = 0
    entries: int = 0
    expect: str = "pass"
    allow_inconclusive: bool = False
    drawn: tuple[Drawn, ...] = ()
    text: str = ""
    evidence: Evidence | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.text or f"{self.verdict}: {self.reason}"
