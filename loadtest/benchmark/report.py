"""The benchmark's results as Markdown, which reads well in a terminal, and as files."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from broadcaster.domain.quantity import quantity
from loadtest.benchmark.goals import GOALS, measured, ratio
from loadtest.benchmark.results import BUSY, PAYLOAD, BenchmarkOptions, PeerResult
from loadtest.benchmark.tables import aligned, number, share
from loadtest.common.environment import describe

TRANSPORT_TITLES = {"ws": "WebSocket", "poll": "Long poll"}
FULL_SIZE = BenchmarkOptions()  # from these viewers and messages on, the goals are judged
FIGURES = {
    "cpu": "CPU per delivery",
    "memory": "memory per viewer",
    "connect": "CPU per connect",
    "last": "last viewer",
}


@dataclass(slots=True)
class BenchmarkReport:
    """One run of the benchmark."""

    options: BenchmarkOptions
    pinned: bool  # server and load generator have a core each
    results: list[PeerResult] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)  # by title: what is missing
    failed: dict[str, str] = field(default_factory=dict)  # by title: what went wrong
    interrupted: bool = False
    command: str = field(default_factory=lambda: shlex.join(["manage.py", *sys.argv[1:]]))
    started_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(" ", timespec="minutes")
    )
    machine: str = field(default_factory=lambda: describe().machine)

    @property
    def is_judged(self) -> bool:
        """Whether the run was large enough for the goals."""
        enough = self.options.viewers >= FULL_SIZE.viewers
        return enough and self.options.messages >= FULL_SIZE.messages

    @property
    def complete(self) -> bool:
        """Whether every server that could be started delivered every message to every viewer."""
        return not self.failed and all(one.delivered == 1 for one in self.results)


def as_markdown(report: BenchmarkReport) -> str:
    """Return the whole report."""
    transports = [
        transport
        for transport in TRANSPORT_TITLES
        if any(one.transport == transport for one in report.results)
    ]
    parts = [_about(report), *(_table(report.results, transport) for transport in transports)]
    parts += [_goals(report.results, report.is_judged), "\n".join(_notes(report))]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(report: BenchmarkReport, folder: Path) -> Path:
    """Write report.md, report.json and charts to `folder`, and return the path of the first."""
    from loadtest.benchmark import charts  # matplotlib takes a second to load

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False))
    text = as_markdown(report)
    for name, caption, chart in charts.draw_all(report.results):
        (folder / name).write_text(chart)
        text += f"\n![{caption}]({name})\n"
    path = folder / "report.md"
    path.write_text(text)
    return path


def _table(results: Sequence[PeerResult], transport: str) -> str:
    """Return the results of one transport."""
    head = [
        TRANSPORT_TITLES[transport],
        "viewers",
        "CPU per delivery",
        "first",
        "p50",
        "p99",
        "last",
        "memory per viewer",
        "CPU per connect",
        "delivered",
        "generator",
    ]
    rows = [
        [
            one.title,
            f"{one.viewers:,}",
            number(one.cpu, "µs"),
            *(_delay(value, one) for value in (one.first, one.p50, one.p99, one.last)),
            number(one.memory, "KiB"),
            number(one.connect, "µs"),
            share(one.delivered),
            f"{one.generator:.0%}",
        ]
        for one in results
        if one.transport == transport
    ]
    return aligned(head, rows)


def _delay(value: float | None, result: PeerResult) -> str:
    """Return a delay in ms, in brackets if the load generator was too busy to measure it."""
    text = number(value, "ms")
    return text if result.timely or value is None else f"({text})"


def _goals(results: Sequence[PeerResult], judged: bool) -> str:
    """Return the goals for which this run has figures."""
    rows = []
    for goal in GOALS:
        value = measured(goal, results)
        if value is not None:
            name = f"{TRANSPORT_TITLES[goal.transport]}, {FIGURES[goal.figure]}"
            unit = f" × {goal.against}" if goal.against else " KiB"
            verdict = ("met" if value <= goal.limit else "MISSED") if judged else "not judged"
            rows.append([name, ratio(value) + unit, f"≤ {ratio(goal.limit)}{unit}", verdict])
    return aligned(["manage.py serve", "measured", "goal", ""], rows) if rows else ""


def _about(report: BenchmarkReport) -> str:
    """Return when, where and how the run was made."""
    options = report.options
    return (
        f"{report.started_at} · {report.machine} · `{report.command}`\n\n"
        f"{quantity(options.viewers, 'viewer')}, medians of "
        f"{quantity(options.messages, 'message')} of {PAYLOAD} bytes, one under way at a time."
    )


def _notes(report: BenchmarkReport) -> list[str]:
    """Return notes on the tables, and on results that are missing."""
    found = [
        "CPU is user and system time of the server's processes. A poll's CPU includes the next "
        "poll. Map Center's includes the database, which the others do not have.",
        "Delays count from the start of publishing.",
        "Memory is resident memory, without the kernel's socket buffers.",
    ]
    if report.interrupted:
        found.append("INTERRUPTED: this is part of a run.")
    busy = [one for one in report.results if not one.timely]
    if not report.pinned:
        found.append("INVALID delays: server and load generator shared the only core.")
    elif busy:
        names = ", ".join(f"{one.title} ({TRANSPORT_TITLES[one.transport]})" for one in busy)
        found.append(
            f"INVALID delays (in brackets): the load generator used more than {BUSY:.0%} of its "
            f"core with {names}. CPU per delivery is valid, as the server has its own core."
        )
    found += [
        f"{one.title}, {TRANSPORT_TITLES[one.transport]}: "
        f"{quantity(count, 'viewer')} lost, {failure}."
        for one in report.results
        for failure, count in one.lost.items()
    ]
    found += [f"Left out: {title}: {why}." for title, why in report.left_out.items()]
    found += [f"FAILED: {title}: {why}." for title, why in report.failed.items()]
    if not report.is_judged:
        found.append(
            f"The goals are for at least {FULL_SIZE.viewers:,} viewers and {FULL_SIZE.messages} "
            "messages: shown, not judged."
        )
    return [f"- {note}" for note in found]
