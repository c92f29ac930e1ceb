"""Builds records for the tests of the journal, the schema and the views."""

from __future__ import annotations

import copy
from typing import Any

CENTRAL, CLOSED, COMPLEX, FORWARD, REVERSE = (
    "central",
    "closed form",
    "complex step",
    "jax forward",
    "jax reverse",
)
Tree = dict[str, Any]
OPTIONAL = {
    "gates",
    "gate_reason",
    "test",
    "diagnosis",
    "convention",
    "method",
    "strategy",
    "text",
    "worst",
    "power",
    "histogram",
}


def source(document: str = "000", section: str = "1", lines: str = "L13", status: str = "printed") -> Tree:
    return {"document": document, "section": section, "lines": lines, "status": status}


def stratum(name: str, *, passed: int = 0, fail: int = 0, inconclusive: int = 0, unexpected: int = 0) -> Tree:
    return {
        "stratum": name,
        "expected": ["inconclusive"] if inconclusive and not passed else ["pass"],
        "points": passed + fail + inconclusive,
        "pass": passed,
        "fail": fail,
        "inconclusive": inconclusive,
        "unexpected": unexpected,
    }


def pair(first: str, second: str, points: int = 50, disagree: int = 0, **figures: Any) -> Tree:
    return {
        "witnesses": [first, second],
        "points": points,
        "agree": points - disagree,
        "disagree": disagree,
        "undecided": 0,
        "largest_ratio": 0.31,
        "largest_error": 1.1e-13,
        "bar": 3.5e-13,
    } | figures


def failure(rule_id: str, claimed: Any, reference: Any, wrong: list[list[int]], **facts: Any) -> Tree:
    return {
        "point": f"{rule_id}@float64#3",
        "stratum": "smooth",
        "inputs": {"x": [1.0, 2.0]},
        "functions": {},
        "pair": [CLOSED, CENTRAL],
        "claimed": claimed,
        "reference": reference,
        "error": [[2.5e-12 for _ in row] for row in reference],
        "wrong": wrong,
        "index": wrong[0] if wrong else None,
        "message": "The claim is twice the reference: a factor 2 too many.",
        "replay": f"gradcheck replay {rule_id}@float64#3",
    } | facts


def check(rule_id: str = "elementwise/mul/wrt-w", **facts: Any) -> Tree:
    """One check that passes, with every optional block filled; ``facts`` replace fields."""
    filled: Tree = {
        "id": rule_id,
        "dtype": "float64",
        "group": "claim",
        "kind": "derivative",
        "verdict": "pass",
        "reason": "agrees",
        "message": "",
        "expected": "pass",
        "as_expected": True,
        "section": "5 Element-wise binary operators",
        "function": "w ⊗ x",
        "formula": "diag(x)",
        "latex": r"\frac{\partial (w \otimes x)}{\partial w} = \mathrm{diag}(x)",
        "domain": "all real",
        "example": "w = (1, 2), x = (3, 4): [3, 0; 0, 4]",
        "notes": "The off-diagonal zeros are compared too.",
        "signature": "(n),(n)->(n)",
        "sources": [source("000", "4.2", "L124"), source("004", "", "L226", "reconstructed")],
        "erratum": None,
        "entries": 812,
        "nfev": 640,
        "witnesses": {
            CLOSED: {"answered": 50, "unanswered": 0, "note": ""},
            CENTRAL: {"answered": 49, "unanswered": 1, "note": "noise exceeds the derivative at every step"},
            COMPLEX: {"answered": 50, "unanswered": 0, "note": ""},
        },
        "strata": [
            stratum("smooth", passed=48, inconclusive=2),
            stratum("edge", passed=6),
            stratum("extreme", passed=5),
        ],
        "pairs": [pair(CLOSED, CENTRAL), pair(CLOSED, COMPLEX), pair(CENTRAL, COMPLEX)],
        "largest": {
            "ratio": 0.31,
            "error": 1.1e-13,
            "bar": 3.5e-13,
            "pair": [CLOSED, CENTRAL],
            "index": [1, 1],
            "point": f"{rule_id}@float64#17",
        },
        "detectable": {
            "median": 4.1e-12,
            "worst": 2.2e-8,
            "index": [1, 1],
            "point": f"{rule_id}@float64#9",
        },
        "conventions": [],
        "points": [
            {
                "id": f"{rule_id}@float64#{i}",
                "stratum": "smooth",
                "verdict": "pass",
                "reason": "agrees",
                "inputs": {"w": [0.5 + i, -1.25], "x": [3.0, 4.0]},
                "functions": {},
            }
            for i in range(4)
        ],
        "failures": [],
        "counterexample": None,
        "self_test": {"effective": 9, "killed": 9, "equivalent": ["sign flipped"], "survivors": []},
    }
    unknown = sorted(set(facts) - set(filled) - OPTIONAL)
    if unknown:
        raise KeyError(unknown)
    return filled | copy.deepcopy(facts)


def kink_check() -> Tree:
    rule_id = "elementwise/max-scalar/wrt-x"
    return check(
        rule_id,
        section="9 Gradient of the neuron activation",
        function="max(0, x)",
        formula="diag([x > 0])",
        latex=r"\frac{\partial \max(0, x)}{\partial x} = \begin{cases} 0 & x \le 0 \\ 1 & x > 0 \end{cases}",
        domain="all real; kink at x = 0",
        reason="subgradient",
        strata=[
            stratum("smooth", passed=40),
            stratum("kink", passed=10),
            stratum("several kinks", inconclusive=3),
        ],
        conventions=[
            {
                "point": f"{rule_id}@float64#41",
                "witness": CENTRAL,
                "text": "no derivative: one-sided 0 and 1",
            },
            {"point": f"{rule_id}@float64#41", "witness": FORWARD, "text": "maximum gives 0.5 at the tie"},
        ],
        self_test={"effective": 7, "killed": 6, "equivalent": [], "survivors": ["kink value 1/2"]},
    )


def failing_check() -> Tree:
    rule_id = "chain/total/x-plus-x2"
    return check(
        rule_id,
        section="8 Chain rules",
        function="x + x²",
        formula="2 + 4x",
        latex=r"\frac{d}{dx}\left(x + x^2\right) = 2 + 4x",
        verdict="fail",
        reason="disagrees",
        message="Claim and reference differ beyond both error bars at every point.",
        as_expected=False,
        strata=[stratum("smooth", fail=50, unexpected=50)],
        pairs=[pair(CLOSED, CENTRAL, disagree=50, largest_ratio="inf", largest_error=3.0, bar=0.0)],
        largest={
            "ratio": "inf",
            "error": 3.0,
            "bar": 0.0,
            "pair": [CLOSED, CENTRAL],
            "index": [0, 0],
            "point": f"{rule_id}@float64#3",
        },
        detectable=None,
        failures=[
            failure(rule_id, [[6.0]], [[3.0]], [[0, 0]], inputs={"x": 1.0}),
            failure(
                rule_id,
                [[2.0, 0.0], [0.0, "nan"]],
                [[2.0, 1.0], [0.0, 4.0]],
                [[0, 1], [1, 1]],
                functions={"f": "sin(x) * exp(x)"},
                message="An off-diagonal entry is missing.",
            ),
        ],
        self_test=None,
    )


def inconclusive_check() -> Tree:
    return check(
        "scalar/power/x-to-x",
        section="1 Scalar derivative rules",
        function="x^x",
        formula="x^x (1 + ln x)",
        latex=r"\frac{d}{dx} x^x = x^x (1 + \ln x)",
        verdict="inconclusive",
        reason="noisy reference",
        message="Only 41 of 50 smooth points were decided.",
        as_expected=False,
        strata=[stratum("smooth", passed=41, inconclusive=9, unexpected=9)],
        largest=None,
        detectable=None,
    )


def histogram(*counts: int) -> Tree:
    edges = [0.0, *(10.0 ** (half / 2) for half in range(-6, 5)), "inf"]
    return {"edges": edges, "counts": [*counts, *[0] * (12 - len(counts))]}


def curve() -> Tree:
    steps = [2.0**-power for power in range(40, 2, -4)]
    return {
        "entry": 'd f[0] / d params["w"][1]',
        "steps": steps,
        "errors": [0.1 * step**2 + 1e-17 / step for step in steps],
        "rounding": [1e-16 / step for step in steps],
        "truncation": [0.1 * step**2 for step in steps],
        "chosen": 2.0**-16,
    }


def evidence() -> Tree:
    """What a failure may hold beyond its two matrices."""
    return {
        "claimed_error": [[1e-15], [1e-15]],
        "reference_error": [[2e-12], [2e-12]],
        "left": [["nan"], [-1.0]],
        "right": [["nan"], [1.0]],
        "shapes": {"x": [2], "weights": [400, 300]},
        "diagnosis": "the claim is twice the reference: a factor 2 too many",
        "snippet": "import gradcheck\n\nresult = gradcheck.check(f, jac, x)\nprint(result)\n",
        "curve": curve(),
    }


def single_check(identity: str = "tests/test_wave.py::test_speed[0.5]::speed", **facts: Any) -> Tree:
    """A check of a test, as the plugin writes it: it passes unless ``facts`` say otherwise."""
    blank: Tree = dict.fromkeys(
        ("dtype", "section", "formula", "latex", "domain", "example", "signature"), ""
    )
    blank |= {"sources": [], "witnesses": {}, "strata": [], "pairs": [], "points": [], "self_test": None}
    told: Tree = {
        "group": "check",
        "function": "speed",
        "notes": "",
        "entries": 6,
        "nfev": 18,
        "largest": {
            "ratio": 0.2,
            "error": 1e-13,
            "bar": 5e-13,
            "pair": ["claim", "central"],
            "index": [0, 1],
            "point": "",
        },
        "detectable": {"median": 1e-12, "worst": 3e-9, "index": None, "point": ""},
        "gates": False,
        "gate_reason": "",
        "test": {
            "node": "tests/test_wave.py::test_speed[0.5]",
            "file": "tests/test_wave.py",
            "line": 12,
            "outcome": "passed",
        },
        "diagnosis": "",
        "convention": "",
        "method": "complex-step and central",
        "strategy": "dense",
        "text": "",
        "worst": None,
        "power": {"median": 1e-12, "worst": 3e-9, "path": "d f[1] / d x[0]", "apart": 1},
        "histogram": histogram(3, 0, 1, 0, 2),
    }
    return check(identity, **(blank | told | facts))


def failing_single_check() -> Tree:
    identity = "tests/test_wave.py::test_flux::flux"
    test = {
        "node": "tests/test_wave.py::test_flux",
        "file": "tests/test_wave.py",
        "line": 30,
        "outcome": "failed",
    }
    found = failure(identity, [[6.0], [2.0]], [[3.0], [2.0]], [[0, 0]], stratum="given", replay="")
    identities = [[float(i == j) for j in range(12)] for i in range(12)]
    off = [[value + (i == j == 3) for j, value in enumerate(row)] for i, row in enumerate(identities)]
    wide = failure(identity, identities, off, [[3, 3]], replay="", stratum="given")
    wide |= {"block": {"row": 40, "column": 7, "shape": [60, 60]}}
    return single_check(
        identity,
        function="flux",
        verdict="fail",
        reason="disagrees",
        message="1 of 2 entries differ beyond both error bars",
        as_expected=False,
        gates=True,
        gate_reason="wrong: disagrees",
        test=test,
        diagnosis="the claim is twice the reference: a factor 2 too many",
        histogram=histogram(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        failures=[found | evidence(), wide],
        detectable=None,
        power=None,
    )


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


def erratum_check(rule_id: str = "E000-01", *, refuted: bool = True) -> Tree:
    found = failure(rule_id, [[9.0]], [[12.0]], [[0, 0]], inputs={"x": 2.0})
    found |= {"functions": {"f": "x**2", "g": "x"}, "message": "A factor f is missing in the first term."}
    return check(
        rule_id,
        group="erratum",
        section="Errata of 000",
        function="f(x)·g(x)",
        formula="dg/dx + (df/dx)·g",
        latex="",
        verdict="fail" if refuted else "pass",
        reason="disagrees" if refuted else "agrees",
        expected="fail",
        as_expected=refuted,
        erratum={
            "printed": "d(fg)/dx = dg/dx + (df/dx)·g",
            "right": "d(fg)/dx = f·dg/dx + (df/dx)·g",
            "remark": "the leading f of the first term is lost",
            "quote": "$frac{dg}{dx} + rac{df}{dx}g$",
            "reading": "read as printed",
            "refutes": "scalar/product",
            "right_verdict": "pass",
        },
        strata=[stratum("smooth", fail=50) if refuted else stratum("smooth", passed=50, unexpected=50)],
        detectable=None,
        counterexample=found if refuted else None,
        self_test=None,
    )


def rejected_check() -> Tree:
    found = erratum_check("D-05")
    found |= {"group": "rejected", "section": "Claims the documents reject themselves"}
    found["erratum"] |= {"printed": "∂sum(x)/∂x is a vertical vector of ones", "right": "the horizontal 1⃗^T"}
    found["counterexample"] |= {
        "claimed": [[1.0], [1.0]],
        "reference": [[1.0, 1.0]],
        "error": [[1e-12, 1e-12]],
        "wrong": [],
        "index": None,
        "message": "The shape is (2, 1), expected (1, 2): the transpose.",
    }
    return found


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
