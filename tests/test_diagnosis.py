"""A mistake is named, with its parameter and its place; the same claim spoiled is not."""

from __future__ import annotations

import numpy as np
import pytest
from diagnosis_cases import SPREAD, WIDE, J, changed, named, perturbed

from gradcheck.diagnosis import Leaf, Mistake, Where, float32_note
from gradcheck.diagnosis.parts import FORMS

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
    assert found.text == "each row is multiplied by its entry of w: a diagonal factor too many"
    assert named(J / v[:, None], vectors={"w": v}).text.startswith(
        "each row lacks its entry of w: missing diagonal factor"
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_claim_right_to_1e_12_is_never_called_one_of_lower_precision(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(rng.integers(1, 5), rng.integers(1, 5))) * 10.0 ** rng.integers(-3, 4)
    truth *= rng.random(truth.shape) < 0.8
    formats = (truth, truth.astype(np.float32), truth.astype(np.float16), np.round(8 * truth) / 8)
    for claim in formats:
        exact = np.asarray(claim, dtype=float)
        nearly = exact * (1 + 2e-12 * rng.uniform(-1, 1, exact.shape))
        assert float32_note(claim, nearly) is None
        assert float32_note(nearly, exact) is None
        assert float32_note(claim, nearly, 1e-13 * np.abs(nearly)) is None
    if np.count_nonzero(truth) > 2:
        assert "single precision" in (float32_note(truth.astype(np.float32), truth) or "")
