"""What a user is told of hostile names, points that are not finite, odd claims and odd keywords."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, check
from gradcheck.cli import main

X = np.array([1.0, 2.0])


def square(x):
    return x**2


def slope(x):
    return np.diag(2 * x)


def test_a_name_and_an_exception_cannot_drive_a_terminal():
    def raising(x):
        raise ValueError("b\n\x1b[31mred\x07")

    for result in (check(square, slope, X, name="a\n\x1b[31m"), check(square, raising, X)):
        text = str(result)
        assert "<U+001B>[31m" in text
        assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert str(check(square, slope, X, name="a\nb")).splitlines()[0] == "PASS a b: agrees"


def test_an_input_that_is_not_finite_is_named():
    result = check(square, slope, np.array([1.0, np.nan]))
    assert str(result.verdict) == "inconclusive"
    assert "the point itself is not finite: x[1] is nan" in result.notes
    assert not any("not finite:" in note for note in check(square, slope, X).notes)


def test_a_claim_that_returns_none_is_wrong_and_no_error():
    result = check(square, lambda x: None, X)
    assert (str(result.verdict), str(result.reason)) == ("fail", "wrong shape")
    assert result.message == "the claim returned None, expected its numbers"


@pytest.mark.parametrize(
    ("name", "said"),
    [("tol", "no keyword of jacobian; it has argnums, method, bounds"), ("methd", "did you mean `method`?")],
)
def test_a_keyword_that_jacobian_has_not_is_named(name, said):
    with pytest.raises(InvalidArgument, match=f"`{name}`") as caught:
        gradcheck.jacobian(square, X, **{name: 1})
    assert said in str(caught.value)
    assert gradcheck.jacobian(square, X, method="central").value.shape == (2, 2)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ([(0, 3), (0, 3)], "not a pair for each variable"),
        ([(0, 3)] * 3, "not a pair for each variable"),
        ((3, 2), "given (3.0, 2.0), expected lower <= upper at x[0]"),
    ],
)
def test_bounds_of_another_format_are_told_the_format(bounds, said):
    with pytest.raises(InvalidArgument) as caught:
        check(square, slope, X, bounds=bounds)
    assert said in str(caught.value)
    assert str(check(square, slope, X, bounds=([0, 0], [3, 3])).verdict) == "pass"


def test_a_point_on_the_command_line_that_cannot_be_used_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    source = "def f(x): return 2.0 * x\ndef g(x): return 2.0\ndef two(x, y): return x * y\n"
    (tmp_path / "points_told.py").write_text(source, encoding="utf-8")
    point = ["check", "points_told.py:f", "points_told.py:g", "--at"]
    assert main([*point, str(tmp_path)]) == 2
    assert "not a folder; name a file in it" in capsys.readouterr().err
    assert main([*point, '{"y": 2}']) == 1
    assert "`--at`: 'y' is no argument of f(x)" in capsys.readouterr().err
    assert main(["check", "points_told.py:two", "points_told.py:g", "--at", '{"x": 1, "z": 2}']) == 2
    assert "the arguments of f(x, y): 'z' is no argument" in capsys.readouterr().err
    assert main([*point, '{"x": 2}']) == 0
    assert "no argument" not in capsys.readouterr().err


def test_tensors_are_taken_from_a_function_and_never_given_to_it():
    torch = pytest.importorskip("torch")

    def tensors(x):
        return torch.sin(torch.tensor(x, requires_grad=True)), torch.tensor(x, requires_grad=True) ** 2

    def jac(x):
        return np.diag(np.cos(x)), np.diag(2 * x)

    assert str(check(tensors, jac, X).verdict) == "pass"
    assert str(check(tensors, lambda x: (jac(x)[0], np.eye(2)), X).verdict) == "fail"
    result = check(lambda x: torch.sin(x).sum(), np.cos, torch.tensor([1.0, 2.0]))
    assert str(result.reason) == "the function raised"
    assert result.notes == (
        "f is called with NumPy arrays, and x came as a Tensor of shape (2,) and dtype float32",
    )
    assert not check(lambda x: torch.sin(x).sum(), np.cos, X).notes


def test_an_expected_failure_says_what_it_was_held_against(capsys):
    command = ["check", "math:sin", "math:cos", "--at", "1", "--expect", "fail"]
    assert main(command) == 1
    assert "gradcheck: --expect fail: expected to fail, but pass: agrees" in capsys.readouterr().err
    assert main([*command[:2], "math:sin", *command[3:]]) == 0
    assert "gradcheck: --expect fail: it fails, as expected" in capsys.readouterr().err
    assert main(command[:-2]) == 0
    assert "--expect" not in capsys.readouterr().err


def test_a_transpose_is_told_by_the_layout_that_was_asked_for():
    def f(x):
        return np.array([x[0] * x[1], np.sin(x[1])])

    def jac(x):
        return np.array([[x[1], x[0]], [0.0, np.cos(x[1])]])

    assert str(check(f, lambda x: jac(x).T, X, layout="denominator").verdict) == "pass"
    assert check(f, jac, X, layout="denominator").diagnosis == (
        "the claim is the transpose of the reference: it is in numerator layout, and layout='denominator' "
        "was asked for"
    )
    assert check(f, lambda x: jac(x).T, X).diagnosis.endswith("denominator layout")


@pytest.mark.parametrize(("cut", "said"), [(np.trunc, "truncated"), (np.rint, "rounded")])
def test_a_claim_kept_in_integers_is_told_so(cut, said):
    x = np.array([1.3, 2.9, -0.4])
    found = check(square, lambda x: cut(slope(x)).astype(int), x).diagnosis
    assert found == f"the claim is {said} to integers: make the array that it is written to float"
    other = check(square, lambda x: cut(slope(x)).astype(int) + np.eye(3, dtype=int), x)
    assert "integers" not in other.diagnosis
    assert "integers" not in check(square, lambda x: cut(slope(x)), x).diagnosis


def test_a_claim_that_answers_for_the_point_before_keeps_state():
    seen = {}

    def stale(x):
        before = seen.get("x", x.copy())
        seen["x"] = x.copy()
        return slope(before)

    result = check(square, stale, points=[(X,), (X + 1,)])
    assert (str(result.verdict), str(result.reason)) == ("inconclusive", "keeps state")
    assert result.message.startswith("the claim's answer at the point changes")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda: gradcheck.check_gradient(np.sum, "jax", X), "write check(f, 'jax', x)"),
        (lambda: gradcheck.check_hessian(np.sum, "jax", X), "write check(f, 'jax', x, order=2)"),
    ],
)
def test_a_system_is_named_to_check_alone(run, said):
    with pytest.raises(InvalidArgument, match="given 'jax'") as caught:
        run()
    assert str(caught.value).endswith(said)


def test_the_share_of_a_point_is_told_beside_the_limit():
    result = check(square, slope, points=[(X,), (X + 1,), (X + 2,)], max_nfev=12)
    assert result.message.startswith("max_nfev=12, ")
    assert "of it for this point" in result.message
    assert check(square, slope, X, max_nfev=4).message.startswith("max_nfev=4")


@pytest.mark.parametrize(("off", "told"), [(1e-7, True), (1e-2, False)])
def test_a_small_mistake_without_a_name_may_be_that_of_a_solver(off, told):
    text = " ".join(str(check(np.exp, lambda x: (1 + off) * np.exp(x), 0.5)).split())
    assert "no known mistake explains it" in text
    assert ("say so with `rtol`" in text) == told


def test_per_cent_is_a_familiar_factor():
    assert check(np.exp, lambda x: np.exp(x) / 100, 0.5).diagnosis.endswith("factor 1/100, per cent")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_product_that_cuts_long_directions_off_is_not_linear(dtype):
    x = X.astype(dtype)

    def clipped(x, v, most):
        return 2 * x * np.clip(v, -most, most)

    result = gradcheck.check_jvp(square, lambda x, v: clipped(x, v, 10.0), x)
    assert (str(result.verdict), str(result.reason)) == ("fail", "disagrees")
    assert "not linear in its direction" in result.message
    assert str(gradcheck.check_jvp(square, lambda x, v: clipped(x, v, 1e30), x).verdict) == "pass"
    assert str(gradcheck.check_vjp(square, lambda x, u: clipped(x, u, 10.0), x).verdict) == "fail"


def test_a_product_that_cannot_take_a_long_direction_is_judged_by_short_ones():
    def differences(x, v):
        if np.max(np.abs(v)) > 100:
            raise ValueError("outside the domain")
        return 2 * x * v

    assert str(gradcheck.check_jvp(square, differences, X).verdict) == "pass"
    huge = 1e306
    assert str(gradcheck.check_jvp(lambda x: huge * x, lambda x, v: huge * v, X / 4).verdict) == "pass"
    small = X.astype(np.float32)
    steep = np.float32(1e37)
    assert str(gradcheck.check_jvp(lambda x: steep * x, lambda x, v: steep * v, small).verdict) == "pass"
