"""Which known mistake turns the reference into the claim."""

from __future__ import annotations

from gradcheck.diagnosis.context import Context, Leaf, candidate_points
from gradcheck.diagnosis.mistakes import Diagnosis, Explanation, Finding, Mistake, Where
from gradcheck.diagnosis.pointwise import float32_note
from gradcheck.diagnosis.search import diagnose

__all__ = [
    "Context",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Leaf",
    "Mistake",
    "Where",
    "candidate_points",
    "diagnose",
    "float32_note",
]
