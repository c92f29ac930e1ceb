"""Formulas become MathML off an allow-list, or stay text."""

from __future__ import annotations

import re

import pytest
from sample_checks import check
from sample_record import full_record as record

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytest.importorskip("latex2mathml", reason="the extra `report` is not installed")

from latex2mathml.converter import convert
from page_tree import Tree

from gradcheck.reporting.html import render
from gradcheck.reporting.mathml import safe_mathml

FORMULAS = [
    r"\frac{\partial (w \otimes x)}{\partial w} = \mathrm{diag}(x)",
    r"\begin{cases} 0 & x \le 0 \\ 1 & x > 0 \end{cases}",
    r"\left[\begin{matrix} 1 & 0 \\ 0 & 1 \end{matrix}\right]",
    r"\sum_{i=1}^{n} \mathbf{x}_i = \vec{1}^T x",
    r"\frac{d}{dx} x = 1 \quad \text{for all } x",
]


@pytest.mark.parametrize("latex", FORMULAS)
def test_formulas_become_mathml(latex):
    found = safe_mathml(latex, convert)
    assert found.startswith("<math ")
    assert "href" not in found
    assert Tree(found).unbalanced == []


def test_upright_letters_are_one_word():
    assert "<mi>diag</mi>" in safe_mathml(FORMULAS[0], convert)


def test_brackets_are_as_tall_as_what_they_hold():
    matrix = safe_mathml(r"A = \begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}", convert)
    assert '<mtable class="sq">' in matrix
    assert "[" not in matrix
    cases = safe_mathml(r"f = \begin{cases} 0 & x \le 0 \\ 1 & x > 0 \end{cases}", convert)
    assert re.search(r'<mo [^>]*class="t4"[^>]*>\{</mo>', cases)
    ratio = safe_mathml(r"\left(\frac{a}{b}\right)", convert)
    assert len(re.findall(r'class="t4"', ratio)) == 2
    assert "class" not in safe_mathml(r"\left(a\right)", convert)


def test_a_chain_of_equations_may_wrap_before_its_signs():
    assert safe_mathml("a = b = c", convert).count("<math ") == 3
    assert safe_mathml("f(a = b)", convert).count("<math ") == 1
    assert safe_mathml("a = -b", convert).count("<math ") == 2
    assert safe_mathml("(a + b)^2 = c", convert).count("<math ") == 2


@pytest.mark.parametrize(
    "latex",
    [
        "",
        " ",
        r"\frac{",
        "x" * 3000,
        "{" * 900,
        r"\text{<script>alert(1)</script>}",
        r"\text{&nbsp;}",
        r"\unknown{",
    ],
)
def test_what_is_no_formula_falls_back_to_text(latex):
    assert safe_mathml(latex, convert) is None


def test_the_fallback_is_shown_escaped():
    markup = render(record(checks=[check(latex=r"\text{<b>bold</b>}")]))
    assert r"<code>\text{&lt;b&gt;bold&lt;/b&gt;}</code>" in markup


@pytest.mark.parametrize(
    "hostile",
    [
        "<math><script>alert(1)</script></math>",
        "<math><mi><img src='x' onerror='alert(1)'/></mi></math>",
        "<math><annotation-xml encoding='text/html'><p>x</p></annotation-xml></math>",
        "<math><semantics><mi>x</mi></semantics></math>",
        "<math><mrow>loose text</mrow></math>",
        "<svg/>",
        "<!DOCTYPE m [<!ENTITY e 'x'>]><math><mi>&e;</mi></math><p/>",
        "<math>",
        "not xml",
    ],
)
def test_mathml_off_the_list_is_refused(hostile):
    assert safe_mathml("x", lambda latex: hostile) is None


@pytest.mark.parametrize(
    "attribute",
    ["href='javascript:alert(1)'", "style='x'", "class='odd'", "id='top'", "onclick='x'", "mathcolor='red'"],
)
def test_attributes_off_the_list_are_dropped(attribute):
    assert safe_mathml("x", lambda latex: f"<math><mi {attribute}>x</mi></math>") == (
        '<math displaystyle="true"><mi>x</mi></math>'
    )


def test_values_off_the_list_are_dropped():
    kept = safe_mathml("x", lambda latex: '<math><mo stretchy="false" lspace="9999em;x">x</mo></math>')
    assert kept == '<math displaystyle="true"><mo stretchy="false">x</mo></math>'


def test_a_converter_that_hangs_up_on_depth_is_a_fallback():
    deep = "<math>" + "<mrow>" * 5000 + "</mrow>" * 5000 + "</math>"
    assert safe_mathml("x", lambda latex: deep) is None
