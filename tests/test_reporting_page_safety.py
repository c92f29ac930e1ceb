"""Nothing on the page acts but its own style and script, and no text of a record can escape."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

import pytest
from sample_record import changes
from sample_record import full_record as record

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytest.importorskip("latex2mathml", reason="the extra `report` is not installed")

import jinja2
from page_tree import KEPT, Tree, active, poisoned

from gradcheck.journal import violation
from gradcheck.reporting import html as report
from gradcheck.reporting.html import render

POLICY = re.compile(r"style-src '(?P<style>[^']+)'; script-src '(?P<script>[^']+)'")


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


FOLDER = resources.files("gradcheck.reporting").joinpath("templates")
TEMPLATES = sorted(path.name for path in FOLDER.iterdir() if path.name.endswith(".j2"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_marks_anything_safe(name):
    source = report._asset(name)
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", "\u202e", "</table>"])
def test_a_comparison_is_inert(payload):
    hostile = changes()
    for row in (*hostile["new"], *hostile["vanished"]):
        row |= {name: payload + value for name, value in row.items()}
    parsed = Tree(render(record(), hostile))
    assert active(parsed) == []
    assert parsed.unbalanced == []
    assert "\u202e" not in parsed.text


def test_mathml_in_the_page_needs_the_list(monkeypatch):
    """The twin: a rebuild that keeps everything lets a link through, and the page's test sees it."""
    hostile = '<math><mi href="https://example.com">x</mi></math>'
    monkeypatch.setattr(report, "safe_mathml", lambda latex, convert: hostile)
    assert active(Tree(render(record()))) != []
