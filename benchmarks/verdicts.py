"""Is the verdict right?  Gradcheck and its peers on the same controls, mutants and traps, in one run.

Run ``python benchmarks/verdicts.py`` from the repository; ``--quick`` takes one point a control and a third
of the mutants.  Exit status 1 if gradcheck rejects a control, misses a mutant at or above what it said it
would have seen, judges a trap wrongly, leaves more than 2 % of the controls open, or spends more evaluations
than it promises.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from verdicts_cases import CONTROLS, Case, cases_of
from verdicts_mutants import mutants_of
from verdicts_tools import ACCEPTED, REJECTED, UNDECIDED, Answer, Tool, tools_available
from verdicts_traps import Trap, traps

__all__ = ["Tally", "evaluations_promised", "main", "measure", "row"]

OPEN_ALLOWED = 0.02


@dataclass
class Tally:
    """What one tool said of everything, and its mistakes in words."""

    controls: int = 0
    rejected: int = 0
    open_controls: int = 0
    mutants: int = 0
    missed: int = 0
    below: int = 0
    open_mutants: int = 0
    traps: int = 0
    traps_right: int = 0
    evaluations: int = 0
    costly: int = 0
    mistakes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether it kept every promise that gradcheck makes."""
        few_open = self.open_controls <= OPEN_ALLOWED * self.controls
        all_right = self.traps_right == self.traps and self.controls > 0
        return all_right and few_open and not (self.rejected or self.missed or self.costly)


def evaluations_promised(answer: Answer, size: int) -> int:
    """Return how often ``f`` of ``size`` inputs may be called where every entry agrees."""
    return size + 12 if "; complex-step;" in answer.text else 20 * size + 20


def measure(tool: Tool, cases: Sequence[Case], trap_list: Sequence[Trap], every: int = 1) -> Tally:
    """Put every case, every ``every``-th of its mutants and every trap to the tool."""
    tally = Tally()
    for case in cases:
        _control(tally, tool, case)
        for mutant, size in list(mutants_of(case))[::every]:
            _mutant(tally, tool, mutant, size)
    for trap in trap_list:
        _trap(tally, tool, trap)
    return tally


def _control(tally: Tally, tool: Tool, case: Case) -> None:
    answer = tool.judge(case.f, case.jac, case.x)
    tally.controls += 1
    tally.evaluations += answer.evaluations
    tally.rejected += answer.said == REJECTED
    tally.open_controls += answer.said == UNDECIDED
    if answer.said != ACCEPTED:
        tally.mistakes.append(f"control {case.name}: {answer.said}. {answer.text}")
    elif "loses" not in answer.text and answer.evaluations > evaluations_promised(answer, np.size(case.x)):
        tally.costly += 1
        tally.mistakes.append(f"control {case.name}: {answer.evaluations} evaluations")


def _mutant(tally: Tally, tool: Tool, mutant: Case, size: float) -> None:
    answer = tool.judge(mutant.f, mutant.jac, mutant.x)
    tally.mutants += 1
    tally.open_mutants += answer.said == UNDECIDED
    if answer.said == ACCEPTED:
        seen = not size < answer.detectable
        tally.missed += seen
        tally.below += not seen
        if seen:
            tally.mistakes.append(f"mutant {mutant.name} ({size:.1e}): accepted. {answer.text}")


def _trap(tally: Tally, tool: Tool, trap: Trap) -> None:
    answer = tool.judge(trap.make(), trap.jac, np.array(trap.x) if np.ndim(trap.x) else trap.x)
    yes_or_no = not np.isfinite(answer.detectable) and tool.name != "gradcheck"
    right = answer.said == trap.right or (trap.right == UNDECIDED and yes_or_no and answer.said != ACCEPTED)
    tally.traps += 1
    tally.traps_right += right
    if not right:
        tally.mistakes.append(f"trap {trap.name}: {answer.said}, right is {trap.right}. {answer.text}")


HEADER = """\
| tool | right ones rejected | right ones left open | mutants missed | of these below what it says it sees \
| mutants left open | traps judged rightly | evaluations a control |
|---|---|---|---|---|---|---|---|"""


def row(name: str, tally: Tally) -> str:
    """Return one line of the table."""
    missed = tally.missed + tally.below
    cells = (
        name,
        f"{tally.rejected} of {tally.controls}",
        f"{tally.open_controls}",
        f"{missed} of {tally.mutants} ({100 * missed / max(tally.mutants, 1):.1f} %)",
        f"{tally.below}",
        f"{tally.open_mutants}",
        f"{tally.traps_right} of {tally.traps}",
        f"{tally.evaluations / max(tally.controls, 1):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for name in ("numpy", "scipy", "torch", "jax", "autograd", "numdifftools", "jacobi"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; exit 1 unless gradcheck's row is clean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one point a control, a third of the mutants")
    parser.add_argument("--only", help="tools whose name contains this")
    parser.add_argument("--points", type=int, default=3, help="points a control")
    parser.add_argument("--seed", type=int, default=3, help="of the points")
    parser.add_argument("--mistakes", help="print the mistakes of tools whose name contains this")
    options = parser.parse_args(argv)
    tools, missing = tools_available()
    cases = list(cases_of(CONTROLS, 1 if options.quick else options.points, options.seed))
    print(f"{_versions()}; seed {options.seed}\n\n{HEADER}")
    clean = True
    for tool in tools:
        if options.only and options.only not in tool.name:
            continue
        tally = measure(tool, cases, traps(), 3 if options.quick else 1)
        print(row(tool.name, tally), flush=True)
        shown = tool.name == "gradcheck" or (options.mistakes and options.mistakes in tool.name)
        for mistake in tally.mistakes if shown else ():
            print(f"  {mistake}", file=sys.stderr)
        clean &= tally.clean or tool.name != "gradcheck"
    print("".join(f"\n{line}" for line in missing))
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
