"""JAX as a witness: shapes, precisions, edge cases, and what happens without JAX."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck.autodiff import MODES, Autodiff, JaxWitness
from gradcheck.errors import GradcheckError, InvalidArgument, MissingExtra

BOTH = pytest.mark.parametrize("mode", MODES)
KEYED = pytest.mark.parametrize("key", [None, "compiled"])


@pytest.fixture(scope="module")
def witness():
    pytest.importorskip("jax", reason="needs the extra `jax`")
    return JaxWitness()


def product(w, x):
    return w * x


def namespace_of(x):
    return x.__array_namespace__()


def loss(w, samples, targets):
    xp = namespace_of(w)
    return xp.mean((xp.maximum(0.0, samples @ w) - targets) ** 2)


def loss_gradient(w, samples, targets):
    activation = np.maximum(0.0, samples @ w)
    return 2.0 / len(targets) * ((activation - targets) * (samples @ w > 0)) @ samples


@BOTH
@KEYED
def test_elementwise_product_has_the_diagonal_of_the_other_factor(witness, mode, key):
    w, x = np.array([2.0, 3.0]), np.array([5.0, 7.0])
    assert np.array_equal(witness.jacobian_of(product, (w, x), 0, mode=mode, key=key), np.diag(x))
    assert np.array_equal(witness.jacobian_of(product, (w, x), -1, mode=mode, key=key), np.diag(w))


@KEYED
def test_loss_gradient_agrees_with_its_closed_form_and_a_wrong_one_does_not(witness, key):
    rng = np.random.default_rng(3)
    args = rng.normal(size=4), rng.normal(size=(5, 4)), rng.normal(size=5)
    found = witness.derivatives_of(loss, args, 0, key=key)
    right = loss_gradient(*args)
    assert np.max(np.abs(found.forward - right)) <= 1e-14
    assert np.max(np.abs(found.reverse - right)) <= 1e-14
    assert not np.max(np.abs(found.forward - 1.000001 * right)) <= 1e-14
    assert np.array_equal(found.value, witness.value_of(loss, args, key=key))


@KEYED
@pytest.mark.parametrize("x_shape", [(), (1,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("f_shape", [(), (1,), (4,), (2, 2)], ids=str)
def test_shape_law(witness, f_shape, x_shape, key):
    weights = np.random.default_rng(0).normal(size=f_shape + x_shape)

    def linear(x):
        return namespace_of(x).tensordot(weights, x, axes=x.ndim) if f_shape + x_shape else weights * x

    found = witness.derivatives_of(linear, (np.ones(x_shape),), 0, key=key and (key, f_shape, x_shape))
    for jacobian in (found.forward, found.reverse):
        assert jacobian.shape == f_shape + x_shape
        assert np.array_equal(jacobian, weights)


@KEYED
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)], ids=str)
def test_empty_inputs_and_outputs_have_empty_jacobians(witness, shape, key):
    empty = np.ones(shape)
    found = witness.derivatives_of(lambda x: x * 2.0, (empty,), 0, key=key and (key, "double"))
    assert found.forward.shape == found.reverse.shape == shape + shape
    total = witness.derivatives_of(lambda x: x.sum(), (empty,), 0, key=key and (key, "sum"))
    assert total.value == 0.0
    assert total.forward.shape == total.reverse.shape == shape


@BOTH
@KEYED
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_the_precision_asked_for_is_the_precision_computed_in(witness, mode, key, dtype):
    seen = []

    def square(x, w):
        seen.append((x.dtype.name, w.dtype.name))
        return x * x * w

    jacobian = witness.jacobian_of(
        square,
        (np.array([1.1, 3.0]), 2.0),
        0,
        mode=mode,
        dtype=witness_dtype(dtype),
        key=key and (key, dtype, mode),
    )
    assert jacobian.dtype.name == dtype
    assert set(seen) == {(dtype, dtype)}
    error = abs(float(jacobian[0, 0]) - 4.4)
    eps = {"float64": 2.2e-16, "float32": 1.2e-7, "float16": 9.8e-4, "bfloat16": 7.8e-3}[dtype]
    assert error <= 8 * eps
    if dtype != "float64":
        assert not error <= 1e-12


def witness_dtype(name):
    if name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return name


@KEYED
def test_float64_lost_inside_the_function_is_an_error_and_not_a_poor_answer(witness, key):
    def narrowed(x):
        return x.astype("float32") * 2.0

    with pytest.raises(GradcheckError, match="float64 was asked for and JAX computed in float32"):
        witness.derivatives_of(narrowed, (np.ones(2),), 0, key=key and (key, "narrowed"))
    assert witness.jacobian_of(narrowed, (np.ones(2),), 0, dtype="float32").dtype == np.float32


def test_the_global_flag_is_left_alone(witness):
    import jax

    before = jax.config.jax_enable_x64
    witness.derivatives_of(product, (np.ones(2), np.ones(2)), 0, key="flag")
    with pytest.raises(ZeroDivisionError):
        witness.jacobian_of(lambda x: 1 / 0, (np.ones(2),), 0)
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(1).dtype == (np.float64 if before else np.float32)


@KEYED
def test_integer_arguments_stay_integers_and_integer_results_have_derivative_zero(witness, key):
    def gathered(x, index, axis):
        return namespace_of(x).take(x, index, axis=axis)

    args = np.array([1.0, 2.0, 3.0]), np.array([2, 0]), 0
    found = witness.derivatives_of(gathered, args, 0, key=key and (key, "take"))
    assert np.array_equal(found.reverse, [[0, 0, 1], [1, 0, 0]])
    assert np.array_equal(found.reverse, found.forward)
    steps = witness.derivatives_of(lambda x: (x > 0).astype(int), (np.ones(2),), 0, key=key and (key, "step"))
    assert np.array_equal(steps.forward, np.zeros((2, 2)))
    assert np.array_equal(steps.reverse, np.zeros((2, 2)))


def test_an_integer_point_is_differentiated_in_float64(witness):
    assert np.array_equal(witness.jacobian_of(lambda x: x**2, (3,), 0), 6.0)


@KEYED
def test_a_function_that_branches_on_its_numbers_is_followed(witness, key):
    def branching(x):
        return 3.0 * x if x > 0 else -x

    for point, slope in ((2.0, 3.0), (-2.0, -1.0)):
        found = witness.derivatives_of(branching, (point,), 0, key=key and (key, "branch"))
        assert (found.forward, found.reverse) == (slope, slope)


def test_equal_keys_reuse_one_program_and_new_shapes_do_not(witness):
    calls = []

    def counted(x):
        calls.append(x.shape)
        return x * x

    fresh = JaxWitness()
    for _ in range(3):
        fresh.derivatives_of(counted, (np.array([1.0, 2.0]),), 0, key="square")
    traced = len(calls)
    fresh.derivatives_of(counted, (np.array([5.0, 2.0]),), 0, key="square")
    assert len(calls) == traced
    found = fresh.derivatives_of(counted, (np.array([5.0]),), 0, key="square")
    assert len(calls) > traced
    assert np.array_equal(found.forward, [[10.0]])


def test_different_keys_do_not_share_a_program(witness):
    first = witness.jacobian_of(lambda x: 2.0 * x, (1.0,), 0, key="double")
    second = witness.jacobian_of(lambda x: 3.0 * x, (1.0,), 0, key="treble")
    assert (first, second) == (2.0, 3.0)


def test_the_arguments_kept_fixed_are_part_of_the_key(witness):
    def power(x, n):
        return x**n

    found = [witness.jacobian_of(power, (2.0, n), 0, key="power") for n in (2, 3)]
    assert found == [4.0, 12.0]


def test_programs_are_forgotten_oldest_first(witness, monkeypatch):
    monkeypatch.setattr("gradcheck.autodiff.jax._PROGRAMS", 2)
    fresh = JaxWitness()
    for key in "aba":
        fresh.value_of(np.negative, (1.0,), key=key)
    fresh.value_of(np.negative, (1.0,), key="c")
    assert [whole[0][1] for whole in fresh._programs] == ["a", "c"]


def test_inputs_are_not_changed(witness):
    args = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    witness.derivatives_of(product, args, 0)
    assert [list(given) for given in args] == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("f", "args", "argnum", "options", "said"),
    [
        pytest.param(np.sin, (np.ones(2),), 0, {}, "namespace", id="numpy-function"),
        pytest.param(product, (1.0, 2.0), 2, {}, "`argnum`: given 2", id="argnum"),
        pytest.param(product, (1j, 2.0), 0, {}, "real numbers", id="complex-argument"),
        pytest.param(lambda x: x * 1j, (1.0,), 0, {}, "complex128", id="complex-result"),
        pytest.param(lambda x: None, (1.0,), 0, {}, "NoneType", id="no-result"),
        pytest.param(product, (1.0, 2.0), 0, {"mode": "sideways"}, "sideways", id="mode"),
        pytest.param(product, (1.0, 2.0), 0, {"dtype": "int32"}, "int32", id="dtype"),
    ],
)
def test_what_cannot_be_used_is_named(witness, f, args, argnum, options, said):
    with pytest.raises(InvalidArgument, match=said):
        witness.jacobian_of(f, args, argnum, **options)


def test_a_witness_follows_the_protocol(witness):
    follows: Autodiff = witness
    assert follows.name == "jax"
    usable, detail = follows.available()
    assert usable
    assert detail.startswith("jax ")


def run_python(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ASK = """
from gradcheck.autodiff import JaxWitness
from gradcheck.errors import MissingExtra
witness = JaxWitness()
print(*witness.available())
try:
    witness.value_of(abs, (1.0,))
except MissingExtra as absent:
    print(isinstance(absent, ImportError), absent)
"""


def test_without_jax_the_module_loads_and_the_install_line_is_given():
    said = run_python("import sys; sys.modules['jax'] = None\n" + ASK)
    assert said.startswith("False ")
    assert "True Differentiating with JAX needs the extra `jax`" in said
    assert 'python -m pip install "gradcheck[jax]"' in said


@pytest.mark.parametrize(
    "raised", ["ImportError('no jaxlib')", "RuntimeError('version clash')", "AttributeError('numpy.core')"]
)
def test_a_broken_jax_is_absent_and_says_why(tmp_path, raised):
    broken = tmp_path / "jax"
    broken.mkdir()
    (broken / "__init__.py").write_text(f"raise {raised}\n", encoding="utf-8")
    said = run_python(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + ASK)
    kind, text = raised.rstrip(")").split("(")
    assert said.startswith(f"False jax is installed but does not work: {kind}: {text.strip(chr(39))}")
    assert "gradcheck[jax]" in said


def test_a_jax_that_imports_but_differentiates_wrongly_is_absent(tmp_path):
    pytest.importorskip("jax", reason="needs the extra `jax`")
    sabotage = "import jax\njax.jvp = lambda f, x, v: (None, __import__('numpy').float64(0.5))\n"
    assert run_python(sabotage + ASK).startswith("False ")


def test_jax_is_not_imported_before_it_is_used():
    assert run_python("import sys, gradcheck.autodiff; print('jax' in sys.modules)").strip() == "False"


def test_the_check_for_imports_can_fail():
    pytest.importorskip("jax", reason="needs the extra `jax`")
    told = run_python(
        "import sys, gradcheck.autodiff as ad; ad.JaxWitness().available(); print('jax' in sys.modules)"
    )
    assert told.strip() == "True"


def importers_of(name, sources):
    """Return the files among ``sources`` (path: text) that import the top-level module ``name`` anywhere."""
    found = set()
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            if any(imported.partition(".")[0] == name for imported in names):
                found.add(path)
    return found


def test_one_file_imports_jax():
    package = Path(gradcheck.__file__).parent
    sources = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
    }
    assert importers_of("jax", sources) == {"autodiff/jax.py"}


def test_an_import_inside_a_function_would_be_noticed():
    hidden = {"a.py": "def f():\n    from jax.numpy import sin\n", "b.py": "import gradcheck.autodiff.jax\n"}
    assert importers_of("jax", hidden) == {"a.py"}


def test_missing_extra_is_an_import_error():
    assert issubclass(MissingExtra, ImportError)
