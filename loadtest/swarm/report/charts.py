"""The report's charts, as SVG for a page in light or dark."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from loadtest.common.chart_style import (
    BLUE,
    GREEN,
    INK,
    LEGEND,
    ORANGE,
    RED,
    STYLE,
    VIOLET,
    to_svg,
)
from loadtest.swarm.report.hover import columns
from loadtest.swarm.report.model import SwarmReport

Spectrum = list[tuple[float, float | None]]
"""Shares of deliveries, and the delays within which they arrived."""

SERIES = (BLUE, ORANGE, GREEN, VIOLET, RED, "#8a8f98")


WIDE, NARROW = (6.4, 3.1), (4.0, 3.3)  # inches


class Chart(NamedTuple):
    """A caption and the SVG elements of `draw_svg`."""

    caption: str
    svg: str


def draw_all(report: SwarmReport) -> list[Chart]:
    """Return all charts for which the report has data."""
    drawings: list[tuple[str, Callable[..., None], bool]] = [
        ("Connections over time", _connections, bool(report.timeline)),
        (
            "Mean relative delay of each update, as in 2012: the first receipt starts the clock, "
            "the mean is over the others, averaged over simulators. Rounds are shaded in turn",
            _relative,
            bool(report.messages),
        ),
        (
            "Delay of each update from its intended time: first viewer, half, 95 %, last. "
            "A ring marks an update that reached its last viewer after the next was due",
            _band,
            bool(report.messages),
        ),
        ("Delay by percentile", _spectrum, any(report.spectrum.values())),
        (
            "Arrivals by percentile: from coming to the first frame, with the page if it is loaded",
            _arrivals,
            bool(report.audience.spectrum),
        ),
        ("Server: CPU and memory", _server, bool(report.server.processes)),
        ("Share of viewers reached against time", _reached, bool(report.reached)),
    ]
    note = " (server and swarm on one host)" if report.shared_host else ""
    return [
        Chart(f"{caption}{note}.", draw_svg(partial(draw, report=report), caption))
        for caption, draw, possible in drawings
        if possible
    ]


def draw_svg(draw: Callable[[Axes], None], caption: str) -> str:
    """Return a chart as SVG elements, one for wide and one for narrow screens.

    They have the colour of the text around them. The page shows the one that fits: in a picture
    that is only scaled, the text would be too small on a phone.
    """
    return _draw(draw, caption, WIDE, "wide-chart") + _draw(draw, caption, NARROW, "narrow-chart")


def _draw(draw: Callable[[Axes], None], caption: str, size: tuple[float, float], name: str) -> str:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        svg = to_svg(figure, "currentColor")
        values = columns(figure)
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%"', svg, count=1)
    svg = svg.replace("<svg", f'<svg class="{name}" role="img" aria-label="{escape(caption)}"', 1)
    return svg.replace("</svg>", f"{values}</svg>")


def _connections(axes: Axes, report: SwarmReport) -> None:
    timeline = report.timeline
    at = [sample.at for sample in timeline]
    axes.plot(at, [s.due for s in timeline], color=INK, alpha=0.5, ls=":", label="due")
    if any(sample.ws for sample in timeline):
        axes.plot(at, [s.ws for s in timeline], color=BLUE, label="WebSocket")
    if any(sample.poll for sample in timeline):
        axes.plot(at, [s.poll for s in timeline], color=ORANGE, label="long poll")
    if report.plan.transport == "mix":
        both = [sample.ws + sample.poll for sample in timeline]
        axes.plot(at, both, color=GREEN, label="all")
    if any(sample.failures for sample in timeline):
        failures = [s.failures for s in timeline]
        axes.plot(at, failures, color=RED, label="failed attempts, so far")
    _shade(axes, report)
    axes.set_ylim(bottom=0)
    _finish_time(axes, report, "viewers")


def _relative(axes: Axes, report: SwarmReport) -> None:
    _shade(axes, report)
    delays = [or_gap(message.mean_relative_delay) for message in report.messages]
    at = [message.at for message in report.messages]
    axes.plot(at, delays, color=BLUE, marker="o", ms=4, label=report.distribution)
    axes.set_ylim(bottom=0)
    _finish_time(axes, report, "mean relative delay, ms")


def _band(axes: Axes, report: SwarmReport) -> None:
    _shade(axes, report)
    messages = report.messages
    at = [message.at for message in messages]
    first = [or_gap(message.first) for message in messages]
    p50 = [or_gap(message.p50) for message in messages]
    p95 = [or_gap(message.p95) for message in messages]
    last = [or_gap(message.last) for message in messages]
    axes.fill_between(at, first, last, color=BLUE, alpha=0.15, lw=0)
    axes.fill_between(at, p50, p95, color=BLUE, alpha=0.25, lw=0)
    axes.plot(at, first, color=GREEN, marker=".", label="first")
    axes.plot(at, p50, color=BLUE, marker=".", label="p50")
    axes.plot(at, p95, color=VIOLET, marker=".", label="p95")
    axes.plot(at, last, color=RED, marker=".", label="last")
    late = [message for message in messages if message.overlap]
    if late:
        x, y = [message.at for message in late], [or_gap(message.last) for message in late]
        axes.plot(x, y, "o", ms=9, mfc="none", mec=RED, label="overlap")
    axes.set_ylim(bottom=0)
    _finish_time(axes, report, "ms after the intended time")


def _spectrum(axes: Axes, report: SwarmReport) -> None:
    named = zip(report.spectrum.items(), _colors(), strict=False)
    plot_spectra(axes, [(name, points, color) for (name, points), color in named])


def _arrivals(axes: Axes, report: SwarmReport) -> None:
    named = zip(report.audience.spectrum.items(), _colors(), strict=False)
    series = [(name, points, color) for (name, points), color in named]
    plot_spectra(axes, series, "share of viewers", "ms")


def plot_spectra(
    axes: Axes,
    series: Iterable[tuple[str, Spectrum, str]],
    share: str = "share of deliveries",
    delay: str = "ms after the intended time",
) -> None:
    """Plot delays by percentile. A series has a name, points and a colour."""
    finest = 0.9
    for name, points, color in series:
        known = [(1 / (1 - q), delay) for q, delay in points if delay is not None]
        axes.plot([x for x, _ in known], [y for _, y in known], color=color, label=name)
        finest = max([finest, *(q for q, _ in points)])
    axes.set_xscale("log")
    shown = [q for q in (0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999) if q <= finest]
    axes.set_xticks([1 / (1 - q) for q in shown], [f"{q * 100:g} %" for q in shown])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    _finish(axes, share, delay)


def _server(axes: Axes, report: SwarmReport) -> None:
    timeline = report.timeline
    at = [sample.at for sample in timeline]
    _shade(axes, report)
    for name, color in zip(report.server.processes, _colors(), strict=False):
        cpu = [100 * or_gap(sample.server_cpu.get(name)) for sample in timeline]
        axes.plot(at, cpu, color=color, label=f"CPU of {name}")
    axes.set_ylim(bottom=0)
    memory = axes.twinx()
    used = [sum(sample.server_memory.values()) / 2**20 for sample in timeline]
    memory.plot(at, used, color=RED, ls="--", label="memory, all (right)")
    memory.set_ylim(bottom=0)
    memory.set_ylabel("MiB resident")
    memory.grid(False)
    _finish_time(axes, report, "% of a core", memory.get_lines())


def _reached(axes: Axes, report: SwarmReport) -> None:
    names = {"best": GREEN, "median": BLUE, "worst": RED}
    for name, color in names.items():
        delays = report.reached[name]
        known = [(delay, share) for share, delay in enumerate(delays) if delay is not None]
        axes.plot([x for x, _ in known], [y for _, y in known], color=color, label=f"{name} update")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 103)
    _finish(axes, "ms after the intended time", "% of viewers reached")


def _shade(axes: Axes, report: SwarmReport) -> None:
    """Shade the rounds in turn, each from its first message to the next round's."""
    for index, entry in enumerate(report.rounds):
        at = [message.at for message in report.messages if message.round == index]
        if at:
            end = at[-1] + entry.interval
            axes.axvspan(at[0], end, color=INK, alpha=0.08 if index % 2 == 0 else 0.03, lw=0)


def _finish_time(
    axes: Axes, report: SwarmReport, y_label: str, others: Sequence[Line2D] = ()
) -> None:
    """Finish a chart over time: label it, and mark the run's events. `others` have other axes."""
    low, high = axes.get_xlim()
    for event in report.events:
        if low <= event.at <= high:
            axes.axvline(event.at, color=INK, alpha=0.6, ls=(0, (2, 2)), lw=0.8)
            axes.annotate(
                event.name,
                (event.at, 0.98),
                xycoords=axes.get_xaxis_transform(),
                xytext=(-2, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="top",
                fontsize=7,
            )
    _finish(axes, "seconds since the ramp began", y_label, others)


def _finish(axes: Axes, x_label: str, y_label: str, others: Sequence[Line2D] = ()) -> None:
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    lines = [line for line in (*axes.get_lines(), *others) if str(line.get_label())[0] != "_"]
    longest = max((len(str(line.get_label())) for line in lines), default=0)
    figure = axes.figure
    width = 72 * figure.bbox.width / figure.dpi - 50  # points, without the axis' labels
    fitting = int(width / (30 + 4.6 * longest))
    axes.legend(handles=lines, **LEGEND | {"ncols": min(max(fitting, 1), LEGEND["ncols"])})


def _colors() -> Iterator[str]:
    """Yield the colours of a chart's series, without end."""
    while True:
        yield from SERIES


def or_gap(value: float | None) -> float:
    """Return NaN for an unknown value, at which matplotlib interrupts the line."""
    return float("nan") if value is None else value
