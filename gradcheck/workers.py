"""Processes to spread a run over: started afresh, one thread each, deaf to Ctrl-C."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

__all__ = ["default_jobs", "processes"]

_MOST = 8
"""More processes than this spend longer importing than checking."""


def default_jobs() -> int:
    """Return the processors this process may use, at most eight."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, _MOST)


def _prepare(path: Sequence[str]) -> None:
    # The parent alone answers Ctrl-C: it knows what was done and writes the record.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = list(path)
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone: one killed outright ends nobody and closes no queue."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # What runs in the main thread may take minutes, and nobody waits for it.
        os._exit(1)


@contextmanager
def processes(jobs: int) -> Iterator[list[ProcessPoolExecutor] | None]:
    """Yield ``jobs`` executors of one process each; None when one process is enough.

    One each, so that a process is given its next job when it has ended one.  They
    are spawned, not forked: JAX's threads do not survive a fork.
    """
    if jobs <= 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pools = [
        ProcessPoolExecutor(1, mp_context=context, initializer=_prepare, initargs=(list(sys.path),))
        for _ in range(jobs)
    ]
    try:
        yield pools
    except BaseException:
        # What is running would hold up the exit; its results are not wanted any more.
        for process in multiprocessing.active_children():
            process.terminate()
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        raise
    for pool in pools:
        pool.shutdown()
