"""What the way a claim was stored or laid out says of its mistake, which its numbers alone do not."""

from __future__ import annotations

import numpy as np

from gradcheck.claims import ClaimMatrix
from gradcheck.judge.references.sharpest import Reference

__all__ = ["in_layout", "truncated"]

_TRANSPOSE = "the transpose of the reference: denominator layout"
_ASKED = "the transpose of the reference: it is in numerator layout, and layout='denominator' was asked for"


def truncated(claimed: ClaimMatrix, reference: Reference) -> str:
    """Return that a claim held in integers is the reference without its fractions; empty where it is not."""
    if not any(note.startswith("the claim holds integers") for note in claimed.notes):
        return ""
    known = np.isfinite(reference.value) & np.isfinite(reference.error)
    value, error = reference.value[known], reference.error[known]
    for cut, said in ((np.trunc, "truncated"), (np.rint, "rounded")):
        # A whole number within its bar may fall to either side.
        near = np.minimum(
            np.abs(claimed.value[known] - cut(value - error)),
            np.abs(claimed.value[known] - cut(value + error)),
        )
        if not near.any():
            return f"the claim is {said} to integers: make the array that it is written to float"
    return ""


def in_layout(mistake: str, layout: str) -> str:
    """Return ``mistake`` with a transpose told by the layout that was asked for.

    Examples
    --------
    >>> in_layout("the claim is the transpose of the reference: denominator layout", "denominator")[-38:]
    "and layout='denominator' was asked for"
    """
    return mistake.replace(_TRANSPOSE, _ASKED) if layout == "denominator" else mistake
