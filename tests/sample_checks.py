"""Builds the checks of rules and errata that a record holds."""

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
