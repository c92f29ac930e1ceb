"""Which shapes a claim may have, and what a wrong one looks like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Group", "accepted", "mismatch"]

Shape = tuple[int, ...]

_EXTENTS = "extents of 1 differ: nothing is squeezed or broadcast"


@dataclass(frozen=True)
class Group:
    """One factor of a claim's shape: the axes of f, or of x.

    Attributes
    ----------
    letter
        ``"f"`` or ``"x"``.
    shape
        Its axes; None for a nested value, which has none.
    start, stop
        Its place in the flat vector.
    """

    letter: str
    shape: Shape | None
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.stop - self.start


def flat(groups: Sequence[Group]) -> Shape:
    """Return the shape as a matrix: the last group in columns, all others in rows."""
    sizes = [group.size for group in groups]
    return (math.prod(sizes[:-1]), sizes[-1])


def accepted(groups: Sequence[Group]) -> list[Shape]:
    """Return the shapes of a dense claim, the preferred one first; none for nested values.

    The axis of an f of shape ``(1,)`` may be left out beside other axes.

    Examples
    --------
    >>> accepted([Group("f", (1,), 0, 1), Group("x", (3,), 0, 3)])
    [(1, 3), (3,)]
    """
    shapes = [group.shape for group in groups]
    full: Shape = ()
    brief: Shape = ()
    for group, shape in zip(groups, shapes, strict=True):
        if shape is None:
            return []
        full += shape
        brief += () if group.letter == "f" and shape == (1,) else shape
    return [full] if brief == full or len(groups) == 1 else [full, brief]


def mismatch(claimed: Shape, groups: Sequence[Group], *, as_matrix: bool) -> str:
    """Return what is wrong with a shape: claimed, expected, and the likely mistake.

    Examples
    --------
    >>> mismatch((3, 2), [Group("f", (2,), 0, 2), Group("x", (3,), 0, 3)], as_matrix=False)[:69]
    'claimed shape (3, 2), expected (2, 3) = f.shape + x.shape; it is the '
    """
    shapes = accepted(groups)
    if as_matrix or not shapes:
        shapes = [flat(groups)]
        rows = [f"{group.letter}.size" for group in groups[:-1]]
        formula = f"({' * '.join(rows) or '1'}, {groups[-1].letter}.size)"
        groups = [Group(group.letter, (group.size,), 0, group.size) for group in groups]
    else:
        formula = " + ".join(f"{group.letter}.shape" for group in groups)
    expected = f"{shapes[0]} = {formula}"
    if len(shapes) > 1:
        expected += f", or {shapes[1]} without the axis of f"
    hint = _hint(claimed, shapes[0], groups)
    if len(shapes) > 1 and hint == _EXTENTS:
        hint = "extents of 1 differ: no other axis may be left out or added"
    return f"claimed shape {claimed}, expected {expected}" + (f"; {hint}" if hint else "")


def _hint(claimed: Shape, expected: Shape, groups: Sequence[Group]) -> str:
    parts = [group.shape or () for group in groups]
    if len(groups) == 2:
        found = _pair_hint(claimed, groups[0].letter, parts[0], parts[1])
        if found:
            return found
    if claimed == (1, *expected):
        return "it is wrapped in one more axis: a list or tuple of one?"
    if claimed == (math.prod(expected),) != expected:
        return "it is flattened: reshape it"
    if [k for k in claimed if k != 1] == [k for k in expected if k != 1]:
        return _EXTENTS
    return ""


def _pair_hint(claimed: Shape, first: str, a: Shape, b: Shape) -> str:
    """Return the likely mistake for a claim that should have shape ``a + b``."""
    f, x = (a, b) if first == "f" else (b, a)
    if claimed == b + a:
        if first == "x":
            return "it is in numerator layout: leave out `layout`, or return its transpose"
        return 'it is the transpose: denominator layout (pass layout="denominator", or return its transpose)'
    if f == () and claimed in ((1, *x), (*x, 1)):
        return f"f is a scalar and has no axis: return {'jac[0]' if claimed == (1, *x) else 'jac[..., 0]'}"
    if x == () and claimed in ((*f, 1), (1, *f)):
        return "x is a scalar and has no axis: drop the axis of extent 1"
    for letter, shape, rest in (("f", f, x), ("x", x, f)):
        if claimed == rest and shape and math.prod(shape) == 1:
            axes = "the axis" if len(shape) == 1 else "the axes"
            return f"{axes} of {letter}, of extent 1, left out: reshape it to {a + b}"
    if len(f) == len(x) == 1 or claimed in (f, x):
        return _single_factor_hint(claimed, f, x)
    if claimed == (math.prod(a), math.prod(b)):
        return f"it is the flat matrix: reshape it to {a + b}"
    if claimed == (math.prod(b), math.prod(a)):
        return f"it is the flat matrix, transposed: reshape its transpose to {a + b}"
    return ""


def _single_factor_hint(claimed: Shape, f: Shape, x: Shape) -> str:
    if claimed == f == x:
        return "it has the shape of x: if it is the diagonal, return the whole matrix (numpy.diag)"
    if claimed == x:
        return "it has the shape of x alone: the gradient of one entry of f, or of their sum?"
    if claimed == f:
        return "it has the shape of f alone: the derivative by one entry of x, or along one direction?"
    return ""
