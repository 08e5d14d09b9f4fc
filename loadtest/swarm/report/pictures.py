"""The report's pictures, drawn from its numbers, as SVG for a page in light or dark."""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Report = dict[str, Any]

INK = "#010203"  # stands for the page's own text colour, whatever that is
BLUE, ORANGE, GREEN, RED, VIOLET = "#3f82d4", "#d97a1e", "#2c9a63", "#d64f4f", "#8d6bd6"
SERIES = (BLUE, ORANGE, GREEN, VIOLET, RED, "#8a8f98")
SIZE = (8.4, 3.2)  # inches
LEGEND: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4}  # above
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "swarm",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.12,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


def draw_all(report: Report) -> list[tuple[str, str]]:
    """Captions and inline SVGs. A picture for which there are no numbers is left out."""
    drawings: list[tuple[str, Callable[[Axes, Report], None], bool]] = [
        ("Connections over time", _connections, bool(report["timeline"])),
        (
            "Mean relative delay of each update, as in 2012: the first receipt starts the clock, "
            "the mean is over the others, averaged over simulators. Rounds are shaded in turn",
            _relative,
            bool(report["messages"]),
        ),
        (
            "Delay of each update from its intended time: first viewer, half, 95 %, last. "
            "A ring marks an update that was not through when the next was due",
            _band,
            bool(report["messages"]),
        ),
        ("Delay by percentile", _spectrum, any(report["spectrum"].values())),
        ("Server: CPU and memory", _server, bool(report["server"]["processes"])),
        ("Share of viewers reached against time", _reached, bool(report["reached"])),
    ]
    note = " (server and swarm on one host)" if report["shared_host"] else ""
    return [
        (f"{caption}{note}.", _svg(draw, report, caption))
        for caption, draw, possible in drawings
        if possible
    ]


def _svg(draw: Callable[[Axes, Report], None], report: Report, caption: str) -> str:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        draw(figure.add_subplot(), report)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%"', svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{caption}"', 1)


def _connections(axes: Axes, report: Report) -> None:
    timeline = report["timeline"]
    at = [sample["at"] for sample in timeline]
    axes.plot(at, [s["due"] for s in timeline], color=INK, alpha=0.5, ls=":", label="due")
    for transport, name, color in (("ws", "WebSocket", BLUE), ("poll", "long poll", ORANGE)):
        if any(sample[transport] for sample in timeline):
            axes.plot(at, [s[transport] for s in timeline], color=color, label=name)
    if report["plan"]["transport"] == "mix":
        both = [sample["ws"] + sample["poll"] for sample in timeline]
        axes.plot(at, both, color=GREEN, label="all")
    if any(sample["failures"] for sample in timeline):
        failures = [s["failures"] for s in timeline]
        axes.plot(at, failures, color=RED, label="failed attempts, so far")
    _shade(axes, report)
    axes.set_ylim(bottom=0)
    _finish(axes, "seconds since the ramp began", "viewers")


def _relative(axes: Axes, report: Report) -> None:
    _shade(axes, report)
    messages = report["messages"]
    delays = [_or_gap(message["mean_relative_delay"]) for message in messages]
    at = [message["at"] for message in messages]
    axes.plot(at, delays, color=BLUE, marker="o", ms=4, label=report["distribution"])
    axes.set_ylim(bottom=0)
    _finish(axes, "seconds since the ramp began", "mean relative delay, ms")


def _band(axes: Axes, report: Report) -> None:
    _shade(axes, report)
    messages = report["messages"]
    at = [message["at"] for message in messages]
    lines = {
        name: [_or_gap(message[name]) for message in messages]
        for name in ("first", "p50", "p95", "last")
    }
    axes.fill_between(at, lines["first"], lines["last"], color=BLUE, alpha=0.15, lw=0)
    axes.fill_between(at, lines["p50"], lines["p95"], color=BLUE, alpha=0.25, lw=0)
    for (name, values), color in zip(lines.items(), (GREEN, BLUE, VIOLET, RED), strict=True):
        axes.plot(at, values, color=color, marker=".", label=name)
    late = [message for message in messages if message["overlap"]]
    if late:
        x, y = [m["at"] for m in late], [_or_gap(m["last"]) for m in late]
        axes.plot(x, y, "o", ms=9, mfc="none", mec=RED, label="overlap")
    axes.set_ylim(bottom=0)
    _finish(axes, "seconds since the ramp began", "ms after the intended time")


def _spectrum(axes: Axes, report: Report) -> None:
    for (name, points), color in zip(report["spectrum"].items(), _colors(), strict=False):
        known = [(1 / (1 - q), delay) for q, delay in points if delay is not None]
        axes.plot([x for x, _ in known], [y for _, y in known], color=color, label=name)
    axes.set_xscale("log")
    marks = (0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)
    finest = max((q for points in report["spectrum"].values() for q, _ in points), default=0)
    shown = [q for q in marks if q <= max(finest, 0.9)]
    axes.set_xticks([1 / (1 - q) for q in shown], [f"{q * 100:g} %" for q in shown])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    _finish(axes, "share of deliveries", "ms after the intended time")


def _server(axes: Axes, report: Report) -> None:
    timeline = report["timeline"]
    at = [sample["at"] for sample in timeline]
    _shade(axes, report)
    for pid, color in zip(report["server"]["processes"], _colors(), strict=False):
        cpu = [100 * _or_gap(sample["server_cpu"].get(pid)) for sample in timeline]
        axes.plot(at, cpu, color=color, label=f"CPU of process {pid}")
    axes.set_ylim(bottom=0)
    memory = axes.twinx()
    used = [sum(sample["server_memory"].values()) / 2**20 for sample in timeline]
    memory.plot(at, used, color=RED, ls="--", label="memory, all (right)")
    memory.set_ylim(bottom=0)
    memory.set_ylabel("MiB resident")
    memory.grid(False)
    lines = [*axes.get_lines(), *memory.get_lines()]
    _finish(axes, "seconds since the ramp began", "% of a core")
    axes.legend(handles=lines, **LEGEND)


def _reached(axes: Axes, report: Report) -> None:
    names = {"best": GREEN, "median": BLUE, "worst": RED}
    for name, color in names.items():
        delays = report["reached"][name]
        known = [(delay, share) for share, delay in enumerate(delays) if delay is not None]
        axes.plot([x for x, _ in known], [y for _, y in known], color=color, label=f"{name} update")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 103)
    _finish(axes, "ms after the intended time", "% of viewers reached")


def _shade(axes: Axes, report: Report) -> None:
    """Every other round, from its first message to the next round's."""
    messages = report["messages"]
    for index, entry in enumerate(report["rounds"]):
        at = [message["at"] for message in messages if message["round"] == index]
        if at:
            end = at[-1] + entry["interval"]
            axes.axvspan(at[0], end, color=INK, alpha=0.08 if index % 2 == 0 else 0.03, lw=0)


def _finish(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(**LEGEND)


def _colors() -> Iterable[str]:
    while True:
        yield from SERIES


def _or_gap(value: float | None) -> float:
    """A line breaks where a value is not a number."""
    return float("nan") if value is None else value
