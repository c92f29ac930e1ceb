"""The likely mistake of a wrong claim in words: what the numbers alone say, then what other Jacobians do."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from gradcheck import diagnosis
from gradcheck.arrays import Array
from gradcheck.compare import Comparison
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.mistakes.suspects import Suspects, names_alone
from gradcheck.judge.outcome.entries import entry_of
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.sharpest import Reference
from gradcheck.tolerance import FEW_EPS

__all__ = [
    "diagnosed",
    "diagnosed_shape",
    "is_vague",
    "sought",
]

Bars = tuple[Array, Array]

_LOG = logging.getLogger(__name__)

_VAGUE = (diagnosis.Mistake.WRONG_BLOCK, diagnosis.Mistake.ENTRIES, diagnosis.Mistake.RANK_ONE)
"""They say where the claim is off, or that some numbers fit."""
_FITTED = (diagnosis.Mistake.FACTOR, diagnosis.Mistake.OFFSET)
"""One number, fitted: no explanation until it is one that has a name."""
_SCALED = (diagnosis.Mistake.ROW_SCALING, diagnosis.Mistake.COLUMN_SCALING)
"""Another point may scale rows too, by numbers that a vector at hand happens to hold."""
_MOST_NUMBERS = 10_000
"""Of a claim of the wrong shape that are compared with the reference in every arrangement."""
_FEW = 3
"""Entries that many mistakes explain alike: the sign of one number, and the same function at ``-x``."""


def diagnosed(
    problem: Problem,
    claimed: Array,
    claim_error: Array,
    reference: Reference,
    compared: Comparison,
    suspects: Suspects | None = None,
    widened: Callable[[], Array] | None = None,
) -> tuple[str, str]:
    """Return the finding in words, and the likely mistake.

    ``suspects``, and the claim's error ``widened`` by its own rounding, are asked for only where claim and
    reference alone name nothing, or say too little for it to be the only explanation.
    """
    count = int(compared.wrong.sum())
    index = compared.index
    where = "" if index is None else f", worst {entry_of(problem, (index[0], index[1]))}"
    those = f"{count} of {claimed.size} entries differ" if claimed.size > 1 else "the only entry differs"
    text = f"{those} beyond both error bars{where}"
    return text, sought(lambda: _likely(problem, claimed, claim_error, reference, suspects, widened))


def sought(search: Callable[[], str]) -> str:
    """Return the likely mistake that ``search`` names; empty where the search itself breaks.

    The verdict is known before a mistake is looked for, and the search runs code that is not ours, at other
    arguments and other points: whatever it raises must not cost the verdict.  It is logged.

    Examples
    --------
    >>> sought(lambda: "a factor of 2"), sought(lambda: str(1 // 0))
    ('a factor of 2', '')
    """
    try:
        return search()
    except Exception:
        _LOG.debug("the search for the likely mistake broke off", exc_info=True)
        return ""


def _likely(
    problem: Problem,
    claimed: Array,
    claim_error: Array,
    reference: Reference,
    suspects: Suspects | None,
    widened: Callable[[], Array] | None,
) -> str:
    """Return the likely mistake in words, from claim and reference first, then from other Jacobians."""
    claim, known = (claimed, claim_error), (reference.value, reference.error)
    if suspects is None or not suspects.affordable:
        return _named(claim, known, names_alone(problem)).text
    # What two mistakes explain, another Jacobian may explain alone: that one comes first.
    alone = _named(claim, known, names_alone(problem), pairs=False)
    explained, few = _explained(alone), np.count_nonzero(reference.value[reference.decided]) <= _FEW
    if explained and not few:
        return alone.text
    wider = (claimed, claim_error if explained or widened is None else widened())
    if alone.complete:
        # One mistake is enough, so that another Jacobian has to be the claim as it is.
        context = suspects.resembling(wider, known, arguments_only=explained)
        if context is None and wider[1] is claim_error:
            return alone.text
        further = _named(wider, known, context or names_alone(problem))
    else:
        further = _named(wider, known, suspects.context(wider, known))
    if further.named or wider[1] is claim_error:
        return _both(alone, further)
    # Within wider bars the claim may even agree: what the judge's own bars leave is said instead.
    return _named(claim, known, names_alone(problem)).text


def _both(alone: diagnosis.Diagnosis, further: diagnosis.Diagnosis) -> str:
    """Return the further finding, and the first one beside it where it explains the claim as well."""
    known = {one.text for one in further.named}
    alike = [one.text for one in alone.named if not is_vague(one) and one.text not in known]
    if not further.named or not alike or len(further.named) > 1 or len(further.named[0].findings) > 1:
        return further.text
    return f"{further.text} (the same for this matrix: {alike[0]})"


def _named(
    claim: Bars, reference: Bars, context: diagnosis.Context, *, pairs: bool = True
) -> diagnosis.Diagnosis:
    return diagnosis.diagnose(claim[0], reference[0], claim[1], reference[1], context=context, pairs=pairs)


def diagnosed_shape(problem: Problem, claim: Claim, suspects: Suspects) -> str:
    """Return what made a claim of the wrong shape, from its numbers; empty when they say nothing.

    A sum over the rows, one row of several, or a transpose has another shape, and a reference tells which.
    """
    return sought(lambda: _likely_shape(problem, claim, suspects))


def _likely_shape(problem: Problem, claim: Claim, suspects: Suspects) -> str:
    given = _numbers_of(claim)
    if given is None or not suspects.affordable or not 0 < given.size <= _MOST_NUMBERS:
        return ""
    value, error = suspects.here()
    bars = FEW_EPS * np.spacing(np.abs(given))
    found = diagnosis.diagnose(given, value, bars, error, context=names_alone(problem))
    return found.text if found.named else ""


def _numbers_of(claim: Claim) -> Array | None:
    """Return the claim as it came, where that is an array of real numbers."""
    if type(claim) is not Claim:
        return None
    try:
        with np.errstate(all="ignore"):
            arguments, keywords = claim.problem.own_arguments(), claim.problem.keywords()
            found = claim.given(*arguments, **keywords) if claim.movable else claim.given
            return np.asarray(found, dtype=np.float64)
    except Exception:
        return None


def is_vague(explanation: diagnosis.Explanation) -> bool:
    """Whether an explanation says only where the claim is off, or is a fit of numbers."""
    return any(one.mistake in _VAGUE for one in explanation.findings)


def _explained(found: diagnosis.Diagnosis) -> bool:
    """Whether a mistake is named that is no mere fit of numbers, which another Jacobian may explain."""
    if not found.named or len(found.named[0].findings) > 1:
        return False
    first = found.named[0].findings[0]
    if first.mistake in _SCALED:
        return False
    return first.mistake not in _VAGUE and (first.mistake not in _FITTED or bool(first.label))
