"""What a reader of the page finds: failures with their evidence, passes with their strength, comparisons."""

from __future__ import annotations

import re

import pytest
from sample_checks import check, erratum_check, failing_check, failure
from sample_record import changes
from sample_record import full_record as record
from sample_single_checks import failing_single_check, single_check

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytest.importorskip("latex2mathml", reason="the extra `report` is not installed")

from page_tree import Tree, active, squeezed

from gradcheck.counts import tally
from gradcheck.reporting.html import render
from gradcheck.reporting.page import page


def test_odd_checks_come_first_failures_before_doubts(markup):
    order = [
        markup.index(f'id="{name}"') for name in ("chain/total/x-plus-x2", "scalar/power/x-to-x", "E000-02")
    ]
    assert order == sorted(order)
    assert (
        order[-1]
        < markup.index('id="rules"')
        < markup.index('id="errata"')
        < markup.index('id="not-checkable"')
    )


def test_what_a_reader_needs_is_there(tree):
    text = re.sub(r"\s+", " ", tree.text)
    for words in (
        "4 of 10 checks are not as expected",
        "jax forward ABSENT",
        "jax is not installed",
        "gradcheck replay chain/total/x-plus-x2@float64#3",
        "NOT REFUTED",
        "d(fg)/dx = f·dg/dx + (df/dx)·g",
        "The shapes differ ; nothing is broadcast",
        "kink value 1/2",
        "no derivative: one-sided 0 and 1",
        "000 §4.2 L124",
        "noise exceeds the derivative at every step",
        "2.2e-08",
        'the three constants "3, 2 and y"',
        "numpy 2.4.0",
    ):
        assert words in text, words


def test_a_misprint_is_quoted_and_its_mistake_told():
    told = render(record([erratum_check()]))
    assert "<dt>Quoted</dt><dd><q>$frac{dg}{dx} + rac{df}{dx}g$</q></dd>" in told
    assert "<dt>Mistake</dt><dd>the leading f of the first term is lost</dd>" in told
    older = erratum_check()
    older["erratum"] |= {"quote": older["erratum"]["printed"], "remark": ""}
    told = render(record([older]))
    assert "Quoted" not in told
    assert "Mistake" not in told
    del older["erratum"]["quote"], older["erratum"]["remark"]
    assert render(record([older])) == told


def test_chinese_words_are_marked_as_such():
    quoted = erratum_check()
    quoted["erratum"]["quote"] = "考虑函数 f(x,y)=3xy。"
    told = render(record([quoted]))
    assert '<q><span lang="zh-Hans">考虑函数</span> f(x,y)=3xy<span lang="zh-Hans">。</span></q>' in told
    assert "zh-Hans" not in render(record([erratum_check()]))


def test_what_underflows_is_no_figure():
    power = {"median": 9.1e-313, "worst": 9.1e-313, "index": None, "point": ""}
    told = squeezed(render(record([single_check() | {"detectable": power}])))
    assert "caught in the median entry, of <1e-16 at the weakest" in told
    failed = failing_check() | {"failures": [failure("one", [[2.0]], [[1.0]], [[0, 0]])]}
    failed["failures"][0]["reference_error"] = [[5.4e-312]]
    told += squeezed(render(record([failed])))
    assert "e-31" not in told


def test_a_place_is_named_once_and_a_reference_to_the_rule_before_not_at_all():
    source = {"document": "002", "section": "", "lines": "L121", "status": "printed"}
    twice = check("a/one", function="same", sources=[source, source])
    told = render(record([twice]))
    assert told.count("002 L121") == render(record([check("a/one", sources=[source])])).count("002 L121")
    assert ">same<" not in told
    assert "Function" not in told
    assert "<dt>Function</dt>" in render(record([check("a/one", function="w + x", sources=[source])]))


def test_a_gate_reason_that_only_repeats_the_reason_is_left_out():
    failing = failing_single_check()
    failing["gate_reason"] = f"wrong: {failing['reason']}"
    assert "(wrong: " not in render(record([failing]))
    assert "(too weak: here)" in render(record([failing | {"gate_reason": "too weak: here"}]))


def test_large_matrices_and_many_failures_are_cut():
    big = [[0.123456789] * 60 for _ in range(60)]
    failed = failing_check() | {"failures": [failure("big", big, big, [[0, 0]]) for _ in range(50)]}
    text = Tree(render(record(checks=[failed]))).text
    assert "Rows 0 to 7 and columns 0 to 7 of the whole are shown, around the worst entry." in text
    assert "47 more failures in the record." in text


def test_a_failure_is_a_page_of_evidence(markup):
    text = squeezed(markup)
    for words in (
        "1 of 2 entries differ beyond both error bars",
        "Diagnosis the claim is twice the reference: a factor 2 too many",
        "tests/test_wave.py line 30",
        "weights = 400×300 numbers, too many for the record",
        "± 1e-15",
        "A kink: the slopes from the left and from the right",
        "Rows 40 to 47 and columns 7 to 14 of the whole are shown",
        'Error against step of plain central differences, at d f[0] / d params["w"][1] .',
        "Difference in units of its error bar , entry by entry",
        "Reproduce: paste into a file and run it",
    ):
        assert words in text, words
    assert "result = gradcheck.check(f, jac, x)\nprint(result)" in markup


def test_without_a_program_the_test_is_run_again():
    found = failing_single_check()
    for one in found["failures"]:
        one.pop("snippet", None)
    markup = render(record(checks=[found]))
    assert "raise SystemExit(pytest.main([&#39;tests/test_wave.py::test_flux&#39;]))" in markup


def test_a_pass_shows_its_strength(markup):
    text = squeezed(markup)
    assert "of 3e-09 at the weakest, d f[1] / d x[0] (relative)" in text
    assert "6 entries, none beyond its bar: 3 at 0 to 0.001" in text
    assert 'aria-label="812 entries, none beyond its bar"' in markup
    assert "Every check that passed would have caught an error of 2.2e-08 in a single entry" in text


def test_a_twin_that_fails_as_it_should_is_no_red():
    twin = single_check() | {"id": "twin", "verdict": "fail", "expected": "fail", "as_expected": True}
    right, wrong = single_check(), failing_single_check()

    def told(*checks):
        return render(record(list(checks)) | {"summary": tally(checks)})

    assert "<dd>1<small>, as expected</small></dd>" in told(right, twin)
    assert '<path class="fail"' not in told(right, twin)
    assert "<dd>2<small>, 1 as expected</small></dd>" in told(right, twin, wrong)
    assert '<path class="fail"' in told(right, twin, wrong)
    assert "as expected</small>" not in told(right, wrong)


def test_the_witnesses_of_a_rule_stand_in_a_matrix(markup):
    assert '<td role="cell" class="mark pass">' in markup
    assert '<span class="vh">50 agree, 0 undecided</span>' in markup
    assert '<span class="vh">50 disagree, 0 agree</span>' in markup
    assert '<span class="vh">not asked</span>' in markup


def test_a_comparison_stands_before_all_else():
    markup = render(record(), changes())
    text = squeezed(markup)
    assert "Newly not as expected 1 chain/total/x-plus-x2 float64" in text
    assert "mine/gone float64 ✓ pass – absent no longer checked" in text
    assert "7 checks as before." in text
    assert markup.index('id="compared"') < markup.index('id="not-as-expected"')
    assert '<a href="#chain/total/x-plus-x2">' in markup[markup.index('id="compared"') :]
    parsed = Tree(markup)
    assert active(parsed) == []
    assert parsed.unbalanced == []


def test_a_comparison_without_change_says_so():
    assert "Nothing changed." in squeezed(render(record(), {"unchanged": 10}))
    assert "Since the other record" not in squeezed(render(record()))


def test_page_counts_errata_that_stand():
    shown = page(record(), {})
    assert shown.standing == 1
    assert next(card.row.check["id"] for card in shown.odd) == "chain/total/x-plus-x2"


def test_a_check_at_a_kink_has_no_number(markup):
    power = {"median": "inf", "worst": "inf", "index": None, "point": ""}
    shown = render(record(checks=[check(), single_check("tests/t.py::test_a::a", detectable=power)]))
    assert "Every check that passed, but those at a kink, would have caught" in squeezed(shown)
    assert "No number: every entry is at a kink" in shown
    assert "An error of inf" not in shown
    assert "at a kink" not in markup
