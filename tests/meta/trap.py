"""A trap: a function, a claim, a point, and the verdict that is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradcheck


@dataclass(frozen=True)
class Trap:
    """One row of a table of traps; ``verdict`` and ``reason`` are words, ``says`` stands in the text."""

    name: str
    f: Callable[..., Any]
    jac: Any
    args: tuple[Any, ...]
    verdict: str
    reason: str = ""
    says: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def spring(trap: Trap) -> gradcheck.CheckResult:
    """Check the trap and assert its verdict, its reason and what its text must say."""
    result = gradcheck.check(trap.f, trap.jac, *trap.args, **trap.options)
    assert str(result.verdict) == trap.verdict, str(result)
    if trap.reason:
        assert str(result.reason) == trap.reason, str(result)
    if trap.says:
        assert trap.says in " ".join(str(result).split()), str(result)
    if trap.verdict == "pass":
        # With every entry at a kink membership decides, and there is no number.
        known = result.power is not None and not result.power.numberless
        assert not known or result.detectable <= 1e-3 or "rtol" in trap.options or float32(trap)
    return result


def float32(trap: Trap) -> bool:
    """Whether the trap is one of lower precision, where less can be detected."""
    return "float32" in trap.name or "float16" in trap.name
