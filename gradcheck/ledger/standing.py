"""Where one check stands: the facts of its entry that a baseline keeps and records are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Standing", "closes", "detects", "is_doubt", "is_forgiven", "key_of", "points_of", "standing_of"]

Key = tuple[str, str]


def key_of(check: Mapping[str, Any]) -> Key:
    """Return the identity of a check: its id and dtype."""
    return check["id"], check["dtype"]


def closes(check: Mapping[str, Any]) -> bool:
    """Return whether the verdict of ``check`` closes a gate: it is not what the check expects.

    A misprint or a twin that is refuted, an inconclusive check that its test allows, and whatever a test
    marked xfail found, are as expected.
    """
    return not check["as_expected"] or check.get("gates") is True


def is_forgiven(check: Mapping[str, Any]) -> bool:
    """Return whether ``check`` would close a gate, and its test says that it is known to (xfail)."""
    return check.get("forgiven") is True


def is_doubt(check: Mapping[str, Any]) -> bool:
    """Return whether ``check`` should pass and nothing could be told.

    A twin that was not refuted is no doubt: what was to be caught was not.
    """
    return bool(check["verdict"] == "inconclusive" and check["expected"] == "pass")


def points_of(check: Mapping[str, Any]) -> dict[str, int]:
    """Return the drawn points of each stratum; empty for a check at fixed points."""
    found: dict[str, int] = {}
    for stratum in check["strata"]:
        found[stratum["stratum"]] = found.get(stratum["stratum"], 0) + stratum["points"]
    return {name: points for name, points in found.items() if points}


def detects(check: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what ``check`` would have caught, ``median`` and ``worst``; None where it says nothing."""
    found: Mapping[str, Any] | None = check.get("power") or check["detectable"]
    return found


@dataclass(frozen=True)
class Standing:
    """What is kept of a check.

    Attributes
    ----------
    id, dtype
        Its identity.
    known
        The verdict, ``"pass"``, ``"fail"`` or ``"inconclusive"``, where it is not what the check expects;
        else "".
    entries
        Entries compared.
    points
        Drawn points of each stratum; empty for a check at fixed points.
    chance
        Whether how many points a stratum gets is chance, as in a property test, whose points are others in
        every run; a campaign's follow from its settings.
    detectable
        The smallest relative error that would have been caught: of the worst entry at fixed points, of the
        median entry at drawn ones, whose worst moves with what is drawn.  NaN where the record says so,
        None where it says nothing, does not pass, or is told by chance.
    witnesses
        Those that answered at half their points or more, sorted: one that answers now and then may, by
        chance, not answer at the next points.
    heard
        Those that answered at all, sorted.
    forgiven
        Whether its test is marked as known to fail, and it would close a gate.
    """

    id: str
    dtype: str
    known: str = ""
    entries: int = 0
    points: Mapping[str, int] | None = None
    chance: bool = False
    detectable: float | None = None
    witnesses: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    forgiven: bool = False

    @property
    def key(self) -> Key:
        """The identity of the check."""
        return self.id, self.dtype

    @property
    def generated(self) -> bool:
        """Whether its points are drawn."""
        return bool(self.points)


def standing_of(check: Mapping[str, Any]) -> Standing:
    """Return where ``check``, an entry of a record, stands.

    Examples
    --------
    >>> entry = {"id": "cube", "dtype": "float64", "group": "user", "verdict": "pass", "as_expected": True,
    ...          "entries": 4, "strata": [], "detectable": {"median": 1e-12, "worst": 2e-9}, "witnesses": {}}
    >>> standing_of(entry).detectable
    2e-09
    """
    points = points_of(check)
    chance = bool(points) and check["group"] == "check"
    power = detects(check) if check["verdict"] == "pass" and not chance else None
    return Standing(
        id=check["id"],
        dtype=check["dtype"],
        known=check["verdict"] if closes(check) else "",
        entries=check["entries"],
        points=points,
        chance=chance,
        detectable=_number(power["median" if points else "worst"]) if power else None,
        witnesses=_answering(check, least=0.5),
        heard=_answering(check, least=0.0),
        forgiven=is_forgiven(check),
    )


def _answering(check: Mapping[str, Any], *, least: float) -> tuple[str, ...]:
    """Return the witnesses that answered, and at no less than this part of the points they were asked at."""
    return tuple(
        sorted(
            name
            for name, said in check["witnesses"].items()
            if said["answered"] and said["answered"] >= least * (said["answered"] + said["unanswered"])
        )
    )


def _number(value: Any) -> float | None:
    """Return a number of a record, which may be a word such as "nan"."""
    return None if value is None else float(value)
