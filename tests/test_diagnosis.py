"""Diagnosis: each known mistake is named with its parameters, and nothing is named that is not so."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.compare import compare
from gradcheck.diagnosis import Context, Leaf, Mistake, Where, candidate_points, diagnose, float32_note
from gradcheck.diagnosis.fitting import deepest
from gradcheck.diagnosis.parts import FORMS
from gradcheck.errors import InvalidArgument
from gradcheck.results import Verdict

BAR = 1e-11

J = np.array([[1.5, -2.25, 0.75], [4.0, 0.3, -7.5], [0.62, 3.1, 11.0]])
WIDE = np.array([[1.5, -2.25, 0.75, 9.1], [4.0, 0.3, -7.5, 0.44]])
SPREAD = np.random.default_rng(5).normal(size=(6, 5))


def named(claim, reference=J, **context):
    claim = np.asarray(claim, dtype=float)
    bars = BAR * np.abs(claim), BAR * np.abs(reference)
    return diagnose(claim, reference, *bars, context=Context(**context))


def changed(index, value, of=J):
    result = of.copy()
    result[index] = value
    return result


def perturbed(claim):
    """The must-fail twin: the same claim with every entry off by a part in a thousand of its own."""
    claim = np.asarray(claim, dtype=float)
    signs = np.where(np.arange(claim.size).reshape(claim.shape) % 3 == 1, -1.0, 1.0)
    return claim * (1 + 1e-3 * signs * (1 + np.arange(claim.size).reshape(claim.shape) / 7))


SINGLE = {
    "transpose": (
        J.T,
        J,
        Mistake.TRANSPOSE,
        None,
        "the claim is the transpose of the reference: denominator layout",
    ),
    "transpose of another shape": (
        WIDE.T,
        WIDE,
        Mistake.TRANSPOSE,
        None,
        "the claim is the transpose of the reference: denominator layout",
    ),
    "sign": (-J, J, Mistake.SIGN, -1.0, "the claim is the negative of the reference: wrong sign"),
    "factor 2": (2 * J, J, Mistake.FACTOR, 2.0, "the claim is 2 times the reference: factor 2"),
    "factor 1/n": (
        WIDE / 4,
        WIDE,
        Mistake.FACTOR,
        0.25,
        "the claim is 0.25 times the reference: factor 1/4 = 1/n, the number of columns",
    ),
    "fitted factor": (
        1.37 * J,
        J,
        Mistake.FACTOR,
        1.37,
        "the claim is 1.37 times the reference: factor 1.37",
    ),
    "degrees": (
        J * np.pi / 180,
        J,
        Mistake.FACTOR,
        np.pi / 180,
        "the claim is 0.0174533 times the reference: factor pi/180, degrees for radians",
    ),
    "row factors": (
        np.array([[2.0], [0.3], [-5.0]]) * J,
        J,
        Mistake.ROW_SCALING,
        [2.0, 0.3, -5.0],
        "each row is scaled by its own factor (2, 0.3 and -5): missing (or extra) diagonal factor",
    ),
    "column factors": (
        J * np.array([2.0, 0.3, -5.0]),
        J,
        Mistake.COLUMN_SCALING,
        [2.0, 0.3, -5.0],
        "each column is scaled by its own factor (2, 0.3 and -5): missing (or extra) diagonal factor",
    ),
    "offset": (
        J + 0.3,
        J,
        Mistake.OFFSET,
        0.3,
        "the claim is the reference plus a constant: 0.3 added to every entry",
    ),
    "entry": (
        changed((1, 2), 6.1),
        J,
        Mistake.ENTRIES,
        ((1, 2, 6.1, -7.5),),
        "only one entry is wrong, entry [1, 2]: claimed 6.1, reference -7.5",
    ),
    "NaN": (
        changed((1, 2), np.nan),
        J,
        Mistake.NOT_FINITE,
        ((1, 2),),
        "entry [1, 2] is NaN or infinite; every other entry agrees",
    ),
    "rolled rows": (
        np.roll(SPREAD, 2, axis=0),
        SPREAD,
        Mistake.ROLLED,
        (0, 2),
        "the rows of the claim are rolled by 2",
    ),
    "rolled columns": (
        np.roll(SPREAD, -1, axis=1),
        SPREAD,
        Mistake.ROLLED,
        (1, -1),
        "the columns of the claim are rolled by -1",
    ),
    "reversed": (
        SPREAD[:, ::-1],
        SPREAD,
        Mistake.REVERSED,
        1,
        "the columns of the claim are in reverse order",
    ),
    "swapped": (
        SPREAD[[0, 4, 2, 3, 1, 5]],
        SPREAD,
        Mistake.PERMUTED,
        (0, (0, 4, 2, 3, 1, 5)),
        "rows 1 and 4 are swapped",
    ),
    "permuted": (
        SPREAD[:, [2, 0, 1, 4, 3]],
        SPREAD,
        Mistake.PERMUTED,
        (1, (2, 0, 1, 4, 3)),
        "the columns of the claim are in another order: they are columns 2, 0, 1, 4 and 3 of the reference",
    ),
    "memory order": (
        SPREAD.ravel(order="F").reshape(6, 5),
        SPREAD,
        Mistake.MEMORY_ORDER,
        None,
        "the claim is flattened in the other memory order (column-major for row-major)",
    ),
    "absolute": (
        np.abs(J),
        J,
        Mistake.ABSOLUTE,
        None,
        "the claim is the absolute value of the reference: signs lost",
    ),
    "reciprocal": (1 / J, J, Mistake.RECIPROCAL, None, "the claim is the reciprocal of the reference"),
    "squared": (J**2, J, Mistake.SQUARED, None, "the claim is the square of the reference"),
    "diagonal only": (
        np.diag(np.diag(J)),
        J,
        Mistake.DIAGONAL_ONLY,
        None,
        "the claim is the diagonal of the reference: treated as element-wise",
    ),
    "diagonal as a vector": (
        np.diag(J),
        J,
        Mistake.DIAGONAL_ONLY,
        (3,),
        "the claim is the diagonal of the reference: treated as element-wise",
    ),
    "extra off-diagonal": (
        np.diag(np.diag(J)) + 0.7 * (1 - np.eye(3)),
        np.diag(np.diag(J)),
        Mistake.OFF_DIAGONAL,
        None,
        "the reference is diagonal; the claim agrees there and has more beside it",
    ),
    "symmetrised": (
        (J + J.T) / 2,
        J,
        Mistake.SYMMETRY,
        "(J + J.T)/2",
        "the claim is made from the reference J by symmetry: (J + J.T)/2",
    ),
    "triangle": (
        np.tril(J),
        J,
        Mistake.SYMMETRY,
        "lower triangle",
        "the claim is made from the reference J by symmetry: lower triangle",
    ),
    "zero": (0 * J, J, Mistake.ZERO, None, "the claim is zero: dropped"),
    "missing sum": (
        np.stack([0.25 * J + 1, 0.75 * J - 1]),
        J,
        Mistake.UNREDUCED,
        (0, "sum", (2, 3, 3)),
        "the sum of the claim over axis 0 of (2, 3, 3) is the reference: missing sum",
    ),
    "missing mean over columns": (
        np.array([[1.0, 5.0, 3.0], [2.0, -8.0, 0.3]]),
        np.array([[3.0], [-1.9]]),
        Mistake.UNREDUCED,
        (1, "mean", (2, 3)),
        "the mean of the claim over axis 1 of (2, 3) is the reference: missing mean",
    ),
    "extra sum": (
        J.sum(axis=0),
        J,
        Mistake.REDUCED,
        (0, "sum"),
        "the claim is the sum over the rows of the reference: a sum too many",
    ),
    "whole for a row": (
        J,
        J[1:2],
        Mistake.WHOLE,
        (0, (1,)),
        "the claim is the whole where a part was asked: the reference is its row 1",
    ),
    "part": (
        WIDE[:, 1:],
        WIDE,
        Mistake.PART,
        (1, (1, 2, 3)),
        "the claim holds only columns 1, 2 and 3 of the reference",
    ),
    "flattened": (
        J.ravel(),
        J,
        Mistake.SHAPE,
        (9,),
        "the claim is right in its numbers but of shape (9,)",
    ),
}


@pytest.mark.parametrize("case", SINGLE)
def test_a_mistake_is_named_with_its_parameter_and_in_words(case):
    claim, reference, mistake, parameter, text = SINGLE[case]
    found = named(claim, reference)
    assert found.named[0].mistakes == (mistake,)
    if isinstance(parameter, list):
        np.testing.assert_allclose(found.named[0].parameter, parameter, rtol=1e-9)
    elif isinstance(parameter, float):
        assert found.named[0].parameter == pytest.approx(parameter, rel=1e-9)
    else:
        assert found.named[0].parameter == parameter
    assert found.text == text == str(found)
    assert 0 <= found.named[0].residual <= 1


@pytest.mark.parametrize("case", sorted(set(SINGLE) - {"zero", "entry", "NaN", "extra off-diagonal"}))
def test_the_same_claim_spoiled_is_not_named(case):
    claim, reference, mistake, *_ = SINGLE[case]
    assert mistake not in {m for e in named(perturbed(claim), reference).named for m in e.mistakes}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_each_form_of_symmetry_is_told_from_the_others(form):
    found = named(FORMS[form](J))
    assert form in [e.parameter for e in found.named]
    assert not named(perturbed(FORMS[form](J))).named


PLACED = {
    "sign of a row": (changed(1, -J[1]), Mistake.SIGN, Where(rows=(1,)), "row 1 is the negative"),
    "factor of two columns": (
        J * np.array([3.0, 1.0, 3.0]),
        Mistake.FACTOR,
        Where(columns=(0, 2)),
        "columns 0 and 2 are 3 times",
    ),
    "dropped row": (changed(2, 0.0), Mistake.ZERO, Where(rows=(2,)), "row 2 is zero: dropped"),
    "dropped column": (
        changed((slice(None), 1), 0.0),
        Mistake.ZERO,
        Where(columns=(1,)),
        "column 1 is zero: dropped",
    ),
    "sign of an entry": (
        changed((2, 0), -J[2, 0]),
        Mistake.SIGN,
        Where((2,), (0,)),
        "entry [2, 0] is the negative",
    ),
    "squared row": (changed(0, J[0] ** 2), Mistake.SQUARED, Where(rows=(0,)), "row 0 is the square"),
}


@pytest.mark.parametrize("case", PLACED)
def test_a_mistake_on_a_part_names_the_part(case):
    claim, mistake, where, text = PLACED[case]
    first = named(claim).named[0]
    assert (first.mistakes, first.where) == ((mistake,), where)
    assert first.text.startswith(text)


def test_a_part_that_is_wrong_in_no_known_way_is_still_located():
    found = named(changed(1, [0.1, 0.77, 3.3]))
    assert found.named[0].mistake is Mistake.WRONG_BLOCK
    assert found.text == "only row 1 disagrees, in no known way; the rest agrees"
    assert not named(np.vstack([[0.1, 0.77, 3.3], [0.4, 2.2, 8.0], [5.0, 0.2, 0.9]])).named


LEAVES = {"rows": (Leaf("y", (3,)),), "columns": (Leaf("w", (2,)), Leaf("b", (), 2))}


def test_leaves_give_their_names():
    assert named(J * np.array([2.0, 2.0, 1.0]), **LEAVES).text == "block w is 2 times the reference: factor 2"
    assert named(changed((1, 2), 6.1), **LEAVES).text == (
        "only one entry is wrong, entry [1, 2] (y[1] by b): claimed 6.1, reference -7.5"
    )
    assert named(J * np.array([1.0, -1.0, 1.0]), **LEAVES).text == (
        "column 1 (w[1]) is the negative of the reference: wrong sign"
    )
    assert Leaf("W", (2, 3), 1).entry(5) == "W[1, 1]"


def test_a_batch_size_gives_a_factor_its_meaning():
    assert (
        named(J / 32, extents={"N": 32}).text == "the claim is 0.03125 times the reference: factor 1/32 = 1/N"
    )
    assert named(-2 * J / 32, extents={"N": 32}).text.endswith("factor -2/32 = -2/N")
    assert named(J / 32).named[0].findings[0].label == ""


def test_a_known_vector_explains_even_a_diagonal():
    reference, v = np.diag([1.5, -2.0, 0.3]), np.array([0.7, 3.0, -1.1])
    assert not named(reference * v, reference).named
    found = named(reference * v, reference, vectors={"w": v})
    assert found.named[0].mistake is Mistake.ROW_SCALING
    assert found.named[1].mistake is Mistake.COLUMN_SCALING
    assert found.text.startswith(
        "each row is multiplied by its entry of w: missing (or extra) diagonal factor"
    )
    assert named(J / v[:, None], vectors={"w": v}).text.startswith(
        "each row is multiplied by its entry of 1/w"
    )


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


PAIRS = {
    "transpose, then factor 2": (2 * WIDE.T, WIDE, {Mistake.TRANSPOSE, Mistake.FACTOR}),
    "square transpose, then fitted factor": (1.37 * J.T, J, {Mistake.TRANSPOSE, Mistake.FACTOR}),
    "sign and one entry": (-changed((0, 1), 8.8), J, {Mistake.SIGN, Mistake.ENTRIES}),
    "roll and sign": (-np.roll(SPREAD, 2, axis=0), SPREAD, {Mistake.ROLLED, Mistake.SIGN}),
    "rolled both ways": (np.roll(SPREAD, (1, 2), axis=(0, 1)), SPREAD, {Mistake.ROLLED}),
    "row sign and entry": (
        changed((3, 1), 9.0, of=np.vstack([-SPREAD[:1], SPREAD[1:]])),
        SPREAD,
        {Mistake.SIGN, Mistake.ENTRIES},
    ),
    "factor and a NaN": (changed((0, 0), np.nan, of=3 * J), J, {Mistake.FACTOR, Mistake.NOT_FINITE}),
    "diagonal, then factor": (0.5 * np.diag(np.diag(J)), J, {Mistake.FACTOR, Mistake.DIAGONAL_ONLY}),
    "factor and a column sign": (1.37 * SPREAD * [1, -1, 1, 1, 1], SPREAD, {Mistake.FACTOR, Mistake.SIGN}),
}


@pytest.mark.parametrize("case", PAIRS)
def test_two_mistakes_are_named_together(case):
    claim, reference, mistakes = PAIRS[case]
    found = named(claim, reference)
    assert len(found.named[0].findings) == 2
    assert mistakes in [set(e.mistakes) for e in found.named]
    assert found.text.startswith("two mistakes: ")
    twin = named(np.where(np.isnan(claim), np.nan, perturbed(claim)), reference)
    assert mistakes not in [set(e.mistakes) for e in twin.named]


def test_the_mistake_made_last_is_told_first():
    found = named(-np.abs(J))
    assert found.named[0].mistakes == (Mistake.SIGN, Mistake.ABSOLUTE)
    assert found.text == (
        "two mistakes: the claim is the negative of the reference: wrong sign; "
        "that undone, the claim is the absolute value of the reference: signs lost"
    )


def test_equivalent_explanations_stand_together():
    rank_one = np.outer([1.0, 2.0, 5.0], [3.0, 0.7, 1.1])
    mistakes = {e.mistake for e in named(np.roll(rank_one, 1, axis=0), rank_one).named}
    assert Mistake.ROLLED in mistakes
    two = np.array([[2.0]])
    assert {Mistake.FACTOR, Mistake.SQUARED} <= {e.mistake for e in named(2 * two, two).named}
    assert {Mistake.SIGN} == {e.mistake for e in named(-two, two).named}
    text = named(2 * two, two).text
    assert "(the same for this matrix: " in text


def test_a_symmetric_jacobian_hides_its_transpose():
    symmetric = J + J.T
    assert (
        named(symmetric.T, symmetric).text
        == "the claim agrees with the reference: there is nothing to explain"
    )
    assert {e.mistake for e in named(-symmetric.T, symmetric).named} == {Mistake.SIGN}


def test_undecided_entries_are_left_out():
    reference = changed((0, 0), np.nan)
    found = diagnose(-J, reference, BAR * np.abs(J), np.where(np.isnan(reference), np.inf, BAR * np.abs(J)))
    assert found.named[0].mistake is Mistake.SIGN


def test_a_number_fitted_to_a_single_entry_explains_nothing():
    assert not named([[1.37]], [[1.0]]).named
    assert not named([[1.37, 0.0], [0.0, 5.0]], np.diag([1.0, 2.2])).named
    assert not named([[0.9, 1.37, 5.0]], [[1.0, 2.0, 3.0]]).named


def test_wide_bars_say_too_little_to_name_anything():
    reference, claim = np.array([[1.0]]), np.array([[2.0]])
    assert named(claim, reference).named
    assert not diagnose(claim, reference, 0.01, 0.01).named


@pytest.mark.parametrize("seed", range(40))
def test_unrelated_claims_are_not_named(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 7, size=2))
    reference, claim = rng.normal(size=(2, *shape)) * 10.0 ** rng.uniform(-2, 2, size=(2, *shape))
    zeros = rng.random(shape) < rng.choice([0.0, 0.5])
    found = named(np.where(zeros, 0.0, claim), np.where(zeros, 0.0, reference))
    assert not found.named or np.array_equal(zeros, np.ones(shape))


@pytest.mark.parametrize("seed", range(20))
def test_a_factor_is_undone_within_the_bars_whatever_they_are(seed):
    """The mistake is named, and undoing it by hand passes the comparison."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(4, 3)) * 10.0 ** rng.uniform(-2, 2, size=(4, 3))
    bar = np.abs(truth) * 10.0 ** rng.uniform(-13, -6, size=truth.shape)
    reference = truth + bar * rng.uniform(-0.99, 0.99, size=truth.shape)
    factor = rng.uniform(0.1, 9.0)
    claim, claim_bar = factor * truth * (1 + 1e-15), 1e-14 * np.abs(truth) * factor
    found = diagnose(claim, reference, claim_bar, bar).named[0]
    c = found.parameter
    assert found.mistake is Mistake.FACTOR
    assert compare(claim / c, claim_bar / c, reference, bar).verdict is Verdict.PASS
    assert compare(claim / (c * 1.01), claim_bar / c, reference, bar).verdict is Verdict.FAIL


def test_single_precision_is_named_and_noted():
    single = SPREAD.astype(np.float32)
    found = named(single, SPREAD)
    assert [e.mistake for e in found.named] == [Mistake.FLOAT32]
    assert found.text.startswith("the claim agrees to single precision only (relative difference up to ")
    assert float32_note(single, SPREAD).endswith("computed in float32")
    assert float32_note(SPREAD * (1 + 2e-7), SPREAD).endswith("or a finite difference")
    assert float32_note(SPREAD, SPREAD) is None
    assert float32_note(SPREAD * (1 + 1e-12), SPREAD) is None
    assert float32_note(single, SPREAD, 1e-6 * np.abs(SPREAD)) is None
    assert float32_note(SPREAD * (1 + 1e-5), SPREAD) is None
    assert float32_note(single[:2], SPREAD) is None
    one_entry = changed((1, 1), SPREAD[1, 1] * (1 + 5e-7), of=SPREAD)
    assert [e.mistake for e in named(one_entry, SPREAD).named] == [Mistake.ENTRIES]


def test_a_claim_that_is_nan_throughout_says_so():
    assert named(J * np.nan).text.startswith("9 entries are NaN or infinite ([0, 0], [0, 1]")


def test_an_unknown_shape_is_stated():
    assert named(np.ones((2, 5))).text == (
        "no known mistake explains it: the claim has shape (2, 5), expected (3, 3)"
    )


def test_large_matrices_are_searched_for_one_mistake_only():
    large = np.random.default_rng(1).normal(size=(101, 100))
    assert named(2 * large, large).named[0].mistake is Mistake.FACTOR
    found = named(-np.roll(large, 1, axis=0), large)
    assert not found.named
    assert not found.complete
    assert found.text == "no known mistake explains it (combinations of two were not searched at this size)"


def test_unusable_arguments_are_refused():
    with pytest.raises(InvalidArgument, match=r"`reference`: given \(3,\)"):
        diagnose(J, J[0], 0.0, 0.0)
    with pytest.raises(InvalidArgument, match=r"`claim_error`: given \(2,\), expected shape \(3, 3\)"):
        diagnose(J, J, np.zeros(2), 0.0)


def test_the_deepest_point_is_not_moved_by_a_minority():
    low = np.array([0.0, 0.5, 0.9, 7.0, -4.0])
    fit = deepest(low, low + 1.0)
    assert (fit.low, fit.high, fit.depth) == (0.9, 1.0, 3)
    assert not deepest(np.array([]), np.array([])).usable


def test_odd_shapes_and_numbers_that_are_not_finite_never_raise():
    rng = np.random.default_rng(3)
    shapes = [
        (),
        (0,),
        (1,),
        (3,),
        (0, 3),
        (3, 0),
        (3, 3),
        (2, 3),
        (6, 3),
        (3, 6),
        (2, 3, 3),
        (1, 1, 9),
        (4, 4),
    ]
    strange = [0.0, np.nan, np.inf, -np.inf, 1e308, 5e-324, -1.0, 2.0]
    for claimed in shapes:
        for expected in [(3, 3), (1, 3), (3, 1), (0, 3), (1, 1)]:
            for _ in range(3):
                claim, reference = rng.choice(strange, size=claimed), rng.choice(strange, size=expected)
                error = rng.choice([0.0, 1e-9, np.inf, np.nan], size=expected)
                found = diagnose(claim, reference, 1e-12, error)
                assert all(e.residual <= 1 for e in found.named)
