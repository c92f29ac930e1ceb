"""Processes to spread a run over."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from gradcheck.workers import default_jobs, processes


def what_a_worker_is():
    return os.getpid(), signal.getsignal(signal.SIGINT), os.environ["XLA_FLAGS"], Path.cwd()


def test_the_default_is_what_may_be_used_and_at_most_eight(monkeypatch):
    for usable, expected in ((1, 1), (3, 3), (64, 8)):
        monkeypatch.setattr(
            os, "sched_getaffinity", lambda _, usable=usable: set(range(usable)), raising=False
        )
        assert default_jobs() == expected
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_jobs() == 1


@pytest.mark.parametrize("jobs", [0, 1])
def test_one_process_is_this_one(jobs):
    with processes(jobs) as pool:
        assert pool is None


def test_workers_are_other_processes_deaf_to_ctrl_c_and_end_with_the_block():
    with processes(2) as pools:
        assert len(pools) == 2
        pid, on_interrupt, flags, folder = pools[1].submit(what_a_worker_is).result(timeout=100)
        assert pid != os.getpid()
        assert on_interrupt == signal.SIG_IGN
        assert "--xla_cpu_multi_thread_eigen=false" in flags
        assert folder == Path.cwd()
    assert not multiprocessing.active_children()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_exception_ends_the_workers_at_once():
    children = []

    def interrupted():
        with processes(2) as pools:
            pools[0].submit(what_a_worker_is).result(timeout=100)
            children.extend(multiprocessing.active_children())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert children
    for child in children:
        child.join(timeout=20)
        assert not child.is_alive()
