"""How often a planted mistake is named, and how often something is named that is not so.

Random Jacobians of ten kinds, sizes 1 to 12, entries over decades, bars of 1e-13 to 1e-8, each with one
planted mistake (every tenth with two), and as many claims that no known mistake made.  A mistake is drawn
where it is determined: a factor for each row, say, needs rows with several entries.  A name counts as wrong
when its law, applied to the reference, does not reproduce the claim within the bars; the laws are written
once more in ``diagnosis_laws``.  Run ``python benchmarks/diagnosis.py [cases] [seed] [-v]``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from diagnosis_cases import EPS, KINDS, Case, Rng, context_of, new_case, planted_claim, strange_claim, wanted
from diagnosis_laws import Side, true_name

from gradcheck.diagnosis import Explanation, diagnose

NOTHING = "no known mistake"


def hit(planted: tuple[str, ...], named: tuple[Explanation, ...]) -> bool:
    return any(
        len(e.mistakes) == len(planted)
        and any(
            all(m in wanted(p) for m, p in zip(order, planted, strict=True))
            for order in (e.mistakes, e.mistakes[::-1])
        )
        for e in named
    )


@dataclass
class Tally:
    """What was planted, what was named, and the names whose laws do not hold."""

    planted: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
    names: int = 0
    wrong: list[str] = field(default_factory=list)
    spoiled: int = 0
    spoiled_refused: int = 0
    slowest: float = 0.0

    def add(
        self, kind: str, planted: tuple[str, ...], claim: Side, reference: Side, case: Case, rng: Rng
    ) -> None:
        context = context_of(case, rng)
        start = time.perf_counter()
        diagnosis = diagnose(claim.value, reference.value, claim.bar, reference.bar, context=context)
        self.slowest = max(self.slowest, time.perf_counter() - start)
        group = planted[0] if len(planted) == 1 else "two mistakes"
        self.planted[group] += 1
        self.named[group] += bool(diagnosis.named)
        as_planted = group != NOTHING and hit(planted, diagnosis.named)
        self.exact[group] += as_planted
        unexpected = bool(diagnosis.named) if group == NOTHING else not as_planted
        if "-v" in sys.argv and unexpected:
            print(kind, case.truth.shape, f"{case.relative:.0e}", planted, "->", diagnosis.text)
        spoiled = Side.of(claim.value * (1 + 1e-3 * rng.choice([-1, 1], claim.value.shape)), claim.bar)
        for one in diagnosis.named:
            self.names += 1
            if not true_name(one, claim, reference, case):
                self.wrong.append(f"{kind} {planted} {one.text}")
            self.spoiled += 1
            self.spoiled_refused += not true_name(one, spoiled, reference, case)

    def report(self) -> None:
        for group, count in sorted(self.planted.items(), key=lambda item: self.named[item[0]] / item[1]):
            named, exact = self.named[group] / count, self.exact[group] / count
            print(f"{group:30s} {count:5d} planted  {named:7.1%} named  {exact:7.1%} as planted")
        total = self.planted.total() - self.planted[NOTHING]
        named, exact = self.named.total() - self.named[NOTHING], self.exact.total()
        print(f"{total} planted: {named / total:.2%} named, {exact / total:.2%} as planted")
        print(f"{self.planted[NOTHING]} of no known mistake: {self.named[NOTHING]} named")
        print(f"{len(self.wrong)} of {self.names} names wrong; the laws refuse {self.spoiled_refused} of")
        print(f"{self.spoiled} claims spoiled by 1e-3 (zeros and NaN stay what they are)")
        print(f"slowest diagnosis {1e3 * self.slowest:.0f} ms")
        for one in self.wrong[:20]:
            print("WRONG", one)


def main(cases: int = 1500, seed: int = 20240917) -> int:
    rng = np.random.default_rng(seed)
    tally = Tally()
    for k in range(cases):
        kind = KINDS[k % len(KINDS)]
        case = new_case(kind, rng)
        reference = Side.of(*case.observed(case.truth, rng))
        label, value = planted_claim(case, rng, two=k // len(KINDS) % 10 == 9)
        for planted, raw in ((label, value), ((NOTHING,), strange_claim(case, rng))):
            bar = 8 * EPS * np.abs(raw)
            # What float32 or float16 stores stays as stored.
            stored = planted in (("float32",), ("float16",))
            rounding = 0.0 if stored else bar * rng.uniform(-0.5, 0.5, raw.shape)
            tally.add(kind, planted, Side.of(raw + rounding, bar), reference, case, rng)
    tally.report()
    return len(tally.wrong)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    sys.exit(1 if main(*numbers) else 0)
