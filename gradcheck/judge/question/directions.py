"""Which entries of an argument vary, and which vary together: the directions a derivative is taken along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.domains import Symmetric
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import Structure
from gradcheck.tolerance import COARSE_FORMATS, eps_of

__all__ = ["Directions", "Varying"]

_ROUNDINGS = 64.0
"""Roundings by which the two triangles of a computed symmetric matrix may differ (``inv``, ``B @ B.T``)."""


@dataclass(frozen=True)
class Directions:
    """Parameters ``z`` of an argument: each moves one of its entries, or several together.

    Attributes
    ----------
    origin
        ``(N,)``: the argument's entries at the point.
    follows
        ``(N,)``: the parameter that an entry follows; -1 where it stays as it is.
    leads
        ``(p,)``: an entry that follows each parameter, whose name and bounds it takes.
    single
        ``(p,)``: whether the claim's column is that of the leading entry alone (its neighbours repeat it),
        and not the sum over the entries that move together.
    """

    origin: Array
    follows: Array
    leads: Array
    single: Array

    @property
    def start(self) -> Array:
        """The point in parameters, ``(p,)``."""
        return self.origin[self.leads].copy()

    def placed(self, z: Any) -> Any:
        """Return the argument's entries for parameters ``z``, in the array type of ``z``."""
        fixed = self.follows < 0
        if not fixed.any():
            return z[self.follows]
        order = np.where(fixed, len(self.leads) + np.cumsum(fixed) - 1, self.follows)
        return np.concatenate([z, self.origin[fixed]])[order]

    def spanned(self, direction: Array) -> Array:
        """Return the direction of the argument for one of the parameters: 0 where an entry stays."""
        moved: Array = np.where(self.follows < 0, 0.0, direction[np.maximum(self.follows, 0)])
        return moved

    def columns(self, full: Array) -> Array:
        """Return the derivative by the parameters from that by the entries: ``(…, N)`` to ``(…, p)``."""
        alone = full[..., self.leads]
        order = np.argsort(self.follows, kind="stable")
        order = order[self.follows[order] >= 0]
        starts = np.searchsorted(self.follows[order], np.arange(len(self.leads)))
        with np.errstate(all="ignore"):
            together = np.add.reduceat(full[..., order], starts, axis=-1)
        return np.where(self.single, alone, together)

    def gathered(self, claim: ClaimMatrix) -> ClaimMatrix:
        """Return the claim by the parameters, its roundings those of the numbers that were added."""
        value = self.columns(claim.value)
        eps = np.broadcast_to(claim.eps, claim.value.shape)
        with np.errstate(all="ignore"):
            size = self.columns(eps * np.abs(claim.value)) / np.abs(value)
        # A sum of 0 has no relative rounding; what was added has.
        alone = eps[..., self.leads]
        return replace(claim, value=value, eps=np.where(np.isfinite(size) & (size > 0), size, alone))

    def of_rows(self, claim: ClaimMatrix) -> ClaimMatrix:
        """Return a second derivative ``(m * N, N)`` by the parameters, ``(m * p, p)``."""
        entries, count = len(self.origin), len(self.leads)
        by_columns = self.gathered(claim)

        def turned(array: Array) -> Array:
            return array.reshape(-1, entries, count).transpose(0, 2, 1).reshape(-1, entries)

        rows = replace(by_columns, value=turned(by_columns.value), eps=turned(by_columns.eps))
        both = self.gathered(rows)
        shape = (-1, count, count)

        def back(array: Array) -> Array:
            return array.reshape(shape).transpose(0, 2, 1).reshape(-1, count)

        return replace(both, value=back(both.value), eps=back(both.eps))

    def named(self, space: Structure) -> Structure:
        """Return a structure of the parameters, each named after the entries that follow it."""
        leaves = []
        of_leaf = np.searchsorted([leaf.stop for leaf in space.leaves], self.leads, side="right")
        start = 0
        for number, leaf in enumerate(space.leaves):
            count = int((of_leaf == number).sum())
            shape = leaf.shape if count == leaf.size else (count,)
            leaves.append(replace(leaf, shape=shape, start=start, stop=start + count))
            start += count
        return _Moved(tuple(leaves), start, space.node, space.name, space, self)


@dataclass(frozen=True)
class _Moved(Structure):
    """The parameters of an argument as a structure: the names are those of the entries they move."""

    space: Structure | None = None
    directions: Directions | None = None

    def name_of(self, index: int) -> str:
        """Return the entries that parameter ``index`` moves, ``(A[1, 0] = A[0, 1])``."""
        if self.space is None or self.directions is None:
            return super().name_of(index)
        moved = np.flatnonzero(self.directions.follows == index)
        names = [self.space.name_of(int(k)) for k in moved]
        return names[0] if len(names) == 1 else f"({' = '.join(reversed(names))})"


def _restricted(directions: Directions | None, x: Array, columns: Array) -> Directions:
    """Return the directions of some parameters alone, the others staying where they are."""
    size = x.size if directions is None else len(directions.leads)
    place = np.full(size + 1, -1)
    place[columns] = np.arange(len(columns))
    if directions is None:
        return Directions(x, place[:-1], columns, np.zeros(len(columns), dtype=bool))
    kept = replace(directions, follows=place[directions.follows])
    return replace(kept, leads=directions.leads[columns], single=directions.single[columns])


@dataclass(frozen=True)
class Varying:
    """What of the varying arguments varies.

    Attributes
    ----------
    inputs
        Structure of arguments, by name, index or path: entries of a symmetric matrix vary together.
    columns
        Indices of the parameters that vary, all of them for None; the others stay where they are.
    side
        ``"lower"`` or ``"upper"``: the triangle by whose names, and under the free convention by whose
        claims, a symmetric matrix goes.
    """

    inputs: Mapping[str | int, Symmetric] | None = None
    columns: Array | None = None
    side: str = "lower"

    def directions(self, x: Array, space: Structure, names: tuple[str, ...]) -> Directions | None:
        """Return the directions; None where every entry varies by itself.

        Parameters
        ----------
        x, space
            The varying arguments, flat, and their structure.
        names
            Of all arguments.

        Raises
        ------
        InvalidArgument
            If a name is unknown, or an argument is no symmetric matrix.
        """
        found = _symmetric(x, space, names, self.inputs, self.side) if self.inputs else None
        return found if self.columns is None else _restricted(found, x, self.columns)


def _symmetric(
    x: Array, space: Structure, names: tuple[str, ...], inputs: Mapping[str | int, Symmetric], side: str
) -> Directions | None:
    said = {_name_of(key, names): kind for key, kind in inputs.items()}
    for name in said:
        _require_known(name, space, names)
    if not any(leaf.path in said for leaf in space.leaves):
        return None
    origin = x.copy()
    leader = np.arange(x.size)
    single = np.zeros(x.size, dtype=bool)
    for leaf in space.leaves:
        if leaf.path in said:
            part = slice(leaf.start, leaf.stop)
            eps = eps_of(leaf.dtype) if leaf.dtype in COARSE_FORMATS else eps_of("float64")
            origin[part] = _symmetrised(x[part].reshape(leaf.shape), leaf.path, eps).reshape(-1)
            leader[part] = leaf.start + _leaders(leaf.shape, side)
            single[part] = said[leaf.path].convention == "free"
    leads, follows = np.unique(leader, return_inverse=True)
    return Directions(origin, follows.reshape(-1), leads, single[leads])


def _leaders(shape: tuple[int, ...], side: str) -> Array:
    """Return for each entry the flat place of the one that leads it, its own or its mirror's."""
    places = np.arange(int(np.prod(shape))).reshape(shape)
    mirrored = np.swapaxes(places, -1, -2)
    return (np.maximum if side == "lower" else np.minimum)(places, mirrored).reshape(-1)


def _symmetrised(matrix: Array, path: str, eps: float) -> Array:
    """Return ``matrix`` with equal triangles; refuse one that differs by more than its rounding."""
    fix = "pass (A + A.T) / 2, or leave the argument out of `inputs`"
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        given = f"an array of shape {matrix.shape}"
        raise InvalidArgument(f"`inputs`: {path} is {given}, expected a square symmetric matrix; {fix}")
    mirrored = np.swapaxes(matrix, -1, -2)
    same = (matrix == mirrored) | (np.isnan(matrix) & np.isnan(mirrored))
    with np.errstate(invalid="ignore"):
        gap = np.abs(matrix - mirrored)
    size = np.max(np.abs(matrix), initial=0.0, where=np.isfinite(matrix))
    beyond = ~(same | (gap <= _ROUNDINGS * eps * size))
    if beyond.any():
        at = tuple(int(k) for k in np.argwhere(beyond)[0])
        other = (*at[:-2], at[-1], at[-2])
        one, two = (f"{path}{list(place)} = {float(matrix[place])!r}" for place in (at, other))
        raise InvalidArgument(f"`inputs`: {path} is not symmetric, {one} but {two}; {fix}")
    return np.where(same, matrix, 0.5 * (matrix + mirrored))


def _name_of(key: str | int, names: tuple[str, ...]) -> str:
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise _unknown(key, names)
    if isinstance(key, str):
        return key
    if not -len(names) <= key < len(names):
        raise _unknown(key, names)
    return names[key]


def _require_known(name: str, space: Structure, names: tuple[str, ...]) -> None:
    paths = list(_paths(space))
    if name in paths:
        return
    inside = [path for path in paths if path.startswith((f"{name}[", f"{name}."))]
    if inside:
        known = ", ".join(map(repr, inside[:6]))
        raise InvalidArgument(f"`inputs`: {name!r} is nested, expected one of its arrays; name {known}")
    own = {path.split("[")[0].split(".")[0] for path in paths}
    other = [known for known in names if known not in own]
    if not any(name == known or name.startswith((f"{known}[", f"{known}.")) for known in other):
        raise _unknown(name, (*names, *(path for path in paths if path not in names)))


def _paths(space: Structure) -> Iterator[str]:
    return (leaf.path for leaf in space.leaves)


def _unknown(key: object, names: tuple[str, ...]) -> InvalidArgument:
    known = ", ".join(map(repr, names[:8]))
    return InvalidArgument.of("inputs", key, f"an argument's name or index: {known}", "name one of these")
