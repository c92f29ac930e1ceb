"""Processes to spread a run over."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
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


KILLED = """
import os, time
from gradcheck.workers import processes

if __name__ == "__main__":
    with processes(2) as pools:
        pids = [pool.submit(os.getpid).result(timeout=100) for pool in pools]
        pools[0].submit(time.sleep, 600)
        print(*pids, flush=True)
        time.sleep(600)
"""


def test_workers_end_when_their_parent_is_killed_and_let_its_output_go(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[1])
    facts = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=facts) as run:
        pids = [int(pid) for pid in run.stdout.readline().split()]
        assert len(pids) == 2
        run.kill()
        try:
            # Ends when the last process that holds the pipe has ended: a worker sleeps for ten minutes.
            assert run.communicate(timeout=60)[0] == ""
        finally:
            for pid in pids:
                end(pid)


def end(pid):
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError:
        return
