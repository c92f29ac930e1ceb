"""Rules spread over an executor: the same rows, none lost, and none of another rule."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from trial_rules import right, trial, wrong

from gradcheck.campaign import dispatch
from gradcheck.campaign.dispatch import check_all, self_test_all
from gradcheck.campaign.sampling import Settings
from gradcheck.errors import GradcheckError
from gradcheck.selection import select

FEW = Settings(examples=3, sizes=(1, 2))
NAMED = ("elementwise/mul/wrt-w", "scalar/square", "E001-18")


class Immediate(Executor):
    """An executor that does the work at once, and remembers what it was given."""

    def __init__(self, breaks=False):
        self.breaks, self.sent, self.futures = breaks, [], []

    def submit(self, function, /, *arguments, **options):
        self.sent.extend(arguments[0])
        future = Future()
        self.futures.append(future)
        if self.breaks and len(self.futures) > 1:
            future.set_exception(BrokenProcessPool("a child died"))
        else:
            future.set_result(function(*arguments, **options))
        return future


class Never(Executor):
    """An executor whose work never ends."""

    def __init__(self):
        self.futures = []

    def submit(self, function, /, *arguments, **options):
        self.futures.append(Future())
        return self.futures[-1]


def by_id(rows):
    return {(row["id"], row["dtype"]): row for row in rows}


def rules():
    return [rule for name in NAMED for rule in select([name])]


def test_an_executor_gives_the_same_rows_as_this_process():
    here = by_id(check_all(rules(), FEW))
    assert by_id(check_all(rules(), FEW, Immediate())) == here
    with ThreadPoolExecutor(2) as pool:
        assert by_id(check_all(rules(), FEW, pool)) == here
    assert list(here) == [(name, "float64") for name in NAMED]


def test_every_rule_is_checked_in_every_format():
    both = Settings(examples=3, sizes=(1, 2), dtypes=("float64", "float32"))
    pool = Immediate()
    rows = by_id(check_all(rules(), both, pool))
    assert set(rows) == {(name, dtype) for name in NAMED for dtype in both.dtypes}
    assert sorted(pool.sent) == sorted(2 * NAMED)


def test_a_rule_that_only_this_process_knows_is_checked_here():
    pool = Immediate()
    mine = wrong("trial/mine")
    rows = by_id(check_all([*rules(), mine], FEW, pool))
    assert rows["trial/mine", "float64"]["verdict"] == "fail"
    assert len(rows) == 4
    assert "trial/mine" not in pool.sent


def test_a_rule_that_borrows_a_known_id_is_not_mistaken_for_it():
    pool = Immediate()
    impostor = wrong("elementwise/mul/wrt-w")
    (row,) = check_all([impostor], FEW, pool)
    assert row["verdict"] == "fail"
    assert pool.sent == []


def test_a_rule_that_a_worker_does_not_know_is_checked_here(monkeypatch):
    monkeypatch.setattr(dispatch, "_known", lambda rule_id, modules: None)
    rows = by_id(check_all(rules(), FEW, Immediate()))
    assert len(rows) == 3
    assert all(row["as_expected"] for row in rows.values())


def test_two_rules_of_one_id_in_two_calls_are_two_rules():
    def double(x):
        return 2 * x

    def triple(x):
        return 3 * x

    for f, slope in ((double, 2.0), (triple, 3.0)):
        rule = trial(
            "t/same", f, lambda x, slope=slope: x[:, None] * 0 + slope * (x[None] == x[:, None]), "(n)->(n)"
        )
        (row,) = check_all([rule], Settings(examples=3, sizes=(1,)))
        assert row["verdict"] == "pass"


def test_a_broken_rule_harms_no_other():
    def fails(*_):
        raise RuntimeError("broken")

    broken = [
        trial("t/f", fails, fails),
        trial("t/claim", abs, fails),
        right("t/arrange", arrange=fails),
    ]
    rows = by_id(check_all([broken[0], *rules(), *broken[1:]], FEW, Immediate()))
    assert len(rows) == 6
    assert [rows[name, "float64"]["as_expected"] for name in NAMED] == [True] * 3
    assert not any(rows[rule.id, "float64"]["as_expected"] for rule in broken)


def test_a_dead_worker_is_an_error_that_says_what_to_do():
    pool = Immediate(breaks=True)
    with pytest.raises(GradcheckError, match=r"a worker process died.*--jobs 1"):
        list(check_all(rules(), FEW, pool))
    with pytest.raises(GradcheckError, match="a worker process died"):
        list(self_test_all(rules()[:2], FEW, Immediate(breaks=True)))


def test_work_that_nobody_waits_for_any_more_is_cancelled():
    pool = Never()
    rows = check_all(rules(), FEW, pool)
    threading.Timer(0.05, lambda: pool.futures[0].set_exception(KeyboardInterrupt())).start()
    with pytest.raises(KeyboardInterrupt):
        next(rows)
    assert [future.cancelled() for future in pool.futures] == [False, True, True]


def test_the_self_test_is_spread_in_the_same_way():
    chosen = rules()[:2]
    here = {row["id"]: row for row in self_test_all(chosen, FEW)}
    pool = Immediate()
    assert {row["id"]: row for row in self_test_all([*chosen, wrong()], FEW, pool)} == here | {
        "trial/wrong": next(iter(self_test_all([wrong()], FEW)))
    }
    assert sorted(pool.sent) == sorted(rule.id for rule in chosen)
