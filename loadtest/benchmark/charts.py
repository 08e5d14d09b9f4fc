"""The benchmark's charts, as SVG files for light and dark backgrounds."""

from collections.abc import Callable, Iterator, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtest.benchmark.results import PeerResult
from loadtest.common.chart_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LEGEND,
    ORANGE,
    RED,
    SIZE,
    STYLE,
    VIOLET,
    to_svg,
)

ROW = 0.42  # inches
EDGES = 1.1  # inches above and below the rows
OURS, OTHERS = BLUE, "#9aa1aa"

Draw = Callable[[Axes, Sequence[PeerResult]], None]


def draw_all(results: Sequence[PeerResult]) -> Iterator[tuple[str, str, str]]:
    """Yield the file name, caption and SVG of each chart."""
    charts: dict[str, tuple[str, Draw]] = {
        "cpu": ("server CPU per delivery", _cpu),
        "delay": ("first, half, 99 % and all viewers reached", _delay),
        "memory": ("resident memory per viewer", _memory),
        "connect": ("server CPU per connect", _connect),
    }
    for transport, name in (("ws", "WebSocket"), ("poll", "long poll")):
        chosen = [one for one in results if one.transport == transport]
        for kind, (caption, draw) in charts.items():
            if chosen:
                yield f"{transport}-{kind}.svg", f"{name}: {caption}", _svg(draw, chosen)


def _svg(draw: Draw, results: Sequence[PeerResult]) -> str:
    with matplotlib.rc_context(STYLE):
        size = SIZE[0], EDGES + ROW * len(results)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        draw(axes, results)
        axes.set_yticks(range(len(results)), [one.title for one in results])
        axes.set_ylim(len(results) - 0.4, -0.6)  # the table's order
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        return to_svg(figure, GREY)


def _cpu(axes: Axes, results: Sequence[PeerResult]) -> None:
    _bars(axes, results, [one.cpu for one in results], "µs, logarithmic")
    axes.set_xscale("log")
    axes.set_xlim(left=1)


def _memory(axes: Axes, results: Sequence[PeerResult]) -> None:
    _bars(axes, results, [one.memory for one in results], "KiB")


def _connect(axes: Axes, results: Sequence[PeerResult]) -> None:
    _bars(axes, results, [one.connect for one in results], "µs")


def _bars(axes: Axes, results: Sequence[PeerResult], values: list[float | None], unit: str) -> None:
    colors = [OURS if one.title.startswith("Map Center") else OTHERS for one in results]
    bars = axes.barh(range(len(results)), [value or 0 for value in values], 0.6, color=colors)
    labels = ["–" if value is None else f"{value:,.3g}" for value in values]
    axes.bar_label(bars, labels, padding=4, color=INK)
    axes.margins(x=0.1)
    axes.set_xlabel(unit)


def _delay(axes: Axes, results: Sequence[PeerResult]) -> None:
    marks = (("first", GREEN), ("p50", BLUE), ("p99", VIOLET), ("last", RED))
    for row, one in enumerate(results):
        known = [value for value in (one.first, one.last) if value is not None]
        axes.plot(known, [row] * len(known), color=INK, alpha=0.4, lw=1)
        if not one.timely:
            axes.annotate(
                "generator busy: invalid",
                (max(known, default=1), row),
                (8, -3),
                textcoords="offset points",
                color=ORANGE,
            )
    for name, color in marks:
        found = [(getattr(one, name), row) for row, one in enumerate(results)]
        points = [(value, row) for value, row in found if value is not None]
        axes.plot([x for x, _ in points], [y for _, y in points], "o", color=color, label=name)
    axes.set_xscale("log")
    axes.set_xlabel("ms after publishing, logarithmic")
    axes.legend(**LEGEND)
