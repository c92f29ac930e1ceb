"""The figures of a failure: true, small, the same every time, and nothing in them but shapes and texts."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from sample_checks import failure
from sample_single_checks import curve

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")

from gradcheck.reporting.figures import curve_figure, heat_figure
from gradcheck.reporting.heat import heat_of
from gradcheck.reporting.svg import plain_svg

ATTRIBUTES = {"viewBox", "class", "role", "aria-label", "d", "x", "y", "transform", "text-anchor"}
ATTRIBUTES |= {"stroke-width", "stroke-dasharray", "width"}


def places(figure, name):
    """The corners of the shapes of one class."""
    found = [path.get("d") for path in ET.fromstring(figure) if name in path.get("class", "").split()]
    return [[tuple(map(float, corner)) for corner in re.findall(r"(-?[\d.]+) (-?[\d.]+)", d)] for d in found]


def matrices(ratios, **facts):
    reference = [[1.0] * len(row) for row in ratios]
    claimed = [[1.0 + ratio * 1e-3 for ratio in row] for row in ratios]
    found = failure("f", claimed, reference, [], **facts)
    return found | {"error": [[1e-3] * len(row) for row in ratios]}


def test_nothing_but_shapes_and_texts():
    wide = heat_of(matrices([[0.1 * i + j for j in range(9)] for i in range(9)]))
    for figure in (curve_figure(curve(), 0.5), heat_figure(wide)):
        root = ET.fromstring(figure)
        assert {element.tag for element in root.iter()} <= {"svg", "path", "text"}
        assert {name for element in root.iter() for name in element.attrib} <= ATTRIBUTES
        assert "url(" not in figure
        assert "style" not in figure
        assert "id=" not in figure


def test_what_is_drawn_is_not_trusted():
    hostile = (
        '<svg viewBox="0 0 1 1" onload="x"><script>1</script><image href="x"/>'
        '<path d="M 0 0" onclick="x" style="fill: #000001; stroke: url(#x)"/>'
        '<text style="fill: #000001" x="1">&lt;b&gt;</text></svg>'
    )
    kept = plain_svg(hostile, {"#000001": "ink"}, '"><script>')
    assert "onclick" not in kept
    assert "url" not in kept
    assert "<script" not in kept
    assert "&lt;b&gt;" in kept


def test_the_curve_is_where_the_numbers_are():
    figure = curve_figure(curve(), 0.5)
    (line,) = places(figure, "s-data")
    across = [x for x, _ in line]
    assert len(line) == len(curve()["steps"])
    assert across == sorted(across)
    # Steps are powers of 2**4: on a logarithmic axis they stand evenly.
    gaps = [b - a for a, b in itertools.pairwise(across)]
    assert max(gaps) - min(gaps) < 0.3
    # SVG counts downwards: the smallest error is lowest.
    lowest = max(range(len(line)), key=lambda k: line[k][1])
    errors = curve()["errors"]
    assert lowest == errors.index(min(errors))
    (claim,) = places(figure, "s-claim")
    assert claim[0][1] == claim[1][1] < min(y for _, y in line)
    (chosen,) = places(figure, "s-chosen")
    assert chosen[0][0] == across[curve()["steps"].index(2.0**-16)]


def test_the_laws_have_their_slopes():
    figure = curve_figure(curve(), 0.5)
    ((a, *_, b),) = places(figure, "s-rounding")
    ((c, *_, d),) = places(figure, "s-truncation")
    (across, up) = decade_lengths(figure)
    assert (a[1] - b[1]) / up == pytest.approx(-(b[0] - a[0]) / across, rel=0.02)
    assert (c[1] - d[1]) / up == pytest.approx(2 * (d[0] - c[0]) / across, rel=0.02)


def decade_lengths(figure):
    """Length of a decade across and up, from the labels 10ⁿ."""
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    words = [word for word in ET.fromstring(figure).iter("text") if word.text.startswith("10")]
    known = [(float(w.get("x")), float(w.get("y")), int(w.text[2:].translate(digits)), w) for w in words]
    across = [one for one in known if one[3].get("text-anchor") == "middle"]
    up = [one for one in known if one[3].get("text-anchor") == "end"]
    return (
        (across[-1][0] - across[0][0]) / (across[-1][2] - across[0][2]),
        (up[0][1] - up[-1][1]) / (up[-1][2] - up[0][2]),
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"steps": [], "errors": []},
        {"steps": [0.1, 0.2], "errors": [0.0, 0.0]},
        {"steps": [0.1, "inf"], "errors": ["nan", "inf"]},
        {"steps": [0.1], "errors": [1.0]},
        {"steps": ["inf", "inf"], "errors": [1.0, 2.0]},
    ],
)
def test_no_curve_where_there_is_nothing_to_see(facts):
    assert curve_figure(curve() | facts, 0.5) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"errors": ["inf"] * 3 + [1e-3] * 7},
        {"rounding": []},
        {"truncation": [], "chosen": None},
        {"rounding": [0.0] * 10, "chosen": 0.0},
        {"errors": [1e-320] * 10},
        {"errors": [1e300] * 10},
        {"rounding": [1e-3] * 10},
        {"rounding": [1e200] * 10},
        {"rounding": [1e-200] * 10, "truncation": [1e300] * 9 + [1e-300]},
        {"errors": [1e-3] * 10, "rounding": [1e-3] * 5 + [1e3] * 5},
    ],
)
@pytest.mark.parametrize("claim", [0.0, float("nan"), float("inf"), 1e-9])
def test_odd_curves_are_drawn(facts, claim):
    assert curve_figure(curve() | facts, claim).startswith("<svg ")


def test_cells_have_the_kind_of_their_ratio():
    row = [0.0, 0.99, 1.01, 9.0, 11.0, 1001.0, 1.1e6, float("nan")]
    heat = heat_of(matrices([row] * 8))
    assert heat.kinds[0] == ("h0", "h0", "h1", "h1", "h2", "h3", "h4", "h4")
    assert next(iter(heat.runs("h0"))) == (0, 0, 2)
    assert "48 of 64 entries beyond 1" in heat.label


def test_what_is_not_known_is_no_agreement():
    found = matrices([[0.5] * 8] * 8)
    found["reference"][2][3] = "nan"
    found["error"][4][5] = "inf"
    found["claimed"][6][7] = "nan"
    heat = heat_of(found)
    assert (heat.kinds[2][3], heat.kinds[4][5], heat.kinds[6][7]) == ("hx", "hx", "h4")
    assert "1 of 64 entries beyond 1, 2 not known" in heat.label


def test_a_small_matrix_is_read_and_not_drawn():
    assert heat_of(matrices([[9.0] * 6] * 6)) is None
    assert heat_of(matrices([[9.0] * 7] * 6)) is not None
    assert heat_of(matrices([[9.0] * 7] * 6) | {"claimed": None}) is None
    assert heat_of(matrices([[9.0] * 7] * 6) | {"claimed": [[1.0]]}) is None


def test_the_worst_entry_is_framed_and_named_by_its_place_in_the_whole():
    ratios = [[0.1] * 20 for _ in range(20)]
    ratios[11][4] = 50.0
    heat = heat_of(matrices(ratios) | {"block": {"row": 40, "column": 100, "shape": [90, 300]}})
    assert heat.worst == (11, 4)
    assert dict(heat.row_labels) == {0: "40", 11: "51", 19: "59"}
    assert dict(heat.column_labels) == {0: "100", 4: "104", 19: "119"}
    figure = heat_figure(heat)
    ((corner, *_),) = places(figure, "s-ink")
    assert len(figure) < 20_000
    assert corner == places(figure, "f-h2")[0][0]


def test_a_long_vector_is_broken_into_lines():
    heat = heat_of(matrices([[0.1] * 99 + [7.0]]))
    assert [len(row) for row in heat.kinds] == [40, 40, 20]
    assert heat.worst == (2, 19)
    assert [text for _, text in heat.row_labels] == ["0", "40", "80"]


def test_the_largest_figures_fit_their_share():
    checker = heat_of(matrices([[0.1 if (i + j) % 2 else 50.0 for j in range(20)] for i in range(20)]))
    assert len(heat_figure(checker)) + len(curve_figure(curve(), 0.5)) < 60_000


def test_figures_are_the_same_every_time():
    assert curve_figure(curve(), 0.5) == curve_figure(curve(), 0.5)


@pytest.mark.parametrize("level", [1e-300, 1e300])
def test_a_law_that_lies_level_outside_the_frame_is_left_out(level):
    flat = curve() | {"rounding": [level] * len(curve()["steps"])}
    assert curve_figure(flat, 0.5) is not None
