"""A rule that is written wrongly is refused where it is written, with given, expected and fix."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.domains import Kinks, positive
from gradcheck.errors import InvalidArgument
from gradcheck.rules import documents
from gradcheck.rules.facts import Facts
from gradcheck.rules.fields import checked_id
from gradcheck.rules.near import near_globs, near_names
from gradcheck.rules.registry import Group, Kind, Registry, Rule


def square(x):
    """Return x^2."""
    return x * x


def slope(x):
    """Return diag(2x)."""
    return np.diag(2 * x)


def written(claim=slope, rule_id="mine/square", signature="(n)->(n)", **fields):
    """Register one rule, its fields right but for those given, and return it."""
    registry = Registry()
    facts = {"names": "x", "wrt": "x", "f": square, "registry": registry, "group": Group.USER} | fields
    gradcheck.rule(rule_id, signature, **facts)(claim)
    return registry[rule_id]


def test_a_type_checker_knows_every_field():
    named_otherwise = {"id", "f", "claim", "signature", "inputs", "wrt"}
    assert set(Facts.__annotations__) == set(Rule.__dataclass_fields__) - named_otherwise


BAD = {
    "id empty": ({"rule_id": ""}, "`rule_id`: given ''"),
    "id with a star": ({"rule_id": "mine/*"}, r"`rule_id`: given 'mine/\*'.*write e.g."),
    "id with a blank": ({"rule_id": "my rule"}, "`rule_id`: given 'my rule'"),
    "id of a point": ({"rule_id": "mine@float64#1"}, "`rule_id`"),
    "id like an option": ({"rule_id": "--mine"}, "`rule_id`"),
    "id no text": ({"rule_id": 7}, "`rule_id`: given 7, expected text"),
    "f a number": ({"f": 3}, "`f`: given 3, expected a function of the arrays; pass the function itself"),
    "f of two": ({"f": lambda x, y: x * y}, "`f`: given .*can be called as f.x.*missing a required"),
    "f of none": ({"f": lambda: 1.0}, "`f`: .*too many positional"),
    "claim a matrix": ({"claim": np.eye(2)}, "`the closed form`"),
    "claim of two": ({"claim": lambda x, y: x}, "`the closed form`"),
    "domain text": ({"domain": "positive"}, r"`domain`: given 'positive'.*gradcheck\.domains\.positive"),
    "domain of text": ({"domain": {"x": "positive"}}, "`domain of x`: given 'positive'"),
    "domain of another": ({"domain": {"y": positive()}}, "`domain`: given 'y', expected some of"),
    "kinks text": ({"kinks": "x"}, "`kinks`: given 'x', expected a gradcheck.domains.Kinks"),
    "kinks without": ({"kinks": Kinks(surface=3, place=None)}, "`kinks.surface`: given 3"),
    "unknown keyword": ({"formulla": "2x"}, "given \"a keyword 'formulla'\".*did you mean formula"),
    "strange keyword": ({"zzz": 1}, "given \"a keyword 'zzz'\".*leave it out"),
    "text a number": ({"formula": 2}, "`formula`: given 2, expected text"),
    "signature a number": ({"signature": 3}, "`signature`: given 3"),
    "signature nonsense": ({"signature": "n->n"}, "`signature`: given 'n->n'"),
    "signature one side": ({"signature": "(n)"}, "`signature`: given '.n.', expected 'inputs->outputs'"),
    "two outputs": ({"signature": "(n)->(n),(n)"}, "`signature`: .*expected one output"),
    "names a list": ({"names": ["x"]}, "`names`: given .*separated by blanks; .*names='x'"),
    "names too many": ({"names": "x y"}, "`names`: given 'x y', expected 1 name; name each input"),
    "names twice": (
        {"names": "x x", "signature": "(n),(n)->(n)"},
        "`names`: given 'x x', expected different Python names",
    ),
    "names with a comma": ({"names": "x, y", "signature": "(n),(n)->(n)"}, "`names`: given 'x, y'"),
    "wrt another": ({"wrt": "y"}, "`wrt`: given 'y', expected one of"),
    "wrt none": ({"wrt": None}, "`wrt`: given None.*kind='value'"),
    "kind unknown": ({"kind": "gradient"}, "`kind`: given 'gradient', expected one of"),
    "minimum a number": ({"minimum": 1}, "`minimum`: given 1"),
    "minimum of another": ({"minimum": {"k": 1}}, "`minimum`: given 'k'"),
    "minimum negative": ({"minimum": {"n": -1}}, "`minimum of n`: given -1"),
    "arrange text": ({"arrange": "sorted"}, "`arrange`: given 'sorted'"),
    "functions a list": ({"functions": [abs]}, "`functions`"),
}


@pytest.mark.parametrize(("fields", "words"), BAD.values(), ids=list(BAD))
def test_a_bad_field_is_refused_where_it_is_written(fields, words):
    with pytest.raises(InvalidArgument, match=words):
        written(**fields)


def test_the_right_fields_are_accepted():
    made = written(domain=positive(), formula="2x", minimum={"n": 1}, kind="derivative")
    assert (made.kind, made.group, made.formula) == (Kind.DERIVATIVE, Group.USER, "2x")
    assert written(f=np.square).f is np.square
    assert written(kind="value", wrt=None).kind is Kind.VALUE


def test_every_built_in_id_could_have_been_written_by_a_user():
    assert [checked_id(rule.id) for rule in documents()]


def test_a_rule_says_of_itself_what_its_functions_say():
    made = written(domain=positive())
    assert made.formula == "Return diag(2x)."
    assert made.function_text == "Return x^2."
    assert made.domain_text == "x: (0, inf)"
    (place,) = made.sources
    assert place.document == "test_rules_fields.py"
    assert place.lines.startswith("L")
    assert written(formula="2x").formula == "2x"
    bare = written(lambda x: np.diag(2 * x), f=np.square)
    assert (bare.formula, bare.function_text) == ("", "square")
    assert written(f=lambda x: x * x).function_text == ""


def test_an_id_is_taken_by_one_function():
    registry = Registry()
    fields = {"names": "x", "wrt": "x", "f": square, "registry": registry}
    gradcheck.rule("mine/one", "(n)->(n)", **fields)(slope)
    # A cell of a notebook that is run again reads the same function again.
    gradcheck.rule("mine/one", "(n)->(n)", **fields)(slope)
    assert len(registry) == 1
    with pytest.raises(InvalidArgument, match="an id not yet taken"):
        gradcheck.rule("mine/one", "(n)->(n)", **fields)(square)
    for _ in range(1):
        gradcheck.rule("mine/two", "(n)->(n)", **fields)(lambda x: np.diag(x))
    with pytest.raises(InvalidArgument, match="an id not yet taken"):
        gradcheck.rule("mine/two", "(n)->(n)", **fields)(lambda x: np.diag(x))


def test_near_names_are_those_that_look_alike():
    assert near_names("wrt-W", ["wrt-x", "wrt-w"]) == ["wrt-w"]
    assert near_names("zzz", ["wrt-x"]) == []
    assert near_globs("mull/*", ["mul/wrt-w", "max/wrt-w"]) == ["mul/*"]
    assert near_globs("mul/zzz*", ["mul/wrt-w"]) == ["mul/*"]
    assert near_globs("zzz/*", ["mul/wrt-w"]) == []
