"""The report for a terminal: the table of 2012, percentiles, counts, verdict."""

import math
from collections.abc import Iterable

from broadcaster.domain.quantity import quantity
from loadtest.swarm.report.model import (
    AudienceReport,
    Percentiles,
    RestartReport,
    SwarmReport,
    ThresholdReport,
)


def as_text(report: SwarmReport) -> str:
    """Return the whole report."""
    return "\n".join(line for lines in _sections(report) for line in ["", *lines])


def headline(report: SwarmReport) -> str:
    """Return the verdict in one line."""
    verdict = report.verdict
    besides = "" if verdict.valid else ", and the figures are INVALID"
    if verdict.failures:
        found = f"the server FAILED{besides}"
    elif any(one.crossed for one in report.thresholds):
        found = f"a threshold was CROSSED{besides}"
    elif not verdict.valid:
        found = "INVALID: this run proves nothing about the server"
    else:
        found = "VALID, and the server passed"
    return f"INTERRUPTED, this is part of a run; {found}" if verdict.interrupted else found


def format_value(value: float | None) -> str:
    """Return a value with as many digits as are significant; – if it is unknown."""
    if value is None:
        return "–"
    if isinstance(value, int) or math.isinf(value):
        return f"{value:,}".replace("inf", "∞")
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def outcome(one: ThresholdReport) -> str:
    """Return the outcome of a threshold in a word or two."""
    if one.crossed:
        return "CROSSED"
    return "not measured" if one.value is None else "held"


def _sections(report: SwarmReport) -> Iterable[list[str]]:
    wide = max(len(report.distribution), len("viewers")) + 2
    columns = [f"every {entry.interval:g} s" for entry in report.rounds]
    yield [
        "Mean relative delay in ms (first receipt starts the clock, per simulator, averaged)",
        f"{'viewers':{wide}}" + "".join(f"{column:>14}" for column in columns),
        f"{report.distribution:{wide}}"
        + "".join(f"{format_value(entry.mean_relative_delay):>14}" for entry in report.rounds),
    ]
    names = ["first", "p50", "p95", "p99", "last"]  # of one distribution: none is a mean
    error = f" ± {format_value(report.clock_error)}" if report.clock_error else ""
    yield [
        f"Delay in ms{error} from the intended time of sending, over all deliveries of a round",
        f"{'':{wide}}" + "".join(f"{name:>10}" for name in names),
        *(
            f"{column:{wide}}"
            + "".join(
                f"{format_value(delay):>10}"
                for delay in (entry.first, entry.p50, entry.p95, entry.p99, entry.last)
            )
            for column, entry in zip(columns, report.rounds, strict=True)
        ),
    ]
    yield [f"{name:13}{fact}" for name, fact in facts(report)]
    if report.thresholds:
        yield ["Thresholds", *map(_threshold, report.thresholds)]
    yield _judgement(report)


def facts(report: SwarmReport) -> Iterable[tuple[str, str]]:
    """Yield the figures that are not delays of updates, each with its name."""
    connections, deliveries = report.connections, report.deliveries
    server, generator = report.server, report.generator
    counted = ""
    if connections.server_count is not None:
        counted = f"; the server counted {sum(connections.server_count.values()):,}"
    yield "connected", f"{connections.connected:,} of {connections.requested:,}{counted}"
    yield (
        "first frame",
        f"{format_value(connections.first_frame.p50)} ms after the attempt (p50), "
        f"{format_value(connections.first_frame.p99)} ms (p99)",
    )
    yield from _audience_facts(report.audience)
    yield (
        "delivered",
        f"{deliveries.received:,} of {deliveries.expected:,}, "
        f"{deliveries.duplicate:,} twice, {deliveries.out_of_order:,} out of order",
    )
    converged = "unknown how many" if deliveries.converged is None else f"{deliveries.converged:,}"
    here = connections.connected - report.audience.away
    yield "converged", f"{converged} of {quantity(here, 'viewer')} ended with the server's map"
    if report.restart is not None:
        yield "restart", _restart(report.restart)
    yield "publishing", f"answered in {format_value(server.publish_p50)} ms (median)"
    if server.idle is not None:
        yield "idle", f"{server.idle:.1f} µs of the server's CPU per viewer and second"
    if server.unknown:
        yield "server", "its CPU, memory and viewers are unknown"
    if server.cpu_per_delivery is not None:
        yield (
            "server",
            f"{server.cpu_per_delivery:.1f} µs of CPU per delivery, "
            f"{server.memory_peak / 2**20:,.0f} MiB at most, "
            f"processes: {len(server.processes)}",
        )
    yield (
        "generator",
        f"{generator.simulator_cpu_worst:.0%} of a core at most, event loops late by "
        f"{format_value(generator.lag.p99)} ms (p99), updates sent at most "
        f"{format_value(generator.slip_worst)} ms late",
    )


def _threshold(one: ThresholdReport) -> str:
    return f"{one.text:<28}{format_value(one.value):>10} {one.unit:<4} {outcome(one)}"


def _restart(restart: RestartReport) -> str:
    back = restart.viewers - restart.away
    duration = "" if restart.seconds is None else f", all within {restart.seconds:.1f} s"
    return (
        f"{back:,} of {quantity(restart.viewers, 'viewer')} came back{duration}; one was away for "
        f"{format_value(restart.absence.p50)} ms (p50), "
        f"{format_value(restart.absence.p99)} ms (p99); "
        f"disconnected twice: {restart.twice:,}"
    )


def _audience_facts(audience: AudienceReport) -> Iterable[tuple[str, str]]:
    cost = "" if audience.arrival_cpu is None else f"; {audience.arrival_cpu:.2f} ms of server CPU"
    yield "arrival", f"{_range(audience.arrival)} from coming to the first frame{cost} each"
    if (pages := audience.pages) is not None:
        yield (
            "pages",
            f"{pages.loaded:,} loaded in {_range(pages.load)}, with {pages.requests:.1f} requests "
            f"and {pages.size / 1000:,.1f} kB each; {sum(pages.failures.values()):,} failed",
        )
    if audience.departures or audience.sleeps:
        yield (
            "absent",
            f"{quantity(audience.departures, 'departure')} and "
            f"{quantity(audience.sleeps, 'sleep')}; "
            f"not back at the end: {quantity(audience.away, 'viewer')}",
        )
    if audience.fell_back:
        yield "fallback", f"{quantity(audience.fell_back, 'WebSocket')} stayed silent"
    if audience.slow:
        yield (
            "slow",
            f"{quantity(audience.slow, 'WebSocket')} never read; the server closed "
            f"{audience.slow_closed:,} of them",
        )
    if audience.returning is not None:
        yield (
            "storm",
            f"{quantity(audience.returned, 'viewer')} back after {_range(audience.returning)}",
        )
    if audience.pool_waits is not None:
        yield (
            "client pool",
            f"polls waited {_range(audience.pool_waits)}, "
            f"{format_value(audience.pool_longest)} ms at most, for a connection",
        )
    if (sizes := audience.bytes) is not None:
        wire = ", ".join(f"{size:,.0f} ({name})" for name, size in sizes.wire.items())
        yield "bytes", f"{sizes.payload:,.0f} in an update, on the wire per viewer {wire}"
        yield (
            "estimate",
            f"{sizes.rate:.2g} updates/s × {sizes.payload:,.0f} bytes × "
            f"{quantity(sizes.viewers, 'viewer')} = {sizes.estimated / 1000:,.1f} kB/s; "
            f"measured {sizes.measured / 1000:,.1f} kB/s",
        )


def _range(delays: Percentiles) -> str:
    return f"{format_value(delays.p50)} ms (p50), {format_value(delays.p99)} ms (p99)"


def _judgement(report: SwarmReport) -> list[str]:
    verdict = report.verdict
    return [
        headline(report),
        *(f"  failure: {reason}" for reason in verdict.failures),
        *(f"  invalid: {reason}" for reason in verdict.invalid),
        *(f"  note: {reason}" for reason in verdict.warnings),
    ]
