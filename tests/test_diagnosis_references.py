"""What the claim would be right for: another function, argument or point."""

from __future__ import annotations

import numpy as np
from diagnosis_cases import BAR, SPREAD, J, named, perturbed

from gradcheck.diagnosis import Mistake, candidate_points


def supply(value):
    return lambda: (value, BAR * np.abs(value))


OTHER = np.array([[0.2, 5.0, -0.7], [1.1, 0.9, 6.0], [3.0, -0.4, 2.0]])


def test_the_right_derivative_of_the_wrong_thing_is_recognised():
    cases = {
        Mistake.WRONG_ARGUMENT: (
            OTHER,
            {"arguments": {"x": supply(OTHER)}},
            "with respect to x: wrong argument",
        ),
        Mistake.OTHER_SIDE: (OTHER, {"left": supply(OTHER), "right": supply(J)}, "from the left"),
        Mistake.MISSING_TERM: (J - OTHER, {"paths": {"u": supply(OTHER)}}, "missing: the path through u"),
        Mistake.DOUBLED_TERM: (
            J + OTHER,
            {"paths": {"u": supply(OTHER)}},
            "counted twice: the path through u",
        ),
        Mistake.ONE_SAMPLE: (
            OTHER,
            {"samples": supply(np.stack([J - OTHER, OTHER]))},
            "share of sample 1 alone",
        ),
    }
    for mistake, (claim, context, text) in cases.items():
        found = named(claim, **context)
        assert found.named[0].mistakes == (mistake,)
        assert text in found.text
        assert not named(claim).named
        assert not named(perturbed(claim), **context).named


def test_a_missing_product_of_two_vectors_is_recognised_without_help():
    p = np.array([0.1, 0.25, 0.05, 0.6])
    softmax = np.diag(p) - np.outer(p, p)
    found = named(np.diag(p), softmax)
    assert found.named[0].mistakes == (Mistake.RANK_ONE,)
    np.testing.assert_allclose(np.outer(*found.named[0].parameter), np.outer(p, p), rtol=1e-8)
    assert found.text == (
        "the claim differs from the reference by a product of two vectors: "
        "a term of the total derivative is missing or extra"
    )
    assert not named(np.diag(p) + 1e-3 * np.outer(p, p) ** 2, softmax).named
    assert not named(np.diag(p[:2]), softmax[:2, :2]).named


def test_another_point_is_recognised_and_a_failing_one_is_passed_over():
    def reference_at(x):
        if not np.all(x > 0):
            raise ValueError("outside the domain")
        value = np.diag(1 / x) + 0.25 * np.outer(x, x)
        return value, BAR * np.abs(value)

    x = np.array([0.6, 1.7, 2.2])
    points = candidate_points(x, previous=np.array([0.5, 1.5, 2.0]))
    assert set(points) == {"zero", "x + 1", "x rounded", "-x", "x in single precision", "the previous point"}
    context = {"reference_at": reference_at, "points": points}
    for name in ("x + 1", "the previous point"):
        found = named(reference_at(points[name])[0], reference_at(x)[0], **context)
        assert found.text == f"the claim is the derivative at another point: {name}"
    assert not named(reference_at(x + 0.4)[0], reference_at(x)[0], **context).named


def test_supplies_are_called_at_most_once_and_within_the_allowance():
    calls = []

    def counted(name):
        def call():
            calls.append(name)
            return OTHER, BAR * np.abs(OTHER)

        return call

    arguments = {name: counted(name) for name in "abcdef"}
    named(SPREAD[:3, :3], arguments=arguments, max_evaluations=4)
    assert calls == ["a", "b", "c", "d"]
    calls.clear()
    named(SPREAD[:3, :3], arguments=arguments, paths={"a": counted("path a")})
    assert sorted(calls) == ["a", "b", "c", "d", "e", "f", "path a"]
