"""Many directions in one run: the derivative, ties and rounding of each are those of a run of its own."""

from __future__ import annotations

import numpy as np
import pytest
from complex_cases import estimate
from continuation_cases import RIGHT

from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import lift
from gradcheck.estimators.continuation.trace import REPLICAS, TOGETHER, Trace
from gradcheck.results import Status

WIDE = np.linspace(0.1, 1.0, TOGETHER + 8)


def parts(result, trace):
    """Return primals and tangents of a result, ``(directions, copies, ...)``."""
    value = lift(result, "test")
    each = trace.copies // trace.directions
    if isinstance(value, Continuation):
        shape = (trace.directions, each, *value.shape)
        return value.primals.reshape(shape), value.tangents.reshape(shape)
    whole = np.broadcast_to(np.asarray(value, dtype=float), (trace.directions, each, *np.shape(value)))
    return whole, np.zeros(whole.shape)


def ran(f, x, directions, beside=None):
    trace = Trace(0, 0 if beside is None else len(beside), len(directions))
    with np.errstate(all="ignore"):
        return *parts(f(Continuation.seed(x, directions, trace, beside)), trace), trace


@pytest.mark.parametrize("name", RIGHT)
def test_each_direction_has_the_numbers_of_a_run_of_its_own(name):
    f, x = RIGHT[name]
    directions = np.random.default_rng(7).uniform(0.5, 1.0, (5, *x.shape))
    primals, tangents, together = ran(f, x, directions)
    for k, direction in enumerate(directions):
        alone = ran(f, x, direction[None])
        np.testing.assert_array_equal(primals[k, 0], alone[0][0, 0])
        np.testing.assert_array_equal(tangents[k, 0], alone[1][0, 0])
    assert together.ties == []


def test_directions_do_not_mix():
    x = np.array([0.3, 0.8])
    _, tangents, _ = ran(lambda v: v[0] * v[1], x, np.eye(2))
    assert tangents[:, 0].tolist() == [0.8, 0.3]


def test_points_beside_are_those_of_every_direction():
    x, beside = np.array([0.3, 0.8]), np.array([[0.5, 0.8], [0.3, 0.9], [0.7, 0.6]])
    _, tangents, _ = ran(lambda v: v[0] * v[1], x, np.eye(2), beside)
    np.testing.assert_array_equal(tangents[:, REPLICAS:], beside.T[::-1])


def test_noise_leaves_the_first_alone_and_differs_between_copies_and_directions():
    trace = Trace(3, 3, TOGETHER)
    factors = trace.disturb(np.ones((trace.copies, 50))).reshape(TOGETHER, REPLICAS + 3, 50)
    assert (factors[:, 0] == 1.0).all()
    assert (factors[:, REPLICAS:] == 1.0).all()
    noise = factors[:, 1:REPLICAS].reshape(-1, 50) - 1.0
    # By half an ulp of 1 at least, so that none is rounded away, and by two at most.
    assert np.abs(noise).min() >= 2.0**-53
    assert np.abs(noise).max() <= 2.0**-51
    assert len(np.unique(noise, axis=0)) == TOGETHER * (REPLICAS - 1)


def test_the_noise_is_that_of_the_runs_one_by_one():
    together = Trace(2, 0, 3).disturb(np.ones((3 * REPLICAS, 9))).reshape(3, REPLICAS, 9)
    for k in range(3):
        np.testing.assert_array_equal(together[k], Trace(2 + k).disturb(np.ones((REPLICAS, 9))))


ONE_SIDED = {
    "abs": lambda v: np.abs(v[2]),
    "maximum": lambda v: np.maximum(v[1], v[2]),
    "copysign": lambda v: np.copysign(v[2], 1.0),
    "max": lambda v: np.max(v[1:]),
    "sort": lambda v: np.sort(v[1:])[0],
    "comparison": lambda v: v[0] if v[1] > v[2] else v[1],
}


@pytest.mark.parametrize("name", ONE_SIDED)
def test_a_tie_of_the_last_direction_alone_is_noted(name):
    at_tie = np.array([1.0, 0.0, 0.0])
    assert ran(ONE_SIDED[name], at_tie, np.eye(3))[2].ties
    assert not ran(ONE_SIDED[name], np.array([1.0, 0.5, 0.25]), np.eye(3))[2].ties


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def boxed(f):
    return lambda x: f(np.asarray(x))


def alone(f):
    """Return ``f`` as it is, with an array in it so large that one run carries one direction."""
    return lambda x: f(x) + 0.0 * np.sum(np.multiply.outer(np.ones(2**14), x[0]))


@pytest.mark.parametrize("kind", [lambda f: f, boxed], ids=["vector", "numbers"])
def test_several_directions_take_few_runs_and_have_the_same_derivative(kind):
    apart, together = estimate(alone(rosenbrock), WIDE), estimate(kind(rosenbrock), WIDE)
    assert together.status is apart.status is Status.OK
    np.testing.assert_allclose(together.value, apart.value, rtol=1e-13)
    assert (np.abs(together.value - apart.value) <= together.error + apart.error).all()
    assert apart.nfev >= WIDE.size
    assert together.nfev <= 3 + 12


@pytest.mark.parametrize("kind", [lambda f: f, boxed], ids=["vector", "numbers"])
def test_their_bars_are_as_wide(kind):
    apart, together = estimate(alone(rosenbrock), WIDE), estimate(kind(rosenbrock), WIDE)
    ratio = np.median(together.error / apart.error)
    assert 0.3 < ratio < 3.0


@pytest.mark.parametrize("shape", [(2, 3), (1, 1, 2), (6,)])
def test_several_directions_of_an_argument_of_any_shape(shape):
    x = np.linspace(0.2, 0.9, int(np.prod(shape))).reshape(shape)
    found = estimate(lambda v: np.sum(v * v) * v, x)
    flat = x.ravel()
    right = np.sum(flat**2) * np.eye(flat.size) + 2 * np.outer(flat, flat)
    np.testing.assert_allclose(found.value, right, rtol=1e-14)
    assert found.nfev <= 2 + 12


def test_a_further_run_carries_as_many_directions_as_its_arrays_leave_room_for():
    small, large = Trace(), Trace()
    small.disturb(np.ones((REPLICAS, 10)))
    large.disturb(np.ones((REPLICAS, 2**14)))
    assert small.room() == TOGETHER
    assert large.room() == 1
    large.apart = True
    assert large.room() == TOGETHER


def test_a_tie_in_an_object_array_is_refused_wherever_it_is():
    x = WIDE.copy()
    assert estimate(boxed(np.abs), x).status is Status.OK
    x[-1] = 0.0
    found = estimate(boxed(np.abs), x)
    assert found.status is Status.REFUSED
    assert "tie at `absolute`" in found.message


def test_a_wrong_column_of_an_object_array_does_not_get_a_certificate():
    def stopped(x):
        v = np.asarray(x)
        return np.sum(v[:-1] ** 2) + (v[-1].primals[0] if v.dtype == object else v[-1])

    assert estimate(stopped, WIDE).status is Status.REFUSED


def test_numbers_put_into_an_array_do_not_make_a_run_one_of_numbers_apart():
    def gathered(x):
        return np.array([np.sum(np.sin(x)), np.prod(x)])

    assert estimate(gathered, WIDE).status is Status.OK
    assert not ran(gathered, WIDE, np.ones((1, WIDE.size)))[2].apart
