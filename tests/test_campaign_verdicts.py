"""From what the witnesses say to the verdict at one point."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gradcheck.campaign import witnesses
from gradcheck.campaign.verdicts import PointVerdict, pairs_of, verdict_on
from gradcheck.campaign.witnesses import CENTRAL, CLOSED_FORM, COMPLEX_STEP, EXACT, JAX_FORWARD, JAX_REVERSE
from gradcheck.results import Reason, Status, Verdict

TRUTH = np.array([[1.0, 2.0], [3.0, 4.0]])
BAR = 1e-9


def says(witness, value=TRUTH, error=BAR, status=Status.OK, text=""):
    value = np.array(value, float)
    return witnesses.Testimony(witness, value, np.broadcast_to(error, value.shape).copy(), status, text)


def silent(witness, status=Status.RAISED, text="it raised"):
    return witnesses.Testimony(witness, None, None, status, text)


def undecided(witness, places, status=Status.NO_USABLE_STEP, text="no step"):
    value, error = TRUTH.copy(), np.full_like(TRUTH, BAR)
    for place in places:
        value[place], error[place] = np.nan, np.inf
    return says(witness, value, error, status, text)


def other(entry=1e-6):
    changed = TRUTH.copy()
    changed[1, 0] += entry
    return changed


WITNESSES = (CLOSED_FORM, CENTRAL, COMPLEX_STEP, JAX_FORWARD, JAX_REVERSE)


def everybody(**said):
    return [said.get(name.replace(" ", "_"), says(name)) for name in WITNESSES]


def test_all_agree_is_a_pass_that_says_what_it_would_have_caught():
    found = verdict_on(everybody(), "float64", nfev=7, scale=np.ones(2))
    assert (found.verdict, found.reason, found.message) == (Verdict.PASS, Reason.AGREES, "")
    assert len(found.pairs) == 10
    assert found.entries == 4
    assert found.nfev == 7
    assert found.power.worst() == pytest.approx(3 * BAR)


@pytest.mark.parametrize("name", [name for name in WITNESSES if name != CENTRAL])
def test_any_single_dissenter_makes_it_fail_and_is_named(name):
    said = everybody(**{name.replace(" ", "_"): says(name, other())})
    found = verdict_on(said, "float64", scale=np.ones(2))
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.DISAGREES)
    assert name in found.failing.names
    assert found.failing.comparison.index == (1, 0)
    disagreeing = [pair for pair in found.pairs if pair.comparison.verdict is Verdict.FAIL]
    assert len(disagreeing) == 4
    assert all(name in pair.names for pair in disagreeing)


def test_central_differences_alone_against_a_certified_complex_step_are_in_doubt_themselves():
    found = verdict_on(everybody(central=says(CENTRAL, other())), "float64", scale=np.ones(2))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.NOISY_REFERENCE)
    assert "central differences alone" in found.message
    assert found.failing is None


@pytest.mark.parametrize("ally", [COMPLEX_STEP, JAX_FORWARD])
def test_central_differences_with_any_ally_make_it_fail(ally):
    said = everybody(**{"central": says(CENTRAL, other()), ally.replace(" ", "_"): says(ally, other())})
    assert verdict_on(said, "float64", scale=np.ones(2)).verdict is Verdict.FAIL


@pytest.mark.parametrize("name", [CLOSED_FORM, JAX_FORWARD, JAX_REVERSE])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("error", [BAR, np.inf, np.nan])
def test_nan_and_infinity_never_pass(name, value, error):
    broken = TRUTH.copy()
    broken[0, 1] = value
    found = verdict_on(everybody(**{name.replace(" ", "_"): says(name, broken, error)}), "float64")
    assert found.verdict is Verdict.FAIL


def test_a_claim_with_an_infinite_bar_never_passes():
    found = verdict_on(everybody(closed_form=says(CLOSED_FORM, TRUTH, np.inf)), "float64")
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4), (2, 2, 1), (), (1, 2), (0, 2)])
def test_another_shape_fails_and_is_never_broadcast(shape):
    found = verdict_on([says(CLOSED_FORM, np.ones(shape)), *everybody()[1:]], "float64")
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.WRONG_SHAPE)
    assert f"claimed shape {shape}, expected (2, 2)" in found.message
    assert found.power is None


def test_a_wrong_claim_fails_by_each_numerical_witness_alone():
    claim = says(CLOSED_FORM, other())
    for reference in (says(CENTRAL), says(COMPLEX_STEP), says(EXACT)):
        assert verdict_on([claim, reference], "float64").verdict is Verdict.FAIL
        assert verdict_on([says(CLOSED_FORM), reference], "float64").verdict is Verdict.PASS


def test_one_numerical_witness_that_decides_is_enough():
    said = everybody(central=undecided(CENTRAL, [(0, 0)]))
    found = verdict_on(said, "float64", scale=np.ones(2))
    assert found.verdict is Verdict.PASS
    assert found.entries == 4
    undecided_pairs = [pair for pair in found.pairs if pair.comparison.verdict is Verdict.INCONCLUSIVE]
    assert undecided_pairs
    assert all(CENTRAL in pair.names for pair in undecided_pairs)


def test_witnesses_may_complete_one_another_entry_by_entry():
    said = everybody(central=undecided(CENTRAL, [(0, 0)]), complex_step=undecided(COMPLEX_STEP, [(1, 1)]))
    assert verdict_on(said, "float64", scale=np.ones(2)).verdict is Verdict.PASS


@pytest.mark.parametrize("status", [Status.NOISY, Status.NO_USABLE_STEP, Status.OUTSIDE_DOMAIN])
def test_an_entry_that_nobody_decides_is_inconclusive_with_the_reason(status):
    said = everybody(
        central=undecided(CENTRAL, [(0, 0)], status, "why"), complex_step=undecided(COMPLEX_STEP, [(0, 0)])
    )
    found = verdict_on(said, "float64")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason is status.reason
    assert found.message == "why"
    assert found.entries == 3


def test_a_wrong_entry_fails_even_beside_an_undecided_one():
    said = [says(CLOSED_FORM, other()), undecided(CENTRAL, [(0, 0)])]
    assert verdict_on(said, "float64").verdict is Verdict.FAIL


def test_agreement_with_autodiff_alone_is_not_enough():
    nobody = undecided(CENTRAL, list(itertools.product(range(2), range(2))))
    found = verdict_on([says(CLOSED_FORM), nobody, says(JAX_FORWARD)], "float64")
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_refused_complex_step_is_not_heard():
    refused = says(COMPLEX_STEP, other(100.0), status=Status.REFUSED)
    found = verdict_on(everybody(complex_step=refused), "float64", scale=np.ones(2))
    assert found.verdict is Verdict.PASS
    assert all(COMPLEX_STEP not in pair.names for pair in found.pairs)


def test_a_witness_without_a_statement_is_in_no_pair():
    said = everybody(jax_forward=silent(JAX_FORWARD), jax_reverse=silent(JAX_REVERSE))
    assert [pair.names for pair in pairs_of(said)] == [
        (CLOSED_FORM, CENTRAL),
        (CLOSED_FORM, COMPLEX_STEP),
        (CENTRAL, COMPLEX_STEP),
    ]


def test_the_numerical_witnesses_judge_the_claim_and_autodiff():
    names = {pair.names for pair in pairs_of(everybody())}
    assert (JAX_FORWARD, CENTRAL) in names
    assert (CLOSED_FORM, JAX_REVERSE) in names
    assert (CENTRAL, JAX_FORWARD) not in names


@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-3), ("float32", 1e-2)])
def test_agreement_that_could_hide_a_large_error_is_too_weak(dtype, limit):
    for share, verdict in ((0.4, Verdict.PASS), (0.6, Verdict.INCONCLUSIVE)):
        said = [says(CLOSED_FORM, TRUTH, 0.0), says(CENTRAL, TRUTH, share * limit * TRUTH)]
        found = verdict_on(said, dtype)
        assert found.verdict is verdict
        assert found.power.worst() == pytest.approx(2 * share * limit)
    assert found.reason is Reason.TOO_WEAK


def test_the_sharper_witness_of_each_entry_counts():
    blunt, sharp = np.full((2, 2), 0.1), np.full((2, 2), 1e-9)
    mixed = blunt.copy()
    mixed[0, 0] = 1e-9
    said = [says(CLOSED_FORM, TRUTH, 0.0), says(CENTRAL, TRUTH, mixed), says(COMPLEX_STEP, TRUTH, blunt)]
    assert verdict_on(said, "float64").reason is Reason.TOO_WEAK
    said[2] = says(COMPLEX_STEP, TRUTH, sharp)
    assert verdict_on(said, "float64").verdict is Verdict.PASS


def test_a_row_of_zeros_is_measured_by_the_scale_of_its_function():
    zeros = np.zeros((1, 2))
    said = [says(CLOSED_FORM, zeros, 0.0), says(CENTRAL, zeros, 1e-3)]
    assert verdict_on(said, "float64", scale=np.array([1e3])).verdict is Verdict.PASS
    assert verdict_on(said, "float64", scale=np.array([1e-3])).reason is Reason.TOO_WEAK


def test_an_empty_derivative_agrees_and_compares_nothing():
    empty = np.zeros((0, 3))
    found = verdict_on([says(CLOSED_FORM, empty), says(CENTRAL, empty)], "float64", scale=np.zeros(0))
    assert (found.verdict, found.entries) == (Verdict.PASS, 0)


def test_every_status_has_a_reason_and_an_unknown_one_has_no_step():
    named = {status: status.reason for status in Status}
    assert named[Status.NONDETERMINISTIC] is Reason.NONDETERMINISTIC
    assert named[Status.RAISED] is Reason.FUNCTION_RAISED
    assert named[Status.REFUSED] is Reason.NO_USABLE_STEP
    assert Reason.AGREES not in named.values()


def test_two_verdicts_share_nothing():
    assert PointVerdict(Verdict.PASS, Reason.AGREES, "").scale.size == 0


def test_who_contradicts_the_claim_and_who_confirms_it_is_told():
    wrong = [says(CLOSED_FORM, other(3.0)), *everybody()[1:]]
    said = verdict_on(wrong, "float64", scale=np.ones(2)).message
    assert said == (
        "closed form against jax, central and complex step: claimed 6, not 3, at [1, 0] (tolerance 2e-09)"
    )
    alone = everybody(jax_forward=says(JAX_FORWARD, other(3.0)))
    said = verdict_on(alone, "float64", scale=np.ones(2)).message
    assert said.startswith(
        "closed form against jax forward (agrees with jax reverse, central and complex step): "
        "claimed 3, not 6, at [1, 0]"
    )


def test_autodiff_that_contradicts_the_function_is_blamed_itself():
    nothing = says(CLOSED_FORM, TRUTH, np.inf)
    said = verdict_on(
        [nothing, says(CENTRAL), says(JAX_FORWARD, other(3.0))], "float64", scale=np.ones(2)
    ).message
    assert said.startswith("jax forward against central: claimed 6, not 3")
    assert said.endswith("; it is jax's derivative of f, not the closed form")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (1e-6, "claimed 3.000001, not 3,"),
        (1e-8, "claimed 3.00000001, not 3,"),
        (np.nan, "claimed nan, not 3,"),
    ],
)
def test_as_many_digits_are_shown_as_tell_the_numbers_apart(entry, words):
    wrong = [says(CLOSED_FORM, other(entry)), *everybody()[1:]]
    assert words in verdict_on(wrong, "float64", scale=np.ones(2)).message


def test_entries_that_differ_are_counted():
    wrong = [says(CLOSED_FORM, TRUTH + 1), *everybody()[1:]]
    assert verdict_on(wrong, "float64", scale=np.ones(2)).message.endswith("; 4 of 4 entries differ")


@pytest.mark.parametrize("shown", [True, False])
def test_an_entry_that_f_shows_and_no_witness_does_is_too_weak(shown):
    value, bar = np.array([[1e4, 1e-3]]), np.array([[1e-9, 1e-2]])
    said = [says(CLOSED_FORM, value, 0.0), says(CENTRAL, value, bar)]
    # f moves by 1e-3 when x[1] moves by 1: seen in 1e4, and lost in 1e13.
    place = np.ones(2), np.array([1e4 if shown else 1e13])
    found = verdict_on(said, "float64", scale=np.ones(1), place=place)
    assert found.reason is (Reason.TOO_WEAK if shown else Reason.AGREES)
    assert verdict_on(said, "float64", scale=np.ones(1)).verdict is Verdict.PASS
