"""Records merged: the worst entry of a check stands, whatever the order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_checks import check, erratum_check, failing_check
from sample_record import record

from gradcheck.errors import InvalidArgument
from gradcheck.journal import violation
from gradcheck.ledger import baseline_of, gate, merge

FAIL = {"verdict": "fail", "as_expected": False, "reason": "mismatch"}
DOUBT = {"verdict": "inconclusive", "as_expected": False, "reason": "too weak"}


def by_key(merged):
    return {(found["id"], found["dtype"]): found for found in merged["checks"]}


def test_one_record_stays_as_it_is():
    whole = record()
    assert merge([whole]) == whole


def test_no_record_is_no_green():
    with pytest.raises(InvalidArgument, match="at least one record"):
        merge([])


def test_shards_are_put_together_and_counted_again():
    shards = [record([check("a"), failing_check()]), record([check("b"), erratum_check()])]
    merged = merge(shards)
    assert [found["id"] for found in merged["checks"]] == [
        found["id"] for shard in shards for found in shard["checks"]
    ]
    summary = merged["summary"]
    assert (summary["pass"], summary["fail"], summary["unexpected"]) == (2, 1, 1)
    assert (summary["errata_total"], summary["errata_refuted"]) == (1, 1)
    assert summary["entries"] == sum(found["entries"] for found in merged["checks"])
    assert violation(merged) is None


@pytest.mark.parametrize("order", list(itertools.permutations([{}, FAIL, DOUBT])))
def test_the_worst_verdict_stands(order):
    merged = merge([record([check(**facts)]) for facts in order])
    assert [found["verdict"] for found in merged["checks"]] == ["fail"]
    assert merged["summary"]["fail"] == 1


def test_of_twins_the_one_that_was_not_refuted_is_worst():
    refuted = check(expected="fail", verdict="fail")
    stands = check(expected="fail", verdict="pass", as_expected=False)
    assert merge([record([refuted]), record([stands])])["checks"] == [stands]
    assert merge([record([stands]), record([refuted])])["checks"] == [stands]


def test_a_check_that_gates_is_worse_than_one_that_does_not():
    weak = check() | {"gates": True}
    assert merge([record([weak]), record([check()])])["checks"] == [weak]


@pytest.mark.parametrize("worst", [1e-3, "inf", "nan"])
def test_of_equal_verdicts_the_weaker_one_stands(worst):
    weak = check(detectable={"median": 1e-14, "worst": worst, "index": [0, 0], "point": ""})
    strong = check(detectable={"median": 1e-14, "worst": 1e-12, "index": [0, 0], "point": ""})
    assert merge([record([strong]), record([weak])])["checks"] == [weak]


@pytest.mark.parametrize("lost", ["entries", "points", "witnesses"])
def test_of_equal_verdicts_the_smaller_one_stands_whatever_it_would_catch(lost):
    def power(worst):
        return {"median": 1e-14, "worst": worst, "index": [0, 0], "point": ""}

    small, large = check(detectable=power(1e-13)), check(detectable=power(2e-13))
    if lost == "entries":
        small["entries"] -= 1
    elif lost == "points":
        small["strata"][0]["points"] -= 1
    else:
        small["witnesses"]["complex step"]["answered"] = 0
    for order in ([large, small], [small, large]):
        assert merge([record([one]) for one in order])["checks"] == [small]


def test_a_check_twice_in_one_record_is_one_check():
    merged = merge([record([check(), check(**FAIL)])])
    assert [found["verdict"] for found in merged["checks"]] == ["fail"]
    assert merged["summary"]["fail"] == 1


def test_dtypes_stay_apart():
    assert len(merge([record([check()]), record([check(dtype="float32")])])["checks"]) == 2


def test_one_record_cut_short_makes_the_whole_incomplete():
    assert merge([record(), record(complete=False)])["complete"] is False
    assert merge([record(), record()])["complete"] is True


@pytest.mark.parametrize(
    ("codes", "merged"), [((0, 0), 0), ((0, 1), 1), ((1, 2), 2), ((0, 5), 0), ((5, 5), 5), ((5, 1), 1)]
)
def test_the_gravest_exit_code_stands(codes, merged):
    records = [record() for _ in codes]
    for one, code in zip(records, codes, strict=True):
        one["summary"]["exit_code"] = code
    for order in itertools.permutations(records):
        assert merge(order)["summary"]["exit_code"] == merged


def test_a_witness_present_anywhere_is_present_and_says_so():
    absent, present = record(), record()
    present["witnesses"][3] |= {"available": True, "detail": "jax 0.10"}
    for order in ([absent, present], [present, absent]):
        assert merge(order)["witnesses"][3] == {
            "name": "jax forward",
            "available": True,
            "detail": "jax 0.10",
        }


def test_survivors_and_other_faults_of_any_record_are_kept():
    first, second = record(), record(self_test=None)
    second["summary"]["other_faults"] = ["required witness absent: jax"]
    merged = merge([second, first])
    assert merged["self_test"]["survivors"] == first["self_test"]["survivors"]
    assert merged["summary"]["other_faults"] == ["required witness absent: jax"]


entries = st.builds(
    lambda name, facts, entries: check(name, entries=entries, **facts),
    st.sampled_from("abc"),
    st.sampled_from([{}, FAIL, DOUBT]),
    st.integers(0, 3),
)
shards = st.lists(
    st.builds(
        lambda found, seed: record(found, seed=seed),
        st.lists(entries, max_size=4),
        st.sampled_from([0, 0, 1, 2, None]),
    ),
    min_size=1,
    max_size=5,
)


@given(shards, st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_order_or_grouping(records, random):
    merged = merge(records)
    shuffled = random.sample(records, len(records))
    assert by_key(merge(shuffled)) == by_key(merged)
    assert by_key(merge([merged, *records])) == by_key(merged)
    cut = random.randrange(1, len(records) + 1)
    parts = [merge(part) for part in (records[:cut], records[cut:]) if part]
    assert by_key(merge(parts)) == by_key(merged)
    assert violation(merged) is None


def points(found):
    return {one["stratum"]: one["points"] for one in found["strata"]}


def test_points_of_different_seeds_add_up_and_the_worst_entry_stands():
    one = check()
    two = check(**FAIL)
    merged = merge([record([one], seed=1), record([two], seed=2)])
    (found,) = merged["checks"]
    assert found["verdict"] == "fail"
    assert points(found) == {name: 2 * count for name, count in points(one).items()}
    assert found["entries"] == one["entries"] + two["entries"]
    assert found["nfev"] == one["nfev"] + two["nfev"]
    for name, said in one["witnesses"].items():
        assert found["witnesses"][name]["answered"] == 2 * said["answered"]
    assert merged["summary"]["points"] == 2 * sum(points(one).values())
    assert violation(merged) is None


@pytest.mark.parametrize("seeds", [(1, 1), (None, None), (1, None)])
def test_points_of_one_seed_or_of_none_that_is_known_count_once(seeds):
    merged = merge([record([check()], seed=seed) for seed in seeds])
    assert points(merged["checks"][0]) == points(check())
    assert merged["checks"][0]["entries"] == check()["entries"]


def test_a_seed_counts_once_however_often_records_are_merged():
    first, second, third = (record([check()], seed=seed) for seed in (1, 2, 3))
    both = merge([first, second])
    assert merge([both, second])["checks"] == both["checks"]
    assert merge([both, both])["checks"] == both["checks"]
    overlapping = merge([both, merge([second, third])])
    assert overlapping["checks"] == merge([first, second, third])["checks"]
    assert points(overlapping["checks"][0]) == {name: 3 * count for name, count in points(check()).items()}


def test_of_one_seed_the_smaller_draw_counts():
    small = check(entries=1)
    merged = merge([record([check()], seed=1), record([small], seed=1), record([check()], seed=2)])
    assert merged["checks"][0]["entries"] == 1 + check()["entries"]


def test_fixed_points_are_no_draws_and_never_add_up():
    fixed = check(strata=[])
    merged = merge([record([fixed], seed=1), record([fixed], seed=2)])
    assert merged["checks"] == [fixed]


def test_a_shard_that_is_missing_shrinks_its_rule_in_the_gate():
    shards = [record([check()], seed=seed, self_test=None) for seed in (1, 2)]
    for shard in shards:
        shard["summary"]["exit_code"] = 0
    whole = merge(shards)
    baseline = baseline_of(whole)
    assert gate(whole, baseline=baseline)["open"]
    found = gate(merge(shards[:1]), baseline=baseline)
    assert [one["kind"] for one in found["findings"]] == ["shrank"]
    # The shard twice is no substitute for the one that is missing.
    assert not gate(merge([shards[0], shards[0]]), baseline=baseline)["open"]
