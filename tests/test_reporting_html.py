"""The HTML page: whole, readable, fit for everybody, of bearable size."""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote

import golden_files
import pytest
from sample_checks import check, erratum_check, failing_check, failure, kink_check
from sample_record import full_record as record
from sample_single_checks import single_check

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytest.importorskip("latex2mathml", reason="the extra `report` is not installed")

import itertools

from page_tree import Tree, poisoned, squeezed

from gradcheck.errors import MissingExtra
from gradcheck.reporting import html as report
from gradcheck.reporting.html import render


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
