"""The numbers and shapes at which real mistakes live are drawn often, not now and then."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from gradcheck.domains import interval
from gradcheck.strategies import points

DRAWS = 500


def whole(values):
    return np.any((values == np.round(values)) & (np.abs(values) < 100))


def halves(values):
    return np.any((2 * values == np.round(2 * values)) & (values != np.round(values)))


def tied(arrays):
    return any(array.size > 1 and np.unique(array).size < array.size for array in arrays)


def zero_row(arrays):
    rows = (array.reshape(len(array), -1) for array in arrays if array.ndim and array.size and len(array) > 1)
    return any((row == 0).all(axis=1).any() and row.any() for row in rows)


def features(arrays):
    """Return what is met at one point."""
    values = np.concatenate([array.ravel() for array in arrays])
    return {
        "empty": values.size == 0,
        "size 1": any(array.size == 1 for array in arrays),
        "0": np.any(values == 0),
        "1": np.any(values == 1),
        "-1": np.any(values == -1),
        "integers": whole(values),
        "half-integers": halves(values),
        "equal entries": tied(arrays),
        "zero rows": zero_row(arrays),
        "all zero": any(array.size and not array.any() for array in arrays),
        "very large": np.any(np.abs(values) > 1e6),
        "very small": np.any((np.abs(values) < 1e-6) & (values != 0)),
    }


def shares(signature, **options):
    """Return by feature the share of points that have it."""
    met = Counter()

    @settings(
        max_examples=DRAWS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(points(signature, **options))
    def draw(arrays):
        met.update(name for name, has in features(arrays).items() if has)

    draw()
    return {name: met[name] / DRAWS for name in features([np.zeros(0)])}


@pytest.mark.parametrize("signature", ["(n),(n)->(n)", "(m,n),(n)->(m)"])
def test_every_edge_is_met_at_no_less_than_one_point_in_fifty(signature):
    found = shares(signature)
    assert min(found.values()) > 0.02, found
    assert min(found[name] for name in ("0", "1", "-1", "half-integers", "equal entries")) > 0.1, found


def test_a_domain_without_edges_has_none():
    found = shares("(n)->(n)", domain=interval(2.1, 2.4), sizes=(3,))
    assert not any(found[name] for name in ("empty", "size 1", "0", "1", "-1", "integers", "very large"))


def test_a_tuple_of_arrays_knows_its_stratum_and_prints_as_it_is():
    @settings(max_examples=20, derandomize=True, database=None, deadline=None)
    @given(points("(n)->()"))
    def draw(arrays):
        assert isinstance(arrays, tuple)
        assert repr(arrays) == repr(tuple(arrays))
        assert str(arrays.stratum) in ("smooth", "edge", "extreme")

    draw()
