"""The report of a run for a terminal: the blog's table, percentiles, counts, verdict."""

from collections.abc import Iterable
from typing import Any


def words(report: dict[str, Any]) -> str:
    """The whole report, from its numbers."""
    return "\n".join(line for lines in _sections(report) for line in ["", *lines])


def ms(value: float | None) -> str:
    """A delay for people."""
    return "–" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _sections(report: dict[str, Any]) -> Iterable[list[str]]:
    rounds = report["rounds"]
    wide = max(len(report["distribution"]), len("viewers")) + 2
    columns = [f"every {entry['interval']:g} s" for entry in rounds]
    yield [
        "Mean relative delay in ms (first receipt starts the clock, per simulator, averaged)",
        f"{'viewers':{wide}}" + "".join(f"{column:>14}" for column in columns),
        f"{report['distribution']:{wide}}"
        + "".join(f"{ms(entry['mean_relative_delay']):>14}" for entry in rounds),
    ]
    names = ["first", "p50", "p95", "p99", "last"]
    yield [
        "Delay in ms from the intended time of sending (first and last: means over the round)",
        f"{'':{wide}}" + "".join(f"{name:>10}" for name in names),
        *(
            f"{column:{wide}}" + "".join(f"{ms(entry[name]):>10}" for name in names)
            for column, entry in zip(columns, rounds, strict=True)
        ),
    ]
    yield _facts(report)
    yield _judgement(report["verdict"])


def _facts(report: dict[str, Any]) -> list[str]:
    connections, deliveries = report["connections"], report["deliveries"]
    server, generator = report["server"], report["generator"]
    counted = connections["server_count"]
    facts = [
        (
            "connected",
            f"{connections['connected']:,} of {connections['requested']:,}"
            + (f"; the server counted {sum(counted.values()):,}" if counted is not None else ""),
        ),
        (
            "first frame",
            f"{ms(connections['first_frame']['p50'])} ms after the attempt (p50), "
            f"{ms(connections['first_frame']['p99'])} ms (p99)",
        ),
        (
            "delivered",
            f"{deliveries['received']:,} of {deliveries['expected']:,}, "
            f"{deliveries['duplicate']:,} twice, {deliveries['out_of_order']:,} out of order",
        ),
        (
            "converged",
            f"{deliveries['converged']:,} of {connections['connected']:,} viewers ended with the "
            "server's map",
        ),
        ("publishing", f"answered in {ms(server['publish_p50'])} ms (median)"),
    ]
    if server["cpu_per_delivery"] is not None:
        facts.append(
            (
                "server",
                f"{server['cpu_per_delivery']:.1f} µs of CPU per delivery, "
                f"{server['memory_peak'] / 2**20:,.0f} MiB at most, "
                f"{len(server['processes'])} process(es)",
            )
        )
    facts.append(
        (
            "generator",
            f"{generator['simulator_cpu_worst']:.0%} of a core at most, event loops late by "
            f"{ms(generator['lag']['p99'])} ms (p99), updates sent at most "
            f"{ms(generator['slip_worst'])} ms late",
        )
    )
    return [f"{name:13}{fact}" for name, fact in facts]


def _judgement(verdict: dict[str, Any]) -> list[str]:
    head = "VALID" if verdict["valid"] else "INVALID: the swarm was the bottleneck, not the server"
    if verdict["interrupted"]:
        head = f"INTERRUPTED, this is part of a run; {head}"
    if verdict["valid"] and not verdict["interrupted"]:
        head += ", and the server " + ("failed" if verdict["failures"] else "passed")
    return [
        head,
        *(f"  invalid: {reason}" for reason in verdict["invalid"]),
        *(f"  failure: {reason}" for reason in verdict["failures"]),
        *(f"  note: {reason}" for reason in verdict["warnings"]),
    ]
