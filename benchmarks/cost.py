"""What a check costs: calls of the function and CPU time, side by side with the peers in one run.

Every tool answers the same question, is ``jac`` the derivative of ``f`` at ``x``, at its defaults; the times
are the least of several repetitions, in CPU seconds of this process, for a machine is seldom free.  Run
``OPENBLAS_NUM_THREADS=1 python benchmarks/cost.py``; ``--alone`` leaves the peers out, ``--quick`` the large
sizes.  Exit status 1 if gradcheck gives a wrong verdict or needs more evaluations than it promises.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from patience import patience
from verdicts_tools import ACCEPTED, REJECTED, Answer, Tool, tools_available

import gradcheck

SECONDS = 15
"""Longest time for one answer of one tool, by the clock: a timer of CPU would make that clock coarse."""
REPEATED, ENOUGH = 15, 1.0
"""Repetitions at most, and seconds after which there are enough."""


@dataclass(frozen=True)
class Case:
    """A claim: ``jac`` of ``f`` at ``x``, right or not; ``promise`` is the most evaluations of a pass."""

    name: str
    f: Callable[[Any], Any]
    jac: Callable[[Any], Any]
    x: Any
    right: bool = True
    promise: int | None = None


def vector(x: Any) -> Any:
    return np.sin(x) * x


def vector_jac(x: Any) -> Any:
    return np.diag(np.cos(x) * x + np.sin(x))


def refused(x: Any) -> Any:
    x = np.array(x, dtype=float, subok=False).view()
    return np.sin(np.frombuffer(x.tobytes())) * x


def one_entry(x: Any) -> Any:
    value = vector_jac(x)
    value[3, 3] *= 1.01
    return value


def unknown_mistake(x: Any) -> Any:
    return vector_jac(x) + 1e-3 * np.random.default_rng(1).normal(size=(x.size, x.size))


def scalars(x: Any) -> Any:
    total = 0.0
    for one in x:
        total = total + one * one * one
    return total


def gradient(x: Any) -> Any:
    return np.cos(x) * x + np.sin(x)


def cases(quick: bool) -> Iterator[Case]:
    for n in (10,) if quick else (10, 100, 1000):
        x = np.linspace(0.1, 3.0, n)
        exact, central = n + 12, 20 * n + 20
        yield Case(f"right, n = {n}", vector, vector_jac, x, promise=exact)
        yield Case(f"right, complex step refused, n = {n}", refused, vector_jac, x, promise=central)
        yield Case(f"one entry off by 1 %, n = {n}", vector, one_entry, x, right=False)
        if n == 10:
            yield Case("one entry off, complex step refused, n = 10", refused, one_entry, x, right=False)
            yield Case("a mistake without a name, n = 10", vector, unknown_mistake, x, right=False)
            yield Case("right, a loop over numbers, n = 10", scalars, lambda x: 3 * x**2, x, promise=exact)
    if not quick:
        x = np.linspace(0.1, 3.0, 1000)
        yield Case("gradient, 1000 inputs", lambda x: np.sum(vector(x)), gradient, x, promise=1012)


def measured(tool: Tool, case: Case) -> tuple[float, Answer]:
    """Return the least CPU seconds of one answer, and the answer; inf where it took too long."""
    best, spent, answer = np.inf, 0.0, Answer("", 0)
    for _ in range(REPEATED):
        # A tool that asks its estimator once for each function is handed another one.
        def f(x: Any) -> Any:
            return case.f(x)

        gc.collect()
        began, start = time.perf_counter(), time.process_time()
        try:
            with patience(SECONDS):
                answer = tool.judge(f, case.jac, case.x)
        except TimeoutError:
            return np.inf, answer
        best = min(best, time.process_time() - start)
        if answer.text.startswith("TimeoutError"):
            return np.inf, answer
        spent += time.perf_counter() - began
        if spent > ENOUGH and best < np.inf:
            break
    return best, answer


def cell(seconds: float, answer: Answer, own: float, case: Case) -> str:
    if not np.isfinite(seconds):
        return f"over {SECONDS} s"
    if answer.said not in (ACCEPTED, REJECTED):
        return "no answer"
    wrong = "" if (answer.said == ACCEPTED) == case.right else " (wrong)"
    return f"{seconds / own:.2g} x, {answer.evaluations}{wrong}"


def compared(case: Case, tools: Sequence[Tool]) -> tuple[str, str]:
    """Return the row of one case, and what gradcheck did not keep to; empty when nothing."""
    own, answer = measured(tools[0], case)
    cells = [f"{1e3 * own:.3g} ms", str(answer.evaluations)]
    cells += [cell(*measured(tool, case), own, case) for tool in tools[1:]]
    broken = ""
    if answer.said != (ACCEPTED if case.right else REJECTED):
        broken = f"{case.name}: {answer.text}"
    elif case.promise is not None and answer.evaluations > case.promise:
        broken = f"{case.name}: {answer.evaluations} evaluations, promised {case.promise}"
    return f"| {case.name} | {' | '.join(cells)} |", broken


def second_order() -> Tool:
    def judge(f: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any) -> Answer:
        found = gradcheck.check(f, jac, x, order=2)
        said = {"pass": ACCEPTED, "fail": REJECTED}.get(str(found.verdict), "")
        return Answer(said, found.nfev, text=str(found))

    return Tool("gradcheck, order=2", judge, ())


def inside_hypothesis(examples: int) -> str:
    """Return what one check costs inside a property test, and the test without it."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis.extra.numpy import arrays
    from hypothesis.strategies import floats

    def seconds(body: Callable[[Any], Any]) -> float:
        quiet = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=HealthCheck,
        )
        prop = quiet(given(arrays(float, 10, elements=floats(0.1, 2)))(body))
        start = time.process_time()
        prop()
        return time.process_time() - start

    def checked(x: Any) -> None:
        gradcheck.assert_derivative(vector, vector_jac, x)

    def empty(x: Any) -> None:
        pass

    seconds(empty)
    alone, whole = min(seconds(empty) for _ in range(3)), min(seconds(checked) for _ in range(3))
    each = 1e3 / examples
    return (
        f"{examples} examples of a property test over 10 numbers: {each * whole:.2f} ms of CPU each, "
        f"{each * alone:.2f} ms of them Hypothesis's own."
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    parser.add_argument("--quick", action="store_true", help="10 inputs alone")
    options = parser.parse_args(argv)
    usable, missing = tools_available()
    tools = usable[:1] if options.alone else usable
    for tool in tools:
        # What a tool imports and compiles at first is no part of a check.
        tool.judge(vector, vector_jac, np.ones(2))
    print(*missing, sep="\n", end="\n" if missing else "")
    titles = ["case", "gradcheck", "evaluations", *(f"{tool.name}: time, evaluations" for tool in tools[1:])]
    print(f"| {' | '.join(titles)} |")
    print("|" + "---|" * len(titles))
    broken = []
    for case in cases(options.quick):
        row, complaint = compared(case, tools)
        print(row, flush=True)
        broken += [complaint] if complaint else []
    for n in (10,) if options.quick else (10, 50):
        x = np.linspace(0.1, 2.0, n)
        hessian = Case(
            f"second derivative, n = {n}", lambda x: np.sum(np.sin(x)), lambda x: np.diag(-np.sin(x)), x
        )
        row, complaint = compared(hessian, [second_order()])
        print(row + " |" * (len(tools) - 1), flush=True)
        broken += [complaint] if complaint else []
    print("", inside_hypothesis(100 if options.quick else 500), *broken, sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
