"""One rule at the points of several seeds: different draws add up, those of one seed count once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradcheck.ledger.standing import points_of

__all__ = ["added", "as_drawn", "drawn_with"]

_COUNTED = ("entries", "nfev", "strata", "witnesses")
_SUMS = ("points", "pass", "fail", "inconclusive", "unexpected")


def as_drawn(check: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``check`` as its own run counted it, without what was added from others."""
    if "draws" not in check:
        return check
    apart = {name: item for name, item in check.items() if name not in ("draws", "shown")}
    return {**apart, **check["shown"]}


def drawn_with(check: Mapping[str, Any], seed: int | None) -> list[Mapping[str, Any]]:
    """Return what ``check`` counted with each seed; nothing for fixed points or where no seed is known.

    Parameters
    ----------
    check
        An entry of a record.
    seed
        Of that record.
    """
    if "draws" in check:
        found: list[Mapping[str, Any]] = check["draws"]
        return found
    if seed is None or not points_of(check):
        return []
    return [{"seed": seed, **{name: check[name] for name in _COUNTED}}]


def added(check: Mapping[str, Any], draws: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return ``check`` with the counts of all ``draws``, each seed once: the smaller where two say different.

    Parameters
    ----------
    check
        The entry that stands, as its own run counted it.
    draws
        As :func:`drawn_with` returns them, of this entry and of the others; none adds nothing.

    Examples
    --------
    >>> one = {"seed": 1, "entries": 2, "nfev": 9, "witnesses": {},
    ...        "strata": [{"stratum": "smooth", "expected": ["pass"], "points": 5, "pass": 5, "fail": 0,
    ...                    "inconclusive": 0, "unexpected": 0}]}
    >>> added(one, [one, {**one, "seed": 2}, one])["entries"]
    4
    """
    by_seed: dict[int, Mapping[str, Any]] = {}
    for draw in draws:
        known = by_seed.get(draw["seed"])
        by_seed[draw["seed"]] = draw if known is None else min(known, draw, key=_size)
    if not by_seed:
        return check
    kept = [by_seed[seed] for seed in sorted(by_seed)]
    return {**check, **_sum(kept), "draws": kept, "shown": {name: check[name] for name in _COUNTED}}


def _size(draw: Mapping[str, Any]) -> tuple[Any, ...]:
    return sum(points_of(draw).values()), draw["entries"], json.dumps(draw, sort_keys=True)


def _sum(draws: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    strata: dict[str, dict[str, Any]] = {}
    witnesses: dict[str, dict[str, Any]] = {}
    for draw in draws:
        for one in draw["strata"]:
            total = strata.setdefault(one["stratum"], {**one, **dict.fromkeys(_SUMS, 0)})
            total.update({name: total[name] + one[name] for name in _SUMS})
            total["expected"] = list(dict.fromkeys([*total["expected"], *one["expected"]]))
        for name, said in draw["witnesses"].items():
            heard = witnesses.setdefault(name, {"answered": 0, "unanswered": 0, "note": said["note"]})
            heard["answered"] += said["answered"]
            heard["unanswered"] += said["unanswered"]
    return {
        "entries": sum(draw["entries"] for draw in draws),
        "nfev": sum(draw["nfev"] for draw in draws),
        "strata": list(strata.values()),
        "witnesses": witnesses,
    }
