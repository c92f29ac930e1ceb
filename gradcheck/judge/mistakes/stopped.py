"""Terms of a total derivative that a wrong claim may lack, or count twice: paths stopped in ``f``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.paths import Site, StoppedPaths
from gradcheck.estimators.primal import Primal

__all__ = ["missing_paths"]

Found = tuple[Array, Array]

_ALIKE = 1e-6
"""Relative: a term along one direction that is nearly the difference is worth a whole Jacobian."""
_SEED = 20240522
_MOST = 4
"""Terms that are compared as whole Jacobians."""


def missing_paths(
    primal: Primal, claimed: Array, reference: Array
) -> tuple[dict[str, Callable[[], Found]], int]:
    """Return the terms, by name, that may be missing from the claim or twice in it, and how many there are.

    One run of f on continued numbers for each use of the argument, and ``n`` for a term returned, when its
    supply is called.  Empty where f has no continuation.

    Parameters
    ----------
    claimed, reference
        ``(m, n)``, units of f per unit of x.
    """
    known = np.isfinite(claimed) & np.isfinite(reference)
    rows: Array = np.asarray(known.all(axis=1))
    direction = np.random.default_rng(_SEED).uniform(0.5, 1.0, primal.n)
    try:
        paths = StoppedPaths(primal)
        whole = paths.along(direction, None)
        lost = (claimed - reference) @ direction
        size = (np.abs(claimed) + np.abs(reference)) @ direction
        # Where f as continued is not f, its terms say nothing.
        if not rows.any() or not _alike(whole, reference @ direction, size, rows):
            return {}, 0
        hits: list[tuple[Array, Site]] = []
        for site in paths.sites:
            term = whole - paths.along(direction, site)
            same = _alike(term, -lost, size, rows) or _alike(term, lost, size, rows)
            if not same or not np.any(np.abs(term[rows]) > _ALIKE * size[rows]):
                continue
            # A value on its way through several operations is one path: the last of them is told.
            hits = [hit for hit in hits if not _alike(hit[0], term, size, rows)]
            hits.append((term, site))
    except Exception:
        # A claim is judged whether or not its mistake can be named.
        return {}, 0
    return {site.name: partial(_term, paths, site) for _, site in hits[-_MOST:]}, len(paths.sites)


def _alike(one: Array, other: Array, size: Array, rows: Array) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.abs(one - other) <= _ALIKE * size)[rows].all())


def _term(paths: StoppedPaths, site: Site) -> Found:
    whole, error = paths.jacobian(None)
    without, its_error = paths.jacobian(site)
    return whole - without, error + its_error
