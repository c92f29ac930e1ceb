"""The forms of a claim, read against the structures of ``f``'s output and of its argument.

Every form is a product of structures (output x input, or output x input x
input): the containers of the first come outermost, as JAX nests them, and each
array at the bottom has the axes of all its leaves one after the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims.matrix import ClaimMatrix, ClaimProblem, Unreadable, coarsest, precision
from gradcheck.claims.operators import is_matrix_like, materialised
from gradcheck.claims.shapes import Group, accepted, flat, mismatch
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import Structure, as_real_array, described, is_array
from gradcheck.results import Reason
from gradcheck.tolerance import eps_of

__all__ = ["as_gradient", "as_jvp", "as_matrix", "as_second", "as_vjp"]

Axes = tuple[tuple[str, Structure], ...]

LAYOUTS = ("numerator", "denominator")


def as_matrix(
    claim: Any,
    out: Structure,
    inp: Structure,
    *,
    layout: str = "numerator",
    name: str = "jac",
) -> ClaimMatrix | ClaimProblem:
    r"""Return the claimed :math:`J_{ij} = \partial f_i / \partial x_j` as a dense ``(m, n)`` matrix.

    Parameters
    ----------
    claim
        An array (or number, or lists) of shape ``f.shape + x.shape``; for f of shape ``(1,)`` also
        ``x.shape``; a SciPy sparse matrix or array or a ``LinearOperator`` of shape ``(m, n)``, f and x
        flattened; for a nested output or argument, the output's containers, in each the argument's,
        with an array for each pair of leaves.  Nested lists of numbers alone are read as one array.
    out, inp
        Structures of ``f(x)`` and of ``x``.
    layout
        ``"denominator"`` expects ``x.shape + f.shape``, the argument's containers outermost.
    name
        What messages call the claim.

    Returns
    -------
    ClaimMatrix or ClaimProblem
        A claim of the wrong shape, or that is no derivative, is a result and not an exception.

    Raises
    ------
    InvalidArgument
        For an unknown ``layout``.

    Examples
    --------
    >>> from gradcheck.pytree import flatten
    >>> (_, out), (_, inp) = flatten(np.zeros(2), "f"), flatten(np.zeros(3))
    >>> as_matrix(np.ones((2, 3), np.float32), out, inp).dtype
    'float32'
    >>> str(as_matrix(np.ones((3, 2)), out, inp).reason)
    'wrong shape'
    """
    if layout not in LAYOUTS:
        raise InvalidArgument.of("layout", layout, f"one of {LAYOUTS}", "leave it out")
    if layout == "numerator":
        return _read(claim, (("f", out), ("x", inp)), name)
    return _read(claim, (("x", inp), ("f", out)), name, np.transpose)


def as_second(claim: Any, out: Structure, inp: Structure) -> ClaimMatrix | ClaimProblem:
    r"""Return the claimed :math:`\partial^2 f_i / \partial x_j \partial x_k` as a ``(m * n, n)`` matrix.

    Row ``i * n + j``, column ``k``.
    Forms as in :func:`as_matrix`, of shape ``f.shape + x.shape + x.shape``; for f of one entry a sparse
    matrix or operator is the Hessian itself, ``(n, n)``.

    Examples
    --------
    >>> from gradcheck.pytree import flatten
    >>> (_, out), (_, inp) = flatten(0.0, "f"), flatten(np.zeros(3))
    >>> as_second(np.eye(3), out, inp).value.shape
    (3, 3)
    """

    def stacked(value: Array) -> Array:
        return value.reshape(value.shape[0] * value.shape[1], value.shape[2])

    return _read(claim, (("f", out), ("x", inp), ("x", inp)), "jac", stacked)


def as_gradient(claim: Any, inp: Structure) -> ClaimMatrix | ClaimProblem:
    """Return the claimed gradient of a scalar f, of ``x``'s structure and shape, as the row ``(1, n)``.

    Examples
    --------
    >>> from gradcheck.pytree import flatten
    >>> as_gradient({"w": [1.0, 2.0]}, flatten({"w": np.zeros(2)})[1]).value
    array([[1., 2.]])
    """
    return _read(claim, (("x", inp),), "grad", lambda value: value.reshape(1, -1))


def as_jvp(claim: Any, out: Structure, *, name: str = "jvp") -> ClaimMatrix | ClaimProblem:
    """Return a claimed ``J v``, of ``f``'s structure and shape, as the vector ``(m,)``.

    Examples
    --------
    >>> from gradcheck.pytree import flatten
    >>> as_jvp(np.ones((2, 2)), flatten(np.zeros((2, 2)), "f")[1]).value.shape
    (4,)
    """
    return _read(claim, (("f", out),), name)


def as_vjp(claim: Any, inp: Structure, *, name: str = "vjp") -> ClaimMatrix | ClaimProblem:
    """Return a claimed ``u J`` (or ``H v``), of ``x``'s structure and shape, as the vector ``(n,)``.

    Examples
    --------
    >>> from gradcheck.pytree import flatten
    >>> as_vjp((1.0, np.ones(2)), flatten((0.0, np.zeros(2)))[1]).value
    array([1., 1., 1.])
    """
    return _read(claim, (("x", inp),), name)


def _read(
    claim: Any,
    axes: Axes,
    name: str,
    shaped: Callable[[Array], Array] = lambda value: value,
) -> ClaimMatrix | ClaimProblem:
    """Read ``claim`` over ``axes``; ``shaped`` brings the result to its final shape."""
    reader = _Reader(axes)
    try:
        reader.visit(claim, name, ())
    except Unreadable as unreadable:
        return unreadable.problem
    except InvalidArgument as error:
        return ClaimProblem(str(error), cause=error.__cause__)
    dtype = coarsest(reader.dtypes)
    eps = np.array(eps_of(dtype)).reshape((1,) * shaped(reader.value).ndim)
    if len(reader.dtypes) > 1:
        eps = shaped(reader.eps())
    value = np.ascontiguousarray(shaped(reader.value))
    return ClaimMatrix(value, dtype, eps, tuple(dict.fromkeys(reader.notes)))


class _Reader:
    """One pass over a claim, filling a dense array with one axis for each structure."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.value = np.empty([structure.size for _, structure in axes])
        self.blocks: list[tuple[tuple[slice, ...], str]] = []
        self.notes: list[str] = []

    @property
    def dtypes(self) -> set[str]:
        """The formats met."""
        return {dtype for _, dtype in self.blocks}

    def eps(self) -> Array:
        """Return the spacing at 1 of each entry's own format."""
        result = np.empty(self.value.shape)
        for place, dtype in self.blocks:
            result[place] = eps_of(dtype)
        return result

    def visit(self, claim: Any, path: str, chosen: tuple[Group, ...]) -> None:
        """Read ``claim``, which spans ``chosen`` and the whole of every axis after them."""
        rest = self.axes[len(chosen) :]
        if is_matrix_like(claim):
            whole = tuple(Group(letter, each.shape, 0, each.size) for letter, each in rest)
            self._place_matrix(claim, path, chosen + whole)
            return
        if not rest:
            self._place_array(claim, path, chosen)
            return
        letter, structure = rest[0]
        if structure.shape is not None and (structure.is_leaf or _reads_as_array(claim)):
            self.visit(claim, path, (*chosen, Group(letter, structure.shape, 0, structure.size)))
            return
        try:
            children = structure.placed_in(claim, path)
        except InvalidArgument as error:
            reason = Reason.WRONG_SHAPE if _holds_numbers(claim) else None
            raise Unreadable(ClaimProblem(str(error), reason)) from error
        for leaf, (where, child) in zip(structure.leaves, children, strict=True):
            self.visit(child, where, (*chosen, Group(letter, leaf.shape, leaf.start, leaf.stop)))

    def _place_array(self, claim: Any, path: str, groups: tuple[Group, ...]) -> None:
        try:
            array, dtype = as_real_array(claim, path)
        except InvalidArgument as error:
            if not _is_misplaced_container(claim, error):
                raise
            expected = " or ".join(str(shape) for shape in accepted(groups))
            text = f"`{path}`: given {described(claim)}, expected an array of shape {expected}"
            raise Unreadable(ClaimProblem(text, Reason.WRONG_SHAPE)) from error
        if dtype.startswith(("int", "uint", "bool")) and is_array(claim):
            self.notes.append(f"the claim holds integers ({dtype})")
        _check_shape(array.shape, path, groups, as_matrix=isinstance(claim, np.matrix))
        self._place(array, dtype, groups)

    def _place_matrix(self, claim: Any, path: str, groups: tuple[Group, ...]) -> None:
        _check_shape(tuple(claim.shape), path, groups, as_matrix=True)
        dense = materialised(claim, path)
        self.notes.append(dense.note)
        self._place(dense.value, dense.dtype, groups)

    def _place(self, array: Array, dtype: str, groups: Sequence[Group]) -> None:
        place = tuple(slice(group.start, group.stop) for group in groups)
        with np.errstate(all="ignore"):
            self.value[place] = array.reshape([group.size for group in groups])
        self.blocks.append((place, precision(dtype)))


def _check_shape(claimed: tuple[int, ...], path: str, groups: Sequence[Group], *, as_matrix: bool) -> None:
    """Refuse any other shape; ``as_matrix`` says that the claim's form allows two axes only."""
    if claimed not in accepted(groups) + ([flat(groups)] if as_matrix else []):
        text = mismatch(claimed, groups, as_matrix=as_matrix)
        raise Unreadable(ClaimProblem(f"`{path}`: {text}", Reason.WRONG_SHAPE))


def _reads_as_array(claim: Any) -> bool:
    """Whether ``claim`` is an array, a number, or nested lists of nothing but numbers.

    A list of arrays is not: for a nested argument it is one array for each leaf.
    """
    if isinstance(claim, (list, tuple)) and not hasattr(claim, "_fields"):
        return bool(claim) and all(_reads_as_array(each) and not getattr(each, "shape", ()) for each in claim)
    return is_array(claim) or isinstance(claim, (int, float, complex))


def _holds_numbers(claim: Any) -> bool:
    """Whether ``claim`` is an array, a number or a container, and not None, a string or another object."""
    if is_array(claim) or isinstance(claim, (int, float, list, tuple, Mapping)):
        return True
    return dataclasses.is_dataclass(claim) and not isinstance(claim, type)


def _is_misplaced_container(claim: Any, error: InvalidArgument) -> bool:
    """Whether ``claim`` is nested where one array was expected: numbers, in the wrong arrangement."""
    if isinstance(claim, (list, tuple)):
        ragged = isinstance(error.__cause__, ValueError)
        return ragged or any(isinstance(each, Mapping) for each in claim)
    return not is_array(claim) and _holds_numbers(claim)
