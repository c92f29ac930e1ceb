"""Builds the checks that tests of a project make, as the plugin writes them into a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sample_checks import check, failure

if TYPE_CHECKING:
    from sample_checks import Tree


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
