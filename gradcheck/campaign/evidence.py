"""What a campaign's failure rests on, beyond its two matrices: bars, curve, secants, a snippet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.campaign.tallies import Judged
from gradcheck.campaign.verdicts import Pair, PointVerdict
from gradcheck.campaign.witnesses import CENTRAL
from gradcheck.compare import ratio_histogram
from gradcheck.estimators.flat import FlatEstimate
from gradcheck.journal.evidence import curve_field, histogram_field
from gradcheck.judge.outcome.evidence import curve_of
from gradcheck.rules.registry import Group, Rule

__all__ = ["failure_evidence", "histogram_of"]

_MOST_NUMBERS = 2000


def histogram_of(judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Return how the error of every entry of every pair lies in its bar; None when nothing was compared."""
    ratios = [pair.comparison.ratio for one in judged for pair in one.verdict.pairs]
    return histogram_field(ratio_histogram(ratios))


def failure_evidence(rule: Rule, row: Mapping[str, Any], verdict: PointVerdict, dtype: str) -> dict[str, Any]:
    """Return the optional fields of a failure in the record; those without a value are left out.

    Parameters
    ----------
    row
        The point: ``inputs``, ``trees``, ``shapes``, ``stratum``.
    verdict
        The verdict there.
    dtype
        Format of the claim.
    """
    pair = verdict.failing
    central = next((one.estimate for one in verdict.testimonies if one.witness == CENTRAL), None)
    found: dict[str, Any] = {"snippet": _snippet(rule, row, dtype)}
    if pair is not None:
        found["claimed_error"] = _matrix(pair.claimed.error)
        found["reference_error"] = _matrix(pair.reference.error)
        found["curve"] = _curve(rule, pair, central)
    if central is not None:
        found["left"], found["right"] = _matrix(central.left), _matrix(central.right)
    return {name: value for name, value in found.items() if value}


def _matrix(value: Array | None) -> list[list[float]] | None:
    if value is None:
        return None
    matrix = value if value.ndim == 2 else value.reshape(-1, 1)
    found: list[list[float]] = matrix.tolist()
    return found


def _curve(rule: Rule, pair: Pair, central: FlatEstimate | None) -> dict[str, Any] | None:
    index = pair.comparison.index
    if index is None or rule.wrt is None or central is None or central.curves is None:
        return None
    row, column = int(index[0]), int(index[1])
    exact, _ = pair.reference.statement
    if central.value.shape != exact.shape or not np.isfinite(exact[row, column]):
        return None
    entry = f"d f[{row}] / d {rule.names[rule.wrt]}[{column}]"
    return curve_field(curve_of(central.curves, (row, column), float(exact[row, column]), entry))


def _snippet(rule: Rule, row: Mapping[str, Any], dtype: str) -> str:
    """Return Python that judges the rule at the point again; empty where no other file can find the rule."""
    home = getattr(rule.claim, "__module__", "__main__") if rule.group is Group.USER else ""
    if home == "__main__" or sum(map(np.size, row["inputs"].values())) > _MOST_NUMBERS:
        return ""
    given = [
        f"    {name!r}: {_literal(value, row['shapes'][name])}," for name, value in row["inputs"].items()
    ]
    more = [f"trees={row['trees']!r}"] if row["trees"] else []
    more += [f"dtype={dtype!r}"] if dtype != "float64" else []
    more += [f"stratum={row['stratum']!r}"] if row["stratum"] != "smooth" else []
    more += [f"modules=({home!r},)"] if home else []
    call = ", ".join([f"judged_again({rule.id!r}, inputs", *more])
    return "\n".join(
        [
            "import numpy as np",
            "from gradcheck.replay import judged_again",
            "",
            "inputs = {",
            *given,
            "}",
            f"text, code = {call})",
            "print(text)",
            "raise SystemExit(code)",
            "",
        ]
    )


def _literal(value: Any, shape: Sequence[int]) -> str:
    text = repr(value)
    for word in ("nan", "inf"):
        text = text.replace(f"'{word}'", word).replace(f"'-{word}'", f"-{word}")
        text = text.replace(word, f"np.{word}")
    return f"np.array({text})" if np.size(value) else f"np.zeros({tuple(shape)})"
