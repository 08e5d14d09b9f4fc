"""Values of a chart under the pointer, by styles alone: a report has no scripts.

A chart gets a column for each place on its x-axis. The column under the pointer shows a line, and
beside it the values of all series there.
"""

import math
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import float64
from numpy.typing import NDArray

from loadtest.swarm.report.text import format_value

MOST = 90  # columns; a chart of an hour has a sample for each second
POINT = 72  # to the inch: the unit of an SVG by matplotlib
LINE, LETTER, PAD = 10.5, 4.5, 4.0  # points: height of a line, width of a letter, padding


class Series(NamedTuple):
    """A line of a chart."""

    name: str
    x: NDArray[float64]
    y: NDArray[float64]


def columns(figure: Figure) -> str:
    """Return the columns of a chart that has been saved, as SVG elements."""
    series = [
        Series(
            str(line.get_label()), numpy.asarray(line.get_xdata()), numpy.asarray(line.get_ydata())
        )
        for axes in figure.axes
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")  # a name by matplotlib, not in the legend
    ]
    axes, scale = figure.axes[0], POINT / figure.dpi
    box = axes.get_window_extent().transformed(figure.transFigure.inverted())
    width, height = (POINT * size for size in figure.get_size_inches())
    left, right = box.x0 * width, box.x1 * width
    top, bottom = (1 - box.y1) * height, (1 - box.y0) * height
    places = [
        (x, scale * float(axes.transData.transform((x, axes.get_ylim()[0]))[0]))
        for x in _choose(axes, series)
    ]
    middles = [(a + b) / 2 for (_, a), (_, b) in pairwise(places)]
    edges = [left, *middles, right]
    found = []
    for index, (x, at) in enumerate(places):
        texts = [_heading(axes, x), *_values(series, x)]
        room = LETTER * max(map(len, texts)) + 2 * PAD
        start = at + PAD if at + PAD + room < right else at - PAD - room
        rows = "".join(
            f'<tspan x="{start + PAD:.1f}" dy="{LINE}">{escape(text)}</tspan>' for text in texts
        )
        found.append(
            f'<g class="at"><rect class="hit" x="{edges[index]:.1f}" y="{top:.1f}" '
            f'width="{edges[index + 1] - edges[index]:.1f}" height="{bottom - top:.1f}"/>'
            f'<g class="shown"><path d="M{at:.1f} {top:.1f}V{bottom:.1f}"/>'
            f'<rect x="{start:.1f}" y="{top:.1f}" width="{room:.1f}" '
            f'height="{LINE * len(texts) + PAD:.1f}" rx="2"/>'
            f'<text y="{top:.1f}">{rows}</text></g></g>'
        )
    return "".join(found)


def _choose(axes: Axes, series: list[Series]) -> list[float]:
    """Return the places of the columns: those of all points, or evenly among them."""
    low, high = axes.get_xlim()
    places = sorted({float(x) for one in series for x in one.x if low <= x <= high})
    step = max(len(places) / MOST, 1)
    return [places[int(index * step)] for index in range(math.ceil(len(places) / step))]


def _heading(axes: Axes, x: float) -> str:
    if axes.get_xscale() == "log":
        return f"{100 * (1 - 1 / x):.6g} %"  # the axis of percentiles: see plot_spectra
    unit = axes.get_xlabel().split()[0]
    return f"{x:,.6g} {'s' if unit == 'seconds' else unit}"


def _values(series: list[Series], x: float) -> Iterator[str]:
    """Yield the name and the value of each series at a place, if it has one there."""
    for one in series:
        if not len(one.x):
            continue
        value = float(numpy.interp(x, one.x, one.y, math.nan, math.nan))
        if math.isfinite(value):
            text = f"{value:,.0f}" if value == round(value) else format_value(value)
            yield f"{one.name}: {text}"
