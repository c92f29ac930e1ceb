"""A nested value as one real vector: the numbers on one side, the structure on the other."""

from __future__ import annotations

import bisect
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.pytree.containers import LEAF, NOTHING, Node, Parts, rebuilt, step, taken_apart
from gradcheck.pytree.leaves import Leaf, as_real_array, number, refusal
from gradcheck.pytree.matching import first_difference, match, regular_shape

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Structure", "flatten"]

MAX_DEPTH = 64
"""Deepest nesting: far beyond any parameters in use, far below Python's own limit on recursion."""


@dataclass(frozen=True)
class Structure:
    """Where each entry of a flat vector lives in a nested value.

    Two structures are equal when their vectors mean the same: same containers, keys in the same order,
    leaves of the same shapes and dtypes.  The name does not count.

    Attributes
    ----------
    leaves
        In the order of the vector: depth first, dicts in insertion order.
    size
        Length ``n`` of the vector.
    node
        The containers.
    name
        The argument's name, with which every path begins; empty for a tuple of named arguments.
    """

    leaves: tuple[Leaf, ...]
    size: int
    node: Node = field(repr=False)
    name: str = field(default="x", compare=False)

    @property
    def is_leaf(self) -> bool:
        """Whether the value is one array or number, not nested."""
        return self.node.kind == "leaf"

    @functools.cached_property
    def shape(self) -> tuple[int, ...] | None:
        """The shape as one array: that of the only leaf, or of a list of numbers; None for other nesting.

        Examples
        --------
        >>> flatten([1.0, 2.0])[1].shape, flatten({"w": 1.0})[1].shape
        ((2,), None)
        """
        if self.is_leaf:
            return self.leaves[0].shape
        if not self.name or any(leaf.shape for leaf in self.leaves):
            return None
        return regular_shape(self.node)

    @functools.cached_property
    def discrete(self) -> Array:
        """Which entries are integers or booleans, bool ``(n,)``: as an output, piecewise constant."""
        marks = np.zeros(self.size, dtype=bool)
        for leaf in self.leaves:
            marks[leaf.start : leaf.stop] = leaf.discrete
        marks.setflags(write=False)
        return marks

    @functools.cached_property
    def _stops(self) -> list[int]:
        return [leaf.stop for leaf in self.leaves]

    def leaf_of(self, index: int) -> Leaf:
        """Return the leaf that holds entry ``index`` of the vector.

        Raises
        ------
        InvalidArgument
            If ``index`` is not in ``range(n)``.
        """
        if not 0 <= index < self.size:
            raise refusal(
                "index", str(index), f"0 <= index < {self.size}", "count entries of the flat vector"
            )
        return self.leaves[bisect.bisect_right(self._stops, index)]

    def name_of(self, index: int) -> str:
        """Return entry ``index`` of the vector as Python reaches it.

        Examples
        --------
        >>> flatten({"dense": {"w": np.zeros((4, 2))}}, "params")[1].name_of(7)
        'params["dense"]["w"][3, 1]'
        """
        leaf = self.leaf_of(index)
        return leaf.name_of(index - leaf.start)

    def unflatten(
        self, vector: Any, *, dtype: DTypeLike | None = None, array_type: Callable[[Array], Any] | None = None
    ) -> Any:
        """Return the nested value whose numbers are ``vector``, all of it fresh.

        Parameters
        ----------
        vector
            Shape ``(n,)``: a NumPy array, or any type with slicing and ``reshape``, whose values are then
            handed on as they are (so that a complex step keeps its infinitesimal part).
        dtype
            Of the leaves; by default each has its own, float64 for integers and Python numbers.
            A complex ``vector`` stays complex.
        array_type
            Applied to each leaf that is an array, for functions that insist on a type of their own
            (``jax.numpy.asarray``, ``torch.as_tensor``).

        Raises
        ------
        InvalidArgument
            If ``vector`` has another shape, or a container refuses its children.

        Examples
        --------
        >>> numbers, structure = flatten({"w": np.array([1, 2]), "b": 3.0})
        >>> structure.unflatten(10 * numbers)
        {'w': array([10., 20.]), 'b': np.float64(30.0)}
        """
        shape = tuple(vector.shape)
        if shape != (self.size,):
            raise refusal(
                "vector", f"shape {shape}", f"shape {(self.size,)}", "pass one number for each entry"
            )
        asked = None if dtype is None else np.dtype(dtype)
        values = (_restored(leaf, vector, asked, array_type) for leaf in self.leaves)
        if self.is_leaf:
            return next(values)
        return rebuilt(self.node, values, self.name)

    def placed_in(self, tree: Any, name: str | None = None) -> list[tuple[str, Any]]:
        """Return what ``tree`` holds where this structure has its leaves, each with its path in ``tree``.

        In this structure's order.  Dicts are matched by key, whatever their order; lists, tuples and
        named tuples by length; dataclasses by field names.  The leaves themselves are not looked at.

        Raises
        ------
        InvalidArgument
            Where the containers first differ; the message names the place in ``tree``.

        Examples
        --------
        >>> flatten({"w": 1.0, "b": 2.0})[1].placed_in({"b": "second", "w": "first"}, "jac")
        [('jac["w"]', 'first'), ('jac["b"]', 'second')]
        """
        found: list[tuple[str, Any]] = []
        match(self.node, tree, (self.name if name is None else name) or "x", found)
        return found

    def leaves_in(self, tree: Any) -> list[Any]:
        """Return what :meth:`placed_in` finds, without the paths."""
        return [value for _, value in self.placed_in(tree)]

    def vector_of(self, tree: Any, name: str | None = None) -> Array:
        """Return the numbers of another value of this structure, float64 ``(n,)``, in this structure's order.

        Raises
        ------
        InvalidArgument
            Where ``tree`` first differs in containers or shapes, or holds something other than real numbers.
        """
        vector = np.empty(self.size)
        for leaf, (path, value) in zip(self.leaves, self.placed_in(tree, name), strict=True):
            array, _ = as_real_array(value, path)
            if array.shape != leaf.shape:
                expected = f"shape {leaf.shape}"
                raise refusal(path, f"shape {array.shape}", expected, "keep the shape; nothing is broadcast")
            with np.errstate(all="ignore"):
                vector[leaf.start : leaf.stop] = array.reshape(-1)
        return vector

    def difference(self, other: Structure) -> str:
        """Return in words where ``other`` first differs, with its path; empty when they are equal.

        Examples
        --------
        >>> one, two = flatten({"w": np.zeros(2)})[1], flatten({"w": np.zeros(3)})[1]
        >>> one.difference(two)
        '`x["w"]`: given shape (3,), expected shape (2,)'
        """
        where = first_difference(self.node, other.node, other.name)
        if where:
            return where
        for mine, theirs in zip(self.leaves, other.leaves, strict=True):
            for fact in ("shape", "dtype"):
                a, b = getattr(mine, fact), getattr(theirs, fact)
                if a != b:
                    return f"`{theirs.path}`: given {fact} {b}, expected {fact} {a}"
        return ""


def flatten(tree: Any, name: str | tuple[str, ...] = "x") -> tuple[Array, Structure]:
    """Return the numbers of a nested value as one vector, and the structure that puts them back.

    Parameters
    ----------
    tree
        Arrays (of NumPy, or with ``__array__``) and numbers in dicts, lists, tuples, named tuples and
        dataclasses.  None inside a container is skipped.
    name
        The argument's name; for a tuple of arguments, one name for each.

    Returns
    -------
    vector
        float64 ``(n,)``, sharing no memory with ``tree``.
    structure
        The containers, and a :class:`Leaf` for each array.

    Raises
    ------
    InvalidArgument
        None, strings, objects, complex numbers, other types, a container that contains itself; the
        message names the path.

    Examples
    --------
    >>> vector, structure = flatten({"w": np.ones((2, 2)), "b": 0.5}, "params")
    >>> vector, structure.name_of(2), structure.name_of(4)
    (array([1. , 1. , 1. , 1. , 0.5]), 'params["w"][1, 0]', 'params["b"]')
    """
    if type(tree) is np.ndarray and tree.dtype.kind == "f" and type(name) is str:
        return tree.astype(np.float64).reshape(-1), _single(tree.shape, tree.dtype, name)
    if tree is None:
        where = name if isinstance(name, str) else ", ".join(name)
        raise refusal(where, "None", "a real number or array", "pass or return one")
    walk = _Walk()
    node = walk.visit(tree, name, ())
    parts = walk.parts
    vector = np.concatenate(parts) if parts else np.empty(0)
    return vector, Structure(tuple(walk.leaves), walk.size, node, name if isinstance(name, str) else "")


@functools.lru_cache(maxsize=256)
def _single(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Structure:
    size = math.prod(shape)
    return Structure((Leaf(name, shape, dtype.name, "array", 0, size),), size, LEAF, name)


class _Walk:
    """One pass over a nested value, collecting leaves and their numbers."""

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.parts: list[Array] = []
        self.size = 0

    def visit(self, value: Any, name: str | tuple[str, ...], above: tuple[int, ...]) -> Node:
        """Return the node of ``value``; ``above`` holds the identities of the containers around it."""
        path = name if isinstance(name, str) else ""
        if value is None:
            return NOTHING
        found = taken_apart(value, path)
        if found is None:
            self._keep(value, path)
            return LEAF
        if id(value) in above or len(above) >= MAX_DEPTH:
            text = "a container inside itself" if id(value) in above else f"more than {MAX_DEPTH} levels"
            raise refusal(path, text, f"at most {MAX_DEPTH} levels of nesting", "pass the arrays directly")
        names = name if isinstance(name, tuple) else _paths(found, path)
        if len(names) != len(found.children):
            raise refusal("name", f"{len(names)} names", f"{len(found.children)}", "name each argument once")
        above = (*above, id(value))
        children = tuple(
            self.visit(child, child_path, above)
            for child, child_path in zip(found.children, names, strict=True)
        )
        return Node(found.kind, type(value), found.keys, children, found.extra)

    def _keep(self, value: Any, path: str) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, np.generic):
            numbers, shape, kind = np.array([number(value, path)]), (), "number"
            dtype = "bool" if isinstance(value, bool) else "int64" if isinstance(value, int) else "float64"
        else:
            array, dtype = as_real_array(value, path)
            shape, kind = array.shape, "scalar" if isinstance(value, np.generic) else "array"
            with np.errstate(all="ignore"):
                numbers = array.astype(np.float64).reshape(-1)
        stop = self.size + numbers.size
        discrete = dtype.startswith(("bool", "int", "uint"))
        self.leaves.append(Leaf(path, shape, dtype, kind, self.size, stop, discrete))
        self.parts.append(numbers)
        self.size = stop


def _paths(found: Parts, path: str) -> tuple[str, ...]:
    return tuple(path + step(found.kind, key) for key in found.keys)


def _restored(
    leaf: Leaf, vector: Any, dtype: np.dtype[Any] | None, array_type: Callable[[Array], Any] | None
) -> Any:
    """Return the value of one leaf: fresh, in its own shape and dtype, a scalar where it was one."""
    part = vector[leaf.start : leaf.stop]
    if not isinstance(vector, np.ndarray):
        part = part.reshape(leaf.shape)
        return part.copy() if hasattr(part, "copy") else part
    kept = part.dtype if part.dtype.kind == "c" else dtype or leaf.working_dtype
    with np.errstate(all="ignore"):
        array = part.astype(kept).reshape(leaf.shape)
    if leaf.kind != "array":
        return array[()]
    return array if array_type is None else array_type(array)
