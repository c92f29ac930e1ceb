"""The list of rules as data, and one rule explained with numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gradcheck.errors import InvalidArgument
from gradcheck.listing import explained, listed, worked_example
from gradcheck.reporting.explanations import explain_text
from gradcheck.rules import documents
from gradcheck.rules.catalogue import catalogue, not_checkable
from gradcheck.rules.registry import Kind

KINDS = {
    "derivative": "elementwise/mul/wrt-w",
    "value": next(rule.id for rule in documents() if rule.kind is Kind.VALUE and rule.right is None),
    "shape": next(rule.id for rule in documents() if rule.kind is Kind.SHAPE and rule.right is None),
    "general": "elementwise/general/diag-wrt-w",
    "misprint": next(rule.id for rule in documents() if str(rule.group) == "erratum"),
    "rejected": next(rule.id for rule in documents() if str(rule.group) == "rejected"),
    "not checkable": not_checkable()[0]["id"],
}


def test_the_list_holds_every_claim_and_every_misprint_once():
    rows = listed()
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids) == 160 + 134 + 7
    tables = catalogue()
    named = {
        row["id"] for table in ("claims", "errata", "rejected_by_the_documents") for row in tables[table]
    }
    assert set(ids) == named
    expected = [row["expected"] for row in rows]
    assert {word: expected.count(word) for word in set(expected)} == {
        "pass": 160,
        "fail": 74 + 7,
        "not checkable": 60,
    }


def test_the_list_is_json_and_every_row_has_the_same_fields():
    rows = listed()
    assert json.loads(json.dumps(rows, ensure_ascii=False, allow_nan=False)) == rows
    fields = {name for name in rows[0] if name != "erratum"}
    assert all(fields <= set(row) for row in rows)
    assert all(row["formula"] for row in rows)
    assert all(("erratum" in row) == (row["expected"] != "pass") for row in rows)


def test_a_misprint_says_what_is_printed_and_what_is_right():
    for row in listed():
        if "erratum" in row:
            assert row["erratum"]["printed"]
            assert row["erratum"]["right"]


def test_a_selection_lists_what_it_selects_and_nothing_else():
    assert [row["id"] for row in listed(["elementwise/mul/*"])] == [
        "elementwise/mul/wrt-w",
        "elementwise/mul/wrt-x",
    ]
    with pytest.raises(InvalidArgument):
        listed(["no/such/*"])


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_rule_of_every_kind_is_explained(kind):
    facts = worked_example(KINDS[kind])
    assert facts["id"] == KINDS[kind]
    text = explain_text(facts)
    assert text.splitlines()[0] == KINDS[kind]
    assert json.dumps(facts, allow_nan=False)
    refuted = kind in ("misprint", "rejected")
    assert ("Worked example" in text) == (kind != "not checkable" and not refuted)
    assert ("Counterexample, found by search" in text) == refuted


def test_a_worked_example_has_a_value_a_claim_and_a_reference_that_agree():
    worked = worked_example("elementwise/mul/wrt-w")["worked"]
    w, x = (np.array(worked["inputs"][name]) for name in "wx")
    assert worked["value"] == (w * x).tolist()
    assert worked["claimed"] == np.diag(x).tolist()
    assert worked["witness"] == "central"
    gap = np.abs(np.array(worked["claimed"]) - np.array(worked["reference"]))
    assert np.all(gap <= np.array(worked["error"]) + 1e-12 * np.abs(np.diag(x)))
    assert len(set(w.tolist() + x.tolist())) > 1


def test_a_worked_misprint_shows_what_refutes_it():
    worked = worked_example(KINDS["misprint"])["worked"]
    assert np.shape(worked["claimed"]) != np.shape(worked["reference"]) or np.any(
        np.abs(np.array(worked["claimed"]) - np.array(worked["reference"])) > np.array(worked["error"])
    )


def test_the_functions_of_a_general_rule_are_written_out():
    assert worked_example(KINDS["general"])["worked"]["functions"]


def test_the_same_example_each_time():
    assert worked_example("neuron/dot/wrt-x") == worked_example("neuron/dot/wrt-x")


def test_an_unknown_rule_names_what_is_near():
    with pytest.raises(InvalidArgument, match=r"did you mean .*elementwise/mul/wrt-w"):
        worked_example("elementwise/mul/wrt-v")


def test_several_rules_are_explained_at_once():
    assert [facts["id"] for facts in explained(["elementwise/mul/*", "E000-04"])] == [
        "elementwise/mul/wrt-w",
        "elementwise/mul/wrt-x",
        "E000-04",
    ]
    ids = [facts["id"] for facts in explained(["E000-0?"])]
    assert {"E000-01", "E000-04"} <= set(ids)
    with pytest.raises(InvalidArgument, match="did you mean"):
        list(explained(["elementwize/*"]))


@pytest.mark.parametrize(
    "row", [row for row in listed() if row["expected"] != "pass"], ids=lambda row: row["id"]
)
def test_every_misprint_reads_well(row):
    told = row["erratum"]
    assert told["printed"] != told["right"]
    if row["expected"] == "fail":
        # A formula or a sentence of the document, not what a reader remarks on it.
        assert row["formula"] == told["printed"]
        assert len(told["printed"]) <= 120
        assert not told["right"].startswith(("is ", "as ", "the pairs"))
        for words in ("misprint", "lost", "read as", "same as", "printed", "P,T", "H:"):
            assert words not in told["printed"]
        assert told["remark"]
        assert not told["remark"].startswith("same")
    if row["group"] == "erratum":
        assert told["quote"]
