"""Many drawn points as one check: counts, and the one result that is reported."""

from __future__ import annotations

import math
from dataclasses import replace
from operator import add

from gradcheck.evidence import Histogram
from gradcheck.results import CheckResult, Drawn, Verdict

__all__ = ["DRAWN", "SMOOTH", "Draws"]

DRAWN = "drawn"
"""The stratum of points of which nothing is known but that they were drawn."""
SMOOTH = "smooth"
"""The stratum whose points can be decided; elsewhere a reference may be weak, and that is no fault."""


class Draws:
    """The results of one check at drawn points, of which the last failing one is reported.

    A search for counterexamples runs the smallest one that it found last, so the last
    failure is the shrunk one.

    Parameters
    ----------
    least_decided
        The share of smooth points that must be decided (of all points, where none is known to be smooth);
        below it a check without a failure is INCONCLUSIVE.

    Examples
    --------
    >>> from gradcheck.results import Reason
    >>> draws = Draws()
    >>> draws.add(CheckResult(Verdict.PASS, Reason.AGREES, "", detectable=1e-9, entries=2))
    >>> draws.add(CheckResult(Verdict.PASS, Reason.AGREES, "", detectable=1e-12, entries=2))
    >>> settled = draws.settled()
    >>> str(settled.verdict), settled.detectable, settled.entries, settled.drawn[0].points
    ('pass', 1e-09, 4, 2)
    """

    def __init__(self, least_decided: float = 1.0) -> None:
        self._least = least_decided
        self._strata: dict[str, dict[Verdict, int]] = {}
        self._shown: dict[Verdict, CheckResult] = {}
        self._entries = self._nfev = 0
        self._histogram: Histogram | None = None

    def __bool__(self) -> bool:
        return bool(self._shown)

    def add(self, result: CheckResult, stratum: str = DRAWN) -> None:
        """Count one point."""
        verdict = result.verdict
        counts = self._strata.setdefault(stratum, dict.fromkeys(Verdict, 0))
        counts[verdict] += 1
        self._entries += result.entries
        self._nfev += result.nfev
        self._spread(result)
        kept = self._shown.get(verdict)
        # Of passes the weakest is told: what all the points together would have caught.  A point at a kink
        # has no number, and says nothing of the others.
        if verdict is not Verdict.PASS or kept is None or _weakness(result) > _weakness(kept):
            self._shown[verdict] = result

    def settled(self) -> CheckResult:
        """Return the result of all points together; ``ValueError`` before the first."""
        if not self._shown:
            raise ValueError("no point was drawn")
        drawn = tuple(
            Drawn(name, *(counts[verdict] for verdict in Verdict))
            for name, counts in sorted(self._strata.items())
        )
        shown = self._shown[self._gravest(drawn)]
        evidence = shown.evidence
        if evidence is not None and shown.verdict is Verdict.PASS:
            evidence = replace(evidence, histogram=self._histogram)
        return replace(shown, entries=self._entries, nfev=self._nfev, drawn=drawn, evidence=evidence)

    def _spread(self, result: CheckResult) -> None:
        """Add the entries of one point to the histogram of all."""
        new = None if result.evidence is None else result.evidence.histogram
        known = self._histogram
        if new is None or known is None or known.edges != new.edges:
            self._histogram = known or new
        else:
            counts = map(add, known.counts, new.counts)
            self._histogram = Histogram(known.edges, tuple(counts))

    def _gravest(self, drawn: tuple[Drawn, ...]) -> Verdict:
        if Verdict.FAIL in self._shown:
            return Verdict.FAIL
        telling = [one for one in drawn if one.stratum == SMOOTH] or drawn
        points = sum(one.points for one in telling)
        decided = points - sum(one.inconclusive for one in telling)
        enough = Verdict.PASS in self._shown and decided >= self._least * points
        return Verdict.PASS if enough else Verdict.INCONCLUSIVE


def _weakness(result: CheckResult) -> tuple[bool, float]:
    numberless = result.power is not None and result.power.numberless
    return not numberless, math.inf if math.isnan(result.detectable) else result.detectable
