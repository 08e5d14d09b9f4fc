"""What the report's page has beside its charts: banner, tiles and tables, as texts."""

from collections.abc import Iterator
from typing import NamedTuple

from broadcaster.domain.quantity import quantity
from loadtest.common.exit_codes import ExitCode
from loadtest.swarm.report.model import MessageReport, SwarmReport
from loadtest.swarm.report.text import format_value

BANNERS = {
    ExitCode.PASSED: "passed",
    ExitCode.GOAL_MISSED: "crossed",
    ExitCode.FAILED: "failed",
    ExitCode.INVALID: "invalid",
    ExitCode.INTERRUPTED: "interrupted",
}
"""The word on the banner, which has a colour of its own, by exit code."""

ROUNDS = ("round", "mean relative", "first", "p50", "p95", "p99", "last")
UPDATES = (
    *("update", "sent late", "answered", "expected", "received"),
    *("first", "p50", "p95", "p99", "last", "mean relative"),
)


class Tile(NamedTuple):
    """A figure in large letters; `is_bad` if it is not what it should be."""

    name: str
    figure: str
    detail: str
    is_bad: bool = False


def tiles(report: SwarmReport) -> list[Tile]:
    """Return the figures that decide."""
    connections, deliveries, server = report.connections, report.deliveries, report.server
    counted = connections.server_count
    here = connections.connected - report.audience.away
    converged = deliveries.converged
    cpu = server.cpu_per_delivery
    return [
        Tile(
            "connected",
            f"{connections.connected:,}",
            f"of {quantity(connections.requested, 'viewer')}"
            + ("" if counted is None else f"; the server counted {sum(counted.values()):,}"),
            connections.connected < connections.requested,
        ),
        Tile(
            "delivered",
            _percent(deliveries.received, deliveries.expected),
            f"{deliveries.received:,} of {quantity(deliveries.expected, 'update')}",
            deliveries.received < deliveries.expected,
        ),
        Tile(
            "converged",
            "–" if converged is None else f"{converged:,}",
            f"of {quantity(here, 'viewer')}, with the server's map at the end",
            converged is not None and converged < here,
        ),
        Tile("delay, 95 %", _milliseconds(report.delays.p95), "of all deliveries, at most"),
        Tile("last viewer", _milliseconds(report.delays.last), "until it had an update, at most"),
        Tile(
            "server CPU",
            "–" if cpu is None else f"{format_value(cpu)} µs",
            "per delivery" if not server.unknown else "it is unknown",
        ),
    ]


def rounds(report: SwarmReport) -> list[list[str]]:
    """Return a row of delays in ms for each round, in the order of ROUNDS."""
    return [
        [
            f"{entry.messages} updates every {entry.interval:g} s",
            format_value(entry.mean_relative_delay),
            *map(format_value, (entry.first, entry.p50, entry.p95, entry.p99, entry.last)),
        ]
        for entry in report.rounds
    ]


def updates(report: SwarmReport) -> list[list[str]]:
    """Return a row of delays in ms for each update, in the order of UPDATES."""
    return [_update(message) for message in report.messages]


def _update(message: MessageReport) -> list[str]:
    delays = (message.first, message.p50, message.p95, message.p99, message.last)
    return [
        f"{message.number:,}",
        _decimal(message.slip),
        _decimal(message.answer),
        f"{message.expected:,}",
        f"{message.received:,}",
        *map(_decimal, delays),
        _decimal(message.mean_relative_delay),
    ]


def problems(report: SwarmReport) -> Iterator[tuple[str, str, str]]:
    """Yield what happened to connections and pages, why, and how often."""
    pages = report.audience.pages
    for name, reasons in (
        ("attempt failed", report.connections.failures),
        ("connection lost", report.connections.losses),
        ("never connected", report.connections.never_connected),
        ("page failed", {} if pages is None else pages.failures),
    ):
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
            yield name, reason, f"{count:,}"


def surroundings(report: SwarmReport) -> Iterator[tuple[str, str]]:
    """Yield what was measured, where, and with which code."""
    plan, environment = report.plan, report.environment
    yield "started", report.started_at
    if "counting" in report.marks:
        yield "duration", f"{report.marks['counting']:.0f} s from the first viewer to the count"
    yield "server", f"{plan.target.url}, {'this host' if report.shared_host else 'another host'}"
    yield "broadcast", report.slug
    yield "audience", f"{report.distribution} viewers, {plan.transport}, arriving {plan.shape}"
    yield "ramp", f"{report.ramp:g} s"
    yield "rounds", ", ".join(map(str, plan.rounds))
    yield "host", environment.host
    yield "machine", environment.machine
    yield "system", environment.system
    yield "version", f"{environment.version}, commit {environment.commit or 'unknown'}"
    if report.hosts:
        yield "simulators", ", ".join(dict.fromkeys(report.hosts))
    if report.clock_error:
        yield "clocks", f"± {format_value(report.clock_error)} ms between the simulators' hosts"


def _percent(part: int, whole: int) -> str:
    """Return a share, rounded down: 100 % is all."""
    return f"{int(10_000 * part / whole) / 100:g} %" if whole else "–"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{format_value(value)} ms"


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"
