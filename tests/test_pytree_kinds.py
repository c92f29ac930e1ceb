"""Arrays, numbers and containers of every kind keep it through a vector."""

from __future__ import annotations

import collections
import dataclasses
import types
from typing import Any

import numpy as np
import pytest
from pytree_cases import Layer

import gradcheck.estimators.continuation.reductions  # noqa: F401 (registers numpy.sum)
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.trace import Trace
from gradcheck.pytree import flatten


@dataclasses.dataclass
class Squared:
    """Its second field follows from the first."""

    w: Any
    square: Any = dataclasses.field(init=False)

    def __post_init__(self):
        self.square = self.w**2


@dataclasses.dataclass
class NeedsMore:
    w: Any
    scale: dataclasses.InitVar[float]


def test_numbers_scalars_and_arrays_keep_their_kind():
    tree = [
        1.0,
        2,
        True,
        np.float32(3),
        np.array(4.0),
        np.empty((0, 2)),
        None,
        np.full((1, 1), 5.0).view(np.matrix),
    ]
    vector, structure = flatten(tree)
    assert vector.tolist() == [1.0, 2.0, 1.0, 3.0, 4.0, 5.0]
    assert [leaf.kind for leaf in structure.leaves] == ["number"] * 3 + ["scalar"] + ["array"] * 3
    back = structure.unflatten(vector)
    assert [type(value) for value in back[:4]] == [np.float64] * 3 + [np.float32]
    assert isinstance(back[4], np.ndarray)
    assert back[4].shape == ()
    assert back[5].shape == (0, 2)
    assert back[6] is None
    assert back[7].shape == (1, 1)


def test_integers_and_booleans_are_marked_discrete():
    _, structure = flatten({"k": np.arange(2), "x": np.zeros(2), "flag": True})
    assert structure.discrete.tolist() == [True, True, False, False, True]
    assert [leaf.dtype for leaf in structure.leaves] == ["int64", "float64", "bool"]
    assert structure.unflatten(np.zeros(5))["k"].dtype == np.float64


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10.0)[::-2],
        np.broadcast_to(1.5, (2, 2)),
        np.arange(3.0).astype(">f8"),
        np.arange(4.0).astype(np.longdouble),
        np.float16([1.5, 65504.0]),
    ],
    ids=["transposed", "fortran", "reversed", "broadcast", "big-endian", "longdouble", "half"],
)
def test_any_memory_layout_is_read_in_c_order(array):
    array = array.view()
    array.setflags(write=False)
    for tree, pick in ((array, lambda t: t), ({"a": array}, lambda t: t["a"])):
        vector, structure = flatten(tree)
        assert vector.tolist() == array.astype(float).ravel(order="C").tolist()
        back = pick(structure.unflatten(vector))
        assert back.dtype == array.dtype.newbyteorder("=")
        assert back.flags.writeable
        np.testing.assert_array_equal(back, array)


def test_nothing_is_shared():
    array = np.zeros(3)
    for tree in (array, [array]):
        vector, structure = flatten(tree)
        vector[0] = 7.0
        assert array[0] == 0.0
        first, second = (np.asarray(structure.unflatten(vector)) for _ in range(2))
        first[...] = 9.0
        assert vector[0] == 7.0
        assert second.ravel()[0] == 7.0


def test_the_dtype_can_be_asked_for():
    vector, structure = flatten({"w": np.float32([1.0]), "k": np.float16(2)})
    own, wide = structure.unflatten(vector), structure.unflatten(vector, dtype=np.float64)
    assert (own["w"].dtype, own["k"].dtype) == (np.float32, np.float16)
    assert (wide["w"].dtype, wide["k"].dtype) == (np.float64, np.float64)
    turned = structure.unflatten(vector * 1j)
    assert turned["w"].dtype == complex
    assert turned["w"][0] == 1j


def test_the_array_type_can_be_asked_for():
    seen = []
    vector, structure = flatten({"w": np.ones(2), "b": 1.0})
    back = structure.unflatten(vector, array_type=lambda array: seen.append(array.shape) or tuple(array))
    assert back["w"] == (1.0, 1.0)
    assert seen == [(2,)]


def test_rounding_to_the_leaves_own_dtype_is_silent():
    _, structure = flatten([np.float16([1.0])])
    assert np.isinf(structure.unflatten(np.array([1e300]))[0][0])


@pytest.mark.parametrize("vector", [np.zeros(3), np.zeros((1, 2)), np.zeros(())])
def test_a_vector_of_another_shape_is_refused(vector):
    _, structure = flatten([1.0, 2.0])
    with pytest.raises(InvalidArgument, match=r"`vector`: given shape .* expected shape \(2,\)"):
        structure.unflatten(vector)


@pytest.mark.parametrize("index", [-1, 2])
def test_an_entry_that_does_not_exist_has_no_name(index):
    _, structure = flatten([1.0, 2.0])
    with pytest.raises(InvalidArgument, match="`index`"):
        structure.name_of(index)
    assert structure.name_of(1) == "x[1]"


def test_bfloat16_keeps_its_format():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    vector, structure = flatten({"w": np.ones(2, bfloat16)})
    assert structure.leaves[0].dtype == "bfloat16"
    assert not structure.leaves[0].discrete
    assert structure.unflatten(vector)["w"].dtype == bfloat16


def test_jax_arrays_are_read_by_their_interface():
    jnp = pytest.importorskip("jax.numpy")
    vector, structure = flatten({"w": jnp.ones((2, 2), jnp.float32), "h": jnp.ones(1, jnp.bfloat16)})
    assert vector.tolist() == [1.0] * 5
    assert [leaf.dtype for leaf in structure.leaves] == ["float32", "bfloat16"]


def test_torch_tensors_are_read_by_their_interface():
    torch = pytest.importorskip("torch")
    tree = {
        "w": torch.ones((2, 2), requires_grad=True),
        "h": torch.ones(1, dtype=torch.bfloat16),
        "k": torch.tensor(3),
    }
    vector, structure = flatten(tree)
    assert vector.tolist() == [1.0] * 5 + [3.0]
    assert [leaf.dtype for leaf in structure.leaves] == ["float32", "bfloat16", "int64"]
    assert [leaf.discrete for leaf in structure.leaves] == [False, False, True]
    with pytest.raises(InvalidArgument, match=r'`x\["w"\]`.*Sparse'):
        flatten({"w": torch.ones(2).to_sparse()})


def test_a_continued_vector_goes_through_the_same_structure():
    tree = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": 5.0}
    vector, structure = flatten(tree)
    seed = Continuation.seed(vector, np.arange(5.0), Trace())
    moved = structure.unflatten(seed)
    result = np.sum(moved["w"] ** 2) * moved["b"]
    assert result.primals[0] == 150.0
    assert result.tangents[0] == 5.0 * 2.0 * (2.0 + 6.0 + 12.0) + 4.0 * 30.0
    assert moved["w"].shape == (2, 2)
    moved["w"][0, 0] = 0.0
    assert seed.primals[0, 0] == 1.0


def test_mappings_of_other_types_come_back_as_they_were():
    tree = {
        "default": collections.defaultdict(list, a=1.0),
        "proxy": types.MappingProxyType({"a": 2.0}),
        "ordered": collections.OrderedDict(a=3.0),
    }
    vector, structure = flatten(tree)
    back = structure.unflatten(vector)
    assert [type(value) for value in back.values()] == [type(value) for value in tree.values()]
    assert back["default"].default_factory is list


def test_fields_that_follow_from_others_are_computed_again():
    vector, structure = flatten(Squared(3.0))
    assert vector.tolist() == [3.0]
    assert structure.unflatten(np.array([4.0])).square == 16.0


def test_static_fields_are_carried_along():
    vector, structure = flatten(Layer(1.0, 2.0, "tanh"))
    assert vector.tolist() == [1.0, 2.0]
    assert structure.unflatten(vector).activation == "tanh"


def test_a_container_that_cannot_be_rebuilt_is_named():
    vector, structure = flatten({"layer": NeedsMore(1.0, 2.0)}, "params")
    with pytest.raises(
        InvalidArgument, match=r'`params\["layer"\]`: given NeedsMore, whose constructor raised'
    ):
        structure.unflatten(vector)


def test_an_error_of_the_containers_own_check_passes_through():
    @dataclasses.dataclass
    class Positive:
        w: Any

        def __post_init__(self):
            if self.w < 0:
                raise ValueError("negative")

    vector, structure = flatten(Positive(1.0))
    with pytest.raises(ValueError, match="negative") as caught:
        structure.unflatten(-vector)
    assert not isinstance(caught.value, InvalidArgument)
