"""The figures of a report by name, for thresholds, limits and comparisons. Lower is better."""

import math
from collections.abc import Callable
from typing import NamedTuple

from loadtest.swarm.report.model import DelayReport, RoundReport, SwarmReport


class Figure(NamedTuple):
    """One figure. `read` returns its value in `unit`, None if it is unknown."""

    name: str
    unit: str
    meaning: str
    read: Callable[[SwarmReport], float | None]


class DelayFigure(NamedTuple):
    """One figure in ms that rounds have, too. None stands for deliveries that are missing."""

    name: str
    meaning: str
    read: Callable[[DelayReport], float | None]

    def of(self, delays: DelayReport, received: int) -> float | None:
        """Return the delay: infinite if deliveries are missing, None if there were none."""
        found = self.read(delays)
        return math.inf if found is None and received else found


DELAYS = (
    DelayFigure("first", "delay of the first delivery", lambda delays: delays.first),
    DelayFigure("p50", "delay within which half arrived", lambda delays: delays.p50),
    DelayFigure("p95", "delay within which 95 % arrived", lambda delays: delays.p95),
    DelayFigure("p99", "delay within which 99 % arrived", lambda delays: delays.p99),
    DelayFigure("last", "delay of the last delivery", lambda delays: delays.last),
    DelayFigure("last-mean", "mean delay of the last viewer", lambda delays: delays.mean_last),
    DelayFigure("relative", "mean relative delay", lambda delays: delays.mean_relative_delay),
)

OTHERS = (
    Figure("missing", "", "deliveries that are missing", lambda report: report.deliveries.missing),
    Figure(
        "unconnected",
        "",
        "viewers that never connected",
        lambda report: report.plan.readers - report.connections.connected,
    ),
    Figure(
        "connect",
        "ms",
        "time to the first frame (p95)",
        lambda report: report.connections.first_frame.p95,
    ),
    Figure(
        "arrival",
        "ms",
        "time from coming to the first frame (p95)",
        lambda report: report.audience.arrival.p95,
    ),
    Figure(
        "arrival-cpu",
        "ms",
        "server CPU per arriving viewer",
        lambda report: report.audience.arrival_cpu,
    ),
    Figure(
        "page",
        "ms",
        "time to load the page and its files (p95)",
        lambda report: report.audience.pages.load.p95 if report.audience.pages else None,
    ),
    Figure(
        "page-failures",
        "",
        "pages that failed",
        lambda report: _page_failures(report),
    ),
    Figure(
        "storm",
        "ms",
        "time until viewers were back after the storm (p99)",
        lambda report: report.audience.returning.p99 if report.audience.returning else None,
    ),
    Figure(
        "bytes",
        "",
        "bytes per update and viewer, on the wire",
        lambda report: report.audience.bytes.mean if report.audience.bytes else None,
    ),
    Figure("publish", "ms", "time to publish (median)", lambda report: report.server.publish_p50),
    Figure("cpu", "µs", "server CPU per delivery", lambda report: report.server.cpu_per_delivery),
    Figure("idle", "µs", "server CPU per idle viewer and second", lambda r: r.server.idle),
    Figure("memory", "MiB", "server memory at most", lambda report: _memory(report)),
    Figure(
        "restart",
        "s",
        "time until all were back after the restart",
        lambda report: report.restart.seconds if report.restart else None,
    ),
)

NAMES = [figure.name for figure in (*DELAYS, *OTHERS)]


def unit_of(name: str) -> str:
    """Return the unit of a figure; "" for a count. Raises KeyError for an unknown name."""
    units = {figure.name: "ms" for figure in DELAYS}
    return (units | {figure.name: figure.unit for figure in OTHERS})[name]


def read_figure(report: SwarmReport, name: str) -> float | None:
    """Return a figure of the whole run. Raises KeyError for an unknown name."""
    for figure in OTHERS:
        if figure.name == name:
            return figure.read(report)
    return _delay(name).of(report.delays, report.deliveries.expected)


def read_round(report: SwarmReport, entry: RoundReport, name: str) -> float | None:
    """Return a delay of one round. Raises KeyError for a figure that rounds do not have."""
    return _delay(name).of(entry, report.deliveries.expected)


def _delay(name: str) -> DelayFigure:
    return {figure.name: figure for figure in DELAYS}[name]


def _page_failures(report: SwarmReport) -> float | None:
    pages = report.audience.pages
    return sum(pages.failures.values()) if pages else None


def _memory(report: SwarmReport) -> float | None:
    return report.server.memory_peak / 2**20 if report.server.memory_peak else None


def headline_figures(report: SwarmReport) -> dict[str, float | int | None]:
    """Return the figures that lists and trends of runs have, by name."""
    return {
        "requested": report.connections.requested,
        "connected": report.connections.connected,
        "expected": report.deliveries.expected,
        "received": report.deliveries.received,
        "converged": report.deliveries.converged,
        "relative": report.delays.mean_relative_delay,
        "p50": report.delays.p50,
        "p95": report.delays.p95,
        "last": report.delays.last,
        "cpu": report.server.cpu_per_delivery,
    }
