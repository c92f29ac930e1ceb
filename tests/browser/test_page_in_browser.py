"""The page in a real browser: silent, usable with and without script, for everybody, at every width."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from browser import Browser, require_or_skip
from page_tree import poisoned
from sample_checks import check, kink_check
from sample_record import changes, full_record
from sample_single_checks import single_check

pytest.importorskip("jinja2", reason="the extra `report` is not installed")

from gradcheck.reporting.html import render

WIDTHS = (360, 1280, 1920)
STATES = ("right", "failures", "comparison", "large")
FAILED = "tests/test_wave.py::test_flux::flux"


def all_right():
    checks = [check(), kink_check(), check("mine/cube", group="user", section="", latex=""), single_check()]
    summary = full_record(checks)["summary"] | {"exit_code": 0, "unexpected": 0, "messages": []}
    return full_record(checks, summary=summary, self_test=None)


def numbered(number):
    test = {"node": f"t.py::test_{number:03d}", "file": "t.py", "line": number, "outcome": "passed"}
    return single_check(f"t.py::test_{number:03d}::f", test=test)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "right": render(all_right()),
        "failures": render(full_record()),
        "comparison": render(full_record(), changes()),
        "large": render(full_record([*full_record()["checks"], *map(numbered, range(1000))])),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(scope="module")
def session():
    require_or_skip()
    found = Browser()
    yield found
    found.quit()


@pytest.fixture
def browser(session):
    session.scripts(True)
    session.prefer("light")
    session.resize(1280)
    return session


def shown(browser):
    """The ids of the checks in view, rows and cards, in the order of the page."""
    return browser.run(
        "return [...document.querySelectorAll('.item:not(.echo)')].filter((item) => item.checkVisibility())"
        ".map((item) => item.dataset.id)"
    )


def choose(browser, name, value, event):
    browser.run(
        "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
        "field.dispatchEvent(new Event(arguments[2], {bubbles: true}))",
        name,
        value,
        event,
    )


@pytest.mark.parametrize("state", STATES)
def test_it_opens_in_silence_and_asks_for_nothing(browser, pages, state):
    browser.open(pages[state])
    assert browser.console() == []
    assert browser.requests() == [pages[state].as_uri()]


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("<script>1</script>", "Content Security Policy"),
        ("<img src='https://example.invalid/x.png'>", "Content Security Policy"),
        ("<p style='color: red'>", "Content Security Policy"),
    ],
)
def test_what_is_not_ours_would_be_stopped_and_noticed(browser, pages, tmp_path, change, seen):
    """The twin: the policy holds, and the console is looked at."""
    path = tmp_path / "altered.html"
    path.write_text(
        pages["right"].read_text(encoding="utf-8").replace("</main>", f"{change}</main>"), "utf-8"
    )
    browser.open(path)
    assert any(seen in line for line in browser.console())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", [state for state in STATES if state != "large"])
def test_axe_finds_no_violation(browser, pages, state, scheme):
    browser.prefer(scheme)
    browser.open(pages[state])
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert browser.violations() == []


def test_axe_finds_no_violation_on_a_phone(browser, pages):
    browser.resize(360)
    browser.open(pages["comparison"])
    assert browser.violations() == []


def test_axe_finds_no_violation_on_a_large_page(browser, pages):
    browser.open(pages["large"])
    # A thousand rows are alike, and axe takes its time.
    browser.run("for (const row of [...document.querySelectorAll('.ones > .item')].slice(20)) row.remove()")
    assert browser.violations() == []


def test_axe_twin(browser, pages, tmp_path):
    path = tmp_path / "bad.html"
    text = pages["right"].read_text(encoding="utf-8")
    path.write_text(
        text.replace('<html lang="en">', "<html>").replace("--text: #1b1f26", "--text: #cccccc"), "utf-8"
    )
    browser.open(path)
    found = {name for name, *_ in browser.violations()}
    assert "html-has-lang" in found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_nothing_overflows(browser, pages, state, width):
    browser.resize(width)
    browser.open(pages[state])
    assert browser.overflowing() == []
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert browser.overflowing() == []


def test_overflow_twin(browser, pages):
    browser.resize(360)
    browser.open(pages["right"])
    browser.run("document.querySelector('h1').style.width = '500px'")
    assert browser.overflowing() != []


def test_search_shows_what_it_finds(browser, pages):
    browser.open(pages["failures"])
    every = shown(browser)
    choose(browser, "query", "flux", "input")
    assert shown(browser) == [FAILED]
    assert browser.run("return document.getElementById('count').textContent") == f"1 of {len(every)} shown"
    choose(browser, "query", "no such words", "input")
    assert shown(browser) == []
    choose(browser, "query", "", "input")
    assert shown(browser) == every


def visible(browser, fact):
    """One data attribute of every card and row in view, those of failures included."""
    items = "[...document.querySelectorAll('.item:not([hidden])')]"
    return browser.run(f"return {items}.map((item) => item.dataset[arguments[0]])", fact)


def test_filter_by_verdict(browser, pages):
    browser.open(pages["failures"])
    for verdict in ("pass", "fail", "inconclusive"):
        choose(browser, "verdict", verdict, "change")
        assert set(visible(browser, "verdict")) == {verdict}
    choose(browser, "verdict", "odd", "change")
    assert set(visible(browser, "odd")) == {"yes"}
    assert FAILED in shown(browser)


def test_sort_by_id_and_by_number(browser, pages):
    browser.open(pages["failures"])
    before = shown(browser)
    rows = (
        "return [...document.querySelectorAll('table.rules')].map((table) =>"
        " [...table.tBodies].map((row) => [row.dataset.id, Number(row.dataset.ratio)]))"
    )
    choose(browser, "order", "id", "change")
    for table in browser.run(rows):
        assert [name for name, _ in table] == sorted(name for name, _ in table)
    choose(browser, "order", "ratio", "change")
    for table in browser.run(rows):
        assert [ratio for _, ratio in table] == sorted((ratio for _, ratio in table), reverse=True)
    choose(browser, "order", "", "change")
    assert shown(browser) == before


IN_VIEW = """
const target = document.getElementById(arguments[0]);
const box = target.getBoundingClientRect();
return target.matches(":target") && box.top >= -1 && box.top < innerHeight;
"""


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("identity", [FAILED, "elementwise/max-scalar/wrt-x", "E000-01"])
def test_a_link_leads_to_its_check(browser, pages, identity, scripts):
    browser.scripts(scripts)
    browser.open(pages["failures"], f"#{quote(identity)}")
    assert browser.run(IN_VIEW, identity)
    if identity == FAILED:
        # What failed has its evidence there, and not a row of a table.
        assert "Error against step" in browser.run("return document.querySelector(':target').innerText")


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
def test_a_link_unfolds_a_check_that_passed(browser, pages, scripts):
    unfolded = (
        "return [...document.querySelectorAll('.unfolded')].filter((one) => one.checkVisibility())"
        ".map((one) => one.closest('.item').id)"
    )
    browser.scripts(scripts)
    browser.open(pages["failures"])
    assert browser.run(unfolded) == []
    browser.open(pages["failures"], "#elementwise/mul/wrt-w")
    assert browser.run(unfolded) == ["elementwise/mul/wrt-w"]


def test_the_sections_in_numbers_need_no_scrolling_on_a_phone(browser, pages):
    browser.resize(360)
    browser.open(pages["failures"])
    beyond = (
        "const around = document.querySelector('.overview').parentElement;"
        "return around.scrollWidth - around.clientWidth"
    )
    assert browser.run(beyond) == 0
    browser.run("document.querySelector('.overview').style.display = 'table'")
    browser.run("document.querySelector('.overview thead').style.position = 'static'")
    browser.run("document.querySelectorAll('.overview th').forEach((one) => one.style.whiteSpace = 'nowrap')")
    assert browser.run(beyond) > 0


def test_a_link_opens_the_details_and_undoes_the_filter(browser, pages):
    browser.open(pages["failures"])
    choose(browser, "query", "flux", "input")
    browser.run("location.hash = arguments[0]", "#elementwise/mul/wrt-w")
    browser.run("return new Promise((done) => setTimeout(done, 50))")
    assert browser.run(IN_VIEW, "elementwise/mul/wrt-w")
    assert browser.run(
        "return document.getElementById('elementwise/mul/wrt-w').querySelector('details').open"
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
def test_a_link_leads_far_into_a_large_page(browser, pages, scripts):
    browser.scripts(scripts)
    browser.open(pages["large"], "#t.py::test_777::f")
    assert browser.run(IN_VIEW, "t.py::test_777::f")


def test_a_large_page_is_searched_and_sorted(browser, pages):
    browser.open(pages["large"])
    choose(browser, "query", "test_77", "input")
    listed = "return [...document.querySelectorAll('.ones > .item:not([hidden])')].map((item) => item.id)"
    assert browser.run(listed) == [f"t.py::test_{number:03d}::f" for number in range(770, 780)]
    choose(browser, "order", "id", "change")
    assert browser.run(listed) == [f"t.py::test_{number:03d}::f" for number in range(770, 780)]


def test_without_script_everything_is_there(browser, pages):
    browser.scripts(False)
    browser.open(pages["failures"])
    assert browser.console() == []
    assert not browser.run("return document.getElementById('filters').checkVisibility()")
    assert FAILED in shown(browser)
    words = browser.run("return document.querySelector('main').innerText")
    for text in ("Diagnosis", "Error against step", "claimed: closed form", "Not as expected"):
        assert text in words
    summary = browser.driver.find_element("css selector", "#section-tests\\/test_wave\\.py summary")
    summary.click()
    assert browser.run("return arguments[0].parentElement.open", summary)


def test_it_can_be_used_by_keyboard_alone(browser, pages):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.open(pages["failures"])
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.run("return document.activeElement.getBoundingClientRect().left >= 0")
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    assert browser.run("return location.hash") == "#main"


def test_figures_and_brackets_are_drawn(browser, pages):
    browser.open(pages["failures"])
    boxes = browser.run(
        "return [...document.querySelectorAll('svg.fig')].map((one) =>"
        " [one.getBoundingClientRect().width, one.getBoundingClientRect().height])"
    )
    assert len(boxes) == 3
    assert all(width > 200 and height > 100 for width, height in boxes)
    strokes = browser.run(
        "return [...document.querySelectorAll('.s-claim')].map((one) => getComputedStyle(one).stroke)"
    )
    assert strokes
    assert all(stroke.startswith("rgb") for stroke in strokes)


def test_it_prints_with_its_details(browser, pages):
    browser.open(pages["failures"])
    printed = browser.command("Page.printToPDF", printBackground=False)
    assert len(printed["data"]) > 10_000
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run("return [...document.querySelectorAll('main details')].every((part) => part.open)")
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert not browser.run("return [...document.querySelectorAll('main details')].every((part) => part.open)")


HOSTILE = '"><img src=x onerror=document.title=1><script>document.title=2</script>\u202e{{7*7}}'


def test_a_hostile_record_does_nothing(browser, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(render(poisoned(full_record(), HOSTILE)), encoding="utf-8")
    browser.open(path)
    assert browser.console() == []
    assert browser.requests() == [path.as_uri()]
    assert browser.run("return document.title").endswith("gradcheck report")
    for width in WIDTHS:
        browser.resize(width)
        assert browser.overflowing() == []
