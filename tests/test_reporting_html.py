"""The HTML page: one file, nothing acts but its own style and script, no text of a record can escape."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import golden_files
import pytest
from sample_record import (
    changes,
    check,
    erratum_check,
    failing_check,
    failing_single_check,
    failure,
    kink_check,
    single_check,
)
from sample_record import full_record as record

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytest.importorskip("latex2mathml", reason="the extra `report` is not installed")

import itertools

import jinja2
from latex2mathml.converter import convert

from gradcheck.errors import MissingExtra
from gradcheck.journal import violation
from gradcheck.journal.reader import tally
from gradcheck.reporting import html as report
from gradcheck.reporting.html import render
from gradcheck.reporting.mathml import safe_mathml
from gradcheck.reporting.page import page

VOID = {"meta", "input", "br", "hr", "img", "link"}
POLICY = re.compile(r"style-src '(?P<style>[^']+)'; script-src '(?P<script>[^']+)'")


class Tree(HTMLParser):
    """The page as a list of (tag, attributes, ancestors), its text, and whether it is balanced."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.unbalanced = [], [], []
        self.inline = {"style": [], "script": []}
        self.pieces = []
        self.feed(markup)
        self.close()
        self.unbalanced += self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inline:
            self.inline[self.open[-1]].append(data)
        else:
            self.pieces.append(data)

    @property
    def text(self):
        return " ".join(self.pieces)

    def of(self, *tags):
        return [(tag, attributes) for tag, attributes, _ in self.elements if tag in tags]

    def attribute(self, name):
        return [attributes[name] for _, attributes, _ in self.elements if name in attributes]


@pytest.fixture(scope="module")
def markup():
    return render(record())


@pytest.fixture(scope="module")
def tree(markup):
    return Tree(markup)


def active(parsed):
    """Everything on a page that could act or load, as text; empty on a page that cannot."""
    found = [
        f"<{tag}>"
        for tag, _ in parsed.of("img", "link", "iframe", "object", "embed", "base", "audio", "video")
    ]
    found += [f"<{tag}>" for tag in ("style", "script") if len(parsed.of(tag)) != 1]
    for tag, attributes, _ in parsed.elements:
        found += [
            f"{tag} {name}"
            for name in attributes
            if name.startswith("on") or name in ("style", "src", "action")
        ]
        found += [
            f"{tag} {name}={attributes[name]}"
            for name in attributes
            if "href" in name and attributes[name][:1] != "#"
        ]
        if attributes.get("http-equiv", "").lower() == "refresh":
            found.append("refresh")
    return found


def digests_match(markup):
    parsed = Tree(markup)
    policy = next(
        a["content"] for _, a in parsed.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    stated = POLICY.search(policy)
    return all(
        stated[kind] == "sha256-" + base64.b64encode(hashlib.sha256("".join(text).encode()).digest()).decode()
        for kind, text in parsed.inline.items()
    )


def test_page_is_whole(tree):
    assert tree.unbalanced == []
    assert [tag for tag, _ in tree.of("html", "head", "body", "main", "h1", "title")] == [
        "html",
        "head",
        "title",
        "body",
        "h1",
        "main",
    ]
    assert tree.of("html")[0][1]["lang"] == "en"


def test_nothing_acts_but_one_style_and_one_script(tree):
    assert active(tree) == []


@pytest.mark.parametrize(
    "extra",
    [
        "<img src=x>",
        "<script>1</script>",
        "<p style='color:red'>",
        "<p onclick=1>",
        "<a href='https://example.com'>x</a>",
        "<meta http-equiv=refresh content=1>",
    ],
)
def test_nothing_acts_twin(markup, extra):
    assert active(Tree(markup.replace("</main>", f"{extra}</main>"))) != []


def test_style_loads_nothing(tree):
    style = "".join(tree.inline["style"])
    assert "url(" not in style
    assert "@import" not in style
    assert "expression" not in style


def test_policy_admits_exactly_the_inline_style_and_script(markup, tree):
    assert digests_match(markup)
    policy = next(
        a["content"] for _, a in tree.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; ")
    assert "unsafe" not in policy
    before = markup.index("Content-Security-Policy")
    assert before < markup.index("<style>")
    assert before < markup.index("<title>")


@pytest.mark.parametrize("change", [('"use strict";', '"use strict" ;'), ("margin: 0;", "margin: 1px;")])
def test_policy_twin(markup, change):
    changed = markup.replace(*change, 1)
    assert changed != markup
    assert not digests_match(changed)


def test_script_has_no_way_to_write_markup(tree):
    script = "".join(tree.inline["script"])
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval",
        "Function(",
        "fetch",
        "import(",
    ):
        assert word not in script


PAYLOADS = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "]]><svg onload=alert(1)>",
    "<!--",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;",
    "\u202eoverride\u2066\u200b",
    "\x00\x07\x1b[31m\x7f\x9b",
    "\ud800 alone",
    r"\href{javascript:alert(1)}{x}",
    r"\text{<script>alert(1)</script>}",
    "",
]
KEPT = {"verdict", "expected", "group", "kind", "right_verdict", "tool", "stratum"}


def poisoned(value, payload, key=""):
    """Return a record with ``payload`` in every text that the schema leaves free."""
    if isinstance(value, dict):
        names = key in ("inputs", "functions", "versions")
        return {
            (payload + name if names else name): poisoned(item, payload, name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, payload, key) for item in value]
    free = isinstance(value, str) and value not in ("nan", "inf", "-inf") and key not in KEPT - {"stratum"}
    if key == "kind" and value not in ("derivative", "value", "shape"):
        free = True
    return (payload + value if payload else "") if free else value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_record_can_escape(payload, tree):
    hostile = poisoned(record(), payload)
    if payload:
        assert violation(hostile) is None
    markup = render(hostile)
    parsed = Tree(markup)
    assert active(parsed) == []
    assert digests_match(markup)
    assert parsed.unbalanced == []
    assert {tag for tag, _, _ in parsed.elements} <= {tag for tag, _, _ in tree.elements} | {"math", "mtext"}
    assert not set(markup) & set("\u202e\u2066\u200b\x00\x07\x1b\x7f\x9b\ud800\r")
    markup.encode("utf-8")
    if payload.startswith("<"):
        # It is shown, not lost: in nearly every text of the page.
        assert parsed.text.count(payload) > 100


def test_payload_reaches_every_free_text():
    """The poison covers all that the schema leaves free: what stays clean is an enumeration or a number."""
    clean = set()

    def walk(value, key=""):
        if isinstance(value, dict):
            for name, item in value.items():
                walk(item, name)
        elif isinstance(value, list):
            for item in value:
                walk(item, key)
        elif isinstance(value, str) and "POISON" not in value:
            clean.add((key, value))

    walk(poisoned(record(), "POISON"))
    assert {key for key, _ in clean} <= KEPT | {"largest_ratio", "ratio", "claimed", "edges", "left", "right"}


def test_escaping_twin(monkeypatch):
    """Without autoescape the same look at the page finds what acts."""
    real = jinja2.Environment
    monkeypatch.setattr(jinja2, "Environment", lambda **facts: real(**facts | {"autoescape": False}))
    parsed = Tree(render(poisoned(record(), PAYLOADS[0])))
    assert active(parsed) != []


def test_visible_twin(monkeypatch):
    """Without `printable` a direction override reaches the page."""
    monkeypatch.setattr(report, "printable", lambda text, *_, **__: text)
    assert "\u202e" in render(poisoned(record(), "\u202e"))


def test_template_marks_nothing_safe():
    source = report._asset("report.html.j2")
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source


def test_huge_texts_are_cut_with_a_note():
    whole = record()
    whole["checks"] = [failing_check(), erratum_check(), kink_check()]
    markup = render(poisoned(whole, "y" * 1_000_000))
    assert len(markup) < 2_000_000
    assert "… (cut: 1000" in markup


def test_every_link_has_its_target_and_ids_are_unique(tree):
    ids = tree.attribute("id")
    assert len(ids) == len(set(ids))
    assert {unquote(link[1:]) for link in tree.attribute("href")} <= set(ids)
    named = [
        name
        for attribute in ("aria-labelledby", "for")
        for text in tree.attribute(attribute)
        for name in text.split()
    ]
    assert set(named) <= set(ids)


def test_ids_stay_unique_when_checks_share_them():
    same = [
        check("a"),
        check("a", dtype="float32"),
        check("a b"),
        check("a-b"),
        check("a.title"),
        check("rules"),
    ]
    ids = Tree(
        render(record(checks=[*same, check("query"), check("…"), check("x" * 500), check("x" * 501)]))
    ).attribute("id")
    assert len(ids) == len(set(ids))


def test_tables_say_what_they_hold(markup, tree):
    for table in re.findall(r"<table.*?</table>", markup, re.DOTALL):
        assert "<caption" in table or "aria-label" in table
    assert all("scope" in attributes for _, attributes in tree.of("th"))
    for _, attributes, _ in tree.elements:
        if attributes.get("role") == "group":
            assert attributes["tabindex"] == "0"
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")


def test_headings_skip_no_level(tree):
    levels = [int(tag[1]) for tag, _ in tree.of("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_verdicts_are_words_and_signs(markup):
    for verdict, sign in (("pass", "✓"), ("fail", "✗"), ("inconclusive", "?")):
        assert (
            f'<span class="badge {verdict}"><span aria-hidden="true">{sign}</span> {verdict}</span>' in markup
        )
    wrong = re.findall(r'<td class="wrong">(.*?)</td>', markup)
    assert wrong
    assert all("✗" in cell and "wrong: " in cell for cell in wrong)


def test_page_works_without_its_script(markup, tree):
    hidden = [attributes.get("id") for _, attributes, _ in tree.elements if "hidden" in attributes]
    assert hidden == ["filters"]
    assert len(tree.of("details")) == len(tree.of("summary")) == 14
    # What failed lies open from the start.
    opened = [attributes for _, attributes in tree.of("details") if attributes.get("class") == "evidence"]
    assert len(opened) == 4
    assert all("open" in attributes for attributes in opened)
    assert "noscript" not in markup


def relative_luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [(ink, paper) for ink in ("text", "muted", "link") for paper in ("page", "raised")]
PAIRS += [(ink, f"{ink}-fill") for ink in ("pass", "fail", "doubt")]
PAIRS += [(ink, "page") for ink in ("pass", "fail", "doubt")] + [("doubt", "raised"), ("pass", "raised")]
PAIRS += [
    ("text", "fail-fill"),
    ("muted", "fail-fill"),
    ("page", "pass"),
    ("page", "fail"),
    ("page", "doubt"),
]


def palettes(style):
    """The colours by name, light and dark: a WCAG AA text needs a contrast of 4.5."""
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_contrast_is_at_least_aa(tree, scheme, pair):
    colours = palettes("".join(tree.inline["style"]))[scheme]
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


def test_contrast_twin():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


def test_render_is_deterministic(markup):
    assert render(record()) == markup


def test_golden_page(markup):
    without = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", markup, flags=re.DOTALL)
    without = re.sub(r"sha256-[A-Za-z0-9+/]+=*", "sha256", without)
    assert without.rstrip().endswith("</html>")
    assert 50_000 < len(without) < 150_000
    assert golden_files.matches("report.html", without)


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ({"complete": False}, "Incomplete"),
        ({"checks": []}, "Nothing was checked"),
        ({}, "Not all right"),
    ],
)
def test_title_is_the_outcome(facts, title):
    assert f"<title>{title} – gradcheck report</title>" in render(record(**facts))


def test_an_almost_empty_record_renders():
    parsed = Tree(
        render(record(checks=[], not_checkable=[], witnesses=[], self_test=None, dtypes=[], sizes=[]))
    )
    assert parsed.unbalanced == []
    assert "Not run." in parsed.text


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


def squeezed(markup):
    return re.sub(r"\s+", " ", Tree(markup).text)


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


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", "\u202e", "</table>"])
def test_a_comparison_is_inert(payload):
    hostile = changes()
    for row in (*hostile["new"], *hostile["vanished"]):
        row |= {name: payload + value for name, value in row.items()}
    parsed = Tree(render(record(), hostile))
    assert active(parsed) == []
    assert parsed.unbalanced == []
    assert "\u202e" not in parsed.text


def test_a_large_record_is_told_in_short():
    checks = [check(f"claim/{i}") for i in range(3)] + [single_check(f"t::{i}") for i in range(1000)]
    markup = render(record(checks=checks))
    assert '<body id="top" class="lean">' in markup
    assert "Details are short on a page of 1003 checks" in squeezed(markup)
    assert "Witnesses compared in pairs" not in markup
    assert len(markup) / len(checks) < 4000


def test_a_full_run_stays_small():
    points = [check()["points"][0]] * 50
    pairs = check()["pairs"] * 4
    claims = [check(f"claim/{i}", points=points, pairs=pairs[:10]) for i in range(160)]
    errata = [erratum_check(f"E{i}") for i in range(81)]
    assert len(render(record(checks=[*claims, *errata])).encode()) < 3_000_000


def test_a_run_where_everything_fails_stays_small():
    matrix = [[0.123456789 + i + j for j in range(20)] for i in range(20)]
    failed = failing_check() | {"failures": [failure("big", matrix, matrix, [[0, 0]])] * 20}
    checks = [failed | {"id": f"claim/{i}"} for i in range(241)]
    assert len(render(record(checks=checks)).encode()) < 6_000_000


@pytest.mark.parametrize("missing", ["jinja2", "latex2mathml.converter"])
def test_a_missing_extra_names_the_install_line(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtra, match=r'python -m pip install "gradcheck\[report\]"'):
        render(record())


def test_without_matplotlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="Matplotlib"):
        render(record())


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


def test_mathml_in_the_page_needs_the_list(monkeypatch):
    """The twin: a rebuild that keeps everything lets a link through, and the page's test sees it."""
    hostile = '<math><mi href="https://example.com">x</mi></math>'
    monkeypatch.setattr(report, "safe_mathml", lambda latex, convert: hostile)
    assert active(Tree(render(record()))) != []


def test_page_counts_errata_that_stand():
    shown = page(record(), {})
    assert shown.standing == 1
    assert next(card.row.check["id"] for card in shown.odd) == "chain/total/x-plus-x2"
