"""Verdicts on functions in float32, float16 and bfloat16: right claims, one entry 5% wrong, all 5% wrong.

A wrong claim must fail where the claim's own rounding is under 1% of the entry that is wrong, and must never
pass; a right one must never fail.  Run ``python benchmarks/precision.py [largest size]``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import ml_dtypes
import numpy as np
from precision_cases import CASES, Case, spoiled_all, spoiled_entry

import gradcheck

FORMATS: dict[str, Any] = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
SIZES = (1, 3, 30, 1000)
MAY_BE_MISSED = 0.01
NO_DERIVATIVE = 1e-12
CLAIMS = {"right": lambda case: case.jac, "one entry": spoiled_entry, "all entries": spoiled_all}


def point(size: int, dtype: Any) -> Any:
    return np.random.default_rng(size).uniform(0.3, 2.0, size).astype(dtype)


def own_rounding(case: Case, x: Any) -> Any:
    """What the claim's arithmetic loses, relative to each entry; 0 where the entry is 0."""
    rounded = np.asarray(case.jac(x), dtype=float)
    exact = np.asarray(case.jac(x.astype(float)), dtype=float)
    with np.errstate(all="ignore"):
        return np.where(exact == 0, 0.0, np.abs(rounded / exact - 1))


def is_wrong(case: Case, kind: str, x: Any) -> bool:
    """Whether the claim is wrong at all: 5% more of a derivative that is 0 is none."""
    exact = np.asarray(case.jac(x.astype(float)), dtype=float)
    made = np.asarray(CLAIMS[kind](case)(x.astype(float)), dtype=float)
    return bool((np.abs(made - exact) > NO_DERIVATIVE).any())


def must_fail(case: Case, kind: str, x: Any) -> bool:
    """Whether an entry that is wrong has lost less than 1% by rounding."""
    right = np.asarray(case.jac(x), dtype=float)
    wrong = np.asarray(CLAIMS[kind](case)(x), dtype=float) != right
    return bool((own_rounding(case, x)[wrong] < MAY_BE_MISSED).any())


def sizes_of(case: Case, largest: int) -> list[int]:
    return [size for size in SIZES if size <= largest and (size < SIZES[-1] or case.wide)]


def main(largest: int = SIZES[-1]) -> int:
    found: Counter[tuple[str, str, str]] = Counter()
    bad = []
    start = time.perf_counter()
    for name, case in CASES.items():
        for dtype, scalar in FORMATS.items():
            for size in sizes_of(case, largest):
                x = point(size, scalar)
                for kind, spoil in CLAIMS.items():
                    if kind != "right" and not is_wrong(case, kind, x):
                        continue
                    result = gradcheck.check(case.f, spoil(case), x)
                    verdict = str(result.verdict)
                    due = kind != "right" and must_fail(case, kind, x)
                    found[dtype, kind + (", due" if due else ""), verdict] += 1
                    if verdict == ("fail" if kind == "right" else "pass") or (due and verdict != "fail"):
                        bad.append(f"{name} {dtype} {size} {kind}: {verdict}, {result.reason}")
                    elif verdict == "inconclusive":
                        lost = own_rounding(case, x).max()
                        print(f"{name} {dtype} {size} {kind}: {result.message} (loses {lost:.2g})")
    for key, count in sorted(found.items()):
        print(f"{key[0]:10s} {key[1]:20s} {key[2]:14s} {count}")
    print(f"{found.total()} checks in {time.perf_counter() - start:.0f} s, {len(bad)} wrong verdicts")
    print("\n".join(bad))
    return len(bad)


if __name__ == "__main__":
    sys.exit(1 if main(*(int(a) for a in sys.argv[1:])) else 0)
