"""Builds whole records, for the tests of the journal, the schema and the views."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sample_checks import (
    CENTRAL,
    CLOSED,
    COMPLEX,
    FORWARD,
    REVERSE,
    check,
    erratum_check,
    failing_check,
    inconclusive_check,
    kink_check,
    rejected_check,
)
from sample_single_checks import evidence, failing_single_check, histogram, single_check

if TYPE_CHECKING:
    from sample_checks import Tree


def changes() -> Tree:
    """What a comparison of two records says."""
    row = {"id": "chain/total/x-plus-x2", "dtype": "float64", "before": "pass", "after": "fail"}
    gone = {"id": "mine/gone", "dtype": "float64", "before": "pass", "after": "absent"}
    return {
        "new": [row | {"why": "disagrees: Claim and reference differ"}],
        "fixed": [],
        "worse": [],
        "vanished": [gone | {"why": "no longer checked"}],
        "added": [],
        "unchanged": 7,
    }


def record(checks: list[Tree] | None = None, **facts: Any) -> Tree:
    """A whole record with every verdict, group and optional block in it."""
    if checks is None:
        checks = [check(), kink_check(), failing_check(), inconclusive_check()]
        checks += [erratum_check(), erratum_check("E000-02", refuted=False), rejected_check()]
        checks += [check("mine/cube", group="user", section="", sources=[], latex="", dtype="float32")]
    verdicts = [found["verdict"] for found in checks if found["expected"] == "pass"]
    errata = [found for found in checks if found["expected"] == "fail"]
    filled: Tree = {
        "schema_version": 1,
        "tool": "gradcheck",
        "complete": True,
        "command": "gradcheck run --seed 0 --examples 50",
        "seed": 0,
        "examples": 50,
        "dtypes": ["float64"],
        "sizes": [1, 2, 5],
        "witnesses": [
            {"name": CLOSED, "available": True, "detail": "from the documents"},
            {"name": CENTRAL, "available": True, "detail": "Richardson ladder"},
            {"name": COMPLEX, "available": True, "detail": "with certificate"},
            {"name": FORWARD, "available": False, "detail": "jax is not installed"},
            {"name": REVERSE, "available": False, "detail": "jax is not installed"},
        ],
        "checks": checks,
        "not_checkable": [
            {
                "id": "E000-04",
                "document": "000",
                "lines": "L30",
                "says": 'the three constants "3, 2 and y" printed as the product 3·2 and y',
                "right": "three constants: 3, 2 and y",
                "kind": "W",
            }
        ],
        "summary": {
            "pass": verdicts.count("pass"),
            "fail": verdicts.count("fail"),
            "inconclusive": verdicts.count("inconclusive"),
            "unexpected": sum(not found["as_expected"] for found in checks),
            "errata_refuted": sum(found["as_expected"] for found in errata),
            "errata_total": len(errata),
            "points": sum(part["points"] for found in checks for part in found["strata"]),
            "entries": sum(found["entries"] for found in checks),
            "exit_code": 1,
            "messages": ["3 checks are not as expected", "the witness jax forward is absent"],
        },
        "self_test": {
            "full": False,
            "rules": 4,
            "effective": 34,
            "killed": 33,
            "survivors": [{"id": "elementwise/max-scalar/wrt-x", "mutant": "kink value 1/2"}],
        },
        "environment": {
            "started": "2026-01-02T03:04:05+00:00",
            "duration_seconds": 12.5,
            "platform": "Linux-6.1-x86_64",
            "python": "3.11.9",
            "versions": {"numpy": "2.4.0", "scipy": "1.17.0", "hypothesis": "6.170.0", "jax": "absent"},
        },
    }
    return filled | copy.deepcopy(facts)


def full_record(checks: list[Tree] | None = None, **facts: Any) -> Tree:
    """The record of rules and of tests together: everything that a page may have to show."""
    if checks is not None:
        return record(checks, **facts)
    rules = record()["checks"]
    rules[0]["histogram"] = histogram(700, 0, 12, 40, 50, 8, 2)
    rules[2]["failures"][0] |= evidence() | {"claimed_error": [[1e-15]], "reference_error": [[2e-12]]}
    return record([*rules, single_check(), failing_single_check()], **facts)
