"""JAX's own derivative, judged: right and wrong custom rules, both modes, nesting and lower precision."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.errors import InvalidArgument, MissingExtra
from gradcheck.judge import autodiff
from gradcheck.judge.api import assert_derivative, check
from gradcheck.results import Reason, Verdict

jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([0.5, 2.0, -1.25])


def pushed(factor):
    @jax.custom_jvp
    def f(x):
        return jnp.sin(x)

    @f.defjvp
    def _(primals, tangents):
        (x,), (v,) = primals, tangents
        return f(x), factor * jnp.cos(x) * v

    return f


def pulled(factor):
    @jax.custom_vjp
    def f(x):
        return jnp.sin(x)

    f.defvjp(lambda x: (jnp.sin(x), x), lambda x, u: (factor * jnp.cos(x) * u,))
    return f


def test_right():
    result = check(lambda x: jnp.sin(x) * x[0], "jax", X)
    assert result.verdict is Verdict.PASS
    assert result.detectable < 1e-6
    assert result.method == "central"
    assert "reverse and forward mode agree" in result.notes


@pytest.mark.parametrize("made", [pushed, pulled], ids=["custom_jvp", "custom_vjp"])
class TestCustomRules:
    def test_right(self, made):
        assert check(made(1.0), "jax", X).verdict is Verdict.PASS

    @pytest.mark.parametrize("factor", [2.0, -1.0, 1 + 1e-5, 0.0])
    def test_wrong(self, made, factor):
        result = check(made(factor), "jax", X)
        assert result.verdict is Verdict.FAIL
        assert result.reason is Reason.DISAGREES


def test_a_reverse_mode_of_its_own_has_no_forward_mode():
    assert any("reverse mode alone" in note for note in check(pulled(1.0), "jax", X).notes)


def test_a_loop_has_forward_mode_alone():
    def f(x):
        return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]

    result = check(f, "jax", X)
    assert result.verdict is Verdict.PASS
    assert any("forward mode alone" in note for note in result.notes)


def doubled(wrong):
    """The cube with a right first derivative, of which a factor is held constant where it is ``wrong``."""

    @jax.custom_jvp
    def f(x):
        return x**3

    @f.defjvp
    def _(primals, tangents):
        (x,), (v,) = primals, tangents
        return f(x), 3 * x * (jax.lax.stop_gradient(x) if wrong else x) * v

    return f


class TestSecondOrder:
    def test_a_mistake_of_the_second_derivative_alone(self):
        x = X[:1]
        assert check(doubled(True), "jax", x).verdict is Verdict.PASS
        assert check(doubled(False), "jax", x, order=2).verdict is Verdict.PASS
        result = check(doubled(True), "jax", x, order=2)
        assert result.verdict is Verdict.FAIL
        assert "factor 1/2" in result.diagnosis
        assert result.worst.path.startswith("d (d f[")

    def test_a_reverse_mode_of_its_own_has_both_outer_modes(self):
        result = check(pulled(1.0), "jax", X[:1], order=2)
        assert result.verdict is Verdict.PASS
        assert "reverse and forward mode agree" in result.notes

    def test_a_loop_has_forward_mode_alone(self):
        def f(x):
            return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]

        result = check(f, "jax", 0.7, order=2)
        assert result.verdict is Verdict.PASS
        assert any("forward mode alone" in note for note in result.notes)

    def test_nested_and_several_arguments(self):
        def f(p, scale):
            return jnp.sum(p["a"] ** 2) * p["b"] * scale

        point = {"a": X[:1], "b": 2.0}, 0.5
        assert check(f, "jax", *point, order=2).verdict is Verdict.PASS

        def held(p, scale):
            return f({**p, "b": jax.lax.stop_gradient(p["b"])}, scale)

        assert check(held, "jax", *point, order=2).verdict is Verdict.FAIL

    def test_single_precision(self):
        x = X[:1].astype(np.float32)
        assert check(doubled(False), "jax", x, order=2).verdict is Verdict.PASS
        assert check(doubled(True), "jax", x, order=2).verdict is Verdict.FAIL

    def test_a_right_claim_gets_no_note_of_single_precision(self):
        for order in (1, 2):
            notes = check(lambda x: jnp.sin(x) * x[0], "jax", X[:1], order=order).notes
            assert not any("precision" in note for note in notes)


def test_stopped_gradient():
    result = check(lambda x: x * jax.lax.stop_gradient(x), "jax", X)
    assert result.verdict is Verdict.FAIL
    assert result.worst.claimed == pytest.approx(result.worst.reference / 2)


def test_nested_arguments_and_output():
    def f(params, scale):
        hidden = jnp.tanh(params["w"] @ X + params["b"])
        return {"hidden": hidden, "sum": scale * hidden.sum()}

    params = {"w": np.array([[1.0, 2.0, 0.5], [3.0, -0.4, 1.5]]), "b": np.array([0.1, -0.2])}
    assert check(f, "jax", params, 2.0).verdict is Verdict.PASS
    assert check(f, "jax", params, 2.0, argnums=(0, 1)).verdict is Verdict.PASS

    def held(params, scale):
        return f({**params, "b": jax.lax.stop_gradient(params["b"])}, scale)

    wrong = check(held, "jax", params, 2.0)
    assert wrong.verdict is Verdict.FAIL
    assert 'params["b"]' in wrong.worst.path


def test_keywords():
    def f(x, power=1):
        return x**power

    assert check(f, "jax", X, kwargs={"power": 3}).verdict is Verdict.PASS


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_lower_precision(factor):
    result = check(pushed(factor), "jax", X.astype(np.float32))
    assert result.verdict is (Verdict.PASS if factor == 1.0 else Verdict.FAIL)
    if factor == 1.0:
        assert 1e-8 < result.detectable < 1e-4


def test_branch_on_a_number():
    def f(x):
        return x**2 if x[0] > 0 else -x

    assert check(f, "jax", X).verdict is Verdict.PASS


def test_process_wide_precision_is_left_alone():
    before = jax.config.jax_enable_x64
    check(jnp.sin, "jax", X)
    assert jax.config.jax_enable_x64 == before


def test_scalar():
    assert check(jnp.exp, "jax", 0.5).verdict is Verdict.PASS


def test_kink_is_judged_by_membership():
    assert check(jnp.abs, "jax", np.array([0.0, 1.0])).verdict is Verdict.PASS


def test_function_of_numpy_is_refused_with_the_remedy():
    with pytest.raises(InvalidArgument, match=r"jax\.numpy"):
        check(lambda x: np.asarray(x) ** 2, "jax", X)


def test_raising_function():
    def f(x):
        raise RuntimeError("no value")

    assert check(f, "jax", X).reason is Reason.FUNCTION_RAISED


def test_other_names_are_refused():
    with pytest.raises(InvalidArgument, match="'torsh'"):
        check(jnp.sin, "torsh", X)
    with pytest.raises(InvalidArgument, match="`method`"):
        check(jnp.sin, "jax", X, method="complex-step")
    with pytest.raises(InvalidArgument, match="surrogate"):
        check(jnp.sin, "jax", X, surrogate=jnp.cos)


def test_missing_extra(monkeypatch):
    class Absent(autodiff.JaxWitness):
        def available(self):
            return super().available()._replace(usable=False, detail="No module named 'jax'")

    monkeypatch.setattr(autodiff, "JaxWitness", Absent)
    with pytest.raises(MissingExtra, match=r"gradcheck\[jax\]"):
        check(jnp.sin, "jax", X)


def test_assertion():
    assert_derivative(pulled(1.0), "jax", X)
    with pytest.raises(AssertionError, match="FAIL"):
        assert_derivative(pulled(3.0), "jax", X)
