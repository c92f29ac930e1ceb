"""The two figures of a failure, drawn by Matplotlib: error against step, and where the difference is large.

Drawn from lines, patches and texts alone: an ``Axes`` costs ten times as much, and a page may hold hundreds.
"""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradcheck.reporting.heat import Heat
from gradcheck.reporting.svg import plain_svg
from gradcheck.reporting.wording import as_float

__all__ = ["curve_figure", "heat_figure"]

_INKS = (
    "ink",
    "grid",
    "data",
    "rounding",
    "truncation",
    "claim",
    "chosen",
    "h0",
    "h1",
    "h2",
    "h3",
    "h4",
    "hx",
)
_COLOURS = {name: f"#0000{number:02x}" for number, name in enumerate(_INKS, start=16)}
_CLASSES = {colour: name for name, colour in _COLOURS.items()}
_POINTS = 72
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WIDTH, _HEIGHT = 460.0, 250.0
_FRAME = (52.0, 38.0, 450.0, 242.0)
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "gradcheck", "path.simplify": False}

Line = Sequence[tuple[float, float]]


class _Sheet:
    """A drawing in points, ``(0, 0)`` at the lower left."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(width / _POINTS, height / _POINTS), dpi=_POINTS, frameon=False)

    def line(self, places: Line, ink: str, width: float, dashes: Sequence[float] | None = None) -> None:
        """Draw a line through ``places``."""
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        xs, ys = [x for x, _ in places], [y for _, y in places]
        style: Any = "-" if dashes is None else (0, tuple(dashes))
        drawn = Line2D(
            xs, ys, color=_COLOURS[ink], linewidth=width, linestyle=style, transform=IdentityTransform()
        )
        self.figure.add_artist(drawn)

    def areas(self, corners: Iterable[Line], ink: str, *, outline: bool = False) -> None:
        """Draw polygons as one shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        places: list[tuple[float, float]] = []
        codes: list[Any] = []
        for polygon in corners:
            places += [*polygon, polygon[0]]
            codes += [Path.MOVETO, *[Path.LINETO] * (len(polygon) - 1), Path.CLOSEPOLY]
        if places:
            colours = {"facecolor": "none", "edgecolor": _COLOURS[ink], "linewidth": 1.5}
            filled = {"facecolor": _COLOURS[ink], "linewidth": 0}
            kind = colours if outline else filled
            patch = PathPatch(Path(places, codes), transform=IdentityTransform(), **kind)
            self.figure.add_artist(patch)

    def grid(self, segments: Sequence[Line]) -> None:
        """Draw straight lines as one shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        places = [place for segment in segments for place in segment]
        codes = [Path.MOVETO, Path.LINETO] * len(segments)
        style = {"facecolor": "none", "edgecolor": _COLOURS["grid"], "linewidth": 0.75}
        self.figure.add_artist(PathPatch(Path(places, codes), transform=IdentityTransform(), **style))

    def word(self, x: float, y: float, text: str, align: str) -> None:
        """Write ``text``; ``align`` says which end stands at ``x``."""
        from matplotlib.transforms import IdentityTransform

        self.figure.text(
            x,
            y,
            text,
            color=_COLOURS["ink"],
            fontsize=11,
            ha=align,
            va="baseline",
            parse_math=False,
            transform=IdentityTransform(),
        )

    def svg(self, label: str) -> str:
        """Return the drawing, ready for the page."""
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        buffer = io.StringIO()
        with mpl.rc_context(_SETTINGS):
            canvas: Any = FigureCanvasSVG(self.figure)
            canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
        return plain_svg(buffer.getvalue(), _CLASSES, label)


class _Decades:
    """Powers of ten along one side of the frame."""

    def __init__(self, values: Iterable[float], start: float, stop: float) -> None:
        known = [math.log10(value) for value in values if 0 < value < math.inf]
        self.low, self.high = math.floor(min(known)), math.ceil(max(known))
        if self.low == self.high:
            self.high += 1
        self.start, self.stop = start, stop

    def __call__(self, value: float) -> float:
        return min(max(self.place(value), self.start), self.stop)

    def place(self, value: float) -> float:
        """Return where ``value`` is, outside the frame too; what has no logarithm is at the start."""
        power = math.log10(value) if 0 < value < math.inf else self.low
        share = (power - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return at most ``most`` places with their labels."""
        stride = math.ceil((self.high - self.low) / most) or 1
        return [
            (self(10.0**power), f"10{str(power).translate(_SUPERSCRIPT)}")
            for power in range(self.low, self.high + 1, stride)
        ]


def curve_figure(curve: Mapping[str, Any], claim_error: float) -> str | None:
    """Return the error of central differences against the step as SVG; None where there is nothing to see.

    Parameters
    ----------
    curve
        ``#/$defs/curve`` of the record.
    claim_error
        ``|claim - reference|`` of the entry: the curve falls below it where the claim is wrong.
    """
    steps, errors, rounding, law = (
        [as_float(value) for value in curve[name]] for name in ("steps", "errors", "rounding", "truncation")
    )
    pairs = enumerate(zip(steps, errors, strict=False))
    usable = [k for k, (step, error) in pairs if 0 < step < math.inf and error >= 0]
    heights = [errors[k] for k in usable if 0 < errors[k] < math.inf]
    if len(usable) < 2 or not heights:
        return None
    left, bottom, right, top = _FRAME
    known = claim_error if 0 < claim_error < math.inf else 0.0
    across = _Decades([steps[k] for k in usable], left, right)
    up = _Decades([*heights, *([known] if known else [])], bottom, top)
    sheet = _Sheet(_WIDTH, _HEIGHT)
    _frame(sheet, across, up)

    def through(values: Sequence[float]) -> list[tuple[float, float]]:
        known = [k for k in usable if k < len(values) and 0 < values[k] < math.inf]
        return _inside([(across(steps[k]), up.place(values[k])) for k in known], bottom, top)

    chosen = as_float(curve["chosen"])
    if 0 < chosen < math.inf:
        sheet.line([(across(chosen), bottom), (across(chosen), top)], "chosen", 1.0)
    sheet.line(through(rounding), "rounding", 1.4, (5, 3))
    # Wide and short dashes stand out beside the curve, which lies on this line where the law holds.
    sheet.line(through(law), "truncation", 5.0, (1.0, 3.0))
    if known:
        sheet.line([(left, up(known)), (right, up(known))], "claim", 2.0)
    dots = [(across(steps[k]), up(errors[k])) for k in usable]
    sheet.line(dots, "data", 1.6)
    sheet.areas(([(x - 3, y), (x, y + 3), (x + 3, y), (x, y - 3)] for x, y in dots), "data")
    return sheet.svg(_curve_label(steps, errors, usable, chosen, known))


def _inside(places: Line, bottom: float, top: float) -> list[tuple[float, float]]:
    """Return the part of a line that lies between ``bottom`` and ``top``, cut where it crosses them."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in itertools.pairwise(places):
        if max(y0, y1) < bottom or min(y0, y1) > top:
            continue
        for x, y in ((x0, y0), (x1, y1)):
            level = min(max(y, bottom), top)
            # A segment that is cut has its ends on two sides of the cut: it is not level.
            end = (x if level == y else x0 + (level - y0) * (x1 - x0) / (y1 - y0), level)
            kept += [end] if end not in kept else []
    return kept


def _frame(sheet: _Sheet, across: _Decades, up: _Decades) -> None:
    left, bottom, right, top = _FRAME
    columns, rows = across.ticks(6), up.ticks(6)
    upright = [[(x, bottom), (x, top)] for x, _ in columns]
    sheet.grid(upright + [[(left, y), (right, y)] for y, _ in rows])
    for x, text in columns:
        sheet.word(x, bottom - 15, text, "center")
    for y, text in rows:
        sheet.word(left - 6, y - 4, text, "right")
    sheet.line([(left, top), (left, bottom), (right, bottom)], "ink", 1.0)
    sheet.word((left + right) / 2, 4, "step", "center")


def _curve_label(
    steps: Sequence[float], errors: Sequence[float], usable: Sequence[int], chosen: float, claim: float
) -> str:
    best = min(usable, key=lambda k: errors[k])
    text = (
        f"Error of plain central differences against the step, from {steps[usable[0]]:.1e} to "
        f"{steps[usable[-1]]:.1e}: smallest, {errors[best]:.1e}, at step {steps[best]:.1e}"
    )
    text += f"; the finest step of the estimate is {chosen:.1e}" if 0 < chosen < math.inf else ""
    return text + (f"; the claim is off by {claim:.1e}." if claim else ".")


def heat_figure(heat: Heat) -> str:
    """Return where claim and reference differ, in units of what their bars allow, as SVG."""
    size = min(20.0, 400.0 / max(heat.wide, 1))
    left, below = 44.0, 8.0
    height = heat.high * size + below + 22
    sheet = _Sheet(left + heat.wide * size + 10, height)
    top = height - 20

    def corners(row: int, start: int, stop: int) -> list[tuple[float, float]]:
        x0, x1 = left + start * size, left + stop * size
        y0, y1 = top - (row + 1) * size, top - row * size
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]

    for kind in ("h0", "h1", "h2", "h3", "h4", "hx"):
        sheet.areas((corners(*run) for run in heat.runs(kind)), kind)
    for row, text in heat.row_labels:
        sheet.word(left - 5, top - (row + 0.5) * size - 4, text, "right")
    for column, text in heat.column_labels:
        sheet.word(left + (column + 0.5) * size, top + 6, text, "center")
    if heat.worst is not None:
        row, column = heat.worst
        sheet.areas([corners(row, column, column + 1)], "ink", outline=True)
    return sheet.svg(heat.label)
