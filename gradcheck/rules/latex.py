"""Formulas that several rules state alike, as LaTeX."""

from __future__ import annotations

__all__ = ["by_activity"]


def by_activity(inactive: str, active: str, sample: str = r"\mathbf{x}") -> str:
    r"""Return the two cases of a neuron: ``inactive`` where ``w·x + b <= 0``, else ``active``.

    Examples
    --------
    >>> print(by_activity("0", "1", "x"))
    \begin{cases} 0 & \mathbf{w} \cdot x + b \leq 0 \\ 1 & \mathbf{w} \cdot x + b > 0 \end{cases}
    """
    z = rf"\mathbf{{w}} \cdot {sample} + b"
    return rf"\begin{{cases}} {inactive} & {z} \leq 0 \\ {active} & {z} > 0 \end{{cases}}"
