"""``gradcheck check``: functions by name, points from files and JSON, errors that say what to write."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from gradcheck.cli import main

MODEL = """
import numpy as np

print("loading")


def f(x):
    return np.sin(x) * x[0]


def jac(x):
    return np.diag(np.cos(x)) * x[0] + np.outer(np.sin(x), np.eye(len(x))[0])


def wrong(x):
    return 1.0001 * jac(x)


def both(x):
    return np.sum(x**2), 2 * x


def both_wrong(x):
    return np.sum(x**2), x


def g(x, y, *, k=2.0):
    return k * x @ y


def dg(x, y, *, k=2.0):
    return k * x


def params(p):
    return np.sum(p["w"] ** 2) + p["b"]


def dparams(p):
    return {"w": 2 * p["w"], "b": 1.0}


class Model:
    def loss(self, x):
        return np.sum(x**3)

    def grad(self, x):
        return 3 * x**2


model = Model()
number = 3


def logdet(A):
    return np.linalg.slogdet(A)[1]


def inverse(A):
    return np.linalg.inv(A)


def root(x):
    return np.sqrt(x) ** 3


def droot(x):
    return np.diag(1.5 * np.sqrt(x))


def leaves(x):
    raise SystemExit(3)
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "clicheckmodel.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "clicheckbroken.py").write_text("import nothing_of_the_kind\n", encoding="utf-8")
    (tmp_path / "clichecksyntax.py").write_text("def f(:\n", encoding="utf-8")
    np.save(tmp_path / "p.npy", np.array([0.5, 2.0]))
    np.savez(tmp_path / "q.npz", x=np.ones(2), y=np.arange(2.0))
    np.save(tmp_path / "object.npy", np.array([None, 1], dtype=object), allow_pickle=True)
    np.save(tmp_path / "nan.npy", np.array([np.nan, 1.0]))
    (tmp_path / "p.json").write_text('{"w": [1, 2], "b": 3}', encoding="utf-8")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("clicheck")]:
        del sys.modules[name]


def run(*arguments):
    named = (
        f"clicheck{one}" if one.startswith(("model", "broken", "syntax")) and ":" in one else one
        for one in arguments
    )
    return main(["check", *named])


PASSING = {
    "npy": ("model:f", "model:jac", "--at", "p.npy"),
    "json": ("model:f", "model:jac", "--at", "[1, 2]"),
    "several": ("model:f", "model:jac", "--at", "[1, 2]", "--at", "p.npy"),
    "file": ("clicheckmodel.py:f", "./clicheckmodel.py:jac", "--at", "[1, 2]"),
    "pair": ("model:both", "--jac-from-f", "--at", "[1, 2]"),
    "npz by name": ("model:g", "model:dg", "--at", "q.npz", "--argnums", "1"),
    "keyword-only": ("model:g", "model:dg", "--at", '{"x": [1, 2], "y": [3, 4], "k": 5}', "--argnums", "1"),
    "nested": ("model:params", "model:dparams", "--at", "p.json"),
    "nested by name": ("model:params", "model:dparams", "--at", '{"p": {"w": [1], "b": 2}}'),
    "method": ("model:model.loss", "model:model.grad", "--at", "[1, 2]"),
    "symmetric": ("model:logdet", "model:inverse", "--at", "[[2, 1], [1, 3]]", "--symmetric", "A"),
    "bounds": ("model:root", "model:droot", "--at", "[1e-3, 2]", "--bounds", "0,null"),
    "central": ("model:f", "model:jac", "--at", "[1, 2]", "--method", "central"),
    "loosened": ("model:f", "model:wrong", "--at", "[1, 2]", "--rtol", "1e-3"),
    "must fail": ("model:f", "model:wrong", "--at", "[1, 2]", "--expect", "fail"),
    "may be undecided": ("model:f", "model:jac", "--at", "[1, 2]", "--max-nfev", "3", "--allow-inconclusive"),
}
GATING = {
    "wrong": ("model:f", "model:wrong", "--at", "p.npy"),
    "wrong at one point": ("model:f", "model:wrong", "--at", "[1, 2]", "--at", "[0.5, 2]"),
    "wrong pair": ("model:both_wrong", "--jac-from-f", "--at", "[1, 2]"),
    "right, must fail": ("model:f", "model:jac", "--at", "[1, 2]", "--expect", "fail"),
    "wrong argument": ("model:g", "model:dg", "--at", "q.npz"),
    "wrong layout": ("model:f", "model:jac", "--at", "[1, 2]", "--layout", "denominator"),
    "wrong order": ("model:f", "model:jac", "--at", "[1, 2]", "--order", "2"),
    "undecided": ("model:f", "model:jac", "--at", "[1, 2]", "--max-nfev", "3"),
    "contract": ("model:f", "model:jac", "--at", "[1, 2]", "--method", "contract"),
    "a number for a claim": ("model:f", "model:number", "--at", "[1, 2]"),
}
REFUSED = {
    "no name": (("model:nothing", "model:jac", "--at", "[1]"), "has no 'nothing'; it has "),
    "a near name": (("model:both_wrog", "model:jac", "--at", "[1]"), "did you mean both_wrong"),
    "not what it imports": (("model:nmp", "model:jac", "--at", "[1]"), "has no 'nmp'; it has Model, "),
    "no module": (("nowhere:f", "model:jac", "--at", "[1]"), "expected a module 'nowhere' that exists"),
    "broken": (
        ("broken:f", "model:jac", "--at", "[1]"),
        "raised ModuleNotFoundError: No module named 'nothing_",
    ),
    "syntax": (("syntax:f", "model:jac", "--at", "[1]"), "raised SyntaxError"),
    "no file": (("gone.py:f", "model:jac", "--at", "[1]"), "expected a file 'gone.py' that exists"),
    "no colon": (("f", "model:jac", "--at", "[1]"), "expected module:name"),
    "no function": (("model:number", "model:jac", "--at", "[1]"), "expected a function, not int"),
    "no claim": (("model:f", "--at", "[1]"), "use --jac-from-f where f returns both"),
    "two claims": (("model:f", "jax", "--jac-from-f", "--at", "[1]"), "expected nothing beside --jac-from-f"),
    "pickle": (("model:f", "model:jac", "--at", "object.npy"), "it holds Python objects"),
    "nan in a file": (
        ("model:f", "model:jac", "--at", "nan.npy"),
        "expected finite numbers; there is none at [0]",
    ),
    "nan": (("model:f", "model:jac", "--at", "[1, NaN]"), "there is none at [1]"),
    "infinite": (("model:f", "model:jac", "--at", "Infinity"), "expected finite numbers"),
    "null": (("model:f", "model:jac", "--at", "[1, null]"), "expected numbers at [1]"),
    "text": (("model:f", "model:jac", "--at", '"abc"'), "expected numbers"),
    "no json": (("model:f", "model:jac", "--at", "[1,"), "expected a file .npy, .npz or .json, or JSON"),
    "gone": (("model:f", "model:jac", "--at", "gone.npy"), "expected a file that exists"),
    "argument missing": (("model:g", "model:dg", "--at", '{"x": [1]}'), "missing a required argument: 'y'"),
    "arguments missing": (("model:g", "model:dg", "--at", "[1]"), "the arguments of f(x, y, *, k=2.0)"),
    "argnums": (("model:f", "model:jac", "--at", "[1]", "--argnums", "3"), "`argnums`: given 3"),
    "method": (("model:f", "model:jac", "--at", "[1]", "--method", "x"), "`method`: given 'x'"),
    "structure": (("model:f", "model:jac", "--at", "[1]", "--symmetric", "B"), "`inputs`: given 'B'"),
    "exit": (("model:leaves", "model:jac", "--at", "[1]"), "ended the program (SystemExit: 3)"),
    "point": (("model:f", "model:jac"), "the following arguments are required: --at"),
    "bounds": (
        ("model:f", "model:jac", "--at", "[1]", "--bounds", "a,b"),
        "expected LOW,HIGH such as 0,null",
    ),
    "max-nfev": (("model:f", "model:jac", "--at", "[1]", "--max-nfev", "0"), "expected a number >= 1"),
}


@pytest.mark.parametrize("name", PASSING)
def test_right(model, capsys, name):
    assert run(*PASSING[name]) == 0
    captured = capsys.readouterr()
    assert captured.out.split(" ")[0] in ("PASS", "FAIL", "INCONCLUSIVE")
    # What the module prints is no part of the result.
    assert "loading" not in captured.out


@pytest.mark.parametrize("name", GATING)
def test_wrong_or_undecided(model, capsys, name):
    assert run(*GATING[name]) == 1
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_said(model, capsys, name):
    arguments, said = REFUSED[name]
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_json_is_one_object(model, capsys):
    assert run("model:f", "model:wrong", "--at", "[1, 2]", "--json") == 1
    entry = json.loads(capsys.readouterr().out)
    assert entry["verdict"] == "fail"
    assert entry["gates"] is True
    assert "1.0001 times the reference" in entry["diagnosis"]
    assert run("model:f", "model:jac", "--at", "[1, 2]", "--json") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "pass"


def test_jax(model, capsys):
    pytest.importorskip("jax")
    (model / "clicheckmodeljax.py").write_text(
        "import jax.numpy as jnp\n\ndef f(x):\n    return jnp.sum(jnp.exp(x))\n", encoding="utf-8"
    )
    assert run("modeljax:f", "jax", "--at", "[1, 2]") == 0
    assert "reverse and forward mode agree" in capsys.readouterr().out


def test_an_empty_point_checks_nothing_and_is_not_green(model, capsys):
    assert run("model:root", "model:droot", "--at", "[]") == 5
    assert "0 entries" in capsys.readouterr().out


def test_an_unknown_option_is_refused_with_the_usage_of_its_command(model, capsys):
    assert run("model:root", "model:droot", "--at", "[1]", "--foo") == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: gradcheck check ")
    assert err.endswith("gradcheck check: error: unrecognized arguments: --foo\n")
    assert main(["list", "--foo"]) == 2
    assert capsys.readouterr().err.startswith("usage: gradcheck list ")
    assert main(["--foo"]) == 2
    assert capsys.readouterr().err.startswith("usage: gradcheck [-h]")


def objects(path):
    np.save(path, np.array([object()], dtype=object), allow_pickle=True)


def cut_short(path):
    np.save(path, np.ones(100))
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("noise.npy", lambda path: path.write_bytes(b"noise"), "it is damaged, or of another format"),
        ("objects.npy", objects, "it holds Python objects"),
        ("short.npy", cut_short, "Failed to read all data"),
        ("nothing.npy", lambda path: path.write_bytes(b""), "No data left in file"),
        ("noise.npz", lambda path: path.write_bytes(b"PK\x03\x04noise"), "not a zip file"),
        ("latin.json", lambda path: path.write_bytes(b"[1, \xff]"), "it is not UTF-8"),
        ("deep.json", lambda path: path.write_text("[" * 100_000, encoding="utf-8"), "recursion"),
    ],
)
def test_a_damaged_file_is_refused_in_our_words(model, capsys, name, spoil, said):
    spoil(model / name)
    assert run("model:root", "model:droot", "--at", str(model / name)) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert "pickle" not in err
    assert "Traceback" not in err
