"""The published schema: accepts the sample, rejects every way of breaking it, as does our own validator."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from sample_checks import check, erratum_check, failing_check, kink_check
from sample_record import record

from gradcheck.journal import conformance, violation
from gradcheck.journal.conformance import schema

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if prefix:
        yield prefix
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, (*prefix, name))
    elif isinstance(value, list):
        # The items of a list follow one schema: the first stands for all.
        for i, item in enumerate(value[:1]):
            yield from paths(item, (*prefix, i))


def replaced(base: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(base)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if new is DELETE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return changed


DELETE = object()
VALUES = [DELETE, None, True, -1, 0, 1.5, "", "nan", "pass", [], [[0]], {}, {"a": 1}]


def test_sample_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(record())
    assert violation(record()) is None


@pytest.mark.parametrize(
    "self_test", [None, {"full": True, "rules": 0, "effective": 0, "killed": 0, "survivors": []}]
)
def test_optional_blocks(self_test: Any) -> None:
    assert violation(record(checks=[], not_checkable=[], self_test=self_test)) is None


@pytest.mark.parametrize("name", sorted(record()))
def test_every_top_level_field_is_required(validator: jsonschema.Draft202012Validator, name: str) -> None:
    broken = {key: item for key, item in record().items() if key != name}
    assert not validator.is_valid(broken)
    assert violation(broken) == f"the whole: the field `{name}` is missing"


@pytest.mark.parametrize("name", sorted(record()["checks"][0]))
def test_every_field_of_a_check_is_required(validator: jsonschema.Draft202012Validator, name: str) -> None:
    broken = replaced(record(), ("checks", 0, name), DELETE)
    assert not validator.is_valid(broken)
    assert violation(broken) == f"checks[0]: the field `{name}` is missing"


@pytest.mark.parametrize(
    ("path", "new", "expected"),
    [
        (("schema_version",), 2, "schema_version: given 2, expected 1"),
        (("tool",), "other", "tool: given 'other', expected 'gradcheck'"),
        (("complete",), "yes", "complete: given 'yes', expected boolean"),
        (
            ("checks", 0, "verdict"),
            "maybe",
            "checks[0].verdict: given 'maybe', expected one of 'pass', 'fail', 'inc",
        ),
        (("checks", 0, "verdict"), "PASS", "checks[0].verdict: given 'PASS'"),
        (("checks", 0, "entries"), -1, "checks[0].entries: given -1, expected at least 0"),
        (("checks", 0, "entries"), True, "checks[0].entries: given True, expected integer"),
        (
            ("checks", 0, "largest", "ratio"),
            "infinite",
            "checks[0].largest.ratio: given 'infinite', expected",
        ),
        (
            ("checks", 0, "largest", "index"),
            [1],
            "checks[0].largest.index: given 1 items, expected at least 2",
        ),
        (
            ("checks", 2, "failures", 0, "claimed"),
            [1.0],
            "checks[2].failures[0].claimed[0]: given 1.0, expected array",
        ),
        (("checks", 0, "points", 0, "inputs", "w"), ["x"], "checks[0].points[0].inputs.w[0]: given 'x'"),
        (("environment", "versions", "numpy"), 2, "environment.versions.numpy: given 2, expected string"),
    ],
)
def test_broken_samples_are_rejected(
    validator: jsonschema.Draft202012Validator, path: tuple[Any, ...], new: Any, expected: str
) -> None:
    broken = replaced(record(), path, new)
    assert not validator.is_valid(broken)
    assert (violation(broken) or "").startswith(expected)


def test_own_validator_agrees_with_jsonschema_on_every_mutation(
    validator: jsonschema.Draft202012Validator,
) -> None:
    base = record()
    whole = failing_check() | {name: check()[name] for name in ("detectable", "self_test", "points")}
    whole |= {name: kink_check()[name] for name in ("conventions",)}
    whole |= {name: erratum_check()[name] for name in ("erratum", "counterexample")}
    base["checks"] = [{name: item[:1] if isinstance(item, list) else item for name, item in whole.items()}]
    checked = {True: 0, False: 0}
    for path in list(paths(base)):
        for new in VALUES:
            changed = replaced(base, path, new)
            accepted = validator.is_valid(changed)
            assert (violation(changed) is None) == accepted, (path, new)
            checked[accepted] += 1
    assert checked[True] > 100
    assert checked[False] > 1000


def test_unknown_fields_are_allowed() -> None:
    """The promise of compatibility: fields may be added within a schema version."""
    later = replaced(record(), ("figures",), {"new": True})
    later["checks"][0]["colour"] = "blue"
    assert violation(later) is None


def test_own_validator_refuses_keywords_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    altered = json.loads(json.dumps(schema()))
    altered["$defs"]["survivor"]["patternProperties"] = {}
    monkeypatch.setattr("gradcheck.journal.conformance.schema", lambda document: altered)
    conformance._examiners.cache_clear()
    with pytest.raises(KeyError, match="patternProperties"):
        violation({"id": "a", "mutant": "b"}, "survivor")
    conformance._examiners.cache_clear()
