"""A nested value and its vector: names, structures, and what is no number."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any, NamedTuple

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from pytree_cases import Layer

import gradcheck.estimators.continuation.reductions  # noqa: F401 (registers numpy.sum)
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import Structure, flatten


class Pair(NamedTuple):
    left: Any
    right: Any


def arrays():
    dtype = st.sampled_from([np.float64, np.float32, np.float16, np.int32, np.bool_, ">f8"])
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    return dtype.flatmap(lambda each: hnp.arrays(each, shapes, elements=_elements(each)))


def _elements(dtype):
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    small = st.integers(-100, 100)
    return small if kind == "i" else small.map(lambda k: k / 8)


def leaves():
    numbers = st.one_of(st.floats(-9, 9), st.integers(-9, 9), st.booleans())
    scalars = st.integers(-9, 9).flatmap(
        lambda k: st.sampled_from([np.float32(k / 4), np.float64(k / 4), np.int16(k)])
    )
    return st.one_of(arrays(), numbers, scalars, st.none())


def trees():
    keys = st.one_of(st.text(max_size=4), st.integers(-3, 3))
    return st.recursive(
        leaves(),
        lambda inner: st.one_of(
            st.dictionaries(keys, inner, max_size=3),
            st.dictionaries(keys, inner, max_size=3).map(collections.OrderedDict),
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.builds(Pair, inner, inner),
            st.builds(Layer, inner, inner),
        ),
        max_leaves=8,
    ).map(lambda tree: [tree] if tree is None else tree)


def same(a, b):
    """Whether ``b`` is ``a`` with numbers turned into floats: containers, shapes, float dtypes and values."""
    if a is None:
        return b is None
    if isinstance(a, (np.ndarray, np.generic, int, float)):
        given_dtype = np.asarray(a).dtype.newbyteorder("=")
        wanted = given_dtype if given_dtype.kind == "f" else np.dtype(np.float64)
        boxed = isinstance(a, np.ndarray) == isinstance(b, np.ndarray) and isinstance(
            b, (np.ndarray, np.generic)
        )
        return boxed and b.dtype == wanted and b.shape == np.shape(a) and np.array_equal(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Layer):
        return same(a.w, b.w) and same(a.b, b.b) and a.activation == b.activation
    return len(a) == len(b) and all(same(p, q) for p, q in zip(a, b, strict=True))


def shuffled(tree):
    """Return the tree with every dict's order reversed."""
    if isinstance(tree, dict):
        return type(tree)((k, shuffled(tree[k])) for k in reversed(list(tree)))
    if isinstance(tree, Pair):
        return Pair(*map(shuffled, tree))
    if isinstance(tree, Layer):
        return Layer(shuffled(tree.w), shuffled(tree.b))
    return type(tree)(map(shuffled, tree)) if isinstance(tree, (list, tuple)) else tree


@given(trees())
def test_what_is_flattened_comes_back(tree):
    vector, structure = flatten(tree)
    assert vector.dtype == np.float64
    assert vector.shape == (structure.size,)
    assert same(tree, structure.unflatten(vector))


@given(trees())
def test_a_changed_entry_does_not_come_back_as_it_was(tree):
    vector, structure = flatten(tree)
    for k in {0, structure.size - 1} & set(range(structure.size)):
        changed = vector.copy()
        changed[k] += 1000.0
        assert not same(tree, structure.unflatten(changed))


@given(trees())
def test_every_name_is_python_for_its_entry(tree):
    vector, structure = flatten(tree, "params")
    names = [structure.name_of(k) for k in range(structure.size)]
    assert len(set(names)) == structure.size
    for name, value in zip(names, vector, strict=True):
        assert float(eval(name, {"params": tree})) == value


@given(trees())
def test_leaves_tile_the_vector(tree):
    vector, structure = flatten(tree)
    assert [leaf.start for leaf in structure.leaves] == [0, *(leaf.stop for leaf in structure.leaves)][:-1]
    assert sum(leaf.size for leaf in structure.leaves) == structure.size == vector.size
    for k in range(structure.size):
        leaf = structure.leaf_of(k)
        assert leaf.start <= k < leaf.stop


@given(trees())
def test_dicts_are_matched_by_key_and_not_by_order(tree):
    vector, structure = flatten(tree)
    np.testing.assert_array_equal(structure.vector_of(shuffled(tree)), vector)
    np.testing.assert_array_equal(structure.vector_of(tree), vector)


def test_the_order_of_the_first_dict_is_kept():
    vector, structure = flatten({"b": 1.0, "a": 2.0})
    assert vector.tolist() == [1.0, 2.0]
    other, reversed_structure = flatten({"a": 2.0, "b": 1.0})
    assert other.tolist() == [2.0, 1.0]
    assert structure != reversed_structure
    assert structure.vector_of({"a": 2.0, "b": 1.0}).tolist() == [1.0, 2.0]


@given(trees(), trees())
def test_structures_are_equal_exactly_when_no_difference_is_found(one, two):
    a, b = flatten(one, "a")[1], flatten(two, "b")[1]
    assert (a == b) == (a.difference(b) == "")
    again = flatten(one, "another name")[1]
    assert a == again
    assert hash(a) == hash(again)
    assert a.difference(again) == ""


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        ({"w": 1.0}, {"v": 1.0}, '`y`: given a dict with keys "v", expected a dict with keys "w"'),
        (
            [{"w": [1.0]}],
            [{"w": (1.0,)}],
            '`y[0]["w"]`: given a tuple of 1 items, expected a list of 1 items',
        ),
        ((1.0, 2.0), (1.0,), "`y`: given a tuple of 1 items, expected a tuple of 2 items"),
        (Pair(1.0, 2.0), Pair(1.0, [2.0]), "`y.right`: given a list of 1 items, expected a number or array"),
        ([1.0, None], [1.0, 2.0], "`y[1]`: given a number or array, expected None"),
        ([np.zeros(2)], [np.zeros((2, 1))], "`y[0]`: given shape (2, 1), expected shape (2,)"),
        (np.zeros(2), np.zeros(2, np.float32), "`y`: given dtype float32, expected dtype float64"),
        (np.zeros(2), np.zeros(2, int), "`y`: given dtype int64, expected dtype float64"),
    ],
)
def test_the_first_difference_is_named(one, two, message):
    a, b = flatten(one)[1], flatten(two, "y")[1]
    assert a.difference(b) == message
    assert a != b


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"w": np.zeros(2)}, '`out`: given a dict with keys "w", expected a dict with keys "w", "b"; keep'),
        ({"w": np.zeros(2), "b": [0.0, 1.0]}, '`out["b"]`: given a list of 2, expected a list of 1 items'),
        ({"w": np.zeros(3), "b": [0.0]}, '`out["w"]`: given shape (3,), expected shape (2,); keep the shape'),
        ({"w": np.zeros((1, 2)), "b": [0.0]}, '`out["w"]`: given shape (1, 2), expected shape (2,)'),
        ({"w": np.zeros(2), "b": 0.0}, '`out["b"]`: given 0.0, expected a list of 1 items'),
        ({"w": np.zeros(2), "b": [None]}, '`out["b"][0]`: given None, expected a real number or array'),
        (None, '`out`: given None, expected a dict with keys "w", "b"'),
        (np.zeros(3), "`out`: given an array of shape (3,) and dtype float64, expected a dict"),
    ],
)
def test_another_value_must_have_the_structure(tree, message):
    _, structure = flatten({"w": np.zeros(2), "b": [1.0]})
    with pytest.raises(InvalidArgument) as caught:
        structure.vector_of(tree, "out")
    assert str(caught.value).startswith(message)


def test_lists_and_tuples_and_named_tuples_stand_for_each_other():
    _, structure = flatten([1.0, 2.0])
    assert structure.vector_of((3.0, 4.0)).tolist() == [3.0, 4.0]
    assert structure.vector_of(Pair(3.0, 4.0)).tolist() == [3.0, 4.0]
    with pytest.raises(InvalidArgument):
        structure.vector_of({0: 3.0, 1: 4.0})


def cyclic():
    inside = [1.0]
    inside.append({"again": inside})
    return inside


def deep():
    tree = 1.0
    for _ in range(100):
        tree = [tree]
    return tree


BAD = {
    "none": (None, "`x`: given None, expected a real number or array"),
    "string": (
        {"w": 1.0, "act": "relu"},
        "`x[\"act\"]`: given 'relu', expected a real number or array, or a dict",
    ),
    "bytes": ([b"relu"], "`x[0]`: given b'relu'"),
    "complex": ([1j], "`x[0]`: given 1j, expected real numbers"),
    "complex array": (
        {"w": np.zeros(2, complex)},
        '`x["w"]`: given an array of shape (2,) and dtype complex128',
    ),
    "object array": (np.array([None, 1.0]), "`x`: given an array of shape (2,) and dtype object"),
    "string array": (np.array(["a"]), "`x`: given an array of shape (1,) and dtype <U1"),
    "dates": (np.datetime64("2020-01-01"), "`x`: given a datetime64"),
    "set": ({1.0}, "`x`: given a set, expected"),
    "function": (Pair(abs, 1.0), "`x.left`: given a builtin_function_or_method"),
    "class": (Layer, "`x`: given a type"),
    "masked": (np.ma.masked_array([1.0, 2.0], [0, 1]), "`x`: given an array with masked entries (1 of 2)"),
    "huge integer": ([10**400], "`x[0]`: given an integer of 401 digits, expected a number within float64"),
    "cyclic": (cyclic(), '`x[1]["again"]`: given a container inside itself'),
    "deep": (deep(), f"`x{'[0]' * 64}`: given more than 64 levels"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_number_is_refused_with_its_path(case):
    tree, message = BAD[case]
    with pytest.raises(InvalidArgument) as caught:
        flatten(tree)
    assert str(caught.value).startswith(message)
    assert "; " in str(caught.value)


def test_what_is_nearly_refused_is_not():
    shared = [1.0]
    assert flatten([shared, shared])[0].tolist() == [1.0, 1.0]
    assert flatten(np.ma.masked_array([1.0, 2.0], [0, 0]))[0].tolist() == [1.0, 2.0]
    tree: Any = 1.0
    for _ in range(64):
        tree = [tree]
    assert flatten(tree)[0].tolist() == [1.0]
    assert flatten([2**70])[0].tolist() == [2.0**70]


def test_arguments_of_a_tuple_have_their_own_names():
    _, structure = flatten((np.zeros(2), {"a": 0.0}), ("w", "params"))
    assert [structure.name_of(k) for k in range(3)] == ["w[0]", "w[1]", 'params["a"]']
    with pytest.raises(InvalidArgument, match="`name`: given 1 names, expected 2"):
        flatten((1.0, 2.0), ("w",))


@pytest.mark.parametrize(
    ("tree", "shape"),
    [
        (1.0, ()),
        (np.zeros((2, 3)), (2, 3)),
        ([1.0, 2.0], (2,)),
        (([1.0, 2.0], [3.0, 4.0]), (2, 2)),
        ([[1.0, 2.0], [3.0]], None),
        ([np.zeros(2), np.zeros(2)], None),
        ({"w": 1.0}, None),
        ([], None),
        ([1.0, None], None),
        (Pair(1.0, 2.0), None),
    ],
)
def test_only_regular_lists_of_numbers_have_a_shape(tree, shape):
    assert flatten(tree)[1].shape == shape


def test_a_tuple_of_arguments_has_no_shape():
    assert flatten((1.0, 2.0), ("w", "b"))[1].shape is None
    assert flatten((1.0, 2.0))[1].shape == (2,)


def test_a_structure_cannot_be_changed():
    _, structure = flatten([1.0])
    assert isinstance(structure, Structure)
    with pytest.raises(dataclasses.FrozenInstanceError):
        structure.size = 2
    with pytest.raises(ValueError, match="read-only"):
        structure.discrete[0] = True


def test_empty_values_have_empty_vectors():
    for tree in ({}, [], (), {"a": None}, np.empty((0, 3)), [np.empty(0)]):
        vector, structure = flatten(tree)
        assert vector.shape == (0,)
        assert same(tree, structure.unflatten(vector))
