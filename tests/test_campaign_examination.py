"""One rule examined: what makes it right, wrong or undecided, and what is kept as evidence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from trial_rules import (
    JUMP_AT_ZERO,
    Declared,
    blurred_rule,
    broken,
    cube,
    cube_slope,
    examined,
    relu_rule,
    right,
    trial,
    wrong,
)

from gradcheck.campaign.examination import expected_verdicts
from gradcheck.campaign.sampling import Settings
from gradcheck.domains import Kinks, Stratum, interval
from gradcheck.results import Verdict
from gradcheck.rules.registry import Group, Kind


def outcome(row):
    return row["verdict"], row["reason"], row["as_expected"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_rule_passes_with_its_evidence(dtype):
    row = examined(right(), dtype=dtype)
    assert outcome(row) == ("pass", "agrees", True)
    assert row["message"] == ""
    assert row["entries"] > 8
    assert row["failures"] == []
    assert len(row["points"]) == sum(stratum["points"] for stratum in row["strata"])
    assert row["detectable"]["worst"] <= (1e-3 if dtype == "float64" else 1e-2)
    assert row["self_test"]["survivors"] == []
    assert row["largest"]["ratio"] <= 1


def transposed(w, x):
    return np.outer(x, w) / (x @ x + 1)


WRONG = {
    "sign": (cube, lambda x: -cube_slope(x)),
    "factor 2": (cube, lambda x: 2 * cube_slope(x)),
    "a constant": (cube, lambda x: cube_slope(x) + 1e-3),
    "a millionth": (cube, lambda x: cube_slope(x) * (1 + 1e-6)),
    "transposed": (lambda x: x * x[0], lambda x: (np.eye(len(x)) * x[0] + np.outer(x, np.eye(len(x))[0])).T),
    "stale": (cube, lambda x: cube_slope(x + 1e-3)),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_wrong_rule_fails_with_the_smallest_input(name):
    row = examined(trial("t/wrong", *WRONG[name]))
    assert outcome(row) == ("fail", "disagrees", False)
    (failure,) = row["failures"]
    assert failure["point"] == "t/wrong@float64#shrunk"
    assert failure["replay"] == "gradcheck replay 't/wrong@float64#shrunk'"
    size = 2 if name == "transposed" else 1
    assert failure["shapes"] == {"x": [size]}
    assert all(number in (-1.0, 0.0, 1.0, 2.0, 3.0) for number in failure["inputs"]["x"])
    i, j = failure["index"]
    gap = abs(failure["claimed"][i][j] - failure["reference"][i][j])
    assert gap > failure["error"][i][j]
    assert [i, j] in failure["wrong"]


def test_one_entry_off_by_a_millionth_fails():
    def claim(x):
        found = cube_slope(x)
        found[0, 0] *= 1 + 1e-6
        return found

    row = examined(trial("t/one", cube, claim))
    assert row["verdict"] == "fail"
    assert row["failures"][0]["wrong"] == [[0, 0]]


CLAIMS = {
    "raises": (lambda x: 1 // 0, "the claim raised", "ZeroDivisionError"),
    "returns None": (lambda x: None, "the claim raised", "NoneType"),
    "returns text": (lambda x: cube_slope(x).astype(str), "the claim raised", "dtype <U"),
    "returns one text": (lambda x: "3", "the claim raised", "of type str"),
    "returns objects": (lambda x: cube_slope(x).astype(object), "the claim raised", "dtype object"),
    "returns complex numbers": (lambda x: cube_slope(x) + 0j, "the claim raised", "complex128"),
    "is ragged": (lambda x: [[1.0], [2.0, 3.0]], "the claim raised", "inhomogeneous"),
    "is 0-D": (lambda x: 3.0, "wrong shape", "claimed shape ()"),
    "is 1-D": (lambda x: 3 * x**2, "wrong shape", "claimed shape (1,)"),
    "is 3-D": (lambda x: cube_slope(x)[None], "wrong shape", "claimed shape (1, 1, 1)"),
    "has one column more": (lambda x: np.pad(cube_slope(x), ((0, 0), (0, 1))), "wrong shape", "(1, 2)"),
    "is NaN": (lambda x: cube_slope(x) * np.nan, "not finite", "nan"),
    "is NaN in one entry": (lambda x: np.where(np.eye(len(x)) > 0, np.nan, 0.0), "not finite", "nan"),
    "is infinite": (lambda x: cube_slope(x) + np.inf, "not finite", "inf"),
}


@pytest.mark.parametrize("name", list(CLAIMS))
def test_a_claim_that_is_no_finite_matrix_of_the_right_shape_fails_with_a_clear_message(name):
    claim, reason, words = CLAIMS[name]
    row = examined(trial("t/claim", cube, claim))
    assert outcome(row) == ("fail", reason, False)
    (failure,) = row["failures"]
    assert words in failure["message"]
    assert row["entries"] > 0


def unlike(f):
    """Return a function whose result changes its shape from call to call."""
    calls = itertools.count()
    return lambda x: np.ones(next(calls) % 7 + 1) * f(x).sum()


def noisy(scale):
    rng = np.random.default_rng(3)
    return lambda x: x * (1 + scale * rng.normal(size=np.shape(x)))


def in_place(x):
    x *= 2
    return x + 0


FUNCTIONS = {
    "raises": (lambda x: 1 // 0, "the function raised", "ZeroDivisionError"),
    "changes its shape": (unlike(cube), "inconsistent output", "at the first call"),
    "returns objects": (lambda x: np.array([object()] * len(x)), "the function raised", "dtype object"),
    "returns None": (lambda x: None, "the function raised", "NoneType"),
    "returns text": (lambda x: "hello", "the function raised", "str"),
    "returns complex numbers": (lambda x: x * 1j, "the function raised", "complex128"),
    "is nondeterministic": (noisy(1.0), "nondeterministic", "two calls"),
    "is hardly nondeterministic": (noisy(1e-12), "nondeterministic", "two calls"),
    "mutates its input": (in_place, "mutates its input", "in place"),
}


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_a_function_that_cannot_be_trusted_leaves_the_rule_undecided_with_the_reason(name):
    f, reason, words = FUNCTIONS[name]
    row = examined(trial("t/function", f, lambda x: np.eye(len(x))))
    assert outcome(row) == ("inconclusive", reason, False)
    assert words in row["message"]
    assert row["message"].startswith("0 of ")
    assert row["failures"] == []
    assert row["self_test"]["effective"] == 0


def test_a_function_that_cannot_be_trusted_refutes_no_shape():
    row = examined(trial("t/function", noisy(1.0), lambda x: np.ones(3)))
    assert (row["verdict"], row["reason"]) == ("inconclusive", "nondeterministic")


STRATEGIES = {
    "an empty domain": (
        {"domain": interval(1.0, float(np.nextafter(1, 2)))},
        "expected an interval that holds",
    ),
    "a broken arrangement": ({"arrange": broken}, "broken on purpose"),
    "a broken surface": ({"kinks": Kinks(surface=broken, place=lambda a, i, o: a)}, "broken on purpose"),
    "a place that never leaves the kink": (
        {"kinks": Kinks(surface=lambda x: 0 * x, place=lambda a, i, o: a)},
        "a `place` that moves it off 0",
    ),
}


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_a_rule_without_points_is_a_row_with_a_clear_message(name):
    facts, words = STRATEGIES[name]
    row = examined(right("t/strategy", **facts))
    assert outcome(row) == ("inconclusive", "nothing compared", False)
    assert row["message"].startswith("the rule cannot be examined: ")
    assert words in row["message"]
    assert row["points"] == []


def test_terms_that_are_no_arrays_leave_a_row():
    row = examined(right("t/terms", terms=lambda x: [[1], [2, [3]]]))
    assert row["verdict"] == "inconclusive"
    assert "the rule cannot be examined" in row["message"]


def test_a_claim_that_comes_and_goes_keeps_the_evidence_it_gave():
    rng = np.random.default_rng(0)
    row = examined(trial("t/moody", cube, lambda x: cube_slope(x) * (1 + rng.integers(0, 2))))
    assert row["verdict"] == "fail"
    (failure,) = row["failures"]
    assert failure["point"].startswith("t/moody@float64#")
    assert failure["wrong"]


def test_a_failure_too_rare_to_be_found_again_is_shown_where_it_was():
    seen = []

    def rarely(x):
        seen.append(x)
        return cube_slope(x) + (1.0 if 4 < len(seen) <= 8 else 0.0)

    row = examined(trial("t/rare", cube, rarely))
    assert row["verdict"] == "fail"
    (failure,) = row["failures"]
    verdicts = {point["id"]: point["verdict"] for point in row["points"]}
    assert next(iter(verdicts.values())) == "pass"
    assert verdicts[failure["point"]] == "fail"
    assert failure["wrong"]


def test_nothing_compared_is_not_a_pass():
    row = examined(right(), Settings(examples=8, sizes=(0,)))
    assert outcome(row) == ("inconclusive", "nothing compared", False)
    assert row["entries"] == 0
    assert examined(wrong("t/shape"), Settings(examples=8, sizes=(0,)))["verdict"] == "inconclusive"


def test_another_shape_is_wrong_even_where_there_is_nothing_to_compare():
    rule = trial("t/flat", cube, lambda x: 3 * x**2)
    assert examined(rule, Settings(examples=8, sizes=(0,)))["verdict"] == "fail"


def test_autodiff_is_heard_and_can_refute_the_rule():
    agreeing = Declared(lambda x: cube_slope(x))
    row = examined(right(), autodiff=agreeing)
    assert row["verdict"] == "pass"
    assert row["witnesses"]["jax forward"]["answered"] > 0
    dissenting = Declared(lambda x: cube_slope(x) * (1 + 1e-3 * (x[0] > 0)))
    row = examined(right(), autodiff=dissenting)
    assert row["verdict"] == "fail"
    assert "jax" in row["failures"][0]["pair"][1]


def test_autodiff_that_fails_is_no_verdict():
    row = examined(right(), autodiff=Declared(raises=TypeError("no rule for it")))
    assert row["verdict"] == "pass"
    assert row["witnesses"]["jax reverse"] == {
        "answered": 0,
        "unanswered": 8,
        "note": "TypeError: no rule for it",
    }


def test_the_claim_at_a_kink_must_lie_in_clarkes_set_and_every_convention_is_kept():
    settings = Settings(examples=20, sizes=(1, 2))
    row = examined(relu_rule(), settings)
    assert row["verdict"] == "pass"
    assert {said["witness"] for said in row["conventions"]} == {"closed form", "central", "complex step"}

    def two_at_zero(x):
        return np.diag(np.where(x > 0, 1.0, np.where(x == 0, 2.0, 0.0)))

    row = examined(relu_rule(claim=two_at_zero), settings)
    assert row["verdict"] == "fail"
    (failure,) = row["failures"]
    assert failure["stratum"] == "kink"
    assert (failure["inputs"], failure["claimed"]) == ({"x": [0.0]}, [[2.0]])
    smooth, kink = (next(s for s in row["strata"] if s["stratum"] == name) for name in ("smooth", "kink"))
    assert smooth["unexpected"] == 0
    assert kink["unexpected"] == kink["points"]


def test_where_several_kinks_meet_no_convention_gates():
    def sum_of_relus(x):
        return np.maximum(x, 0).sum()

    def claim(x):
        # Right off the kinks and on one of them; outside Clarke's set where two meet.
        row = (x > 0).astype(float)
        return (row if np.sum(x == 0) < 2 else row + 5)[None]

    rule = relu_rule("t/several", claim).__class__(
        **{**vars(relu_rule("t/several", claim)), "f": sum_of_relus, "signature": "(n)->()"}
    )
    row = examined(rule, Settings(examples=20, sizes=(2, 3)))
    several = next(stratum for stratum in row["strata"] if stratum["stratum"] == "several kinks")
    assert row["verdict"] == "pass"
    assert several["fail"] == several["points"] > 0
    assert several["unexpected"] == 0


def test_a_jump_is_visited_once_and_undecided():
    def step(x):
        return np.where(x >= 0, 1.0, 0.0)

    rule = trial("t/step", step, lambda x: np.zeros((len(x), len(x))), kinks=JUMP_AT_ZERO)
    row = examined(rule, Settings(examples=12, sizes=(1, 2)))
    kink = next(stratum for stratum in row["strata"] if stratum["stratum"] == "kink")
    assert (kink["points"], kink["inconclusive"], kink["expected"]) == (1, 1, ["inconclusive"])
    assert row["verdict"] == "pass"


def test_each_stratum_expects_what_can_be_known_there():
    rule, jump = relu_rule(), right(kinks=JUMP_AT_ZERO)
    assert expected_verdicts(rule, Stratum.SMOOTH) == (Verdict.PASS,)
    assert expected_verdicts(rule, Stratum.KINK) == (Verdict.PASS,)
    assert expected_verdicts(jump, Stratum.KINK) == (Verdict.INCONCLUSIVE,)
    assert Verdict.FAIL in expected_verdicts(rule, Stratum.SEVERAL_KINKS)
    for stratum in (Stratum.EDGE, Stratum.EXTREME):
        assert expected_verdicts(rule, stratum) == (Verdict.PASS, Verdict.INCONCLUSIVE)


def test_a_fault_that_survives_is_named():
    row = examined(blurred_rule(), Settings(examples=12, sizes=(1, 2, 3)))
    assert row["verdict"] == "pass"
    assert row["self_test"]["survivors"] == ["one entry by 1e-6"]


def test_a_function_noisier_than_a_check_allows_is_too_weak_not_a_pass():
    def coarse(x):
        return np.sin(np.asarray(np.pi * x, dtype=np.float16)).astype(np.float64)

    rule = trial(
        "t/coarse", coarse, lambda x: np.diag(np.pi * np.cos(np.pi * x)), domain=interval(0.55, 0.95)
    )
    assert examined(rule)["verdict"] != "pass"


def test_a_user_rule_is_replayed_with_its_module():
    row = examined(wrong("t/user", group=Group.USER))
    assert row["failures"][0]["replay"] == "gradcheck replay 't/user@float64#shrunk' --module trial_rules"


def test_a_value_claim_and_a_shape_claim_are_rows_too():
    value = trial("t/value", lambda x: x + x, lambda x: 3 * x, wrt=None, kind=Kind.VALUE)
    assert examined(value)["verdict"] == "fail"
    shape = trial("t/shape", cube, lambda x: ((x.size + 1, x.size),), kind=Kind.SHAPE)
    row = examined(shape)
    assert (row["verdict"], row["reason"]) == ("fail", "wrong shape")


def test_the_same_seed_gives_the_same_row_and_another_does_not():
    first, again = examined(wrong()), examined(wrong())
    assert first == again
    other = examined(wrong(), Settings(examples=8, seed=1, sizes=(1, 2, 3)))
    assert other["points"] != first["points"]
    assert other["failures"][0]["inputs"] == first["failures"][0]["inputs"]


def test_a_number_beyond_the_format_decides_nothing_and_an_infinite_claim_still_fails():
    point = Settings(examples=8, sizes=(1,))

    def steep(x):
        return x[:1] * np.array(1e25, x.dtype) * np.array(1e20, x.dtype)

    def slope(x):
        return np.array([[1e25]], x.dtype) * np.array(1e20, x.dtype)

    tiny = interval(1e-30, 2e-30)
    assert outcome(examined(trial("t/steep", steep, slope, domain=tiny), point))[0] == "pass"
    row = examined(trial("t/steep", steep, slope, domain=tiny), point, "float32")
    assert row["verdict"] == "inconclusive"
    infinite = trial("t/infinite", cube, lambda x: cube_slope(x) + np.inf)
    assert examined(infinite, dtype="float32")["verdict"] == "fail"


def test_where_the_function_itself_overflows_in_the_format_nothing_is_judged():
    def f(x):
        return (x * np.array(1e20, x.dtype)) ** 2

    def wrong_slope(x):
        return np.diag(x)

    rule = trial("t/overflow", f, wrong_slope, domain=interval(1.0, 2.0))
    assert examined(rule)["verdict"] == "fail"
    row = examined(rule, dtype="float32")
    assert outcome(row) == ("inconclusive", "outside the domain", False)
    assert "f is not finite in float32 at the point" in row["message"]
