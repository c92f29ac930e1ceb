"""Many drawn points as one check: counts, and the one result that is reported."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.results import CheckResult, Drawn, Verdict

__all__ = ["Draws"]


class Draws:
    """The results of one check at drawn points, of which the last failing one is reported.

    A search for counterexamples runs the smallest one that it found last, so the last
    failure is the shrunk one.

    Parameters
    ----------
    least_decided
        The share of points that must be decided; below it a check without a failure is INCONCLUSIVE.

    Examples
    --------
    >>> draws = Draws()
    >>> draws.add(CheckResult(Verdict.PASS, Reason.AGREES, "", detectable=1e-9, entries=2))
    >>> draws.add(CheckResult(Verdict.PASS, Reason.AGREES, "", detectable=1e-12, entries=2))
    >>> settled = draws.settled()
    >>> str(settled.verdict), settled.detectable, settled.entries, settled.drawn.points
    ('pass', 1e-09, 4, 2)
    """

    def __init__(self, least_decided: float = 1.0) -> None:
        self._least = least_decided
        self._counts = dict.fromkeys(Verdict, 0)
        self._shown: dict[Verdict, CheckResult] = {}
        self._entries = self._nfev = 0

    def __bool__(self) -> bool:
        return bool(self._shown)

    def add(self, result: CheckResult) -> None:
        """Count one point."""
        verdict = result.verdict
        self._counts[verdict] += 1
        self._entries += result.entries
        self._nfev += result.nfev
        kept = self._shown.get(verdict)
        # Of passes the weakest is told, and a point without entries says nothing about strength.
        if verdict is not Verdict.PASS or kept is None or not result.detectable <= kept.detectable:
            self._shown[verdict] = result

    def settled(self) -> CheckResult:
        """Return the result of all points together; ``ValueError`` before the first."""
        if not self._shown:
            raise ValueError("no point was drawn")
        shown = self._shown[self._gravest()]
        drawn = Drawn(*(self._counts[verdict] for verdict in Verdict))
        return replace(shown, entries=self._entries, nfev=self._nfev, drawn=drawn)

    def _gravest(self) -> Verdict:
        if Verdict.FAIL in self._shown:
            return Verdict.FAIL
        passed, open_ = self._counts[Verdict.PASS], self._counts[Verdict.INCONCLUSIVE]
        if open_ and not passed >= self._least * (passed + open_):
            return Verdict.INCONCLUSIVE
        return Verdict.PASS
