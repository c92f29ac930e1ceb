"""Points at which to check a derivative: Hypothesis strategies for shapes and values.

Everything is built, nothing is filtered; see :func:`points` for any signature
and :func:`point` for a rule and a stratum.
"""

from __future__ import annotations

from gradcheck.strategies.arrays import points
from gradcheck.strategies.sampling import Point, point, strata_of

__all__ = ["Point", "point", "points", "strata_of"]
